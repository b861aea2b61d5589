/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetclassify: names what a frame shows. */
/**
 * SECTION:element-mobilenetclassify
 * @title: mobilenetclassify
 * @short_description: names what a video frame shows
 * @see_also: #GstMobilenetClassificationMeta
 *
 * Shows frames to a MobileNet and attaches what it says, the #top-k best
 * classes with their scores, as #GstMobilenetClassificationMeta. With
 * #post-messages each new result is also posted as an element message named
 * `mobilenet-classification` with the fields `timestamp`, `stream-time` and
 * `running-time` of the frame that carries it first, `source-pts` of the frame
 * that was analysed, `age` between the two (all guint64, ns), `model` (string)
 * and `results`: a #GstValueArray of structures `result` with `index` (guint),
 * `label` (string) and `score` (double), best first.
 *
 * Pixels pass untouched and no frame is ever dropped. Raw video of any size
 * and layout is taken as it comes: no converter or scaler is needed upstream.
 * Analyse after cropping, not before: elements that cut, turn or mirror the
 * picture drop the meta.
 *
 * Without #model-file the network is a small MobileNet that is built into the
 * plugin, for a first try: it knows airplanes, automobiles, birds, cats, deer, dogs,
 * frogs, horses, ships and trucks, and calls whatever it sees one of them. An info
 * message on the bus says so, whose details are a structure
 * `mobilenet-built-in-model` with `model` (string), as results name it, and
 * `classes` (guint).
 *
 * A model's own metadata, where it has some, tells the labels and what the
 * network wants bytes to be; otherwise the properties #labels-file and
 * #input-range, or #mean and #std, do.
 *
 * #input-size runs the same weights at another resolution, the trade of time
 * against accuracy that MobileNets are made for; about N * N as much is
 * computed at N pixels a side. It is for classifiers whose pool covers the
 * whole map; any other network is refused when the element starts.
 *
 * With #mobilenetclassify:smoothing the scores of all classes are a mean over
 * analysed frames that goes on, that weight of what was there before and the rest
 * of what the network says now, before the best ones are chosen: a class that shows
 * up for one frame does not. Nothing of before a seek, new caps or another model is
 * in it.
 *
 * ## A second stage
 *
 * Behind mobilenetssd and with #mobilenetclassify:regions the network looks at
 * each thing that was found (#mobilenetclassify:classes, the best
 * #mobilenetclassify:max-regions of a frame), with a tenth of its size around
 * it, and the result hangs on that detection:
 * gst_mobilenet_detection_get_classification(). Each is also a message, which
 * has the `id` (guint) of the detection, too. With `mode=latest` what was said
 * of a thing goes on the detections of the frames that follow: those of the
 * same id, else those of the same class at the same place.
 *
 * #mobilenetclassify:smoothing goes by thing there: by the id of the detection.
 * Ids are new ones in each result of mobilenetssd, and nothing is smoothed, unless
 * it follows things: set its properties `smoothing` or `hold`.
 *
 * ## Which frames are analysed
 *
 * With `mode=every` a frame waits for the network. With `mode=latest` it only
 * is scaled into the network's input and goes on at once; a thread of the
 * element's own computes, always from the newest frame, and each frame carries
 * the newest finished result. Neither a flush, nor a new segment, nor new caps
 * are survived by results of before. With #inference-interval only every n-th
 * frame is analysed and the others carry the last result.
 *
 * ## Where time is short
 *
 * Frames are never held up by each other. In mode latest a frame that comes while
 * another one waits for the network takes its place. In mode every a frame that is
 * late passes without inference: one of which a QoS event of the sink says so and,
 * behind a live source, one that comes later after its capture than others did, as
 * one does that waited for their analysis; when all are late one a second is
 * analysed, or fewer, so that it takes a quarter of the time at most. A QOS message tells of skipped frames, at most
 * once a second, with the frames analysed (processed) and skipped (dropped) so far.
 * LATENCY queries are answered with what a frame may wait: nothing in mode latest,
 * in mode every what the network took when the element started, or more, with a
 * LATENCY message, once two of 64 frames took more.
 *
 * With #adaptive the network is shown smaller pictures before frames are skipped,
 * and larger ones again when there is time; a QOS message tells each change, its
 * quality is the share of multiply-adds that is left, 1000000 for all.
 *
 * Workers of all elements in a process take turns, as many as there are
 * processors, and run at a lower priority than streaming threads. Elements with the
 * same model-file share its weights.
 *
 * #stats tells counts and times at any moment, `mobilenet-stats` messages every
 * #stats-interval. A frame that cannot be read, as broken cameras send them, is a
 * warning and passes.
 *
 * ## Another model
 *
 * Setting #model-file while frames flow loads that file beside the model in use, on
 * a thread of its own, together with what #labels-file, #input-range, #mean, #std
 * and #input-size are then, and the next frame is shown to it. In mode latest
 * frames carry the old model's results until the new one has some. When the file
 * cannot be used a warning says why, and all these properties are what they were.
 * %NULL stands for the built-in network there, too.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 -m filesrc location=cat.jpg ! decodebin ! mobilenetclassify top-k=1 post-messages=true ! fakesink
 * ]| Prints which of ten classes a photograph shows.
 *
 * |[
 * gst-launch-1.0 -m filesrc location=cat.jpg ! decodebin ! mobilenetclassify model-file=mobilenet_v2.tflite labels-file=labels.txt post-messages=true ! fakesink
 * ]| Prints what a photograph shows.
 *
 * |[
 * gst-launch-1.0 -m v4l2src ! mobilenetclassify model-file=mobilenet_v2.tflite top-k=1 score-threshold=0.5 inference-interval=5 post-messages=true ! videoconvert ! autovideosink
 * ]| Looks at every fifth frame of a camera, which never waits for it.
 *
 * |[
 * gst-launch-1.0 -m filesrc location=dogs.jpg ! decodebin ! mobilenetssd model-file=coco_ssd.tflite ! mobilenetclassify regions=true classes=dog model-file=mobilenet_v2.tflite labels-file=labels.txt post-messages=true ! fakesink
 * ]| Finds dogs and tells their breeds.
 */

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetclasslist.h"
#include "gstmobilenetclassify.h"
#include "gstmobilenetclassifysettings.h"
#include "gstmobilenetmeans.h"
#include "gstmobilenetregions.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_classify_debug);
#define GST_CAT_DEFAULT gst_mobilenet_classify_debug

