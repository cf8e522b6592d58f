/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs of a measured program, and its numbers:
 *
 *   PROGRAM rows HOST PORT N      one query with N rows
 *   PROGRAM select1 HOST PORT N   'SELECT 1', N times, one after the other
 *   PROGRAM prepared HOST PORT N  one execute of a prepared statement with N rows
 *   PROGRAM native HOST PORT N    the same, but the date is not read as text
 *   PROGRAM cells HOST PORT N     the same, with one call for each row
 *   PROGRAM point HOST PORT N     a prepared statement with a parameter, executed N
 *                                 times, with one row each time
 *   PROGRAM idle HOST PORT N      N connections, first only logged in, then after one
 *                                 'SELECT 1' on each
 *
 * Port 0: HOST is the path of a unix socket. Prints one line of NAME=NUMBER:
 * rows, bytes, sum (of first bytes): what was received; cpu_ns: CPU time, user and
 * system, after the login; before_kib, peak_kib: resident memory before the job and
 * its peak; for idle: opened_kib, used_kib: that of all connections.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

static const char select1[] = "SELECT 1";

void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s failed: %s\n", what, why);
    exit(1);
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static long resident_kib(void)
{
    long all, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &all, &resident) != 2) {
        fail("reading /proc/self/statm", "no second number in it");
    }
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Not getrusage: its peak includes that of the program before exec. */
static long peak_kib(void)
{
    char line[200];
    long peak = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && peak < 0 && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "VmHWM: %ld", &peak);
    }
    if (peak < 0) {
        fail("reading /proc/self/status", "no VmHWM in it");
    }
    fclose(file);
    return peak;
}

static void query(void *client, uint64_t rows, struct tally *tally)
{
    char text[40];
    int length = snprintf(text, sizeof text, "rows %" PRIu64, rows);
    client_query(client, text, (size_t)length, tally);
}

static void prepared(void *client, uint64_t rows, enum reading reading, struct tally *tally)
{
    char text[40];
    snprintf(text, sizeof text, "rows %" PRIu64, rows);
    client_prepared(client, text, 1, reading, tally);
}

static void idle(const char *host, uint16_t port, uint64_t connections, struct tally *tally)
{
    struct rlimit files;
    uint64_t i;
    /* Once through everything, so that what is loaded or allocated once is not counted. */
    void *first = client_open(host, port);
    client_query(first, select1, sizeof select1 - 1, tally);
    client_close(first);

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    void **clients = malloc(connections * sizeof *clients);
    if (clients == NULL) {
        fail("malloc", "no memory");
    }
    memset(clients, 0, connections * sizeof *clients);
    long before = resident_kib();
    for (i = 0; i < connections; i++) {
        clients[i] = client_open(host, port);
    }
    long opened = resident_kib();
    for (i = 0; i < connections; i++) {
        client_query(clients[i], select1, sizeof select1 - 1, tally);
    }
    long used = resident_kib();
    for (i = 0; i < connections; i++) {
        client_close(clients[i]);
    }
    free(clients);
    printf("opened_kib=%ld used_kib=%ld\n", opened - before, used - before);
}

int main(int argc, char **argv)
{
    struct tally tally = { 0, 0, 0 };
    if (argc != 5) {
        fprintf(stderr, "usage: %s rows|select1|prepared|native|cells|batches|point|idle HOST PORT N\n", argv[0]);
        return 2;
    }
    uint16_t port = (uint16_t)atoi(argv[3]);
    uint64_t count = strtoull(argv[4], NULL, 10), i;
    if (strcmp(argv[1], "idle") == 0) {
        idle(argv[2], port, count, &tally);
        return 0;
    }

    void *client = client_open(argv[2], port);
    long before = resident_kib();
    uint64_t start = cpu_ns();
    if (strcmp(argv[1], "rows") == 0) {
        query(client, count, &tally);
    } else if (strcmp(argv[1], "select1") == 0) {
        for (i = 0; i < count; i++) {
            client_query(client, select1, sizeof select1 - 1, &tally);
        }
    } else if (strcmp(argv[1], "prepared") == 0) {
        prepared(client, count, DATE_AS_TEXT, &tally);
    } else if (strcmp(argv[1], "native") == 0) {
        prepared(client, count, NATIVE, &tally);
    } else if (strcmp(argv[1], "cells") == 0) {
        prepared(client, count, WHOLE_ROWS, &tally);
    } else if (strcmp(argv[1], "batches") == 0) {
        prepared(client, count, BATCHES, &tally);
    } else if (strcmp(argv[1], "point") == 0) {
        client_prepared(client, "row ?", count, DATE_AS_TEXT, &tally);
    } else {
        fail(argv[1], "no such job");
    }
    uint64_t end = cpu_ns();
    client_close(client);
    printf("rows=%" PRIu64 " bytes=%" PRIu64 " sum=%" PRIu64 " cpu_ns=%" PRIu64 " before_kib=%ld peak_kib=%ld\n", tally.rows,
           tally.bytes, tally.sum, end - start, before, peak_kib());
    return 0;
}
