/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group STMT: the life of a prepared statement. Long data is in statement_long.c, parameters are
 * in statement_bind.c, rows in statement_get.c, calls in every state in statement_states.c.
 */
#include "../support/test.h"
#include "../support/statements.h"

#define MANY "SELECT n, REPEAT('x', 100) FROM " TEST_THOUSAND " WHERE n >= CAST(CAST(? AS CHAR) AS SIGNED)"

static void from_prepare_to_close(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  char text[] = "SELECT ? + 1, 'text'";

  TEST("STMT-1 CONV-6", "a prepare connects; the text may go at once");
  CHECK(attachsql_statement_prepare(con, strlen(text), text, &error));
  CHECK_NO_ERROR(error);
  memset(text, '#', sizeof text - 1);

  TEST("STMT-5 STMT-8", "before it is prepared");
  CHECK_UINT(attachsql_statement_get_param_count(con), 0);
  CHECK(!attachsql_statement_execute(con, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_statement_get_param_count(con), 1);
  CHECK_UINT(attachsql_query_column_count(con), 0);

  TEST("STMT-7 STMT-9", "executed again and again");
  for (int i = 0; i < 5; i++)
  {
    CHECK(attachsql_statement_set_int(con, 0, i, &error));
    CHECK(attachsql_statement_execute(con, &error));
    while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_PROCESSING)
      attachsql_connect_wait(con, 100, NULL);
    CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
    CHECK(attachsql_statement_row_get(con, &error));
    CHECK_INT(attachsql_statement_get_bigint(con, 0, &error), i + 1);
    CHECK_STR(test_text(con, 1), "text");
    CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
    CHECK_NO_ERROR(error);
    if (i % 2)
      attachsql_query_close(con);
  }

  TEST("STMT-17 STMT-5 STMT-8", "closed: twice, polled, executed");
  attachsql_statement_close(con);
  CHECK_UINT(attachsql_statement_get_param_count(con), 0);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  attachsql_statement_close(con);
  attachsql_statement_close(NULL);
  CHECK(!attachsql_statement_execute(con, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_reset(con, &error));
  CHECK_ERROR(error, 3000, "22023");
  test_works(con);
  attachsql_connect_destroy(con);
}

static void remembered(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("STMT-2", "while connecting: the last one counts");
  CHECK(attachsql_connect(con, NULL));
  CHECK(attachsql_statement_prepare(con, 4, "SELE", NULL));
  CHECK(attachsql_statement_prepare(con, 11, "SELECT ?, ?", NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_statement_get_param_count(con), 2);
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  attachsql_connect_destroy(con);

  TEST("STMT-2 STMT-17", "closed before the login is done");
  con = test_create(server);
  CHECK(attachsql_statement_prepare(con, 4, "SELE", NULL));
  attachsql_statement_close(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("STMT-2 STMT-12", "a query right behind a prepare: both are done");
  con = test_create(server);
  CHECK(attachsql_statement_prepare(con, 8, "SELECT 7", NULL));
  test_works(con);
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), 7);
  attachsql_connect_destroy(con);
}

static void while_a_query_is_open(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  unsigned rows = 0;

  TEST("STMT-3", "a query that is open and has not ended");
  test_query(con, "SELECT n FROM " TEST_THOUSAND);
  CHECK(!attachsql_statement_prepare(con, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2014, "08002");
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    if (rows++ % 100 == 0)
    {
      CHECK(!attachsql_statement_prepare(con, 8, "SELECT 1", &error));
      CHECK_ERROR(error, 2014, "08002");
    }
    attachsql_query_row_next(con);
  }
  CHECK_UINT(rows, 1000);

  TEST("STMT-3", "one that has ended does not matter, closed or not");
  CHECK(test_first_row(con, "SELECT 5"));
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), 5);
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
  CHECK_ERROR(error, 2014, "08002");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void one_after_the_other(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  uint64_t before;

  TEST("STMT-4", "another prepare closes the one before, at the server too");
  before = strtoull(strchr(test_value(con, "SELECT CONCAT('+', 0)"), '+'), NULL, 10);
  for (int i = 0; i < 20; i++)
  {
    CHECK(test_prepare(con, "SELECT 1, ?"));
    CHECK_UINT(attachsql_statement_get_param_count(con), 1);
  }
  test_query(con, "SHOW SESSION STATUS LIKE 'Com_stmt_close'");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(strtoull(attachsql_query_row_get(con, NULL)[1].data, NULL, 10) - before, 19);
  attachsql_query_close(con);

  TEST("STMT-17", "closed and prepared at once, twenty times, polled only at the end");
  for (int i = 0; i < 20; i++)
  {
    attachsql_statement_close(con);
    CHECK(attachsql_statement_prepare(con, 8, i % 3 ? "SELECT ?" : "SELE", NULL));
  }
  attachsql_statement_close(con);
  CHECK(test_first_row(con, "SELECT 99"));
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), 99);
  attachsql_connect_destroy(con);
}

