/* SPDX-License-Identifier: Apache-2.0
 *
 * The test header of the C API tests: checks that go on after a failure, a watch-dog, and helpers
 * for talking to the test servers. Include it first; it is complete, there is nothing to link.
 *
 *    static void row_get_repeats(const test_server *server)
 *    {
 *      attachsql_connect_t *con = test_connect(server);
 *
 *      TEST("ROW-1", "row_get shows the same row again");   // clause numbers of docs/contract.md
 *      ...
 *      CHECK_UINT(row[0].length, 5);
 *    }
 *
 *    int main(void)
 *    {
 *      test_begin("rows", 60);                              // seconds until the watch-dog bites
 *      EACH_SERVER(server)
 *        row_get_repeats(server);
 *      return test_end();
 *    }
 *
 * The servers come from the environment, as scripts/servers.sh prints it: host 127.0.0.1, ports in
 * ATTACHSQL_TEST_<PREFIX>_PORT, unix sockets in ATTACHSQL_TEST_<PREFIX>_SOCKET, account test/test, schema testdb;
 * some tests take ATTACHSQL_TEST_IPV6 and ..._LONG_USER as well.
 * What is missing there ends the program with an error. ATTACHSQL_TEST_PATIENCE multiplies the
 * time limits, for runs under valgrind; for them too, ATTACHSQL_TEST_SERVERS names those servers that
 * EACH_SERVER goes through, where that is not all of them.
 */
#ifndef ATTACHSQL_TEST_H
#define ATTACHSQL_TEST_H

#include "check.h"

/* --- Servers ------------------------------------------------------------------------------------ */

typedef enum test_kind
{
  TEST_MARIADB_10_11,
  TEST_MARIADB_11_8,
  TEST_MYSQL_9_7,
  TEST_MYSQL_5_6
} test_kind;

typedef struct test_server
{
  const char *name; /* as scripts/servers.sh calls it */
  const char *port_variable;
  const char *socket_variable;
  const char *long_user_variable;
  test_kind kind;
  bool is_mysql;
  bool has_tls; /* 1.2 or later: MySQL 5.6 has TLS 1.0 */
} test_server;

#define TEST_SERVER(name, prefix, kind, is_mysql, has_tls)                                      \
  {name, "ATTACHSQL_TEST_" prefix "_PORT", "ATTACHSQL_TEST_" prefix "_SOCKET",                  \
   "ATTACHSQL_TEST_" prefix "_LONG_USER", kind, is_mysql, has_tls}

static const test_server test_servers[] = {
  TEST_SERVER("mariadb-10.11", "MARIADB", TEST_MARIADB_10_11, false, true),
  TEST_SERVER("mariadb-11.8", "MARIADB118", TEST_MARIADB_11_8, false, true),
  TEST_SERVER("mysql-9.7", "MYSQL", TEST_MYSQL_9_7, true, true),
  TEST_SERVER("mysql-5.6", "MYSQL56", TEST_MYSQL_5_6, true, false),
};

#define TEST_SERVERS (sizeof test_servers / sizeof *test_servers)

/* Runs the following statement for each server. */
#define EACH_SERVER(server)                                                                     \
  for (const test_server *server = test_servers; server < test_servers + TEST_SERVERS; server++) \
    if (!test_wanted(server))                                                                   \
      ;                                                                                         \
    else

/* Whether ATTACHSQL_TEST_SERVERS has it, if that is set; checks are about this server from now on. */
static inline bool test_wanted(const test_server *server)
{
  const char *list = getenv("ATTACHSQL_TEST_SERVERS");
  bool any = false;

  test_server_name = server->name;
  if (!list || !*list)
    return true;
  for (size_t i = 0; i < TEST_SERVERS; i++)
    any = any || strstr(list, test_servers[i].name);
  if (!any)
    test_fatal("ATTACHSQL_TEST_SERVERS names no server: ", list);
  return strstr(list, server->name) != NULL;
}

#define TEST_HOST "127.0.0.1"
#define TEST_USER "test"
#define TEST_PASS "test"
#define TEST_SCHEMA "testdb"

static inline const char *test_env(const char *name)
{
  const char *value = getenv(name);

  if (!value || !*value)
    test_fatal("environment variable missing: ", name);
  return value;
}

static inline in_port_t test_port(const test_server *server)
{
  return (in_port_t)atoi(test_env(server->port_variable));
}

