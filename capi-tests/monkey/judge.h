/* SPDX-License-Identifier: Apache-2.0
 *
 * How monkey.c calls: with which arguments, and how what comes of it is judged. Which calls have to fail, and with
 * what, is what the header says.
 */
#ifndef ATTACHSQL_MONKEY_JUDGE_H
#define ATTACHSQL_MONKEY_JUDGE_H

#include "world.h"

static con nobody;

/* What a handle's call is judged by. */
static inline const con *con_of(const handle *h)
{
  return h->con ? h->con : &nobody;
}

/* --- How a call is judged --------------------------------------------------------------------------- */

/* The pointer for an error that a call gets: mostly one, with something in it that must not matter. */
typedef struct verdict
{
  attachsql_error_t *error, **to;
} verdict;

static inline verdict ask(void)
{
  verdict v = {NULL, NULL};

  return v;
}

static inline attachsql_error_t **to(verdict *v)
{
  v->to = LIKELY(85) ? &v->error : NULL;
  return v->to;
}

/* After each call. */
static inline void called(void)
{
  double took = cpu_ms() - call_began;

  if (took > longest)
    longest = took, slowest = current;
  slow_calls += took > 100;
}

#define GOOD 0
#define BAD 1
#define SILENT 2 /* may fail without an error */

/* After a call on `c` (NULL: the call was given NULL). 0 if it was good, the error's code, or -1 if that is not known. */
static inline int judged(const con *c, bool null, verdict *v, int outcome)
{
  int code = outcome == GOOD ? 0 : -1;
  const char *name = current;

  called();
  MUST(outcome != GOOD || !v->error, "%s gave an error, and succeeded", name);
  MUST(outcome != BAD || !v->to || v->error, "%s failed without an error", name);
  if (null)
    MUST(outcome != GOOD, "%s took NULL", name);
  if (v->error)
    code = take_error(v->error);
  if (null)
    MUST(code == 3000 || code == -1, "%s gave %d for NULL", name, code);
  else if (c && c->inside)
    MUST(outcome != GOOD && (code == 2014 || code == 3000 || code == -1), "%s from inside of the connection gave %d", name, code);
  v->error = NULL;
  return code;
}

