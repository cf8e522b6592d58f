/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group GET: the rows of prepared statements. Every value of every type goes through every getter
 * in tests/server_statement.rs; here are the rules.
 */
#include "../support/test.h"
#include "../support/statements.h"

#include <math.h>

/* No getter gives a value, and each says why. */
static void all_refused(attachsql_connect_t *con, uint16_t column)
{
  attachsql_error_t *error = NULL;
  size_t length = 77;

  CHECK_INT(attachsql_statement_get_int(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_INT(attachsql_statement_get_bigint(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_statement_get_double(con, column, &error) == 0.0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_statement_get_char(con, column, &length, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(length, 77);
  CHECK_INT(attachsql_statement_get_int(con, column, NULL), 0);
}

/* Only get_char gives a value. */
static void no_number(attachsql_connect_t *con, uint16_t column, const char *text)
{
  attachsql_error_t *error = NULL;

  CHECK_INT(attachsql_statement_get_int(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_INT(attachsql_statement_get_bigint(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, column, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_statement_get_double(con, column, &error) == 0.0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_STR(test_text(con, column), text);
}

static void when(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_error_t *error = NULL;

  TEST("GET-1 GET-2 GET-3", "no row: unused, prepared, executed");
  all_refused(NULL, 0);
  CHECK(!attachsql_statement_row_get(NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_statement_row_next(NULL);
  CHECK(!attachsql_statement_row_get(con, &error));
  CHECK_ERROR(error, 2051, "02000");
  all_refused(con, 0);
  CHECK(test_prepare(con, "SELECT 1, 'x' UNION ALL SELECT 2, 'y' UNION ALL SELECT 3, 'z'"));
  CHECK(!attachsql_statement_row_get(con, &error));
  CHECK_ERROR(error, 2051, "02000");
  all_refused(con, 0);
  attachsql_statement_row_next(con);
  CHECK(attachsql_statement_execute(con, NULL));
  attachsql_statement_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_statement_get_column_count(con), 2);

  TEST("GET-1 GET-2", "a row must be got, and may be got again");
  all_refused(con, 0);
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_statement_row_get(con, &error));
    CHECK_NO_ERROR(error);
    CHECK_INT(attachsql_statement_get_int(con, 0, &error), 1);
    CHECK_STR(test_text(con, 1), "x");
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
  }
  all_refused(con, 2);
  all_refused(con, 65535);
  CHECK(attachsql_statement_get_char(con, 0, NULL, &error) == NULL);
  CHECK_ERROR(error, 3000, "22023");

  TEST("GET-17", "it is no row of a query");
  CHECK(attachsql_query_row_get(con, &error) == NULL);
  CHECK_ERROR(error, 2051, "02000");

  TEST("GET-3 GET-2", "row_next, of both names, and again");
  attachsql_statement_row_next(con);
  attachsql_statement_row_next(con);
  all_refused(con, 0);
  CHECK(!attachsql_statement_row_get(con, &error));
  CHECK_ERROR(error, 2051, "02000");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  all_refused(con, 0);
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), 3);
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
  attachsql_statement_row_next(con);
  all_refused(con, 0);
  CHECK_UINT(attachsql_statement_get_column_count(con), 2);

  TEST("GET-17", "the row of a query is none of the statement's");
  test_query(con, "SELECT 1");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(!attachsql_statement_row_get(con, &error));
  CHECK_ERROR(error, 2051, "02000");
  all_refused(con, 0);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

static void columns(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_column_st *column;

  TEST("GET-4", "count, types, and what query_column_get says");
  CHECK_INT(attachsql_statement_get_column_type(NULL, 0), ATTACHSQL_COLUMN_TYPE_ERROR);
  CHECK_UINT(attachsql_statement_get_column_count(NULL), 0);
  CHECK_INT(attachsql_statement_get_column_type(con, 0), ATTACHSQL_COLUMN_TYPE_ERROR);
  test_run(con, "CREATE TEMPORARY TABLE kinds (a TINYINT, b DATETIME, c VARCHAR(5), d DOUBLE)");
  test_run(con, "INSERT INTO kinds VALUES (1, '2001-02-03 04:05:06', 'x', 1), (NULL, NULL, NULL, NULL)");
  CHECK(test_prepare(con, "SELECT * FROM kinds ORDER BY a DESC"));
  CHECK_UINT(attachsql_statement_get_column_count(con), 0);
  CHECK_INT(attachsql_statement_get_column_type(con, 0), ATTACHSQL_COLUMN_TYPE_ERROR);
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 2; i++)
  {
    CHECK_UINT(attachsql_statement_get_column_count(con), 4);
    CHECK_UINT(attachsql_query_column_count(con), 4);
    CHECK_INT(attachsql_statement_get_column_type(con, 0), ATTACHSQL_COLUMN_TYPE_TINY);
    CHECK_INT(attachsql_statement_get_column_type(con, 1), ATTACHSQL_COLUMN_TYPE_DATETIME);
    CHECK_INT(attachsql_statement_get_column_type(con, 2), ATTACHSQL_COLUMN_TYPE_VARSTRING);
    CHECK_INT(attachsql_statement_get_column_type(con, 3), ATTACHSQL_COLUMN_TYPE_DOUBLE);
    CHECK_INT(attachsql_statement_get_column_type(con, 4), ATTACHSQL_COLUMN_TYPE_ERROR);
    CHECK_INT(attachsql_statement_get_column_type(con, 65535), ATTACHSQL_COLUMN_TYPE_ERROR);
    test_statement_next(con);
  }
  column = attachsql_query_column_get(con, 3);
  if (CHECK(column != NULL))
    CHECK_STR(column->column, "c");
  attachsql_statement_close(con);
  CHECK_INT(attachsql_statement_get_column_type(con, 0), ATTACHSQL_COLUMN_TYPE_ERROR);

  TEST("GET-5", "NULL is no error, and leaves the length alone");
  CHECK(test_first_row(con, "SELECT a, b, c, d, NULL FROM kinds WHERE a IS NULL"));
  for (uint16_t i = 0; i < 5; i++)
  {
    attachsql_error_t *error = NULL;
    size_t length = 99;

    CHECK_INT(attachsql_statement_get_int(con, i, &error), 0);
    CHECK_UINT(attachsql_statement_get_int_unsigned(con, i, &error), 0);
    CHECK_INT(attachsql_statement_get_bigint(con, i, &error), 0);
    CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, i, &error), 0);
    CHECK(attachsql_statement_get_double(con, i, &error) == 0.0);
    CHECK(attachsql_statement_get_char(con, i, &length, &error) == NULL);
    CHECK_UINT(length, 99);
    CHECK_NO_ERROR(error);
  }
  attachsql_connect_destroy(con);
}

static void numbers(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);

  test_run(con, "CREATE TEMPORARY TABLE whole (a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d SMALLINT UNSIGNED, "
                "e MEDIUMINT, f MEDIUMINT UNSIGNED, g INT, h INT UNSIGNED, i BIGINT, j BIGINT UNSIGNED, k YEAR)");
  test_run(con, "INSERT INTO whole VALUES (-1, 200, -2, 65535, -3, 16777215, -4, 4294967295, -5, 18446744073709551615, 2024)");
  CHECK(test_first_row(con, "SELECT * FROM whole"));

  TEST("GET-6", "the getter decides about the sign");
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), -1);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 0, NULL), 255);
  CHECK_INT(attachsql_statement_get_int(con, 1, NULL), -56);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 1, NULL), 200);
  CHECK_INT(attachsql_statement_get_bigint(con, 2, NULL), -2);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 2, NULL), 65534);
  CHECK_INT(attachsql_statement_get_int(con, 3, NULL), -1);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 3, NULL), 65535);
  CHECK_INT(attachsql_statement_get_int(con, 4, NULL), -3);
  CHECK_INT(attachsql_statement_get_bigint(con, 4, NULL), -3);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 4, NULL), 16777213);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 5, NULL), 16777215);
  CHECK_INT(attachsql_statement_get_bigint(con, 6, NULL), -4);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 6, NULL), 4294967292u);
  CHECK_INT(attachsql_statement_get_int(con, 7, NULL), -1);
  CHECK_INT(attachsql_statement_get_bigint(con, 7, NULL), -1);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 7, NULL), UINT32_MAX);
  CHECK_INT(attachsql_statement_get_bigint(con, 9, NULL), -1);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 9, NULL), UINT64_MAX);
  CHECK_INT(attachsql_statement_get_int(con, 10, NULL), 2024);

  TEST("GET-7", "of a BIGINT the low 32 bits");
  CHECK_INT(attachsql_statement_get_int(con, 8, NULL), -5);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 8, NULL), UINT32_MAX - 4);
  CHECK_INT(attachsql_statement_get_int(con, 9, NULL), -1);

  TEST("GET-9", "a double has the column's sign");
  CHECK(attachsql_statement_get_double(con, 0, NULL) == -1);
  CHECK(attachsql_statement_get_double(con, 1, NULL) == 200);
  CHECK(attachsql_statement_get_double(con, 2, NULL) == -2);
  CHECK(attachsql_statement_get_double(con, 4, NULL) == -3);
  CHECK(attachsql_statement_get_double(con, 6, NULL) == -4);
  CHECK(attachsql_statement_get_double(con, 8, NULL) == -5);
  CHECK(attachsql_statement_get_double(con, 9, NULL) == 18446744073709551615.0);

  TEST("GET-10", "and so has a text");
  {
    static const char *const texts[] = {"-1", "200", "-2", "65535", "-3", "16777215", "-4", "4294967295", "-5", "18446744073709551615", "2024"};

    for (uint16_t i = 0; i < 11; i++)
      CHECK_STR(test_text(con, i), texts[i]);
  }

  TEST("GET-8", "without its fraction, or the nearest limit");
  CHECK(test_first_row(con, "SELECT -1.9e0, 3e9, -1e300, 1e300"));
  CHECK_INT(attachsql_statement_get_int(con, 0, NULL), -1);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 0, NULL), 0);
  CHECK_INT(attachsql_statement_get_int(con, 1, NULL), INT32_MAX);
  CHECK_UINT(attachsql_statement_get_int_unsigned(con, 1, NULL), 3000000000u);
  CHECK_INT(attachsql_statement_get_bigint(con, 1, NULL), 3000000000);
  CHECK_INT(attachsql_statement_get_bigint(con, 2, NULL), INT64_MIN);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 2, NULL), 0);
  CHECK_INT(attachsql_statement_get_bigint(con, 3, NULL), INT64_MAX);
  CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 3, NULL), UINT64_MAX);

  TEST("GET-11", "six digits after the point, however many before");
  test_run(con, "CREATE TEMPORARY TABLE reals (a FLOAT, b DOUBLE)");
  test_run(con, "INSERT INTO reals VALUES (0.1, 0.1), (-1e-7, -1e-7), (123456789, 1e308), (3.40282e38, -1.5)");
  CHECK(test_prepare(con, "SELECT a, b FROM reals"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 4; i++)
  {
    char want[400];

    CHECK(attachsql_statement_row_get(con, NULL));
    for (uint16_t column = 0; column < 2; column++)
    {
      snprintf(want, sizeof want, "%f", attachsql_statement_get_double(con, column, NULL));
      CHECK_STR(test_text(con, column), want);
    }
    test_statement_next(con);
  }
  attachsql_connect_destroy(con);
}

