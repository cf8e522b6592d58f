/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group POOL.
 */
#include "../support/test.h"

/* --- A pool that writes down what it was told -------------------------------------------------------- */

typedef struct record
{
  char text[100000];
  size_t length;
  unsigned count;
  attachsql_connect_t *cons[64];
  /* What to do besides taking rows and going on to further results; NULL for nothing. */
  void (*act)(struct record *record, attachsql_connect_t *con, uint32_t id, attachsql_events_t event);
  attachsql_pool_t *pool;
  int code; /* of the last error */
  unsigned left;
} record;

/* "1C 1R 1E 2!1064": connected, row, end, error. */
static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  record *to = (record *)context;
  char note[32];

  CHECK(event >= ATTACHSQL_EVENT_CONNECTED && event <= ATTACHSQL_EVENT_ROW_READY);
  CHECK((event == ATTACHSQL_EVENT_ERROR) == (error != NULL));
  if (id < 64 && to->cons[id])
    CHECK(to->cons[id] == con);
  if (error)
  {
    to->code = attachsql_error_code(error);
    snprintf(note, sizeof note, "%s%u!%d", to->count ? " " : "", (unsigned)id, to->code);
    attachsql_error_free(error);
  }
  else
    snprintf(note, sizeof note, "%s%u%c", to->count ? " " : "", (unsigned)id, "?C?ER"[event]);
  if (to->length + sizeof note < sizeof to->text)
  {
    strcpy(to->text + to->length, note);
    to->length += strlen(note);
  }
  to->count++;
  if (to->act)
    to->act(to, con, id, event);
  else if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    if (attachsql_query_row_get(con, NULL))
      attachsql_query_row_next(con);
    else if (CHECK(attachsql_statement_row_get(con, NULL)))
      attachsql_statement_row_next(con);
  }
  else if (event == ATTACHSQL_EVENT_EOF && attachsql_query_next_result(con) != ATTACHSQL_RETURN_PROCESSING)
    attachsql_query_close(con);
}

static attachsql_pool_t *new_pool(record *to)
{
  attachsql_error_t *error = NULL;

  memset(to, 0, sizeof *to);
  to->pool = attachsql_pool_create(on_event, to, &error);
  CHECK(to->pool != NULL);
  CHECK_NO_ERROR(error);
  return to->pool;
}

static attachsql_connect_t *add(record *to, const test_server *server)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = test_create(server);

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  attachsql_pool_add_connection(to->pool, con, &error);
  CHECK_NO_ERROR(error);
  return con;
}

/* Runs until nothing is awaited any more. What was told meanwhile; it lives until the next call. */
static const char *run_out(record *to)
{
  uint64_t end = test_now() + 60000u * (uint64_t)test_patience();
  attachsql_error_t *error = NULL;

  to->length = 0;
  to->count = 0;
  to->text[0] = '\0';
  while (attachsql_pool_wait(to->pool, -1, &error) && CHECK(test_now() < end))
    attachsql_pool_run(to->pool);
  CHECK_NO_ERROR(error);
  return to->text;
}

/* --- Tests ---------------------------------------------------------------------------------------------- */

static record log_, other_;