/* Calls a function that may give an error and says true if it does not. */
#define ERR to(&verdict_of_call)
#define RUN(code, c, name, arguments)                                                 \
  do                                                                                  \
  {                                                                                   \
    verdict verdict_of_call = ask();                                                  \
    bool null_of_call = !(c)->con, good_of_call;                                      \
    calling(#name);                                                                   \
    good_of_call = name arguments;                                                    \
    code = judged((c), null_of_call, &verdict_of_call, good_of_call ? GOOD : BAD);    \
  } while (0)

/* What a call of a handle without a connection must give: 3000 for NULL, 2006 for one whose connection is gone. */
#define RUN_STMT(code, h, name, arguments)                                                                     \
  do                                                                                                           \
  {                                                                                                            \
    verdict verdict_of_call = ask();                                                                           \
    bool null_of_call = !(h)->stmt, gone_of_call = (h)->stmt && !(h)->con, good_of_call;                        \
    calling(#name);                                                                                            \
    good_of_call = name arguments;                                                                             \
    MUST(!good_of_call || !gone_of_call, "a statement without a connection does something");                   \
    code = judged(con_of(h), null_of_call, &verdict_of_call, good_of_call ? GOOD : BAD);                       \
    MUST(!gone_of_call || code == 2006 || code == 3000 || code == -1, "%d without a connection", code);        \
  } while (0)

/* Calls a function that gives no error. */
#define GET(result, name, arguments) \
  do                                 \
  {                                  \
    calling(#name);                  \
    result = name arguments;         \
    called();                        \
  } while (0)

#define DO(name, arguments) \
  do                        \
  {                         \
    calling(#name);         \
    name arguments;         \
    called();               \
  } while (0)

/* Loans end with a call, unless it was refused because something else goes on. */
static inline void ends(const con *c, int code, unsigned kinds)
{
  if (c->con && !c->inside && code != 2014)
    end_loans(c, NULL, kinds);
  check_loans();
}

/* --- Choices ---------------------------------------------------------------------------------------- */

static handle no_handle;
static pool no_pool;
static con *focus;  /* what the callback under way is about */
static con *lately; /* what the last calls were about: without some constancy nothing gets anywhere */

/* A connection that is alive; now and then none. */
static inline con *pick_con(void)
{
  con *c;

  if (focus && focus->con && !focus->is_over && LIKELY(60))
    return focus;
  if (lately && lately->con && !lately->is_over && LIKELY(80))
    return lately;
  for (unsigned i = 0; con_count && i < 8; i++)
  {
    c = &cons[con_count - 1 - roll(con_count < 12 ? con_count : 12)];
    if (!c->con || c->is_over)
      continue;
    lately = c;
    return LIKELY(90) ? c : &nobody;
  }
  return &nobody;
}

static inline handle *pick_handle(void)
{
  const con *c = pick_con();

  for (unsigned i = 0; LIKELY(90) && i < handle_count; i++)
    if (handles[i].stmt && handles[i].con == c && c->con && LIKELY(60))
      return &handles[i];
  for (unsigned i = 0; handle_count && i < 8; i++)
  {
    handle *h = &handles[handle_count - 1 - roll(handle_count < 12 ? handle_count : 12)];

    if (h->stmt && (!h->con || !h->con->is_over))
      return LIKELY(97) ? h : &no_handle;
  }
  return &no_handle;
}

static inline pool *pick_pool(void)
{
  for (unsigned i = 0; pool_count && i < 8; i++)
  {
    pool *p = &pools[roll(pool_count)];

    if (p->pool && !p->ended)
      return LIKELY(97) ? p : &no_pool;
  }
  return &no_pool;
}

/* A number, mostly small, often at a limit. */
static inline uint64_t number(void)
{
  static const uint64_t limits[] = {0, 1, 2, 255, 256, 32767, 32768, 65535, 65536, INT32_MAX, 0x80000000u, UINT32_MAX,
                                    0x100000000u, INT64_MAX, 0x8000000000000000u, UINT64_MAX};

  switch (roll(4))
  {
    case 0:
      return limits[roll(sizeof limits / sizeof *limits)];
    case 1:
      return dice_next(&luck);
    default:
      return roll(4);
  }
}

/* A parameter or column, mostly one that exists. */
static inline uint16_t place(void)
{
  return (uint16_t)(LIKELY(90) ? roll(3) : number());
}

/* Bytes, in a block of just this size, to be freed after the call; or NULL. */
static inline char *some_bytes(size_t *length)
{
  static const size_t sizes[] = {0, 0, 1, 3, 20, 250, 300, 5000, 70000, 1 << 20};
  size_t size = sizes[roll(LIKELY(98) ? 8 : 10)];
  char *data;

  *length = size;
  if (LIKELY(4))
    return NULL;
  data = malloc(size ? size : 1);
  if (!data)
    test_fatal("no memory", "");
  for (size_t i = 0; i < size; i++)
    data[i] = (char)(i < 32 ? dice_next(&luck) : i);
  return data;
}

/* A C string, to be freed after the call; or NULL. */
static inline char *some_string(void)
{
  static const char *const texts[] = {"", "a", "name=value", "=", "testdb", "\xff\xfe\x80", "zlib,zstd", "dialog,mysql_native_password",
                                      "127.0.0.1:1,localhost", "/nowhere", "utf8mb4", "AES128-SHA256", "%s%n", ",,,:", "[::1]:1"};
  size_t length = LIKELY(90) ? 0 : roll(70000);
  const char *text = texts[roll(sizeof texts / sizeof *texts)];
  char *string;

  if (LIKELY(5))
    return NULL;
  length = length ? length : strlen(text);
  string = malloc(length + 1);
  if (!string)
    test_fatal("no memory", "");
  memset(string, 'x', length);
  memcpy(string, text, strlen(text) < length ? strlen(text) : length);
  string[length] = '\0';
  return string;
}

/* The text of a statement. */
static inline char *some_statement(size_t *length)
{
  static const char *const texts[] = {
    "SELECT 1", "SELECT ?, ?", "INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (?)", "UPDATE t SET a = ?", "SET @a = 1", "CALL p(?)",
    "LOAD DATA LOCAL INFILE 'the file' INTO TABLE t", "SELECT 1; SELECT 2", "SELECT '?''\"`", "?", "BEGIN"};
  const char *text = texts[roll(sizeof texts / sizeof *texts)];
  char *statement;

  if (LIKELY(8))
    return some_bytes(length);
  *length = strlen(text);
  statement = malloc(*length);
  if (!statement)
    test_fatal("no memory", "");
  memcpy(statement, text, *length);
  return statement;
}

#endif
