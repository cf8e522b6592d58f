/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* [begin] */
/* Called for everything that happens to one query; `context` is its text. */
static void on_answer(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                      attachsql_error_t *error)
{
    switch (event) {
    case ATTACHSQL_EVENT_ROW_READY:
        print_row(con);
        attachsql_query_row_next(con);
        break;
    case ATTACHSQL_EVENT_ERROR: /* the end; con is NULL if it never had one */
        fprintf(stderr, "%s: %s\n", (const char *)context, attachsql_error_message(error));
        attachsql_error_free(error);
        break;
    default: /* EOF: the end. From here on the connection is somebody else's */
        printf("%s: done on connection %u\n", (const char *)context, (unsigned)id);
        break;
    }
}

/* Runs all queries on at most four connections like `con`. */
bool run_on_pool(attachsql_connect_t *con, const char *const *queries, attachsql_error_t **error)
{
    attachsql_pool_t *pool = attachsql_pool_create(NULL, NULL, error);
    uint32_t most = 4, wait_ms = 5000;
    bool good = pool != NULL && attachsql_pool_set_template(pool, con, error);

    if (good) {
        attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MAX, &most);
        attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT, &wait_ms);
    }
    for (; good && *queries != NULL; queries++) {
        good = attachsql_pool_query(pool, strlen(*queries), *queries, 0, NULL, on_answer, (void *)*queries, error);
    }
    /* Until all have ended. A program with more to do has a loop of its own. */
    while (good && attachsql_pool_wait(pool, -1, error)) {
        attachsql_pool_run(pool);
    }
    attachsql_pool_destroy(pool);
    return good;
}
/* [end] */
