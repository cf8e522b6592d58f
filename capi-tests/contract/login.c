/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups CONN, OPT and POLL where it takes a made-up server: what the login packet says,
 * greetings that real servers do not send, refusals before the greeting, servers that break off.
 */
#include "../support/test.h"
#include "../support/fake.h"

#define CAP_FOUND_ROWS 2u
#define CAP_NO_SCHEMA 0x10u
#define CAP_LOCAL_FILES 0x80u
#define CAP_PROTOCOL_41 0x200u
#define CAP_INTERACTIVE 0x400u
#define CAP_TRANSACTIONS 0x2000u
#define CAP_MULTI_STATEMENTS 0x10000u
#define CAP_MULTI_RESULTS 0x20000u

static fake_server fake;

static void login_packet(void)
{
  attachsql_connect_t *con = fake_create(&fake);
  uint32_t plain, with;

  TEST("CONN-17 CONN-18 QRY-12", "capabilities and character set of a login without options");
  fake_login(&fake, con);
  plain = fake_u32(&fake, 0);
  CHECK(plain & CAP_FOUND_ROWS);
  CHECK(plain & CAP_PROTOCOL_41);
  CHECK(plain & CAP_TRANSACTIONS);
  CHECK(plain & CAP_MULTI_RESULTS);
  CHECK(!(plain & CAP_LOCAL_FILES));
  CHECK(!(plain & CAP_MULTI_STATEMENTS));
  CHECK(!(plain & CAP_INTERACTIVE));
  CHECK(!(plain & CAP_NO_SCHEMA));
  CHECK_UINT(fake.packet[8], 0);
  CHECK(fake_contains(&fake, "user", 5));
  CHECK(fake_contains(&fake, "schema", 7));
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("OPT-2 OPT-3", "what the options of the login change");
  con = fake_create(&fake);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_FOUND_ROWS, NULL));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_INTERACTIVE, NULL));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_LOCAL_FILES, NULL));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_NO_SCHEMA, NULL));
  fake_login(&fake, con);
  with = fake_u32(&fake, 0);
  CHECK((with & CAP_INTERACTIVE) && (with & CAP_MULTI_STATEMENTS) && (with & CAP_NO_SCHEMA));
  CHECK_UINT(with & ~(CAP_INTERACTIVE | CAP_MULTI_STATEMENTS | CAP_NO_SCHEMA), plain);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("OPT-10", "character set, collation and attributes in the login packet");
  con = fake_create(&fake);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, "latin1_swedish_ci"));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, "program=tests=all"));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, "second="));
  fake_login(&fake, con);
  CHECK_UINT(fake.packet[8], 8);
  CHECK(fake_contains(&fake, "\7program\11tests=all", 18));
  CHECK(fake_contains(&fake, "\6second\0", 8));
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

static void version_texts(void)
{
  static const size_t lengths[] = {0, 1, 30, 31, 32, 33, 100, 255, 256, 1000};
  char version[1001];

  TEST("CONN-22 CONN-23", "version texts of any length");
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
  {
    attachsql_connect_t *con = fake_accept(&fake, fake_create(&fake));

    memset(version, 'v', sizeof version);
    version[lengths[i]] = '\0';
    CHECK_STR(attachsql_connect_get_server_version(con), "");
    CHECK_UINT(attachsql_connect_get_connection_id(con), 0);
    fake_greet(&fake, 10, version, 0xfedcba98u);
    if (CHECK(fake_read(&fake, con)))
      fake_ok(&fake, (uint8_t)(fake.sequence + 1));
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_STR(attachsql_connect_get_server_version(con), version);
    CHECK_UINT(attachsql_connect_get_connection_id(con), 0xfedcba98u);
    fake_hang_up(&fake);
    attachsql_connect_destroy(con);
  }
}

