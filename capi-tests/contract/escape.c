/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group ESC. Values are compared as hexadecimal digits from the server, so that nothing
 * depends on character sets on the way back.
 */
#include "../support/test.h"

#define NO_BACKSLASH "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"
#define BACKSLASH "SET SESSION sql_mode = ''"

static attachsql_query_parameter_st value(attachsql_query_parameter_type_t type, const void *data, size_t length)
{
  attachsql_query_parameter_st parameter;

  memset(&parameter, 0xa5, sizeof parameter);
  parameter.type = type;
  parameter.data = (void *)(uintptr_t)data;
  parameter.length = length;
  return parameter;
}

static const char *hex(const void *data, size_t length)
{
  static char text[1001];

  for (size_t i = 0; i < length; i++)
    sprintf(text + 2 * i, "%02X", ((const unsigned char *)data)[i]);
  text[2 * length] = '\0';
  return text;
}

static void comes_back(attachsql_connect_t *con, const void *data, size_t length)
{
  static const char quoted[] = "SELECT HEX(?)", plain[] = "SELECT HEX('?')";
  attachsql_query_parameter_st parameter = value(ATTACHSQL_ESCAPE_TYPE_CHAR, data, length);

  CHECK(attachsql_query(con, sizeof quoted - 1, quoted, 1, &parameter, NULL));
  CHECK_STR(test_first(con), hex(data, length));
  attachsql_query_close(con);
  parameter.type = ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE;
  CHECK(attachsql_query(con, sizeof plain - 1, plain, 1, &parameter, NULL));
  CHECK_STR(test_first(con), hex(data, length));
  attachsql_query_close(con);
}

static void all_bytes(const test_server *server, bool no_backslash)
{
  attachsql_connect_t *con = test_connect(server);
  unsigned char all[256];

  TEST("ESC-5 ESC-1 ESC-2", no_backslash ? "every byte, NO_BACKSLASH_ESCAPES" : "every byte, backslashes");
  /* Binary all the way: with other character sets the server refuses what is not valid in them. */
  test_run(con, "SET NAMES binary");
  test_run(con, no_backslash ? NO_BACKSLASH : BACKSLASH);
  for (unsigned i = 0; i < 256; i++)
  {
    unsigned char pair[3];

    all[i] = (unsigned char)i;
    pair[0] = '\\';
    pair[1] = (unsigned char)i;
    pair[2] = '\'';
    comes_back(con, pair + 1, 1);
    comes_back(con, pair, 3);
  }
  comes_back(con, all, 256);
  comes_back(con, "'''\"\"\"\\\\\\", 9);
  comes_back(con, "", 0);
  attachsql_connect_destroy(con);
}

/* What the server received, byte for byte: inside double quotes a doubled quote stays doubled, and
 * the server can be asked for the text of its own statement. */
static void exact_texts(const test_server *server)
{
  static const char input[] = "\0\n\r\x1a\"'\\\t%_";
  static const char statement[] = "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID() AND '?' IS NOT NULL";
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_parameter_st parameter = value(ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE, input, sizeof input - 1);

  TEST("ESC-1", "the bytes that become two");
  CHECK(attachsql_query(con, sizeof statement - 1, statement, 1, &parameter, NULL));
  CHECK(strstr(test_first(con), "'\\0\\n\\r\\Z\\\"\\'\\\\\t%_'") != NULL);
  attachsql_query_close(con);

  TEST("ESC-2", "only the quote is doubled");
  test_run(con, NO_BACKSLASH);
  parameter = value(ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE, input + 1, sizeof input - 2);
  CHECK(attachsql_query(con, sizeof statement - 1, statement, 1, &parameter, NULL));
  CHECK(strstr(test_first(con), "'\n\r\x1a\"''\\\t%_'") != NULL);
  attachsql_connect_destroy(con);
}

static void remembered(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_login(con);
  TEST("ESC-3", "after a refused query the mode is still known");
  for (int i = 0; i < 2; i++)
  {
    test_run(con, NO_BACKSLASH);
    comes_back(con, "\\'", 2);
    test_refused(con, "SELE", 1064, "42000");
    comes_back(con, "\\'", 2);
    test_refused(con, "SELECT * FROM no_such_table", 1146, "42S02");
    test_refused(con, "SELE", 1064, "42000");
    comes_back(con, "a\\'\"b", 5);
    test_run(con, BACKSLASH);
    comes_back(con, "a\\'\"b", 5);
    test_refused(con, "SELE", 1064, "42000");
    comes_back(con, "a\\'\"b", 5);
  }

  TEST("ESC-3", "after a result with rows, and after an abandoned answer");
  test_run(con, NO_BACKSLASH);
  test_run(con, "SELECT 1 UNION ALL SELECT 2");
  comes_back(con, "\\'", 2);
  test_query(con, "SELECT 1 UNION ALL SELECT 2");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  comes_back(con, "\\'", 2);

  TEST("ESC-3", "changed by the second statement of a text");
  test_query(con, "SELECT 1; " BACKSLASH);
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  comes_back(con, "\\'", 2);
  attachsql_connect_destroy(con);
}

/* In the mode that servers begin with; the other mode takes a made-up server, in login.c. */
static void passive_first_query(const test_server *server)
{
  static const char statement[] = "SELECT HEX(?)";
  static const char input[] = "a\\'\"\n";
  attachsql_query_parameter_st parameter = value(ATTACHSQL_ESCAPE_TYPE_CHAR, input, sizeof input - 1);

  TEST("ESC-4 ESC-1", "a passive first query");
  for (int explicit_first = 0; explicit_first < 2; explicit_first++)
  {
    attachsql_connect_t *con = test_create(server);

    if (explicit_first)
      CHECK(attachsql_connect(con, NULL));
    CHECK(attachsql_query(con, sizeof statement - 1, statement, 1, &parameter, NULL));
    CHECK_STR(test_first(con), hex(input, sizeof input - 1));
    attachsql_connect_destroy(con);
  }
}

int main(void)
{
  test_begin("escape", 120);
  EACH_SERVER(server)
  {
    all_bytes(server, false);
    all_bytes(server, true);
    exact_texts(server);
    remembered(server);
    passive_first_query(server);
  }
  return test_end();
}
