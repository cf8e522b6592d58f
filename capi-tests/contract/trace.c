/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group TRC: what a connection tells of itself.
 */
#include "../support/test.h"
#include "../support/tls.h"

#define MOST 100

typedef struct
{
  attachsql_trace_st all[MOST];
  size_t count;
  attachsql_connect_t *con; /* to be called from inside, if not NULL */
  bool refused;
} record;

static void on_trace(void *context, const attachsql_trace_st *trace)
{
  record *self = context;

  CHECK_UINT(trace->size, sizeof *trace);
  if (self->count < MOST)
    self->all[self->count++] = *trace;
  if (self->con)
  {
    attachsql_error_t *error = NULL;

    self->refused = !attachsql_query(self->con, 4, "DO 1", 0, NULL, &error) && attachsql_error_code(error) == 2014;
    CHECK_STR(attachsql_connect_state_name(self->con), "in use");
    attachsql_error_free(error);
    attachsql_connect_destroy(self->con);
  }
}

/* The next events are a COMMAND and its DONE, with this many rows and this error. */
static const attachsql_trace_st *command(record *self, uint32_t kind, uint64_t rows, int error)
{
  static const attachsql_trace_st nothing;
  const attachsql_trace_st *one = self->all, *two = self->all + 1;

  if (!CHECK_UINT(self->count, 2))
    return &nothing;
  self->count = 0;
  CHECK_INT(one->event, ATTACHSQL_TRACE_COMMAND);
  CHECK_INT(two->event, ATTACHSQL_TRACE_DONE);
  CHECK_UINT(one->command, kind);
  CHECK_UINT(two->command, kind);
  CHECK_UINT(one->number, two->number);
  CHECK(one->number > 0 && one->bytes_out >= 5);
  CHECK_UINT(two->bytes_out, one->bytes_out);
  CHECK_UINT(two->rows, rows);
  CHECK_INT(two->error_code, error);
  CHECK_STR(one->state, "busy");
  CHECK(two->bytes_in >= 5 + rows);
  CHECK(two->first_us <= two->total_us);
  CHECK_STR(one->sqlstate, "00000");
  CHECK_UINT(one->rows + one->bytes_in + one->first_us, 0);
  return two;
}

