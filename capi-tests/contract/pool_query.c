/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group PLQ: connections that a pool makes from a template, and queries it hands out to them.
 */
#include "../support/test.h"
#include "../support/pools.h"

/* --- Queries that write down what they were told ------------------------------------------------------ */

typedef struct desk desk;

/* One query. */
typedef struct ask
{
  desk *of;
  char told[200];
  uint32_t id;   /* of the connection */
  unsigned ends; /* EOF and ERROR */
  int code;
  char state[6];
  char value[40]; /* the last cell of the first column */
} ask;

struct desk
{
  attachsql_pool_t *pool;
  ask asks[600];
  unsigned count;
  /* What to do besides taking rows; NULL for nothing. */
  void (*act)(ask *one, attachsql_connect_t *con, attachsql_events_t event);
  /* What the pool's own function was told. */
  unsigned connected, errors;
  int code;
};

static desk desk_;

static void note(ask *one, const char *text)
{
  if (strlen(one->told) + strlen(text) + 2 < sizeof one->told)
  {
    strcat(one->told, *one->told ? " " : "");
    strcat(one->told, text);
  }
}

static void on_query(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  ask *one = (ask *)context;
  char text[20];

  CHECK((event == ATTACHSQL_EVENT_ERROR) == (error != NULL));
  CHECK((con == NULL) == (id == 0));
  one->id = id;
  if (error)
  {
    one->code = attachsql_error_code(error);
    strcpy(one->state, attachsql_error_sqlstate(error));
    snprintf(text, sizeof text, "%d", one->code);
    note(one, text);
    attachsql_error_free(error);
  }
  else
    note(one, event == ATTACHSQL_EVENT_ROW_READY ? "R" : event == ATTACHSQL_EVENT_EOF ? "E" : "?");
  one->ends += event != ATTACHSQL_EVENT_ROW_READY;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    if (CHECK(row != NULL))
      snprintf(one->value, sizeof one->value, "%.*s", (int)row[0].length, row[0].data);
  }
  if (one->of->act)
    one->of->act(one, con, event);
  else if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
}

static void on_pool(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  desk *of = (desk *)context;

  CHECK(con != NULL && id > 0);
  of->connected += event == ATTACHSQL_EVENT_CONNECTED;
  if (event == ATTACHSQL_EVENT_ERROR)
  {
    of->errors++;
    of->code = attachsql_error_code(error);
  }
  attachsql_error_free(error);
}

static void set(desk *of, attachsql_options_t option, uint32_t value)
{
  CHECK(attachsql_pool_set_option(of->pool, option, &value));
}

static void open_desk(desk *of, const test_server *server, uint32_t most)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *template = test_create(server);

  memset(of, 0, sizeof *of);
  of->pool = attachsql_pool_create(on_pool, of, &error);
  CHECK_NO_ERROR(error);
  attachsql_connect_set_option(template, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  CHECK(attachsql_pool_set_template(of->pool, template, &error));
  CHECK_NO_ERROR(error);
  attachsql_connect_destroy(template);
  set(of, ATTACHSQL_OPTION_POOL_MAX, most);
}

static ask *ask_for(desk *of, const char *text)
{
  attachsql_error_t *error = NULL;
  ask *one = &of->asks[of->count++];

  memset(one, 0, sizeof *one);
  one->of = of;
  CHECK(attachsql_pool_query(of->pool, strlen(text), text, 0, NULL, on_query, one, &error));
  CHECK_NO_ERROR(error);
  return one;
}

/* Runs until the pool has so many connections. */
static void run_until_there_are(desk *of, uint32_t count)
{
  uint64_t end = test_now() + 60000u * (uint64_t)test_patience();

  while ((test_pool_stats(of->pool).connections != count || test_pool_stats(of->pool).connecting > 0) && CHECK(test_now() < end))
  {
    attachsql_pool_wait(of->pool, 20, NULL);
    attachsql_pool_run(of->pool);
  }
}

