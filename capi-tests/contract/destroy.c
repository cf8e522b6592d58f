/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONN-20: destroy in every state. Run under valgrind this also shows that nothing
 * is left behind; descriptors and threads are counted here where the system lists them.
 */
#include "../support/test.h"
#include "../support/states.h"

#ifdef __linux__
#include <dirent.h>

static int entries(const char *path)
{
  DIR *directory = opendir(path);
  int count = 0;

  while (directory && readdir(directory))
    count++;
  if (directory)
    closedir(directory);
  return count;
}
#else
static int entries(const char *path)
{
  (void)path;
  return 0;
}
#endif

/* Threads end a little after the work they did was abandoned, and the name lookup's have sockets. */
static void nothing_left(int descriptors, int threads)
{
  for (int i = 0; i < 3000 && entries("/proc/self/task") > threads; i++)
    test_sleep(10);
  CHECK(entries("/proc/self/task") <= threads);
  CHECK_INT(entries("/proc/self/fd"), descriptors);
}

static void in_every_state(const test_server *server, int descriptors, int threads)
{
  for (int state = 0; state < STATE_COUNT; state++)
  {
    attachsql_connect_t *con;

    TEST("CONN-20", test_state_name((test_state)state));
    con = test_reach(server, (test_state)state);
    attachsql_connect_destroy(con);
    nothing_left(descriptors, threads);
  }
}

/* Destroy after 0, 1, 2, ... polls of a passive query: all the moments between the named states. */
static void after_each_poll(const test_server *server, int descriptors, int threads)
{
  bool end = false;

  TEST("CONN-20", "after each number of polls");
  for (int polls = 0; !end && polls < 200; polls++)
  {
    attachsql_connect_t *con = test_create(server);

    test_query(con, "SELECT n, REPEAT('d', 1000) FROM " TEST_THOUSAND " WHERE n < 300");
    for (int i = 0; i < polls && !end; i++)
    {
      attachsql_return_t state = attachsql_connect_poll(con, NULL);

      if (state == ATTACHSQL_RETURN_ROW_READY)
        attachsql_query_row_next(con);
      end = state == ATTACHSQL_RETURN_EOF;
      attachsql_connect_wait(con, 10, NULL);
    }
    attachsql_connect_destroy(con);
  }
  nothing_left(descriptors, threads);
}

static void with_options(const test_server *server, int descriptors, int threads)
{
  attachsql_connect_t *con = test_create(server);

  TEST("CONN-20", "with options set, never connected");
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, "utf8mb4");
  for (int i = 0; i < 10; i++)
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_ATTRIBUTE, "name=value");
  attachsql_connect_set_ssl(con, "a", "b", "c", "d", "e", true, NULL);
  attachsql_query_buffer_rows(con, true);
  attachsql_connect_destroy(con);
  nothing_left(descriptors, threads);
}

static void lookups(int descriptors, int threads)
{
  TEST("CONN-20", "while a name is looked up");
  for (int i = 0; i < 20; i++)
  {
    attachsql_connect_t *con = attachsql_connect_create("no-such-host.invalid", 3306, "u", "p", "", NULL);

    attachsql_connect(con, NULL);
    for (int polls = 0; polls < i; polls++)
      attachsql_connect_poll(con, NULL);
    attachsql_connect_destroy(con);
  }
  nothing_left(descriptors, threads);
}

int main(void)
{
  attachsql_connect_t *con;
  int descriptors, threads;

  test_begin("destroy", 240);
  TEST("CONN-20", "NULL");
  attachsql_connect_destroy(NULL);
  /* Whatever the C library or the library keep open for good after first use is there now. */
  con = test_reach(&test_servers[0], STATE_LOOKUP);
  test_poll(con, NULL);
  attachsql_connect_destroy(con);
  test_sleep(100);
  descriptors = entries("/proc/self/fd");
  threads = entries("/proc/self/task");
  EACH_SERVER(server)
  {
    in_every_state(server, descriptors, threads);
    after_each_poll(server, descriptors, threads);
    with_options(server, descriptors, threads);
  }
  test_server_name = "";
  lookups(descriptors, threads);
  return test_end();
}
