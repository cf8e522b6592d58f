/* SPDX-License-Identifier: Apache-2.0
 *
 * An old-style program with query parameters: explicit connect, a parameter array on the stack whose
 * unused fields are never set, one error variable for all calls, tested instead of return values.
 * It must compile, link and work unchanged: do not modernise it.
 *
 * Usage: parameters HOST PORT. Prints one "row: ..." line and "done", or "error CODE SQLSTATE: TEXT".
 */
#include <libattachsql2/attachsql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(attachsql_connect_t *con, attachsql_error_t *error)
{
  printf("error %d %.5s: %s\n", attachsql_error_code(error), attachsql_error_sqlstate(error), attachsql_error_message(error));
  attachsql_error_free(error);
  attachsql_connect_destroy(con);
  return 1;
}

int main(int argc, char *argv[])
{
  attachsql_error_t *error= NULL;
  attachsql_connect_t *con;
  attachsql_return_t ret;
  attachsql_query_row_st *row;
  attachsql_query_parameter_st param[5];
  const char *query= "SELECT ? AS name, '%?%' AS pattern, ? AS number, ? AS big, ? AS ratio";
  const char *name= "O'Hara\\";
  const char *pattern= "50%";
  int32_t number= -7;
  uint64_t big= 9223372036854775807ULL;
  double ratio= 3.1415926;
  int i;

  if (argc < 3)
    return 2;
  con= attachsql_connect_create(argv[1], (in_port_t)atoi(argv[2]), "test", "test", "", &error);
  if (con == NULL)
    return fail(con, error);
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  if (!attachsql_connect(con, &error))
    return fail(con, error);
  do
  {
    ret= attachsql_connect_poll(con, &error);
  } while (ret == ATTACHSQL_RETURN_CONNECTING);
  if (error)
    return fail(con, error);

  param[0].type= ATTACHSQL_ESCAPE_TYPE_CHAR;
  param[0].data= (char *)name;
  param[0].length= strlen(name);
  param[1].type= ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE;
  param[1].data= (char *)pattern;
  param[1].length= strlen(pattern);
  param[2].type= ATTACHSQL_ESCAPE_TYPE_INT;
  param[2].data= &number;
  param[2].is_unsigned= false;
  param[3].type= ATTACHSQL_ESCAPE_TYPE_BIGINT;
  param[3].data= &big;
  param[3].is_unsigned= true;
  param[4].type= ATTACHSQL_ESCAPE_TYPE_DOUBLE;
  param[4].data= &ratio;
  attachsql_query(con, strlen(query), query, 5, param, &error);
  if (error)
    return fail(con, error);
  while ((ret= attachsql_connect_poll(con, &error)) != ATTACHSQL_RETURN_EOF)
  {
    if (ret == ATTACHSQL_RETURN_ERROR)
      return fail(con, error);
    if (ret != ATTACHSQL_RETURN_ROW_READY)
      continue;
    row= attachsql_query_row_get(con, &error);
    printf("row:");
    for (i= 0; i < attachsql_query_column_count(con); i++)
      printf(" [%.*s]", (int)row[i].length, row[i].data);
    printf("\n");
    attachsql_query_row_next(con);
  }
  printf("done\n");
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
  return 0;
}
