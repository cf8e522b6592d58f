/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-8 with pools: two pools in two threads at the same time, which have the process's name
 * lookups and TLS settings in common and nothing else. Also run under a thread sanitizer (scripts/threads.sh).
 */
/* windows: no (uses POSIX threads) */
#include "../support/test.h"

#include <pthread.h>

#define THREADS 2
#define LEFT 300 /* queries of each thread and round */

typedef struct job
{
  const test_server *server;
  attachsql_pool_t *pool; /* NULL: make one */
  unsigned left, rows, ends, errors, connected, own;
} job;

static void ask(job *my);

static void on_query(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  job *my = (job *)context;

  (void)id;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    my->rows += row && row[0].length == 1 && row[0].data[0] == '7';
    attachsql_query_row_next(con);
    return;
  }
  my->ends++;
  my->errors += event == ATTACHSQL_EVENT_ERROR;
  attachsql_error_free(error);
  ask(my);
}

/* The pool's own function, and that of a connection of the program's. */
static void on_pool(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  job *my = (job *)context;

  (void)id;
  my->connected += event == ATTACHSQL_EVENT_CONNECTED;
  my->errors += event == ATTACHSQL_EVENT_ERROR;
  my->own += event == ATTACHSQL_EVENT_EOF;
  attachsql_error_free(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  else if (event != ATTACHSQL_EVENT_CONNECTED)
    attachsql_query_close(con);
}

static void ask(job *my)
{
  if (my->left > 0)
  {
    my->left--;
    my->errors += !attachsql_pool_query(my->pool, 8, "SELECT 7", 0, NULL, on_query, my, NULL);
  }
}

static void open_pool(job *my)
{
  /* A name, so that the threads that look names up take part. */
  attachsql_connect_t *con = attachsql_connect_create("localhost", test_port(my->server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  attachsql_connect_t *own = attachsql_connect_create(TEST_HOST, test_port(my->server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);

  if (my->server->has_tls)
  {
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS, &(uint32_t){1});
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_VERIFY, &(uint32_t){0});
  }
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL);
  my->pool = attachsql_pool_create(on_pool, my, NULL);
  my->errors += !attachsql_pool_set_template(my->pool, con, NULL);
  attachsql_connect_destroy(con);
  attachsql_pool_set_option(my->pool, ATTACHSQL_OPTION_POOL_MAX, &(uint32_t){6});
  attachsql_pool_set_option(my->pool, ATTACHSQL_OPTION_POOL_LIFETIME, &(uint32_t){200});
  attachsql_pool_add_connection(my->pool, own, NULL);
  attachsql_query(own, 8, "SELECT 1", 0, NULL, NULL);
}

/* Checks count into plain variables, so threads only count and main checks. */
static void *work(void *argument)
{
  job *my = (job *)argument;

  if (!my->pool)
    open_pool(my);
  my->left = LEFT;
  for (int i = 0; i < 10; i++)
    ask(my);
  while (attachsql_pool_wait(my->pool, -1, NULL))
    attachsql_pool_run(my->pool);
  /* Connections get too old, and go. */
  for (int i = 0; i < 30; i++)
  {
    attachsql_pool_wait(my->pool, 10, NULL);
    attachsql_pool_run(my->pool);
  }
  return NULL;
}

/* Threads take the jobs from the last to the first, or the other way round. */
static void run(job *jobs, bool turned)
{
  pthread_t threads[THREADS];

  for (unsigned i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, work, &jobs[turned ? THREADS - 1 - i : i]))
      test_fatal("pthread_create", "");
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
}

static void two_pools(const test_server *server)
{
  job jobs[THREADS];

  TEST("CONV-8 PLQ-5", "a pool in each thread, at the same time");
  memset(jobs, 0, sizeof jobs);
  for (unsigned i = 0; i < THREADS; i++)
    jobs[i].server = server;
  run(jobs, false);
  for (unsigned i = 0; i < THREADS; i++)
  {
    CHECK_UINT(jobs[i].errors, 0);
    CHECK_UINT(jobs[i].ends, LEFT);
    CHECK_UINT(jobs[i].rows, LEFT);
    CHECK_UINT(jobs[i].own, 1);
    CHECK(jobs[i].connected >= 2);
  }

  TEST("CONV-8 PLQ-5", "pools that move to other threads");
  for (unsigned i = 0; i < THREADS; i++)
  {
    jobs[i].ends = jobs[i].rows = 0;
    attachsql_pool_set_option(jobs[i].pool, ATTACHSQL_OPTION_POOL_MIN, &(uint32_t){3});
  }
  run(jobs, true);
  for (unsigned i = 0; i < THREADS; i++)
  {
    CHECK_UINT(jobs[i].errors, 0);
    CHECK_UINT(jobs[i].ends, LEFT);
    CHECK_UINT(jobs[i].rows, LEFT);
    attachsql_pool_destroy(jobs[i].pool);
  }
}

int main(void)
{
  test_begin("pool_threads", 120);
  EACH_SERVER(server)
    two_pools(server);
  return test_end();
}
