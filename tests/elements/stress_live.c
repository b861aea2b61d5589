/* SPDX-License-Identifier: MIT
 *
 * Live streams: with a network that is too slow, while the process stands still,
 * while processors come and go, and many of them for long. */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "stress.h"

#define STREAMS 16

/* A camera without work of its own. */
static void
open_camera (Flow * flow, gint fps, gint width, gint height,
    const gchar * model, const gchar * properties)
{
  gchar *launch = g_strdup_printf ("videotestsrc num-buffers=1 ! "
      "video/x-raw,format=NV12,width=%d,height=%d,framerate=%d/1 ! "
      "imagefreeze is-live=true ! video/x-raw,framerate=%d/1 ! mobilenetclassify name=network "
      "model-file=\"%s\" mode=latest %s ! fakesink sync=true qos=true processing-deadline=0",
      width,
      height, fps, fps, model, properties);

  flow_open (flow, launch);
  g_free (launch);
}

/* Frames pass at the rate of the camera, whose next frame comes long before a
 * result does: none waits for the network, and nothing piles up. */
gboolean
stress_slow (guint seconds, const gchar * model)
{
  const gchar *large = stress_large_model ();
  gint64 run = stress_run_time (large), began, added, late;
  gint fps = CLAMP (10 * G_USEC_PER_SEC / MAX (run, 1), 1, 500);
  Holdings before;
  gboolean good;
  Flow flow;

  open_camera (&flow, fps, 64, 48, large, "");
  flow_play (&flow);
  good = flow_wait_results (&flow, 3) && flow_wait_frames (&flow, 10);
  before = stress_holdings ();
  began = g_get_monotonic_time ();
  while (good && g_get_monotonic_time () - began <
      (gint64) seconds * G_USEC_PER_SEC)
    good = flow_wait_frames (&flow, fps) && flow_wait_results (&flow, 1);
  g_mutex_lock (&flow.lock);
  added = flow_median_added (&flow);
  late = flow_median_late (&flow);
  g_mutex_unlock (&flow.lock);
  g_print ("a run takes %.1f ms, a frame comes every %.1f ms: %u of %u frames "
      "out, %u analysed, in %.0f s; at the end %.2f ms were added, frames are "
      "%.1f ms late\n", run / 1e3, 1e3 / fps, flow.out, flow.in, flow.analysed,
      (g_get_monotonic_time () - began) / 1e6, added / 1e3, late / 1e3);
  if (good && (flow.analysed * 2 > flow.out || added >= run)) {
    g_printerr ("frames wait for the network, or it is not slow\n");
    good = FALSE;
  }
  good = good && stress_same_holdings (&before, 4096);
  return flow_close (&flow) && good;
}

/* The process stops itself, and a shell lets it go on. */
static gboolean
halt (guint seconds)
{
  gchar *command = g_strdup_printf ("kill -STOP %d; sleep %u; kill -CONT %d",
      (gint) getpid (), seconds, (gint) getpid ());
  gint status = 1;
  gchar *argv[] = { "/bin/sh", "-c", command, NULL };
  gboolean good = g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, NULL, NULL,
      &status, NULL) && status == 0;

  g_free (command);
  return good;
}

/* us; as before, but for what a busy machine adds. */
#define AS_BEFORE(us) ((us) * 2 + 5000)

typedef struct
{
  gint64 added;
  gint64 late;
  guint frames;
} Before;

static gboolean
is_as_before (const Flow * flow, guint64 user)
{
  const Before *before = (const Before *) (gsize) user;

  return flow->out >= before->frames + STRESS_WINDOW
      && flow_median_added (flow) <= AS_BEFORE (before->added)
      && flow_median_late (flow) <= AS_BEFORE (before->late);
}

gboolean
stress_halts (guint seconds, const gchar * model)
{
  Before before;
  gint64 went_on;
  gboolean good;
  Flow flow;

  open_camera (&flow, 25, 320, 240, model, "");
  flow_play (&flow);
  good = flow_wait_frames (&flow, STRESS_WINDOW)
      && flow_wait_results (&flow, 1);
  g_mutex_lock (&flow.lock);
  before = (Before) {
  flow_median_added (&flow), MAX (flow_median_late (&flow), 0), 0};
  g_mutex_unlock (&flow.lock);
  good = good && halt (seconds);
  went_on = g_get_monotonic_time ();
  g_mutex_lock (&flow.lock);
  before.frames = flow.out;
  g_mutex_unlock (&flow.lock);
  good = good && flow_wait_results (&flow, 2)
      && flow_wait (&flow, is_as_before, (gsize) & before,
      "waited for latency to be as before");
  g_mutex_lock (&flow.lock);
  g_print ("%u s without a processor; before: %.2f ms added, frames %.1f ms "
      "late; %.1f s after: %.2f ms, %.1f ms\n", seconds, before.added / 1e3,
      before.late / 1e3, (g_get_monotonic_time () - went_on) / 1e6,
      flow_median_added (&flow) / 1e3, flow_median_late (&flow) / 1e3);
  g_mutex_unlock (&flow.lock);
  return flow_close (&flow) && good;
}

