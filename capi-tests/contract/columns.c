/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group COL.
 */
#include "../support/test.h"

static void counts(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  TEST("COL-1 COL-2", "no columns before any result");
  CHECK_UINT(attachsql_query_column_count(con), 0);
  CHECK(attachsql_query_column_get(con, 1) == NULL);
  test_login(con);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  CHECK(attachsql_query_column_get(con, 1) == NULL);

  TEST("COL-1", "from the first row through EOF");
  test_query(con, "SELECT 1 AS a, 2 AS b, 3 AS c");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  CHECK_UINT(attachsql_query_column_count(con), 3);
  attachsql_query_row_next(con);
  CHECK_UINT(attachsql_query_column_count(con), 3);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 3);

  TEST("COL-2", "counted from 1");
  CHECK(attachsql_query_column_get(con, 0) == NULL);
  CHECK(attachsql_query_column_get(con, 4) == NULL);
  CHECK(attachsql_query_column_get(con, 65535) == NULL);
  for (uint16_t i = 1; i <= 3; i++)
  {
    char want[2] = {(char)('a' + i - 1), '\0'};
    attachsql_query_column_st *column = attachsql_query_column_get(con, i);

    if (CHECK(column != NULL))
      CHECK_STR(column->column, want);
  }
  attachsql_query_close(con);

  TEST("COL-1 COL-2", "none after an answer without rows, and after an error");
  test_query(con, "DO 1");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  CHECK(attachsql_query_column_get(con, 0) == NULL);
  CHECK(attachsql_query_column_get(con, 1) == NULL);
  attachsql_query_close(con);
  test_run(con, "SELECT 1, 2");
  test_query(con, "SELE");
  CHECK_POLL(test_poll(con, NULL), ATTACHSQL_RETURN_ERROR);
  CHECK_UINT(attachsql_query_column_count(con), 0);
  CHECK(attachsql_query_column_get(con, 1) == NULL);
  attachsql_query_close(con);

  TEST("COL-1", "an empty result has columns");
  test_query(con, "SELECT 1 AS a FROM " TEST_THOUSAND " WHERE n < 0");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), 1);
  if (CHECK(attachsql_query_column_get(con, 1) != NULL))
    CHECK_STR(attachsql_query_column_get(con, 1)->column, "a");
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

