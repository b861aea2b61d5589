/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetseg: tells which class each part of a frame belongs to. */
/**
 * SECTION:element-mobilenetseg
 * @title: mobilenetseg
 * @short_description: tells which class each part of a video frame belongs to
 * @see_also: #GstMobilenetSegmentationMeta, mobilenetoverlay
 *
 * Shows frames to a segmenting network on a MobileNet and attaches the class of
 * each pixel of its map, and how probable it is, as #GstMobilenetSegmentationMeta:
 * maps at the network's resolution, with the exact place that they cover on the
 * frame. With #post-messages each new result is also posted as an element message
 * named `mobilenet-segmentation` with the fields `timestamp`, `stream-time` and
 * `running-time` of the frame that carries it first, `source-pts` of the frame that
 * was analysed, `age` between the two (all guint64, ns), `model` (string) and
 * `results`: a #GstValueArray of structures `result` with `index` (guint), `label`
 * (string), `score` (double), the mean probability of the pixels of the class, and
 * `share` (double), how much of the picture they are, the largest first.
 *
 * Class maps (ARG_MAX), scores of each class (probabilities or logits of floats or 8
 * bits, channels last or first), one probability for each pixel (class 1 where it is
 * at least one half, else class 0) and any of them flattened are recognised by
 * their shapes and types. Class maps have no probabilities. Where several outputs
 * are such, #output chooses one.
 *
 * Classes are named by the labels in the model or by #labels-file. With #classes
 * pixels of other ones, but the background, become
 * %GST_MOBILENET_SEGMENTATION_NONE. Which class is the background, what
 * mobilenetoverlay does not draw, is told by its label "background"; it is class 0
 * of two and of networks without labels, unless #background-class says otherwise.
 *
 * With #smoothing what earlier analysed frames said counts for each pixel, so that
 * masks do not flicker: what a frame says is weighed with its probability, and a
 * class takes the place of another one once more speaks for it. Of two classes that
 * is the mean of their probabilities. With 0.7 a pixel whose class has changed for
 * sure follows in the second frame, with less than 0.5 in the first. Nothing of
 * before a seek, new caps or another model is in it.
 *
 * How frames are taken, which of them are analysed, what happens where time is short
 * and when #model-file is set while frames flow is as with mobilenetclassify.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite smoothing=0.7 ! mobilenetoverlay ! videoconvert ! autovideosink
 * ]| Colors the person before a camera.
 *
 * |[
 * gst-launch-1.0 -m filesrc location=street.jpg ! decodebin ! mobilenetseg model-file=deeplabv3.tflite labels-file=voc.txt classes=person,car post-messages=true ! fakesink
 * ]| How much of a photograph persons and cars are.
 */

#include <gst/mobilenet/gstmobilenetmeta.h>
#include <string.h>

#include "gstmobilenetmeans.h"
#include "gstmobilenetseg.h"
#include "gstmobilenetvotes.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_seg_debug);
#define GST_CAT_DEFAULT gst_mobilenet_seg_debug

#define N_CLASSES MNET_MAX_SEGMENT_CLASSES
#define BACKGROUND_AUTO -2
#define BACKGROUND_NONE -1
#define OUTPUT_AUTO -1

enum
{
  PROP_0,
  PROP_SMOOTHING,
  PROP_CLASSES,
  PROP_BACKGROUND_CLASS,
  PROP_OUTPUT,
};

/* What is made of a network. */
typedef struct
{
  MnetSegmenter *segmenter;
  const gchar *model;
  gsize output;                 /* number of the output that it reads */
  gint input_width, input_height;
  gint background;
  const gchar *labels[N_CLASSES];
  guint8 shown_as[256];         /* what classes are in results */
  gboolean all;                 /* that is: what they are */

  /* The computing thread's. */
  GstMobilenetVotes *votes;
  GstMobilenetSegmentation *said;       /* of the view; NULL: nothing yet */
} Reader;

struct _GstMobilenetSeg
{
  GstMobilenetFilter parent;

  /* Under the object lock. */
  gdouble smoothing;
  gdouble smoothing_in_force;   /* not what was set and is malformed */
  gchar *classes;
  gint background_class;
  gint output;
};

