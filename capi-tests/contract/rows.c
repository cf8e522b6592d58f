/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group ROW. Cells from 16 MiB up are in large.c.
 */
#include "../support/test.h"

static void reading(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_query_row_st *row, *again;

  TEST("ROW-2", "no row: before anything, while BUSY");
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 2051, "02000");
  test_query(con, "SELECT 'one' AS a, 1 AS b, 2.50 AS c, DATE '2024-02-29' AS d UNION ALL SELECT 'two', 2, NULL, NULL");
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 2051, "02000");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);

  TEST("ROW-1", "the same row each time");
  row = attachsql_query_row_get(con, &error);
  for (int i = 0; i < 5 && CHECK(row != NULL); i++)
  {
    again = attachsql_query_row_get(con, &error);
    CHECK_NO_ERROR(error);
    if (CHECK(again != NULL))
    {
      CHECK_BYTES(again[0].data, again[0].length, "one", 3);
      CHECK_BYTES(row[0].data, row[0].length, "one", 3);
    }
    attachsql_connect_poll(con, NULL);
  }

  TEST("ROW-4", "values in text form");
  if (row)
  {
    CHECK_BYTES(row[1].data, row[1].length, "1", 1);
    CHECK_BYTES(row[2].data, row[2].length, "2.50", 4);
    CHECK_BYTES(row[3].data, row[3].length, "2024-02-29", 10);
  }

  TEST("ROW-2 ROW-8", "between rows; row_next twice in a row");
  attachsql_query_row_next(con);
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 2051, "02000");
  attachsql_query_row_next(con);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  row = attachsql_query_row_get(con, &error);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[0].data, row[0].length, "two", 3);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);

  TEST("ROW-2 ROW-8", "after EOF, after query_close");
  for (int i = 0; i < 3; i++)
  {
    attachsql_query_row_next(con);
    CHECK(attachsql_query_row_get(con, &error) == NULL);
    CHECK_ERROR(error, 2051, "02000");
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  }
  attachsql_query_close(con);
  attachsql_query_row_next(con);
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 2051, "02000");
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("ROW-8", "before the first connect and the first result");
  con = test_create(server);
  attachsql_query_row_next(con);
  attachsql_query_row_next(con);
  test_query(con, "SELECT 'first' UNION ALL SELECT 'second'");
  attachsql_query_row_next(con);
  if (attachsql_connect_poll(con, NULL) != ATTACHSQL_RETURN_ROW_READY)
    attachsql_query_row_next(con);
  CHECK_UINT(test_read(con, NULL).rows, 2);
  attachsql_connect_destroy(con);

  TEST("ROW-7", "rows skipped without row_get");
  con = test_connect(server);
  test_query(con, "SELECT n FROM " TEST_THOUSAND " WHERE n < 1000 ORDER BY n");
  for (int i = 0; i < 999; i++)
  {
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_row_next(con);
  }
  CHECK_STR(test_first(con), "999");
  attachsql_connect_destroy(con);
}

static void nulls(const test_server *server)
{
  static const char query[] = "SELECT NULL, '', 'x', NULL, 0, REPEAT('y', 300), NULL";
  static const bool is_null[] = {true, false, false, true, false, false, true};
  static const size_t lengths[] = {0, 0, 1, 0, 1, 300, 0};
  attachsql_connect_t *con = test_connect(server);
  volatile unsigned first_bytes = 0;

  TEST("ROW-5 ROW-6", "NULL and '' look alike, cell_is_null tells them apart");
  CHECK(!attachsql_query_cell_is_null(NULL));
  for (int buffered = 0; buffered < 2; buffered++)
  {
    attachsql_query_row_st *row, copy;

    CHECK(attachsql_query_buffer_rows(con, buffered));
    test_query(con, query);
    test_poll_good(con);
    row = buffered ? attachsql_query_buffer_row_get(con) : attachsql_query_row_get(con, NULL);
    for (int i = 0; i < 7 && CHECK(row != NULL); i++)
    {
      CHECK_UINT(row[i].length, lengths[i]);
      CHECK(row[i].data != NULL);
      CHECK_INT(attachsql_query_cell_is_null(&row[i]), is_null[i]);
      copy = row[i];
      CHECK_INT(attachsql_query_cell_is_null(&copy), is_null[i]);
      /* Old programs look at the first byte whatever the length. */
      if (row[i].length == 0 && row[i].data)
        first_bytes += (unsigned)(unsigned char)row[i].data[0];
    }
    attachsql_query_close(con);
  }
  (void)first_bytes;
  attachsql_connect_destroy(con);
}

