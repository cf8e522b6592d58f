/* SPDX-License-Identifier: Apache-2.0
 *
 * The least a client can do: receives the same bytes and walks packet headers and cell
 * lengths, nothing else. No check, no error, no memory; what the others cost more is
 * what they do for their users. Believes everything, so it is for replay.c only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"

/* As long as the library's own reads. */
#define SPACE (256 * 1024)

/* One for all connections: they are used one after the other. */
static unsigned char space[SPACE];
static size_t taken, filled;

/* The payload of the next packet. */
static const unsigned char *next_packet(int fd, size_t *length)
{
    for (;;) {
        size_t here = filled - taken;
        const unsigned char *at = space + taken;
        if (here >= 4) {
            *length = at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
            if (here >= 4 + *length) {
                taken += 4 + *length;
                return at + 4;
            }
        }
        if (taken > 0) {
            memmove(space, at, here);
            taken = 0;
            filled = here;
        }
        ssize_t n = recv(fd, space + filled, SPACE - filled, 0);
        if (n <= 0) {
            fail("recv", n == 0 ? "the server closed" : strerror(errno));
        }
        filled += (size_t)n;
    }
}

static void send_packet(int fd, unsigned char seq, unsigned char *packet, size_t length)
{
    packet[0] = (unsigned char)length;
    packet[1] = (unsigned char)(length >> 8);
    packet[2] = 0;
    packet[3] = seq;
    if (send(fd, packet, 4 + length, MSG_NOSIGNAL) != (ssize_t)(4 + length)) {
        fail("send", strerror(errno));
    }
}

void *client_open(const char *host, uint16_t port)
{
    struct sockaddr_un path = { .sun_family = AF_UNIX };
    struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1, connected;
    int fd = socket(port != 0 ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    if (port != 0) {
        inet_pton(AF_INET, host, &tcp.sin_addr);
        connected = connect(fd, (struct sockaddr *)&tcp, sizeof tcp);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    } else {
        strncpy(path.sun_path, host, sizeof path.sun_path - 1);
        connected = connect(fd, (struct sockaddr *)&path, sizeof path);
    }
    if (connected != 0) {
        fail("connect", strerror(errno));
    }
    /* PROTOCOL_41, SECURE_CONNECTION, DEPRECATE_EOF; user "b", no password. */
    static const unsigned char login[] = { 0, 0x82, 0, 1, 0, 0, 16, 0, 45 };
    unsigned char packet[64] = { 0 };
    size_t length;
    next_packet(fd, &length);
    memcpy(packet + 4, login, sizeof login);
    packet[4 + 32] = 'b';
    send_packet(fd, 1, packet, 35);
    next_packet(fd, &length);
    int *client = malloc(sizeof *client);
    if (client == NULL) {
        fail("malloc", "no memory");
    }
    *client = fd;
    return client;
}

void client_query(void *client, const char *text, size_t length, struct tally *tally)
{
    int fd = *(int *)client;
    unsigned char packet[64];
    packet[4] = 3;
    memcpy(packet + 5, text, length);
    send_packet(fd, 0, packet, 1 + length);

    const unsigned char *at = next_packet(fd, &length);
    unsigned columns = *at, i;
    for (i = 0; i < columns; i++) {
        next_packet(fd, &length);
    }
    while (at = next_packet(fd, &length), *at != 0xfe) {
        for (i = 0; i < columns; i++) {
            size_t size = *at == 0xfb ? 0 : *at;
            touch(tally, (const char *)at + 1, size);
            at += 1 + size;
        }
        tally->rows++;
    }
}

void client_close(void *client)
{
    close(*(int *)client);
    free(client);
}
