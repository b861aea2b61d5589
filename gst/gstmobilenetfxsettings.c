/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetfx. */

#include "gstmobilenetfxsettings.h"

/* Of the frame's height, as the standard deviation of the blur: rooms are no
 * longer known, faces behind are none. */
#define DEFAULT_BLUR_RADIUS 0.03
#define MAX_BLUR_RADIUS 0.25
#define DEFAULT_BACKGROUND_COLOR 0xff000000
#define DEFAULT_MAX_AGE GST_SECOND

enum
{
  PROP_0,
  PROP_EFFECT,
  PROP_CLASSES,
  PROP_INVERT,
  PROP_BLUR_RADIUS,
  PROP_BACKGROUND_COLOR,
  PROP_BACKGROUND_FILE,
  PROP_MAX_AGE,
  PROP_SHOW_UNMASKED,
};

GType
gst_mobilenet_fx_effect_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MOBILENET_FX_BLUR, "Blur the background", "blur"},
    {GST_MOBILENET_FX_REPLACE,
          "Put background-file, else background-color, in place of the background",
        "replace"},
    {GST_MOBILENET_FX_CUT_OUT,
        "Make the background transparent: the output has alpha", "cut-out"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type)) {
    GType registered = g_enum_register_static ("GstMobilenetFxEffect", values);

    g_once_init_leave (&type, registered);
  }
  return type;
}

gboolean
gst_mobilenet_fx_settings_set (GstMobilenetFxSettings * settings,
    guint prop_id, const GValue * value)
{
  switch (prop_id) {
    case PROP_EFFECT:
      settings->effect = g_value_get_enum (value);
      break;
    case PROP_CLASSES:
      g_free (settings->classes);
      settings->classes = g_value_dup_string (value);
      break;
    case PROP_INVERT:
      settings->invert = g_value_get_boolean (value);
      break;
    case PROP_BLUR_RADIUS:
      settings->blur_radius = g_value_get_double (value);
      break;
    case PROP_BACKGROUND_COLOR:
      settings->background_color = g_value_get_uint (value);
      break;
    case PROP_BACKGROUND_FILE:
      g_free (settings->background_file);
      settings->background_file = g_value_dup_string (value);
      break;
    case PROP_MAX_AGE:
      settings->max_age = g_value_get_uint64 (value);
      break;
    case PROP_SHOW_UNMASKED:
      settings->show_unmasked = g_value_get_boolean (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_mobilenet_fx_settings_get (const GstMobilenetFxSettings * settings,
    guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_EFFECT:
      g_value_set_enum (value, settings->effect);
      break;
    case PROP_CLASSES:
      g_value_set_string (value, settings->classes);
      break;
    case PROP_INVERT:
      g_value_set_boolean (value, settings->invert);
      break;
    case PROP_BLUR_RADIUS:
      g_value_set_double (value, settings->blur_radius);
      break;
    case PROP_BACKGROUND_COLOR:
      g_value_set_uint (value, settings->background_color);
      break;
    case PROP_BACKGROUND_FILE:
      g_value_set_string (value, settings->background_file);
      break;
    case PROP_MAX_AGE:
      g_value_set_uint64 (value, settings->max_age);
      break;
    case PROP_SHOW_UNMASKED:
      g_value_set_boolean (value, settings->show_unmasked);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

void
gst_mobilenet_fx_settings_init (GstMobilenetFxSettings * settings)
{
  const GstMobilenetFxSettings defaults = {
    .effect = GST_MOBILENET_FX_BLUR,
    .blur_radius = DEFAULT_BLUR_RADIUS,
    .background_color = DEFAULT_BACKGROUND_COLOR,
    .max_age = DEFAULT_MAX_AGE
  };

  *settings = defaults;
}

void
gst_mobilenet_fx_settings_copy (GstMobilenetFxSettings * to,
    const GstMobilenetFxSettings * from)
{
  *to = *from;
  to->classes = g_strdup (from->classes);
  to->background_file = g_strdup (from->background_file);
}

void
gst_mobilenet_fx_settings_clear (GstMobilenetFxSettings * settings)
{
  g_clear_pointer (&settings->classes, g_free);
  g_clear_pointer (&settings->background_file, g_free);
}

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

void
gst_mobilenet_fx_settings_install (GObjectClass * object_class)
{
  g_object_class_install_property (object_class, PROP_EFFECT,
      g_param_spec_enum ("effect", "Effect",
          "What becomes of the background of a GstMobilenetSegmentationMeta",
          GST_TYPE_MOBILENET_FX_EFFECT, GST_MOBILENET_FX_BLUR, ANY_TIME));
  g_object_class_install_property (object_class, PROP_CLASSES,
      g_param_spec_string ("classes", "Classes",
          "These classes are the foreground, labels or numbers separated by "
          "commas, e.g. person,dog (unset: all but the background)", NULL,
          ANY_TIME));
  g_object_class_install_property (object_class, PROP_INVERT,
      g_param_spec_boolean ("invert", "Invert",
          "Exchange foreground and background: hide the classes, show the rest",
          FALSE, ANY_TIME));
  g_object_class_install_property (object_class, PROP_BLUR_RADIUS,
      g_param_spec_double ("blur-radius", "Blur radius",
          "How far the background is blurred: the standard deviation, as a share "
          "of the frame's height. 0: not", 0, MAX_BLUR_RADIUS,
          DEFAULT_BLUR_RADIUS, ANY_TIME));
  g_object_class_install_property (object_class, PROP_BACKGROUND_COLOR,
      g_param_spec_uint ("background-color", "Background color",
          "For effect=replace without background-file, big-endian ARGB; A goes "
          "into frames that have alpha", 0, G_MAXUINT32,
          DEFAULT_BACKGROUND_COLOR, ANY_TIME));
  g_object_class_install_property (object_class, PROP_BACKGROUND_FILE,
      g_param_spec_string ("background-file", "Background file",
          "A picture for effect=replace, scaled to cover the frame, of any kind "
          "that GStreamer decodes", NULL, AT_START));
  g_object_class_install_property (object_class, PROP_MAX_AGE,
      g_param_spec_uint64 ("max-age", "Maximum age",
          "Nanoseconds that a mask may be older than its frame; an older one is "
          "as if it were missing", 0, G_MAXUINT64, DEFAULT_MAX_AGE, ANY_TIME));
  g_object_class_install_property (object_class, PROP_SHOW_UNMASKED,
      g_param_spec_boolean ("show-unmasked", "Show unmasked",
          "Let frames without mask pass as they are, instead of taking all of "
          "them for background", FALSE, ANY_TIME));
}
