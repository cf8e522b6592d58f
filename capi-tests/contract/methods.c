/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups CONN and OPT: login methods of real servers over TCP and TLS, and the options that choose among
 * them. Over unix sockets they are in unix.c; what goes over the wire is in secrets.c.
 */
#include "../support/test.h"
#include "../support/tls.h"

typedef struct account
{
  const char *user, *method;
  bool is_mysql;
} account;

/* Accounts whose password is their name, each with its method. */
static const account accounts[] = {
  {"native", "mysql_native_password", false},
  {"ed", "client_ed25519", false},
  {"sha2", "caching_sha2_password", true},
  {"sha256", "sha256_password", true},
};

#define EACH_ACCOUNT(account, server)                                                                            \
  for (const struct account *account = accounts; account < accounts + sizeof accounts / sizeof *accounts; account++) \
    if (account->is_mysql == (server)->is_mysql)

/* Empties the server's cache of passwords, so that the next login with caching_sha2_password is a full one. */
static void forget(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  test_run(con, "FLUSH PRIVILEGES");
  attachsql_connect_destroy(con);
}

static attachsql_connect_t *with_tls(attachsql_connect_t *con)
{
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  return con;
}

static void by_default(const test_server *server)
{
  EACH_ACCOUNT(account, server)
  {
    TEST("CONN-19 CONN-14", account->method);
    for (int i = 0; i < 3; i++)
    {
      forget(server);
      tls_good(tls_account(server, account->user, account->user), "");
      tls_good(tls_account(server, account->user, account->user), "");
      tls_bad(tls_account(server, account->user, "wrong"), 1045, "28000", "");
      tls_bad(tls_account(server, account->user, ""), 1045, "28000", "");
      forget(server);
      tls_bad(tls_account(server, account->user, "wrong"), 1045, "28000", "");
    }
    TEST("CONN-19 CONN-30", "the same over TLS");
    forget(server);
    tls_good(with_tls(tls_account(server, account->user, account->user)), "TLSv1.3");
    tls_good(with_tls(tls_account(server, account->user, account->user)), "TLSv1.3");
    tls_bad(with_tls(tls_account(server, account->user, "wrong")), 1045, "28000", "");
    tls_bad(with_tls(tls_account(server, account->user, "")), 1045, "28000", "");
  }
  TEST("CONN-19", "no password, over TLS");
  tls_good(with_tls(tls_account(server, "nopass", "")), "TLSv1.3");
}

static void lists(const test_server *server)
{
  static const char *const others[] = {"parsec", "mysql_clear_password", "parsec, mysql_old_password"};

  EACH_ACCOUNT(account, server)
  {
    attachsql_connect_t *con = tls_account(server, account->user, account->user);

    TEST("CONN-31 OPT-17", "the account's method alone is accepted");
    tls_set(con, AUTH_METHODS, account->method);
    tls_good(con, "");

    TEST("CONN-31 OPT-17 ERR-6", "the account's method is not in the list");
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
      if (&accounts[i] != account)
      {
        con = tls_account(server, account->user, account->user);
        tls_set(con, AUTH_METHODS, accounts[i].method);
        tls_bad(con, 2061, "28000", account->method);
      }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    {
      con = with_tls(tls_account(server, account->user, account->user));
      tls_set(con, AUTH_METHODS, others[i]);
      tls_bad(con, 2061, "28000", account->method);
    }
  }
}

/* MariaDB still has the method of MySQL 4.0, if it is told so. */
static void old_password(const test_server *server)
{
  attachsql_connect_t *admin = test_connect(server), *con;
  char text[200], secure[16];

  snprintf(secure, sizeof secure, "%s", test_value(admin, "SELECT @@GLOBAL.secure_auth"));
  test_run(admin, "SET GLOBAL secure_auth = 0");
  snprintf(text, sizeof text, "CREATE OR REPLACE USER oldtimer IDENTIFIED VIA mysql_old_password USING '%.16s'",
           test_value(admin, "SELECT OLD_PASSWORD('old timer')"));
  test_run(admin, text);
  test_run(admin, "GRANT ALL ON testdb.* TO oldtimer");

  TEST("CONN-19 CONN-31", "mysql_old_password, if it is asked for");
  tls_bad(tls_account(server, "oldtimer", "old timer"), 2061, "28000", "mysql_old_password");
  for (int i = 0; i < 20; i++)
  {
    con = tls_account(server, "oldtimer", "old timer");
    tls_set(con, AUTH_METHODS, "mysql_native_password,mysql_old_password");
    tls_good(con, "");
  }
  con = tls_account(server, "oldtimer", "wrong");
  tls_set(con, AUTH_METHODS, "mysql_native_password,mysql_old_password");
  tls_bad(con, 1045, "28000", "");

  test_run(admin, "DROP USER oldtimer");
  snprintf(text, sizeof text, "SET GLOBAL secure_auth = %s", secure);
  test_run(admin, text);
  attachsql_connect_destroy(admin);
}

static void keys(const test_server *server)
{
  EACH_ACCOUNT(account, server)
  {
    attachsql_connect_t *con = tls_account(server, account->user, account->user);

    TEST("CONN-30 OPT-17", "the server's key from a file");
    forget(server);
    tls_set(con, SERVER_PUBLIC_KEY, tls_file("rsa-public.pem"));
    tls_good(con, "");

    TEST("CONN-30 OPT-17", "a key in a file is used, even if it is not the server's; over TLS it is not needed");
    forget(server);
    con = tls_account(server, account->user, account->user);
    tls_set(con, SERVER_PUBLIC_KEY, STRANGER_PUBLIC);
    tls_bad(con, 1045, "28000", "");
    con = with_tls(tls_account(server, account->user, account->user));
    tls_set(con, SERVER_PUBLIC_KEY, STRANGER_PUBLIC);
    tls_good(con, "TLSv1.3");
  }
}

static void factors(const test_server *server)
{
  TEST("CONN-32 OPT-17", "passwords for factors that the account does not have");
  EACH_ACCOUNT(account, server)
  {
    attachsql_connect_t *con = tls_account(server, account->user, account->user);

    tls_set(con, PASSWORD2, "second");
    tls_set(con, PASSWORD3, "third");
    tls_good(con, "");
    con = tls_account(server, account->user, "wrong");
    tls_set(con, PASSWORD2, account->user);
    tls_bad(con, 1045, "28000", "");
  }
}

int main(void)
{
  test_begin("methods", 120);
  EACH_SERVER(server)
  {
    by_default(server);
    lists(server);
    factors(server);
    if (server->is_mysql)
      keys(server);
    else
      old_password(server);
  }
  return test_end();
}
