/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups STMT, HDL, BULK and PIPE: statements that are closed while commands of theirs are on their way.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/statements.h"

#define TABLE "attachsql_stmt_close"
#define INSERT "INSERT INTO " TABLE " VALUES (?, ?)"
#define BIG 300000

static char big[BIG]; /* more than the sockets take of twenty */

static uint64_t rows_of(attachsql_connect_t *watcher)
{
  return test_number(watcher, "SELECT COUNT(*) FROM " TABLE);
}

static void set(attachsql_stmt_t *stmt, int key, const char *value, size_t length)
{
  CHECK(attachsql_stmt_set_int(stmt, 0, key, NULL));
  CHECK(attachsql_stmt_set_string(stmt, 1, length, value, NULL));
}

enum way
{
  DESTROY,
  CLOSE,
  PREPARE,
  WAYS
};

/* The program is done with the statement. */
static attachsql_stmt_t *end(attachsql_stmt_t *stmt, enum way way)
{
  if (way == DESTROY)
  {
    attachsql_stmt_destroy(stmt);
    return NULL;
  }
  if (way == CLOSE)
    attachsql_stmt_close(stmt);
  else
    CHECK(attachsql_stmt_prepare(stmt, 8, "SELECT 1", NULL));
  return stmt;
}

static uint64_t sent(attachsql_connect_t *con, const char *command)
{
  char text[100];
  uint64_t count = UINT64_MAX;

  snprintf(text, sizeof text, "SHOW SESSION STATUS LIKE 'Com_stmt_%s'", command);
  if (!test_query(con, text))
    return count;
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    count = strtoull(attachsql_query_row_get(con, NULL)[1].data, NULL, 10);
    attachsql_query_row_next(con);
  }
  attachsql_query_close(con);
  return count;
}

/* The server was told to close so many. */
static void closed(attachsql_connect_t *con, unsigned count)
{
  CHECK_UINT(sent(con, "close"), count);
}

static void executes(const test_server *server, attachsql_connect_t *watcher)
{
  attachsql_error_t *error = NULL;

  TEST("HDL-11 STMT-25", "an execute that was not sent when its statement was closed");
  for (int connected = 0; connected < 2; connected++)
    for (enum way way = DESTROY; way < WAYS; way++)
    {
      attachsql_connect_t *con = connected ? test_connect(server) : test_create(server);
      attachsql_stmt_t *stmt = test_stmt_begin(con, INSERT);
      char value[] = "value";

      test_run(watcher, "DELETE FROM " TABLE);
      set(stmt, 1, value, 5);
      CHECK(attachsql_stmt_execute(stmt, &error));
      CHECK_NO_ERROR(error);
      stmt = end(stmt, way);
      memset(value, 'x', 5);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      CHECK_UINT(rows_of(watcher), 1);
      CHECK_STR(test_value(watcher, "SELECT v FROM " TABLE), "value");
      if (way != PREPARE)
        closed(con, 1);
      test_works(con);
      attachsql_connect_destroy(con);
      attachsql_stmt_destroy(stmt);
    }

  TEST("HDL-11 STMT-18", "its answer is dropped: rows, and errors too");
  for (int connected = 0; connected < 2; connected++)
    for (unsigned i = 0; i < 4; i++)
    {
      static const char *const texts[] = {"SELECT n, ? FROM " TEST_THOUSAND, "INSERT INTO " TABLE " VALUES (1, ?)",
                                          "SELECT ? FROM nowhere_at_all", "SELECT ? FROM"};
      attachsql_connect_t *con = connected ? test_connect(server) : test_create(server);
      attachsql_stmt_t *stmt = test_stmt_begin(con, texts[i]);

      CHECK(attachsql_stmt_execute(stmt, NULL));
      attachsql_stmt_destroy(stmt);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      test_works(con);
      attachsql_connect_destroy(con);
    }

  TEST("HDL-11", "many handles, each for one execute, and what waits is bounded");
  attachsql_connect_t *con = test_create(server);
  unsigned taken = 0;
  test_run(watcher, "DELETE FROM " TABLE);
  for (; taken < 100; taken++)
  {
    attachsql_stmt_t *stmt = attachsql_stmt_create(con, NULL);
    bool good = attachsql_stmt_prepare(stmt, strlen(INSERT), INSERT, &error);

    if (good)
    {
      set(stmt, (int)taken, "v", 1);
      CHECK(attachsql_stmt_execute(stmt, NULL));
    }
    attachsql_stmt_destroy(stmt);
    if (!good)
      break;
  }
  CHECK_UINT(taken, 32);
  CHECK_ERROR(error, 2014, "08002");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(rows_of(watcher), 32);
  closed(con, 32);
  attachsql_connect_destroy(con);

  TEST("HDL-11 KEEP-1", "with a cache");
  con = test_create(server);
  uint32_t size = 2;
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_STMT_CACHE, &size));
  test_login(con);
  test_run(watcher, "DELETE FROM " TABLE);
  for (int i = 0; i < 5; i++)
  {
    attachsql_stmt_t *stmt = test_stmt_begin(con, INSERT);

    set(stmt, i, "v", 1);
    CHECK(attachsql_stmt_execute(stmt, NULL));
    attachsql_stmt_destroy(stmt);
    if (i % 2)
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  }
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(rows_of(watcher), 5);
  attachsql_connect_destroy(con);
}

