/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that monkey.c gives to the library: they check that they may be called, and call back.
 */
#ifndef ATTACHSQL_MONKEY_CALLBACKS_H
#define ATTACHSQL_MONKEY_CALLBACKS_H

static void step(void);
static inline void run_pool(pool *p);

/* How often poll has said what. */
static unsigned long states[8];

/* Calls from inside of a callback that is about `c`. */
static inline void reenter(con *c)
{
  const char *saved = current;
  double began = call_began;
  con *before = focus;

  callback_count++;
  if (depth < 3)
  {
    depth++;
    focus = c;
    for (unsigned calls = roll(4); calls--;)
      step();
    focus = before;
    depth--;
  }
  current = saved;
  call_began = began;
}

/* A function of a connection's own. Those of templates are about other connections, which nobody knows. */
static inline void own_function(con *c)
{
  MUST(c->con || c->is_template, "a function of a connection that is gone was called");
  if (c->is_template)
    return;
  c->inside++;
  reenter(c);
  c->inside--;
}

static void on_trace(void *context, const attachsql_trace_st *trace)
{
  MUST(trace->size == sizeof *trace && trace->state && trace->event >= 1 && trace->event <= 4, "a trace of event %d", (int)trace->event);
  MUST(strlen(trace->sqlstate) == 5, "a trace with SQLSTATE %s", trace->sqlstate);
  own_function(context);
}

static void on_key(void *context, const char *line)
{
  MUST(line && *line, "a key without a line");
  own_function(context);
}

static attachsql_dialog_t on_question(void *context, bool echo, const char *prompt, const char **answer)
{
  static const char *const answers[] = {"", "yes", "\xff\xfe"};

  (void)echo;
  MUST(prompt && strlen(prompt) < 1000, "a question without a prompt");
  own_function(context);
  *answer = LIKELY(90) ? answers[roll(3)] : NULL;
  return (attachsql_dialog_t)(LIKELY(90) ? 1 + roll(2) : roll(5));
}

static ptrdiff_t on_file(void *context, const char *name, uint64_t offset, char *buffer, size_t size, const char **message)
{
  size_t most = size < 5000 ? size : 5000;

  (void)offset;
  MUST(strcmp(name, "the file") == 0, "asked for the file %s", name);
  MUST(size > 0, "asked for nothing of a file");
  own_function(context);
  memset(buffer, 'f', LIKELY(5) ? size : most);
  switch (roll(10))
  {
    case 0:
    case 1:
      return 0;
    case 2:
      *message = LIKELY(50) ? "for a reason" : NULL;
      return ATTACHSQL_LOCAL_FILE_ERROR;
    case 3:
      return ATTACHSQL_LOCAL_FILE_LATER;
    case 4:
      return ATTACHSQL_LOCAL_FILE_SUSPEND;
    case 5:
      *message = NULL;
      return LIKELY(50) ? -(ptrdiff_t)(number() & PTRDIFF_MAX) : (ptrdiff_t)(size + 1 + roll(2));
    default:
      return (ptrdiff_t)(1 + roll((unsigned)most));
  }
}

/* --- Pools ------------------------------------------------------------------------------------------ */

/* A query that a pool has taken. */
typedef struct order
{
  pool *pool;
  bool taken, is_over;
} order;

#define ORDERS 200

static order orders[ORDERS];
static unsigned order_count;

/* The connection of an event; NULL if it cannot be kept in mind. */
static inline con *met(attachsql_connect_t *known, pool *p)
{
  con *c = NULL;

  for (unsigned i = 0; i < con_count; i++)
    if (cons[i].con == known && (!cons[i].is_over || cons[i].is_made))
      c = &cons[i];
  if (!c && con_count < CONS)
  {
    c = &cons[con_count++];
    c->con = known;
    c->is_made = true;
    c->pool = p;
  }
  if (c)
    c->is_over = false;
  return c;
}

/* What an event says, and then calls. */
static inline void event(attachsql_connect_t *known, pool *p, attachsql_events_t what, attachsql_error_t *error)
{
  con *c = known ? met(known, p) : NULL;

  MUST(what >= ATTACHSQL_EVENT_CONNECTED && what <= ATTACHSQL_EVENT_ROW_READY, "the event %d", (int)what);
  MUST((what == ATTACHSQL_EVENT_ERROR) == (error != NULL), "the event %d with%s error", (int)what, error ? "" : "out");
  MUST(p->running, "an event outside of attachsql_pool_run");
  if (error)
    take_error(error);
  reenter(c);
  if (c && c->is_made)
  {
    end_loans(c, NULL, LOAN_ALL);
    c->is_over = true;
  }
}

static void on_event(attachsql_connect_t *known, uint32_t id, attachsql_events_t what, void *context, attachsql_error_t *error)
{
  pool *p = context;

  MUST(known && id > 0, "the number %u", (unsigned)id);
  MUST(p->pool && !p->ended, "an event of a pool that was destroyed");
  event(known, p, what, error);
}

static void on_order(attachsql_connect_t *known, uint32_t id, attachsql_events_t what, void *context, attachsql_error_t *error)
{
  order *o = context;

  MUST(o->pool->pool, "an event of a query of a pool that is gone");
  MUST((known != NULL) == (id != 0), "the number %u", (unsigned)id);
  event(known, o->pool, what, error);
  o->is_over = o->is_over || what == ATTACHSQL_EVENT_EOF || what == ATTACHSQL_EVENT_ERROR;
}

#endif
