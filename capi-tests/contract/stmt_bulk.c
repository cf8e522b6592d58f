/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group BULK: a statement that is executed for many rows of values, with one end.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/statements.h"

static attachsql_stmt_t *prepared(attachsql_connect_t *con, const char *text)
{
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, &error);

  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  return stmt;
}

static void row(attachsql_stmt_t *stmt, int a, const char *b)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_stmt_set_int(stmt, 0, a, &error));
  CHECK(b ? attachsql_stmt_set_string(stmt, 1, strlen(b), b, &error) : attachsql_stmt_set_null(stmt, 1, &error));
  CHECK(attachsql_stmt_bulk_add(stmt, NULL, &error));
  CHECK_NO_ERROR(error);
}

/* A call has failed because of the bulk execute. */
static void refused(bool taken, attachsql_error_t **error)
{
  CHECK(!taken);
  if (CHECK(*error != NULL))
    CHECK(strstr(attachsql_error_message(*error), "a bulk execute is under way") != NULL);
  CHECK_ERROR(*error, 2014, "08002");
}

static void many(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt;
  uint64_t first = 5, last = 5;

  TEST("BULK-1", "rows are kept, and one execute runs them all");
  test_run(con, "CREATE TEMPORARY TABLE bulk (a INT PRIMARY KEY, b VARCHAR(20) DEFAULT 'none')");
  stmt = prepared(con, "INSERT INTO bulk VALUES (?, ?)");
  CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), 0);
  for (int i = 0; i < 1000; i++)
    row(stmt, i, i % 2 ? "odd" : NULL);
  CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), 1000);
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), 0);

  TEST("BULK-4", "nothing else meanwhile; the message says what is under way");
  refused(attachsql_query(con, 4, "DO 1", 0, NULL, &error), &error);
  refused(attachsql_stmt_execute(stmt, &error), &error);
  refused(attachsql_stmt_prepare(stmt, 4, "DO 1", &error), &error);
  refused(attachsql_statement_prepare(con, 4, "DO 1", &error), &error);
  refused(attachsql_connect_ping(con, &error), &error);
  refused(attachsql_connect_reset(con, &error), &error);
  refused(attachsql_connect_change_schema(con, TEST_SCHEMA, &error), &error);
  refused(attachsql_connect_change_user(con, TEST_USER, TEST_PASS, TEST_SCHEMA, &error), &error);
  CHECK(attachsql_pipeline_add(con, 4, "DO 1", 0, NULL, NULL, NULL));
  refused(attachsql_pipeline_send(con, false, &error), &error);
  row(stmt, 5, "again");
  refused(attachsql_stmt_bulk_execute(stmt, &error), &error);
  CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), 1);

  TEST("BULK-2", "one end, and the sums");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 1000);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(!attachsql_stmt_bulk_get_failed(stmt, &first, &last));
  CHECK(first == 5 && last == 5);

  TEST("BULK-3", "an error, and where it was");
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  for (int i = 0; i < 2; i++)
  {
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1062, "23000");
  }
  CHECK(attachsql_stmt_bulk_get_failed(stmt, &first, &last));
  CHECK_UINT(first, 0);
  CHECK_UINT(last, 0);
  CHECK(attachsql_stmt_bulk_get_failed(stmt, NULL, NULL));
  CHECK_UINT(test_number(con, "SELECT COUNT(*) + COUNT(b) FROM bulk"), 1500);

  TEST("BULK-5", "cleared, and gone with the statement");
  row(stmt, 2000, "x");
  attachsql_stmt_bulk_clear(stmt);
  CHECK(!attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_ERROR(error, 3000, "22023");
  row(stmt, 2000, "x");
  CHECK(attachsql_stmt_prepare(stmt, 30, "INSERT INTO bulk VALUES (?, ?)", &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), 0);

  TEST("BULK-6", "indicators");
  static const uint8_t null[] = {ATTACHSQL_INDICATOR_VALUE, ATTACHSQL_INDICATOR_NULL};
  static const uint8_t otherwise[] = {ATTACHSQL_INDICATOR_VALUE, ATTACHSQL_INDICATOR_DEFAULT};
  static const uint8_t wrong[] = {0, 4};
  row(stmt, 3000, "x");
  CHECK(attachsql_stmt_set_int(stmt, 0, 3001, &error));
  CHECK(attachsql_stmt_bulk_add(stmt, null, &error));
  CHECK(!attachsql_stmt_bulk_add(stmt, wrong, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_set_int(stmt, 0, 3002, &error));
  CHECK(attachsql_stmt_bulk_add(stmt, otherwise, &error) != server->is_mysql);
  if (server->is_mysql)
    CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM bulk WHERE a >= 3000 AND b IS NULL"), 1);
  CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM bulk WHERE b = 'none'"), server->is_mysql ? 0 : 1);
  CHECK_NO_ERROR(error);
  attachsql_stmt_destroy(stmt);

  TEST("BULK-10", "statements that MariaDB takes no arrays for");
  stmt = prepared(con, "INSERT INTO bulk SELECT ? + 4000, ?");
  for (int i = 0; i < 3; i++)
    row(stmt, i, "x");
  CHECK(attachsql_stmt_set_int(stmt, 0, 1, &error));
  CHECK(!attachsql_stmt_bulk_add(stmt, otherwise, &error));
  CHECK_ERROR(error, 3000, "22023");
  row(stmt, 1, "again");
  row(stmt, 4, "x");
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1062, "23000");
  CHECK(attachsql_stmt_bulk_get_failed(stmt, &first, &last));
  CHECK(first == 3 && last == 3);
  CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM bulk WHERE a >= 4000"), 4);
  attachsql_stmt_destroy(stmt);
  stmt = prepared(con, "DO ? + LENGTH(?)");
  for (int i = 0; i < 3; i++)
    row(stmt, i, "x");
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_affected_rows(con), 0);
  attachsql_stmt_destroy(stmt);

  TEST("BULK-11", "bounded by bytes");
  uint32_t most = 1024;
  unsigned kept = 0;
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_PIPELINE_MAX_BYTES, &most));
  stmt = prepared(con, "INSERT INTO bulk VALUES (?, ?)");
  for (int round = 0; round < 2; round++)
  {
    kept = 0;
    CHECK(attachsql_stmt_set_string(stmt, 1, 10, "ten bytes.", &error));
    while (kept < 1000 && attachsql_stmt_set_int(stmt, 0, 5000 + 100 * round + (int)kept, NULL) && attachsql_stmt_bulk_add(stmt, NULL, &error))
      kept++;
    CHECK(kept > 15 && kept < 100);
    CHECK_ERROR(error, 2020, "08S01");
    CHECK_UINT(attachsql_stmt_bulk_get_count(stmt), kept);
    CHECK(attachsql_stmt_bulk_execute(stmt, &error));
    CHECK(attachsql_stmt_bulk_add(stmt, NULL, &error));
    attachsql_stmt_bulk_clear(stmt);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_affected_rows(con), kept);
  }
  attachsql_stmt_destroy(stmt);

  TEST("BULK-7", "not for rows, cursors and long data");
  stmt = prepared(con, "SELECT ?");
  CHECK(!attachsql_stmt_bulk_add(stmt, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void nothing(void)
{
  attachsql_error_t *error = NULL;

  TEST("BULK-8", "NULL");
  CHECK(!attachsql_stmt_bulk_add(NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_stmt_bulk_execute(NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_stmt_bulk_get_count(NULL), 0);
  CHECK(!attachsql_stmt_bulk_get_failed(NULL, NULL, NULL));
  attachsql_stmt_bulk_clear(NULL);
}

/* In a pool there is one EOF, or one ERROR, for all rows. */
static unsigned ends, errors;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  (void)con;
  (void)id;
  (void)context;
  ends += event == ATTACHSQL_EVENT_EOF;
  errors += event == ATTACHSQL_EVENT_ERROR;
  attachsql_error_free(error);
}

static void run_pool(attachsql_pool_t *pool)
{
  ends = errors = 0;
  while (attachsql_pool_wait(pool, -1, NULL))
    attachsql_pool_run(pool);
}

static void pooled(const test_server *server)
{
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);
  attachsql_connect_t *con = test_create(server);
  const char *create = "CREATE TEMPORARY TABLE bulk (a INT PRIMARY KEY, b VARCHAR(20))";
  attachsql_stmt_t *stmt;

  TEST("BULK-9", "one event in a pool");
  attachsql_pool_add_connection(pool, con, NULL);
  CHECK(attachsql_query(con, strlen(create), create, 0, NULL, NULL));
  run_pool(pool);
  attachsql_query_close(con);
  stmt = attachsql_stmt_create(con, NULL);
  CHECK(attachsql_stmt_prepare(stmt, 30, "INSERT INTO bulk VALUES (?, ?)", NULL));
  run_pool(pool);
  for (int i = 0; i < 5000; i++)
    row(stmt, i, "x");
  CHECK(attachsql_stmt_bulk_execute(stmt, NULL));
  run_pool(pool);
  CHECK(ends == 1 && errors == 0);
  CHECK_UINT(attachsql_query_affected_rows(con), 5000);
  for (int i = 4999; i < 6000; i++)
    row(stmt, i, "x");
  CHECK(attachsql_stmt_bulk_execute(stmt, NULL));
  run_pool(pool);
  CHECK(ends == 0 && errors == 1);
  attachsql_stmt_destroy(stmt);
  attachsql_pool_destroy(pool);
}

int main(void)
{
  test_begin("stmt_bulk", 120);
  nothing();
  EACH_SERVER(server)
  {
    many(server);
    pooled(server);
  }
  return test_end();
}
