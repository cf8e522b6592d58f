/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group FORK: connections and pools that a fork inherits. What a child finds it tells by its exit status.
 */
/* windows: no (has no fork) */
#define _GNU_SOURCE
#include "../support/test.h"
#include "../support/fake.h"
#include "../support/tls.h"

#include <netdb.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

/* In place of the C library's: a name server that takes its time. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  (void)node;
  (void)service;
  (void)hints;
  (void)result;
  sleep(3);
  return EAI_AGAIN;
}

/* Whether the child did well; one that hangs is killed. */
static bool child_is_good(pid_t child)
{
  int status = -1;

  return CHECK(waitpid(child, &status, 0) == child) && CHECK(WIFEXITED(status)) &&
         CHECK_INT(WEXITSTATUS(status), 0);
}

static pid_t make_child(void)
{
  pid_t child;

  fflush(NULL);
  child = fork();
  if (child < 0)
    test_fatal("fork", "");
  if (child == 0)
    alarm(30 * (unsigned)test_patience());
  return child;
}

/* The end of a child: as another program, so that nothing of this one runs on, and no checker of memory looks for
 * what the threads had that are not there. */
static void leave(int status)
{
  char text[20];

  snprintf(text, sizeof text, "exit %d", status);
  execl("/bin/sh", "sh", "-c", text, (char *)NULL);
  _exit(99);
}

/* A child that forgets the connection. */
static void forget_in_child(attachsql_connect_t *con)
{
  pid_t child = make_child();

  if (child == 0)
  {
    attachsql_connect_forget(con);
    leave(0);
  }
  child_is_good(child);
}

static void states(const test_server *server, bool tls)
{
  attachsql_connect_t *con = test_create(server);

  if (tls)
  {
    tls_number(con, ATTACHSQL_OPTION_TLS, 1);
    tls_number(con, ATTACHSQL_OPTION_TLS_VERIFY, 0);
  }

  TEST("FORK-1", "before the connect, and while it connects");
  forget_in_child(con);
  CHECK(attachsql_connect(con, NULL));
  forget_in_child(con);
  while (attachsql_connect_poll(con, NULL) == ATTACHSQL_RETURN_CONNECTING)
  {
    forget_in_child(con);
    attachsql_connect_wait(con, 1000, NULL);
  }

  TEST("FORK-1", "idle");
  test_works(con);
  forget_in_child(con);
  test_works(con);

  TEST("FORK-1", "with a row held");
  test_query(con, "SELECT 'one' UNION ALL SELECT 'two' UNION ALL SELECT 'three'");
  for (int i = 0; i < 3; i++)
  {
    CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
    forget_in_child(con);
    attachsql_query_row_next(con);
    forget_in_child(con);
  }
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);

  TEST("FORK-1", "while an answer is awaited");
  test_query(con, "SELECT SLEEP(0.1), 'slept'");
  CHECK(!attachsql_connect_wait(con, 1, NULL));
  forget_in_child(con);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_query_row_get(con, NULL)[1].length, 5);
  attachsql_query_close(con);
  test_works(con);

  TEST("FORK-1", "with the one descriptor of an event loop");
  {
    struct pollfd one = {.fd = (int)attachsql_connect_get_fd(con, NULL), .events = POLLIN};

    test_query(con, "SELECT SLEEP(0.1)");
    attachsql_connect_poll(con, NULL);
    attachsql_connect_get_timeout_ms(con);
    forget_in_child(con);
    CHECK_INT(poll(&one, 1, 20000), 1);
    CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_close(con);
    test_works(con);
  }
  attachsql_connect_destroy(con);
}

/* The session is alive as long as the parent has it. */
static void silent(void)
{
  fake_server fake;
  attachsql_connect_t *con;

  TEST("FORK-1", "nothing is sent");
  fake_open(&fake);
  con = fake_create(&fake);
  fake_login(&fake, con);
  forget_in_child(con);
  test_query(con, "DO 1");
  CHECK(fake_read(&fake, con));
  CHECK_UINT(fake.length, 5);
  fake_ok(&fake, 1);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_connect_forget(con);
  CHECK(!fake_read(&fake, NULL));
  CHECK_UINT(fake.length, 0);
  fake_hang_up(&fake);
  fake_close(&fake);

  TEST("FORK-1 CONV-10", "NULL");
  attachsql_connect_forget(NULL);
}

