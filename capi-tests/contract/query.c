/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group QRY. Large texts are in large.c and huge.c, a server that asks for a file is in
 * login.c.
 */
#include "../support/test.h"

static void refused(attachsql_connect_t *con, int code, const char *sqlstate)
{
  attachsql_error_t *error = NULL;

  CHECK(!attachsql_query(con, 8, "SELECT 9", 0, NULL, &error));
  CHECK_ERROR(error, code, sqlstate);
}

static void one_at_a_time(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_row_st *row;

  TEST("QRY-1 QRY-2", "a second query while one is open, at each stage");
  test_query(con, "SELECT 'undisturbed' UNION ALL SELECT 'too'");
  refused(con, 2014, "08002");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  refused(con, 2014, "08002");
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[0].data, row[0].length, "undisturbed", 11);
  attachsql_query_row_next(con);
  refused(con, 2014, "08002");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("QRY-2", "after EOF and after ERROR, not closed");
  refused(con, 2014, "08002");
  attachsql_query_close(con);
  test_query(con, "SELE");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  refused(con, 2014, "08002");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void arguments(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_query_parameter_st *nowhere = (attachsql_query_parameter_st *)(uintptr_t)8;

  TEST("QRY-3", "no parameters: the text as it is");
  CHECK(attachsql_query(con, 16, "SELECT '?', '? '", 0, nowhere, &error));
  CHECK_STR(test_first(con), "?");
  attachsql_query_close(con);

  TEST("QRY-4 PAR-4", "refused because of its arguments: nothing sent, nothing open");
  for (int i = 0; i < 3; i++)
  {
    CHECK(!attachsql_query(con, 8, "SELECT ?", 1, NULL, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
    CHECK(attachsql_query_buffer_rows(con, false));
  }
  TEST("QRY-13 QRY-4", "no text at all");
  CHECK(!attachsql_query(con, 8, NULL, 0, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  test_works(con);

  TEST("QRY-13", "an empty text is refused by the server");
  CHECK(attachsql_query(con, 0, NULL, 0, NULL, &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1065, "42000");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("QRY-13", "as the first query it only connects");
  con = test_create(server);
  CHECK(attachsql_query(con, 0, "", 0, NULL, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("QRY-4", "on an unused connection it does not connect");
  con = test_create(server);
  CHECK(!attachsql_query(con, 8, "SELECT ?", 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_NOT_CONNECTED);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void a_new_command_clears(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  TEST("QRY-5 INFO-1 INFO-2 INFO-3 INFO-4", "what a new command clears");
  test_run(con, "CREATE TEMPORARY TABLE c (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(2))");
  test_run(con, "INSERT IGNORE INTO c (v) VALUES ('long'), ('longer')");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 1);
  CHECK_UINT(attachsql_query_affected_rows(con), 2);
  CHECK_UINT(attachsql_query_warning_count(con), 2);
  CHECK(*attachsql_query_info(con));
  test_query(con, "SELECT SLEEP(0.05)");
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  CHECK_UINT(attachsql_query_warning_count(con), 0);
  CHECK_STR(attachsql_query_info(con), "");
  test_first(con);
  attachsql_query_close(con);

  TEST("QRY-5", "refused statements do not hurt");
  for (int i = 0; i < 20; i++)
  {
    test_refused(con, "SELE", 1064, "42000");
    test_refused(con, "SELECT * FROM no_such_table", 1146, "42S02");
  }
  test_works(con);
  attachsql_connect_destroy(con);
}

static void close_is_harmless(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("QRY-6", "query_close where there is nothing to close");
  attachsql_query_close(NULL);
  attachsql_query_close(con);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_NOT_CONNECTED);
  CHECK(attachsql_connect(con, NULL));
  attachsql_query_close(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  test_works(con);
  attachsql_query_close(con);
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
  con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);
  attachsql_connect(con, NULL);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  attachsql_query_close(con);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  attachsql_connect_destroy(con);
}

static void close_keeps(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  uint32_t id = attachsql_connect_get_connection_id(con);

  TEST("QRY-8 INFO-5", "what query_close leaves as it is");
  test_run(con, "CREATE TEMPORARY TABLE k (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(2))");
  test_query(con, "INSERT IGNORE INTO k (id, v) VALUES (40, 'long'), (41, 'ok'), (42, 'ok')");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int i = 0; i < 3; i++)
  {
    CHECK_UINT(attachsql_query_affected_rows(con), 3);
    CHECK_UINT(attachsql_query_warning_count(con), 1);
    CHECK_STR(attachsql_query_info(con), "Records: 3  Duplicates: 0  Warnings: 1");
    attachsql_query_close(con);
  }
  CHECK_UINT(test_number(con, "SELECT CONNECTION_ID()"), id);
  attachsql_connect_destroy(con);
}

static void more_results_keep_it_open(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("QRY-7", "query_close with another result announced");
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_login(con);
  test_query(con, "SELECT 1; SELECT 2; SELECT 3");
  for (int result = 1; result <= 3; result++)
  {
    CHECK_UINT(test_read(con, NULL).rows, 1);
    attachsql_query_close(con);
    if (result < 3)
    {
      refused(con, 2014, "08002");
      CHECK(!attachsql_query_buffer_rows(con, true));
      CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    }
  }
  test_works(con);
  attachsql_connect_destroy(con);
}

/* Closed with `rows` rows read; the next query must get its own answer, however often. */
static void abandoned(attachsql_connect_t *con, const char *text, unsigned rows)
{
  test_query(con, text);
  for (unsigned i = 0; i < rows; i++)
  {
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    if (i + 1 < rows)
      attachsql_query_row_next(con);
  }
  attachsql_query_close(con);
}

static void abandoning(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  static const char *const texts[] = {
    "SELECT 'wrong' UNION ALL SELECT 'wrong'",
    "SELECT 'wrong', n, REPEAT('w', 1000) FROM " TEST_NUMBERS " WHERE n < 5000",
    "SELECT 'wrong' UNION ALL SELECT 'wrong'; SELECT 'wrong'; DO 1; SELECT 'wrong'",
    "SELECT 'wrong' UNION ALL SELECT SLEEP(0.05); SELECT SLEEP(0.05); SELE",
  };

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_login(con);
  TEST("QRY-9 COL-1", "closed with rows unread");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (unsigned rows = 0; rows < 3; rows++)
    {
      abandoned(con, texts[i], rows);
      test_works(con);
      abandoned(con, texts[i], rows);
      abandoned(con, texts[i], rows);
      test_works(con);
      abandoned(con, texts[i], rows);
      CHECK_UINT(attachsql_query_column_count(con), 0);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      CHECK_UINT(attachsql_query_column_count(con), 0);
      CHECK(attachsql_query_column_get(con, 1) == NULL);
      test_works(con);
    }

  TEST("QRY-9", "closed while BUSY: the answer belongs to nobody");
  for (int i = 0; i < 3; i++)
  {
    test_query(con, "SELECT SLEEP(0.7), 'wrong'");
    if (i)
      CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
    attachsql_query_close(con);
    if (i == 2)
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    test_works(con);
  }

  TEST("QRY-9", "closed before the server refused it: the error belongs to nobody either");
  for (int i = 0; i < 3; i++)
  {
    test_query(con, "SELE");
    attachsql_query_close(con);
    if (i == 1)
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    test_works(con);
  }

  TEST("QRY-9", "closed between rows and in the second result");
  test_query(con, "SELECT 1; SELECT 2 UNION ALL SELECT 3; SELECT 4");
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_row_next(con);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  test_works(con);

  TEST("QRY-9 QRY-5", "the counts of an abandoned answer do not appear in the next one");
  test_run(con, "CREATE TEMPORARY TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v INT)");
  test_query(con, "INSERT INTO a (v) VALUES (1), (2), (3)");
  attachsql_query_close(con);
  TEST("INFO-5 QRY-9", "nor do they appear by themselves");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  CHECK_STR(attachsql_query_info(con), "");
  test_run(con, "UPDATE a SET v = 0 WHERE v = 1");
  CHECK_UINT(attachsql_query_affected_rows(con), 1);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 0);
  CHECK_STR(test_value(con, "SELECT COUNT(*) FROM a"), "3");
  attachsql_connect_destroy(con);
}

static void several_statements(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  TEST("QRY-10", "several statements without the option");
  test_refused(con, "SELECT 1; SELECT 2", 1064, "42000");
  test_works(con);
  attachsql_connect_destroy(con);
}

static void local_files(const test_server *server)
{
  static const char text[] = "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE l";

  TEST("QRY-12", "LOAD DATA LOCAL is refused by the server, with and without LOCAL_FILES");
  for (int option = 0; option < 2; option++)
  {
    attachsql_connect_t *con = test_create(server);
    attachsql_error_t *error = NULL;

    if (option)
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_LOCAL_FILES, NULL));
    test_login(con);
    test_run(con, "CREATE TEMPORARY TABLE l (v TEXT)");
    test_query(con, text);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    /* MariaDB: 1148 command not allowed, or 4166; MySQL: 3948. */
    if (CHECK(error != NULL))
    {
      int code = attachsql_error_code(error);

      CHECK(code == 1148 || code == 4166 || code == 3948 || code == 2068);
    }
    attachsql_error_free(error);
    attachsql_query_close(con);
    CHECK_STR(test_value(con, "SELECT COUNT(*) FROM l"), "0");
    attachsql_connect_destroy(con);
  }
}

int main(void)
{
  test_begin("query", 120);
  EACH_SERVER(server)
  {
    one_at_a_time(server);
    arguments(server);
    a_new_command_clears(server);
    close_is_harmless(server);
    close_keeps(server);
    more_results_keep_it_open(server);
    abandoning(server);
    several_statements(server);
    local_files(server);
  }
  return test_end();
}
