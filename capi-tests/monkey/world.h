/* SPDX-License-Identifier: Apache-2.0
 *
 * What monkey.c knows of the world: its dice, the objects it has, the errors it was given, what it was lent and
 * what it has lent. Who is alive, and which loan lasts how long, is what the header says.
 */
#ifndef ATTACHSQL_MONKEY_WORLD_H
#define ATTACHSQL_MONKEY_WORLD_H

#define LIKELY(percent) (roll(100) < (percent))

static dice luck;
static crowd server;

static inline unsigned roll(unsigned limit)
{
  return dice_below(&luck, limit);
}

/* --- Objects: never used again in a round, so that a late callback is seen ------------------------ */

#define CONS 48
#define HANDLES 48
#define POOLS 8
#define ERRORS 16

typedef struct pool pool;

/* Bytes that the library may read until a statement is closed. */
typedef struct lent
{
  char *data;
  int param;
  struct lent *next;
} lent;

typedef struct con
{
  attachsql_connect_t *con; /* NULL: none, or gone */
  pool *pool;
  unsigned inside; /* functions of its own under way */
  bool is_made;    /* by a pool: good until its callback returns */
  bool is_slow;    /* a semi-blocking one: needs time limits */
  bool is_over;    /* not to be touched, although it is there */
  bool is_template;
  bool is_wild;    /* gets every option */
  bool is_piped;   /* has had a pipeline */
  lent *lent;
} con;

typedef struct handle
{
  attachsql_stmt_t *stmt;
  con *con; /* NULL once that is gone */
  bool awaits; /* an execute may have no answer yet, which can change the columns */
  lent *lent;
} handle;

struct pool
{
  attachsql_pool_t *pool;
  bool running, ended, has_template;
};

static con cons[CONS];
static handle handles[HANDLES];
static pool pools[POOLS];
static unsigned con_count, handle_count, pool_count;

static struct
{
  attachsql_error_t *error;
  int code;
  char message[ATTACHSQL_MESSAGE_SIZE];
} errors[ERRORS];

/* --- Calls ---------------------------------------------------------------------------------------- */

#define NAMES 256

static struct
{
  char name[48];
  unsigned long calls;
} names[NAMES];
static unsigned name_count;
static unsigned long call_count, callback_count, slow_calls;
static const char *current = "?", *slowest = "none";
static double call_began, longest;
static unsigned depth;
static uint64_t round_seed;
static char where[200];
static bool is_loud, has_real;

