/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CONN: what leaves the client, and when. A made-up server asks for TLS, for passwords and for login
 * methods as no honest one does, and looks at every byte it gets.
 */
/* windows: no (the made-up server uses POSIX sockets) */
#include "../support/test.h"
#include "../support/fake.h"
#include "../support/tls.h"

#include <sys/un.h>

#define USER "somebody"
#define PASSWORD "geheim"

static fake_server fake;

static attachsql_connect_t *create(void)
{
  return attachsql_connect_create(TEST_HOST, fake.port, USER, PASSWORD, "schema", NULL);
}

static attachsql_connect_t *with_ssl(void)
{
  attachsql_connect_t *con = create();
  attachsql_error_t *error = NULL;

  CHECK(attachsql_connect_set_ssl(con, NULL, NULL, tls_file("ca.pem"), NULL, NULL, true, &error));
  CHECK_NO_ERROR(error);
  return con;
}

/* All that the client has sent and not been read, until it closes: not a byte, if this is true. */
static bool silent(void)
{
  uint8_t byte;
  uint64_t end = test_now() + 20000;

  for (;;)
  {
    ssize_t n = recv(fake.peer, &byte, 1, 0);

    if (n >= 0 || errno != EAGAIN)
      return n <= 0;
    if (test_now() > end)
      test_fatal("the connection is not closed", "");
    test_sleep(1);
  }
}

/* The poll must end in this error; then the client must have closed without another byte. */
static void ends(attachsql_connect_t *con, int code, const char *sqlstate, bool quiet)
{
  attachsql_error_t *error = NULL;

  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, code, sqlstate);
  attachsql_connect_destroy(con);
  if (quiet)
    CHECK(silent());
  fake_hang_up(&fake);
}

/* A server with TLS has greeted; the client's request for TLS has come, and no more in the clear. */
static attachsql_connect_t *request(attachsql_connect_t *con)
{
  fake_accept(&fake, con);
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_TLS);
  if (CHECK(fake_read(&fake, con)))
  {
    CHECK_UINT(fake.length, 32);
    CHECK_UINT(fake.sequence, 1);
    CHECK(fake_u32(&fake, 0) & FAKE_TLS);
  }
  return con;
}

/* Reads what has come; it begins a TLS handshake, and nobody's name or password is in it. */
static void hello(attachsql_connect_t *con)
{
  ssize_t n = 0;
  uint64_t end = test_now() + 20000;

  while ((n = recv(fake.peer, fake.packet, sizeof fake.packet, 0)) < 100)
  {
    if (test_now() > end)
      test_fatal("no handshake begins", "");
    attachsql_connect_poll(con, NULL);
    test_sleep(1);
  }
  fake.length = (size_t)n;
  CHECK_UINT(fake.packet[0], 22);
  CHECK_UINT(fake.packet[1], 3);
  CHECK(!fake_contains(&fake, USER, strlen(USER)));
  CHECK(!fake_contains(&fake, PASSWORD, strlen(PASSWORD)));
}

