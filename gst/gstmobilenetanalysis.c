/* SPDX-License-Identifier: MIT
 *
 * What happens to a frame: whether it is analysed, how it comes into the network's
 * input, which result it carries, and what is told of it. */

#include "gstmobilenetfilterprivate.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* Skipped frames are told once in so long; counts in the message lose none. */
#define QOS_PERIOD GST_SECOND

/* Timestamps may be any; what is farther off is not told apart. */
#define MOST_LATENESS ((GstClockTimeDiff) (24 * 3600 * GST_SECOND))

#define FULL_QUALITY 1000000

/* What is in force for a frame. */
typedef struct
{
  guint interval;
  gboolean post;
  GstClockTime stats_period;    /* 0: never */
  GstClockTime earliest_time;
  gboolean has_next;            /* another engine waits */
} Orders;

static void
read_orders (GstMobilenetFilter * self, Orders * orders)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);

  GST_OBJECT_LOCK (self);
  orders->interval = MAX (priv->settings.interval, 1);
  orders->post = priv->settings.post_messages;
  orders->stats_period = priv->settings.stats_interval * GST_MSECOND;
  orders->earliest_time = priv->earliest_time;
  orders->has_next = priv->next != NULL;
  GST_OBJECT_UNLOCK (self);
}

/* Tells that frames are skipped, or computed at another size. */
static void
post_qos (GstMobilenetFilter * self, const GstBuffer * buffer,
    GstClockTimeDiff jitter)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  const GstMobilenetPace *pace = &priv->pace;
  GstMobilenetQos qos;

  qos.live = priv->live;
  qos.jitter = jitter;
  qos.proportion = gst_mobilenet_pace_load (pace);
  qos.quality = gst_util_uint64_scale (FULL_QUALITY, pace->macs[pace->level],
      pace->macs[0]);
  qos.processed = gst_mobilenet_stats_get (priv->stats,
      GST_MOBILENET_COUNT_ANALYSED);
  qos.dropped = gst_mobilenet_stats_get (priv->stats,
      GST_MOBILENET_COUNT_SKIPPED);
  gst_mobilenet_post_qos (GST_ELEMENT (self),
      &GST_BASE_TRANSFORM (self)->segment, buffer, &qos);
}

/* A due frame passes without inference. */
static void
skip (GstMobilenetFilter * self, const GstBuffer * buffer,
    GstClockTimeDiff jitter)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstClockTime now = gst_util_get_timestamp ();

  gst_mobilenet_stats_count (priv->stats, GST_MOBILENET_COUNT_SKIPPED);
  gst_mobilenet_pace_skipped (&priv->pace);
  if (GST_CLOCK_TIME_IS_VALID (priv->qos_posted)
      && now - priv->qos_posted < QOS_PERIOD)
    return;
  priv->qos_posted = now;
  post_qos (self, buffer, jitter);
}

/* In mode every frames wait here; what they had waited for before is theirs. */
static gboolean
waits_behind_others (GstMobilenetFilter * self, GstClockTime time,
    GstClockTimeDiff * lateness)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstClockTime now;

  if (priv->worker || !priv->live)
    return FALSE;
  now = gst_element_get_current_running_time (GST_ELEMENT (self));
  if (!GST_CLOCK_TIME_IS_VALID (now))
    return FALSE;
  *lateness = CLAMP (GST_CLOCK_DIFF (time, now), -MOST_LATENESS, MOST_LATENESS);
  return gst_mobilenet_pace_is_late (&priv->pace, *lateness,
      gst_util_get_timestamp ());
}

/* Would a due frame's result come too late? */
static gboolean
is_late (GstMobilenetFilter * self, GstClockTime time,
    GstClockTime earliest_time, GstClockTimeDiff * lateness)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  if (GST_CLOCK_TIME_IS_VALID (earliest_time) && time <= earliest_time)
    *lateness = GST_CLOCK_DIFF (time, earliest_time);
  else if (!waits_behind_others (self, time, lateness))
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (priv->blind_since))
    priv->blind_since = time;
  if (time >= priv->blind_since + gst_mobilenet_pace_blindness (&priv->pace))
    return FALSE;
  GST_DEBUG_OBJECT (self, "frame %" GST_TIME_FORMAT " is late and passes "
      "without inference; a larger inference-interval or mode=latest would "
      "help", GST_TIME_ARGS (time));
  return TRUE;
}