/* Connects to a server that sends these bytes and breaks off. */
static void broken_greeting(const void *bytes, size_t length, int code, const char *sqlstate)
{
  attachsql_connect_t *con = fake_accept(&fake, fake_create(&fake));
  attachsql_error_t *error = NULL;

  if (length)
    fake_send(&fake, bytes, length);
  fake_hang_up(&fake);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  attachsql_connect_destroy(con);
}

static void greetings(void)
{
  static const char text[] = "\x17\0\0\0\xff\x10\x04#08004Too many conns";
  static const struct
  {
    int code;
    const char *sqlstate;
  } bare[] = {{1040, "08004"}, {1042, "08S01"}, {1043, "08S01"}, {1044, "28000"}, {1045, "28000"}, {1047, "08S01"}, {1129, "HY000"}, {1130, "HY000"}};

  TEST("CONN-15 POLL-11", "an error in place of the greeting, with an SQLSTATE");
  broken_greeting(text, sizeof text - 1, 1040, "08004");

  TEST("CONN-15 POLL-11", "an error in place of the greeting, without an SQLSTATE");
  for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
  {
    attachsql_connect_t *con = fake_accept(&fake, fake_create(&fake));
    attachsql_error_t *error = NULL;
    char packet[] = "\xff..Not today";

    packet[1] = (char)(bare[i].code & 255);
    packet[2] = (char)(bare[i].code >> 8);
    fake_packet(&fake, 0, packet, sizeof packet - 1);
    fake_hang_up(&fake);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    if (error)
      CHECK_STR(attachsql_error_message(error), "Not today");
    CHECK_ERROR(error, bare[i].code, bare[i].sqlstate);
    attachsql_connect_destroy(con);
  }

  TEST("CONN-25 ERR-6", "another protocol version, and one before 4.1");
  broken_greeting("\x0c\0\0\0\x09" "3.20.0\0\1\0\0\0", 16, 2007, "08004");
  broken_greeting("\x16\0\0\0\x0a" "4.0.1\0\1\0\0\0abcdefgh\0\1\0", 26, 2012, "08004");
  TEST("CONN-25 ERR-6", "an empty packet, a greeting cut short");
  broken_greeting("\0\0\0\0", 4, 2027, "08S01");
  broken_greeting("\x0a\0\0\0\x0a" "5.7.1\0\1\0\0", 14, 2027, "08S01");

  TEST("POLL-10 CONN-25", "the server says nothing and closes");
  broken_greeting("", 0, 2013, "08006");
  broken_greeting("\x40\0\0\0\x0a" "5.7", 8, 2013, "08006");
}

