/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses CONN-37 to CONN-39 and OPT-25: a list of hosts, and how the next one takes the place
 * of one that fails.
 */
/* windows: no (the made-up server uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"

static fake_server first, second;

/* A connection with this list, whose own host would never do. */
static attachsql_connect_t *create(const char *list)
{
  attachsql_connect_t *con = attachsql_connect_create("no-such-host.invalid", 1, "user", "", "schema", NULL);

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, list));
  return con;
}

/* The ports of both made-up servers in a list. */
static const char *list_of(in_port_t one, in_port_t other)
{
  static char list[100];

  snprintf(list, sizeof list, "127.0.0.1:%u, 127.0.0.1:%u", (unsigned)one, (unsigned)other);
  return list;
}

/* A port on which nobody listens. */
static in_port_t dead_port(void)
{
  fake_server gone;

  fake_open(&gone);
  fake_close(&gone);
  return gone.port;
}

static bool called(fake_server *fake)
{
  int peer = accept(fake->listener, NULL, NULL);

  if (peer >= 0)
    close(peer);
  return peer >= 0;
}

static void values(void)
{
  static const char *const good[] = {"db", "a:1,b", " a , b:65535 ", "[::1]:3306,::1", "/run/mysqld.sock,a"};
  static const char *const bad[] = {"", ",", "a,", "a:", "a:0", "a:65536", "a:port", ":1", "[::1", "[::1]3306", "[]"};
  static const uint32_t zero = 0, one = 1, two = 2;
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "user", "", "", NULL);

  TEST("OPT-25 OPT-6", "what is a list of hosts, and what is none");
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    test_report(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, good[i]), __FILE__, __LINE__, "refused: %s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    test_report(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, bad[i]), __FILE__, __LINE__, "accepted: %s", bad[i]);
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, NULL));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS_RANDOM, &zero));
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS_RANDOM, &one));
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS_RANDOM, &two));
  attachsql_connect_destroy(con);
}

static void next_host(void)
{
  attachsql_connect_t *con = create(list_of(dead_port(), second.port));
  static const char full[] = "\xff\x10\x04Too many connections";

  TEST("CONN-37", "a host that refuses is followed by the next one");
  fake_login(&second, con);
  fake_hang_up(&second);
  attachsql_connect_destroy(con);

  TEST("CONN-37", "and so is one with an error in place of its greeting, or that just goes");
  for (int way = 0; way < 2; way++)
  {
    con = create(list_of(first.port, second.port));
    fake_accept(&first, con);
    if (way == 0)
      fake_packet(&first, 0, full, sizeof full - 1);
    fake_hang_up(&first);
    fake_login(&second, con);
    fake_hang_up(&second);
    attachsql_connect_destroy(con);
  }

  TEST("CONN-37 OPT-25", "a list without ports has the connection's");
  con = attachsql_connect_create("no-such-host.invalid", second.port, "user", "", "schema", NULL);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS, "127.0.0.1"));
  fake_login(&second, con);
  fake_hang_up(&second);
  attachsql_connect_destroy(con);

  TEST("CONN-37 CONN-5", "a remembered query goes to the host that answers");
  con = create(list_of(first.port, second.port));
  CHECK(attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL));
  fake_accept(&first, con);
  fake_hang_up(&first);
  fake_accept(&second, con);
  fake_greet(&second, 10, "5.7.1-made-up", 1);
  CHECK(fake_read(&second, con));
  fake_ok(&second, (uint8_t)(second.sequence + 1));
  CHECK(fake_read(&second, con));
  CHECK(fake_contains(&second, "SELECT 1", 8));
  fake_hang_up(&second);
  attachsql_connect_destroy(con);
}

static void final(void)
{
  static const char denied[] = "\xff\x15\x04#28000Access denied";
  attachsql_connect_t *con = create(list_of(first.port, second.port));
  attachsql_error_t *error = NULL;

  TEST("CONN-38", "what a server says after its greeting is final");
  fake_accept(&first, con);
  fake_greet(&first, 10, "5.7.1-made-up", 1);
  CHECK(fake_read(&first, con));
  fake_packet(&first, 2, denied, sizeof denied - 1);
  fake_hang_up(&first);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1045, "28000");
  CHECK(!called(&second));
  attachsql_connect_destroy(con);

  TEST("CONN-39", "when all fail, the message names them");
  con = create(list_of(dead_port(), dead_port()));
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK(error && strstr(attachsql_error_message(error), "any of 2 hosts") != NULL);
  CHECK(error && strstr(attachsql_error_message(error), "refused") != NULL);
  CHECK_ERROR(error, 2002, "08000");
  attachsql_connect_destroy(con);

  TEST("CONN-39 CONN-12", "a list of one fails as the host alone does");
  con = create("no-such-host.invalid");
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2005, "08000");
  attachsql_connect_destroy(con);
}

/* A host that accepts and says nothing has half of the time, the other one the rest. */
static void shares(void)
{
  attachsql_connect_t *con = create(list_of(first.port, second.port));
  uint32_t limit = 4000 * (uint32_t)test_patience();
  uint64_t start = test_now();

  TEST("CONN-39 OPT-8", "each host has its share of the connect timeout");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  fake_accept(&first, con);
  fake_login(&second, con);
  CHECK(test_now() - start >= 1900 * (uint64_t)test_patience());
  fake_hang_up(&first);
  fake_hang_up(&second);
  attachsql_connect_destroy(con);
}

static void random_order(void)
{
  static const uint32_t yes = 1;
  int counts[2] = {0, 0};

  TEST("OPT-25", "in random order each is the first now and then");
  for (int i = 0; i < 100; i++)
  {
    attachsql_connect_t *con = create(list_of(first.port, second.port));
    int who = -1;

    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_HOSTS_RANDOM, &yes));
    CHECK(attachsql_connect(con, NULL));
    for (uint64_t end = test_now() + 20000; who < 0 && test_now() < end; attachsql_connect_poll(con, NULL))
      who = called(&first) ? 0 : called(&second) ? 1 : -1;
    if (CHECK(who >= 0))
      counts[who]++;
    attachsql_connect_destroy(con);
  }
  CHECK(counts[0] >= 5 && counts[1] >= 5);
}

int main(void)
{
  test_begin("hosts", 60);
  fake_open(&first);
  fake_open(&second);
  values();
  next_host();
  final();
  shares();
  random_order();
  fake_close(&first);
  fake_close(&second);
  return test_end();
}