static inline const char *test_socket(const test_server *server)
{
  return test_env(server->socket_variable);
}

/* --- Connections ---------------------------------------------------------------------------------- */

/* A connection to the server over TCP, not started. */
static inline attachsql_connect_t *test_create(const test_server *server)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, &error);

  CHECK_NO_ERROR(error);
  if (!con)
    test_fatal("connect_create gave no connection to ", server->name);
  return con;
}

/* Polls until there is something to report: anything but CONNECTING and PROCESSING. */
static inline attachsql_return_t test_poll(attachsql_connect_t *con, attachsql_error_t **error)
{
  uint64_t end = test_now() + 120000u * (uint64_t)test_patience();

  for (;;)
  {
    attachsql_return_t state = attachsql_connect_poll(con, error);

    if (state != ATTACHSQL_RETURN_CONNECTING && state != ATTACHSQL_RETURN_PROCESSING)
      return state;
    if (test_now() > end)
    {
      test_report(false, __FILE__, __LINE__, "poll still says %s after two minutes", test_return_name(state));
      return state;
    }
    attachsql_connect_wait(con, 100, NULL);
  }
}

/* The same, where an error would be a failure of the test. */
#define test_poll_good(con) test_poll_good_at((con), __FILE__, __LINE__)

static inline attachsql_return_t test_poll_good_at(attachsql_connect_t *con, const char *file, int line)
{
  attachsql_error_t *error = NULL;
  attachsql_return_t state = test_poll(con, &error);

  test_no_error(&error, file, line);
  return state;
}

/* Starts a connection and polls it until it is ready. */
static inline attachsql_connect_t *test_login(attachsql_connect_t *con)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  return con;
}

/* A connection that is logged in. */
static inline attachsql_connect_t *test_connect(const test_server *server)
{
  return test_login(test_create(server));
}

/* --- Queries -------------------------------------------------------------------------------------- */

/* Starts a query without parameters. */
#define test_query(con, text) test_query_at((con), (text), __FILE__, __LINE__)

static inline bool test_query_at(attachsql_connect_t *con, const char *text, const char *file, int line)
{
  attachsql_error_t *error = NULL;
  bool good = attachsql_query(con, strlen(text), text, 0, NULL, &error);

  test_report(good, file, line, "attachsql_query gave false for: %.100s", text);
  test_no_error(&error, file, line);
  return good;
}

static inline uint32_t test_crc(uint32_t crc, const void *data, size_t length)
{
  static uint32_t table[256];
  const unsigned char *bytes = (const unsigned char *)data;

  if (!table[1])
    for (uint32_t i = 0; i < 256; i++)
    {
      uint32_t value = i;

      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
      table[i] = value;
    }
  crc = ~crc;
  for (size_t i = 0; i < length; i++)
    crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
  return ~crc;
}

typedef struct test_result
{
  attachsql_return_t end; /* what poll said at the end: EOF or ERROR */
  uint64_t rows;
  uint64_t bytes;
  uint32_t crc; /* CRC-32 of all cells, one after the other, as the server's CRC32() counts */
} test_result;

/* Reads rows until the end of this result. An error object goes to *error. */
static inline test_result test_read(attachsql_connect_t *con, attachsql_error_t **error)
{
  test_result result = {ATTACHSQL_RETURN_NONE, 0, 0, 0};

  while ((result.end = test_poll(con, error)) == ATTACHSQL_RETURN_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    if (!CHECK(row != NULL))
      break;
    for (uint16_t i = 0; i < attachsql_query_column_count(con); i++)
    {
      result.bytes += row[i].length;
      result.crc = test_crc(result.crc, row[i].data, row[i].length);
    }
    result.rows++;
    attachsql_query_row_next(con);
  }
  return result;
}

/* Runs a query to the end of its first result and closes it. Anything but EOF is a failure. */
#define test_run(con, text) test_run_at((con), (text), __FILE__, __LINE__)

static inline test_result test_run_at(attachsql_connect_t *con, const char *text, const char *file, int line)
{
  test_result result = {ATTACHSQL_RETURN_NONE, 0, 0, 0};
  attachsql_error_t *error = NULL;

  if (!test_query_at(con, text, file, line))
    return result;
  result = test_read(con, &error);
  test_report(result.end == ATTACHSQL_RETURN_EOF, file, line, "ended with %s instead of EOF: %.100s",
              test_return_name(result.end), text);
  test_no_error(&error, file, line);
  attachsql_query_close(con);
  return result;
}

