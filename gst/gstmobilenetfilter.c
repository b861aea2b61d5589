/* SPDX-License-Identifier: MIT
 *
 * Base class of the elements that show video frames to a network: properties,
 * states, caps, events and queries.  Pixels are only read; frames are never
 * dropped. */

#include "gstmobilenetfilter.h"
#include "gstmobilenetfilterprivate.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstMobilenetFilter, gst_mobilenet_filter,
    GST_TYPE_BASE_TRANSFORM);

#define PRIV(self) \
    ((GstMobilenetFilterPrivate *) \
    gst_mobilenet_filter_get_instance_private (self))

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_MOBILENET_FRAME_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_MOBILENET_FRAME_CAPS));

GstMobilenetFilterPrivate *
gst_mobilenet_filter_get_private (GstMobilenetFilter * self)
{
  return PRIV (self);
}

static void
gst_mobilenet_filter_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetFilterPrivate *priv = PRIV (GST_MOBILENET_FILTER (object));
  gboolean load;
  guint serial;

  GST_OBJECT_LOCK (object);
  if (!gst_mobilenet_settings_set (&priv->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  load = gst_mobilenet_settings_names_model (prop_id);
  if (load)
    priv->serial++;
  load = load && priv->started;
  serial = priv->serial;
  GST_OBJECT_UNLOCK (object);
  if (load)
    gst_mobilenet_filter_load_next (GST_MOBILENET_FILTER (object), serial);
}

static void
gst_mobilenet_filter_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetFilterPrivate *priv = PRIV (GST_MOBILENET_FILTER (object));

  if (gst_mobilenet_settings_is_stats (prop_id)) {
    g_value_take_boxed (value, gst_mobilenet_stats_to_structure (priv->stats));
    return;
  }
  GST_OBJECT_LOCK (object);
  if (!gst_mobilenet_settings_get (&priv->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_mobilenet_filter_finalize (GObject * object)
{
  GstMobilenetFilterPrivate *priv = PRIV (GST_MOBILENET_FILTER (object));

  gst_mobilenet_settings_clear (&priv->settings);
  gst_mobilenet_stats_free (priv->stats);
  G_OBJECT_CLASS (gst_mobilenet_filter_parent_class)->finalize (object);
}

/* Any thread: the streaming thread and the worker end with the inference at hand,
 * of whose frame nothing is known any more, and begin none. */
static void
close_engine (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  priv->closed = TRUE;
  if (priv->engine)
    gst_mobilenet_scheduler_close (priv->engine->scheduler);
  GST_OBJECT_UNLOCK (self);
}

/* Streaming thread: a flush is over. */
static void
open_engine (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);

  gst_mobilenet_filter_discard (self);
  GST_OBJECT_LOCK (self);
  priv->earliest_time = GST_CLOCK_TIME_NONE;
  priv->closed = FALSE;
  if (priv->engine)
    gst_mobilenet_scheduler_open (priv->engine->scheduler);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_mobilenet_filter_stop (GstBaseTransform * trans)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetEngine *next;

  /* A FLUSH_STOP may be on its way through the pad. */
  GST_PAD_STREAM_LOCK (GST_BASE_TRANSFORM_SINK_PAD (trans));
  GST_OBJECT_LOCK (self);
  priv->started = FALSE;
  next = priv->next;
  priv->next = NULL;
  GST_OBJECT_UNLOCK (self);
  gst_mobilenet_engine_free (next);
  gst_mobilenet_engine_free (gst_mobilenet_filter_set_engine (self, NULL));
  if (klass->stop)
    klass->stop (self);
  GST_PAD_STREAM_UNLOCK (GST_BASE_TRANSFORM_SINK_PAD (trans));
  return TRUE;
}

/* The pad takes events before it has called start(): a stream that runs
 * already waits until the model is loaded. */
static GstStateChangeReturn
gst_mobilenet_filter_change_state (GstElement * element,
    GstStateChange transition)
{
  GstPad *pad = GST_BASE_TRANSFORM_SINK_PAD (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    GST_PAD_STREAM_LOCK (pad);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    close_engine (GST_MOBILENET_FILTER (element));
  result = GST_ELEMENT_CLASS (gst_mobilenet_filter_parent_class)
      ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    GST_PAD_STREAM_UNLOCK (pad);
  return result;
}

static gboolean
check_properties (GstMobilenetFilter * self,
    const GstMobilenetSettings * settings, GstMobilenetResults * results,
    GError ** error)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  MnetError cause = { MNET_OK, "" };

  if (gst_mobilenet_settings_check (settings, &cause)
      && (!klass->start || klass->start (self, results, &cause)))
    return TRUE;
  *error = gst_mobilenet_error_new (NULL, &cause);
  return FALSE;
}

static gboolean
start_engine (GstMobilenetFilter * self, const GstMobilenetSettings * settings,
    GError ** error)
{
  GstMobilenetResults results = {
    GST_MOBILENET_FILTER_GET_CLASS (self)->result_type, 1
  };
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetEngine *engine;

  if (!check_properties (self, settings, &results, error))
    return FALSE;
  GST_OBJECT_LOCK (self);
  priv->results = results;
  GST_OBJECT_UNLOCK (self);
  engine = gst_mobilenet_engine_new (self, settings, &results, priv->stats,
      error);
  if (engine)
    gst_mobilenet_filter_set_engine (self, engine);
  return engine != NULL;
}

static void
reset_private (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);

  gst_mobilenet_stats_reset (priv->stats);
  gst_video_info_init (&priv->info);
  priv->worker = priv->live = FALSE;
  priv->frames = 0;
  priv->since_analysed = G_MAXUINT;
  priv->unreadable = FALSE;
  priv->blind_since = GST_CLOCK_TIME_NONE;
  priv->qos_posted = priv->stats_posted = GST_CLOCK_TIME_NONE;
}

static gboolean
gst_mobilenet_filter_start (GstBaseTransform * trans)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetSettings settings;
  GError *error = NULL;
  guint started, serial;

  GST_OBJECT_LOCK (self);
  gst_mobilenet_settings_copy (&settings, &priv->settings);
  started = ++priv->serial;
  priv->earliest_time = GST_CLOCK_TIME_NONE;
  priv->closed = FALSE;
  priv->mode = settings.mode;
  priv->adds_latency = settings.mode != GST_MOBILENET_MODE_LATEST;
  GST_OBJECT_UNLOCK (self);
  reset_private (self);
  if (gst_base_transform_is_qos_enabled (trans)) {
    GST_WARNING_OBJECT (self, "qos=true would drop frames; late frames pass "
        "without inference instead");
    gst_base_transform_set_qos_enabled (trans, FALSE);
  }
  if (!start_engine (self, &settings, &error)) {
    gst_mobilenet_settings_clear (&settings);
    gst_mobilenet_post_error (GST_ELEMENT (self), error);
    gst_mobilenet_filter_stop (trans);
    return FALSE;
  }
  gst_mobilenet_settings_clear (&settings);
  GST_OBJECT_LOCK (self);
  priv->started = TRUE;
  serial = priv->serial;
  GST_OBJECT_UNLOCK (self);
  if (serial != started)
    gst_mobilenet_filter_load_next (self, serial);
  return TRUE;
}

