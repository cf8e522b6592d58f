/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CONN against real servers over TCP. Unix sockets are in unix.c, TLS in tls.c, login methods in
 * methods.c, what only a made-up server can show in login.c and secrets.c, destroy in destroy.c.
 */
#include "../support/test.h"

static attachsql_connect_t *create(const char *host, in_port_t port, const char *user, const char *pass, const char *schema)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(host, port, user, pass, schema, &error);

  CHECK_NO_ERROR(error);
  CHECK(con != NULL);
  return con;
}

/* Connects; the connection must become ready and work. */
static void good(const char *host, in_port_t port, const char *user, const char *pass)
{
  attachsql_connect_t *con = test_login(create(host, port, user, pass, TEST_SCHEMA));

  test_works(con);
  attachsql_connect_destroy(con);
}

/* Connects; must fail with this error, in attachsql_connect or in a poll, and keep failing so. */
static void bad(attachsql_connect_t *con, int code, const char *sqlstate)
{
  attachsql_error_t *error = NULL;

  if (attachsql_connect(con, &error))
  {
    CHECK_NO_ERROR(error);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  }
  CHECK_ERROR(error, code, sqlstate);
  for (int i = 0; i < 2; i++)
  {
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, code, sqlstate);
    CHECK(!attachsql_connect(con, &error));
    CHECK_ERROR(error, code, sqlstate);
    CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
    CHECK_ERROR(error, 2006, "08006");
    attachsql_query_close(con);
  }
  attachsql_connect_destroy(con);
}

/* The same with a passive connect. */
static void bad_passive(attachsql_connect_t *con, int code, const char *sqlstate)
{
  attachsql_error_t *error = NULL;

  if (attachsql_query(con, 8, "SELECT 1", 0, NULL, &error))
  {
    CHECK_NO_ERROR(error);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  }
  CHECK_ERROR(error, code, sqlstate);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  attachsql_connect_destroy(con);
}

