/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group PLQ: the functions of a template, for local files and for traces, which all connections that a
 * pool makes from it call.
 */
#include "../support/test.h"
#include "../support/pools.h"

#define MOST 64

typedef struct desk desk;

/* A query that makes a table, loads a file into it, and counts what is there. */
typedef struct
{
  desk *of;
  int step;
  uint64_t loaded;
  int code;
  unsigned ends; /* of the last step */
} load;

struct desk
{
  attachsql_pool_t *pool;
  load loads[8];
  unsigned count;
  attachsql_connect_t *cons[MOST]; /* those that were told CONNECTED */
  unsigned connected, errors;
  /* The function for files: what it says before each piece, and what it does. */
  const char *content;
  ptrdiff_t pause;
  bool paused, refused;
  unsigned files, pauses;
  void (*in_file)(desk *of);
  /* The function that traces: what it was told of each connection. */
  unsigned events[5];
  unsigned traced; /* connections, by their numbers at the server */
  uint32_t ids[MOST];
  int failure;
  bool inside;
  void (*in_trace)(desk *of, const attachsql_trace_st *trace);
  /* What queries were told whose function is `on_plain`. */
  unsigned plain_ends, plain_errors;
  int plain_code;
  bool told_inside; /* while the function that traces was under way */
  bool destroys;    /* the pool, at the next end */
};

static desk desk_;

/* --- Functions of the template -------------------------------------------------------------------------- */

static ptrdiff_t give(void *context, const char *name, uint64_t offset, char *buffer, size_t size, const char **message)
{
  desk *of = (desk *)context;
  size_t left = strlen(of->content) - (size_t)offset;

  CHECK_STR(name, "a.csv");
  of->files += offset == 0;
  *message = "the disk is on fire";
  if (of->in_file)
    of->in_file(of);
  of->paused = of->pause && !of->paused;
  if (of->paused)
  {
    of->pauses++;
    return of->pause;
  }
  /* Several pieces, so that those of several connections alternate. */
  left = left > 7 ? 7 : left;
  CHECK(left <= size);
  memcpy(buffer, of->content + offset, left);
  return (ptrdiff_t)left;
}

static void on_trace(void *context, const attachsql_trace_st *trace)
{
  desk *of = (desk *)context;
  bool before = of->inside;

  CHECK_UINT(trace->size, sizeof *trace);
  if (CHECK((unsigned)trace->event < 5))
    of->events[trace->event]++;
  if (trace->event == ATTACHSQL_TRACE_CONNECTED)
  {
    for (unsigned i = 0; i < of->traced; i++)
      CHECK(of->ids[i] != trace->connection_id);
    of->ids[of->traced++ % MOST] = trace->connection_id;
  }
  if (trace->event == ATTACHSQL_TRACE_FAILED)
    of->failure = trace->error_code;
  of->inside = true;
  if (of->in_trace)
    of->in_trace(of, trace);
  of->inside = before;
}

/* --- Functions of the pool and its queries -------------------------------------------------------------- */

static void on_pool(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  desk *of = (desk *)context;

  (void)id;
  of->told_inside |= of->inside;
  if (event == ATTACHSQL_EVENT_CONNECTED)
    of->cons[of->connected++ % MOST] = con;
  of->errors += event == ATTACHSQL_EVENT_ERROR;
  attachsql_error_free(error);
}

static void on_plain(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  desk *of = (desk *)context;

  (void)id;
  of->told_inside |= of->inside;
  if (event == ATTACHSQL_EVENT_ROW_READY)
  {
    attachsql_query_row_next(con);
    return;
  }
  of->plain_ends += event == ATTACHSQL_EVENT_EOF;
  of->plain_errors += event == ATTACHSQL_EVENT_ERROR;
  if (error)
    of->plain_code = attachsql_error_code(error);
  attachsql_error_free(error);
  if (of->destroys)
  {
    of->destroys = false;
    attachsql_pool_destroy(of->pool);
  }
}

static void plain(desk *of, const char *text)
{
  attachsql_error_t *error = NULL;

  CHECK(attachsql_pool_query(of->pool, strlen(text), text, 0, NULL, on_plain, of, &error));
  CHECK_NO_ERROR(error);
}

static const char make[] = "CREATE TEMPORARY TABLE IF NOT EXISTS loaded (id INT, line VARCHAR(99))";
static const char fill[] = "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE loaded";
static const char drop[] = "DROP TEMPORARY TABLE loaded";