/* Which rectangles of a frame the network is shown. */
static void
choose_views (GstMobilenetFilter * self, GstBuffer * buffer,
    const MnetPlanes * planes, GstMobilenetFrame * frame)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstMobilenetScheduler *scheduler = priv->engine->scheduler;
  GstMobilenetViewRequest request;

  frame->layout = 0;
  frame->n_tags = 1;
  frame->n_views = 1;
  frame->views[0].region = frame->picture;
  frame->views[0].tag = 0;
  request.replaces = gst_mobilenet_scheduler_begin (scheduler,
      priv->pace.level);
  request.max = gst_mobilenet_scheduler_max_views (scheduler);
  request.spread = priv->worker;
  request.restarted = priv->restarted;
  if (klass->views)
    klass->views (self, buffer, planes, &request, frame);
  priv->restarted = FALSE;
}

/* Frames need not be of the size that their caps tell. */
static gboolean
follow_size (GstMobilenetFilter * self, gint width, gint height)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GError *error = NULL;

  if (width == priv->frame.width && height == priv->frame.height)
    return TRUE;
  if (!gst_mobilenet_filter_set_frame_size (self, width, height, &error)) {
    gst_mobilenet_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  gst_mobilenet_filter_discard (self);
  return TRUE;
}

/* Brings the views of a mapped frame into the network's input; FALSE when that
 * is not possible, with the error posted. */
static gboolean
fill_input (GstMobilenetFilter * self, const GstVideoFrame * frame)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstMobilenetFrame context;
  MnetPlanes planes;

  context.pts = GST_BUFFER_PTS (frame->buffer);
  context.number = priv->frames;
  context.width = GST_VIDEO_FRAME_WIDTH (frame);
  context.height = GST_VIDEO_FRAME_HEIGHT (frame);
  if (!follow_size (self, context.width, context.height))
    return FALSE;
  gst_mobilenet_frame_picture (frame, &priv->info, &context.picture);
  gst_mobilenet_frame_planes (frame, &planes);
  choose_views (self, frame->buffer, &planes, &context);
  if (gst_mobilenet_input_fill (&priv->engine->inputs[priv->pace.level],
          priv->engine->scheduler, &planes, &context))
    skip (self, frame->buffer, priv->pace.interval);
  return TRUE;
}

/* Cameras and decoders that break send such frames: they pass, as those of
 * GstVideoFilter do. */
static void
tell_unreadable (GstMobilenetFilter * self, GstBuffer * buffer,
    const gchar * reason)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);

  gst_mobilenet_stats_count (priv->stats, GST_MOBILENET_COUNT_ERRORS);
  if (priv->unreadable)
    return;
  priv->unreadable = TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("A frame of %" G_GSIZE_FORMAT " bytes cannot be read as %dx%d %s: %s; "
          "it passes without inference, as those that follow do until one can",
          gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&priv->info),
          GST_VIDEO_INFO_HEIGHT (&priv->info),
          GST_VIDEO_INFO_NAME (&priv->info), reason), (NULL));
}

static gboolean
analyse (GstMobilenetFilter * self, GstBuffer * buffer)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  const gchar *reason;
  GstVideoFrame frame;
  gboolean filled;

  if (!gst_mobilenet_frame_map (&frame, &priv->info, buffer, GST_MAP_READ,
          &reason)) {
    tell_unreadable (self, buffer, reason);
    return TRUE;
  }
  filled = fill_input (self, &frame);
  gst_video_frame_unmap (&frame);
  priv->unreadable = FALSE;
  priv->since_analysed = 0;
  priv->blind_since = GST_CLOCK_TIME_NONE;
  return filled;
}

