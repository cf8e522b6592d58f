/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups CONN and OPT: compression, as the options ask for it and as the servers see it.
 */
#include "../support/test.h"
#include "../support/tls.h"

static attachsql_connect_t *account(const test_server *server)
{
  return tls_account(server, "test", "test");
}

/* Logs in; this compression must be used ("" for none), and everything works. Destroys it. */
static void uses(attachsql_connect_t *con, const char *method)
{
  static char text[100000];

  CHECK_STR(attachsql_connect_get_compression(con), "");
  test_login(con);
  CHECK_STR(attachsql_connect_get_compression(con), method);
  CHECK_STR(tls_status(con, "Compression"), *method ? "ON" : "OFF");
  memset(text, 'x', sizeof text);
  memcpy(text, "SELECT LENGTH('", 15);
  memcpy(text + sizeof text - 3, "')", 3);
  CHECK_STR(test_value(con, text), "99982");
  CHECK_STR(test_value(con, "SELECT REPEAT('xyz', 3)"), "xyzxyzxyz");
  attachsql_connect_destroy(con);
}

static void old_option(const test_server *server)
{
  attachsql_connect_t *con = account(server);

  TEST("OPT-21", "COMPRESS asks for zlib");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  uses(con, "zlib");

  TEST("OPT-21", "COMPRESS with a list of methods changes nothing");
  con = account(server);
  tls_set(con, COMPRESSION, "zstd");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  uses(con, server->kind == TEST_MYSQL_9_7 ? "zstd" : "");

  TEST("OPT-21", "COMPRESS on a live connection has no effect");
  con = test_connect(server);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  CHECK_STR(attachsql_connect_get_compression(con), "");
  CHECK_STR(tls_status(con, "Compression"), "OFF");
  attachsql_connect_destroy(con);
}

static void lists(const test_server *server)
{
  static const struct
  {
    const char *list, *mariadb, *mysql;
  } cases[] = {
    {"zlib", "zlib", "zlib"},      {"zlib,zstd", "zlib", "zlib"},
    {"zstd", "", "zstd"},          {"zstd, zlib", "zlib", "zstd"},
    {"zstd,uncompressed", "", "zstd"}, {"uncompressed", "", ""},
  };
  static const char *const bad[] = {"", "gzip", "zlib,", "zlib;zstd", "zlib,zlib", "uncompressed,zlib", "ZLIB"};
  attachsql_connect_t *con;

  TEST("OPT-22", "the first method that the server has too");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    con = account(server);
    tls_set(con, COMPRESSION, cases[i].list);
    uses(con, server->kind == TEST_MYSQL_9_7 ? cases[i].mysql : cases[i].mariadb);
  }

  TEST("OPT-6 OPT-22", "lists that are refused leave the one of before");
  con = account(server);
  tls_set(con, COMPRESSION, "zlib");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION, bad[i]));
  uses(con, "zlib");
}

static void required(const test_server *server)
{
  attachsql_connect_t *con = account(server);

  TEST("OPT-23", "a server without the method is refused if that is asked for");
  tls_set(con, COMPRESSION, "zstd");
  tls_number(con, ATTACHSQL_OPTION_COMPRESSION_REQUIRED, 1);
  if (server->kind == TEST_MYSQL_9_7)
    uses(con, "zstd");
  else
    tls_bad(con, 2066, "08004", "compression");

  con = account(server);
  tls_set(con, COMPRESSION, "zstd,zlib");
  tls_number(con, ATTACHSQL_OPTION_COMPRESSION_REQUIRED, 1);
  uses(con, server->kind == TEST_MYSQL_9_7 ? "zstd" : "zlib");

  con = account(server);
  tls_number(con, ATTACHSQL_OPTION_COMPRESSION_REQUIRED, 1);
  tls_bad(con, 2066, "08004", "compression");
}

static void levels(const test_server *server)
{
  static const uint32_t bad_zlib[] = {0, 10, 22, UINT32_MAX}, bad_zstd[] = {0, 23, UINT32_MAX};
  static const uint32_t zlib[] = {1, 9}, zstd[] = {1, 22};
  attachsql_connect_t *con = account(server);

  TEST("OPT-6 OPT-24", "levels out of range");
  for (size_t i = 0; i < sizeof bad_zlib / sizeof *bad_zlib; i++)
    CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_ZLIB_LEVEL, &bad_zlib[i]));
  for (size_t i = 0; i < sizeof bad_zstd / sizeof *bad_zstd; i++)
    CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_ZSTD_LEVEL, &bad_zstd[i]));
  attachsql_connect_destroy(con);

  TEST("OPT-24", "every level works");
  for (int i = 0; i < 2; i++)
  {
    con = account(server);
    tls_set(con, COMPRESSION, "zlib");
    tls_number(con, ATTACHSQL_OPTION_ZLIB_LEVEL, zlib[i]);
    uses(con, "zlib");
    if (server->kind != TEST_MYSQL_9_7)
      continue;
    con = account(server);
    tls_set(con, COMPRESSION, "zstd");
    tls_number(con, ATTACHSQL_OPTION_ZSTD_LEVEL, zstd[i]);
    test_login(con);
    CHECK_STR(tls_status(con, "Compression_level"), zstd[i] == 1 ? "1" : "22");
    attachsql_connect_destroy(con);
  }
}

static void inside_tls(const test_server *server)
{
  attachsql_connect_t *con = account(server);

  TEST("OPT-22", "compression inside TLS");
  tls_set(con, TLS_CA, tls_file("ca.pem"));
  tls_set(con, COMPRESSION, "zstd,zlib");
  uses(con, server->kind == TEST_MYSQL_9_7 ? "zstd" : "zlib");
}

int main(void)
{
  test_begin("compress", 120);
  TEST("OPT-22", "no connection");
  CHECK(attachsql_connect_get_compression(NULL) == NULL);
  EACH_SERVER(server)
  {
    old_option(server);
    lists(server);
    required(server);
    levels(server);
    if (server->has_tls)
      inside_tls(server);
  }
  return test_end();
}