static void on_load(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  static const char *const texts[] = {make, fill, drop};
  load *one = (load *)context;

  (void)id;
  if (one->step == 1)
  {
    one->code = attachsql_error_code(error);
    one->loaded = event == ATTACHSQL_EVENT_EOF ? attachsql_query_affected_rows(con) : 0;
  }
  attachsql_error_free(error);
  /* The pool may be gone. */
  if (++one->step < 3 && con && !(event == ATTACHSQL_EVENT_ERROR && one->code != 2069))
  {
    attachsql_query_close(con);
    CHECK(attachsql_query(con, strlen(texts[one->step]), texts[one->step], 0, NULL, NULL));
    return;
  }
  one->ends++;
}

static load *load_one(desk *of)
{
  attachsql_error_t *error = NULL;
  load *one = &of->loads[of->count++];

  memset(one, 0, sizeof *one);
  one->of = of;
  CHECK(attachsql_pool_query(of->pool, strlen(make), make, 0, NULL, on_load, one, &error));
  CHECK_NO_ERROR(error);
  return one;
}

static void set(desk *of, attachsql_options_t option, uint32_t value)
{
  CHECK(attachsql_pool_set_option(of->pool, option, &value));
}

static void open_desk(desk *of, const test_server *server, uint32_t most)
{
  attachsql_error_t *error = NULL;
  attachsql_connect_t *template = test_create(server);

  memset(of, 0, sizeof *of);
  of->content = "1\tone\n2\ttwo\n3\tthree\n";
  of->pool = attachsql_pool_create(on_pool, of, &error);
  CHECK(attachsql_connect_set_local_file(template, give, of, &error));
  CHECK(attachsql_connect_set_trace(template, on_trace, of, &error));
  CHECK(attachsql_pool_set_template(of->pool, template, &error));
  CHECK_NO_ERROR(error);
  attachsql_connect_destroy(template);
  set(of, ATTACHSQL_OPTION_POOL_MAX, most);
}

/* Runs until a number has reached a value. */
static void run_until(desk *of, const unsigned *number, unsigned value)
{
  uint64_t end = test_now() + 20000u * (uint64_t)test_patience();

  while (*number < value && CHECK(test_now() < end))
  {
    attachsql_pool_wait(of->pool, 50, NULL);
    attachsql_pool_run(of->pool);
  }
}

/* The pool makes all its connections. */
static void warm(desk *of, uint32_t count)
{
  set(of, ATTACHSQL_OPTION_POOL_MIN, count);
  attachsql_pool_run(of->pool);
  test_pool_run_out(of->pool);
  CHECK_UINT(test_pool_stats(of->pool).idle, count);
}

/* --- Local files ---------------------------------------------------------------------------------------- */

static void files(const test_server *server)
{
  load *one;

  TEST("PLQ-1 PLQ-14 LOAD-1", "a query of the pool loads a file");
  open_desk(&desk_, server, 1);
  one = load_one(&desk_);
  test_pool_run_out(desk_.pool);
  CHECK_UINT(one->ends, 1);
  CHECK_UINT(one->loaded, 3);
  CHECK_UINT(desk_.files, 1);

  TEST("PLQ-14 LOAD-7", "its function fails: the query does, and the connection stays");
  desk_.pause = ATTACHSQL_LOCAL_FILE_ERROR;
  one = load_one(&desk_);
  test_pool_run_out(desk_.pool);
  CHECK_INT(one->code, 2069);
  CHECK_UINT(one->ends, 1);
  desk_.pause = 0;
  one = load_one(&desk_);
  test_pool_run_out(desk_.pool);
  CHECK_UINT(one->loaded, 3);
  CHECK_UINT(test_pool_stats(desk_.pool).made, 1);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-14 LOAD-5", "three connections at once, and a function that has nothing yet");
  open_desk(&desk_, server, 3);
  warm(&desk_, 3);
  desk_.pause = ATTACHSQL_LOCAL_FILE_LATER;
  for (int i = 0; i < 6; i++)
    load_one(&desk_);
  test_pool_run_out(desk_.pool);
  for (int i = 0; i < 6; i++)
    CHECK_UINT(desk_.loads[i].loaded, 3);
  CHECK(desk_.pauses > 6);
  CHECK(desk_.files >= 6);
  CHECK_UINT(test_pool_stats(desk_.pool).made, 3);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-14 LOAD-6", "one that is woken up: the program asks all connections");
  open_desk(&desk_, server, 2);
  desk_.pause = ATTACHSQL_LOCAL_FILE_SUSPEND;
  load_one(&desk_);
  load_one(&desk_);
  for (uint64_t end = test_now() + 60000; desk_.loads[0].ends + desk_.loads[1].ends < 2 && CHECK(test_now() < end);)
  {
    unsigned before = desk_.pauses;

    attachsql_pool_wait(desk_.pool, 5, NULL);
    attachsql_pool_run(desk_.pool);
    if (desk_.pauses > before)
      for (unsigned i = 0; i < desk_.connected; i++)
        attachsql_connect_local_file_ready(desk_.cons[i]);
  }
  CHECK_UINT(desk_.loads[0].loaded + desk_.loads[1].loaded, 6);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-11 PLQ-14", "the pool is destroyed in the middle of a file");
  open_desk(&desk_, server, 1);
  desk_.pause = ATTACHSQL_LOCAL_FILE_SUSPEND;
  one = load_one(&desk_);
  run_until(&desk_, &desk_.pauses, 1);
  attachsql_pool_destroy(desk_.pool);
  CHECK_INT(one->code, 2013);
  CHECK_UINT(one->ends, 1);
}

