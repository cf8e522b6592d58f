// SPDX-License-Identifier: Apache-2.0
//
// The type of every struct field, of the callback and of the enums' values, from the contract:
// compiled against the generated and against the frozen header, never run. Sizes and offsets are
// compared elsewhere (tests/header.rs).
#include <libattachsql2/attachsql.h>
#include <type_traits>

#define FIELD(st, field, type) \
  static_assert(std::is_same<decltype(st::field), type>::value, #st "." #field " is not " #type)

FIELD(attachsql_query_parameter_st, type, attachsql_query_parameter_type_t);
FIELD(attachsql_query_parameter_st, data, void *);
FIELD(attachsql_query_parameter_st, length, size_t);
FIELD(attachsql_query_parameter_st, is_unsigned, bool);

FIELD(attachsql_query_column_st, schema, char *);
FIELD(attachsql_query_column_st, table, char *);
FIELD(attachsql_query_column_st, origin_table, char *);
FIELD(attachsql_query_column_st, column, char *);
FIELD(attachsql_query_column_st, origin_column, char *);
FIELD(attachsql_query_column_st, charset, uint16_t);
FIELD(attachsql_query_column_st, length, uint32_t);
FIELD(attachsql_query_column_st, type, attachsql_column_type_t);
FIELD(attachsql_query_column_st, flags, attachsql_column_flags_t);
FIELD(attachsql_query_column_st, decimals, uint8_t);
FIELD(attachsql_query_column_st, default_value, char *);
FIELD(attachsql_query_column_st, default_size, size_t);

FIELD(attachsql_query_row_st, data, char *);
FIELD(attachsql_query_row_st, length, size_t);

static_assert(std::is_same<attachsql_callback_fn,
                           void(attachsql_connect_t *, uint32_t, attachsql_events_t, void *,
                                attachsql_error_t *)>::value,
              "attachsql_callback_fn has another type");
static_assert(ATTACHSQL_SQLSTATE_SIZE == 6, "ATTACHSQL_SQLSTATE_SIZE");
static_assert(ATTACHSQL_MESSAGE_SIZE == 256, "ATTACHSQL_MESSAGE_SIZE");
