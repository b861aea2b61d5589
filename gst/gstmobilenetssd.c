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
 */

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetclasses.h"
#include "gstmobilenetfindings.h"
#include "gstmobilenetssd.h"
#include "gstmobilenetssdsettings.h"
#include "gstmobilenettiles.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_ssd_debug);
#define GST_CAT_DEFAULT gst_mobilenet_ssd_debug

typedef GstMobilenetKeyPoint Points[MNET_MAX_POINTS];

struct _GstMobilenetSsd
{
  GstMobilenetFilter parent;

  /* Under the object lock.  What follows the settings is what they say, or,
   * where those were changed to something malformed, said. */
  GstMobilenetSsdSettings settings;
  GstMobilenetTiling tiling;
  GstMobilenetClasses *classes; /* NULL before start */
  gfloat iou_threshold;         /* 0: the network's */
  guint max_detections;

  /* From start to stop. */
  MnetAnchors *anchors;         /* NULL: none were named */
  MnetDetector *detector;
  const gchar *model;
  gboolean recurrent;           /* the network remembers frames */

  /* The streaming thread's. */
  GstMobilenetTiles tiles;

  /* The computing thread's. */
  GstMobilenetFindings *findings;
  gsize n_outputs;
  const void **outputs;
  guint last_id;
  GstMobilenetDetectionResult *results; /* MNET_MAX_CANDIDATES */
  Points *points;               /* likewise */
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetSsd, gst_mobilenet_ssd,
    GST_TYPE_MOBILENET_FILTER,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_ssd_debug, "mobilenetssd",
        0, "what mobilenetssd finds"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetssd, "mobilenetssd", GST_RANK_NONE,
    GST_TYPE_MOBILENET_SSD);

/* A network that remembers what it saw must see the same picture each time. */
static gboolean
check_recurrent (GstMobilenetSsd * self, const GstMobilenetTiling * tiling,
    MnetError * error)
{
  if (!self->recurrent || (tiling->columns == 1 && tiling->rows == 1))
    return TRUE;
  error->status = MNET_ERROR_ARGUMENT;
  g_snprintf (error->text, sizeof (error->text), "property tiles is \"%.64s\", "
      "but the network keeps a state from frame to frame and must see the same "
      "part each time; unset tiles", self->settings.tiles);
  return FALSE;
}

/* With the object lock: makes of the settings what frames are looked at with.
 * FALSE and `error` filled, with everything as it was, when they are malformed. */
static gboolean
apply_settings (GstMobilenetSsd * self, MnetError * error)
{
  const GstMobilenetSsdSettings *settings = &self->settings;
  GstMobilenetClasses *classes;
  GstMobilenetTiling tiling;

  if (!gst_mobilenet_ssd_settings_check (settings, error)
      || !gst_mobilenet_tiling_parse (&tiling, settings->tiles,
          settings->overlap, settings->region, error)
      || !check_recurrent (self, &tiling, error))
    return FALSE;
  classes = gst_mobilenet_classes_new (self->detector, settings->classes,
      settings->class_thresholds, settings->score_threshold, error);
  if (!classes)
    return FALSE;
  g_clear_pointer (&self->classes, gst_mobilenet_classes_unref);
  self->classes = classes;
  tiling.revision = self->tiling.revision + 1;
  self->tiling = tiling;
  self->iou_threshold = settings->iou_threshold;
  self->max_detections = settings->max_detections;
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
  else if (self->classes)
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

/* Checks what can be checked without the network, and loads the anchors. */
static gboolean
gst_mobilenet_ssd_check (GstMobilenetFilter * filter, MnetError * error)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  GstMobilenetTiling tiling;
  gchar *anchors_file;
  gboolean valid;

  GST_OBJECT_LOCK (self);
  valid = gst_mobilenet_ssd_settings_check (&self->settings, error)
      && gst_mobilenet_tiling_parse (&tiling, self->settings.tiles,
      self->settings.overlap, self->settings.region, error);
  anchors_file = g_strdup (self->settings.anchors_file);
  GST_OBJECT_UNLOCK (self);
  if (valid && anchors_file) {
    self->anchors = mnet_anchors_load (anchors_file, error);
    valid = self->anchors != NULL;
    if (!valid)
      g_strlcat (error->text, " (property anchors-file)", sizeof (error->text));
  }
  g_free (anchors_file);
  return valid;
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

static gboolean
make_detector (GstMobilenetSsd * self, MnetModel * model,
    const MnetLabels * labels, MnetError * error)
{
  MnetDetectorOptions options = { 0, };
  MnetDetector *detector;
  gboolean applied;

  self->recurrent = mnet_model_n_states (model) > 0;
  options.anchors = self->anchors;
  GST_OBJECT_LOCK (self);
  options.box_format = self->settings.box_format;
  options.score_format = self->settings.score_format;
  options.background = self->settings.background;
  GST_OBJECT_UNLOCK (self);
  detector = mnet_detector_new (model, labels, &options, error);
  if (!detector) {
    explain_refusal (model, error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->detector = detector;
  applied = apply_settings (self, error);
  GST_OBJECT_UNLOCK (self);
  return applied;
}

static void
set_input_size (GstMobilenetSsd * self, const MnetTensorInfo * input)
{
  guint rows = input->channels_first ? 2 : 1;

  self->tiles.input_height = input->rank == 4 ? input->dims[rows] : 1;
  self->tiles.input_width = input->rank == 4 ? input->dims[rows + 1] : 1;
}

static gboolean
gst_mobilenet_ssd_start (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);

  if (!make_detector (self, model, labels, error))
    return FALSE;
  set_input_size (self, mnet_model_input (model, 0));
  self->findings = gst_mobilenet_findings_new ();
  self->results = g_new0 (GstMobilenetDetectionResult, MNET_MAX_CANDIDATES);
  self->points = g_new (Points, MNET_MAX_CANDIDATES);
  self->n_outputs = mnet_model_n_outputs (model);
  self->outputs = g_new0 (const void *, self->n_outputs);
  self->model = name;
  return TRUE;
}

static void
gst_mobilenet_ssd_stop (GstMobilenetFilter * filter)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->classes, gst_mobilenet_classes_unref);
  g_clear_pointer (&self->detector, mnet_detector_free);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->anchors, mnet_anchors_free);
  g_clear_pointer (&self->findings, gst_mobilenet_findings_free);
  g_clear_pointer (&self->results, g_free);
  g_clear_pointer (&self->points, g_free);
  g_clear_pointer (&self->outputs, g_free);
  gst_mobilenet_tiles_clear (&self->tiles);
  self->model = NULL;
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
gst_mobilenet_ssd_reset (GstMobilenetFilter * filter)
{
  gst_mobilenet_findings_reset (GST_MOBILENET_SSD (filter)->findings);
}

