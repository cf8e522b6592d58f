/* SPDX-License-Identifier: Apache-2.0
 *
 * handshake: what a login costs the client over a real server's connection: plain, over TLS, and over TLS with the
 * session of an earlier one. bench/handshakes.sh calls it.
 *
 *   handshake HOST PORT CA VERSION RESUME COUNT     CA "" for no TLS, VERSION 12 or 13, RESUME 0 or 1
 *
 * One connection after the other, each destroyed when it is logged in. The first one is not counted: it reads the
 * files, and leaves the session. Prints how many there were, how many resumed, the CPU time, and the time on the wall.
 */
#include <libattachsql2/attachsql.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now(clockid_t clock)
{
  struct timespec time;

  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char *what, attachsql_error_t *error)
{
  fprintf(stderr, "handshake: %s: %s\n", what, error ? attachsql_error_message(error) : "no reason given");
  exit(1);
}

static void set(attachsql_connect_t *con, attachsql_options_t option, const void *value)
{
  if (!attachsql_connect_set_option(con, option, value))
    fail("an option is not taken", NULL);
}

/* Logs in and leaves. Whether the TLS session was that of an earlier one. */
static bool login(char **arguments)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *con = attachsql_connect_create(arguments[1], (in_port_t)atoi(arguments[2]), "test", "test", "", &error);
  uint32_t version = (uint32_t)atoi(arguments[4]), resume = (uint32_t)atoi(arguments[5]);
  attachsql_return_t got;
  bool resumed;

  if (!con)
    fail("create", error);
  if (*arguments[3])
  {
    set(con, ATTACHSQL_OPTION_TLS_CA, arguments[3]);
    set(con, ATTACHSQL_OPTION_TLS_MIN_VERSION, &version);
    set(con, ATTACHSQL_OPTION_TLS_MAX_VERSION, &version);
    set(con, ATTACHSQL_OPTION_TLS_RESUME, &resume);
  }
  if (!attachsql_connect(con, &error))
    fail("connect", error);
  while ((got = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING)
    if (!attachsql_connect_wait(con, -1, &error))
      fail("wait", error);
  if (got != ATTACHSQL_RETURN_EOF)
    fail("login", error);
  resumed = attachsql_connect_tls_is_resumed(con);
  attachsql_connect_destroy(con);
  return resumed;
}

int main(int argc, char **argv)
{
  uint64_t cpu, wall;
  int count, resumed = 0;

  if (argc != 7)
    fail("usage: handshake HOST PORT CA VERSION RESUME COUNT", NULL);
  count = atoi(argv[6]);
  login(argv);
  cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  wall = now(CLOCK_MONOTONIC);
  for (int i = 0; i < count; i++)
    resumed += login(argv);
  cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = now(CLOCK_MONOTONIC) - wall;
  printf("logins=%d resumed=%d cpu_ns=%llu wall_ns=%llu\n", count, resumed, (unsigned long long)cpu, (unsigned long long)wall);
  return 0;
}
