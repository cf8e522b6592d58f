/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings a connection into each of the states of docs/contract.md, for tests that try something
 * in all of them. Include it after test.h.
 */
#ifndef ATTACHSQL_STATES_H
#define ATTACHSQL_STATES_H

typedef enum test_state
{
  STATE_UNUSED,
  STATE_CONNECTING,         /* explicit connect under way */
  STATE_CONNECTING_PASSIVE, /* connect under way, query remembered */
  STATE_LOOKUP,             /* name lookup under way */
  STATE_READY,
  STATE_BUSY,
  STATE_BUSY_CLOSED,   /* query closed, answer still to come */
  STATE_ROW,           /* first of many rows held */
  STATE_BETWEEN,       /* row released, not polled since */
  STATE_ROWS_CLOSED,   /* query closed with rows unread */
  STATE_END,           /* EOF seen, query not closed */
  STATE_END_OK,        /* EOF of an answer without rows, query not closed */
  STATE_MORE,          /* EOF seen, another result announced */
  STATE_MORE_CLOSED,   /* the same, query closed */
  STATE_REFUSED,       /* server error, query not closed */
  STATE_REFUSED_CLOSED,
  STATE_BUFFERED_BUSY,
  STATE_BUFFERED_END,
  STATE_FAILED,        /* login refused */
  STATE_FAILED_PASSIVE,
  STATE_LOST,          /* ended by a read timeout, query not closed */
  STATE_COUNT
} test_state;

static inline const char *test_state_name(test_state state)
{
  static const char *const names[STATE_COUNT] = {
    "unused", "connecting", "connecting passively", "looking up", "ready", "busy", "busy, closed", "row held",
    "between rows", "rows unread, closed", "end of rows", "end without rows", "more results",
    "more results, closed", "refused", "refused, closed", "buffered, busy", "buffered, end", "failed",
    "failed passively", "lost"};

  return names[state];
}

/* Starts a query that keeps the server busy, and polls once. On a busy machine the answer may be there
 * already; then a longer one is tried. */
static inline void test_reach_busy(attachsql_connect_t *con)
{
  static const char *const queries[] = {"SELECT SLEEP(0.05)", "SELECT SLEEP(0.5)", "SELECT SLEEP(5)"};
  attachsql_return_t state = ATTACHSQL_RETURN_NONE;

  for (int i = 0; i < 3; i++)
  {
    test_query(con, queries[i]);
    state = attachsql_connect_poll(con, NULL);
    if (state == ATTACHSQL_RETURN_PROCESSING)
      break;
    attachsql_query_close(con);
    test_poll_good(con);
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_PROCESSING);
}

static inline attachsql_connect_t *test_reach(const test_server *server, test_state state)
{
  static const char *const rows = "SELECT n, REPEAT('r', 100) FROM " TEST_THOUSAND " WHERE n < 1000";
  attachsql_connect_t *con;
  uint32_t timeout = 20;

  switch (state)
  {
    case STATE_LOOKUP:
      con = attachsql_connect_create("localhost", test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
      CHECK(attachsql_connect(con, NULL));
      return con;
    case STATE_FAILED:
    case STATE_FAILED_PASSIVE:
      con = attachsql_connect_create(TEST_HOST, 1, "nobody at all", TEST_PASS, TEST_SCHEMA, NULL);
      if (state == STATE_FAILED)
        attachsql_connect(con, NULL);
      else
        attachsql_query(con, 8, "SELECT 1", 0, NULL, NULL);
      CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
      return con;
    default:
      con = test_create(server);
      break;
  }
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL));
  if (state == STATE_UNUSED)
    return con;
  if (state == STATE_CONNECTING)
  {
    CHECK(attachsql_connect(con, NULL));
    return con;
  }
  if (state == STATE_CONNECTING_PASSIVE)
  {
    test_query(con, "SELECT 'remembered'");
    return con;
  }
  test_login(con);
  switch (state)
  {
    case STATE_BUSY:
    case STATE_BUSY_CLOSED:
      test_reach_busy(con);
      break;
    case STATE_ROW:
    case STATE_BETWEEN:
    case STATE_ROWS_CLOSED:
      test_query(con, rows);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
      break;
    case STATE_END:
      test_query(con, "SELECT 1");
      CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
      break;
    case STATE_END_OK:
      test_query(con, "DO 1");
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      break;
    case STATE_MORE:
    case STATE_MORE_CLOSED:
      test_query(con, "SELECT 1; SELECT 2; DO 1");
      CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_EOF);
      break;
    case STATE_REFUSED:
    case STATE_REFUSED_CLOSED:
      test_query(con, "SELE");
      CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
      break;
    case STATE_BUFFERED_BUSY:
    case STATE_BUFFERED_END:
      CHECK(attachsql_query_buffer_rows(con, true));
      if (state == STATE_BUFFERED_BUSY)
      {
        test_reach_busy(con);
        break;
      }
      test_query(con, rows);
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      break;
    case STATE_LOST:
      CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_READ_TIMEOUT, &timeout));
      test_query(con, "SELECT SLEEP(1)");
      CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
      break;
    default:
      break;
  }
  if (state == STATE_BETWEEN)
    attachsql_query_row_next(con);
  if (state == STATE_BUSY_CLOSED || state == STATE_ROWS_CLOSED || state == STATE_MORE_CLOSED || state == STATE_REFUSED_CLOSED)
    attachsql_query_close(con);
  return con;
}

#endif