/* --- Tests ---------------------------------------------------------------------------------------------- */

static void every_kind(const test_server *server)
{
  static const struct
  {
    const char *text, *told;
  } cases[] = {
    {"DO 1", "E"},
    {"SELECT 1 UNION ALL SELECT 2", "R R E"},
    {"SELECT n FROM " TEST_THOUSAND " WHERE n < 0", "E"},
    {"SELE", "1064"},
    {"SELECT 1; SELECT 2", "R E"},
    {"SELECT 1; SELE", "R E"},
    {"SELECT SLEEP(0.02)", "R E"},
    {"DO 1", "E"},
  };
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, "it's", 4, false};
  attachsql_error_t *error = NULL;
  ask *one;

  for (uint32_t most = 1; most < 5; most += 3)
  {
    TEST("PLQ-3 PLQ-4 PLQ-5", "queries of every kind each have one end");
    open_desk(&desk_, server, most);
    for (int round = 0; round < 3; round++)
    {
      unsigned first = desk_.count;

      for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ask_for(&desk_, cases[i].text);
      test_pool_run_out(desk_.pool);
      for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
      {
        CHECK_STR(desk_.asks[first + i].told, cases[i].told);
        CHECK_UINT(desk_.asks[first + i].ends, 1);
      }
    }
    CHECK_UINT(test_pool_stats(desk_.pool).made, most);
    CHECK_UINT(test_pool_stats(desk_.pool).idle, most);
    CHECK_UINT(test_pool_stats(desk_.pool).queued, 0);
    CHECK_UINT(test_pool_stats(desk_.pool).queries, desk_.count);
    CHECK_UINT(desk_.connected, most);
    CHECK_UINT(desk_.errors, 0);

    TEST("PLQ-4 PAR-1", "parameters, at once and after waiting");
    for (int i = 0; i < 3; i++)
    {
      one = &desk_.asks[desk_.count++];
      memset(one, 0, sizeof *one);
      one->of = &desk_;
      CHECK(attachsql_pool_query(desk_.pool, 8, "SELECT ?", 1, &parameter, on_query, one, &error));
      CHECK_NO_ERROR(error);
    }
    test_pool_run_out(desk_.pool);
    for (int i = 1; i <= 3; i++)
      CHECK_STR(desk_.asks[desk_.count - i].value, "it's");
    attachsql_pool_destroy(desk_.pool);
  }
}

/* The number of the next query that a function asks for. */
static unsigned left_;

static void ask_again(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  else if (left_ > 0)
  {
    left_--;
    ask_for(one->of, "SELECT 1");
  }
}

static void transaction(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  static const char *const steps[] = {"SELECT CONNECTION_ID()", "SELECT CONNECTION_ID(); SELECT 5", "COMMIT"};

  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  else if (one == desk_.asks && event == ATTACHSQL_EVENT_EOF)
  {
    if (attachsql_query_next_result(con) == ATTACHSQL_RETURN_PROCESSING)
      return;
    attachsql_query_close(con);
    if (left_ < 3)
    {
      test_query(con, steps[left_]);
      left_++;
    }
  }
}

static void leave_it(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  if (event == ATTACHSQL_EVENT_ROW_READY && one == desk_.asks)
    attachsql_query_close(con);
  else if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
}

