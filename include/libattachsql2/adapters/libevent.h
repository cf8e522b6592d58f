/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and pools in a loop of libevent 2. A header that is all there is: include it, and link libevent_core.
 *
 * The adapter watches the one descriptor of a pool, keeps its deadlines with a timer, and while something is left to do
 * without waiting it goes on once in each round of the loop, so that timers and other descriptors get their turn.
 *
 * libevent tells nobody that it is about to sleep. So after a call on a connection, or on the pool, outside of the
 * callback that gets their events, the program has to call `attachsql_event_update`.
 *
 * Order of the end: detach, then destroy the connection or the pool, both of which may be done in a callback; then the
 * event base.
 *
 * Not for Windows, where a pool has no such descriptor.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_LIBEVENT_H
#define LIBATTACHSQL2_ADAPTERS_LIBEVENT_H

#ifdef _WIN32
#error "a pool has no descriptor of its own on Windows: use adapters/poll.h there"
#endif

#include <libattachsql2/adapters/adapter.h>

#include <event2/event.h>
#include <stdlib.h>

/** A connection or a pool in a loop of libevent. Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_event_t
{
  attachsql_adapter_t adapter;
  struct event *io;
  struct event *timer;
} attachsql_event_t;

/**
 * Asks anew when the next run is due. To be called after calls on the connection, or on the pool and its
 * connections, that are not made in the callback that gets their events; once after several of them is enough.
 *
 * NULL: no effect.
 *
 * Since 2.1.
 */
static inline void attachsql_event_update(attachsql_event_t *self)
{
  struct timeval time;
  int ms;

  if (self == NULL || self->adapter.pool == NULL)
    return;
  ms = attachsql_adapter_timeout(&self->adapter);
  time.tv_sec = ms / 1000;
  time.tv_usec = ms % 1000 * 1000;
  if (ms < 0)
    event_del(self->timer);
  else
    event_add(self->timer, &time);
}

static inline void attachsql_event_free(attachsql_event_t *self)
{
  if (self != NULL && self->io != NULL)
    event_free(self->io);
  if (self != NULL && self->timer != NULL)
    event_free(self->timer);
  free(self);
}

static inline void attachsql_event_on_event(evutil_socket_t fd, short events, void *context)
{
  attachsql_event_t *self = (attachsql_event_t *)context;

  (void)fd, (void)events;
  if (attachsql_adapter_run(&self->adapter))
    attachsql_event_update(self);
  else
    attachsql_event_free(self);
}

static inline bool attachsql_event_begin(attachsql_event_t *self, struct event_base *base)
{
  evutil_socket_t fd = (evutil_socket_t)attachsql_pool_get_fd(self->adapter.pool);

  self->io = event_new(base, fd, EV_READ | EV_PERSIST, attachsql_event_on_event, self);
  self->timer = event_new(base, -1, 0, attachsql_event_on_event, self);
  if (self->io == NULL || self->timer == NULL || event_add(self->io, NULL) != 0)
    return false;
  attachsql_event_update(self);
  return true;
}

/**
 * Has a loop run a pool, which calls its function for what happens. The loop stays alive until it is detached.
 * After calls outside of that function: `attachsql_event_update`.
 *
 * Returns: what `attachsql_event_detach` takes; NULL if libevent has no memory or no room for it.
 *
 * NULL: `pool` NULL gives NULL.
 *
 * Lifetime: until `attachsql_event_detach`, which must come before `attachsql_pool_destroy`.
 *
 * Since 2.1.
 */
static inline attachsql_event_t *attachsql_event_attach_pool(struct event_base *base, attachsql_pool_t *pool)
{
  attachsql_event_t *self = (attachsql_event_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take_pool(&self->adapter, pool) && attachsql_event_begin(self, base))
    return self;
  attachsql_event_free(self);
  return NULL;
}

/**
 * Has a loop run one connection, and call `function` for what happens, as `attachsql_pool_create` describes it; the
 * connection's number is 1. It must not have begun to connect, and counts as part of a pool. The loop stays alive
 * until it is detached. After calls outside of `function`: `attachsql_event_update`.
 *
 * Returns: what `attachsql_event_detach` takes; NULL if it fails, with an error unless that is libevent's failure. The
 * connection is as before then.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL for no events; `error` may be NULL.
 *
 * Lifetime: until `attachsql_event_detach`. `context` must be usable until then.
 *
 * Errors: those of `attachsql_pool_create` and `attachsql_pool_add_connection`.
 *
 * Since 2.1.
 */
static inline attachsql_event_t *attachsql_event_attach(struct event_base *base, attachsql_connect_t *con,
                                                        attachsql_callback_fn *function, void *context,
                                                        attachsql_error_t **error)
{
  attachsql_event_t *self = (attachsql_event_t *)calloc(1, sizeof *self);

  if (self == NULL)
    return NULL;
  if (attachsql_adapter_take(&self->adapter, con, function, context, error))
  {
    if (attachsql_event_begin(self, base))
      return self;
    attachsql_adapter_release(&self->adapter);
  }
  attachsql_event_free(self);
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
static inline void attachsql_event_detach(attachsql_event_t *self)
{
  if (self == NULL)
    return;
  event_del(self->io);
  event_del(self->timer);
  if (attachsql_adapter_release(&self->adapter))
    attachsql_event_free(self);
}

#endif /* LIBATTACHSQL2_ADAPTERS_LIBEVENT_H */