/* All threads of the process, but those that end meanwhile. */
static void
use_processors (const cpu_set_t * set)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *name;

  while (tasks && (name = g_dir_read_name (tasks)))
    sched_setaffinity (atoi (name), sizeof (*set), set);
  if (tasks)
    g_dir_close (tasks);
}

gboolean
stress_affinity (guint count, const gchar * model)
{
  cpu_set_t all, set;
  gint processor = -1;
  gboolean good;
  Flow flow;
  guint i;

  if (sched_getaffinity (0, sizeof (all), &all) != 0)
    return FALSE;
  open_camera (&flow, 25, 320, 240, model, "threads=2");
  flow_play (&flow);
  good = flow_wait_results (&flow, 3);
  for (i = 0; good && i < count; i++) {
    set = all;
    if (i % 2 == 0) {           /* the next one alone */
      do
        processor = (processor + 1) % CPU_SETSIZE;
      while (!CPU_ISSET (processor, &all));
      CPU_ZERO (&set);
      CPU_SET (processor, &set);
    }
    use_processors (&set);
    good = flow_wait_frames (&flow, 10) && flow_wait_results (&flow, 3);
  }
  use_processors (&all);
  g_print ("%u changes of %d processors, %u frames, %u analysed\n", i,
      CPU_COUNT (&all), flow.out, flow.analysed);
  return flow_close (&flow) && good;
}

static gboolean
wait_for_all (Flow * flows, guint frames)
{
  gboolean good = TRUE;
  guint i;

  for (i = 0; good && i < STREAMS; i++)
    good = flow_wait_frames (&flows[i], frames);
  return good;
}

static void
print_streams (Flow * flows, const Holdings * before, gint64 began)
{
  guint i, out = 0, analysed = 0, fewest = G_MAXUINT, most = 0;
  gdouble seconds = (g_get_monotonic_time () - began) / 1e6;

  for (i = 0; i < STREAMS; i++) {
    g_mutex_lock (&flows[i].lock);
    out += flows[i].out;
    analysed += flows[i].analysed;
    fewest = MIN (fewest, flows[i].analysed);
    most = MAX (most, flows[i].analysed);
    g_mutex_unlock (&flows[i].lock);
  }
  g_print ("%d streams, %.0f s: %u frames, %u analysed, %u to %u of a stream; "
      "%" G_GINT64_FORMAT " KiB resident, %+" G_GINT64_FORMAT " since the "
      "warm-up\n", STREAMS, seconds, out, analysed, fewest, most,
      stress_holdings ().kib, stress_holdings ().kib - before->kib);
}

/* The first quarter, a minute at most, is for warming up. */
gboolean
stress_streams (guint seconds, const gchar * model)
{
  gint64 began, now, printed, warm = MIN (seconds / 4, 60) * G_USEC_PER_SEC;
  Holdings before = { 0, };
  gboolean good = TRUE;
  Flow flows[STREAMS];
  guint i;

  for (i = 0; i < STREAMS; i++) {
    open_camera (&flows[i], 25, 640, 480, model, "stats-interval=1000");
    flow_play (&flows[i]);
  }
  began = printed = g_get_monotonic_time ();
  do {
    good = wait_for_all (flows, 10);
    now = g_get_monotonic_time ();
    if (!before.kib && now - began >= warm)
      before = stress_holdings ();
    if (now - printed >= 60 * G_USEC_PER_SEC) {
      print_streams (flows, &before, began);
      printed = now;
    }
  } while (good && now - began < (gint64) seconds * G_USEC_PER_SEC);
  print_streams (flows, &before, began);
  good = good && stress_same_holdings (&before, seconds < 60 ? 4096 : 1024);
  for (i = 0; i < STREAMS; i++)
    good &= flow_close (&flows[i]);
  return good;
}
