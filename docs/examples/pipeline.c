/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* [begin] */
/* Runs queries in one round trip, and prints their rows. How many have failed; -1 if nothing could be sent. */
int run_together(attachsql_connect_t *con, const char *const *queries, int count, attachsql_error_t **error)
{
    int i, failed = 0;

    for (i = 0; i < count; i++) {
        if (!attachsql_pipeline_add(con, strlen(queries[i]), queries[i], 0, NULL, NULL, error)) {
            attachsql_pipeline_close(con);
            return -1;
        }
    }
    if (!attachsql_pipeline_send(con, false, error)) {
        return -1;
    }
    do {
        attachsql_error_t *own = NULL;
        int number = (int)attachsql_pipeline_index(con);

        if (!read_answer(con, &own)) {
            printf("'%s' failed: %s\n", queries[number], attachsql_error_message(own));
            attachsql_error_free(own);
            failed++;
        }
    } while (attachsql_pipeline_next(con) == ATTACHSQL_RETURN_PROCESSING);
    return failed;
}
/* [end] */