/* Frames are that large from now on. */
gboolean
gst_mobilenet_filter_set_frame_size (GstMobilenetFilter * self, gint width,
    gint height, GError ** error)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  MnetError cause = { MNET_OK, "" };
  MnetFrameInfo frame;

  gst_mobilenet_frame_info (&priv->info, &frame);
  frame.width = width;
  frame.height = height;
  if (gst_mobilenet_engine_set_frame (priv->engine, &frame, &cause)
      && (!klass->set_frame || klass->set_frame (self, &frame, &cause))) {
    priv->frame = frame;
    return TRUE;
  }
  *error = gst_mobilenet_error_new (NULL, &cause);
  return FALSE;
}

/* Does a clock that cannot wait drive what is upstream? */
static gboolean
upstream_is_live (GstMobilenetFilter * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

/* Between frames that are due, as caps and inference-interval say; 0: they do not. */
static GstClockTime
expected_interval (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  guint every;

  GST_OBJECT_LOCK (self);
  every = MAX (priv->settings.interval, 1);
  GST_OBJECT_UNLOCK (self);
  if (GST_VIDEO_INFO_FPS_N (&priv->info) <= 0)
    return 0;
  return gst_util_uint64_scale (GST_SECOND * every,
      GST_VIDEO_INFO_FPS_D (&priv->info), GST_VIDEO_INFO_FPS_N (&priv->info));
}

/* What came before is over: its results are not for what comes. */
void
gst_mobilenet_filter_discard (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);

  if (!priv->engine)
    return;
  gst_mobilenet_scheduler_discard (priv->engine->scheduler);
  gst_mobilenet_pace_restart (&priv->pace, expected_interval (self));
  priv->blind_since = GST_CLOCK_TIME_NONE;
  priv->since_analysed = G_MAXUINT;
  priv->restarted = TRUE;
}

