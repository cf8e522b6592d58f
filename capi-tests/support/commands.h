/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of contract group CMD as a list, for tests that try each. Include it after test.h.
 */
#ifndef ATTACHSQL_COMMANDS_H
#define ATTACHSQL_COMMANDS_H

enum
{
  COMMAND_PING,
  COMMAND_RESET,
  COMMAND_USER, /* to the same user */
  COMMAND_SCHEMA,
  COMMAND_STATISTICS,
  COMMAND_MULTI_ON,
  COMMAND_MULTI_OFF,
  COMMAND_KILL, /* of a connection that is not there */
  COMMAND_COUNT
};

static inline bool test_command(attachsql_connect_t *con, int which, attachsql_error_t **error)
{
  switch (which)
  {
    case COMMAND_PING:
      return attachsql_connect_ping(con, error);
    case COMMAND_RESET:
      return attachsql_connect_reset(con, error);
    case COMMAND_USER:
      return attachsql_connect_change_user(con, TEST_USER, TEST_PASS, TEST_SCHEMA, error);
    case COMMAND_SCHEMA:
      return attachsql_connect_change_schema(con, TEST_SCHEMA, error);
    case COMMAND_STATISTICS:
      return attachsql_connect_statistics(con, error);
    case COMMAND_MULTI_ON:
      return attachsql_connect_set_multi_statements(con, true, error);
    case COMMAND_MULTI_OFF:
      return attachsql_connect_set_multi_statements(con, false, error);
    default:
      return attachsql_connect_kill(con, 0xfffffff0, true, error);
  }
}

/* The error that the server gives it, or 0. */
static inline int test_command_code(const test_server *server, int which)
{
  if (which == COMMAND_KILL)
    return 1094;
  return which == COMMAND_RESET && server->kind == TEST_MYSQL_5_6 ? 1047 : 0;
}

/* Polls to the end of a command, which must be this error, or EOF for 0. */
static inline void test_command_ends(attachsql_connect_t *con, int code)
{
  attachsql_error_t *error = NULL;
  attachsql_return_t end = test_poll(con, &error);

  CHECK_POLL(end, code ? ATTACHSQL_RETURN_ERROR : ATTACHSQL_RETURN_EOF);
  CHECK_INT(error ? attachsql_error_code(error) : 0, code);
  attachsql_error_free(error);
}

#endif
