/* SPDX-License-Identifier: Apache-2.0 */
#include <libattachsql2/attachsql.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const char *sql = "SELECT 'Hello from', VERSION()";
    attachsql_return_t state = ATTACHSQL_RETURN_NONE;
    attachsql_error_t *error = NULL;
    attachsql_connect_t *con = attachsql_connect_create("127.0.0.1", 3306, "test", "test", "", &error);

    if (con != NULL) attachsql_query(con, strlen(sql), sql, 0, NULL, &error); /* connects, too */
    while (error == NULL && state != ATTACHSQL_RETURN_EOF) {
        attachsql_connect_wait(con, -1, NULL);       /* sleeps until there is something to do */
        state = attachsql_connect_poll(con, &error); /* never waits */
        if (state == ATTACHSQL_RETURN_ROW_READY) {
            attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);
            printf("%.*s %.*s\n", (int)row[0].length, row[0].data, (int)row[1].length, row[1].data);
            attachsql_query_row_next(con);
        }
    }
    if (error != NULL) printf("error %d: %s\n", attachsql_error_code(error), attachsql_error_message(error));
    attachsql_error_free(error);
    attachsql_connect_destroy(con);
    return state != ATTACHSQL_RETURN_EOF;
}
