/* SPDX-License-Identifier: Apache-2.0
 *
 * The measured client, over this library: polls, and sleeps in attachsql_connect_wait
 * when there is nothing to do.
 */
#include <libattachsql2/attachsql.h>
#include <string.h>

#include "client.h"

static _Noreturn void stop(const char *what, attachsql_error_t *error)
{
    fail(what, error != NULL ? attachsql_error_message(error) : "and no error was given");
}

static void sleep_until_ready(attachsql_connect_t *con)
{
    attachsql_error_t *error = NULL;
    if (!attachsql_connect_wait(con, -1, &error)) {
        stop("waiting", error);
    }
}

void *client_open(const char *host, uint16_t port)
{
    attachsql_error_t *error = NULL;
    attachsql_connect_t *con = attachsql_connect_create(host, port, "bench", "bench", "", &error);
    if (con == NULL || !attachsql_connect(con, &error)) {
        stop("connecting", error);
    }
    for (;;) {
        switch (attachsql_connect_poll(con, &error)) {
        case ATTACHSQL_RETURN_EOF:
            return con;
        case ATTACHSQL_RETURN_CONNECTING:
            sleep_until_ready(con);
            break;
        default:
            stop("login", error);
        }
    }
}

void client_query(void *client, const char *text, size_t length, struct tally *tally)
{
    attachsql_connect_t *con = client;
    attachsql_error_t *error = NULL;
    attachsql_query_row_st *row;
    uint16_t columns = 0, i;

    if (!attachsql_query(con, length, text, 0, NULL, &error)) {
        stop("the query", error);
    }
    /* No server answers before the next instruction: sleep first. */
    sleep_until_ready(con);
    for (;;) {
        switch (attachsql_connect_poll(con, &error)) {
        case ATTACHSQL_RETURN_ROW_READY:
            if (columns == 0) {
                columns = attachsql_query_column_count(con);
            }
            row = attachsql_query_row_get(con, &error);
            if (row == NULL) {
                stop("reading a row", error);
            }
            for (i = 0; i < columns; i++) {
                touch(tally, row[i].data, row[i].length);
            }
            tally->rows++;
            attachsql_query_row_next(con);
            break;
        case ATTACHSQL_RETURN_PROCESSING:
            sleep_until_ready(con);
            break;
        case ATTACHSQL_RETURN_EOF:
            attachsql_query_close(con);
            return;
        default:
            stop("polling", error);
        }
    }
}

