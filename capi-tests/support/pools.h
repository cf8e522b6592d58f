/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers for tests of pools that make their own connections. Include it after test.h.
 */
#ifndef ATTACHSQL_POOLS_H
#define ATTACHSQL_POOLS_H

/* Runs until nothing is awaited any more. */
static inline void test_pool_run_out(attachsql_pool_t *pool)
{
  uint64_t end = test_now() + 60000u * (uint64_t)test_patience();
  attachsql_error_t *error = NULL;

  while (attachsql_pool_wait(pool, -1, &error) && CHECK(test_now() < end))
    attachsql_pool_run(pool);
  CHECK_NO_ERROR(error);
}

/* All numbers. */
static inline attachsql_pool_stats_st test_pool_stats(attachsql_pool_t *pool)
{
  attachsql_pool_stats_st all;

  memset(&all, 0, sizeof all);
  all.size = sizeof all;
  CHECK(attachsql_pool_get_stats(pool, &all));
  return all;
}

#endif
