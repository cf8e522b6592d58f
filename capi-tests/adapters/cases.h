/* SPDX-License-Identifier: Apache-2.0
 *
 * What every adapter has to do, once for all of them. The program of an adapter defines its loop, which is
 *
 *    HANDLE                                  what attaching gives
 *    ATTACH(con, function, context, error)   attaches a connection
 *    ATTACH_POOL(pool)                       attaches a pool
 *    DETACH(handle)
 *    CALLED(handle)                          after calls outside of a callback
 *    loop_begin(), loop_end()                makes the loop; frees it, and checks that nothing is left in it
 *    loop_run(), loop_stop()                 runs it until it is stopped
 *    loop_tick(bool)                         has the loop call tick() in each round, as for a timer of no time, or not
 *
 * and includes this file after them, which has main(). No test looks at a clock: a loop that loses an event hangs until
 * the watch-dog bites, one that spins or starves the timer is found by counting.
 */
#include "../support/fake.h"

static void tick(void);
static void loop_begin(void);
static void loop_end(void);
static void loop_run(void);
static void loop_stop(void);
static void loop_tick(bool on);

/* --- What is told ----------------------------------------------------------------------------------- */

/* "1C 1R 1E 1!1064": connected, row, end, error. */
static struct
{
  char told[2000];
  const char *until;                       /* stop the loop when this is the last that was told */
  void (*act)(attachsql_connect_t *, attachsql_events_t); /* instead of taking rows; may be NULL */
  HANDLE *handle, *other;
  attachsql_pool_t *pool;
  unsigned rows, ends, most, since, rounds, left;
} scene;

static attachsql_connect_t *scene_con;
static void (*on_tick)(void);

static void tick(void)
{
  scene.rounds++;
  scene.since = 0;
  if (on_tick)
    on_tick();
}

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  char note[32];

  CHECK(context == &scene);
  CHECK((event == ATTACHSQL_EVENT_ERROR) == (error != NULL));
  if (error)
    snprintf(note, sizeof note, "%u!%d", (unsigned)id, attachsql_error_code(error));
  else
    snprintf(note, sizeof note, "%u%c", (unsigned)id, "?C?ER"[event]);
  attachsql_error_free(error);
  if (strlen(scene.told) + strlen(note) + 2 < sizeof scene.told)
  {
    if (*scene.told)
      strcat(scene.told, " ");
    strcat(scene.told, note);
  }
  scene.rows += event == ATTACHSQL_EVENT_ROW_READY;
  scene.ends += event == ATTACHSQL_EVENT_EOF;
  if (++scene.since > scene.most)
    scene.most = scene.since;
  if (scene.until && strcmp(note, scene.until) == 0)
    loop_stop();
  if (scene.act)
    scene.act(con, event);
  else if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  else if (event != ATTACHSQL_EVENT_CONNECTED)
    attachsql_query_close(con);
}

static void scene_begin(const char *until)
{
  memset(&scene, 0, sizeof scene);
  scene.until = until;
  on_tick = NULL;
  loop_begin();
}

/* A connection that is attached alone. */
static attachsql_connect_t *alone(attachsql_connect_t *con)
{
  attachsql_error_t *error = NULL;

  scene.handle = ATTACH(con, on_event, &scene, &error);
  CHECK(scene.handle != NULL);
  CHECK_NO_ERROR(error);
  return scene_con = con;
}

/* So many connections in a pool that is attached; the last one. */
static attachsql_connect_t *pool_of(const test_server *server, unsigned count)
{
  attachsql_error_t *error = NULL;

  scene.pool = attachsql_pool_create(on_event, &scene, &error);
  CHECK_NO_ERROR(error);
  while (count-- > 0)
  {
    scene_con = test_create(server);
    attachsql_pool_add_connection(scene.pool, scene_con, &error);
    CHECK_NO_ERROR(error);
    attachsql_connect(scene_con, NULL);
  }
  scene.handle = ATTACH_POOL(scene.pool);
  CHECK(scene.handle != NULL);
  return scene_con;
}

