/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of monkey.c: statement handles.
 */
#ifndef ATTACHSQL_MONKEY_HANDLES_H
#define ATTACHSQL_MONKEY_HANDLES_H

static inline void call_stmt_create(void)
{
  con *c = pick_con();
  bool null = !c->con;
  verdict v = ask();
  handle *h;

  if (handle_count == HANDLES)
    return;
  h = &handles[handle_count++];
  calling("attachsql_stmt_create");
  h->stmt = attachsql_stmt_create(c->con, to(&v));
  h->con = h->stmt ? c : NULL;
  judged(c, null, &v, h->stmt ? GOOD : BAD);
}

static inline void destroy_stmt(handle *h)
{
  if (con_of(h)->inside)
  {
    DO(attachsql_stmt_destroy, (h->stmt));
    return;
  }
  if (h->con && !h->con->is_over)
    end_loans(NULL, h, LOAN_ALL);
  if (h->con)
    end_loans(h->con, NULL, LOAN_ROW | LOAN_COLUMN | LOAN_STORED);
  DO(attachsql_stmt_destroy, (h->stmt));
  h->stmt = NULL;
  h->con = NULL;
  free_lent(&h->lent);
  check_loans();
}

static inline void call_stmt_close(void)
{
  handle *h = pick_handle();

  if (LIKELY(30))
  {
    destroy_stmt(h);
    return;
  }
  if (!con_of(h)->inside)
  {
    end_loans(NULL, h, LOAN_ALL);
    if (h->con)
      end_loans(h->con, NULL, LOAN_ROW | LOAN_COLUMN | LOAN_STORED);
  }
  DO(attachsql_stmt_close, (h->stmt));
  if (h->con && !h->con->inside)
    free_lent(&h->lent);
  check_loans();
}

static inline void call_stmt(void)
{
  handle *h = pick_handle();
  const con *c = con_of(h);
  size_t length;
  char *text = some_statement(&length);
  int code;

  switch (roll(9))
  {
    case 0:
    case 1:
      RUN_STMT(code, h, attachsql_stmt_prepare, (h->stmt, length, text, ERR));
      MUST(code || text || !length, "attachsql_stmt_prepare took NULL");
      if (!code)
        free_lent(&h->lent);
      if (!c->inside && code != 2014)
        end_loans(NULL, h, LOAN_ALL);
      break;
    case 2:
    case 3:
    case 4:
      RUN_STMT(code, h, attachsql_stmt_execute, (h->stmt, ERR));
      h->awaits = true;
      if (!c->inside)
        end_loans(NULL, h, LOAN_STMT_COLUMN);
      break;
    case 5:
      RUN_STMT(code, h, attachsql_stmt_reset, (h->stmt, ERR));
      break;
    case 6:
      RUN_STMT(code, h, attachsql_stmt_send_long_data, (h->stmt, place(), length, text, ERR));
      break;
    case 7:
      RUN_STMT(code, h, attachsql_stmt_fetch, (h->stmt, ERR));
      break;
    default:
      RUN_STMT(code, h, attachsql_stmt_set_fetch_size, (h->stmt, (uint32_t)(LIKELY(80) ? 1 + roll(4) : number()), ERR));
      free(text);
      return;
  }
  if (c->con)
    ends(c, code, ENDS_ANSWER);
  free(text);
}

static inline void call_stmt_bulk(void)
{
  static const uint8_t indicators[4][3] = {{0, 0, 0}, {1, 0, 2}, {3, 1, 0}, {4, 255, 0}};
  handle *h = pick_handle();
  uint64_t first, last, count;
  uint16_t params;
  bool failed;
  int code;

  GET(params, attachsql_stmt_get_param_count, (h->stmt));
  switch (roll(8))
  {
    case 0:
    case 1:
    case 2:
    case 3:
      RUN_STMT(code, h, attachsql_stmt_bulk_add, (h->stmt, params > 3 || LIKELY(70) ? NULL : indicators[roll(4)], ERR));
      break;
    case 4:
    case 5:
      RUN_STMT(code, h, attachsql_stmt_bulk_execute, (h->stmt, ERR));
      h->awaits = true;
      if (!con_of(h)->inside)
        end_loans(NULL, h, LOAN_STMT_COLUMN);
      ends(con_of(h), code, ENDS_ANSWER);
      break;
    case 6:
      DO(attachsql_stmt_bulk_clear, (h->stmt));
      GET(count, attachsql_stmt_bulk_get_count, (h->stmt));
      MUST(!count || con_of(h)->inside, "%" PRIu64 " rows after a clear", count);
      break;
    default:
      GET(failed, attachsql_stmt_bulk_get_failed, (h->stmt, LIKELY(90) ? &first : NULL, LIKELY(90) ? &last : NULL));
      MUST(h->stmt || !failed, "NULL has failed");
      GET(count, attachsql_stmt_bulk_get_count, (h->stmt));
      MUST(h->stmt || !count, "NULL has rows");
  }
}

