/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups VAL and CELL: what statement handles take and give.
 */
#include "../support/test.h"
#include "../support/statements.h"

#include <math.h>

#define OK ATTACHSQL_VALUE_OK
#define IS_NULL ATTACHSQL_VALUE_NULL
#define RANGE ATTACHSQL_VALUE_OUT_OF_RANGE
#define TYPE ATTACHSQL_VALUE_WRONG_TYPE
#define NONE ATTACHSQL_VALUE_NONE

/* Every setter, for a parameter that there is not. */
static void all_refused(attachsql_stmt_t *stmt, uint16_t param)
{
  attachsql_stmt_bind_st binds[3] = {{ATTACHSQL_BIND_TYPE_NULL, NULL, NULL, NULL}};
  attachsql_error_t *error = NULL;

#define REFUSED(call) \
  CHECK(!(call));     \
  CHECK_ERROR(error, 3000, "22023")
  REFUSED(attachsql_stmt_set_null(stmt, param, &error));
  REFUSED(attachsql_stmt_set_bool(stmt, param, true, &error));
  REFUSED(attachsql_stmt_set_int(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_unsigned_int(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_bigint(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_unsigned_bigint(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_float(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_double(stmt, param, 1, &error));
  REFUSED(attachsql_stmt_set_decimal(stmt, param, 1, "1", &error));
  REFUSED(attachsql_stmt_set_string(stmt, param, 1, "1", &error));
  REFUSED(attachsql_stmt_set_binary(stmt, param, 1, "1", &error));
  REFUSED(attachsql_stmt_set_json(stmt, param, 1, "1", &error));
  REFUSED(attachsql_stmt_set_date(stmt, param, 2001, 2, 3, &error));
  REFUSED(attachsql_stmt_set_datetime(stmt, param, 2001, 2, 3, 4, 5, 6, 7, &error));
  REFUSED(attachsql_stmt_set_time(stmt, param, false, 1, 2, 3, 4, &error));
  REFUSED(attachsql_stmt_bind(stmt, 3, binds, &error));
#undef REFUSED
  CHECK(!attachsql_stmt_set_null(stmt, param, NULL));
}

static void which(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, NULL);
  attachsql_error_t *error = NULL;
  char word[] = "first";

  TEST("VAL-1", "no handle, no text, beyond the last one");
  all_refused(NULL, 0);
  all_refused(stmt, 0);
  CHECK(attachsql_stmt_prepare(stmt, 27, "SELECT CONCAT(?), CONCAT(?)", NULL));

  TEST("VAL-1 VAL-2", "before the prepare has ended");
  CHECK(attachsql_stmt_set_string(stmt, 0, 5, word, &error));
  CHECK(attachsql_stmt_set_int(stmt, 700, 5, &error));
  CHECK_NO_ERROR(error);
  memcpy(word, "other", 5);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  all_refused(stmt, 2);
  all_refused(stmt, 65535);
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "first");
  CHECK_STR(test_stmt_text(stmt, 1), "(null)");

  TEST("VAL-2", "values stay, and those of a row too");
  CHECK(attachsql_stmt_set_int(stmt, 1, 5, NULL));
  CHECK_STR(test_stmt_text(stmt, 0), "first");
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "first");
  CHECK_STR(test_stmt_text(stmt, 1), "5");
  CHECK(!attachsql_stmt_set_string(stmt, 0, 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(attachsql_stmt_set_string(stmt, 1, 0, NULL, NULL));
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "first");
  CHECK_STR(test_stmt_text(stmt, 1), "");
  CHECK(!attachsql_stmt_is_null(stmt, 1));

  TEST("VAL-2", "another text forgets them");
  CHECK(attachsql_stmt_prepare(stmt, 11, "SELECT ?, 1", NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(test_stmt_row(stmt));
  CHECK(attachsql_stmt_is_null(stmt, 0));
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void types(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt;
  size_t size = (17u << 20) + 5;
  char *bytes;
  int64_t number = 0;

  TEST("VAL-3", "numbers");
  stmt = test_stmt(con, "SELECT CONCAT(?), CONCAT(?), CONCAT(?), CONCAT(?), CAST(? AS UNSIGNED), ? = 0.25, ? + 0e0, CAST(? AS DECIMAL(30,10))");
  CHECK(attachsql_stmt_set_bool(stmt, 0, true, NULL));
  CHECK(attachsql_stmt_set_int(stmt, 1, INT32_MIN, NULL));
  CHECK(attachsql_stmt_set_unsigned_int(stmt, 2, UINT32_MAX, NULL));
  CHECK(attachsql_stmt_set_bigint(stmt, 3, INT64_MIN, NULL));
  CHECK(attachsql_stmt_set_unsigned_bigint(stmt, 4, UINT64_MAX, NULL));
  CHECK(attachsql_stmt_set_float(stmt, 5, 0.25f, NULL));
  CHECK(attachsql_stmt_set_double(stmt, 6, -1e300, NULL));
  CHECK(attachsql_stmt_set_decimal(stmt, 7, 23, "-1234567890123456.98765", NULL));
  if (test_stmt_row(stmt))
  {
    double real = 0;
    float small = 5;

    CHECK_STR(test_stmt_text(stmt, 0), "1");
    CHECK_STR(test_stmt_text(stmt, 1), "-2147483648");
    CHECK_STR(test_stmt_text(stmt, 2), "4294967295");
    CHECK_STR(test_stmt_text(stmt, 3), "-9223372036854775808");
    CHECK_STR(test_stmt_text(stmt, 4), "18446744073709551615");
    CHECK_STR(test_stmt_text(stmt, 5), "1");
    CHECK_INT(attachsql_stmt_get_double(stmt, 6, &real), OK);
    CHECK(real == -1e300);
    CHECK_INT(attachsql_stmt_get_float(stmt, 6, &small), RANGE);
    CHECK(small == 5);
    CHECK_INT(attachsql_stmt_get_float(stmt, 7, &small), OK);
    CHECK(small == -1234567890123456.98765f);
    CHECK_STR(test_stmt_text(stmt, 7), "-1234567890123456.9876500000");
  }

  TEST("VAL-3", "strings, bytes, documents");
  attachsql_stmt_destroy(stmt);
  stmt = test_stmt(con, "SELECT HEX(?), UPPER(?), ?, LENGTH(?)");
  CHECK(attachsql_stmt_set_binary(stmt, 0, 4, "\0\1\377'", NULL));
  CHECK(attachsql_stmt_set_string(stmt, 1, 1, "a", NULL));
  CHECK(attachsql_stmt_set_string(stmt, 2, 5, "a\0b'\\", NULL));
  bytes = (char *)malloc(size);
  memset(bytes, 'x', size);
  CHECK(attachsql_stmt_set_binary(stmt, 3, size, bytes, NULL));
  free(bytes);
  if (test_stmt_row(stmt))
  {
    const char *value = NULL;
    size_t length = 0;

    CHECK_STR(test_stmt_text(stmt, 0), "0001FF27");
    CHECK_STR(test_stmt_text(stmt, 1), "A");
    CHECK_INT(attachsql_stmt_get_string(stmt, 2, &value, &length), OK);
    CHECK_BYTES(value, length, "a\0b'\\", 5);
    CHECK_INT(attachsql_stmt_get_bigint(stmt, 3, &number), OK);
    CHECK_INT(number, (int64_t)size);
  }
  attachsql_stmt_destroy(stmt);
  if (server->kind == TEST_MYSQL_9_7)
  {
    stmt = test_stmt(con, "SELECT JSON_EXTRACT(?, '$.a'), JSON_TYPE(?)");
    CHECK(attachsql_stmt_set_json(stmt, 0, 9, "{\"a\":[1]}", NULL));
    CHECK(attachsql_stmt_set_json(stmt, 1, 9, "{\"a\":[1]}", NULL));
    if (test_stmt_row(stmt))
    {
      CHECK_STR(test_stmt_text(stmt, 0), "[1]");
      CHECK_STR(test_stmt_text(stmt, 1), "OBJECT");
    }
    attachsql_stmt_destroy(stmt);
  }

  TEST("VAL-3", "dates and spans");
  stmt = test_stmt(con, "SELECT CONCAT(?), CONCAT(?), CONCAT(?), CONCAT(?), CAST(? AS TIME(6))");
  CHECK(attachsql_stmt_set_date(stmt, 0, 2001, 2, 3, NULL));
  CHECK(attachsql_stmt_set_datetime(stmt, 1, 2001, 2, 3, 4, 5, 6, 0, NULL));
  CHECK(attachsql_stmt_set_datetime(stmt, 2, 9999, 12, 31, 23, 59, 59, 999999, NULL));
  CHECK(attachsql_stmt_set_time(stmt, 3, true, 838, 59, 58, 0, NULL));
  CHECK(attachsql_stmt_set_time(stmt, 4, false, 25, 0, 1, 7, NULL));
  if (test_stmt_row(stmt))
  {
    CHECK_STR(test_stmt_text(stmt, 0), "2001-02-03");
    CHECK(strncmp(test_stmt_text(stmt, 1), "2001-02-03 04:05:06", 19) == 0);
    CHECK(strncmp(test_stmt_text(stmt, 2), "9999-12-31 23:59:59.999999", server->kind == TEST_MYSQL_5_6 ? 19 : 26) == 0);
    CHECK(strncmp(test_stmt_text(stmt, 3), "-838:59:58", 10) == 0);
    CHECK_STR(test_stmt_text(stmt, 4), "25:00:01.000007");
  }
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void bound(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt = test_stmt(con, "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
  bool yes = true, nulls[13] = {false};
  int32_t small = -5;
  uint32_t positive = 5;
  int64_t large = INT64_MIN;
  uint64_t larger = UINT64_MAX;
  float quarter = 0.25f;
  double half = 0.5;
  char text[8] = "1.50";
  size_t length = 4;
  attachsql_time_st when = {2001, 2, 3, 4, 5, 6, false, 0};
  attachsql_stmt_bind_st binds[13] = {
    {ATTACHSQL_BIND_TYPE_NULL, NULL, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_BOOL, &yes, NULL, &nulls[1]},
    {ATTACHSQL_BIND_TYPE_INT, &small, NULL, &nulls[2]},
    {ATTACHSQL_BIND_TYPE_UNSIGNED_INT, &positive, NULL, &nulls[3]},
    {ATTACHSQL_BIND_TYPE_BIGINT, &large, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_UNSIGNED_BIGINT, &larger, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_FLOAT, &quarter, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_DOUBLE, &half, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_DECIMAL, text, &length, NULL},
    {ATTACHSQL_BIND_TYPE_STRING, text, &length, &nulls[9]},
    {ATTACHSQL_BIND_TYPE_BINARY, text, &length, NULL},
    {ATTACHSQL_BIND_TYPE_DATETIME, &when, NULL, NULL},
    {ATTACHSQL_BIND_TYPE_TIME, &when, NULL, NULL},
  };
  attachsql_stmt_bind_st bad;
  attachsql_error_t *error = NULL;

  TEST("VAL-4", "buffers of every type");
  CHECK(attachsql_stmt_bind(stmt, 13, binds, &error));
  CHECK_NO_ERROR(error);
  memset(binds, 0x55, sizeof binds);
  if (test_stmt_row(stmt))
  {
    static const char *const want[] = {"(null)", "1", "-5", "5", "-9223372036854775808", "18446744073709551615",
                                       "0.250000", "0.500000", "1.50", "1.50", "1.50"};

    for (uint16_t i = 0; i < 11; i++)
      CHECK_STR(test_stmt_text(stmt, i), want[i]);
    CHECK(strncmp(test_stmt_text(stmt, 11), "2001-02-03 04:05:06", 19) == 0);
    CHECK(strncmp(test_stmt_text(stmt, 12), "04:05:06", 8) == 0);
  }

  TEST("VAL-4", "read again by each execute, at once");
  small = 6;
  nulls[1] = nulls[9] = true;
  when.hour = 100;
  when.is_negative = true;
  strcpy(text, "77.125");
  length = 6;
  CHECK(attachsql_stmt_set_datetime(stmt, 11, 2003, 2, 3, 0, 0, 0, 0, NULL));
  CHECK(attachsql_stmt_execute(stmt, NULL));
  small = 7;
  length = 0;
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  CHECK_STR(test_stmt_text(stmt, 1), "(null)");
  CHECK_STR(test_stmt_text(stmt, 2), "6");
  CHECK_STR(test_stmt_text(stmt, 9), "(null)");
  CHECK_STR(test_stmt_text(stmt, 10), "77.125");
  CHECK(strncmp(test_stmt_text(stmt, 11), "2003-02-03 00:00:00", 19) == 0);
  CHECK(strncmp(test_stmt_text(stmt, 12), "-100:05:06", 10) == 0);
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 2), "7");
  CHECK_STR(test_stmt_text(stmt, 10), "");

  TEST("VAL-5", "what is refused, and changes nothing");
  CHECK(attachsql_stmt_bind(stmt, 0, NULL, NULL));
  CHECK(!attachsql_stmt_bind(stmt, 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  memset(&bad, 0, sizeof bad);
  for (int i = 0; i < 4; i++)
  {
    attachsql_stmt_bind_st two[2] = {{ATTACHSQL_BIND_TYPE_NULL, NULL, NULL, NULL}, {ATTACHSQL_BIND_TYPE_INT, NULL, NULL, NULL}};

    if (i == 1)
      two[1].type = (attachsql_bind_type_t)15;
    if (i == 2)
      two[1].type = ATTACHSQL_BIND_TYPE_STRING, two[1].data = text;
    if (i == 3)
      two[1].type = (attachsql_bind_type_t)-1, two[1].data = text;
    CHECK(!attachsql_stmt_bind(stmt, 2, two, &error));
    CHECK_ERROR(error, 3000, "22023");
  }
  nulls[1] = false;
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 1), "1");
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

/* What every getter says of a column: bool, int, unsigned, bigint, unsigned bigint, double, date, time. */
static void getters(attachsql_stmt_t *stmt, uint16_t column, const int want[8])
{
  bool yes;
  int32_t small;
  uint32_t positive;
  int64_t large;
  uint64_t larger;
  double real;
  attachsql_time_st when;

#define SAYS(i, name, place)                                             \
  memset(&place, 0x5a, sizeof place);                                    \
  CHECK_INT(attachsql_stmt_get_##name(stmt, column, &place), want[i]);   \
  if (want[i] != OK)                                                     \
    for (size_t k = 0; k < sizeof place; k++)                            \
      CHECK_INT(((char *)&place)[k], 0x5a);                              \
  CHECK_INT(attachsql_stmt_get_##name(stmt, column, NULL), want[i])
  SAYS(0, bool, yes);
  SAYS(1, int, small);
  SAYS(2, unsigned_int, positive);
  SAYS(3, bigint, large);
  SAYS(4, unsigned_bigint, larger);
  SAYS(5, double, real);
  SAYS(6, date, when);
  SAYS(7, time, when);
#undef SAYS
}

static void checked(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_stmt_t *stmt;
  attachsql_time_st when;
  static const struct
  {
    const char *sql;
    int want[8];
  } all[] = {
    {"NULL", {IS_NULL, IS_NULL, IS_NULL, IS_NULL, IS_NULL, IS_NULL, IS_NULL, IS_NULL}},
    {"-1", {OK, OK, RANGE, OK, RANGE, OK, TYPE, TYPE}},
    {"4294967295", {OK, RANGE, OK, OK, OK, OK, TYPE, TYPE}},
    {"CAST(18446744073709551615 AS UNSIGNED)", {OK, RANGE, RANGE, RANGE, OK, OK, TYPE, TYPE}},
    {"9223372036854775807", {OK, RANGE, RANGE, OK, OK, OK, TYPE, TYPE}},
    {"2.5e0", {OK, RANGE, RANGE, RANGE, RANGE, OK, TYPE, TYPE}},
    {"-3e0", {OK, OK, RANGE, OK, RANGE, OK, TYPE, TYPE}},
    {"1e30", {OK, RANGE, RANGE, RANGE, RANGE, OK, TYPE, TYPE}},
    {"12.00", {OK, OK, OK, OK, OK, OK, TYPE, TYPE}},
    {"12.50", {OK, RANGE, RANGE, RANGE, RANGE, OK, TYPE, TYPE}},
    {"'17'", {OK, OK, OK, OK, OK, OK, TYPE, TYPE}},
    {"'x'", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE}},
    {"''", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE}},
    {"'true'", {OK, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE}},
    {"CAST('2001-02-03' AS DATE)", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, OK, TYPE}},
    {"CAST('2001-02-03 04:05:06' AS DATETIME)", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, OK, TYPE}},
    {"CAST('-25:00:01' AS TIME)", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, OK}},
    {"'2001-02-03'", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, OK, TYPE}},
    {"'-25:00:01.5'", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, OK}},
    {"'2001-13-03'", {TYPE, TYPE, TYPE, TYPE, TYPE, TYPE, RANGE, TYPE}},
    {"b'101'", {OK, OK, OK, OK, OK, OK, TYPE, TYPE}},
  };
  enum { COUNT = sizeof all / sizeof *all };
  char text[4000] = "SELECT ";
  static const int none[8] = {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE};

  TEST("CELL-1 CELL-2", "every getter of some values");
  for (int i = 0; i < COUNT - 1; i++)
    sprintf(text + strlen(text), "%s%s", i ? ", " : "", all[i].sql);
  stmt = test_stmt(con, text);
  getters(stmt, 0, none);
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  getters(stmt, 0, none);
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  for (uint16_t i = 0; i < COUNT - 1; i++)
    getters(stmt, i, all[i].want);
  getters(stmt, COUNT - 1, none);
  getters(stmt, 65535, none);
  CHECK(attachsql_stmt_is_null(stmt, 0));
  CHECK(!attachsql_stmt_is_null(stmt, 1));
  CHECK(!attachsql_stmt_is_null(stmt, COUNT - 1));
  CHECK_INT(attachsql_stmt_get_string(stmt, 0, NULL, NULL), IS_NULL);
  CHECK_INT(attachsql_stmt_get_string(stmt, 1, NULL, NULL), OK);
  CHECK_INT(attachsql_stmt_get_string(stmt, COUNT - 1, NULL, NULL), NONE);

  TEST("CELL-2", "dates and spans");
  CHECK_INT(attachsql_stmt_get_date(stmt, 14, &when), OK);
  CHECK(when.year == 2001 && when.month == 2 && when.day == 3 && when.hour == 0 && when.minute == 0 && when.second == 0 &&
        when.microsecond == 0 && !when.is_negative);
  CHECK_INT(attachsql_stmt_get_date(stmt, 15, &when), OK);
  CHECK(when.year == 2001 && when.month == 2 && when.day == 3 && when.hour == 4 && when.minute == 5 && when.second == 6);
  CHECK_INT(attachsql_stmt_get_time(stmt, 16, &when), OK);
  CHECK(when.year == 0 && when.month == 0 && when.day == 0 && when.hour == 25 && when.minute == 0 && when.second == 1 &&
        when.microsecond == 0 && when.is_negative);
  CHECK_INT(attachsql_stmt_get_time(stmt, 18, &when), OK);
  CHECK(when.hour == 25 && when.microsecond == 500000 && when.is_negative);

  TEST("CELL-1", "given back");
  attachsql_stmt_row_next(stmt);
  getters(stmt, 1, none);
  attachsql_stmt_destroy(stmt);

  TEST("CELL-2", "BIT");
  test_run(con, "CREATE TEMPORARY TABLE bits (b BIT(5))");
  test_run(con, "INSERT INTO bits VALUES (b'101')");
  stmt = test_stmt(con, "SELECT b FROM bits");
  CHECK(test_stmt_row(stmt));
  getters(stmt, 0, all[COUNT - 1].want);
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void cells(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_cell_st all[16], kept;
  const char *text[16] = {NULL};
  attachsql_stmt_t *stmt;
  unsigned rows = 0;

  TEST("CELL-3", "a row of every type");
  test_run(con, "CREATE TEMPORARY TABLE cells (a TINYINT UNSIGNED, b BIGINT, c FLOAT, d DOUBLE, e DATE, f DATETIME,"
                " g TIME, h DECIMAL(5,2), i VARCHAR(9), j VARBINARY(9), k BIT(9), l YEAR, m TEXT, n BLOB, o INT)");
  test_run(con, "INSERT INTO cells VALUES (200, -9e18, 0.5, -1e300, '2001-02-03', '2001-02-03 04:05:06', '-30:00:01',"
                " 1.50, 'text', 'bytes', b'100000001', 2024, '', 'x\\0y', NULL)");
  stmt = test_stmt(con, "SELECT * FROM cells");
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 16, all, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 1, NULL, &error), 0);
  CHECK_ERROR(error, 3000, "22023");
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 0, NULL, &error), 15);
  memset(all, 0x5a, sizeof all);
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 2, all, &error), 15);
  CHECK_INT(((char *)&all[2])[0], 0x5a);
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 16, all, &error), 15);
  CHECK_INT(((char *)&all[15])[0], 0x5a);
  CHECK_NO_ERROR(error);

  CHECK_INT(all[0].type, ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER);
  CHECK_UINT(all[0].value.unsigned_integer, 200);
  CHECK(all[0].data == NULL && all[0].length == 0);
  CHECK_INT(all[1].type, ATTACHSQL_CELL_TYPE_INTEGER);
  CHECK_INT(all[1].value.integer, INT64_C(-9000000000000000000));
  CHECK_INT(all[2].type, ATTACHSQL_CELL_TYPE_FLOAT);
  CHECK(all[2].value.real == 0.5);
  CHECK_INT(all[3].type, ATTACHSQL_CELL_TYPE_DOUBLE);
  CHECK(all[3].value.real == -1e300);
  CHECK_INT(all[4].type, ATTACHSQL_CELL_TYPE_DATE);
  CHECK(all[4].value.time.year == 2001 && all[4].value.time.month == 2 && all[4].value.time.day == 3);
  CHECK_INT(all[5].type, ATTACHSQL_CELL_TYPE_DATETIME);
  CHECK(all[5].value.time.year == 2001 && all[5].value.time.hour == 4 && all[5].value.time.second == 6);
  CHECK_INT(all[6].type, ATTACHSQL_CELL_TYPE_TIME);
  CHECK(all[6].value.time.is_negative && all[6].value.time.hour == 30 && all[6].value.time.second == 1);
  CHECK_INT(all[7].type, ATTACHSQL_CELL_TYPE_TEXT);
  CHECK_BYTES(all[7].data, all[7].length, "1.50", 4);
  CHECK_INT(all[8].type, ATTACHSQL_CELL_TYPE_TEXT);
  CHECK_BYTES(all[8].data, all[8].length, "text", 4);
  CHECK_INT(all[9].type, ATTACHSQL_CELL_TYPE_BINARY);
  CHECK_BYTES(all[9].data, all[9].length, "bytes", 5);
  CHECK_INT(all[10].type, ATTACHSQL_CELL_TYPE_BINARY);
  CHECK_BYTES(all[10].data, all[10].length, "\1\1", 2);
  CHECK_INT(all[11].type, ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER);
  CHECK_UINT(all[11].value.unsigned_integer, 2024);
  CHECK_INT(all[12].type, ATTACHSQL_CELL_TYPE_TEXT);
  CHECK(all[12].length == 0 && all[12].data != NULL);
  CHECK_INT(all[13].type, ATTACHSQL_CELL_TYPE_BINARY);
  CHECK_BYTES(all[13].data, all[13].length, "x\0y", 3);
  CHECK_INT(all[14].type, ATTACHSQL_CELL_TYPE_NULL);
  CHECK(all[14].data == NULL && all[14].length == 0);

  TEST("CELL-1 CELL-3", "the getters of the same row");
  CHECK_STR(test_stmt_text(stmt, 8), "text");
  CHECK_STR(test_stmt_text(stmt, 0), "200");
  attachsql_stmt_row_next(stmt);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 16, all, &error), 0);
  CHECK_ERROR(error, 2051, "02000");
  attachsql_stmt_destroy(stmt);

  TEST("CELL-3", "thousands of rows, NULL now and then");
  stmt = test_stmt(con, "SELECT n, IF(n % 3 = 0, NULL, n), REPEAT('x', n % 300) FROM " TEST_THOUSAND " ORDER BY n");
  CHECK(attachsql_stmt_execute(stmt, NULL));
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    if (!CHECK_UINT(attachsql_stmt_row_cells(stmt, 3, all, NULL), 3))
      break;
    CHECK_INT(all[0].value.integer, rows);
    CHECK_INT(all[1].type, rows % 3 ? all[0].type : ATTACHSQL_CELL_TYPE_NULL);
    CHECK_UINT(all[2].length, rows % 300);
    rows++;
    attachsql_stmt_row_next(stmt);
  }
  CHECK_UINT(rows, 1000);

  TEST("CELL-4", "cells are lent: they stay until the row is given back");
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  for (int i = 0; i < 50; i++)
  {
    attachsql_stmt_row_next(stmt);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  }
  CHECK_UINT(attachsql_stmt_row_cells(stmt, 3, all, NULL), 3);
  kept = all[2];
  for (int i = 0; i < 10; i++)
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(kept.length, 50);
  for (size_t i = 0; i < kept.length; i++)
    CHECK_INT(kept.data[i], 'x');
  attachsql_stmt_destroy(stmt);

  TEST("CELL-4", "none of a row's texts moves when another one is made");
  stmt = test_stmt(con, "SELECT 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16");
  CHECK(test_stmt_execute(stmt, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_stmt_row_get(stmt, NULL));
  for (uint16_t i = 0; i < 16; i++)
    CHECK_INT(attachsql_stmt_get_string(stmt, i, &text[i], NULL), OK);
  for (uint16_t i = 0; i < 16; i++)
  {
    const char *again = NULL;

    CHECK_INT(atoi(text[i]), i + 1);
    CHECK_INT(attachsql_stmt_get_string(stmt, i, &again, NULL), OK);
    CHECK(again == text[i]);
  }
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("stmt_values", 120);
  EACH_SERVER(server)
  {
    which(server);
    types(server);
    bound(server);
    checked(server);
    cells(server);
  }
  return test_end();
}
