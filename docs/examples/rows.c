/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>

/* [read] */
/* Reads the answer to the query that was sent, to its end, and prints its rows. */
bool read_answer(attachsql_connect_t *con, attachsql_error_t **error)
{
    for (;;) {
        if (!attachsql_connect_wait(con, -1, error)) {
            return false;
        }
        switch (attachsql_connect_poll(con, error)) {
        case ATTACHSQL_RETURN_ROW_READY:
            print_row(con);
            attachsql_query_row_next(con);
            break;
        case ATTACHSQL_RETURN_EOF:
            return true;
        case ATTACHSQL_RETURN_ERROR:
            return false;
        default: /* CONNECTING or PROCESSING: not yet */
            break;
        }
    }
}
/* [end read] */

/* [row] */
void print_row(attachsql_connect_t *con)
{
    uint16_t count = attachsql_query_column_count(con), i;
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);

    for (i = 0; row != NULL && i < count; i++) {
        if (attachsql_query_cell_is_null(&row[i])) {
            printf("NULL ");
        } else {
            printf("'%.*s' ", (int)row[i].length, row[i].data);
        }
    }
    printf("\n");
}
/* [end row] */
