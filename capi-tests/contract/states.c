/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause CONV-11: every function in every state. Each pair gets a fresh connection; the
 * result is compared with the tables below, and a connection that is alive must still be able to
 * finish what it was doing and answer another query.
 */
#include "../support/test.h"
#include "../support/states.h"

#define LATER (-1) /* poll: depends on how far the work has come */

/* What the functions with an outcome give in each state. Codes: 0 is success. */
static const struct expectation
{
  int poll;        /* the next poll, or LATER */
  int connect;     /* 0, or the code of the error; -1: false without an error */
  int query;       /* the same; 2 stands for "2014 or 2006" */
  int row_get;     /* the same */
  bool buffer;     /* what query_buffer_rows returns */
  bool more;       /* next_result gives PROCESSING */
} expected[STATE_COUNT] = {
  [STATE_UNUSED] = {ATTACHSQL_RETURN_NOT_CONNECTED, 0, 0, 2051, true, false},
  [STATE_CONNECTING] = {LATER, 0, 0, 2051, true, false},
  [STATE_CONNECTING_PASSIVE] = {LATER, 0, 2014, 2051, false, false},
  [STATE_LOOKUP] = {LATER, 0, 0, 2051, true, false},
  [STATE_READY] = {ATTACHSQL_RETURN_EOF, 0, 0, 2051, true, false},
  [STATE_BUSY] = {LATER, -1, 2014, 2051, false, false},
  [STATE_BUSY_CLOSED] = {LATER, LATER, 0, 2051, true, false},
  [STATE_ROW] = {ATTACHSQL_RETURN_ROW_READY, 0, 2014, 0, false, false},
  [STATE_BETWEEN] = {LATER, LATER, 2014, 2051, false, false},
  [STATE_ROWS_CLOSED] = {LATER, LATER, 0, 2051, true, false},
  [STATE_END] = {ATTACHSQL_RETURN_EOF, 0, 2014, 2051, false, false},
  [STATE_END_OK] = {ATTACHSQL_RETURN_EOF, 0, 2014, 2051, false, false},
  [STATE_MORE] = {ATTACHSQL_RETURN_EOF, 0, 2014, 2051, false, true},
  [STATE_MORE_CLOSED] = {ATTACHSQL_RETURN_EOF, 0, 2014, 2051, false, true},
  [STATE_REFUSED] = {ATTACHSQL_RETURN_ERROR, 0, 2014, 2051, false, false},
  [STATE_REFUSED_CLOSED] = {LATER, 0, 0, 2051, true, false},
  [STATE_BUFFERED_BUSY] = {LATER, -1, 2014, 3001, false, false},
  [STATE_BUFFERED_END] = {ATTACHSQL_RETURN_EOF, 0, 2014, 3001, false, false},
  [STATE_FAILED] = {ATTACHSQL_RETURN_ERROR, 2002, 2006, 2051, true, false},
  [STATE_FAILED_PASSIVE] = {ATTACHSQL_RETURN_ERROR, 2002, 2, 2051, LATER, false},
  [STATE_LOST] = {ATTACHSQL_RETURN_ERROR, 2013, 2, 2051, LATER, false},
};

static bool is_dead(test_state state)
{
  return state == STATE_FAILED || state == STATE_FAILED_PASSIVE || state == STATE_LOST;
}

/* A false with this error, or any outcome that the table leaves open. */
static void outcome(bool success, attachsql_error_t **error, int code, const char *what)
{
  int got = *error ? attachsql_error_code(*error) : 0;

  if (code == LATER)
    test_report(success || !*error || got, __FILE__, __LINE__, "%s", what);
  else if (code == 0)
    test_report(success && !*error, __FILE__, __LINE__, "%s: expected success, got %d", what, got);
  else if (code == 2)
    test_report(!success && (got == 2014 || got == 2006), __FILE__, __LINE__, "%s: expected 2014 or 2006, got %d", what, got);
  else
    test_report(!success && got == code, __FILE__, __LINE__, "%s: expected %d, got %d", what, code, got);
  attachsql_error_free(*error);
  *error = NULL;
}

