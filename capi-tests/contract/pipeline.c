/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group PIPE: several commands of one connection, written together.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/statements.h"

/* Adds a query, whose context is the address of its text. */
static void add(attachsql_connect_t *con, const char *text)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_pipeline_add(con, strlen(text), text, 0, NULL, (void *)(uintptr_t)text, &error));
  CHECK_NO_ERROR(error);
}

static void send_all(attachsql_connect_t *con, bool stop)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_pipeline_send(con, stop, &error));
  CHECK_NO_ERROR(error);
}

/* The current command must end well, with so many rows, each of which is `value`. */
static void good(attachsql_connect_t *con, unsigned rows, const char *value)
{
  attachsql_return_t state;

  while ((state = test_poll_good(con)) == ATTACHSQL_RETURN_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    CHECK_BYTES(row[0].data, row[0].length, value, strlen(value));
    attachsql_query_row_next(con);
    rows--;
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK_UINT(rows, 0);
}

/* It must end with this error. */
static void bad(attachsql_connect_t *con, int code, const char *sqlstate)
{
  attachsql_error_t *error = NULL;

  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
}

#define NEXT(con) CHECK_POLL(attachsql_pipeline_next(con), ATTACHSQL_RETURN_PROCESSING)
#define LAST(con) CHECK_POLL(attachsql_pipeline_next(con), ATTACHSQL_RETURN_EOF)

static void in_order(const test_server *server)
{
  static const char *texts[] = {"SELECT 1", "SELECT nonsense", "SELECT 3 UNION ALL SELECT 3", "DO 1"};
  attachsql_connect_t *con = test_create(server);

  TEST("PIPE-1", "nothing is sent before pipeline_send");
  for (int i = 0; i < 4; i++)
    add(con, texts[i]);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_NOT_CONNECTED);
  CHECK_UINT(attachsql_pipeline_index(con), 0);
  CHECK(attachsql_pipeline_context(con) == NULL);

  TEST("PIPE-2", "it begins to connect, and the answers come in order");
  for (int round = 0; round < 2; round++)
  {
    send_all(con, false);
    CHECK(attachsql_pipeline_context(con) == texts[0]);
    good(con, 1, "1");
    NEXT(con);
    CHECK_UINT(attachsql_pipeline_index(con), 1);
    CHECK(attachsql_pipeline_context(con) == texts[1]);
    bad(con, 1054, "42S22");
    NEXT(con);
    good(con, 2, "3");
    CHECK_UINT(attachsql_query_column_count(con), 1);
    NEXT(con);
    good(con, 0, "");
    CHECK_UINT(attachsql_query_column_count(con), 0);
    CHECK_UINT(attachsql_pipeline_index(con), 3);
    LAST(con);
    CHECK_UINT(attachsql_pipeline_index(con), 0);
    CHECK(attachsql_pipeline_context(con) == NULL);
    LAST(con);
    for (int i = 0; i < 4; i++)
      add(con, texts[i]);
  }

  TEST("PIPE-8", "closing forgets what was added");
  attachsql_pipeline_close(con);
  attachsql_error_t *error = NULL;
  CHECK(!attachsql_pipeline_send(con, false, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_connect_destroy(con);
}

static void stopping(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  TEST("PIPE-4", "the first error ends it, dropped or not");
  for (int dropped = 0; dropped < 2; dropped++)
  {
    add(con, "SET @pipe = 1");
    add(con, "SELECT nonsense");
    add(con, "SET @pipe = 2");
    add(con, "SELECT @pipe");
    send_all(con, true);
    good(con, 0, "");
    NEXT(con);
    if (!dropped)
      bad(con, 1054, "42S22");
    NEXT(con);
    bad(con, 3010, "HY008");
    NEXT(con);
    bad(con, 3010, "HY008");
    LAST(con);
    add(con, "SELECT @pipe");
    send_all(con, true);
    good(con, 1, "1");
    LAST(con);
  }
  attachsql_connect_destroy(con);
}

static void meanwhile(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("PIPE-5", "no other commands");
  add(con, "SELECT 1");
  add(con, "SELECT 2");
  test_query(con, "SELECT 'x'");
  CHECK(!attachsql_pipeline_send(con, false, &error));
  CHECK_ERROR(error, 2014, "08002");
  good(con, 1, "x");
  attachsql_query_close(con);
  send_all(con, false);
  for (int i = 0; i < 2; i++)
  {
    CHECK(!attachsql_query(con, 4, "DO 1", 0, NULL, &error));
    if (CHECK(error != NULL))
      CHECK(strstr(attachsql_error_message(error), "a pipeline is under way") != NULL);
    CHECK_ERROR(error, 2014, "08002");
    CHECK(!attachsql_connect_ping(con, &error));
    CHECK_ERROR(error, 2014, "08002");
    CHECK(!attachsql_statement_prepare(con, 4, "DO 1", &error));
    CHECK_ERROR(error, 2014, "08002");
    CHECK(!attachsql_query_buffer_rows(con, true));
    good(con, 1, i ? "2" : "1");
    attachsql_query_close(con);
    if (!i)
      NEXT(con);
  }

  TEST("PIPE-6", "it may get longer, in the same mode");
  add(con, "SELECT 3");
  CHECK(!attachsql_pipeline_send(con, true, &error));
  CHECK_ERROR(error, 2014, "08002");
  send_all(con, false);
  NEXT(con);
  CHECK_UINT(attachsql_pipeline_index(con), 2);
  good(con, 1, "3");
  LAST(con);

  TEST("PIPE-3", "going on drops the rest of an answer");
  add(con, "SELECT 4 UNION SELECT 5");
  add(con, "SELECT 6");
  send_all(con, false);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  NEXT(con);
  good(con, 1, "6");
  LAST(con);

  TEST("PIPE-8", "closed in the middle; the next query gets its own answer");
  for (int polled = 0; polled < 2; polled++)
  {
    for (int i = 0; i < 20; i++)
      add(con, "SELECT 7");
    send_all(con, false);
    if (polled)
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    attachsql_pipeline_close(con);
    test_query(con, "SELECT 8");
    good(con, 1, "8");
    attachsql_query_close(con);
  }
  attachsql_connect_destroy(con);
}

static void values(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_parameter_st parameter;
  attachsql_error_t *error = NULL;
  char value[] = "it's \\";
  attachsql_stmt_t *stmt;

  TEST("PIPE-1", "parameters are copied");
  memset(&parameter, 0, sizeof parameter);
  parameter.type = ATTACHSQL_ESCAPE_TYPE_CHAR;
  parameter.data = value;
  parameter.length = strlen(value);
  CHECK(attachsql_pipeline_add(con, 8, "SELECT ?", 1, &parameter, NULL, &error));
  memset(value, 'x', strlen(value));
  CHECK(!attachsql_pipeline_add(con, 11, "SELECT ?, ?", 1, &parameter, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");

  TEST("PIPE-9", "executes of a statement, each with its values");
  stmt = attachsql_stmt_create(con, &error);
  CHECK(!attachsql_pipeline_add_execute(stmt, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_prepare(stmt, 12, "SELECT ? + 1", &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_stmt_set_int(stmt, 0, 10 * i, &error));
    CHECK(attachsql_pipeline_add_execute(stmt, NULL, &error));
  }
  send_all(con, false);
  good(con, 1, "it's \\");
  for (int i = 0; i < 3; i++)
  {
    int64_t got = 0;

    NEXT(con);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    CHECK(attachsql_stmt_row_get(stmt, &error));
    CHECK(attachsql_stmt_get_bigint(stmt, 0, &got) == ATTACHSQL_VALUE_OK);
    CHECK_INT(got, 10 * i + 1);
    attachsql_stmt_row_next(stmt);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  }
  LAST(con);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_set_fetch_size(stmt, 2, &error));
  CHECK(!attachsql_pipeline_add_execute(stmt, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void limits(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  uint32_t most = 1023;

  TEST("PIPE-10", "bounded by bytes");
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_PIPELINE_MAX_BYTES, &most));
  most = 1024;
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_PIPELINE_MAX_BYTES, &most));
  for (int i = 0; i < 7; i++)
    add(con, "SELECT 9");
  CHECK(!attachsql_pipeline_add(con, 8, "SELECT 9", 0, NULL, NULL, &error));
  CHECK_ERROR(error, 2020, "08S01");
  send_all(con, false);
  for (int i = 0; i < 7; i++)
  {
    if (!i)
      CHECK(!attachsql_pipeline_add(con, 8, "SELECT 9", 0, NULL, NULL, NULL));
    good(con, 1, "9");
    if (i < 6)
      NEXT(con);
  }
  LAST(con);
  add(con, "SELECT 9");

  TEST("PIPE-11", "LOAD DATA LOCAL");
  static const char load[] = "LOAD DATA LOCAL INFILE 'x' INTO TABLE t";
  CHECK(!attachsql_pipeline_add(con, strlen(load), load, 0, NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_connect_destroy(con);
}

static void lost(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_connect_t *other = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("PIPE-7", "a connection that is lost");
  add(con, "SELECT 1");
  add(con, "SELECT SLEEP(100)");
  add(con, "SELECT 2");
  send_all(con, false);
  good(con, 1, "1");
  NEXT(con);
  CHECK(attachsql_connect_kill(other, attachsql_connect_get_connection_id(con), false, &error));
  CHECK_POLL(test_poll_good(other), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  attachsql_error_free(error);
  error = NULL;
  NEXT(con);
  CHECK_UINT(attachsql_pipeline_index(con), 2);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK(strstr(attachsql_error_message(error), "whether the server ran this command") != NULL);
  attachsql_error_free(error);
  error = NULL;
  LAST(con);
  CHECK(!attachsql_pipeline_add(con, 4, "DO 1", 0, NULL, NULL, &error));
  CHECK_ERROR(error, 2006, "08006");
  CHECK(!attachsql_pipeline_send(con, false, &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_connect_destroy(con);

  TEST("PIPE-7", "one that is never made");
  con = attachsql_connect_create("127.0.0.1", 1, "u", "p", "s", NULL);
  add(con, "SELECT 1");
  add(con, "SELECT 2");
  send_all(con, false);
  bad(con, 2002, "08000");
  NEXT(con);
  bad(con, 2006, "08006");
  LAST(con);
  attachsql_connect_destroy(con);
  attachsql_connect_destroy(other);
}

static void nothing(void)
{
  attachsql_error_t *error = NULL;

  TEST("PIPE-12", "NULL");
  CHECK(!attachsql_pipeline_add(NULL, 4, "DO 1", 0, NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pipeline_add_execute(NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pipeline_send(NULL, false, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_pipeline_next(NULL) == ATTACHSQL_RETURN_ERROR);
  CHECK_UINT(attachsql_pipeline_index(NULL), 0);
  CHECK(attachsql_pipeline_context(NULL) == NULL);
  attachsql_pipeline_close(NULL);
  attachsql_connect_t *con = attachsql_connect_create("h", 1, "u", "p", "s", NULL);
  CHECK(!attachsql_pipeline_add(con, 4, NULL, 0, NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pipeline_add(con, 4, "DO 1", 1, NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  LAST(con);
  attachsql_connect_destroy(con);
}

/* In a pool: the end of each command is told once, and the callback goes on. */
static unsigned told[8];

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  unsigned at = (unsigned)attachsql_pipeline_index(con);

  (void)id;
  (void)context;
  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  else if (event != ATTACHSQL_EVENT_CONNECTED)
  {
    CHECK((event == ATTACHSQL_EVENT_ERROR) == (at % 2 == 1));
    told[at]++;
    attachsql_pipeline_next(con);
  }
  attachsql_error_free(error);
}

static void pooled(const test_server *server)
{
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);
  attachsql_connect_t *con = test_create(server);

  TEST("PIPE-13", "each command's end is told once");
  attachsql_pool_add_connection(pool, con, NULL);
  for (int i = 0; i < 4; i++)
  {
    add(con, "SELECT 1");
    add(con, "SELECT nonsense");
  }
  send_all(con, false);
  memset(told, 0, sizeof told);
  while (attachsql_pool_wait(pool, -1, NULL))
    attachsql_pool_run(pool);
  for (int i = 0; i < 8; i++)
    CHECK_UINT(told[i], 1);
  attachsql_pool_destroy(pool);
}

int main(void)
{
  test_begin("pipeline", 120);
  nothing();
  EACH_SERVER(server)
  {
    in_order(server);
    stopping(server);
    meanwhile(server);
    values(server);
    limits(server);
    lost(server);
    pooled(server);
  }
  return test_end();
}