static void refused(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("STMT-1 STMT-6 STMT-5", "the server refuses the text");
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_statement_prepare(con, 10, "SELECT FRO", &error) || i == 1);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1054, "42S22");
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1054, "42S22");
    CHECK_UINT(attachsql_statement_get_param_count(con), 0);
    CHECK(!attachsql_statement_execute(con, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_statement_reset(con, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_statement_set_int(con, 0, 1, &error));
    CHECK_ERROR(error, 3000, "22023");
    if (i == 0)
    {
      attachsql_statement_close(con);
      CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
    }
  }
  CHECK(test_first_row(con, "SELECT 1"));

  TEST("STMT-22", "no text, too long a text");
  attachsql_statement_close(con);
  CHECK(!attachsql_statement_prepare(con, 5, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_statement_prepare(con, 0, NULL, &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1065, "42000");
  {
    uint32_t most = 2000;
    char *text = (char *)calloc(1, 2000);

    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MAX_PACKET, &most));
    CHECK(!attachsql_statement_prepare(con, 2000, text, &error));
    CHECK_ERROR(error, 2020, "08S01");
    CHECK(test_prepare(con, "SELECT LENGTH(?)"));
    CHECK(attachsql_statement_set_string(con, 0, 2000, text, NULL));
    CHECK(!attachsql_statement_execute(con, &error));
    CHECK_ERROR(error, 2020, "08S01");
    CHECK(attachsql_statement_set_string(con, 0, 1900, text, NULL));
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
    free(text);
  }
  attachsql_connect_destroy(con);
}