/* Finishes whatever goes on; then the connection must answer a query, or stay dead. */
static void finish(attachsql_connect_t *con, test_state state)
{
  attachsql_error_t *error = NULL;

  if (is_dead(state))
  {
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK(error != NULL);
    attachsql_error_free(error);
    error = NULL;
    attachsql_query_close(con);
    CHECK(!attachsql_query(con, 8, "SELECT 1", 0, NULL, &error));
    CHECK_ERROR(error, 2006, "08006");
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

/* One call in one state; false when there is no such call. */
static bool call(attachsql_connect_t *con, test_state state, unsigned number)
{
  const struct expectation *want = &expected[state];
  attachsql_error_t *error = NULL;
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_NONE, NULL, 0, false};
  static char word[] = "NULL";
  uint32_t number_value = 30000;
  bool result;
  int poll;

  parameter.data = word;
  parameter.length = 4;
  switch (number)
  {
    case 0:
      poll = (int)attachsql_connect_poll(con, &error);
      if (want->poll != LATER)
        CHECK_POLL((attachsql_return_t)poll, (attachsql_return_t)want->poll);
      CHECK((poll == ATTACHSQL_RETURN_ERROR) == (error != NULL));
      attachsql_error_free(error);
      return true;
    case 1:
      result = attachsql_connect(con, &error);
      if (want->connect == -1)
        CHECK(error == NULL);
      outcome(result, &error, want->connect, "connect");
      return true;
    case 2:
      result = attachsql_query(con, 8, "SELECT 1", 0, NULL, &error);
      outcome(result, &error, want->query, "query");
      return true;
    case 3:
      result = attachsql_query(con, 8, "SELECT ?", 1, &parameter, &error);
      outcome(result, &error, want->query, "query with a parameter");
      return true;
    case 4:
      result = attachsql_query_row_get(con, &error) != NULL;
      outcome(result, &error, want->row_get, "row_get");
      return true;
    case 5:
      CHECK_POLL(attachsql_query_next_result(con), want->more ? ATTACHSQL_RETURN_PROCESSING : ATTACHSQL_RETURN_EOF);
      return true;
    case 6:
      result = attachsql_query_buffer_rows(con, true);
      if (!is_dead(state))
        CHECK(result == want->buffer);
      return true;
    case 7:
      attachsql_query_row_next(con);
      attachsql_query_row_next(con);
      return true;
    case 8:
      attachsql_query_close(con);
      attachsql_query_close(con);
      return true;
    case 9:
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_FOUND_ROWS, NULL));
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_INTERACTIVE, NULL));
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &number_value));
      CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_NONE, NULL));
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CHARSET, "latin1") == (state == STATE_UNUSED));
      return true;
    case 10:
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
      return true;
    case 11:
      CHECK(attachsql_connect_get_server_version(con) != NULL);
      attachsql_connect_get_connection_id(con);
      CHECK(attachsql_query_info(con) != NULL);
      attachsql_connection_last_insert_id(con);
      CHECK_UINT(attachsql_query_affected_rows(con), 0);
      attachsql_query_warning_count(con);
      return true;
    case 12:
      poll = attachsql_query_column_count(con);
      CHECK(attachsql_query_column_get(con, 0) == NULL);
      CHECK((attachsql_query_column_get(con, 1) != NULL) == (poll > 0));
      CHECK(attachsql_query_column_get(con, (uint16_t)(poll + 1)) == NULL);
      CHECK(attachsql_query_column_get(con, 65535) == NULL);
      return true;
    case 13:
      CHECK_UINT(attachsql_query_row_count(con), state == STATE_BUFFERED_END ? 1000 : 0);
      CHECK((attachsql_query_buffer_row_get(con) != NULL) == (state == STATE_BUFFERED_END));
      CHECK((attachsql_query_row_get_offset(con, 999) != NULL) == (state == STATE_BUFFERED_END));
      CHECK(attachsql_query_row_get_offset(con, 1000) == NULL);
      CHECK(attachsql_query_row_get_offset(con, UINT64_MAX) == NULL);
      return true;
    case 14:
      attachsql_connect_wait(con, 0, &error);
      CHECK_NO_ERROR(error);
      attachsql_connect_wait(con, 1, &error);
      CHECK_NO_ERROR(error);
      attachsql_connect_wait(con, -1, &error);
      CHECK_NO_ERROR(error);
      return true;
    case 15:
      result = attachsql_query(con, 6, "DO ?,?", 1, &parameter, &error);
      outcome(result, &error, want->query == 0 ? 3000 : LATER, "query with too many question marks");
      return true;
    case 16:
      attachsql_library_init();
      return true;
    case 17: /* a failed set_ssl on an unused connection makes the connect fail: CONN-27 */
      if (state != STATE_UNUSED)
      {
        CHECK(!attachsql_connect_set_ssl(con, "", "", "", "", "", true, &error));
        CHECK_ERROR(error, 3000, "22023");
      }
      return true;
    case 18: /* no socket in any state; what a good one does is in set_fd.c */
      CHECK(!attachsql_connect_set_fd(con, -1, &error));
      CHECK_ERROR(error, 3000, "22023");
      return true;
    default:
      return false;
  }
}

int main(void)
{
  test_begin("states", 300);
  EACH_SERVER(server)
    for (int state = 0; state < STATE_COUNT; state++)
    {
      bool more = true;

      for (unsigned number = 0; more; number++)
      {
        attachsql_connect_t *con;
        char what[80];

        snprintf(what, sizeof what, "%s, call %u", test_state_name((test_state)state), number);
        TEST("CONV-11", what);
        con = test_reach(server, (test_state)state);
        more = call(con, (test_state)state, number);
        finish(con, (test_state)state);
        attachsql_connect_destroy(con);
      }
    }
  return test_end();
}
