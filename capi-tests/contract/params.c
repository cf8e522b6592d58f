/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group PAR.
 */
#include "../support/test.h"

#include <float.h>
#include <limits.h>
#include <locale.h>

typedef attachsql_query_parameter_st parameter_st;

/* A parameter whose fields that are not given are noise. */
static parameter_st parameter(attachsql_query_parameter_type_t type, const void *data)
{
  parameter_st parameter;

  memset(&parameter, 0xa5, sizeof parameter);
  parameter.type = type;
  parameter.data = (void *)(uintptr_t)data;
  return parameter;
}

static parameter_st bytes(attachsql_query_parameter_type_t type, const void *data, size_t length)
{
  parameter_st result = parameter(type, data);

  result.length = length;
  return result;
}

static parameter_st text(attachsql_query_parameter_type_t type, const char *value)
{
  return bytes(type, value, strlen(value));
}

static parameter_st number(attachsql_query_parameter_type_t type, const void *data, unsigned char is_unsigned)
{
  parameter_st result = parameter(type, data);

  memcpy((char *)&result + offsetof(parameter_st, is_unsigned), &is_unsigned, 1);
  return result;
}

/* The first cell of a query with parameters. */
static const char *filled(attachsql_connect_t *con, const char *statement, uint16_t count, parameter_st *parameters)
{
  attachsql_error_t *error = NULL;
  const char *value = "(refused)";

  CHECK(attachsql_query(con, strlen(statement), statement, count, parameters, &error));
  if (CHECK_NO_ERROR(error))
    value = test_first(con);
  attachsql_query_close(con);
  return value;
}

/* The same with one parameter alone: SELECT ? gives the text that was inserted, read back. */
static const char *one(attachsql_connect_t *con, parameter_st parameter)
{
  return filled(con, "SELECT ?", 1, &parameter);
}

static void replacing(attachsql_connect_t *con)
{
  parameter_st list[4];
  attachsql_error_t *error = NULL;

  TEST("PAR-1", "left to right, everywhere");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR, "a");
  list[1] = text(ATTACHSQL_ESCAPE_TYPE_CHAR, "b");
  list[2] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "'c'");
  CHECK_STR(filled(con, "SELECT CONCAT(?,?,?)", 3, list), "abc");
  TEST("PAR-1", "inside quotes, names and comments too");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "q");
  list[1] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "c");
  list[2] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "n");
  CHECK_STR(filled(con, "SELECT '?' /* ? */ AS `?`", 3, list), "q");
  TEST("PAR-1", "at both ends, side by side");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "SELECT");
  list[1] = text(ATTACHSQL_ESCAPE_TYPE_NONE, " ");
  list[2] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "'en'");
  list[3] = text(ATTACHSQL_ESCAPE_TYPE_NONE, " 'ds'");
  CHECK_STR(filled(con, "?" "?" "?" "?", 4, list), "ends");
  TEST("PAR-1", "a question mark in a value stays");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR, "what?");
  list[1] = text(ATTACHSQL_ESCAPE_TYPE_NONE, "'?'");
  CHECK_STR(filled(con, "SELECT CONCAT(?, ?)", 2, list), "what?" "?");

  TEST("PAR-2 QRY-4", "more question marks than parameters");
  for (uint16_t count = 1; count < 3; count++)
  {
    CHECK(!attachsql_query(con, 12, "SELECT ?,?,?", count, list, &error));
    CHECK_ERROR(error, 3000, "22023");
    CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_EOF);
  }
  TEST("PAR-3", "parameters left over");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR, "used");
  list[1] = bytes(ATTACHSQL_ESCAPE_TYPE_CHAR, "x", 1);
  CHECK_STR(filled(con, "SELECT ?", 2, list), "used");
  CHECK_STR(filled(con, "SELECT 'none'", 2, list), "none");
  /* A part of an array that was not filled. */
  memset(&list[1], 0x55, sizeof list[1]);
  CHECK_STR(filled(con, "SELECT ?", 2, list), "used");
  list[1] = number(ATTACHSQL_ESCAPE_TYPE_INT, (void *)(uintptr_t)16, 0);
  CHECK_STR(filled(con, "SELECT ?", 2, list), "used");
  TEST("PAR-4", "no array");
  CHECK(!attachsql_query(con, 8, "SELECT ?", 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_query(con, 8, "SELECT 1", 65535, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");

  TEST("PAR-14", "no data");
  CHECK_STR(one(con, bytes(ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 0)), "");
  list[0] = bytes(ATTACHSQL_ESCAPE_TYPE_NONE, NULL, 0);
  CHECK_STR(filled(con, "SELECT 'x'?", 1, list), "x");
  list[0] = bytes(ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 1);
  CHECK(!attachsql_query(con, 8, "SELECT ?", 1, list, &error));
  CHECK_ERROR(error, 3000, "22023");
  for (int type = ATTACHSQL_ESCAPE_TYPE_INT; type <= ATTACHSQL_ESCAPE_TYPE_DOUBLE; type++)
  {
    list[0] = number((attachsql_query_parameter_type_t)type, NULL, 0);
    CHECK(!attachsql_query(con, 8, "SELECT ?", 1, list, &error));
    CHECK_ERROR(error, 3000, "22023");
  }

  TEST("PAR-15", "a type that does not exist");
  for (int type = 7; type < 300; type += 97)
  {
    list[0] = bytes((attachsql_query_parameter_type_t)type, "x", 1);
    CHECK(!attachsql_query(con, 8, "SELECT ?", 1, list, &error));
    CHECK_ERROR(error, 3000, "22023");
  }
  test_works(con);
}

static void texts(attachsql_connect_t *con)
{
  parameter_st list[1];

  TEST("PAR-5", "NONE: as it is");
  CHECK_STR(one(con, text(ATTACHSQL_ESCAPE_TYPE_NONE, "6 * 7")), "42");
  CHECK_STR(one(con, text(ATTACHSQL_ESCAPE_TYPE_NONE, "NULL")), "(null)");
  CHECK_STR(one(con, bytes(ATTACHSQL_ESCAPE_TYPE_NONE, "NULLx", 4)), "(null)");
  CHECK_STR(one(con, text(ATTACHSQL_ESCAPE_TYPE_NONE, "'a\\'b'")), "a'b");

  TEST("PAR-6", "CHAR: quoted and escaped");
  CHECK_STR(one(con, text(ATTACHSQL_ESCAPE_TYPE_CHAR, "it's \"5\" \\ %_")), "it's \"5\" \\ %_");
  CHECK_STR(one(con, text(ATTACHSQL_ESCAPE_TYPE_CHAR, "")), "");
  CHECK_STR(one(con, bytes(ATTACHSQL_ESCAPE_TYPE_CHAR, "abcdef", 3)), "abc");

  TEST("PAR-7", "CHAR_LIKE: escaped, not quoted, % and _ alone");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE, "o'r\\_%");
  CHECK_STR(filled(con, "SELECT '?'", 1, list), "o'r\\_%");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE, "50%");
  CHECK_STR(filled(con, "SELECT '50 euros' LIKE '?'", 1, list), "1");
  CHECK_STR(filled(con, "SELECT 'about 50!' LIKE '%?'", 1, list), "1");
  list[0] = text(ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE, "5_0");
  CHECK_STR(filled(con, "SELECT '5x0' LIKE '?'", 1, list), "1");
}