static void
post_result (GstMobilenetFilter * self, GstClockTime pts, gpointer result,
    GstClockTime age)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstStructure *structure;
  guint i;

  for (i = 0; (structure = klass->describe (self, result, age, i)); i++)
    gst_mobilenet_post_result (GST_ELEMENT (self),
        &GST_BASE_TRANSFORM (self)->segment, pts, structure);
}

/* From the analysed frame to this one.  When playing backwards the analysed
 * one is the later of the two. */
static GstClockTime
result_age (GstClockTime analysed, GstClockTime pts)
{
  if (!GST_CLOCK_TIME_IS_VALID (pts) || !GST_CLOCK_TIME_IS_VALID (analysed))
    return GST_CLOCK_TIME_NONE;
  return pts > analysed ? pts - analysed : analysed - pts;
}

/* Attaches the newest result, if there is one. */
static void
carry_result (GstMobilenetFilter * self, GstBuffer * buffer, gboolean post)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstClockTime pts = GST_BUFFER_PTS (buffer), age;
  GstMobilenetAnswer answer;

  if (!gst_mobilenet_scheduler_dup_result (priv->engine->scheduler, &answer))
    return;
  age = answer.number == priv->frames ? 0 : result_age (answer.pts, pts);
  klass->attach (self, buffer, priv->frame.width, priv->frame.height,
      answer.result, age);
  if (answer.fresh && post)
    post_result (self, pts, answer.result, age);
  if (answer.fresh && gst_mobilenet_pace_analysed (&priv->pace, answer.cost,
          answer.session == priv->pace.level))
    gst_mobilenet_filter_promise (self);
  g_boxed_free (priv->results.type, answer.result);
}

/* Another input size where time is short, or is not any more. */
static void
adapt (GstMobilenetFilter * self, const GstBuffer * buffer)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);

  if (priv->pace.n_levels == 1
      || !gst_mobilenet_pace_adapt (&priv->pace, gst_util_get_timestamp ()))
    return;
  GST_INFO_OBJECT (self, "frames are analysed at input size %u of %u from now "
      "on", priv->pace.level + 1, priv->pace.n_levels);
  post_qos (self, buffer, 0);
}

static void
post_stats (GstMobilenetFilter * self, GstClockTime period)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstClockTime now = gst_util_get_timestamp ();

  if (!GST_CLOCK_TIME_IS_VALID (priv->stats_posted))
    priv->stats_posted = now;
  if (now - priv->stats_posted < period)
    return;
  priv->stats_posted = now;
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_mobilenet_stats_to_structure (priv->stats)));
}

/* A frame that is due: analyses it, or not.  FALSE: an error was posted. */
static gboolean
take_due (GstMobilenetFilter * self, GstBuffer * buffer, const Orders * orders)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstClockTimeDiff lateness;
  GstClockTime time;

  time = gst_mobilenet_running_time (&GST_BASE_TRANSFORM (self)->segment,
      GST_BUFFER_PTS (buffer));
  gst_mobilenet_pace_due (&priv->pace, time);
  adapt (self, buffer);
  if (!is_late (self, time, orders->earliest_time, &lateness))
    return analyse (self, buffer);
  skip (self, buffer, lateness);
  return TRUE;
}

GstFlowReturn
gst_mobilenet_filter_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  Orders orders;

  read_orders (self, &orders);
  if (orders.has_next)
    gst_mobilenet_filter_use_next (self);
  /* What a recurrent network remembers does not belong to this frame. */
  if (GST_BUFFER_IS_DISCONT (buffer)
      && mnet_model_n_states (priv->engine->network.model) > 0)
    gst_mobilenet_filter_discard (self);
  gst_mobilenet_stats_count (priv->stats, GST_MOBILENET_COUNT_FRAMES);
  priv->frames++;
  if (priv->since_analysed < G_MAXUINT)
    priv->since_analysed++;
  if (priv->since_analysed >= orders.interval
      && !take_due (self, buffer, &orders))
    return GST_FLOW_ERROR;
  carry_result (self, buffer, orders.post);
  if (orders.stats_period)
    post_stats (self, orders.stats_period);
  return GST_FLOW_OK;
}
