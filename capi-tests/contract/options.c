/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group OPT: which options are taken when, and their effect. Timeouts are in timeouts.c,
 * what the login packet says in login.c.
 */
#include "../support/test.h"
#include "../support/states.h"

static const struct
{
  attachsql_options_t option;
  const char *name;
  bool any_time;
} added[] = {
  {ATTACHSQL_OPTION_CONNECT_TIMEOUT, "CONNECT_TIMEOUT", true},
  {ATTACHSQL_OPTION_READ_TIMEOUT, "READ_TIMEOUT", true},
  {ATTACHSQL_OPTION_WRITE_TIMEOUT, "WRITE_TIMEOUT", true},
  {ATTACHSQL_OPTION_CHARSET, "CHARSET", false},
  {ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, "CONNECT_ATTRIBUTE", false},
  {ATTACHSQL_OPTION_KEEP_ALIVE, "KEEP_ALIVE", false},
  {ATTACHSQL_OPTION_MAX_PACKET, "MAX_PACKET", true},
  {ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY, "GET_SERVER_PUBLIC_KEY", false},
};

static bool set(attachsql_connect_t *con, attachsql_options_t option, const void *arg)
{
  return attachsql_connect_set_option(con, option, arg);
}

/* An acceptable value for an added option. */
static const void *good_value(attachsql_options_t option)
{
  static const uint32_t number = 30000, one = 1;

  switch (option)
  {
    case ATTACHSQL_OPTION_CHARSET:
      return "utf8mb4";
    case ATTACHSQL_OPTION_CONNECT_ATTRIBUTE:
      return "name=value";
    case ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY:
      return &one;
    default:
      return &number;
  }
}

static void unknown_numbers(void)
{
  static const int numbers[] = {0, 10, 11, 50, 99, 108, 109, 200, 1000, 65536, 0x7fffffff, -1};
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);

  TEST("OPT-1", "NONE and numbers that are no options");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
  {
    CHECK(!set(con, (attachsql_options_t)numbers[i], NULL));
    CHECK(!set(con, (attachsql_options_t)numbers[i], "value"));
  }

  TEST("OPT-2 OPT-3", "the value of the options 1 to 9 is ignored");
  for (int number = 1; number <= 9; number++)
    if (number != ATTACHSQL_OPTION_COMPRESS && number != ATTACHSQL_OPTION_SSL_NO_VERIFY)
    {
      CHECK(set(con, (attachsql_options_t)number, NULL));
      CHECK(set(con, (attachsql_options_t)number, (const void *)(uintptr_t)8));
    }

  TEST("OPT-5", "what this version is built without");
  CHECK(!set(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  CHECK(!set(con, ATTACHSQL_OPTION_SSL_NO_VERIFY, NULL));
  attachsql_connect_destroy(con);
}

static void values(void)
{
  static const uint32_t packets[] = {0, 1, 1023, 1073741825, UINT32_MAX}, good_packets[] = {1024, 1073741824, 5000};
  static const uint32_t keys[] = {2, 3, UINT32_MAX}, idle[] = {32768, UINT32_MAX}, good_idle[] = {0, 1, 32767};
  static const char *const charsets[] = {"", "no such charset", "utf8mb4_no_such_ci", "utf8mb4 ", " utf8mb4", "utf8mb4_"};
  static const char *const good_charsets[] = {"utf8mb4", "latin1", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin",
                                              "latin1_swedish_ci", "binary", "ascii", "utf8mb3"};
  static const char *const attributes[] = {"", "name", "=value", "="};
  static const char *const good_attributes[] = {"name=value", "name=", "a=b=c", "name=value"};
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);
  static char enormous[70000];

  TEST("OPT-6", "NULL for the value");
  for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    CHECK(!set(con, added[i].option, NULL));

  TEST("OPT-6", "values that are accepted");
  for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    CHECK(set(con, added[i].option, good_value(added[i].option)));
  for (size_t i = 0; i < sizeof good_packets / sizeof *good_packets; i++)
    CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &good_packets[i]));
  for (size_t i = 0; i < sizeof good_idle / sizeof *good_idle; i++)
    CHECK(set(con, ATTACHSQL_OPTION_KEEP_ALIVE, &good_idle[i]));
  for (size_t i = 0; i < sizeof good_charsets / sizeof *good_charsets; i++)
    test_report(set(con, ATTACHSQL_OPTION_CHARSET, good_charsets[i]), __FILE__, __LINE__, "refused: %s", good_charsets[i]);
  for (size_t i = 0; i < sizeof good_attributes / sizeof *good_attributes; i++)
    CHECK(set(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, good_attributes[i]));

  TEST("OPT-6", "values that are not");
  for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
    CHECK(!set(con, ATTACHSQL_OPTION_MAX_PACKET, &packets[i]));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    CHECK(!set(con, ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY, &keys[i]));
  for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
    CHECK(!set(con, ATTACHSQL_OPTION_KEEP_ALIVE, &idle[i]));
  for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++)
    test_report(!set(con, ATTACHSQL_OPTION_CHARSET, charsets[i]), __FILE__, __LINE__, "accepted: \"%s\"", charsets[i]);
  for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
    CHECK(!set(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, attributes[i]));
  memset(enormous, 'e', sizeof enormous - 1);
  enormous[5] = '=';
  CHECK(!set(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, enormous));
  attachsql_connect_destroy(con);
}

