/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetssd. */

#include <string.h>

#include "gstmobilenetmeans.h"
#include "gstmobilenetssdsettings.h"

enum
{
  PROP_0,
  PROP_SCORE_THRESHOLD,
  PROP_CLASS_THRESHOLDS,
  PROP_CLASSES,
  PROP_IOU_THRESHOLD,
  PROP_MAX_DETECTIONS,
  PROP_ANCHORS_FILE,
  PROP_BOX_FORMAT,
  PROP_SCORE_FORMAT,
  PROP_BACKGROUND_CLASS,
  PROP_TILES,
  PROP_OVERLAP,
  PROP_REGION,
  PROP_SMOOTHING,
  PROP_HOLD,
};

#define DEFAULT_SCORE_THRESHOLD 0.5
#define DEFAULT_MAX_DETECTIONS 100
#define DEFAULT_OVERLAP 0.2

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

GType
gst_mobilenet_box_format_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {MNET_BOXES_AUTO, "What shapes and operators tell", "auto"},
    {MNET_BOXES_CODES, "Centre y, centre x, height, width, relative to anchors",
        "codes"},
    {MNET_BOXES_CORNERS_XY, "Left, top, right, bottom", "corners-xy"},
    {MNET_BOXES_CORNERS_YX, "Top, left, bottom, right", "corners-yx"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetBoxFormat", values));
  return type;
}

GType
gst_mobilenet_score_format_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {MNET_SCORES_AUTO, "What operators and ranges tell", "auto"},
    {MNET_SCORES_PROBABILITIES, "Probabilities", "probabilities"},
    {MNET_SCORES_SIGMOID, "Logits of a sigmoid each", "sigmoid"},
    {MNET_SCORES_SOFTMAX, "Logits of a softmax over the classes of a box",
        "softmax"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetScoreFormat", values));
  return type;
}

GType
gst_mobilenet_background_class_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {MNET_BACKGROUND_AUTO, "What the labels and the network tell", "auto"},
    {MNET_BACKGROUND_NONE, "Every column of scores is a class", "none"},
    {MNET_BACKGROUND_FIRST, "The first column of scores is the background",
        "first"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetBackgroundClass", values));
  return type;
}

static void
install_thresholds (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_SCORE_THRESHOLD,
      g_param_spec_double ("score-threshold", "Score threshold",
          "Least score, a probability, of a detection. 0 to 1", -G_MAXDOUBLE,
          G_MAXDOUBLE, DEFAULT_SCORE_THRESHOLD, ANY_TIME));
  g_object_class_install_property (klass, PROP_CLASS_THRESHOLDS,
      g_param_spec_string ("class-thresholds", "Class thresholds",
          "Least scores of some classes in place of score-threshold, e.g. "
          "person=0.6,dog=0.3; classes by label or number", NULL, ANY_TIME));
  g_object_class_install_property (klass, PROP_CLASSES,
      g_param_spec_string ("classes", "Classes",
          "Only these classes: labels or numbers separated by commas, e.g. "
          "person,dog (unset: all)", NULL, ANY_TIME));
  g_object_class_install_property (klass, PROP_IOU_THRESHOLD,
      g_param_spec_double ("iou-threshold", "IoU threshold",
          "Boxes of a class whose intersection over union is larger are one "
          "thing. 0 to 1; 0: what suits the network, and 0.5 between tiles",
          -G_MAXDOUBLE, G_MAXDOUBLE, 0, ANY_TIME));
  g_object_class_install_property (klass, PROP_MAX_DETECTIONS,
      g_param_spec_uint ("max-detections", "Max detections",
          "Most detections of a frame, those of the highest score. 1 to "
          G_STRINGIFY (MNET_MAX_CANDIDATES), 0, G_MAXUINT,
          DEFAULT_MAX_DETECTIONS, ANY_TIME));
}

