/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and pools in a main loop of GLib, as a GSource of the default priority. A header that is all there is:
 * include it, and link glib-2.0.
 *
 * The source watches the one descriptor of a pool and knows its deadlines, and while something is left to do without
 * waiting it goes on once in each round of the loop, so that other sources get their turn. (Those of a lower priority
 * do not while there is something to do.) It is asked before each round: the program need not tell it of the calls that
 * it makes anywhere.
 *
 * Order of the end: detach, then destroy the connection or the pool, both of which may be done in a callback; then the
 * main context.
 *
 * Not for Windows, where a pool has no such descriptor.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_GLIB_H
#define LIBATTACHSQL2_ADAPTERS_GLIB_H

#ifdef _WIN32
#error "a pool has no descriptor of its own on Windows: use adapters/poll.h there"
#endif

#include <libattachsql2/adapters/adapter.h>

#include <glib.h>

/** A connection or a pool in a main loop of GLib. Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_glib_t
{
  GSource source;
  attachsql_adapter_t adapter;
  gpointer tag; /* of the descriptor */
} attachsql_glib_t;

static inline gboolean attachsql_glib_prepare(GSource *source, gint *timeout)
{
  *timeout = attachsql_adapter_timeout(&((attachsql_glib_t *)source)->adapter);
  return *timeout == 0;
}

static inline gboolean attachsql_glib_check(GSource *source)
{
  attachsql_glib_t *self = (attachsql_glib_t *)source;

  return g_source_query_unix_fd(source, self->tag) != 0 || attachsql_adapter_timeout(&self->adapter) == 0;
}

static inline gboolean attachsql_glib_dispatch(GSource *source, GSourceFunc function, gpointer data)
{
  (void)function, (void)data;
  /* GLib holds the source until this returns. */
  attachsql_adapter_run(&((attachsql_glib_t *)source)->adapter);
  return G_SOURCE_CONTINUE;
}

static inline attachsql_glib_t *attachsql_glib_begin(GMainContext *context, const attachsql_adapter_t *adapter)
{
  static GSourceFuncs functions = {attachsql_glib_prepare, attachsql_glib_check, attachsql_glib_dispatch, NULL, NULL, NULL};
  GSource *source = g_source_new(&functions, sizeof(attachsql_glib_t));
  attachsql_glib_t *self = (attachsql_glib_t *)source;

  self->adapter = *adapter;
  self->tag = g_source_add_unix_fd(source, (gint)attachsql_pool_get_fd(adapter->pool), G_IO_IN);
  g_source_set_can_recurse(source, FALSE);
  g_source_attach(source, context);
  return self;
}

/**
 * Has a loop run a pool, which calls its function for what happens. `context` NULL is the default
 * main context.
 *
 * Returns: what `attachsql_glib_detach` takes.
 *
 * NULL: `pool` NULL gives NULL.
 *
 * Lifetime: until `attachsql_glib_detach`, which must come before `attachsql_pool_destroy`.
 *
 * Since 2.1.
 */
static inline attachsql_glib_t *attachsql_glib_attach_pool(GMainContext *context, attachsql_pool_t *pool)
{
  attachsql_adapter_t adapter;

  return attachsql_adapter_take_pool(&adapter, pool) ? attachsql_glib_begin(context, &adapter) : NULL;
}

/**
 * Has a loop run one connection, and call `function` for what happens, as `attachsql_pool_create` describes it; the
 * connection's number is 1. It must not have begun to connect, and counts as part of a pool. `main_context` NULL is
 * the default main context.
 *
 * Returns: what `attachsql_glib_detach` takes; NULL and an error if it fails. The connection is as
 * before then.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL for no events; `error` may be NULL.
 *
 * Lifetime: until `attachsql_glib_detach`. `context` must be usable until then.
 *
 * Errors: those of `attachsql_pool_create` and `attachsql_pool_add_connection`.
 *
 * Since 2.1.
 */
static inline attachsql_glib_t *attachsql_glib_attach(GMainContext *main_context, attachsql_connect_t *con,
                                                      attachsql_callback_fn *function, void *context,
                                                      attachsql_error_t **error)
{
  attachsql_adapter_t adapter;

  if (!attachsql_adapter_take(&adapter, con, function, context, error))
    return NULL;
  return attachsql_glib_begin(main_context, &adapter);
}

/**
 * Takes a pool or a connection out of its loop. A connection is the program's again, in whatever state it is: poll it,
 * and destroy it. It cannot be attached a second time. One that was destroyed while it was attached is no matter.
 *
 * NULL: no effect.
 *
 * Callback: may be called in every callback of the loop and of the pool.
 *
 * Lifetime: `self` must not be used again. Of a connection nothing is told any more; of a pool only what the run that
 * is under way still finds, if this is called in one.
 *
 * Since 2.1.
 */
static inline void attachsql_glib_detach(attachsql_glib_t *self)
{
  if (self == NULL)
    return;
  attachsql_adapter_release(&self->adapter);
  g_source_destroy(&self->source);
  g_source_unref(&self->source);
}

#endif /* LIBATTACHSQL2_ADAPTERS_GLIB_H */
