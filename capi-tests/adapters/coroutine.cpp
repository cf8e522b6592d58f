/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines: results, errors, several at once in a loop over poll(2), and their end while they wait. No test looks
 * at a clock: what is lost hangs until the watch-dog bites.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/coroutine.hpp>
#include <libattachsql2/adapters/poll.h>

#include <vector>

using attachsql::connection;
using attachsql::pool;
using attachsql::task;

static connection create(pool &of, const test_server *server)
{
  attachsql_connect_t *con = test_create(server);

  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, nullptr);
  return connection(of, con);
}

/* --- Results -------------------------------------------------------------------------------------- */

static task<std::string> all_rows(connection &con, const char *text)
{
  std::string all;
  auto rows = co_await con.query(text);

  do
  {
    while (co_await rows.next())
    {
      for (std::uint16_t i = 0; i < rows.size(); i++)
        all.append(rows[i].value_or("NULL")).append(",");
      all.append(";");
    }
    CHECK(!co_await rows.next());
    all.append("/");
  } while (co_await rows.next_result());
  co_return all;
}

static task<> results(pool &of, const test_server *server)
{
  connection con = create(of, server);
  std::int64_t seven = 7;
  attachsql_query_parameter_st parameter = {ATTACHSQL_ESCAPE_TYPE_BIGINT, &seven, 0, false};

  TEST("LOOP-1", "a login, and results of all kinds");
  co_await con.connect();
  CHECK_POLL(attachsql_connect_poll(con.get(), nullptr), ATTACHSQL_RETURN_EOF);
  co_await con.connect();
  CHECK_STR((co_await all_rows(con, "SELECT 1, NULL UNION ALL SELECT '', 'x'")).c_str(), "1,NULL,;,x,;/");
  CHECK_STR((co_await all_rows(con, "DO 1")).c_str(), "/");
  CHECK_STR((co_await all_rows(con, "SELECT 1; DO 1; SELECT 2 UNION SELECT 3")).c_str(), "1,;//2,;3,;/");
  {
    auto rows = co_await con.query("SELECT ?", {&parameter, 1});
    CHECK(co_await rows.next());
    CHECK(rows[0] == "7");
  }

  TEST("LOOP-1", "what is left of a query is given up");
  {
    auto rows = co_await con.query("SELECT n FROM " TEST_NUMBERS);
    CHECK(co_await rows.next());
    auto others = co_await con.query("CREATE TEMPORARY TABLE co (a INT AUTO_INCREMENT PRIMARY KEY, b INT)");
    CHECK(!co_await others.next());
    try
    {
      co_await rows.next();
      CHECK(false);
    }
    catch (const std::logic_error &)
    {
      CHECK(rows.size() == 0);
    }
    others = co_await con.query("INSERT INTO co (b) VALUES (1), (2)");
    CHECK_UINT(others.affected_rows(), 2);
  }
  {
    auto rows = co_await con.query("INSERT INTO co (b) VALUES (3), (4), (5)");
    CHECK_UINT(rows.affected_rows(), 3);
    CHECK_UINT(rows.last_insert_id(), 3);
  }

  TEST("LOOP-1", "commands");
  CHECK(ATTACHSQL_EVENT_EOF == co_await con.command([&](attachsql_error_t **error) { return attachsql_connect_ping(con.get(), error); }));
  CHECK_STR((co_await all_rows(con, "SELECT COUNT(*) FROM co")).c_str(), "5,;/");
}

/* --- Errors --------------------------------------------------------------------------------------- */

static task<int> code_of(connection &con, const char *text)
{
  try
  {
    auto rows = co_await con.query(text);
    while (co_await rows.next())
      ;
    co_return 0;
  }
  catch (const attachsql::error &error)
  {
    CHECK(*error.what() && error.sqlstate().size() == 5);
    co_return error.code();
  }
}

static task<> fails(connection &con)
{
  auto rows = co_await con.query("SELE");
  CHECK(false);
}

