/* SPDX-License-Identifier: Apache-2.0
 *
 * pool: what queries on a pool of the library's own connections cost, from one thread.
 *
 * Usage: pool CONNECTIONS SECONDS [HOST PORT USER PASSWORD SCHEMA]
 * Without a host, a server of its own in another process, which answers each query with
 * one row of one column and does nothing else: what is measured is the client.
 *
 * Prints a line of NAME=VALUE:
 *   connections, fill_ms   how long it took to make them
 *   bytes                  resident memory of each, idle: what the process has grown by,
 *                          which says something from a thousand connections on
 *   idle_run_ns            CPU time of a run with nothing to do, all of them idle
 *   queries, qps           with as many queries under way as connections
 *   cpu_ns                 CPU time of each, of this thread; of which
 *   system_ns              in the system
 */
#define _GNU_SOURCE
#include <libattachsql2/attachsql.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "pool: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* --- A server ----------------------------------------------------------------------- */

static size_t packet(uint8_t *to, uint8_t number, const void *body, size_t length)
{
    const uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), 0, number};

    memcpy(to, head, 4);
    memcpy(to + 4, body, length);
    return length + 4;
}

static const uint8_t ok[] = {0, 0, 0, 2, 0, 0, 0};

/* The answer to a query, without DEPRECATE_EOF. */
static size_t make_answer(uint8_t *to)
{
    static const uint8_t count[] = {1}, end[] = {0xfe, 0, 0, 2, 0}, row[] = {1, '1'};
    static const uint8_t column[] = {3, 'd', 'e', 'f', 0, 0, 0, 1, '1', 0, 12, 63, 0, 1, 0, 0, 0, 8, 0x81, 0, 0, 0, 0};
    size_t size = packet(to, 1, count, sizeof count);

    size += packet(to + size, 2, column, sizeof column);
    size += packet(to + size, 3, end, sizeof end);
    size += packet(to + size, 4, row, sizeof row);
    return size + packet(to + size, 5, end, sizeof end);
}

/* LONG_PASSWORD LONG_FLAG CONNECT_WITH_DB PROTOCOL_41 TRANSACTIONS SECURE_CONNECTION PLUGIN_AUTH */
static size_t make_greeting(uint8_t *to)
{
    static const char body[] = "\x0a" "8.0.0-pool\0" "\1\0\0\0" "abcdefgh\0" "\x0d\xa2" "\x2d" "\2\0" "\x08\0" "\x15"
                               "\0\0\0\0\0\0\0\0\0\0" "ijklmnopqrst\0" "mysql_native_password";

    return packet(to, 0, body, sizeof body);
}

static void put(int fd, const uint8_t *bytes, size_t size)
{
    /* A few bytes, and the client is waiting for them: they fit. */
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
        close(fd);
    }
}

/* For ever. A client's packets are short, and come whole. */
static _Noreturn void serve(int listener)
{
    static struct epoll_event events[1024];
    static uint8_t logged_in[1 << 16], space[1 << 16], greeting[200], answer[200], okay[20];
    size_t greeting_size = make_greeting(greeting), answer_size = make_answer(answer);
    int queue = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener};

    epoll_ctl(queue, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int count = epoll_wait(queue, events, 1024, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            ssize_t got;

            if (fd == listener) {
                fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (fd < 0 || fd >= (int)sizeof logged_in) {
                    die("accept");
                }
                wanted.data.fd = fd;
                epoll_ctl(queue, EPOLL_CTL_ADD, fd, &wanted);
                logged_in[fd] = 0;
                put(fd, greeting, greeting_size);
                continue;
            }
            got = recv(fd, space, sizeof space, 0);
            if (got < 5 || (logged_in[fd] && space[4] == 1)) {
                close(fd);
            } else if (!logged_in[fd]) {
                logged_in[fd] = 1;
                put(fd, okay, packet(okay, 2, ok, sizeof ok));
            } else if (space[4] == 3) {
                put(fd, answer, answer_size);
            } else {
                put(fd, okay, packet(okay, 1, ok, sizeof ok));
            }
        }
    }
}

static void start_server(char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        die(address.sun_path);
    }
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    if (pid < 0) {
        die("fork");
    }
    close(listener);
    strcpy(path, address.sun_path);
}

/* --- The client --------------------------------------------------------------------- */

static attachsql_pool_t *pool;
static uint64_t done, rows;
static int stopping;

static double now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double system_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

static long resident(void)
{
    long all = 0, here = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%ld %ld", &all, &here) != 2) {
        die("/proc/self/statm");
    }
    fclose(file);
    return here * sysconf(_SC_PAGESIZE);
}

static void fail(attachsql_error_t *error)
{
    fprintf(stderr, "pool: %s\n", attachsql_error_message(error));
    exit(1);
}

