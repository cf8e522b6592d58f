/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract clause POLL-6: while a row is held, memory does not grow with what the server has to
 * say; nor does it grow with the length of a result that is read row by row.
 */
/* windows: no (asks the system with getrusage) */
#include "../support/test.h"

#include <sys/resource.h>

/* The largest memory this program has had so far, in KiB. */
static long peak(void)
{
  struct rusage usage;

  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int main(void)
{
  test_begin("memory", 240);
  EACH_SERVER(server)
  {
    attachsql_connect_t *con = test_connect(server);
    long before;

    test_run(con, "SELECT n, REPEAT('m', 100) FROM " TEST_THOUSAND " WHERE n < 1000");
    before = peak();
    TEST("POLL-6", "a held row, 200 MB behind it");
    test_query(con, "SELECT n, REPEAT('m', 2000) FROM " TEST_NUMBERS);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    for (int i = 0; i < 2000; i++)
    {
      CHECK_POLL(attachsql_connect_poll(con, NULL), ATTACHSQL_RETURN_ROW_READY);
      if (i % 10 == 0)
        test_sleep(2);
    }
    CHECK(peak() - before < 4096);

    TEST("POLL-6", "the whole result, row by row");
    CHECK_UINT(test_read(con, NULL).rows, 100000);
    CHECK(peak() - before < 4096);
    attachsql_query_close(con);

    TEST("POLL-6 QRY-9", "an abandoned result is not collected");
    test_query(con, "SELECT n, REPEAT('m', 2000) FROM " TEST_NUMBERS);
    CHECK_POLL(test_poll_good(con), ATTACHSQL_RETURN_ROW_READY);
    attachsql_query_close(con);
    test_works(con);
    CHECK(peak() - before < 4096);
    attachsql_connect_destroy(con);
  }
  return test_end();
}
