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
  unsigned servers; /* those that have it, as bits */
} account;

#define ON(kind) (1u << TEST_##kind)

/* Accounts whose password is their name, each with its method. */
static const account accounts[] = {
  {"native", "mysql_native_password", ON(MARIADB_10_11) | ON(MARIADB_11_8) | ON(MYSQL_5_6)},
  {"ed", "client_ed25519", ON(MARIADB_10_11) | ON(MARIADB_11_8)},
  {"parsec", "parsec", ON(MARIADB_11_8)},
  {"sha2", "caching_sha2_password", ON(MYSQL_9_7)},
  {"sha256", "sha256_password", ON(MYSQL_9_7)},
};

#define EACH_ACCOUNT(account, server)                                                                            \
  for (const struct account *account = accounts; account < accounts + sizeof accounts / sizeof *accounts; account++) \
    if (account->servers & 1u << (server)->kind)

/* Empties the server's cache of passwords, so that the next login with caching_sha2_password is a full one. */
static void forget(const test_server *server)
{
  attachsql_connect_t *con;

  /* MySQL 5.6 refuses every host for the moment that this takes, also to tests that run beside this one. */
  if (server->kind != TEST_MYSQL_9_7)
    return;
  con = test_connect(server);
  test_run(con, "FLUSH PRIVILEGES");
  attachsql_connect_destroy(con);
}

static attachsql_connect_t *with_tls(attachsql_connect_t *con)
{
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  return con;
}

/* Over TLS, where the server has a version that is accepted: the login is good, or ends with this error. */
static void over_tls(const test_server *server, attachsql_connect_t *con, int code)
{
  if (!server->has_tls)
    tls_bad(with_tls(con), 3003, "08000", "unsupported protocol");
  else if (code)
    tls_bad(with_tls(con), code, "28000", "");
  else
    tls_good(with_tls(con), "TLSv1.3");
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
    over_tls(server, tls_account(server, account->user, account->user), 0);
    over_tls(server, tls_account(server, account->user, account->user), 0);
    over_tls(server, tls_account(server, account->user, "wrong"), 1045);
    over_tls(server, tls_account(server, account->user, ""), 1045);
  }
  TEST("CONN-19", "no password, over TLS");
  over_tls(server, tls_account(server, "nopass", ""), 0);
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
      if (!strstr(others[i], account->method))
      {
        con = tls_account(server, account->user, account->user);
        tls_set(con, AUTH_METHODS, others[i]);
        over_tls(server, con, 2061);
      }
  }
}

/* The method of MySQL 4.0: MariaDB and MySQL 5.6 still have it. */
static void old_password(const test_server *server)
{
  attachsql_connect_t *con;

  TEST("CONN-19 CONN-31", "mysql_old_password, if it is asked for");
  tls_bad(tls_account(server, "old", "old"), 2061, "28000", "mysql_old_password");
  for (int i = 0; i < 20; i++)
  {
    /* It passes over blanks. */
    con = tls_account(server, "old", i % 2 ? "old" : " o\tld ");
    tls_set(con, AUTH_METHODS, "mysql_native_password,mysql_old_password");
    tls_good(con, "");
  }
  con = tls_account(server, "old", "wrong");
  tls_set(con, AUTH_METHODS, "mysql_native_password,mysql_old_password");
  tls_bad(con, 1045, "28000", "");
}

/* Where only the password itself will do, in clear. */
static void clear_password(const test_server *server)
{
  attachsql_connect_t *con;

  TEST("CONN-30 CONN-31", "mysql_clear_password, if it is asked for and nobody else can read it");
  tls_bad(with_tls(tls_account(server, "clear", "clear")), 2061, "28000", "mysql_clear_password");
  for (int alone = 0; alone < 2; alone++)
  {
    const char *list = alone ? "mysql_clear_password" : "mysql_native_password,mysql_clear_password";

    con = tls_account(server, "clear", "clear");
    tls_set(con, AUTH_METHODS, list);
    tls_bad(con, 2061, "28000", "mysql_clear_password");
    con = with_tls(tls_account(server, "clear", "clear"));
    tls_set(con, AUTH_METHODS, list);
    tls_good(con, "TLSv1.3");
    con = with_tls(tls_account(server, "clear", "wrong"));
    tls_set(con, AUTH_METHODS, list);
    tls_bad(con, 1045, "28000", "");
  }
}

/* MySQL 5.6 has no RSA key, so that sha256_password needs TLS, of which it has no version that is accepted. */
static void without_a_key(const test_server *server)
{
  TEST("CONN-30", "sha256_password without TLS, of a server without a key");
  tls_bad(tls_account(server, "sha256", "sha256"), 1045, "28000", "");
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
    if (server->kind == TEST_MYSQL_9_7)
      keys(server);
    else
      old_password(server);
    if (!server->is_mysql)
      clear_password(server);
    if (server->kind == TEST_MYSQL_5_6)
      without_a_key(server);
  }
  return test_end();
}