static void in_file_asks(desk *of)
{
  attachsql_error_t *error = NULL;

  of->in_file = NULL;
  for (unsigned i = 0; i < of->connected; i++)
    if (!attachsql_connect_ping(of->cons[i], &error))
    {
      of->refused = attachsql_error_code(error) == 2014;
      attachsql_error_free(error);
      error = NULL;
      CHECK(!attachsql_connect_local_file_ready(of->cons[i]));
      attachsql_connect_destroy(of->cons[i]);
    }
  plain(of, "SELECT 1");
  attachsql_pool_run(of->pool);
}

static void in_file_destroys(desk *of)
{
  of->in_file = NULL;
  attachsql_pool_destroy(of->pool);
}

static void functions_of_files(const test_server *server)
{
  load *one;

  TEST("PLQ-14 LOAD-9", "what the function may do: ask the pool, but not its connection");
  open_desk(&desk_, server, 1);
  desk_.in_file = in_file_asks;
  one = load_one(&desk_);
  test_pool_run_out(desk_.pool);
  CHECK(desk_.refused);
  CHECK_UINT(one->loaded, 3);
  CHECK_UINT(desk_.plain_ends, 1);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-14 POOL-9", "and destroy it");
  open_desk(&desk_, server, 2);
  warm(&desk_, 2);
  desk_.in_file = in_file_destroys;
  one = load_one(&desk_);
  plain(&desk_, "SELECT SLEEP(10)");
  plain(&desk_, "SELECT 2");
  run_until(&desk_, &desk_.plain_errors, 2);
  CHECK_UINT(one->ends, 1);
  CHECK_INT(one->code, 2013);
  CHECK_UINT(desk_.plain_errors, 2);
}

/* --- Traces --------------------------------------------------------------------------------------------- */

static void traces(const test_server *server)
{
  attachsql_connect_t *killer = test_connect(server), *template = attachsql_connect_create("127.0.0.1", 1, "u", "p", "", NULL);
  char text[64];

  TEST("PLQ-14 TRC-2 TRC-3", "each connection and each command is told");
  open_desk(&desk_, server, 3);
  warm(&desk_, 3);
  CHECK_UINT(desk_.traced, 3);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_CONNECTED], 3);
  for (int i = 0; i < 5; i++)
    plain(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.plain_ends, 5);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_COMMAND], 5);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_DONE], 5);

  TEST("PLQ-14 TRC-2", "the end of one that the server closes");
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_FAILED], 0);
  snprintf(text, sizeof text, "KILL CONNECTION %u", (unsigned)desk_.ids[0]);
  test_run(killer, text);
  run_until(&desk_, &desk_.events[ATTACHSQL_TRACE_FAILED], 1);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_FAILED], 1);
  CHECK(desk_.failure != 0);
  attachsql_pool_destroy(desk_.pool);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_FAILED], 1);
  attachsql_connect_destroy(killer);

  TEST("PLQ-14 TRC-3", "those of the pool too");
  open_desk(&desk_, server, 1);
  set(&desk_, ATTACHSQL_OPTION_POOL_RESET, 1);
  plain(&desk_, "SELECT 1");
  run_until(&desk_, &desk_.events[ATTACHSQL_TRACE_DONE], 2);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_COMMAND], 2);
  CHECK_UINT(desk_.plain_ends, 1);
  attachsql_pool_destroy(desk_.pool);

  TEST("PLQ-10 PLQ-14 TRC-2", "one that is never made; another template");
  open_desk(&desk_, server, 1);
  CHECK(attachsql_connect_set_trace(template, on_trace, &desk_, NULL));
  CHECK(attachsql_pool_set_template(desk_.pool, template, NULL));
  plain(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.plain_errors, 1);
  CHECK_INT(desk_.plain_code, 2002);
  CHECK(desk_.events[ATTACHSQL_TRACE_FAILED] > 0);
  CHECK_INT(desk_.failure, 2002);
  CHECK(attachsql_connect_set_trace(template, NULL, NULL, NULL));
  CHECK(attachsql_pool_set_template(desk_.pool, template, NULL));
  memset(desk_.events, 0, sizeof desk_.events);
  plain(&desk_, "SELECT 1");
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.plain_errors, 2);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_FAILED], 0);
  attachsql_pool_destroy(desk_.pool);
  attachsql_connect_destroy(template);
}

