/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>

/* [begin] */
/* Reads every result of the query that was sent, and closes the query. */
bool read_all_results(attachsql_connect_t *con, attachsql_error_t **error)
{
    bool good;

    do {
        good = read_answer(con, error);
        if (good && attachsql_query_column_count(con) == 0) {
            printf("%llu rows affected\n", (unsigned long long)attachsql_query_affected_rows(con));
        }
    } while (good && attachsql_query_next_result(con) == ATTACHSQL_RETURN_PROCESSING);
    attachsql_query_close(con);
    return good;
}
/* [end] */