static task<> errors(pool &of, const test_server *server)
{
  connection con = create(of, server);

  TEST("LOOP-1", "an error of the server");
  CHECK_INT(co_await code_of(con, "SELE"), 1064);
  CHECK_INT(co_await code_of(con, "SELE"), 1064);
  CHECK_STR((co_await all_rows(con, "SELECT 1")).c_str(), "1,;/");
  {
    auto rows = co_await con.query("SELECT 1; SELE");
    CHECK(co_await rows.next());
    CHECK(!co_await rows.next());
    try
    {
      co_await rows.next_result();
      CHECK(false);
    }
    catch (const attachsql::error &error)
    {
      CHECK_INT(error.code(), 1064);
    }
  }

  TEST("LOOP-1", "an exception goes through whoever awaits");
  try
  {
    co_await fails(con);
    CHECK(false);
  }
  catch (const attachsql::error &error)
  {
    CHECK_STR(error.sqlstate().c_str(), "42000");
  }

  TEST("LOOP-1", "a call that is refused, and a connection that ends");
  try
  {
    co_await con.command([&](attachsql_error_t **error) { return attachsql_connect_change_schema(con.get(), nullptr, error); });
    CHECK(false);
  }
  catch (const attachsql::error &error)
  {
    CHECK_INT(error.code(), 3000);
  }
  {
    auto rows = co_await con.query("SELECT n FROM " TEST_NUMBERS " WHERE n < 10");
    try
    {
      co_await con.command([&](attachsql_error_t **error) { return attachsql_connect_ping(con.get(), error); });
      CHECK(false);
    }
    catch (const attachsql::error &error)
    {
      CHECK_INT(error.code(), 2014);
    }
    CHECK(co_await rows.next()); /* which that has not disturbed */
  }
  CHECK(co_await code_of(con, "KILL CONNECTION_ID()") != 0);
  {
    /* The server may have closed it by now, or is about to. */
    int code = co_await code_of(con, "DO 1");
    CHECK(code == 2013 || code == 2006);
  }
  CHECK_INT(co_await code_of(con, "DO 1"), 2006);

  TEST("LOOP-1", "nobody there");
  connection none(of, TEST_HOST, 1, "u", "p", "");
  for (int i = 0; i < 2; i++)
    try
    {
      co_await none.connect();
      CHECK(false);
    }
    catch (const attachsql::error &error)
    {
      CHECK_INT(error.code(), 2002);
    }
  connection path(of, "/nonexistent", 0, "u", "p", "");
  CHECK_INT(co_await code_of(path, "DO 1"), 2002);
}

/* --- In a loop -------------------------------------------------------------------------------------- */

/* Runs the pool in a loop over poll(2) until the tasks are done; how many rounds that took. */
template <class T> static unsigned loop(pool &of, const std::vector<task<T>> &tasks)
{
  attachsql_poll_loop_t loop = {};
  attachsql_poll_t *handle = attachsql_poll_attach_pool(&loop, of.get());
  unsigned rounds = 0;

  for (std::size_t done = 0; done < tasks.size(); rounds++)
  {
    attachsql_pollfd_t list[4];
    std::size_t used = 0;
    int timeout = -1;

    CHECK(attachsql_poll_prepare(&loop, list, 4, &used, &timeout));
    poll(list, static_cast<nfds_t>(used), timeout);
    attachsql_poll_dispatch(&loop, list, used);
    done = 0;
    for (const auto &one : tasks)
      done += one.done();
  }
  attachsql_poll_detach(handle);
  return rounds;
}

static std::string order;

static task<std::size_t> side_by_side(pool &of, const test_server *server, char name)
{
  connection con = create(of, server);
  std::size_t bytes = 0;

  co_await con.connect();
  order += name;
  co_await con.query("DO SLEEP(0.1)");
  order += name;
  auto rows = co_await con.query("SELECT n, REPEAT('x', 500) FROM " TEST_NUMBERS " WHERE n < 10000");
  while (co_await rows.next())
    bytes += rows[1]->size();
  co_return bytes;
}

