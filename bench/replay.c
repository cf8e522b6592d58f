/* SPDX-License-Identifier: Apache-2.0
 *
 * replay: a server that answers from memory, so that a measured program shows what the
 * client costs and nothing else. It lets everybody in, whatever the password, and knows
 * these commands:
 *
 *   SELECT 1     one row with one column
 *   rows N       N rows of six columns: INT, BIGINT, VARCHAR of 20 to 60 characters,
 *                DOUBLE, DATETIME, and a VARCHAR that is NULL in every third row; about
 *                100 bytes of text a row, the same in every run
 *   anything else is an error
 *
 * Both can be prepared too, and then send binary rows: 'rows N' without a parameter,
 * 'row ?' with one that does not matter, for one such row.
 *
 * Rows are made once and sent with large writes; after BLOCK_ROWS of them they repeat.
 *
 * Usage: replay SOCKET-PATH
 * Listens there and on a free port of 127.0.0.1; prints the port as soon as both take
 * connections. Runs until its standard input ends or a signal comes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    /* A multiple of 256: a repeated block goes on with the right sequence ids. */
    BLOCK_ROWS = 100 * 256,
    COLUMNS = 6,
    ROW_LIMIT = 160,
    WRITE_SIZE = 1 << 20,
    COMMAND_LIMIT = 4096,

    DEPRECATE_EOF = 1 << 24,
    /* LONG_PASSWORD FOUND_ROWS LONG_FLAG CONNECT_WITH_DB PROTOCOL_41 TRANSACTIONS
     * SECURE_CONNECTION MULTI_STATEMENTS MULTI_RESULTS PLUGIN_AUTH CONNECT_ATTRS
     * PLUGIN_AUTH_LENENC */
    CAPABILITIES = 0x003ba20f | DEPRECATE_EOF
};

/* Bytes that were prepared. */
struct bytes {
    uint8_t *data;
    size_t length;
    size_t room;
};

/* What differs with DEPRECATE_EOF: with it (index 1) no EOF packet follows the columns,
 * so every later sequence id is one less, and an OK packet ends the rows. */
static struct reply {
    struct bytes select1;
    struct bytes columns;
    struct bytes rows;
    struct bytes binary;
    uint8_t first_seq;
} replies[2];

/* Where each row of a block begins, in text and in binary; the last entry is its end. */
static size_t row_at[BLOCK_ROWS + 1], binary_at[BLOCK_ROWS + 1];

