/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetoverlay. */

#include "gstmobilenetoverlaysettings.h"

#define DEFAULT_FONT "Sans Bold"
#define DEFAULT_OPACITY 1.0
#define DEFAULT_MASK_OPACITY 0.5
#define MAX_LINE_WIDTH 256

enum
{
  PROP_0,
  PROP_LINE_WIDTH,
  PROP_FONT,
  PROP_FONT_SIZE,
  PROP_OPACITY,
  PROP_COLORS,
  PROP_SHOW_LABELS,
  PROP_SHOW_SCORES,
  PROP_SHOW_CLASSES,
  PROP_SHOW_COUNTS,
  PROP_SHOW_MASKS,
  PROP_MASK_OPACITY,
  PROP_SHOW_STATS,
  PROP_ATTACH,
};

GType
gst_mobilenet_attach_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MOBILENET_ATTACH_AUTO, "Hand labels on where downstream takes them",
        "auto"},
    {GST_MOBILENET_ATTACH_NEVER, "Draw labels on the frame", "never"},
    {GST_MOBILENET_ATTACH_ALWAYS, "Hand labels on, whatever downstream says",
        "always"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType registered = g_enum_register_static ("GstMobilenetAttach", values);

    g_once_init_leave (&type, registered);
  }
  return type;
}