static attachsql_return_t settle(attachsql_connect_t *con)
{
    attachsql_error_t *error = NULL;
    attachsql_return_t got;
    while ((got = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_PROCESSING) {
        sleep_until_ready(con);
    }
    if (got != ATTACHSQL_RETURN_EOF && got != ATTACHSQL_RETURN_ROW_READY) {
        stop("polling", error);
    }
    return got;
}

static void touch_char(attachsql_connect_t *con, uint16_t column, struct tally *tally)
{
    size_t length = 0;
    const char *text = attachsql_statement_get_char(con, column, &length, NULL);
    touch(tally, text, length);
}

/* Through the functions without a handle. */
static void prepared_of_connection(attachsql_connect_t *con, const char *text, uint64_t times, struct tally *tally)
{
    attachsql_error_t *error = NULL;
    if (!attachsql_statement_prepare(con, strlen(text), text, &error)) {
        stop("preparing", error);
    }
    settle(con);
    for (uint64_t i = 0; i < times; i++) {
        if (attachsql_statement_get_param_count(con) > 0 && !attachsql_statement_set_int(con, 0, (int32_t)i, &error)) {
            stop("a parameter", error);
        }
        if (!attachsql_statement_execute(con, &error)) {
            stop("executing", error);
        }
        sleep_until_ready(con);
        while (settle(con) == ATTACHSQL_RETURN_ROW_READY) {
            if (!attachsql_statement_row_get(con, &error)) {
                stop("reading a row", error);
            }
            count_number(tally, attachsql_statement_get_int(con, 0, NULL));
            count_number(tally, attachsql_statement_get_bigint(con, 1, NULL));
            touch_char(con, 2, tally);
            count_number(tally, (int64_t)attachsql_statement_get_double(con, 3, NULL));
            touch_char(con, 4, tally);
            touch_char(con, 5, tally);
            tally->rows++;
            attachsql_statement_row_next(con);
        }
    }
    attachsql_statement_close(con);
}

static void touch_string(attachsql_stmt_t *stmt, uint16_t column, struct tally *tally)
{
    const char *text = NULL;
    size_t length = 0;
    attachsql_stmt_get_string(stmt, column, &text, &length);
    touch(tally, text, length);
}

static void touch_values(attachsql_stmt_t *stmt, struct tally *tally)
{
    attachsql_error_t *error = NULL;
    int32_t id = 0;
    int64_t big = 0;
    double price = 0;
    attachsql_time_st changed = { 0 };
    if (!attachsql_stmt_row_get(stmt, &error)) {
        stop("reading a row", error);
    }
    attachsql_stmt_get_int(stmt, 0, &id);
    attachsql_stmt_get_bigint(stmt, 1, &big);
    count_number(tally, id);
    count_number(tally, big);
    touch_string(stmt, 2, tally);
    attachsql_stmt_get_double(stmt, 3, &price);
    attachsql_stmt_get_date(stmt, 4, &changed);
    count_number(tally, (int64_t)price);
    count_number(tally, changed.year);
    touch_string(stmt, 5, tally);
}

static void touch_cells(const attachsql_cell_st *cells, struct tally *tally)
{
    count_number(tally, cells[0].value.integer);
    count_number(tally, cells[1].value.integer);
    touch(tally, cells[2].data, cells[2].length);
    count_number(tally, (int64_t)cells[3].value.real);
    count_number(tally, cells[4].value.time.year);
    touch(tally, cells[5].data, cells[5].length);
    tally->rows++;
}

static void touch_row(attachsql_stmt_t *stmt, struct tally *tally)
{
    attachsql_error_t *error = NULL;
    attachsql_cell_st cells[6];
    if (attachsql_stmt_row_cells(stmt, 6, cells, &error) != 6) {
        stop("reading a row", error);
    }
    touch_cells(cells, tally);
}

static void touch_batch(attachsql_stmt_t *stmt, struct tally *tally)
{
    attachsql_error_t *error = NULL;
    attachsql_cell_st cells[100][6];
    size_t rows = attachsql_stmt_rows_cells(stmt, 100, 6, cells[0], &error);
    if (rows == 0) {
        stop("reading rows", error);
    }
    for (size_t i = 0; i < rows; i++) {
        touch_cells(cells[i], tally);
    }
}

void client_prepared(void *client, const char *text, uint64_t times, enum reading reading, struct tally *tally)
{
    attachsql_connect_t *con = client;
    attachsql_error_t *error = NULL;
    attachsql_stmt_t *stmt;
    if (reading == DATE_AS_TEXT) {
        prepared_of_connection(con, text, times, tally);
        return;
    }
    stmt = attachsql_stmt_create(con, &error);
    if (stmt == NULL || !attachsql_stmt_prepare(stmt, strlen(text), text, &error)) {
        stop("preparing", error);
    }
    settle(con);
    for (uint64_t i = 0; i < times; i++) {
        if (attachsql_stmt_get_param_count(stmt) > 0 && !attachsql_stmt_set_int(stmt, 0, (int32_t)i, &error)) {
            stop("a parameter", error);
        }
        if (!attachsql_stmt_execute(stmt, &error)) {
            stop("executing", error);
        }
        sleep_until_ready(con);
        while (settle(con) == ATTACHSQL_RETURN_ROW_READY) {
            if (reading == BATCHES) {
                touch_batch(stmt, tally);
            } else if (reading == WHOLE_ROWS) {
                touch_row(stmt, tally);
            } else {
                touch_values(stmt, tally);
                tally->rows++;
            }
            attachsql_stmt_row_next(stmt);
        }
    }
    attachsql_stmt_destroy(stmt);
}

void client_close(void *client)
{
    attachsql_connect_destroy(client);
}
