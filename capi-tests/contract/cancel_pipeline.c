/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CXL: pipelines and bulk executes, which cannot be cancelled, and what a deadline does to them.
 */
#include "../support/test.h"

static const uint32_t on = 1;

static attachsql_connect_t *create(const test_server *server, bool cancels)
{
  attachsql_connect_t *con = test_create(server);

  if (cancels)
    CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_CANCEL, &on));
  return con;
}

static void add(attachsql_connect_t *con, const char *text)
{
  CHECK(attachsql_pipeline_add(con, strlen(text), text, 0, NULL, NULL, NULL));
}

static void send_all(attachsql_connect_t *con)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_pipeline_send(con, false, &error));
  CHECK_NO_ERROR(error);
}

/* A cancel is refused, with these words. */
static void refused(attachsql_connect_t *con, const char *what, const char *advice)
{
  attachsql_error_t *error = NULL;

  CHECK(!attachsql_query_cancel(con, &error));
  if (CHECK(error != NULL))
  {
    CHECK(strstr(attachsql_error_message(error), what) != NULL);
    CHECK(strstr(attachsql_error_message(error), advice) != NULL);
    CHECK(strstr(attachsql_error_message(error), "ATTACHSQL_OPTION_CANCEL") == NULL);
  }
  CHECK_ERROR(error, 3000, "22023");
  CHECK_INT(attachsql_query_cancel_outcome(con), ATTACHSQL_CANCEL_NONE);
}

/* The rest of the answer, and the next command. */
static void good(attachsql_connect_t *con, attachsql_return_t next)
{
  attachsql_return_t state;

  while ((state = test_poll_good(con)) == ATTACHSQL_RETURN_ROW_READY)
    attachsql_query_row_next(con);
  CHECK_POLL(state, ATTACHSQL_RETURN_EOF);
  CHECK_POLL(attachsql_pipeline_next(con), next);
}

static void pipelines(const test_server *server, bool cancels)
{
  attachsql_connect_t *con = create(server, cancels);

  TEST("CXL-9", "a pipeline that waits for the login; it goes on");
  add(con, "SELECT 1");
  add(con, "SELECT SLEEP(0.1)");
  send_all(con);
  refused(con, "pipeline", "attachsql_pipeline_close");
  attachsql_connect_poll(con, NULL);
  refused(con, "pipeline", "attachsql_pipeline_close");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);

  TEST("CXL-9", "one that is under way, with a row, between two commands, and at its end");
  refused(con, "pipeline", "attachsql_pipeline_close");
  good(con, ATTACHSQL_RETURN_PROCESSING);
  refused(con, "pipeline", "attachsql_pipeline_close");
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
    attachsql_query_row_next(con);
  refused(con, "pipeline", "attachsql_pipeline_close");
  CHECK_POLL(attachsql_pipeline_next(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_query_cancel(con, NULL));

  TEST("CXL-9", "one that was closed, and whose answers are still to come");
  add(con, "DO SLEEP(0.2)");
  add(con, "DO SLEEP(0.1)");
  send_all(con);
  attachsql_pipeline_close(con);
  refused(con, "pipeline", "poll");

  TEST("CXL-5 CXL-9", "a query behind it is taken back");
  {
    attachsql_error_t *error = NULL;

    test_query(con, "SELECT 1");
    CHECK(attachsql_query_cancel(con, &error));
    CHECK_NO_ERROR(error);
    CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
    CHECK_ERROR(error, 3005, "70100");
    attachsql_query_close(con);
  }
  test_works(con);
  attachsql_connect_destroy(con);

  TEST("CXL-9 PIPE-8", "what the message advises: one that was not sent is forgotten");
  con = create(server, cancels);
  add(con, "SET @sent = 1");
  send_all(con);
  refused(con, "pipeline", "attachsql_pipeline_close");
  attachsql_pipeline_close(con);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK_UINT(test_number(con, "SELECT @sent IS NULL"), 1);
  attachsql_connect_destroy(con);
}

/* A statement of which `count` rows are executed. */
static attachsql_stmt_t *bulk(attachsql_connect_t *con, const char *text, int count)
{
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, NULL);

  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, &error));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  for (int i = 0; i < count; i++)
    CHECK(attachsql_stmt_set_double(stmt, 0, 0.45, NULL) && attachsql_stmt_bulk_add(stmt, NULL, NULL));
  CHECK(attachsql_stmt_bulk_execute(stmt, &error));
  CHECK_NO_ERROR(error);
  return stmt;
}

static void bulks(const test_server *server, bool cancels)
{
  attachsql_connect_t *con = test_login(create(server, cancels));
  attachsql_stmt_t *stmt;

  TEST("CXL-9", "a bulk execute; it goes on");
  stmt = bulk(con, "DO SLEEP(? / 10)", 3);
  refused(con, "bulk execute", "poll until EOF or ERROR");
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_query_cancel(con, NULL));
  test_works(con);
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void deadlines(const test_server *server, bool cancels)
{
  uint32_t limit = 1000;
  attachsql_connect_t *con = create(server, cancels);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt;

  TEST("CXL-9 OPT-26", "each command of a pipeline has its time");
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  for (int i = 0; i < 3; i++)
    add(con, "DO SLEEP(0.45)");
  send_all(con);
  for (int i = 0; i < 3; i++)
    good(con, i < 2 ? ATTACHSQL_RETURN_PROCESSING : ATTACHSQL_RETURN_EOF);

  TEST("CXL-9 OPT-26 PIPE-7", "one whose time is over ends the connection, also where commands can be cancelled");
  add(con, "SELECT SLEEP(20)");
  add(con, "DO 1");
  send_all(con);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3004, "08006");
  CHECK_INT(attachsql_query_cancel_outcome(con), ATTACHSQL_CANCEL_NONE);
  CHECK_POLL(attachsql_pipeline_next(con), ATTACHSQL_RETURN_PROCESSING);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  if (CHECK(error != NULL))
    CHECK(strstr(attachsql_error_message(error), "is not known") != NULL);
  CHECK_ERROR(error, 3004, "08006");
  CHECK_POLL(attachsql_pipeline_next(con), ATTACHSQL_RETURN_EOF);
  CHECK(!attachsql_connect_ping(con, &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_connect_destroy(con);

  TEST("CXL-9 OPT-26", "a bulk execute has it once");
  con = create(server, cancels);
  CHECK(attachsql_connect_set_option(con, ATTACHSQL_OPTION_COMMAND_TIMEOUT, &limit));
  test_login(con);
  stmt = bulk(con, "DO SLEEP(?)", 5);
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 3004, "08006");
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

int main(void)
{
  test_begin("cancel_pipeline", 120);
  EACH_SERVER(server)
  {
    for (int cancels = 0; cancels < 2; cancels++)
    {
      pipelines(server, cancels);
      bulks(server, cancels);
      deadlines(server, cancels);
    }
  }
  return test_end();
}
