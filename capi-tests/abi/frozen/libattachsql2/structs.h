/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI oracle: the libAttachSQL 2.0 interface, reconstructed from its documented contract.
 * Read-only. Checks compare the generated header with it; nothing is ever installed from here.
 */
#ifndef FROZEN_LIBATTACHSQL2_STRUCTS_H
#define FROZEN_LIBATTACHSQL2_STRUCTS_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <libattachsql2/constants.h>

#ifdef __cplusplus
extern "C" {
#endif

struct attachsql_connect_t;
typedef struct attachsql_connect_t attachsql_connect_t;

struct attachsql_error_t;
typedef struct attachsql_error_t attachsql_error_t;

struct attachsql_pool_t;
typedef struct attachsql_pool_t attachsql_pool_t;

/* A function type, not a pointer to one. */
typedef void (attachsql_callback_fn)(attachsql_connect_t *con, uint32_t connection_id, attachsql_events_t events, void *context, attachsql_error_t *error);

struct attachsql_query_parameter_st
{
  attachsql_query_parameter_type_t type;
  void *data;
  size_t length;
  bool is_unsigned;
};
typedef struct attachsql_query_parameter_st attachsql_query_parameter_st;

struct attachsql_query_column_st
{
  char *schema;
  char *table;
  char *origin_table;
  char *column;
  char *origin_column;
  uint16_t charset;
  uint32_t length;
  attachsql_column_type_t type;
  attachsql_column_flags_t flags;
  uint8_t decimals;
  char *default_value;
  size_t default_size;
};
typedef struct attachsql_query_column_st attachsql_query_column_st;

struct attachsql_query_row_st
{
  char *data;
  size_t length;
};
typedef struct attachsql_query_row_st attachsql_query_row_st;

#ifdef __cplusplus
}
#endif

#endif
