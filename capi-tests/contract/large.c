/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clauses QRY-11, ROW-10 and ROW-11: packets that have to be split and joined, around
 * 2^24 bytes and its multiples. 200 MiB are in huge.c.
 */
#include "../support/test.h"

/* The cell lengths; the packet of a row is some bytes longer, so the edge lies a little below. */
static const uint32_t lengths[] = {(1u << 24) - 20, (1u << 24) - 10, (1u << 24) - 9, (1u << 24) - 8, (1u << 24) - 6,
                                   (1u << 24) - 5, (1u << 24) - 4, (1u << 24) - 2, (1u << 24) - 1, 1u << 24,
                                   (1u << 24) + 1, (1u << 24) + 5, (1u << 25) - 20, (1u << 25) - 10, (1u << 25) - 2,
                                   1u << 25, (1u << 25) + 5};

static char *value; /* as long as the longest, and room for the text around it */

static void alone(attachsql_connect_t *con, uint32_t length)
{
  attachsql_error_t *error = NULL;
  attachsql_query_row_st *row;
  char text[200], *crc;

  /* The row with one cell: 4 bytes of length and the value, so 2^24 - 5 makes a packet of 2^24 - 1. */
  snprintf(text, sizeof text, "SELECT LEFT(REPEAT('0123456789abcdefghijklmnopqrstuvwxyz\\n', %u), %u)", length / 37 + 1, length);
  test_query(con, text);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
  CHECK_NO_ERROR(error);
  row = attachsql_query_row_get(con, NULL);
  if (CHECK(row != NULL))
  {
    CHECK_UINT(row[0].length, length);
    CHECK(memcmp(row[0].data, value, row[0].length < length ? row[0].length : length) == 0);
  }
  attachsql_query_row_next(con);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
  CHECK_NO_ERROR(error);
  attachsql_query_close(con);

  TEST("ROW-11 ROW-10", "among other rows and cells, with the server's checksum");
  snprintf(text, sizeof text,
           "SELECT v, CRC32(v), 'x' FROM (SELECT 'before' AS v UNION ALL SELECT LEFT(REPEAT('0123456789abcdefghijklmnopqrstuvwxyz\\n', %u), %u) "
           "UNION ALL SELECT 'after') t",
           length / 37 + 1, length);
  test_query(con, text);
  for (int i = 0; i < 3; i++)
  {
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ROW_READY);
    CHECK_NO_ERROR(error);
    row = attachsql_query_row_get(con, NULL);
    if (CHECK(row != NULL))
    {
      char want[16];

      crc = want;
      CHECK_UINT(row[0].length, i == 0 ? 6 : i == 1 ? length : 5);
      snprintf(want, sizeof want, "%" PRIu32, test_crc(0, row[0].data, row[0].length));
      CHECK_BYTES(row[1].data, row[1].length, crc, strlen(crc));
      CHECK_BYTES(row[2].data, row[2].length, "x", 1);
    }
    attachsql_query_row_next(con);
  }
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_EOF);
  attachsql_query_close(con);
}

/* Texts whose packets have exactly this many bytes, command byte included. */
static void sent(attachsql_connect_t *con, uint32_t packet)
{
  static const char head[] = "SELECT LENGTH('", tail[] = "')";
  size_t filling = packet - 1 - (sizeof head - 1) - (sizeof tail - 1);
  char *text = (char *)malloc(packet), want[16];
  attachsql_error_t *error = NULL;

  if (!text)
    test_fatal("malloc", "");
  memcpy(text, head, sizeof head - 1);
  memset(text + sizeof head - 1, 'q', filling);
  memcpy(text + sizeof head - 1 + filling, tail, sizeof tail - 1);
  CHECK(attachsql_query(con, packet - 1, text, 0, NULL, &error));
  CHECK_NO_ERROR(error);
  memset(text, 'x', packet);
  free(text);
  snprintf(want, sizeof want, "%zu", filling);
  CHECK_STR(test_first(con), want);
  attachsql_query_close(con);
  test_works(con);
}

static void as_parameter(attachsql_connect_t *con, uint32_t length)
{
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_CHAR, NULL, 0, false};
  attachsql_error_t *error = NULL;
  test_result result;

  parameter.data = value;
  parameter.length = length;
  CHECK(attachsql_query(con, 8, "SELECT ?", 1, &parameter, &error));
  CHECK_NO_ERROR(error);
  result = test_read(con, &error);
  CHECK_NO_ERROR(error);
  CHECK_POLL(result.end, ATTACHSQL_RETURN_EOF);
  CHECK_UINT(result.bytes, length);
  CHECK_UINT(result.crc, test_crc(0, value, length));
  attachsql_query_close(con);
}

int main(void)
{
  static const uint32_t packets[] = {(1u << 24) - 2, (1u << 24) - 1, 1u << 24, (1u << 24) + 1, (1u << 25) - 3, (1u << 25) - 2, (1u << 25) - 1, (3u << 24)};

  test_begin("large", 300);
  value = (char *)malloc((1u << 25) + 64);
  if (!value)
    test_fatal("malloc", "");
  for (uint32_t i = 0; i < (1u << 25) + 64; i++)
    value[i] = "0123456789abcdefghijklmnopqrstuvwxyz\n"[i % 37];
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    {
      char what[64];

      snprintf(what, sizeof what, "a cell of %" PRIu32 " bytes", lengths[i]);
      TEST("QRY-11 ROW-11 ROW-10", what);
      alone(con, lengths[i]);
    }
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
    {
      char what[64];

      snprintf(what, sizeof what, "a query packet of %" PRIu32 " bytes", packets[i]);
      TEST("QRY-11", what);
      sent(con, packets[i]);
    }
    TEST("QRY-11 ROW-10", "large parameters, and back");
    as_parameter(con, (1u << 24) - 1);
    as_parameter(con, (1u << 24) + 5);
    as_parameter(con, (1u << 25) + 5);

    TEST("QRY-9 QRY-11", "a large row that is abandoned");
    test_query(con, "SELECT REPEAT('a', 40000000), 1 UNION ALL SELECT REPEAT('b', 40000000), 2");
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_close(con);
    test_works(con);
    test_query(con, "SELECT REPEAT('a', 40000000), 1 UNION ALL SELECT REPEAT('b', 40000000), 2");
    attachsql_query_close(con);
    test_works(con);
    attachsql_connect_destroy(con);
  }
  free(value);
  return test_end();
}
