/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* [begin] */
bool print_table(attachsql_connect_t *con, const char *sql, attachsql_error_t **error)
{
    attachsql_query_row_st *row;
    uint16_t count, i;
    bool done;

    attachsql_query_buffer_rows(con, true);
    /* Poll says no ROW_READY now, only EOF when every row is here. */
    done = attachsql_query(con, strlen(sql), sql, 0, NULL, error) && read_answer(con, error);
    if (done) {
        count = attachsql_query_column_count(con);
        for (i = 1; i <= count; i++) { /* columns count from 1 ... */
            printf("%s ", attachsql_query_column_get(con, i)->column);
        }
        printf("(%llu rows)\n", (unsigned long long)attachsql_query_row_count(con));
        while ((row = attachsql_query_buffer_row_get(con)) != NULL) {
            for (i = 0; i < count; i++) { /* ... and cells from 0 */
                printf("%.*s ", (int)row[i].length, row[i].data);
            }
            printf("\n");
        }
    }
    attachsql_query_close(con); /* frees the rows */
    attachsql_query_buffer_rows(con, false);
    return done;
}
/* [end] */