static void after_the_greeting(void)
{
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;
  static const char column[] = "\3def\0\0\0\1a\0\x0c\x3f\0\1\0\0\0\3\1\0\0\0\0";
  static const char refused[] = "\xff\x15\x04#28000Access denied";

  TEST("POLL-11 CONN-14", "a refused login whose socket is closed at once");
  for (int i = 0; i < 50; i++)
  {
    con = fake_accept(&fake, fake_create(&fake));
    fake_greet(&fake, 10, "5.7.1", 1);
    if (CHECK(fake_read(&fake, con)))
      fake_packet(&fake, (uint8_t)(fake.sequence + 1), refused, sizeof refused - 1);
    fake_hang_up(&fake);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1045, "28000");
    attachsql_connect_destroy(con);
  }

  TEST("POLL-11", "an error in answer to a query, and the end");
  con = fake_create(&fake);
  fake_login(&fake, con);
  test_query(con, "SELECT 1");
  CHECK(fake_read(&fake, con));
  CHECK_BYTES(fake.packet, fake.length, "\3SELECT 1", 9);
  fake_packet(&fake, 1, "\xff\x1d\x04#08S01Server shutdown", 24);
  fake_hang_up(&fake);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1053, "08S01");
  attachsql_connect_destroy(con);

  TEST("ERR-7 POLL-4", "an error in place of the second column, and the connection goes on");
  con = fake_create(&fake);
  fake_login(&fake, con);
  for (int abandon = 0; abandon < 2; abandon++)
  {
    test_query(con, "SELECT 1, 2");
    CHECK(fake_read(&fake, con));
    if (abandon)
      attachsql_query_close(con);
    fake_packet(&fake, 1, "\2", 1);
    fake_packet(&fake, 2, column, sizeof column - 1);
    fake_packet(&fake, 3, "\xff\x0d\x04#HY001Out of memory", 22);
    CHECK_POLL(test_poll(con, &error), abandon ? ATTACHSQL_RETURN_EOF : ATTACHSQL_RETURN_ERROR);
    if (!abandon)
      CHECK_ERROR(error, 1037, "HY001");
    CHECK_UINT(attachsql_query_column_count(con), 0);
    attachsql_query_close(con);
  }
  test_query(con, "DO 1");
  CHECK(fake_read(&fake, con));
  fake_ok(&fake, 1);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("POLL-10", "the end in the middle of a packet");
  con = fake_create(&fake);
  fake_login(&fake, con);
  test_query(con, "SELECT 1");
  CHECK(fake_read(&fake, con));
  fake_send(&fake, "\x30\0\0\1\1\2", 6);
  fake_hang_up(&fake);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2013, "08006");
  attachsql_connect_destroy(con);

  TEST("CONN-19 ERR-6", "a method the library does not know");
  con = fake_accept(&fake, fake_create(&fake));
  fake_greet(&fake, 10, "5.7.1", 1);
  if (CHECK(fake_read(&fake, con)))
    fake_packet(&fake, (uint8_t)(fake.sequence + 1), "\xfeno_such_plugin\0data", 20);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2059, "28000");
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

static void local_file_request(void)
{
  attachsql_connect_t *con = fake_create(&fake);
  attachsql_error_t *error = NULL;

  TEST("QRY-12 ERR-6", "a server that asks for a file gets an empty one");
  fake_login(&fake, con);
  test_query(con, "LOAD DATA LOCAL");
  CHECK(fake_read(&fake, con));
  fake_packet(&fake, 1, "\xfb/etc/passwd", 12);
  if (CHECK(fake_read(&fake, con)))
  {
    CHECK_UINT(fake.length, 0);
    CHECK_UINT(fake.sequence, 2);
    fake_ok(&fake, 3);
  }
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2068, "HY000");
  attachsql_query_close(con);

  TEST("QRY-12", "and the connection goes on");
  test_query(con, "DO 1");
  if (CHECK(fake_read(&fake, con)))
    fake_ok(&fake, 1);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

/* The server tells its mode with the answer to the login; the text is filled in after that. */
static void escaping_of_the_first_query(void)
{
  static const char statement[] = "SELECT ?";
  static char input[] = "a\\'b";
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 4, false};

  TEST("ESC-4", "a query remembered until the login, in both modes");
  for (int no_backslash = 0; no_backslash < 2; no_backslash++)
    for (int passive = 0; passive < 2; passive++)
    {
      attachsql_connect_t *con = fake_create(&fake);

      parameter.data = input;
      if (!passive)
        CHECK(attachsql_connect(con, NULL));
      CHECK(attachsql_query(con, sizeof statement - 1, statement, 1, &parameter, NULL));
      fake_accept(&fake, con);
      fake_greet(&fake, 10, "5.7.1", 1);
      if (CHECK(fake_read(&fake, con)))
        fake_packet(&fake, (uint8_t)(fake.sequence + 1), no_backslash ? "\0\0\0\2\2\0\0" : "\0\0\0\2\0\0\0", 7);
      if (CHECK(fake_read(&fake, con)))
      {
        if (no_backslash)
          CHECK_BYTES(fake.packet, fake.length, "\3SELECT 'a\\''b'", 15);
        else
          CHECK_BYTES(fake.packet, fake.length, "\3SELECT 'a\\\\\\'b'", 16);
      }
      TEST("ESC-3", "and an error does not change it");
      fake_packet(&fake, 1, "\xff\x28\x04#42000Syntax", 15);
      CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
      attachsql_query_close(con);
      CHECK(attachsql_query(con, sizeof statement - 1, statement, 1, &parameter, NULL));
      if (CHECK(fake_read(&fake, con)))
        CHECK_UINT(fake.length, no_backslash ? 15 : 16);
      fake_hang_up(&fake);
      attachsql_connect_destroy(con);
    }
}

