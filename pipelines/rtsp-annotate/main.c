/* SPDX-License-Identifier: MIT
 *
 * rtsp-annotate: reads cameras, marks what a MobileNet sees in them, and serves
 * each again over RTSP.  What it takes, `rtsp-annotate --help` says. */
#include <glib-unix.h>
#include <gst/gst.h>
#include <malloc.h>
#include <signal.h>

#include "camera.h"
#include "health.h"
#include "notify.h"
#include "options.h"
#include "say.h"
#include "serve.h"

#define LONGEST_HANG (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  Settings *settings;
  Server *server;
  GPtrArray *mounts;            /* of Mount, as the cameras' settings are */
  GPtrArray *cameras;           /* of Camera */
  guint64 *frames;              /* of each at the last health line */
  guint ticks;
  guint strokes;                /* of the server, the last seen */
  gint64 stroke_time;           /* us, when it was new */
  GMainLoop *loop;
} Program;

static gboolean
tick (gpointer user_data)
{
  Program *program = user_data;
  guint interval = program->settings->server.health_interval, i;
  gboolean is_time = interval && ++program->ticks % interval == 0;

  for (i = 0; i < program->cameras->len; i++) {
    const CameraSettings *camera =
        g_ptr_array_index (program->settings->cameras, i);

    camera_tick (g_ptr_array_index (program->cameras, i));
    mount_tick (g_ptr_array_index (program->mounts, i));
    if (is_time)
      health_print (camera->name, g_ptr_array_index (program->cameras, i),
          g_ptr_array_index (program->mounts, i), &program->frames[i],
          interval);
  }
  if (is_time)
    health_tell_status (program->cameras);
  return G_SOURCE_CONTINUE;
}

/* Not when the server's thread has hung for long. */
static gboolean
stroke_watchdog (gpointer user_data)
{
  Program *program = user_data;
  guint strokes = server_get_strokes (program->server);
  gint64 now = g_get_monotonic_time ();

  if (strokes != program->strokes || program->stroke_time == 0)
    program->stroke_time = now;
  program->strokes = strokes;
  if (now - program->stroke_time < LONGEST_HANG)
    notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static gboolean
stop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

/* All models are looked at before anything is served. */
static gboolean
check (const Settings * settings)
{
  gboolean good = TRUE;
  guint i;

  for (i = 0; i < settings->cameras->len; i++)
    if (!camera_check (g_ptr_array_index (settings->cameras, i)))
      good = FALSE;
  return good;
}

static gboolean
set_up (Program * program)
{
  const GPtrArray *all = program->settings->cameras;
  guint i;

  program->server = server_new (&program->settings->server);
  for (i = 0; program->server && i < all->len; i++) {
    CameraSettings *settings = g_ptr_array_index (all, i);
    Mount *mount = mount_new (settings);

    if (!mount)
      return FALSE;
    g_ptr_array_add (program->mounts, mount);
    g_ptr_array_add (program->cameras, camera_new (settings, mount));
    server_add (program->server, settings->path, mount);
  }
  return program->server && server_start (program->server);
}

static void
start (Program * program)
{
  gchar *address = server_get_address (program->server);
  guint i;

  for (i = 0; i < program->cameras->len; i++) {
    const CameraSettings *settings =
        g_ptr_array_index (program->settings->cameras, i);

    say ("%s: %s%s", settings->name, address, settings->path);
    camera_start (g_ptr_array_index (program->cameras, i));
  }
  notify ("READY=1\nSTATUS=serving at %s", address);
  g_free (address);
}

static void
run (Program * program)
{
  guint watchdog = notify_watchdog_interval ();
  guint sources[] = {
    g_timeout_add (1000, tick, program),
    g_unix_signal_add (SIGINT, stop, program->loop),
    g_unix_signal_add (SIGTERM, stop, program->loop),
    watchdog ? g_timeout_add (watchdog, stroke_watchdog, program) : 0
  };
  guint i;

  start (program);
  g_main_loop_run (program->loop);
  notify ("STOPPING=1");
  for (i = 0; i < G_N_ELEMENTS (sources); i++)
    if (sources[i])
      g_source_remove (sources[i]);
}

/* First the cameras, which push into mounts; last what media may still call. */
static void
tear_down (Program * program)
{
  g_ptr_array_unref (program->cameras);
  if (program->server)
    server_free (program->server);
  while (g_main_context_iteration (NULL, FALSE));
  g_ptr_array_unref (program->mounts);
}

static int
serve (Settings * settings)
{
  Program program = {.settings = settings };
  gboolean good = check (settings);

  program.mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) mount_free);
  program.cameras =
      g_ptr_array_new_with_free_func ((GDestroyNotify) camera_free);
  program.frames = g_new0 (guint64, settings->cameras->len);
  program.loop = g_main_loop_new (NULL, FALSE);
  good = good && set_up (&program);
  if (good)
    run (&program);
  tear_down (&program);
  g_main_loop_unref (program.loop);
  g_free (program.frames);
  return good ? 0 : 1;
}

/* Threads come and go with cameras and clients.  With an arena for each, what is
 * left in all of them adds up for dozens of reconnections before it stays. */
static void
limit_arenas (void)
{
#ifdef M_ARENA_MAX
  mallopt (M_ARENA_MAX, 2);
#endif
}

int
main (int argc, char **argv)
{
  Draft *draft = draft_new ();
  OptionsResult result;
  Settings *settings = NULL;
  int status = 2;

  signal (SIGPIPE, SIG_IGN);
  limit_arenas ();
  result = options_read (argc, argv, draft);
  if (result == OPTIONS_DONE)
    status = 0;
  else if (result == OPTIONS_RUN)
    settings = settings_new (draft);
  draft_free (draft);
  if (settings) {
    status = serve (settings);
    settings_free (settings);
  }
  say_forget ();
  return status;
}