static unsigned ends;

static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                     attachsql_error_t *error)
{
  (void)id;
  (void)context;
  attachsql_error_free(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
    attachsql_query_row_next(con);
  if (event != ATTACHSQL_EVENT_EOF)
    return;
  ends++;
  attachsql_query_close(con);
}

static attachsql_pool_t *pool_of(const test_server *server, attachsql_connect_t **con, int count)
{
  attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, NULL);

  ends = 0;
  for (int i = 0; i < count; i++)
  {
    con[i] = test_create(server);
    attachsql_pool_add_connection(pool, con[i], NULL);
    test_query(con[i], i % 2 ? "SELECT SLEEP(0.05)" : "SELECT 1 UNION SELECT 2");
  }
  return pool;
}

static bool is_2014(attachsql_error_t *error)
{
  bool good = error && attachsql_error_code(error) == 2014 && strcmp(attachsql_error_sqlstate(error), "08002") == 0;

  attachsql_error_free(error);
  return good;
}

/* What a child may do with a pool that it has inherited, and what else it may do. */
static int with_inherited(const test_server *server, attachsql_pool_t *pool, attachsql_connect_t **con, int way)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *own = test_create(server);

  usleep(80000); /* the answers are here by now, for whoever takes them */
  for (int i = 0; i < 40; i++)
    attachsql_pool_run(pool);
  if (attachsql_pool_wait(pool, 100, &error) || !is_2014(error))
    return 2;
  error = NULL;
  attachsql_pool_add_connection(pool, own, &error);
  if (!is_2014(error))
    return 3;
  attachsql_connect_destroy(own);
  if (way == 1)
    attachsql_connect_forget(con[0]);
  if (way == 2)
    attachsql_connect_destroy(con[1]);
  if (way == 3 && !attachsql_pool_remove_connection(pool, con[0], NULL))
    return 4;
  if (way == 3)
    attachsql_connect_forget(con[0]);
  attachsql_pool_destroy(pool);

  pool = pool_of(server, con, 3);
  while (ends < 3 && attachsql_pool_wait(pool, 10000, NULL))
    attachsql_pool_run(pool);
  attachsql_pool_destroy(pool);
  return ends == 3 ? 0 : 5;
}

static void pools(const test_server *server)
{
  TEST("FORK-2", "a pool in a child touches no socket, and the parent's goes on");
  for (int way = 0; way < 4; way++)
  {
    /* At every stage of the work. */
    for (int runs = 0; runs < 6; runs += 2)
    {
      attachsql_connect_t *con[4];
      attachsql_pool_t *pool = pool_of(server, con, 4);
      pid_t child;

      for (int i = 0; i < runs && attachsql_pool_wait(pool, 10000, NULL); i++)
        attachsql_pool_run(pool);
      child = make_child();
      if (child == 0)
        leave(with_inherited(server, pool, con, way));
      child_is_good(child);
      while (ends < 4 && attachsql_pool_wait(pool, 10000, NULL))
        attachsql_pool_run(pool);
      CHECK_UINT(ends, 4);
      attachsql_pool_destroy(pool);
    }
  }
}

static void lookups(void)
{
  TEST("FORK-3", "in the midst of a lookup");
  for (int way = 0; way < 4; way++)
  {
    attachsql_connect_t *con =
      attachsql_connect_create("slow.example", 3306, TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
    pid_t child;

    CHECK(attachsql_connect(con, NULL));
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_CONNECTING);
    if (way / 2)
      attachsql_connect_get_watches(con, NULL, 0, NULL, NULL);
    child = make_child();
    if (child == 0)
    {
      if (way % 2)
        attachsql_connect_destroy(con);
      else
        attachsql_connect_forget(con);
      leave(0);
    }
    child_is_good(child);
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_CONNECTING);
    attachsql_connect_destroy(con);
  }
}

int main(void)
{
  test_begin("forget", 240);
  silent();
  lookups();
  EACH_SERVER(server)
  {
    states(server, false);
    if (server->has_tls)
      states(server, true);
    pools(server);
  }
  return test_end();
}
