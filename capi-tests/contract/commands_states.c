/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-11 for commands: each in every state. A connection that is alive must still answer
 * afterwards.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/states.h"

/* The code of the error that a command gives at once in each state, or 0. */
static const int expected[STATE_COUNT] = {
  [STATE_CONNECTING_PASSIVE] = 2014, [STATE_BUSY] = 2014, [STATE_ROW] = 2014, [STATE_BETWEEN] = 2014,
  [STATE_MORE] = 2014, [STATE_MORE_CLOSED] = 2014, [STATE_BUFFERED_BUSY] = 2014,
  [STATE_FAILED] = 2006, [STATE_FAILED_PASSIVE] = 2006, [STATE_LOST] = 2006,
};

/* Finishes whatever goes on; then the connection must answer, or stay dead. */
static void finish(attachsql_connect_t *con, const test_server *server, int state, int which)
{
  attachsql_error_t *error = NULL;

  if (expected[state] == 2006)
  {
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    attachsql_error_free(error);
    return;
  }
  if (!expected[state])
    test_command_ends(con, test_command_code(server, which));
  test_read(con, NULL);
  attachsql_query_close(con);
  while (attachsql_query_next_result(con) == ATTACHSQL_RETURN_PROCESSING)
  {
    test_read(con, NULL);
    attachsql_query_close(con);
  }
  attachsql_query_buffer_rows(con, false);
  test_works(con);
}

int main(void)
{
  test_begin("commands_states", 300);
  EACH_SERVER(server)
    for (int state = 0; state < STATE_COUNT; state++)
      for (int which = 0; which < COMMAND_COUNT; which++)
      {
        attachsql_error_t *error = NULL;
        attachsql_connect_t *con;
        char what[80];
        bool sent;

        snprintf(what, sizeof what, "%s, command %d", test_state_name((test_state)state), which);
        TEST("CONV-11 CMD-2 CMD-3 CMD-5", what);
        con = test_reach(server, (test_state)state);
        sent = test_command(con, which, &error);
        CHECK(sent == !expected[state]);
        CHECK_INT(error ? attachsql_error_code(error) : 0, expected[state]);
        attachsql_error_free(error);
        finish(con, server, state, which);
        attachsql_connect_destroy(con);
      }
  return test_end();
}