static void
install_format (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_ANCHORS_FILE,
      g_param_spec_string ("anchors-file", "Anchors file",
          "Boxes that the network's are relative to, text or float32, for "
          "networks that do not hold them (unset: those in the model file, "
          "else those of TensorFlow's Object Detection API)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_BOX_FORMAT,
      g_param_spec_enum ("box-format", "Box format",
          "What the four numbers of a box are, for networks that do not tell",
          GST_TYPE_MOBILENET_BOX_FORMAT, MNET_BOXES_AUTO, AT_START));
  g_object_class_install_property (klass, PROP_SCORE_FORMAT,
      g_param_spec_enum ("score-format", "Score format",
          "What the scores are, for networks that do not tell",
          GST_TYPE_MOBILENET_SCORE_FORMAT, MNET_SCORES_AUTO, AT_START));
  g_object_class_install_property (klass, PROP_BACKGROUND_CLASS,
      g_param_spec_enum ("background-class", "Background class",
          "Whether the scores have a column of the background, for networks "
          "that do not tell", GST_TYPE_MOBILENET_BACKGROUND_CLASS,
          MNET_BACKGROUND_AUTO, AT_START));
}

static void
install_tiles (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_TILES,
      g_param_spec_string ("tiles", "Tiles",
          "Show the network tiles of the picture, for small things: columns x "
          "rows, e.g. 3x2, or auto, tiles of at most twice the network's "
          "input; and after a comma whole, the whole picture, too, or motion, "
          "only tiles that changed, e.g. 3x2,whole,motion (unset: 1x1)", NULL,
          ANY_TIME));
  g_object_class_install_property (klass, PROP_OVERLAP,
      g_param_spec_double ("overlap", "Overlap",
          "How far neighbouring tiles overlap, as a fraction of a tile's side. "
          "0 to 0.9", -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_OVERLAP, ANY_TIME));
  g_object_class_install_property (klass, PROP_REGION,
      g_param_spec_string ("region", "Region",
          "The part of the picture that is looked at: x,y,width,height in "
          "fractions of it, e.g. 0,0.5,1,0.5 (unset: all)", NULL, ANY_TIME));
}

static void
install_steadiness (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_SMOOTHING,
      g_param_spec_double ("smoothing", "Smoothing",
          "Follow things from one analysed frame to the next and smooth their "
          "boxes, scores and labels: the weight of what was there before, for "
          "boxes times their overlap with it. 0 or more and less than 1; 0: off",
          -G_MAXDOUBLE, G_MAXDOUBLE, 0, ANY_TIME));
  g_object_class_install_property (klass, PROP_HOLD,
      g_param_spec_uint ("hold", "Hold",
          "Follow things from one analysed frame to the next and keep one that "
          "is missed, in ms after the frame in which it was found last. 0: off",
          0, G_MAXUINT, 0, ANY_TIME));
}

void
gst_mobilenet_ssd_settings_install (GObjectClass * klass)
{
  install_thresholds (klass);
  install_format (klass);
  install_tiles (klass);
  install_steadiness (klass);
}

void
gst_mobilenet_ssd_settings_init (GstMobilenetSsdSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->score_threshold = DEFAULT_SCORE_THRESHOLD;
  settings->max_detections = DEFAULT_MAX_DETECTIONS;
  settings->overlap = DEFAULT_OVERLAP;
}

void
gst_mobilenet_ssd_settings_clear (GstMobilenetSsdSettings * settings)
{
  g_free (settings->class_thresholds);
  g_free (settings->classes);
  g_free (settings->anchors_file);
  g_free (settings->tiles);
  g_free (settings->region);
  memset (settings, 0, sizeof (*settings));
}