static void several(const test_server *server)
{
  pool of;
  std::vector<task<std::size_t>> tasks;
  unsigned rounds;

  TEST("LOOP-1 LOOP-2", "ten at once");
  order.clear();
  for (char name = 'a'; name < 'a' + 10; name++)
    tasks.push_back(side_by_side(of, server, name));
  for (auto &one : tasks)
    one.start();
  CHECK_STR(order.c_str(), ""); /* nothing waits for the network */
  rounds = loop(of, tasks);
  for (auto &one : tasks)
    CHECK_UINT(one.get(), 5000000);
  /* All have begun before the first of them had slept, and none read its 5 MB in one go. */
  for (char name = 'a'; name < 'a' + 10; name++)
    CHECK(order.find(name) < 10 && order.rfind(name) >= 10);
  CHECK(rounds > 20);
}

/* --- Cancelling ------------------------------------------------------------------------------------- */

static task<> only_connects(connection &con)
{
  co_await con.connect();
}

static task<> only_pings(connection &con)
{
  co_await con.command([&](attachsql_error_t **error) { return attachsql_connect_ping(con.get(), error); });
}

static task<> reads(connection &con, unsigned count, unsigned *seen)
{
  auto rows = co_await con.query("SELECT n, REPEAT('x', 1000) FROM " TEST_NUMBERS " WHERE n < 20000");

  while (*seen < count && co_await rows.next())
    ++*seen;
  co_await rows.next();
}

static task<> sleeps(connection &con)
{
  co_await all_rows(con, "DO SLEEP(0.2)");
}

static void still_works(pool &of, connection &con)
{
  auto one = all_rows(con, "SELECT 'mine'");

  one.start();
  of.run_until(one);
  CHECK(one.done());
  CHECK_STR(one.get().c_str(), "mine,;/");
}

static void cancel(const test_server *server)
{
  pool of;
  unsigned seen = 0;

  TEST("LOOP-1", "the end of a coroutine that waits: for its login, an answer, rows, the end of a command");
  {
    connection con = create(of, server);
    {
      auto one = only_connects(con);
      one.start();
      CHECK(!one.done());
    }
    still_works(of, con);
    {
      auto one = sleeps(con); /* which awaits another one */
      one.start();
      for (int i = 0; i < 3; i++)
        attachsql_pool_run(of.get());
      CHECK(!one.done());
    }
    still_works(of, con);
    {
      auto one = only_pings(con);
      one.start();
      CHECK(!one.done());
    }
    still_works(of, con);
    {
      auto one = reads(con, UINT32_MAX, &seen);
      one.start();
      while (seen == 0 && attachsql_pool_wait(of.get(), -1, nullptr))
        attachsql_pool_run(of.get());
      CHECK(!one.done() && seen > 0 && seen < 20000);
    }
    still_works(of, con);
  }
  TEST("LOOP-1", "never begun, and ended with its connection");
  {
    connection con = create(of, server);
    auto one = only_connects(con);
    {
      auto two = only_connects(con);
      two.start();
    }
  }
}

/* --- Misuse ----------------------------------------------------------------------------------------- */

static task<bool> refused(connection &con)
{
  try
  {
    co_await con.query("DO 1");
  }
  catch (const std::logic_error &)
  {
    co_return true;
  }
  co_return false;
}

static void misuse(const test_server *server)
{
  pool of;
  connection con = create(of, server);
  auto one = sleeps(con);

  TEST("LOOP-1", "a second coroutine on the same connection, and a task that is not done");
  one.start();
  {
    auto two = refused(con);
    two.start();
    CHECK(two.done());
    CHECK(two.get());
  }
  try
  {
    one.get();
    CHECK(false);
  }
  catch (const std::logic_error &)
  {
    CHECK(true);
  }
  of.run_until(one);
  CHECK(one.done());
  try
  {
    connection again(of, nullptr);
    CHECK(false);
  }
  catch (const attachsql::error &error)
  {
    CHECK_INT(error.code(), 3000);
  }
}

static void run(task<> (*what)(pool &, const test_server *), const test_server *server)
{
  pool of;
  auto one = what(of, server);

  one.start();
  of.run_until(one);
  try
  {
    one.get();
  }
  catch (const std::exception &error)
  {
    test_report(false, __FILE__, __LINE__, "an exception: %s", error.what());
  }
}

int main()
{
  test_begin("adapters/coroutine", 200);
  EACH_SERVER(server)
  {
    run(results, server);
    run(errors, server);
    several(server);
    cancel(server);
    misuse(server);
  }
  return test_end();
}