/* Things whose scores are remembered, for each that may be looked at: one may be
 * none of the best for some frames. */
#define THINGS_PER_REGION 2

/* What is made of a network. */
typedef struct
{
  MnetClassifier *classifier;
  const gchar *model;
  guint n_regions;              /* as the element's when it was made */

  /* The computing thread's. */
  GstMobilenetMeans *means;     /* of the frame, or of regions by their id */
  gfloat *scores;               /* as many as there are classes */
  MnetClass *best;              /* likewise */
  GstMobilenetClassificationResult *results;    /* likewise */
  GstMobilenetClassification *said[GST_MOBILENET_MAX_VIEWS];    /* of views */
} Reader;

struct _GstMobilenetClassify
{
  GstMobilenetFilter parent;

  /* Under the object lock.  What follows the settings is what they say, or,
   * where those were changed to something malformed, said. */
  GstMobilenetClassifySettings settings;
  guint top_k;
  gdouble score_threshold;
  gdouble smoothing;

  guint n_regions;              /* most regions of a frame; 0: the frame.  Only
                                 * start changes it */

  /* From start to stop; the streaming thread's in between. */
  gchar **wanted;               /* the property classes; empty: all */
  gint64 deadline;              /* monotonic time at which detections that are
                                 * missing are told; 0: no frame has come */
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetClassify, gst_mobilenet_classify,
    GST_TYPE_MOBILENET_FILTER,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_classify_debug, "mobilenetclassify",
        0, "what mobilenetclassify finds"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetclassify, "mobilenetclassify",
    GST_RANK_NONE, GST_TYPE_MOBILENET_CLASSIFY);

/* With the object lock: the settings are in force from now on, or, FALSE and
 * `error` filled, what was in force is. */
