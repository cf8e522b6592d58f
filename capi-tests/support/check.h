/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks that go on after a failure, the closing line, and the watch-dog. Tests include test.h,
 * which includes this file.
 */
#ifndef ATTACHSQL_CHECK_H
#define ATTACHSQL_CHECK_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifdef _WIN32
#define __USE_MINGW_ANSI_STDIO 1
#endif

#include <libattachsql2/attachsql.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#include <winsock2.h> /* has to come before windows.h; fake.h needs it */
#include <windows.h>
#else
#include <signal.h>
#include <unistd.h>
#endif

#if defined(__GNUC__) && !defined(_WIN32)
#define TEST_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TEST_PRINTF(text, first)
#endif

/* --- Checks --------------------------------------------------------------------------------- */

static const char *test_program = "?";
static const char *test_clauses = "?";
static const char *test_what = "?";
static const char *test_server_name = "";
static unsigned long test_checks, test_failures, test_count;

/* Begins a test: the clauses it proves, separated by spaces, and what it is about. */
#define TEST(clauses, what) test_start(clauses, what)

#define CHECK(condition) \
  test_report((condition), __FILE__, __LINE__, "not true: %s", #condition)
#define CHECK_INT(got, want) test_int((got), (want), #got, __FILE__, __LINE__)
#define CHECK_UINT(got, want) test_uint((got), (want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) test_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(got, got_length, want, want_length) \
  test_bytes((got), (got_length), (want), (want_length), #got, __FILE__, __LINE__)
/* An attachsql_return_t. */
#define CHECK_POLL(got, want) test_poll_is((got), (want), #got, __FILE__, __LINE__)
/* An error object must be there, with this code and SQLSTATE; it is freed and set to NULL. */
#define CHECK_ERROR(error, code, sqlstate) \
  test_error_is(&(error), (code), (sqlstate), #error, __FILE__, __LINE__)
/* No error object; otherwise it is shown, freed and set to NULL. */
#define CHECK_NO_ERROR(error) test_no_error(&(error), __FILE__, __LINE__)

static inline void test_start(const char *clauses, const char *what)
{
  test_clauses = clauses;
  test_what = what;
  test_count++;
}

static inline bool test_report(bool good, const char *file, int line, const char *format, ...)
    TEST_PRINTF(4, 5);

static inline bool test_report(bool good, const char *file, int line, const char *format, ...)
{
  va_list args;

  test_checks++;
  if (good)
    return true;
  test_failures++;
  if (test_failures > 200)
    return false;
  printf("FAIL %s (%s%s%s) %s:%d: ", test_clauses, test_server_name, *test_server_name ? ": " : "",
         test_what, file, line);
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  printf("\n");
  fflush(stdout);
  return false;
}

static inline bool test_int(int64_t got, int64_t want, const char *what, const char *file, int line)
{
  return test_report(got == want, file, line, "%s: got %" PRId64 ", expected %" PRId64, what, got, want);
}

static inline bool test_uint(uint64_t got, uint64_t want, const char *what, const char *file, int line)
{
  return test_report(got == want, file, line, "%s: got %" PRIu64 ", expected %" PRIu64, what, got, want);
}

static inline bool test_str(const char *got, const char *want, const char *what, const char *file, int line)
{
  return test_report(got == want || (got && want && strcmp(got, want) == 0), file, line,
                     "%s: got \"%s\", expected \"%s\"", what, got ? got : "(NULL pointer)",
                     want ? want : "(NULL pointer)");
}

static inline bool test_bytes(const void *got, size_t got_length, const void *want, size_t want_length,
                              const char *what, const char *file, int line)
{
  size_t same = 0;

  while (got && same < got_length && same < want_length &&
         ((const char *)got)[same] == ((const char *)want)[same])
    same++;
  return test_report(got && got_length == want_length && same == want_length, file, line,
                     "%s: got %zu bytes, expected %zu, the first %zu are equal", what, got_length,
                     want_length, same);
}

static inline const char *test_return_name(attachsql_return_t value)
{
  static const char *const names[] = {"NONE", "NOT_CONNECTED", "CONNECTING", "PROCESSING", "ROW_READY", "ERROR", "EOF"};

  return (unsigned)value < sizeof names / sizeof *names ? names[value] : "(unknown)";
}

static inline bool test_poll_is(attachsql_return_t got, attachsql_return_t want, const char *what,
                                const char *file, int line)
{
  return test_report(got == want, file, line, "%s: got %s, expected %s", what, test_return_name(got),
                     test_return_name(want));
}

static inline bool test_error_is(attachsql_error_t **error, int code, const char *sqlstate, const char *what,
                                 const char *file, int line)
{
  bool good;

  if (!test_report(*error != NULL, file, line, "%s: no error object, expected %d/%s", what, code, sqlstate))
    return false;
  good = attachsql_error_code(*error) == code && strcmp(attachsql_error_sqlstate(*error), sqlstate) == 0 &&
         *attachsql_error_message(*error);
  test_report(good, file, line, "%s: got %d/%s \"%s\", expected %d/%s and a message", what,
              attachsql_error_code(*error), attachsql_error_sqlstate(*error), attachsql_error_message(*error),
              code, sqlstate);
  attachsql_error_free(*error);
  *error = NULL;
  return good;
}

static inline bool test_no_error(attachsql_error_t **error, const char *file, int line)
{
  if (!*error)
    return test_report(true, file, line, "-");
  test_report(false, file, line, "unexpected error %d/%s \"%s\"", attachsql_error_code(*error),
              attachsql_error_sqlstate(*error), attachsql_error_message(*error));
  attachsql_error_free(*error);
  *error = NULL;
  return false;
}

/* Ends the program for a reason that makes going on pointless. */
static inline void test_fatal(const char *why, const char *detail)
{
  printf("FATAL %s %s: %s%s\n", test_program, test_clauses, why, detail);
  fflush(stdout);
  exit(2);
}

/* --- Time: the watch-dog and deadlines -------------------------------------------------------- */

static inline unsigned test_patience(void)
{
  const char *text = getenv("ATTACHSQL_TEST_PATIENCE");
  int factor = text ? atoi(text) : 1;

  return factor > 0 ? (unsigned)factor : 1;
}

/* Milliseconds of a clock that only goes forward. */
static inline uint64_t test_now(void)
{
#ifdef _WIN32
  return GetTickCount64();
#else
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
#endif
}

static inline void test_sleep(unsigned ms)
{
#ifdef _WIN32
  Sleep(ms);
#else
  struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

  nanosleep(&time, NULL);
#endif
}

#ifdef _WIN32
static inline DWORD WINAPI test_dog(void *seconds)
{
  Sleep((DWORD)(uintptr_t)seconds * 1000);
  printf("WATCH-DOG %s %s (%s): no end in sight\n", test_program, test_clauses, test_what);
  fflush(stdout);
  ExitProcess(124);
  return 0;
}
#else
static inline void test_bark(const char *text)
{
  if (write(STDOUT_FILENO, text, strlen(text)) < 0)
    _exit(125);
}

static inline void test_dog(int signal_number)
{
  (void)signal_number;
  test_bark("WATCH-DOG ");
  test_bark(test_program);
  test_bark(" ");
  test_bark(test_clauses);
  test_bark(" (");
  test_bark(test_what);
  test_bark("): no end in sight\n");
  _exit(124);
}
#endif

/* Begins the program. After `seconds` (times the patience) the watch-dog ends it with status 124. */
static inline void test_begin(const char *program, unsigned seconds)
{
  test_program = program;
  seconds *= test_patience();
#ifdef _WIN32
  {
    HANDLE dog = CreateThread(NULL, 0, test_dog, (void *)(uintptr_t)seconds, 0, NULL);

    if (dog)
      CloseHandle(dog);
  }
#else
  signal(SIGALRM, test_dog);
  alarm(seconds);
#endif
}

/* Prints the closing line; the result is for main to return. */
static inline int test_end(void)
{
  printf("%s: %lu tests, %lu checks, %lu failed\n", test_program, test_count, test_checks, test_failures);
  if (test_checks == 0)
    printf("FAIL %s checked nothing\n", test_program);
  fflush(stdout);
  return test_failures || test_checks == 0;
}

#endif
