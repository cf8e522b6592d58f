/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of monkey.c: queries and their rows, pipelines, pools.
 */
#ifndef ATTACHSQL_MONKEY_QUERIES_H
#define ATTACHSQL_MONKEY_QUERIES_H

/* --- Queries ---------------------------------------------------------------------------------------- */

#define PARAMETERS 4

static inline void some_parameters(attachsql_query_parameter_st *all)
{
  static uint64_t integer = UINT64_MAX;
  static double real;
  static char text[300];

  for (unsigned i = 0; i < PARAMETERS; i++)
  {
    int type = LIKELY(95) ? (int)roll(7) : (int)number();

    all[i].type = (attachsql_query_parameter_type_t)type;
    all[i].length = LIKELY(95) ? roll(sizeof text) : 0;
    all[i].is_unsigned = roll(2);
    all[i].data = type > 4 ? (void *)&real : type > 2 ? (void *)&integer : (void *)text;
    if (LIKELY(3))
      all[i].data = NULL;
  }
  real = LIKELY(20) ? 0.0 / (double)roll(2) : -1e300;
  for (unsigned i = 0; i < sizeof text; i++)
    text[i] = (char)(i * 7 % 256);
}

static inline void call_query(void)
{
  con *c = pick_con();
  attachsql_query_parameter_st parameters[PARAMETERS];
  size_t length;
  char *text = some_statement(&length);
  uint16_t count = (uint16_t)roll(PARAMETERS + 1);
  int code;

  some_parameters(parameters);
  if (LIKELY(5))
    RUN(code, c, attachsql_query_set_attribute, (c->con, LIKELY(90) ? "name" : NULL, length, text, ERR));
  RUN(code, c, attachsql_query, (c->con, length, text, count, LIKELY(97) ? parameters : NULL, ERR));
  MUST(code || text || !length, "attachsql_query took NULL");
  ends(c, code, ENDS_ANSWER);
  free(text);
}

static inline void call_close(void)
{
  con *c = pick_con();

  if (!c->inside)
    end_loans(c, NULL, LOAN_ROW | LOAN_COLUMN | LOAN_STORED | LOAN_TEXT | LOAN_CELLS);
  DO(attachsql_query_close, (c->con));
  check_loans();
}

static inline void call_next_result(void)
{
  con *c = pick_con();
  attachsql_return_t state;

  GET(state, attachsql_query_next_result, (c->con));
  if (!c->con)
    MUST(state == ATTACHSQL_RETURN_ERROR, "next_result of NULL gave %d", (int)state);
  else if (!c->inside)
    MUST(state == ATTACHSQL_RETURN_PROCESSING || state == ATTACHSQL_RETURN_EOF, "next_result gave %d", (int)state);
  ends(c, state == ATTACHSQL_RETURN_PROCESSING ? 0 : 2014, ENDS_ANSWER);
}

static inline void borrow_row(enum loan_kind kind, con *c, attachsql_query_row_st *row)
{
  uint16_t columns = attachsql_query_column_count(c->con);
  bool null = false;

  /* What was got before may be the same one, and is written to. */
  end_loans(c, NULL, kind);
  for (uint16_t i = 0; i < columns; i++)
  {
    GET(null, attachsql_query_cell_is_null, (&row[i]));
    MUST(row[i].data && !(null && row[i].length), "column %u has no data", (unsigned)i);
    if (row[i].length && LIKELY(10))
      row[i].data[roll((unsigned)row[i].length)] ^= 1;
  }
  for (uint16_t i = 0; i < columns; i++)
    borrow(kind, c, NULL, row[i].data, row[i].length);
  borrow(kind, c, NULL, row, columns * sizeof *row);
}

