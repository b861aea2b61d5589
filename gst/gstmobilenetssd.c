/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetssd: finds things in frames. */
/**
 * SECTION:element-mobilenetssd
 * @title: mobilenetssd
 * @short_description: finds things in a video frame
 * @see_also: #GstMobilenetDetectionMeta, mobilenetoverlay
 *
 * Shows frames to a detector made of a MobileNet and attaches what it finds as
 * #GstMobilenetDetectionMeta and, for elements that know nothing of it, each
 * detection as #GstVideoRegionOfInterestMeta. Boxes are in pixels of the frame,
 * whatever the network's input size and #mobilenetssd:fit are, and inside the
 * picture. With #mobilenetssd:post-messages each new result is also posted as
 * an element message named `mobilenet-detection` with the fields `timestamp`,
 * `stream-time` and `running-time` of the frame that carries it first,
 * `source-pts` of the frame that was analysed, `age` between the two (all
 * guint64, ns), `model` (string) and `results`: a #GstValueArray of structures
 * `result` with `id` and `index` (guint), `label` (string), `score`, `x`, `y`,
 * `w` and `h` (double), best first. The id is unique in the element.
 *
 * Pixels pass untouched and no frame is ever dropped. Raw video of any size and
 * layout is taken as it comes: no converter or scaler is needed upstream.
 *
 * Networks that end with TFLite_Detection_PostProcess, that give raw boxes and
 * scores, or MediaPipe's face detectors are recognised by their outputs. Where
 * something is not certain the element refuses to start and names the property
 * that settles it: #mobilenetssd:box-format, #mobilenetssd:score-format,
 * #mobilenetssd:background-class or #mobilenetssd:anchors-file.
 *
 * ## Small things
 *
 * A detector sees little of what is smaller than a tenth of its picture.
 * #mobilenetssd:tiles shows it the frame in overlapping tiles, each scaled
 * straight from the frame, and merges what it finds: a box that a tile's edge
 * cuts goes where another tile sees the whole thing, and what two tiles see is
 * reported once. With `mode=every` all tiles of a frame are computed. With
 * `mode=latest` each frame gives one tile in turn, and a result holds the newest
 * findings of every tile. With `motion` only tiles in which something changed
 * are computed; the others keep their findings, for 50 frames at most.
 * #mobilenetssd:region leaves out what need not be looked at.
 *
 * ## Steady results
 *
 * What a detector says of a thing differs a little each time that it looks, and
 * now and then it misses it. With #mobilenetssd:smoothing or #mobilenetssd:hold
 * things are followed from one analysed frame to the next, by class and place, and
 * keep their id. Smoothing takes the mean of boxes, key points and scores over
 * frames that goes on: that weight of what was there before, and the rest of what
 * was found; a box that moves counts the less the more it has left its place, so
 * that it does not lag behind its thing. A label that flips changes when another
 * one has had twice the score for a while; the score is that of all labels. A thing
 * that is missed is held where it was found last, until #mobilenetssd:hold after
 * the timestamp of that frame (frames without one count as 40 ms), unless another
 * one of its class stands there; with tiles that are shown in turn, or left out by
 * `motion`, a thing counts as found until its tile is looked at again. Nothing
 * survives a seek, new caps or another model, nor is anything held or blended over
 * a change of this element's properties.
 *
 * Modes, what happens where time is short, statistics and another
 * #mobilenetssd:model-file while frames flow are those of mobilenetclassify.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! mobilenetssd model-file=coco_ssd.tflite ! mobilenetoverlay ! videoconvert ! autovideosink
 * ]| Draws boxes around what the network knows.
 *
 * |[
 * gst-launch-1.0 -m v4l2src ! mobilenetssd model-file=coco_ssd.tflite classes=person tiles=3x2,motion post-messages=true ! fakesink
 * ]| Reports people, also small ones, in the picture of a camera that stands
 * still.
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetssd model-file=coco_ssd.tflite classes=person smoothing=0.6 hold=500 ! mobilenetoverlay ! videoconvert ! autovideosink
 * ]| Boxes that neither tremble nor blink.
 */

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetclasses.h"
#include "gstmobilenetfindings.h"
#include "gstmobilenetssd.h"
#include "gstmobilenetssdsettings.h"
#include "gstmobilenettiles.h"
#include "gstmobilenettracker.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_ssd_debug);
#define GST_CAT_DEFAULT gst_mobilenet_ssd_debug

