/* SPDX-License-Identifier: Apache-2.0
 *
 * The same client over MariaDB's libmariadb: its blocking functions, rows not stored.
 */
#include <mysql.h>

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

void client_close(void *client)
{
    mysql_close(client);
}
