/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group OPT: which options are taken when, and their effect. Timeouts are in timeouts.c,
 * what the login packet says in login.c.
 */
#include "../support/test.h"
#include "../support/states.h"
#include "../support/tls.h"

#define PRINT "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789ABCDEF"

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
  {ATTACHSQL_OPTION_TLS, "TLS", false},
  {ATTACHSQL_OPTION_TLS_CA, "TLS_CA", false},
  {ATTACHSQL_OPTION_TLS_CA_PATH, "TLS_CA_PATH", false},
  {ATTACHSQL_OPTION_TLS_CERT, "TLS_CERT", false},
  {ATTACHSQL_OPTION_TLS_KEY, "TLS_KEY", false},
  {ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE, "TLS_KEY_PASSPHRASE", false},
  {ATTACHSQL_OPTION_TLS_CIPHERS, "TLS_CIPHERS", false},
  {ATTACHSQL_OPTION_TLS_SUITES, "TLS_SUITES", false},
  {ATTACHSQL_OPTION_TLS_MIN_VERSION, "TLS_MIN_VERSION", false},
  {ATTACHSQL_OPTION_TLS_MAX_VERSION, "TLS_MAX_VERSION", false},
  {ATTACHSQL_OPTION_TLS_VERIFY, "TLS_VERIFY", false},
  {ATTACHSQL_OPTION_TLS_SERVER_NAME, "TLS_SERVER_NAME", false},
  {ATTACHSQL_OPTION_TLS_CRL, "TLS_CRL", false},
  {ATTACHSQL_OPTION_TLS_FINGERPRINT, "TLS_FINGERPRINT", false},
  {ATTACHSQL_OPTION_SERVER_PUBLIC_KEY, "SERVER_PUBLIC_KEY", false},
  {ATTACHSQL_OPTION_AUTH_METHODS, "AUTH_METHODS", false},
  {ATTACHSQL_OPTION_PASSWORD2, "PASSWORD2", true},
  {ATTACHSQL_OPTION_PASSWORD3, "PASSWORD3", true},
  {ATTACHSQL_OPTION_TLS_RESUME, "TLS_RESUME", false},
  {ATTACHSQL_OPTION_TLS_CRL_PATH, "TLS_CRL_PATH", false},
  {ATTACHSQL_OPTION_COMPRESSION, "COMPRESSION", false},
  {ATTACHSQL_OPTION_COMPRESSION_REQUIRED, "COMPRESSION_REQUIRED", false},
  {ATTACHSQL_OPTION_ZLIB_LEVEL, "ZLIB_LEVEL", false},
  {ATTACHSQL_OPTION_ZSTD_LEVEL, "ZSTD_LEVEL", false},
  {ATTACHSQL_OPTION_HOSTS, "HOSTS", false},
  {ATTACHSQL_OPTION_HOSTS_RANDOM, "HOSTS_RANDOM", false},
  {ATTACHSQL_OPTION_SESSION_TRACK, "SESSION_TRACK", false},
  {ATTACHSQL_OPTION_STMT_CACHE, "STMT_CACHE", true},
  {ATTACHSQL_OPTION_QUERY_ATTRIBUTES, "QUERY_ATTRIBUTES", false},
  {ATTACHSQL_OPTION_PIPELINE_MAX_BYTES, "PIPELINE_MAX_BYTES", true},
  {ATTACHSQL_OPTION_MAX_ROW, "MAX_ROW", true},
  {ATTACHSQL_OPTION_MAX_RESULT, "MAX_RESULT", true},
  {ATTACHSQL_OPTION_MAX_MEMORY, "MAX_MEMORY", true},
  {ATTACHSQL_OPTION_COMMAND_TIMEOUT, "COMMAND_TIMEOUT", true},
  {ATTACHSQL_OPTION_CANCEL_TIMEOUT, "CANCEL_TIMEOUT", true},
  {ATTACHSQL_OPTION_CANCEL, "CANCEL", false},
};

static bool set(attachsql_connect_t *con, attachsql_options_t option, const void *arg)
{
  return attachsql_connect_set_option(con, option, arg);
}

