/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

static attachsql_return_t next_news(attachsql_connect_t *con, attachsql_error_t **error)
{
    attachsql_return_t news;

    do {
        if (!attachsql_connect_wait(con, -1, error)) {
            return ATTACHSQL_RETURN_ERROR;
        }
        news = attachsql_connect_poll(con, error);
    } while (news == ATTACHSQL_RETURN_CONNECTING || news == ATTACHSQL_RETURN_PROCESSING);
    return news;
}

/* [prepare] */
attachsql_stmt_t *prepare(attachsql_connect_t *con, const char *sql, attachsql_error_t **error)
{
    attachsql_stmt_t *stmt = attachsql_stmt_create(con, error);

    if (stmt == NULL || !attachsql_stmt_prepare(stmt, strlen(sql), sql, error)
        || next_news(con, error) != ATTACHSQL_RETURN_EOF) {
        attachsql_stmt_destroy(stmt);
        return NULL;
    }
    return stmt;
}
/* [end prepare] */

/* [cells] */
bool print_people(attachsql_stmt_t *stmt, int32_t older_than, attachsql_error_t **error)
{
    attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
    attachsql_cell_st cells[2];
    attachsql_return_t news;

    if (!attachsql_stmt_set_int(stmt, 0, older_than, error) || !attachsql_stmt_execute(stmt, error)) {
        return false;
    }
    while ((news = next_news(con, error)) == ATTACHSQL_RETURN_ROW_READY) {
        attachsql_stmt_row_cells(stmt, 2, cells, NULL);
        if (cells[0].type == ATTACHSQL_CELL_TYPE_TEXT && cells[1].type == ATTACHSQL_CELL_TYPE_INTEGER) {
            printf("%.*s is %d\n", (int)cells[0].length, cells[0].data, (int)cells[1].value.integer);
        }
        attachsql_stmt_row_next(stmt);
    }
    return news == ATTACHSQL_RETURN_EOF;
}
/* [end cells] */

/* [batch] */
/* The sum of the second column. */
bool sum_ages(attachsql_stmt_t *stmt, int64_t *sum, attachsql_error_t **error)
{
    attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
    attachsql_cell_st cells[100][2];
    attachsql_return_t news;

    *sum = 0;
    if (!attachsql_stmt_execute(stmt, error)) {
        return false;
    }
    while ((news = next_news(con, error)) == ATTACHSQL_RETURN_ROW_READY) {
        size_t rows = attachsql_stmt_rows_cells(stmt, 100, 2, cells[0], NULL);

        for (size_t row = 0; row < rows; row++) {
            if (cells[row][1].type == ATTACHSQL_CELL_TYPE_INTEGER) {
                *sum += cells[row][1].value.integer;
            }
        }
        attachsql_stmt_row_next(stmt); /* gives all of them back */
    }
    return news == ATTACHSQL_RETURN_EOF;
}
/* [end batch] */

/* [cursor] */
/* All rows of a statement, 100 at a time; the server keeps the others. */
bool count_in_portions(attachsql_stmt_t *stmt, unsigned *rows, attachsql_error_t **error)
{
    attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
    attachsql_return_t news;

    *rows = 0;
    if (!attachsql_stmt_set_fetch_size(stmt, 100, error) || !attachsql_stmt_execute(stmt, error)
        || next_news(con, error) != ATTACHSQL_RETURN_EOF) {
        return false;
    }
    while (attachsql_stmt_has_more(stmt)) {
        if (!attachsql_stmt_fetch(stmt, error)) {
            return false;
        }
        while ((news = next_news(con, error)) == ATTACHSQL_RETURN_ROW_READY) {
            attachsql_stmt_row_get(stmt, NULL);
            (*rows)++;
            attachsql_stmt_row_next(stmt);
        }
        if (news != ATTACHSQL_RETURN_EOF) {
            return false;
        }
        /* The connection is free for other queries here. */
    }
    return true;
}
/* [end cursor] */