typedef GstMobilenetKeyPoint Points[MNET_MAX_POINTS];

/* What is made of a network. */
typedef struct
{
  MnetDetector *detector;
  const gchar *model;
  gboolean recurrent;           /* the network remembers frames */
  gint input_width;
  gint input_height;
  GstMobilenetClasses *classes; /* under the object lock */

  /* The computing thread's. */
  GstMobilenetFindings *findings;
  GstMobilenetTracker *tracker;
  gsize n_outputs;
  const void **outputs;
  GstMobilenetDetectionResult *results; /* MNET_MAX_CANDIDATES */
  Points *points;               /* likewise */
} Reader;

struct _GstMobilenetSsd
{
  GstMobilenetFilter parent;

  /* Under the object lock.  What follows the settings is what they say, or,
   * where those were changed to something malformed, said. */
  GstMobilenetSsdSettings settings;
  Reader *reader;               /* in use, or NULL */
  GstMobilenetTiling tiling;
  gfloat iou_threshold;         /* 0: the network's */
  GstMobilenetTrackerOptions following;

  /* The streaming thread's. */
  GstMobilenetTiles tiles;

  gint last_id;                 /* atomic */
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetSsd, gst_mobilenet_ssd,
    GST_TYPE_MOBILENET_FILTER,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_ssd_debug, "mobilenetssd",
        0, "what mobilenetssd finds"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetssd, "mobilenetssd", GST_RANK_NONE,
    GST_TYPE_MOBILENET_SSD);

/* A network that remembers what it saw must see the same picture each time. */
static gboolean
check_recurrent (const GstMobilenetSsdSettings * settings,
    const Reader * reader, const GstMobilenetTiling * tiling, MnetError * error)
{
  if (!reader->recurrent || (tiling->columns == 1 && tiling->rows == 1))
    return TRUE;
  error->status = MNET_ERROR_ARGUMENT;
  g_snprintf (error->text, sizeof (error->text), "property tiles is \"%.64s\", "
      "but the network keeps a state from frame to frame and must see the same "
      "part each time; unset tiles", settings->tiles);
  return FALSE;
}

/* With the object lock: makes of the settings what `reader` looks for, and where.
 * FALSE and `error` filled, with everything as it was, when they are malformed. */
static gboolean
read_settings (GstMobilenetSsd * self, Reader * reader,
    GstMobilenetTiling * tiling, MnetError * error)
{
  const GstMobilenetSsdSettings *settings = &self->settings;
  GstMobilenetClasses *classes;

  if (!gst_mobilenet_ssd_settings_check (settings, error)
      || !gst_mobilenet_tiling_parse (tiling, settings->tiles,
          settings->overlap, settings->region, error)
      || !check_recurrent (settings, reader, tiling, error))
    return FALSE;
  classes = gst_mobilenet_classes_new (reader->detector, settings->classes,
      settings->class_thresholds, settings->score_threshold, error);
  if (!classes)
    return FALSE;
  g_clear_pointer (&reader->classes, gst_mobilenet_classes_unref);
  reader->classes = classes;
  return TRUE;
}

/* With the object lock: the settings are in force from now on, or the element goes
 * on as before. */
static gboolean
apply_settings (GstMobilenetSsd * self, MnetError * error)
{
  GstMobilenetTiling tiling;

  if (!read_settings (self, self->reader, &tiling, error))
    return FALSE;
  tiling.revision = self->tiling.revision + 1;
  self->tiling = tiling;
  self->iou_threshold = self->settings.iou_threshold;
  self->following.smoothing = self->settings.smoothing;
  self->following.hold = self->settings.hold * GST_MSECOND;
  self->following.max = self->settings.max_detections;
  self->following.revision = tiling.revision;
  return TRUE;
}