static void create_arguments(void)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con;
  char name[300];

  TEST("CONN-2", "user and schema are required");
  CHECK(attachsql_connect_create(TEST_HOST, 3306, NULL, "p", "s", &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_connect_create(TEST_HOST, 3306, "u", "p", NULL, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");

  TEST("CONN-2", "the longest names, and longer ones");
  memset(name, 'n', sizeof name);
  name[256] = '\0';
  CHECK(attachsql_connect_create(TEST_HOST, 3306, name, "p", "s", &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  name[255] = '\0';
  attachsql_connect_destroy(create(TEST_HOST, 3306, name, "p", "s"));
  name[65] = '\0';
  CHECK(attachsql_connect_create(TEST_HOST, 3306, "u", "p", name, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  name[64] = '\0';
  attachsql_connect_destroy(create(TEST_HOST, 3306, "u", "p", name));

  TEST("CONN-3", "the host is not looked at, user \"\" and password NULL are fine");
  attachsql_connect_destroy(create("no such host, surely", 3306, "", NULL, ""));
  attachsql_connect_destroy(create(NULL, 3306, "", "", ""));
  attachsql_connect_destroy(create(NULL, 0, "", "", ""));

  TEST("CONN-1 CONN-22 CONN-23 INFO-4", "a new connection is unused and empty");
  con = create("no-such-host.invalid", 3306, "u", "p", "");
  for (int i = 0; i < 3; i++)
  {
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_NOT_CONNECTED);
    CHECK_NO_ERROR(error);
  }
  CHECK_STR(attachsql_connect_get_server_version(con), "");
  CHECK_UINT(attachsql_connect_get_connection_id(con), 0);
  CHECK_STR(attachsql_query_info(con), "");
  attachsql_connect_destroy(con);
}

static void failures(void)
{
  TEST("CONN-12 CONN-7 ERR-6", "a name that does not exist");
  bad(create("no-such-host.invalid", 3306, "u", "p", ""), 2005, "08000");
  bad_passive(create("no-such-host.invalid", 3306, "u", "p", ""), 2005, "08000");
  bad(create("", 3306, "u", "p", ""), 2005, "08000");

  TEST("CONN-13 CONN-7 ERR-6", "a port where nobody listens");
  bad(create(TEST_HOST, 1, "u", "p", ""), 2002, "08000");
  bad_passive(create(TEST_HOST, 1, "u", "p", ""), 2002, "08000");
  bad(create("localhost", 1, "u", "p", ""), 2002, "08000");

  TEST("CONN-10 QRY-4", "no host and no port: refused as an argument, each time");
  {
    attachsql_connect_t *con = create(NULL, 0, "u", "p", "");
    attachsql_error_t *error = NULL;

    for (int i = 0; i < 2; i++)
    {
      CHECK(!attachsql_connect(con, &error));
      CHECK_ERROR(error, 3000, "22023");
      CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
      CHECK_ERROR(error, 3000, "22023");
    }
    attachsql_connect_destroy(con);
  }
}

/* The error of an account that does not exist. MariaDB asks for the password with the method of any other account,
 * always the same one; which may be a method that is not accepted, or one without passwords. */
static int unknown(const test_server *server, const char *user)
{
  attachsql_connect_t *con = create(TEST_HOST, test_port(server), user, "p", "");
  attachsql_error_t *error = NULL;
  int code = 0;

  attachsql_connect(con, NULL);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
    code = attachsql_error_code(error);
  CHECK(code == 1045 || (!server->is_mysql && (code == 1698 || code == 2061)));
  attachsql_error_free(error);
  attachsql_connect_destroy(con);
  return code;
}

static void refused_logins(const test_server *server)
{
  in_port_t port = test_port(server);
  attachsql_connect_t *con;

  TEST("CONN-14 CONN-7 POLL-8", "a wrong password");
  bad(create(TEST_HOST, port, TEST_USER, "wrong", TEST_SCHEMA), 1045, "28000");
  bad_passive(create(TEST_HOST, port, TEST_USER, "wrong", TEST_SCHEMA), 1045, "28000");
  bad(create(TEST_HOST, port, TEST_USER, NULL, TEST_SCHEMA), 1045, "28000");
  bad(create(TEST_HOST, port, "nopass", "but I have one", TEST_SCHEMA), 1045, "28000");

  TEST("CONN-14", "an account that does not exist");
  bad(create(TEST_HOST, port, "nobody at all", "p", ""), unknown(server, "nobody at all"), "28000");
  bad(create(TEST_HOST, port, "", "p", ""), unknown(server, ""), "28000");

  TEST("CONN-14", "a schema that does not exist");
  bad(create(TEST_HOST, port, TEST_USER, TEST_PASS, "no such schema"), 1049, "42000");
  bad_passive(create(TEST_HOST, port, TEST_USER, TEST_PASS, "no such schema"), 1049, "42000");

  TEST("CONN-14 ERR-7", "an account that has its one connection already");
  con = test_login(create(TEST_HOST, port, "limited", "limited", TEST_SCHEMA));
  bad(create(TEST_HOST, port, "limited", "limited", TEST_SCHEMA), 1226, "42000");
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CONN-14 CONN-22 CONN-23", "version and id are known although the login failed");
  con = create(TEST_HOST, port, TEST_USER, "wrong", TEST_SCHEMA);
  attachsql_connect(con, NULL);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK(*attachsql_connect_get_server_version(con));
  CHECK(attachsql_connect_get_connection_id(con) != 0);
  attachsql_connect_destroy(con);
}

static void explicit_connect(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  char text[100];

  TEST("CONN-8", "connect while CONNECTING");
  CHECK(attachsql_connect(con, &error));
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);

  TEST("CONN-4 CONN-8 POLL-3 POLL-8", "CONNECTING, then EOF for ever");
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING)
  {
    CHECK(attachsql_connect(con, &error));
    CHECK_NO_ERROR(error);
    attachsql_connect_wait(con, 100, NULL);
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  for (int i = 0; i < 5; i++)
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_EOF);

  TEST("CONN-22 CONN-23", "version and id agree with what the server says of itself");
  snprintf(text, sizeof text, "%" PRIu32, attachsql_connect_get_connection_id(con));
  CHECK_STR(test_value(con, "SELECT CONNECTION_ID()"), text);
  CHECK(strstr(attachsql_connect_get_server_version(con), test_value(con, "SELECT VERSION()")) != NULL);

  TEST("CONN-8", "connect when READY, BUSY, with a row, after an error");
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_EOF);
  test_query(con, "SELECT SLEEP(1)");
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_PROCESSING);
  CHECK(!attachsql_connect(con, &error));
  CHECK(error == NULL);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_query(con, "SELE");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void passive_connect(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  bool processing = false;

  TEST("CONN-5 POLL-8", "the first query connects; nothing is reported for the login");
  test_query(con, "SELECT 'passive'");
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING ||
         state == ATTACHSQL_RETURN_PROCESSING)
  {
    processing = processing || state == ATTACHSQL_RETURN_PROCESSING;
    CHECK(!processing || state == ATTACHSQL_RETURN_PROCESSING);
    attachsql_connect_wait(con, 100, NULL);
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  CHECK_NO_ERROR(error);
  CHECK_STR(test_first(con), "passive");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CONN-5 QRY-2", "a second query does not replace the remembered one");
  con = test_create(server);
  test_query(con, "SELECT 'first'");
  CHECK(!attachsql_query(con, 15, "SELECT 'second'", 0, NULL, &error));
  CHECK_ERROR(error, 2014, "08002");
  CHECK_STR(test_first(con), "first");
  attachsql_connect_destroy(con);

  TEST("CONN-6", "a query while CONNECTING");
  con = test_create(server);
  CHECK(attachsql_connect(con, NULL));
  test_query(con, "SELECT 'remembered'");
  CHECK(attachsql_connect(con, NULL));
  CHECK_STR(test_first(con), "remembered");
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CONN-6 QRY-6", "a remembered query is closed before it was sent");
  con = test_create(server);
  CHECK(attachsql_connect(con, NULL));
  test_query(con, "SELECT 'forgotten'");
  attachsql_query_close(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CONN-6 CONN-5", "closed, and another one remembered instead");
  con = test_create(server);
  test_query(con, "SELECT 'forgotten'");
  attachsql_query_close(con);
  test_query(con, "SELECT 'instead'");
  CHECK_STR(test_first(con), "instead");
  attachsql_connect_destroy(con);
}

static void addresses(const test_server *server)
{
  in_port_t port = test_port(server);
  const char *ipv6 = test_env("ATTACHSQL_TEST_IPV6");
  attachsql_connect_t *con;

  TEST("CONN-11", "numeric IPv4");
  good("127.0.0.1", port, TEST_USER, TEST_PASS);

  TEST("CONN-11", "numeric IPv6");
  if (strcmp(ipv6, "1") == 0 && server->kind != TEST_MYSQL_5_6)
    good("::1", port, TEST_USER, TEST_PASS);
  else
    bad(create("::1", port, TEST_USER, TEST_PASS, TEST_SCHEMA), 2002, "08000");

  TEST("CONN-9 CONN-11", "the name localhost, by TCP");
  con = test_login(create("localhost", port, TEST_USER, TEST_PASS, TEST_SCHEMA));
  /* Over a unix socket the host part would be the bare name, over TCP it is an address. */
  CHECK(strstr(test_value(con, "SELECT USER()"), "test@") != NULL);
  CHECK(strcmp(test_value(con, "SELECT USER()"), "test@localhost") != 0);
  attachsql_connect_destroy(con);

  TEST("CONN-10", "no host, a port: loopback");
  good(NULL, port, TEST_USER, TEST_PASS);
}

static void accounts(const test_server *server)
{
  in_port_t port = test_port(server);

  TEST("CONN-19 CONN-3", "an account without a password");
  good(TEST_HOST, port, "nopass", "");
  good(TEST_HOST, port, "nopass", NULL);

  TEST("CONN-2 CONN-19", "the longest account name of the server");
  good(TEST_HOST, port, test_env(server->long_user_variable), "long");

  if (server->kind == TEST_MYSQL_9_7)
  {
    attachsql_connect_t *admin = test_connect(server);

    for (int i = 0; i < 3; i++)
    {
      TEST("CONN-19", "caching_sha2_password with an empty cache, then with a filled one");
      test_run(admin, "FLUSH PRIVILEGES");
      good(TEST_HOST, port, "sha2", "sha2");
      good(TEST_HOST, port, "sha2", "sha2");
      TEST("CONN-14 CONN-19", "caching_sha2_password, wrong password, cache filled and empty");
      bad(create(TEST_HOST, port, "sha2", "wrong", ""), 1045, "28000");
      test_run(admin, "FLUSH PRIVILEGES");
      bad(create(TEST_HOST, port, "sha2", "wrong", ""), 1045, "28000");
    }
    attachsql_connect_destroy(admin);
  }
  else
  {
    TEST("CONN-19 CONN-14", "mysql_native_password");
    good(TEST_HOST, port, "native", "native");
    bad(create(TEST_HOST, port, "native", "wrong", ""), 1045, "28000");
  }
}

static void session(const test_server *server)
{
  attachsql_connect_t *con = test_login(create(TEST_HOST, test_port(server), TEST_USER, TEST_PASS, ""));

  TEST("CONN-16", "no default schema");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), "(null)");
  test_refused(con, "SELECT * FROM no_such_table", 1046, "3D000");
  attachsql_connect_destroy(con);

  con = test_connect(server);
  TEST("CONN-14", "the schema is the default of the session");
  CHECK_STR(test_value(con, "SELECT DATABASE()"), TEST_SCHEMA);

  TEST("CONN-18", "the session's character set is the server's default");
  CHECK_STR(test_value(con, "SELECT @@session.character_set_client = @@global.character_set_client"), "1");
  CHECK_STR(test_value(con, "SELECT @@session.collation_connection = @@global.collation_connection"), "1");

  TEST("CONN-17 INFO-2", "matched rows count, not only changed ones");
  test_run(con, "CREATE TEMPORARY TABLE found (id INT, v INT)");
  test_run(con, "INSERT INTO found VALUES (1, 5), (2, 5), (3, 6)");
  test_run(con, "UPDATE found SET v = 5");
  CHECK_UINT(attachsql_query_affected_rows(con), 3);
  test_run(con, "UPDATE found SET v = 5");
  CHECK_UINT(attachsql_query_affected_rows(con), 3);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("connect", 240);
  create_arguments();
  failures();
  EACH_SERVER(server)
  {
    explicit_connect(server);
    passive_connect(server);
    addresses(server);
    accounts(server);
    session(server);
    refused_logins(server);
  }
  return test_end();
}