static void die(const char *what)
{
    fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put(struct bytes *to, const void *data, size_t length)
{
    if (to->length + length > to->room) {
        to->room = 2 * (to->length + length);
        to->data = realloc(to->data, to->room);
        if (to->data == NULL) {
            die("memory");
        }
    }
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static void put_packet(struct bytes *to, uint8_t seq, const void *body, size_t length)
{
    uint8_t header[4] = { (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), seq };
    put(to, header, sizeof header);
    put(to, body, length);
}

/* The end of columns or rows. Bytes 3 and 4: autocommit. */
static void put_end(struct bytes *to, uint8_t seq, int deprecate_eof)
{
    static const uint8_t ok[] = { 0xfe, 0, 0, 2, 0, 0, 0 }, eof[] = { 0xfe, 0, 0, 2, 0 };
    if (deprecate_eof) {
        put_packet(to, seq, ok, sizeof ok);
    } else {
        put_packet(to, seq, eof, sizeof eof);
    }
}

/* Appends a string and its length, which is below 251, to a packet. */
static size_t put_text(uint8_t *body, size_t at, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf((char *)body + at + 1, 100, format, values);
    va_end(values);
    body[at] = (uint8_t)length;
    return at + 1 + (size_t)length;
}

static void put_column(struct bytes *to, uint8_t seq, const char *table, const char *name, uint8_t type, uint8_t charset)
{
    uint8_t body[600];
    const uint8_t fixed[13] = { 12, charset, 0, 255, 0, 0, 0, type, 0, 0, type == 5 ? 31 : 0, 0, 0 };
    size_t at = put_text(body, 0, "def");
    at = put_text(body, at, "%s", table[0] ? "bench" : "");
    at = put_text(body, at, "%s", table);
    at = put_text(body, at, "%s", table);
    at = put_text(body, at, "%s", name);
    at = put_text(body, at, "%s", table[0] ? name : "");
    memcpy(body + at, fixed, sizeof fixed);
    put_packet(to, seq, body, at + sizeof fixed);
}

static size_t make_row(uint8_t *body, unsigned number)
{
    static const char letters[] = "the quick brown fox jumps over the lazy dog and runs on, past it";
    /* Numbers that look random and never change. */
    uint64_t mixed = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= mixed >> 29;
    size_t at = put_text(body, 0, "%u", 1000000 + number);
    at = put_text(body, at, "%lld", (long long)(mixed >> 1) / 1000 - (long long)4e15);
    at = put_text(body, at, "%.*s", 20 + (int)(mixed % 41), letters);
    at = put_text(body, at, "%.6f", (double)(mixed % 100000000) / 997.0);
    at = put_text(body, at, "2024-%02u-%02u %02u:%02u:%02u", 1 + number % 12, 1 + number % 28, number % 24, number % 60,
                  number / 60 % 60);
    if (number % 3 == 0) {
        body[at++] = 0xfb;
        return at;
    }
    return put_text(body, at, "tag %u", number % 1000);
}

/* The same row as a statement has it. */
static size_t make_binary_row(uint8_t *body, unsigned number)
{
    uint8_t text[ROW_LIMIT];
    size_t size = make_row(text, number), at = 0, out = 2;
    (void)size;
    body[0] = 0;
    /* The bit of the sixth column; the first two bits are not used. */
    body[1] = number % 3 == 0 ? 1 << 7 : 0;
    for (int i = 0; i < COLUMNS; i++) {
        size_t length = text[at];
        char value[101] = { 0 };
        if (i == 5 && number % 3 == 0) {
            break;
        }
        memcpy(value, text + at + 1, length);
        at += 1 + length;
        if (i == 0) {
            int32_t id = (int32_t)atoi(value);
            memcpy(body + out, &id, 4);
            out += 4;
        } else if (i == 1) {
            int64_t big = atoll(value);
            memcpy(body + out, &big, 8);
            out += 8;
        } else if (i == 3) {
            double price = atof(value);
            memcpy(body + out, &price, 8);
            out += 8;
        } else if (i == 4) {
            const uint8_t date[] = { 7, 2024 & 0xff, 2024 >> 8, (uint8_t)(1 + number % 12), (uint8_t)(1 + number % 28),
                                     (uint8_t)(number % 24), (uint8_t)(number % 60), (uint8_t)(number / 60 % 60) };
            memcpy(body + out, date, sizeof date);
            out += sizeof date;
        } else {
            body[out] = (uint8_t)length;
            memcpy(body + out + 1, value, length);
            out += 1 + length;
        }
    }
    return out;
}

static void prepare(int deprecate_eof)
{
    static const struct {
        const char *name;
        uint8_t type, charset;
    } columns[COLUMNS] = { { "id", 3, 63 },   { "big", 8, 63 },       { "name", 253, 45 },
                           { "price", 5, 63 }, { "changed", 12, 63 }, { "tag", 253, 45 } };
    struct reply *reply = &replies[deprecate_eof];
    uint8_t count = 1, row[ROW_LIMIT], seq = 1;

    put_packet(&reply->select1, seq++, &count, 1);
    put_column(&reply->select1, seq++, "", "1", 3, 63);
    if (!deprecate_eof) {
        put_end(&reply->select1, seq++, 0);
    }
    put_packet(&reply->select1, seq++, "\x01" "1", 2);
    put_end(&reply->select1, seq, deprecate_eof);

    seq = 1;
    count = COLUMNS;
    put_packet(&reply->columns, seq++, &count, 1);
    for (int i = 0; i < COLUMNS; i++) {
        put_column(&reply->columns, seq++, "replayed", columns[i].name, columns[i].type, columns[i].charset);
    }
    if (!deprecate_eof) {
        put_end(&reply->columns, seq++, 0);
    }
    reply->first_seq = seq;
    for (unsigned i = 0; i < BLOCK_ROWS; i++) {
        row_at[i] = reply->rows.length;
        put_packet(&reply->rows, seq++, row, make_row(row, i));
    }
    row_at[BLOCK_ROWS] = reply->rows.length;
    seq = reply->first_seq;
    for (unsigned i = 0; i < BLOCK_ROWS; i++) {
        binary_at[i] = reply->binary.length;
        put_packet(&reply->binary, seq++, row, make_binary_row(row, i));
    }
    binary_at[BLOCK_ROWS] = reply->binary.length;
}

/* Both fail when the client is gone, which ends its thread and nothing else. */
static int send_all(int fd, const void *data, size_t length)
{
    const uint8_t *from = data;
    while (length > 0) {
        ssize_t n = send(fd, from, length < WRITE_SIZE ? length : WRITE_SIZE, MSG_NOSIGNAL);
        if (n <= 0) {
            return 0;
        }
        from += n;
        length -= (size_t)n;
    }
    return 1;
}

static int receive_all(int fd, void *space, size_t length)
{
    return length == 0 || recv(fd, space, length, MSG_WAITALL) == (ssize_t)length;
}

/* Reads one packet and ends it with a NUL; its length, or -1. */
static long receive_packet(int fd, uint8_t *body)
{
    uint8_t header[4];
    if (!receive_all(fd, header, sizeof header)) {
        return -1;
    }
    size_t length = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    if (length > COMMAND_LIMIT || !receive_all(fd, body, length)) {
        return -1;
    }
    body[length] = 0;
    return (long)length;
}

static int send_rows(int fd, const struct reply *reply, int binary, unsigned long long rows)
{
    struct bytes end = { 0 };
    const struct bytes *block = binary ? &reply->binary : &reply->rows;
    const size_t *at = binary ? binary_at : row_at;
    if (!send_all(fd, reply->columns.data, reply->columns.length)) {
        return 0;
    }
    put_end(&end, (uint8_t)(reply->first_seq + rows), reply == &replies[1]);
    for (; rows >= BLOCK_ROWS; rows -= BLOCK_ROWS) {
        if (!send_all(fd, block->data, block->length)) {
            free(end.data);
            return 0;
        }
    }
    int sent = send_all(fd, block->data, at[rows]) && send_all(fd, end.data, end.length);
    free(end.data);
    return sent;
}

static int greet(int fd, uint8_t *body)
{
    static const char version[] = "5.7.0-replay", scramble[] = "12345678123456789012", method[] = "mysql_native_password";
    static const uint8_t ok[] = { 7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0 };
    const uint8_t fixed[] = { 0, CAPABILITIES & 0xff, CAPABILITIES >> 8 & 0xff, 45, 2, 0, CAPABILITIES >> 16 & 0xff,
                              CAPABILITIES >> 24 & 0xff, 21 };
    struct bytes hello = { 0 }, packet = { 0 };
    put(&hello, "\x0a", 1);
    put(&hello, version, sizeof version);
    put(&hello, "\1\0\0\0", 4);
    put(&hello, scramble, 8);
    put(&hello, fixed, sizeof fixed);
    put(&hello, "\0\0\0\0\0\0\0\0\0\0", 10);
    put(&hello, scramble + 8, 13);
    put(&hello, method, sizeof method);
    put_packet(&packet, 0, hello.data, hello.length);
    int greeted = send_all(fd, packet.data, packet.length) && receive_packet(fd, body) >= 32 && send_all(fd, ok, sizeof ok);
    free(hello.data);
    free(packet.data);
    return greeted;
}

static int answer(int fd, const struct reply *reply, const char *text)
{
    static const char unknown[] = "\xff\x28\x04#42000replay knows 'SELECT 1' and 'rows N'";
    unsigned long long rows;
    char rest;
    if (strcmp(text, "SELECT 1") == 0) {
        return send_all(fd, reply->select1.data, reply->select1.length);
    }
    if (sscanf(text, "rows %llu%c", &rows, &rest) == 1) {
        return send_rows(fd, reply, 0, rows);
    }
    struct bytes packet = { 0 };
    put_packet(&packet, 1, unknown, sizeof unknown - 1);
    int sent = send_all(fd, packet.data, packet.length);
    free(packet.data);
    return sent;
}

/* The statement's number is that of its rows. */
static int answer_prepare(int fd, const struct reply *reply, const char *text)
{
    unsigned long rows;
    char rest;
    int deprecate_eof = reply == &replies[1], params = strcmp(text, "row ?") == 0;
    struct bytes packet = { 0 };
    uint8_t seq = 1;
    if (params) {
        rows = 1;
    } else if (sscanf(text, "rows %lu%c", &rows, &rest) != 1) {
        return 0;
    }
    const uint8_t ok[12] = { 0, (uint8_t)rows, (uint8_t)(rows >> 8), (uint8_t)(rows >> 16), (uint8_t)(rows >> 24), COLUMNS, 0,
                             (uint8_t)params };
    put_packet(&packet, seq++, ok, sizeof ok);
    if (params) {
        put_column(&packet, seq++, "", "?", 253, 63);
        if (!deprecate_eof) {
            put_end(&packet, seq++, 0);
        }
    }
    for (int i = 0; i < COLUMNS; i++) {
        put_column(&packet, seq++, "", "c", 253, 45);
    }
    if (!deprecate_eof) {
        put_end(&packet, seq++, 0);
    }
    int sent = send_all(fd, packet.data, packet.length);
    free(packet.data);
    return sent;
}

/* A command; what is no query and no statement's ends the session, as COM_QUIT does. */
static int obey(int fd, const struct reply *reply, const uint8_t *body)
{
    switch (body[0]) {
    case 0x03:
        return answer(fd, reply, (const char *)body + 1);
    case 0x16:
        return answer_prepare(fd, reply, (const char *)body + 1);
    case 0x17:
        return send_rows(fd, reply, 1, body[1] | body[2] << 8 | body[3] << 16 | (unsigned long long)body[4] << 24);
    case 0x19:
        return 1;
    default:
        return 0;
    }
}

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    uint8_t body[COMMAND_LIMIT + 1];
    if (greet(fd, body)) {
        const struct reply *reply = &replies[(body[3] & DEPRECATE_EOF >> 24) != 0];
        while (receive_packet(fd, body) > 0 && obey(fd, reply, body)) {
        }
    }
    close(fd);
    return NULL;
}

static void *listen_on(void *argument)
{
    int listener = (int)(intptr_t)argument, on = 1;
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            die("accept");
        }
        /* Has no effect on a unix socket. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, &small, serve, (void *)(intptr_t)fd) != 0) {
            die("a thread for a connection");
        }
    }
    return NULL;
}

static void listen_at(int family, const struct sockaddr *address, socklen_t size, int *listener)
{
    pthread_t thread;
    *listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*listener < 0 || bind(*listener, address, size) != 0 || listen(*listener, 1024) != 0) {
        die("listening");
    }
    if (pthread_create(&thread, NULL, listen_on, (void *)(intptr_t)*listener) != 0) {
        die("a thread");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un path = { .sun_family = AF_UNIX };
    struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof tcp;
    struct rlimit files;
    int listener;
    char byte;

    if (argc != 2 || strlen(argv[1]) >= sizeof path.sun_path) {
        fprintf(stderr, "usage: replay SOCKET-PATH (shorter than %zu bytes)\n", sizeof path.sun_path);
        return 2;
    }
    /* A thousand connections and more. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prepare(0);
    prepare(1);
    strcpy(path.sun_path, argv[1]);
    unlink(argv[1]);
    listen_at(AF_UNIX, (struct sockaddr *)&path, sizeof path, &listener);
    listen_at(AF_INET, (struct sockaddr *)&tcp, sizeof tcp, &listener);
    if (getsockname(listener, (struct sockaddr *)&tcp, &size) != 0) {
        die("the port");
    }
    printf("%d\n", ntohs(tcp.sin_port));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    unlink(argv[1]);
    return 0;
}
