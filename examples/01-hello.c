/* SPDX-License-Identifier: Apache-2.0
 *
 * 1. Connect, ask, read rows: the whole of the library's main path.
 *
 * Nothing here blocks except attachsql_connect_wait, which sleeps until
 * attachsql_connect_poll would have something to do. Without it the loop is the
 * same and spins.
 *
 * The server comes from the environment: ATTACHSQL_HOST, _PORT, _USER, _PASSWORD,
 * _SCHEMA. Port 0 means that the host is the path of a unix socket.
 */
#include <libattachsql2/attachsql.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? value : otherwise;
}

int main(void)
{
    const char *sql = "SELECT 'Hello from', VERSION() UNION SELECT 'answered by connection', CONNECTION_ID()";
    attachsql_error_t *error = NULL;
    attachsql_return_t state = ATTACHSQL_RETURN_NONE;
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), &error);

    /* The first query starts the connecting, and is sent when the login is done. */
    if (con != NULL) {
        attachsql_query(con, strlen(sql), sql, 0, NULL, &error);
    }

    while (error == NULL && state != ATTACHSQL_RETURN_EOF) {
        if (!attachsql_connect_wait(con, -1, &error)) {
            break;
        }
        state = attachsql_connect_poll(con, &error);
        if (state == ATTACHSQL_RETURN_ROW_READY) {
            /* The cells lie in the library's buffer until row_next. They end with
             * their length, not with a NUL. */
            attachsql_query_row_st *row = attachsql_query_row_get(con, &error);
            if (row != NULL) {
                printf("%.*s %.*s\n", (int)row[0].length, row[0].data, (int)row[1].length, row[1].data);
            }
            attachsql_query_row_next(con);
        }
    }

    if (error != NULL) {
        fprintf(stderr, "error %d: %s\n", attachsql_error_code(error), attachsql_error_message(error));
    }
    attachsql_connect_destroy(con);
    if (error != NULL) {
        attachsql_error_free(error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