/* Values that the library copies. */
static inline void call_stmt_set(void)
{
  handle *h = pick_handle();
  uint16_t at = place();
  uint64_t n = number();
  size_t length;
  char *text = some_bytes(&length);
  int code;

  switch (roll(15))
  {
    case 0:
      RUN_STMT(code, h, attachsql_stmt_set_null, (h->stmt, at, ERR));
      break;
    case 1:
      RUN_STMT(code, h, attachsql_stmt_set_bool, (h->stmt, at, n & 1, ERR));
      break;
    case 2:
      RUN_STMT(code, h, attachsql_stmt_set_int, (h->stmt, at, (int32_t)n, ERR));
      break;
    case 3:
      RUN_STMT(code, h, attachsql_stmt_set_unsigned_int, (h->stmt, at, (uint32_t)n, ERR));
      break;
    case 4:
      RUN_STMT(code, h, attachsql_stmt_set_bigint, (h->stmt, at, (int64_t)n, ERR));
      break;
    case 5:
      RUN_STMT(code, h, attachsql_stmt_set_unsigned_bigint, (h->stmt, at, n, ERR));
      break;
    case 6:
      RUN_STMT(code, h, attachsql_stmt_set_float, (h->stmt, at, (float)n / (float)roll(3), ERR));
      break;
    case 7:
      RUN_STMT(code, h, attachsql_stmt_set_double, (h->stmt, at, (double)n / (double)roll(3), ERR));
      break;
    case 8:
      RUN_STMT(code, h, attachsql_stmt_set_decimal, (h->stmt, at, length, text, ERR));
      break;
    case 9:
      RUN_STMT(code, h, attachsql_stmt_set_string, (h->stmt, at, length, text, ERR));
      MUST(code || text || !length, "NULL was taken for a string");
      break;
    case 10:
      RUN_STMT(code, h, attachsql_stmt_set_binary, (h->stmt, at, length, text, ERR));
      break;
    case 11:
      RUN_STMT(code, h, attachsql_stmt_set_json, (h->stmt, at, length, text, ERR));
      break;
    case 12:
      RUN_STMT(code, h, attachsql_stmt_set_date, (h->stmt, at, (uint16_t)n, (uint8_t)number(), (uint8_t)number(), ERR));
      break;
    case 13:
      RUN_STMT(code, h, attachsql_stmt_set_datetime, (h->stmt, at, (uint16_t)n, (uint8_t)number(), (uint8_t)number(), (uint8_t)number(),
                                                      (uint8_t)number(), (uint8_t)number(), (uint32_t)number(), ERR));
      break;
    default:
      RUN_STMT(code, h, attachsql_stmt_set_time, (h->stmt, at, LIKELY(50), (uint32_t)n, (uint8_t)number(), (uint8_t)number(), (uint32_t)number(), ERR));
  }
  if (!code)
    lend(&h->lent, at, NULL);
  free(text);
}

/* A buffer that stays until the parameter is set anew: what the elements of a bind point at. */
typedef struct bound
{
  union
  {
    char text[64];
    uint64_t integer;
    double real;
    attachsql_time_st time;
  } value;
  size_t length;
  bool is_null;
} bound;

static inline void call_stmt_bind(void)
{
  handle *h = pick_handle();
  attachsql_stmt_bind_st binds[3];
  bound *buffers[3];
  uint16_t count = (uint16_t)roll(4);
  int code;

  for (unsigned i = 0; i < 3; i++)
  {
    buffers[i] = calloc(1, sizeof *buffers[i]);
    if (!buffers[i])
      test_fatal("no memory", "");
    memset(&buffers[i]->value, (int)roll(256), sizeof buffers[i]->value);
    buffers[i]->length = roll(sizeof buffers[i]->value.text + 1);
    buffers[i]->is_null = LIKELY(20);
    binds[i].type = (attachsql_bind_type_t)(LIKELY(96) ? roll(15) : number());
    if (binds[i].type >= ATTACHSQL_BIND_TYPE_DATE)
    {
      buffers[i]->value.time.is_negative = LIKELY(50);
    }
    if (binds[i].type == ATTACHSQL_BIND_TYPE_BOOL)
      *(bool *)&buffers[i]->value = LIKELY(50);
    binds[i].data = LIKELY(95) ? &buffers[i]->value : NULL;
    binds[i].length = LIKELY(95) ? &buffers[i]->length : NULL;
    binds[i].is_null = LIKELY(50) ? &buffers[i]->is_null : NULL;
  }
  RUN_STMT(code, h, attachsql_stmt_bind, (h->stmt, count, LIKELY(97) ? binds : NULL, ERR));
  for (uint16_t i = 0; i < 3; i++)
    if (!code && i < count)
      lend(&h->lent, i, (char *)buffers[i]);
    else
      free(buffers[i]);
}

/* --- What handles tell ------------------------------------------------------------------------------ */

