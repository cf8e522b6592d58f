/* SPDX-License-Identifier: Apache-2.0
 *
 * delay: a network of a certain length between a client and a server, for one connection after the other. Bytes come
 * out at the other end so many microseconds after they went in, whatever else is on the way. bench/pipeline.sh starts
 * it.
 *
 *   delay PORT MICROSECONDS    to 127.0.0.1:PORT; each way takes so long
 *
 * Prints the port that it listens on, on the loopback only.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECES 4096
#define PIECE 16384

/* What is on its way in one direction. */
struct way
{
  int from, to;
  bool over;
  unsigned first, count;
  struct piece
  {
    uint64_t due;
    size_t length, sent;
    char bytes[PIECE];
  } pieces[PIECES];
};

static uint64_t now(void)
{
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int check(int result, const char *what)
{
  if (result < 0)
  {
    perror(what);
    exit(1);
  }
  return result;
}

static void hurry(int socket)
{
  int yes = 1;

  check(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
}

/* Takes in what has come, and lets out what is due. Whether the line is still up. */
static bool turn(struct way *way, bool readable, uint64_t delay)
{
  while (way->count && way->pieces[way->first].due <= now())
  {
    struct piece *piece = &way->pieces[way->first];
    ssize_t n = send(way->to, piece->bytes + piece->sent, piece->length - piece->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
      break;
    piece->sent += (size_t)n;
    if (piece->sent < piece->length)
      break;
    way->first = (way->first + 1) % PIECES;
    way->count--;
  }
  if (readable && way->count < PIECES)
  {
    struct piece *piece = &way->pieces[(way->first + way->count) % PIECES];
    ssize_t n = recv(way->from, piece->bytes, PIECE, MSG_DONTWAIT);

    if (n == 0)
      way->over = true;
    if (n > 0)
    {
      piece->due = now() + delay;
      piece->length = (size_t)n;
      piece->sent = 0;
      way->count++;
    }
  }
  return !(way->over && way->count == 0);
}

static void carry(int client, int server, uint64_t delay)
{
  static struct way ways[2];

  memset(ways, 0, sizeof ways);
  ways[0].from = ways[1].to = client;
  ways[1].from = ways[0].to = server;
  for (;;)
  {
    struct pollfd fds[2];
    uint64_t wait = 1000000000u, at = now();
    struct timespec limit;

    for (int i = 0; i < 2; i++)
    {
      struct way *way = &ways[i];

      fds[i].fd = way->from;
      fds[i].events = !way->over && way->count < PIECES ? POLLIN : 0;
      fds[i].revents = 0;
      if (way->count)
      {
        uint64_t due = way->pieces[way->first].due;
        /* What is due and was not taken is tried again soon. */
        uint64_t left = due > at ? due - at : 100000u;

        wait = left < wait ? left : wait;
      }
    }
    limit.tv_sec = (time_t)(wait / 1000000000u);
    limit.tv_nsec = (long)(wait % 1000000000u);
    check(ppoll(fds, 2, &limit, NULL), "ppoll");
    for (int i = 0; i < 2; i++)
      if (!turn(&ways[i], (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0, delay))
        return;
  }
}

int main(int argc, char **argv)
{
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  int listener;

  if (argc != 3)
  {
    fputs("usage: delay PORT MICROSECONDS\n", stderr);
    return 2;
  }
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, 1), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;)
  {
    int client = check(accept(listener, NULL, NULL), "accept");
    int server = check(socket(AF_INET, SOCK_STREAM, 0), "socket");

    address.sin_port = htons((in_port_t)atoi(argv[1]));
    check(connect(server, (struct sockaddr *)&address, sizeof address), "connect");
    hurry(client);
    hurry(server);
    carry(client, server, strtoull(argv[2], NULL, 10) * 1000u);
    close(client);
    close(server);
  }
}
