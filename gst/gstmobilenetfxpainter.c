/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx does when model-file is set: a network's own picture, its settings,
 * and which frames it is computed for.
 *
 * Each frame waits for its own picture, and the latency that this takes is promised.
 * Where the network is slower than the frames come, those that are late (the sink says
 * so, or, behind a live source, the clock) are given what the network did to the last
 * one: slopes and offsets, or the picture itself.  So none is dropped, none flickers
 * back to what it was, and the latency does not grow. */

#include "gstmobilenetfxpainter.h"

#include "gstmobilenetfilter.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* Timestamps may be any; what is farther off is not told apart. */
#define MOST_LATENESS ((GstClockTimeDiff) (24 * 3600 * GST_SECOND))

void
gst_mobilenet_fx_painter_install (GObjectClass * klass)
{
  gst_mobilenet_fx_network_settings_install (klass);
  /* Models are loaded under its debug category. */
  g_type_class_unref (g_type_class_ref (GST_TYPE_MOBILENET_FILTER));
}

void
gst_mobilenet_fx_painter_init (GstMobilenetFxPainter * self,
    GstBaseTransform * element)
{
  self->element = element;
  gst_mobilenet_fx_network_settings_init (&self->settings);
  g_mutex_init (&self->lock);
  self->earliest_time = self->blind_since = GST_CLOCK_TIME_NONE;
}

void
gst_mobilenet_fx_painter_clear (GstMobilenetFxPainter * self)
{
  gst_mobilenet_fx_network_settings_clear (&self->settings);
  g_mutex_clear (&self->lock);
}

gboolean
gst_mobilenet_fx_painter_is_wanted (const GstMobilenetFxPainter * self)
{
  return self->settled ? self->paints :
      self->settings.network.model_file != NULL;
}

/* For a style that is made now. */
static void
copy_settings (GstMobilenetFxPainter * self,
    GstMobilenetFxNetworkSettings * settings)
{
  GST_OBJECT_LOCK (self->element);
  gst_mobilenet_fx_network_settings_copy (settings, &self->settings);
  self->styled = self->serial;
  GST_OBJECT_UNLOCK (self->element);
}

/* With the object lock: is there a style to make, and who makes it? */
static gboolean
take_restyling (GstMobilenetFxPainter * self)
{
  gboolean due = self->started && self->serial != self->styled;

  if (due && self->restyling)
    return FALSE;
  self->restyling = due;
  return due;
}

/* With the lock, while there is a network. */
static void
make_style (GstMobilenetFxPainter * self, GstElement * element)
{
  GstMobilenetFxNetworkSettings settings;
  GError *error = NULL;

  copy_settings (self, &settings);
  if (settings.style_file
      && !gst_mobilenet_fx_network_restyle (self->network, element, &settings,
          &error))
    gst_mobilenet_post_warning (element, error, "the style stays as it was");
  gst_mobilenet_fx_network_settings_clear (&settings);
}

/* On a thread of GStreamer's, one at a time: makes the style that is asked for by
 * then.  Those asked for in between are not made. */
static void
restyle (GstElement * element, gpointer user)
{
  GstMobilenetFxPainter *self = user;
  gboolean due;

  do {
    g_mutex_lock (&self->lock);
    if (self->network)
      make_style (self, element);
    g_mutex_unlock (&self->lock);
    GST_OBJECT_LOCK (element);
    self->restyling = FALSE;
    due = take_restyling (self);
    GST_OBJECT_UNLOCK (element);
  } while (due);
}

gboolean
gst_mobilenet_fx_painter_set (GstMobilenetFxPainter * self, guint prop_id,
    const GValue * value)
{
  gboolean known, due;

  GST_OBJECT_LOCK (self->element);
  known = gst_mobilenet_fx_network_settings_set (&self->settings, prop_id,
      value);
  if (known && gst_mobilenet_fx_network_settings_names_style (prop_id))
    self->serial++;
  due = take_restyling (self);
  GST_OBJECT_UNLOCK (self->element);
  if (due)
    gst_element_call_async (GST_ELEMENT (self->element), restyle, self, NULL);
  return known;
}

gboolean
gst_mobilenet_fx_painter_get (GstMobilenetFxPainter * self, guint prop_id,
    GValue * value)
{
  gboolean known;

  GST_OBJECT_LOCK (self->element);
  known = gst_mobilenet_fx_network_settings_get (&self->settings, prop_id,
      value);
  GST_OBJECT_UNLOCK (self->element);
  return known;
}

