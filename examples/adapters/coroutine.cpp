// SPDX-License-Identifier: Apache-2.0
//
// Three coroutines of C++20 side by side in a loop of libuv, while a timer of the same loop ticks: nothing of it waits
// for the server.
//
// The server comes from the environment: ATTACHSQL_HOST, _PORT, _USER, _PASSWORD, _SCHEMA. Port 0 means that the
// host is the path of a unix socket. Ends with success if all queries were answered and the timer ticked.
#include <libattachsql2/adapters/coroutine.hpp>
#include <libattachsql2/adapters/libuv.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = std::getenv(name);
    return value ? value : otherwise;
}

static uv_loop_t loop;
static int ticks, left = 3;

static attachsql::task<std::string> program(attachsql::pool &pool, int number)
{
    attachsql::connection con(pool, setting("ATTACHSQL_HOST", "127.0.0.1"),
                              static_cast<in_port_t>(std::atoi(setting("ATTACHSQL_PORT", "3306"))),
                              setting("ATTACHSQL_USER", "test"), setting("ATTACHSQL_PASSWORD", "test"),
                              setting("ATTACHSQL_SCHEMA", ""));
    std::string version;

    co_await con.connect();
    co_await con.query("DO SLEEP(0.5)");
    std::printf("coroutine %d: its query has slept, after %d ticks\n", number, ticks);
    auto rows = co_await con.query("SELECT VERSION()");
    while (co_await rows.next())
        version = rows[0].value_or("no version");
    co_return version;
}

static attachsql::task<> one_of_three(attachsql::pool &pool, int number, bool &good)
{
    try {
        std::string version = co_await program(pool, number);
        std::printf("coroutine %d: %s\n", number, version.c_str());
    } catch (const attachsql::error &error) {
        std::fprintf(stderr, "coroutine %d: error %d: %s\n", number, error.code(), error.what());
        good = false;
    }
    if (--left == 0)
        uv_stop(&loop);
}

int main()
{
    attachsql::pool pool;
    std::vector<attachsql::task<>> tasks;
    uv_timer_t timer;
    bool good = true;

    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, [](uv_timer_t *) { ticks++; }, 10, 10);
    attachsql_uv_t *attached = attachsql_uv_attach_pool(&loop, pool.get());
    for (int number = 1; number <= 3; number++) {
        tasks.push_back(one_of_three(pool, number, good));
        tasks.back().start();
    }
    uv_run(&loop, UV_RUN_DEFAULT);

    attachsql_uv_detach(attached);
    uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT); // closes what was detached
    uv_loop_close(&loop);
    std::printf("%d ticks meanwhile.\n", ticks);
    return good && left == 0 && ticks > 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
