/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group STMT: long data.
 */
#include "../support/test.h"
#include "../support/statements.h"

static bool send_piece(attachsql_connect_t *con, uint16_t param, const char *bytes, size_t length)
{
  attachsql_error_t *error = NULL;
  char *copy = (char *)malloc(length + 1);
  bool sent;

  memcpy(copy, bytes, length);
  sent = attachsql_statement_send_long_data(con, param, length, copy, &error);
  memset(copy, '#', length);
  free(copy);
  CHECK(sent);
  CHECK_NO_ERROR(error);
  return sent;
}

static void pieces(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;

  TEST("STMT-14 STMT-16 CONV-6", "several pieces, for two parameters, polled and not");
  CHECK(test_prepare(con, "SELECT ?, ?, ?"));
  CHECK(attachsql_statement_set_int(con, 0, 5, NULL));
  send_piece(con, 1, "one ", 4);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  send_piece(con, 2, "", 0);
  send_piece(con, 1, "two\0", 4);
  send_piece(con, 1, "!", 1);
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  {
    size_t length = 0;
    char *value = attachsql_statement_get_char(con, 1, &length, NULL);

    CHECK_BYTES(value, length, "one two\0!", 9);
    length = 7;
    CHECK(attachsql_statement_get_char(con, 2, &length, NULL) != NULL);
    CHECK_UINT(length, 0);
  }
  CHECK_INT(attachsql_statement_get_bigint(con, 0, NULL), 5);

  TEST("STMT-15", "an execute uses it up");
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_statement_set_string(con, 1, 3, "set", NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 1), "set");
  CHECK_STR(test_text(con, 2), "(null)");
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);

  TEST("STMT-15 STMT-14", "it goes before what is set, also after it was sent; a reset ends it");
  send_piece(con, 1, "long", 4);
  CHECK(attachsql_statement_set_int(con, 1, 7, NULL));
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 1), "long");
  CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
  send_piece(con, 1, "forgotten", 9);
  CHECK(attachsql_statement_reset(con, NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
  CHECK(attachsql_statement_row_get(con, NULL));
  CHECK_STR(test_text(con, 1), "7");

  TEST("STMT-16", "no such parameter, no data, no statement");
  CHECK(!attachsql_statement_send_long_data(con, 3, 1, (char *)"x", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_send_long_data(con, 65535, 1, (char *)"x", &error));
  CHECK_ERROR(error, 3000, "22023");
  CHECK(!attachsql_statement_send_long_data(con, 0, 1, NULL, &error));
  CHECK_ERROR(error, 3000, "22023");
  attachsql_statement_close(con);
  CHECK(!attachsql_statement_send_long_data(con, 0, 1, (char *)"x", &error));
  CHECK_ERROR(error, 3000, "22023");
  test_works(con);
  attachsql_connect_destroy(con);
}

static void a_lot(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  size_t length = 0, size = 18u << 20;
  char *bytes = (char *)malloc(size);
  uint32_t crc;

  TEST("STMT-14 STMT-16", "18 MiB at once, and in pieces that are waited for");
  for (size_t i = 0; i < size; i++)
    bytes[i] = (char)(i * 31 + (i >> 9));
  crc = test_crc(0, bytes, size);
  CHECK(test_prepare(con, "SELECT LENGTH(?), CRC32(?), ?"));
  for (int i = 0; i < 2; i++)
  {
    for (uint16_t param = 0; param < 3; param++)
    {
      size_t piece = i ? 5u << 20 : size;

      for (size_t at = 0; at < size; at += piece)
      {
        CHECK(attachsql_statement_send_long_data(con, param, size - at < piece ? size - at : piece, bytes + at, NULL));
        if (i)
          CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
      }
    }
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
    CHECK(attachsql_statement_row_get(con, NULL));
    CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 0, NULL), size);
    CHECK_UINT(attachsql_statement_get_bigint_unsigned(con, 1, NULL), crc);
    {
      char *value = attachsql_statement_get_char(con, 2, &length, NULL);

      CHECK_BYTES(value, length, bytes, size);
    }
    CHECK_POLL(test_statement_next(con), ATTACHSQL_RETURN_EOF);
  }
  free(bytes);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("statement_long", 120);
  EACH_SERVER(server)
  {
    pieces(server);
    a_lot(server);
  }
  return test_end();
}
