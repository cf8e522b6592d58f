/* SPDX-License-Identifier: Apache-2.0
 *
 * The made-up server of monkey.c: any number of connections over TCP and a unix socket, in the thread of the
 * test. Greets, asks the questions of the login method `dialog`, and gives the answers of answers.h; late, in
 * pieces, and at times it hangs up. Never waits.
 */
#ifndef ATTACHSQL_MONKEY_SERVER_H
#define ATTACHSQL_MONKEY_SERVER_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "answers.h"

#define PEERS 64

typedef struct crowd
{
  int tcp, local;
  in_port_t port;
  char folder[64], path[80];
  dice luck;
  uint32_t ids;
  peer *peers[PEERS];
} crowd;

/* --- Login -------------------------------------------------------------------------------------- */

static inline void greet(peer *p)
{
  static const uint32_t caps[] = {0x00bff7dfu, 0x01fff7dfu, 0x09fff7dfu, 0x01fff7deu};
  uint32_t mine = caps[dice_below(&p->luck, 4)];
  bool mariadb = !(mine & CAP_UNUSED_BY_MARIADB);
  const char *version = mariadb ? "5.5.5-10.11.2-MariaDB-made-up" : "8.0.30-made-up";

  if (dice_below(&p->luck, 60) == 0)
  {
    say_error(p, 1040, "Too many connections");
    return;
  }
  begin(p);
  put_n(&p->out, 10, 1);
  put(&p->out, version, strlen(version) + 1);
  put_n(&p->out, p->id, 4);
  put(&p->out, "abcdefgh", 9);
  put_n(&p->out, mine, 2);
  put_n(&p->out, 45, 1);
  put_n(&p->out, 2, 2);
  put_n(&p->out, mine >> 16, 2);
  put_n(&p->out, 21, 1);
  put_n(&p->out, 0, 6);
  put_n(&p->out, mariadb ? 4 : 0, 4);
  put(&p->out, "ijklmnopqrst", 13);
  put(&p->out, "mysql_native_password", 22);
  finish(p);
  p->caps = mine;
}

static inline void answer_login(peer *p, size_t length)
{
  p->seq = (uint8_t)(p->in.data[3] + 1);
  if (p->state == PEER_LOGIN && length >= 4)
    p->caps &= number_at(&p->in, length, 0);
  if (dice_below(&p->luck, 30) == 0)
    say_error(p, 1045, "#28000Access denied");
  else if (p->state == PEER_DIALOG ? dice_below(&p->luck, 3) == 0 : p->is_unix && dice_below(&p->luck, 3) == 0)
  {
    static const char ask[] = "\xfe" "dialog\0\2What is it?", again[] = "\4And now?";

    if (p->state == PEER_DIALOG)
      say(p, again, sizeof again - 1);
    else
      say(p, ask, sizeof ask - 1);
    p->state = PEER_DIALOG;
  }
  else
  {
    say_ok(p, 0, 0);
    p->state = PEER_READY;
  }
}

static inline void answer(peer *p, size_t length)
{
  if (p->state == PEER_LOGIN || p->state == PEER_DIALOG)
  {
    answer_login(p, length);
    return;
  }
  p->seq = (uint8_t)(p->in.data[3] + 1);
  if (p->state == PEER_FILE)
  {
    if (length)
      return;
    if (dice_below(&p->luck, 4))
      say_ok(p, 0, 0);
    else
      say_error(p, 1205, "#HY000lock wait timeout");
    p->state = PEER_READY;
    return;
  }
  answer_command(p, length);
}

/* --- The crowd ---------------------------------------------------------------------------------- */

static inline void crowd_open(crowd *c, uint64_t seed)
{
  struct sockaddr_in tcp;
  struct sockaddr_un local;
  socklen_t length = sizeof tcp;

  memset(c, 0, sizeof *c);
  c->luck = seed;
  memset(&tcp, 0, sizeof tcp);
  tcp.sin_family = AF_INET;
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  memset(&local, 0, sizeof local);
  local.sun_family = AF_UNIX;
  strcpy(c->folder, "/tmp/monkey-XXXXXX");
  if (!mkdtemp(c->folder))
    test_fatal("mkdtemp: ", strerror(errno));
  snprintf(c->path, sizeof c->path, "%s/socket", c->folder);
  strcpy(local.sun_path, c->path);
  c->tcp = socket(AF_INET, SOCK_STREAM, 0);
  c->local = socket(AF_UNIX, SOCK_STREAM, 0);
  if (c->tcp < 0 || c->local < 0 || bind(c->tcp, (struct sockaddr *)&tcp, sizeof tcp) || listen(c->tcp, PEERS) ||
      getsockname(c->tcp, (struct sockaddr *)&tcp, &length) || bind(c->local, (struct sockaddr *)&local, sizeof local) ||
      listen(c->local, PEERS) || fcntl(c->tcp, F_SETFL, O_NONBLOCK) || fcntl(c->local, F_SETFL, O_NONBLOCK))
    test_fatal("the made-up server cannot listen: ", strerror(errno));
  c->port = ntohs(tcp.sin_port);
}

