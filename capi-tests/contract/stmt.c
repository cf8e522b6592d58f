/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group HDL: statement handles; their values and rows are in stmt_values.c.
 */
#include "../support/test.h"
#include "../support/statements.h"

/* Prepares a text for a handle and polls until that is done. */
static bool prepare(attachsql_stmt_t *stmt, const char *text)
{
  attachsql_error_t *error = NULL;
  bool good = CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error)) &&
              CHECK_POLL(test_poll_good(attachsql_stmt_get_connection(stmt)), ATTACHSQL_RETURN_EOF);

  CHECK_NO_ERROR(error);
  return good;
}

/* No function that needs a statement, a connection or a handle does anything, and each says why. */
static void all_refused(attachsql_stmt_t *stmt, int code, const char *sqlstate)
{
  attachsql_stmt_bind_st bind = {ATTACHSQL_BIND_TYPE_NULL, NULL, NULL, NULL};
  attachsql_error_t *error = NULL;
  attachsql_cell_st cell;

  CHECK(!attachsql_stmt_execute(stmt, &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_reset(stmt, &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_send_long_data(stmt, 0, 1, "x", &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_set_null(stmt, 0, &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_set_string(stmt, 0, 1, "x", &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_bind(stmt, 1, &bind, &error));
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_stmt_execute(stmt, NULL));
  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 0);
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 0);
  CHECK(attachsql_stmt_get_column(stmt, 0) == NULL);
  CHECK(!attachsql_stmt_is_null(stmt, 0));
  CHECK_INT(attachsql_stmt_get_int(stmt, 0, NULL), ATTACHSQL_VALUE_NONE);
  CHECK_INT(attachsql_stmt_get_string(stmt, 0, NULL, NULL), ATTACHSQL_VALUE_NONE);
  CHECK(!attachsql_stmt_row_get(stmt, &error));
  attachsql_error_free(error);
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 1, &cell, &error), 0);
  attachsql_error_free(error);
  attachsql_stmt_row_next(stmt);
  attachsql_stmt_close(stmt);
}