/* Runs the loop; what it has told since the last time. */
static const char *run_until(const char *until)
{
  *scene.told = '\0';
  scene.until = until;
  CALLED(scene.handle);
  loop_run();
  return scene.told;
}

static uint64_t runs_of(attachsql_pool_t *pool)
{
  attachsql_pool_stats_st stats;

  stats.size = sizeof stats;
  CHECK(attachsql_pool_get_stats(pool, &stats));
  return stats.runs;
}

/* --- Tests ------------------------------------------------------------------------------------------ */

static void later(void)
{
  on_tick = NULL;
  loop_tick(false);
  test_query(scene_con, "DO 2");
  CALLED(scene.handle);
}

static void one_connection(const test_server *server)
{
  attachsql_connect_t *con;

  TEST("LOOP-1", "a connection alone: its query, its rows, an error, a call from elsewhere in the loop");
  scene_begin(NULL);
  con = alone(test_create(server));
  test_query(con, "SELECT 1 UNION ALL SELECT 2");
  CHECK_STR(run_until("1E"), "1C 1R 1R 1E");
  test_query(con, "SELE");
  CHECK_STR(run_until("1!1064"), "1!1064");
  test_query(con, "SELECT 3");
  CHECK_STR(run_until("1E"), "1R 1E");
  on_tick = later;
  loop_tick(true);
  CHECK_STR(run_until("1E"), "1E");

  TEST("LOOP-2", "while the server is silent the loop sleeps");
  {
    uint64_t before = runs_of(scene.handle->adapter.pool);

    test_query(con, "DO SLEEP(0.5)");
    CHECK_STR(run_until("1E"), "1E");
    CHECK(runs_of(scene.handle->adapter.pool) - before < 20);
  }

  TEST("LOOP-1", "a limit on silence");
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &(uint32_t){50});
  test_query(con, "DO SLEEP(20)");
  CHECK_STR(run_until("1!2013"), "1!2013");
  DETACH(scene.handle);
  attachsql_connect_destroy(con);
  loop_end();
}

static void more_queries(attachsql_connect_t *con, attachsql_events_t event)
{
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_query_row_next(con);
    return;
  }
  attachsql_query_close(con);
  if (scene.left > 0)
    test_query(con, scene.left-- % 7 ? "SELECT 1 UNION SELECT 2" : "DO SLEEP(0.01)");
  else if (scene.ends == 200)
    loop_stop();
}

static void a_pool(const test_server *server)
{
  TEST("LOOP-1", "a pool of twenty");
  scene_begin(NULL);
  pool_of(server, 20);
  scene.left = 200;
  scene.act = more_queries;
  run_until(NULL);
  CHECK_UINT(scene.ends, 200);
  CHECK_UINT(scene.rows, 2 * (200 - 200 / 7));
  DETACH(scene.handle);
  attachsql_pool_destroy(scene.pool);
  loop_end();
}

/* Many rows that are there already: the timer of the loop must not wait for their end. */
static void stream(const test_server *server, bool in_pool)
{
  attachsql_connect_t *con;

  TEST("LOOP-1 LOOP-2", "a stream does not starve the loop");
  scene_begin(NULL);
  con = in_pool ? pool_of(server, 1) : alone(test_create(server));
  test_query(con, "SELECT n, REPEAT('x', n % 500) FROM " TEST_NUMBERS " WHERE n < 20000");
  loop_tick(true);
  run_until("1E");
  CHECK_UINT(scene.rows, 20000);
  CHECK(scene.rounds >= 20000 / 4);
  CHECK(scene.most <= 4);
  loop_tick(false);
  DETACH(scene.handle);
  if (in_pool)
    attachsql_pool_destroy(scene.pool);
  else
    attachsql_connect_destroy(con);
  loop_end();
}

