/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CMD: commands that are neither queries nor statements. Each in every state is in
 * commands_states.c.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/fake.h"
#include "../support/statements.h"

/* Sends a command and polls to its end, which must be this error, or EOF for 0. */
static void does(attachsql_connect_t *con, bool sent, attachsql_error_t **error, int code)
{
  CHECK(sent);
  CHECK_NO_ERROR(*error);
  test_command_ends(con, code);
}

static void each(const test_server *server)
{
  attachsql_error_t *error = NULL;

  TEST("CMD-1", "each command, on a new connection and on one that is logged in");
  for (int which = 0; which < COMMAND_COUNT; which++)
  {
    attachsql_connect_t *con = test_create(server);
    int code = test_command_code(server, which);

    for (int i = 0; i < 3; i++)
      does(con, test_command(con, which, &error), &error, code);
    for (int i = 0; i < 2; i++) /* it stays */
      test_command_ends(con, code);
    test_works(con);
    attachsql_connect_destroy(con);
  }

  TEST("CMD-2 CMD-4", "one after the other at once; the last one's answer is told");
  {
    attachsql_connect_t *con = test_create(server);

    for (int i = 0; i < 5; i++)
      for (int which = 0; which < COMMAND_COUNT; which++)
        CHECK(test_command(con, which, &error));
    test_command_ends(con, 1094);
    CHECK(attachsql_connect_kill(con, 0xfffffff0, true, &error));
    CHECK(attachsql_connect_ping(con, &error));
    test_command_ends(con, 0);
    CHECK(attachsql_connect_kill(con, 0xfffffff0, true, &error));
    test_works(con);
    CHECK_NO_ERROR(error);
    attachsql_connect_destroy(con);
  }

  TEST("CMD-3", "a query that has ended does not matter");
  {
    attachsql_connect_t *con = test_connect(server);

    test_query(con, "SELECT 1");
    CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
    does(con, attachsql_connect_ping(con, &error), &error, 0);
    attachsql_query_close(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }
}

static void session(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  bool resets = server->kind != TEST_MYSQL_5_6;
  char id[32];

  snprintf(id, sizeof id, "%u", (unsigned)attachsql_connect_get_connection_id(con));

  TEST("CMD-6", "reset");
  test_run(con, "SET @mine = 5");
  test_run(con, "CREATE TEMPORARY TABLE passing (a INT)");
  does(con, attachsql_connect_reset(con, &error), &error, resets ? 0 : 1047);
  CHECK_STR(test_value(con, "SELECT @mine"), resets ? "(null)" : "5");
  if (resets)
    test_refused(con, "SELECT * FROM passing", 1146, "42S02");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), TEST_SCHEMA);
  CHECK_STR(test_value(con, "SELECT CONNECTION_ID()"), id);

  TEST("CMD-8", "change of user");
  test_run(con, "SET @mine = 5");
  does(con, attachsql_connect_change_user(con, "nopass", NULL, "", &error), &error, 0);
  CHECK_STR(test_value(con, "SELECT CURRENT_USER()"), "nopass@%");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "(null)");
  CHECK_STR(test_value(con, "SELECT @mine"), "(null)");
  CHECK_STR(test_value(con, "SELECT CONNECTION_ID()"), id);
  CHECK_UINT(attachsql_connect_get_connection_id(con), strtoul(id, NULL, 10));
  does(con, attachsql_connect_change_user(con, "test", "test", "testdb", &error), &error, 0);
  CHECK_STR(test_value(con, "SELECT CURRENT_USER()"), "test@%");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "testdb");

  TEST("CMD-12", "default schema");
  does(con, attachsql_connect_change_schema(con, "information_schema", &error), &error, 0);
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "information_schema");
  CHECK(attachsql_connect_change_schema(con, "nowhere at all", &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1049, "42000");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "information_schema");

  TEST("CMD-13", "statistics");
  does(con, attachsql_connect_statistics(con, &error), &error, 0);
  CHECK(strncmp(attachsql_query_info(con), "Uptime: ", 8) == 0);
  CHECK(strncmp(attachsql_query_info(con), "Uptime: ", 8) == 0);
  does(con, attachsql_connect_ping(con, &error), &error, 0);
  CHECK_STR(attachsql_query_info(con), "");

  TEST("CMD-14", "several statements");
  test_refused(con, "SELECT 1; SELECT 2", 1064, "42000");
  does(con, attachsql_connect_set_multi_statements(con, true, &error), &error, 0);
  test_query(con, "SELECT 1; SELECT 2");
  CHECK_STR(test_first(con), "1");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_STR(test_first(con), "2");
  attachsql_query_close(con);
  does(con, attachsql_connect_set_multi_statements(con, false, &error), &error, 0);
  test_refused(con, "SELECT 1; SELECT 2", 1064, "42000");
  attachsql_connect_destroy(con);
}

