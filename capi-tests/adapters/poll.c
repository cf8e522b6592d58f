/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter for poll(2), or WSAPoll, does what cases.h asks of every adapter.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/poll.h>

static attachsql_poll_loop_t loop;
static bool stopped, ticking;

#define ADAPTER "adapters/poll"
#define HANDLE attachsql_poll_t
#define ATTACH(con, function, context, error) attachsql_poll_attach(&loop, con, function, context, error)
#define ATTACH_POOL(pool) attachsql_poll_attach_pool(&loop, pool)
#define DETACH(handle) attachsql_poll_detach(handle)
#define CALLED(handle) ((void)(handle))

static void tick(void);

static void loop_begin(void)
{
  memset(&loop, 0, sizeof loop);
}

static void loop_end(void)
{
  CHECK(loop.first == NULL);
}

static void loop_run(void)
{
  attachsql_pollfd_t list[70];

  for (stopped = false; !stopped;)
  {
    size_t used = 0;
    int timeout = ticking ? 0 : -1;

    CHECK(attachsql_poll_prepare(&loop, list, 70, &used, &timeout));
    if (used == 0 && timeout < 0)
      test_fatal("nothing is watched and nothing is due", "");
#ifdef _WIN32
    if (used == 0)
      Sleep((DWORD)timeout);
    else
      WSAPoll(list, (ULONG)used, timeout);
#else
    poll(list, (nfds_t)used, timeout);
#endif
    attachsql_poll_dispatch(&loop, list, used);
    if (ticking)
      tick();
  }
}

static void loop_stop(void)
{
  stopped = true;
}

static void loop_tick(bool on)
{
  ticking = on;
}

#include "cases.h"