static gboolean
apply_settings (GstMobilenetClassify * self, MnetError * error)
{
  const GstMobilenetClassifySettings *settings = &self->settings;

  if (!gst_mobilenet_classify_settings_check (settings, error))
    return FALSE;
  self->top_k = settings->top_k;
  self->score_threshold = settings->score_threshold;
  self->smoothing = settings->smoothing;
  return TRUE;
}

static void
gst_mobilenet_classify_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (object);
  MnetError error = { MNET_OK, "" };
  gboolean applied = TRUE, runs;

  GST_OBJECT_LOCK (self);
  runs = GST_STATE (self) > GST_STATE_READY;
  if (!gst_mobilenet_classify_settings_set (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  else
    applied = apply_settings (self, &error);
  GST_OBJECT_UNLOCK (self);
  /* Else the start tells it. */
  if (!applied && runs)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("%s; the element goes on as before", error.text), (NULL));
}

static void
gst_mobilenet_classify_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (object);

  GST_OBJECT_LOCK (self);
  if (!gst_mobilenet_classify_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mobilenet_classify_finalize (GObject * object)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (object);

  gst_mobilenet_classify_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_mobilenet_classify_parent_class)->finalize (object);
}

static gboolean
gst_mobilenet_classify_start (GstMobilenetFilter * filter,
    GstMobilenetResults * results, MnetError * error)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);

  GST_OBJECT_LOCK (self);
  self->n_regions = self->settings.regions ? self->settings.max_regions : 0;
  if (apply_settings (self, error))
    self->wanted =
        gst_mobilenet_class_list_parse (self->settings.classes, error);
  self->deadline = 0;
  GST_OBJECT_UNLOCK (self);
  if (self->n_regions) {
    results->type = GST_TYPE_MOBILENET_DETECTION;
    results->max_views = self->n_regions;
  }
  return self->wanted != NULL;
}

static void
gst_mobilenet_classify_stop (GstMobilenetFilter * filter)
{
  g_clear_pointer (&GST_MOBILENET_CLASSIFY (filter)->wanted, g_strfreev);
}

/* Says so when a network is refused because it is for another element. */
static void
explain_refusal (const MnetModel * model, MnetError * error)
{
  MnetError ignored = { MNET_OK, "" };
  MnetDetector *detector = mnet_detector_new (model, NULL, NULL, &ignored);

  if (detector)
    g_snprintf (error->text, sizeof (error->text), "the network is a detector, "
        "it finds boxes; use the element mobilenetssd");
  else
    g_strlcat (error->text, " (detectors are for the element mobilenetssd)",
        sizeof (error->text));
  mnet_detector_free (detector);
}

/* Is the network a classifier that the element can use as it is set? */
static gboolean
check_model (const MnetModel * model, guint n_regions, MnetError * error)
{
  error->status = MNET_ERROR_UNSUPPORTED;
  if (mnet_model_n_outputs (model) != 1) {
    g_snprintf (error->text, sizeof (error->text), "the model has %"
        G_GSIZE_FORMAT " outputs, expected a classifier with one: a score for "
        "each class", mnet_model_n_outputs (model));
    explain_refusal (model, error);
    return FALSE;
  }
  if (n_regions && mnet_model_n_states (model) > 0) {
    g_snprintf (error->text, sizeof (error->text), "the network keeps a state "
        "from frame to frame, which regions=true does not allow");
    return FALSE;
  }
  return TRUE;
}

static void
gst_mobilenet_classify_close (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  mnet_classifier_free (reader->classifier);
  gst_mobilenet_means_free (reader->means);
  g_free (reader->scores);
  g_free (reader->best);
  g_free (reader->results);
  g_free (reader);
}

