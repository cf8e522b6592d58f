/* SPDX-License-Identifier: Apache-2.0
 *
 * A program as users of libAttachSQL 1.x and 2.0 wrote them: passive connect, a loop over
 * attachsql_connect_poll with a switch, an error pointer that nobody initialised, rows released by
 * row_next. It must compile, link and work unchanged: do not modernise it.
 *
 * Usage: loop HOST PORT. Prints "row: ..." lines and "done", or "error CODE SQLSTATE: TEXT".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libattachsql2/attachsql.h>

int main(int argc, char *argv[])
{
  attachsql_connect_t *con;
  attachsql_error_t *error;
  const char *query= "SELECT 1 AS a, 'two' AS b UNION ALL SELECT 3, ''";
  attachsql_return_t aret= ATTACHSQL_RETURN_NONE;
  attachsql_query_row_st *row;
  uint16_t columns, col;

  if (argc != 3)
    return 2;
  con= attachsql_connect_create(argv[1], atoi(argv[2]), "test", "test", "testdb", NULL);
  if (!attachsql_query(con, strlen(query), query, 0, NULL, &error))
  {
    printf("error %d %s: %s\n", attachsql_error_code(error), attachsql_error_sqlstate(error), attachsql_error_message(error));
    attachsql_error_free(error);
    attachsql_connect_destroy(con);
    return 1;
  }
  while (aret != ATTACHSQL_RETURN_EOF)
  {
    aret= attachsql_connect_poll(con, &error);
    switch (aret)
    {
      case ATTACHSQL_RETURN_CONNECTING:
      case ATTACHSQL_RETURN_PROCESSING:
        break;
      case ATTACHSQL_RETURN_ROW_READY:
        row= attachsql_query_row_get(con, NULL);
        columns= attachsql_query_column_count(con);
        printf("row:");
        for (col= 0; col < columns; col++)
        {
          printf(" [%.*s]", (int)row[col].length, row[col].data);
        }
        printf("\n");
        attachsql_query_row_next(con);
        break;
      case ATTACHSQL_RETURN_ERROR:
        printf("error %d %s: %s\n", attachsql_error_code(error), attachsql_error_sqlstate(error), attachsql_error_message(error));
        attachsql_error_free(error);
        attachsql_query_close(con);
        attachsql_connect_destroy(con);
        return 1;
      case ATTACHSQL_RETURN_EOF:
        printf("done\n");
        break;
      case ATTACHSQL_RETURN_NONE:
      case ATTACHSQL_RETURN_NOT_CONNECTED:
      default:
        printf("bad status\n");
        return 3;
    }
  }
  attachsql_query_close(con);
  attachsql_connect_destroy(con);
  return 0;
}
