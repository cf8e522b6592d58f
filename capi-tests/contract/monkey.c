/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups CONV and ERR under a careless program: from a seed, it makes connections, statements and pools,
 * and calls every function that the library exports, in any order, at any time, with any argument that the header
 * does not forbid; from inside of every callback, too. What was lent is read as long as the loan lasts, so that
 * valgrind sees one that ends too early. See ../monkey/judge.h for how a call is judged.
 *
 *   ATTACHSQL_MONKEY_SEED    the first seed; 1. A failure names the seed that it was found with.
 *   ATTACHSQL_MONKEY_ROUNDS  how many seeds; 300, and 45 where ATTACHSQL_TEST_PATIENCE is set
 *   ATTACHSQL_MONKEY_STEPS   most calls of a round; 700
 *   ATTACHSQL_MONKEY_LOUD    set to see each call before it is made
 */
/* windows: no (POSIX sockets and /proc) */
#include "../support/test.h"

#include <dirent.h>
#include <sys/stat.h>

#include "../monkey/server.h"
#include "../monkey/judge.h"
#include "../monkey/callbacks.h"

static const char *real_socket(void);

#include "../monkey/connections.h"
#include "../monkey/queries.h"
#include "../monkey/statements.h"
#include "../monkey/handles.h"

/* What a program would do now that means it. Otherwise most calls would come too early or too late. */
static void call_sensibly(void)
{
  static void (*const begin[])(void) = {call_query, call_query, call_statement, call_stmt, call_stmt, call_stmt, call_pipeline, call_command};
  static void (*const row[])(void) = {call_row, call_stmt_row, call_stmt_row, call_statement_get, call_stmt_get, call_column};
  const char *state = lately ? attachsql_connect_state_name(lately->con) : NULL;

  if (!state || strcmp(state, "failed") == 0)
    call_create();
  else if (strcmp(state, "unused") == 0)
    (LIKELY(85) ? call_connect : call_pool_add)();
  else if (strcmp(state, "ready") == 0)
  {
    if (LIKELY(50))
      call_close();
    begin[roll(8)]();
    call_poll();
  }
  else if (strcmp(state, "row held") == 0)
    row[roll(6)]();
  else if (strcmp(state, "more results") == 0)
    call_next_result();
  else
    call_poll();
}

/* --- What is called how often ------------------------------------------------------------------------- */

static const struct
{
  unsigned weight;
  void (*call)(void);
} calls[] = {
  {240, call_sensibly},
  {24, call_create}, {2, call_destroy}, {8, call_option}, {2, call_functions}, {2, call_set_ssl}, {2, call_set_fd}, {2, call_user_data},
  {10, call_connect}, {90, call_poll}, {8, call_wait}, {6, call_watches}, {3, call_get_fd}, {14, call_command}, {6, call_cancel},
  {8, call_look}, {6, call_memory}, {36, call_query}, {20, call_close}, {12, call_next_result}, {30, call_row}, {12, call_stored},
  {12, call_column}, {24, call_pipeline}, {3, call_pool_create}, {10, call_pool_add}, {30, call_pool_run}, {2, call_pool_destroy},
  {6, call_pool_wait}, {6, call_pool_look}, {6, call_pool_option}, {16, call_pool_query}, {1, call_version}, {30, call_statement},
  {16, call_statement_set}, {20, call_statement_get}, {10, call_stmt_create}, {6, call_stmt_close}, {40, call_stmt}, {16, call_stmt_bulk},
  {24, call_stmt_set}, {8, call_stmt_bind}, {10, call_stmt_column}, {24, call_stmt_row}, {20, call_stmt_get},
};

#define CALLS (sizeof calls / sizeof *calls)

static void step(void)
{
  static unsigned total;
  unsigned at = 0, all = 0, number;

  for (size_t i = 0; !total && i < CALLS; i++)
    all += calls[i].weight;
  total = all ? all : total;
  for (number = roll(total); number >= calls[at].weight; at++)
    number -= calls[at].weight;
  calls[at].call();
  if (roll(4) == 0)
    check_loans();
}

/* --- Surroundings ------------------------------------------------------------------------------------- */

/* A file of the project, which is three folders up from this one. */
static FILE *open_file(const char *name)
{
  char path[1000];
  const char *end = strstr(__FILE__, "capi-tests/contract/monkey.c");
  FILE *file;

  snprintf(path, sizeof path, "%.*s%s", (int)(end - __FILE__), __FILE__, name);
  file = fopen(path, "r");
  if (!file)
    test_fatal("cannot read ", path);
  return file;
}