static void tls(void)
{
  static const char ok[] = "\x07\0\0\2\0\0\0\2\0\0\0", alert[] = "\x15\3\3\0\2\2\x28";
  static const uint32_t limit = 300;
  attachsql_connect_t *con;

  TEST("CONN-24 ERR-6", "a server without TLS: nothing is sent");
  con = fake_accept(&fake, with_ssl());
  fake_greet(&fake, 10, "8.0.1", 1);
  ends(con, 2002, "08000", true);
  con = create();
  tls_number(con, ATTACHSQL_OPTION_TLS, 1);
  fake_accept(&fake, con);
  fake_greet(&fake, 10, "8.0.1", 1);
  ends(con, 2002, "08000", true);

  TEST("CONN-24", "a server with TLS that is not asked for");
  con = fake_accept(&fake, create());
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_TLS);
  if (CHECK(fake_read(&fake, con)))
    CHECK(fake_contains(&fake, USER, strlen(USER)) && !(fake_u32(&fake, 0) & FAKE_TLS));
  fake_ok(&fake, 2);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("CONN-29", "bytes before the handshake, which nobody has protected");
  con = fake_accept(&fake, with_ssl());
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_TLS);
  fake_send(&fake, ok, sizeof ok - 1);
  ends(con, 3003, "08000", false);

  TEST("CONN-29", "a server that offers TLS and goes on in the clear");
  con = request(with_ssl());
  hello(con);
  fake_send(&fake, ok, sizeof ok - 1);
  ends(con, 3003, "08000", false);

  TEST("CONN-29", "a server that refuses in the clear, or by an alert");
  con = request(with_ssl());
  hello(con);
  fake_packet(&fake, 2, "\xff\x15\x04#28000Access denied", 22);
  ends(con, 3003, "08000", false);
  con = request(with_ssl());
  hello(con);
  fake_send(&fake, alert, sizeof alert - 1);
  ends(con, 3003, "08000", false);

  TEST("CONN-29 POLL-10", "the server closes before the handshake is done");
  con = request(with_ssl());
  hello(con);
  fake_hang_up(&fake);
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  {
    attachsql_error_t *error = NULL;

    attachsql_connect_poll(con, &error);
    CHECK_ERROR(error, 2013, "08006");
  }
  attachsql_connect_destroy(con);

  TEST("OPT-8 CONN-29", "a handshake that stalls is for the connect timeout");
  con = with_ssl();
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit));
  request(con);
  hello(con);
  ends(con, 2002, "08000", false);

  TEST("CONN-15 CONN-24", "an error in place of the greeting is reported, TLS or not");
  con = fake_accept(&fake, with_ssl());
  fake_packet(&fake, 0, "\xff\x10\x04Not today", 12);
  ends(con, 1040, "08004", true);

  TEST("CONN-20", "destroyed in the middle of the handshake");
  con = request(with_ssl());
  hello(con);
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);
}

/* The server has read the login packet and asks for another method. */
static attachsql_connect_t *switched(attachsql_connect_t *con, const char *method, const char *challenge, size_t length)
{
  uint8_t payload[200] = {0xfe};
  size_t size = 1 + strlen(method) + 1;

  if (fake.peer < 0)
    fake_accept(&fake, con);
  fake_greet(&fake, 10, "8.0.1", 1);
  if (CHECK(fake_read(&fake, con)))
    CHECK(!fake_contains(&fake, PASSWORD, strlen(PASSWORD)));
  memcpy(payload + 1, method, strlen(method) + 1);
  memcpy(payload + size, challenge, length);
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), payload, size + length);
  return con;
}

static attachsql_connect_t *accepting(const char *methods)
{
  attachsql_connect_t *con = create();

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_AUTH_METHODS, methods));
  return con;
}

#define CHALLENGE "01234567890123456789"

static void refused_methods(void)
{
  static const char *const unknown[] = {"auth_gssapi_client", "no_such_method", "", "mysql_native_password2", "MYSQL_NATIVE_PASSWORD"};
  static const char *const unsafe[] = {"mysql_clear_password", "mysql_old_password", "dialog"};

  TEST("CONN-19 ERR-6", "methods that the library does not know: nothing more is sent");
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    ends(switched(create(), unknown[i], CHALLENGE, 21), 2059, "28000", true);

  TEST("CONN-31", "methods that must be asked for: nothing more is sent");
  for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
    ends(switched(create(), unsafe[i], CHALLENGE, 21), 2061, "28000", true);

  TEST("CONN-31", "methods that are not in the list: nothing more is sent");
  ends(switched(accepting("caching_sha2_password"), "mysql_native_password", CHALLENGE, 21), 2061, "28000", true);
  ends(switched(accepting("mysql_native_password"), "caching_sha2_password", CHALLENGE, 21), 2061, "28000", true);
  ends(switched(accepting("mysql_native_password"), "client_ed25519", CHALLENGE "012345678901", 32), 2061, "28000", true);
  ends(switched(accepting("mysql_native_password"), "parsec", CHALLENGE "012345678901", 32), 2061, "28000", true);
  ends(switched(accepting("mysql_native_password"), "sha256_password", CHALLENGE, 21), 2061, "28000", true);

  TEST("CONN-30", "the password in the clear does not go over TCP, asked for or not");
  ends(switched(accepting("mysql_native_password,mysql_clear_password"), "mysql_clear_password", "", 0), 2061, "28000", true);

  TEST("CONN-19", "challenges of a wrong length: nothing more is sent");
  ends(switched(create(), "mysql_native_password", CHALLENGE, 19), 2061, "28000", true);
  ends(switched(create(), "caching_sha2_password", CHALLENGE, 5), 2061, "28000", true);
  ends(switched(create(), "client_ed25519", CHALLENGE, 20), 2061, "28000", true);
  ends(switched(create(), "parsec", CHALLENGE, 20), 2061, "28000", true);
}

