/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group BIND: the parameters of prepared statements.
 */
#include "../support/test.h"
#include "../support/statements.h"

/* Executes and gets the row. */
static void run(attachsql_connect_t *con)
{
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
}

/* Every setter, with a number that there is not. */
static void all_refused(attachsql_connect_t *con, uint16_t param)
{
  attachsql_error_t *error = NULL;

  CHECK(!attachsql_statement_set_int(con, param, 1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_unsigned_int(con, param, 1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_bigint(con, param, 1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_unsigned_bigint(con, param, 1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_double(con, param, 1, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_string(con, param, 1, "x", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_binary(con, param, 1, "x", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_null(con, param, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_datetime(con, param, 2001, 2, 3, 4, 5, 6, 7, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_time(con, param, 1, 2, 3, 4, false, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_null(con, param, NULL));
}

static void which(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("BIND-1", "no statement, not prepared yet, beyond the last one");
  all_refused(NULL, 0);
  all_refused(con, 0);
  CHECK(attachsql_statement_prepare(con, 11, "SELECT ?, ?", NULL));
  all_refused(con, 0);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  all_refused(con, 2);
  all_refused(con, 65535);

  TEST("BIND-2", "what is not set is NULL");
  run(con);
  CHECK_STR(test_text(con, 0), "(null)");
  CHECK_STR(test_text(con, 1), "(null)");

  TEST("BIND-1", "set while a row is held, and while the answer is awaited");
  CHECK(attachsql_statement_set_int(con, 1, 5, NULL));
  CHECK_STR(test_text(con, 1), "(null)");
  attachsql_statement_row_next(con);
  CHECK(attachsql_statement_execute(con, NULL));
  CHECK(attachsql_statement_set_int(con, 1, 6, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_INT(attachsql_statement_get_bigint(con, 1, NULL), 5);

  TEST("BIND-3 BIND-2", "values stay, and one changes");
  run(con);
  CHECK_INT(attachsql_statement_get_bigint(con, 1, NULL), 6);
  CHECK(attachsql_statement_set_double(con, 0, 0.5, NULL));
  run(con);
  CHECK_STR(test_text(con, 0), "0.500000");
  CHECK_INT(attachsql_statement_get_bigint(con, 1, NULL), 6);
  CHECK(attachsql_statement_set_null(con, 1, NULL));
  run(con);
  CHECK_STR(test_text(con, 0), "0.500000");
  CHECK_STR(test_text(con, 1), "(null)");
  attachsql_statement_close(con);
  all_refused(con, 0);
  attachsql_connect_destroy(con);
}

static void types(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("BIND-4", "numbers at their limits");
  CHECK(test_prepare(con, "SELECT CONCAT(?), CONCAT(?), CONCAT(?), CAST(? AS UNSIGNED), ? = 0.1e0, ? + 0e0"));
  CHECK(attachsql_statement_set_int(con, 0, INT32_MIN, &error));
  CHECK(attachsql_statement_set_unsigned_int(con, 1, UINT32_MAX, &error));
  CHECK(attachsql_statement_set_bigint(con, 2, INT64_MIN, &error));
  CHECK(attachsql_statement_set_unsigned_bigint(con, 3, UINT64_MAX, &error));
  CHECK(attachsql_statement_set_double(con, 4, 0.1, &error));
  CHECK(attachsql_statement_set_double(con, 5, -1e300, &error));
  CHECK_NO_ERROR(error);
  run(con);
  CHECK_STR(test_text(con, 0), "-2147483648");
  CHECK_STR(test_text(con, 1), "4294967295");
  CHECK_STR(test_text(con, 2), "-9223372036854775808");
  CHECK_STR(test_text(con, 3), "18446744073709551615");
  CHECK_INT(attachsql_statement_get_int(con, 4, NULL), 1);
  CHECK(attachsql_statement_get_double(con, 5, NULL) == -1e300);

  TEST("BIND-4 BIND-9", "strings and bytes, in places that had numbers");
  CHECK(test_prepare(con, "SELECT HEX(CAST(? AS BINARY)), LENGTH(?), COALESCE(?, 'null'), ? IS NULL, LENGTH(?) = 0, CONCAT(?, '!')"));
  for (uint16_t i = 0; i < 6; i++)
    CHECK(attachsql_statement_set_int(con, i, -1, NULL));
  run(con);
  CHECK(attachsql_statement_set_binary(con, 0, 4, "\0\1\377'", NULL));
  CHECK(attachsql_statement_set_string(con, 1, 5, "a\0b'\\", NULL));
  CHECK(attachsql_statement_set_null(con, 2, NULL));
  CHECK(attachsql_statement_set_string(con, 3, 0, "", NULL));
  CHECK(attachsql_statement_set_string(con, 4, 0, NULL, NULL));
  CHECK(attachsql_statement_set_binary(con, 5, 0, NULL, NULL));
  run(con);
  CHECK_STR(test_text(con, 0), "0001FF27");
  CHECK_INT(attachsql_statement_get_bigint(con, 1, NULL), 5);
  CHECK_STR(test_text(con, 2), "null");
  CHECK_INT(attachsql_statement_get_bigint(con, 3, NULL), 0);
  CHECK_INT(attachsql_statement_get_bigint(con, 4, NULL), 1);
  CHECK_STR(test_text(con, 5), "!");

  TEST("BIND-6", "NULL with a length");
  CHECK(!attachsql_statement_set_string(con, 0, 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_set_binary(con, 0, 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  run(con);
  CHECK_STR(test_text(con, 0), "0001FF27");
  attachsql_connect_destroy(con);
}

static void pointers(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  char word[] = "first";

  TEST("BIND-5", "the bytes are those of the moment of the execute");
  CHECK(test_prepare(con, "SELECT ?, HEX(?)"));
  CHECK(attachsql_statement_set_string(con, 0, 5, word, NULL));
  CHECK(attachsql_statement_set_binary(con, 1, 5, word, NULL));
  run(con);
  CHECK_STR(test_text(con, 0), "first");
  memcpy(word, "again", 5);
  CHECK_STR(test_text(con, 0), "first");
  attachsql_statement_row_next(con);
  CHECK(attachsql_statement_execute(con, NULL));
  memcpy(word, "later", 5);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 0), "again");
  CHECK_STR(test_text(con, 1), "616761696E");

  TEST("BIND-5", "the same while the execute has to wait");
  test_query(con, "SELECT SLEEP(0.05)");
  attachsql_query_close(con);
  CHECK(attachsql_statement_execute(con, NULL));
  memcpy(word, "never", 5);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 0), "later");
  attachsql_connect_destroy(con);
}

static void times(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  static const struct
  {
    uint16_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t microsecond;
    const char *text;
  } dates[] = {
    {2001, 2, 3, 0, 0, 0, 0, "2001-02-03 00:00:00"},
    {2001, 2, 3, 4, 5, 6, 0, "2001-02-03 04:05:06"},
    {2001, 2, 3, 4, 5, 6, 7, "2001-02-03 04:05:06.000007"},
    {2001, 2, 3, 0, 0, 0, 1, "2001-02-03 00:00:00.000001"},
    {9999, 12, 31, 23, 59, 59, 999999, "9999-12-31 23:59:59.999999"},
    {0, 0, 0, 0, 0, 0, 0, "0000-00-00 00:00:00"},
    {2023, 2, 31, 0, 0, 0, 0, "2023-02-31 00:00:00"},
  };
  static const struct
  {
    uint8_t hour, minute, second;
    uint32_t microsecond;
    bool is_negative;
    const char *text;
  } spans[] = {
    {0, 0, 0, 0, false, "00:00:00"},
    {5, 0, 0, 0, false, "05:00:00"},
    {5, 0, 0, 0, true, "-05:00:00"},
    {0, 30, 0, 0, false, "00:30:00"},
    {23, 59, 59, 999999, true, "-23:59:59.999999"},
    {24, 0, 0, 0, false, "24:00:00"},
    {255, 1, 2, 3, true, "-255:01:02.000003"},
    {0, 0, 0, 1, false, "00:00:00.000001"},
  };

  test_run(con, "SET sql_mode = 'ALLOW_INVALID_DATES'");
  test_run(con, "CREATE TEMPORARY TABLE times (n INT, d DATETIME(6), t TIME(6))");
  CHECK(test_prepare(con, "INSERT INTO times VALUES (?, ?, ?)"));
  TEST("BIND-7 BIND-8", "dates and times are stored as they were set");
  for (int i = 0; i < 8; i++)
  {
    CHECK(attachsql_statement_set_int(con, 0, i, NULL));
    if (i < 7)
      CHECK(attachsql_statement_set_datetime(con, 1, dates[i].year, dates[i].month, dates[i].day, dates[i].hour,
                                             dates[i].minute, dates[i].second, dates[i].microsecond, NULL));
    CHECK(attachsql_statement_set_time(con, 2, spans[i].hour, spans[i].minute, spans[i].second, spans[i].microsecond,
                                       spans[i].is_negative, NULL));
    CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  }
  CHECK(test_prepare(con, "SELECT d, t FROM times ORDER BY n"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 8; i++)
  {
    CHECK(attachsql_statement_row_get(con, NULL));
    CHECK_STR(test_text(con, 0), dates[i < 7 ? i : 6].text);
    CHECK_STR(test_text(con, 1), spans[i].text);
    test_statement_next(con);
  }

  TEST("BIND-7", "no date at all is the server's affair");
  CHECK(test_prepare(con, "INSERT INTO times VALUES (1, ?, NULL)"));
  CHECK(attachsql_statement_set_datetime(con, 0, 2001, 13, 45, 99, 99, 99, 0, NULL));
  CHECK(attachsql_statement_execute(con, NULL));
  test_poll(con, NULL);
  test_works(con);

  TEST("BIND-9", "another type after a date");
  CHECK(attachsql_statement_set_string(con, 0, 10, "2001-02-03", NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  CHECK(attachsql_statement_set_null(con, 0, NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_EOF));
  attachsql_connect_destroy(con);
}

static void many_and_long(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  size_t size = (17u << 20) + 3, length = 0;
  char *bytes = (char *)malloc(size), *value;

  TEST("BIND-11", "NULL in every place of many");
  CHECK(test_prepare(con, "SELECT CONCAT_WS('-', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (uint16_t null = 0; null < 10; null++)
  {
    char want[40] = "";

    for (uint16_t i = 0; i < 10; i++)
    {
      if (i == null)
        CHECK(attachsql_statement_set_null(con, i, NULL));
      else if (i % 2)
        CHECK(attachsql_statement_set_int(con, i, i, NULL));
      else
        CHECK(attachsql_statement_set_string(con, i, 1, "x", NULL));
      if (i != null)
        snprintf(want + strlen(want), 20, "%s%s", *want ? "-" : "", i % 2 ? (char[]){(char)('0' + i), 0} : "x");
    }
    run(con);
    CHECK_STR(test_text(con, 0), want);
  }

  TEST("BIND-10", "17 MiB, twice");
  for (size_t i = 0; i < size; i++)
    bytes[i] = (char)(i * 7 + (i >> 8));
  CHECK(test_prepare(con, "SELECT ?, LENGTH(?)"));
  CHECK(attachsql_statement_set_binary(con, 0, size, bytes, NULL));
  CHECK(attachsql_statement_set_binary(con, 1, size, bytes, NULL));
  run(con);
  value = attachsql_statement_get_char(con, 0, &length, NULL);
  CHECK_BYTES(value, length, bytes, size);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 1, NULL), size);
  free(bytes);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("statement_bind", 120);
  EACH_SERVER(server)
  {
    which(server);
    types(server);
    pointers(server);
    times(server);
    many_and_long(server);
  }
  return test_end();
}
