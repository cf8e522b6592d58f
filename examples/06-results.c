/* SPDX-License-Identifier: Apache-2.0
 *
 * 6. Several results: of several statements sent together, or of a CALL.
 *
 * Each result ends with EOF. attachsql_query_next_result then says PROCESSING if
 * another one follows, EOF if that was the last. A CALL's results come the same way,
 * and its last is an empty one, with the outcome of the CALL itself.
 *
 * Runs the statements of its first argument, if there is one.
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

static void print_row(attachsql_connect_t *con)
{
    attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);
    uint16_t column;

    for (column = 0; row != NULL && column < attachsql_query_column_count(con); column++) {
        printf("  %s = %.*s", attachsql_query_column_get(con, (uint16_t)(column + 1))->column,
               (int)row[column].length, row[column].data);
    }
    putchar('\n');
}

/* Reads one result to its end. */
static bool read_result(attachsql_connect_t *con, attachsql_error_t **error)
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
            if (attachsql_query_column_count(con) == 0) {
                printf("  no rows, %llu affected\n", (unsigned long long)attachsql_query_affected_rows(con));
            }
            return true;
        case ATTACHSQL_RETURN_ERROR:
            return false;
        default:
            break;
        }
    }
}

int main(int argc, char **argv)
{
    const char *sql = argc > 1 ? argv[1] : "SELECT 1 AS one; SET @count = 2; SELECT @count AS two, 'three' AS three";
    attachsql_error_t *error = NULL;
    bool good = false;
    int number = 0;
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), &error);

    if (con != NULL) {
        /* Several statements in one text are refused unless asked for, because they
         * make an injection worse. A CALL needs no option. */
        attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
        good = attachsql_query(con, strlen(sql), sql, 0, NULL, &error);
    }
    while (good) {
        printf("Result %d:\n", ++number);
        good = read_result(con, &error);
        attachsql_query_close(con);
        if (good && attachsql_query_next_result(con) == ATTACHSQL_RETURN_EOF) {
            break;
        }
    }

    attachsql_connect_destroy(con);
    if (!good) {
        fprintf(stderr, "error %d: %s\n", attachsql_error_code(error), attachsql_error_message(error));
        attachsql_error_free(error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
