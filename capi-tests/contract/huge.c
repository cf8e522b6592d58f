/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause QRY-11: values of 200 MiB, as a result and as a parameter.
 */
#include "../support/test.h"

#define SIZE (200u << 20)

int main(void)
{
  char *value = (char *)malloc(SIZE);

  test_begin("huge", 600);
  if (!value)
    test_fatal("malloc of 200 MiB", "");
  for (size_t i = 0; i < SIZE; i++)
    value[i] = "0123456789abcdefghijklmnopqrstuvwxyz\n"[i % 37];
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);
    attachsql_error_t *error = NULL;
    attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, SIZE, false};
    attachsql_query_row_st *row;
    static const char text[] = "SELECT CONCAT(LENGTH(v), ' ', CRC32(v)) FROM (SELECT ? AS v) t";
    char want[32];

    TEST("QRY-11 ROW-10", "200 MiB from the server");
    test_query(con, "SELECT REPEAT('0123456789abcdefghijklmnopqrstuvwxyz\\n', 5667980), 'behind'");
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
    CHECK_NO_ERROR(error);
    row = attachsql_query_row_get(con, NULL);
    if (CHECK(row != NULL))
    {
      CHECK_UINT(row[0].length, 5667980u * 37);
      CHECK(row[0].length >= SIZE && memcmp(row[0].data, value, SIZE) == 0);
      CHECK_BYTES(row[1].data, row[1].length, "behind", 6);
    }
    attachsql_query_row_next(con);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
    attachsql_query_close(con);

    TEST("QRY-11 PAR-6", "200 MiB to the server");
    parameter.data = value;
    CHECK(attachsql_query(con, sizeof text - 1, text, 1, &parameter, &error));
    CHECK_NO_ERROR(error);
    snprintf(want, sizeof want, "%u %" PRIu32, SIZE, test_crc(0, value, SIZE));
    CHECK_STR(test_first(con), want);
    attachsql_query_close(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }
  free(value);
  return test_end();
}