static void life(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt;

  TEST("HDL-1", "nothing is sent");
  CHECK(attachsql_stmt_create(NULL, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_create(NULL, NULL) == NULL);
  stmt = attachsql_stmt_create(con, &error);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_get_connection(stmt) == con);
  CHECK(attachsql_stmt_get_connection(NULL) == NULL);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_NOT_CONNECTED);
  all_refused(stmt, 3000, "22023");
  all_refused(NULL, 3000, "22023");
  CHECK(!attachsql_stmt_prepare(NULL, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_stmt_prepare(stmt, 8, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_stmt_destroy(NULL);

  TEST("HDL-2 HDL-6", "the first one connects");
  CHECK(attachsql_stmt_prepare(stmt, 16, "SELECT ?, ? AS b", &error));
  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 0);
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 0);
  CHECK(attachsql_stmt_get_column(stmt, 0) == NULL);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 2);
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 2);
  CHECK_STR(attachsql_stmt_get_column(stmt, 1)->column, "b");
  CHECK(attachsql_stmt_get_column(stmt, 2) == NULL);
  CHECK(attachsql_stmt_set_int(stmt, 1, 7, NULL));
  if (test_stmt_row(stmt))
  {
    CHECK_STR(test_stmt_text(stmt, 0), "(null)");
    CHECK_STR(test_stmt_text(stmt, 1), "7");
  }
  attachsql_stmt_row_next(stmt);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("HDL-2 HDL-8", "refused, closed, prepared again, instead of another");
  CHECK(attachsql_stmt_prepare(stmt, 6, "SELCT?", &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  all_refused(stmt, 3000, "22023");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  prepare(stmt, "SELECT 1, 2, 3");
  attachsql_stmt_close(stmt);
  all_refused(stmt, 3000, "22023");
  prepare(stmt, "SELECT 5");
  prepare(stmt, "SELECT 6");
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "6");
  CHECK_STR(test_value(con, "SHOW STATUS LIKE 'Prepared_stmt_count_'"), "(none)");

  TEST("HDL-2", "long data, reset");
  prepare(stmt, "SELECT LENGTH(?)");
  CHECK(!attachsql_stmt_send_long_data(stmt, 1, 1, "x", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_send_long_data(stmt, 0, 3, "abc", NULL));
  CHECK(attachsql_stmt_send_long_data(stmt, 0, 3, "def", NULL));
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "6");
  CHECK(attachsql_stmt_send_long_data(stmt, 0, 3, "abc", NULL));
  CHECK(attachsql_stmt_reset(stmt, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_stmt_set_string(stmt, 0, 4, "four", NULL));
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "4");
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

/* The number of statements that this server has of all its clients. */
static uint64_t prepared_count(attachsql_connect_t *con)
{
  attachsql_query_row_st *row;
  uint64_t count = 0;

  test_query(con, "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
  if (CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY) && (row = attachsql_query_row_get(con, NULL)))
    count = strtoull(row[1].data, NULL, 10);
  attachsql_query_close(con);
  return count;
}

static void orders(const test_server *server)
{
  attachsql_connect_t *con;
  attachsql_stmt_t *stmts[3];
  static const int all[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

  TEST("HDL-3 HDL-4", "handles and connection are destroyed in any order");
  for (int order = 0; order < 6; order++)
    for (int before = 0; before <= 3; before++)
    {
      con = test_connect(server);
      stmts[0] = test_stmt(con, "SELECT 1, 2");
      stmts[1] = test_stmt(con, "SELECT 'a' UNION ALL SELECT 'b'");
      stmts[2] = test_stmt(con, "SELECT ?");
      CHECK(test_stmt_row(stmts[1]));
      for (int i = 0; i < 3; i++)
      {
        if (i == before)
          attachsql_connect_destroy(con);
        if (i >= before)
        {
          CHECK(attachsql_stmt_get_connection(stmts[all[order][i]]) == NULL);
          all_refused(stmts[all[order][i]], 2006, "08006");
        }
        attachsql_stmt_destroy(stmts[all[order][i]]);
      }
      if (before == 3)
      {
        test_works(con);
        attachsql_connect_destroy(con);
      }
    }

  TEST("HDL-3", "the connection goes on, and the server is told");
  con = test_connect(server);
  for (int tries = 0;; tries++)
  {
    /* Other clients have statements too. */
    uint64_t before = prepared_count(con);

    for (int i = 0; i < 3; i++)
      stmts[i] = test_stmt(con, "SELECT ?");
    attachsql_stmt_destroy(stmts[1]);
    CHECK(attachsql_stmt_prepare(stmts[2], 8, "SELECT 3", NULL));
    attachsql_stmt_destroy(stmts[2]);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    attachsql_stmt_destroy(stmts[0]);
    if (prepared_count(con) == before || tries == 20)
    {
      CHECK(tries < 20);
      break;
    }
  }
  attachsql_connect_destroy(con);
}

static void lost(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server), *other = test_connect(server);
  attachsql_stmt_t *stmt = test_stmt(con, "SELECT 1"), *second = test_stmt(con, "SELECT 2");
  attachsql_error_t *error = NULL;
  char text[64];

  TEST("HDL-4", "the connection is lost");
  snprintf(text, sizeof text, "KILL %u", attachsql_connect_get_connection_id(con));
  test_run(other, text);
  CHECK(attachsql_stmt_execute(stmt, NULL) || test_poll(con, NULL) == ATTACHSQL_RETURN_ERROR);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_stmt_execute(second, &error));
  CHECK_ERROR(error, 2006, "08006");
  CHECK(!attachsql_stmt_prepare(stmt, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_stmt_destroy(stmt);
  
  attachsql_connect_destroy(con);
  attachsql_stmt_destroy(second);
  attachsql_connect_destroy(other);
}

static void several(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *numbers = test_stmt(con, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3");
  attachsql_stmt_t *words = test_stmt(con, "SELECT CONCAT(?, '!')");
  attachsql_error_t *error = NULL;
  const char *kept = NULL;
  int32_t number = 0;
  size_t length = 0;

  TEST("HDL-5", "a row is that of one statement");
  CHECK(attachsql_stmt_set_string(words, 0, 2, "hi", NULL));
  CHECK(test_stmt_row(numbers));
  CHECK(!attachsql_stmt_row_get(words, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK_INT(attachsql_stmt_get_int(words, 0, &number), ATTACHSQL_VALUE_NONE);
  CHECK_INT(attachsql_stmt_get_string(words, 0, &kept, &length), ATTACHSQL_VALUE_NONE);
  CHECK(!attachsql_statement_row_get(con, &error));
  CHECK_ERROR(error, 2051, "02000");
  attachsql_stmt_row_next(words);
  CHECK_INT(attachsql_stmt_get_int(numbers, 0, &number), ATTACHSQL_VALUE_OK);
  CHECK_INT(number, 1);
  CHECK_STR(test_stmt_text(words, 0), "(none)");

  TEST("HDL-5", "closing or setting the other one disturbs nothing");
  CHECK(attachsql_stmt_set_string(words, 0, 3, "you", NULL));
  attachsql_stmt_row_next(numbers);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(numbers, NULL));
  attachsql_stmt_close(words);
  CHECK_STR(test_stmt_text(numbers, 0), "2");
  attachsql_stmt_destroy(words);
  CHECK_STR(test_stmt_text(numbers, 0), "2");
  attachsql_stmt_row_next(numbers);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(numbers, NULL));
  CHECK_STR(test_stmt_text(numbers, 0), "3");
  attachsql_stmt_row_next(numbers);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("HDL-5", "nor does it hide an error");
  words = test_stmt(con, "SELECT CONCAT(?, '?')");
  test_query(con, "SELCT");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  attachsql_stmt_close(words);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  attachsql_query_close(con);
  prepare(words, "SELECT CONCAT(?, '.')");

  TEST("HDL-5", "another command drops the rest");
  CHECK(attachsql_stmt_set_string(words, 0, 2, "ho", NULL));
  CHECK(test_stmt_row(numbers));
  CHECK(test_stmt_row(words));
  CHECK_STR(test_stmt_text(words, 0), "ho.");
  CHECK(!attachsql_stmt_row_get(numbers, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK(attachsql_stmt_execute(numbers, NULL));
  CHECK(attachsql_stmt_execute(words, NULL));
  CHECK(attachsql_stmt_execute(numbers, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(numbers, NULL));
  CHECK_STR(test_stmt_text(numbers, 0), "1");
  test_works(con);

  TEST("HDL-5 HDL-7", "the statement without a handle is another one");
  CHECK(test_prepare(con, "SELECT 'old'"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK(!attachsql_stmt_row_get(numbers, NULL));
  CHECK_STR(test_text(con, 0), "old");
  CHECK(test_stmt_row(numbers));
  CHECK_STR(test_text(con, 0), "(error)");
  attachsql_statement_close(con);
  CHECK_STR(test_stmt_text(numbers, 0), "1");
  CHECK_UINT(attachsql_query_column_count(con), 1);

  TEST("HDL-5", "a query with rows of its own");
  CHECK(test_stmt_row(numbers));
  test_query(con, "SELECT 7");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(!attachsql_stmt_row_get(numbers, NULL));
  CHECK(!attachsql_stmt_prepare(words, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2014, "08002");
  attachsql_stmt_row_next(numbers);
  CHECK_BYTES(attachsql_query_row_get(con, NULL)[0].data, 1, "7", 1);
  attachsql_query_close(con);
  CHECK(test_stmt_row(words));
  CHECK_STR(test_stmt_text(words, 0), "ho.");
  attachsql_stmt_destroy(numbers);
  attachsql_stmt_destroy(words);
  attachsql_connect_destroy(con);
}

/* Hundreds of them, some in between destroyed. */
static void many(const test_server *server)
{
  enum { COUNT = 300 };
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *all[COUNT];
  char text[64];

  TEST("HDL-1 HDL-5", "hundreds on one connection");
  for (int i = 0; i < COUNT; i++)
  {
    snprintf(text, sizeof text, "SELECT %d + ?", i);
    all[i] = test_stmt(con, text);
    CHECK(attachsql_stmt_set_int(all[i], 0, 1000, NULL));
    if (i % 3 == 2)
    {
      attachsql_stmt_destroy(all[i - 1]);
      all[i - 1] = attachsql_stmt_create(con, NULL);
    }
  }
  for (int i = COUNT - 1; i >= 0; i--)
    if (i % 3 != 1)
    {
      CHECK(test_stmt_row(all[i]));
      snprintf(text, sizeof text, "%d", 1000 + i);
      CHECK_STR(test_stmt_text(all[i], 0), text);
    }
  for (int i = 0; i < COUNT; i += 2)
    attachsql_stmt_destroy(all[i]);
  test_works(con);
  attachsql_connect_destroy(con);
  for (int i = 1; i < COUNT; i += 2)
    attachsql_stmt_destroy(all[i]);
}

static void columns(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt, *other;
  attachsql_query_column_st *column;

  TEST("HDL-6", "columns of the next result, and of the last one");
  test_run(con, "CREATE TEMPORARY TABLE hdl (a INT UNSIGNED NOT NULL, b VARCHAR(20))");
  test_run(con, "INSERT INTO hdl VALUES (1, 'x')");
  stmt = test_stmt(con, "SELECT a, b FROM hdl");
  other = test_stmt(con, "SELECT 1 AS other");
  CHECK(test_stmt_row(other));
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 2);
  column = attachsql_stmt_get_column(stmt, 0);
  CHECK_STR(column->column, "a");
  CHECK_STR(column->origin_table, "hdl");
  CHECK_INT(column->type, ATTACHSQL_COLUMN_TYPE_LONG);
  CHECK(column->flags & ATTACHSQL_COLUMN_FLAGS_UNSIGNED);
  CHECK(attachsql_stmt_get_column(stmt, 0) == column);
  CHECK_STR(attachsql_stmt_get_column(other, 0)->column, "other");
  CHECK_STR(attachsql_stmt_get_column(stmt, 1)->column, "b");
  CHECK(test_stmt_row(stmt));
  CHECK_STR(attachsql_stmt_get_column(other, 0)->column, "other");
  CHECK_STR(test_stmt_text(stmt, 1), "x");

  TEST("HDL-6", "the table is altered");
  test_run(con, "UPDATE hdl SET b = '5'");
  test_run(con, "ALTER TABLE hdl MODIFY a VARCHAR(10), CHANGE b bb INT NULL DEFAULT NULL");
  if (attachsql_stmt_execute(stmt, NULL) && test_poll(con, NULL) == ATTACHSQL_RETURN_ROW_READY)
    test_report(true, __FILE__, __LINE__, "the name is gone");
  attachsql_stmt_close(stmt);
  prepare(stmt, "SELECT * FROM hdl");
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 2);
  test_run(con, "ALTER TABLE hdl ADD c DOUBLE DEFAULT 0.5, MODIFY a BIGINT");
  CHECK(test_stmt_row(stmt));
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 3);
  CHECK_STR(attachsql_stmt_get_column(stmt, 2)->column, "c");
  CHECK_INT(attachsql_stmt_get_column(stmt, 0)->type, ATTACHSQL_COLUMN_TYPE_LONGLONG);
  CHECK_STR(test_stmt_text(stmt, 0), "1");
  CHECK_STR(test_stmt_text(stmt, 2), "0.500000");

  TEST("HDL-6", "a statement without rows");
  prepare(other, "DO 1");
  CHECK_UINT(attachsql_stmt_get_column_count(other), 0);
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  CHECK_UINT(attachsql_stmt_get_column_count(other), 0);
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 3);
  attachsql_connect_destroy(con);
  attachsql_stmt_destroy(stmt);
  attachsql_stmt_destroy(other);
}

int main(void)
{
  test_begin("stmt", 120);
  EACH_SERVER(server)
  {
    life(server);
    orders(server);
    lost(server);
    several(server);
    many(server);
    columns(server);
  }
  return test_end();
}
