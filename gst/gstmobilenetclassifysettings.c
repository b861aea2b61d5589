/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetclassify. */

#include <string.h>

#include "gstmobilenetclassifysettings.h"
#include "gstmobilenetmeans.h"
#include "gstmobilenetregions.h"

enum
{
  PROP_0,
  PROP_TOP_K,
  PROP_SCORE_THRESHOLD,
  PROP_SMOOTHING,
  PROP_REGIONS,
  PROP_CLASSES,
  PROP_MAX_REGIONS,
};

#define DEFAULT_TOP_K 5
#define DEFAULT_SCORE_THRESHOLD 0.0
#define DEFAULT_MAX_REGIONS 8

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

static void
install_regions (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_REGIONS,
      g_param_spec_boolean ("regions", "Regions",
          "Look at each thing that mobilenetssd has found instead of the "
          "frame, and hang the result on that detection", FALSE, AT_START));
  g_object_class_install_property (klass, PROP_CLASSES,
      g_param_spec_string ("classes", "Classes",
          "With regions: only detections of these classes, labels or numbers "
          "separated by commas, e.g. dog,cat (unset: all)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_MAX_REGIONS,
      g_param_spec_uint ("max-regions", "Max regions",
          "With regions: most detections of a frame that are looked at, those "
          "of the highest score. 1 to " G_STRINGIFY
          (GST_MOBILENET_MAX_REGIONS), 0, G_MAXUINT, DEFAULT_MAX_REGIONS,
          AT_START));
}

void
gst_mobilenet_classify_settings_install (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_TOP_K,
      g_param_spec_uint ("top-k", "Top k",
          "Most classes in a result, best first. 1 or more", 0, G_MAXUINT,
          DEFAULT_TOP_K, ANY_TIME));
  g_object_class_install_property (klass, PROP_SCORE_THRESHOLD,
      g_param_spec_double ("score-threshold", "Score threshold",
          "Least score, a probability, of a class in a result. 0 to 1",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_SCORE_THRESHOLD, ANY_TIME));
  g_object_class_install_property (klass, PROP_SMOOTHING,
      g_param_spec_double ("smoothing", "Smoothing",
          "Give the mean of the scores over analysed frames: the weight of what "
          "was there before. 0 or more and less than 1; 0: off", -G_MAXDOUBLE,
          G_MAXDOUBLE, 0, ANY_TIME));
  install_regions (klass);
}

void
gst_mobilenet_classify_settings_init (GstMobilenetClassifySettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->top_k = DEFAULT_TOP_K;
  settings->score_threshold = DEFAULT_SCORE_THRESHOLD;
  settings->max_regions = DEFAULT_MAX_REGIONS;
}

void
gst_mobilenet_classify_settings_clear (GstMobilenetClassifySettings * settings)
{
  g_free (settings->classes);
  memset (settings, 0, sizeof (*settings));
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_classify_settings_set (GstMobilenetClassifySettings * settings,
    guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_TOP_K:
      settings->top_k = g_value_get_uint (value);
      return TRUE;
    case PROP_SCORE_THRESHOLD:
      settings->score_threshold = g_value_get_double (value);
      return TRUE;
    case PROP_SMOOTHING:
      settings->smoothing = g_value_get_double (value);
      return TRUE;
    case PROP_REGIONS:
      settings->regions = g_value_get_boolean (value);
      return TRUE;
    case PROP_CLASSES:
      g_free (settings->classes);
      settings->classes = g_value_dup_string (value);
      return TRUE;
    case PROP_MAX_REGIONS:
      settings->max_regions = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_classify_settings_get (const GstMobilenetClassifySettings *
    settings, guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_TOP_K:
      g_value_set_uint (value, settings->top_k);
      return TRUE;
    case PROP_SCORE_THRESHOLD:
      g_value_set_double (value, settings->score_threshold);
      return TRUE;
    case PROP_SMOOTHING:
      g_value_set_double (value, settings->smoothing);
      return TRUE;
    case PROP_REGIONS:
      g_value_set_boolean (value, settings->regions);
      return TRUE;
    case PROP_CLASSES:
      g_value_set_string (value, settings->classes);
      return TRUE;
    case PROP_MAX_REGIONS:
      g_value_set_uint (value, settings->max_regions);
      return TRUE;
    default:
      return FALSE;
  }
}

/* As gst_mobilenet_settings_check(). */
gboolean
gst_mobilenet_classify_settings_check (const GstMobilenetClassifySettings *
    settings, MnetError * error)
{
  gdouble threshold = settings->score_threshold;

  error->status = MNET_ERROR_ARGUMENT;
  if (settings->top_k < 1) {
    g_snprintf (error->text, sizeof (error->text),
        "property top-k is 0, expected 1 or more");
    return FALSE;
  }
  if (!(threshold >= 0 && threshold <= 1)) {
    g_snprintf (error->text, sizeof (error->text),
        "property score-threshold is %g, expected a probability, 0 to 1",
        threshold);
    return FALSE;
  }
  if (settings->max_regions < 1
      || settings->max_regions > GST_MOBILENET_MAX_REGIONS) {
    g_snprintf (error->text, sizeof (error->text),
        "property max-regions is %u, expected 1 to %d", settings->max_regions,
        GST_MOBILENET_MAX_REGIONS);
    return FALSE;
  }
  if (settings->classes && *settings->classes && !settings->regions) {
    g_snprintf (error->text, sizeof (error->text), "property classes names the "
        "detections of mobilenetssd that are looked at, but regions is false; "
        "set regions=true, or leave classes away");
    return FALSE;
  }
  return gst_mobilenet_smoothing_check (settings->smoothing, error);
}
