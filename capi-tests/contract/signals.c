/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-9 and what a broken connection looks like: a server that is gone never
 * raises SIGPIPE, whose default action would end this program.
 */
/* windows: no (there are no such signals) */
#include "../support/test.h"

static void kill_connection(const test_server *server, uint32_t id)
{
  attachsql_connect_t *killer = test_connect(server);
  char text[128];

  snprintf(text, sizeof text, "KILL CONNECTION %" PRIu32, id);
  test_run(killer, text);
  /* The server has closed the other connection once it no longer lists it. */
  snprintf(text, sizeof text, "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %" PRIu32, id);
  for (int i = 0; i < 500 && test_number(killer, text); i++)
    test_sleep(10);
  attachsql_connect_destroy(killer);
}

/* A server may say why it goes (MariaDB 1927, MySQL 4031 and others) before the connection ends. */
static bool is_farewell(int code)
{
  return code == 2006 || code == 2013 || code == 1927 || code == 1317 || code == 4031 || code == 1053;
}

static void killed_while_idle(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  bool gone = false;

  TEST("CONV-9 CONN-21 POLL-10", "queries on a connection that the server has closed");
  kill_connection(server, attachsql_connect_get_connection_id(con));
  for (int i = 0; i < 5 && !gone; i++)
  {
    if (attachsql_query(con, 8, "SELECT 1", 0, NULL, &error))
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    if (CHECK(error != NULL))
    {
      CHECK(is_farewell(attachsql_error_code(error)));
      gone = attachsql_error_code(error) == 2006 || attachsql_error_code(error) == 2013;
      attachsql_error_free(error);
      error = NULL;
    }
    attachsql_query_close(con);
  }
  CHECK(gone);
  for (int i = 0; i < 3; i++)
  {
    CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
    CHECK_ERROR(error, 2006, "08006");
    attachsql_query_close(con);
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK(error && is_farewell(attachsql_error_code(error)));
    attachsql_error_free(error);
    error = NULL;
    CHECK(!attachsql_connect(con, &error));
    CHECK(error != NULL);
    attachsql_error_free(error);
    error = NULL;
  }
  attachsql_connect_destroy(con);
}

static void killed_while_busy(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("CONV-9 POLL-10 POLL-11", "the server closes a connection that awaits an answer");
  test_query(con, "SELECT SLEEP(60)");
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
  kill_connection(server, attachsql_connect_get_connection_id(con));
  /* MySQL may answer the interrupted SLEEP with a row before it goes. */
  while (test_poll(con, &error) == ATTACHSQL_RETURN_ROW_READY)
    attachsql_query_row_next(con);
  if (!error)
  {
    attachsql_query_close(con);
    if (attachsql_query(con, 8, "SELECT 1", 0, NULL, &error))
      test_poll(con, &error);
  }
  if (CHECK(error != NULL))
    CHECK(is_farewell(attachsql_error_code(error)));
  attachsql_error_free(error);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

static void killed_then_large_write(const test_server *server)
{
  static char text[4 << 20];
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("CONV-9", "a text larger than the socket's buffer, to a server that is gone");
  memset(text, ' ', sizeof text);
  memcpy(text, "SELECT 1", 8);
  kill_connection(server, attachsql_connect_get_connection_id(con));
  if (attachsql_query(con, sizeof text, text, 0, NULL, &error))
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
    CHECK(is_farewell(attachsql_error_code(error)));
  attachsql_error_free(error);
  attachsql_connect_destroy(con);
}

static void destroy_after_kill(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  TEST("CONV-9 CONN-20", "destroy says goodbye to a server that is gone");
  kill_connection(server, attachsql_connect_get_connection_id(con));
  attachsql_connect_destroy(con);
  CHECK(true);
}

static void settings_unchanged(const test_server *server)
{
  struct sigaction before, after;
  sigset_t mask_before, mask_after;
  attachsql_connect_t *con;

  TEST("CONV-9", "signal handlers and mask stay as they were");
  sigaction(SIGPIPE, NULL, &before);
  sigprocmask(SIG_SETMASK, NULL, &mask_before);
  attachsql_library_init();
  con = attachsql_connect_create("localhost", test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_IGNORE_SIGPIPE, NULL);
  test_login(con);
  test_works(con);
  sigaction(SIGPIPE, NULL, &after);
  sigprocmask(SIG_SETMASK, NULL, &mask_after);
  CHECK(before.sa_handler == SIG_DFL);
  CHECK(after.sa_handler == SIG_DFL);
  for (int number = 1; number < 32; number++)
    CHECK_INT(sigismember(&mask_after, number), sigismember(&mask_before, number));
  attachsql_connect_destroy(con);
}

int main(void)
{
  signal(SIGPIPE, SIG_DFL);
  test_begin("signals", 240);
  EACH_SERVER(server)
  {
    settings_unchanged(server);
    killed_while_idle(server);
    killed_while_busy(server);
    killed_then_large_write(server);
    destroy_after_kill(server);
  }
  return test_end();
}
