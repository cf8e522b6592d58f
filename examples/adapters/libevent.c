/* SPDX-License-Identifier: Apache-2.0
 *
 * Three queries side by side in a loop of libevent, while a timer of the same loop ticks: nothing of it waits for
 * the server.
 *
 * The server comes from the environment: ATTACHSQL_HOST, _PORT, _USER, _PASSWORD, _SCHEMA. Port 0 means that the
 * host is the path of a unix socket. Ends with success if all queries were answered and the timer ticked.
 */
#define _POSIX_C_SOURCE 200809L /* what the header of the loop needs of the system */

#include <libattachsql2/adapters/libevent.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERIES 3

static struct event_base *base;

static int answered, failed, ticks;

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? value : otherwise;
}

/* What has happened on a connection of the pool. */
static void on_event(attachsql_connect_t *con, uint32_t number, attachsql_events_t event, void *context, attachsql_error_t *error)
{
    (void)context;
    switch (event) {
    case ATTACHSQL_EVENT_ROW_READY:
        printf("connection %u: its query has slept, after %d ticks\n", (unsigned)number, ticks);
        attachsql_query_row_next(con);
        break;
    case ATTACHSQL_EVENT_ERROR:
        fprintf(stderr, "connection %u: %s\n", (unsigned)number, attachsql_error_message(error));
        attachsql_error_free(error);
        failed++;
        /* falls through */
    case ATTACHSQL_EVENT_EOF:
        if (++answered == QUERIES) {
            event_base_loopbreak(base);
        }
        break;
    default: /* CONNECTED: the query goes out by itself */
        break;
    }
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
    (void)fd, (void)events, (void)context;
    ticks++;
}

int main(void)
{
    const char *sql = "SELECT SLEEP(0.5)";
    attachsql_error_t *error = NULL;
    attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, &error);
    const struct timeval time = {0, 10000};
    attachsql_event_t *attached;
    struct event *timer;
    int i;

    for (i = 0; i < QUERIES; i++) {
        attachsql_connect_t *con = attachsql_connect_create(
            setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
            setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), NULL);
        attachsql_pool_add_connection(pool, con, NULL);
        if (!attachsql_query(con, strlen(sql), sql, 0, NULL, &error)) {
            fprintf(stderr, "%s\n", attachsql_error_message(error));
            return EXIT_FAILURE;
        }
    }

    base = event_base_new();
    timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(timer, &time);
    attached = attachsql_event_attach_pool(base, pool);
    event_base_dispatch(base);

    attachsql_event_detach(attached);
    attachsql_pool_destroy(pool);
    event_free(timer);
    event_base_free(base);
    printf("%d queries answered, %d failed, %d ticks meanwhile.\n", answered, failed, ticks);
    return failed == 0 && ticks > 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
