/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group INFO.
 */
#include "../support/test.h"

static void insert_ids(const test_server *server)
{
  static const uint64_t ids[] = {1, 2, 127, 128, 200, 249, 250, 251, 252, 255, 256, 65535, 65536, 16777215, 16777216,
                                 4294967295u, 4294967296u, INT64_MAX};
  attachsql_connect_t *con = test_connect(server);
  char text[200];

  TEST("INFO-1 INFO-6", "insert ids of every size");
  test_run(con, "CREATE TEMPORARY TABLE ids (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v INT)");
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
  {
    /* LAST_INSERT_ID(x) makes the server report x; an inserted literal is reported by MySQL only. */
    snprintf(text, sizeof text, "INSERT INTO ids (id, v) VALUES (LAST_INSERT_ID(%" PRIu64 "), 1)", ids[i]);
    test_run(con, text);
    CHECK_UINT(attachsql_connection_last_insert_id(con), ids[i]);
    CHECK_UINT(attachsql_query_affected_rows(con), 1);
  }
  test_run(con, "CREATE TEMPORARY TABLE auto (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT = 200");
  test_run(con, "INSERT INTO auto (v) VALUES (1)");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 200);
  test_run(con, "INSERT INTO auto (v) VALUES (1), (2), (3)");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 201);
  test_run(con, "UPDATE auto SET v = 9");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  test_run(con, "INSERT INTO auto (v) VALUES (1)");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 204);
  test_run(con, "SELECT 1");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  attachsql_connect_destroy(con);
}

static void affected_rows(const test_server *server)
{
  static const unsigned counts[] = {0, 1, 2, 127, 128, 129, 200, 249, 250, 251, 252, 255, 256, 65535, 65536, 70000, 100000};
  attachsql_connect_t *con = test_connect(server);
  char text[2000];

  TEST("INFO-2 INFO-6", "row counts of every size");
  test_numbers(con, 100000);
  CHECK_UINT(attachsql_query_affected_rows(con), 100000);
  test_run(con, "CREATE TEMPORARY TABLE target (n INT)");
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
  {
    snprintf(text, sizeof text, "INSERT INTO target SELECT n FROM numbers WHERE n < %u", counts[i]);
    test_run(con, text);
    CHECK_UINT(attachsql_query_affected_rows(con), counts[i]);
    test_run(con, "UPDATE target SET n = n");
    CHECK_UINT(attachsql_query_affected_rows(con), counts[i]);
    test_run(con, "DELETE FROM target");
    CHECK_UINT(attachsql_query_affected_rows(con), counts[i]);
  }

  TEST("INFO-2", "0 after a SELECT and after an error");
  test_run(con, "INSERT INTO numbers VALUES (500000), (500001)");
  CHECK_UINT(attachsql_query_affected_rows(con), 2);
  test_run(con, "SELECT n FROM numbers WHERE n >= 500000");
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  test_run(con, "INSERT INTO numbers VALUES (500002)");
  CHECK_UINT(attachsql_query_affected_rows(con), 1);
  test_refused(con, "INSERT INTO numbers VALUES (500002)", 1062, "23000");
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  attachsql_connect_destroy(con);
}

static void warnings(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  TEST("INFO-3", "warnings of an OK answer");
  test_run(con, "CREATE TEMPORARY TABLE w (v VARCHAR(2))");
  CHECK_UINT(attachsql_query_warning_count(con), 0);
  test_run(con, "INSERT IGNORE INTO w VALUES ('too long'), ('fits'), ('ok'), ('longer still')");
  CHECK_UINT(attachsql_query_warning_count(con), 3);
  test_run(con, "DO 1");
  CHECK_UINT(attachsql_query_warning_count(con), 0);

  TEST("INFO-3", "warnings of a result with rows");
  test_query(con, "SELECT CAST('12 apples' AS SIGNED) UNION ALL SELECT CAST('7 pears' AS SIGNED)");
  CHECK_UINT(test_read(con, NULL).rows, 2);
  CHECK_UINT(attachsql_query_warning_count(con), 2);
  attachsql_query_close(con);
  CHECK_UINT(attachsql_query_warning_count(con), 2);
  test_run(con, "SELECT 1");
  CHECK_UINT(attachsql_query_warning_count(con), 0);
  attachsql_connect_destroy(con);
}

static void info_texts(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  const char *info;

  TEST("INFO-4", "\"\" before any command");
  CHECK_STR(attachsql_query_info(con), "");
  test_run(con, "CREATE TEMPORARY TABLE i (id INT PRIMARY KEY, v INT)");
  CHECK_STR(attachsql_query_info(con), "");

  TEST("INFO-4", "the texts of INSERT and UPDATE");
  test_run(con, "INSERT INTO i VALUES (1, 1), (2, 2), (3, 3)");
  CHECK_STR(attachsql_query_info(con), "Records: 3  Duplicates: 0  Warnings: 0");
  test_run(con, "UPDATE i SET v = 1");
  CHECK_STR(attachsql_query_info(con), "Rows matched: 3  Changed: 2  Warnings: 0");

  TEST("INFO-4", "\"\" after a SELECT, after an error, after an OK without text");
  test_query(con, "SELECT 1");
  CHECK_STR(attachsql_query_info(con), "");
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  CHECK_STR(attachsql_query_info(con), "");
  attachsql_query_close(con);
  test_run(con, "UPDATE i SET v = 2");
  test_refused(con, "SELECT * FROM no_such_table", 1146, "42S02");
  CHECK_STR(attachsql_query_info(con), "");
  test_run(con, "UPDATE i SET v = 3");
  test_run(con, "DO 1");
  CHECK_STR(attachsql_query_info(con), "");

  TEST("INFO-4 INFO-5", "and the text stays through polls and query_close");
  test_query(con, "UPDATE i SET v = 4");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  info = attachsql_query_info(con);
  attachsql_connect_poll(con, NULL);
  attachsql_query_close(con);
  attachsql_connect_poll(con, NULL);
  CHECK_STR(info, "Rows matched: 3  Changed: 3  Warnings: 0");
  CHECK_STR(attachsql_query_info(con), info);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("info", 120);
  EACH_SERVER(server)
  {
    insert_ids(server);
    affected_rows(server);
    warnings(server);
    info_texts(server);
  }
  return test_end();
}
