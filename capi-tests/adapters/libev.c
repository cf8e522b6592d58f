/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter for libev does what cases.h asks of every adapter.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/libev.h>

static struct ev_loop *loop;
static ev_timer timer;

#define ADAPTER "adapters/libev"
#define HANDLE attachsql_ev_t
#define ATTACH(con, function, context, error) attachsql_ev_attach(loop, con, function, context, error)
#define ATTACH_POOL(pool) attachsql_ev_attach_pool(loop, pool)
#define DETACH(handle) attachsql_ev_detach(handle)
#define CALLED(handle) ((void)(handle))

static void tick(void);

static void on_timer(struct ev_loop *from, ev_timer *watcher, int events)
{
  (void)events;
  ev_timer_set(watcher, 0., 0.);
  ev_timer_start(from, watcher);
  tick();
}

static void loop_begin(void)
{
  loop = ev_loop_new(EVFLAG_AUTO);
  CHECK(loop != NULL);
  ev_timer_init(&timer, on_timer, 0., 0.);
}

static void loop_end(void)
{
  /* Ends by itself, for nothing is attached any more. */
  CHECK_INT(ev_run(loop, 0), 0);
  ev_loop_destroy(loop);
}

static void loop_run(void)
{
  ev_run(loop, 0);
}

static void loop_stop(void)
{
  ev_break(loop, EVBREAK_ALL);
}

static void loop_tick(bool on)
{
  if (on)
    ev_timer_start(loop, &timer);
  else
    ev_timer_stop(loop, &timer);
}

#include "cases.h"