static void
gst_mobilenet_ssd_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (object);
  MnetError error = { MNET_OK, "" };
  gboolean applied = TRUE;

  GST_OBJECT_LOCK (self);
  if (!gst_mobilenet_ssd_settings_set (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  else if (self->reader)
    applied = apply_settings (self, &error);
  GST_OBJECT_UNLOCK (self);
  if (!applied)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("%s; the element goes on as before", error.text), (NULL));
}

static void
gst_mobilenet_ssd_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (object);

  GST_OBJECT_LOCK (self);
  if (!gst_mobilenet_ssd_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mobilenet_ssd_finalize (GObject * object)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (object);

  gst_mobilenet_ssd_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_mobilenet_ssd_parent_class)->finalize (object);
}

/* Checks what can be checked without the network. */
static gboolean
gst_mobilenet_ssd_start (GstMobilenetFilter * filter,
    GstMobilenetResults * results, MnetError * error)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  GstMobilenetTiling tiling;
  gboolean valid;

  GST_OBJECT_LOCK (self);
  valid = gst_mobilenet_ssd_settings_check (&self->settings, error)
      && gst_mobilenet_tiling_parse (&tiling, self->settings.tiles,
      self->settings.overlap, self->settings.region, error);
  GST_OBJECT_UNLOCK (self);
  return valid;
}

static void
gst_mobilenet_ssd_stop (GstMobilenetFilter * filter)
{
  gst_mobilenet_tiles_clear (&GST_MOBILENET_SSD (filter)->tiles);
}

/* Says so when a network is refused because it is for another element. */
static void
explain_refusal (MnetModel * model, MnetError * error)
{
  MnetError ignored = { MNET_OK, "" };
  MnetClassifier *classifier;

  if (mnet_model_n_outputs (model) != 1)
    return;
  classifier = mnet_classifier_new (mnet_model_output (model, 0), NULL,
      &ignored);
  if (!classifier)
    return;
  error->status = MNET_ERROR_UNSUPPORTED;
  g_snprintf (error->text, sizeof (error->text), "the network is a classifier "
      "of %" G_GSIZE_FORMAT " classes, it finds no boxes; use the element "
      "mobilenetclassify", mnet_classifier_classes (classifier));
  mnet_classifier_free (classifier);
}

/* The anchors of the property, or none.  FALSE and `error` filled when the file
 * holds none. */
static gboolean
load_anchors (const gchar * file, MnetAnchors ** anchors, MnetError * error)
{
  *anchors = NULL;
  if (!file)
    return TRUE;
  *anchors = mnet_anchors_load (file, error);
  if (!*anchors)
    g_strlcat (error->text, " (property anchors-file)", sizeof (error->text));
  return *anchors != NULL;
}

static MnetDetector *
make_detector (GstMobilenetSsd * self, MnetModel * model,
    const MnetLabels * labels, MnetError * error)
{
  MnetDetectorOptions options = { 0, };
  MnetDetector *detector = NULL;
  MnetAnchors *anchors;
  gchar *file;

  GST_OBJECT_LOCK (self);
  file = g_strdup (self->settings.anchors_file);
  options.box_format = self->settings.box_format;
  options.score_format = self->settings.score_format;
  options.background = self->settings.background;
  GST_OBJECT_UNLOCK (self);
  if (load_anchors (file, &anchors, error)) {
    options.anchors = anchors;
    detector = mnet_detector_new (model, labels, &options, error);
    if (!detector)
      explain_refusal (model, error);
  }
  mnet_anchors_free (anchors);
  g_free (file);
  return detector;
}

static void
set_input_size (Reader * reader, const MnetTensorInfo * input)
{
  guint rows = input->channels_first ? 2 : 1;

  reader->input_height = input->rank == 4 ? input->dims[rows] : 1;
  reader->input_width = input->rank == 4 ? input->dims[rows + 1] : 1;
}

static void
gst_mobilenet_ssd_close (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  g_clear_pointer (&reader->classes, gst_mobilenet_classes_unref);
  g_clear_pointer (&reader->findings, gst_mobilenet_findings_free);
  g_clear_pointer (&reader->tracker, gst_mobilenet_tracker_free);
  mnet_detector_free (reader->detector);
  g_free (reader->results);
  g_free (reader->points);
  g_free (reader->outputs);
  g_free (reader);
}

