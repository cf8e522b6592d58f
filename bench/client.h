/* SPDX-License-Identifier: Apache-2.0
 *
 * What a measured client does: bench.c has the jobs and the counting, and one of
 * attachsql.c, mariadb.c and floor.c the client. All of them talk to replay.c.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* What was received. All clients must come to the same numbers. */
struct tally {
    uint64_t rows;
    uint64_t bytes;
    uint64_t sum;
};

/* What a program does with a cell: looks at its length and its first byte. */
static inline void touch(struct tally *tally, const char *data, size_t length)
{
    tally->bytes += length;
    if (length > 0) {
        tally->sum += (unsigned char)data[0];
    }
}

/* The same for a number. */
static inline void count_number(struct tally *tally, int64_t number)
{
    tally->bytes += sizeof number;
    tally->sum += (uint64_t)number;
}

/* A connection that is logged in. Port 0: host is the path of a unix socket. */
void *client_open(const char *host, uint16_t port);

/* Sends a query that has rows, and touches every cell of them as they stream in. */
void client_query(void *client, const char *text, size_t length, struct tally *tally);

/* How the values of a statement's row are read. */
enum reading {
    /* The DATETIME as text. */
    DATE_AS_TEXT,
    /* All as what they are. */
    NATIVE,
    /* The same, with one call for the whole row where the client has such a call. */
    WHOLE_ROWS,
    /* The same, with one call for many rows. */
    BATCHES
};

/* Prepares a statement with one parameter or none, executes it so often, and reads the
 * columns of replay.c's rows as their types: INT, BIGINT, text, DOUBLE, DATETIME, text.
 * Of a native DATETIME the year counts. */
void client_prepared(void *client, const char *text, uint64_t times, enum reading reading, struct tally *tally);

void client_close(void *client);

/* Says what is wrong and ends the program. */
_Noreturn void fail(const char *what, const char *why);

#endif
