/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CUR: cursors of statement handles, and OUT parameters of procedures.
 */
#include "../support/test.h"
#include "../support/statements.h"

/* Fetches once: how many rows came; the first column counts from *next. */
static unsigned fetch(attachsql_stmt_t *stmt, int64_t *next)
{
  attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
  attachsql_error_t *error = NULL;
  unsigned rows = 0;
  int64_t number = -1;

  CHECK(attachsql_stmt_fetch(stmt, &error));
  CHECK_NO_ERROR(error);
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    CHECK(attachsql_stmt_row_get(stmt, NULL));
    CHECK_INT(attachsql_stmt_get_bigint(stmt, 0, &number), ATTACHSQL_VALUE_OK);
    CHECK_INT(number, *next);
    (*next)++;
    rows++;
    attachsql_stmt_row_next(stmt);
  }
  return rows;
}

static void rows(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt, *other;
  int64_t next = 0, second = 0;
  unsigned fetches = 0;

  TEST("CUR-1", "what is refused");
  CHECK(!attachsql_stmt_set_fetch_size(NULL, 5, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_stmt_fetch(NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_stmt_has_more(NULL));
  CHECK(!attachsql_stmt_is_out_params(NULL));
  stmt = attachsql_stmt_create(con, NULL);
  CHECK(!attachsql_stmt_set_fetch_size(stmt, 5, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_stmt_fetch(stmt, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt(con, "SELECT n, REPEAT('x', n) FROM " TEST_THOUSAND " WHERE n < ? ORDER BY n");
  CHECK(!attachsql_stmt_fetch(stmt, &error));
  CHECK_ERROR(error, 2051, "02000");

  TEST("CUR-1 CUR-2", "rows come in portions");
  CHECK(attachsql_stmt_set_int(stmt, 0, 1000, NULL));
  CHECK(attachsql_stmt_set_fetch_size(stmt, 150, &error));
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
  CHECK(attachsql_stmt_has_more(stmt));
  CHECK(!attachsql_stmt_row_get(stmt, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 2);
  while (attachsql_stmt_has_more(stmt) && fetches < 20)
  {
    unsigned got = fetch(stmt, &next);

    CHECK_UINT(got, next < 1000 || got == 150 ? 150 : 100);
    CHECK_UINT(attachsql_query_column_count(con), 2);
    fetches++;
  }
  CHECK_INT(next, 1000);
  CHECK(fetches == 7 || fetches == 8);
  CHECK(!attachsql_stmt_fetch(stmt, &error));
  CHECK_ERROR(error, 2051, "02000");

  TEST("CUR-2", "several cursors, queries and other statements in between");
  other = test_stmt(con, "SELECT n FROM " TEST_THOUSAND " ORDER BY n LIMIT 37");
  CHECK(attachsql_stmt_set_fetch_size(other, 10, NULL));
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  CHECK(attachsql_stmt_set_int(stmt, 0, 300, NULL));
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
  for (next = 0, second = 0; attachsql_stmt_has_more(stmt) || attachsql_stmt_has_more(other);)
  {
    if (attachsql_stmt_has_more(stmt))
      fetch(stmt, &next);
    test_works(con);
    CHECK(test_prepare(con, "SELECT 5"));
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
    if (attachsql_stmt_has_more(other))
      fetch(other, &second);
  }
  CHECK_INT(next, 300);
  CHECK_INT(second, 37);

  TEST("CUR-2", "a portion that is not read is lost, and the cursor goes on");
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  CHECK(attachsql_stmt_fetch(other, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  test_works(con);
  second = 10;
  CHECK_UINT(fetch(other, &second), 10);

  TEST("CUR-3", "executed again, reset, closed, not without a cursor any more");
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  second = 0;
  CHECK_UINT(fetch(other, &second), 10);
  CHECK(attachsql_stmt_has_more(other));
  CHECK(attachsql_stmt_reset(other, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(!attachsql_stmt_has_more(other));
  CHECK(!attachsql_stmt_fetch(other, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  attachsql_stmt_close(other);
  CHECK(!attachsql_stmt_has_more(other));
  CHECK(!attachsql_stmt_set_fetch_size(stmt, 0, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt(con, "SELECT n FROM " TEST_THOUSAND " WHERE n < 3 ORDER BY n");
  CHECK(attachsql_stmt_set_fetch_size(stmt, 0, NULL));
  CHECK(test_stmt_row(stmt));
  CHECK(!attachsql_stmt_has_more(stmt));
  CHECK(attachsql_stmt_set_fetch_size(stmt, 2, NULL));
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
  second = 0;
  CHECK_UINT(fetch(stmt, &second), 2);
  attachsql_stmt_destroy(other);

  TEST("CUR-3", "statements that have no cursor");
  other = test_stmt(con, "CREATE TEMPORARY TABLE cur3 (i INT)");
  CHECK(attachsql_stmt_set_fetch_size(other, 10, NULL));
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  CHECK(!attachsql_stmt_has_more(other));
  attachsql_stmt_destroy(other);
  other = test_stmt(con, "SHOW TABLES LIKE 'no such table'");
  CHECK(attachsql_stmt_set_fetch_size(other, 10, NULL));
  CHECK(test_stmt_execute(other, ATTACHSQL_RETURN_EOF));
  if (attachsql_stmt_has_more(other))
    CHECK_UINT(fetch(other, &second), 0);
  attachsql_stmt_destroy(other);
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void out_params(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt;
  int id = (int)attachsql_connect_get_connection_id(con);
  char text[400];
  int32_t number = 0;

  TEST("CUR-4", "OUT and INOUT parameters");
  snprintf(text, sizeof text, "DROP PROCEDURE IF EXISTS cur4_%d", id);
  test_run(con, text);
  snprintf(text, sizeof text,
           "CREATE PROCEDURE cur4_%d(IN a INT, OUT b VARCHAR(20), INOUT c INT) BEGIN SELECT a AS first; "
           "SET b = CONCAT('got ', a); SET c = c + 1; END",
           id);
  test_run(con, text);
  snprintf(text, sizeof text, "CALL cur4_%d(?, ?, ?)", id);
  stmt = test_stmt(con, text);
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_stmt_set_int(stmt, 0, i, NULL));
    CHECK(attachsql_stmt_set_int(stmt, 2, 10 * i, NULL));
    CHECK(test_stmt_row(stmt));
    CHECK_INT(attachsql_stmt_get_int(stmt, 0, &number), ATTACHSQL_VALUE_OK);
    CHECK_INT(number, i);
    attachsql_stmt_row_next(stmt);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK(!attachsql_stmt_is_out_params(stmt));
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    CHECK(attachsql_stmt_row_get(stmt, NULL));
    CHECK_UINT(attachsql_query_column_count(con), 2);
    snprintf(text, sizeof text, "got %d", i);
    CHECK_STR(test_stmt_text(stmt, 0), text);
    CHECK_INT(attachsql_stmt_get_int(stmt, 1, &number), ATTACHSQL_VALUE_OK);
    CHECK_INT(number, 10 * i + 1);
    attachsql_stmt_row_next(stmt);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK(attachsql_stmt_is_out_params(stmt));
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK(!attachsql_stmt_is_out_params(stmt));
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  }
  attachsql_stmt_destroy(stmt);
  snprintf(text, sizeof text, "DROP PROCEDURE cur4_%d", id);
  test_run(con, text);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("stmt_cursor", 120);
  EACH_SERVER(server)
  {
    rows(server);
    out_params(server);
  }
  return test_end();
}
