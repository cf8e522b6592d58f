/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CELL: many rows of a statement handle in one call.
 */
#include "../support/test.h"
#include "../support/statements.h"

#define COLUMNS 4
#define MOST 200
#define ROWS                                                                                     \
  "SELECT n, IF(n % 3 = 0, NULL, n), REPEAT('x', n % 300), "                                      \
  "TIMESTAMP '2001-02-03 04:05:06' + INTERVAL n SECOND FROM " TEST_THOUSAND " ORDER BY n"

/* A row of ROWS with the number n, whose first `columns` values are here. */
static bool is_row(const attachsql_cell_st *cells, int64_t n, unsigned columns)
{
  bool good = cells[0].type == ATTACHSQL_CELL_TYPE_INTEGER && cells[0].value.integer == n;

  if (columns > 1 && n % 3 == 0)
    good = good && cells[1].type == ATTACHSQL_CELL_TYPE_NULL && !cells[1].data && cells[1].length == 0;
  else if (columns > 1)
    good = good && cells[1].type == ATTACHSQL_CELL_TYPE_INTEGER && cells[1].value.integer == n;
  if (columns > 2)
  {
    good = good && cells[2].type == ATTACHSQL_CELL_TYPE_TEXT && cells[2].length == (size_t)n % 300;
    for (size_t i = 0; good && i < cells[2].length; i++)
      good = cells[2].data[i] == 'x';
  }
  if (columns > 3)
    good = good && cells[3].type == ATTACHSQL_CELL_TYPE_DATETIME && cells[3].value.time.year == 2001 &&
           cells[3].value.time.minute == (uint8_t)((5 + (6 + n) / 60) % 60) &&
           cells[3].value.time.second == (uint8_t)((6 + n) % 60);
  return good;
}

/* Reads all rows, `most` at a time and `columns` of each; in how many batches. */
static unsigned batches(attachsql_stmt_t *stmt, size_t most, uint16_t columns)
{
  attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
  static attachsql_cell_st cells[MOST * (COLUMNS + 1)];
  uint16_t width = columns < COLUMNS ? columns : COLUMNS;
  attachsql_error_t *error = NULL;
  unsigned count = 0;
  int64_t next = 0;

  CHECK(attachsql_stmt_execute(stmt, NULL));
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    size_t rows = attachsql_stmt_rows_cells(stmt, most, columns, columns ? cells : NULL, &error);

    CHECK_NO_ERROR(error);
    if (!CHECK(rows > 0 && rows <= most))
      break;
    /* A poll in between changes nothing. */
    if (count % 5 == 0)
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    for (size_t i = 0; i < rows && columns; i++)
      CHECK(is_row(cells + i * width, next + (int64_t)i, width));
    next += (int64_t)rows;
    count++;
    attachsql_stmt_row_next(stmt);
  }
  CHECK_INT(next, 1000);
  CHECK_UINT(attachsql_query_column_count(con), COLUMNS);
  return count;
}

static void sizes(attachsql_connect_t *con)
{
  attachsql_stmt_t *stmt = test_stmt(con, ROWS);

  TEST("CELL-5", "as many as asked for, at most; all of them, in order");
  CHECK_UINT(batches(stmt, 1, COLUMNS), 1000);
  CHECK(batches(stmt, 7, COLUMNS) >= 143);
  /* They come by the buffer, not one by one. */
  CHECK(batches(stmt, MOST, COLUMNS) < 500);
  TEST("CELL-5", "fewer columns than there are, more, and none");
  batches(stmt, MOST, 1);
  batches(stmt, MOST, 3);
  batches(stmt, MOST, COLUMNS + 1);
  batches(stmt, MOST, 0);
  attachsql_stmt_destroy(stmt);
}