static inline double cpu_ms(void)
{
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Begins a call of this function. */
static inline void calling(const char *name)
{
  unsigned i = 0;

  while (i < name_count && strcmp(names[i].name, name) != 0)
    i++;
  if (i == name_count)
    test_fatal("packaging/libattachsql.map has no ", name);
  names[i].calls++;
  call_count++;
  current = names[i].name;
  snprintf(where, sizeof where, "seed %" PRIu64 ", call %lu, depth %u: %s", round_seed, call_count, depth, current);
  if (is_loud)
    printf("%s\n", where), fflush(stdout);
  call_began = cpu_ms();
}

/* What must be true; if it is not, that is a finding. */
#define MUST(condition, ...) test_report((condition), __FILE__, __LINE__, __VA_ARGS__)

/* --- Errors --------------------------------------------------------------------------------------- */

#define CODES 64

static struct
{
  int code;
  char sqlstate[ATTACHSQL_SQLSTATE_SIZE];
} codes[CODES];
static unsigned code_count;

/* Errors of the made-up server. */
static inline bool is_server_code(int code)
{
  return code == 1040 || code == 1045 || code == 1064 || code == 1028 || code == 1295 || code == 1615 || code == 1047 || code == 1205;
}

static inline void judge_error(attachsql_error_t *error)
{
  const char *message, *state;
  bool known = has_real;
  int code;

  calling("attachsql_error_code");
  code = attachsql_error_code(error);
  calling("attachsql_error_message");
  message = attachsql_error_message(error);
  calling("attachsql_error_sqlstate");
  state = attachsql_error_sqlstate(error);
  MUST(message && *message && strlen(message) < ATTACHSQL_MESSAGE_SIZE, "error %d without a good message", code);
  MUST(state && strlen(state) == 5 && strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5, "error %d with SQLSTATE %s",
       code, state ? state : "NULL");
  MUST(code != 2000, "a defect: %s", message ? message : "NULL");
  for (unsigned i = 0; i < code_count; i++)
    known = known || (codes[i].code == code && state && strcmp(codes[i].sqlstate, state) == 0);
  MUST(known || is_server_code(code), "docs/errors.rst does not have %d/%s: %s", code, state ? state : "NULL", message ? message : "NULL");
}

static inline void free_error(unsigned at)
{
  if (!errors[at].error)
    return;
  calling("attachsql_error_code");
  MUST(attachsql_error_code(errors[at].error) == errors[at].code, "an error has become another one");
  MUST(strcmp(attachsql_error_message(errors[at].error), errors[at].message) == 0, "an error's text has changed");
  calling("attachsql_error_free");
  attachsql_error_free(errors[at].error);
  errors[at].error = NULL;
}

/* Looks at an error, and frees it now or later. Its code. */
static inline int take_error(attachsql_error_t *error)
{
  unsigned at = roll(ERRORS);
  int code;

  judge_error(error);
  code = attachsql_error_code(error);
  if (LIKELY(70))
  {
    calling("attachsql_error_free");
    attachsql_error_free(error);
    return code;
  }
  free_error(at);
  errors[at].error = error;
  errors[at].code = code;
  strcpy(errors[at].message, attachsql_error_message(error));
  return code;
}

/* --- Loans: what the library has lent -------------------------------------------------------------- */

enum loan_kind
{
  LOAN_ROW = 1,      /* query_row_get */
  LOAN_COLUMN = 2,   /* query_column_get */
  LOAN_STORED = 4,   /* rows of a buffered result */
  LOAN_TEXT = 8,     /* statement_get_char */
  LOAN_CELLS = 16,   /* stmt_row_cells, stmt_get_string */
  LOAN_INFO = 32,    /* query_info, connect_get_track */
  LOAN_VERSION = 64, /* server version, TLS */
  LOAN_STMT_COLUMN = 128,
  LOAN_ALL = 255
};

/* What a command ends: everything that comes with an answer. */
#define ENDS_ANSWER (LOAN_ROW | LOAN_COLUMN | LOAN_STORED | LOAN_TEXT | LOAN_CELLS | LOAN_INFO)
#define ENDS_ROW (LOAN_ROW | LOAN_TEXT | LOAN_CELLS)

typedef struct loan
{
  enum loan_kind kind;
  const con *con;
  const handle *handle;
  const void *data;
  size_t length;
  uint32_t sum;
  const char *from;
} loan;

#define LOANS 400

static loan loans[LOANS];
static unsigned loan_count;

static inline uint32_t sum_of(const void *data, size_t length)
{
  const unsigned char *p = data;
  uint32_t sum = 17;

  for (size_t i = 0; i < length; i++)
    sum = sum * 31 + p[i];
  return sum;
}

static inline void borrow(enum loan_kind kind, const con *c, const handle *h, const void *data, size_t length)
{
  loan *l = &loans[loan_count];

  if (!data || loan_count == LOANS)
    return;
  loan_count++;
  l->kind = kind;
  l->con = c;
  l->handle = h;
  l->data = data;
  l->length = length;
  l->sum = sum_of(data, length);
  l->from = current;
}

static inline void borrow_string(enum loan_kind kind, const con *c, const handle *h, const char *text)
{
  if (text)
    borrow(kind, c, h, text, strlen(text) + 1);
}

/* A column: field by field, because there is room between them that nobody has written to. */
static inline void borrow_column(enum loan_kind kind, const con *c, const handle *h, const attachsql_query_column_st *column)
{
  borrow_string(kind, c, h, column->schema);
  borrow_string(kind, c, h, column->table);
  borrow_string(kind, c, h, column->origin_table);
  borrow_string(kind, c, h, column->column);
  borrow_string(kind, c, h, column->origin_column);
  borrow_string(kind, c, h, column->default_value);
  borrow(kind, c, h, column, offsetof(attachsql_query_column_st, charset) + sizeof column->charset);
  borrow(kind, c, h, &column->length, sizeof column->length);
  borrow(kind, c, h, &column->decimals, sizeof column->decimals);
}

/* These loans end: of one handle, or of all of the connection. */
static inline void end_loans(const con *c, const handle *h, unsigned kinds)
{
  unsigned kept = 0;

  for (unsigned i = 0; i < loan_count; i++)
  {
    const loan *l = &loans[i];

    if (!(l->kind & kinds && (h ? l->handle == h : l->con == c)))
      loans[kept++] = loans[i];
  }
  loan_count = kept;
}

/* All that is lent is as it was; but a call under way on the connection may end it. */
static inline void check_loans(void)
{
  for (unsigned i = 0; i < loan_count; i++)
    if (!loans[i].con->inside && !MUST(sum_of(loans[i].data, loans[i].length) == loans[i].sum, "what %s has lent has changed (kind %d) during %s", loans[i].from,
              (int)loans[i].kind, current))
      loans[i--] = loans[--loan_count];
}

/* --- Loans: what the library was lent -------------------------------------------------------------- */

static inline void free_lent(lent **list)
{
  while (*list)
  {
    lent *next = (*list)->next;

    free((*list)->data);
    free(*list);
    *list = next;
  }
}

/* Bytes that stay until the parameter is set anew: call `lend` when that was accepted. */
static inline void lend(lent **list, int param, char *data)
{
  lent *l, **at = list;

  while (*at)
    if ((*at)->param == param)
    {
      l = *at;
      *at = l->next;
      free(l->data);
      free(l);
    }
    else
      at = &(*at)->next;
  if (!data)
    return;
  l = malloc(sizeof *l);
  if (!l)
    test_fatal("no memory", "");
  l->data = data;
  l->param = param;
  l->next = *list;
  *list = l;
}

/* --- The life of connections ----------------------------------------------------------------------- */

/* The connection is gone, or is about to go. */
static inline void con_gone(con *c)
{
  end_loans(c, NULL, LOAN_ALL);
  for (unsigned i = 0; i < handle_count; i++)
    if (handles[i].con == c)
      handles[i].con = NULL;
  c->con = NULL;
  c->pool = NULL;
}

static inline void pool_gone(pool *p)
{
  for (unsigned i = 0; i < con_count; i++)
    if (cons[i].con && cons[i].pool == p)
    {
      con_gone(&cons[i]);
      free_lent(&cons[i].lent);
    }
  p->pool = NULL;
}

#endif