static gpointer
gst_mobilenet_classify_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);
  MnetClassifier *classifier;
  guint n_regions;
  Reader *reader;
  gsize classes;

  GST_OBJECT_LOCK (self);
  n_regions = self->n_regions;
  GST_OBJECT_UNLOCK (self);
  if (!check_model (model, n_regions, error))
    return NULL;
  if (!labels)
    labels = mnet_model_labels (model, 0);
  classifier = mnet_classifier_new (mnet_model_output (model, 0), labels,
      error);
  if (!classifier)
    return NULL;
  if (!labels)
    GST_INFO_OBJECT (filter, "%s holds no labels: classes are told by their "
        "index; set the property labels-file to name them", name);
  classes = mnet_classifier_classes (classifier);
  reader = g_new0 (Reader, 1);
  reader->classifier = classifier;
  reader->model = name;
  reader->n_regions = n_regions;
  reader->scores = g_new (gfloat, classes);
  reader->best = g_new (MnetClass, classes);
  reader->results = g_new (GstMobilenetClassificationResult, classes);
  reader->means = gst_mobilenet_means_new (classes, n_regions ?
      THINGS_PER_REGION * n_regions : 1);
  if (reader->means)
    return reader;
  error->status = MNET_ERROR_MEMORY;
  g_snprintf (error->text, sizeof (error->text), "no memory for the scores of %"
      G_GSIZE_FORMAT " classes", classes);
  gst_mobilenet_classify_close (filter, reader);
  return NULL;
}

/* Frames of a first stage in mode latest carry nothing until its first result is
 * there, however many they are: time tells, or the end of the stream. */
#define LONGEST_WAIT (10 * G_TIME_SPAN_SECOND)
#define NEVER G_MAXINT64

static void
tell_missing_detections (GstMobilenetClassify * self)
{
  self->deadline = NEVER;
  GST_ELEMENT_WARNING (self, STREAM, FAILED, ("regions=true, but no frame "
          "carries a GstMobilenetDetectionMeta: nothing is classified; "
          "mobilenetssd must stand before this element and have had time for a "
          "result"), (NULL));
}

/* Warns once when nothing upstream finds anything to look at. */
static void
expect_detections (GstMobilenetClassify * self, GstBuffer * buffer)
{
  gint64 now;

  if (self->deadline == NEVER)
    return;
  now = g_get_monotonic_time ();
  if (gst_buffer_get_mobilenet_detection_meta (buffer))
    self->deadline = NEVER;
  else if (self->deadline == 0)
    self->deadline = now + LONGEST_WAIT;
  else if (now > self->deadline)
    tell_missing_detections (self);
}

static gboolean
gst_mobilenet_classify_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->deadline != 0
      && self->deadline != NEVER)
    tell_missing_detections (self);
  return GST_BASE_TRANSFORM_CLASS (gst_mobilenet_classify_parent_class)
      ->sink_event (trans, event);
}

static void
gst_mobilenet_classify_views (GstMobilenetFilter * filter, GstBuffer * buffer,
    const MnetPlanes * planes, const GstMobilenetViewRequest * request,
    GstMobilenetFrame * frame)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);

  if (!self->n_regions)
    return;
  expect_detections (self, buffer);
  gst_mobilenet_regions_choose (buffer, self->wanted, self->n_regions, frame);
}

static void
gst_mobilenet_classify_reset (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  gst_mobilenet_means_reset (reader->means);
}

/* The best classes of an output, or, with smoothing, of the mean of the scores of
 * thing `id`.  Returns how many there are. */
static gsize
find_best (Reader * reader, gconstpointer output, guint id, gdouble smoothing,
    gsize k, gfloat threshold)
{
  const gfloat *means;

  if (smoothing == 0) {
    gst_mobilenet_means_reset (reader->means);
    return mnet_classifier_decode (reader->classifier, output, k, threshold,
        reader->best);
  }
  mnet_classifier_scores (reader->classifier, output, reader->scores);
  means = gst_mobilenet_means_add (reader->means, id, reader->scores,
      smoothing);
  return mnet_classifier_best (reader->classifier, means, k, threshold,
      reader->best);
}