static void row_counts(const test_server *server)
{
  static const unsigned counts[] = {0, 1, 2, 100, 124, 125, 126, 127, 128, 129, 130, 250, 251, 252, 253, 254, 255, 256, 257, 258, 511, 512, 1000, 100000};
  attachsql_connect_t *con = test_connect(server);
  char text[2000];

  TEST("ROW-9 POLL-5", "results of many sizes");
  test_numbers(con, 100000);
  for (unsigned columns = 1; columns <= 3; columns++)
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    {
      static const char *const lists[] = {"n", "n, n + 1", "n, 'abc', REPEAT('d', 40)"};
      uint64_t row_number = 0;
      attachsql_return_t state;

      if (counts[i] == 100000 && columns == 2)
        continue;
      snprintf(text, sizeof text, "SELECT %s FROM numbers WHERE n < %u ORDER BY n", lists[columns - 1], counts[i]);
      test_query(con, text);
      while ((state = test_poll(con, NULL)) == ATTACHSQL_RETURN_ROW_READY)
      {
        attachsql_query_row_st *row = attachsql_query_row_get(con, NULL);
        char want[24];
        int length = snprintf(want, sizeof want, "%" PRIu64, row_number);

        if (!row || row[0].length != (size_t)length || memcmp(row[0].data, want, (size_t)length) != 0)
        {
          CHECK_UINT(row ? strtoull(row[0].data, NULL, 10) : 0, row_number);
          break;
        }
        row_number++;
        attachsql_query_row_next(con);
      }
      CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
      CHECK_UINT(row_number, counts[i]);
      attachsql_query_close(con);
    }
  attachsql_connect_destroy(con);
}

static void cell_lengths(const test_server *server)
{
  static const unsigned lengths[] = {0, 1, 2, 126, 127, 128, 129, 200, 249, 250, 251, 252, 253, 254, 255, 256, 257, 1000, 16383, 16384,
                                     65534, 65535, 65536, 65537, 1000000};
  attachsql_connect_t *con = test_connect(server);
  char text[300];

  TEST("ROW-10", "cells of many lengths, with the server's checksum");
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
  {
    attachsql_query_row_st *row;

    snprintf(text, sizeof text,
             "SELECT v, CRC32(v), 'after' FROM (SELECT LEFT(REPEAT('0123456789abcdefghijklm\\0\\n', %u), %u) AS v) AS t",
             lengths[i] / 20 + 1, lengths[i]);
    test_query(con, text);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    row = attachsql_query_row_get(con, NULL);
    if (CHECK(row != NULL))
    {
      char crc[16];

      snprintf(crc, sizeof crc, "%" PRIu32, test_crc(0, row[0].data, row[0].length));
      CHECK_UINT(row[0].length, lengths[i]);
      CHECK_BYTES(row[1].data, row[1].length, crc, strlen(crc));
      CHECK_BYTES(row[2].data, row[2].length, "after", 5);
    }
    attachsql_query_row_next(con);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    attachsql_query_close(con);
  }

  TEST("ROW-10", "as parameters, and back");
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
  {
    static char value[1000001];
    attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 0, false};
    attachsql_error_t *error = NULL;
    test_result result;

    for (unsigned j = 0; j < lengths[i]; j++)
      value[j] = "ab'c\\d"[(j * 7 + j / 11) % 6];
    parameter.data = value;
    parameter.length = lengths[i];
    CHECK(attachsql_query(con, 8, "SELECT ?", 1, &parameter, NULL));
    result = test_read(con, &error);
    CHECK_NO_ERROR(error);
    CHECK_UINT(result.bytes, lengths[i]);
    CHECK_UINT(result.crc, test_crc(0, value, lengths[i]));
    attachsql_query_close(con);
  }
  attachsql_connect_destroy(con);
}

static void many_columns(const test_server *server)
{
  static char text[1100 * 12];
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_row_st *row;

  TEST("ROW-9 ROW-10 COL-1", "1,000 columns");
  strcpy(text, "SELECT 0");
  for (unsigned i = 1; i < 1000; i++)
    sprintf(text + strlen(text), ",%u", i);
  test_query(con, text);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_query_column_count(con), 1000);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
    CHECK_BYTES(row[999].data, row[999].length, "999", 3);
  attachsql_connect_destroy(con);
}

/* EXP(1000) is out of range, and known to be so only when the server comes to that row. */
static void error_between_rows(const test_server *server)
{
  static const unsigned places[] = {0, 1, 2, 100, 5000};
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  char text[200];

  TEST("ROW-12 POLL-4 BUF-3", "an error in the middle of rows");
  test_numbers(con, 10000);
  for (int buffered = 0; buffered < 2; buffered++)
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    {
      test_result result;

      CHECK(attachsql_query_buffer_rows(con, buffered));
      snprintf(text, sizeof text, "SELECT n, EXP(IF(n < %u, 1, 1000)) FROM numbers ORDER BY n", places[i]);
      test_query(con, text);
      result = test_read(con, &error);
      CHECK_POLL(result.end, ATTACHSQL_RETURN_ERROR);
      CHECK_ERROR(error, 1690, "22003");
      if (!buffered)
        CHECK_UINT(result.rows, places[i]);
      CHECK(attachsql_query_row_get(con, NULL) == NULL);
      CHECK_UINT(attachsql_query_row_count(con), 0);
      CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
      CHECK_ERROR(error, 1690, "22003");
      CHECK_POLL(attachsql_query_next_result(con), ATTACHSQL_RETURN_EOF);
      attachsql_query_close(con);
      CHECK(attachsql_query_buffer_rows(con, false));
      test_works(con);
    }
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("rows", 240);
  EACH_SERVER(server)
  {
    reading(server);
    nulls(server);
    row_counts(server);
    cell_lengths(server);
    many_columns(server);
    error_between_rows(server);
  }
  return test_end();
}