static void functions(const test_server *server)
{
  char want[40];

  TEST("PLQ-4", "a function asks, again and again");
  open_desk(&desk_, server, 2);
  desk_.act = ask_again;
  left_ = 300;
  for (int i = 0; i < 5; i++)
    ask_for(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.count, 305);
  for (unsigned i = 0; i < desk_.count; i++)
    CHECK_STR(desk_.asks[i].told, "R E");
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-6", "a connection is kept by beginning something on it");
  open_desk(&desk_, server, 2);
  desk_.act = transaction;
  left_ = 0;
  ask_for(&desk_, "BEGIN");
  for (int i = 0; i < 10; i++)
    ask_for(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[0].told, "E R E R E R E E");
  CHECK_STR(desk_.asks[0].value, "5");
  for (unsigned i = 1; i <= 10; i++)
    CHECK_STR(desk_.asks[i].told, "R E");
  CHECK_UINT(test_pool_stats(desk_.pool).made, 2);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-5", "a query that its function closes ends");
  open_desk(&desk_, server, 1);
  desk_.act = leave_it;
  ask_for(&desk_, "SELECT n, REPEAT('x', 1000) FROM " TEST_NUMBERS);
  ask_for(&desk_, "SELECT CONNECTION_ID()");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[0].told, "R E");
  CHECK_STR(desk_.asks[1].told, "R E");
  CHECK_UINT(desk_.asks[0].id, desk_.asks[1].id);

  TEST("PLQ-7", "an open transaction is rolled back");
  desk_.act = NULL;
  ask_for(&desk_, "BEGIN");
  ask_for(&desk_, "SELECT CONNECTION_ID()");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[2].told, "E");
  CHECK_STR(desk_.asks[3].told, "R E");
  CHECK(strcmp(desk_.asks[1].value, desk_.asks[3].value) != 0);
  CHECK_UINT(test_pool_stats(desk_.pool).made, 1);

  TEST("PLQ-7", "without a reset a session stays as it is, with one it is as new");
  ask_for(&desk_, "SET @a = 5");
  ask_for(&desk_, "SELECT @a");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[5].value, "5");
  set(&desk_, ATTACHSQL_OPTION_POOL_RESET, 1);
  ask_for(&desk_, "SET @a = 6");
  test_pool_run_out(desk_.pool);
  strcpy(want, desk_.asks[3].value);
  ask_for(&desk_, "SELECT @a IS NULL");
  ask_for(&desk_, "SELECT CONNECTION_ID()");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[7].value, "1");
  /* MySQL 5.6 does not know the command: another connection. */
  CHECK((strcmp(desk_.asks[8].value, want) == 0) == (server->kind != TEST_MYSQL_5_6));
  CHECK_UINT(desk_.errors, 0);
  attachsql_pool_destroy(desk_.pool);
}

static void limits(const test_server *server)
{
  attachsql_error_t *error = NULL;
  ask refused;
  ask *late;

  TEST("PLQ-9", "a queue that is full");
  open_desk(&desk_, server, 1);
  set(&desk_, ATTACHSQL_OPTION_POOL_QUEUE, 2);
  ask_for(&desk_, "DO 1");
  ask_for(&desk_, "DO 1");
  memset(&refused, 0, sizeof refused);
  CHECK(!attachsql_pool_query(desk_.pool, 4, "DO 1", 0, NULL, on_query, &refused, &error));
  CHECK_ERROR(error, 2910, "HY014");
  CHECK(!attachsql_pool_query(desk_.pool, 4, "DO 1", 0, NULL, on_query, &refused, NULL));
  test_pool_run_out(desk_.pool);
  CHECK_STR(refused.told, "");
  CHECK_UINT(test_pool_stats(desk_.pool).queries, 2);

  TEST("PLQ-9", "a query that waits too long");
  set(&desk_, ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT, 50);
  ask_for(&desk_, "SELECT SLEEP(1)");
  late = ask_for(&desk_, "DO 1");
  CHECK_UINT(test_pool_stats(desk_.pool).queued, 1);
  test_pool_run_out(desk_.pool);
  CHECK_STR(late->told, "2911");
  CHECK_STR(late->state, "HYT00");
  CHECK_UINT(late->id, 0);
  CHECK_STR(desk_.asks[2].told, "R E");
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-10", "no server is there");
  open_desk(&desk_, server, 3);
  {
    attachsql_connect_t *nowhere = attachsql_connect_create("/nonexistent/socket", 0, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);

    CHECK(attachsql_pool_set_template(desk_.pool, nowhere, NULL));
    attachsql_connect_destroy(nowhere);
  }
  for (int i = 0; i < 5; i++)
    ask_for(&desk_, "DO 1");
  test_pool_run_out(desk_.pool);
  for (int i = 0; i < 5; i++)
    CHECK_STR(desk_.asks[i].told, "2002");
  CHECK(desk_.errors >= 1);
  CHECK_INT(desk_.code, 2002);
  CHECK_UINT(test_pool_stats(desk_.pool).connections, 0);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-3 PLQ-12", "the least is there, and what nobody needs goes");
  open_desk(&desk_, server, 6);
  set(&desk_, ATTACHSQL_OPTION_POOL_MIN, 2);
  run_until_there_are(&desk_, 2);
  for (int i = 0; i < 12; i++)
    ask_for(&desk_, "SELECT SLEEP(0.02)");
  test_pool_run_out(desk_.pool);
  CHECK_UINT(test_pool_stats(desk_.pool).made, 6);
  set(&desk_, ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT, 20);
  run_until_there_are(&desk_, 2);
  set(&desk_, ATTACHSQL_OPTION_POOL_PING_INTERVAL, 10);
  for (int i = 0; i < 20; i++)
  {
    attachsql_pool_wait(desk_.pool, 10, NULL);
    attachsql_pool_run(desk_.pool);
  }
  CHECK_UINT(desk_.errors, 0);
  ask_for(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[12].told, "R E");
  attachsql_pool_destroy(desk_.pool);
}

