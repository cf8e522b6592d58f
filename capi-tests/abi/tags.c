/* SPDX-License-Identifier: Apache-2.0
 *
 * Every public type under its tag and under its typedef, as C and as C++: compiled against the
 * generated and against the frozen header, never run. Assignments in both directions prove that tag
 * and typedef name the same type.
 */
#include <libattachsql2/attachsql.h>

#define SAME(kind, name) \
  extern kind name *tag_##name; \
  extern name *typedef_##name; \
  void both_ways_##name(void); \
  void both_ways_##name(void) { typedef_##name = tag_##name; tag_##name = typedef_##name; }

SAME(struct, attachsql_connect_t)
SAME(struct, attachsql_error_t)
SAME(struct, attachsql_pool_t)
SAME(struct, attachsql_query_parameter_st)
SAME(struct, attachsql_query_column_st)
SAME(struct, attachsql_query_row_st)
SAME(enum, attachsql_events_t)
SAME(enum, attachsql_return_t)
SAME(enum, attachsql_options_t)
SAME(enum, attachsql_column_type_t)
SAME(enum, attachsql_error_level_t)
SAME(enum, attachsql_error_codes_t)
SAME(enum, attachsql_column_flags_t)
SAME(enum, attachsql_query_parameter_type_t)

/* The callback is a function type: it declares functions and points to them. */
extern attachsql_callback_fn *callback;
attachsql_callback_fn *callback = NULL;

/* The sizes are constants that can dimension arrays. */
extern char sqlstate[ATTACHSQL_SQLSTATE_SIZE];
char sqlstate[ATTACHSQL_SQLSTATE_SIZE];
extern char message[ATTACHSQL_MESSAGE_SIZE];
char message[ATTACHSQL_MESSAGE_SIZE];

/* A port is a 16-bit integer in host byte order. */
extern in_port_t port;
in_port_t port = 65535;