static void settings(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;

  TEST("CMD-8", "what was set at login stays");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, "latin2"));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  test_login(con);
  test_run(con, "SET NAMES utf8mb4");
  for (int i = 0; i < 3; i++)
  {
    does(con, attachsql_connect_change_user(con, "nopass", "", "testdb", &error), &error, 0);
    CHECK_STR(test_value(con, "SELECT @@character_set_client"), "latin2");
    CHECK_STR(attachsql_connect_get_compression(con), "zlib");
    does(con, attachsql_connect_change_user(con, "test", "test", "testdb", &error), &error, 0);
  }
  attachsql_connect_destroy(con);
}

static void refused(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("CMD-5 CMD-9", "a change of user that is refused, and what is possible afterwards");
  CHECK(attachsql_connect_change_user(con, "test", "wrong", "testdb", &error));
  for (int i = 0; i < 3; i++)
  {
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1045, "28000");
  }
  for (int which = 0; which < COMMAND_COUNT; which++)
  {
    CHECK(!test_command(con, which, &error));
    CHECK_ERROR(error, 2006, "08006");
  }
  attachsql_connect_destroy(con);
}

static void statements(const test_server *server)
{
  attachsql_error_t *error = NULL;

  for (int which = COMMAND_RESET; which <= COMMAND_USER; which++)
  {
    attachsql_connect_t *con = test_connect(server);

    if (test_command_code(server, which))
    {
      TEST("CMD-6", "a reset that is refused leaves statements alone");
      CHECK(test_prepare(con, "SELECT ?"));
      does(con, test_command(con, which, &error), &error, 1047);
      CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
      attachsql_connect_destroy(con);
      continue;
    }
    TEST("CMD-7", "statements are gone");
    CHECK(test_prepare(con, "SELECT ?"));
    CHECK(attachsql_statement_set_int(con, 0, 5, &error));
    does(con, test_command(con, which, &error), &error, 0);
    CHECK_UINT(attachsql_statement_get_param_count(con), 0);
    CHECK(!attachsql_statement_execute(con, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_statement_reset(con, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_statement_set_int(con, 0, 5, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_statement_send_long_data(con, 0, 1, (char *)"x", &error));
    CHECK(strstr(attachsql_error_message(error), which == COMMAND_RESET ? "connect_reset" : "change_user") != NULL);
    CHECK_ERROR(error, 3000, "22023");
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    attachsql_statement_close(con);
    CHECK(test_prepare(con, "SELECT ?"));
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));

    TEST("CMD-4 CMD-7", "in the midst of its rows, and a prepare right behind");
    CHECK(test_command(con, which, &error));
    CHECK(test_prepare(con, "SELECT ?"));
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));

    TEST("CMD-7", "what was remembered is not sent");
    attachsql_statement_row_next(con);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK(test_command(con, which, &error));
    if (attachsql_statement_execute(con, &error))
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 3000, "22023");
    test_works(con);
    attachsql_connect_destroy(con);
  }
}