static void
gst_mobilenet_ssd_decode (GstMobilenetFilter * filter, MnetSession * session,
    const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  MnetDetectionQuery query = { 0, };
  GstMobilenetClasses *classes;
  MnetDetection *found;
  gsize room, n, i;

  GST_OBJECT_LOCK (self);
  classes = gst_mobilenet_classes_ref (self->classes);
  query.suppression.overlap_threshold = self->iou_threshold;
  GST_OBJECT_UNLOCK (self);
  query.class_thresholds = classes->thresholds;
  query.classes = classes->wanted;

  for (i = 0; i < self->n_outputs; i++)
    self->outputs[i] = mnet_session_output (session, i);
  found = gst_mobilenet_findings_begin (self->findings, frame, view, &room);
  n = mnet_detector_decode (self->detector, self->outputs, &query, room, found);
  gst_mobilenet_findings_end (self->findings, frame, view, n,
      self->tiles.input_width, self->tiles.input_height);
  gst_mobilenet_classes_unref (classes);
}

static void
fill_result (GstMobilenetSsd * self, const MnetDetection * from, gsize i)
{
  GstMobilenetDetectionResult *to = &self->results[i];
  guint k;

  to->id = ++self->last_id;
  to->index = from->index;
  to->label = from->label;
  to->score = from->score;
  to->x = from->left;
  to->y = from->top;
  to->w = (gdouble) from->right - from->left;
  to->h = (gdouble) from->bottom - from->top;
  to->n_key_points = from->n_points;
  to->key_points = self->points[i];
  for (k = 0; k < from->n_points; k++) {
    self->points[i][k].x = from->points[k].x;
    self->points[i][k].y = from->points[k].y;
  }
}

static gpointer
gst_mobilenet_ssd_finish (GstMobilenetFilter * filter,
    const GstMobilenetFrame * frame)
{
  GstMobilenetSsd *self = GST_MOBILENET_SSD (filter);
  const MnetDetection *found;
  gfloat overlap_threshold;
  gsize n, max, i;

  GST_OBJECT_LOCK (self);
  overlap_threshold = self->iou_threshold;
  max = self->max_detections;
  GST_OBJECT_UNLOCK (self);
  found = gst_mobilenet_findings_merge (self->findings, overlap_threshold, &n);
  n = MIN (n, max);
  for (i = 0; i < n; i++)
    fill_result (self, &found[i], i);
  GST_LOG_OBJECT (self, "frame %" GST_TIME_FORMAT ": %" G_GSIZE_FORMAT
      " detections in %u views", GST_TIME_ARGS (frame->pts), n, frame->n_views);
  return gst_mobilenet_detection_new (self->model, frame->pts, self->results,
      n);
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
  filter_class->check = gst_mobilenet_ssd_check;
  filter_class->start = gst_mobilenet_ssd_start;
  filter_class->stop = gst_mobilenet_ssd_stop;
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
