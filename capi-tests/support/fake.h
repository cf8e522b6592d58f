/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up server for what no real one shows on demand: odd greetings, refusals before the
 * greeting, what a login packet contains. It lives in the same thread as the connection under
 * test: each function below polls the connection until the other side has what it waits for.
 * Include it after test.h.
 */
#ifndef ATTACHSQL_FAKE_H
#define ATTACHSQL_FAKE_H

#ifdef _WIN32
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

/* --- Sockets ------------------------------------------------------------------------------------ */

#ifdef _WIN32

typedef SOCKET fake_socket;
#define FAKE_NONE INVALID_SOCKET
#define MSG_NOSIGNAL 0

static inline void fake_start(void)
{
  WSADATA data;

  if (WSAStartup(MAKEWORD(2, 2), &data))
    test_fatal("WSAStartup", "");
}

static inline bool fake_not_blocking(fake_socket s)
{
  u_long on = 1;

  return ioctlsocket(s, FIONBIO, &on) == 0;
}

/* Whether the last call failed for want of something to do. */
static inline bool fake_would_block(void)
{
  return WSAGetLastError() == WSAEWOULDBLOCK;
}

static inline const char *fake_reason(void)
{
  static char text[40];

  snprintf(text, sizeof text, "error %d of Windows", WSAGetLastError());
  return text;
}

static inline void fake_shut(fake_socket s)
{
  closesocket(s);
}

#else

typedef int fake_socket;
#define FAKE_NONE (-1)

static inline void fake_start(void)
{
}

static inline bool fake_not_blocking(fake_socket s)
{
  return fcntl(s, F_SETFL, O_NONBLOCK) == 0;
}

/* Whether the last call failed for want of something to do. */
static inline bool fake_would_block(void)
{
  return errno == EAGAIN;
}

static inline const char *fake_reason(void)
{
  return strerror(errno);
}

static inline void fake_shut(fake_socket s)
{
  close(s);
}

#endif

/* --- The server --------------------------------------------------------------------------------- */

typedef struct fake_server
{
  fake_socket listener;
  fake_socket peer; /* FAKE_NONE: nobody connected */
  in_port_t port;
  uint8_t sequence;      /* of the last packet received */
  uint8_t packet[70000]; /* payload of the last packet received */
  size_t length;
} fake_server;

/* Capabilities that the greeting offers: everything except compression, TLS, DEPRECATE_EOF and several
 * factors. */
#define FAKE_CAPABILITIES 0x003ff7dfu
#define FAKE_TLS 0x800u
#define FAKE_FACTORS 0x10000000u

/* Listens on 127.0.0.1, or on ::1 with family AF_INET6, with port 0 on a free one. False if that is
 * not possible. */
static inline bool fake_open_at(fake_server *fake, int family, in_port_t port)
{
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
  struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&ipv4 : (struct sockaddr *)&ipv6;
  socklen_t length = family == AF_INET ? sizeof ipv4 : sizeof ipv6;

  fake_start();
  memset(fake, 0, sizeof *fake);
  fake->peer = FAKE_NONE;
  memset(&ipv4, 0, sizeof ipv4);
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ipv4.sin_port = htons(port);
  memset(&ipv6, 0, sizeof ipv6);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr = in6addr_loopback;
  ipv6.sin6_port = htons(port);
  fake->listener = socket(family, SOCK_STREAM, 0);
  if (fake->listener == FAKE_NONE)
    return false;
  if (bind(fake->listener, address, length) || listen(fake->listener, 8) ||
      getsockname(fake->listener, address, &length) || !fake_not_blocking(fake->listener))
  {
    fake_shut(fake->listener);
    return false;
  }
  fake->port = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
  return true;
}

static inline void fake_open(fake_server *fake)
{
  if (!fake_open_at(fake, AF_INET, 0))
    test_fatal("the made-up server cannot listen: ", fake_reason());
}

static inline void fake_hang_up(fake_server *fake)
{
  if (fake->peer != FAKE_NONE)
    fake_shut(fake->peer);
  fake->peer = FAKE_NONE;
}

static inline void fake_close(fake_server *fake)
{
  fake_hang_up(fake);
  fake_shut(fake->listener);
}

/* A connection to the made-up server, connecting, accepted. */
static inline attachsql_connect_t *fake_accept(fake_server *fake, attachsql_connect_t *con)
{
  uint64_t end = test_now() + 20000;

  attachsql_connect(con, NULL);
  while ((fake->peer = accept(fake->listener, NULL, NULL)) == FAKE_NONE)
  {
    if (test_now() > end)
      test_fatal("nobody connected to the made-up server", "");
    attachsql_connect_poll(con, NULL);
    test_sleep(1);
  }
  fake_not_blocking(fake->peer);
  return con;
}