static void
gst_mobilenet_classify_decode (GstMobilenetFilter * filter, gpointer user,
    MnetSession * session, const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);
  Reader *reader = user;
  gdouble threshold, smoothing;
  gsize k, n, i;

  GST_OBJECT_LOCK (self);
  k = self->top_k;
  threshold = self->score_threshold;
  smoothing = self->smoothing;
  GST_OBJECT_UNLOCK (self);

  k = CLAMP (k, 1, mnet_classifier_classes (reader->classifier));
  n = find_best (reader, mnet_session_output (session, 0),
      frame->views[view].tag, smoothing, k, (gfloat) threshold);
  for (i = 0; i < n; i++) {
    reader->results[i].index = reader->best[i].index;
    reader->results[i].label = reader->best[i].label;
    reader->results[i].score = reader->best[i].score;
  }
  if (n)
    GST_LOG_OBJECT (self, "frame %" GST_TIME_FORMAT ", view %u: %u %s %.3f",
        GST_TIME_ARGS (frame->pts), view, reader->best[0].index,
        reader->best[0].label, reader->best[0].score);
  else
    GST_LOG_OBJECT (self, "frame %" GST_TIME_FORMAT ", view %u: no class "
        "reaches score-threshold", GST_TIME_ARGS (frame->pts), view);
  reader->said[view] =
      gst_mobilenet_classification_new (reader->model, frame->pts,
      reader->results, n);
}

static gpointer
gst_mobilenet_classify_finish (GstMobilenetFilter * filter, gpointer user,
    const GstMobilenetFrame * frame)
{
  Reader *reader = user;
  GstMobilenetDetection *regions;
  guint i;

  /* NULL when a stop came before the only view was computed. */
  if (!reader->n_regions)
    return g_steal_pointer (&reader->said[0]);
  regions = gst_mobilenet_regions_new (reader->model, frame, reader->said);
  for (i = 0; i < frame->n_views; i++)
    gst_mobilenet_classification_unref (reader->said[i]);
  return regions;
}

static void
gst_mobilenet_classify_attach (GstMobilenetFilter * filter, GstBuffer * buffer,
    gint width, gint height, gpointer result, GstClockTime age)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);

  if (self->n_regions)
    gst_mobilenet_regions_attach (buffer, self->wanted, width, height, result);
  else
    gst_buffer_add_mobilenet_classification_meta (buffer, result, age);
}

static GstStructure *
gst_mobilenet_classify_describe (GstMobilenetFilter * filter, gpointer result,
    GstClockTime age, guint i)
{
  GstMobilenetClassify *self = GST_MOBILENET_CLASSIFY (filter);
  const GstMobilenetClassificationMeta said = {.classification = result,.age =
        age
  };

  if (self->n_regions)
    return gst_mobilenet_regions_describe (result, age, i);
  return i > 0 ? NULL : gst_mobilenet_classification_meta_to_structure (&said);
}

static void
gst_mobilenet_classify_class_init (GstMobilenetClassifyClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstMobilenetFilterClass *filter_class = GST_MOBILENET_FILTER_CLASS (klass);

  object_class->set_property = gst_mobilenet_classify_set_property;
  object_class->get_property = gst_mobilenet_classify_get_property;
  object_class->finalize = gst_mobilenet_classify_finalize;
  gst_mobilenet_classify_settings_install (object_class);

  gst_element_class_set_static_metadata (element_class,
      "MobileNet image classifier", "Filter/Analyzer/Video",
      "Names what video frames show: attaches the best classes of a MobileNet "
      "(.tflite) to them as GstMobilenetClassificationMeta",
      "The gst-mobilenet authors");

  GST_BASE_TRANSFORM_CLASS (klass)->sink_event =
      gst_mobilenet_classify_sink_event;

  filter_class->result_type = GST_TYPE_MOBILENET_CLASSIFICATION;
  filter_class->has_built_in = TRUE;
  filter_class->start = gst_mobilenet_classify_start;
  filter_class->stop = gst_mobilenet_classify_stop;
  filter_class->open = gst_mobilenet_classify_open;
  filter_class->close = gst_mobilenet_classify_close;
  filter_class->views = gst_mobilenet_classify_views;
  filter_class->reset = gst_mobilenet_classify_reset;
  filter_class->decode = gst_mobilenet_classify_decode;
  filter_class->finish = gst_mobilenet_classify_finish;
  filter_class->attach = gst_mobilenet_classify_attach;
  filter_class->describe = gst_mobilenet_classify_describe;
}

static void
gst_mobilenet_classify_init (GstMobilenetClassify * self)
{
  gst_mobilenet_classify_settings_init (&self->settings);
}