static void events(const test_server *server)
{
  static const struct
  {
    const char *text, *told;
  } cases[] = {
    {"DO 1", "1E"},
    {"DO 1", "1E"},
    {"SELECT 1 UNION ALL SELECT 2", "1R 1R 1E"},
    {"SELECT n FROM " TEST_THOUSAND " WHERE n < 0", "1E"},
    {"SELECT n FROM " TEST_THOUSAND " WHERE n < 0", "1E"},
    {"SELE", "1!1064"},
    {"SELE", "1!1064"},
    {"DO 1", "1E"},
    {"SELECT 1; SELECT 2", "1R 1E 1R 1E"},
    {"DO 1; SELECT 2; DO 3", "1E 1R 1E 1E"},
    {"SELECT 1; SELE", "1R 1E 1!1064"},
    {"SET @a = 1", "1E"},
    {"SET @a = 2", "1E"},
  };
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;

  TEST("POOL-1 POOL-2 POOL-5", "CONNECTED, and no EOF for a mere connect");
  new_pool(&log_);
  log_.cons[1] = con = add(&log_, server);
  attachsql_pool_run(log_.pool);
  CHECK_UINT(log_.count, 0);
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  CHECK_UINT(log_.count, 0);
  CHECK_STR(run_out(&log_), "1C");

  TEST("POOL-4 POOL-5 POOL-6", "each event once, whatever came before");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    test_query(con, cases[i].text);
    CHECK_STR(run_out(&log_), cases[i].told);
    CHECK_STR(run_out(&log_), "");
    attachsql_query_close(con);
  }

  TEST("POOL-5", "buffered rows have no event");
  CHECK(attachsql_query_buffer_rows(con, true));
  test_query(con, "SELECT n FROM " TEST_THOUSAND);
  CHECK_STR(run_out(&log_), "1E");
  CHECK(attachsql_query_buffer_rows(con, false));

  TEST("POOL-5", "what is closed ends in silence");
  test_query(con, "SELECT n FROM " TEST_THOUSAND);
  attachsql_query_close(con);
  CHECK_STR(run_out(&log_), "");
  test_query(con, "SELECT SLEEP(0.02)");
  attachsql_query_close(con);
  test_query(con, "SELECT 1");
  CHECK_STR(run_out(&log_), "1R 1E");

  TEST("POOL-2", "numbers are not used again");
  attachsql_connect_destroy(con);
  con = add(&log_, server);
  test_query(con, "DO 1");
  CHECK_STR(run_out(&log_), "2C 2E");
  attachsql_pool_destroy(log_.pool);
}

static void statements(const test_server *server)
{
  attachsql_connect_t *con;
  attachsql_error_t *error = NULL;

  TEST("POOL-5 POOL-8", "prepared statements");
  new_pool(&log_);
  con = add(&log_, server);
  CHECK(attachsql_statement_prepare(con, 23, "SELECT ? UNION SELECT ?", &error));
  CHECK_STR(run_out(&log_), "1C 1E");
  for (int i = 0; i < 3; i++)
  {
    attachsql_statement_set_int(con, 0, i, NULL);
    attachsql_statement_set_int(con, 1, i + 1, NULL);
    CHECK(attachsql_statement_execute(con, &error));
    CHECK_STR(run_out(&log_), "1R 1R 1E");
  }
  CHECK(attachsql_statement_reset(con, &error));
  CHECK_STR(run_out(&log_), "1E");
  CHECK(attachsql_statement_send_long_data(con, 0, 3, (char *)"abc", &error));
  CHECK_STR(run_out(&log_), "");
  attachsql_statement_close(con);
  CHECK_STR(run_out(&log_), "");
  CHECK(attachsql_statement_prepare(con, 4, "SELE", &error));
  CHECK_STR(run_out(&log_), "1!1064");
  CHECK(attachsql_statement_prepare(con, 8, "SELECT 1", &error));
  CHECK_STR(run_out(&log_), "1E");
  CHECK(attachsql_statement_execute(con, &error));
  attachsql_statement_close(con);
  test_query(con, "SELECT 5");
  CHECK_STR(run_out(&log_), "1R 1E");
  CHECK_NO_ERROR(error);
  attachsql_pool_destroy(log_.pool);
}

