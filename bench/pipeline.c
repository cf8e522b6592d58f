/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline: commands per second on one connection, with a number of them under way. bench/pipeline.sh calls it.
 *
 *   pipeline HOST PORT METHOD DEPTH COUNT
 *
 * METHOD is "" or a compression method. DEPTH 0 sends one query after the other; otherwise a pipeline is kept between
 * half of DEPTH and DEPTH commands long. PORT 0 makes HOST the path of a unix socket. Prints the commands, the time
 * they took, and the CPU time of this process; the login is not counted.
 */
#include <libattachsql2/attachsql.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char text[] = "SELECT 1";

static uint64_t now(clockid_t clock)
{
  struct timespec time;

  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char *what, attachsql_error_t *error)
{
  fprintf(stderr, "pipeline: %s: %s\n", what, error ? attachsql_error_message(error) : "no reason given");
  exit(1);
}

/* Reads an answer to its end. How many rows it had. */
static unsigned answer(attachsql_connect_t *con)
{
  unsigned rows = 0;

  for (;;)
  {
    attachsql_error_t *error = NULL;

    switch (attachsql_connect_poll(con, &error))
    {
      case ATTACHSQL_RETURN_ROW_READY:
        rows += attachsql_query_row_get(con, NULL) != NULL;
        attachsql_query_row_next(con);
        break;
      case ATTACHSQL_RETURN_EOF:
        return rows;
      case ATTACHSQL_RETURN_ERROR:
        fail("poll", error);
        break;
      default:
        if (!attachsql_connect_wait(con, -1, &error))
          fail("wait", error);
    }
  }
}

static void one_by_one(attachsql_connect_t *con, unsigned long count)
{
  attachsql_error_t *error = NULL;

  while (count--)
  {
    if (!attachsql_query(con, sizeof text - 1, text, 0, NULL, &error))
      fail("query", error);
    if (answer(con) != 1)
      fail("no row", NULL);
    attachsql_query_close(con);
  }
}

static void together(attachsql_connect_t *con, unsigned long count, unsigned long depth)
{
  attachsql_error_t *error = NULL;
  unsigned long under_way = 0;

  while (count || under_way)
  {
    if (count && under_way <= depth / 2)
    {
      for (; count && under_way < depth; count--, under_way++)
        if (!attachsql_pipeline_add(con, sizeof text - 1, text, 0, NULL, NULL, &error))
          fail("add", error);
      if (!attachsql_pipeline_send(con, false, &error))
        fail("send", error);
    }
    if (answer(con) != 1)
      fail("no row", NULL);
    under_way--;
    if ((attachsql_pipeline_next(con) == ATTACHSQL_RETURN_EOF) != (under_way == 0))
      fail("not as many answers as commands", NULL);
  }
}

int main(int argc, char **argv)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con;
  unsigned long depth, count;
  uint64_t start, cpu;

  if (argc != 6)
  {
    fputs("usage: pipeline HOST PORT METHOD DEPTH COUNT\n", stderr);
    return 2;
  }
  depth = strtoul(argv[4], NULL, 10);
  count = strtoul(argv[5], NULL, 10);
  con = attachsql_connect_create(argv[1], (in_port_t)atoi(argv[2]), "test", "test", "testdb", &error);
  if (!con)
    fail("create", error);
  if (*argv[3] && !attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION, argv[3]))
    fail("COMPRESSION", NULL);
  if (!attachsql_connect(con, &error))
    fail("connect", error);
  answer(con);
  start = now(CLOCK_MONOTONIC);
  cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  if (depth)
    together(con, count, depth);
  else
    one_by_one(con, count);
  printf("commands=%lu ns=%llu cpu_ns=%llu\n", count, (unsigned long long)(now(CLOCK_MONOTONIC) - start),
         (unsigned long long)(now(CLOCK_PROCESS_CPUTIME_ID) - cpu));
  attachsql_connect_destroy(con);
  return 0;
}
