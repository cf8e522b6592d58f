/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses CONN-11, CONN-12 and CONV-14 where names are looked up. The program brings a
 * getaddrinfo of its own, which the library then uses: its names have the addresses, and its
 * answers the delays, that the tests need.
 */
/* windows: no (replaces a function of the C library, uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"

#include <netdb.h>

static fake_server fake;
static volatile int lookups; /* how often a name was looked up */

/* What is known: names and their addresses, in this order. 127.0.0.2 and 127.0.0.3 are local on
 * Linux and unreachable elsewhere; nobody listens there. */
static const struct
{
  const char *name;
  unsigned delay; /* ms */
  const char *addresses[3];
} names[] = {
  {"one.test", 0, {"127.0.0.1"}},
  {"second.test", 0, {"127.0.0.2", "127.0.0.1"}},
  {"third.test", 0, {"127.0.0.2", "127.0.0.3", "127.0.0.1"}},
  {"mixed.test", 0, {"::1", "127.0.0.1"}},
  {"ipv6.test", 0, {"::1"}},
  {"dead.test", 0, {"127.0.0.2", "127.0.0.3"}},
  {"slow.test", 1000, {"127.0.0.1"}},
  {"slow-and-unknown.test", 1000, {NULL}},
};

static struct addrinfo *entry(const char *address, const char *service, int type)
{
  struct addrinfo *info = (struct addrinfo *)calloc(1, sizeof *info);
  struct sockaddr_in *ipv4 = (struct sockaddr_in *)calloc(1, sizeof *ipv4);
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)calloc(1, sizeof *ipv6);
  in_port_t port = htons((in_port_t)(service ? atoi(service) : 0));

  if (!info || !ipv4 || !ipv6)
    abort();
  info->ai_socktype = type ? type : SOCK_STREAM;
  if (inet_pton(AF_INET, address, &ipv4->sin_addr) == 1)
  {
    free(ipv6);
    info->ai_family = ipv4->sin_family = AF_INET;
    ipv4->sin_port = port;
    info->ai_addr = (struct sockaddr *)ipv4;
    info->ai_addrlen = sizeof *ipv4;
  }
  else
  {
    free(ipv4);
    inet_pton(AF_INET6, address, &ipv6->sin6_addr);
    info->ai_family = ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = port;
    info->ai_addr = (struct sockaddr *)ipv6;
    info->ai_addrlen = sizeof *ipv6;
  }
  return info;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  struct addrinfo **end = result;

  *result = NULL;
  lookups++;
  for (size_t i = 0; node && i < sizeof names / sizeof *names; i++)
    if (strcmp(node, names[i].name) == 0)
    {
      test_sleep(names[i].delay * test_patience());
      for (size_t j = 0; j < 3 && names[i].addresses[j]; j++)
      {
        *end = entry(names[i].addresses[j], service, hints ? hints->ai_socktype : 0);
        end = &(*end)->ai_next;
      }
    }
  return *result ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
  while (list)
  {
    struct addrinfo *next = list->ai_next;

    free(list->ai_addr);
    free(list);
    list = next;
  }
}

static attachsql_connect_t *create(const char *host)
{
  return attachsql_connect_create(host, fake.port, "user", "", "schema", NULL);
}

static void numeric(void)
{
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "::1", NULL};

  TEST("CONN-11", "numeric addresses are not looked up");
  lookups = 0;
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
  {
    attachsql_connect_t *con = attachsql_connect_create(hosts[i], 1, "user", "", "", NULL);
    attachsql_error_t *error = NULL;

    CHECK(attachsql_connect(con, NULL));
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 2002, "08000");
    attachsql_connect_destroy(con);
  }
  CHECK_INT(lookups, 0);
}

