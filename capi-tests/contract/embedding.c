/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group LOOP: connections and pools in an event loop over poll(2) that believes their answers.
 */
/* windows: no (uses poll) */
#include "../support/test.h"

#include <poll.h>

/* What a loop is asked to drive: a connection or a pool. */
typedef struct driven
{
  attachsql_connect_t *con;
  attachsql_pool_t *pool;
  bool one;            /* use the one descriptor */
  unsigned sleeps, timeouts;
  uint64_t generation;
  attachsql_watch_st watches[64];
  size_t count;
  int fd;
} driven;

static bool has_more(const driven *it)
{
  return it->con ? attachsql_connect_has_more(it->con) : attachsql_pool_has_more(it->pool);
}

static int timeout_ms(const driven *it)
{
  return it->con ? attachsql_connect_get_timeout_ms(it->con) : attachsql_pool_get_timeout_ms(it->pool);
}

static void ask(driven *it)
{
  attachsql_watch_st before[64];
  size_t had = it->count;
  uint64_t generation = 0;
  bool all;

  memcpy(before, it->watches, sizeof before);
  all = it->con ? attachsql_connect_get_watches(it->con, it->watches, 64, &it->count, &generation)
                : attachsql_pool_get_watches(it->pool, it->watches, 64, &it->count, &generation);
  CHECK(all);
  if (generation == it->generation)
  {
    TEST("LOOP-4", "the same generation, the same descriptors");
    CHECK_UINT(it->count, had);
    for (size_t i = 0; i < had && i < it->count; i++)
      CHECK_INT(it->watches[i].fd, before[i].fd);
  }
  it->generation = generation;
}

/* Sleeps as the answers say; false after ten seconds of nothing. */
static bool sleep_in_loop(driven *it)
{
  struct pollfd list[64];
  nfds_t count = 0;
  int time, ready;

  ask(it);
  if (has_more(it))
    return true;
  time = timeout_ms(it);
  if (it->one)
  {
    int fd = (int)(it->con ? attachsql_connect_get_fd(it->con, NULL) : attachsql_pool_get_fd(it->pool));

    TEST("LOOP-6", "one descriptor that stays the same");
    CHECK(fd >= 0 && (it->fd < 0 || it->fd == fd));
    it->fd = fd;
    list[count].fd = fd;
    list[count++].events = POLLIN;
  }
  else
    for (size_t i = 0; i < it->count; i++)
      if (it->watches[i].flags)
      {
        list[count].fd = (int)it->watches[i].fd;
        list[count++].events = (short)((it->watches[i].flags & ATTACHSQL_WATCH_READ ? POLLIN : 0) |
                                       (it->watches[i].flags & ATTACHSQL_WATCH_WRITE ? POLLOUT : 0));
      }
  it->sleeps++;
  ready = poll(list, count, time < 0 ? 10000 * (int)test_patience() : time);
  it->timeouts += ready == 0;
  return ready > 0 || time >= 0;
}

static attachsql_return_t settle(driven *it, attachsql_error_t **error)
{
  attachsql_return_t state;

  while ((state = attachsql_connect_poll(it->con, error)) == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING)
    if (!CHECK(sleep_in_loop(it)))
      break;
  return state;
}

/* It is the program's turn: nothing to watch for, nothing to do, no time. */
static void at_rest(driven *it)
{
  TEST("LOOP-5", "the program's turn");
  ask(it);
  for (size_t i = 0; i < it->count; i++)
    CHECK_INT((int)it->watches[i].flags, 0);
  CHECK(!has_more(it));
  CHECK_INT(timeout_ms(it), -1);
  if (it->one)
  {
    struct pollfd fd = {(int)attachsql_connect_get_fd(it->con, NULL), POLLIN, 0};

    CHECK_INT(poll(&fd, 1, 5), 0);
  }
}

