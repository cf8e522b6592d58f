/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the manual's samples against a server: the address comes from ATTACHSQL_HOST, _PORT, _USER and
 * _PASSWORD, and, for the sample of TLS, the authority's file from ATTACHSQL_CA. From the checkout, with the library built:
 *
 *   cc -Iinclude docs/examples/{main,login,rows,parameters,statements,handles,pipeline,buffered,results,loop,pool,pool_query,embed_poll,errors,tls,load_data,cancel}.c \
 *      -Lbuild/lib -lattachsql -Wl,-rpath,build/lib -o build/manual && build/manual
 */
#include "manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? value : otherwise;
}

static attachsql_connect_t *open_one(attachsql_error_t **error)
{
    return log_in(setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
                  setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), error);
}

/* Whether a login over TLS works. */
static bool safely(const char *ca, attachsql_error_t **error)
{
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), "", error);
    const char *sql = "SELECT 1";
    bool good = con != NULL && ask_for_tls(con, ca, NULL, NULL)
        && attachsql_query(con, strlen(sql), sql, 0, NULL, error) && read_answer(con, error);

    attachsql_connect_destroy(con);
    return good;
}

/* Whether queries on connections of a pool are all done, one of them with an error. */
static bool pooled(void)
{
    const char *const queries[] = {"SELECT 1", "SELECT 2 UNION SELECT 3", "DO 4", "SELECT nothing", "SELECT 5", NULL};
    attachsql_connect_t *con[2];
    int i;

    for (i = 0; i < 2; i++) {
        con[i] = attachsql_connect_create(
            setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
            setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), "", NULL);
    }
    return run_in_pool(con, 2, queries) == 4;
}

/* The same on a pool that makes its connections itself. */
static bool pooled_again(attachsql_error_t **error)
{
    const char *const queries[] = {"SELECT 1", "SELECT 2 UNION SELECT 3", "DO 4", "SELECT nothing", "SELECT 5", NULL};
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), "", error);
    bool good = con != NULL && run_on_pool(con, queries, error);

    attachsql_connect_destroy(con);
    return good;
}

static bool execute(attachsql_connect_t *con, const char *sql, attachsql_error_t **error)
{
    bool done = attachsql_query(con, strlen(sql), sql, 0, NULL, error) && read_answer(con, error);
    attachsql_query_close(con);
    return done;
}

static bool use_handle(attachsql_connect_t *con, attachsql_error_t **error)
{
    attachsql_stmt_t *stmt = prepare(con, "SELECT name, age FROM people WHERE age > ?", error);
    unsigned rows = 0;
    int64_t sum = 0;
    bool good = stmt != NULL && print_people(stmt, 20, error) && sum_ages(stmt, &sum, error) && sum > 3 * 20
                && count_in_portions(stmt, &rows, error) && rows == 3;

    attachsql_stmt_destroy(stmt);
    return good;
}

/* Whether a file of this program's is loaded. */
static bool loaded(attachsql_error_t **error)
{
    const char *path = "load_data_sample.csv";
    FILE *file = fopen(path, "w");
    bool done;

    if (file == NULL || fputs("Ada\t36\nBob\t41\n", file) < 0 || fclose(file) != 0) {
        return false;
    }
    done = load_file(setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
                     setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), path, error);
    remove(path);
    return done;
}

/* Whether a query ends long before its time. */
static bool cancelled(void)
{
    attachsql_connect_t *con = attachsql_connect_create(
        setting("ATTACHSQL_HOST", "127.0.0.1"), (in_port_t)atoi(setting("ATTACHSQL_PORT", "3306")),
        setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"), "", NULL);
    const char *sql = "SELECT MAX(SLEEP(30)) FROM (SELECT 1 UNION ALL SELECT 2) t";
    const uint32_t on = 1;
    bool good = attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on)
        && run_at_most(con, sql, 100, NULL) == ATTACHSQL_CANCEL_CANCELLED
        && run_at_most(con, "SELECT 1", 10000, NULL) == ATTACHSQL_CANCEL_CANCELLED; /* of the one before */

    attachsql_connect_destroy(con);
    return good;
}

static bool samples(attachsql_connect_t *con, attachsql_error_t **error)
{
    const char *call = "SET @n = 1", *const names[] = {"Ada", "Bob", "Cleo"};
    return execute(con, "USE testdb", error)
        && execute(con, "CREATE TEMPORARY TABLE people (name VARCHAR(99), age INT)", error)
        && add_person(con, "Conor O'Neill", 41, error) && add_person(con, "Zoe \\ 50%", -1, error)
        && execute(con, "SELECT NULL, '', name FROM people", error) && find_people(con, "O'N", error)
        && add_people(con, names, 3, error) && print_older(con, 20, error)
        && use_handle(con, error)
        && print_table(con, "SELECT name, age AS years FROM people ORDER BY age", error)
        && attachsql_query(con, strlen(call), call, 0, NULL, error) && read_all_results(con, error);
}

int main(void)
{
    attachsql_error_t *error = NULL;
    attachsql_connect_t *con[3] = {NULL, NULL, NULL};
    const char *sleep = "SELECT SLEEP(0.2), CONNECTION_ID()", *wrong = "SELECT nothing";
    const char *const together[] = {"DO 1", "SELECT nothing", "SELECT 'last'"};
    bool good = true;
    int i;

    for (i = 0; good && i < 3; i++) {
        con[i] = open_one(&error);
        good = con[i] != NULL;
    }
    good = good && samples(con[0], &error);
    if (getenv("ATTACHSQL_CA") != NULL) {
        good = good && safely(getenv("ATTACHSQL_CA"), &error);
    }
    good = good && loaded(&error);
    for (i = 0; good && i < 3; i++) {
        good = attachsql_query(con[i], strlen(sleep), sleep, 0, NULL, &error);
    }
    good = good && run_all(con, 3) == 0 && pooled() && pooled_again(&error) && cancelled();
    good = good && run_together(con[0], together, 3, &error) == 1;
    good = good && attachsql_query(con[0], strlen(sleep), sleep, 0, NULL, &error) && read_in_loop(con[0], &error);
    attachsql_query_close(con[0]);
    if (!good) {
        fprintf(stderr, "%s\n", error != NULL ? attachsql_error_message(error) : "failed");
        attachsql_error_free(error);
    } else {
        good = !execute(con[0], wrong, &error) && what_now(error) == CONTINUE && execute(con[0], "SELECT 1", NULL);
    }
    for (i = 0; i < 3; i++) {
        attachsql_connect_destroy(con[i]);
    }
    puts(good ? "All samples work." : "A sample does not work.");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