static void texts(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  static const char *const dates[][3] = {
    {"2001-02-03", "2001-02-03 04:05:06", "2001-02-03 04:05:06.789000"},
    {"0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00"},
    {"9999-12-31", "2001-02-03 00:00:00", "2001-02-03 00:00:00.000001"},
  };
  static const char *const spans[] = {"00:00:00", "-00:00:01", "23:59:59", "24:00:00", "838:59:59", "-838:59:59", "-01:00:00.500000"};

  test_run(con, "SET sql_mode = 'ALLOW_INVALID_DATES'");
  TEST("GET-12 GET-15", "dates");
  test_run(con, "CREATE TEMPORARY TABLE dates (n INT, a DATE, b DATETIME, c DATETIME(6), d TIMESTAMP(3) NULL)");
  test_run(con, "INSERT INTO dates VALUES (0, '2001-02-03', '2001-02-03 04:05:06', '2001-02-03 04:05:06.789', '2001-02-03 04:05:06.789'), "
                "(1, 0, 0, 0, 0), (2, '9999-12-31', '2001-02-03', '2001-02-03 00:00:00.000001', '2001-02-03 04:05:06')");
  CHECK(test_prepare(con, "SELECT a, b, c, d FROM dates ORDER BY n"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 3; i++)
  {
    CHECK(attachsql_statement_row_get(con, NULL));
    for (uint16_t column = 0; column < 3; column++)
      no_number(con, column, dates[i][column]);
    no_number(con, 3, i == 2 ? "2001-02-03 04:05:06" : dates[i][2]);
    test_statement_next(con);
  }

  TEST("GET-13 GET-15", "times");
  test_run(con, "CREATE TEMPORARY TABLE spans (n INT, a TIME(6))");
  for (int i = 0; i < 7; i++)
  {
    char text[80];

    snprintf(text, sizeof text, "INSERT INTO spans VALUES (%d, '%s')", i, spans[i]);
    test_run(con, text);
  }
  CHECK(test_prepare(con, "SELECT a FROM spans ORDER BY n"));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 7; i++)
  {
    CHECK(attachsql_statement_row_get(con, NULL));
    no_number(con, 0, spans[i]);
    test_statement_next(con);
  }

  TEST("GET-14 GET-15", "everything else as it is");
  CHECK(test_first_row(con, "SELECT CAST(-12.50 AS DECIMAL(10,2)), 'text', _binary'a\\0b', b'100000001', '', '123', POINT(1, 2), CAST('x' AS CHAR(3))"));
  no_number(con, 0, "-12.50");
  no_number(con, 1, "text");
  no_number(con, 5, "123");
  {
    size_t length = 0;
    char *value = attachsql_statement_get_char(con, 2, &length, NULL);

    CHECK_BYTES(value, length, "a\0b", 3);
    value = attachsql_statement_get_char(con, 3, &length, NULL);
    CHECK_BYTES(value, length, "\1\1", 2);
    value = attachsql_statement_get_char(con, 4, &length, NULL);
    CHECK_BYTES(value, length, "", 0);
    value = attachsql_statement_get_char(con, 6, &length, NULL);
    CHECK(value != NULL && length == 25);
  }

  TEST("GET-16", "the texts of a row stay side by side; formatted ones end with a NUL");
  CHECK(test_first_row(con, "SELECT 1, -22, 333, 0.5e0, DATE '2001-02-03', TIME '04:05:06', 'raw', CAST(1e300 AS DECIMAL(65,0)) UNION ALL SELECT 9, 8, 7, 6, '2004-05-06', '01:01:01', 'RAW', 0"));
  {
    static const char *const want[] = {"1", "-22", "333", "0.500000", "2001-02-03", "04:05:06"};
    char *value[7];
    size_t length[7];

    for (uint16_t i = 0; i < 7; i++)
      value[i] = attachsql_statement_get_char(con, i, &length[i], NULL);
    for (int i = 0; i < 6; i++)
    {
      CHECK_UINT(length[i], strlen(want[i]));
      if (i < 4)
        CHECK_STR(value[i], want[i]);
      else
        CHECK_BYTES(value[i], length[i], want[i], strlen(want[i]));
    }
    CHECK_BYTES(value[6], length[6], "raw", 3);
    attachsql_connect_poll(con, NULL);
    attachsql_statement_set_null(con, 0, NULL);
    attachsql_statement_row_get(con, NULL);
    CHECK_STR(attachsql_statement_get_char(con, 1, &length[1], NULL), "-22");
    CHECK_STR(value[0], "1");
    CHECK_STR(value[3], "0.500000");
  }
  attachsql_connect_destroy(con);
}