static void refusals(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server), *added;
  attachsql_error_t *error = NULL;

  TEST("POOL-2", "a connection that was used, or is in a pool");
  new_pool(&log_);
  new_pool(&other_);
  attachsql_pool_add_connection(log_.pool, con, &error);
  CHECK_ERROR(error, 3000, "22023");
  test_works(con);
  attachsql_connect_destroy(con);
  added = add(&log_, server);
  attachsql_pool_add_connection(log_.pool, added, &error);
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_add_connection(other_.pool, added, &error);
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_add_connection(other_.pool, added, NULL);
  test_query(added, "DO 1");
  CHECK_STR(run_out(&log_), "1C 1E");
  CHECK_STR(run_out(&other_), "");

  TEST("POOL-2 POOL-17 CONV-1", "NULL");
  attachsql_pool_add_connection(NULL, added, &error);
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_add_connection(log_.pool, NULL, &error);
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_add_connection(NULL, NULL, NULL);
  CHECK(!attachsql_pool_wait(NULL, 0, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_remove_connection(NULL, added, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_remove_connection(log_.pool, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_get_stats(NULL, NULL));
  CHECK(!attachsql_pool_get_stats(log_.pool, NULL));
  CHECK(!attachsql_pool_has_more(NULL));
  CHECK(!attachsql_pool_get_watches(NULL, NULL, 0, NULL, NULL));
  CHECK_INT(attachsql_pool_get_timeout_ms(NULL), -1);
  CHECK_INT(attachsql_pool_get_fd(NULL), -1);
  CHECK(attachsql_connect_get_user_data(NULL) == NULL);
  attachsql_connect_set_user_data(NULL, &error);
  attachsql_pool_run(NULL);
  attachsql_pool_destroy(NULL);
  attachsql_pool_destroy(log_.pool);
  attachsql_pool_destroy(other_.pool);

  TEST("POOL-1", "without a function");
  log_.pool = attachsql_pool_create(NULL, NULL, NULL);
  added = add(&log_, server);
  test_query(added, "SELECT 1");
  run_out(&log_);
  CHECK_POLL(attachsql_connect_poll(added, NULL), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_query_row_get(added, NULL) != NULL);
  attachsql_query_row_next(added);
  run_out(&log_);
  CHECK_POLL(attachsql_connect_poll(added, NULL), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(added);
  test_query(added, "SELE");
  run_out(&log_);
  CHECK_POLL(attachsql_connect_poll(added, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  attachsql_pool_destroy(log_.pool);
}

/* Connections that cannot be, at once or later, with and without a query. */
static void failures(const test_server *server)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con;

  for (int kind = 0; kind < 4; kind++)
    for (int passive = 0; passive < 2; passive++)
    {
      const char *host = kind == 0 ? "/nonexistent/socket" : kind == 2 ? "no such host.invalid" : TEST_HOST;
      int want = kind == 2 ? 2005 : kind == 3 ? 1045 : 2002;
      char told[32];
      bool begun;

      TEST("POOL-5 POOL-7 CONV-4", "a connect that fails is told once, beside what the call says");
      snprintf(told, sizeof told, "1!%d", want);
      new_pool(&log_);
      con = attachsql_connect_create(host, (in_port_t)(kind == 0 ? 0 : kind == 3 ? test_port(server) : 1), TEST_USER,
                                     "a wrong password", TEST_SCHEMA, NULL);
      attachsql_pool_add_connection(log_.pool, con, NULL);
      begun = passive ? attachsql_query(con, 4, "DO 1", 0, NULL, &error) : attachsql_connect(con, &error);
      if (begun)
        CHECK_NO_ERROR(error);
      else
        CHECK_ERROR(error, want, kind == 2 ? "08000" : "08000");
      CHECK_STR(run_out(&log_), told);
      CHECK_STR(run_out(&log_), "");
      CHECK(!attachsql_connect(con, &error));
      CHECK_ERROR(error, want, kind == 3 ? "28000" : "08000");
      attachsql_query_close(con);
      CHECK(!attachsql_query(con, 4, "DO 1", 0, NULL, &error));
      CHECK_ERROR(error, 2006, "08006");
      CHECK_STR(run_out(&log_), "");
      attachsql_pool_destroy(log_.pool);
    }

  TEST("POOL-5 POOL-14 OPT-8", "a limit on silence");
  new_pool(&log_);
  con = add(&log_, server);
  attachsql_connect(con, NULL);
  CHECK_STR(run_out(&log_), "1C");
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &(uint32_t){50});
  test_query(con, "SELECT SLEEP(5)");
  CHECK_STR(run_out(&log_), "1!2013");
  attachsql_pool_destroy(log_.pool);
}

/* A connection killed by the server, among others that go on. */
static void killed(const test_server *server)
{
  attachsql_connect_t *con, *killer;
  char text[64];

  TEST("POOL-5", "one is killed, the others go on");
  new_pool(&log_);
  con = add(&log_, server);
  killer = add(&log_, server);
  test_query(con, "SELECT SLEEP(30)");
  attachsql_connect(killer, NULL);
  while (log_.count < 2 && attachsql_pool_wait(log_.pool, 10000, NULL))
    attachsql_pool_run(log_.pool);
  snprintf(text, sizeof text, "KILL %u", (unsigned)attachsql_connect_get_connection_id(con));
  test_query(killer, text);
  run_out(&log_);
  CHECK(strstr(log_.text, "2E") != NULL);
  /* 2013, or the server's own word for it, or the row of a SLEEP that was cut short before the end. */
  CHECK(strstr(log_.text, "1!") != NULL);
  test_query(killer, "SELECT 1");
  CHECK_STR(run_out(&log_), "2R 2E");
  attachsql_pool_destroy(log_.pool);
}

static void rows_left_alone(record *to, attachsql_connect_t *con, uint32_t id, attachsql_events_t event)
{
  (void)to, (void)con, (void)id, (void)event;
}

static void between_runs(const test_server *server)
{
  attachsql_connect_t *con;
  attachsql_query_row_st *row;
  attachsql_error_t *error = NULL;
  const char *data;

  TEST("POOL-10 POOL-5", "a row that the callback leaves alone");
  new_pool(&log_);
  log_.act = rows_left_alone;
  con = add(&log_, server);
  test_query(con, "SELECT n, REPEAT('r', 1000) FROM " TEST_THOUSAND);
  CHECK_STR(run_out(&log_), "1C 1R");
  row = attachsql_query_row_get(con, NULL);
  data = row ? row[1].data : NULL;
  for (int i = 0; i < 100; i++)
    attachsql_pool_run(log_.pool);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL && row[1].data == data))
    CHECK(row[1].length == 1000 && row[1].data[999] == 'r');
  for (int i = 0; i < 999; i++)
  {
    attachsql_query_row_next(con);
    CHECK_STR(run_out(&log_), "1R");
  }
  attachsql_query_row_next(con);
  CHECK_STR(run_out(&log_), "1E");
  attachsql_query_close(con);

  TEST("POOL-10", "results and queries between runs");
  test_query(con, "SELECT 1; SELECT 2");
  CHECK_STR(run_out(&log_), "1R");
  attachsql_query_row_next(con);
  CHECK_STR(run_out(&log_), "1E");
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_STR(run_out(&log_), "1R");
  attachsql_query_close(con);
  test_query(con, "DO 1");
  CHECK_STR(run_out(&log_), "1E");
  attachsql_query_close(con);

  TEST("POOL-11", "a poll says how the connection stands, and a wait of its own is refused");
  test_query(con, "SELECT SLEEP(0.05)");
  for (int i = 0; i < 100; i++)
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
  attachsql_pool_run(log_.pool);
  CHECK(!attachsql_connect_wait(con, -1, &error));
  CHECK_ERROR(error, 2014, "08002");
  CHECK_STR(run_out(&log_), "1R");
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_query(con, "SELE");
  CHECK_STR(run_out(&log_), "1!1064");
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");

  TEST("POOL-4", "a semi-blocking connection does not hold up a run");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
  attachsql_query_close(con);
  test_query(con, "SELECT SLEEP(1)");
  for (uint64_t start = test_now(), last = start; last < start + 500; last = test_now())
  {
    attachsql_pool_run(log_.pool);
    CHECK(test_now() - last < 400);
  }
  attachsql_pool_destroy(log_.pool);

  TEST("POOL-12", "waiting");
  new_pool(&log_);
  con = add(&log_, server);
  CHECK(!attachsql_pool_wait(log_.pool, -1, &error));
  CHECK(!attachsql_pool_wait(log_.pool, 20, &error));
  CHECK_NO_ERROR(error);
  test_query(con, "SELECT SLEEP(0.3)");
  {
    unsigned waits = 0;

    while (attachsql_pool_wait(log_.pool, -1, &error))
    {
      attachsql_pool_run(log_.pool);
      waits++;
    }
    CHECK(waits < 200);
    CHECK_STR(log_.text, "1C 1R 1E");
  }
  attachsql_pool_destroy(log_.pool);
}

/* --- Callbacks --------------------------------------------------------------------------------------- */

static void do_next_query(record *to, attachsql_connect_t *con, uint32_t id, attachsql_events_t event)
{
  (void)id;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    CHECK_UINT(attachsql_query_column_count(con), 1);
    CHECK(attachsql_query_column_get(con, 1) != NULL);
    CHECK(attachsql_query_row_get(con, NULL) != NULL);
    attachsql_query_row_next(con);
    return;
  }
  if (event == ATTACHSQL_EVENT_EOF)
    CHECK_STR(attachsql_query_info(con), "");
  attachsql_query_close(con);
  if (to->left > 0)
  {
    int32_t number = (int32_t)to->left--;
    attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_INT, &number, 0, false};

    CHECK(attachsql_query(con, 8, "SELECT ?", 1, &parameter, NULL));
  }
}