/* A refused value leaves the setting of before. */
static void refused_values_change_nothing(const test_server *server)
{
  static const uint32_t too_small = 1, small = 5000;
  attachsql_connect_t *con = test_create(server);
  static char text[6001];
  attachsql_error_t *error = NULL;

  TEST("OPT-6 OPT-10", "the setting of before stays");
  CHECK(set(con, ATTACHSQL_OPTION_CHARSET, "latin1_german2_ci"));
  CHECK(!set(con, ATTACHSQL_OPTION_CHARSET, "no such charset"));
  CHECK(!set(con, ATTACHSQL_OPTION_CHARSET, NULL));
  CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &small));
  CHECK(!set(con, ATTACHSQL_OPTION_MAX_PACKET, &too_small));
  CHECK(!set(con, ATTACHSQL_OPTION_MAX_PACKET, NULL));
  test_login(con);
  CHECK_STR(test_value(con, "SELECT @@collation_connection"), "latin1_german2_ci");
  memset(text, ' ', sizeof text);
  memcpy(text, "SELECT 1", 8);
  CHECK(attachsql_query(con, 4000, text, 0, NULL, &error));
  CHECK_STR(test_first(con), "1");
  attachsql_query_close(con);
  CHECK(!attachsql_query(con, 6000, text, 0, NULL, &error));
  CHECK_ERROR(error, 2020, "08S01");
  attachsql_connect_destroy(con);
}

static void states(const test_server *server)
{
  for (int state = 0; state < STATE_COUNT; state++)
  {
    attachsql_connect_t *con;

    TEST("OPT-3 OPT-6 OPT-7", test_state_name((test_state)state));
    con = test_reach(server, (test_state)state);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    {
      bool want = added[i].any_time || state == STATE_UNUSED;

      test_report(set(con, added[i].option, good_value(added[i].option)) == want, __FILE__, __LINE__, "%s: not %s",
                  added[i].name, want ? "accepted" : "refused");
    }
    for (int number = 1; number <= 9; number++)
      CHECK(set(con, (attachsql_options_t)number, NULL) ==
            (number != ATTACHSQL_OPTION_COMPRESS && number != ATTACHSQL_OPTION_SSL_NO_VERIFY));
    CHECK(!set(con, ATTACHSQL_OPTION_NONE, NULL));
    attachsql_connect_destroy(con);
  }

  TEST("OPT-3", "MULTI_STATEMENTS after the login has no effect");
  {
    attachsql_connect_t *con = test_connect(server);

    CHECK(set(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL));
    test_refused(con, "SELECT 1; SELECT 2", 1064, "42000");
    attachsql_connect_destroy(con);
  }
}

static void charset(const test_server *server)
{
  static const struct
  {
    const char *name, *charset, *collation;
  } cases[] = {
    {"latin1", "latin1", NULL},
    {"latin1_german2_ci", "latin1", "latin1_german2_ci"},
    {"utf8mb4", "utf8mb4", NULL},
    {"utf8mb4_unicode_ci", "utf8mb4", "utf8mb4_unicode_ci"},
    {"utf8mb4_bin", "utf8mb4", "utf8mb4_bin"},
    {"ascii", "ascii", NULL},
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    attachsql_connect_t *con = test_create(server);

    TEST("OPT-10", cases[i].name);
    CHECK(set(con, ATTACHSQL_OPTION_CHARSET, "binary"));
    CHECK(set(con, ATTACHSQL_OPTION_CHARSET, cases[i].name));
    test_login(con);
    CHECK_STR(test_value(con, "SELECT @@character_set_client"), cases[i].charset);
    CHECK_STR(test_value(con, "SELECT @@character_set_connection"), cases[i].charset);
    CHECK_STR(test_value(con, "SELECT @@character_set_results"), cases[i].charset);
    if (cases[i].collation)
      CHECK_STR(test_value(con, "SELECT @@collation_connection"), cases[i].collation);
    attachsql_connect_destroy(con);
  }

  TEST("OPT-10", "attributes, many of them, do not hurt the login");
  {
    attachsql_connect_t *con = test_create(server);
    char attribute[64];

    for (int i = 0; i < 50; i++)
    {
      snprintf(attribute, sizeof attribute, "name%d=value of it", i);
      CHECK(set(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, attribute));
    }
    test_login(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }
}

static void max_packet(const test_server *server)
{
  static const uint32_t limit = 4096, larger = 1u << 20;
  static char text[10000];
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 5000, false};

  TEST("OPT-9 QRY-11", "a query larger than the limit is refused, the connection stays");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &limit));
  memset(text, ' ', sizeof text);
  memcpy(text, "SELECT 1", 8);
  for (int i = 0; i < 2; i++)
  {
    CHECK(!attachsql_query(con, 5000, text, 0, NULL, &error));
    CHECK_ERROR(error, 2020, "08S01");
    attachsql_query_close(con);
  }
  parameter.data = text;
  CHECK(!attachsql_query(con, 8, "SELECT ?", 1, &parameter, &error));
  CHECK_ERROR(error, 2020, "08S01");
  attachsql_query_close(con);
  test_works(con);

  TEST("OPT-9", "raised on a live connection");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &larger));
  CHECK(attachsql_query(con, 5000, text, 0, NULL, &error));
  CHECK_STR(test_first(con), "1");
  attachsql_query_close(con);
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 20000)").bytes, 20000);

  TEST("OPT-9 QRY-11", "a row larger than the limit");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &limit));
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 4000)").bytes, 4000);
  test_query(con, "SELECT REPEAT('r', 5000)");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2020, "08S01");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2020, "08S01");
  attachsql_query_close(con);
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("options", 120);
  unknown_numbers();
  values();
  EACH_SERVER(server)
  {
    refused_values_change_nothing(server);
    states(server);
    charset(server);
    max_packet(server);
  }
  return test_end();
}
