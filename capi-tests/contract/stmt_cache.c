/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group KEEP: statements that stay prepared when they are closed. What the server was sent, its own
 * counters tell.
 */
#include "../support/test.h"
#include "../support/commands.h"
#include "../support/statements.h"

static attachsql_stmt_cache_stats_st stats(attachsql_connect_t *con)
{
  attachsql_stmt_cache_stats_st stats;

  memset(&stats, 0x55, sizeof stats);
  stats.size = sizeof stats;
  CHECK(attachsql_stmt_cache_get_stats(con, &stats));
  CHECK_UINT(stats.size, sizeof stats);
  return stats;
}

#define CHECK_STATS(con, want_kept, want_hits, want_misses, want_evicted)                                    \
  do                                                                                                         \
  {                                                                                                          \
    attachsql_stmt_cache_stats_st now = stats(con);                                                          \
    CHECK_UINT(now.kept, (want_kept));                                                                       \
    CHECK_UINT(now.hits, (want_hits));                                                                       \
    CHECK_UINT(now.misses, (want_misses));                                                                   \
    CHECK_UINT(now.evicted, (want_evicted));                                                                 \
  } while (0)

static bool set_cache(attachsql_connect_t *con, uint32_t size)
{
  return attachsql_connect_set_option(con, ATTACHSQL_OPTION_STMT_CACHE, &size);
}

/* How often the session was sent a command. */
static uint64_t sent(attachsql_connect_t *con, const char *command)
{
  char text[100];
  attachsql_query_row_st *row;
  uint64_t count = UINT64_MAX;

  snprintf(text, sizeof text, "SHOW SESSION STATUS LIKE 'Com_stmt_%s'", command);
  if (!test_query(con, text))
    return count;
  while (test_poll_good(con) == ATTACHSQL_RETURN_ROW_READY)
  {
    row = attachsql_query_row_get(con, NULL);
    count = strtoull(row[1].data, NULL, 10);
    attachsql_query_row_next(con);
  }
  attachsql_query_close(con);
  return count;
}

static int64_t run(attachsql_stmt_t *stmt, int32_t value)
{
  attachsql_connect_t *con = attachsql_stmt_get_connection(stmt);
  int64_t result = -1;

  CHECK_UINT(attachsql_stmt_get_param_count(stmt), 1);
  CHECK(attachsql_stmt_set_int(stmt, 0, value, NULL));
  if (test_stmt_row(stmt))
    CHECK_INT(attachsql_stmt_get_bigint(stmt, 0, &result), ATTACHSQL_VALUE_OK);
  attachsql_stmt_row_next(stmt);
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  return result;
}

static void kept(const test_server *server)
{
  attachsql_connect_t *con = test_create(server);
  attachsql_stmt_t *stmt;
  uint64_t before, closed;
  char text[60];

  TEST("KEEP-1 KEEP-4", "without a cache, and the struct");
  CHECK_STATS(con, 0, 0, 0, 0);
  CHECK(!attachsql_connect_set_option(con, ATTACHSQL_OPTION_STMT_CACHE, NULL));
  CHECK(test_login(con) != NULL);
  attachsql_stmt_destroy(test_stmt(con, "SELECT ? + 1"));
  attachsql_stmt_destroy(test_stmt(con, "SELECT ? + 1"));
  CHECK_UINT(sent(con, "prepare"), 2);
  CHECK_UINT(sent(con, "close"), 2);
  CHECK_STATS(con, 0, 0, 0, 0);
  {
    struct
    {
      attachsql_stmt_cache_stats_st known;
      uint64_t later;
    } more;

    memset(&more, 0x55, sizeof more);
    more.known.size = sizeof more;
    CHECK(attachsql_stmt_cache_get_stats(con, &more.known));
    CHECK_UINT(more.later, 0);
    memset(&more, 0x55, sizeof more);
    more.known.size = offsetof(attachsql_stmt_cache_stats_st, hits);
    CHECK(attachsql_stmt_cache_get_stats(con, &more.known));
    CHECK_UINT(more.known.kept, 0);
    CHECK_UINT(more.known.hits, 0x5555555555555555u);
    more.known.size = sizeof(size_t);
    CHECK(!attachsql_stmt_cache_get_stats(con, &more.known));
    CHECK(!attachsql_stmt_cache_get_stats(NULL, &more.known));
    CHECK(!attachsql_stmt_cache_get_stats(con, NULL));
  }

  TEST("KEEP-1", "a text is prepared once");
  before = sent(con, "prepare");
  CHECK(set_cache(con, 3));
  CHECK_UINT(stats(con).limit, 3);
  for (int i = 0; i < 20; i++)
  {
    stmt = test_stmt(con, "SELECT ? + 1");
    CHECK_UINT(attachsql_stmt_get_column_count(stmt), 1);
    CHECK_INT(run(stmt, i), i + 1);
    attachsql_stmt_destroy(stmt);
    CHECK(test_prepare(con, "SELECT ? + 1"));
    CHECK(attachsql_statement_set_int(con, 0, i, NULL));
    CHECK(test_execute(con, ATTACHSQL_RETURN_ROW_READY));
    attachsql_statement_close(con);
  }
  CHECK_UINT(sent(con, "prepare"), before + 1);
  CHECK_STATS(con, 1, 39, 1, 0);
  stmt = test_stmt(con, "SELECT ? + 1");
  CHECK(test_stmt_row(stmt));
  CHECK_STR(test_stmt_text(stmt, 0), "(null)");
  attachsql_stmt_destroy(stmt);
  attachsql_stmt_destroy(test_stmt(con, "SELECT ?  + 1"));
  CHECK_STATS(con, 2, 40, 2, 0);

  TEST("KEEP-2", "the first one goes");
  closed = sent(con, "close");
  for (int i = 0; i < 6; i++)
  {
    snprintf(text, sizeof text, "SELECT ? * %d", i);
    attachsql_stmt_destroy(test_stmt(con, text));
  }
  CHECK_STATS(con, 3, 40, 8, 5);
  CHECK_UINT(sent(con, "close"), closed + 5);
  stmt = test_stmt(con, "SELECT ? * 3");
  CHECK_INT(run(stmt, 7), 21);
  CHECK_STATS(con, 2, 41, 8, 5);
  CHECK(set_cache(con, 1));
  CHECK_STATS(con, 1, 41, 8, 5);
  attachsql_stmt_close(stmt);
  CHECK_STATS(con, 1, 41, 8, 6);
  CHECK(set_cache(con, 0));
  CHECK_STATS(con, 0, 41, 8, 6);
  CHECK_UINT(sent(con, "close"), sent(con, "prepare"));
  attachsql_stmt_destroy(stmt);
  attachsql_connect_destroy(con);
}