G_DEFINE_TYPE_WITH_CODE (GstMobilenetSeg, gst_mobilenet_seg,
    GST_TYPE_MOBILENET_FILTER,
    GST_DEBUG_CATEGORY_INIT (gst_mobilenet_seg_debug, "mobilenetseg", 0,
        "what mobilenetseg finds"));
GST_ELEMENT_REGISTER_DEFINE (mobilenetseg, "mobilenetseg", GST_RANK_NONE,
    GST_TYPE_MOBILENET_SEG);

/* With the object lock: the settings are in force from now on, or, FALSE and
 * `error` filled, what was in force is. */
static gboolean
apply_settings (GstMobilenetSeg * self, MnetError * error)
{
  if (!gst_mobilenet_smoothing_check (self->smoothing, error))
    return FALSE;
  self->smoothing_in_force = self->smoothing;
  return TRUE;
}

static void
gst_mobilenet_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (object);
  MnetError error = { MNET_OK, "" };
  gboolean applied, runs;

  GST_OBJECT_LOCK (self);
  runs = GST_STATE (self) > GST_STATE_READY;
  switch (prop_id) {
    case PROP_SMOOTHING:
      self->smoothing = g_value_get_double (value);
      break;
    case PROP_CLASSES:
      g_free (self->classes);
      self->classes = g_value_dup_string (value);
      break;
    case PROP_BACKGROUND_CLASS:
      self->background_class = g_value_get_int (value);
      break;
    case PROP_OUTPUT:
      self->output = g_value_get_int (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  applied = apply_settings (self, &error);
  GST_OBJECT_UNLOCK (self);
  /* Else the start tells it. */
  if (!applied && runs)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("%s; the element goes on as before", error.text), (NULL));
}

static void
gst_mobilenet_seg_get_property (GObject * object, guint prop_id,
    GValue * value, GParamSpec * pspec)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_SMOOTHING:
      g_value_set_double (value, self->smoothing);
      break;
    case PROP_CLASSES:
      g_value_set_string (value, self->classes);
      break;
    case PROP_BACKGROUND_CLASS:
      g_value_set_int (value, self->background_class);
      break;
    case PROP_OUTPUT:
      g_value_set_int (value, self->output);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mobilenet_seg_finalize (GObject * object)
{
  g_free (GST_MOBILENET_SEG (object)->classes);
  G_OBJECT_CLASS (gst_mobilenet_seg_parent_class)->finalize (object);
}

static gboolean
gst_mobilenet_seg_start (GstMobilenetFilter * filter,
    GstMobilenetResults * results, MnetError * error)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (filter);
  gboolean valid;

  GST_OBJECT_LOCK (self);
  valid = apply_settings (self, error);
  GST_OBJECT_UNLOCK (self);
  return valid;
}