static void ask(void);

static void on_answer(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context,
                      attachsql_error_t *error)
{
    (void)id, (void)context;
    if (event == ATTACHSQL_EVENT_ROW_READY) {
        rows += attachsql_query_row_get(con, NULL)[0].length == 1;
        attachsql_query_row_next(con);
        return;
    }
    if (event == ATTACHSQL_EVENT_ERROR) {
        fail(error);
    }
    done++;
    if (!stopping) {
        ask();
    }
}

static void ask(void)
{
    attachsql_error_t *error = NULL;

    if (!attachsql_pool_query(pool, 8, "SELECT 1", 0, NULL, on_answer, NULL, &error)) {
        fail(error);
    }
}

static uint32_t idle(void)
{
    attachsql_pool_stats_st stats;

    stats.size = sizeof stats;
    attachsql_pool_get_stats(pool, &stats);
    return stats.idle;
}

static void run(int timeout_ms)
{
    attachsql_pool_wait(pool, timeout_ms, NULL);
    attachsql_pool_run(pool);
}

static void run_idle(uint32_t count, double *each)
{
    const int runs = 20000;
    double start;

    /* What is left of the making. */
    for (int i = 0; i < 100; i++) {
        run(0);
    }
    start = now(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < runs; i++) {
        attachsql_pool_run(pool);
    }
    *each = (now(CLOCK_THREAD_CPUTIME_ID) - start) / runs;
    if (idle() != count) {
        fail(NULL);
    }
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    char folder[] = P_tmpdir "/attachsql-pool.XXXXXX", path[100];
    attachsql_connect_t *con;
    attachsql_error_t *error = NULL;
    uint32_t count, never = 0;
    double seconds, start, fill, cpu, in_system, time, idle_run;
    long before;

    if (argc != 3 && argc != 8) {
        fprintf(stderr, "usage: pool CONNECTIONS SECONDS [HOST PORT USER PASSWORD SCHEMA]\n");
        return 2;
    }
    count = (uint32_t)atol(argv[1]);
    seconds = atof(argv[2]);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (argc == 3) {
        if (mkdtemp(folder) == NULL) {
            die(folder);
        }
        strcpy(path, folder);
        start_server(path);
        con = attachsql_connect_create(path, 0, "bench", "", "", &error);
    } else {
        con = attachsql_connect_create(argv[3], (in_port_t)atoi(argv[4]), argv[5], argv[6], argv[7], &error);
    }
    pool = attachsql_pool_create(NULL, NULL, &error);
    if (con == NULL || pool == NULL || !attachsql_pool_set_template(pool, con, &error)) {
        fail(error);
    }
    attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MAX, &count);
    attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_QUEUE, &count);
    attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_PING_INTERVAL, &never);
    before = resident();
    start = now(CLOCK_MONOTONIC);
    attachsql_pool_set_option(pool, ATTACHSQL_OPTION_POOL_MIN, &count);
    while (attachsql_pool_wait(pool, -1, NULL)) {
        attachsql_pool_run(pool);
    }
    fill = now(CLOCK_MONOTONIC) - start;
    if (idle() != count) {
        fprintf(stderr, "pool: only %u of %u connections could be made\n", idle(), count);
        return 1;
    }
    printf("connections=%u fill_ms=%.0f bytes=%ld", count, fill * 1e3, (resident() - before) / count);
    run_idle(count, &idle_run);
    printf(" idle_run_ns=%.0f", idle_run * 1e9);

    for (uint32_t i = 0; i < count; i++) {
        ask();
    }
    /* A little before it counts. */
    for (start = now(CLOCK_MONOTONIC); now(CLOCK_MONOTONIC) < start + seconds / 10;) {
        run(1000);
    }
    done = 0;
    start = now(CLOCK_MONOTONIC);
    cpu = now(CLOCK_THREAD_CPUTIME_ID);
    in_system = system_time();
    while (now(CLOCK_MONOTONIC) < start + seconds) {
        run(1000);
    }
    time = now(CLOCK_MONOTONIC) - start;
    cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
    in_system = system_time() - in_system;
    printf(" queries=%llu qps=%.0f cpu_ns=%.0f system_ns=%.0f\n", (unsigned long long)done, (double)done / time,
           cpu * 1e9 / (double)done, in_system * 1e9 / (double)done);
    stopping = 1;
    while (attachsql_pool_wait(pool, -1, NULL)) {
        attachsql_pool_run(pool);
    }
    if (rows < done) {
        fprintf(stderr, "pool: %llu rows for %llu queries\n", (unsigned long long)rows, (unsigned long long)done);
        return 1;
    }
    attachsql_pool_destroy(pool);
    attachsql_connect_destroy(con);
    if (argc == 3) {
        unlink(path);
        rmdir(folder);
    }
    return 0;
}
