/* SPDX-License-Identifier: Apache-2.0
 *
 * 3. Errors: how they arrive, what they tell, and which of them the connection survives.
 *
 * A function that fails says so with its result and puts a new object into *error,
 * which is yours to free. It never looks at what was there before, and on success it
 * leaves *error alone. Passing NULL means that you do not want to know.
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

static void print_and_free(attachsql_error_t *error)
{
    printf("  %d (%s): %s\n", attachsql_error_code(error), attachsql_error_sqlstate(error), attachsql_error_message(error));
    attachsql_error_free(error);
}

/* Sends a query and waits for its end. NULL, or what went wrong: in the call itself
 * or while waiting. */
static attachsql_error_t *execute(attachsql_connect_t *con, const char *sql)
{
    attachsql_error_t *error = NULL;
    attachsql_return_t state = ATTACHSQL_RETURN_NONE;

    if (attachsql_query(con, strlen(sql), sql, 0, NULL, &error)) {
        while (state != ATTACHSQL_RETURN_EOF && state != ATTACHSQL_RETURN_ERROR) {
            if (!attachsql_connect_wait(con, -1, &error)) {
                break;
            }
            state = attachsql_connect_poll(con, &error);
            if (state == ATTACHSQL_RETURN_ROW_READY) {
                attachsql_query_row_next(con); /* rows are of no interest here */
            }
        }
    }
    attachsql_query_close(con);
    return error;
}

int main(void)
{
    const char *host = setting("ATTACHSQL_HOST", "127.0.0.1"), *user = setting("ATTACHSQL_USER", "test");
    const char *password = setting("ATTACHSQL_PASSWORD", "test"), *schema = setting("ATTACHSQL_SCHEMA", "");
    in_port_t port = (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306"));
    attachsql_error_t *error = NULL;
    attachsql_connect_t *con;
    int bad = 0;

    puts("A wrong argument: the object is not made.");
    con = attachsql_connect_create(host, port, NULL, password, schema, &error);
    if (con == NULL) {
        print_and_free(error);
    } else {
        bad++;
    }

    puts("Nobody listens: the connection has failed and can only be destroyed.");
    con = attachsql_connect_create("/nonexistent/mysqld.sock", 0, user, password, schema, NULL);
    error = execute(con, "SELECT 1");
    if (error != NULL) {
        print_and_free(error);
    } else {
        bad++;
    }
    attachsql_connect_destroy(con);

    puts("The server refuses a query: its own code, SQLSTATE and text.");
    con = attachsql_connect_create(host, port, user, password, schema, NULL);
    error = execute(con, "SELECT no_such_column");
    if (error != NULL) {
        bad += attachsql_error_code(error) != 1054;
        print_and_free(error);
    } else {
        bad++;
    }

    puts("That connection goes on with the next query:");
    error = execute(con, "SELECT 1");
    if (error == NULL) {
        puts("  no error");
    } else {
        print_and_free(error);
        bad++;
    }
    attachsql_connect_destroy(con);

    return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
