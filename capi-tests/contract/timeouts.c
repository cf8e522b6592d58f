/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses OPT-8, OPT-26 and WAIT-4: timeouts against a made-up server that goes silent, and
 * against real ones that take their time. Bounds are wide: what counts is that the timeout comes,
 * and not before its time. KEEP_ALIVE is looked up in the socket, but not on Windows.
 */
#include "../support/test.h"
#include "../support/fake.h"

#ifndef _WIN32
#include <netinet/tcp.h>
#endif

static fake_server fake;

typedef enum way
{
  WAY_POLL,          /* poll without pause */
  WAY_WAIT,          /* connect_wait without limit between polls */
  WAY_SEMI_BLOCKING, /* SEMI_BLOCKING, poll without pause */
  WAY_COUNT
} way;

/* Polls until the end in one of three ways. */
static attachsql_return_t run(attachsql_connect_t *con, way how, attachsql_error_t **error)
{
  attachsql_return_t state;

  if (how == WAY_SEMI_BLOCKING)
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL);
  while ((state = attachsql_connect_poll(con, error)) == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING)
    if (how == WAY_WAIT)
      CHECK(attachsql_connect_wait(con, -1, NULL));
  return state;
}

/* The error must be there, after `limit` ms but not long after, and name phase and limit. */
static void timed_out(attachsql_connect_t *con, way how, int code, const char *sqlstate, uint64_t start, unsigned limit, const char *phase)
{
  attachsql_error_t *error = NULL;
  char number[16];
  uint64_t took;

  CHECK_POLL(run(con, how, &error), ATTACHSQL_RETURN_ERROR);
  took = test_now() - start;
  CHECK(took + 20 >= limit);
  CHECK(took < limit + 5000 * (uint64_t)test_patience());
  TEST("ERR-8 OPT-8", "the message names phase and time");
  snprintf(number, sizeof number, "%u", limit);
  if (CHECK(error != NULL))
  {
    test_report(strstr(attachsql_error_message(error), phase) != NULL && strstr(attachsql_error_message(error), number) != NULL,
                __FILE__, __LINE__, "no \"%s\" or no \"%s\" in: %s", phase, number, attachsql_error_message(error));
    CHECK_ERROR(error, code, sqlstate);
  }
  TEST("OPT-8 CONN-21", "the connection is of no more use");
  attachsql_query_close(con);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
  CHECK_ERROR(error, 2006, "08006");
}

static void connecting(way how)
{
  uint32_t limit = 300;
  attachsql_connect_t *con = fake_create(&fake);
  uint64_t start = test_now();

  TEST("OPT-8 WAIT-4", "the server accepts and says nothing");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  CHECK(attachsql_connect(con, NULL));
  timed_out(con, how, 2002, "08000", start, limit, "greeting");
  attachsql_connect_destroy(con);
  fake.peer = accept(fake.listener, NULL, NULL);
  fake_hang_up(&fake);

  TEST("OPT-8", "the server greets and does not answer the login; set while connecting");
  con = fake_accept(&fake, fake_create(&fake));
  start = test_now();
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  fake_greet(&fake, 10, "5.7.1", 1);
  CHECK(fake_read(&fake, con));
  timed_out(con, how, 2002, "08000", start, 300, "log");
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("OPT-8", "a passive query that never gets that far");
  con = fake_create(&fake);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  start = test_now();
  test_query(con, "SELECT 1");
  timed_out(con, how, 2002, "08000", start, limit, "greeting");
  attachsql_connect_destroy(con);
  fake.peer = accept(fake.listener, NULL, NULL);
  fake_hang_up(&fake);
}