static gpointer
gst_mobilenet_ssd_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  Reader *reader = g_new0 (Reader, 1);
  GstMobilenetTiling tiling;
  gboolean valid;

  reader->model = name;
  reader->recurrent = mnet_model_n_states (model) > 0;
  reader->detector = make_detector (self, model, labels, error);
  GST_OBJECT_LOCK (self);
  valid = reader->detector && read_settings (self, reader, &tiling, error);
  GST_OBJECT_UNLOCK (self);
  if (!valid) {
    gst_mobilenet_ssd_close (filter, reader);
    return NULL;
  }
  set_input_size (reader, mnet_model_input (model, 0));
  reader->findings = gst_mobilenet_findings_new ();
  reader->tracker = gst_mobilenet_tracker_new (&self->last_id);
  reader->results = g_new0 (GstMobilenetDetectionResult, MNET_MAX_CANDIDATES);
  reader->points = g_new (Points, MNET_MAX_CANDIDATES);
  reader->n_outputs = mnet_model_n_outputs (model);
  reader->outputs = g_new0 (const void *, reader->n_outputs);
  return reader;
}

/* Settings that became malformed since the reader was made leave it as it was. */
static void
gst_mobilenet_ssd_use (GstMobilenetFilter * filter, gpointer user)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  MnetError ignored = { MNET_OK, "" };
  Reader *reader = user;

  GST_OBJECT_LOCK (self);
  self->reader = reader;
  if (reader)
    apply_settings (self, &ignored);
  GST_OBJECT_UNLOCK (self);
  if (reader)
    gst_mobilenet_tiles_set_input (&self->tiles, reader->input_width,
        reader->input_height);
}

static gboolean
gst_mobilenet_ssd_set_frame (GstMobilenetFilter * filter,
    const MnetFrameInfo * frame, MnetError * error)
{
  return gst_mobilenet_tiles_set_frame (&GST_MOBILENET_SSD (filter)->tiles,
      frame, error);
}

static void
gst_mobilenet_ssd_views (GstMobilenetFilter * filter, GstBuffer * buffer,
    const MnetPlanes * planes, const GstMobilenetViewRequest * request,
    GstMobilenetFrame * frame)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  GstMobilenetTiling tiling;

  GST_OBJECT_LOCK (self);
  tiling = self->tiling;
  GST_OBJECT_UNLOCK (self);
  gst_mobilenet_tiles_choose (&self->tiles, &tiling, planes, request, frame);
}

static void
gst_mobilenet_ssd_reset (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  gst_mobilenet_findings_reset (reader->findings);
  gst_mobilenet_tracker_reset (reader->tracker);
}

static void
gst_mobilenet_ssd_decode (GstMobilenetFilter * filter, gpointer user,
    MnetSession * session, const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  Reader *reader = user;
  MnetDetectionQuery query = { 0, };
  GstMobilenetClasses *classes;
  MnetDetection *found;
  gsize room, n, i;

  GST_OBJECT_LOCK (self);
  classes = gst_mobilenet_classes_ref (reader->classes);
  query.suppression.overlap_threshold = self->iou_threshold;
  GST_OBJECT_UNLOCK (self);
  query.class_thresholds = classes->thresholds;
  query.classes = classes->wanted;

  for (i = 0; i < reader->n_outputs; i++)
    reader->outputs[i] = mnet_session_output (session, i);
  found = gst_mobilenet_findings_begin (reader->findings, frame, view, &room);
  n = mnet_detector_decode (reader->detector, reader->outputs, &query, room,
      found);
  gst_mobilenet_findings_end (reader->findings, frame, view, n,
      reader->input_width, reader->input_height);
  gst_mobilenet_classes_unref (classes);
}

