/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group BUF.
 */
#include "../support/test.h"

#define SOME "SELECT n, CONCAT('row ', n) FROM " TEST_THOUSAND " WHERE n < 500 ORDER BY n"

/* Whether this is row number `number` of SOME. */
static bool is_row(attachsql_query_row_st *row, unsigned number)
{
  char digits[16], text[24];

  snprintf(digits, sizeof digits, "%u", number);
  snprintf(text, sizeof text, "row %u", number);
  return row && row[0].length == strlen(digits) && memcmp(row[0].data, digits, row[0].length) == 0 &&
         row[1].length == strlen(text) && memcmp(row[1].data, text, row[1].length) == 0;
}

static void buffering(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;
  attachsql_return_t state;

  TEST("BUF-1 BUF-3", "before connecting; a passive query");
  CHECK(attachsql_query_buffer_rows(con, true));
  CHECK_UINT(attachsql_query_row_count(con), 0);
  CHECK(attachsql_query_buffer_row_get(con) == NULL);
  CHECK(attachsql_query_row_get_offset(con, 0) == NULL);
  test_query(con, SOME);
  CHECK(!attachsql_query_buffer_rows(con, false));
  CHECK(!attachsql_query_buffer_rows(con, true));

  TEST("BUF-2 POLL-8", "no ROW_READY, no row_get, no row_next");
  while ((state = attachsql_connect_poll(con, &error)) == ATTACHSQL_RETURN_CONNECTING || state == ATTACHSQL_RETURN_PROCESSING)
  {
    CHECK_UINT(attachsql_query_row_count(con), 0);
    CHECK(attachsql_query_row_get(con, &error) == NULL);
    CHECK_ERROR(error, 3001, "42000");
    attachsql_query_row_next(con);
    attachsql_connect_wait(con, 100, NULL);
  }
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 3001, "42000");
  attachsql_query_row_next(con);
  attachsql_query_row_next(con);

  TEST("BUF-3", "the count after EOF");
  CHECK_UINT(attachsql_query_row_count(con), 500);
  CHECK_UINT(attachsql_query_column_count(con), 2);

  TEST("BUF-5", "by number, in any order; the position stays");
  for (unsigned i = 0; i < 1000; i++)
  {
    unsigned number = i * 7919 % 500;

    if (!is_row(attachsql_query_row_get_offset(con, number), number))
    {
      CHECK_UINT(number, UINT64_MAX);
      break;
    }
  }
  CHECK(attachsql_query_row_get_offset(con, 500) == NULL);
  CHECK(attachsql_query_row_get_offset(con, UINT64_MAX) == NULL);

  TEST("BUF-4 BUF-5", "one after the other, from the first");
  for (unsigned i = 0; i < 500; i++)
  {
    CHECK(is_row(attachsql_query_buffer_row_get(con), i));
    CHECK(is_row(attachsql_query_row_get_offset(con, 499 - i), 499 - i));
  }
  for (int i = 0; i < 3; i++)
    CHECK(attachsql_query_buffer_row_get(con) == NULL);
  CHECK(is_row(attachsql_query_row_get_offset(con, 0), 0));
  attachsql_query_close(con);

  TEST("BUF-6 BUF-3", "nothing left after query_close");
  CHECK_UINT(attachsql_query_row_count(con), 0);
  CHECK(attachsql_query_buffer_row_get(con) == NULL);
  CHECK(attachsql_query_row_get_offset(con, 0) == NULL);

  TEST("BUF-1", "the mode stays, and ends when it is switched off");
  test_query(con, SOME);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 500);
  CHECK(!attachsql_query_buffer_rows(con, false));
  attachsql_query_close(con);
  CHECK(attachsql_query_buffer_rows(con, false));
  test_query(con, SOME);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_query_buffer_row_get(con) == NULL);
  CHECK(attachsql_query_row_get_offset(con, 0) == NULL);
  CHECK_UINT(test_read(con, NULL).rows, 500);
  CHECK_UINT(attachsql_query_row_count(con), 0);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

/* Every row of a result of 30 MB is kept as a pointer and compared when all have arrived, and rows
 * are taken while others are still on their way. */
