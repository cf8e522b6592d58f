/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group ERR. The errors themselves are provoked where they belong; this is about the
 * objects.
 */
#include "../support/test.h"

static void null_object(void)
{
  TEST("ERR-1 ERR-2 ERR-3 ERR-4", "NULL for an error object");
  attachsql_error_free(NULL);
  CHECK_INT(attachsql_error_code(NULL), 0);
  CHECK(attachsql_error_message(NULL) == NULL);
  CHECK(attachsql_error_sqlstate(NULL) == NULL);
}

static void client_error(void)
{
  attachsql_error_t *error = NULL;
  char *message, *sqlstate;

  TEST("ERR-2 ERR-3 ERR-4", "an error of the library's own");
  CHECK(attachsql_connect_create(TEST_HOST, 1, NULL, "p", "s", &error) == NULL);
  if (!CHECK(error != NULL))
    return;
  CHECK_INT(attachsql_error_code(error), ATTACHSQL_ERROR_CODE_PARAMETER);
  message = attachsql_error_message(error);
  sqlstate = attachsql_error_sqlstate(error);
  CHECK(strlen(message) > 0 && strlen(message) <= 255);
  CHECK_UINT(strlen(sqlstate), 5);

  TEST("ERR-8", "a bad argument is named");
  CHECK(strstr(message, "user") != NULL);

  TEST("ERR-5", "the strings stay where they are and may be written to");
  CHECK(attachsql_error_message(error) == message);
  CHECK(attachsql_error_sqlstate(error) == sqlstate);
  message[0] = '!';
  sqlstate[0] = '!';
  CHECK_INT(attachsql_error_message(error)[0], '!');
  CHECK_INT(attachsql_error_sqlstate(error)[0], '!');
  attachsql_error_free(error);
}

static void named_arguments(void)
{
  attachsql_connect_t *con = attachsql_connect_create(TEST_HOST, 1, "u", "p", "s", NULL);
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_NONE, NULL, 0, false};
  attachsql_error_t *error = NULL;

  TEST("ERR-8", "more arguments that are named");
  CHECK(attachsql_connect_create(TEST_HOST, 1, "u", "p", NULL, &error) == NULL);
  CHECK(error && strstr(attachsql_error_message(error), "schema"));
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_query(NULL, 8, "SELECT 1", 0, NULL, &error));
  CHECK(error && strstr(attachsql_error_message(error), "con"));
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_query(con, 8, "SELECT ?", 1, NULL, &error));
  CHECK(error && strstr(attachsql_error_message(error), "parameter"));
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_query(con, 10, "SELECT ?,?", 1, &parameter, &error));
  CHECK(error && strstr(attachsql_error_message(error), "parameter"));
  attachsql_error_free(error);
  error = NULL;
  CHECK(!attachsql_query(con, 8, NULL, 0, NULL, &error));
  CHECK(error && strstr(attachsql_error_message(error), "statement"));
  attachsql_error_free(error);
  attachsql_connect_destroy(con);
}

static void server_errors(const test_server *server)
{
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  char text[400], want[300] = "";

  TEST("ERR-7", "code, SQLSTATE and text of the server");
  test_query(con, "SIGNAL SQLSTATE '45678' SET MESSAGE_TEXT = 'exactly this', MYSQL_ERRNO = 31234");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (error)
    CHECK_STR(attachsql_error_message(error), "exactly this");
  CHECK_ERROR(error, 31234, "45678");
  attachsql_query_close(con);

  TEST("ERR-7 ERR-2", "a server's code in the 3000s");
  test_refused(con, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not ours', MYSQL_ERRNO = 3000", 3000, "45000");

  TEST("ERR-7", "a text with a percent sign");
  test_query(con, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '100%s %n %d%%', MYSQL_ERRNO = 5000");
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (error)
    CHECK_STR(attachsql_error_message(error), "100%s %n %d%%");
  CHECK_ERROR(error, 5000, "45000");
  attachsql_query_close(con);

  TEST("ERR-3", "a text of more than 255 bytes is cut: 128 characters of 3 bytes");
  test_run(con, "SET NAMES utf8mb4");
  strcpy(text, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '");
  for (int i = 0; i < 128; i++)
    strcat(text, i < 8 ? "b" : "\xe2\x82\xac");
  strcat(text, "'");
  test_query(con, text);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
  {
    const char *message = attachsql_error_message(error);

    for (int i = 0; i < 90; i++)
      strcat(want, i < 8 ? "b" : "\xe2\x82\xac");
    CHECK(strlen(message) <= 255 && strlen(message) >= 250);
    CHECK(strncmp(message, want, strlen(message)) == 0);
  }
  attachsql_error_free(error);
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("error", 60);
  null_object();
  client_error();
  named_arguments();
  EACH_SERVER(server)
    server_errors(server);
  return test_end();
}
