/* SPDX-License-Identifier: MIT
 *
 * A pipeline whose frames are counted and timed at the network element. */
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <stdlib.h>
#include <string.h>

#include "stress.h"

#define LONGEST (120 * G_TIME_SPAN_SECOND)

static GstPadProbeReturn
enter (GstPad * pad, GstPadProbeInfo * info, gpointer user)
{
  Flow *flow = user;

  g_mutex_lock (&flow->lock);
  flow->in++;
  g_mutex_unlock (&flow->lock);
  flow->entered = g_get_monotonic_time ();
  return GST_PAD_PROBE_OK;
}

/* us between when the frame was due and now; 0 without a clock. */
static gint64
lateness (Flow * flow, GstClockTime pts)
{
  GstClock *clock = gst_element_get_clock (flow->network);
  gint64 late;

  if (!clock)
    return 0;
  late = GST_CLOCK_DIFF (gst_element_get_base_time (flow->network) + pts,
      gst_clock_get_time (clock)) / 1000;
  gst_object_unref (clock);
  return late;
}

/* Under the lock.  What was found before a seek is about a frame before the
 * segment, or, backwards, about one that is yet to come. */
static void
look_at_result (Flow * flow, GstMobilenetClassificationMeta * meta)
{
  GstClockTime source =
      gst_mobilenet_classification_get_source_pts (meta->classification);

  flow->carried++;
  flow->stale += source < flow->segment_start || source > flow->pts;
  flow->analysed += source != flow->source_pts;
  flow->source_pts = source;
}

static void
leave_frame (Flow * flow, GstPad * pad, GstBuffer * buffer)
{
  gint64 added = g_get_monotonic_time () - flow->entered;
  GstMobilenetClassificationMeta *meta =
      gst_buffer_get_mobilenet_classification_meta (buffer);

  g_mutex_lock (&flow->lock);
  flow->added[flow->out % STRESS_WINDOW] = added;
  flow->late[flow->out % STRESS_WINDOW] =
      lateness (flow, GST_BUFFER_PTS (buffer));
  flow->out++;
  flow->pts = GST_BUFFER_PTS (buffer);
  if (meta)
    look_at_result (flow, meta);
  g_cond_broadcast (&flow->changed);
  g_mutex_unlock (&flow->lock);
}

/* Under the lock: a frame that the element has when the pads flush, or when it
 * stops, does not leave it. */
static void
leave_behind (Flow * flow)
{
  if (flow->in == flow->out + 1)
    flow->in--;
}

static void
leave_event (Flow * flow, GstEvent * event)
{
  const GstSegment *segment;
  GstCaps *caps;

  g_mutex_lock (&flow->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_event_parse_segment (event, &segment);
    flow->segment_start = segment->start;
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&flow->caps, caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    leave_behind (flow);
  }
  g_mutex_unlock (&flow->lock);
}

