/* SPDX-License-Identifier: MIT
 *
 * Base class of the elements that show video frames to a network: loads the
 * model, brings frames into its input, decides which frames are analysed, and
 * hands results to frames.  Pixels are only read; frames are never dropped. */

#include "gstmobilenetfilter.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetinput.h"
#include "gstmobilenetmessage.h"
#include "gstmobilenetnetwork.h"
#include "gstmobilenetsettings.h"

GST_DEBUG_CATEGORY (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

typedef struct
{
  /* Under the object lock. */
  GstMobilenetSettings settings;
  GstClockTime earliest_time;   /* running time; frames up to it are late */

  /* From start to stop. */
  GstMobilenetMode mode;
  GstMobilenetNetwork network;
  GType result_type;
  guint max_views;              /* of a frame in mode latest */
  GstMobilenetScheduler *scheduler;

  /* The streaming thread's, from caps to stop. */
  GstVideoInfo info;
  const MnetTensorInfo *tensor; /* the session's input */
  GstMobilenetInput input;
  guint64 frames;               /* that have come */
  guint since_analysed;         /* frames since the last analysed one */
  gboolean restarted;           /* no frame was analysed since a discard */
} GstMobilenetFilterPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstMobilenetFilter, gst_mobilenet_filter,
    GST_TYPE_BASE_TRANSFORM);

#define PRIV(self) \
    ((GstMobilenetFilterPrivate *) \
    gst_mobilenet_filter_get_instance_private (self))

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_MOBILENET_FRAME_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_MOBILENET_FRAME_CAPS));

static void
gst_mobilenet_filter_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetFilterPrivate *priv = PRIV (GST_MOBILENET_FILTER (object));

  GST_OBJECT_LOCK (object);
  if (!gst_mobilenet_settings_set (&priv->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_mobilenet_filter_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetFilterPrivate *priv = PRIV (GST_MOBILENET_FILTER (object));

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
  G_OBJECT_CLASS (gst_mobilenet_filter_parent_class)->finalize (object);
}

static void
reset_decoder (gpointer user)
{
  GstMobilenetFilter *self = user;
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);

  if (klass->reset)
    klass->reset (self);
}

static void
decode_view (gpointer user, MnetSession * session,
    const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetFilter *self = user;

  GST_MOBILENET_FILTER_GET_CLASS (self)->decode (self, session, frame, view);
}

static gpointer
finish_frame (gpointer user, const GstMobilenetFrame * frame)
{
  GstMobilenetFilter *self = user;

  return GST_MOBILENET_FILTER_GET_CLASS (self)->finish (self, frame);
}

static gboolean
make_scheduler (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  const GstMobilenetDecoder decoder = { priv->result_type, self, reset_decoder,
    decode_view, finish_frame
  };
  MnetSession *session;

  session = gst_mobilenet_network_new_session (&priv->network,
      GST_ELEMENT (self));
  if (!session)
    return FALSE;
  priv->tensor = mnet_session_input_info (session, 0);
  priv->scheduler = gst_mobilenet_scheduler_new (session, priv->max_views,
      &decoder);
  return TRUE;
}

static gboolean
gst_mobilenet_filter_stop (GstBaseTransform * trans)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);

  /* A FLUSH_STOP may be on its way through the pad. */
  GST_PAD_STREAM_LOCK (GST_BASE_TRANSFORM_SINK_PAD (trans));
  g_clear_pointer (&priv->scheduler, gst_mobilenet_scheduler_free);
  GST_MOBILENET_FILTER_GET_CLASS (self)->stop (self);
  gst_mobilenet_input_clear (&priv->input);
  gst_mobilenet_network_close (&priv->network);
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
  result = GST_ELEMENT_CLASS (gst_mobilenet_filter_parent_class)
      ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    GST_PAD_STREAM_UNLOCK (pad);
  return result;
}

static gboolean
check_properties (GstMobilenetFilter * self,
    const GstMobilenetSettings * settings)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  MnetError error = { MNET_OK, "" };

  if (gst_mobilenet_settings_check (settings, &error)
      && (!klass->check || klass->check (self, &error)))
    return TRUE;
  gst_mobilenet_post_error (GST_ELEMENT (self), NULL, &error);
  return FALSE;
}

static gboolean
start_class (GstMobilenetFilter * self)
{
  const GstMobilenetNetwork *network = &PRIV (self)->network;
  MnetError error = { MNET_OK, "" };
  gchar *about;

  if (GST_MOBILENET_FILTER_GET_CLASS (self)->start (self, network->model,
          network->labels, network->name, &error))
    return TRUE;
  /* The labels are the only argument that can fit the model or not. */
  if (network->labels && error.status == MNET_ERROR_ARGUMENT)
    about = g_strdup_printf ("%s with the property labels-file=%s",
        network->file, network->labels_file);
  else
    about = g_strdup (network->file);
  gst_mobilenet_post_error (GST_ELEMENT (self), about, &error);
  g_free (about);
  return FALSE;
}

