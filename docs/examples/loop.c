/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>

/* [begin] */
/* Each connection has a query under way. Runs all of them to their end, in one thread, and returns how
 * many failed. */
int run_all(attachsql_connect_t *const *con, int count)
{
    enum { MOST = 64 };
    bool done[MOST] = {false};
    int left = count < MOST ? count : MOST, failed = 0, slow = 0, i;

    while (left > 0) {
        bool moved = false;
        for (i = 0; i < count && i < MOST; i++) {
            attachsql_error_t *error = NULL;
            if (done[i]) {
                continue;
            }
            switch (attachsql_connect_poll(con[i], &error)) {
            case ATTACHSQL_RETURN_ROW_READY:
                print_row(con[i]);
                attachsql_query_row_next(con[i]);
                moved = true;
                break;
            case ATTACHSQL_RETURN_ERROR:
                fprintf(stderr, "connection %d: %s\n", i, attachsql_error_message(error));
                attachsql_error_free(error);
                failed++;
                /* fall through */
            case ATTACHSQL_RETURN_EOF:
                attachsql_query_close(con[i]);
                done[i] = moved = true;
                left--;
                break;
            default: /* CONNECTING or PROCESSING */
                slow = i;
                break;
            }
        }
        if (!moved) {
            /* Nothing to do anywhere: sleep for a moment. One connection can end the sleep early. */
            attachsql_connect_wait(con[slow], 5, NULL);
        }
    }
    return failed;
}
/* [end] */
