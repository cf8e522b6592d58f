/* SPDX-License-Identifier: Apache-2.0 */
#include "manual.h"

#include <stdio.h>
#include <string.h>

/* [done] */
/* Polls until a prepare, an execute, or what a row was in the way of, has got somewhere. */
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
/* [end done] */

/* [insert] */
bool add_people(attachsql_connect_t *con, const char *const *names, int count, attachsql_error_t **error)
{
    const char *sql = "INSERT INTO people (name, age) VALUES (?, ?)";
    int i;

    if (!attachsql_statement_prepare(con, strlen(sql), sql, error) || next_news(con, error) != ATTACHSQL_RETURN_EOF) {
        return false;
    }
    for (i = 0; i < count; i++) {
        if (!attachsql_statement_set_string(con, 0, strlen(names[i]), names[i], error)
            || !attachsql_statement_set_int(con, 1, 20 + i, error) || !attachsql_statement_execute(con, error)
            || next_news(con, error) != ATTACHSQL_RETURN_EOF) {
            return false;
        }
    }
    attachsql_statement_close(con);
    return true;
}
/* [end insert] */

/* [select] */
bool print_older(attachsql_connect_t *con, int32_t age, attachsql_error_t **error)
{
    const char *sql = "SELECT name, age, CURRENT_DATE FROM people WHERE age > ?";
    attachsql_return_t news;

    if (!attachsql_statement_prepare(con, strlen(sql), sql, error) || next_news(con, error) != ATTACHSQL_RETURN_EOF
        || !attachsql_statement_set_int(con, 0, age, error) || !attachsql_statement_execute(con, error)) {
        return false;
    }
    while ((news = next_news(con, error)) == ATTACHSQL_RETURN_ROW_READY) {
        size_t name_length = 0, date_length = 0;
        char *name, *date;

        attachsql_statement_row_get(con, NULL);
        name = attachsql_statement_get_char(con, 0, &name_length, NULL);
        date = attachsql_statement_get_char(con, 2, &date_length, NULL);
        printf("%.*s is %d on %.*s\n", (int)name_length, name != NULL ? name : "",
               (int)attachsql_statement_get_int(con, 1, NULL), (int)date_length, date);
        attachsql_statement_row_next(con);
    }
    attachsql_statement_close(con);
    return news == ATTACHSQL_RETURN_EOF;
}
/* [end select] */