static void in_turn(void)
{
  static const char *const hosts[] = {"one.test", "second.test", "third.test"};

  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
  {
    attachsql_connect_t *con = create(hosts[i]);

    TEST("CONN-11", hosts[i]);
    lookups = 0;
    fake_login(&fake, con);
    CHECK_INT(lookups, 1);
    fake_hang_up(&fake);
    attachsql_connect_destroy(con);
  }

  TEST("CONN-11 CONN-13", "nobody listens at any address");
  {
    attachsql_connect_t *con = create("dead.test");
    attachsql_error_t *error = NULL;

    CHECK(attachsql_connect(con, NULL));
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 2002, "08000");
    attachsql_connect_destroy(con);
  }
}

/* With a listener on both addresses the connection must come to the IPv4 one. */
static void ipv4_first(void)
{
  attachsql_connect_t *con = create("mixed.test");
  fake_server other;
  bool both = fake_open_at(&other, AF_INET6, fake.port);

  TEST("CONN-11", "IPv4 addresses come first");
  fake_login(&fake, con);
  if (both)
    CHECK(accept(other.listener, NULL, NULL) < 0);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);
  if (!both)
    return;

  TEST("CONN-11", "a name with an IPv6 address alone");
  con = create("ipv6.test");
  fake_login(&other, con);
  fake_close(&other);
  attachsql_connect_destroy(con);
}

/* The longest of the calls until there is something to report. */
static uint64_t longest_call(attachsql_connect_t *con, attachsql_return_t *state)
{
  uint64_t longest = 0;

  do
  {
    uint64_t before = test_now(), took;

    *state = attachsql_connect_poll(con, NULL);
    took = test_now() - before;
    longest = took > longest ? took : longest;
  } while (*state == ATTACHSQL_RETURN_CONNECTING && (fake.peer = accept(fake.listener, NULL, NULL)) < 0);
  return longest;
}

static void slow(void)
{
  attachsql_connect_t *con, *second;
  attachsql_error_t *error = NULL;
  attachsql_return_t state;
  uint64_t start = test_now();

  TEST("CONV-14 CONN-11", "a lookup takes a second, no call does");
  con = create("slow.test");
  CHECK(attachsql_connect(con, NULL));
  second = create("second.test");
  fake_login(&fake, second);
  fake_hang_up(&fake);
  attachsql_connect_destroy(second);
  CHECK(test_now() - start < 900 * (uint64_t)test_patience());
  CHECK(longest_call(con, &state) < 500 * (uint64_t)test_patience());
  CHECK_POLL(state, ATTACHSQL_RETURN_CONNECTING);
  CHECK(test_now() - start >= 900 * (uint64_t)test_patience());
  CHECK(fake.peer >= 0);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("CONN-12 CONV-14", "nor if the answer is no");
  con = create("slow-and-unknown.test");
  CHECK(attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL));
  CHECK(longest_call(con, &state) < 500 * (uint64_t)test_patience());
  CHECK_POLL(state, ATTACHSQL_RETURN_ERROR);
  CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2005, "08000");
  attachsql_connect_destroy(con);

  TEST("CONN-20 CONV-14", "destroy does not wait for a lookup");
  start = test_now();
  for (int i = 0; i < 3; i++)
  {
    con = create("slow.test");
    CHECK(attachsql_connect(con, NULL));
    attachsql_connect_poll(con, NULL);
    attachsql_connect_destroy(con);
  }
  CHECK(test_now() - start < 500 * (uint64_t)test_patience());

  TEST("WAIT-1 OPT-8", "the connect timeout covers the lookup");
  {
    uint32_t limit = 200;

    con = create("slow.test");
    start = test_now();
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
    CHECK(attachsql_connect(con, NULL));
    while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING)
      CHECK(attachsql_connect_wait(con, -1, NULL));
    CHECK(test_now() - start < 800 * (uint64_t)test_patience());
    CHECK(error && strstr(attachsql_error_message(error), "look") != NULL);
    CHECK_ERROR(error, 2002, "08000");
    attachsql_connect_destroy(con);
  }
  /* The abandoned lookups end before the program does. */
  test_sleep(1500 * test_patience());
}

int main(void)
{
  test_begin("addresses", 30);
  fake_open(&fake);
  numeric();
  in_turn();
  ipv4_first();
  slow();
  fake_close(&fake);
  return test_end();
}
