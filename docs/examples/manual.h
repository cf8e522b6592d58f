/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of the manual's samples, one file for each page. main.c runs them all.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <libattachsql2/attachsql.h>

attachsql_connect_t *log_in(const char *host, in_port_t port, const char *user, const char *pass,
                            attachsql_error_t **error);
bool ask_for_tls(attachsql_connect_t *con, const char *ca_file, const char *cert_file, const char *key_file);
bool read_answer(attachsql_connect_t *con, attachsql_error_t **error);
void print_row(attachsql_connect_t *con);
bool add_person(attachsql_connect_t *con, const char *name, int32_t age, attachsql_error_t **error);
bool find_people(attachsql_connect_t *con, const char *part, attachsql_error_t **error);
bool add_people(attachsql_connect_t *con, const char *const *names, int count, attachsql_error_t **error);
bool print_older(attachsql_connect_t *con, int32_t age, attachsql_error_t **error);
attachsql_stmt_t *prepare(attachsql_connect_t *con, const char *sql, attachsql_error_t **error);
bool print_people(attachsql_stmt_t *stmt, int32_t older_than, attachsql_error_t **error);
bool sum_ages(attachsql_stmt_t *stmt, int64_t *sum, attachsql_error_t **error);
bool count_in_portions(attachsql_stmt_t *stmt, unsigned *rows, attachsql_error_t **error);
bool print_table(attachsql_connect_t *con, const char *sql, attachsql_error_t **error);
bool read_all_results(attachsql_connect_t *con, attachsql_error_t **error);
int run_together(attachsql_connect_t *con, const char *const *queries, int count, attachsql_error_t **error);
int run_all(attachsql_connect_t *const *con, int count);
int run_in_pool(attachsql_connect_t *const *con, int count, const char *const *queries);
bool run_on_pool(attachsql_connect_t *con, const char *const *queries, attachsql_error_t **error);
attachsql_cancel_t run_at_most(attachsql_connect_t *con, const char *sql, int ms, attachsql_error_t **error);
bool read_in_loop(attachsql_connect_t *con, attachsql_error_t **error);
bool load_file(const char *host, in_port_t port, const char *user, const char *pass, const char *path,
               attachsql_error_t **error);
enum next_step { CONTINUE, RETRY, RECONNECT, GIVE_UP };
enum next_step what_now(attachsql_error_t *error);

#endif