static inline void call_row(void)
{
  con *c = pick_con();
  bool null = !c->con;
  verdict v = ask();
  attachsql_query_row_st *row;

  calling("attachsql_query_row_get");
  row = attachsql_query_row_get(c->con, to(&v));
  judged(c, null, &v, row ? GOOD : BAD);
  if (row)
    borrow_row(LOAN_ROW, c, row);
  if (LIKELY(70))
    return;
  if (!c->inside)
    end_loans(c, NULL, ENDS_ROW);
  DO(attachsql_query_row_next, (c->con));
  check_loans();
}

static inline void call_stored(void)
{
  con *c = pick_con();
  attachsql_query_row_st *row;
  uint64_t count, at = number();
  bool good;

  GET(good, attachsql_query_buffer_rows, (c->con, LIKELY(60)));
  MUST(!good || (c->con && !c->inside), "NULL has buffered rows");
  GET(count, attachsql_query_row_count, (c->con));
  if (LIKELY(50))
    GET(row, attachsql_query_buffer_row_get, (c->con));
  else
    GET(row, attachsql_query_row_get_offset, (c->con, at));
  MUST((c->con && !c->inside) || (!row && !count), "rows from nowhere");
  /* Every row is lent for itself; one is enough to be kept in mind. */
  if (row)
    borrow_row(LOAN_STORED, c, row);
}

static inline void call_column(void)
{
  con *c = pick_con();
  attachsql_query_column_st *column;
  const char *info;
  uint16_t count, at = place();
  uint64_t n;

  GET(count, attachsql_query_column_count, (c->con));
  GET(column, attachsql_query_column_get, (c->con, at));
  MUST((column != NULL) == (at > 0 && at <= count), "column %u of %u", (unsigned)at, (unsigned)count);
  if (column)
    borrow_column(LOAN_COLUMN, c, NULL, column);
  GET(info, attachsql_query_info, (c->con));
  MUST(c->con || !info, "NULL has an info");
  MUST(!c->con || c->inside || info, "no info");
  borrow_string(LOAN_INFO, c, NULL, info);
  GET(n, attachsql_connection_last_insert_id, (c->con));
  GET(n, attachsql_query_affected_rows, (c->con));
  GET(n, attachsql_query_warning_count, (c->con));
  MUST(c->con || !n, "NULL has warnings");
  GET(n, attachsql_query_cell_is_null, (NULL));
  MUST(!n, "NULL is a NULL");
}

/* --- Pipelines -------------------------------------------------------------------------------------- */

static inline void call_pipeline(void)
{
  con *c = pick_con();
  handle *h = pick_handle();
  attachsql_query_parameter_st parameters[PARAMETERS];
  attachsql_return_t state;
  size_t length;
  char *text = some_statement(&length);
  void *context;
  uint64_t n;
  int code;

  some_parameters(parameters);
  switch (roll(8))
  {
    case 0:
    case 1:
    case 2:
      RUN(code, c, attachsql_pipeline_add, (c->con, length, text, (uint16_t)roll(PARAMETERS + 1), LIKELY(97) ? parameters : NULL, c, ERR));
      break;
    case 3:
      RUN_STMT(code, h, attachsql_pipeline_add_execute, (h->stmt, c, ERR));
      h->awaits = true;
      if (h->con)
        h->con->is_piped = true;
      end_loans(NULL, h, LOAN_STMT_COLUMN);
      break;
    case 4:
    case 5:
      RUN(code, c, attachsql_pipeline_send, (c->con, LIKELY(50), ERR));
      ends(c, code, ENDS_ANSWER);
      break;
    case 6:
      GET(state, attachsql_pipeline_next, (c->con));
      ends(c, 0, ENDS_ANSWER);
      if (!c->con)
        MUST(state == ATTACHSQL_RETURN_ERROR, "pipeline_next of NULL gave %d", (int)state);
      break;
    default:
      if (LIKELY(40))
      {
        if (!c->inside)
          end_loans(c, NULL, ENDS_ANSWER);
        DO(attachsql_pipeline_close, (c->con));
      }
      GET(context, attachsql_pipeline_context, (c->con));
      GET(n, attachsql_pipeline_index, (c->con));
      MUST(c->con || (!context && !n), "NULL has a pipeline");
  }
  free(text);
}