static void integers(attachsql_connect_t *con)
{
  static const struct
  {
    uint64_t value;
    const char *as_int, *as_uint, *as_bigint, *as_ubigint;
  } cases[] = {
    {0, "0", "0", "0", "0"},
    {1, "1", "1", "1", "1"},
    {0x7fffffff, "2147483647", "2147483647", "2147483647", "2147483647"},
    {0x80000000, "-2147483648", "2147483648", "2147483648", "2147483648"},
    {0xffffffff, "-1", "4294967295", "4294967295", "4294967295"},
    {0x7fffffffffffffff, NULL, NULL, "9223372036854775807", "9223372036854775807"},
    {0x8000000000000000, NULL, NULL, "-9223372036854775808", "9223372036854775808"},
    {0xffffffffffffffff, NULL, NULL, "-1", "18446744073709551615"},
  };

  TEST("PAR-8 PAR-9 PAR-13", "integers of both sizes, signed and unsigned");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
  {
    uint64_t wide = cases[i].value;
    uint32_t narrow = (uint32_t)wide;

    if (cases[i].as_int)
    {
      CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_INT, &narrow, 0)), cases[i].as_int);
      CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_INT, &narrow, 1)), cases[i].as_uint);
    }
    CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_BIGINT, &wide, 0)), cases[i].as_bigint);
    CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_BIGINT, &wide, 1)), cases[i].as_ubigint);
    TEST("PAR-13", "any byte other than 0 is true");
    CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_BIGINT, &wide, 2)), cases[i].as_ubigint);
    CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_BIGINT, &wide, 255)), cases[i].as_ubigint);
  }

  TEST("PAR-13", "the fields that are not read, at the end of an array that is exactly filled");
  {
    /* valgrind and sanitizers see a read of what malloc has not been given. */
    parameter_st *list = (parameter_st *)malloc(2 * sizeof *list);
    int32_t value = -5;

    if (!list)
      test_fatal("malloc", "");
    list[0].type = ATTACHSQL_ESCAPE_TYPE_CHAR;
    list[0].data = (void *)(uintptr_t)"abc";
    list[0].length = 3;
    list[1].type = ATTACHSQL_ESCAPE_TYPE_INT;
    list[1].data = &value;
    list[1].is_unsigned = false;
    CHECK_STR(filled(con, "SELECT CONCAT(?, ?)", 2, list), "abc-5");
    free(list);
  }
}