static GstPadProbeReturn
leave (GstPad * pad, GstPadProbeInfo * info, gpointer user)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    leave_frame (user, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    leave_event (user, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

static GstBusSyncReply
look_at_message (GstBus * bus, GstMessage * message, gpointer user)
{
  Flow *flow = user;
  GError *error = NULL;
  gchar *details = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &details);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &details);
  if (error) {
    g_printerr ("%s: %s\n%s\n", GST_MESSAGE_SRC_NAME (message), error->message,
        details ? details : "");
    g_mutex_lock (&flow->lock);
    flow->errors++;
    g_mutex_unlock (&flow->lock);
    g_error_free (error);
    g_free (details);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
add_probe (Flow * flow, const gchar * name, GstPadProbeType type,
    GstPadProbeCallback callback)
{
  GstPad *pad = gst_element_get_static_pad (flow->network, name);

  gst_pad_add_probe (pad, type, callback, flow, NULL);
  gst_object_unref (pad);
}

void
flow_open (Flow * flow, const gchar * launch)
{
  GError *error = NULL;
  GstBus *bus;

  memset (flow, 0, sizeof (*flow));
  flow->pipeline = gst_parse_launch (launch, &error);
  if (error) {
    g_printerr ("%s: %s\n", launch, error->message);
    exit (1);
  }
  g_mutex_init (&flow->lock);
  g_cond_init (&flow->changed);
  flow->source_pts = GST_CLOCK_TIME_NONE;
  flow->network = gst_bin_get_by_name (GST_BIN (flow->pipeline), "network");
  add_probe (flow, "sink", GST_PAD_PROBE_TYPE_BUFFER, enter);
  add_probe (flow, "src",
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
      GST_PAD_PROBE_TYPE_EVENT_FLUSH, leave);
  bus = gst_element_get_bus (flow->pipeline);
  gst_bus_set_sync_handler (bus, look_at_message, flow, NULL);
  gst_object_unref (bus);
}

void
flow_play (Flow * flow)
{
  gst_element_set_state (flow->pipeline, GST_STATE_PLAYING);
}

void
flow_stop (Flow * flow, GstState state)
{
  gst_element_set_state (flow->pipeline, state);
  g_mutex_lock (&flow->lock);
  leave_behind (flow);
  g_mutex_unlock (&flow->lock);
}

gboolean
flow_wait (Flow * flow, FlowCondition condition, guint64 value,
    const gchar * what)
{
  gint64 end = g_get_monotonic_time () + LONGEST;
  gboolean met, in_time = TRUE;

  g_mutex_lock (&flow->lock);
  while (!(met = condition (flow, value)) && in_time && !flow->errors)
    in_time = g_cond_wait_until (&flow->changed, &flow->lock, end);
  if (!met)
    g_printerr ("in vain: %s; %u frames in, %u out, %u results\n", what,
        flow->in, flow->out, flow->analysed);
  g_mutex_unlock (&flow->lock);
  return met;
}

static gboolean
has_frames (const Flow * flow, guint64 n)
{
  return flow->out >= n;
}

static gboolean
has_results (const Flow * flow, guint64 n)
{
  return flow->analysed >= n;
}

static guint
value_of (Flow * flow, const guint * field)
{
  guint value;

  g_mutex_lock (&flow->lock);
  value = *field;
  g_mutex_unlock (&flow->lock);
  return value;
}

gboolean
flow_wait_frames (Flow * flow, guint n)
{
  return flow_wait (flow, has_frames, value_of (flow, &flow->out) + n,
      "waited for frames");
}

gboolean
flow_wait_results (Flow * flow, guint n)
{
  return flow_wait (flow, has_results, value_of (flow, &flow->analysed) + n,
      "waited for results");
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static gint64
median (const gint64 * times, guint n)
{
  gint64 sorted[STRESS_WINDOW];

  if (n == 0)
    return 0;
  memcpy (sorted, times, n * sizeof (*sorted));
  qsort (sorted, n, sizeof (*sorted), compare_times);
  return sorted[n / 2];
}

gint64
flow_median_added (const Flow * flow)
{
  return median (flow->added, MIN (flow->out, STRESS_WINDOW));
}

gint64
flow_median_late (const Flow * flow)
{
  return median (flow->late, MIN (flow->out, STRESS_WINDOW));
}

gboolean
flow_close (Flow * flow)
{
  gboolean good;

  flow_stop (flow, GST_STATE_NULL);
  good = flow->errors == 0 && flow->stale == 0 && flow->in == flow->out;
  if (!good)
    g_printerr ("%u errors, %u stale results, %u frames in, %u out\n",
        flow->errors, flow->stale, flow->in, flow->out);
  gst_object_unref (flow->network);
  gst_object_unref (flow->pipeline);
  gst_caps_replace (&flow->caps, NULL);
  g_mutex_clear (&flow->lock);
  g_cond_clear (&flow->changed);
  return good;
}