static gboolean
start_network (GstMobilenetFilter * self, const GstMobilenetSettings * settings)
{
  if (check_properties (self, settings)
      && gst_mobilenet_network_open (&PRIV (self)->network, GST_ELEMENT (self),
          settings)
      && start_class (self) && make_scheduler (self))
    return TRUE;
  gst_mobilenet_filter_stop (GST_BASE_TRANSFORM (self));
  return FALSE;
}

static gboolean
gst_mobilenet_filter_start (GstBaseTransform * trans)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetSettings settings;
  gboolean started;

  GST_OBJECT_LOCK (self);
  gst_mobilenet_settings_copy (&settings, &priv->settings);
  priv->earliest_time = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  gst_video_info_init (&priv->info);
  priv->mode = settings.mode;
  priv->result_type = GST_MOBILENET_FILTER_GET_CLASS (self)->result_type;
  priv->max_views = 1;
  priv->frames = 0;
  priv->since_analysed = G_MAXUINT;

  if (gst_base_transform_is_qos_enabled (trans)) {
    GST_WARNING_OBJECT (self, "qos=true would drop frames; late frames pass "
        "without inference instead");
    gst_base_transform_set_qos_enabled (trans, FALSE);
  }
  started = start_network (self, &settings);
  gst_mobilenet_settings_clear (&settings);
  return started;
}

/* Frames are that large from now on. */
static gboolean
set_frame_size (GstMobilenetFilter * self, gint width, gint height)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  MnetError error = { MNET_OK, "" };
  MnetFrameInfo frame;

  gst_mobilenet_frame_info (&priv->info, &frame);
  frame.width = width;
  frame.height = height;
  if (gst_mobilenet_input_set_frame (&priv->input, &frame, priv->tensor,
          &priv->network.options, &error)
      && (!klass->set_frame || klass->set_frame (self, &frame, &error)))
    return TRUE;
  gst_mobilenet_post_error (GST_ELEMENT (self), NULL, &error);
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

/* What came before is over: its results are not for what comes. */
static void
discard_results (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);

  if (!priv->scheduler)
    return;
  gst_mobilenet_scheduler_discard (priv->scheduler);
  priv->since_analysed = G_MAXUINT;
  priv->restarted = TRUE;
}

static gboolean
gst_mobilenet_filter_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetMode mode = priv->mode;
  MnetError error = { MNET_OK, "" };

  if (!priv->scheduler) {
    GST_WARNING_OBJECT (self, "caps after the element has stopped");
    return FALSE;
  }
  if (!gst_video_info_from_caps (&priv->info, incaps)) {
    GST_ERROR_OBJECT (self, "caps that are no video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  if (!set_frame_size (self, GST_VIDEO_INFO_WIDTH (&priv->info),
          GST_VIDEO_INFO_HEIGHT (&priv->info)))
    return FALSE;
  if (mode == GST_MOBILENET_MODE_AUTO)
    mode = upstream_is_live (self) ? GST_MOBILENET_MODE_LATEST :
        GST_MOBILENET_MODE_EVERY;
  GST_INFO_OBJECT (self, "%s", mode == GST_MOBILENET_MODE_LATEST ?
      "mode latest: frames carry the latest result there is" :
      "mode every: frames wait for their own result");
  discard_results (self);
  if (!gst_mobilenet_scheduler_set_worker (priv->scheduler,
          mode == GST_MOBILENET_MODE_LATEST, &error)) {
    gst_mobilenet_post_error (GST_ELEMENT (self), NULL, &error);
    return FALSE;
  }
  return TRUE;
}

static gboolean
gst_mobilenet_filter_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      GST_OBJECT_LOCK (self);
      PRIV (self)->earliest_time = GST_CLOCK_TIME_NONE;
      GST_OBJECT_UNLOCK (self);
      discard_results (self);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_EOS:
      discard_results (self);
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

/* The pixels are not touched: what downstream offers and wants of memory is
 * upstream's affair. */
static gboolean
gst_mobilenet_filter_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  return gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (trans), query);
}

/* Is the frame due by the interval, and not late already? */
static gboolean
wants_analysis (GstMobilenetFilter * self, const GstBuffer * buffer,
    guint interval, GstClockTime earliest_time)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstClockTime time;

  if (priv->since_analysed < interval)
    return FALSE;
  time = gst_mobilenet_running_time (&GST_BASE_TRANSFORM (self)->segment,
      GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time) && GST_CLOCK_TIME_IS_VALID (earliest_time)
      && time <= earliest_time) {
    GST_DEBUG_OBJECT (self, "frame %" GST_TIME_FORMAT " is late and passes "
        "without inference; a larger inference-interval or mode=latest would "
        "help", GST_TIME_ARGS (time));
    return FALSE;
  }
  return TRUE;
}