/* An empty string is the same as none. */
static void
set_string (gchar ** string, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*string);
  *string = text && *text ? g_strdup (text) : NULL;
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_ssd_settings_set (GstMobilenetSsdSettings * settings,
    guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_SCORE_THRESHOLD:
      settings->score_threshold = g_value_get_double (value);
      return TRUE;
    case PROP_CLASS_THRESHOLDS:
      set_string (&settings->class_thresholds, value);
      return TRUE;
    case PROP_CLASSES:
      set_string (&settings->classes, value);
      return TRUE;
    case PROP_IOU_THRESHOLD:
      settings->iou_threshold = g_value_get_double (value);
      return TRUE;
    case PROP_MAX_DETECTIONS:
      settings->max_detections = g_value_get_uint (value);
      return TRUE;
    case PROP_ANCHORS_FILE:
      set_string (&settings->anchors_file, value);
      return TRUE;
    case PROP_BOX_FORMAT:
      settings->box_format = g_value_get_enum (value);
      return TRUE;
    case PROP_SCORE_FORMAT:
      settings->score_format = g_value_get_enum (value);
      return TRUE;
    case PROP_BACKGROUND_CLASS:
      settings->background = g_value_get_enum (value);
      return TRUE;
    case PROP_TILES:
      set_string (&settings->tiles, value);
      return TRUE;
    case PROP_OVERLAP:
      settings->overlap = g_value_get_double (value);
      return TRUE;
    case PROP_REGION:
      set_string (&settings->region, value);
      return TRUE;
    case PROP_SMOOTHING:
      settings->smoothing = g_value_get_double (value);
      return TRUE;
    case PROP_HOLD:
      settings->hold = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_ssd_settings_get (const GstMobilenetSsdSettings * settings,
    guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_SCORE_THRESHOLD:
      g_value_set_double (value, settings->score_threshold);
      return TRUE;
    case PROP_CLASS_THRESHOLDS:
      g_value_set_string (value, settings->class_thresholds);
      return TRUE;
    case PROP_CLASSES:
      g_value_set_string (value, settings->classes);
      return TRUE;
    case PROP_IOU_THRESHOLD:
      g_value_set_double (value, settings->iou_threshold);
      return TRUE;
    case PROP_MAX_DETECTIONS:
      g_value_set_uint (value, settings->max_detections);
      return TRUE;
    case PROP_ANCHORS_FILE:
      g_value_set_string (value, settings->anchors_file);
      return TRUE;
    case PROP_BOX_FORMAT:
      g_value_set_enum (value, settings->box_format);
      return TRUE;
    case PROP_SCORE_FORMAT:
      g_value_set_enum (value, settings->score_format);
      return TRUE;
    case PROP_BACKGROUND_CLASS:
      g_value_set_enum (value, settings->background);
      return TRUE;
    case PROP_TILES:
      g_value_set_string (value, settings->tiles);
      return TRUE;
    case PROP_OVERLAP:
      g_value_set_double (value, settings->overlap);
      return TRUE;
    case PROP_REGION:
      g_value_set_string (value, settings->region);
      return TRUE;
    case PROP_SMOOTHING:
      g_value_set_double (value, settings->smoothing);
      return TRUE;
    case PROP_HOLD:
      g_value_set_uint (value, settings->hold);
      return TRUE;
    default:
      return FALSE;
  }
}

/* FALSE and `error` filled for a NaN, too. */
static gboolean
check_fraction (const gchar * name, gdouble value, MnetError * error)
{
  if (value >= 0 && value <= 1)
    return TRUE;
  g_snprintf (error->text, sizeof (error->text),
      "property %s is %g, expected 0 to 1", name, value);
  return FALSE;
}

/* The numbers; see gst_mobilenet_tiling_parse() and gst_mobilenet_classes_new()
 * for the rest. */
gboolean
gst_mobilenet_ssd_settings_check (const GstMobilenetSsdSettings * settings,
    MnetError * error)
{
  error->status = MNET_ERROR_ARGUMENT;
  if (!check_fraction ("score-threshold", settings->score_threshold, error)
      || !check_fraction ("iou-threshold", settings->iou_threshold, error)
      || !gst_mobilenet_smoothing_check (settings->smoothing, error))
    return FALSE;
  if (settings->max_detections < 1
      || settings->max_detections > MNET_MAX_CANDIDATES) {
    g_snprintf (error->text, sizeof (error->text),
        "property max-detections is %u, expected 1 to %d",
        settings->max_detections, MNET_MAX_CANDIDATES);
    return FALSE;
  }
  return TRUE;
}
