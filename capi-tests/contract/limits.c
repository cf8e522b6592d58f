/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group MEM: bounds of rows, of buffered results and of a whole connection, and what one has in memory.
 */
#include "../support/test.h"

#define MEBIBYTE (1u << 20)

static attachsql_memory_st memory(attachsql_connect_t *con)
{
  attachsql_memory_st memory;

  memset(&memory, 0x55, sizeof memory);
  memory.size = sizeof memory;
  CHECK(attachsql_connect_get_memory(con, &memory));
  CHECK_UINT(memory.size, sizeof memory);
  CHECK(memory.peak >= memory.current);
  CHECK(memory.current >=
        memory.receive + memory.send + memory.rows + memory.columns + memory.statements + memory.layers);
  return memory;
}

static bool set(attachsql_connect_t *con, attachsql_options_t option, uint32_t value)
{
  return attachsql_connect_set_option(con, option, &value);
}

/* The current answer ends with the error of a bound, after so many rows; nothing of it is left in the stream. */
static void over(attachsql_connect_t *con, uint64_t rows, const char *option, const char *value)
{
  attachsql_error_t *error = NULL;
  test_result result = test_read(con, &error);

  CHECK_POLL(result.end, ATTACHSQL_RETURN_ERROR);
  CHECK_UINT(result.rows, rows);
  CHECK_INT(attachsql_error_code(error), 2020);
  CHECK_STR(attachsql_error_sqlstate(error), "08S01");
  CHECK(strstr(attachsql_error_message(error), option) != NULL);
  CHECK(strstr(attachsql_error_message(error), value) != NULL);
  attachsql_error_free(error);
}

static void long_rows(attachsql_connect_t *con)
{
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, MEBIBYTE));

  TEST("MEM-1", "a row of ten megabytes, read row by row");
  for (int i = 0; i < 2; i++)
  {
    CHECK(test_query(con, "SELECT REPEAT('a', 10) UNION ALL SELECT REPEAT('r', 10000000) UNION ALL SELECT 'z'"));
    over(con, 1, "ATTACHSQL_OPTION_MAX_ROW", "1048576");
    attachsql_query_close(con);
    test_works(con);
  }
  CHECK(memory(con).peak < MEBIBYTE);

  TEST("MEM-1", "the same, buffered");
  attachsql_query_buffer_rows(con, true);
  CHECK(test_query(con, "SELECT 'a' UNION ALL SELECT REPEAT('r', 10000000)"));
  over(con, 0, "ATTACHSQL_OPTION_MAX_ROW", "1048576");
  CHECK_UINT(attachsql_query_row_count(con), 0);
  attachsql_query_close(con);
  attachsql_query_buffer_rows(con, false);
  test_works(con);

  TEST("MEM-1", "a row of 64 megabytes, in several packets");
  CHECK(test_query(con, "SELECT 'a', 1, 1, 1 UNION ALL SELECT REPEAT('r', 16000000), REPEAT('r', 16000000),"
                        " REPEAT('r', 16000000), REPEAT('r', 16000000) UNION ALL SELECT 'z', 1, 1, 1"));
  over(con, 1, "64000016 bytes", "1048576");
  attachsql_query_close(con);
  test_works(con);
  CHECK(memory(con).peak < MEBIBYTE);

  TEST("MEM-1", "a row within the bound, then none");
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 1000000)").bytes, 1000000);

  TEST("MEM-3", "the bound is taken back");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, 0));
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 10000000)").bytes, 10000000);
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_MAX_ROW, NULL));
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_MAX_RESULT, NULL));
}

static void statements(attachsql_connect_t *con)
{
  static const char text[] = "SELECT REPEAT('s', ?)";
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, &error);

  TEST("MEM-1", "rows of a statement, which can be executed again");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, MEBIBYTE));
  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_stmt_set_int(stmt, 0, i == 1 ? 5 : 4000000, &error));
    CHECK(attachsql_stmt_execute(stmt, &error));
    if (i == 1)
    {
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
      CHECK(attachsql_stmt_row_get(stmt, &error));
      attachsql_stmt_row_next(stmt);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      continue;
    }
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 2020, "08S01");
  }
  CHECK(memory(con).statements > 0);
  attachsql_stmt_destroy(stmt);
  test_works(con);
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, 0));
}

