/* SPDX-License-Identifier: MIT
 *
 * A network that is ready to be shown frames: model, labels, sessions, what the
 * class makes of the outputs, and when they are computed. */

#include "gstmobilenetengine.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* Smaller input sizes are 6, 5 and 4 sevenths of the first one, which are 192, 160
 * and 128 of 224, in steps of what the family's strides multiply to. */
#define SEVENTHS 7
#define LEAST_SEVENTHS (SEVENTHS - GST_MOBILENET_MAX_LEVELS + 1)
#define SIZE_STEP 32

/* What a session's first runs take: pages come into memory in the first. */
#define TRIAL_RUNS 2

static void
reset_reader (gpointer user)
{
  GstMobilenetEngine *self = user;
  GstMobilenetFilterClass *klass =
      GST_MOBILENET_FILTER_GET_CLASS (self->filter);

  if (klass->reset)
    klass->reset (self->filter, self->reader);
}

static void
prepare_input (gpointer user, MnetSession * session, gpointer input)
{
  GstMobilenetEngine *self = user;

  if (self->network.options.prior)
    GST_MOBILENET_FILTER_GET_CLASS (self->filter)->prepare (self->filter,
        self->reader, session, input);
}

static void
decode_view (gpointer user, MnetSession * session,
    const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetEngine *self = user;

  GST_MOBILENET_FILTER_GET_CLASS (self->filter)->decode (self->filter,
      self->reader, session, frame, view);
}

static gpointer
finish_frame (gpointer user, const GstMobilenetFrame * frame)
{
  GstMobilenetEngine *self = user;

  return GST_MOBILENET_FILTER_GET_CLASS (self->filter)->finish (self->filter,
      self->reader, frame);
}

static gboolean
open_reader (GstMobilenetEngine * self, GError ** error)
{
  const GstMobilenetNetwork *network = &self->network;
  MnetError cause = { MNET_OK, "" };
  gchar *about;

  self->reader = GST_MOBILENET_FILTER_GET_CLASS (self->filter)->open
      (self->filter, network->model, network->labels, network->name, &cause);
  if (self->reader)
    return TRUE;
  /* The labels are the only argument that can fit the model or not. */
  if (network->labels && cause.status == MNET_ERROR_ARGUMENT)
    about = g_strdup_printf ("%s with the property labels-file=%s",
        network->file, network->labels_file);
  else
    about = g_strdup (network->file);
  *error = gst_mobilenet_error_new (about, &cause);
  g_free (about);
  return FALSE;
}

static gboolean
add_session (GstMobilenetEngine * self, gint32 width, gint32 height,
    const gchar * reason, GError ** error)
{
  MnetSession *session = gst_mobilenet_network_new_session (&self->network,
      width, height, reason, error);
  MnetModelStats stats;

  if (!session)
    return FALSE;
  mnet_session_stats (session, &stats);
  self->macs[self->n_levels] = MAX (stats.macs, 1);
  self->sessions[self->n_levels++] = session;
  return TRUE;
}

static gint32
scaled_side (gint32 side, gint32 sevenths)
{
  gint32 steps = (side * sevenths + SEVENTHS * SIZE_STEP / 2)
      / (SEVENTHS * SIZE_STEP);

  return MIN (MAX (steps, 1) * SIZE_STEP, side);
}

static gboolean
add_smaller_sessions (GstMobilenetEngine * self, GError ** error)
{
  const MnetTensorInfo *input = mnet_session_input_info (self->sessions[0], 0);
  guint rows = input->channels_first ? 2 : 1;
  gint32 height = input->dims[rows], width = input->dims[rows + 1];
  gint32 last_width = width, last_height = height, sevenths;

  for (sevenths = SEVENTHS - 1; sevenths >= LEAST_SEVENTHS; sevenths--) {
    gint32 w = scaled_side (width, sevenths);
    gint32 h = scaled_side (height, sevenths);

    if ((w != last_width || h != last_height)
        && !add_session (self, w, h, "adaptive=true, which tries it at ",
            error))
      return FALSE;
    last_width = w;
    last_height = h;
  }
  return TRUE;
}