/* An acceptable value for an added option. */
static const void *good_value(attachsql_options_t option)
{
  static const uint32_t number = 30000, one = 1, version = 13, mebibyte = 1u << 20;

  switch (option)
  {
    case ATTACHSQL_OPTION_CHARSET:
      return "utf8mb4";
    case ATTACHSQL_OPTION_CONNECT_ATTRIBUTE:
      return "name=value";
    case ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY:
    case ATTACHSQL_OPTION_TLS:
    case ATTACHSQL_OPTION_TLS_VERIFY:
    case ATTACHSQL_OPTION_TLS_RESUME:
    case ATTACHSQL_OPTION_COMPRESSION_REQUIRED:
    case ATTACHSQL_OPTION_ZLIB_LEVEL:
    case ATTACHSQL_OPTION_ZSTD_LEVEL:
    case ATTACHSQL_OPTION_SESSION_TRACK:
    case ATTACHSQL_OPTION_STMT_CACHE:
    case ATTACHSQL_OPTION_QUERY_ATTRIBUTES:
    case ATTACHSQL_OPTION_MAX_ROW:
    case ATTACHSQL_OPTION_MAX_RESULT:
    case ATTACHSQL_OPTION_CANCEL:
      return &one;
    case ATTACHSQL_OPTION_HOSTS_RANDOM:
      return &one;
    case ATTACHSQL_OPTION_MAX_MEMORY:
      return &mebibyte;
    case ATTACHSQL_OPTION_COMPRESSION:
      return "zstd,zlib";
    case ATTACHSQL_OPTION_HOSTS:
      return "127.0.0.1,127.0.0.1";
    case ATTACHSQL_OPTION_TLS_MIN_VERSION:
    case ATTACHSQL_OPTION_TLS_MAX_VERSION:
      return &version;
    case ATTACHSQL_OPTION_TLS_CA:
    case ATTACHSQL_OPTION_TLS_CA_PATH:
    case ATTACHSQL_OPTION_TLS_CERT:
    case ATTACHSQL_OPTION_TLS_KEY:
    case ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE:
    case ATTACHSQL_OPTION_TLS_CIPHERS:
    case ATTACHSQL_OPTION_TLS_SUITES:
    case ATTACHSQL_OPTION_TLS_SERVER_NAME:
    case ATTACHSQL_OPTION_TLS_CRL:
    case ATTACHSQL_OPTION_TLS_CRL_PATH:
    case ATTACHSQL_OPTION_PASSWORD2:
    case ATTACHSQL_OPTION_PASSWORD3:
      return "any text";
    case ATTACHSQL_OPTION_TLS_FINGERPRINT:
      return PRINT;
    case ATTACHSQL_OPTION_SERVER_PUBLIC_KEY:
      return STRANGER_PUBLIC;
    case ATTACHSQL_OPTION_AUTH_METHODS:
      return "client_ed25519, parsec";
    default:
      return &number;
  }
}

static void unknown_numbers(void)
{
  static const int numbers[] = {0, 10, 11, 50, 99, 128, 129, 200, 1000, 65536, 0x7fffffff, -1};
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);

  TEST("OPT-1", "NONE and numbers that are no options");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
  {
    CHECK(!set(con, (attachsql_options_t)numbers[i], NULL));
    CHECK(!set(con, (attachsql_options_t)numbers[i], "value"));
  }

  TEST("OPT-2 OPT-3", "the value of the options 1 to 9 is ignored");
  for (int number = 1; number <= 9; number++)
  {
    CHECK(set(con, (attachsql_options_t)number, NULL));
    CHECK(set(con, (attachsql_options_t)number, (const void *)(uintptr_t)8));
  }
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

