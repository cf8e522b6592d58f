/* SPDX-License-Identifier: Apache-2.0
 *
 * stream: what a megabyte of rows costs the client over a real server's connection, by what lies between: nothing,
 * TLS, compression. bench/layers.sh calls it.
 *
 *   stream fill HOST PORT               makes the table that the rows are made of
 *   stream HOST PORT CA METHOD ROWS     CA "" for no TLS, METHOD "" for no compression
 *
 * Prints the bytes of the cells, the CPU time of the streaming alone (the login is not counted), and with STREAM_TIMED
 * in the environment the longest call of attachsql_connect_poll by the processor's time of this thread.
 */
#include <libattachsql2/attachsql.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(clockid_t clock)
{
  struct timespec time;

  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char *what, attachsql_error_t *error)
{
  fprintf(stderr, "stream: %s: %s\n", what, error ? attachsql_error_message(error) : "no reason given");
  exit(1);
}

/* The longest poll; asking for the time costs a system call, so only on request. */
static bool timed;
static uint64_t longest;

static attachsql_return_t poll_once(attachsql_connect_t *con)
{
  attachsql_error_t *error = NULL;
  uint64_t start = timed ? now(CLOCK_THREAD_CPUTIME_ID) : 0, took;
  attachsql_return_t got = attachsql_connect_poll(con, &error);

  took = timed ? now(CLOCK_THREAD_CPUTIME_ID) - start : 0;
  if (took > longest)
    longest = took;
  if (got == ATTACHSQL_RETURN_ERROR)
    fail("poll", error);
  if ((got == ATTACHSQL_RETURN_CONNECTING || got == ATTACHSQL_RETURN_PROCESSING) &&
      !attachsql_connect_wait(con, -1, &error))
    fail("wait", error);
  return got;
}

static attachsql_connect_t *create(const char *host, const char *port)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(host, (in_port_t)atoi(port), "test", "test", "testdb", &error);

  if (!con)
    fail("create", error);
  return con;
}

static void run(attachsql_connect_t *con, const char *text)
{
  attachsql_error_t *error = NULL;

  if (!attachsql_query(con, strlen(text), text, 0, NULL, &error))
    fail(text, error);
  while (poll_once(con) != ATTACHSQL_RETURN_EOF)
    ;
  attachsql_query_close(con);
}

static int fill(attachsql_connect_t *con)
{
  static char text[20000] = "INSERT INTO stream_numbers VALUES (0)";
  size_t length = strlen(text);

  for (int i = 1; i < 1000; i++)
    length += (size_t)snprintf(text + length, sizeof text - length, ",(%d)", i);
  run(con, "DROP TABLE IF EXISTS stream_numbers");
  run(con, "CREATE TABLE stream_numbers (n INT PRIMARY KEY)");
  run(con, text);
  attachsql_connect_destroy(con);
  return 0;
}

int main(int argc, char **argv)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con;
  attachsql_return_t got;
  uint64_t bytes = 0, rows = 0, start;
  uint32_t yes = 1;
  uint16_t columns = 0;
  char text[400];

  timed = getenv("STREAM_TIMED") != NULL;
  if (argc == 4 && strcmp(argv[1], "fill") == 0)
    return fill(create(argv[2], argv[3]));
  if (argc != 6)
  {
    fputs("usage: stream HOST PORT CA METHOD ROWS, or stream fill HOST PORT\n", stderr);
    return 2;
  }
  con = create(argv[1], argv[2]);
  if (*argv[3] && !attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS_CA, argv[3]))
    fail("TLS_CA", NULL);
  if (*argv[4] && !(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION, argv[4]) &&
                    attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESSION_REQUIRED, &yes)))
    fail("COMPRESSION", NULL);
  if (!attachsql_connect(con, &error))
    fail("connect", error);
  while (poll_once(con) != ATTACHSQL_RETURN_EOF)
    ;
  snprintf(text, sizeof text,
           "SELECT a.n * 1000 + b.n, CONCAT('customer ', b.n), SHA2(a.n * 1000 + b.n, 224), a.n / 7, NULL, "
           "'2026-11-22 10:11:12' FROM stream_numbers a, stream_numbers b LIMIT %s",
           argv[5]);
  longest = 0;
  start = now(CLOCK_PROCESS_CPUTIME_ID);
  if (!attachsql_query(con, strlen(text), text, 0, NULL, &error))
    fail("query", error);
  while ((got = poll_once(con)) != ATTACHSQL_RETURN_EOF)
  {
    attachsql_query_row_st *row;

    if (got != ATTACHSQL_RETURN_ROW_READY)
      continue;
    columns = attachsql_query_column_count(con);
    row = attachsql_query_row_get(con, &error);
    if (!row)
      fail("row", error);
    for (uint16_t i = 0; i < columns; i++)
      bytes += row[i].length;
    rows++;
    attachsql_query_row_next(con);
  }
  printf("rows=%llu bytes=%llu cpu_ns=%llu longest_ns=%llu\n", (unsigned long long)rows, (unsigned long long)bytes,
         (unsigned long long)(now(CLOCK_PROCESS_CPUTIME_ID) - start), (unsigned long long)longest);
  attachsql_connect_destroy(con);
  return 0;
}
