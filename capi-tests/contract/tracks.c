/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group TRK: what the server says has changed in the session.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/statements.h"

#define TRACK(con, type) attachsql_connect_get_track((con), ATTACHSQL_TRACK_##type, 0, NULL, NULL)

/* The value of a tracked variable; NULL if it has not changed. */
static const char *variable(attachsql_connect_t *con, const char *name)
{
  for (uint32_t i = 0;; i++)
  {
    const char *is = NULL;
    size_t length = 12345;
    const char *value = attachsql_connect_get_track(con, ATTACHSQL_TRACK_VARIABLE, i, &is, &length);

    if (!value)
    {
      CHECK(is == NULL && length == 12345);
      return NULL;
    }
    CHECK_UINT(length, strlen(value));
    if (strcmp(is, name) == 0)
      return value;
  }
}

static attachsql_connect_t *tracking(const test_server *server, uint32_t on)
{
  attachsql_connect_t *con = test_create(server);

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SESSION_TRACK, &on));
  return test_login(con);
}

static void unasked(attachsql_connect_t *con)
{
  test_run(con, "USE mysql");
  test_run(con, "SET NAMES latin2");
  for (unsigned type = 0; type < 8; type++)
    CHECK(attachsql_connect_get_track(con, (attachsql_track_t)type, 0, NULL, NULL) == NULL);
  attachsql_connect_destroy(con);
}