static void kills(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server), *other = test_connect(server);
  attachsql_error_t *error = NULL;
  char text[200];

  TEST("CMD-15", "what another connection is doing");
  test_query(other, "SELECT COUNT(*) FROM " TEST_NUMBERS ", " TEST_THOUSAND "2, " TEST_THOUSAND "3");
  CHECK_POLL(attachsql_connect_poll(other, NULL), ATTACHSQL_RETURN_PROCESSING);
  snprintf(text, sizeof text,
           "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = %u AND INFO LIKE 'SELECT COUNT%%'",
           (unsigned)attachsql_connect_get_connection_id(other));
  while (test_number(con, text) == 0)
    test_sleep(1);
  does(con, attachsql_connect_kill(con, attachsql_connect_get_connection_id(other), true, &error), &error, 0);
  CHECK_POLL(test_poll(other, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1317, "70100");
  attachsql_query_close(other);
  test_works(other);

  TEST("CMD-15", "another connection");
  does(con, attachsql_connect_kill(con, attachsql_connect_get_connection_id(other), false, &error), &error, 0);
  for (int i = 0; i < 2000 && attachsql_connect_ping(other, NULL); i++)
    if (test_poll(other, NULL) == ATTACHSQL_RETURN_ERROR)
      break;
  CHECK(!attachsql_connect_ping(other, &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_connect_destroy(other);

  TEST("CMD-15", "nobody");
  CHECK(attachsql_connect_kill(con, 0xfffffff0, false, &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1094, "HY000");
  attachsql_connect_destroy(con);
}

static void arguments(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  char name[300];

  TEST("CONV-10", "no connection");
  for (int which = 0; which < COMMAND_COUNT; which++)
  {
    CHECK(!test_command(NULL, which, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!test_command(NULL, which, NULL));
  }

  TEST("CMD-11", "NULL and names that are too long");
  CHECK(!attachsql_connect_change_user(con, NULL, "", "", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_change_user(con, "", "", NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_change_schema(con, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  memset(name, 'x', sizeof name);
  name[256] = '\0';
  CHECK(!attachsql_connect_change_user(con, name, "", "", &error));
  CHECK_ERROR(error, 3000, "22023");
  name[65] = '\0';
  CHECK(!attachsql_connect_change_user(con, "", "", name, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_change_schema(con, name, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("CMD-11", "the strings are copied");
  test_query(con, "DO SLEEP(0.01)");
  attachsql_query_close(con);
  {
    char user[] = "test", pass[] = "test", schema[] = "testdb";

    CHECK(attachsql_connect_change_user(con, user, pass, schema, &error));
    memset(user, '!', 4);
    memset(pass, '!', 4);
    memset(schema, '!', 6);
    test_command_ends(con, 0);
    memcpy(schema, "mysql", 6);
    test_query(con, "DO SLEEP(0.01)");
    attachsql_query_close(con);
    CHECK(attachsql_connect_change_schema(con, schema, &error));
    memset(schema, '!', 6);
    test_command_ends(con, 0);
  }
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "mysql");
  CHECK_STR(test_value(con, "SELECT CURRENT_USER()"), "test@%");
  attachsql_connect_destroy(con);
}

static void login_rules(void)
{
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;
  fake_server fake;
  uint32_t limit = 50;

  fake_open(&fake);
  TEST("CMD-10", "a method that the login would not accept");
  con = fake_create(&fake);
  fake_login(&fake, con);
  CHECK(attachsql_connect_change_user(con, "other", "word", "", &error));
  CHECK(fake_read(&fake, con));
  CHECK_UINT(fake.packet[0], 0x11);
  fake_packet(&fake, 1, "\xfemysql_clear_password\0", 22);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2061, "28000");
  CHECK(!fake_read(&fake, con));
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);

  TEST("CMD-10", "its limit is that of the connect");
  con = fake_create(&fake);
  fake_login(&fake, con);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  CHECK(attachsql_connect_change_user(con, "other", "word", "", &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2002, "08000");
  attachsql_connect_destroy(con);
  fake_close(&fake);
}

int main(void)
{
  test_begin("commands", 300);
  EACH_SERVER(server)
  {
    each(server);
    session(server);
    settings(server);
    refused(server);
    statements(server);
    kills(server);
    arguments(server);
  }
  login_rules();
  return test_end();
}
