/* SPDX-License-Identifier: Apache-2.0
 *
 * The same client over MariaDB's libmariadb: its blocking functions, rows not stored.
 */
#include <mysql.h>
#include <string.h>

#include "client.h"

void *client_open(const char *host, uint16_t port)
{
    MYSQL *con = mysql_init(NULL);
    if (con == NULL) {
        fail("mysql_init", "no memory");
    }
    if (mysql_real_connect(con, port != 0 ? host : NULL, "bench", "bench", NULL, port, port != 0 ? NULL : host, 0) == NULL) {
        fail("connecting", mysql_error(con));
    }
    return con;
}

void client_query(void *client, const char *text, size_t length, struct tally *tally)
{
    MYSQL *con = client;
    MYSQL_RES *result;
    MYSQL_ROW row;
    unsigned int columns, i;

    if (mysql_real_query(con, text, length) != 0 || (result = mysql_use_result(con)) == NULL) {
        fail("the query", mysql_error(con));
    }
    columns = mysql_num_fields(result);
    while ((row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (i = 0; i < columns; i++) {
            touch(tally, row[i], lengths[i]);
        }
        tally->rows++;
    }
    if (mysql_errno(con) != 0) {
        fail("reading a row", mysql_error(con));
    }
    mysql_free_result(result);
}

void client_prepared(void *client, const char *text, uint64_t times, enum reading reading, struct tally *tally)
{
    int32_t id, param = 0;
    int64_t big;
    double price;
    char name[100], changed[30], tag[100];
    MYSQL_TIME date;
    unsigned long lengths[6];
    my_bool nulls[6];
    MYSQL_BIND columns[6], params[1];
    static const enum enum_field_types types[6] = { MYSQL_TYPE_LONG,   MYSQL_TYPE_LONGLONG, MYSQL_TYPE_STRING,
                                                    MYSQL_TYPE_DOUBLE, MYSQL_TYPE_STRING,   MYSQL_TYPE_STRING };
    void *const places[6] = { &id, &big, name, &price, changed, tag };
    const unsigned long sizes[6] = { sizeof id, sizeof big, sizeof name, sizeof price, sizeof changed, sizeof tag };

    memset(columns, 0, sizeof columns);
    memset(params, 0, sizeof params);
    for (int i = 0; i < 6; i++) {
        columns[i].buffer_type = types[i];
        columns[i].buffer = places[i];
        columns[i].buffer_length = sizes[i];
        columns[i].length = &lengths[i];
        columns[i].is_null = &nulls[i];
    }
    if (reading != DATE_AS_TEXT) {
        columns[4].buffer_type = MYSQL_TYPE_DATETIME;
        columns[4].buffer = &date;
        columns[4].buffer_length = sizeof date;
    }
    params[0].buffer_type = MYSQL_TYPE_LONG;
    params[0].buffer = &param;
    MYSQL_STMT *stmt = mysql_stmt_init(client);
    if (stmt == NULL || mysql_stmt_prepare(stmt, text, strlen(text)) != 0) {
        fail("preparing", mysql_error(client));
    }
    int bound = 0;
    for (uint64_t i = 0; i < times; i++) {
        param = (int32_t)i;
        if (mysql_stmt_param_count(stmt) > 0 && !bound && mysql_stmt_bind_param(stmt, params) != 0) {
            fail("a parameter", mysql_stmt_error(stmt));
        }
        if (mysql_stmt_execute(stmt) != 0 || (!bound && mysql_stmt_bind_result(stmt, columns) != 0)) {
            fail("executing", mysql_stmt_error(stmt));
        }
        bound = 1;
        while (mysql_stmt_fetch(stmt) == 0) {
            count_number(tally, id);
            count_number(tally, big);
            touch(tally, name, lengths[2]);
            count_number(tally, (int64_t)price);
            if (reading == DATE_AS_TEXT) {
                touch(tally, changed, lengths[4]);
            } else {
                count_number(tally, date.year);
            }
            touch(tally, tag, nulls[5] ? 0 : lengths[5]);
            tally->rows++;
        }
        mysql_stmt_free_result(stmt);
    }
    mysql_stmt_close(stmt);
}

void client_close(void *client)
{
    mysql_close(client);
}
