/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract groups HDL, CELL, CUR and POOL: statement handles of connections in a pool, all in callbacks.
 */
#include "../support/test.h"
#include "../support/statements.h"

#define CONNECTIONS 5
#define ROWS "SELECT n, REPEAT('x', n % 7), ? FROM " TEST_THOUSAND " WHERE n < 40 ORDER BY n"
#define COUNT "SELECT ?, COUNT(*) FROM " TEST_THOUSAND

/* What a connection is about to be told the end of. */
typedef enum step
{
  CONNECT,
  PREPARE_ROWS,
  PREPARE_COUNT,
  OPEN,
  FETCH,
  BETWEEN,
  REFUSED,
  DONE
} step;

typedef struct worker
{
  step step;
  attachsql_stmt_t *rows, *count;
  int number, next, portions, between, errors;
} worker;

typedef struct crew
{
  worker all[CONNECTIONS];
  int done;
} crew;

static attachsql_stmt_t *begin(attachsql_connect_t *con, const char *text)
{
  attachsql_stmt_t *stmt = attachsql_stmt_create(con, NULL);

  CHECK(attachsql_stmt_prepare(stmt, strlen(text), text, NULL));
  return stmt;
}

static void on_row(worker *this)
{
  attachsql_cell_st cells[4 * 3];
  attachsql_error_t *error = NULL;
  size_t rows;

  if (this->step == BETWEEN)
  {
    CHECK_UINT(attachsql_stmt_row_cells(this->rows, 3, cells, &error), 0);
    CHECK_ERROR(error, 2051, "02000");
    CHECK_UINT(attachsql_stmt_row_cells(this->count, 3, cells, NULL), 2);
    CHECK_INT(cells[0].value.integer, this->number);
    CHECK_INT(cells[1].value.integer, 1000);
    attachsql_stmt_row_next(this->count);
    return;
  }
  CHECK_INT(this->step, FETCH);
  rows = attachsql_stmt_rows_cells(this->rows, 4, 3, cells, &error);
  CHECK(rows >= 1 && rows <= 4);
  CHECK_NO_ERROR(error);
  for (const attachsql_cell_st *row = cells; row < cells + 3 * rows; row += 3)
  {
    CHECK_INT(row[0].value.integer, this->next);
    CHECK_UINT(row[1].length, this->next % 7);
    CHECK(memcmp(row[1].data, "xxxxxxx", row[1].length) == 0);
    CHECK_INT(row[2].value.integer, this->number);
    this->next++;
  }
  attachsql_stmt_row_next(this->rows);
}

static void on_end(crew *crew, worker *this, attachsql_connect_t *con)
{
  switch (this->step)
  {
  case CONNECT:
    this->rows = begin(con, ROWS);
    this->step = PREPARE_ROWS;
    return;
  case PREPARE_ROWS:
    CHECK(attachsql_stmt_set_int(this->rows, 0, this->number, NULL));
    CHECK(attachsql_stmt_set_fetch_size(this->rows, 9, NULL));
    this->count = begin(con, COUNT);
    this->step = PREPARE_COUNT;
    return;
  case PREPARE_COUNT:
    CHECK(attachsql_stmt_set_int(this->count, 0, this->number, NULL));
    CHECK(attachsql_stmt_execute(this->rows, NULL));
    this->step = OPEN;
    return;
  case FETCH:
    this->portions++;
    /* Another statement while the cursor is open. */
    CHECK(attachsql_stmt_execute(this->count, NULL));
    this->step = BETWEEN;
    return;
  case BETWEEN:
    this->between++;
    /* fall through */
  case OPEN:
    if (attachsql_stmt_has_more(this->rows))
    {
      CHECK(attachsql_stmt_fetch(this->rows, NULL));
      this->step = FETCH;
      return;
    }
    attachsql_stmt_destroy(this->count);
    this->count = begin(con, "SELECT ? FROM nowhere_at_all");
    CHECK(attachsql_stmt_execute(this->count, NULL));
    this->step = REFUSED;
    return;
  case REFUSED:
    /* Handle first, connection first, in turn: in the callback. */
    if (this->number % 2)
    {
      attachsql_stmt_destroy(this->count);
      attachsql_stmt_destroy(this->rows);
    }
    attachsql_connect_destroy(con);
    if (this->number % 2 == 0)
    {
      CHECK(attachsql_stmt_get_connection(this->rows) == NULL);
      attachsql_stmt_destroy(this->rows);
      attachsql_stmt_destroy(this->count);
    }
    this->step = DONE;
    crew->done++;
    return;
  case DONE:
    CHECK(false);
  }
}