static void do_everything(record *to, attachsql_connect_t *con, uint32_t id, attachsql_events_t event)
{
  attachsql_error_t *error = NULL;

  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  if (id != 2)
    return;
  attachsql_pool_run(to->pool);
  CHECK(!attachsql_pool_wait(to->pool, -1, &error));
  CHECK_ERROR(error, 2014, "08002");
  CHECK(attachsql_pool_has_more(to->pool));
  CHECK_INT(attachsql_pool_get_timeout_ms(to->pool), 0);
  switch (to->left)
  {
    case 1:
      attachsql_connect_destroy(con);
      break;
    case 2:
      attachsql_connect_destroy(to->cons[1]);
      break;
    case 3:
      attachsql_connect_destroy(to->cons[3]);
      break;
    case 4:
      CHECK(attachsql_pool_remove_connection(to->pool, con, &error));
      break;
    case 5:
      CHECK(attachsql_pool_remove_connection(to->pool, con, &error));
      attachsql_connect_destroy(con);
      break;
    case 6:
      attachsql_pool_destroy(to->pool);
      to->pool = NULL;
      break;
    case 7:
      CHECK(attachsql_pool_remove_connection(to->pool, to->cons[3], &error));
      attachsql_connect_destroy(to->cons[3]);
      break;
  }
  to->left = 0;
}

