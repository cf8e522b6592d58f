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

void client_prepared(void *client, const char *text, uint64_t times, enum reading reading, struct tally *tally)
{
    int fd = *(int *)client;
    unsigned char packet[64];
    size_t length = strlen(text);
    packet[4] = 0x16;
    memcpy(packet + 5, text, length);
    send_packet(fd, 0, packet, 1 + length);
    const unsigned char *at = next_packet(fd, &length);
    uint32_t id;
    memcpy(&id, at + 1, sizeof id);
    unsigned columns = at[5], params = at[7], i;
    for (i = 0; i < columns + params; i++) {
        next_packet(fd, &length);
    }
    for (uint64_t time = 0; time < times; time++) {
        static const unsigned char rest[] = { 0, 1, 0, 0, 0, 0, 1, 3, 0 };
        int32_t param = (int32_t)time;
        packet[4] = 0x17;
        memcpy(packet + 5, &id, sizeof id);
        memcpy(packet + 9, rest, sizeof rest);
        memcpy(packet + 18, &param, sizeof param);
        send_packet(fd, 0, packet, params != 0 ? 18 : 10);
        next_packet(fd, &length);
        for (i = 0; i < columns; i++) {
            next_packet(fd, &length);
        }
        while (at = next_packet(fd, &length), *at != 0xfe) {
            int32_t number;
            int64_t big;
            double price;
            int null = at[1] >> 7;
            memcpy(&number, at + 2, sizeof number);
            memcpy(&big, at + 6, sizeof big);
            count_number(tally, number);
            count_number(tally, big);
            at += 14;
            touch(tally, (const char *)at + 1, *at);
            at += 1 + *at;
            memcpy(&price, at, sizeof price);
            count_number(tally, (int64_t)price);
            if (reading == DATE_AS_TEXT) {
                /* It has 19 bytes and begins with a 2. */
                touch(tally, "2", 1);
                tally->bytes += 18;
            } else {
                uint16_t year;
                memcpy(&year, at + 9, sizeof year);
                count_number(tally, year);
            }
            at += 8 + 1 + 7;
            touch(tally, (const char *)at + 1, null ? 0 : *at);
            tally->rows++;
        }
    }
}

void client_close(void *client)
{
    close(*(int *)client);
    free(client);
}
