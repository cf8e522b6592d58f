/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CXL: cancelling, with real servers, and with a made-up one for what they do not show on demand.
 */
#include "../support/test.h"
#include "../support/fake.h"

/* Takes long, and ends with an error and no row if it is killed: a SLEEP() that is killed gives 1, but there are
 * others after it. */
#define LONG "SELECT MAX(SLEEP(30)) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) t"

static const uint32_t on = 1;
static fake_server fake;

static attachsql_connect_t *create(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on));
  return con;
}

/* Polls for a while, until the server is at it. */
static void a_while(attachsql_connect_t *con)
{
  for (int i = 0; i < 10; i++)
  {
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
    test_sleep(10);
  }
}

static void outcome_is(attachsql_connect_t *con, attachsql_cancel_t want)
{
  CHECK_INT(attachsql_query_cancel_outcome(con), want);
}

static void ended(const test_server *server)
{
  attachsql_connect_t *con = test_login(create(server));
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  uint64_t start = test_now();
  size_t most = 0;

  TEST("CXL-1 CXL-2 CXL-4", "a query that takes long");
  outcome_is(con, ATTACHSQL_CANCEL_NONE);
  test_query(con, LONG);
  a_while(con);
  CHECK(attachsql_query_cancel(con, &error));
  CHECK_NO_ERROR(error);
  outcome_is(con, ATTACHSQL_CANCEL_RUNNING);
  attachsql_connect_get_watches(con, NULL, 0, &most, NULL);
  CHECK_UINT(most, 2);
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_PROCESSING)
  {
    outcome_is(con, ATTACHSQL_CANCEL_RUNNING);
    CHECK(attachsql_connect_wait(con, -1, NULL));
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1317, "70100");
  CHECK(test_now() - start < 15000);
  outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);
  attachsql_query_close(con);

  TEST("CXL-3 CXL-4", "the next command is another one; the outcome stays");
  test_works(con);
  outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);

  TEST("CXL-3", "it may be given before the end");
  test_query(con, LONG);
  a_while(con);
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK(!attachsql_connect_ping(con, &error));
  CHECK_ERROR(error, 2014, "08002");
  attachsql_query_close(con);
  test_query(con, "SELECT COUNT(*) FROM " TEST_NUMBERS " WHERE n < 1000");
  CHECK_STR(test_first(con), "1000");
  attachsql_query_close(con);
  outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);

  TEST("CXL-8", "with nothing under way, and twice");
  CHECK(attachsql_query_cancel(con, &error));
  CHECK_NO_ERROR(error);
  outcome_is(con, ATTACHSQL_CANCEL_NONE);
  test_works(con);
  test_query(con, LONG);
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1317, "70100");
  attachsql_query_close(con);
  test_works(con);

  TEST("CXL-2", "rows still come");
  test_query(con, "SELECT a.n, REPEAT('x', 300) FROM " TEST_NUMBERS ", (SELECT 1 UNION ALL SELECT SLEEP(30)) t");
  state = test_poll(con, &error);
  CHECK(attachsql_query_cancel(con, NULL));
  while (state == ATTACHSQL_RETURN_ROW_READY)
  {
    attachsql_query_row_next(con);
    state = test_poll(con, &error);
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_ERROR);
  CHECK(attachsql_error_code(error) > 0);
  attachsql_error_free(error);
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CXL-1", "destroyed in the middle of it");
  con = test_login(create(server));
  test_query(con, LONG);
  a_while(con);
  CHECK(attachsql_query_cancel(con, NULL));
  attachsql_connect_destroy(con);
}

static void refused(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("CXL-1 OPT-27", "without the option");
  test_query(con, "SELECT SLEEP(0.2)");
  CHECK(!attachsql_query_cancel(con, &error));
  CHECK_ERROR(error, 3000, "22023");
  outcome_is(con, ATTACHSQL_CANCEL_NONE);
  CHECK_STR(test_first(con), "0");
  attachsql_query_close(con);
  attachsql_connect_destroy(con);

  TEST("CXL-1", "a change of user");
  con = test_login(create(server));
  CHECK(attachsql_connect_change_user(con, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL));
  CHECK(!attachsql_query_cancel(con, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("CXL-1", "and after it");
  test_query(con, LONG);
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1317, "70100");
  attachsql_connect_destroy(con);

  TEST("CXL-1 CXL-4 CONV-3", "NULL");
  CHECK(!attachsql_query_cancel(NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query_cancel(NULL, NULL));
  CHECK_INT(attachsql_query_cancel_outcome(NULL), ATTACHSQL_CANCEL_NONE);
}

static void not_sent(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;

  TEST("CXL-5 CXL-4", "a query that connects");
  test_query(con, "SELECT 1");
  CHECK(attachsql_query_cancel(con, &error));
  CHECK_NO_ERROR(error);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3005, "70100");
  outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);
  attachsql_query_close(con);
  test_works(con);

  TEST("CXL-5", "a command behind an answer that is dropped");
  test_query(con, "SELECT SLEEP(0.3)");
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
  attachsql_query_close(con);
  CHECK(attachsql_connect_change_schema(con, "no_such_schema", NULL));
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3005, "70100");
  test_works(con);
  attachsql_connect_destroy(con);
}