static void reading(const test_server *server, way how)
{
  uint32_t limit = 300, none = 0;
  attachsql_connect_t *con = test_connect(server);
  uint64_t start;

  TEST("OPT-8 WAIT-4", "an answer that takes longer than the read timeout");
  test_works(con);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &limit));
  start = test_now();
  test_query(con, "SELECT SLEEP(3)");
  timed_out(con, how, 2013, "08006", start, limit, "read");
  attachsql_connect_destroy(con);

  TEST("OPT-8", "switched off again on the live connection; the connect timeout ends with the login");
  con = test_create(server);
  limit = 900;
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &limit));
  test_login(con);
  test_query(con, "SELECT SLEEP(1.2)");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &none));
  CHECK_POLL(run(con, how, NULL), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void deadline(const test_server *server, way how)
{
  uint32_t limit = 400, none = 0;
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  uint64_t start;

  TEST("OPT-26 WAIT-4", "an answer that takes longer than a command may");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  test_login(con);
  test_works(con);
  start = test_now();
  test_query(con, "SELECT SLEEP(3)");
  timed_out(con, how, 3004, "08006", start, limit, "command timeout");
  attachsql_connect_destroy(con);

  TEST("OPT-26", "set and taken back while a command is under way; idle for long");
  con = test_connect(server);
  test_query(con, "SELECT SLEEP(0.6)");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  CHECK_POLL(run(con, how, NULL), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_works(con);
  test_sleep(500);
  test_works(con);
  test_query(con, "SELECT SLEEP(3)");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &none));
  CHECK_POLL(run(con, how, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3004, "08006");
  attachsql_connect_destroy(con);

  TEST("OPT-26", "while the program holds a row, and when it was away");
  con = test_connect(server);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  test_query(con, "SELECT 1");
  test_sleep(600);
  CHECK_POLL(run(con, how, NULL), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_row_next(con);
  CHECK_POLL(run(con, how, NULL), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  test_query(con, "SELECT 1");
  CHECK_POLL(run(con, how, NULL), ATTACHSQL_RETURN_ROW_READY);
  test_sleep(600);
  CHECK_POLL(run(con, how, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3004, "08006");
  attachsql_connect_destroy(con);
}

static void login_is_no_answer(void)
{
  uint32_t limit = 50;
  attachsql_connect_t *con = fake_create(&fake);

  TEST("OPT-8", "the read timeout has nothing to say about the login");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &limit));
  fake_accept(&fake, con);
  for (int i = 0; i < 10; i++)
  {
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_CONNECTING);
    test_sleep(20);
  }
  fake_greet(&fake, 10, "5.7.1", 1);
  CHECK(fake_read(&fake, con));
  for (int i = 0; i < 10; i++)
  {
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_CONNECTING);
    test_sleep(20);
  }
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

static void patience_with_the_program(const test_server *server)
{
  uint32_t limit = 1000;
  attachsql_connect_t *con = test_connect(server);

  TEST("OPT-8", "the time that the program takes does not count");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &limit));
  test_query(con, "SELECT n, REPEAT('t', 1000) FROM " TEST_NUMBERS " WHERE n < 3000");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  for (int i = 0; i < 15; i++)
  {
    test_sleep(100);
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  }
  CHECK_UINT(test_read(con, NULL).rows, 3000);
  attachsql_query_close(con);
  test_query(con, "SELECT 1");
  test_sleep(1500);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  test_sleep(1500);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void writing(way how)
{
  size_t size = 64u << 20;
  char *text = (char *)malloc(size);
  uint32_t limit = 300;
  attachsql_connect_t *con = fake_create(&fake);
  uint64_t start;

  if (!text)
    test_fatal("malloc", "");
  TEST("OPT-8 WAIT-4 CONV-14", "a server that takes nothing");
  memset(text, ' ', size);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_WRITE_TIMEOUT, &limit));
  fake_login(&fake, con);
  start = test_now();
  CHECK(attachsql_query(con, size, text, 0, NULL, NULL));
  free(text);
  timed_out(con, how, 2013, "08006", start, limit, "write");
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
}

#ifndef _WIN32 /* where sockets are not found by counting */

/* The socket of a connection to the made-up server, found among the descriptors of this program. */
static int socket_of_connection(void)
{
  for (int fd = 3; fd < 256; fd++)
  {
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    if (fd != fake.peer && getpeername(fd, (struct sockaddr *)&address, &length) == 0 && address.sin_family == AF_INET &&
        ntohs(address.sin_port) == fake.port)
      return fd;
  }
  return -1;
}

static void keep_alive(void)
{
  static const uint32_t values[] = {0, 77};

  TEST("OPT-6", "KEEP_ALIVE reaches the socket");
  for (size_t i = 0; i < 2; i++)
  {
    attachsql_connect_t *con = fake_create(&fake);
    int fd, on = -1;
    socklen_t length = sizeof on;

    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_KEEP_ALIVE, &values[i]));
    fake_login(&fake, con);
    fd = socket_of_connection();
    CHECK(fd >= 0);
    CHECK_INT(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length), 0);
    CHECK_INT(on != 0, values[i] != 0);
#ifdef TCP_KEEPIDLE
    if (values[i])
    {
      CHECK_INT(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, &length), 0);
      CHECK_INT(on, values[i]);
    }
#endif
    fake_hang_up(&fake);
    attachsql_connect_destroy(con);
  }
}

#endif

int main(void)
{
  test_begin("timeouts", 180);
  fake_open(&fake);
  for (int how = 0; how < WAY_COUNT; how++)
  {
    connecting((way)how);
    writing((way)how);
    EACH_SERVER(server)
    {
      reading(server, (way)how);
      deadline(server, (way)how);
    }
    test_server_name = "";
  }
  EACH_SERVER(server)
    patience_with_the_program(server);
  test_server_name = "";
  login_is_no_answer();
#ifndef _WIN32
  keep_alive();
#endif
  fake_close(&fake);
  return test_end();
}
