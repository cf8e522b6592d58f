/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of monkey.c: the one statement of a connection.
 */
#ifndef ATTACHSQL_MONKEY_STATEMENTS_H
#define ATTACHSQL_MONKEY_STATEMENTS_H

/* --- The statement of a connection ------------------------------------------------------------------ */

static inline void call_statement(void)
{
  con *c = pick_con();
  size_t length;
  char *text = some_statement(&length);
  int code;

  switch (roll(8))
  {
    case 0:
    case 1:
      RUN(code, c, attachsql_statement_prepare, (c->con, length, text, ERR));
      MUST(code || text || !length, "attachsql_statement_prepare took NULL");
      if (!code)
        free_lent(&c->lent);
      ends(c, code, ENDS_ANSWER);
      break;
    case 2:
    case 3:
    case 4:
      RUN(code, c, attachsql_statement_execute, (c->con, ERR));
      ends(c, code, ENDS_ANSWER);
      break;
    case 5:
      RUN(code, c, attachsql_statement_reset, (c->con, ERR));
      ends(c, code, ENDS_ANSWER);
      break;
    case 6:
      RUN(code, c, attachsql_statement_send_long_data, (c->con, place(), length, text, ERR));
      ends(c, code, ENDS_ANSWER);
      break;
    default:
      if (!c->inside)
        end_loans(c, NULL, ENDS_ANSWER & ~(unsigned)LOAN_INFO);
      DO(attachsql_statement_close, (c->con));
      if (c->con && !c->inside)
        free_lent(&c->lent);
      check_loans();
  }
  free(text);
}

static inline void call_statement_set(void)
{
  con *c = pick_con();
  uint16_t at = place();
  uint64_t n = number();
  size_t length;
  char *text = some_bytes(&length);
  bool kept = false;
  int code;

  switch (roll(10))
  {
    case 0:
      RUN(code, c, attachsql_statement_set_int, (c->con, at, (int32_t)n, ERR));
      break;
    case 1:
      RUN(code, c, attachsql_statement_set_unsigned_int, (c->con, at, (uint32_t)n, ERR));
      break;
    case 2:
      RUN(code, c, attachsql_statement_set_bigint, (c->con, at, (int64_t)n, ERR));
      break;
    case 3:
      RUN(code, c, attachsql_statement_set_unsigned_bigint, (c->con, at, n, ERR));
      break;
    case 4:
      RUN(code, c, attachsql_statement_set_double, (c->con, at, (double)n / (double)roll(3), ERR));
      break;
    case 5:
      RUN(code, c, attachsql_statement_set_null, (c->con, at, ERR));
      break;
    case 6:
      RUN(code, c, attachsql_statement_set_datetime, (c->con, at, (uint16_t)n, (uint8_t)number(), (uint8_t)number(), (uint8_t)number(),
                                                      (uint8_t)number(), (uint8_t)number(), (uint32_t)number(), ERR));
      break;
    case 7:
      RUN(code, c, attachsql_statement_set_time, (c->con, at, (uint8_t)n, (uint8_t)number(), (uint8_t)number(), (uint32_t)number(), LIKELY(50), ERR));
      break;
    case 8:
      RUN(code, c, attachsql_statement_set_string, (c->con, at, length, text, ERR));
      kept = true;
      break;
    default:
      RUN(code, c, attachsql_statement_set_binary, (c->con, at, length, text, ERR));
      kept = true;
  }
  if (kept)
    MUST(code || text || !length, "NULL was taken for bytes");
  if (!code)
    lend(&c->lent, at, kept ? text : NULL);
  if (code || !kept)
    free(text);
}

static inline void call_statement_get(void)
{
  con *c = pick_con();
  bool null = !c->con, good;
  uint16_t at = place(), count;
  attachsql_column_type_t type;
  size_t length = 4711;
  double real = 0;
  uint64_t n = 0;
  char *text;
  int code;
  verdict v = ask();

  if (LIKELY(50))
    RUN(code, c, attachsql_statement_row_get, (c->con, ERR));
  (void)code;
  GET(count, attachsql_statement_get_param_count, (c->con));
  MUST(c->con || !count, "NULL has parameters");
  GET(count, attachsql_statement_get_column_count, (c->con));
  GET(type, attachsql_statement_get_column_type, (c->con, at));
  MUST((type != ATTACHSQL_COLUMN_TYPE_ERROR) == (at < count), "column %u of %u has the type %d", (unsigned)at, (unsigned)count, (int)type);
  switch (roll(6))
  {
    case 0:
      calling("attachsql_statement_get_int");
      n = (uint64_t)attachsql_statement_get_int(c->con, at, to(&v));
      break;
    case 1:
      calling("attachsql_statement_get_int_unsigned");
      n = attachsql_statement_get_int_unsigned(c->con, at, to(&v));
      break;
    case 2:
      calling("attachsql_statement_get_bigint");
      n = (uint64_t)attachsql_statement_get_bigint(c->con, at, to(&v));
      break;
    case 3:
      calling("attachsql_statement_get_bigint_unsigned");
      n = attachsql_statement_get_bigint_unsigned(c->con, at, to(&v));
      break;
    case 4:
      calling("attachsql_statement_get_double");
      real = attachsql_statement_get_double(c->con, at, to(&v));
      break;
    default:
      calling("attachsql_statement_get_char");
      text = attachsql_statement_get_char(c->con, at, LIKELY(95) ? &length : NULL, to(&v));
      MUST(!text || length != 4711, "a text without its length");
      n = text != NULL;
      if (text)
        borrow(LOAN_TEXT, c, NULL, text, length);
  }
  good = !v.error;
  MUST(good || (n == 0 && !(real < 0) && !(real > 0)), "a value with an error");
  judged(c, null, &v, good ? null || c->inside || !v.to ? SILENT : GOOD : BAD);
  if (LIKELY(70))
    return;
  if (!c->inside)
    end_loans(c, NULL, ENDS_ROW);
  DO(attachsql_statement_row_next, (c->con));
  check_loans();
}

#endif