/* Which rectangles of a frame the network is shown. */
static void
choose_views (GstMobilenetFilter * self, GstBuffer * buffer,
    const MnetPlanes * planes, GstMobilenetFrame * frame)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetViewRequest request;

  frame->layout = 0;
  frame->n_tags = 1;
  frame->n_views = 1;
  frame->views[0].region = frame->picture;
  frame->views[0].tag = 0;
  request.replaces = gst_mobilenet_scheduler_begin (priv->scheduler);
  request.max = gst_mobilenet_scheduler_max_views (priv->scheduler);
  request.spread = gst_mobilenet_scheduler_has_worker (priv->scheduler);
  request.restarted = priv->restarted;
  if (klass->views)
    klass->views (self, buffer, planes, &request, frame);
  priv->restarted = FALSE;
}

/* Brings the views of a mapped frame into the network's input; FALSE when that
 * is not possible, with the error posted. */
static gboolean
fill_input (GstMobilenetFilter * self, const GstVideoFrame * frame)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstMobilenetFrame context;
  MnetPlanes planes;

  context.pts = GST_BUFFER_PTS (frame->buffer);
  context.number = priv->frames;
  context.width = GST_VIDEO_FRAME_WIDTH (frame);
  context.height = GST_VIDEO_FRAME_HEIGHT (frame);
  if (context.width != priv->input.frame.width
      || context.height != priv->input.frame.height) {
    if (!set_frame_size (self, context.width, context.height))
      return FALSE;
    discard_results (self);
  }
  gst_mobilenet_frame_picture (frame, &priv->info, &context.picture);
  gst_mobilenet_frame_planes (frame, &planes);
  choose_views (self, frame->buffer, &planes, &context);
  gst_mobilenet_input_fill (&priv->input, priv->scheduler, &planes, &context);
  return TRUE;
}

static gboolean
analyse (GstMobilenetFilter * self, GstBuffer * buffer)
{
  GstMobilenetFilterPrivate *priv = PRIV (self);
  const gchar *reason;
  GstVideoFrame frame;
  gboolean filled;

  if (!gst_mobilenet_frame_map (&frame, &priv->info, buffer, GST_MAP_READ,
          &reason)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ,
        ("A frame of %" G_GSIZE_FORMAT " bytes cannot be read as %dx%d %s: %s",
            gst_buffer_get_size (buffer), GST_VIDEO_INFO_WIDTH (&priv->info),
            GST_VIDEO_INFO_HEIGHT (&priv->info),
            GST_VIDEO_INFO_NAME (&priv->info), reason), (NULL));
    return FALSE;
  }
  filled = fill_input (self, &frame);
  gst_video_frame_unmap (&frame);
  priv->since_analysed = 0;
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
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstClockTime pts = GST_BUFFER_PTS (buffer), analysed, age;
  gboolean fresh;
  guint64 number;
  gpointer result;

  result = gst_mobilenet_scheduler_dup_result (priv->scheduler, &analysed,
      &number, &fresh);
  if (!result)
    return;
  age = number == priv->frames ? 0 : result_age (analysed, pts);
  klass->attach (self, buffer, priv->input.frame.width,
      priv->input.frame.height, result, age);
  if (fresh && post)
    post_result (self, pts, result, age);
  g_boxed_free (priv->result_type, result);
}

static GstFlowReturn
gst_mobilenet_filter_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (trans);
  GstMobilenetFilterPrivate *priv = PRIV (self);
  GstClockTime earliest_time;
  guint interval;
  gboolean post;

  GST_OBJECT_LOCK (self);
  interval = MAX (priv->settings.interval, 1);
  post = priv->settings.post_messages;
  earliest_time = priv->earliest_time;
  GST_OBJECT_UNLOCK (self);

  /* What a recurrent network remembers does not belong to this frame. */
  if (GST_BUFFER_IS_DISCONT (buffer)
      && mnet_model_n_states (priv->network.model) > 0)
    discard_results (self);
  priv->frames++;
  if (priv->since_analysed < G_MAXUINT)
    priv->since_analysed++;
  if (wants_analysis (self, buffer, interval, earliest_time)
      && !analyse (self, buffer))
    return GST_FLOW_ERROR;
  carry_result (self, buffer, post);
  return GST_FLOW_OK;
}

/* In start of the class: results have another type than the class's, and there
 * may be `max_views` views of a frame in mode latest, 1 to
 * GST_MOBILENET_MAX_VIEWS. */
void
gst_mobilenet_filter_set_results (GstMobilenetFilter * self, GType result_type,
    guint max_views)
{
  PRIV (self)->result_type = result_type;
  PRIV (self)->max_views = max_views;
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
  gst_base_transform_set_in_place (trans, TRUE);
  gst_base_transform_set_gap_aware (trans, TRUE);
}