/* Streaming thread, or none running: what frames may wait for has changed. */
void
gst_mobilenet_filter_promise (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = priv->latency != priv->pace.promised && priv->adds_latency
      && priv->started;
  priv->latency = priv->pace.promised;
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  GST_INFO_OBJECT (self, "frames may wait %" GST_TIME_FORMAT " for the network",
      GST_TIME_ARGS (priv->pace.promised));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

/* With `worker` frames wait no longer, or without it they do. */
static gboolean
set_worker (GstMobilenetFilter * self, gboolean worker, GError ** error)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  MnetError cause = { MNET_OK, "" };
  gboolean changed;

  GST_INFO_OBJECT (self, "%s", worker ?
      "mode latest: frames carry the latest result there is" :
      "mode every: frames wait for their own result");
  if (!gst_mobilenet_scheduler_set_worker (priv->engine->scheduler, worker,
          &cause)) {
    *error = gst_mobilenet_error_new (NULL, &cause);
    return FALSE;
  }
  priv->worker = worker;
  GST_OBJECT_LOCK (self);
  changed = priv->adds_latency != !worker;
  priv->adds_latency = !worker;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
  return TRUE;
}

static gboolean
gst_mobilenet_filter_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GError *error = NULL;

  if (!priv->engine) {
    GST_WARNING_OBJECT (self, "caps after the element has stopped");
    return FALSE;
  }
  if (!gst_video_info_from_caps (&priv->info, incaps)) {
    GST_ERROR_OBJECT (self, "caps that are no video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  priv->live = upstream_is_live (self);
  gst_mobilenet_filter_discard (self);
  if (gst_mobilenet_filter_set_frame_size (self,
          GST_VIDEO_INFO_WIDTH (&priv->info),
          GST_VIDEO_INFO_HEIGHT (&priv->info), &error)
      && set_worker (self, priv->mode == GST_MOBILENET_MODE_LATEST
          || (priv->mode == GST_MOBILENET_MODE_AUTO && priv->live), &error))
    return TRUE;
  gst_mobilenet_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

static gboolean
gst_mobilenet_filter_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      close_engine (self);
      break;
    case GST_EVENT_FLUSH_STOP:
      open_engine (self);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_EOS:
      gst_mobilenet_filter_discard (self);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_filter_parent_class)
      ->sink_event (trans, event);
}

/* GstBaseTransform is not told of lateness: with its property qos set while the
 * stream runs it would drop frames. */
static gboolean
gst_mobilenet_filter_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstClockTime timestamp;
  GstClockTimeDiff diff;

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    gst_event_parse_qos (event, NULL, NULL, &diff, &timestamp);
    GST_OBJECT_LOCK (self);
    if (!GST_CLOCK_TIME_IS_VALID (timestamp))
      PRIV (self)->earliest_time = GST_CLOCK_TIME_NONE;
    else
      PRIV (self)->earliest_time = timestamp + diff;
    GST_OBJECT_UNLOCK (self);
    return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (trans), event);
  }
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_filter_parent_class)
      ->src_event (trans, event);
}

/* Frames wait for the network in mode every, live or not; mode latest adds
 * nothing.  Until caps tell which one mode auto is, upstream's being live does. */
static gboolean
answer_latency (GstMobilenetFilter * self, GstQuery * query)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstClockTime min, max, added = 0;
  gboolean live;

  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  if (priv->started && priv->adds_latency
      && !(live && priv->mode == GST_MOBILENET_MODE_AUTO))
    added = priv->latency;
  GST_OBJECT_UNLOCK (self);
  min += added;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += added;
  gst_query_set_latency (query, live, min, max);
  return TRUE;
}

static gboolean
gst_mobilenet_filter_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    return answer_latency (GST_MOBILENET_FILTER (trans), query);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_filter_parent_class)
      ->query (trans, direction, query);
}

/* The pixels are not touched: what downstream offers and wants of memory is
 * upstream's affair. */
static gboolean
gst_mobilenet_filter_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  return gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (trans), query);
}

static void
gst_mobilenet_filter_class_init (GstMobilenetFilterClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_mobilenet_filter_debug, "mobilenetfilter", 0,
      "what the MobileNet elements have in common: model, frames, scheduling");

  object_class->set_property = gst_mobilenet_filter_set_property;
  object_class->get_property = gst_mobilenet_filter_get_property;
  object_class->finalize = gst_mobilenet_filter_finalize;
  gst_mobilenet_settings_install (object_class);

  element_class->change_state = gst_mobilenet_filter_change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->start = gst_mobilenet_filter_start;
  trans_class->stop = gst_mobilenet_filter_stop;
  trans_class->set_caps = gst_mobilenet_filter_set_caps;
  trans_class->sink_event = gst_mobilenet_filter_sink_event;
  trans_class->src_event = gst_mobilenet_filter_src_event;
  trans_class->query = gst_mobilenet_filter_query;
  trans_class->propose_allocation = gst_mobilenet_filter_propose_allocation;
  trans_class->transform_ip = gst_mobilenet_filter_transform_ip;

  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_FILTER, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_FIT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_INPUT_RANGE, 0);
}

static void
gst_mobilenet_filter_init (GstMobilenetFilter * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  gst_mobilenet_settings_init (&PRIV (self)->settings);
  PRIV (self)->stats = gst_mobilenet_stats_new ();
  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_gap_aware (trans, TRUE);
}
