/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses CONN-4, CONN-11, CONN-12, CONN-42 and CONV-14 where names are looked up. The program brings a
 * getaddrinfo of its own, which the library then uses: its names have the addresses, and its
 * answers the delays, that the tests need.
 */
/* windows: no (replaces a function of the C library, uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"

#include <netdb.h>

static fake_server fake;
static int lookups;       /* how often a name was looked up */
static int running, most; /* how many are looked up now, and were at the most */

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
  __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
  /* 127.0.1.N, after a while */
  if (node && strncmp(node, "busy", 4) == 0)
  {
    char address[40];
    int now = __atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST), before = __atomic_load_n(&most, __ATOMIC_SEQ_CST);

    while (now > before && !__atomic_compare_exchange_n(&most, &before, now, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      ;
    test_sleep(100);
    snprintf(address, sizeof address, "127.0.1.%u", (unsigned)atoi(node + 4));
    *result = entry(address, service, hints ? hints->ai_socktype : 0);
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    return 0;
  }
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

static void at_once(void)
{
  static const char *const hosts[] = {"127.0.0.1", NULL};

  TEST("CONN-4", "the socket is opened before the first poll, by a query too");
  for (int i = 0; i < 4; i++)
  {
    attachsql_connect_t *con = create(hosts[i % 2]);
    uint64_t end = test_now() + 20000;

    CHECK(i < 2 ? attachsql_connect(con, NULL) : attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL));
    while ((fake.peer = accept(fake.listener, NULL, NULL)) < 0 && test_now() < end)
      test_sleep(1);
    CHECK(fake.peer >= 0);
    fake_hang_up(&fake);
    attachsql_connect_destroy(con);
  }
}

/* A listener of 127.0.0.2 with a full queue: it does not answer. */
static int silent(in_port_t port, int *waiting, int count)
{
  struct sockaddr_in address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);

  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
  address.sin_port = htons(port);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 0))
    test_fatal("no listener at 127.0.0.2: ", strerror(errno));
  for (int i = 0; i < count; i++)
  {
    waiting[i] = socket(AF_INET, SOCK_STREAM, 0);
    fcntl(waiting[i], F_SETFL, O_NONBLOCK);
    connect(waiting[i], (struct sockaddr *)&address, sizeof address);
  }
  return listener;
}

static void race(void)
{
  int waiting[4], listener = silent(fake.port, waiting, 4);
  attachsql_connect_t *con = create("second.test");
  uint64_t start = test_now();

  TEST("CONN-11", "beside an address that does not answer the next one is tried");
  test_sleep(50);
  fake_login(&fake, con);
  CHECK(test_now() - start >= 250);
  CHECK(test_now() - start < 10000 * (uint64_t)test_patience());
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  for (int i = 0; i < 4; i++)
    close(waiting[i]);
  close(listener);
}

static void many(void)
{
  enum { COUNT = 50 };
  attachsql_connect_t *cons[COUNT];

  TEST("CONN-42", "so many lookups at the same time, and all get their turn");
  for (int i = 0; i < COUNT; i++)
  {
    char host[40];

    snprintf(host, sizeof host, "busy%d.test", i + 1);
    cons[i] = attachsql_connect_create(host, 1, "user", "", "", NULL);
    CHECK(attachsql_connect(cons[i], NULL));
  }
  for (int i = 0; i < COUNT; i++)
  {
    attachsql_error_t *error = NULL;

    CHECK_POLL(test_poll(cons[i], &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 2002, "08000");
    attachsql_connect_destroy(cons[i]);
  }
  CHECK(__atomic_load_n(&most, __ATOMIC_SEQ_CST) > 1 && __atomic_load_n(&most, __ATOMIC_SEQ_CST) <= 16);

  TEST("CONN-42", "one lookup for all who ask for the same name");
  __atomic_store_n(&lookups, 0, __ATOMIC_SEQ_CST);
  for (int i = 0; i < COUNT; i++)
  {
    cons[i] = attachsql_connect_create("slow.test", 1, "user", "", "", NULL);
    CHECK(attachsql_connect(cons[i], NULL));
  }
  for (int i = 0; i < COUNT; i++)
  {
    CHECK_POLL(test_poll(cons[i], NULL), ATTACHSQL_RETURN_ERROR);
    attachsql_connect_destroy(cons[i]);
  }
  CHECK_INT(__atomic_load_n(&lookups, __ATOMIC_SEQ_CST), 1);
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
  test_begin("addresses", 60);
  fake_open(&fake);
  numeric();
  at_once();
  in_turn();
  race();
  ipv4_first();
  many();
  slow();
  fake_close(&fake);
  return test_end();
}