static void reals(attachsql_connect_t *con)
{
  static const float floats[] = {0.0f, -0.5f, 3.14159f, 1.0f / 3, 123456.789f, -1e10f, 1e-8f, 16777216.0f, 1e20f};
  static const double doubles[] = {0.0, -0.5, 3.1415926, 1.0 / 3, 123456789.123456789, -1e15, 1e-16, 9007199254740993.0, 1e25};
  char want[400];

  TEST("PAR-10", "float");
  CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_FLOAT, &floats[2], 0)), "3.1415901");
  for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
  {
    /* As a string, so that no server rounds it. */
    parameter_st list[1] = {number(ATTACHSQL_ESCAPE_TYPE_FLOAT, &floats[i], 0)};

    snprintf(want, sizeof want, "%.7f", (double)floats[i]);
    CHECK_STR(filled(con, "SELECT '?'", 1, list), want);
  }
  TEST("PAR-11", "double");
  CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_DOUBLE, &doubles[2], 0)), "3.141592600000000");
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
  {
    parameter_st list[1] = {number(ATTACHSQL_ESCAPE_TYPE_DOUBLE, &doubles[i], 0)};

    snprintf(want, sizeof want, "%.15f", doubles[i]);
    CHECK_STR(filled(con, "SELECT '?'", 1, list), want);
  }
  {
    double largest = DBL_MAX;
    float largest_float = FLT_MAX;
    parameter_st list[1] = {number(ATTACHSQL_ESCAPE_TYPE_DOUBLE, &largest, 0)};

    snprintf(want, sizeof want, "%.15f", largest);
    CHECK_STR(filled(con, "SELECT '?'", 1, list), want);
    list[0] = number(ATTACHSQL_ESCAPE_TYPE_FLOAT, &largest_float, 0);
    snprintf(want, sizeof want, "%.7f", (double)largest_float);
    CHECK_STR(filled(con, "SELECT '?'", 1, list), want);
  }
}

/* Switches to a locale whose decimal point is a comma. Few systems install one, so where the GNU C
 * library keeps its C locale, a copy of that with the point replaced does as well. */
static void use_a_comma(void)
{
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "de-DE", "German_Germany.1252", "German"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (setlocale(LC_NUMERIC, names[i]))
      return;
#ifndef _WIN32
  {
    char folder[64] = "/tmp/attachsql-locale-XXXXXX", path[128], data[512];
    FILE *from = fopen("/usr/lib/locale/C.utf8/LC_NUMERIC", "rb"), *to;
    size_t length = from ? fread(data, 1, sizeof data, from) : 0;

    if (from)
      fclose(from);
    if (!length || !mkdtemp(folder))
      return;
    setenv("LOCPATH", folder, 1);
    for (size_t i = 24; i < length; i++)
      if (data[i] == '.')
        data[i] = ',';
    for (const char *name = "comma/LC_NUMERIC"; name; name = NULL)
    {
      char command[200];

      snprintf(command, sizeof command, "mkdir -p '%s/comma'", folder);
      if (system(command))
        return;
      snprintf(path, sizeof path, "%s/%s", folder, name);
      to = fopen(path, "wb");
      if (to)
      {
        fwrite(data, 1, length, to);
        fclose(to);
      }
    }
    setlocale(LC_NUMERIC, "comma");
    unlink(path);
    snprintf(path, sizeof path, "%s/comma", folder);
    rmdir(path);
    rmdir(folder);
  }
#endif
}

static void locales(attachsql_connect_t *con)
{
  char text[32];
  float small = 1.5f;
  double wide = 2.25;
  int32_t integer = -1234567;

  TEST("PAR-12", "a locale with a decimal comma");
  use_a_comma();
  snprintf(text, sizeof text, "%.1f", 1.5);
  if (strcmp(text, "1,5") != 0)
    test_fatal("no locale with a decimal comma here", "; install locales and one of de_DE.UTF-8, fr_FR.UTF-8");
  CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_FLOAT, &small, 0)), "1.5000000");
  CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_DOUBLE, &wide, 0)), "2.250000000000000");
  CHECK_STR(one(con, number(ATTACHSQL_ESCAPE_TYPE_INT, &integer, 0)), "-1234567");
  setlocale(LC_NUMERIC, "C");
}

static void many(attachsql_connect_t *con)
{
  static char statement[65535 * 2 + 64];
  parameter_st *list = (parameter_st *)malloc(65535 * sizeof *list);
  int32_t one_value = 1;
  char *end = statement;

  if (!list)
    test_fatal("malloc", "");
  TEST("PAR-1", "65,535 parameters");
  end += sprintf(end, "SELECT '");
  for (unsigned i = 0; i < 65535; i++)
  {
    list[i] = number(ATTACHSQL_ESCAPE_TYPE_INT, &one_value, 0);
    *end++ = '?';
  }
  strcpy(end, "' = REPEAT('1', 65535)");
  CHECK_STR(filled(con, statement, 65535, list), "1");
  free(list);
}

int main(void)
{
  test_begin("params", 120);
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);

    replacing(con);
    texts(con);
    integers(con);
    reals(con);
    many(con);
    locales(con);
    attachsql_connect_destroy(con);
  }
  return test_end();
}