static void
fill_result (Reader * reader, const GstMobilenetTracked * tracked, gsize i)
{
  const MnetDetection *from = tracked->detection;
  GstMobilenetDetectionResult *to = &reader->results[i];
  guint k;

  to->id = tracked->id;
  to->index = from->index;
  to->label = from->label;
  to->score = from->score;
  to->x = from->left;
  to->y = from->top;
  to->w = (gdouble) from->right - from->left;
  to->h = (gdouble) from->bottom - from->top;
  to->n_key_points = from->n_points;
  to->key_points = reader->points[i];
  for (k = 0; k < from->n_points; k++) {
    reader->points[i][k].x = from->points[k].x;
    reader->points[i][k].y = from->points[k].y;
  }
}

static gpointer
gst_mobilenet_ssd_finish (GstMobilenetFilter * filter, gpointer user,
    const GstMobilenetFrame * frame)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  Reader *reader = user;
  GstMobilenetTrackerOptions following;
  const GstMobilenetTracked *tracked;
  const MnetDetection *found;
  gfloat overlap_threshold;
  gsize n, i;

  GST_OBJECT_LOCK (self);
  overlap_threshold = self->iou_threshold;
  following = self->following;
  GST_OBJECT_UNLOCK (self);
  found =
      gst_mobilenet_findings_merge (reader->findings, overlap_threshold, &n);
  tracked = gst_mobilenet_tracker_update (reader->tracker, frame, found, n,
      &following, &n);
  for (i = 0; i < n; i++)
    fill_result (reader, &tracked[i], i);
  GST_LOG_OBJECT (self, "frame %" GST_TIME_FORMAT ": %" G_GSIZE_FORMAT
      " detections in %u views", GST_TIME_ARGS (frame->pts), n, frame->n_views);
  return gst_mobilenet_detection_new (reader->model, frame->pts,
      reader->results, n);
}

static void
gst_mobilenet_ssd_attach (GstMobilenetFilter * filter, GstBuffer * buffer,
    gint width, gint height, gpointer result, GstClockTime age)
{
  gst_buffer_add_mobilenet_detection_regions (buffer, result, width, height);
  gst_buffer_add_mobilenet_detection_meta (buffer, result, age);
}

static GstStructure *
gst_mobilenet_ssd_describe (GstMobilenetFilter * filter, gpointer result,
    GstClockTime age, guint i)
{
  const GstMobilenetDetectionMeta said = {.detection = result,.age = age };

  return i > 0 ? NULL : gst_mobilenet_detection_meta_to_structure (&said);
}

static void
gst_mobilenet_ssd_class_init (GstMobilenetSsdClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstMobilenetFilterClass *filter_class = GST_MOBILENET_FILTER_CLASS (klass);

  object_class->set_property = gst_mobilenet_ssd_set_property;
  object_class->get_property = gst_mobilenet_ssd_get_property;
  object_class->finalize = gst_mobilenet_ssd_finalize;
  gst_mobilenet_ssd_settings_install (object_class);

  gst_element_class_set_static_metadata (element_class,
      "MobileNet object detector", "Filter/Analyzer/Video",
      "Finds things in video frames: attaches the boxes of a MobileNet detector "
      "(.tflite) to them as GstMobilenetDetectionMeta and "
      "GstVideoRegionOfInterestMeta", "The gst-mobilenet authors");

  filter_class->result_type = GST_TYPE_MOBILENET_DETECTION;
  filter_class->start = gst_mobilenet_ssd_start;
  filter_class->stop = gst_mobilenet_ssd_stop;
  filter_class->open = gst_mobilenet_ssd_open;
  filter_class->close = gst_mobilenet_ssd_close;
  filter_class->use = gst_mobilenet_ssd_use;
  filter_class->set_frame = gst_mobilenet_ssd_set_frame;
  filter_class->views = gst_mobilenet_ssd_views;
  filter_class->reset = gst_mobilenet_ssd_reset;
  filter_class->decode = gst_mobilenet_ssd_decode;
  filter_class->finish = gst_mobilenet_ssd_finish;
  filter_class->attach = gst_mobilenet_ssd_attach;
  filter_class->describe = gst_mobilenet_ssd_describe;

  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_BOX_FORMAT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_SCORE_FORMAT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MOBILENET_BACKGROUND_CLASS, 0);
}

static void
gst_mobilenet_ssd_init (GstMobilenetSsd * self)
{
  gst_mobilenet_ssd_settings_init (&self->settings);
}