/* Prepared, and what follows waits for the rest of another answer. */
static void waiting(const test_server *server, attachsql_connect_t *watcher)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  const char *const text = "SELECT n FROM " TEST_THOUSAND;
  const char *const selects = "SELECT ?, ?";
  unsigned closes = 0;

  for (int old = 0; old < 2; old++)
    for (int rows = 0; rows < 2; rows++)
    {
      TEST("STMT-25 STMT-24", old ? "without a handle, behind an answer that is dropped" : "with one");
      const char *const one = rows ? selects : INSERT;
      attachsql_stmt_t *stmt = NULL;

      test_run(watcher, "DELETE FROM " TABLE);
      if (old)
        test_prepare(con, one);
      else
        stmt = test_stmt(con, one);
      CHECK(attachsql_query(con, strlen(text), text, 0, NULL, &error));
      attachsql_query_close(con);
      if (old)
      {
        CHECK(attachsql_statement_set_int(con, 0, 5, NULL));
        CHECK(attachsql_statement_send_long_data(con, 1, 4, (char *)"long", &error));
        CHECK(attachsql_statement_send_long_data(con, 1, 2, (char *)"er", &error));
        CHECK(attachsql_statement_execute(con, &error));
        if (rows)
          CHECK(attachsql_statement_prepare(con, 8, "SELECT 1", &error));
        attachsql_statement_close(con);
      }
      else
      {
        set(stmt, 5, "short", 5);
        CHECK(attachsql_stmt_send_long_data(stmt, 1, 6, "longer", &error));
        CHECK(attachsql_stmt_execute(stmt, &error));
        attachsql_stmt_destroy(stmt);
      }
      CHECK_NO_ERROR(error);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      CHECK_UINT(rows_of(watcher), rows ? 0 : 1);
      if (!rows)
        CHECK_STR(test_value(watcher, "SELECT v FROM " TABLE), "longer");
      closed(con, ++closes);
    }
  attachsql_connect_destroy(con);
}

static void bulk(const test_server *server, attachsql_connect_t *watcher)
{
  attachsql_error_t *error = NULL;
  static const char *const texts[] = {INSERT, "INSERT INTO " TABLE " SELECT ?, ?"};

  for (unsigned i = 0; i < 2; i++)
    for (int polled = 0; polled < 2; polled++)
      for (int fails = 0; fails < 2; fails++)
      {
        TEST("BULK-12 HDL-11", "a bulk execute goes on when its statement is closed");
        attachsql_connect_t *con = test_connect(server);
        attachsql_stmt_t *stmt = test_stmt(con, texts[i]);

        test_run(watcher, "DELETE FROM " TABLE);
        for (int n = 0; n < 20; n++)
        {
          set(stmt, fails && n == 19 ? 0 : n, big, sizeof big);
          CHECK(attachsql_stmt_bulk_add(stmt, NULL, &error));
        }
        CHECK(attachsql_stmt_bulk_execute(stmt, &error));
        CHECK_NO_ERROR(error);
        if (polled)
          attachsql_connect_poll(con, NULL);
        attachsql_stmt_destroy(stmt);
        if (fails)
        {
          CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
          CHECK_ERROR(error, 1062, "23000");
        }
        else
        {
          CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
          CHECK_UINT(attachsql_query_affected_rows(con), 20);
        }
        CHECK_UINT(rows_of(watcher), fails ? 19 : 20);
        closed(con, 1);
        attachsql_connect_destroy(con);
      }
}