static inline void peer_free(crowd *c, unsigned at)
{
  peer *p = c->peers[at];

  close(p->fd);
  free(p->in.data);
  free(p->out.data);
  free(p);
  c->peers[at] = NULL;
}

static inline void crowd_close(crowd *c)
{
  for (unsigned i = 0; i < PEERS; i++)
    if (c->peers[i])
      peer_free(c, i);
  close(c->tcp);
  close(c->local);
  unlink(c->path);
  rmdir(c->folder);
}

static inline void crowd_accept(crowd *c, int listener)
{
  unsigned at = 0;
  int fd;
  peer *p;

  while (at < PEERS && c->peers[at])
    at++;
  if (at == PEERS || (fd = accept(listener, NULL, NULL)) < 0)
    return;
  p = calloc(1, sizeof *p);
  if (!p || fcntl(fd, F_SETFL, O_NONBLOCK))
    test_fatal("the made-up server has no room", "");
  p->fd = fd;
  p->luck = dice_next(&c->luck);
  p->is_unix = listener == c->local;
  p->id = ++c->ids;
  p->answers_left = dice_below(&p->luck, 4) ? 0 : 1 + dice_below(&p->luck, 20);
  c->peers[at] = p;
  if (dice_below(&p->luck, 30) == 0)
    peer_free(c, at);
  else
    greet(p);
}

/* KILL QUERY: what that one is busy with ends early. */
static inline void crowd_kill(crowd *c, const bytes *packet, size_t length)
{
  char text[64];

  for (unsigned i = 0; i < PEERS; i++)
  {
    peer *p = c->peers[i];

    if (!p || !p->delay || p->state != PEER_READY)
      continue;
    snprintf(text, sizeof text, "KILL QUERY %u", (unsigned)p->id);
    if (has_text(packet, length, text))
      p->delay = 1;
  }
}

/* False if the peer is to go. */
static inline bool peer_turn(crowd *c, peer *p)
{
  uint8_t space[16384];
  size_t length, piece;
  ssize_t n;

  while ((n = recv(p->fd, space, sizeof space, 0)) > 0)
    put(&p->in, space, (size_t)n);
  if (n == 0 || (n < 0 && errno != EAGAIN))
    return false;
  while (!p->delay && p->in.length >= 4)
  {
    length = p->in.data[0] | (size_t)p->in.data[1] << 8 | (size_t)p->in.data[2] << 16;
    if (p->in.length < length + 4)
      break;
    if (p->answers_left && --p->answers_left == 0)
      return false;
    if (p->state == PEER_READY && has_text(&p->in, length, "KILL QUERY"))
      crowd_kill(c, &p->in, length);
    answer(p, length);
    take(&p->in, length + 4);
    if (p->state == PEER_READY && dice_below(&p->luck, 6) == 0)
      p->delay = 1 + dice_below(&p->luck, 40);
  }
  if (p->delay)
  {
    p->delay--;
    return true;
  }
  piece = p->out.length;
  if (piece > 3 && dice_below(&p->luck, 4) == 0)
    piece = 1 + dice_below(&p->luck, (unsigned)piece - 1);
  n = piece ? send(p->fd, p->out.data, piece, MSG_NOSIGNAL) : 0;
  if (n < 0 && errno != EAGAIN)
    return false;
  if (n > 0)
    take(&p->out, (size_t)n);
  return true;
}

static inline void crowd_turn(crowd *c)
{
  crowd_accept(c, c->tcp);
  crowd_accept(c, c->local);
  for (unsigned i = 0; i < PEERS; i++)
    if (c->peers[i] && !peer_turn(c, c->peers[i]))
      peer_free(c, i);
}

#endif