static void kill_it(attachsql_connect_t *killer, const char *number)
{
  char text[64];

  snprintf(text, sizeof text, "KILL %s", number);
  test_run(killer, text);
}

static void deaths(const test_server *server)
{
  attachsql_connect_t *killer = test_connect(server);
  char number[40], table[40], text[120];

  TEST("PLQ-8 PLQ-12 PLQ-13", "an idle connection is killed: no query is lost");
  open_desk(&desk_, server, 1);
  for (int i = 0; i < 5; i++)
  {
    ask *one = ask_for(&desk_, "SELECT CONNECTION_ID()");

    test_pool_run_out(desk_.pool);
    CHECK_STR(one->told, "R E");
    kill_it(killer, one->value);
    run_until_there_are(&desk_, 0);
    CHECK_UINT(desk_.errors, (unsigned)i + 1);
  }

  TEST("PLQ-8", "killed while nobody looked");
  ask_for(&desk_, "SELECT CONNECTION_ID()");
  test_pool_run_out(desk_.pool);
  kill_it(killer, desk_.asks[5].value);
  test_number(killer, "SELECT SLEEP(0.3)");
  ask_for(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[6].told, "R E");

  TEST("PLQ-8", "killed with a query under way: told, and not run again");
  snprintf(table, sizeof table, "pq_%u", (unsigned)attachsql_connect_get_connection_id(killer));
  snprintf(text, sizeof text, "CREATE TABLE %s (n INT)", table);
  test_run(killer, text);
  ask_for(&desk_, "SELECT CONNECTION_ID()");
  test_pool_run_out(desk_.pool);
  strcpy(number, desk_.asks[7].value);
  snprintf(text, sizeof text, "INSERT INTO %s SELECT 1 + SLEEP(30)", table);
  ask_for(&desk_, text);
  ask_for(&desk_, "SELECT 1");
  attachsql_pool_run(desk_.pool);
  test_number(killer, "SELECT SLEEP(0.1)");
  kill_it(killer, number);
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.asks[8].ends, 1);
  CHECK(desk_.asks[8].code != 0);
  CHECK_STR(desk_.asks[9].told, "R E");
  /* MySQL's SLEEP that is killed gives 1, and the row may be there: nobody knows, but not twice. */
  snprintf(text, sizeof text, "SELECT COUNT(*) FROM %s", table);
  CHECK(test_number(killer, text) <= 1);
  snprintf(text, sizeof text, "DROP TABLE %s", table);
  test_run(killer, text);
  attachsql_pool_destroy(desk_.pool);
  attachsql_connect_destroy(killer);
}

