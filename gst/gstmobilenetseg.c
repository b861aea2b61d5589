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
 * class takes the place of another one once more speaks for it by three tenths of
 * the smoothing. Of two classes that is the mean of their probabilities. A pixel whose
 * class has changed for sure follows in the second frame with 0.5, in the third with
 * 0.7, in the first with less than 0.43. Nothing of before a seek, new caps or another
 * model is in it.
 *
 * Networks whose picture has a fourth channel, their own mask of the frame before,
 * are given that of the last analysed frame, as it came out of the network; none at
 * first and after a seek, new caps or another model. Those made with Caffe want
 * #channel-order=bgr, which is also guessed from the range of an int8 input.
 *
 * How frames are taken, which of them are analysed, what happens where time is short
 * and when #model-file is set while frames flow is as with mobilenetclassify.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 v4l2src ! mobilenetseg model-file=selfie_segmentation.tflite input-range=zero-one smoothing=0.5 ! mobilenetoverlay ! videoconvert ! autovideosink
 * ]| Colors the person before a camera.
 *
 * |[
 * gst-launch-1.0 -m filesrc location=street.jpg ! decodebin ! mobilenetseg model-file=deeplabv3.tflite labels-file=voc.txt classes=person,car post-messages=true ! fakesink
 * ]| How much of a photograph persons and cars are.
 */

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetmeans.h"
#include "gstmobilenetseg.h"
#include "gstmobilenetsegnetwork.h"
#include "gstmobilenetvotes.h"

GST_DEBUG_CATEGORY_STATIC (gst_mobilenet_seg_debug);
#define GST_CAT_DEFAULT gst_mobilenet_seg_debug

#define N_CLASSES MNET_MAX_SEGMENT_CLASSES
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
  GstMobilenetSegNetwork network;
  const gchar *model;

  /* The computing thread's. */
  GstMobilenetVotes *votes;
  gboolean seen;                /* the last run was on a frame of this stream */
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

static void
gst_mobilenet_seg_close (GstMobilenetFilter * filter, gpointer user)
{
  Reader *reader = user;

  gst_mobilenet_seg_network_clear (&reader->network);
  gst_mobilenet_votes_free (reader->votes);
  g_clear_pointer (&reader->said, gst_mobilenet_segmentation_unref);
  g_free (reader);
}

static gsize
n_pixels (const Reader * reader)
{
  return (gsize) mnet_segmenter_width (reader->network.segmenter) *
      mnet_segmenter_height (reader->network.segmenter);
}

static gboolean
make_votes (Reader * reader, MnetError * error)
{
  reader->votes = gst_mobilenet_votes_new (n_pixels (reader),
      mnet_segmenter_classes (reader->network.segmenter) == 2);
  if (reader->votes)
    return TRUE;
  error->status = MNET_ERROR_MEMORY;
  g_snprintf (error->text, sizeof (error->text), "no memory for a map of %"
      G_GSIZE_FORMAT " pixels", n_pixels (reader));
  return FALSE;
}

static gpointer
gst_mobilenet_seg_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  GstMobilenetSeg *self = GST_MOBILENET_SEG (filter);
  Reader *reader = g_new0 (Reader, 1);
  GstMobilenetSegWanted wanted;
  gboolean opened;
  gchar *classes;

  GST_OBJECT_LOCK (self);
  wanted.classes = classes = g_strdup (self->classes);
  wanted.background_class = self->background_class;
  wanted.output = self->output;
  GST_OBJECT_UNLOCK (self);
  reader->model = name;
  opened = gst_mobilenet_seg_network_open (&reader->network, model, labels,
      &wanted, error) && make_votes (reader, error);
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
  reader->seen = FALSE;
}

/* The mask that the network made of the frame it was shown last. */
static void
gst_mobilenet_seg_prepare (GstMobilenetFilter * filter, gpointer user,
    MnetSession * session, gpointer input)
{
  Reader *reader = user;

  mnet_segmenter_prior (reader->network.segmenter, !reader->seen ? NULL :
      mnet_session_output (session, reader->network.output), input);
  reader->seen = TRUE;
}

/* Where the map of a view lies on the frame; its corners are those of the network's
 * picture. */
static void
find_place (const Reader * reader, const GstMobilenetView * view,
    GstMobilenetSegmentationPlace * place)
{
  place->x = view->geometry.offset_x;
  place->y = view->geometry.offset_y;
  place->w = view->geometry.scale_x * reader->network.input_width;
  place->h = view->geometry.scale_y * reader->network.input_height;
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
  const MnetSegmenter *segmenter = reader->network.segmenter;
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
          reader->network.output), classes, confidences);
  steady (reader, classes, confidences, smoothing);
  for (i = 0; !reader->network.all && i < n; i++)
    classes[i] = reader->network.shown_as[classes[i]];
  find_place (reader, &frame->views[view], &place);
  maps[0] = g_bytes_new_take (classes, n);
  if (confidences)
    maps[1] = g_bytes_new_take (confidences, n);
  reader->said = gst_mobilenet_segmentation_new (reader->model, frame->pts,
      mnet_segmenter_width (segmenter), mnet_segmenter_height (segmenter),
      maps[0], maps[1], &place, reader->network.labels, N_CLASSES,
      reader->network.background);
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
          "frames said. 0 or more and less than 1; 0: off. 0.5 is recommended: "
          "less than half of the flicker, and masks follow an edge that moves "
          "in the next frame", -G_MAXDOUBLE, G_MAXDOUBLE, 0, ANY_TIME));
  g_object_class_install_property (klass, PROP_CLASSES,
      g_param_spec_string ("classes", "Classes",
          "Only these classes and the background, labels or numbers separated "
          "by commas, e.g. person,dog (unset: all)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_BACKGROUND_CLASS,
      g_param_spec_int ("background-class", "Background class",
          "Number of the class that is none of the others. -1: there is none; -2: "
          "by its label, else 0 of two classes or without labels",
          GST_MOBILENET_SEG_BACKGROUND_AUTO, N_CLASSES - 1,
          GST_MOBILENET_SEG_BACKGROUND_AUTO, AT_START));
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
  filter_class->prepare = gst_mobilenet_seg_prepare;
  filter_class->decode = gst_mobilenet_seg_decode;
  filter_class->finish = gst_mobilenet_seg_finish;
  filter_class->attach = gst_mobilenet_seg_attach;
  filter_class->describe = gst_mobilenet_seg_describe;
}

static void
gst_mobilenet_seg_init (GstMobilenetSeg * self)
{
  self->background_class = GST_MOBILENET_SEG_BACKGROUND_AUTO;
  self->output = OUTPUT_AUTO;
}