static void emptied(const test_server *server)
{
  unsigned number;
  attachsql_connect_t *con = test_connect(server);
  attachsql_error_t *error = NULL;
  attachsql_stmt_t *stmt;
  bool can_reset = server->kind != TEST_MYSQL_5_6;
  char text[200];

  CHECK(set_cache(con, 8));
  TEST("KEEP-3", "reset, change of user, change of schema");
  for (int what = can_reset ? 0 : 1; what < 3; what++)
  {
    attachsql_stmt_t *open = test_stmt(con, "SELECT ? + 2");

    attachsql_stmt_destroy(test_stmt(con, "SELECT ? + 1"));
    CHECK_UINT(stats(con).kept, 1);
    if (what == 0)
      CHECK(attachsql_connect_reset(con, &error));
    else if (what == 1)
      CHECK(attachsql_connect_change_user(con, "test", "test", "testdb", &error));
    else
      CHECK(attachsql_connect_change_schema(con, "testdb", &error));
    CHECK_NO_ERROR(error);
    CHECK_UINT(stats(con).kept, 0);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    attachsql_stmt_destroy(open);
    CHECK_UINT(stats(con).kept, 0);
    stmt = test_stmt(con, "SELECT ? + 1");
    CHECK_INT(run(stmt, 5), 6);
    attachsql_stmt_destroy(stmt);
    CHECK_UINT(stats(con).kept, 1);
    CHECK(set_cache(con, 0) && set_cache(con, 8));
  }

  TEST("KEEP-3", "cursors, long data, texts that are refused");
  stmt = test_stmt(con, "SELECT ? + 3");
  CHECK(attachsql_stmt_set_fetch_size(stmt, 5, NULL));
  attachsql_stmt_close(stmt);
  CHECK_UINT(stats(con).kept, 0);
  CHECK(attachsql_stmt_prepare(stmt, 12, "SELECT ? + 3", NULL));
  CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
  CHECK(attachsql_stmt_send_long_data(stmt, 0, 1, "5", NULL));
  attachsql_stmt_close(stmt);
  CHECK_UINT(stats(con).kept, 0);
  CHECK(attachsql_stmt_prepare(stmt, 6, "SELECT", NULL));
  CHECK_POLL(test_poll(con, &error), ATTACHSQL_RETURN_ERROR);
  CHECK_ERROR(error, 1064, "42000");
  attachsql_stmt_destroy(stmt);
  CHECK_UINT(stats(con).kept, 0);

  number = attachsql_connect_get_connection_id(con);
  TEST("KEEP-1 KEEP-3", "a table that is altered while its statement is kept, and while it is not");
  snprintf(text, sizeof text, "DROP TABLE IF EXISTS cache3_%u", number);
  test_run(con, text);
  snprintf(text, sizeof text, "CREATE TABLE cache3_%u (a INT)", number);
  test_run(con, text);
  snprintf(text, sizeof text, "INSERT INTO cache3_%u VALUES (5)", number);
  test_run(con, text);
  for (int round = 0; round < 2; round++)
  {
    snprintf(text, sizeof text, "SELECT * FROM cache3_%u WHERE 1 = ?", number);
    stmt = test_stmt(con, text);
    CHECK_INT(run(stmt, 1), 5);
    if (round == 0)
      attachsql_stmt_close(stmt);
    snprintf(text, sizeof text, "ALTER TABLE cache3_%u ADD COLUMN b%d INT DEFAULT %d FIRST", number, round, round);
    test_run(con, text);
    snprintf(text, sizeof text, "SELECT * FROM cache3_%u WHERE 1 = ?", number);
    if (round == 0)
    {
      CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, NULL));
      CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_EOF);
    }
    CHECK_INT(run(stmt, 1), round);
    CHECK_UINT(attachsql_stmt_get_column_count(stmt), 2 + round);
    attachsql_stmt_destroy(stmt);
    set_cache(con, 0);
    set_cache(con, 8);
    snprintf(text, sizeof text, "ALTER TABLE cache3_%u MODIFY a INT FIRST", number);
    test_run(con, text);
  }
  snprintf(text, sizeof text, "DROP TABLE cache3_%u", number);
  test_run(con, text);
  attachsql_connect_destroy(con);
}