static void results(attachsql_connect_t *con)
{
  static const char *text = "SELECT n, REPEAT('m', 1000) FROM " TEST_THOUSAND " WHERE n < 1000";
  size_t before;

  TEST("MEM-2", "a buffered result over the bound");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_RESULT, 200000));
  before = memory(con).current;
  attachsql_query_buffer_rows(con, true);
  CHECK(test_query(con, text));
  over(con, 0, "ATTACHSQL_OPTION_MAX_RESULT", "200000");
  CHECK(attachsql_query_buffer_row_get(con) != NULL);
  CHECK(memory(con).current < 200000 + 300000);
  attachsql_query_close(con);
  TEST("MEM-4", "all is given back");
  CHECK(memory(con).current <= before + 4096);
  attachsql_query_buffer_rows(con, false);
  test_works(con);
  attachsql_query_buffer_rows(con, true);

  TEST("MEM-3", "and with more of it, the result is there");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_RESULT, 4 * MEBIBYTE));
  CHECK(test_query(con, text));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 1000);
  TEST("MEM-4", "and counted");
  CHECK(memory(con).current > 1000000);
  CHECK(memory(con).rows > 900000);
  attachsql_query_close(con);
  CHECK(memory(con).current <= before + 4096);
  CHECK(memory(con).peak > 1000000);
  attachsql_query_buffer_rows(con, false);

  TEST("MEM-2", "row by row there is no bound");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_RESULT, 1000));
  CHECK_UINT(test_run(con, text).rows, 1000);
  CHECK(set(con, ATTACHSQL_OPTION_MAX_RESULT, 0));
}

/* A command was refused because of the bound of the connection. */
static void refused(bool sent, attachsql_error_t *error)
{
  if (!CHECK(!sent) || !CHECK(error != NULL))
    return;
  CHECK(strstr(attachsql_error_message(error), "ATTACHSQL_OPTION_MAX_MEMORY") != NULL);
  CHECK(strstr(attachsql_error_message(error), "the limit of 1048576 bytes") != NULL);
  CHECK_ERROR(error, 2020, "08S01");
}

static void bulk(attachsql_connect_t *con)
{
  static const char text[] = "INSERT INTO capped VALUES (?)";
  static char value[10000];
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, &error);
  uint64_t rows = 0;

  TEST("MEM-6", "rows of a bulk execute: those that were taken can be executed");
  memset(value, 'v', sizeof value);
  test_run(con, "CREATE TEMPORARY TABLE capped (v TEXT)");
  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  while (attachsql_stmt_set_string(stmt, 0, sizeof value, value, NULL) && attachsql_stmt_bulk_add(stmt, NULL, &error))
    rows++;
  refused(false, error);
  error = NULL;
  CHECK(rows >= 20 && rows < 105);
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  do
    CHECK(memory(con).current <= MEBIBYTE);
  while (attachsql_connect_poll(con, &error) == ATTACHSQL_RETURN_PROCESSING &&
         attachsql_connect_wait(con, 10000, &error));
  CHECK_NO_ERROR(error);
  CHECK_UINT(attachsql_query_affected_rows(con), rows);
  attachsql_stmt_destroy(stmt);
  test_run(con, "DROP TEMPORARY TABLE capped");
}

static void bounded(const test_server *server, const char *compression, bool tls)
{
  static char text[MEBIBYTE];
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  size_t most = 0;
  int count = 0;

  memset(text, ' ', sizeof text);
  memcpy(text, "SELECT 1", 8);
  if (tls)
  {
    CHECK(set(con, ATTACHSQL_OPTION_TLS, 1));
    CHECK(set(con, ATTACHSQL_OPTION_TLS_VERIFY, 0));
  }
  if (compression)
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION, compression));
  CHECK(set(con, ATTACHSQL_OPTION_MAX_MEMORY, MEBIBYTE));

  TEST("MEM-6", "a query that is too long for it, before the login and after");
  for (int i = 0; i < 2; i++)
  {
    bool sent = attachsql_query(con, sizeof text, text, 0, NULL, &error);

    refused(sent, error);
    error = NULL;
    attachsql_query_close(con);
    if (i == 0)
      test_login(con);
  }
  CHECK(attachsql_query(con, 500000, text, 0, NULL, &error));
  CHECK(memory(con).current <= MEBIBYTE);
  CHECK_STR(test_first(con), "1");
  attachsql_query_close(con);

  TEST("MEM-6", "a row, and a buffered result, of several megabytes");
  for (int i = 0; i < 2; i++)
  {
    CHECK(test_query(con, "SELECT 'a' UNION ALL SELECT REPEAT('r', 3000000) UNION ALL SELECT 'z'"));
    over(con, i == 0, "ATTACHSQL_OPTION_MAX_MEMORY", "1048576");
    attachsql_query_close(con);
    attachsql_query_buffer_rows(con, false);
    test_works(con);
    attachsql_query_buffer_rows(con, i == 0);
  }
  attachsql_query_buffer_rows(con, true);
  CHECK(test_query(con, "SELECT n, n, n FROM " TEST_THOUSAND " WHERE n < 1000"));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 1000);
  attachsql_query_close(con);
  CHECK(test_query(con, "SELECT n, n, n FROM " TEST_NUMBERS));
  while (attachsql_connect_poll(con, &error) == ATTACHSQL_RETURN_PROCESSING)
  {
    most = memory(con).current > most ? memory(con).current : most;
    attachsql_connect_wait(con, 10000, NULL);
  }
  CHECK(memory(con).current <= MEBIBYTE && most <= MEBIBYTE && most > MEBIBYTE / 4);
  refused(false, error);
  error = NULL;
  CHECK(attachsql_query_buffer_row_get(con) != NULL);
  attachsql_query_close(con);
  attachsql_query_buffer_rows(con, false);
  test_works(con);

  TEST("MEM-6", "a pipeline: what was taken is run");
  while (attachsql_pipeline_add(con, 10000, text, 0, NULL, NULL, &error))
    count++;
  refused(false, error);
  error = NULL;
  CHECK(count >= 20 && count < 100);
  CHECK(attachsql_pipeline_send(con, false, &error));
  for (int i = 0; i < count; i++)
  {
    CHECK_STR(test_first(con), "1");
    attachsql_query_row_next(con);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK(memory(con).current <= MEBIBYTE);
    CHECK_POLL(attachsql_pipeline_next(con), i + 1 < count ? ATTACHSQL_RETURN_PROCESSING : ATTACHSQL_RETURN_EOF);
  }
  bulk(con);

  TEST("MEM-6", "taken back; and bounds that are too low");
  CHECK(!set(con, ATTACHSQL_OPTION_MAX_MEMORY, MEBIBYTE - 1));
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_MAX_MEMORY, NULL));
  CHECK(set(con, ATTACHSQL_OPTION_MAX_MEMORY, 0));
  CHECK_UINT(test_run(con, "SELECT REPEAT('r', 3000000)").bytes, 3000000);
  attachsql_connect_destroy(con);
}