static void read_names(void)
{
  FILE *file = open_file("packaging/libattachsql.map");
  char line[200];

  while (fgets(line, sizeof line, file))
    if (sscanf(line, " %47[a-z_];", names[name_count].name) == 1 && strncmp(names[name_count].name, "attachsql_", 10) == 0)
      name_count++;
  fclose(file);
  file = open_file("docs/errors.rst");
  while (fgets(line, sizeof line, file))
  {
    const char *label = strstr(line, ".. _error-");

    if (label && code_count < CODES && sscanf(label, ".. _error-%d-%5[0-9A-Z]", &codes[code_count].code, codes[code_count].sqlstate) == 2)
      code_count++;
  }
  fclose(file);
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
  const char *text = getenv(name);

  return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

/* The unix socket of a real server, in one round of eight; otherwise NULL. */
static const char *real_socket(void)
{
  const char *path = NULL;

  if (round_seed % 8)
    return NULL;
  EACH_SERVER(s)
    if (!path || LIKELY(30))
      path = test_socket(s);
  test_server_name = "";
  return path;
}

static unsigned descriptors(void)
{
  DIR *folder = opendir("/proc/self/fd");
  unsigned count = 0;

  while (folder && readdir(folder))
    count++;
  if (folder)
    closedir(folder);
  return count;
}

/* The library writes nothing: a panic that it caught would be seen here. */
static void check_stderr(FILE *said)
{
  char text[300] = "";

  if (!said || fseek(said, 0, SEEK_END) || ftell(said) <= 0)
    return;
  rewind(said);
  text[fread(text, 1, sizeof text - 1, said)] = '\0';
  MUST(false, "the library has written: %s", text);
  if (ftruncate(fileno(said), 0))
    test_fatal("ftruncate", "");
  rewind(said);
}

/* --- A round -------------------------------------------------------------------------------------------- */

/* Everything is destroyed, in any order. */
static void destroy_all(void)
{
  for (unsigned left = 1; left;)
  {
    unsigned at = roll(CONS + HANDLES + POOLS);

    if (at < CONS && cons[at].con && !cons[at].is_made && !cons[at].pool)
    {
      cons[at].is_over = true;
      end_loans(&cons[at], NULL, LOAN_ALL);
      DO(attachsql_connect_destroy, (cons[at].con));
      con_gone(&cons[at]);
    }
    else if (at >= CONS && at < CONS + HANDLES && handles[at - CONS].stmt)
      destroy_stmt(&handles[at - CONS]);
    else if (at >= CONS + HANDLES && pools[at - CONS - HANDLES].pool)
      destroy_pool(&pools[at - CONS - HANDLES]);
    left = 0;
    for (unsigned i = 0; i < CONS; i++)
      left += cons[i].con && !cons[i].is_made;
    for (unsigned i = 0; i < HANDLES; i++)
      left += handles[i].stmt != NULL;
    for (unsigned i = 0; i < POOLS; i++)
      left += pools[i].pool != NULL;
  }
  for (unsigned i = 0; i < CONS; i++)
    free_lent(&cons[i].lent);
  for (unsigned i = 0; i < HANDLES; i++)
    free_lent(&handles[i].lent);
  for (unsigned i = 0; i < ERRORS; i++)
    free_error(i);
}

static void play(uint64_t seed, unsigned long steps)
{
  unsigned before = descriptors(), after;
  uint64_t end = test_now() + 10000;

  round_seed = seed;
  luck = seed * 0x9e3779b97f4a7c15u;
  has_real = false;
  lately = focus = NULL;
  memset(cons, 0, sizeof cons);
  memset(handles, 0, sizeof handles);
  memset(pools, 0, sizeof pools);
  memset(orders, 0, sizeof orders);
  con_count = handle_count = pool_count = order_count = loan_count = 0;
  crowd_open(&server, dice_next(&luck));
  for (unsigned long i = roll((unsigned)steps) + 1; i--;)
  {
    step();
    crowd_turn(&server);
  }
  destroy_all();
  crowd_close(&server);
  /* What was not freed is lost now, for valgrind to see. */
  memset(cons, 0, sizeof cons);
  memset(handles, 0, sizeof handles);
  /* Lookups under way are abandoned, and end by themselves. */
  while ((after = descriptors()) > before && test_now() < end)
    test_sleep(2);
  MUST(after == before, "%u descriptors, %u before", after, before);
}

int main(void)
{
  bool slow = test_patience() > 1;
  unsigned long seed = number_from("ATTACHSQL_MONKEY_SEED", 1), rounds = number_from("ATTACHSQL_MONKEY_ROUNDS", slow ? 45 : 300);
  unsigned long steps = number_from("ATTACHSQL_MONKEY_STEPS", 700), total = 0;
  FILE *said = tmpfile();

  test_begin("monkey", (unsigned)(60 + rounds));
  test_what = where;
  test_server_name = "";
  is_loud = getenv("ATTACHSQL_MONKEY_LOUD") != NULL;
  if (!getenv("ATTACHSQL_MONKEY_STDERR") && said)
    dup2(fileno(said), STDERR_FILENO);
  TEST("CONV-1 CONV-2 CONV-3 CONV-4 CONV-5 CONV-6 CONV-10 ERR-4", where);
  read_names();
  for (unsigned long i = 0; i < rounds && test_failures < 20; i++)
  {
    play(seed + i, steps);
    check_stderr(said);
  }
  for (unsigned i = 0; i < name_count; i++)
  {
    total += names[i].calls;
    if (rounds >= 25)
      MUST(names[i].calls, "%s was never called", names[i].name);
  }
  printf("monkey: %lu rounds from seed %lu, %lu calls of %u functions, %lu callbacks; %lu calls took more than 100 ms, the longest %.1f ms: %s\n",
         rounds, seed, total, name_count, callback_count, slow_calls, longest, slowest);
  printf("monkey: poll said CONNECTING %lu, PROCESSING %lu, ROW_READY %lu, ERROR %lu, EOF %lu times\n", states[ATTACHSQL_RETURN_CONNECTING],
         states[ATTACHSQL_RETURN_PROCESSING], states[ATTACHSQL_RETURN_ROW_READY], states[ATTACHSQL_RETURN_ERROR], states[ATTACHSQL_RETURN_EOF]);
  return test_end();
}
