/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and pools in a loop of libev, which must be built with EV_MULTIPLICITY, as it is by default. A header
 * that is all there is: include it, and link libev.
 *
 * The adapter watches the one descriptor of a pool, keeps its deadlines with a timer, and while something is left to do
 * without waiting it goes on once in each round of the loop, so that timers and other descriptors get their turn. It
 * asks before each round anew: the program need not tell it of the calls that it makes anywhere.
 *
 * Order of the end: detach, then destroy the connection or the pool, both of which may be done in a callback; then the
 * loop.
 *
 * Not for Windows, where a pool has no such descriptor.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_LIBEV_H
#define LIBATTACHSQL2_ADAPTERS_LIBEV_H

#ifdef _WIN32
#error "a pool has no descriptor of its own on Windows: use adapters/poll.h there"
#endif

#include <libattachsql2/adapters/adapter.h>

#include <ev.h>
#include <stdlib.h>

/** A connection or a pool in a loop of libev. Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_ev_t
{
  attachsql_adapter_t adapter;
  struct ev_loop *loop;
  ev_io io;
  ev_timer timer;
  ev_prepare prepare;
} attachsql_ev_t;

static inline void attachsql_ev_run(attachsql_ev_t *self)
{
  if (!attachsql_adapter_run(&self->adapter))
    free(self);
}

static inline void attachsql_ev_on_io(struct ev_loop *loop, ev_io *watcher, int events)
{
  (void)loop, (void)events;
  attachsql_ev_run((attachsql_ev_t *)watcher->data);
}

static inline void attachsql_ev_on_timer(struct ev_loop *loop, ev_timer *watcher, int events)
{
  (void)loop, (void)events;
  attachsql_ev_run((attachsql_ev_t *)watcher->data);
}

/* Before the loop sleeps: may it, and for how long? */
static inline void attachsql_ev_on_prepare(struct ev_loop *loop, ev_prepare *watcher, int events)
{
  attachsql_ev_t *self = (attachsql_ev_t *)watcher->data;
  int ms = attachsql_adapter_timeout(&self->adapter);

  (void)events;
  ev_timer_stop(loop, &self->timer);
  if (ms < 0)
    return;
  if (ms > 0)
    ev_now_update(loop); /* what the timer counts from */
  ev_timer_set(&self->timer, (ev_tstamp)ms / 1000, 0.);
  ev_timer_start(loop, &self->timer);
}

static inline attachsql_ev_t *attachsql_ev_begin(attachsql_ev_t *self, struct ev_loop *loop)
{
  self->loop = loop;
  ev_io_init(&self->io, attachsql_ev_on_io, (int)attachsql_pool_get_fd(self->adapter.pool), EV_READ);
  ev_timer_init(&self->timer, attachsql_ev_on_timer, 0., 0.);
  ev_prepare_init(&self->prepare, attachsql_ev_on_prepare);
  self->io.data = self->timer.data = self->prepare.data = self;
  ev_io_start(loop, &self->io);
  ev_prepare_start(loop, &self->prepare);
  return self;
}

/**
 * Has a loop run a pool, which calls its function for what happens. The loop stays alive until it is detached.
 *
 * Returns: what `attachsql_ev_detach` takes; NULL if there is no memory.
 *
 * NULL: `pool` NULL gives NULL.
 *
 * Lifetime: until `attachsql_ev_detach`, which must come before `attachsql_pool_destroy`.
 *
 * Since 2.1.
 */
static inline attachsql_ev_t *attachsql_ev_attach_pool(struct ev_loop *loop, attachsql_pool_t *pool)
{
  attachsql_ev_t *self = (attachsql_ev_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take_pool(&self->adapter, pool))
    return attachsql_ev_begin(self, loop);
  free(self);
  return NULL;
}

/**
 * Has a loop run one connection, and call `function` for what happens, as `attachsql_pool_create` describes it; the
 * connection's number is 1. It must not have begun to connect, and counts as part of a pool. The loop stays alive
 * until it is detached.
 *
 * Returns: what `attachsql_ev_detach` takes; NULL if it fails, with an error unless there is no memory. The
 * connection is as before then.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL for no events; `error` may be NULL.
 *
 * Lifetime: until `attachsql_ev_detach`. `context` must be usable until then.
 *
 * Errors: those of `attachsql_pool_create` and `attachsql_pool_add_connection`.
 *
 * Since 2.1.
 */
static inline attachsql_ev_t *attachsql_ev_attach(struct ev_loop *loop, attachsql_connect_t *con,
                                                  attachsql_callback_fn *function, void *context,
                                                  attachsql_error_t **error)
{
  attachsql_ev_t *self = (attachsql_ev_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take(&self->adapter, con, function, context, error))
    return attachsql_ev_begin(self, loop);
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
static inline void attachsql_ev_detach(attachsql_ev_t *self)
{
  if (self == NULL)
    return;
  ev_io_stop(self->loop, &self->io);
  ev_timer_stop(self->loop, &self->timer);
  ev_prepare_stop(self->loop, &self->prepare);
  if (attachsql_adapter_release(&self->adapter))
    free(self);
}

#endif /* LIBATTACHSQL2_ADAPTERS_LIBEV_H */