static void destroy_pool(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  (void)con, (void)event;
  attachsql_pool_destroy(one->of->pool);
}

static void ask_a_dead_one(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  attachsql_error_t *error = NULL;

  (void)con;
  if (event != ATTACHSQL_EVENT_ERROR)
    return;
  CHECK(!attachsql_pool_query(one->of->pool, 4, "DO 1", 0, NULL, on_query, one, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_run(one->of->pool);
  attachsql_pool_destroy(one->of->pool);
}

static void ends(const test_server *server)
{
  TEST("PLQ-11 POOL-3", "the pool is destroyed");
  open_desk(&desk_, server, 2);
  desk_.act = ask_a_dead_one;
  ask_for(&desk_, "SELECT SLEEP(30)");
  ask_for(&desk_, "SELECT 1");
  ask_for(&desk_, "SELECT 2");
  ask_for(&desk_, "SELECT 3");
  /* The second one leaves its row alone. */
  while (!*desk_.asks[1].told && attachsql_pool_wait(desk_.pool, 10000, NULL))
    attachsql_pool_run(desk_.pool);
  attachsql_pool_destroy(desk_.pool);
  CHECK_STR(desk_.asks[0].told, "2013");
  CHECK_STR(desk_.asks[1].told, "R 2013");
  CHECK_STR(desk_.asks[2].told, "2912");
  CHECK_STR(desk_.asks[2].state, "HY008");
  CHECK_STR(desk_.asks[3].told, "2912");

  for (int row = 0; row < 2; row++)
  {
    TEST("PLQ-11 POOL-9", "by a query's function");
    open_desk(&desk_, server, 1);
    desk_.act = destroy_pool;
    ask_for(&desk_, row ? "SELECT 1" : "DO 1");
    ask_for(&desk_, "SELECT 1");
    while (!desk_.asks[1].ends)
    {
      attachsql_pool_wait(desk_.pool, 10000, NULL);
      attachsql_pool_run(desk_.pool);
    }
    CHECK_STR(desk_.asks[0].told, row ? "R 2013" : "E");
    CHECK_STR(desk_.asks[1].told, "2912");
  }
}

static void destroy_con(ask *one, attachsql_connect_t *con, attachsql_events_t event)
{
  attachsql_error_t *error = NULL;

  if (event == ATTACHSQL_EVENT_ERROR)
  {
    CHECK(con == NULL);
    return;
  }
  CHECK(!attachsql_pool_remove_connection(one->of->pool, con, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_connect_destroy(con);
}

/* Tries to take out what has failed. */
static void take_out(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  attachsql_pool_t **pool = context;

  (void)id;
  attachsql_error_free(error);
  if (!CHECK_INT(event, ATTACHSQL_EVENT_ERROR) || !con)
    return;
  error = NULL;
  CHECK(!attachsql_pool_remove_connection(*pool, con, &error));
  CHECK_ERROR(error, 3000, "22023");
  *pool = NULL;
}

static void failed_one(void)
{
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  attachsql_pool_t *known, *pool = attachsql_pool_create(take_out, &known, NULL);

  TEST("PLQ-13", "a connection of the pool's own that has failed is not taken out either");
  known = pool;
  CHECK(attachsql_pool_set_template(pool, con, NULL));
  CHECK(attachsql_pool_query(pool, 4, "DO 1", 0, NULL, take_out, &known, NULL));
  while (known && attachsql_pool_wait(pool, 10000, NULL))
    attachsql_pool_run(pool);
  CHECK(!known);
  attachsql_pool_destroy(pool);
  attachsql_connect_destroy(con);
}

static void refusals(const test_server *server)
{
  static const attachsql_options_t positive[] = {ATTACHSQL_OPTION_POOL_MAX, ATTACHSQL_OPTION_POOL_CONNECTS,
                                                 ATTACHSQL_OPTION_POOL_QUEUE};
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = test_connect(server), *member = test_create(server);
  attachsql_pool_t *pool;

  TEST("PLQ-13 POOL-13", "a query's connection is destroyed by its function, but not taken out");
  open_desk(&desk_, server, 1);
  desk_.act = destroy_con;
  ask_for(&desk_, "SELECT 1");
  ask_for(&desk_, "DO 1");
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[0].told, "R 2013");
  CHECK_STR(desk_.asks[1].told, "E");

  TEST("PLQ-1 PLQ-13 CONV-1", "templates that are none, and NULL");
  pool = desk_.pool;
  CHECK(!attachsql_pool_set_template(pool, con, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_pool_add_connection(pool, member, NULL);
  CHECK(!attachsql_pool_set_template(pool, member, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_set_template(pool, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_set_template(NULL, con, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_set_template(NULL, NULL, NULL));
  CHECK(!attachsql_pool_query(NULL, 4, "DO 1", 0, NULL, on_query, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_query(pool, 4, "DO 1", 0, NULL, NULL, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_query(pool, 4, NULL, 0, NULL, on_query, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_pool_query(pool, 4, "DO 1", 1, NULL, on_query, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  {
    attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, "x", 1, false};

    CHECK(!attachsql_pool_query(pool, 5, "? ? ?", 1, &parameter, on_query, NULL, &error));
    CHECK_ERROR(error, 3000, "22023");
  }
  attachsql_connect_destroy(con);

  TEST("PLQ-2", "options");
  CHECK(!attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MAX, NULL));
  CHECK(!attachsql_pool_set_option(NULL, ATTACHSQL_OPTION_POOL_MAX, &(uint32_t){1}));
  for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
  {
    CHECK(!attachsql_pool_set_option(pool, positive[i], &(uint32_t){0}));
    CHECK(attachsql_pool_set_option(pool, positive[i], &(uint32_t){4294967295u}));
  }
  CHECK(!attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_RESET, &(uint32_t){2}));
  CHECK(!attachsql_pool_set_option(pool, ATTACHSQL_OPTION_READ_TIMEOUT, &(uint32_t){2}));
  CHECK(!attachsql_pool_set_option(pool, (attachsql_options_t)12345, &(uint32_t){2}));
  CHECK(!attachsql_connect_set_option(member, ATTACHSQL_OPTION_POOL_MAX, &(uint32_t){2}));
  for (int option = ATTACHSQL_OPTION_POOL_MIN; option <= ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT; option++)
    CHECK(attachsql_pool_set_option(pool, (attachsql_options_t)option, &(uint32_t){1}));
  attachsql_pool_destroy(pool);

  TEST("PLQ-1", "no template");
  pool = attachsql_pool_create(NULL, NULL, NULL);
  CHECK(!attachsql_pool_query(pool, 4, "DO 1", 0, NULL, on_query, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MIN, &(uint32_t){5}));
  CHECK(!attachsql_pool_wait(pool, 0, NULL));
  attachsql_pool_destroy(pool);

  TEST("PLQ-1", "buffered rows, and a pool without a function");
  desk_.pool = attachsql_pool_create(NULL, NULL, NULL);
  desk_.act = NULL;
  con = test_create(server);
  CHECK(attachsql_query_buffer_rows(con, true));
  CHECK(attachsql_pool_set_template(desk_.pool, con, NULL));
  ask_for(&desk_, "SELECT n FROM " TEST_THOUSAND);
  test_pool_run_out(desk_.pool);
  CHECK_STR(desk_.asks[desk_.count - 1].told, "E");
  attachsql_pool_destroy(desk_.pool);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("pool_query", 240);
  failed_one();
  EACH_SERVER(server)
  {
    every_kind(server);
    functions(server);
    limits(server);
    deaths(server);
    ends(server);
    refusals(server);
  }
  return test_end();
}
