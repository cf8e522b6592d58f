/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

/* [begin] */
/* Connects and logs in within five seconds. NULL and *error if that fails. */
attachsql_connect_t *log_in(const char *host, in_port_t port, const char *user, const char *pass,
                            attachsql_error_t **error)
{
    const uint32_t limit = 5000; /* milliseconds */
    attachsql_return_t state = ATTACHSQL_RETURN_NONE;
    attachsql_connect_t *con = attachsql_connect_create(host, port, user, pass, "", error);

    if (con == NULL) {
        return NULL;
    }
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_CONNECT_TIMEOUT, &limit);
    attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, "utf8mb4");
    if (attachsql_connect(con, error)) {
        do {
            if (!attachsql_connect_wait(con, -1, error)) {
                break;
            }
            state = attachsql_connect_poll(con, error);
        } while (state == ATTACHSQL_RETURN_CONNECTING);
    }
    if (state != ATTACHSQL_RETURN_EOF) {
        attachsql_connect_destroy(con); /* *error stays valid */
        return NULL;
    }
    return con;
}
/* [end] */