static gboolean
refuse (MnetError * error, MnetStatus status, const gchar * format, ...)
{
  va_list arguments;

  error->status = status;
  va_start (arguments, format);
  g_vsnprintf (error->text, sizeof (error->text), format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Says so when a network is refused because it is for another element. */
static void
explain_refusal (const MnetModel * model, MnetError * error)
{
  MnetError ignored = { MNET_OK, "" };
  MnetDetector *detector = mnet_detector_new (model, NULL, NULL, &ignored);
  MnetClassifier *classifier = mnet_model_n_outputs (model) != 1 ? NULL :
      mnet_classifier_new (mnet_model_output (model, 0), NULL, &ignored);

  if (detector)
    refuse (error, MNET_ERROR_UNSUPPORTED,
        "the network is a detector, it finds "
        "boxes; use the element mobilenetssd");
  else if (classifier)
    refuse (error, MNET_ERROR_UNSUPPORTED, "the network is a classifier of %"
        G_GSIZE_FORMAT " classes for the whole picture; use the element "
        "mobilenetclassify", mnet_classifier_classes (classifier));
  mnet_detector_free (detector);
  mnet_classifier_free (classifier);
}

static MnetSegmenter *
open_output (const MnetModel * model, gsize output, const MnetLabels * labels,
    MnetError * error)
{
  return mnet_segmenter_new (mnet_model_input (model, 0),
      mnet_model_output (model, output),
      labels ? labels : mnet_model_labels (model, output), error);
}

/* The only output that is a map, unless `wanted` names one.  FALSE and `error`
 * filled when there is none, or more. */
static gboolean
choose_output (Reader * reader, const MnetModel * model, gint wanted,
    const MnetLabels * labels, MnetError * error)
{
  gsize n = mnet_model_n_outputs (model), i;
  MnetError first = { MNET_OK, "" };

  if (wanted >= 0 && (gsize) wanted >= n)
    return refuse (error, MNET_ERROR_ARGUMENT, "property output is %d, but the "
        "model has %" G_GSIZE_FORMAT " outputs, expected less", wanted, n);
  for (i = 0; i < n; i++) {
    MnetError *told = first.status == MNET_OK ? &first : error;
    MnetSegmenter *segmenter;

    if (wanted >= 0 && (gsize) wanted != i)
      continue;
    segmenter = open_output (model, i, labels, told);
    if (segmenter && reader->segmenter) {
      mnet_segmenter_free (segmenter);
      return refuse (error, MNET_ERROR_UNSUPPORTED, "outputs %" G_GSIZE_FORMAT
          " and %" G_GSIZE_FORMAT " of the model are both maps of classes; set "
          "the property output to one of these numbers", reader->output, i);
    }
    if (segmenter) {
      reader->segmenter = segmenter;
      reader->output = i;
    }
  }
  if (reader->segmenter)
    return TRUE;
  *error = first;
  explain_refusal (model, error);
  return FALSE;
}

static gint
find_label (const Reader * reader, const gchar * label)
{
  gint i;

  for (i = 0; i < N_CLASSES; i++)
    if (*label && g_ascii_strcasecmp (reader->labels[i], label) == 0)
      return i;
  return -1;
}

static gboolean
choose_background (Reader * reader, gint wanted, MnetError * error)
{
  gsize classes = mnet_segmenter_classes (reader->segmenter);

  reader->background = wanted;
  if (wanted == BACKGROUND_AUTO) {
    reader->background = find_label (reader, "background");
    if (reader->background < 0 && (classes == 2 || !*reader->labels[0]))
      reader->background = 0;
  }
  if (classes && reader->background >= (gint) classes)
    return refuse (error, MNET_ERROR_ARGUMENT,
        "property background-class is %d, " "but the network has %"
        G_GSIZE_FORMAT " classes, expected less, or -1 " "for none", wanted,
        classes);
  return TRUE;
}

/* The class that `item`, a label or a number, names; -1: none. */
static gint
class_of_item (const Reader * reader, const gchar * item)
{
  gsize classes = mnet_segmenter_classes (reader->segmenter);
  gint index = find_label (reader, item);
  guint64 number;

  if (index >= 0)
    return index;
  return g_ascii_string_to_unsigned (item, 10, 0,
      (classes ? classes : N_CLASSES) - 1, &number, NULL) ? (gint) number : -1;
}

/* `classes` is the property, or NULL. */
static gboolean
choose_classes (Reader * reader, const gchar * classes, MnetError * error)
{
  gchar **items = g_strsplit (classes ? classes : "", ",", -1);
  gboolean valid = TRUE;
  guint i;

  reader->all = !items[0];
  for (i = 0; i < 256; i++)
    reader->shown_as[i] = reader->all ? i : MNET_NO_SEGMENT;
  if (reader->background >= 0)
    reader->shown_as[reader->background] = reader->background;
  for (i = 0; items[i] && valid; i++) {
    gint index = class_of_item (reader, g_strstrip (items[i]));

    if (index >= 0)
      reader->shown_as[index] = index;
    else
      valid = refuse (error, MNET_ERROR_ARGUMENT, "property classes names "
          "\"%.80s\", which is neither a label nor the number of a class of the "
          "network", items[i]);
  }
  g_strfreev (items);
  return valid;
}

static void
gst_mobilenet_seg_close (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  mnet_segmenter_free (reader->segmenter);
  gst_mobilenet_votes_free (reader->votes);
  g_clear_pointer (&reader->said, gst_mobilenet_segmentation_unref);
  g_free (reader);
}

static gsize
n_pixels (const Reader * reader)
{
  return (gsize) mnet_segmenter_width (reader->segmenter) *
      mnet_segmenter_height (reader->segmenter);
}

static gboolean
make_votes (Reader * reader, MnetError * error)
{
  reader->votes = gst_mobilenet_votes_new (n_pixels (reader),
      mnet_segmenter_classes (reader->segmenter) == 2);
  return reader->votes
      || refuse (error, MNET_ERROR_MEMORY,
      "no memory for a map " "of %" G_GSIZE_FORMAT " pixels",
      n_pixels (reader));
}

/* Networks that are shown the mask of the frame before as a fourth channel. */
static gboolean
check_input (Reader * reader, const MnetTensorInfo * input, MnetError * error)
{
  gboolean first = input->channels_first;

  reader->input_width = input->dims[first ? 3 : 2];
  reader->input_height = input->dims[first ? 2 : 1];
  if (input->dims[first ? 1 : 3] == 4)
    return refuse (error, MNET_ERROR_UNSUPPORTED, "its input has 4 channels, "
        "expected 3 or 1: networks that are given their previous mask are not "
        "supported");
  return TRUE;
}

static gpointer
gst_mobilenet_seg_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (filter);
  Reader *reader = g_new0 (Reader, 1);
  gint background, output;
  gchar *classes;
  gboolean opened;
  guint i;

  GST_OBJECT_LOCK (self);
  classes = g_strdup (self->classes);
  background = self->background_class;
  output = self->output;
  GST_OBJECT_UNLOCK (self);
  reader->model = name;
  opened = choose_output (reader, model, output, labels, error)
      && check_input (reader, mnet_model_input (model, 0), error);
  for (i = 0; opened && i < N_CLASSES; i++)
    reader->labels[i] = mnet_segmenter_label (reader->segmenter, i);
  opened = opened && choose_background (reader, background, error)
      && choose_classes (reader, classes, error) && make_votes (reader, error);
  g_free (classes);
  if (opened)
    return reader;
  gst_mobilenet_seg_close (filter, reader);
  return NULL;
}

static void
gst_mobilenet_seg_reset (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  gst_mobilenet_votes_reset (reader->votes);
}

/* Where the map of a view lies on the frame; its corners are those of the network's
 * picture. */
static void
find_place (const Reader * reader, const GstMobilenetView * view,
    GstMobilenetSegmentationPlace * place)
{
  place->x = view->geometry.offset_x;
  place->y = view->geometry.offset_y;
  place->w = view->geometry.scale_x * reader->input_width;
  place->h = view->geometry.scale_y * reader->input_height;
  place->seen_x = view->region.x;
  place->seen_y = view->region.y;
  place->seen_w = view->region.width;
  place->seen_h = view->region.height;
}

static void
steady (Reader * reader, guint8 * classes, guint8 * confidences,
    gdouble smoothing)
{
  if (smoothing == 0)
    gst_mobilenet_votes_reset (reader->votes);
  else
    gst_mobilenet_votes_add (reader->votes, classes, confidences, smoothing);
}

static void
gst_mobilenet_seg_decode (GstMobilenetFilter * filter, gpointer user,
    MnetSession * session, const GstMobilenetFrame * frame, guint view)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (filter);
  GstMobilenetSegmentationPlace place;
  Reader *reader = user;
  const MnetSegmenter *segmenter = reader->segmenter;
  gsize n = n_pixels (reader), i;
  guint8 *classes = g_malloc (n), *confidences = NULL;
  GBytes *maps[2] = { NULL, NULL };
  gdouble smoothing;

  GST_OBJECT_LOCK (self);
  smoothing = self->smoothing_in_force;
  GST_OBJECT_UNLOCK (self);
  if (mnet_segmenter_kind (segmenter) != MNET_SEGMENTS_CLASSES)
    confidences = g_malloc (n);
  mnet_segmenter_decode (segmenter, mnet_session_output (session,
          reader->output), classes, confidences);
  steady (reader, classes, confidences, smoothing);
  for (i = 0; !reader->all && i < n; i++)
    classes[i] = reader->shown_as[classes[i]];
  find_place (reader, &frame->views[view], &place);
  maps[0] = g_bytes_new_take (classes, n);
  if (confidences)
    maps[1] = g_bytes_new_take (confidences, n);
  reader->said = gst_mobilenet_segmentation_new (reader->model, frame->pts,
      mnet_segmenter_width (segmenter), mnet_segmenter_height (segmenter),
      maps[0], maps[1], &place, reader->labels, N_CLASSES, reader->background);
  g_bytes_unref (maps[0]);
  g_clear_pointer (&maps[1], g_bytes_unref);
  GST_LOG_OBJECT (self, "frame %" GST_TIME_FORMAT ": %u classes",
      GST_TIME_ARGS (frame->pts),
      gst_mobilenet_segmentation_get_n_results (reader->said));
}

