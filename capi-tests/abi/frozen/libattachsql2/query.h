/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_QUERY_H
#define FROZEN_LIBATTACHSQL2_QUERY_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <libattachsql2/visibility.h>
#include <libattachsql2/constants.h>
#include <libattachsql2/structs.h>

#ifdef __cplusplus
extern "C" {
#endif

ASQL_API
bool attachsql_query(attachsql_connect_t *con, size_t length, const char *statement, uint16_t parameter_count, attachsql_query_parameter_st *parameters, attachsql_error_t **error);

ASQL_API
void attachsql_query_close(attachsql_connect_t *con);

ASQL_API
uint64_t attachsql_connection_last_insert_id(attachsql_connect_t *con);

ASQL_API
uint64_t attachsql_query_affected_rows(attachsql_connect_t *con);

ASQL_API
uint32_t attachsql_query_warning_count(attachsql_connect_t *con);

ASQL_API
const char *attachsql_query_info(attachsql_connect_t *con);

ASQL_API
attachsql_return_t attachsql_query_next_result(attachsql_connect_t *con);

ASQL_API
attachsql_query_row_st *attachsql_query_row_get(attachsql_connect_t *con, attachsql_error_t **error);

ASQL_API
void attachsql_query_row_next(attachsql_connect_t *con);

ASQL_API
uint16_t attachsql_query_column_count(attachsql_connect_t *con);

ASQL_API
attachsql_query_column_st *attachsql_query_column_get(attachsql_connect_t *con, uint16_t column);

ASQL_API
bool attachsql_query_buffer_rows(attachsql_connect_t *con, bool enable);

ASQL_API
uint64_t attachsql_query_row_count(attachsql_connect_t *con);

ASQL_API
attachsql_query_row_st *attachsql_query_buffer_row_get(attachsql_connect_t *con);

ASQL_API
attachsql_query_row_st *attachsql_query_row_get_offset(attachsql_connect_t *con, uint64_t row_number);

#ifdef __cplusplus
}
#endif

#endif
