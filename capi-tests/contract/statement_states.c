/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-11 for statements: every function in every state, without a statement and with one
 * that was prepared before. A connection that is alive must still answer afterwards.
 */
#include "../support/test.h"
#include "../support/states.h"
#include "../support/statements.h"

#define LATER (-1) /* depends on how far the work has come */

/* The code of the error that a prepare gives in each state, or 0. */
static const int prepares[STATE_COUNT] = {
  [STATE_CONNECTING_PASSIVE] = 2014, [STATE_BUSY] = 2014, [STATE_ROW] = 2014, [STATE_BETWEEN] = 2014,
  [STATE_MORE] = 2014, [STATE_MORE_CLOSED] = 2014, [STATE_BUFFERED_BUSY] = 2014,
  [STATE_FAILED] = 2006, [STATE_FAILED_PASSIVE] = 2006, [STATE_LOST] = 2006,
};

static bool is_dead(test_state state)
{
  return state == STATE_FAILED || state == STATE_FAILED_PASSIVE || state == STATE_LOST;
}

static void outcome(bool success, attachsql_error_t **error, int code, const char *what)
{
  int got = *error ? attachsql_error_code(*error) : 0;

  if (code == LATER)
    test_report(success == !*error, __FILE__, __LINE__, "%s", what);
  else
    test_report(success == !code && got == code, __FILE__, __LINE__, "%s: expected %d, got %d", what, code, got);
  attachsql_error_free(*error);
  *error = NULL;
}

/* One call in one state, without a statement; false when there is no such call. */
static bool call(attachsql_connect_t *con, test_state state, unsigned number)
{
  attachsql_error_t *error = NULL;
  size_t length = 5;

  switch (number)
  {
    case 0:
      outcome(attachsql_statement_prepare(con, 8, "SELECT ?", &error), &error, prepares[state], "prepare");
      return true;
    case 1:
      outcome(attachsql_statement_execute(con, &error), &error, 3000, "execute");
      return true;
    case 2:
      outcome(attachsql_statement_reset(con, &error), &error, 3000, "reset");
      return true;
    case 3:
      outcome(attachsql_statement_send_long_data(con, 0, 1, (char *)"x", &error), &error, 3000, "long data");
      return true;
    case 4:
      attachsql_statement_close(con);
      attachsql_statement_close(con);
      return true;
    case 5:
      CHECK_UINT(attachsql_statement_get_param_count(con), 0);
      CHECK_UINT(attachsql_statement_get_column_count(con), attachsql_query_column_count(con));
      attachsql_statement_get_column_type(con, 0);
      return true;
    case 6:
      outcome(attachsql_statement_set_int(con, 0, 1, &error), &error, 3000, "set_int");
      outcome(attachsql_statement_set_string(con, 0, 1, "x", &error), &error, 3000, "set_string");
      return true;
    case 7:
      outcome(attachsql_statement_row_get(con, &error), &error, 2051, "row_get");
      return true;
    case 8:
      attachsql_statement_row_next(con);
      attachsql_statement_row_next(con);
      return true;
    case 9:
      CHECK_INT(attachsql_statement_get_int(con, 0, &error), 0);
      CHECK_ERROR(error, 3000, "22023");
      CHECK(attachsql_statement_get_char(con, 0, &length, &error) == NULL);
      CHECK_ERROR(error, 3000, "22023");
      CHECK_UINT(length, 5);
      return true;
    default:
      return false;
  }
}

/* The same with a statement that is prepared; what it disturbs is dropped. */
static bool call_prepared(attachsql_connect_t *con, unsigned number)
{
  attachsql_error_t *error = NULL;

  switch (number)
  {
    case 0:
      CHECK(attachsql_statement_set_int(con, 0, 5, &error));
      CHECK_UINT(attachsql_statement_get_param_count(con), 1);
      return true;
    case 1:
      CHECK(attachsql_statement_set_int(con, 0, 5, &error));
      CHECK(attachsql_statement_execute(con, &error));
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
      CHECK_NO_ERROR(error);
      CHECK(attachsql_statement_row_get(con, &error));
      CHECK_INT(attachsql_statement_get_bigint(con, 0, &error), 5);
      return true;
    case 2:
      CHECK(attachsql_statement_reset(con, &error));
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
      CHECK_NO_ERROR(error);
      return true;
    case 3:
      CHECK(attachsql_statement_send_long_data(con, 0, 3, (char *)"abc", &error));
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
      CHECK(attachsql_statement_execute(con, &error));
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
      CHECK(attachsql_statement_row_get(con, &error));
      CHECK_STR(test_text(con, 0), "abc");
      CHECK_NO_ERROR(error);
      return true;
    case 4:
      attachsql_statement_close(con);
      return true;
    default:
      return false;
  }
}

/* Finishes whatever goes on; then the connection must answer, or stay dead. */
static void finish(attachsql_connect_t *con, test_state state)
{
  attachsql_error_t *error = NULL;

  attachsql_statement_close(con);
  if (is_dead(state))
  {
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    attachsql_error_free(error);
    return;
  }
  if (attachsql_connect_poll(con, NULL) == ATTACHSQL_RETURN_NOT_CONNECTED)
    CHECK(attachsql_connect(con, NULL));
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

/* Brings a connection that has a statement into a state like those of test_reach. */
static attachsql_connect_t *reach_prepared(const test_server *server, int state)
{
  attachsql_connect_t *con = test_create(server);

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL));
  CHECK(test_prepare(con, "SELECT ?"));
  switch (state)
  {
    case 0:
      break;
    case 1:
      test_reach_busy(con);
      break;
    case 2:
      test_query(con, "SELECT n FROM " TEST_THOUSAND);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
      break;
    case 3:
      test_query(con, "SELECT n FROM " TEST_THOUSAND);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
      attachsql_query_close(con);
      break;
    case 4:
      test_query(con, "SELECT 1; SELECT 2; DO 1");
      CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
      break;
    case 5:
      test_query(con, "SELE");
      CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
      break;
    case 6:
      CHECK(attachsql_query_buffer_rows(con, true));
      test_query(con, "SELECT n FROM " TEST_THOUSAND);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      break;
    case 7:
      CHECK(attachsql_statement_execute(con, NULL));
      break;
    case 8:
      CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
      break;
    case 9:
      CHECK(attachsql_statement_reset(con, NULL));
      break;
    default:
      CHECK(attachsql_statement_prepare(con, 8, "SELECT ?", NULL));
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
      break;
  }
  return con;
}

int main(void)
{
  test_begin("statement_states", 300);
  EACH_SERVER(server)
  {
    for (int state = 0; state < STATE_COUNT; state++)
    {
      bool more = true;

      for (unsigned number = 0; more; number++)
      {
        attachsql_connect_t *con;
        char what[80];

        snprintf(what, sizeof what, "%s, statement call %u", test_state_name((test_state)state), number);
        TEST("CONV-11", what);
        con = test_reach(server, (test_state)state);
        more = call(con, (test_state)state, number);
        finish(con, (test_state)state);
        attachsql_connect_destroy(con);
      }
    }
    for (int state = 0; state < 11; state++)
    {
      bool more = true;

      for (unsigned number = 0; more; number++)
      {
        attachsql_connect_t *con;
        char what[80];

        snprintf(what, sizeof what, "prepared, state %d, call %u", state, number);
        TEST("CONV-11 STMT-11", what);
        con = reach_prepared(server, state);
        more = call_prepared(con, number);
        finish(con, STATE_READY);
        attachsql_connect_destroy(con);
      }
    }
  }
  return test_end();
}
