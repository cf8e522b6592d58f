/* SPDX-License-Identifier: Apache-2.0
 *
 * 5. Several connections in one loop: three queries of one second each take one second together.
 *
 * No thread is made here, and no connection waits for another: each poll does what
 * can be done now and returns. Between two rounds the program is free; this one
 * counts them, then naps for a millisecond.
 *
 * The server comes from the environment: ATTACHSQL_HOST, _PORT, _USER, _PASSWORD,
 * _SCHEMA. Port 0 means that the host is the path of a unix socket.
 */
#define _POSIX_C_SOURCE 199309L /* nanosleep, clock_gettime */

#include <libattachsql2/attachsql.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS 3

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? value : otherwise;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    const char *sql = "SELECT SLEEP(1)";
    const struct timespec nap = {0, 1000000};
    attachsql_connect_t *con[CONNECTIONS];
    bool running[CONNECTIONS];
    int left = 0, failed = 0, i;
    unsigned long rounds = 0;
    double start = seconds();

    for (i = 0; i < CONNECTIONS; i++) {
        attachsql_error_t *error = NULL;
        con[i] = attachsql_connect_create(
            setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
            setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), &error);
        running[i] = con[i] != NULL && attachsql_query(con[i], strlen(sql), sql, 0, NULL, &error);
        if (running[i]) {
            left++;
        } else {
            fprintf(stderr, "connection %d: %s\n", i + 1, attachsql_error_message(error));
            attachsql_error_free(error);
            failed++;
        }
    }
    printf("%d queries sent or waiting for their login after %.3f s: %s\n", left, seconds() - start, sql);

    while (left > 0) {
        for (i = 0; i < CONNECTIONS; i++) {
            attachsql_error_t *error = NULL;
            if (!running[i]) {
                continue;
            }
            switch (attachsql_connect_poll(con[i], &error)) {
            case ATTACHSQL_RETURN_ROW_READY:
                attachsql_query_row_next(con[i]);
                break;
            case ATTACHSQL_RETURN_EOF:
                printf("connection %d: done after %.3f s\n", i + 1, seconds() - start);
                running[i] = false;
                left--;
                break;
            case ATTACHSQL_RETURN_ERROR:
                fprintf(stderr, "connection %d: %s\n", i + 1, attachsql_error_message(error));
                attachsql_error_free(error);
                running[i] = false;
                left--;
                failed++;
                break;
            default: /* CONNECTING or PROCESSING: not yet */
                break;
            }
        }
        rounds++;
        nanosleep(&nap, NULL);
    }
    printf("All three: %.3f s and %lu rounds, none of which waited for the server.\n", seconds() - start, rounds);

    for (i = 0; i < CONNECTIONS; i++) {
        attachsql_connect_destroy(con[i]);
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