/* Frames wait that long for the network from now on. */
static void
promise (GstMobilenetFxPainter * self)
{
  gboolean changed;

  GST_OBJECT_LOCK (self->element);
  changed = self->started && self->latency != self->pace.promised;
  self->latency = self->pace.promised;
  GST_OBJECT_UNLOCK (self->element);
  if (changed)
    gst_element_post_message (GST_ELEMENT (self->element),
        gst_message_new_latency (GST_OBJECT (self->element)));
}

gboolean
gst_mobilenet_fx_painter_start (GstMobilenetFxPainter * self)
{
  GstElement *element = GST_ELEMENT (self->element);
  GstMobilenetFxNetworkSettings settings;
  GstMobilenetFxNetwork *network = NULL;
  guint64 macs = 1;
  GError *error = NULL;
  gboolean wanted, due;

  copy_settings (self, &settings);
  wanted = settings.network.model_file != NULL;
  if (wanted)
    network = gst_mobilenet_fx_network_new (element, &settings, &error);
  gst_mobilenet_fx_network_settings_clear (&settings);
  if (error)
    gst_mobilenet_post_error (element, error);
  if (wanted && !network)
    return FALSE;
  GST_OBJECT_LOCK (self->element);
  self->settled = TRUE;
  self->paints = wanted;
  GST_OBJECT_UNLOCK (self->element);
  if (!wanted)
    return TRUE;
  gst_mobilenet_pace_init (&self->pace, 1, &macs,
      gst_mobilenet_fx_network_cost (network),
      gst_mobilenet_fx_network_cost (network));
  self->unmappable = FALSE;
  g_mutex_lock (&self->lock);
  g_atomic_pointer_set (&self->network, network);
  g_mutex_unlock (&self->lock);
  promise (self);
  GST_OBJECT_LOCK (self->element);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  self->started = TRUE;
  due = take_restyling (self);
  GST_OBJECT_UNLOCK (self->element);
  if (due)
    gst_element_call_async (element, restyle, self, NULL);
  return TRUE;
}

/* Waits for a style that is being made. */
void
gst_mobilenet_fx_painter_stop (GstMobilenetFxPainter * self)
{
  GstMobilenetFxNetwork *network;

  GST_OBJECT_LOCK (self->element);
  self->settled = self->started = FALSE;
  self->latency = 0;
  GST_OBJECT_UNLOCK (self->element);
  g_mutex_lock (&self->lock);
  network = self->network;
  g_atomic_pointer_set (&self->network, NULL);
  g_mutex_unlock (&self->lock);
  self->planned = FALSE;
  gst_mobilenet_fx_network_free (network);
}

/* Does a clock that cannot wait drive what is upstream? */
static gboolean
upstream_is_live (GstMobilenetFxPainter * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self->element), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

/* The stream is another one, or somewhere else. */
static void
discard (GstMobilenetFxPainter * self)
{
  GstClockTime interval = 0;

  if (!gst_mobilenet_fx_painter_is_active (self))
    return;
  if (GST_VIDEO_INFO_FPS_N (&self->info) > 0)
    interval = gst_util_uint64_scale (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (&self->info), GST_VIDEO_INFO_FPS_N (&self->info));
  gst_mobilenet_pace_restart (&self->pace, interval);
  self->blind_since = GST_CLOCK_TIME_NONE;
  gst_mobilenet_fx_network_discard (self->network);
  GST_OBJECT_LOCK (self->element);
  self->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self->element);
}

static gboolean
plan (GstMobilenetFxPainter * self)
{
  GError *error = NULL;

  self->live = upstream_is_live (self);
  self->planned = gst_mobilenet_fx_network_set_info (self->network,
      &self->info, &error);
  if (!self->planned) {
    gst_mobilenet_post_error (GST_ELEMENT (self->element), error);
    return FALSE;
  }
  discard (self);
  return TRUE;
}

gboolean
gst_mobilenet_fx_painter_set_info (GstMobilenetFxPainter * self,
    const GstVideoInfo * info)
{
  self->info = *info;
  self->planned = FALSE;
  return !gst_mobilenet_fx_painter_is_active (self) || plan (self);
}

/* Frames behind a live source wait here; what they had waited for before is theirs. */
static gboolean
waits_behind_others (GstMobilenetFxPainter * self, GstClockTime time)
{
  GstClockTimeDiff lateness;
  GstClockTime now;

  if (!self->live)
    return FALSE;
  now = gst_element_get_current_running_time (GST_ELEMENT (self->element));
  if (!GST_CLOCK_TIME_IS_VALID (now))
    return FALSE;
  lateness = CLAMP (GST_CLOCK_DIFF (time, now), -MOST_LATENESS, MOST_LATENESS);
  return gst_mobilenet_pace_is_late (&self->pace, lateness,
      gst_util_get_timestamp ());
}

