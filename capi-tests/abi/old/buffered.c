/* SPDX-License-Identifier: Apache-2.0
 *
 * An old-style program in buffered and semi-blocking mode, with column metadata, several results and
 * struct tags in place of typedefs. It must compile, link and work unchanged: do not modernise it.
 *
 * Usage: buffered HOST PORT. Prints the rows of each result and "done", or "error CODE SQLSTATE: TEXT".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libattachsql2/attachsql.h>

#define QUERY "SELECT 1 AS first UNION SELECT 2; SELECT 'x' AS second, 'y' AS third"

int main(int argc, char **argv)
{
  struct attachsql_connect_t *con= NULL;
  struct attachsql_error_t *error;
  struct attachsql_query_row_st *row;
  struct attachsql_query_column_st *column;
  enum attachsql_return_t aret= ATTACHSQL_RETURN_NONE;
  uint16_t col;
  uint64_t number;

  if (argc != 3)
    return 2;
  attachsql_library_init();
  con= attachsql_connect_create(argv[1], atoi(argv[2]), "test", "test", "testdb", &error);
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_SEMI_BLOCKING, NULL);
  attachsql_connect_set_option(con, ATTACHSQL_OPTION_MULTI_STATEMENTS, NULL);
  attachsql_query_buffer_rows(con, true);
  attachsql_query(con, sizeof(QUERY) - 1, QUERY, 0, NULL, NULL);
  do
  {
    do
    {
      aret= attachsql_connect_poll(con, &error);
      if (aret == ATTACHSQL_RETURN_ERROR)
      {
        printf("error %d %s: %s\n", attachsql_error_code(error), attachsql_error_sqlstate(error), attachsql_error_message(error));
        attachsql_error_free(error);
        attachsql_connect_destroy(con);
        return 1;
      }
    }
    while (aret != ATTACHSQL_RETURN_EOF);

    printf("rows: %lu\n", (unsigned long)attachsql_query_row_count(con));
    for (col= 1; col <= attachsql_query_column_count(con); col++)
    {
      column= attachsql_query_column_get(con, col);
      printf("column: %s\n", column->column);
    }
    number= 0;
    while ((row= attachsql_query_buffer_row_get(con)) != NULL)
    {
      if (attachsql_query_row_get_offset(con, number) == NULL)
      {
        printf("row %lu is missing\n", (unsigned long)number);
        return 3;
      }
      number++;
      printf("row:");
      for (col= 0; col < attachsql_query_column_count(con); col++)
        printf(" [%.*s]", (int)row[col].length, row[col].data);
      printf("\n");
    }
    attachsql_query_close(con);
    aret= attachsql_query_next_result(con);
  }
  while (aret == ATTACHSQL_RETURN_PROCESSING);
  printf("done\n");
  attachsql_connect_destroy(con);
  return 0;
}