/* The first texts of a statement, read in each order: none moves when another one is made. */
static void first_texts(const test_server *server)
{
  enum { COLUMNS = 40 };

  for (int order = 0; order < 3; order++)
  {
    attachsql_connect_t *con = test_connect(server);
    char statement[COLUMNS * 4 + 8] = "SELECT 100", want[8];
    char *value[COLUMNS];

    TEST("GET-16", order == 0 ? "the first texts, from the left" : order == 1 ? "from the right" : "in no order");
    for (int i = 1; i < COLUMNS; i++)
      snprintf(statement + strlen(statement), 5, ",%d", 100 + i);
    CHECK(test_first_row(con, statement));
    for (int i = 0; i < COLUMNS; i++)
    {
      int column = order == 0 ? i : order == 1 ? COLUMNS - 1 - i : i * 7 % COLUMNS;
      size_t length = 0;

      value[column] = attachsql_statement_get_char(con, (uint16_t)column, &length, NULL);
      CHECK_UINT(length, 3);
    }
    for (int i = 0; i < COLUMNS; i++)
    {
      size_t length = 0;

      snprintf(want, sizeof want, "%d", 100 + i);
      CHECK_STR(value[i], want);
      CHECK(attachsql_statement_get_char(con, (uint16_t)i, &length, NULL) == value[i]);
    }
    attachsql_connect_destroy(con);
  }
}

int main(void)
{
  test_begin("statement_get", 60);
  EACH_SERVER(server)
  {
    when(server);
    columns(server);
    numbers(server);
    texts(server);
    first_texts(server);
  }
  return test_end();
}