/* Polls to the end of a result; returns its first cell as text, cut to 1,000 bytes, "(null)" for
 * SQL NULL, "(none)" if there was no row. The text lives until the fourth call from now. */
#define test_first(con) test_first_at((con), __FILE__, __LINE__)

static inline const char *test_first_at(attachsql_connect_t *con, const char *file, int line)
{
  static char texts[4][1001];
  static unsigned turn;
  char *text = texts[turn++ % 4];
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  bool seen = false;

  strcpy(text, "(none)");
  while ((state = test_poll(con, &error)) == ATTACHSQL_RETURN_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    if (!CHECK(row != NULL))
      break;
    if (!seen && attachsql_query_cell_is_null(&row[0]))
      strcpy(text, "(null)");
    else if (!seen)
    {
      size_t length = row[0].length < 1000 ? row[0].length : 1000;

      memcpy(text, row[0].data, length);
      text[length] = '\0';
    }
    seen = true;
    attachsql_query_row_next(con);
  }
  test_report(state == ATTACHSQL_RETURN_EOF, file, line, "ended with %s instead of EOF", test_return_name(state));
  test_no_error(&error, file, line);
  return text;
}

/* The first cell of a query's answer, as test_first gives it; the query is closed. */
#define test_value(con, text) test_value_at((con), (text), __FILE__, __LINE__)

static inline const char *test_value_at(attachsql_connect_t *con, const char *text, const char *file, int line)
{
  const char *value;

  if (!test_query_at(con, text, file, line))
    return "(refused)";
  value = test_first_at(con, file, line);
  attachsql_query_close(con);
  return value;
}

static inline uint64_t test_number(attachsql_connect_t *con, const char *text)
{
  return strtoull(test_value(con, text), NULL, 10);
}

/* Runs a query that the server must refuse with this code and SQLSTATE, and closes it. */
#define test_refused(con, text, code, sqlstate) test_refused_at((con), (text), (code), (sqlstate), __FILE__, __LINE__)

static inline void test_refused_at(attachsql_connect_t *con, const char *text, int code, const char *sqlstate,
                                   const char *file, int line)
{
  attachsql_error_t *error = NULL;

  if (!test_query_at(con, text, file, line))
    return;
  test_poll_is(test_read(con, &error).end, ATTACHSQL_RETURN_ERROR, text, file, line);
  test_error_is(&error, code, sqlstate, text, file, line);
  attachsql_query_close(con);
}

/* The connection works: it answers a query of its own. */
#define test_works(con) test_works_at((con), __FILE__, __LINE__)

static inline void test_works_at(attachsql_connect_t *con, const char *file, int line)
{
  static unsigned marks = 1000;
  char text[64], want[16];

  snprintf(want, sizeof want, "%u", ++marks);
  snprintf(text, sizeof text, "SELECT '%s'", want);
  test_str(test_value_at(con, text, file, line), want, "an answer of its own", file, line);
}

/* SQL for derived tables t with one column n, in no order: the numbers 0 to 999, which is quick, and
 * 0 to 99999, which takes servers 50 ms. */
#define TEST_DIGITS                                                                              \
  "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 "  \
  "UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
#define TEST_THOUSAND                                                                            \
  "(SELECT d1.d + 10 * d2.d + 100 * d3.d AS n FROM " TEST_DIGITS " d1, " TEST_DIGITS " d2, " TEST_DIGITS " d3) t"
#define TEST_NUMBERS                                                                             \
  "(SELECT d1.d + 10 * d2.d + 100 * d3.d + 1000 * d4.d + 10000 * d5.d AS n FROM " TEST_DIGITS    \
  " d1, " TEST_DIGITS " d2, " TEST_DIGITS " d3, " TEST_DIGITS " d4, " TEST_DIGITS " d5) t"

/* Creates the temporary table `numbers` with one column n, the numbers from 0 to below count. */
static inline void test_numbers(attachsql_connect_t *con, unsigned count)
{
  static const char *const steps[] = {
    "CREATE TEMPORARY TABLE IF NOT EXISTS numbers (n INT NOT NULL PRIMARY KEY)", "DELETE FROM numbers"};
  char text[2000];

  test_run(con, steps[0]);
  test_run(con, steps[1]);
  snprintf(text, sizeof text, "INSERT INTO numbers SELECT n FROM " TEST_NUMBERS " WHERE n < %u", count);
  test_run(con, text);
}

#endif
