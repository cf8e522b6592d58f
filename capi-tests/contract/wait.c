/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group WAIT. Timeouts of a connection are in timeouts.c. A wait without limit that fails
 * to wake up is caught by the watch-dog.
 */
#include "../support/test.h"
#include "../support/states.h"

#define GARBAGE ((attachsql_error_t *)(uintptr_t)0x5a5a5a5a)

static void at_once(const test_server *server)
{
  static const test_state states[] = {STATE_UNUSED, STATE_READY, STATE_ROW, STATE_END, STATE_END_OK, STATE_MORE, STATE_MORE_CLOSED,
                                      STATE_REFUSED, STATE_REFUSED_CLOSED, STATE_BUFFERED_END, STATE_FAILED, STATE_FAILED_PASSIVE, STATE_LOST};

  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
  {
    attachsql_connect_t *con;
    attachsql_error_t *error = GARBAGE;

    TEST("WAIT-2", test_state_name(states[i]));
    con = test_reach(server, states[i]);
    CHECK(attachsql_connect_wait(con, -1, &error));
    CHECK(attachsql_connect_wait(con, 0, &error));
    CHECK(attachsql_connect_wait(con, 100000, &error));
    CHECK(attachsql_connect_wait(con, -1, NULL));
    CHECK(error == GARBAGE);
    attachsql_connect_destroy(con);
  }
}

static void limits(const test_server *server)
{
  static const int times[] = {0, 1, 100};
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = GARBAGE;

  TEST("WAIT-3", "the time runs out");
  test_query(con, "SELECT SLEEP(2)");
  for (size_t i = 0; i < sizeof times / sizeof *times; i++)
  {
    unsigned too_early = 0;
    uint64_t start;

    do
    {
      CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_PROCESSING);
      start = test_now();
    } while (attachsql_connect_wait(con, times[i], &error) && ++too_early < 20);
    CHECK(too_early < 20);
    CHECK(error == GARBAGE);
    CHECK(test_now() - start + 20 >= (uint64_t)times[i]);
    CHECK(test_now() - start < (uint64_t)times[i] + 1000 * test_patience());
  }
  attachsql_connect_destroy(con);
}

/* Polls with a wait without limit whenever there is nothing to report. */
static attachsql_return_t poll_and_wait(attachsql_connect_t *con, unsigned *polls)
{
  attachsql_return_t state;

  for (*polls = 1; (state = attachsql_connect_poll(con, NULL)) == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING; ++*polls)
    CHECK(attachsql_connect_wait(con, -1, NULL));
  return state;
}

static void sleeping(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  unsigned polls;
  uint64_t start = test_now();

  TEST("WAIT-1", "through a second of work, with few polls");
  test_query(con, "SELECT SLEEP(1)");
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ROW_READY);
  CHECK(test_now() - start >= 900);
  CHECK(polls < 100);
  attachsql_connect_destroy(con);

  TEST("WAIT-1", "through a name lookup");
  con = attachsql_connect_create("localhost", test_port(server), TEST_USER, TEST_PASS, TEST_SCHEMA, NULL);
  test_query(con, "SELECT 1");
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ROW_READY);
  CHECK(polls < 1000);
  attachsql_connect_destroy(con);
  con = attachsql_connect_create("no-such-host.invalid", 3306, "u", "p", "", NULL);
  CHECK(attachsql_connect(con, NULL));
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ERROR);
  attachsql_connect_destroy(con);

  TEST("WAIT-1", "until a refusal");
  con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "", NULL);
  attachsql_connect(con, NULL);
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ERROR);
  attachsql_connect_destroy(con);
}

