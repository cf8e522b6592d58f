/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-8: connections in several threads at the same time, without set-up.
 */
/* windows: no (uses POSIX threads) */
#include "../support/test.h"

#include <pthread.h>

#define THREADS 8
#define QUERIES 50

typedef struct job
{
  const test_server *server;
  attachsql_connect_t *con; /* NULL: make one */
  unsigned number;
  unsigned good; /* answers that were right */
} job;

/* Checks count into plain variables, so threads only count and main checks. */
static void *work(void *argument)
{
  job *my = (job *)argument;

  if (!my->con)
    my->con = attachsql_connect_create(TEST_HOST, test_port(my->server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  for (unsigned i = 0; i < QUERIES; i++)
  {
    char text[64], want[16];
    attachsql_query_row_st *row;

    snprintf(want, sizeof want, "%u", my->number * 1000 + i);
    snprintf(text, sizeof text, "SELECT '%s'", want);
    if (!attachsql_query(my->con, strlen(text), text, 0, NULL, NULL) ||
        test_poll(my->con, NULL) != ATTACHSQL_RETURN_ROW_READY)
      break;
    row = attachsql_query_row_get(my->con, NULL);
    if (row && row[0].length == strlen(want) && memcmp(row[0].data, want, row[0].length) == 0)
      my->good++;
    attachsql_query_close(my->con);
    if (i % 10 == 9)
    {
      attachsql_error_t *error = NULL;

      attachsql_query_row_get(my->con, &error);
      attachsql_error_free(error);
    }
  }
  return NULL;
}

static void run(job *jobs)
{
  pthread_t threads[THREADS];

  for (unsigned i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, work, &jobs[i]))
      test_fatal("pthread_create", "");
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  for (unsigned i = 0; i < THREADS; i++)
    CHECK_UINT(jobs[i].good, QUERIES);
}

int main(void)
{
  job jobs[THREADS];

  test_begin("threads", 120);
  memset(jobs, 0, sizeof jobs);
  for (unsigned i = 0; i < THREADS; i++)
  {
    jobs[i].server = &test_servers[i % TEST_SERVERS];
    jobs[i].number = i;
  }
  TEST("CONV-8", "each thread makes and uses a connection of its own, the first of the program");
  run(jobs);

  TEST("CONV-8", "a connection moves to another thread");
  for (unsigned i = 0; i < THREADS / 2; i++)
  {
    job other = jobs[i];

    jobs[i] = jobs[THREADS - 1 - i];
    jobs[THREADS - 1 - i] = other;
  }
  for (unsigned i = 0; i < THREADS; i++)
    jobs[i].good = 0;
  run(jobs);
  for (unsigned i = 0; i < THREADS; i++)
    attachsql_connect_destroy(jobs[i].con);
  return test_end();
}