static gpointer
gst_mobilenet_seg_finish (GstMobilenetFilter * filter, gpointer user,
    const GstMobilenetFrame * frame)
{
  Reader *reader = user;

  /* NULL when a stop came before the only view was computed. */
  return g_steal_pointer (&reader->said);
}

static void
gst_mobilenet_seg_attach (GstMobilenetFilter * filter, GstBuffer * buffer,
    gint width, gint height, gpointer result, GstClockTime age)
{
  gst_buffer_add_mobilenet_segmentation_meta (buffer, result, age);
}

static GstStructure *
gst_mobilenet_seg_describe (GstMobilenetFilter * filter, gpointer result,
    GstClockTime age, guint i)
{
  const GstMobilenetSegmentationMeta said = {.segmentation = result,.age = age
  };

  return i > 0 ? NULL : gst_mobilenet_segmentation_meta_to_structure (&said);
}

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

static void
install_properties (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_SMOOTHING,
      g_param_spec_double ("smoothing", "Smoothing",
          "Keep masks from flickering: the weight of what earlier analysed "
          "frames said. 0 or more and less than 1; 0: off", -G_MAXDOUBLE,
          G_MAXDOUBLE, 0, ANY_TIME));
  g_object_class_install_property (klass, PROP_CLASSES,
      g_param_spec_string ("classes", "Classes",
          "Only these classes and the background, labels or numbers separated "
          "by commas, e.g. person,dog (unset: all)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_BACKGROUND_CLASS,
      g_param_spec_int ("background-class", "Background class",
          "Number of the class that is none of the others. -1: there is none; -2: "
          "by its label, else 0 of two classes or without labels",
          BACKGROUND_AUTO, N_CLASSES - 1, BACKGROUND_AUTO, AT_START));
  g_object_class_install_property (klass, PROP_OUTPUT,
      g_param_spec_int ("output", "Output",
          "Number of the output that is the map. -1: the only one that can be",
          OUTPUT_AUTO, G_MAXINT, OUTPUT_AUTO, AT_START));
}

