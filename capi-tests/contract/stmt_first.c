/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group HDL: executes that do not wait for the end of the prepare.
 */
#include "../support/test.h"
#include "../support/statements.h"

static attachsql_return_t go(attachsql_stmt_t *stmt, attachsql_error_t **error)
{
  if (!CHECK(attachsql_stmt_execute(stmt, error)))
    return ATTACHSQL_RETURN_NONE;
  return test_poll(attachsql_stmt_get_connection(stmt), error);
}

static void both(attachsql_connect_t *con)
{
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt, *other;
  char big[3000];

  TEST("HDL-9 HDL-10", "rows, none, and the numbers of parameters");
  stmt = test_stmt_begin(con, "SELECT ? + 1, '?', ? /* ? */ -- ?");
  CHECK(attachsql_stmt_set_int(stmt, 0, 41, NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ROW_READY);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 2);
  CHECK_UINT(attachsql_stmt_get_column_count(stmt), 3);
  CHECK_STR(test_stmt_text(stmt, 0), "42");
  CHECK_STR(test_stmt_text(stmt, 1), "?");
  CHECK_STR(test_stmt_text(stmt, 2), "(null)");
  attachsql_stmt_row_next(stmt);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_stmt_set_int(stmt, 0, 1, NULL));
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "2");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt_begin(con, "DO 1");
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
  attachsql_stmt_destroy(stmt);

  TEST("HDL-10", "a text of which it is not plain how many it has");
  stmt = test_stmt_begin(con, "SELECT 'it\\'s ?', ? /*!, ? */");
  CHECK(attachsql_stmt_set_int(stmt, 1, 5, NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ROW_READY);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_STR(test_stmt_text(stmt, 2), "5");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt_begin(con, "SELECT ? + 0");
  CHECK(attachsql_stmt_set_int(stmt, 1, 5, NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3000, "22023");
  error = NULL;
  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 1);
  CHECK(attachsql_stmt_set_int(stmt, 0, 6, NULL));
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "6");
  attachsql_stmt_destroy(stmt);

  TEST("HDL-9", "errors of the prepare and of the execute");
  stmt = test_stmt_begin(con, "SELECT ? FROM nowhere_at_all");
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1146, "42S02");
  error = NULL;
  CHECK(!attachsql_stmt_execute(stmt, &error));
  CHECK_ERROR(error, 3000, "22023");
  error = NULL;
  test_works(con);
  CHECK(attachsql_stmt_prepare(stmt, 19, "SELECT 1 FROM a b c", NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  error = NULL;
  attachsql_stmt_destroy(stmt);
  test_run(con, "CREATE TEMPORARY TABLE hdl9 (a INT PRIMARY KEY)");
  for (int i = 0; i < 2; i++)
  {
    stmt = test_stmt_begin(con, "INSERT INTO hdl9 VALUES (?)");
    CHECK(attachsql_stmt_set_int(stmt, 0, 5, NULL));
    CHECK_POLL(go(stmt, &error), i == 0 ? ATTACHSQL_RETURN_EOF : ATTACHSQL_RETURN_ERROR);
    if (i == 0)
    {
      CHECK_NO_ERROR(error);
      CHECK_UINT(attachsql_query_affected_rows(con), 1);
    }
    else
      CHECK_ERROR(error, 1062, "23000");
    error = NULL;
    CHECK(attachsql_stmt_set_int(stmt, 0, 6 + i, NULL));
    CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
    attachsql_stmt_destroy(stmt);
  }
  CHECK_UINT(test_number(con, "SELECT COUNT(*) FROM hdl9"), 3);
  test_run(con, "DROP TEMPORARY TABLE hdl9");

  TEST("HDL-5 HDL-9", "other commands before the answers, and a handle that goes away");
  stmt = test_stmt_begin(con, "SELECT 1 UNION SELECT ?");
  CHECK(attachsql_stmt_execute(stmt, NULL));
  test_works(con);
  CHECK(test_stmt_row(stmt));
  other = test_stmt_begin(con, "SELECT 2");
  CHECK(attachsql_stmt_execute(other, NULL));
  attachsql_stmt_destroy(other);
  test_works(con);
  other = test_stmt_begin(con, "SELECT 3");
  CHECK(attachsql_stmt_execute(stmt, NULL));
  CHECK(attachsql_stmt_execute(other, NULL));
  CHECK(attachsql_stmt_execute(other, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(other, NULL));
  CHECK_STR(test_stmt_text(other, 0), "3");
  attachsql_stmt_destroy(other);

  TEST("HDL-9 CUR-1", "with a cursor");
  CHECK(attachsql_stmt_prepare(stmt, strlen("SELECT n FROM " TEST_THOUSAND), "SELECT n FROM " TEST_THOUSAND, NULL));
  CHECK(attachsql_stmt_set_fetch_size(stmt, 7, NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_has_more(stmt));
  CHECK(attachsql_stmt_fetch(stmt, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_stmt_destroy(stmt);

  TEST("HDL-9", "long values");
  memset(big, 'x', sizeof big);
  stmt = test_stmt_begin(con, "SELECT REPEAT(?, 1000), LENGTH(?)");
  CHECK(attachsql_stmt_set_string(stmt, 0, sizeof big, big, NULL));
  CHECK(attachsql_stmt_set_string(stmt, 1, sizeof big, big, NULL));
  CHECK_POLL(go(stmt, &error), ATTACHSQL_RETURN_ROW_READY);
  CHECK_NO_ERROR(error);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_STR(test_stmt_text(stmt, 1), "3000");
  attachsql_stmt_destroy(stmt);
  test_works(con);
}

typedef struct commands
{
  struct
  {
    attachsql_trace_event_t event;
    uint32_t command;
    int error;
    uint64_t rows, bytes;
  } all[20];
  size_t count;
} commands;

static void on_trace(void *context, const attachsql_trace_st *trace)
{
  commands *this = context;

  if (this->count < 20)
  {
    this->all[this->count].event = trace->event;
    this->all[this->count].command = trace->command;
    this->all[this->count].error = trace->error_code;
    this->all[this->count].rows = trace->rows;
    this->all[this->count].bytes = trace->bytes_out;
    this->count++;
  }
}

static void traced(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  commands seen = {0};
  attachsql_stmt_t *stmt;

  TEST("HDL-9 TRC-3", "both commands are told, with the rows and errors of the second one");
  CHECK(attachsql_connect_set_trace(con, on_trace, &seen, NULL));
  test_login(con);
  for (int round = 0; round < 2; round++)
  {
    seen.count = 0;
    stmt = test_stmt_begin(con, round == 0 ? "SELECT 1 UNION ALL SELECT ?" : "SELECT ? FROM nowhere_at_all");
    CHECK(attachsql_stmt_execute(stmt, NULL));
    while (test_poll(con, NULL) == ATTACHSQL_RETURN_ROW_READY)
      attachsql_stmt_row_next(stmt);
    CHECK(seen.count == 4 || (seen.count == 2 && round == 1));
    for (size_t i = 0; i < seen.count; i++)
    {
      CHECK_INT(seen.all[i].event, i % 2 ? ATTACHSQL_TRACE_DONE : ATTACHSQL_TRACE_COMMAND);
      CHECK_UINT(seen.all[i].command, i < 2 ? 0x16 : 0x17);
      CHECK(seen.all[i].bytes > 10);
    }
    if (seen.count > 0)
    {
      CHECK_UINT(seen.all[seen.count - 1].rows, round == 0 ? 2 : 0);
      CHECK_INT(seen.all[seen.count - 1].error, round == 0 ? 0 : 1146);
    }
    attachsql_stmt_destroy(stmt);
  }
  attachsql_connect_destroy(con);
}

static void ways(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt;

  both(con);
  attachsql_connect_destroy(con);
  con = test_create(server);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  both(test_login(con));
  attachsql_connect_destroy(con);
  if (server->has_tls)
  {
    uint32_t on = 1;

    con = test_create(server);
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SSL_NO_VERIFY, NULL));
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS, &on));
    both(test_login(con));
    attachsql_connect_destroy(con);
  }

  TEST("HDL-9 CONN-5", "before the login");
  con = test_create(server);
  stmt = test_stmt_begin(con, "SELECT ?");
  CHECK(attachsql_stmt_set_int(stmt, 0, 8, NULL));
  CHECK(attachsql_stmt_execute(stmt, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_STR(test_stmt_text(stmt, 0), "8");
  attachsql_connect_destroy(con);
  attachsql_stmt_destroy(stmt);
}

typedef struct seen
{
  attachsql_stmt_t *stmt;
  unsigned connected, rows, ends, errors;
} seen;

static void told(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  seen *all = context;
  unsigned turn;

  (void)id;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    CHECK(attachsql_stmt_row_get(all->stmt, NULL));
    CHECK_STR(test_stmt_text(all->stmt, 0), "17");
    all->rows++;
    attachsql_stmt_row_next(all->stmt);
    return;
  }
  all->connected += event == ATTACHSQL_EVENT_CONNECTED;
  all->ends += event == ATTACHSQL_EVENT_EOF;
  all->errors += event == ATTACHSQL_EVENT_ERROR;
  CHECK_UINT(error ? attachsql_error_code(error) : 0, event == ATTACHSQL_EVENT_ERROR ? 1146 : 0);
  attachsql_error_free(error);
  attachsql_stmt_destroy(all->stmt);
  turn = all->ends + all->errors;
  all->stmt = NULL;
  if (turn == 20)
    return;
  all->stmt = test_stmt_begin(con, turn % 2 ? "SELECT ? FROM nowhere_at_all" : "SELECT ?");
  CHECK(attachsql_stmt_set_int(all->stmt, 0, 17, NULL));
  CHECK(attachsql_stmt_execute(all->stmt, NULL));
}

static void pooled(const test_server *server)
{
  seen all = {NULL, 0, 0, 0, 0};
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(told, &all, &error);
  attachsql_connect_t *con = test_create(server);

  TEST("HDL-9 POOL-5 POOL-8", "in a pool: one event for both");
  attachsql_pool_add_connection(pool, con, &error);
  CHECK(attachsql_connect(con, &error));
  while (all.ends + all.errors < 20 && attachsql_pool_wait(pool, 10000, &error))
    attachsql_pool_run(pool);
  for (int i = 0; i < 3; i++)
    attachsql_pool_run(pool);
  CHECK_NO_ERROR(error);
  CHECK_UINT(all.connected, 1);
  CHECK_UINT(all.rows, 10);
  CHECK_UINT(all.ends, 10);
  CHECK_UINT(all.errors, 10);
  attachsql_pool_destroy(pool);
}

int main(void)
{
  test_begin("stmt_first", 120);
  EACH_SERVER(server)
  {
    ways(server);
    pooled(server);
    traced(server);
  }
  return test_end();
}