/* --- Pools ------------------------------------------------------------------------------------------ */

static inline void call_pool_create(void)
{
  pool *p = &pools[pool_count];
  verdict v = ask();

  if (pool_count == POOLS)
    return;
  pool_count++;
  calling("attachsql_pool_create");
  p->pool = attachsql_pool_create(LIKELY(90) ? on_event : NULL, p, to(&v));
  judged(NULL, false, &v, p->pool ? GOOD : BAD);
}

static inline void call_pool_add(void)
{
  pool *p = pick_pool();
  con *c = pick_con();
  bool null = !p->pool || !c->con, good;
  verdict v = ask();
  attachsql_pool_t *before = p->pool;

  if (LIKELY(60))
  {
    calling("attachsql_pool_add_connection");
    attachsql_pool_add_connection(p->pool, c->con, &v.error);
    v.to = &v.error;
    good = !v.error;
    judged(c, null, &v, good ? GOOD : BAD);
    MUST(!good || !c->is_made, "a pool's own connection was added");
    if (good)
      c->pool = p;
    return;
  }
  calling("attachsql_pool_remove_connection");
  good = attachsql_pool_remove_connection(p->pool, c->con, to(&v));
  MUST(!good || (c->pool == p && before && !c->is_made), "taken out of a pool that it was not in");
  judged(c, null, &v, good ? GOOD : BAD);
  if (good)
    c->pool = NULL;
}

static inline void run_pool(pool *p)
{
  if (!p->pool || p->running)
  {
    DO(attachsql_pool_run, (p->pool));
    return;
  }
  p->running = true;
  DO(attachsql_pool_run, (p->pool));
  p->running = false;
  check_loans();
  if (p->ended)
    pool_gone(p);
}

static inline void call_pool_run(void)
{
  run_pool(pick_pool());
}

static inline bool is_inside(const pool *p)
{
  for (unsigned i = 0; i < con_count; i++)
    if (cons[i].con && cons[i].pool == p && cons[i].inside)
      return true;
  return false;
}

static inline void destroy_pool(pool *p)
{
  bool outer = !p->running;

  if (!p->pool)
  {
    DO(attachsql_pool_destroy, (p->pool));
    return;
  }
  /* No effect: a function of one of its connections is under way, and not because the pool is run. */
  if (outer && is_inside(p))
  {
    DO(attachsql_pool_destroy, (p->pool));
    return;
  }
  p->ended = p->running = true;
  for (unsigned i = 0; i < con_count; i++)
    if (cons[i].con && cons[i].pool == p)
    {
      end_loans(&cons[i], NULL, LOAN_ALL);
      cons[i].is_over = true;
    }
  DO(attachsql_pool_destroy, (p->pool));
  if (!outer)
    return;
  pool_gone(p);
  for (unsigned i = 0; i < order_count; i++)
    MUST(orders[i].pool != p || !orders[i].taken || orders[i].is_over, "a query has come to no end");
}

static inline void call_pool_destroy(void)
{
  if (LIKELY(30))
    destroy_pool(pick_pool());
}

static inline void call_pool_wait(void)
{
  pool *p = pick_pool();
  bool null = !p->pool, good;
  verdict v = ask();
  int limit = (int)roll(2);

  calling("attachsql_pool_wait");
  good = attachsql_pool_wait(p->pool, limit, to(&v));
  judged(NULL, null, &v, good ? GOOD : null || p->running ? BAD : SILENT);
}