static void pipelines(const test_server *server, attachsql_connect_t *watcher)
{
  attachsql_error_t *error = NULL;

  for (int stops = 0; stops < 2; stops++)
    for (int moment = 0; moment < 3; moment++)
    {
      TEST("PIPE-14 HDL-11", "executes of a pipeline are run when their statement is closed, and told");
      attachsql_connect_t *con = test_connect(server);
      attachsql_stmt_t *stmt = test_stmt(con, INSERT), *rows = test_stmt(con, "SELECT n, ? FROM " TEST_THOUSAND);
      int commands = 0, errors = 0;

      test_run(watcher, "DELETE FROM " TABLE);
      for (int n = 0; n < 20; n++)
      {
        set(stmt, n == 18 ? 0 : n, big, sizeof big);
        CHECK(attachsql_pipeline_add_execute(stmt, NULL, &error));
        if (n % 5 == 0)
          CHECK(attachsql_pipeline_add_execute(rows, NULL, &error));
      }
      if (moment == 0)
        attachsql_stmt_destroy(stmt);
      CHECK(attachsql_pipeline_send(con, stops, &error));
      if (moment == 2)
      {
        CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
        CHECK_UINT(attachsql_query_affected_rows(con), 1);
        commands++;
        CHECK_INT(attachsql_pipeline_next(con), ATTACHSQL_RETURN_PROCESSING);
        CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
        CHECK(attachsql_stmt_row_get(rows, NULL));
      }
      attachsql_stmt_destroy(rows);
      if (moment > 0)
        attachsql_stmt_destroy(stmt);
      do
      {
        attachsql_return_t end = test_poll(con, &error);

        commands++;
        CHECK(end == ATTACHSQL_RETURN_EOF || end == ATTACHSQL_RETURN_ERROR);
        if (end == ATTACHSQL_RETURN_ERROR)
        {
          CHECK_INT(attachsql_error_code(error), errors++ ? 3010 : 1062);
          attachsql_error_free(error);
          error = NULL;
        }
      } while (attachsql_pipeline_next(con) == ATTACHSQL_RETURN_PROCESSING);
      CHECK_INT(commands, 24);
      CHECK_INT(errors, stops ? 2 : 1);
      CHECK_UINT(rows_of(watcher), stops ? 18 : 19);
      closed(con, 2);
      attachsql_connect_destroy(con);
    }

  TEST("PIPE-8 PIPE-14", "a pipeline that is closed, before it was sent and after");
  for (int sends = 0; sends < 2; sends++)
  {
    attachsql_connect_t *con = test_connect(server);
    attachsql_stmt_t *stmt = test_stmt(con, INSERT);

    for (int n = 0; n < 20; n++)
    {
      set(stmt, 100 + n, big, sizeof big);
      CHECK(attachsql_pipeline_add_execute(stmt, NULL, &error));
    }
    if (sends)
      CHECK(attachsql_pipeline_send(con, false, &error));
    attachsql_stmt_destroy(stmt);
    attachsql_pipeline_close(con);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    closed(con, 1);
    attachsql_connect_destroy(con);
  }
}

/* --- Pools -------------------------------------------------------------------------------------------- */

static unsigned ends, errors, rows;
static attachsql_stmt_t *held;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  (void)id;
  (void)context;
  rows += event == ATTACHSQL_EVENT_ROW_READY;
  ends += event == ATTACHSQL_EVENT_EOF;
  errors += event == ATTACHSQL_EVENT_ERROR;
  attachsql_error_free(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_stmt_destroy(held);
    held = NULL;
  }
  else
    attachsql_pipeline_next(con);
}

static void run_pool(attachsql_pool_t *pool)
{
  ends = errors = rows = 0;
  while (attachsql_pool_wait(pool, -1, NULL))
    attachsql_pool_run(pool);
}