/* Names, addresses that race and refuse: descriptors come and go, and their numbers come back as others. */
static void descriptors(const test_server *server)
{
  char hosts[100];

  TEST("LOOP-4 LOOP-6", "descriptors that change");
  snprintf(hosts, sizeof hosts, "127.0.0.1:1,localhost:2,localhost:%u", (unsigned)test_port(server));
  scene_begin(NULL);
  for (int i = 0; i < 20; i++)
  {
    attachsql_connect_t *con = test_create(server);

    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, hosts));
    alone(con);
    test_query(con, "SELECT 1");
    CHECK_STR(run_until("1E"), "1C 1R 1E");
    DETACH(scene.handle);
    attachsql_connect_destroy(con);
  }
  TEST("LOOP-1", "a refusal");
  alone(attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL));
  attachsql_connect(scene_con, NULL);
  CHECK_STR(run_until("1!2002"), "1!2002");
  DETACH(scene.handle);
  attachsql_connect_destroy(scene_con);
  loop_end();
}

/* --- A server that cuts -------------------------------------------------------------------------------- */

static fake_server fake;
static int fake_step;

static void serve(void)
{
  char byte;

  if (fake.peer == FAKE_NONE)
  {
    fake.peer = accept(fake.listener, NULL, NULL);
    if (fake.peer != FAKE_NONE)
    {
      fake_not_blocking(fake.peer);
      fake_greet(&fake, 10, "5.7.1-made-up", 77);
    }
  }
  else if (recv(fake.peer, &byte, 1, MSG_PEEK) == 1 && CHECK(fake_read(&fake, NULL)))
  {
    if (fake_step++ == 0)
      fake_ok(&fake, (uint8_t)(fake.sequence + 1));
    else
    {
      fake_send(&fake, "\1\0\0\1", 4); /* the head of an answer */
      fake_hang_up(&fake);
      on_tick = NULL;
      loop_tick(false);
    }
  }
}

static void cut(void)
{
  TEST("LOOP-1", "a server that hangs up in an answer");
  scene_begin(NULL);
  fake_open(&fake);
  fake_step = 0;
  alone(fake_create(&fake));
  test_query(scene_con, "SELECT 1");
  on_tick = serve;
  loop_tick(true);
  CHECK_STR(run_until("1!2013"), "1C 1!2013");
  DETACH(scene.handle);
  attachsql_connect_destroy(scene_con);
  fake_close(&fake);
  loop_end();
}

/* --- Callbacks that detach and destroy ------------------------------------------------------------------ */

static attachsql_events_t at_event;
static int how; /* a bit for each: detach, destroy the connection, destroy the pool */
enum { DETACHES = 1, DESTROYS = 2, DESTROYS_POOL = 4 };

static void do_it(attachsql_connect_t *con, attachsql_events_t event)
{
  if (event == at_event && how)
  {
    int what = how;

    how = 0; /* a run that is under way tells of the other connections too */
    if (what & DETACHES)
      DETACH(scene.handle);
    if (what & DESTROYS)
      attachsql_connect_destroy(con);
    if (what & DESTROYS_POOL)
      attachsql_pool_destroy(scene.pool);
    loop_stop();
  }
  else if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
}

