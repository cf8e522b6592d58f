/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <poll.h>

/* [begin] */
/* Sleeps until it is time to poll the connection. A program puts its own descriptors into the same list. */
static void sleep_for(attachsql_connect_t *con)
{
    enum { MOST = 16 };
    attachsql_watch_st watches[MOST];
    struct pollfd list[MOST];
    size_t count = 0, i;
    nfds_t used = 0;

    if (attachsql_connect_has_more(con)) {
        return; /* or after other work that is due */
    }
    attachsql_connect_get_watches(con, watches, MOST, &count, NULL);
    for (i = 0; i < count && i < MOST; i++) {
        if (watches[i].flags != 0) {
            list[used].fd = (int)watches[i].fd;
            list[used].events = (short)((watches[i].flags & ATTACHSQL_WATCH_READ ? POLLIN : 0)
                                        | (watches[i].flags & ATTACHSQL_WATCH_WRITE ? POLLOUT : 0));
            used++;
        }
    }
    poll(list, used, attachsql_connect_get_timeout_ms(con));
}

/* Reads the answer to the query that is under way; true if it ended well. */
bool read_in_loop(attachsql_connect_t *con, attachsql_error_t **error)
{
    for (;;) {
        switch (attachsql_connect_poll(con, error)) {
        case ATTACHSQL_RETURN_ROW_READY:
            print_row(con);
            attachsql_query_row_next(con);
            break;
        case ATTACHSQL_RETURN_EOF:
            return true;
        case ATTACHSQL_RETURN_ERROR:
            return false;
        default: /* CONNECTING or PROCESSING */
            sleep_for(con);
            break;
        }
    }
}
/* [end] */