static void connection(const test_server *server, bool one)
{
  driven it = {NULL, NULL, one, 0, 0, 0, {{0, 0}}, 0, -1};
  attachsql_error_t *error = NULL;
  uint64_t rows = 0;

  it.con = test_create(server);
  attachsql_connect_set_option(it.con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  at_rest(&it);
  TEST("LOOP-1 LOOP-2", "a login, and a second of silence");
  test_query(it.con, "SELECT SLEEP(1)");
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_ROW_READY);
  CHECK(it.sleeps < 100);
  CHECK_UINT(it.timeouts, 0);
  at_rest(&it);
  attachsql_query_close(it.con);

  TEST("LOOP-1 LOOP-7", "many rows, and polls that nothing called for");
  test_query(it.con, "SELECT n, REPEAT('x', n % 500) FROM " TEST_NUMBERS " WHERE n < 20000");
  while (settle(&it, &error) == ATTACHSQL_RETURN_ROW_READY)
  {
    if (rows == 0)
      at_rest(&it);
    rows++;
    for (int i = 0; i < (rows % 100 == 0 ? 3 : 0); i++)
      CHECK_POLL(attachsql_connect_poll(it.con, &error), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_row_next(it.con);
  }
  CHECK_UINT(rows, 20000);
  at_rest(&it);
  attachsql_query_close(it.con);

  TEST("LOOP-1", "buffered rows, several results, an error");
  CHECK(attachsql_query_buffer_rows(it.con, true));
  test_query(it.con, "SELECT REPEAT('y', 1000) FROM " TEST_NUMBERS " WHERE n < 10000");
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(it.con), 10000);
  attachsql_query_close(it.con);
  CHECK(attachsql_query_buffer_rows(it.con, false));
  test_query(it.con, "SELECT 1; SELECT 2; SELE");
  for (int i = 0; i < 2; i++)
  {
    CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_row_next(it.con);
    CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_EOF);
    at_rest(&it);
    CHECK_POLL(attachsql_query_next_result(it.con), ATTACHSQL_RETURN_PROCESSING);
  }
  CHECK_NO_ERROR(error);
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  at_rest(&it);
  attachsql_query_close(it.con);

  TEST("LOOP-1", "a limit on silence");
  attachsql_connect_set_option(it.con, ATTACHSQL_OPTION_READ_TIMEOUT, &(uint32_t){100});
  test_query(it.con, "SELECT SLEEP(5)");
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2013, "08006");
  at_rest(&it);
  attachsql_connect_destroy(it.con);

  TEST("LOOP-1", "a name, and a refusal");
  memset(&it, 0, sizeof it);
  it.one = one;
  it.fd = -1;
  it.con = attachsql_connect_create("localhost", test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  test_query(it.con, "DO 1");
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_EOF);
  attachsql_connect_destroy(it.con);
  memset(&it, 0, sizeof it);
  it.one = one;
  it.fd = -1;
  it.con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);
  attachsql_connect(it.con, NULL);
  CHECK_POLL(settle(&it, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2002, "08000");
  at_rest(&it);
  attachsql_connect_destroy(it.con);
}

static unsigned told, left;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  (void)id, (void)context;
  CHECK_NO_ERROR(error);
  told++;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_query_row_next(con);
    return;
  }
  attachsql_query_close(con);
  if (left > 0)
    test_query(con, left-- % 5 ? "SELECT 1" : "SELECT SLEEP(0.02)");
}

static void pool(const test_server *server, bool one)
{
  driven it = {NULL, NULL, one, 0, 0, 0, {{0, 0}}, 0, -1};
  attachsql_connect_t *con = NULL;
  attachsql_error_t *error = NULL;

  TEST("LOOP-1 LOOP-2", "a pool of twenty");
  it.pool = attachsql_pool_create(on_event, NULL, NULL);
  told = 0;
  left = 300;
  for (int i = 0; i < 20; i++)
  {
    con = test_create(server);
    attachsql_pool_add_connection(it.pool, con, NULL);
    attachsql_connect(con, NULL);
  }
  while (told < 20 + 2 * 300 && CHECK(sleep_in_loop(&it)))
    attachsql_pool_run(it.pool);
  CHECK_UINT(told, 20 + 2 * 300);
  CHECK(!has_more(&it));
  CHECK_INT(timeout_ms(&it), -1);

  TEST("LOOP-8", "nothing of its own");
  it.con = con;
  it.generation = 0;
  it.count = 0;
  test_query(con, "SELECT SLEEP(0.02)");
  at_rest(&it);
  CHECK_INT(attachsql_connect_get_fd(con, &error), -1);
  CHECK_ERROR(error, 2014, "08002");
  attachsql_pool_destroy(it.pool);
}

static void arguments(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_watch_st watches[3] = {{-7, 0}, {-7, 0}, {-7, 0}};
  attachsql_error_t *error = NULL;
  uint64_t generation = 99;
  size_t count = 99;

  TEST("LOOP-3 CONV-1", "room, and NULL");
  CHECK(attachsql_connect_get_watches(con, NULL, 0, NULL, NULL));
  CHECK(attachsql_connect_get_watches(con, watches, 3, &count, &generation));
  CHECK_UINT(count, 0);
  test_query(con, "SELECT SLEEP(0.05)");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  CHECK(!attachsql_connect_get_watches(con, NULL, 0, &count, &generation));
  CHECK_UINT(count, 1);
  CHECK(!attachsql_connect_get_watches(con, NULL, 5, NULL, NULL));
  CHECK(attachsql_connect_get_watches(con, watches, 1, &count, NULL));
  CHECK(watches[0].fd >= 0 && watches[1].fd == -7);
  CHECK(!attachsql_connect_get_watches(NULL, watches, 3, &count, &generation));
  CHECK(!attachsql_connect_has_more(NULL));
  CHECK_INT(attachsql_connect_get_timeout_ms(NULL), -1);
  CHECK_INT(attachsql_connect_get_fd(NULL, &error), -1);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_INT(attachsql_connect_get_fd(NULL, NULL), -1);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("embedding", 200);
  EACH_SERVER(server)
  {
    for (int one = 0; one < 2; one++)
    {
      connection(server, one);
      pool(server, one);
    }
    arguments(server);
  }
  return test_end();
}