static void refused(attachsql_connect_t *con)
{
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, NULL), *other;
  attachsql_error_t *error = NULL;
  attachsql_cell_st cells[COLUMNS * 3];
  int64_t value = -5;
  size_t rows;

  TEST("CELL-5", "what is refused");
  CHECK_UINT(attachsql_stmt_rows_cells(NULL, 3, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_stmt_rows_cells(stmt, 3, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt(con, ROWS);
  other = test_stmt(con, "SELECT 1");
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  CHECK_UINT(attachsql_stmt_rows_cells(other, 3, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  CHECK_UINT(attachsql_stmt_rows_cells(stmt, 0, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_stmt_rows_cells(stmt, 3, COLUMNS, NULL, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_stmt_rows_cells(stmt, 3, COLUMNS, NULL, NULL), 0);

  TEST("CELL-5", "no other way to the values");
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_INT(attachsql_stmt_get_bigint(stmt, 0, &value), ATTACHSQL_VALUE_OK);
  CHECK_INT(value, 0);
  rows = attachsql_stmt_rows_cells(stmt, 3, COLUMNS, cells, &error);
  CHECK(rows >= 1 && rows <= 3);
  CHECK(is_row(cells, 0, COLUMNS));
  CHECK_INT(attachsql_stmt_get_bigint(stmt, 0, &value), ATTACHSQL_VALUE_NONE);
  CHECK(!attachsql_stmt_is_null(stmt, 1));
  CHECK(!attachsql_stmt_row_get(stmt, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK_UINT(attachsql_stmt_row_cells(stmt, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  CHECK_UINT(attachsql_stmt_rows_cells(stmt, 3, COLUMNS, cells, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  CHECK(is_row(cells, 0, COLUMNS));
  attachsql_stmt_row_next(stmt);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_INT(attachsql_stmt_get_bigint(stmt, 0, &value), ATTACHSQL_VALUE_OK);
  CHECK_INT(value, (int64_t)rows);

  TEST("CELL-5", "closed in the midst");
  CHECK(attachsql_stmt_rows_cells(stmt, 3, COLUMNS, cells, NULL) >= 1);
  attachsql_query_close(con);
  attachsql_stmt_destroy(other);
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_stmt_rows_cells(stmt, 2, COLUMNS, cells, NULL) >= 1);
  attachsql_stmt_destroy(stmt);
  test_works(con);
}

static void large(attachsql_connect_t *con)
{
  attachsql_stmt_t *stmt = test_stmt(con, "SELECT n, REPEAT(CHAR(97 + n % 26), n * 700) FROM " TEST_THOUSAND
                                          " WHERE n < 250 ORDER BY n DESC");
  attachsql_cell_st cells[100 * 2];
  int64_t next = 249;

  TEST("CELL-5", "rows of every length, longer than buffers too");
  CHECK(attachsql_stmt_execute(stmt, NULL));
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    size_t rows = attachsql_stmt_rows_cells(stmt, 100, 2, cells, NULL);

    for (size_t i = 0; i < rows; i++, next--)
    {
      const attachsql_cell_st *cell = &cells[2 * i];

      CHECK_INT(cell->value.integer, next);
      CHECK_UINT(cell[1].length, (size_t)next * 700);
      if (cell[1].length > 0)
        CHECK(cell[1].data[0] == 'a' + next % 26 && cell[1].data[cell[1].length - 1] == 'a' + next % 26);
    }
    attachsql_stmt_row_next(stmt);
  }
  CHECK_INT(next, -1);
  attachsql_stmt_destroy(stmt);
}

static void fails(attachsql_connect_t *con)
{
  attachsql_stmt_t *stmt = test_stmt(con, "SELECT n, 9223372036854775000 + n FROM " TEST_THOUSAND " ORDER BY n");
  attachsql_error_t *error = NULL;
  attachsql_cell_st cells[100 * 2];
  attachsql_return_t news;
  size_t rows = 0;

  TEST("CELL-5", "the error of a later row is told when its turn comes");
  CHECK(attachsql_stmt_execute(stmt, NULL));
  while ((news = test_poll(con, &error)) == ATTACHSQL_RETURN_ROW_READY)
  {
    rows += attachsql_stmt_rows_cells(stmt, 100, 2, cells, NULL);
    attachsql_stmt_row_next(stmt);
  }
  CHECK_POLL(news, ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1690, "22003");
  /* Those before it, if the server has sent them. */
  CHECK(rows == 0 || rows == 808);
  attachsql_stmt_destroy(stmt);
}

static void cursor(attachsql_connect_t *con)
{
  attachsql_stmt_t *stmt = test_stmt(con, ROWS);
  attachsql_cell_st cells[50 * COLUMNS];
  int64_t next = 0;

  TEST("CELL-5 CUR-1", "of a cursor");
  CHECK(attachsql_stmt_set_fetch_size(stmt, 90, NULL));
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_EOF));
  while (attachsql_stmt_has_more(stmt))
  {
    CHECK(attachsql_stmt_fetch(stmt, NULL));
    while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
    {
      size_t rows = attachsql_stmt_rows_cells(stmt, 50, COLUMNS, cells, NULL);

      for (size_t i = 0; i < rows; i++, next++)
        CHECK(is_row(cells + i * COLUMNS, next, COLUMNS));
      attachsql_stmt_row_next(stmt);
    }
  }
  CHECK_INT(next, 1000);
  attachsql_stmt_destroy(stmt);
}

static void count_rows(void *context, const attachsql_trace_st *trace)
{
  if (trace->event == ATTACHSQL_TRACE_DONE)
    *(uint64_t *)context = trace->rows;
}

static void ways(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_stmt_t *stmt;
  uint64_t rows = 0;
  uint32_t on = 1, most = 400;

  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMPRESS, NULL));
  sizes(test_login(con));
  attachsql_connect_destroy(con);
  if (server->has_tls)
  {
    con = test_create(server);
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_SSL_NO_VERIFY, NULL));
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_TLS, &on));
    sizes(test_login(con));
    attachsql_connect_destroy(con);
  }

  TEST("CELL-5 TRC-3", "all rows are counted");
  con = test_create(server);
  CHECK(attachsql_connect_set_trace(con, count_rows, &rows, NULL));
  stmt = test_stmt(test_login(con), ROWS);
  batches(stmt, MOST, COLUMNS);
  CHECK_UINT(rows, 1000);
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);

  TEST("CELL-5", "a bound of rows holds");
  con = test_create(server);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_MAX_ROW, &most));
  sizes(test_login(con));
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("stmt_rows", 120);
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);

    sizes(con);
    refused(con);
    large(con);
    fails(con);
    cursor(con);
    attachsql_connect_destroy(con);
    ways(server);
  }
  return test_end();
}
