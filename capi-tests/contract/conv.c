/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CONV: error objects, borrowed data, NULL arguments, lifetimes. Threads are in
 * threads.c, signals in signals.c, calls in every state in states.c.
 */
#include "../support/test.h"

/* An address that no error object has; freeing or reading it would crash. */
#define GARBAGE ((attachsql_error_t *)(uintptr_t)0x5a5a5a5a)

static void null_connection(void)
{
  attachsql_error_t *error = NULL;
  attachsql_query_parameter_st parameter;

  TEST("CONV-10 NEXT-1", "functions that report errors, with a NULL connection");
  CHECK(!attachsql_connect(NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(attachsql_connect_poll(NULL, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_ssl(NULL, "k", "c", "ca", "path", "cipher", true, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_fd(NULL, 0, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_wait(NULL, 0, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_wait(NULL, -1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query(NULL, 8, "SELECT 1", 0, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  memset(&parameter, 0, sizeof parameter);
  CHECK(!attachsql_query(NULL, 8, "SELECT ?", 1, &parameter, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query(NULL, 0, NULL, 0, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_query_row_get(NULL, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_POLL(attachsql_query_next_result(NULL), ATTACHSQL_RETURN_ERROR);

  TEST("CONV-1 CONV-10", "the same without an error argument");
  CHECK(!attachsql_connect(NULL, NULL));
  CHECK_POLL(attachsql_connect_poll(NULL, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK(!attachsql_connect_set_ssl(NULL, NULL, NULL, NULL, NULL, NULL, false, NULL));
  CHECK(!attachsql_connect_wait(NULL, 10, NULL));
  CHECK(!attachsql_query(NULL, 8, "SELECT 1", 0, NULL, NULL));
  CHECK(attachsql_query_row_get(NULL, NULL) == NULL);

  TEST("CONV-10 INFO-1 COL-1 BUF-1", "functions that report no errors, with a NULL connection");
  CHECK(!attachsql_connect_set_option(NULL, ATTACHSQL_OPTION_FOUND_ROWS, NULL));
  CHECK(!attachsql_query_buffer_rows(NULL, true));
  CHECK(!attachsql_query_buffer_rows(NULL, false));
  CHECK(attachsql_connect_get_server_version(NULL) == NULL);
  CHECK(attachsql_query_info(NULL) == NULL);
  CHECK(attachsql_query_column_get(NULL, 0) == NULL);
  CHECK(attachsql_query_column_get(NULL, 1) == NULL);
  CHECK(attachsql_query_buffer_row_get(NULL) == NULL);
  CHECK(attachsql_query_row_get_offset(NULL, 0) == NULL);
  CHECK_UINT(attachsql_connect_get_connection_id(NULL), 0);
  CHECK_UINT(attachsql_connection_last_insert_id(NULL), 0);
  CHECK_UINT(attachsql_query_affected_rows(NULL), 0);
  CHECK_UINT(attachsql_query_warning_count(NULL), 0);
  CHECK_UINT(attachsql_query_column_count(NULL), 0);
  CHECK_UINT(attachsql_query_row_count(NULL), 0);
  attachsql_connect_destroy(NULL);
  attachsql_query_close(NULL);
  attachsql_query_row_next(NULL);
}

/* A whole session without one error argument, failures included. */
static void null_error(const test_server *server)
{
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  attachsql_return_t state;
  unsigned rows = 0;

  TEST("CONV-1", "success and failure with NULL for error");
  CHECK(attachsql_connect_create(TEST_HOST, 1, NULL, NULL, NULL, NULL) == NULL);
  CHECK(!attachsql_connect_set_ssl(con, NULL, NULL, NULL, NULL, NULL, false, NULL));
  attachsql_connect_destroy(con);

  con = test_create(server);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_NOT_CONNECTED);
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_connect(con, NULL));
  CHECK(attachsql_query(con, 8, "SELECT 7", 0, NULL, NULL));
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL));
  attachsql_query_close(con);
  CHECK(attachsql_query(con, 27, "SELECT 1 UNION ALL SELECT 2", 0, NULL, NULL));
  while ((state = test_poll(con, NULL)) == ATTACHSQL_RETURN_ROW_READY)
  {
    rows++;
    CHECK(attachsql_query_row_get(con, NULL) != NULL);
    attachsql_query_row_next(con);
  }
  CHECK_UINT(rows, 2);
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_query_row_get(con, NULL) == NULL);
  attachsql_query_close(con);
  CHECK(attachsql_query(con, 4, "SELE", 0, NULL, NULL));
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);

  con = attachsql_connect_create(TEST_HOST, test_port(server), TEST_USER, "wrong", TEST_SCHEMA, NULL);
  attachsql_connect(con, NULL);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK(!attachsql_connect(con, NULL));
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL));
  attachsql_connect_destroy(con);
}

/* The variable holds an address that must not be touched, through a session of successes. */
static void untouched_on_success(const test_server *server)
{
  attachsql_error_t *error = GARBAGE;
  attachsql_connect_t *con;
  attachsql_return_t state;

  TEST("CONV-2", "success does not write to *error");
  con = attachsql_connect_create(TEST_HOST, test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, &error);
  CHECK(error == GARBAGE);
  attachsql_connect_poll(con, &error);
  CHECK(error == GARBAGE);
  CHECK(attachsql_connect(con, &error));
  CHECK(error == GARBAGE);
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING)
    attachsql_connect_wait(con, 100, &error);
  if (!CHECK_POLL(state, ATTACHSQL_RETURN_EOF))
    test_fatal("cannot connect to ", server->name);
  CHECK(error == GARBAGE);
  CHECK(attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_PROCESSING)
    attachsql_connect_wait(con, 100, &error);
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_query_row_get(con, &error) != NULL);
  attachsql_query_row_next(con);
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_PROCESSING)
    attachsql_connect_wait(con, 100, &error);
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK(error == GARBAGE);
  attachsql_connect_destroy(con);
}

static void overwritten_on_failure(const test_server *server)
{
  attachsql_error_t *error = GARBAGE, *first, *again = GARBAGE;
  attachsql_connect_t *con = test_connect(server);

  TEST("CONV-3", "failure writes *error without looking at it");
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK(error != GARBAGE);
  first = error;
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  TEST("CONV-4", "each failure makes an object of its own");
  CHECK(error != first);
  attachsql_error_free(first);
  CHECK_ERROR(error, 2051, "02000");
  error = GARBAGE;
  CHECK(attachsql_connect_create(TEST_HOST, 1, NULL, "", "", &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  error = GARBAGE;
  CHECK(attachsql_query(con, 4, "SELE", 0, NULL, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_POLL(test_poll(con, &again), ATTACHSQL_RETURN_ERROR);
  CHECK(error != again);
  attachsql_error_free(again);

  TEST("CONV-4", "an error object outlives its connection");
  attachsql_connect_destroy(con);
  CHECK_ERROR(error, 1064, "42000");
}

/* Return value and *error agree for the failures that a program meets. */
static void consistent(const test_server *server)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = test_connect(server);

  TEST("CONV-5", "failure and error object come together");
  CHECK(attachsql_query(con, 8, "SELECT 1", 0, NULL, &error) && !error);
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error) && error);
  CHECK_ERROR(error, 2014, "08002");
  CHECK(test_poll(con, &error) == ATTACHSQL_RETURN_ROW_READY && !error);
  CHECK(attachsql_query_row_get(con, &error) && !error);
  attachsql_query_row_next(con);
  CHECK(test_poll(con, &error) == ATTACHSQL_RETURN_EOF && !error);
  CHECK(!attachsql_query_row_get(con, &error) && error);
  CHECK_ERROR(error, 2051, "02000");
  attachsql_connect_destroy(con);
}

/* Every string handed over is overwritten as soon as the call has returned. */
static void strings_are_copied(const test_server *server)
{
  char host[32], user[16], pass[16], schema[32], text[64], data[8];
  attachsql_query_parameter_st parameter;
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con;
  attachsql_query_row_st *row;

  TEST("CONV-6", "host, user, password, schema, text and parameters of a passive query are copied");
  strcpy(host, TEST_HOST);
  strcpy(user, TEST_USER);
  strcpy(pass, TEST_PASS);
  strcpy(schema, TEST_SCHEMA);
  con = attachsql_connect_create(host, test_port(server), user, pass, schema, &error);
  memset(host, 'x', sizeof host);
  memset(user, 'x', sizeof user);
  memset(pass, 'x', sizeof pass);
  memset(schema, 'x', sizeof schema);
  strcpy(text, "SELECT ?, DATABASE()");
  strcpy(data, "abc");
  memset(&parameter, 0x55, sizeof parameter);
  parameter.type = ATTACHSQL_ESCAPE_TYPE_CHAR;
  parameter.data = data;
  parameter.length = 3;
  CHECK(attachsql_query(con, strlen(text), text, 1, &parameter, &error));
  CHECK_NO_ERROR(error);
  memset(text, 'x', sizeof text);
  memset(data, 'x', sizeof data);
  memset(&parameter, 0x55, sizeof parameter);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
  {
    CHECK_BYTES(row[0].data, row[0].length, "abc", 3);
    CHECK_BYTES(row[1].data, row[1].length, TEST_SCHEMA, strlen(TEST_SCHEMA));
  }
  attachsql_query_close(con);

  TEST("CONV-6", "the text of a query on a live connection is copied");
  strcpy(text, "SELECT 'kept'");
  CHECK(attachsql_query(con, strlen(text), text, 0, NULL, NULL));
  memset(text, 'x', sizeof text);
  CHECK_STR(test_first(con), "kept");
  attachsql_connect_destroy(con);

  TEST("CONV-6", "option values are copied");
  con = test_create(server);
  strcpy(text, "latin1_german2_ci");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, text));
  memset(text, 'x', sizeof text);
  test_login(con);
  CHECK_STR(test_value(con, "SELECT @@collation_connection"), "latin1_german2_ci");
  attachsql_connect_destroy(con);
}

static void bytes_are_counted(const test_server *server)
{
  static const char text[] = "SELECT LENGTH('a\0b'), 'a\0b', ?";
  static char value[] = "c\0d";
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 3, false};
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_row_st *row;
  char longer[] = "SELECT 'counted' this is not part of it";

  TEST("CONV-7", "NUL in texts, parameters and cells");
  parameter.data = value;
  CHECK(attachsql_query(con, sizeof text - 1, text, 1, &parameter, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
  {
    CHECK_BYTES(row[0].data, row[0].length, "3", 1);
    CHECK_BYTES(row[1].data, row[1].length, "a\0b", 3);
    CHECK_BYTES(row[2].data, row[2].length, "c\0d", 3);
  }
  attachsql_query_close(con);

  TEST("CONV-7", "the length ends a text, not a NUL");
  CHECK(attachsql_query(con, 16, longer, 0, NULL, NULL));
  CHECK_STR(test_first(con), "counted");
  attachsql_connect_destroy(con);
}

/* The pointers of the lifetime table, looked at again at the end of their life. */
static void lifetimes(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  const char *version = attachsql_connect_get_server_version(con), *info;
  attachsql_query_row_st *row;
  attachsql_query_column_st *column;
  char copy[200];

  TEST("CONV-13 CONN-22", "the version text until destroy");
  snprintf(copy, sizeof copy, "%s", version);
  test_run(con, "CREATE TEMPORARY TABLE lives (id INT)");
  test_query(con, "INSERT INTO lives VALUES (1), (2)");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("CONV-13 INFO-5", "the info text until the next command");
  info = attachsql_query_info(con);
  attachsql_query_close(con);
  CHECK(strncmp(info, "Records: 2", 10) == 0);

  TEST("CONV-13 ROW-3", "row and column through polls and getters");
  test_query(con, "SELECT id AS alias FROM lives");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, NULL);
  column = attachsql_query_column_get(con, 1);
  for (int i = 0; i < 100; i++)
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  attachsql_connect_wait(con, 10, NULL);
  attachsql_query_next_result(con);
  if (CHECK(row && column))
  {
    CHECK_BYTES(row[0].data, row[0].length, "1", 1);
    attachsql_query_row_next(con);
    CHECK_STR(column->column, "alias");
    CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
    CHECK_STR(column->column, "alias");
    CHECK_STR(column->origin_column, "id");
  }
  attachsql_query_close(con);
  CHECK_STR(version, copy);
  CHECK_STR(attachsql_connect_get_server_version(con), copy);
  attachsql_connect_destroy(con);
}

/* A second of work at the server: no poll may wait for it. Half of it is a generous limit. */
static void no_call_waits(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  uint64_t longest = 0, before, took;
  attachsql_return_t state;

  TEST("CONV-14 POLL-1 POLL-7", "no poll waits for the server");
  test_query(con, "SELECT SLEEP(1)");
  do
  {
    before = test_now();
    state = attachsql_connect_poll(con, NULL);
    took = test_now() - before;
    longest = took > longest ? took : longest;
    CHECK(state != ATTACHSQL_RETURN_NONE);
  } while (state == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  if (longest >= 500 * (uint64_t)test_patience())
    CHECK_UINT(longest, 0);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("conv", 120);
  null_connection();
  EACH_SERVER(server)
  {
    null_error(server);
    untouched_on_success(server);
    overwritten_on_failure(server);
    consistent(server);
    strings_are_copied(server);
    bytes_are_counted(server);
    lifetimes(server);
    no_call_waits(server);
  }
  return test_end();
}