static void names(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_query_column_st *column;

  TEST("COL-3 COL-4 COL-5", "schema, table, alias and origin");
  test_run(con, "CREATE TEMPORARY TABLE origin (id INT NOT NULL PRIMARY KEY, v VARCHAR(10) DEFAULT 'given')");
  test_query(con, "SELECT t.v AS alias, t.id, 1 + 1 AS computed, '' FROM origin AS t");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  column = attachsql_query_column_get(con, 1);
  if (CHECK(column != NULL))
  {
    CHECK_STR(column->schema, TEST_SCHEMA);
    CHECK_STR(column->table, "t");
    CHECK_STR(column->origin_table, "origin");
    CHECK_STR(column->column, "alias");
    CHECK_STR(column->origin_column, "v");
    CHECK_STR(column->default_value, "");
    CHECK_UINT(column->default_size, 0);
  }
  column = attachsql_query_column_get(con, 2);
  if (CHECK(column != NULL))
  {
    CHECK_STR(column->column, "id");
    CHECK_STR(column->origin_column, "id");
    CHECK(column->flags & ATTACHSQL_COLUMN_FLAGS_NOT_NULL);
    CHECK(column->flags & ATTACHSQL_COLUMN_FLAGS_PRIMARY_KEY);
  }
  TEST("COL-3", "names that do not exist are empty");
  column = attachsql_query_column_get(con, 3);
  if (CHECK(column != NULL))
  {
    CHECK_STR(column->schema, "");
    CHECK_STR(column->table, "");
    CHECK_STR(column->origin_table, "");
    CHECK_STR(column->column, "computed");
    CHECK_STR(column->origin_column, "");
    CHECK_STR(column->default_value, "");
    CHECK_UINT(column->default_size, 0);
  }
  column = attachsql_query_column_get(con, 4);
  if (CHECK(column != NULL))
    CHECK_STR(column->column, "");
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

/* A hundred columns with long names, so that their memory is not what a library keeps for the next
 * result. */
static void kept_through_an_error(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  static char text[100 * 80];
  attachsql_query_column_st *column;

  TEST("CONV-13 ROW-12", "columns stay until query_close, also when the rows end with an error");
  test_numbers(con, 3);
  strcpy(text, "SELECT EXP(IF(n < 1, 1, 1000))");
  for (int i = 0; i < 100; i++)
    sprintf(text + strlen(text), ", n AS a_rather_long_name_for_column_number_%d", i);
  strcat(text, " FROM numbers ORDER BY n");
  test_query(con, text);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  column = attachsql_query_column_get(con, 90);
  attachsql_query_row_next(con);
  CHECK_POLL(test_read(con, NULL).end, ATTACHSQL_RETURN_ERROR);
  if (CHECK(column != NULL))
  {
    CHECK_STR(column->column, "a_rather_long_name_for_column_number_88");
    CHECK_STR(column->origin_table, "numbers");
  }
  attachsql_query_close(con);
  test_works(con);
  attachsql_connect_destroy(con);
}

static void long_names(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  char name[64 * 3 + 1] = "", text[2000];
  attachsql_query_column_st *column;

  TEST("COL-6", "names of 64 characters of 3 bytes, and an alias of 255");
  test_run(con, "SET NAMES utf8mb4");
  for (int i = 0; i < 64; i++)
    strcat(name, "\xe2\x82\xac");
  snprintf(text, sizeof text, "CREATE TEMPORARY TABLE `%s` (`%s` INT)", name, name);
  test_run(con, text);
  snprintf(text, sizeof text, "SELECT `%s` FROM `%s`", name, name);
  test_query(con, text);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  column = attachsql_query_column_get(con, 1);
  if (CHECK(column != NULL))
  {
    CHECK_STR(column->column, name);
    CHECK_STR(column->origin_column, name);
    CHECK_STR(column->table, name);
    CHECK_STR(column->origin_table, name);
    CHECK_STR(column->schema, TEST_SCHEMA);
  }
  attachsql_query_close(con);
  {
    char alias[256];

    memset(alias, 'l', 255);
    alias[255] = '\0';
    snprintf(text, sizeof text, "SELECT 1 AS `%s`", alias);
    test_query(con, text);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    column = attachsql_query_column_get(con, 1);
    if (CHECK(column != NULL))
      CHECK_STR(column->column, alias);
    attachsql_query_close(con);
  }
  attachsql_connect_destroy(con);
}

static void types(const test_server *server)
{
  static const struct
  {
    const char *declaration;
    attachsql_column_type_t type;
    unsigned flags_set, flags_clear;
    uint32_t length;   /* 0: not compared */
    uint8_t decimals;  /* 255: not compared */
    uint16_t charset;  /* 0: not compared */
  } cases[] = {
    {"TINYINT", ATTACHSQL_COLUMN_TYPE_TINY, ATTACHSQL_COLUMN_FLAGS_NUM, ATTACHSQL_COLUMN_FLAGS_UNSIGNED, 4, 0, 63},
    {"TINYINT UNSIGNED NOT NULL", ATTACHSQL_COLUMN_TYPE_TINY, ATTACHSQL_COLUMN_FLAGS_UNSIGNED | ATTACHSQL_COLUMN_FLAGS_NOT_NULL, 0, 3, 0, 63},
    {"SMALLINT", ATTACHSQL_COLUMN_TYPE_SHORT, 0, 0, 6, 0, 63},
    {"MEDIUMINT", ATTACHSQL_COLUMN_TYPE_INT24, 0, 0, 9, 0, 63},
    {"INT(7) ZEROFILL", ATTACHSQL_COLUMN_TYPE_LONG, ATTACHSQL_COLUMN_FLAGS_ZEROFILL | ATTACHSQL_COLUMN_FLAGS_UNSIGNED, 0, 7, 0, 63},
    {"BIGINT AUTO_INCREMENT UNIQUE", ATTACHSQL_COLUMN_TYPE_LONGLONG, ATTACHSQL_COLUMN_FLAGS_AUTO_INCREMENT, 0, 20, 0, 63},
    {"FLOAT", ATTACHSQL_COLUMN_TYPE_FLOAT, 0, 0, 12, 31, 63},
    {"DOUBLE(10,3)", ATTACHSQL_COLUMN_TYPE_DOUBLE, 0, 0, 10, 3, 63},
    {"DECIMAL(12,4)", ATTACHSQL_COLUMN_TYPE_NEWDECIMAL, 0, 0, 14, 4, 63},
    {"DATE", ATTACHSQL_COLUMN_TYPE_DATE, ATTACHSQL_COLUMN_FLAGS_BINARY, 0, 10, 0, 63},
    {"TIME", ATTACHSQL_COLUMN_TYPE_TIME, 0, 0, 10, 0, 63},
    {"TIME(3)", ATTACHSQL_COLUMN_TYPE_TIME, 0, 0, 0, 3, 63},
    {"DATETIME(6)", ATTACHSQL_COLUMN_TYPE_DATETIME, 0, 0, 26, 6, 63},
    {"TIMESTAMP NULL", ATTACHSQL_COLUMN_TYPE_TIMESTAMP, 0, 0, 19, 0, 63},
    {"YEAR", ATTACHSQL_COLUMN_TYPE_YEAR, ATTACHSQL_COLUMN_FLAGS_UNSIGNED, 0, 4, 0, 63},
    {"BIT(11)", ATTACHSQL_COLUMN_TYPE_BIT, ATTACHSQL_COLUMN_FLAGS_UNSIGNED, 0, 11, 0, 63},
    {"CHAR(5)", ATTACHSQL_COLUMN_TYPE_STRING, 0, ATTACHSQL_COLUMN_FLAGS_BINARY, 20, 0, 45},
    {"BINARY(5)", ATTACHSQL_COLUMN_TYPE_STRING, ATTACHSQL_COLUMN_FLAGS_BINARY, 0, 5, 0, 63},
    {"VARCHAR(70)", ATTACHSQL_COLUMN_TYPE_VARSTRING, 0, 0, 280, 0, 45},
    {"VARBINARY(70)", ATTACHSQL_COLUMN_TYPE_VARSTRING, ATTACHSQL_COLUMN_FLAGS_BINARY, 0, 70, 0, 63},
    {"TEXT", ATTACHSQL_COLUMN_TYPE_BLOB, ATTACHSQL_COLUMN_FLAGS_BLOB, ATTACHSQL_COLUMN_FLAGS_BINARY, 0, 0, 45},
    {"LONGBLOB", ATTACHSQL_COLUMN_TYPE_BLOB, ATTACHSQL_COLUMN_FLAGS_BLOB | ATTACHSQL_COLUMN_FLAGS_BINARY, 0, 4294967295u, 0, 63},
    {"ENUM('a','b')", ATTACHSQL_COLUMN_TYPE_STRING, ATTACHSQL_COLUMN_FLAGS_ENUM, 0, 4, 0, 45},
    {"SET('a','b')", ATTACHSQL_COLUMN_TYPE_STRING, ATTACHSQL_COLUMN_FLAGS_SET, 0, 12, 0, 45},
    {"GEOMETRY", ATTACHSQL_COLUMN_TYPE_GEOMETRY, 0, 0, 0, 255, 63},
  };
  attachsql_connect_t *con = test_connect(server);
  char text[3000] = "CREATE TEMPORARY TABLE types (";
  size_t count = sizeof cases / sizeof *cases;

  TEST("COL-3", "the declarations of all types");
  test_run(con, "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci");
  for (size_t i = 0; i < count; i++)
    sprintf(text + strlen(text), "%sc%zu %s", i ? ", " : "", i, cases[i].declaration);
  strcat(text, ") CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
  test_run(con, text);
  test_query(con, "SELECT * FROM types");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(attachsql_query_column_count(con), count);
  for (size_t i = 0; i < count; i++)
  {
    attachsql_query_column_st *column = attachsql_query_column_get(con, (uint16_t)(i + 1));

    TEST("COL-3", cases[i].declaration);
    if (!CHECK(column != NULL))
      continue;
    CHECK_UINT(column->type, cases[i].type);
    CHECK_UINT((unsigned)column->flags & cases[i].flags_set & 0x7fff, cases[i].flags_set & 0x7fff);
    CHECK_UINT((unsigned)column->flags & cases[i].flags_clear, 0);
    CHECK(((unsigned)column->flags & ~0xffffu) == 0);
    if (cases[i].length)
      CHECK_UINT(column->length, cases[i].length);
    if (cases[i].decimals != 255)
      CHECK_UINT(column->decimals, cases[i].decimals);
    CHECK_UINT(column->charset, cases[i].charset);
  }
  attachsql_query_close(con);

  TEST("COL-7", "a type that the enum has no name for");
  if (server->kind == TEST_MYSQL_9_7)
  {
    test_query(con, "SELECT CAST('{\"a\": 1}' AS JSON)");
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    if (CHECK(attachsql_query_column_get(con, 1) != NULL))
      CHECK_UINT(attachsql_query_column_get(con, 1)->type, 245);
    attachsql_query_close(con);
  }
  TEST("COL-3", "a NULL literal");
  test_query(con, "SELECT NULL");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
  if (CHECK(attachsql_query_column_get(con, 1) != NULL))
    CHECK_UINT(attachsql_query_column_get(con, 1)->type, ATTACHSQL_COLUMN_TYPE_NULL);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("columns", 60);
  EACH_SERVER(server)
  {
    counts(server);
    names(server);
    kept_through_an_error(server);
    long_names(server);
    types(server);
  }
  return test_end();
}