/* The server offers no DEPRECATE_EOF, so columns and rows end with EOF packets. */
static void old_end_of_rows(void)
{
  static const char column[] = "\3def\1s\1t\1o\1a\1b\x0c\x21\0\x0c\0\0\0\xfd\1\0\2\0\0";
  attachsql_connect_t *con = fake_create(&fake);
  attachsql_query_column_st *definition;
  attachsql_query_row_st *row;

  TEST("ROW-1 COL-3 COL-4 INFO-3 NEXT-1", "a server that ends columns and rows with EOF packets");
  fake_login(&fake, con);
  test_query(con, "SELECT a FROM t");
  CHECK(fake_read(&fake, con));
  for (uint8_t result = 0; result < 2; result++)
  {
    uint8_t first = (uint8_t)(1 + 6 * result);

    fake_packet(&fake, first, "\1", 1);
    fake_packet(&fake, (uint8_t)(first + 1), column, sizeof column - 1);
    fake_packet(&fake, (uint8_t)(first + 2), "\xfe\0\0\2\0", 5);
    fake_packet(&fake, (uint8_t)(first + 3), result ? "\5other" : "\5first", 6);
    fake_packet(&fake, (uint8_t)(first + 4), "\xfb", 1);
    fake_packet(&fake, (uint8_t)(first + 5), result ? "\xfe\0\0\2\0" : "\xfe\7\0\x0a\0", 5);
  }
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  definition = attachsql_query_column_get(con, 1);
  if (CHECK(definition != NULL))
  {
    CHECK_STR(definition->schema, "s");
    CHECK_STR(definition->table, "t");
    CHECK_STR(definition->origin_table, "o");
    CHECK_STR(definition->column, "a");
    CHECK_STR(definition->origin_column, "b");
    CHECK_UINT(definition->charset, 33);
    CHECK_UINT(definition->length, 12);
    CHECK_UINT(definition->type, ATTACHSQL_COLUMN_TYPE_VARSTRING);
    CHECK_UINT(definition->flags, ATTACHSQL_COLUMN_FLAGS_NOT_NULL);
    CHECK_UINT(definition->decimals, 2);
  }
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[0].data, row[0].length, "first", 5);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, NULL);
  CHECK(row != NULL && attachsql_query_cell_is_null(row));
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_warning_count(con), 7);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_warning_count(con), 0);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

static void goodbye(void)
{
  attachsql_connect_t *con = fake_create(&fake);

  TEST("CONN-20", "destroy tells the server goodbye");
  fake_login(&fake, con);
  attachsql_connect_destroy(con);
  if (CHECK(fake_read(&fake, NULL)))
    CHECK_BYTES(fake.packet, fake.length, "\1", 1);
  CHECK(!fake_read(&fake, NULL));
  fake_hang_up(&fake);

  TEST("CONN-20", "destroy in the middle of a login: the socket is closed, nothing more");
  con = fake_accept(&fake, fake_create(&fake));
  fake_greet(&fake, 10, "5.7.1", 1);
  CHECK(fake_read(&fake, con));
  attachsql_connect_destroy(con);
  CHECK(!fake_read(&fake, NULL));
  fake_hang_up(&fake);
}

int main(void)
{
  test_begin("login", 120);
  fake_open(&fake);
  login_packet();
  version_texts();
  greetings();
  after_the_greeting();
  local_file_request();
  escaping_of_the_first_query();
  old_end_of_rows();
  goodbye();
  fake_close(&fake);
  return test_end();
}