static inline void call_stmt_column(void)
{
  handle *h = pick_handle();
  attachsql_query_column_st *column;
  attachsql_connect_t *connection;
  uint16_t count, at = place();
  bool good;

  GET(count, attachsql_stmt_get_column_count, (h->stmt));
  GET(column, attachsql_stmt_get_column, (h->stmt, at));
  MUST((column != NULL) == (at < count), "column %u of %u", (unsigned)at, (unsigned)count);
  if (column && !h->awaits)
    borrow_column(LOAN_STMT_COLUMN, h->con, h, column);
  GET(connection, attachsql_stmt_get_connection, (h->stmt));
  MUST(connection == con_of(h)->con, "another connection");
  GET(good, attachsql_stmt_has_more, (h->stmt));
  MUST(h->stmt || !good, "NULL has more");
  GET(good, attachsql_stmt_is_out_params, (h->stmt));
  MUST(h->stmt || !good, "NULL has parameters");
}

static inline void borrow_cells(handle *h, const attachsql_cell_st *cells, size_t count)
{
  for (size_t i = 0; i < count; i++)
  {
    bool texts = cells[i].type == ATTACHSQL_CELL_TYPE_TEXT || cells[i].type == ATTACHSQL_CELL_TYPE_BINARY;

    MUST((unsigned)cells[i].type <= ATTACHSQL_CELL_TYPE_BINARY && texts == (cells[i].data != NULL), "a cell of type %d", (int)cells[i].type);
    if (texts)
      borrow(LOAN_CELLS, h->con, h, cells[i].data, cells[i].length);
  }
}

static inline void call_stmt_row(void)
{
  static attachsql_cell_st cells[48];
  handle *h = pick_handle();
  const con *c = con_of(h);
  bool null = !h->stmt;
  uint16_t wide = (uint16_t)roll(9), columns;
  size_t rows;
  int code;
  verdict v = ask();

  switch (roll(4))
  {
    case 0:
      RUN_STMT(code, h, attachsql_stmt_row_get, (h->stmt, ERR));
      break;
    case 1:
      calling("attachsql_stmt_row_cells");
      columns = attachsql_stmt_row_cells(h->stmt, wide, LIKELY(95) ? cells : NULL, to(&v));
      code = judged(c, null, &v, columns ? GOOD : BAD);
      if (columns)
        borrow_cells(h, cells, columns < wide ? columns : wide);
      break;
    case 2:
      calling("attachsql_stmt_rows_cells");
      rows = attachsql_stmt_rows_cells(h->stmt, roll(6), wide, LIKELY(95) ? cells : NULL, to(&v));
      code = judged(c, null, &v, rows ? GOOD : BAD);
      columns = attachsql_query_column_count(c->con);
      if (rows)
        borrow_cells(h, cells, rows * (columns < wide ? columns : wide));
      break;
    default:
      if (!c->inside && h->con)
        end_loans(c, NULL, ENDS_ROW);
      DO(attachsql_stmt_row_next, (h->stmt));
      check_loans();
  }
}

#define VALUE(name, type)                                            \
  do                                                                 \
  {                                                                  \
    type value_of_call;                                              \
    GET(found, name, (h->stmt, at, LIKELY(90) ? &value_of_call : NULL)); \
  } while (0)

static inline void call_stmt_get(void)
{
  handle *h = pick_handle();
  attachsql_value_t found = ATTACHSQL_VALUE_NONE;
  const char *text = NULL;
  uint16_t at = place();
  size_t length = 0;
  bool null;

  switch (roll(10))
  {
    case 0:
      VALUE(attachsql_stmt_get_bool, bool);
      break;
    case 1:
      VALUE(attachsql_stmt_get_int, int32_t);
      break;
    case 2:
      VALUE(attachsql_stmt_get_unsigned_int, uint32_t);
      break;
    case 3:
      VALUE(attachsql_stmt_get_bigint, int64_t);
      break;
    case 4:
      VALUE(attachsql_stmt_get_unsigned_bigint, uint64_t);
      break;
    case 5:
      VALUE(attachsql_stmt_get_float, float);
      break;
    case 6:
      VALUE(attachsql_stmt_get_double, double);
      break;
    case 7:
      VALUE(attachsql_stmt_get_date, attachsql_time_st);
      break;
    case 8:
      VALUE(attachsql_stmt_get_time, attachsql_time_st);
      break;
    default:
      GET(found, attachsql_stmt_get_string, (h->stmt, at, LIKELY(95) ? &text : NULL, LIKELY(95) ? &length : NULL));
      MUST(!text || found == ATTACHSQL_VALUE_OK, "a text with %d", (int)found);
      if (text)
        borrow(LOAN_CELLS, h->con, h, text, length);
  }
  MUST((unsigned)found <= ATTACHSQL_VALUE_NONE, "the answer %d", (int)found);
  MUST(con_of(h)->con || found == ATTACHSQL_VALUE_NONE, "a value of nobody");
  GET(null, attachsql_stmt_is_null, (h->stmt, at));
  if (found == ATTACHSQL_VALUE_NULL || found == ATTACHSQL_VALUE_NONE || found == ATTACHSQL_VALUE_OK)
    MUST(null == (found == ATTACHSQL_VALUE_NULL), "is_null is %d, and the value %d", (int)null, (int)found);
}

#endif
