/* SPDX-License-Identifier: Apache-2.0
 *
 * 4. Buffered rows and column metadata: a whole result at hand, as a table.
 *
 * With attachsql_query_buffer_rows the library collects the rows; poll says EOF when
 * all are there, and they stay until attachsql_query_close. That is handy for small
 * results. Without it rows pass one by one and take no memory.
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

static const char *type_name(attachsql_column_type_t type)
{
    switch (type) {
    case ATTACHSQL_COLUMN_TYPE_LONG:
    case ATTACHSQL_COLUMN_TYPE_LONGLONG:
        return "whole number";
    case ATTACHSQL_COLUMN_TYPE_NEWDECIMAL:
    case ATTACHSQL_COLUMN_TYPE_DOUBLE:
        return "number";
    case ATTACHSQL_COLUMN_TYPE_VARSTRING:
    case ATTACHSQL_COLUMN_TYPE_VARCHAR:
    case ATTACHSQL_COLUMN_TYPE_STRING:
        return "text";
    case ATTACHSQL_COLUMN_TYPE_DATE:
        return "date";
    default:
        return "other";
    }
}

static void print_table(attachsql_connect_t *con)
{
    uint16_t columns = attachsql_query_column_count(con), column;
    attachsql_query_row_st *row;

    puts("Columns:");
    for (column = 1; column <= columns; column++) { /* columns count from 1 ... */
        attachsql_query_column_st *about = attachsql_query_column_get(con, column);
        printf("  %-8s %-12s%s\n", about->column, type_name(about->type),
               (about->flags & ATTACHSQL_COLUMN_FLAGS_NOT_NULL) ? " not null" : "");
    }

    printf("Rows: %llu\n", (unsigned long long)attachsql_query_row_count(con));
    while ((row = attachsql_query_buffer_row_get(con)) != NULL) {
        for (column = 0; column < columns; column++) { /* ... cells from 0 */
            if (attachsql_query_cell_is_null(&row[column])) {
                printf("  %-12s", "NULL");
            } else {
                printf("  %-12.*s", (int)row[column].length, row[column].data);
            }
        }
        putchar('\n');
    }

    /* Any row, as often as you like; rows count from 0. */
    row = attachsql_query_row_get_offset(con, 1);
    if (row != NULL) {
        printf("The second row again: %.*s\n", (int)row[1].length, row[1].data);
    }
}

int main(void)
{
    const char *sql = "SELECT 1 AS id, 'Ada' AS name, DATE '1815-12-10' AS born, 1.5 AS score"
                      " UNION ALL SELECT 2, 'Grace', DATE '1906-12-09', NULL"
                      " UNION ALL SELECT 3, 'Edsger', DATE '1930-05-11', 2.5";
    attachsql_error_t *error = NULL;
    attachsql_return_t state = ATTACHSQL_RETURN_NONE;
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), setting("ATTACHSQL_SCHEMA", ""), &error);

    if (con != NULL) {
        attachsql_query_buffer_rows(con, true);
        attachsql_query(con, strlen(sql), sql, 0, NULL, &error);
    }
    while (error == NULL && state != ATTACHSQL_RETURN_EOF) {
        if (!attachsql_connect_wait(con, -1, &error)) {
            break;
        }
        state = attachsql_connect_poll(con, &error);
    }

    if (error == NULL) {
        print_table(con);
        attachsql_query_close(con);
        attachsql_connect_destroy(con);
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "error %d: %s\n", attachsql_error_code(error), attachsql_error_message(error));
    attachsql_error_free(error);
    attachsql_connect_destroy(con);
    return EXIT_FAILURE;
}