static void deadline(const test_server *server)
{
  uint32_t limit = 300;
  attachsql_connect_t *con = create(server);
  attachsql_error_t *error = NULL;
  uint64_t start;

  TEST("CXL-7 OPT-26", "a command whose time is over; the connection goes on");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  test_login(con);
  for (int i = 0; i < 3; i++)
  {
    start = test_now();
    test_query(con, LONG);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK(test_now() - start + 20 >= limit && test_now() - start < 15000);
    if (CHECK(error != NULL))
      CHECK(strstr(attachsql_error_message(error), "300 ms, ATTACHSQL_OPTION_COMMAND_TIMEOUT") != NULL);
    CHECK_ERROR(error, 3004, "HYT00");
    outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);
    attachsql_query_close(con);
    test_works(con);
  }
  attachsql_connect_destroy(con);
}

static void statements(const test_server *server)
{
  static const char text[] = "SELECT MAX(SLEEP(30)), MAX(?) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) t";
  attachsql_connect_t *con = test_login(create(server));
  attachsql_error_t *error = NULL;

  TEST("CXL-1 CXL-2 CXL-3", "a prepared statement, which stays of use");
  CHECK(attachsql_statement_prepare(con, sizeof text - 1, text, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int i = 0; i < 2; i++)
  {
    CHECK(attachsql_statement_set_int(con, 0, i, NULL));
    CHECK(attachsql_statement_execute(con, &error));
    CHECK(attachsql_query_cancel(con, &error));
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1317, "70100");
    outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);
  }
  attachsql_statement_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void what_is_kept(const test_server *server)
{
  attachsql_connect_t *con = test_login(create(server));

  TEST("CXL-3 CXL-4", "an answer that was quicker");
  test_run(con, "CREATE TEMPORARY TABLE cancelled (id INT AUTO_INCREMENT PRIMARY KEY, n INT)");
  for (int i = 0; i < 20; i++)
  {
    test_query(con, "INSERT INTO cancelled (n) VALUES (1), (2), (3)");
    test_sleep(i % 5);
    CHECK(attachsql_query_cancel(con, NULL));
    if (test_poll(con, NULL) == ATTACHSQL_RETURN_EOF)
    {
      CHECK(attachsql_query_cancel_outcome(con) == ATTACHSQL_CANCEL_FINISHED);
      CHECK_UINT(attachsql_query_affected_rows(con), 3);
      CHECK(attachsql_connection_last_insert_id(con) > 0);
    }
    else
      outcome_is(con, ATTACHSQL_CANCEL_CANCELLED);
    attachsql_query_close(con);
    test_works(con);
  }
  attachsql_connect_destroy(con);
}

static void cut(const test_server *server)
{
  attachsql_connect_t *con =
    attachsql_connect_create(TEST_HOST, test_port(server), "limited", "limited", TEST_SCHEMA, NULL);
  attachsql_error_t *error = NULL;
  char kill[40];

  TEST("CXL-6 CXL-4", "an account with one connection at a time");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on));
  test_login(con);
  test_query(con, LONG);
  a_while(con);
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
    CHECK(strstr(attachsql_error_message(error), "max_user_connections") != NULL);
  CHECK_ERROR(error, 2013, "08006");
  outcome_is(con, ATTACHSQL_CANCEL_UNKNOWN);
  CHECK(!attachsql_query_cancel(con, &error));
  CHECK_ERROR(error, 2006, "08006");
  /* The server may not have noticed yet. */
  snprintf(kill, sizeof kill, "KILL %u", (unsigned)attachsql_connect_get_connection_id(con));
  attachsql_connect_destroy(con);
  con = test_connect(server);
  if (test_query(con, kill))
    test_poll(con, NULL);
  attachsql_query_close(con);
  while (test_number(con, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'limited'") > 0)
    test_sleep(20);
  attachsql_connect_destroy(con);
}

/* Polls until the server is asked for a second connection. */
static fake_server second_of(attachsql_connect_t *con)
{
  fake_server second = fake;

  second.peer = FAKE_NONE;
  fake_accept(&second, con);
  return second;
}

static void stalls(void)
{
  uint32_t limit = 200;
  attachsql_connect_t *con = fake_create(&fake);
  attachsql_error_t *error = NULL;
  uint64_t start;

  TEST("CXL-6 OPT-27", "a server that takes the second connection and says nothing");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL_TIMEOUT, &limit));
  fake_login(&fake, con);
  test_query(con, "SELECT 1");
  start = test_now();
  CHECK(attachsql_query_cancel(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK(test_now() - start + 20 >= limit);
  CHECK_ERROR(error, 2013, "08006");
  outcome_is(con, ATTACHSQL_CANCEL_UNKNOWN);
  attachsql_query_close(con);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
  fake.peer = accept(fake.listener, NULL, NULL);
  fake_hang_up(&fake);

  TEST("CXL-6 CXL-4", "an answer that comes before KILL could be sent");
  con = fake_create(&fake);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on));
  fake_login(&fake, con);
  test_query(con, "SELECT 1");
  CHECK(fake_read(&fake, con));
  CHECK(attachsql_query_cancel(con, NULL));
  {
    fake_server second = second_of(con);

    fake_ok(&fake, 1);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    outcome_is(con, ATTACHSQL_CANCEL_FINISHED);
    CHECK(!fake_read(&second, con));
    fake_hang_up(&second);
  }
  attachsql_query_close(con);
  test_query(con, "SELECT 2");
  CHECK(fake_read(&fake, con));
  fake_ok(&fake, 1);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("cancel", 180);
  EACH_SERVER(server)
  {
    ended(server);
    refused(server);
    not_sent(server);
    deadline(server);
    statements(server);
    what_is_kept(server);
    cut(server);
  }
  test_server_name = "";
  fake_open(&fake);
  stalls();
  fake_close(&fake);
  return test_end();
}