static void callbacks(const test_server *server)
{
  TEST("POOL-8", "a query in every callback");
  new_pool(&log_);
  log_.act = do_next_query;
  log_.left = 200;
  for (int i = 0; i < 10; i++)
    attachsql_connect(add(&log_, server), NULL);
  run_out(&log_);
  CHECK_UINT(log_.count, 10 + 2 * 200);
  attachsql_pool_destroy(log_.pool);

  TEST("POOL-9", "what a callback takes away");
  for (unsigned deed = 1; deed <= 7; deed++)
  {
    attachsql_connect_t *second;

    new_pool(&log_);
    log_.act = do_everything;
    log_.left = deed;
    for (int i = 1; i <= 3; i++)
    {
      log_.cons[i] = add(&log_, server);
      test_query(log_.cons[i], "SELECT 1");
    }
    second = log_.cons[2];
    if (deed == 6)
    {
      while (log_.pool && attachsql_pool_wait(log_.pool, 20000, NULL))
        attachsql_pool_run(log_.pool);
      CHECK(log_.pool == NULL);
      continue;
    }
    run_out(&log_);
    if (deed != 2)
      CHECK(strstr(log_.text, "1E") != NULL);
    if (deed != 3 && deed != 7)
      CHECK(strstr(log_.text, "3E") != NULL);
    CHECK((strstr(log_.text, "2E") != NULL) == (deed == 2 || deed == 3 || deed == 7));
    if (deed == 4)
    {
      TEST("POOL-13", "a connection that was taken out goes on alone");
      CHECK_POLL(test_poll_good(second), ATTACHSQL_RETURN_ROW_READY);
      attachsql_query_close(second);
      test_works(second);
      attachsql_connect_destroy(second);
      TEST("POOL-9", "what a callback takes away");
    }
    attachsql_pool_destroy(log_.pool);
  }

  TEST("POOL-13", "not in this pool");
  {
    attachsql_error_t *error = NULL;
    attachsql_connect_t *con = test_create(server);

    new_pool(&log_);
    CHECK(!attachsql_pool_remove_connection(log_.pool, con, &error));
    CHECK_ERROR(error, 3000, "22023");
    attachsql_connect_destroy(con);
    attachsql_pool_destroy(log_.pool);
  }

  TEST("POOL-3", "destroyed in the middle of everything, with the pool and alone");
  for (int runs = 0; runs < 40; runs += 3)
  {
    new_pool(&log_);
    for (int i = 1; i <= 5; i++)
    {
      log_.cons[i] = add(&log_, server);
      test_query(log_.cons[i], i % 2 ? "SELECT n FROM " TEST_THOUSAND : "SELECT SLEEP(1)");
    }
    for (int i = 0; i < runs; i++)
    {
      attachsql_pool_wait(log_.pool, 5, NULL);
      attachsql_pool_run(log_.pool);
    }
    attachsql_connect_destroy(log_.cons[3]);
    attachsql_pool_run(log_.pool);
    attachsql_pool_destroy(log_.pool);
  }
}