static void in_callback(const test_server *server, attachsql_events_t event, int what, bool in_pool)
{
  attachsql_connect_t *con;

  scene_begin(NULL);
  con = in_pool ? pool_of(server, 3) : alone(test_create(server));
  test_query(con, event == ATTACHSQL_EVENT_ERROR ? "SELE" : "SELECT 1 UNION ALL SELECT 1");
  at_event = event;
  how = what;
  scene.act = do_it;
  run_until(NULL);
  CHECK(*scene.told != '\0');
  if (!(what & DETACHES))
    DETACH(scene.handle);
  if (!in_pool && !(what & DESTROYS))
  {
    /* It goes on where it was. */
    if (event == ATTACHSQL_EVENT_ERROR)
      CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
    else
      CHECK_STR(test_first(con), event == ATTACHSQL_EVENT_EOF ? "(none)" : "1");
    attachsql_query_close(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }
  if (in_pool && !(what & DESTROYS_POOL))
    attachsql_pool_destroy(scene.pool);
  loop_end();
}

static void callbacks(const test_server *server)
{
  for (int event = ATTACHSQL_EVENT_CONNECTED; event <= ATTACHSQL_EVENT_ROW_READY; event++)
  {
    TEST("LOOP-1", "detaching and destroying in a callback");
    in_callback(server, (attachsql_events_t)event, DETACHES, false);
    in_callback(server, (attachsql_events_t)event, DETACHES | DESTROYS, false);
    in_callback(server, (attachsql_events_t)event, DESTROYS, false);
    in_callback(server, (attachsql_events_t)event, DETACHES, true);
    in_callback(server, (attachsql_events_t)event, DESTROYS, true);
    in_callback(server, (attachsql_events_t)event, DETACHES | DESTROYS_POOL, true);
    in_callback(server, (attachsql_events_t)event, DETACHES | DESTROYS | DESTROYS_POOL, true);
  }
}

/* The handle of each connection is its user data. */
static void detach_other(attachsql_connect_t *con, attachsql_events_t event)
{
  if (event == ATTACHSQL_EVENT_CONNECTED && ++scene.left == 2)
    loop_stop();
  if (event == ATTACHSQL_EVENT_EOF)
  {
    HANDLE *mine = (HANDLE *)attachsql_connect_get_user_data(con);

    /* It may be about to be run in the same round. */
    DETACH(mine == scene.handle ? scene.other : scene.handle);
    scene.handle = mine;
    scene.other = NULL;
    loop_stop();
  }
}

static void two(const test_server *server)
{
  attachsql_connect_t *con[2];

  TEST("LOOP-1", "two in one loop, of which one takes the other out");
  for (int i = 0; i < 20; i++)
  {
    scene_begin(NULL);
    scene.act = detach_other;
    for (int j = 0; j < 2; j++)
    {
      scene.other = scene.handle;
      con[j] = alone(test_create(server));
      attachsql_connect_set_user_data(con[j], scene.handle);
      attachsql_connect(con[j], NULL);
      CALLED(scene.handle);
    }
    CHECK_STR(run_until(NULL), "1C 1C");
    for (int j = 0; j < 2; j++)
      test_query(con[j], "DO SLEEP(0.01)");
    CALLED(scene.other);
    CHECK_STR(run_until(NULL), "1E");
    DETACH(scene.handle);
    for (int j = 0; j < 2; j++)
    {
      CHECK_POLL(test_poll_good(con[j]), ATTACHSQL_RETURN_EOF);
      attachsql_query_close(con[j]);
      test_works(con[j]);
      attachsql_connect_destroy(con[j]);
    }
    loop_end();
  }
}

static void arguments(const test_server *server)
{
  attachsql_connect_t *con = test_login(test_create(server));
  attachsql_error_t *error = NULL;

  TEST("LOOP-1 CONV-1", "NULL, and what cannot be attached");
  scene_begin(NULL);
  DETACH((HANDLE *)NULL);
  CHECK(ATTACH_POOL(NULL) == NULL);
  CHECK(ATTACH(NULL, on_event, &scene, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(ATTACH(NULL, on_event, &scene, NULL) == NULL);
  CHECK(ATTACH(con, on_event, &scene, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  test_works(con);
  attachsql_connect_destroy(con);
  con = alone(test_create(server));
  DETACH(scene.handle);
  test_works(test_login(con));
  attachsql_connect_destroy(con);
  loop_end();
}

int main(void)
{
  test_begin(ADAPTER, 200);
  EACH_SERVER(server)
  {
    one_connection(server);
    a_pool(server);
    stream(server, false);
    stream(server, true);
    descriptors(server);
    callbacks(server);
    two(server);
    arguments(server);
  }
  test_server_name = "made up";
  cut();
  return test_end();
}
