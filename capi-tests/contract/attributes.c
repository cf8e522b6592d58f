/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group ATTR: attributes of queries and executes. MySQL 9.7 shows them with a component of its own.
 */
#include "../support/test.h"
#include "../support/statements.h"

#define ONE "SELECT mysql_query_attribute_string('one')"
#define BOTH "SELECT mysql_query_attribute_string('one'), mysql_query_attribute_string('two')"

static bool set(attachsql_connect_t *con, const char *name, const char *value)
{
  attachsql_error_t *error = NULL;
  bool done = attachsql_query_set_attribute(con, name, strlen(value), value, &error);

  CHECK_NO_ERROR(error);
  return done;
}

static attachsql_connect_t *create(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  uint32_t on = 1;

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_QUERY_ATTRIBUTES, &on));
  return con;
}

static void refused(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("ATTR-2", "without the option, NULL");
  CHECK(!attachsql_query_set_attribute(con, "one", 1, "1", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query_set_attribute(NULL, "one", 1, "1", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query_set_attribute(con, "one", 1, "1", NULL));
  attachsql_connect_destroy(con);
  con = create(server);
  CHECK(!attachsql_query_set_attribute(con, NULL, 1, "1", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query_set_attribute(con, "one", 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_connect_destroy(con);
}

static void without(const test_server *server)
{
  attachsql_connect_t *con = create(server);
  attachsql_error_t *error = NULL;

  TEST("ATTR-2", "a server that does not take them");
  CHECK(set(con, "one", "1"));
  CHECK(attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
  CHECK_NO_ERROR(error);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2054, "0A000");
  attachsql_query_close(con);
  test_works(con);
  error = NULL;
  CHECK(!attachsql_query_set_attribute(con, "one", 1, "1", &error));
  CHECK_ERROR(error, 2054, "0A000");
  test_works(con);
  attachsql_stmt_destroy(test_stmt(con, "SELECT ?"));
  attachsql_connect_destroy(con);
}

/* A value of the first row of a statement of either kind. */
static void has(attachsql_stmt_t *stmt, const char *one, const char *two)
{
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), one);
  CHECK_STR(test_stmt_text(stmt, 1), two);
}

static void with(const test_server *server, bool compressed)
{
  attachsql_connect_t *con = create(server);
  attachsql_stmt_t *stmt;
  attachsql_query_parameter_st param;
  char text[400], big[1000];
  int32_t number = 42;

  if (compressed)
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  TEST("ATTR-1", "queries");
  /* Before the login. */
  CHECK(set(con, "one", "early"));
  CHECK_STR(test_value(con, ONE), "early");
  CHECK_STR(test_value(con, "SELECT mysql_query_attribute_string('one') IS NULL"), "1");
  CHECK(set(con, "two", "2") && set(con, "one", "wrong") && set(con, "one", "it's"));
  CHECK_STR(test_value(con, "SELECT CONCAT(mysql_query_attribute_string('one'), mysql_query_attribute_string('two'))"),
            "it's2");
  CHECK(attachsql_query_set_attribute(con, "one", 0, NULL, NULL));
  CHECK_STR(test_value(con, ONE), "");
  memset(big, 'b', sizeof big);
  CHECK(attachsql_query_set_attribute(con, "one", sizeof big, big, NULL));
  CHECK_UINT(test_number(con, "SELECT LENGTH(mysql_query_attribute_string('one'))"), sizeof big);
  for (int i = 0; i < 300; i++)
  {
    snprintf(text, sizeof text, "name%d", i);
    CHECK(set(con, text, text));
  }
  CHECK_STR(test_value(con, "SELECT CONCAT(mysql_query_attribute_string('name0'), mysql_query_attribute_string('name299'))"),
            "name0name299");

  TEST("ATTR-1", "not used up by commands and by calls that are refused");
  CHECK(set(con, "one", "kept"));
  CHECK(attachsql_connect_ping(con, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_connect_change_schema(con, TEST_SCHEMA, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_STR(test_value(con, ONE), "kept");

  TEST("ATTR-1", "executes of both kinds, with parameters and without");
  stmt = test_stmt(con, BOTH);
  CHECK(set(con, "one", "a") && set(con, "two", "b"));
  has(stmt, "a", "b");
  has(stmt, "(null)", "(null)");
  CHECK(set(con, "two", "b"));
  has(stmt, "(null)", "b");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt(con, "SELECT CONCAT(mysql_query_attribute_string('one'), ?), ? + ?, ?, ?, ?, ?, ?");
  for (uint16_t i = 0; i < 8; i++)
    CHECK(attachsql_stmt_set_int(stmt, i, i + 1, NULL));
  CHECK(attachsql_stmt_set_null(stmt, 7, NULL));
  CHECK(set(con, "one", "value"));
  has(stmt, "value1", "5");
  CHECK_STR(test_stmt_text(stmt, 5), "7");
  CHECK_STR(test_stmt_text(stmt, 6), "(null)");
  has(stmt, "(null)", "5");
  CHECK(attachsql_stmt_send_long_data(stmt, 0, 4, "long", NULL));
  CHECK(set(con, "one", "and "));
  has(stmt, "and long", "5");
  attachsql_stmt_destroy(stmt);
  stmt = attachsql_stmt_create(con, NULL);
  CHECK(attachsql_stmt_prepare(stmt, strlen(BOTH), BOTH, NULL));
  CHECK(set(con, "one", "at once"));
  has(stmt, "at once", "(null)");
  attachsql_stmt_destroy(stmt);
  CHECK(test_prepare(con, "SELECT mysql_query_attribute_string('one'), ?"));
  CHECK(attachsql_statement_set_int(con, 0, 7, NULL));
  CHECK(set(con, "one", "old"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 0), "old");
  CHECK_STR(test_text(con, 1), "7");
  attachsql_statement_close(con);

  TEST("ATTR-3", "everything else");
  param.type = ATTACHSQL_ESCAPE_TYPE_INT;
  param.data = &number;
  param.length = 0;
  param.is_unsigned = false;
  CHECK(attachsql_query(con, 8, "SELECT ?", 1, &param, NULL));
  CHECK_STR(test_first(con), "42");
  attachsql_query_close(con);
  test_numbers(con, 100);
  test_refused(con, "SELEC 1", 1064, "42000");
  CHECK(attachsql_connect_change_user(con, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(set(con, "one", "changed"));
  CHECK_STR(test_value(con, ONE), "changed");
  CHECK(attachsql_connect_kill(con, attachsql_connect_get_connection_id(con), true, NULL));
  test_poll(con, NULL);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("attributes", 60);
  EACH_SERVER(server)
  {
    refused(server);
    if (server->kind != TEST_MYSQL_9_7)
    {
      without(server);
      continue;
    }
    attachsql_connect_t *con = test_connect(server);

    if (!test_number(con, "SELECT COUNT(*) FROM mysql.component WHERE component_urn LIKE '%query_attributes'"))
      test_run(con, "INSTALL COMPONENT 'file://component_query_attributes'");
    attachsql_connect_destroy(con);
    with(server, false);
    with(server, true);
  }
  return test_end();
}