static void numbers(const test_server *server)
{
  struct
  {
    attachsql_pool_stats_st stats;
    uint64_t beyond;
  } more;
  attachsql_pool_stats_st *stats = &more.stats;
  attachsql_connect_t *cons[5];
  int mark;

  TEST("POOL-15", "a pointer of the program's");
  new_pool(&log_);
  log_.act = rows_left_alone;
  for (int i = 0; i < 5; i++)
    cons[i] = add(&log_, server);
  CHECK(attachsql_connect_get_user_data(cons[0]) == NULL);
  attachsql_connect_set_user_data(cons[0], &mark);
  CHECK(attachsql_connect_get_user_data(cons[0]) == &mark);
  CHECK(attachsql_connect_get_user_data(cons[1]) == NULL);

  TEST("POOL-16", "states and sizes");
  attachsql_connect(cons[1], NULL);
  test_query(cons[2], "SELECT 1");
  run_out(&log_);
  test_query(cons[1], "SELECT SLEEP(1)");
  attachsql_connect(cons[3], NULL);
  memset(&more, 0xff, sizeof more);
  stats->size = sizeof more;
  CHECK(attachsql_pool_get_stats(log_.pool, stats));
  CHECK_UINT(stats->size, sizeof more);
  CHECK_UINT(more.beyond, 0);
  CHECK_UINT(stats->connections, 5);
  CHECK_UINT(stats->unused, 2);
  CHECK_UINT(stats->connecting, 1);
  CHECK_UINT(stats->busy, 1);
  CHECK_UINT(stats->held, 1);
  CHECK_UINT(stats->idle + stats->failed, 0);
  CHECK_UINT(stats->events, 3);
  CHECK_UINT(stats->errors, 0);
  CHECK(stats->runs > 0 && stats->looks > 0);
  memset(&more, 0xff, sizeof more);
  stats->size = offsetof(attachsql_pool_stats_st, connecting);
  CHECK(attachsql_pool_get_stats(log_.pool, stats));
  CHECK_UINT(stats->connections, 5);
  CHECK_UINT(stats->connecting, 0xffffffffu);
  stats->size = sizeof(size_t);
  CHECK(!attachsql_pool_get_stats(log_.pool, stats));
  attachsql_pool_destroy(log_.pool);
}

int main(void)
{
  test_begin("pool", 300);
  EACH_SERVER(server)
  {
    events(server);
    statements(server);
    refusals(server);
    failures(server);
    killed(server);
    between_runs(server);
    callbacks(server);
    numbers(server);
  }
  return test_end();
}
