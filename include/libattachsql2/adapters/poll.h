/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections and pools in a program's own loop over poll(2), or WSAPoll on Windows. A header that is all there is.
 *
 *    attachsql_poll_loop_t loop = {NULL, false};
 *    attachsql_poll_attach_pool(&loop, pool);
 *    for (;;) {
 *        size_t used = own;              // the program's own descriptors are in list[0] to list[own - 1]
 *        int timeout = own_timeout;      // -1 for none
 *        attachsql_poll_prepare(&loop, list, size, &used, &timeout);
 *        poll(list, used, timeout);
 *        attachsql_poll_dispatch(&loop, list, used);
 *        ...                             // the program's own
 *    }
 *
 * The list is made anew for each sleep, so there is no descriptor that could be out of date. While something is left to
 * do without waiting, the timeout is 0 and each dispatch goes on with it, so that the program's own descriptors and
 * timers get their turn.
 *
 * Order of the end: detach, then destroy the connection or the pool; both may be done in a callback. The loop itself
 * has nothing to be freed when all are detached.
 */
#ifndef LIBATTACHSQL2_ADAPTERS_POLL_H
#define LIBATTACHSQL2_ADAPTERS_POLL_H

#ifdef _WIN32
#include <winsock2.h>
#else
#include <poll.h>
#endif

#include <libattachsql2/adapters/adapter.h>

#include <stdlib.h>

#ifdef _WIN32
/** What poll(2) or WSAPoll takes a list of. Since 2.1. */
typedef WSAPOLLFD attachsql_pollfd_t;
#else
/** What poll(2) or WSAPoll takes a list of. Since 2.1. */
typedef struct pollfd attachsql_pollfd_t;
#endif

/** A connection or a pool in a loop over poll(2). Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_poll_t
{
  attachsql_adapter_t adapter;
  struct attachsql_poll_loop_t *loop;
  struct attachsql_poll_t *next;
  size_t first, count; /* its part of the list */
  attachsql_watch_st *watches;
  size_t room; /* for watches */
} attachsql_poll_t;

/** All that is attached to one loop. Begins as {NULL, false}. Its fields are the adapter's own. Since 2.1. */
typedef struct attachsql_poll_loop_t
{
  attachsql_poll_t *first;
  bool dispatching; /* those that are detached stay in the list for now */
} attachsql_poll_loop_t;

static inline attachsql_poll_t *attachsql_poll_begin(attachsql_poll_t *self, attachsql_poll_loop_t *loop)
{
  attachsql_poll_t **end = &loop->first;

  while (*end != NULL)
    end = &(*end)->next;
  *end = self;
  self->loop = loop;
  return self;
}

/* Frees those that are detached. */
static inline void attachsql_poll_sweep(attachsql_poll_loop_t *loop)
{
  attachsql_poll_t **at = &loop->first;

  while (*at != NULL)
  {
    attachsql_poll_t *self = *at;

    if (self->adapter.pool != NULL)
    {
      at = &self->next;
      continue;
    }
    *at = self->next;
    free(self->watches);
    free(self);
  }
}

/**
 * Has a loop run a pool, which calls its function for what happens.
 *
 * Returns: what `attachsql_poll_detach` takes; NULL if there is no memory.
 *
 * NULL: `pool` NULL gives NULL.
 *
 * Lifetime: until `attachsql_poll_detach`, which must come before `attachsql_pool_destroy`.
 *
 * Since 2.1.
 */
static inline attachsql_poll_t *attachsql_poll_attach_pool(attachsql_poll_loop_t *loop, attachsql_pool_t *pool)
{
  attachsql_poll_t *self = (attachsql_poll_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take_pool(&self->adapter, pool))
    return attachsql_poll_begin(self, loop);
  free(self);
  return NULL;
}

/**
 * Has a loop run one connection, and call `function` for what happens, as `attachsql_pool_create` describes it; the
 * connection's number is 1. It must not have begun to connect, and counts as part of a pool.
 *
 * Returns: what `attachsql_poll_detach` takes; NULL if it fails, with an error unless there is no memory. The
 * connection is as before then.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL for no events; `error` may be NULL.
 *
 * Lifetime: until `attachsql_poll_detach`. `context` must be usable until then.
 *
 * Errors: those of `attachsql_pool_create` and `attachsql_pool_add_connection`.
 *
 * Since 2.1.
 */