static void asked(const test_server *server)
{
  attachsql_connect_t *con = tracking(server, 1);
  attachsql_error_t *error = NULL;

  TEST("TRK-2", "schema");
  test_run(con, "USE mysql");
  CHECK_STR(TRACK(con, SCHEMA), "mysql");
  CHECK_STR(TRACK(con, SCHEMA), "mysql");
  CHECK(attachsql_connect_get_track(con, ATTACHSQL_TRACK_SCHEMA, 1, NULL, NULL) == NULL);
  CHECK(attachsql_connect_change_schema(con, "testdb", &error));
  CHECK(TRACK(con, SCHEMA) == NULL);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_STR(TRACK(con, SCHEMA), "testdb");

  TEST("TRK-3", "the next command ends it");
  test_run(con, "DO 1");
  CHECK(TRACK(con, SCHEMA) == NULL);
  test_run(con, "USE mysql");
  test_refused(con, "SELE", 1064, "42000");
  CHECK(TRACK(con, SCHEMA) == NULL);

  TEST("TRK-2", "variables");
  test_run(con, "SET NAMES latin2");
  CHECK_STR(variable(con, "character_set_client"), "latin2");
  CHECK_STR(variable(con, "character_set_results"), "latin2");
  CHECK(variable(con, "time_zone") == NULL);
  CHECK(attachsql_connect_get_track(con, ATTACHSQL_TRACK_VARIABLE, UINT32_MAX, NULL, NULL) == NULL);
  test_run(con, "SET autocommit = 0");
  CHECK_STR(variable(con, "autocommit"), "OFF");
  test_run(con, "SET autocommit = 1");
  CHECK_STR(variable(con, "autocommit"), "ON");

  TEST("TRK-2", "that something has changed");
  test_run(con, "SET session_track_state_change = 1");
  test_run(con, "SET @mine = 1");
  CHECK_STR(TRACK(con, STATE), "1");

  TEST("TRK-2", "transactions");
  test_run(con, "SET session_track_transaction_info = 'CHARACTERISTICS'");
  test_run(con, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
  CHECK(TRACK(con, TRANSACTION_CHARACTERISTICS) && strstr(TRACK(con, TRANSACTION_CHARACTERISTICS), "SERIALIZABLE"));
  test_run(con, "START TRANSACTION");
  CHECK_STR(TRACK(con, TRANSACTION_STATE), "T_______");
  test_run(con, "COMMIT");
  CHECK_STR(TRACK(con, TRANSACTION_STATE), "________");

  TEST("TRK-2", "with the end of rows, of a query and of a statement");
  test_run(con, "START TRANSACTION");
  CHECK_STR(test_value(con, "SELECT COUNT(*) FROM mysql.user WHERE Host = 'nowhere'"), "0");
  CHECK(TRACK(con, TRANSACTION_STATE) && strchr(TRACK(con, TRANSACTION_STATE), 'S'));
  CHECK(test_prepare(con, "COMMIT"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  CHECK_STR(TRACK(con, TRANSACTION_STATE), "________");

  TEST("TRK-3", "several results");
  CHECK(attachsql_connect_set_multi_statements(con, true, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  test_query(con, "USE mysql; DO 1; USE testdb");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_STR(TRACK(con, SCHEMA), "mysql");
  attachsql_query_next_result(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(TRACK(con, SCHEMA) == NULL);
  attachsql_query_next_result(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_STR(TRACK(con, SCHEMA), "testdb");
  attachsql_query_close(con);
  CHECK_STR(TRACK(con, SCHEMA), "testdb");

  TEST("TRK-2", "a change of user");
  CHECK(attachsql_connect_change_user(con, "test", "test", "mysql", &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  test_works(con);
  CHECK_NO_ERROR(error);
  attachsql_connect_destroy(con);
}

/* GTIDs of what this session has written: those of MySQL come by themselves, MariaDB has a variable. */
static void gtids(const test_server *server)
{
  bool mysql = server->kind == TEST_MYSQL_9_7;
  attachsql_connect_t *con = tracking(server, 1);
  char uuid[64], first[200];

  TEST("TRK-2", "GTIDs");
  snprintf(uuid, sizeof uuid, "%s", mysql ? test_value(con, "SELECT @@server_uuid") : "0-1-");
  test_run(con, "DROP TABLE IF EXISTS testdb.tracked");
  test_run(con, "CREATE TABLE testdb.tracked (a INT) ENGINE=InnoDB");
  CHECK(TRACK(con, GTIDS) == NULL);
  test_run(con, mysql ? "SET session_track_gtids = OWN_GTID" : "SET session_track_system_variables = 'last_gtid'");
  test_run(con, "INSERT INTO testdb.tracked VALUES (1)");
  {
    const char *told = mysql ? TRACK(con, GTIDS) : variable(con, "last_gtid");

    if (CHECK(told != NULL))
      CHECK(strncmp(told, uuid, strlen(uuid)) == 0);
    snprintf(first, sizeof first, "%s", told ? told : "");
  }
  test_run(con, "START TRANSACTION");
  test_run(con, "INSERT INTO testdb.tracked VALUES (2)");
  CHECK(TRACK(con, GTIDS) == NULL && variable(con, "last_gtid") == NULL);
  test_run(con, "COMMIT");
  {
    const char *told = mysql ? TRACK(con, GTIDS) : variable(con, "last_gtid");

    if (CHECK(told != NULL))
      CHECK(strncmp(told, uuid, strlen(uuid)) == 0 && strcmp(told, first) != 0);
  }
  test_run(con, "DO 1");
  CHECK(TRACK(con, GTIDS) == NULL && variable(con, "last_gtid") == NULL);
  if (mysql)
  {
    test_run(con, "SET session_track_gtids = ALL_GTIDS");
    test_run(con, "INSERT INTO testdb.tracked VALUES (3)");
    if (CHECK(TRACK(con, GTIDS) != NULL))
      CHECK(strstr(TRACK(con, GTIDS), uuid) && strchr(TRACK(con, GTIDS), '-'));
  }
  test_run(con, "DROP TABLE testdb.tracked");
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("tracks", 60);
  EACH_SERVER(server)
  {
    TEST("TRK-1", "unless it is asked for, and with a server that cannot");
    unasked(test_connect(server));
    unasked(tracking(server, 0));
    if (server->kind == TEST_MYSQL_5_6)
      unasked(tracking(server, 1));
    else
    {
      asked(server);
      gtids(server);
    }
  }
  TEST("CONV-10", "no connection");
  CHECK(TRACK(NULL, SCHEMA) == NULL);
  return test_end();
}
