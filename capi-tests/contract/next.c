/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group NEXT.
 */
#include "../support/test.h"

static attachsql_connect_t *connect_multi(const test_server *server, bool semi_blocking)
{
  attachsql_connect_t *con = test_create(server);

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL));
  if (semi_blocking)
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
  return test_login(con);
}

/* Three results of different shape, with query_close between them or without. */
static void shapes(const test_server *server, bool close_between, bool semi_blocking)
{
  attachsql_connect_t *con = connect_multi(server, semi_blocking);
  attachsql_query_row_st *row;

  TEST("NEXT-1 NEXT-2 NEXT-3 POLL-9", close_between ? "with query_close between results" : "without query_close between results");
  test_query(con, "SELECT 'one' AS a; SELECT 'x' AS x, 'y' AS y, REPEAT('z', 300) AS z FROM " TEST_THOUSAND
                  " WHERE n < 3; DO 1; SELECT 'last' AS l, 'two' AS t");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_query_column_count(con), 1);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  if (close_between)
    attachsql_query_close(con);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);

  for (int i = 0; i < 3; i++)
  {
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    CHECK_UINT(attachsql_query_column_count(con), 3);
    if (attachsql_query_column_get(con, 3))
      CHECK_STR(attachsql_query_column_get(con, 3)->column, "z");
    row = attachsql_query_row_get(con, NULL);
    if (CHECK(row != NULL))
    {
      CHECK_BYTES(row[1].data, row[1].length, "y", 1);
      CHECK_UINT(row[2].length, 300);
    }
    attachsql_query_row_next(con);
  }
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  if (close_between)
    attachsql_query_close(con);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);

  TEST("NEXT-3 COL-1 COL-2", "a result without columns after one with columns");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  CHECK(attachsql_query_column_get(con, 1) == NULL);
  CHECK(attachsql_query_row_get(con, NULL) == NULL);
  if (close_between)
    attachsql_query_close(con);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_query_column_count(con), 2);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[1].data, row[1].length, "two", 3);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("NEXT-1", "no further result");
  for (int i = 0; i < 3; i++)
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 2);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  for (int i = 0; i < 3; i++)
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void counts_of_each(const test_server *server)
{
  attachsql_connect_t *con = connect_multi(server, false);

  TEST("NEXT-3 INFO-5", "counts and info of each result");
  test_run(con, "CREATE TEMPORARY TABLE c (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  test_query(con, "INSERT INTO c (v) VALUES (1), (2); SELECT v FROM c; UPDATE c SET v = 7; DO 1");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 2);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 1);
  CHECK(strncmp(attachsql_query_info(con), "Records: 2", 10) == 0);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_UINT(test_read(con, NULL).rows, 2);
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  CHECK_STR(attachsql_query_info(con), "");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 2);
  CHECK(strncmp(attachsql_query_info(con), "Rows matched: 2", 15) == 0);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  CHECK_STR(attachsql_query_info(con), "");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

static void before_the_end(const test_server *server)
{
  attachsql_connect_t *con = connect_multi(server, false);
  attachsql_query_row_st *row;

  TEST("NEXT-4", "next_result before EOF changes nothing");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  test_query(con, "SELECT SLEEP(1), 'first'; SELECT 'second'");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[1].data, row[1].length, "first", 5);
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_STR(test_first(con), "second");
  attachsql_query_close(con);
  attachsql_connect_destroy(con);

  TEST("NEXT-4", "on a connection that was never connected, and on one that failed");
  con = test_create(server);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_NOT_CONNECTED);
  attachsql_connect_destroy(con);
}

static void errors(const test_server *server)
{
  attachsql_connect_t *con = connect_multi(server, false);
  attachsql_error_t *error = NULL;

  TEST("NEXT-5", "an error in the second of three statements");
  test_run(con, "CREATE TEMPORARY TABLE e (id INT)");
  test_query(con, "INSERT INTO e VALUES (1); INSERT INTO no_such_table VALUES (2); INSERT INTO e VALUES (3)");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1146, "42S02");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1146, "42S02");
  attachsql_query_close(con);
  CHECK_STR(test_value(con, "SELECT COUNT(*) FROM e"), "1");
  test_works(con);

  TEST("NEXT-5", "an error in the first");
  test_query(con, "INSERT INTO no_such_table VALUES (2); INSERT INTO e VALUES (3)");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1146, "42S02");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  CHECK_STR(test_value(con, "SELECT COUNT(*) FROM e"), "1");

  TEST("NEXT-5", "an error after rows, with query_close in between");
  test_query(con, "SELECT 1; SELECT * FROM no_such_table; SELECT 2");
  CHECK_UINT(test_read(con, NULL).rows, 1);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1146, "42S02");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void calls(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  char name[64], text[200];

  TEST("NEXT-6", "CALL without the option: two SELECTs and the CALL itself");
  snprintf(name, sizeof name, "next_%" PRIu32 "_%u", attachsql_connect_get_connection_id(con), (unsigned)time(NULL));
  snprintf(text, sizeof text, "CREATE PROCEDURE %s() BEGIN SELECT 'a'; SELECT 'b', 'c' UNION ALL SELECT 'd', 'e'; END", name);
  test_run(con, text);
  snprintf(text, sizeof text, "CALL %s()", name);
  for (int i = 0; i < 3; i++)
  {
    test_query(con, text);
    CHECK_STR(test_first(con), "a");
    attachsql_query_close(con);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_UINT(test_read(con, NULL).rows, 2);
    attachsql_query_close(con);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_column_count(con), 0);
    attachsql_query_close(con);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  }
  TEST("NEXT-6 QRY-9", "a CALL that is abandoned");
  test_query(con, text);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_works(con);
  snprintf(text, sizeof text, "DROP PROCEDURE %s", name);
  test_run(con, text);
  attachsql_connect_destroy(con);
}

static void many(const test_server *server)
{
  attachsql_connect_t *con = connect_multi(server, true);
  static char text[300 * 12];
  unsigned results = 1;

  TEST("NEXT-1 POLL-9", "300 results, semi-blocking: more packets than sequence numbers");
  for (int i = 0; i < 300; i++)
    strcat(text, i ? ";SELECT 1" : "SELECT 1");
  test_query(con, text);
  for (;;)
  {
    CHECK_UINT(test_read(con, NULL).rows, 1);
    if (attachsql_query_next_result(con) != ATTACHSQL_RETURN_PROCESSING)
      break;
    results++;
  }
  CHECK_UINT(results, 300);
  attachsql_query_close(con);
  text[0] = '\0';
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("next", 120);
  EACH_SERVER(server)
  {
    for (int i = 0; i < 4; i++)
      shapes(server, i & 1, i & 2);
    counts_of_each(server);
    before_the_end(server);
    errors(server);
    calls(server);
    many(server);
  }
  return test_end();
}
