/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and pools in a loop of libuv. A header that is all there is: include it, and link libuv.
 *
 * The adapter watches the one descriptor of a pool, keeps its deadlines with a timer, and while something is left to do
 * without waiting it goes on once in each round of the loop, so that timers and other descriptors get their turn. It
 * asks before each round anew: the program need not tell it of the calls that it makes anywhere.
 *
 * Order of the end: detach, then destroy the connection or the pool; both may be done in a callback. The loop must run
 * once more before uv_loop_close, as for every handle of libuv.
 *
 * Not for Windows, where a pool has no such descriptor.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_LIBUV_H
#define LIBATTACHSQL2_ADAPTERS_LIBUV_H

#ifdef _WIN32
#error "a pool has no descriptor of its own on Windows: use adapters/poll.h there"
#endif

#include <libattachsql2/adapters/adapter.h>

#include <stdlib.h>
#include <uv.h>

/** A connection or a pool in a loop of libuv. Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_uv_t
{
  attachsql_adapter_t adapter;
  uv_poll_t poll;
  uv_timer_t timer;
  uv_idle_t idle;
  uv_prepare_t prepare;
  int open; /* handles that libuv has not closed yet */
} attachsql_uv_t;

static inline void attachsql_uv_on_poll(uv_poll_t *handle, int status, int events)
{
  (void)status, (void)events;
  attachsql_adapter_run(&((attachsql_uv_t *)handle->data)->adapter);
}

static inline void attachsql_uv_on_timer(uv_timer_t *handle)
{
  attachsql_adapter_run(&((attachsql_uv_t *)handle->data)->adapter);
}

static inline void attachsql_uv_on_idle(uv_idle_t *handle)
{
  attachsql_adapter_run(&((attachsql_uv_t *)handle->data)->adapter);
}

/* Before the loop sleeps: may it, and for how long? */
static inline void attachsql_uv_on_prepare(uv_prepare_t *handle)
{
  attachsql_uv_t *self = (attachsql_uv_t *)handle->data;
  int ms = attachsql_adapter_timeout(&self->adapter);

  if (ms == 0)
    uv_idle_start(&self->idle, attachsql_uv_on_idle);
  else
    uv_idle_stop(&self->idle);
  if (ms > 0)
    uv_timer_start(&self->timer, attachsql_uv_on_timer, (uint64_t)ms, 0);
  else
    uv_timer_stop(&self->timer);
}

static inline void attachsql_uv_on_close(uv_handle_t *handle)
{
  attachsql_uv_t *self = (attachsql_uv_t *)handle->data;

  if (--self->open == 0)
    free(self);
}

static inline bool attachsql_uv_begin(attachsql_uv_t *self, uv_loop_t *loop)
{
  /* The only one that can fail, and then libuv does not know it. */
  if (uv_poll_init(loop, &self->poll, (int)attachsql_pool_get_fd(self->adapter.pool)) != 0)
    return false;
  uv_timer_init(loop, &self->timer);
  uv_idle_init(loop, &self->idle);
  uv_prepare_init(loop, &self->prepare);
  self->open = 4;
  self->poll.data = self->timer.data = self->idle.data = self->prepare.data = self;
  uv_poll_start(&self->poll, UV_READABLE, attachsql_uv_on_poll);
  uv_prepare_start(&self->prepare, attachsql_uv_on_prepare);
  return true;
}

/**
 * Has a loop run a pool, which calls its function for what happens. The loop stays alive until it is detached.
 *
 * Returns: what `attachsql_uv_detach` takes; NULL if there is no memory, or libuv cannot watch the pool.
 *
 * NULL: `pool` NULL gives NULL.
 *
 * Lifetime: until `attachsql_uv_detach`, which must come before `attachsql_pool_destroy`.
 *
 * Since 2.1.
 */
static inline attachsql_uv_t *attachsql_uv_attach_pool(uv_loop_t *loop, attachsql_pool_t *pool)
{
  attachsql_uv_t *self = (attachsql_uv_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take_pool(&self->adapter, pool) && attachsql_uv_begin(self, loop))
    return self;
  free(self);
  return NULL;
}

/**
 * Has a loop run one connection, and call `function` for what happens, as `attachsql_pool_create` describes it; the
 * connection's number is 1. It must not have begun to connect, and counts as part of a pool. The loop stays alive
 * until it is detached.
 *
 * Returns: what `attachsql_uv_detach` takes; NULL if it fails, with an error unless there is no memory or libuv
 * cannot watch it. The connection is as before then.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL for no events; `error` may be NULL.
 *
 * Lifetime: until `attachsql_uv_detach`. `context` must be usable until then.
 *
 * Errors: those of `attachsql_pool_create` and `attachsql_pool_add_connection`.
 *
 * Since 2.1.
 */
static inline attachsql_uv_t *attachsql_uv_attach(uv_loop_t *loop, attachsql_connect_t *con,
                                                  attachsql_callback_fn *function, void *context,
                                                  attachsql_error_t **error)
{
  attachsql_uv_t *self = (attachsql_uv_t *)calloc(1, sizeof *self);

  if (self == NULL)
    return NULL;
  if (attachsql_adapter_take(&self->adapter, con, function, context, error))
  {
    if (attachsql_uv_begin(self, loop))
      return self;
    attachsql_adapter_release(&self->adapter);
  }
  free(self);
  return NULL;
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
static inline void attachsql_uv_detach(attachsql_uv_t *self)
{
  if (self == NULL)
    return;
  attachsql_adapter_release(&self->adapter);
  uv_close((uv_handle_t *)&self->poll, attachsql_uv_on_close);
  uv_close((uv_handle_t *)&self->timer, attachsql_uv_on_close);
  uv_close((uv_handle_t *)&self->idle, attachsql_uv_on_close);
  uv_close((uv_handle_t *)&self->prepare, attachsql_uv_on_close);
}

#endif /* LIBATTACHSQL2_ADAPTERS_LIBUV_H */