static void told(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  crew *crew = context;
  worker *this = &crew->all[id - 1];

  if (event == ATTACHSQL_EVENT_ERROR)
  {
    CHECK_INT(this->step, REFUSED);
    CHECK_ERROR(error, 1146, "42S02");
    this->errors++;
  }
  else
    CHECK_NO_ERROR(error);
  if (event == ATTACHSQL_EVENT_ROW_READY)
    on_row(this);
  else
    on_end(crew, this, con);
}

static void together(const test_server *server)
{
  crew crew;
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(told, &crew, &error);

  TEST("HDL-3 HDL-5 HDL-9 CELL-3 CUR-1 CUR-2 POOL-5 POOL-8 POOL-9", "cursors and cells of many connections, in callbacks");
  memset(&crew, 0, sizeof crew);
  for (int i = 0; i < CONNECTIONS; i++)
  {
    attachsql_connect_t *con = test_create(server);

    crew.all[i].number = i + 1;
    attachsql_pool_add_connection(pool, con, &error);
    CHECK(attachsql_connect(con, &error));
  }
  CHECK_NO_ERROR(error);
  while (crew.done < CONNECTIONS && attachsql_pool_wait(pool, 10000, &error))
    attachsql_pool_run(pool);
  CHECK_NO_ERROR(error);
  for (int i = 0; i < CONNECTIONS; i++)
  {
    CHECK_INT(crew.all[i].next, 40);
    CHECK_INT(crew.all[i].portions, 5);
    CHECK_INT(crew.all[i].between, 5);
    CHECK_INT(crew.all[i].errors, 1);
    CHECK_INT(crew.all[i].step, DONE);
  }
  attachsql_pool_destroy(pool);
}

/* Destroys the handle whose row, or end, it is told of; the pool goes on. */
static void drops(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  worker *this = context;

  (void)id;
  CHECK_NO_ERROR(error);
  if (event == ATTACHSQL_EVENT_CONNECTED)
  {
    this->rows = begin(con, "SELECT n FROM " TEST_THOUSAND);
    CHECK(attachsql_stmt_execute(this->rows, NULL));
    return;
  }
  if (event == ATTACHSQL_EVENT_ROW_READY && this->step == CONNECT)
  {
    if (++this->next < 3)
    {
      attachsql_stmt_row_next(this->rows);
      return;
    }
    /* 997 rows are left. */
    attachsql_stmt_destroy(this->rows);
    this->rows = begin(con, "SELECT 5");
    CHECK(attachsql_stmt_execute(this->rows, NULL));
    this->step = OPEN;
    return;
  }
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    CHECK(attachsql_stmt_row_get(this->rows, NULL));
    CHECK_STR(test_stmt_text(this->rows, 0), "5");
    attachsql_stmt_destroy(this->rows);
    this->rows = NULL;
    this->step = DONE;
    return;
  }
  CHECK(false);
}

static void alone(const test_server *server)
{
  worker this;
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(drops, &this, &error);
  attachsql_connect_t *con = test_create(server);
  attachsql_stmt_t *stmt;

  TEST("HDL-3 HDL-5 POOL-9", "a handle is destroyed while its row is told; what is left of its answer ends in silence");
  memset(&this, 0, sizeof this);
  attachsql_pool_add_connection(pool, con, &error);
  CHECK(attachsql_connect(con, &error));
  while (this.step != DONE && attachsql_pool_wait(pool, 10000, &error))
    attachsql_pool_run(pool);
  for (int i = 0; i < 20; i++)
  {
    attachsql_pool_wait(pool, 5, NULL);
    attachsql_pool_run(pool);
  }
  CHECK_NO_ERROR(error);
  CHECK_INT(this.step, DONE);

  TEST("HDL-4 POOL-3", "a handle outlives the pool");
  stmt = attachsql_stmt_create(con, &error);
  CHECK_NO_ERROR(error);
  attachsql_pool_destroy(pool);
  CHECK(attachsql_stmt_get_connection(stmt) == NULL);
  CHECK(!attachsql_stmt_prepare(stmt, 8, "SELECT 1", &error));
  CHECK_ERROR(error, 2006, "08006");
  attachsql_stmt_destroy(stmt);
}

int main(void)
{
  test_begin("stmt_pool", 120);
  EACH_SERVER(server)
  {
    together(server);
    alone(server);
  }
  return test_end();
}
