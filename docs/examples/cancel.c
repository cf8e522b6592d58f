/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <string.h>

/* [begin] */
/* Runs a query, and cancels it when the server is silent for `ms`. Says what became of the last cancel. */
attachsql_cancel_t run_at_most(attachsql_connect_t *con, const char *sql, int ms, attachsql_error_t **error)
{
    bool going_on = attachsql_query(con, strlen(sql), sql, 0, NULL, error);

    while (going_on) {
        if (!attachsql_connect_wait(con, ms, NULL)) {
            /* The time is over. What follows is the end of the query, one way or another. */
            ms = -1;
            if (!attachsql_query_cancel(con, error)) {
                break;
            }
        }
        switch (attachsql_connect_poll(con, error)) {
        case ATTACHSQL_RETURN_ROW_READY:
            print_row(con);
            attachsql_query_row_next(con);
            break;
        case ATTACHSQL_RETURN_EOF:
        case ATTACHSQL_RETURN_ERROR:
            going_on = false;
            break;
        default: /* CONNECTING or PROCESSING */
            break;
        }
    }
    attachsql_query_close(con);
    return attachsql_query_cancel_outcome(con);
}
/* [end] */