static inline void call_pool_look(void)
{
  pool *p = pick_pool();
  attachsql_pool_stats_st stats;
  attachsql_watch_st out[3];
  size_t size = roll(4), count = 99;
  uint64_t generation = 99;
  attachsql_socket_t fd;
  bool good;
  int timeout;

  memset(&stats, 0xff, sizeof stats);
  stats.size = LIKELY(60) ? sizeof stats : roll(sizeof stats + 1);
  GET(good, attachsql_pool_get_stats, (p->pool, LIKELY(95) ? &stats : NULL));
  MUST(p->pool || !good, "NULL has statistics");
  if (good && stats.size == sizeof stats)
    MUST(stats.connections == stats.unused + stats.connecting + stats.idle + stats.busy + stats.held + stats.failed, "the numbers do not add up");
  GET(good, attachsql_pool_get_watches, (p->pool, size ? out : NULL, size, LIKELY(90) ? &count : NULL, LIKELY(90) ? &generation : NULL));
  MUST(p->pool || (!good && count == 99 && generation == 99), "NULL has watches");
  GET(good, attachsql_pool_has_more, (p->pool));
  MUST(p->pool ? !p->running || good : !good, "has_more gave %d", (int)good);
  GET(timeout, attachsql_pool_get_timeout_ms, (p->pool));
  MUST(p->pool ? timeout >= -1 && (!p->running || timeout == 0) : timeout == -1, "a timeout of %d", timeout);
  GET(fd, attachsql_pool_get_fd, (p->pool));
  MUST((p->pool != NULL) == (fd >= 0), "the descriptor %d", (int)fd);
}

static inline void call_pool_option(void)
{
  static const uint32_t caps[] = {0, 1, 2, 3};
  pool *p = pick_pool();
  int option = LIKELY(90) ? 180 + (int)roll(9) : (int)number();
  uint32_t value = option <= 181 ? caps[roll(4)] : (uint32_t)number();
  bool good;

  GET(good, attachsql_pool_set_option, (p->pool, (attachsql_options_t)option, LIKELY(95) ? &value : NULL));
  MUST(!good || (p->pool && option >= 180 && option <= 188), "the option %d was taken", option);
}

static inline void call_pool_query(void)
{
  pool *p = pick_pool();
  con *c = pick_con();
  bool null = !p->pool, good;
  verdict v = ask();
  attachsql_query_parameter_st parameters[PARAMETERS];
  size_t length;
  char *text;
  order *o;

  if (!c->is_made && LIKELY(50))
  {
    null = null || !c->con;
    calling("attachsql_pool_set_template");
    good = attachsql_pool_set_template(p->pool, c->con, to(&v));
    c->is_template = c->is_template || good;
    p->has_template = p->has_template || good;
    judged(c, null, &v, good ? GOOD : BAD);
    return;
  }
  if (order_count == ORDERS)
    return;
  o = &orders[order_count++];
  o->pool = p;
  text = some_statement(&length);
  some_parameters(parameters);
  calling("attachsql_pool_query");
  good = attachsql_pool_query(p->pool, length, text, (uint16_t)roll(PARAMETERS + 1), LIKELY(97) ? parameters : NULL, LIKELY(97) ? on_order : NULL, o, to(&v));
  o->taken = good;
  judged(NULL, null, &v, good ? GOOD : BAD);
  MUST(!o->is_over || depth, "told by the call itself");
  free(text);
}

static inline void call_version(void)
{
  const char *version;
  unsigned major, minor, patch;
  char text[32];

  GET(version, attachsql_get_library_version, ());
  GET(major, attachsql_get_library_version_major, ());
  GET(minor, attachsql_get_library_version_minor, ());
  GET(patch, attachsql_get_library_version_patch, ());
  DO(attachsql_library_init, ());
  DO(attachsql_error_free, (NULL));
  snprintf(text, sizeof text, "%u.%u.%u", major, minor, patch);
  MUST(version && strcmp(version, text) == 0, "the version %s", version ? version : "NULL");
  MUST(!attachsql_error_code(NULL) && !attachsql_error_message(NULL) && !attachsql_error_sqlstate(NULL), "NULL is an error");
}

#endif