static void answers(void)
{
  attachsql_connect_t *con;

  TEST("CONN-31", "the login names a method of the list, and says nothing that was not asked for");
  con = fake_accept(&fake, accepting("caching_sha2_password"));
  fake_greet(&fake, 10, "8.0.1", 1);
  if (CHECK(fake_read(&fake, con)))
    CHECK(fake_contains(&fake, "\0caching_sha2_password", 23) && fake_contains(&fake, USER "\0\0schema", strlen(USER) + 8));
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);

  TEST("CONN-31", "mysql_old_password, asked for: eight bytes and a NUL");
  con = switched(accepting("mysql_native_password,mysql_old_password"), "mysql_old_password", CHALLENGE, 8);
  if (CHECK(fake_read(&fake, con)))
    CHECK(fake.length == 9 && fake.packet[8] == 0);
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);

  TEST("CONN-30", "on a loopback address a key that the server sends is asked for; one that is none is refused");
  con = switched(create(), "sha256_password", CHALLENGE, 21);
  if (CHECK(fake_read(&fake, con)))
    CHECK_BYTES(fake.packet, fake.length, "\1", 1);
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), "\1no key at all", 14);
  ends(con, 2061, "28000", true);

  TEST("CONN-30", "with the key from a file nothing is asked for, and the password is not readable");
  con = create();
  tls_set(con, SERVER_PUBLIC_KEY, STRANGER_PUBLIC);
  switched(con, "sha256_password", CHALLENGE, 21);
  if (CHECK(fake_read(&fake, con)))
    CHECK(fake.length == 256 && !fake_contains(&fake, PASSWORD, strlen(PASSWORD)));
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);
}

/* The server asks for parsec and then sends this after the client's empty answer. */
static attachsql_connect_t *parsec(const char *salt, size_t length)
{
  attachsql_connect_t *con = switched(create(), "parsec", CHALLENGE "012345678901", 32);

  if (CHECK(fake_read(&fake, con)))
    CHECK_UINT(fake.length, 0);
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), salt, length);
  return con;
}

static void signatures(void)
{
  static const char salt[] = "P\2" "012345678901234567", hard[] = "P\4" "012345678901234567";
  attachsql_connect_t *con;
  uint8_t first[96];

  TEST("CONN-19", "client_ed25519: the same challenge, the same signature");
  for (int i = 0; i < 2; i++)
  {
    con = switched(create(), "client_ed25519", CHALLENGE "012345678901", 32);
    if (CHECK(fake_read(&fake, con)) && CHECK_UINT(fake.length, 64))
    {
      if (i == 0)
        memcpy(first, fake.packet, 64);
      CHECK_BYTES(fake.packet, fake.length, first, 64);
      CHECK(!fake_contains(&fake, PASSWORD, strlen(PASSWORD)));
    }
    attachsql_connect_destroy(con);
    fake_hang_up(&fake);
  }

  TEST("CONN-19", "parsec: a challenge of the client's own, and a signature");
  for (int i = 0; i < 2; i++)
  {
    con = parsec(salt, sizeof salt - 1);
    if (CHECK(fake_read(&fake, con)) && CHECK_UINT(fake.length, 96))
    {
      CHECK(i == 0 || memcmp(first, fake.packet, 32) != 0);
      memcpy(first, fake.packet, 96);
      CHECK(!fake_contains(&fake, PASSWORD, strlen(PASSWORD)));
    }
    fake_ok(&fake, (uint8_t)(fake.sequence + 1));
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    attachsql_connect_destroy(con);
    fake_hang_up(&fake);
  }

  TEST("CONN-19 CONV-14", "parsec: more rounds than any server asks for, and too little salt, are refused");
  ends(parsec(hard, sizeof hard - 1), 2027, "08S01", true);
  ends(parsec(salt, sizeof salt - 2), 2027, "08S01", true);
  ends(parsec("P", 1), 2027, "08S01", true);
}