static inline attachsql_poll_t *attachsql_poll_attach(attachsql_poll_loop_t *loop, attachsql_connect_t *con,
                                                      attachsql_callback_fn *function, void *context,
                                                      attachsql_error_t **error)
{
  attachsql_poll_t *self = (attachsql_poll_t *)calloc(1, sizeof *self);

  if (self != NULL && attachsql_adapter_take(&self->adapter, con, function, context, error))
    return attachsql_poll_begin(self, loop);
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
static inline void attachsql_poll_detach(attachsql_poll_t *self)
{
  if (self == NULL)
    return;
  attachsql_adapter_release(&self->adapter);
  if (!self->loop->dispatching)
    attachsql_poll_sweep(self->loop);
}

/* Asks what is to be watched. False if there is no memory for the answer. */
static inline bool attachsql_poll_ask(attachsql_poll_t *self)
{
  attachsql_watch_st *more;

  while (!attachsql_pool_get_watches(self->adapter.pool, self->watches, self->room, &self->count, NULL))
  {
    more = (attachsql_watch_st *)realloc(self->watches, self->count * sizeof *more);
    if (more == NULL)
      return false;
    self->watches = more;
    self->room = self->count;
  }
  return true;
}

/* Puts what is to be watched into the list, where it has room. */
static inline void attachsql_poll_fill(const attachsql_poll_t *self, attachsql_pollfd_t *list, size_t size)
{
  size_t i;

  for (i = 0; i < self->count && self->first + i < size; i++)
  {
    attachsql_pollfd_t *to = list + self->first + i;
    unsigned flags = (unsigned)self->watches[i].flags;

    memset(to, 0, sizeof *to);
#ifdef _WIN32
    to->fd = (SOCKET)self->watches[i].fd;
#else
    to->fd = (int)self->watches[i].fd;
#endif
    to->events = (short)((flags & ATTACHSQL_WATCH_READ ? POLLIN : 0) | (flags & ATTACHSQL_WATCH_WRITE ? POLLOUT : 0));
  }
}

/**
 * Adds what is to be watched to a list for poll(2), behind the `*used` entries that it has, of `size` that it has room
 * for, and lowers `*timeout_ms` to the time until something is due. A negative one is no limit. Sleep at once then:
 * calls on a connection between here and there make another prepare necessary.
 *
 * There is one entry for each connection or pool that is attached, but on Windows one for each socket.
 *
 * Returns: true; false if there was no room, when `*used` tells how much there would have to be. Such a
 * list must not be dispatched.
 *
 * Since 2.1.
 */
static inline bool attachsql_poll_prepare(attachsql_poll_loop_t *loop, attachsql_pollfd_t *list, size_t size,
                                          size_t *used, int *timeout_ms)
{
  attachsql_poll_t *self;

  for (self = loop->first; self != NULL; self = self->next)
  {
    int ms = attachsql_adapter_timeout(&self->adapter);

    self->first = *used;
    if (attachsql_poll_ask(self))
      attachsql_poll_fill(self, list, size);
    else
    {
      self->count = 0;
      ms = 0; /* late, but not lost */
    }
    *used += self->count;
    if (ms >= 0 && (*timeout_ms < 0 || ms < *timeout_ms))
      *timeout_ms = ms;
  }
  return *used <= size;
}

/**
 * After the sleep: runs what is ready or due, which calls the functions of the program for what has happened.
 * `list` is that of `attachsql_poll_prepare`, as poll(2) has left it, with its `used` entries.
 *
 * Callback: no effect.
 *
 * Since 2.1.
 */
static inline void attachsql_poll_dispatch(attachsql_poll_loop_t *loop, const attachsql_pollfd_t *list, size_t used)
{
  attachsql_poll_t *self;
  size_t i;

  if (loop->dispatching)
    return;
  loop->dispatching = true;
  for (self = loop->first; self != NULL; self = self->next)
  {
    bool due = self->adapter.pool != NULL && attachsql_adapter_timeout(&self->adapter) == 0;

    for (i = self->first; self->adapter.pool != NULL && i < self->first + self->count && i < used; i++)
      due = due || list[i].revents != 0;
    self->count = 0;
    if (due)
      attachsql_adapter_run(&self->adapter);
  }
  loop->dispatching = false;
  attachsql_poll_sweep(loop);
}

#endif /* LIBATTACHSQL2_ADAPTERS_POLL_H */
