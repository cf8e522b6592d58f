/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers for tests of prepared statements. Include it after test.h.
 */
#ifndef ATTACHSQL_STATEMENTS_H
#define ATTACHSQL_STATEMENTS_H

/* Prepares a text and polls until that is done. */
#define test_prepare(con, text) test_prepare_at((con), (text), __FILE__, __LINE__)

static inline bool test_prepare_at(attachsql_connect_t *con, const char *text, const char *file, int line)
{
  attachsql_error_t *error = NULL;
  bool good = attachsql_statement_prepare(con, strlen(text), text, &error);

  test_report(good, file, line, "statement_prepare gave false for: %.100s", text);
  if (good)
    good = test_poll_is(test_poll(con, &error), ATTACHSQL_RETURN_EOF, text, file, line);
  test_no_error(&error, file, line);
  return good;
}

/* Executes and polls once there is something to report, which must be `want`. */
#define test_execute(con, want) test_execute_at((con), (want), __FILE__, __LINE__)

static inline bool test_execute_at(attachsql_connect_t *con, attachsql_return_t want, const char *file, int line)
{
  attachsql_error_t *error = NULL;
  bool good = attachsql_statement_execute(con, &error);

  test_report(good, file, line, "statement_execute gave false");
  if (good)
    good = test_poll_is(test_poll(con, &error), want, "after statement_execute", file, line);
  if (want != ATTACHSQL_RETURN_ERROR)
    test_no_error(&error, file, line);
  attachsql_error_free(error);
  return good;
}

/* Goes to the next row, or to the end: which of them. */
static inline attachsql_return_t test_statement_next(attachsql_connect_t *con)
{
  attachsql_statement_row_next(con);
  return test_poll_good(con);
}

/* Reads the rows that are left; how many. */
static inline unsigned test_statement_rest(attachsql_connect_t *con)
{
  unsigned rows = 0;

  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    rows++;
    attachsql_statement_row_next(con);
  }
  return rows;
}

/* A value of the row that was got as text, cut to 1,000 bytes; "(null)" for NULL, "(error)" for an error.
 * The text lives until the eighth call from now. */
static inline const char *test_text(attachsql_connect_t *con, uint16_t column)
{
  static char texts[8][1001];
  static unsigned turn;
  char *text = texts[turn++ % 8];
  attachsql_error_t *error = NULL;
  size_t length = 12345;
  char *value = attachsql_statement_get_char(con, column, &length, &error);

  if (error || !value)
  {
    CHECK_UINT(length, 12345);
    strcpy(text, error ? "(error)" : "(null)");
    attachsql_error_free(error);
    return text;
  }
  if (length > 1000)
    length = 1000;
  memcpy(text, value, length);
  text[length] = '\0';
  return text;
}

/* Prepares, executes and gets the first row of a statement without parameters. */
static inline bool test_first_row(attachsql_connect_t *con, const char *text)
{
  return test_prepare(con, text) && test_execute(con, ATTACHSQL_RETURN_ROW_READY) &&
         CHECK(attachsql_statement_row_get(con, NULL));
}

/* --- Handles ---------------------------------------------------------------------------------------- */

/* A handle with a text, polled until that is prepared. */
#define test_stmt(con, text) test_stmt_at((con), (text), __FILE__, __LINE__)

static inline attachsql_stmt_t *test_stmt_at(attachsql_connect_t *con, const char *text, const char *file, int line)
{
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, &error);
  bool good = stmt && attachsql_stmt_prepare(stmt, strlen(text), text, &error);

  test_report(good, file, line, "no handle, or stmt_prepare gave false for: %.100s", text);
  if (good)
    test_poll_is(test_poll(con, &error), ATTACHSQL_RETURN_EOF, text, file, line);
  test_no_error(&error, file, line);
  return stmt;
}

/* Executes and polls once there is something to report, which must be `want`. */
#define test_stmt_execute(stmt, want) test_stmt_execute_at((stmt), (want), __FILE__, __LINE__)

static inline bool test_stmt_execute_at(attachsql_stmt_t *stmt, attachsql_return_t want, const char *file, int line)
{
  attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
  attachsql_error_t *error = NULL;
  bool good = attachsql_stmt_execute(stmt, &error);

  test_report(good, file, line, "stmt_execute gave false");
  if (good)
    good = test_poll_is(test_poll(con, &error), want, "after stmt_execute", file, line);
  if (want != ATTACHSQL_RETURN_ERROR)
    test_no_error(&error, file, line);
  attachsql_error_free(error);
  return good;
}

/* Executes and gets the first row. */
static inline bool test_stmt_row(attachsql_stmt_t *stmt)
{
  return test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY) && CHECK(attachsql_stmt_row_get(stmt, NULL));
}

/* A value of the row that was got as text, cut to 1,000 bytes; "(null)" for NULL, "(none)" without one. The text
 * lives until the eighth call from now. */
static inline const char *test_stmt_text(attachsql_stmt_t *stmt, uint16_t column)
{
  static char texts[8][1001];
  static unsigned turn;
  char *text = texts[turn++ % 8];
  const char *value = NULL;
  size_t length = 12345;
  attachsql_value_t found = attachsql_stmt_get_string(stmt, column, &value, &length);

  if (found != ATTACHSQL_VALUE_OK)
  {
    CHECK(value == NULL && length == 12345);
    return strcpy(text, found == ATTACHSQL_VALUE_NULL ? "(null)" : "(none)");
  }
  if (length > 1000)
    length = 1000;
  memcpy(text, value, length);
  text[length] = '\0';
  return text;
}

/* A handle whose prepare has not been polled. */
static inline attachsql_stmt_t *test_stmt_begin(attachsql_connect_t *con, const char *text)
{
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, &error);

  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error));
  CHECK_NO_ERROR(error);
  return stmt;
}

#endif