static inline attachsql_connect_t *fake_create(const fake_server *fake)
{
  return attachsql_connect_create(TEST_HOST, fake->port, "user", "", "schema", NULL);
}

static inline void fake_send(fake_server *fake, const void *data, size_t length)
{
  if (send(fake->peer, data, length, MSG_NOSIGNAL) != (ssize_t)length)
    test_fatal("the made-up server cannot send: ", fake_reason());
}

static inline void fake_packet(fake_server *fake, uint8_t sequence, const void *payload, size_t length)
{
  uint8_t packet[4096];

  packet[0] = (uint8_t)length;
  packet[1] = (uint8_t)(length >> 8);
  packet[2] = 0;
  packet[3] = sequence;
  memcpy(packet + 4, payload, length);
  fake_send(fake, packet, length + 4);
}

/* Reads one packet; false if the connection ended instead. con may be NULL: destroyed. */
static inline bool fake_read(fake_server *fake, attachsql_connect_t *con)
{
  uint8_t header[4];
  size_t got = 0, want = 4;
  uint64_t end = test_now() + 20000;

  fake->length = 0;
  while (got < want)
  {
    uint8_t *to = got < 4 ? header + got : fake->packet + got - 4;
    ssize_t n = recv(fake->peer, (void *)to, got < 4 ? 4 - got : want - got, 0);

    if (n > 0)
    {
      got += (size_t)n;
      if (got == 4)
        want = 4 + header[0] + 256u * header[1];
      continue;
    }
    if (n == 0 || !fake_would_block())
      return false;
    if (test_now() > end)
      test_fatal("the made-up server waits for a packet", "");
    if (con)
      attachsql_connect_poll(con, NULL);
    test_sleep(1);
  }
  fake->sequence = header[3];
  fake->length = want - 4;
  return true;
}

/* Sends a greeting with this version text, protocol version and capabilities. */
static inline void fake_greet_with(fake_server *fake, uint8_t protocol, const char *version, uint32_t id, uint32_t capabilities)
{
  uint8_t payload[2048];
  size_t at = 0;

  payload[at++] = protocol;
  memcpy(payload + at, version, strlen(version) + 1);
  at += strlen(version) + 1;
  for (int i = 0; i < 4; i++)
    payload[at++] = (uint8_t)(id >> 8 * i);
  memcpy(payload + at, "abcdefgh", 9);
  at += 9;
  payload[at++] = (uint8_t)capabilities;
  payload[at++] = (uint8_t)(capabilities >> 8);
  payload[at++] = 8; /* latin1 */
  payload[at++] = 2; /* autocommit */
  payload[at++] = 0;
  payload[at++] = (uint8_t)(capabilities >> 16);
  payload[at++] = (uint8_t)(capabilities >> 24);
  payload[at++] = 21;
  memset(payload + at, 0, 10);
  at += 10;
  memcpy(payload + at, "ijklmnopqrst", 13);
  at += 13;
  memcpy(payload + at, "mysql_native_password", 22);
  at += 22;
  fake_packet(fake, 0, payload, at);
}

static inline void fake_greet(fake_server *fake, uint8_t protocol, const char *version, uint32_t id)
{
  fake_greet_with(fake, protocol, version, id, FAKE_CAPABILITIES);
}

static inline void fake_ok(fake_server *fake, uint8_t sequence)
{
  fake_packet(fake, sequence, "\0\0\0\2\0\0\0", 7);
}

/* The whole login of a connection: afterwards it is READY and the login packet is in fake->packet. */
static inline void fake_login(fake_server *fake, attachsql_connect_t *con)
{
  fake_accept(fake, con);
  fake_greet(fake, 10, "5.7.1-made-up", 77);
  if (!CHECK(fake_read(fake, con)))
    return;
  fake_ok(fake, (uint8_t)(fake->sequence + 1));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
}

static inline uint32_t fake_u32(const fake_server *fake, size_t at)
{
  const uint8_t *p = fake->packet + at;

  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Whether these bytes are somewhere in the last packet. */
static inline bool fake_contains(const fake_server *fake, const void *bytes, size_t length)
{
  for (size_t at = 0; at + length <= fake->length; at++)
    if (memcmp(fake->packet + at, bytes, length) == 0)
      return true;
  return false;
}

#endif
