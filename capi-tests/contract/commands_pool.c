/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract group CMD in pools: each command has one event, at its end, also when it is sent in a callback.
 */
#include "../support/test.h"
#include "../support/commands.h"

typedef struct seen
{
  int connected, ends;
  int next; /* the command to send, until COMMAND_COUNT */
  const test_server *server;
} seen;

static void told(attachsql_connect_t *con, uint32_t id, attachsql_events_t event, void *context, attachsql_error_t *error)
{
  seen *all = context;
  attachsql_error_t *problem = NULL;

  (void)id;
  if (event == ATTACHSQL_EVENT_CONNECTED)
    all->connected++;
  else if (event == ATTACHSQL_EVENT_EOF || event == ATTACHSQL_EVENT_ERROR)
  {
    int want = test_command_code(all->server, all->next - 1);

    CHECK_UINT(error ? attachsql_error_code(error) : 0, want);
    all->ends++;
  }
  else
    CHECK(false);
  attachsql_error_free(error);
  if (all->next < COMMAND_COUNT)
    CHECK(test_command(con, all->next++, &problem));
  CHECK_NO_ERROR(problem);
}

static void in_callbacks(const test_server *server)
{
  seen all = {0, 0, 0, server};
  attachsql_error_t *error = NULL;
  attachsql_pool_t *pool = attachsql_pool_create(told, &all, &error);
  attachsql_connect_t *con = test_create(server);

  TEST("CMD-1 POOL-5 POOL-8", "one event for each command, and one for the connect");
  attachsql_pool_add_connection(pool, con, &error);
  CHECK(attachsql_connect(con, &error));
  CHECK_NO_ERROR(error);
  while (all.ends < COMMAND_COUNT && attachsql_pool_wait(pool, 10000, &error))
    attachsql_pool_run(pool);
  for (int i = 0; i < 3; i++)
    attachsql_pool_run(pool);
  CHECK_NO_ERROR(error);
  CHECK_UINT(all.connected, 1);
  CHECK_UINT(all.ends, COMMAND_COUNT);
  attachsql_pool_destroy(pool);
}

int main(void)
{
  test_begin("commands_pool", 60);
  EACH_SERVER(server)
    in_callbacks(server);
  return test_end();
}