static gboolean
add_sessions (GstMobilenetEngine * self, const GstMobilenetSettings * settings,
    GError ** error)
{
  const GstMobilenetNetwork *network = &self->network;

  return add_session (self, network->input_width, network->input_height,
      "input-size=", error)
      && (!settings->adaptive || add_smaller_sessions (self, error));
}

static void
measure (GstMobilenetEngine * self)
{
  guint i;

  for (i = 0; i < TRIAL_RUNS; i++) {
    GstClockTime began = gst_util_get_timestamp ();

    mnet_session_run (self->sessions[0]);
    self->cost = gst_util_get_timestamp () - began;
    self->longest = MAX (self->longest, self->cost);
  }
  mnet_session_reset_states (self->sessions[0]);
  GST_INFO_OBJECT (self->filter, "%s takes %" GST_TIME_FORMAT " at first",
      self->network.name, GST_TIME_ARGS (self->longest));
}

static void
make_scheduler (GstMobilenetEngine * self, const GstMobilenetResults * results,
    GstMobilenetStats * stats)
{
  const GstMobilenetSessions sessions = { self->sessions, self->n_levels,
    results->max_views,
    self->network.pool ? mnet_pool_threads (self->network.pool) : 1
  };
  const GstMobilenetDecoder decoder = { results->type, self, reset_reader,
    prepare_input, decode_view, finish_frame
  };

  self->scheduler = gst_mobilenet_scheduler_new (&sessions, &decoder, stats);
}

/* Loads what `settings` name for `filter`, which may be showing frames to another
 * engine.  Any thread.  NULL and `error` filled when that fails.  `stats`
 * outlives the engine. */
GstMobilenetEngine *
gst_mobilenet_engine_new (GstMobilenetFilter * filter,
    const GstMobilenetSettings * settings,
    const GstMobilenetResults * results, GstMobilenetStats * stats,
    GError ** error)
{
  GstMobilenetEngine *self = g_new0 (GstMobilenetEngine, 1);

  self->filter = filter;
  self->network.takes_prior =
      GST_MOBILENET_FILTER_GET_CLASS (filter)->prepare != NULL;
  self->network.has_built_in =
      GST_MOBILENET_FILTER_GET_CLASS (filter)->has_built_in;
  gst_mobilenet_settings_copy (&self->settings, settings);
  if (gst_mobilenet_network_open (&self->network, GST_ELEMENT (filter),
          settings, error)
      && open_reader (self, error) && add_sessions (self, settings, error)) {
    measure (self);
    make_scheduler (self, results, stats);
    return self;
  }
  gst_mobilenet_engine_free (self);
  return NULL;
}

/* Waits for at most one inference. */
void
gst_mobilenet_engine_free (GstMobilenetEngine * self)
{
  guint i;

  if (!self)
    return;
  if (self->scheduler)
    gst_mobilenet_scheduler_free (self->scheduler);
  for (i = 0; i < self->n_levels; i++) {
    if (!self->scheduler)
      mnet_session_free (self->sessions[i]);
    gst_mobilenet_input_clear (&self->inputs[i]);
  }
  if (self->reader)
    GST_MOBILENET_FILTER_GET_CLASS (self->filter)->close (self->filter,
        self->reader);
  gst_mobilenet_network_close (&self->network);
  gst_mobilenet_settings_clear (&self->settings);
  g_free (self);
}

/* Frames are `frame` from now on.  FALSE and `error` filled when they cannot be
 * brought into the network's input. */
gboolean
gst_mobilenet_engine_set_frame (GstMobilenetEngine * self,
    const MnetFrameInfo * frame, MnetError * error)
{
  guint i;

  for (i = 0; i < self->n_levels; i++) {
    if (!gst_mobilenet_input_set_frame (&self->inputs[i], frame,
            mnet_session_input_info (self->sessions[i], 0),
            &self->network.options, error))
      return FALSE;
  }
  return TRUE;
}
