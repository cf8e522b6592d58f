/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* [begin] */
/* What a callback and its program share. */
struct work {
    const char *const *queries; /* NULL at the end */
    int done, failed;
};

/* Called by attachsql_pool_run for everything that has happened. */
static void on_event(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                     attachsql_error_t *error)
{
    struct work *work = context;

    switch (event) {
    case ATTACHSQL_EVENT_ROW_READY:
        print_row(con);
        attachsql_query_row_next(con);
        return;
    case ATTACHSQL_EVENT_ERROR:
        fprintf(stderr, "connection %u: %s\n", (unsigned)id, attachsql_error_message(error));
        attachsql_error_free(error);
        work->failed++;
        break;
    case ATTACHSQL_EVENT_EOF:
        work->done++;
        break;
    default: /* CONNECTED */
        break;
    }
    /* The connection is free: the next query, if one is left. */
    attachsql_query_close(con);
    if (*work->queries != NULL) {
        const char *sql = *work->queries++;
        attachsql_query(con, strlen(sql), sql, 0, NULL, NULL);
    }
}

/* Runs all queries on `count` connections at a time; how many did well. */
int run_in_pool(attachsql_connect_t *const *con, int count, const char *const *queries)
{
    struct work work = {queries, 0, 0};
    attachsql_error_t *error = NULL;
    attachsql_pool_t *pool = attachsql_pool_create(on_event, &work, &error);
    int i;

    for (i = 0; pool != NULL && i < count; i++) {
        attachsql_pool_add_connection(pool, con[i], NULL);
        attachsql_connect(con[i], NULL); /* a failure is told to the callback as well */
    }
    /* Ends when nothing is awaited any more. */
    while (pool != NULL && attachsql_pool_wait(pool, -1, &error)) {
        attachsql_pool_run(pool);
    }
    attachsql_pool_destroy(pool); /* and with it the connections */
    attachsql_error_free(error);
    return work.done;
}
/* [end] */