static void stable(const test_server *server)
{
  static attachsql_query_row_st *rows[3000];
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_row_st *row;
  attachsql_return_t state;
  unsigned taken = 0, wrong = 0;

  TEST("BUF-4 BUF-6", "rows taken while others arrive stay what and where they are");
  CHECK(attachsql_query_buffer_rows(con, true));
  test_query(con, "SELECT n, REPEAT(CHAR(65 + n % 26), 10000) FROM " TEST_NUMBERS " WHERE n < 3000 ORDER BY n");
  do
  {
    state = attachsql_connect_poll(con, NULL);
    while (taken < 3000 && (row = attachsql_query_buffer_row_get(con)) != NULL)
      rows[taken++] = row;
    attachsql_connect_wait(con, 100, NULL);
  } while (state == ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  while (taken < 3000 && (row = attachsql_query_buffer_row_get(con)) != NULL)
    rows[taken++] = row;
  CHECK_UINT(taken, 3000);
  CHECK_UINT(attachsql_query_row_count(con), 3000);
  for (unsigned i = 0; i < taken; i++)
  {
    char want[16];

    snprintf(want, sizeof want, "%u", i);
    if (rows[i] != attachsql_query_row_get_offset(con, i) || rows[i][0].length != strlen(want) ||
        memcmp(rows[i][0].data, want, strlen(want)) != 0 || rows[i][1].length != 10000 ||
        rows[i][1].data[0] != (char)('A' + i % 26) || rows[i][1].data[9999] != (char)('A' + i % 26))
      wrong++;
  }
  CHECK_UINT(wrong, 0);
  attachsql_query_close(con);

  TEST("BUF-6 ROW-10", "large and small rows together");
  test_query(con, "SELECT IF(n % 3 = 0, REPEAT('l', 3000000 + n), n) FROM " TEST_THOUSAND " WHERE n < 10 ORDER BY n");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (unsigned i = 0; i < 10; i++)
  {
    row = attachsql_query_row_get_offset(con, i);
    if (CHECK(row != NULL))
    {
      CHECK_UINT(row[0].length, i % 3 == 0 ? 3000000 + i : 1);
      CHECK_INT(row[0].data[row[0].length - 1], i % 3 == 0 ? 'l' : (int)('0' + i));
    }
  }
  attachsql_connect_destroy(con);
}

static void again_and_again(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  test_login(con);
  TEST("BUF-7", "several buffered queries");
  CHECK(attachsql_query_buffer_rows(con, true));
  for (int i = 0; i < 20; i++)
  {
    test_query(con, SOME);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_row_count(con), 500);
    CHECK(is_row(attachsql_query_buffer_row_get(con), 0));
    CHECK(is_row(attachsql_query_row_get_offset(con, 499), 499));
    attachsql_query_close(con);
  }

  TEST("BUF-7 NEXT-3", "several results, with and without query_close");
  for (int close_between = 0; close_between < 2; close_between++)
  {
    test_query(con, "SELECT 'a', 'b' UNION ALL SELECT 'c', 'd'; DO 1; SELECT 'e'; SELECT 1 FROM " TEST_THOUSAND " WHERE n < 0");
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_row_count(con), 2);
    CHECK(attachsql_query_buffer_row_get(con) != NULL);
    if (close_between)
      attachsql_query_close(con);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_row_count(con), 0);
    CHECK(attachsql_query_buffer_row_get(con) == NULL);
    if (close_between)
      attachsql_query_close(con);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_row_count(con), 1);
    if (CHECK(attachsql_query_row_get_offset(con, 0) != NULL))
      CHECK_BYTES(attachsql_query_row_get_offset(con, 0)[0].data, attachsql_query_row_get_offset(con, 0)[0].length, "e", 1);
    CHECK(attachsql_query_buffer_row_get(con) != NULL);
    CHECK(attachsql_query_buffer_row_get(con) == NULL);
    CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_PROCESSING);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    CHECK_UINT(attachsql_query_row_count(con), 0);
    CHECK_UINT(attachsql_query_column_count(con), 1);
    attachsql_query_close(con);
  }

  TEST("BUF-7 QRY-9", "abandoned in the middle");
  test_query(con, "SELECT n, REPEAT('x', 1000) FROM " TEST_NUMBERS " WHERE n < 20000");
  for (int i = 0; i < 3; i++)
  {
    attachsql_connect_poll(con, NULL);
    attachsql_connect_wait(con, 1000, NULL);
  }
  attachsql_query_close(con);
  CHECK_UINT(attachsql_query_row_count(con), 0);
  CHECK(attachsql_query_buffer_row_get(con) == NULL);
  test_query(con, SOME);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 500);
  CHECK(is_row(attachsql_query_row_get_offset(con, 250), 250));
  attachsql_query_close(con);

  TEST("BUF-3", "100,000 rows");
  test_query(con, "SELECT n, n FROM " TEST_NUMBERS);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_row_count(con), 100000);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("buffered", 120);
  EACH_SERVER(server)
  {
    buffering(server);
    stable(server);
    again_and_again(server);
  }
  return test_end();
}