gboolean
gst_mobilenet_overlay_settings_set (GstMobilenetOverlaySettings * settings,
    guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_LINE_WIDTH:
      settings->line_width = g_value_get_uint (value);
      break;
    case PROP_FONT:
      g_free (settings->font);
      settings->font = g_strdup (g_value_get_string (value) ?
          g_value_get_string (value) : DEFAULT_FONT);
      break;
    case PROP_FONT_SIZE:
      settings->font_size = g_value_get_uint (value);
      break;
    case PROP_OPACITY:
      settings->opacity = g_value_get_double (value);
      break;
    case PROP_COLORS:
      g_free (settings->colors);
      settings->colors = g_value_dup_string (value);
      break;
    case PROP_SHOW_LABELS:
      settings->show_labels = g_value_get_boolean (value);
      break;
    case PROP_SHOW_SCORES:
      settings->show_scores = g_value_get_boolean (value);
      break;
    case PROP_SHOW_CLASSES:
      settings->show_classes = g_value_get_boolean (value);
      break;
    case PROP_SHOW_COUNTS:
      settings->show_counts = g_value_get_boolean (value);
      break;
    case PROP_SHOW_MASKS:
      settings->show_masks = g_value_get_boolean (value);
      break;
    case PROP_MASK_OPACITY:
      settings->mask_opacity = g_value_get_double (value);
      break;
    case PROP_SHOW_STATS:
      settings->show_stats = g_value_get_boolean (value);
      break;
    case PROP_ATTACH:
      settings->attach = g_value_get_enum (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_mobilenet_overlay_settings_get (const GstMobilenetOverlaySettings *
    settings, guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_LINE_WIDTH:
      g_value_set_uint (value, settings->line_width);
      break;
    case PROP_FONT:
      g_value_set_string (value, settings->font);
      break;
    case PROP_FONT_SIZE:
      g_value_set_uint (value, settings->font_size);
      break;
    case PROP_OPACITY:
      g_value_set_double (value, settings->opacity);
      break;
    case PROP_COLORS:
      g_value_set_string (value, settings->colors);
      break;
    case PROP_SHOW_LABELS:
      g_value_set_boolean (value, settings->show_labels);
      break;
    case PROP_SHOW_SCORES:
      g_value_set_boolean (value, settings->show_scores);
      break;
    case PROP_SHOW_CLASSES:
      g_value_set_boolean (value, settings->show_classes);
      break;
    case PROP_SHOW_COUNTS:
      g_value_set_boolean (value, settings->show_counts);
      break;
    case PROP_SHOW_MASKS:
      g_value_set_boolean (value, settings->show_masks);
      break;
    case PROP_MASK_OPACITY:
      g_value_set_double (value, settings->mask_opacity);
      break;
    case PROP_SHOW_STATS:
      g_value_set_boolean (value, settings->show_stats);
      break;
    case PROP_ATTACH:
      g_value_set_enum (value, settings->attach);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

void
gst_mobilenet_overlay_settings_init (GstMobilenetOverlaySettings * settings)
{
  const GstMobilenetOverlaySettings defaults = {
    .font = g_strdup (DEFAULT_FONT),
    .opacity = DEFAULT_OPACITY,
    .mask_opacity = DEFAULT_MASK_OPACITY,
    .show_labels = TRUE,
    .show_scores = TRUE,
    .show_classes = TRUE,
    .show_masks = TRUE,
    .attach = GST_MOBILENET_ATTACH_AUTO
  };

  *settings = defaults;
}

void
gst_mobilenet_overlay_settings_copy (GstMobilenetOverlaySettings * to,
    const GstMobilenetOverlaySettings * from)
{
  *to = *from;
  to->font = g_strdup (from->font);
  to->colors = g_strdup (from->colors);
}

void
gst_mobilenet_overlay_settings_clear (GstMobilenetOverlaySettings * settings)
{
  g_clear_pointer (&settings->font, g_free);
  g_clear_pointer (&settings->colors, g_free);
}

#define FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_switch (GObjectClass * object_class, guint prop_id, const gchar * name,
    const gchar * nick, const gchar * blurb, gboolean value)
{
  g_object_class_install_property (object_class, prop_id,
      g_param_spec_boolean (name, nick, blurb, value, FLAGS));
}

void
gst_mobilenet_overlay_settings_install (GObjectClass * object_class)
{
  g_object_class_install_property (object_class, PROP_LINE_WIDTH,
      g_param_spec_uint ("line-width", "Line width",
          "Pixels of the lines of boxes, without outlines. 0: by frame size", 0,
          MAX_LINE_WIDTH, 0, FLAGS));
  g_object_class_install_property (object_class, PROP_FONT,
      g_param_spec_string ("font", "Font",
          "Family and style of the text, a Pango font description without size",
          DEFAULT_FONT, FLAGS));
  g_object_class_install_property (object_class, PROP_FONT_SIZE,
      g_param_spec_uint ("font-size", "Font size",
          "Pixels of the text's em. 0: by frame size", 0,
          GST_MOBILENET_OVERLAY_MAX_FONT_SIZE, 0, FLAGS));
  g_object_class_install_property (object_class, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "Of all that is drawn. 1: covers the picture, 0: draws nothing", 0, 1,
          DEFAULT_OPACITY, FLAGS));
  g_object_class_install_property (object_class, PROP_COLORS,
      g_param_spec_string ("colors", "Colors",
          "Colors of labels, as in \"person=#ff0000,dog=#00c0ff\"; each other "
          "class has one of its own, by its index", NULL, FLAGS));
  install_switch (object_class, PROP_SHOW_LABELS, "show-labels", "Show labels",
      "Write the name of a class, or its index where it has none", TRUE);
  install_switch (object_class, PROP_SHOW_SCORES, "show-scores", "Show scores",
      "Write the score of a class, in percent", TRUE);
  install_switch (object_class, PROP_SHOW_CLASSES, "show-classes",
      "Show classes",
      "Write the best classes of the whole frame at its top left", TRUE);
  install_switch (object_class, PROP_SHOW_COUNTS, "show-counts", "Show counts",
      "Write how many detections of each class the frame has, at its top left",
      FALSE);
  install_switch (object_class, PROP_SHOW_MASKS, "show-masks", "Show masks",
      "Color what a segmentation says, but the background, and write its classes "
      "at the top left", TRUE);
  g_object_class_install_property (object_class, PROP_MASK_OPACITY,
      g_param_spec_double ("mask-opacity", "Mask opacity",
          "Of the areas of a segmentation; their edges are as opaque as boxes. 0: "
          "edges alone", 0, 1, DEFAULT_MASK_OPACITY, FLAGS));
  install_switch (object_class, PROP_SHOW_STATS, "show-stats", "Show stats",
      "Write frames a second, their latency and the age of results, in ms, at "
      "the bottom left", FALSE);
  g_object_class_install_property (object_class, PROP_ATTACH,
      g_param_spec_enum ("attach", "Attach",
          "Hand labels on as GstVideoOverlayComposition instead of drawing "
          "them", GST_TYPE_MOBILENET_ATTACH, GST_MOBILENET_ATTACH_AUTO, FLAGS));
}
