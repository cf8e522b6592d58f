/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses CONN-40 and CONN-41: a socket that the program has connected.
 */
/* windows: no (uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"

static fake_server fake;

static attachsql_connect_t *create(void)
{
  return attachsql_connect_create(NULL, 0, "user", "", "schema", NULL);
}

static bool is_open(int fd)
{
  return fcntl(fd, F_GETFD) >= 0;
}

/* A TCP socket that is connected with fake.peer. */
static int tcp(void)
{
  struct sockaddr_in address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(fake.port);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
    test_fatal("cannot connect to the made-up server: ", strerror(errno));
  while ((fake.peer = accept(fake.listener, NULL, NULL)) < 0)
    test_sleep(1);
  fcntl(fake.peer, F_SETFL, O_NONBLOCK);
  return fd;
}

/* One of a pair of unix sockets, the other one of which is fake.peer. */
static int pair(void)
{
  int both[2];

  if (socketpair(AF_UNIX, SOCK_STREAM, 0, both))
    test_fatal("no pair of sockets: ", strerror(errno));
  fake.peer = both[1];
  fcntl(fake.peer, F_SETFL, O_NONBLOCK);
  return both[0];
}

/* The login at fake.peer, which is connected already. */
static void login(attachsql_connect_t *con)
{
  CHECK(attachsql_connect(con, NULL));
  fake_greet(&fake, 10, "5.7.1-made-up", 77);
  if (!CHECK(fake_read(&fake, con)))
    return;
  CHECK(fake_contains(&fake, "user", 5));
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
}

static void session(int (*make)(void), const char *what)
{
  attachsql_connect_t *con = create();
  attachsql_error_t *error = NULL;
  int fd = make();

  TEST("CONN-40", what);
  CHECK(attachsql_connect_set_fd(con, fd, &error));
  CHECK_NO_ERROR(error);
  CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
  CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_NOT_CONNECTED);
  login(con);
  CHECK(test_query(con, "SELECT 1"));
  CHECK(fake_read(&fake, con));
  CHECK(fake_contains(&fake, "SELECT 1", 8));
  fake_ok(&fake, 1);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("CONN-40", "it is the library's: destroy closes it");
  attachsql_connect_destroy(con);
  CHECK(!is_open(fd));
  CHECK(fake_read(&fake, NULL)); /* the goodbye */
  CHECK(!fake_read(&fake, NULL));
  fake_hang_up(&fake);
}

static void passive(void)
{
  attachsql_connect_t *con = create();
  int replaced = pair(), fd;

  TEST("CONN-40", "another one takes the place of the first, which is closed; a query connects");
  CHECK(attachsql_connect_set_fd(con, replaced, NULL));
  close(fake.peer);
  fd = pair();
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, "no-such-host.invalid"));
  CHECK(attachsql_connect_set_fd(con, fd, NULL));
  CHECK(!is_open(replaced));
  CHECK(test_query(con, "SELECT 1"));
  fake_greet(&fake, 10, "5.7.1-made-up", 77);
  CHECK(fake_read(&fake, con));
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK(fake_read(&fake, con));
  CHECK(fake_contains(&fake, "SELECT 1", 8));
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("CONN-40", "an unused one is closed too");
  con = create();
  fd = pair();
  CHECK(attachsql_connect_set_fd(con, fd, NULL));
  attachsql_connect_destroy(con);
  CHECK(!is_open(fd));
  fake_hang_up(&fake);
}

/* fd is refused, and stays the program's. */
static void refused(attachsql_connect_t *con, attachsql_socket_t fd, const char *words)
{
  attachsql_error_t *error = NULL;

  CHECK(!attachsql_connect_set_fd(con, fd, &error));
  if (CHECK(error != NULL))
    test_report(strstr(attachsql_error_message(error), words) != NULL, __FILE__, __LINE__, "no \"%s\" in: %s", words,
                attachsql_error_message(error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_connect_set_fd(con, fd, NULL));
}

static void refusals(void)
{
  attachsql_connect_t *con = create(), *late;
  int stream = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM, 0), file = open("/dev/null", O_RDONLY);
  int packets[2], closed, good;

  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, packets))
    test_fatal("no pair of sockets: ", strerror(errno));
  closed = dup(file);
  close(closed);

  TEST("CONN-41", "what cannot be used is refused and stays the program's");
  refused(con, -1, "no descriptor");
  refused(con, -2, "no descriptor");
  refused(con, INT32_MAX, "no socket");
  refused(con, INTPTR_MAX, "no descriptor");
  refused(con, closed, "no socket");
  refused(con, file, "no socket");
  refused(con, datagram, "no stream socket");
  refused(con, packets[0], "no stream socket");
  refused(con, stream, "not connected");
  refused(con, fake.listener, "not connected");
  CHECK(is_open(stream) && is_open(datagram) && is_open(file) && is_open(packets[0]) && is_open(fake.listener));
  CHECK(!(fcntl(stream, F_GETFL) & O_NONBLOCK));

  TEST("CONN-41", "and nothing has changed for the connection");
  good = pair();
  CHECK(attachsql_connect_set_fd(con, good, NULL));
  login(con);

  TEST("CONN-41", "once the connect has begun it is too late");
  refused(con, fake.peer, "the connect has begun");
  CHECK(is_open(fake.peer));
  late = attachsql_connect_create(TEST_HOST, 1, "user", "", "", NULL);
  CHECK(attachsql_connect(late, NULL));
  refused(late, fake.peer, "the connect has begun");
  test_poll(late, NULL);
  refused(late, fake.peer, "the connect has begun");
  CHECK(is_open(fake.peer));
  attachsql_connect_destroy(late);

  TEST("CONV-10", "no connection");
  refused(NULL, fake.peer, "con is NULL");
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);
  close(stream);
  close(datagram);
  close(file);
  close(packets[0]);
  close(packets[1]);
}

static void lost(void)
{
  attachsql_connect_t *con = create();
  attachsql_error_t *error = NULL;
  int fd = pair();

  TEST("CONN-40", "a peer that goes is an error of poll, and nobody else is tried");
  CHECK(attachsql_connect_set_fd(con, fd, NULL));
  fake_hang_up(&fake);
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2013, "08006");
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("set_fd", 60);
  fake_open(&fake);
  session(tcp, "a session over a TCP socket");
  session(pair, "a session over one of a pair of unix sockets");
  passive();
  refusals();
  lost();
  fake_close(&fake);
  return test_end();
}
