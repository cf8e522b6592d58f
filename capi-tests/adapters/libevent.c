/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter for libevent does what cases.h asks of every adapter.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/libevent.h>

static struct event_base *base;
static struct event *timer;

#define ADAPTER "adapters/libevent"
#define HANDLE attachsql_event_t
#define ATTACH(con, function, context, error) attachsql_event_attach(base, con, function, context, error)
#define ATTACH_POOL(pool) attachsql_event_attach_pool(base, pool)
#define DETACH(handle) attachsql_event_detach(handle)
#define CALLED(handle) attachsql_event_update(handle)

static void tick(void);
static void loop_tick(bool on);

static void on_timer(evutil_socket_t fd, short events, void *context)
{
  (void)fd, (void)events, (void)context;
  loop_tick(true);
  tick();
}

static void loop_begin(void)
{
  base = event_base_new();
  CHECK(base != NULL);
  timer = event_new(base, -1, 0, on_timer, NULL);
}

static void loop_end(void)
{
  event_free(timer);
  /* Ends by itself, for nothing is attached any more. */
  CHECK_INT(event_base_dispatch(base), 1);
  event_base_free(base);
}

static void loop_run(void)
{
  event_base_dispatch(base);
}

static void loop_stop(void)
{
  event_base_loopbreak(base);
}

static void loop_tick(bool on)
{
  struct timeval none = {0, 0};

  if (on)
    event_add(timer, &none);
  else
    event_del(timer);
}

#include "cases.h"