static void session(const test_server *server, bool tls)
{
  record self = {.count = 0};
  attachsql_connect_t *con = test_create(server);
  const attachsql_trace_st *trace = self.all;
  uint64_t bytes;

  TEST("TRC-2", "the login, with the time for each part");
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  CHECK_STR(attachsql_connect_state_name(con), "unused");
  if (tls)
  {
    tls_number(con, ATTACHSQL_OPTION_TLS, 1);
    tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 0);
  }
  test_login(con);
  CHECK_STR(attachsql_connect_state_name(con), "ready");
  CHECK_UINT(self.count, 1);
  CHECK_INT(trace->event, ATTACHSQL_TRACE_CONNECTED);
  CHECK_UINT(trace->connection_id, attachsql_connect_get_connection_id(con));
  CHECK_STR(trace->state, "ready");
  CHECK(trace->login_us > 0);
  CHECK((trace->tls_us > 0) == tls);
  CHECK_UINT(trace->lookup_us, 0);
  CHECK(trace->total_us >= trace->tls_us + trace->login_us);
  CHECK_UINT(trace->command + trace->number + trace->bytes_out, 0);
  self.count = 0;

  TEST("TRC-3", "queries: rows one by one, buffered, dropped, none");
  test_run(con, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3");
  trace = command(&self, 3, 3, 0);
  CHECK_UINT(trace->bytes_out, 5 + strlen("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"));
  bytes = trace->bytes_in;
  CHECK(attachsql_query_buffer_rows(con, true));
  test_run(con, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3");
  CHECK_UINT(command(&self, 3, 3, 0)->bytes_in, bytes);
  CHECK(attachsql_query_buffer_rows(con, false));
  test_query(con, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3");
  attachsql_query_close(con);
  CHECK_STR(attachsql_connect_state_name(con), "dropping");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(command(&self, 3, 3, 0)->bytes_in, bytes);
  test_run(con, "DO 1");
  command(&self, 3, 0, 0);
  test_run(con, "SELECT REPEAT('x', 100000)");
  CHECK(command(&self, 3, 1, 0)->bytes_in > 100000);

  TEST("TRC-3", "the state while a row is held, and while an answer is awaited");
  test_query(con, "SELECT SLEEP(0.1)");
  CHECK_STR(attachsql_connect_state_name(con), "busy");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  CHECK_STR(attachsql_connect_state_name(con), "row held");
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  CHECK(command(&self, 3, 1, 0)->total_us >= 90000);

  TEST("TRC-3", "errors of the server");
  test_refused(con, "SELECT nothing", 1054, "42S22");
  CHECK_STR(command(&self, 3, 0, 1054)->sqlstate, "42S22");

  TEST("TRC-3", "statements and other commands");
  CHECK(attachsql_connect_ping(con, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  command(&self, 0x0e, 0, 0);
  CHECK(attachsql_statement_prepare(con, 24, "SELECT 1 UNION SELECT 2 ", NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  command(&self, 0x16, 0, 0);
  CHECK(attachsql_statement_execute(con, NULL));
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
    attachsql_statement_row_next(con);
  command(&self, 0x17, 2, 0);

  TEST("TRC-3", "the end of the connection");
  {
    attachsql_connect_t *other = test_connect(server);
    char text[64];

    test_query(con, "SELECT SLEEP(20)");
    attachsql_connect_poll(con, NULL);
    snprintf(text, sizeof text, "KILL CONNECTION %u", attachsql_connect_get_connection_id(con));
    test_run(other, text);
    while (attachsql_connect_poll(con, NULL) != ATTACHSQL_RETURN_ERROR)
      attachsql_connect_wait(con, 1000, NULL);
    attachsql_connect_poll(con, NULL);
    /* Servers may say that the query was killed before they go. */
    CHECK(self.count == 2 && self.all[0].event == ATTACHSQL_TRACE_COMMAND);
    CHECK(self.all[1].event == ATTACHSQL_TRACE_FAILED || self.all[1].event == ATTACHSQL_TRACE_DONE);
    CHECK(self.all[1].error_code != 0 && self.all[1].command == 3);
    attachsql_connect_destroy(other);
  }
  attachsql_connect_destroy(con);
}

/* The events are a COMMAND and a DONE for each of so many commands, and what they say of all together. */
static void pairs(record *self, size_t count, uint32_t kind, uint64_t rows, unsigned errors, int error)
{
  uint64_t seen = 0;

  CHECK_UINT(self->count, 2 * count);
  for (size_t i = 0; i + 1 < self->count; i += 2)
  {
    const attachsql_trace_st *one = self->all + i, *two = one + 1;

    CHECK(one->event == ATTACHSQL_TRACE_COMMAND && two->event == ATTACHSQL_TRACE_DONE);
    CHECK(one->command == kind && two->command == kind);
    CHECK(one->number == two->number && two->bytes_out == one->bytes_out && one->bytes_out > 5);
    CHECK(two->bytes_in >= 5 && two->first_us <= two->total_us);
    seen += two->rows;
    errors -= two->error_code != 0;
    CHECK(two->error_code == 0 || two->error_code == error);
  }
  CHECK_UINT(seen, rows);
  CHECK_UINT(errors, 0);
  self->count = 0;
}

static void together(const test_server *server)
{
  static const char *texts[] = {"SELECT 1 UNION SELECT 2", "SELECT nothing", "DO 1", "SELECT 3"};
  static const char insert[] = "INSERT INTO traced VALUES (?)", select[] = "SELECT ? UNION ALL SELECT 7";
  record self = {.count = 0};
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt;
  bool arrays = server->kind == TEST_MARIADB_10_11 || server->kind == TEST_MARIADB_11_8;

  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  test_login(con);
  test_run(con, "CREATE TEMPORARY TABLE traced (a INT PRIMARY KEY)");

  TEST("TRC-5", "the queries of a pipeline, read or left");
  for (int left = 0; left < 2; left++)
  {
    self.count = 0;
    for (int i = 0; i < 4; i++)
      CHECK(attachsql_pipeline_add(con, strlen(texts[i]), texts[i], 0, NULL, NULL, &error));
    CHECK(attachsql_pipeline_send(con, false, &error));
    do
    {
      while (test_poll(con, NULL) == ATTACHSQL_RETURN_ROW_READY && !left)
        attachsql_query_row_next(con);
    } while (attachsql_pipeline_next(con) != ATTACHSQL_RETURN_EOF);
    attachsql_connect_poll(con, NULL);
    while (left && attachsql_connect_poll(con, NULL) == ATTACHSQL_RETURN_PROCESSING)
      attachsql_connect_wait(con, 1000, NULL);
    pairs(&self, 4, 3, 3, 1, 1054);
  }

  TEST("TRC-5", "executes of a pipeline");
  stmt = attachsql_stmt_create(con, &error);
  CHECK(attachsql_stmt_prepare(stmt, strlen(select), select, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  self.count = 0;
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_stmt_set_int(stmt, 0, i, &error));
    CHECK(attachsql_pipeline_add_execute(stmt, NULL, &error));
  }
  CHECK(attachsql_pipeline_send(con, false, &error));
  do
  {
    while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
      attachsql_stmt_row_next(stmt);
  } while (attachsql_pipeline_next(con) != ATTACHSQL_RETURN_EOF);
  pairs(&self, 3, 0x17, 6, 0, 0);

  TEST("TRC-5", "the commands of a bulk execute, each with its own error");
  CHECK(attachsql_stmt_prepare(stmt, strlen(insert), insert, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int bad = 0; bad < 2; bad++)
  {
    self.count = 0;
    for (int i = 0; i < 3; i++)
    {
      CHECK(attachsql_stmt_set_int(stmt, 0, bad ? 100 : i, &error));
      CHECK(attachsql_stmt_bulk_add(stmt, NULL, &error));
    }
    CHECK(attachsql_stmt_bulk_execute(stmt, &error));
    CHECK_POLL(test_poll(con, NULL), bad ? ATTACHSQL_RETURN_ERROR : ATTACHSQL_RETURN_EOF);
    pairs(&self, arrays ? 1 : 3, arrays ? 0xfa : 0x17, 0, !bad ? 0 : arrays ? 1 : 2, 1062);
  }
  attachsql_stmt_destroy(stmt);
  CHECK_NO_ERROR(error);
  attachsql_connect_destroy(con);
}

static void remembered(const test_server *server)
{
  record self = {.count = 0};
  attachsql_connect_t *con = test_create(server);

  TEST("TRC-3", "a query that is remembered until the login");
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  test_query(con, "DO 1");
  CHECK_UINT(self.count, 0);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  if (CHECK_UINT(self.count, 3))
  {
    /* The login is noticed together with what follows it at once. */
    unsigned seen = 0;

    for (int i = 0; i < 3; i++)
      seen |= 1u << self.all[i].event;
    CHECK_UINT(seen, 0xe);
    CHECK_INT(self.all[2].event, ATTACHSQL_TRACE_DONE);
  }
  attachsql_connect_destroy(con);

  TEST("TRC-1", "taken back; and only before the connect");
  self.count = 0;
  con = test_create(server);
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  CHECK(attachsql_connect_set_trace(con, NULL, NULL, NULL));
  test_login(con);
  test_works(con);
  CHECK_UINT(self.count, 0);
  {
    attachsql_error_t *error = NULL;

    CHECK(!attachsql_connect_set_trace(con, on_trace, &self, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(!attachsql_connect_set_trace(NULL, on_trace, &self, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK(attachsql_connect_state_name(NULL) == NULL);
  }
  attachsql_connect_destroy(con);

  TEST("TRC-4", "calls on the same connection from inside are refused");
  con = test_create(server);
  self.count = 0;
  self.con = con;
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  test_login(con);
  test_works(con);
  CHECK_UINT(self.count, 3);
  CHECK(self.refused);
  self.con = NULL;
  attachsql_connect_destroy(con);
}

static void failing(void)
{
  record self = {.count = 0};
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);

  TEST("TRC-2", "a connect that fails");
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK_STR(attachsql_connect_state_name(con), "failed");
  if (CHECK_UINT(self.count, 1))
  {
    CHECK_INT(self.all[0].event, ATTACHSQL_TRACE_FAILED);
    CHECK_INT(self.all[0].error_code, 2002);
    CHECK_STR(self.all[0].sqlstate, "08000");
    CHECK_STR(self.all[0].state, "failed");
    CHECK_UINT(self.all[0].connection_id, 0);
  }
  attachsql_connect_destroy(con);
}

static unsigned ends;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                     attachsql_error_t *error)
{
  (void)id;
  (void)context;
  attachsql_error_free(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  if (event != ATTACHSQL_EVENT_EOF)
    return;
  ends++;
  attachsql_query_close(con);
}

static void pooled(const test_server *server)
{
  record self = {.count = 0};
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);
  attachsql_connect_t *con = test_create(server);

  TEST("TRC-4", "in a pool");
  ends = 0;
  CHECK(attachsql_connect_set_trace(con, on_trace, &self, NULL));
  attachsql_pool_add_connection(pool, con, NULL);
  test_query(con, "SELECT 1 UNION ALL SELECT 2");
  while (!ends && attachsql_pool_wait(pool, 10000, NULL))
    attachsql_pool_run(pool);
  if (CHECK_UINT(self.count, 3))
  {
    CHECK_INT(self.all[0].event, ATTACHSQL_TRACE_CONNECTED);
    CHECK_INT(self.all[1].event, ATTACHSQL_TRACE_COMMAND);
    CHECK_INT(self.all[2].event, ATTACHSQL_TRACE_DONE);
    CHECK_UINT(self.all[2].rows, 2);
  }
  attachsql_pool_destroy(pool);
}

/* What a function that is called from inside of a connection in a pool tries to destroy. */
typedef struct
{
  attachsql_connect_t *con;
  attachsql_pool_t *pool;
  unsigned calls, events;
} doomed;

static void destroy_con(void *context, const attachsql_trace_st *trace)
{
  doomed *self = context;

  (void)trace;
  self->calls++;
  attachsql_connect_destroy(self->con);
  attachsql_connect_forget(self->con);
}

static void destroy_pool(void *context, const attachsql_trace_st *trace)
{
  doomed *self = context;

  self->calls++;
  if (trace->event != ATTACHSQL_TRACE_COMMAND)
    return;
  attachsql_pool_destroy(self->pool);
  self->events = 0;
}

static void count_events(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                         attachsql_error_t *error)
{
  doomed *self = context;

  (void)con;
  (void)id;
  (void)event;
  attachsql_error_free(error);
  self->events++;
}

static void begin_doomed(const test_server *server, attachsql_trace_fn *function, doomed *self)
{
  self->calls = self->events = 0;
  self->pool = attachsql_pool_create(count_events, self, NULL);
  self->con = test_create(server);
  CHECK(attachsql_connect_set_trace(self->con, function, self, NULL));
  attachsql_pool_add_connection(self->pool, self->con, NULL);
}

static void destroying(const test_server *server)
{
  doomed self;

  TEST("TRC-4", "destroying the connection in a pool has no effect");
  begin_doomed(server, destroy_con, &self);
  CHECK(attachsql_connect(self.con, NULL));
  while (!self.calls && attachsql_pool_wait(self.pool, 10000, NULL))
    attachsql_pool_run(self.pool);
  test_query(self.con, "DO 1");
  CHECK_UINT(self.calls, 2);
  while (self.calls < 3 && attachsql_pool_wait(self.pool, 10000, NULL))
    attachsql_pool_run(self.pool);
  CHECK_UINT(self.events, 2);
  CHECK_STR(attachsql_connect_state_name(self.con), "ready");
  attachsql_pool_destroy(self.pool);

  TEST("TRC-4 POOL-9", "destroying its pool: not from a call on the connection");
  begin_doomed(server, destroy_pool, &self);
  CHECK(attachsql_connect(self.con, NULL));
  while (!self.calls && attachsql_pool_wait(self.pool, 10000, NULL))
    attachsql_pool_run(self.pool);
  test_query(self.con, "DO 1");
  CHECK_UINT(self.calls, 2);
  while (self.calls < 3 && attachsql_pool_wait(self.pool, 10000, NULL))
    attachsql_pool_run(self.pool);
  CHECK_UINT(self.events, 1);
  attachsql_pool_destroy(self.pool);

  TEST("TRC-4 POOL-9", "destroying its pool from a run: nothing is told any more");
  begin_doomed(server, destroy_pool, &self);
  /* Sent by the run, after the login. */
  test_query(self.con, "DO 1");
  while (self.calls < 2 && attachsql_pool_wait(self.pool, 10000, NULL))
    attachsql_pool_run(self.pool);
  CHECK(self.calls >= 2);
  CHECK_UINT(self.events, 0);
}

int main(void)
{
  test_begin("trace", 120);
  failing();
  EACH_SERVER(server)
  {
    session(server, false);
    if (server->has_tls)
      session(server, true);
    together(server);
    remembered(server);
    pooled(server);
    destroying(server);
  }
  return test_end();
}