static void pooled(const test_server *server, attachsql_connect_t *watcher)
{
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);
  attachsql_connect_t *con = test_create(server);
  attachsql_stmt_t *stmt;

  attachsql_pool_add_connection(pool, con, NULL);
  for (int connected = 0; connected < 2; connected++)
  {
    TEST("HDL-11 POOL-5", "executes of closed statements are no events in a pool");
    test_run(watcher, "DELETE FROM " TABLE);
    stmt = test_stmt_begin(con, INSERT);
    set(stmt, 1, "v", 1);
    CHECK(attachsql_stmt_execute(stmt, NULL));
    attachsql_stmt_destroy(stmt);
    run_pool(pool);
    CHECK(ends == 0 && errors == 0 && rows == 0);
    CHECK_UINT(rows_of(watcher), 1);
  }

  TEST("BULK-9 BULK-12", "a bulk execute has its one event");
  stmt = test_stmt_begin(con, INSERT);
  run_pool(pool);
  for (int n = 10; n < 30; n++)
  {
    set(stmt, n, big, sizeof big);
    CHECK(attachsql_stmt_bulk_add(stmt, NULL, NULL));
  }
  CHECK(attachsql_stmt_bulk_execute(stmt, NULL));
  attachsql_stmt_destroy(stmt);
  run_pool(pool);
  CHECK(ends == 1 && errors == 0);
  CHECK_UINT(rows_of(watcher), 21);

  TEST("PIPE-13 PIPE-14", "and each command of a pipeline its own");
  held = test_stmt_begin(con, "SELECT n, REPEAT(?, 3000) FROM " TEST_THOUSAND);
  run_pool(pool);
  CHECK(attachsql_stmt_set_string(held, 0, 1, "x", NULL));
  for (int n = 0; n < 5; n++)
    CHECK(attachsql_pipeline_add_execute(held, NULL, NULL));
  CHECK(attachsql_pipeline_send(con, false, NULL));
  run_pool(pool);
  CHECK(held == NULL);
  CHECK_UINT(ends, 5);
  CHECK_UINT(rows, 1);
  attachsql_pool_destroy(pool);
}

static void on_lent(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  int number = *(int *)context;
  attachsql_stmt_t *stmt;

  (void)id;
  CHECK_INT(event, ATTACHSQL_EVENT_EOF);
  attachsql_error_free(error);
  if (!con)
    return;
  stmt = test_stmt_begin(con, INSERT);
  set(stmt, number, "v", 1);
  CHECK(attachsql_stmt_execute(stmt, NULL));
  attachsql_stmt_destroy(stmt);
  ends++;
}

static void lent(const test_server *server, attachsql_connect_t *watcher)
{
  static int numbers[30];
  const uint32_t most = 2;

  for (uint32_t resets = 0; resets < 2; resets++)
  {
    TEST("HDL-11 PLQ-7", "a connection that a pool lends is handed on when all is done");
    attachsql_pool_t *pool = attachsql_pool_create(NULL, NULL, NULL);
    attachsql_connect_t *template = test_create(server);

    test_run(watcher, "DELETE FROM " TABLE);
    CHECK(attachsql_pool_set_template(pool, template, NULL));
    CHECK(attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MAX, &most));
    CHECK(attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_RESET, &resets));
    attachsql_connect_destroy(template);
    ends = 0;
    for (int n = 0; n < 30; n++)
    {
      numbers[n] = n;
      CHECK(attachsql_pool_query(pool, 4, "DO 1", 0, NULL, on_lent, &numbers[n], NULL));
    }
    while (ends < 30 || rows_of(watcher) < 30)
    {
      attachsql_pool_wait(pool, 100, NULL);
      attachsql_pool_run(pool);
    }
    CHECK_UINT(ends, 30);
    attachsql_pool_destroy(pool);
  }
}

int main(void)
{
  test_begin("stmt_close", 120);
  memset(big, 'b', sizeof big);
  EACH_SERVER(server)
  {
    attachsql_connect_t *watcher = test_connect(server);

    test_run(watcher, "DROP TABLE IF EXISTS " TABLE);
    test_run(watcher, "CREATE TABLE " TABLE " (k INT PRIMARY KEY, v LONGTEXT)");
    executes(server, watcher);
    waiting(server, watcher);
    bulk(server, watcher);
    pipelines(server, watcher);
    pooled(server, watcher);
    lent(server, watcher);
    test_run(watcher, "DROP TABLE " TABLE);
    attachsql_connect_destroy(watcher);
  }
  return test_end();
}
