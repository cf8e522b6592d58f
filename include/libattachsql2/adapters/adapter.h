/* SPDX-License-Identifier: Apache-2.0
 *
 * What the adapters have in common: a pool to be run, which is the program's or was made for one connection.
 * Programs include the header of their loop, not this one. It knows no loop, and calls only what
 * attachsql.h declares.
 *
 * A connection that is attached alone gets a pool of its own, because only a pool tells each thing that happens
 * once: from what a poll says alone, the end of a query cannot be told from that of one that was closed.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_ADAPTER_H
#define LIBATTACHSQL2_ADAPTERS_ADAPTER_H

#include <libattachsql2/attachsql.h>

#include <string.h>

/** What is attached to a loop. Its fields are the adapters' own. Since 2.1. */
typedef struct attachsql_adapter_t
{
  attachsql_pool_t *pool;   /* NULL: detached */
  attachsql_connect_t *con; /* the one that `pool` was made for; NULL if `pool` is the program's */
  bool running;
} attachsql_adapter_t;

/* Takes a pool. False for NULL. */
static inline bool attachsql_adapter_take_pool(attachsql_adapter_t *adapter, attachsql_pool_t *pool)
{
  memset(adapter, 0, sizeof *adapter);
  adapter->pool = pool;
  return pool != NULL;
}

/* Takes a connection, into a pool of its own. False with an error; the connection is as before then. */
static inline bool attachsql_adapter_take(attachsql_adapter_t *adapter, attachsql_connect_t *con,
                                          attachsql_callback_fn *function, void *context, attachsql_error_t **error)
{
  attachsql_error_t *refused = NULL;

  memset(adapter, 0, sizeof *adapter);
  adapter->pool = attachsql_pool_create(function, context, error);
  if (adapter->pool == NULL)
    return false;
  attachsql_pool_add_connection(adapter->pool, con, &refused);
  if (refused == NULL)
  {
    adapter->con = con;
    return true;
  }
  attachsql_pool_destroy(adapter->pool);
  adapter->pool = NULL;
  if (error != NULL)
    *error = refused;
  else
    attachsql_error_free(refused);
  return false;
}

/* Milliseconds until the next run: 0 for at once, -1 if only the descriptor counts. */
static inline int attachsql_adapter_timeout(const attachsql_adapter_t *adapter)
{
  return attachsql_pool_get_timeout_ms(adapter->pool);
}

/* Runs the pool once. False if a callback has detached it: the adapter's memory is to be freed then. */
static inline bool attachsql_adapter_run(attachsql_adapter_t *adapter)
{
  if (adapter->running)
    return true; /* a loop inside a callback: the pool would do nothing */
  adapter->running = true;
  attachsql_pool_run(adapter->pool);
  adapter->running = false;
  return adapter->pool != NULL;
}

/* Lets go of the pool, or gives the connection back to the program, unless that has destroyed it. False if
 * the adapter is being run, which will say it again. */
static inline bool attachsql_adapter_release(attachsql_adapter_t *adapter)
{
  if (adapter->con != NULL)
  {
    attachsql_pool_stats_st stats;

    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    if (attachsql_pool_get_stats(adapter->pool, &stats) && stats.connections > 0)
      attachsql_pool_remove_connection(adapter->pool, adapter->con, NULL);
    attachsql_pool_destroy(adapter->pool);
  }
  adapter->pool = NULL;
  adapter->con = NULL;
  return !adapter->running;
}

#endif /* LIBATTACHSQL2_ADAPTERS_ADAPTER_H */
