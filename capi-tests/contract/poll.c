/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group POLL. What a made-up server shows of it is in login.c, broken connections are in
 * signals.c, memory in memory.c.
 */
#include "../support/test.h"

static void sticky(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL, *again = NULL;
  attachsql_query_row_st *row;

  TEST("POLL-2", "ROW_READY is repeated for the same row, no data are lost");
  test_query(con, "SELECT n FROM " TEST_THOUSAND " WHERE n < 3 ORDER BY n");
  for (int i = 0; i < 3; i++)
  {
    char want = (char)('0' + i);

    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    for (int j = 0; j < 20; j++)
      CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
    CHECK_NO_ERROR(error);
    row = attachsql_query_row_get(con, NULL);
    if (CHECK(row != NULL))
      CHECK_BYTES(row[0].data, row[0].length, &want, 1);
    for (int j = 0; j < 20; j++)
      CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_row_next(con);
  }

  TEST("POLL-3", "EOF is repeated, also after query_close");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int j = 0; j < 20; j++)
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  for (int j = 0; j < 5; j++)
    CHECK_POLL(attachsql_connect_poll(con, &error), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);

  TEST("POLL-4 CONV-4 ERR-7", "ERROR is repeated with a new object");
  test_query(con, "SELECT * FROM no_such_table");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  for (int j = 0; j < 5; j++)
  {
    CHECK_POLL(attachsql_connect_poll(con, &again), ATTACHSQL_RETURN_ERROR);
    if (CHECK(error && again && again != error))
      CHECK_STR(attachsql_error_message(again), attachsql_error_message(error));
    CHECK_ERROR(again, 1146, "42S02");
  }
  CHECK_ERROR(error, 1146, "42S02");

  TEST("POLL-4 QRY-5", "until the next command");
  attachsql_query_close(con);
  test_query(con, "SELECT 1");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);

  TEST("POLL-4 CONV-12", "for ever on a connection that failed");
  con = attachsql_connect_create(TEST_HOST, test_port(server), TEST_USER, "wrong", "", NULL);
  attachsql_connect(con, NULL);
  for (int j = 0; j < 5; j++)
  {
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 1045, "28000");
    attachsql_query_close(con);
    CHECK(!attachsql_connect(con, &error));
    CHECK_ERROR(error, 1045, "28000");
  }
  attachsql_connect_destroy(con);
}

static void sequences(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("POLL-8", "a query without rows");
  test_query(con, "DO 1");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);

  TEST("POLL-8 COL-1", "an empty result has its columns");
  test_query(con, "SELECT 1 AS a, 2 AS b FROM " TEST_THOUSAND " WHERE n < 0");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 2);
  CHECK(attachsql_query_column_get(con, 2) != NULL);
  attachsql_query_close(con);

  TEST("POLL-8", "a query the server refuses");
  test_query(con, "SELE");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  attachsql_query_close(con);

  TEST("POLL-8", "buffered mode");
  CHECK(attachsql_query_buffer_rows(con, true));
  test_query(con, "SELECT n FROM " TEST_THOUSAND " WHERE n < 3");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);

  TEST("POLL-8 NEXT-1", "two results, passive connect");
  con = test_create(server);
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_query(con, "SELECT 1; SELECT 2");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

/* Rows of about 100 KiB do not arrive in one piece; nothing but PROCESSING may come between. */
static void rows_in_pieces(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_return_t state;
  unsigned rows = 0;

  TEST("POLL-5 POLL-7", "between rows that arrive in pieces, polled without waiting");
  test_query(con, "SELECT n, REPEAT(CHAR(65 + n % 26), 100000) FROM " TEST_THOUSAND " WHERE n < 200 ORDER BY n");
  do
  {
    state = attachsql_connect_poll(con, NULL);
    if (state == ATTACHSQL_RETURN_ROW_READY)
    {
      attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);
      char want[16];

      snprintf(want, sizeof want, "%u", rows);
      if (CHECK(row != NULL))
      {
        CHECK_BYTES(row[0].data, row[0].length, want, strlen(want));
        CHECK_UINT(row[1].length, 100000);
        CHECK_INT(row[1].data[0], (int)('A' + rows % 26));
        CHECK_INT(row[1].data[99999], (int)('A' + rows % 26));
      }
      rows++;
      attachsql_query_row_next(con);
    }
    CHECK(state == ATTACHSQL_RETURN_PROCESSING || state == ATTACHSQL_RETURN_ROW_READY || rows == 200);
  } while (state == ATTACHSQL_RETURN_PROCESSING || state == ATTACHSQL_RETURN_ROW_READY);
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK_UINT(rows, 200);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

/* A semi-blocking poll waits for the socket. Its loop then needs few polls; how many is not
 * promised, but a busy loop through a sleep of a second would need thousands. */
static void semi_blocking(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_return_t state;
  unsigned polls = 0;
  uint64_t start;

  TEST("POLL-9 OPT-4", "SEMI_BLOCKING set before connecting");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
  test_query(con, "SELECT SLEEP(1)");
  start = test_now();
  while ((state = attachsql_connect_poll(con, NULL)) == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING)
    polls++;
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  CHECK(polls < 1000);
  CHECK(test_now() - start >= 900);
  attachsql_query_close(con);

  TEST("POLL-9", "results of all sizes, polled in a bare loop");
  for (unsigned count = 1; count <= 10000; count *= 10)
  {
    char text[1500];
    uint64_t rows = 0;

    snprintf(text, sizeof text, "SELECT n, REPEAT('s', 50) FROM " TEST_NUMBERS " WHERE n < %u", count);
    test_query(con, text);
    while ((state = attachsql_connect_poll(con, NULL)) == ATTACHSQL_RETURN_PROCESSING || state == ATTACHSQL_RETURN_ROW_READY)
      if (state == ATTACHSQL_RETURN_ROW_READY)
      {
        rows++;
        attachsql_query_row_next(con);
      }
    CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
    CHECK_UINT(rows, count);
    attachsql_query_close(con);
  }

  TEST("POLL-9", "closed while rows are unread, then the next query");
  test_query(con, "SELECT n FROM " TEST_NUMBERS);
  while (attachsql_connect_poll(con, NULL) == ATTACHSQL_RETURN_PROCESSING)
    continue;
  attachsql_query_close(con);
  test_query(con, "SELECT 'next'");
  while ((state = attachsql_connect_poll(con, NULL)) == ATTACHSQL_RETURN_PROCESSING)
    continue;
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  attachsql_connect_destroy(con);

  TEST("OPT-4 POLL-9", "SEMI_BLOCKING set on a live connection");
  con = test_connect(server);
  test_query(con, "SELECT SLEEP(1)");
  CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL));
  for (polls = 0; (state = attachsql_connect_poll(con, NULL)) == ATTACHSQL_RETURN_PROCESSING; polls++)
    continue;
  CHECK_POLL(state, ATTACHSQL_RETURN_ROW_READY);
  CHECK(polls < 1000);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("poll", 120);
  EACH_SERVER(server)
  {
    sticky(server);
    sequences(server);
    rows_in_pieces(server);
    semi_blocking(server);
  }
  return test_end();
}
