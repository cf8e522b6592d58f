/* SPDX-License-Identifier: Apache-2.0
 *
 * 2. Values in a query: '?' and escaping, so that no text can become SQL.
 *
 * Each '?' of the text is replaced by the next parameter. CHAR adds the quotes and
 * escapes; CHAR_LIKE escapes but leaves the quotes to you, so that '%' can stand
 * beside it; numbers are written out.
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

/* Waits for the answer to the query that was sent and prints its rows. */
static bool print_answer(attachsql_connect_t *con, attachsql_error_t **error)
{
    for (;;) {
        if (!attachsql_connect_wait(con, -1, error)) {
            return false;
        }
        switch (attachsql_connect_poll(con, error)) {
        case ATTACHSQL_RETURN_ROW_READY: {
            attachsql_query_row_st *row = attachsql_query_row_get(con, error);
            uint16_t column;
            if (row == NULL) {
                return false;
            }
            for (column = 0; column < attachsql_query_column_count(con); column++) {
                /* An SQL NULL has length 0 like an empty text; this tells them apart. */
                if (attachsql_query_cell_is_null(&row[column])) {
                    printf("  NULL");
                } else {
                    printf("  [%.*s]", (int)row[column].length, row[column].data);
                }
            }
            putchar('\n');
            attachsql_query_row_next(con);
            break;
        }
        case ATTACHSQL_RETURN_EOF:
            attachsql_query_close(con);
            return true;
        case ATTACHSQL_RETURN_ERROR:
            return false;
        default:
            break;
        }
    }
}

static bool run(attachsql_connect_t *con, attachsql_error_t **error)
{
    const char *name = "Robert'); DROP TABLE students;--";
    const char *part = "it's";
    int32_t number = -7;
    uint64_t big = UINT64_MAX;
    double price = 2.5;
    const char *sql;

    attachsql_query_parameter_st values[4];
    memset(values, 0, sizeof values);
    values[0].type = ATTACHSQL_ESCAPE_TYPE_CHAR;
    values[0].data = (char *)name;
    values[0].length = strlen(name);
    values[1].type = ATTACHSQL_ESCAPE_TYPE_INT;
    values[1].data = &number;
    values[2].type = ATTACHSQL_ESCAPE_TYPE_BIGINT;
    values[2].data = &big;
    values[2].is_unsigned = true;
    values[3].type = ATTACHSQL_ESCAPE_TYPE_DOUBLE;
    values[3].data = &price;

    puts("A text that looks like SQL, two whole numbers, a double, and a NULL:");
    sql = "SELECT ?, ?, ?, ?, NULL";
    if (!attachsql_query(con, strlen(sql), sql, 4, values, error) || !print_answer(con, error)) {
        return false;
    }

    /* A '%' or '_' inside the value would still mean 'anything': only quotes,
     * backslashes and control characters are escaped. */
    values[0].type = ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE;
    values[0].data = (char *)part;
    values[0].length = strlen(part);
    puts("Is \"it's\" part of the text?");
    sql = "SELECT 'Today it''s raining' LIKE '%?%'";
    return attachsql_query(con, strlen(sql), sql, 1, values, error) && print_answer(con, error);
}

int main(void)
{
    attachsql_error_t *error = NULL;
    bool done = false;
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), &error);

    if (con != NULL) {
        done = run(con, &error);
    }
    if (error != NULL) {
        fprintf(stderr, "error %d: %s\n", attachsql_error_code(error), attachsql_error_message(error));
        attachsql_error_free(error);
    }
    attachsql_connect_destroy(con);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
