/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx agrees on with its neighbours for a cut-out: any format that
 * the elements take becomes one with alpha of the same size. */

#include "gstmobilenetfxcaps.h"

#include <string.h>

#define ALPHA_CAPS "video/x-raw, format = (string) { " \
    GST_MOBILENET_FX_ALPHA_FORMATS " }"

/* `caps` in any of the formats of `formats`, in which they may have any colours. */
static GstCaps *
with_formats (const GstCaps * caps, const gchar * formats)
{
  GstCaps *list = gst_caps_from_string (formats);
  const GValue *value =
      gst_structure_get_value (gst_caps_get_structure (list, 0), "format");
  GstCaps *result = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *structure =
        gst_structure_copy (gst_caps_get_structure (caps, i));

    gst_structure_set_value (structure, "format", value);
    gst_structure_remove_fields (structure, "colorimetry", "chroma-site", NULL);
    gst_caps_append_structure_full (result, structure,
        gst_caps_features_copy (gst_caps_get_features (caps, i)));
  }
  gst_caps_unref (list);
  return result;
}

GstCaps *
gst_mobilenet_fx_cut_out_caps (const GstCaps * caps, GstPadDirection direction)
{
  GstCaps *alpha, *with_alpha, *result;

  if (direction == GST_PAD_SINK)
    return with_formats (caps, ALPHA_CAPS);
  alpha = gst_caps_from_string (ALPHA_CAPS);
  with_alpha = gst_caps_intersect_full ((GstCaps *) caps, alpha,
      GST_CAPS_INTERSECT_FIRST);
  result = with_formats (with_alpha, GST_MOBILENET_FRAME_CAPS);
  gst_caps_unref (with_alpha);
  gst_caps_unref (alpha);
  return result;
}

static const GstVideoFormatInfo *
format_of (const GstCaps * caps)
{
  const gchar *name =
      gst_structure_get_string (gst_caps_get_structure (caps, 0), "format");

  return name ? gst_video_format_get_info (gst_video_format_from_string (name))
      : NULL;
}

static gboolean
is_yuv (const GstVideoFormatInfo * format)
{
  return GST_VIDEO_FORMAT_INFO_IS_YUV (format)
      || GST_VIDEO_FORMAT_INFO_IS_GRAY (format);
}

static gboolean
is_of_family (const GValue * format, const GstVideoFormatInfo * from)
{
  const gchar *name = g_value_get_string (format);

  return is_yuv (gst_video_format_get_info (gst_video_format_from_string
          (name))) == is_yuv (from);
}

/* The first format of `to` that has the colours of `from`, or NULL. */
static const gchar *
find_family (const GstStructure * to, const GstVideoFormatInfo * from)
{
  const GValue *formats = gst_structure_get_value (to, "format");
  guint i, n = formats && GST_VALUE_HOLDS_LIST (formats) ?
      gst_value_list_get_size (formats) : 0;

  if (formats && G_VALUE_HOLDS_STRING (formats)
      && is_of_family (formats, from))
    return g_value_get_string (formats);
  for (i = 0; i < n; i++)
    if (is_of_family (gst_value_list_get_value (formats, i), from))
      return g_value_get_string (gst_value_list_get_value (formats, i));
  return NULL;
}

/* The structure with such a format, which is fixed, else the first.  Takes
 * `caps`. */
static GstCaps *
choose_family (GstCaps * caps, const GstVideoFormatInfo * from)
{
  const gchar *name = NULL;
  GstCaps *chosen;
  guint i;

  for (i = 0; i < gst_caps_get_size (caps) && !name; i++)
    name = find_family (gst_caps_get_structure (caps, i), from);
  chosen = gst_caps_copy_nth (caps, name ? i - 1 : 0);
  if (name)
    gst_caps_set_simple (chosen, "format", G_TYPE_STRING, name, NULL);
  gst_caps_unref (caps);
  return chosen;
}

/* Colours are as they were unless they must change. */
static void
keep_field (GstStructure * to, const GstStructure * from, const gchar * field)
{
  const GValue *value = gst_structure_get_value (from, field);

  if (!value)
    return;
  if (gst_structure_has_field (to, field))
    gst_structure_fixate_field_string (to, field, g_value_get_string (value));
  else
    gst_structure_set_value (to, field, value);
}

GstCaps *
gst_mobilenet_fx_fixate_cut_out (const GstCaps * caps,
    GstPadDirection direction, GstCaps * othercaps)
{
  const GstVideoFormatInfo *from = format_of (caps), *to;
  const GstStructure *given = gst_caps_get_structure (caps, 0);
  GstStructure *chosen;

  if (gst_caps_is_empty (othercaps))
    return othercaps;
  if (from)
    othercaps = choose_family (othercaps, from);
  othercaps = gst_caps_make_writable (gst_caps_fixate (othercaps));
  chosen = gst_caps_get_structure (othercaps, 0);
  to = format_of (othercaps);
  if (from && to && direction == GST_PAD_SINK
      && GST_VIDEO_FORMAT_INFO_IS_YUV (from)
      && GST_VIDEO_FORMAT_INFO_IS_YUV (to)) {
    keep_field (chosen, given, "colorimetry");
    keep_field (chosen, given, "chroma-site");
  }
  return othercaps;
}

/* GStreamer's conversion of UYVY to AYUV crashes where a row ends in the middle of
 * a pair of pixels (1.22). */
gboolean
gst_mobilenet_fx_can_cut_out (const GstVideoInfo * from,
    const GstVideoInfo * to)
{
  return GST_VIDEO_INFO_FORMAT (from) != GST_VIDEO_FORMAT_UYVY
      || GST_VIDEO_INFO_FORMAT (to) != GST_VIDEO_FORMAT_AYUV
      || GST_VIDEO_INFO_WIDTH (from) % 2 == 0;
}

/* It is of the same size. */
gboolean
gst_mobilenet_fx_cut_out_keeps (GType api)
{
  static const gchar *const kept[] = {
    GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
    GST_META_TAG_VIDEO_ORIENTATION_STR, GST_META_TAG_VIDEO_COLORSPACE_STR
  };
  const gchar *const *tags = gst_meta_api_type_get_tags (api);
  guint i, k;

  for (i = 0; tags && tags[i]; i++) {
    for (k = 0; k < G_N_ELEMENTS (kept) && strcmp (tags[i], kept[k]); k++);
    if (k == G_N_ELEMENTS (kept))
      return FALSE;
  }
  return TRUE;
}