static void
gst_mobilenet_seg_class_init (GstMobilenetSegClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstMobilenetFilterClass *filter_class = GST_MOBILENET_FILTER_CLASS (klass);

  object_class->set_property = gst_mobilenet_seg_set_property;
  object_class->get_property = gst_mobilenet_seg_get_property;
  object_class->finalize = gst_mobilenet_seg_finalize;
  install_properties (object_class);

  gst_element_class_set_static_metadata (element_class,
      "MobileNet segmentation", "Filter/Analyzer/Video",
      "Tells which class each part of video frames belongs to: attaches the maps "
      "of a MobileNet (.tflite) to them as GstMobilenetSegmentationMeta",
      "The gst-mobilenet authors");

  filter_class->result_type = GST_TYPE_MOBILENET_SEGMENTATION;
  filter_class->start = gst_mobilenet_seg_start;
  filter_class->open = gst_mobilenet_seg_open;
  filter_class->close = gst_mobilenet_seg_close;
  filter_class->reset = gst_mobilenet_seg_reset;
  filter_class->decode = gst_mobilenet_seg_decode;
  filter_class->finish = gst_mobilenet_seg_finish;
  filter_class->attach = gst_mobilenet_seg_attach;
  filter_class->describe = gst_mobilenet_seg_describe;
}

static void
gst_mobilenet_seg_init (GstMobilenetSeg * self)
{
  self->background_class = BACKGROUND_AUTO;
  self->output = OUTPUT_AUTO;
}