static void numbers_and_errors(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("STMT-10", "affected rows, insert id, warnings, info");
  test_run(con, "CREATE TEMPORARY TABLE marks (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE)");
  test_run(con, "ALTER TABLE marks AUTO_INCREMENT = 128");
  CHECK(test_prepare(con, "INSERT INTO marks (n) VALUES (?), (?)"));
  CHECK(attachsql_statement_set_int(con, 0, 1, NULL));
  CHECK(attachsql_statement_set_int(con, 1, 2, NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  CHECK_UINT(attachsql_query_affected_rows(con), 2);
  CHECK_UINT(attachsql_connection_last_insert_id(con), 128);
  CHECK(strstr(attachsql_query_info(con), "Records: 2") != NULL);
  attachsql_query_close(con);
  CHECK_UINT(attachsql_query_affected_rows(con), 2);

  TEST("STMT-12", "an error hurts neither statement nor connection");
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_statement_execute(con, &error));
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1062, "23000");
    CHECK_UINT(attachsql_query_affected_rows(con), 0);
    CHECK(attachsql_statement_set_int(con, 0, 10 * i + 3, NULL));
    CHECK(attachsql_statement_set_int(con, 1, 10 * i + 4, NULL));
    CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  }
  CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM marks"), 8);
  CHECK(attachsql_statement_set_int(con, 0, 101, NULL));
  CHECK(attachsql_statement_set_int(con, 1, 102, NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  CHECK_UINT(attachsql_query_affected_rows(con), 2);

  TEST("STMT-10", "no further result, unless one was announced");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  attachsql_connect_destroy(con);
}

/* Everything that may come while rows are unread drops them. */
static void undrained(const test_server *server)
{
  for (int what = 0; what < 7; what++)
    for (int taken = 0; taken < 3; taken++)
    {
      static const char *const names[] = {"execute", "reset", "long data", "prepare", "close", "query", "query_close"};
      attachsql_connect_t *con = test_connect(server);
      unsigned rows = 1000;

      TEST("STMT-11 STMT-18 STMT-9", names[what]);
      CHECK(test_prepare(con, MANY));
      /* MariaDB takes long data for a number if the parameter was a number in the execute before. */
      CHECK(attachsql_statement_set_string(con, 0, 1, "0", NULL));
      CHECK(attachsql_statement_execute(con, NULL));
      for (int i = 0; i < taken; i++)
      {
        CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
        if (i)
          attachsql_statement_row_next(con);
      }
      switch (what)
      {
        case 0:
          CHECK(attachsql_statement_set_string(con, 0, 3, "990", NULL));
          CHECK(attachsql_statement_execute(con, NULL));
          rows = 10;
          break;
        case 1:
          CHECK(attachsql_statement_reset(con, NULL));
          rows = 0;
          break;
        case 2:
          CHECK(attachsql_statement_send_long_data(con, 0, 3, (char *)"995", NULL));
          CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
          CHECK(attachsql_statement_execute(con, NULL));
          rows = 5;
          break;
        case 3:
          CHECK(attachsql_statement_prepare(con, 27, "SELECT 1 UNION ALL SELECT 2", NULL));
          CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
          CHECK(attachsql_statement_execute(con, NULL));
          rows = 2;
          break;
        case 4:
          attachsql_statement_close(con);
          rows = 0;
          break;
        case 5:
          test_works(con);
          CHECK(attachsql_statement_execute(con, NULL));
          break;
        default:
          attachsql_query_close(con);
          rows = 0;
          break;
      }
      CHECK_UINT(test_statement_rest(con), rows);
      test_works(con);
      attachsql_connect_destroy(con);
    }
}

static void the_rest(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("STMT-13", "reset is answered, and leaves the values");
  CHECK(test_prepare(con, "SELECT ?, ?"));
  CHECK(attachsql_statement_set_int(con, 0, 5, NULL));
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_statement_reset(con, &error));
    CHECK_NO_ERROR(error);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  }
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_INT(attachsql_statement_get_bigint(con, 0, NULL), 5);
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);

  TEST("STMT-21", "buffered mode is for queries");
  CHECK(attachsql_query_buffer_rows(con, true));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 0);
  CHECK(attachsql_query_buffer_row_get(con) == NULL);
  CHECK(attachsql_query_buffer_rows(con, false));

  TEST("STMT-23", "the columns are those of each answer");
  test_run(con, "CREATE TEMPORARY TABLE changes (a INT)");
  test_run(con, "INSERT INTO changes VALUES (1)");
  CHECK(test_first_row(con, "SELECT * FROM changes"));
  CHECK_UINT(attachsql_statement_get_column_count(con), 1);
  CHECK_UINT(test_statement_rest(con), 1);
  test_run(con, "ALTER TABLE changes ADD COLUMN b CHAR(3) DEFAULT 'new'");
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_UINT(attachsql_statement_get_column_count(con), 2);
  CHECK_STR(test_text(con, 1), "new");
  attachsql_statement_close(con);

  TEST("STMT-24", "what waits has an end, and an order");
  CHECK(test_prepare(con, "INSERT INTO changes (a) VALUES (?)"));
  test_query(con, "SELECT SLEEP(0.3)");
  attachsql_query_close(con);
  {
    int sent = 0;

    while (sent < 1000 && attachsql_statement_set_int(con, 0, 100 + sent, NULL) && attachsql_statement_execute(con, &error))
      sent++;
    CHECK_ERROR(error, 2014, "08002");
    CHECK_INT(sent, 64);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM changes WHERE a >= 100"), 64);
    CHECK_UINT(test_number(con, "SELECT MAX(a) FROM changes"), 163);
  }

  TEST("STMT-19", "destroyed with a statement, and rows unread");
  CHECK(test_first_row(con, "SELECT n FROM " TEST_THOUSAND));
  attachsql_connect_destroy(con);
  con = test_create(server);
  CHECK(attachsql_statement_prepare(con, 8, "SELECT 1", NULL));
  attachsql_connect_destroy(con);
  con = test_connect(server);
  CHECK(attachsql_statement_prepare(con, 8, "SELECT 1", NULL));
  attachsql_connect_destroy(con);
}

static void gone(void)
{
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  attachsql_error_t *error = NULL;

  TEST("STMT-20 STMT-17", "no server; the connection is gone");
  test_server_name = "";
  attachsql_statement_close(con);
  if (attachsql_statement_prepare(con, 8, "SELECT 1", &error))
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2002, "08000");
  attachsql_statement_close(con);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK(!attachsql_statement_prepare(con, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_statement_close(con);
  attachsql_connect_destroy(con);
}

static void lost(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_connect_t *other = test_connect(server);
  attachsql_error_t *error = NULL;
  char text[60];

  TEST("STMT-20", "the server ends the connection");
  CHECK(test_prepare(con, "SELECT ?"));
  snprintf(text, sizeof text, "KILL %u", (unsigned)attachsql_connect_get_connection_id(con));
  test_run(other, text);
  attachsql_connect_destroy(other);
  if (attachsql_statement_execute(con, &error))
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK(error != NULL);
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_statement_execute(con, &error));
  CHECK_ERROR(error, 2006, "08006");
  CHECK(!attachsql_statement_reset(con, &error));
  CHECK_ERROR(error, 2006, "08006");
  CHECK(!attachsql_statement_send_long_data(con, 0, 1, (char *)"x", &error));
  CHECK_ERROR(error, 2006, "08006");
  CHECK(!attachsql_statement_prepare(con, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_statement_close(con);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("statement", 120);
  gone();
  EACH_SERVER(server)
  {
    from_prepare_to_close(server);
    remembered(server);
    while_a_query_is_open(server);
    one_after_the_other(server);
    refused(server);
    numbers_and_errors(server);
    undrained(server);
    the_rest(server);
    lost(server);
  }
  return test_end();
}