#define IN_POOL 3
#define ROUNDS 40

typedef struct worker
{
  attachsql_stmt_t *stmt;
  int prepared, rows, ends, errors, todo;
} worker;

static void told(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  worker *this = (worker *)context + id % IN_POOL;
  int64_t value = 0;

  CHECK_NO_ERROR(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    CHECK(attachsql_stmt_row_get(this->stmt, NULL));
    CHECK_INT(attachsql_stmt_get_bigint(this->stmt, 0, &value), ATTACHSQL_VALUE_OK);
    CHECK_INT(value, this->todo);
    this->rows++;
    attachsql_stmt_row_next(this->stmt);
    return;
  }
  if (event == ATTACHSQL_EVENT_ERROR)
    this->errors++;
  if (event == ATTACHSQL_EVENT_EOF && this->prepared)
  {
    /* The end of an execute: the next one has a handle of its own. */
    this->ends++;
    this->prepared = 0;
    attachsql_stmt_destroy(this->stmt);
    this->stmt = NULL;
    if (--this->todo == 0)
      return;
  }
  else if (event == ATTACHSQL_EVENT_EOF)
  {
    this->prepared = 1;
    CHECK(attachsql_stmt_set_int(this->stmt, 0, this->todo, NULL));
    CHECK(attachsql_stmt_execute(this->stmt, NULL));
    return;
  }
  this->stmt = attachsql_stmt_create(con, NULL);
  CHECK(attachsql_stmt_prepare(this->stmt, 12, "SELECT ? + 0", NULL));
}

static void pooled(const test_server *server)
{
  worker all[IN_POOL];
  attachsql_connect_t *con[IN_POOL];
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(told, all, &error);
  int left = 1;

  TEST("KEEP-1 POOL-5 POOL-8", "in a pool, in callbacks: every prepare has its event");
  memset(all, 0, sizeof all);
  for (int i = 0; i < IN_POOL; i++)
  {
    con[i] = test_create(server);
    CHECK(set_cache(con[i], 2));
    attachsql_pool_add_connection(pool, con[i], &error);
    all[i].todo = ROUNDS;
  }
  for (int i = 0; i < IN_POOL; i++)
    CHECK(attachsql_connect(con[i], &error));
  CHECK_NO_ERROR(error);
  while (left && attachsql_pool_wait(pool, 10000, &error))
  {
    attachsql_pool_run(pool);
    left = 0;
    for (int i = 0; i < IN_POOL; i++)
      left += all[i].todo;
  }
  CHECK_NO_ERROR(error);
  for (int i = 0; i < IN_POOL; i++)
  {
    CHECK_INT(all[i].rows, ROUNDS);
    CHECK_INT(all[i].ends, ROUNDS);
    CHECK_INT(all[i].errors, 0);
    CHECK_STATS(con[i], 1, ROUNDS - 1, 1, 0);
  }
  attachsql_pool_destroy(pool);
}

int main(void)
{
  test_begin("stmt_cache", 120);
  EACH_SERVER(server)
  {
    kept(server);
    emptied(server);
    pooled(server);
  }
  return test_end();
}