/* Values of the options for TLS and login methods. */
static void secure_values(void)
{
  static const struct
  {
    attachsql_options_t option;
    uint32_t bad[5];
  } numbers[] = {
    {ATTACHSQL_OPTION_TLS, {2, 3, 10, 12, UINT32_MAX}},
    {ATTACHSQL_OPTION_TLS_VERIFY, {3, 4, 10, 12, UINT32_MAX}},
    {ATTACHSQL_OPTION_TLS_RESUME, {2, 3, 10, 12, UINT32_MAX}},
    {ATTACHSQL_OPTION_TLS_MIN_VERSION, {0, 10, 11, 14, UINT32_MAX}},
    {ATTACHSQL_OPTION_TLS_MAX_VERSION, {0, 1, 11, 14, 0x0303}},
  };
  static const attachsql_options_t not_empty[] = {
    ATTACHSQL_OPTION_TLS_CA, ATTACHSQL_OPTION_TLS_CA_PATH, ATTACHSQL_OPTION_TLS_CERT, ATTACHSQL_OPTION_TLS_KEY,
    ATTACHSQL_OPTION_TLS_CIPHERS, ATTACHSQL_OPTION_TLS_SUITES, ATTACHSQL_OPTION_TLS_SERVER_NAME,
    ATTACHSQL_OPTION_TLS_CRL, ATTACHSQL_OPTION_TLS_CRL_PATH, ATTACHSQL_OPTION_TLS_FINGERPRINT, ATTACHSQL_OPTION_SERVER_PUBLIC_KEY,
    ATTACHSQL_OPTION_AUTH_METHODS};
  static const char *const prints[] = {"0123", "no fingerprint", PRINT "0", PRINT ":01", PRINT " ", "g" PRINT};
  static const char *const good_prints[] = {
    PRINT, "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:AB:CD:EF"};
  static const char *const keys[] = {"/no/such/key.pem", "capi-tests", STRANGER_CERT, STRANGER_KEY, "README.md"};
  static const char *const methods[] = {",", "no_such_method", "mysql_native_password,", "mysql_native_password;parsec",
                                        "mysql_native_password parsec", "MYSQL_NATIVE_PASSWORD", "auth_gssapi_client"};
  static const char *const good_methods[] = {"mysql_native_password", "parsec,client_ed25519", " sha256_password , parsec ",
                                             "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec,"
                                             "mysql_clear_password,mysql_old_password"};
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);

  TEST("OPT-6", "numbers for TLS");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    for (int j = 0; j < 5; j++)
      test_report(!set(con, numbers[i].option, &numbers[i].bad[j]), __FILE__, __LINE__, "%d accepted: %" PRIu32,
                  (int)numbers[i].option, numbers[i].bad[j]);

  TEST("OPT-6", "empty texts");
  for (size_t i = 0; i < sizeof not_empty / sizeof *not_empty; i++)
    test_report(!set(con, not_empty[i], ""), __FILE__, __LINE__, "%d accepts \"\"", (int)not_empty[i]);
  CHECK(set(con, ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE, ""));
  CHECK(set(con, ATTACHSQL_OPTION_PASSWORD2, ""));
  CHECK(set(con, ATTACHSQL_OPTION_PASSWORD3, ""));

  TEST("OPT-6 OPT-13", "fingerprints");
  for (size_t i = 0; i < sizeof prints / sizeof *prints; i++)
    test_report(!set(con, ATTACHSQL_OPTION_TLS_FINGERPRINT, prints[i]), __FILE__, __LINE__, "accepted: %s", prints[i]);
  for (size_t i = 0; i < sizeof good_prints / sizeof *good_prints; i++)
    CHECK(set(con, ATTACHSQL_OPTION_TLS_FINGERPRINT, good_prints[i]));

  TEST("OPT-6 OPT-17", "files that hold no public key, and methods that there are not");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    test_report(!set(con, ATTACHSQL_OPTION_SERVER_PUBLIC_KEY, keys[i]), __FILE__, __LINE__, "accepted: %s", keys[i]);
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
    test_report(!set(con, ATTACHSQL_OPTION_AUTH_METHODS, methods[i]), __FILE__, __LINE__, "accepted: %s", methods[i]);
  for (size_t i = 0; i < sizeof good_methods / sizeof *good_methods; i++)
    test_report(set(con, ATTACHSQL_OPTION_AUTH_METHODS, good_methods[i]), __FILE__, __LINE__, "refused: %s", good_methods[i]);
  attachsql_connect_destroy(con);
}

/* A refused TLS option does not ask for TLS. */
static void refused_values_ask_for_nothing(const test_server *server)
{
  static const uint32_t wrong = 99;
  attachsql_connect_t *con = test_create(server);

  TEST("OPT-6 OPT-11", "a refused TLS option does not ask for TLS");
  for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    CHECK(!set(con, added[i].option, NULL));
  CHECK(!set(con, ATTACHSQL_OPTION_TLS, &wrong));
  CHECK(!set(con, ATTACHSQL_OPTION_TLS_VERIFY, &wrong));
  CHECK(!set(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, &wrong));
  CHECK(!set(con, ATTACHSQL_OPTION_TLS_CA, ""));
  CHECK(!set(con, ATTACHSQL_OPTION_TLS_FINGERPRINT, "0123"));
  tls_good(con, "");
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

    TEST("OPT-3 OPT-5 OPT-6 OPT-7", test_state_name((test_state)state));
    con = test_reach(server, (test_state)state);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    {
      bool want = added[i].any_time || state == STATE_UNUSED;

      test_report(set(con, added[i].option, good_value(added[i].option)) == want, __FILE__, __LINE__, "%s: not %s",
                  added[i].name, want ? "accepted" : "refused");
    }
    for (int number = 1; number <= 9; number++)
      CHECK(set(con, (attachsql_options_t)number, NULL));
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
    CHECK(strstr(attachsql_error_message(error), "a query of 5001 bytes is over the limit of 4096 bytes") != NULL);
    CHECK(strstr(attachsql_error_message(error), "raise ATTACHSQL_OPTION_MAX_PACKET") != NULL);
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

  TEST("OPT-9 QRY-11 MEM-1", "a row larger than the limit");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_PACKET, &limit));
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 4000)").bytes, 4000);
  test_query(con, "SELECT REPEAT('r', 5000)");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK(strstr(attachsql_error_message(error), "a row of 5003 bytes is over the limit of 4096 bytes") != NULL);
  CHECK(strstr(attachsql_error_message(error), "raise ATTACHSQL_OPTION_MAX_PACKET") != NULL);
  CHECK_ERROR(error, 2020, "08S01");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2020, "08S01");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("options", 120);
  unknown_numbers();
  values();
  secure_values();
  EACH_SERVER(server)
  {
    refused_values_change_nothing(server);
    refused_values_ask_for_nothing(server);
    states(server);
    charset(server);
    max_packet(server);
  }
  return test_end();
}