/* Would a frame of running time `time` with its own picture come too late? */
static gboolean
is_late (GstMobilenetFxPainter * self, GstClockTime time,
    GstClockTime earliest_time)
{
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  if (!(GST_CLOCK_TIME_IS_VALID (earliest_time) && time <= earliest_time)
      && !waits_behind_others (self, time)) {
    self->blind_since = GST_CLOCK_TIME_NONE;
    return FALSE;
  }
  if (!GST_CLOCK_TIME_IS_VALID (self->blind_since))
    self->blind_since = time;
  if (time >= self->blind_since + gst_mobilenet_pace_blindness (&self->pace)) {
    self->blind_since = GST_CLOCK_TIME_NONE;
    return FALSE;
  }
  return TRUE;
}

static GstMobilenetFxOrders
read_orders (GstMobilenetFxPainter * self, GstBuffer * buffer)
{
  GstClockTime earliest_time, time;
  GstMobilenetFxOrders orders;

  GST_OBJECT_LOCK (self->element);
  orders.strength = self->settings.strength;
  orders.keep_detail = self->settings.keep_detail;
  earliest_time = self->earliest_time;
  GST_OBJECT_UNLOCK (self->element);
  time = gst_mobilenet_running_time (&self->element->segment,
      GST_BUFFER_PTS (buffer));
  gst_mobilenet_pace_due (&self->pace, time);
  orders.late = is_late (self, time, earliest_time);
  return orders;
}

/* Cameras and decoders that break send such frames: they pass. */
static void
tell_unmappable (GstMobilenetFxPainter * self, const gchar * reason)
{
  if (!self->unmappable)
    GST_ELEMENT_WARNING (self->element, RESOURCE, READ,
        ("A frame cannot be painted on: %s", reason),
        ("it passes as it is, as those behind it that are alike"));
  self->unmappable = TRUE;
}

GstFlowReturn
gst_mobilenet_fx_painter_frame (GstMobilenetFxPainter * self,
    GstBuffer * buffer)
{
  const gchar *reason = NULL;
  GstMobilenetFxOrders orders;
  GError *error = NULL;
  GstVideoFrame frame;
  GstClockTime took;
  gboolean painted;

  if (!self->planned && !plan (self))
    return GST_FLOW_ERROR;
  orders = read_orders (self, buffer);
  if (orders.strength <= 0)
    return GST_FLOW_OK;
  if (!gst_mobilenet_frame_map (&frame, &self->info, buffer, GST_MAP_READWRITE,
          &reason)) {
    tell_unmappable (self, reason);
    return GST_FLOW_OK;
  }
  self->unmappable = FALSE;
  painted = gst_mobilenet_fx_network_frame (self->network, &frame, &orders,
      &took, &error);
  gst_video_frame_unmap (&frame);
  if (!painted) {
    gst_mobilenet_post_error (GST_ELEMENT (self->element), error);
    return GST_FLOW_ERROR;
  }
  if (took && gst_mobilenet_pace_analysed (&self->pace, took, TRUE))
    promise (self);
  return GST_FLOW_OK;
}

static void
take_lateness (GstMobilenetFxPainter * self, GstEvent * event)
{
  GstClockTimeDiff diff;
  GstClockTime timestamp;

  gst_event_parse_qos (event, NULL, NULL, &diff, &timestamp);
  GST_OBJECT_LOCK (self->element);
  self->earliest_time = GST_CLOCK_TIME_IS_VALID (timestamp)
      && (diff > 0 || timestamp > (GstClockTime) - diff) ?
      timestamp + diff : GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self->element);
}

void
gst_mobilenet_fx_painter_event (GstMobilenetFxPainter * self, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
      discard (self);
      break;
    case GST_EVENT_QOS:
      take_lateness (self, event);
      break;
    default:
      break;
  }
}

gboolean
gst_mobilenet_fx_painter_latency (GstMobilenetFxPainter * self,
    GstQuery * query)
{
  GstClockTime min, max, added;
  gboolean live;

  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self->element), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self->element);
  added = self->started ? self->latency : 0;
  GST_OBJECT_UNLOCK (self->element);
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += added;
  gst_query_set_latency (query, live, min + added, max);
  return TRUE;
}
