/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group UTL.
 */
#include "../support/test.h"

int main(void)
{
  char want[32];

  test_begin("utility", 60);
  TEST("UTL-1", "the version is a text of five characters");
  CHECK_UINT(strlen(attachsql_get_library_version()), 5);
  CHECK_STR(attachsql_get_library_version(), "2.1.0");
  CHECK(attachsql_get_library_version() == attachsql_get_library_version());

  TEST("UTL-2", "the numbers are those in the text");
  CHECK_UINT(attachsql_get_library_version_major(), 2);
  CHECK_UINT(attachsql_get_library_version_minor(), 1);
  CHECK_UINT(attachsql_get_library_version_patch(), 0);
  snprintf(want, sizeof want, "%u.%u.%u", attachsql_get_library_version_major(), attachsql_get_library_version_minor(),
           attachsql_get_library_version_patch());
  CHECK_STR(attachsql_get_library_version(), want);

  EACH_SERVER(server)
  {
    attachsql_connect_t *con;

    TEST("UTL-3", "library_init never, late, twice");
    con = test_connect(server);
    test_works(con);
    attachsql_library_init();
    test_works(con);
    test_query(con, "SELECT 'busy'");
    attachsql_library_init();
    attachsql_library_init();
    CHECK_STR(test_first(con), "busy");
    attachsql_connect_destroy(con);
  }
  return test_end();
}
