/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CONN over unix sockets.
 */
/* windows: no (no unix sockets there) */
#include "../support/test.h"
#include "../support/tls.h"

static attachsql_connect_t *create(const char *path, const char *user, const char *pass)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(path, 0, user, pass, TEST_SCHEMA, &error);

  CHECK_NO_ERROR(error);
  return con;
}

static void good(const char *path, const char *user, const char *pass)
{
  attachsql_connect_t *con = test_login(create(path, user, pass));

  test_works(con);
  attachsql_connect_destroy(con);
}

static void bad(attachsql_connect_t *con, int code, const char *sqlstate)
{
  attachsql_error_t *error = NULL;

  if (attachsql_query(con, 8, "SELECT 1", 0, NULL, &error))
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_connect(con, &error));
  CHECK_ERROR(error, code, sqlstate);
  attachsql_connect_destroy(con);
}

static void sockets_that_fail(void)
{
  char path[300];

  TEST("CONN-13 CONN-7", "a socket file that does not exist");
  bad(create("/no/such/socket", TEST_USER, TEST_PASS), 2002, "08000");

  TEST("CONN-13", "an empty path, a directory, a file that is no socket");
  bad(create("", TEST_USER, TEST_PASS), 2002, "08000");
  bad(create("/", TEST_USER, TEST_PASS), 2002, "08000");
  bad(create("/etc/passwd", TEST_USER, TEST_PASS), 2002, "08000");

  TEST("CONN-13", "a path longer than a socket address holds");
  memset(path, 'p', sizeof path - 1);
  path[0] = '/';
  path[sizeof path - 1] = '\0';
  bad(create(path, TEST_USER, TEST_PASS), 2002, "08000");
}

static void real_sockets(const test_server *server)
{
  const char *path = test_socket(server);
  attachsql_connect_t *con;

  TEST("CONN-9", "port 0: the host is the path of a socket");
  con = test_login(create(path, TEST_USER, TEST_PASS));
  CHECK_STR(test_value(con, "SELECT USER()"), "test@localhost");
  CHECK_UINT(test_run(con, "SELECT n FROM " TEST_NUMBERS " WHERE n < 5000").rows, 5000);
  attachsql_connect_destroy(con);

  TEST("CONN-9 CONN-5", "passive connect over a socket");
  con = create(path, TEST_USER, TEST_PASS);
  CHECK_STR(test_value(con, "SELECT 'passive'"), "passive");
  attachsql_connect_destroy(con);

  TEST("CONN-14 POLL-11", "a refused login, many times: the server's error beats the close");
  for (int i = 0; i < 20; i++)
    bad(create(path, TEST_USER, "wrong"), 1045, "28000");

  TEST("CONN-19", "an account without a password, and one with the longest name");
  good(path, "nopass", "");
  good(path, test_env(server->long_user_variable), "long");
  if (server->kind == TEST_MYSQL_9_7)
  {
    con = test_login(create(path, TEST_USER, TEST_PASS));
    TEST("CONN-19", "caching_sha2_password with an empty cache: the password itself over the socket");
    test_run(con, "FLUSH PRIVILEGES");
    good(path, "sha2", "sha2");
    good(path, "sha2", "sha2");
    test_run(con, "FLUSH PRIVILEGES");
    bad(create(path, "sha2", "wrong"), 1045, "28000");
    attachsql_connect_destroy(con);
    TEST("CONN-19 CONN-30", "sha256_password, whose servers want a key over a socket too");
    good(path, "sha256", "sha256");
    bad(create(path, "sha256", "wrong"), 1045, "28000");
  }
  else if (!server->is_mysql)
  {
    TEST("CONN-19", "client_ed25519");
    good(path, "ed", "ed");
    bad(create(path, "ed", "wrong"), 1045, "28000");
  }

  TEST("CONN-24 OPT-12", "TLS over a socket: the host is this machine, and its name localhost");
  con = create(path, "tls", "tls");
  if (!server->has_tls)
  {
    tls_set(con, TLS_CA, tls_file("ca.pem"));
    tls_bad(con, 3003, "08000", "unsupported protocol");
    return;
  }
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_good(con, "TLSv1.3");
  con = create(path, "tls", "tls");
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_set(con, TLS_SERVER_NAME, "elsewhere.example");
  tls_bad(con, 3003, "08000", "elsewhere.example");
}

int main(void)
{
  test_begin("unix", 120);
  sockets_that_fail();
  EACH_SERVER(server)
    real_sockets(server);
  return test_end();
}