/* A server on a unix socket. */
static void private_socket(void)
{
  struct sockaddr_un address;
  int tcp = fake.listener;
  attachsql_connect_t *con;

  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/tmp/attachsql-secrets-%d", (int)getpid());
  unlink(address.sun_path);
  fake.listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fake.listener < 0 || bind(fake.listener, (struct sockaddr *)&address, sizeof address) || listen(fake.listener, 8) ||
      fcntl(fake.listener, F_SETFL, O_NONBLOCK))
    test_fatal("cannot listen on ", address.sun_path);

  TEST("CONN-30", "over a unix socket the password goes in the clear, if that is asked for");
  con = attachsql_connect_create(address.sun_path, 0, USER, PASSWORD, "", NULL);
  tls_set(con, AUTH_METHODS, "mysql_native_password,mysql_clear_password");
  switched(con, "mysql_clear_password", "", 0);
  if (CHECK(fake_read(&fake, con)))
    CHECK_BYTES(fake.packet, fake.length, PASSWORD, sizeof PASSWORD);
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("CONN-31", "and not if it is not");
  con = attachsql_connect_create(address.sun_path, 0, USER, PASSWORD, "", NULL);
  ends(switched(con, "mysql_clear_password", "", 0), 2061, "28000", true);

  TEST("CONN-30", "caching_sha2_password has no need to ask");
  con = attachsql_connect_create(address.sun_path, 0, USER, PASSWORD, "", NULL);
  switched(con, "caching_sha2_password", CHALLENGE, 21);
  if (CHECK(fake_read(&fake, con)))
    CHECK_UINT(fake.length, 32);
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), "\1\4", 2);
  if (CHECK(fake_read(&fake, con)))
    CHECK_BYTES(fake.packet, fake.length, PASSWORD, sizeof PASSWORD);
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);
  close(fake.listener);
  unlink(address.sun_path);
  fake.listener = tcp;
}

/* Asks for a further factor, proved by mysql_native_password with the challenge of the greeting. */
static void next_factor(void)
{
  fake_packet(&fake, (uint8_t)(fake.sequence + 1), "\2mysql_native_password\0abcdefghijklmnopqrst", 44);
}

static void factors(void)
{
  attachsql_connect_t *con = create();
  attachsql_error_t *error = NULL;
  uint8_t first[20];
  const size_t user = 32 + sizeof USER;

  TEST("CONN-32", "three passwords for three factors");
  tls_set(con, PASSWORD2, PASSWORD);
  tls_set(con, PASSWORD3, "another");
  fake_accept(&fake, con);
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_FACTORS);
  if (CHECK(fake_read(&fake, con)) && CHECK(fake_u32(&fake, 0) & FAKE_FACTORS) && CHECK_UINT(fake.packet[user], 20))
    memcpy(first, fake.packet + user + 1, 20);
  next_factor();
  if (CHECK(fake_read(&fake, con)))
    CHECK_BYTES(fake.packet, fake.length, first, 20);
  next_factor();
  if (CHECK(fake_read(&fake, con)))
    CHECK(fake.length == 20 && memcmp(fake.packet, first, 20) != 0);
  fake_ok(&fake, (uint8_t)(fake.sequence + 1));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  fake_hang_up(&fake);
  attachsql_connect_destroy(con);

  TEST("CONN-32", "a factor without a password is proved with an empty one");
  con = create();
  tls_set(con, PASSWORD3, "another");
  fake_accept(&fake, con);
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_FACTORS);
  CHECK(fake_read(&fake, con));
  next_factor();
  if (CHECK(fake_read(&fake, con)))
    CHECK_UINT(fake.length, 0);
  attachsql_connect_destroy(con);
  fake_hang_up(&fake);

  TEST("CONN-32", "a method outside the list is refused for every factor");
  con = accepting("caching_sha2_password");
  tls_set(con, PASSWORD2, "second");
  fake_accept(&fake, con);
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_FACTORS);
  CHECK(fake_read(&fake, con));
  next_factor();
  ends(con, 2061, "28000", true);

  TEST("CONN-32", "without further passwords the library offers no factors, and gives none");
  con = fake_accept(&fake, create());
  fake_greet_with(&fake, 10, "8.0.1", 1, FAKE_CAPABILITIES | FAKE_FACTORS);
  if (CHECK(fake_read(&fake, con)))
    CHECK(!(fake_u32(&fake, 0) & FAKE_FACTORS));
  next_factor();
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 2027, "08S01");
  attachsql_connect_destroy(con);
  CHECK(silent());
  fake_hang_up(&fake);
}

int main(void)
{
  test_begin("secrets", 60);
  fake_open(&fake);
  tls();
  refused_methods();
  answers();
  signatures();
  private_socket();
  factors();
  fake_close(&fake);
  return test_end();
}
