/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter for libuv does what cases.h asks of every adapter.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/libuv.h>

static uv_loop_t loop;
static uv_idle_t idle; /* a timer that begins anew in its own callback never lets libuv 1.44 go on */

#define ADAPTER "adapters/libuv"
#define HANDLE attachsql_uv_t
#define ATTACH(con, function, context, error) attachsql_uv_attach(&loop, con, function, context, error)
#define ATTACH_POOL(pool) attachsql_uv_attach_pool(&loop, pool)
#define DETACH(handle) attachsql_uv_detach(handle)
#define CALLED(handle) ((void)(handle))

static void tick(void);

static void on_idle(uv_idle_t *handle)
{
  (void)handle;
  tick();
}

static void loop_begin(void)
{
  CHECK_INT(uv_loop_init(&loop), 0);
  uv_idle_init(&loop, &idle);
}

static void loop_end(void)
{
  uv_close((uv_handle_t *)&idle, NULL);
  /* Ends by itself, for nothing is attached any more. */
  CHECK_INT(uv_run(&loop, UV_RUN_DEFAULT), 0);
  CHECK_INT(uv_loop_close(&loop), 0);
}

static void loop_run(void)
{
  uv_run(&loop, UV_RUN_DEFAULT);
}

static void loop_stop(void)
{
  uv_stop(&loop);
}

static void loop_tick(bool on)
{
  if (on)
    uv_idle_start(&idle, on_idle);
  else
    uv_idle_stop(&idle);
}

#include "cases.h"