/* Whatever has been received already must not be slept over. */
static void nothing_is_slept_over(const test_server *server)
{
  static const unsigned counts[] = {0, 1, 2, 10, 1000, 20000};
  attachsql_connect_t *con = test_create(server);
  unsigned polls;
  char text[2000];

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_login(con);
  TEST("WAIT-1 WAIT-5", "results of many sizes, streamed and buffered");
  for (int buffered = 0; buffered < 2; buffered++)
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    {
      uint64_t rows = 0;
      attachsql_return_t state;

      CHECK(attachsql_query_buffer_rows(con, buffered));
      snprintf(text, sizeof text, "SELECT n, REPEAT('w', n %% 300) FROM " TEST_NUMBERS " WHERE n < %u", counts[i]);
      test_query(con, text);
      while ((state = poll_and_wait(con, &polls)) == ATTACHSQL_RETURN_ROW_READY)
      {
        rows++;
        CHECK(attachsql_connect_wait(con, -1, NULL));
        CHECK(attachsql_query_row_get(con, NULL) != NULL);
        attachsql_query_row_next(con);
        CHECK(attachsql_connect_wait(con, -1, NULL));
      }
      CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
      CHECK_UINT(buffered ? attachsql_query_row_count(con) : rows, counts[i]);
      attachsql_query_close(con);
    }
  CHECK(attachsql_query_buffer_rows(con, false));

  TEST("WAIT-1 NEXT-1", "results that came together");
  test_query(con, "SELECT 1; SELECT 2; DO 1; SELECT 3");
  for (int result = 0; result < 4; result++)
  {
    CHECK_POLL(poll_and_wait(con, &polls), result == 2 ? ATTACHSQL_RETURN_EOF : ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_row_next(con);
    CHECK(attachsql_connect_wait(con, -1, NULL));
    CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_EOF);
    CHECK_POLL(attachsql_query_next_result(con), result == 3 ? ATTACHSQL_RETURN_EOF : ATTACHSQL_RETURN_PROCESSING);
    CHECK(attachsql_connect_wait(con, -1, NULL));
  }
  attachsql_query_close(con);

  TEST("WAIT-1 QRY-9", "abandoned answers in front of the one that is awaited");
  for (int i = 0; i < 5; i++)
  {
    test_query(con, i % 2 ? "SELECT SLEEP(0.1)" : "SELECT n, REPEAT('w', 100) FROM " TEST_NUMBERS " WHERE n < 3000");
    if (i >= 2)
      poll_and_wait(con, &polls);
    attachsql_query_close(con);
    CHECK(attachsql_connect_wait(con, -1, NULL));
    if (i == 3)
      CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_EOF);
    test_query(con, "SELECT 'mine'");
    CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ROW_READY);
    CHECK_STR(test_first(con), "mine");
    attachsql_query_close(con);
  }

  TEST("WAIT-5", "waiting and waiting again, then polling");
  test_query(con, "SELECT 'same' UNION ALL SELECT 'other'");
  for (int i = 0; i < 50; i++)
    attachsql_connect_wait(con, 10, NULL);
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ROW_READY);
  CHECK_STR(test_first(con), "same");
  attachsql_connect_destroy(con);
}

/* A text that does not fit the socket's buffers: the wait is for writing then. */
static void large_text(const test_server *server)
{
  size_t size = 32u << 20;
  char *text = (char *)malloc(size);
  attachsql_connect_t *con = test_connect(server);
  unsigned polls;

  if (!text)
    test_fatal("malloc", "");
  TEST("WAIT-1 QRY-11", "while a large query is being sent");
  memset(text, ' ', size);
  memcpy(text, "SELECT 'sent'", 13);
  CHECK(attachsql_query(con, size, text, 0, NULL, NULL));
  free(text);
  CHECK_POLL(poll_and_wait(con, &polls), ATTACHSQL_RETURN_ROW_READY);
  CHECK_STR(test_first(con), "sent");
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("wait", 120);
  EACH_SERVER(server)
  {
    at_once(server);
    limits(server);
    sleeping(server);
    nothing_is_slept_over(server);
    large_text(server);
  }
  return test_end();
}
