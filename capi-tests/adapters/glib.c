/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter for GLib does what cases.h asks of every adapter.
 */
#include "../support/test.h"

#include <libattachsql2/adapters/glib.h>

static GMainContext *context;
static bool stopped;
static GSource *timer;

#define ADAPTER "adapters/glib"
#define HANDLE attachsql_glib_t
#define ATTACH(con, function, data, error) attachsql_glib_attach(context, con, function, data, error)
#define ATTACH_POOL(pool) attachsql_glib_attach_pool(context, pool)
#define DETACH(handle) attachsql_glib_detach(handle)
#define CALLED(handle) ((void)(handle))

static void tick(void);

static gboolean on_timer(gpointer data)
{
  (void)data;
  tick();
  return G_SOURCE_CONTINUE;
}

static void loop_begin(void)
{
  context = g_main_context_new();
}

static void loop_end(void)
{
  CHECK(!g_main_context_pending(context));
  g_main_context_unref(context);
}

static void loop_run(void)
{
  for (stopped = false; !stopped;)
    g_main_context_iteration(context, TRUE);
}

static void loop_stop(void)
{
  stopped = true;
}

static void loop_tick(bool on)
{
  if (timer)
  {
    g_source_destroy(timer);
    g_source_unref(timer);
    timer = NULL;
  }
  if (on)
  {
    timer = g_timeout_source_new(0);
    g_source_set_callback(timer, on_timer, NULL, NULL);
    g_source_attach(timer, context);
  }
}

#include "cases.h"