/* Asks once more for each of the first commands. */
static void in_trace_asks(desk *of, const attachsql_trace_st *trace)
{
  if (trace->event == ATTACHSQL_TRACE_COMMAND && of->events[ATTACHSQL_TRACE_COMMAND] <= 5)
    plain(of, "SELECT 2");
}

static void in_trace_runs(desk *of, const attachsql_trace_st *trace)
{
  if (trace->event == ATTACHSQL_TRACE_COMMAND)
  {
    attachsql_error_t *error = NULL;

    test_sleep(100);
    attachsql_pool_run(of->pool);
    CHECK(!attachsql_pool_wait(of->pool, 0, &error));
    CHECK_ERROR(error, 2014, "08002");
  }
}

static void in_trace_destroys(desk *of, const attachsql_trace_st *trace)
{
  if (trace->event == ATTACHSQL_TRACE_COMMAND)
    attachsql_pool_destroy(of->pool);
}

static void in_trace_destroys_when_connected(desk *of, const attachsql_trace_st *trace)
{
  if (trace->event == ATTACHSQL_TRACE_CONNECTED)
    attachsql_pool_destroy(of->pool);
}

static void functions_of_traces(const test_server *server)
{
  for (uint32_t most = 1; most < 5; most += 3)
  {
    TEST("PLQ-14 TRC-4", "a query in the function, from attachsql_pool_query and from attachsql_pool_run");
    open_desk(&desk_, server, most);
    warm(&desk_, most);
    desk_.in_trace = in_trace_asks;
    plain(&desk_, "SELECT 1");
    test_pool_run_out(desk_.pool);
    CHECK_UINT(desk_.plain_ends, 6);
    CHECK_UINT(desk_.plain_errors, 0);
    CHECK_UINT(desk_.events[ATTACHSQL_TRACE_DONE], 6);
    attachsql_pool_destroy(desk_.pool);
  }

  TEST("PLQ-14 POOL-9", "attachsql_pool_query tells nobody anything: a run inside of it has no effect");
  open_desk(&desk_, server, 2);
  warm(&desk_, 2);
  plain(&desk_, "DO 1");
  desk_.in_trace = in_trace_runs;
  desk_.destroys = true;
  plain(&desk_, "DO 2");
  CHECK(!desk_.told_inside);
  CHECK_UINT(desk_.plain_ends, 0);
  desk_.in_trace = NULL;
  run_until(&desk_, &desk_.plain_errors, 1);
  CHECK_UINT(desk_.plain_ends, 1);

  TEST("TRC-4 POOL-9", "destroying the pool: no effect in attachsql_pool_query");
  open_desk(&desk_, server, 1);
  warm(&desk_, 1);
  desk_.in_trace = in_trace_destroys;
  plain(&desk_, "SELECT 1");
  desk_.in_trace = NULL;
  test_pool_run_out(desk_.pool);
  CHECK_UINT(desk_.plain_ends, 1);

  TEST("PLQ-11 PLQ-14 TRC-4", "in a run it ends what waits, and nothing more is sent");
  attachsql_pool_destroy(desk_.pool);
  open_desk(&desk_, server, 2);
  warm(&desk_, 2);
  for (int i = 0; i < 6; i++)
    plain(&desk_, i < 2 ? "DO SLEEP(0.05)" : "SELECT 1");
  desk_.in_trace = in_trace_destroys;
  /* Both connections are free in the same run, as a rule, and each would get a query. */
  test_sleep(300);
  run_until(&desk_, &desk_.plain_errors, 1);
  CHECK(desk_.plain_ends == 1 || desk_.plain_ends == 2);
  CHECK_UINT(desk_.plain_ends + desk_.plain_errors, 6);
  CHECK_INT(desk_.plain_code, 2912);
  CHECK_UINT(desk_.events[ATTACHSQL_TRACE_COMMAND], 3);

  TEST("PLQ-11 PLQ-14 TRC-4", "when a connection is made");
  open_desk(&desk_, server, 2);
  plain(&desk_, "SELECT 1");
  plain(&desk_, "SELECT 1");
  desk_.in_trace = in_trace_destroys_when_connected;
  run_until(&desk_, &desk_.plain_errors, 1);
  CHECK_UINT(desk_.plain_errors, 2);
  CHECK_INT(desk_.plain_code, 2912);
  CHECK_UINT(desk_.connected, 0);
}

int main(void)
{
  test_begin("pool_template", 120);
  EACH_SERVER(server)
  {
    files(server);
    functions_of_files(server);
    traces(server);
    functions_of_traces(server);
  }
  return test_end();
}