/* With TLS and compression, as far as the server has them. */
static void layers(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  if (server->has_tls)
  {
    CHECK(set(con, ATTACHSQL_OPTION_TLS, 1));
    CHECK(set(con, ATTACHSQL_OPTION_TLS_VERIFY, 0));
  }
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION, "zlib"));
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, MEBIBYTE));
  test_login(con);
  TEST("MEM-1", "with TLS and compression");
  CHECK(test_query(con, "SELECT 'a' UNION ALL SELECT REPEAT('r', 10000000) UNION ALL SELECT 'z'"));
  over(con, 1, "ATTACHSQL_OPTION_MAX_ROW", "1048576");
  attachsql_query_close(con);
  test_works(con);
  TEST("MEM-4", "with TLS and compression");
  CHECK(memory(con).layers > 0);
  CHECK(memory(con).peak < MEBIBYTE);
  attachsql_connect_destroy(con);
}

typedef struct seen
{
  int rows, errors, ends;
} seen;

static void told(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  seen *all = context;

  (void)id;
  if (event == ATTACHSQL_EVENT_CONNECTED)
    CHECK(test_query(con, "SELECT 'a' UNION ALL SELECT REPEAT('r', 10000000) UNION ALL SELECT 'z'"));
  else if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    all->rows++;
    attachsql_query_row_next(con);
  }
  else if (event == ATTACHSQL_EVENT_ERROR)
  {
    all->errors++;
    CHECK_ERROR(error, 2020, "08S01");
    attachsql_query_close(con);
    CHECK(test_query(con, "SELECT 1"));
  }
  else
    all->ends++;
}

static void pool(const test_server *server)
{
  seen all = {0, 0, 0};
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(told, &all, &error);
  attachsql_connect_t *con = test_create(server);

  TEST("MEM-1", "in a pool: one event, and the next query works");
  CHECK(set(con, ATTACHSQL_OPTION_MAX_ROW, MEBIBYTE));
  attachsql_pool_add_connection(pool, con, &error);
  CHECK(attachsql_connect(con, &error));
  while (all.ends == 0 && attachsql_pool_wait(pool, 10000, &error))
    attachsql_pool_run(pool);
  CHECK_NO_ERROR(error);
  CHECK_INT(all.errors, 1);
  CHECK_INT(all.rows, 2);
  CHECK_INT(all.ends, 1);
  attachsql_pool_destroy(pool);
}

static void sizes(void)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create("127.0.0.1", 1, "u", "p", "s", &error);
  struct
  {
    attachsql_memory_st memory;
    char behind[16];
  } more;
  attachsql_memory_st now;

  TEST("MEM-5", "structs of other versions");
  memset(&more, 0x55, sizeof more);
  more.memory.size = sizeof more;
  CHECK(attachsql_connect_get_memory(con, &more.memory));
  CHECK_INT(more.behind[0], 0);
  CHECK_INT(more.behind[15], 0);
  memset(&now, 0x55, sizeof now);
  now.size = 2 * sizeof(size_t);
  CHECK(attachsql_connect_get_memory(con, &now));
  CHECK(now.current > 0 && now.current < 8192);
  CHECK(now.peak == (size_t)0x5555555555555555u);
  now.size = 2 * sizeof(size_t) - 1;
  CHECK(!attachsql_connect_get_memory(con, &now));
  CHECK(!attachsql_connect_get_memory(con, NULL));
  CHECK(!attachsql_connect_get_memory(NULL, &now));
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("limits", 120);
  sizes();
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);

    TEST("MEM-4", "an idle connection");
    CHECK(memory(con).current < 8192);
    long_rows(con);
    statements(con);
    results(con);
    attachsql_connect_destroy(con);
    bounded(server, NULL, false);
    bounded(server, "zlib", server->has_tls);
    layers(server);
    pool(server);
  }
  return test_end();
}
