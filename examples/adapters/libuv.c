/* SPDX-License-Identifier: Apache-2.0
 *
 * Three queries side by side in a loop of libuv, while a timer of the same loop ticks: nothing of it waits for
 * the server.
 *
 * The server comes from the environment: ATTACHSQL_HOST, _PORT, _USER, _PASSWORD, _SCHEMA. Port 0 means that the
 * host is the path of a unix socket. Ends with success if all queries were answered and the timer ticked.
 */
#define _POSIX_C_SOURCE 200809L /* what the header of the loop needs of the system */

#include <libattachsql2/adapters/libuv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERIES 3

static uv_loop_t loop;
static uv_timer_t timer;

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
            uv_stop(&loop);
        }
        break;
    default: /* CONNECTED: the query goes out by itself */
        break;
    }
}

static void on_tick(uv_timer_t *handle)
{
    (void)handle;
    ticks++;
}

int main(void)
{
    const char *sql = "SELECT SLEEP(0.5)";
    attachsql_error_t *error = NULL;
    attachsql_pool_t *pool = attachsql_pool_create(on_event, NULL, &error);
    attachsql_uv_t *attached;
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

    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_tick, 10, 10);
    attached = attachsql_uv_attach_pool(&loop, pool);
    uv_run(&loop, UV_RUN_DEFAULT);

    attachsql_uv_detach(attached);
    attachsql_pool_destroy(pool);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT); /* closes what was detached */
    uv_loop_close(&loop);
    printf("%d queries answered, %d failed, %d ticks meanwhile.\n", answered, failed, ticks);
    return failed == 0 && ticks > 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
