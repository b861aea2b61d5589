/* SPDX-License-Identifier: MIT
 *
 * Frames of every raw format for the tests of mobilenetoverlay, and what becomes
 * of them in it. */
#include "overlay_fixture.h"

#include <string.h>

const gchar *const overlay_formats[OVERLAY_N_FORMATS] = {
  "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "RGB", "BGR", "RGBx", "BGRx",
  "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8", "Y42B", "Y444",
  "I420_10LE", "P010_10LE"
};

void
overlay_info (GstVideoInfo * info, const gchar * format, gint width,
    gint height, const gchar * colorimetry)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      format, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height,
      "framerate", GST_TYPE_FRACTION, 25, 1, NULL);

  if (colorimetry)
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, colorimetry, NULL);
  g_assert_true (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
}

/* A byte of a frame whose samples are all `value`, of 8 bits. */
static guint8
byte_of_sample (GstVideoFormat format, guint value, gboolean odd)
{
  if (format == GST_VIDEO_FORMAT_I420_10LE)
    return odd ? value >> 6 : value << 2;
  if (format == GST_VIDEO_FORMAT_P010_10LE)
    return odd ? value : 0;
  return value;
}

/* Samples of 10 bits have no others set. */
static guint8
byte_of_noise (GstVideoFormat format, guint value, gboolean odd)
{
  if (format == GST_VIDEO_FORMAT_I420_10LE && odd)
    return value & 3;
  if (format == GST_VIDEO_FORMAT_P010_10LE && !odd)
    return value & 0xc0;
  return value;
}

GstBuffer *
overlay_frame (const GstVideoInfo * info, gint fill)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFormat format = GST_VIDEO_INFO_FORMAT (info);
  guint32 state = 1;
  GstMapInfo map;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (i = 0; i < map.size; i++) {
    state = state * 1664525 + 1013904223;
    map.data[i] = fill < 0 ? byte_of_noise (format, state >> 24, i % 2) :
        byte_of_sample (format, fill, i % 2);
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

GstHarness *
overlay_harness (const gchar * properties, const GstVideoInfo * info)
{
  gchar *launch = g_strdup_printf ("mobilenetoverlay %s", properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  g_free (launch);
  gst_harness_set_src_caps (harness, gst_video_info_to_caps (info));
  return harness;
}

GstBuffer *
overlay_push (GstHarness * harness, GstBuffer * buffer)
{
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  return gst_harness_pull (harness);
}

void
overlay_add_detection (GstBuffer * buffer,
    const GstMobilenetDetectionResult * results, guint n)
{
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_new ("ssd", 0, results, n);

  gst_buffer_add_mobilenet_detection_meta (buffer, detection, 0);
  gst_mobilenet_detection_unref (detection);
}

void
overlay_add_box (GstBuffer * buffer, gdouble x, gdouble y, gdouble w, gdouble h)
{
  GstMobilenetDetectionResult result = {.label = "thing",.score = 0.5,
    .x = x,.y = y,.w = w,.h = h
  };

  overlay_add_detection (buffer, &result, 1);
}

guint8 *
overlay_sample_at (const GstVideoFrame * frame, guint c, gint i, gint j)
{
  guint8 *at = (guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, c) +
      j * GST_VIDEO_FRAME_COMP_STRIDE (frame, c) +
      i * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);

  /* GStreamer 1.22 has V begin in the middle of U. */
  if (GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_P010_10LE && c == 2
      && GST_VIDEO_FRAME_COMP_POFFSET (frame, c) == 1)
    at++;
  return at;
}

guint
overlay_sample (const GstVideoFrame * frame, guint c, gint i, gint j)
{
  const guint8 *at = overlay_sample_at (frame, c, i, j);

  if (GST_VIDEO_FRAME_COMP_DEPTH (frame, c) == 8)
    return *at;
  return (at[0] | at[1] << 8) >> frame->info.finfo->shift[c];
}

gboolean
overlay_changed_area (const GstVideoInfo * info, GstBuffer * before,
    GstBuffer * after, gint area[4])
{
  GstVideoFrame old, new;
  gint x, y;

  area[0] = area[1] = G_MAXINT;
  area[2] = area[3] = -1;
  g_assert_true (gst_video_frame_map (&old, info, before, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&new, info, after, GST_MAP_READ));
  for (y = 0; y < GST_VIDEO_FRAME_HEIGHT (&old); y++) {
    for (x = 0; x < GST_VIDEO_FRAME_WIDTH (&old); x++) {
      if (overlay_sample (&old, 0, x, y) == overlay_sample (&new, 0, x, y))
        continue;
      area[0] = MIN (area[0], x);
      area[1] = MIN (area[1], y);
      area[2] = MAX (area[2], x + 1);
      area[3] = MAX (area[3], y + 1);
    }
  }
  gst_video_frame_unmap (&old);
  gst_video_frame_unmap (&new);
  return area[2] > 0;
}

gboolean
overlay_same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo first, second;
  gboolean same;

  gst_buffer_map (a, &first, GST_MAP_READ);
  gst_buffer_map (b, &second, GST_MAP_READ);
  same = first.size == second.size
      && memcmp (first.data, second.data, first.size) == 0;
  gst_buffer_unmap (a, &first);
  gst_buffer_unmap (b, &second);
  return same;
}

gdouble
overlay_expected_sample (const GstVideoInfo * info, guint c, guint r, guint g,
    guint b)
{
  gboolean bt709 = info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
  gboolean full = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  gdouble kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114;
  gdouble luma = (kr * r + (1 - kr - kb) * g + kb * b) / 255;
  gint step = 1 << (info->finfo->depth[c] - 8);
  gint max = (1 << info->finfo->depth[c]) - 1;
  const guint rgba[4] = { r, g, b, 255 };

  if (GST_VIDEO_INFO_IS_RGB (info))
    return rgba[c];
  if (c == 0)
    return full ? max * luma : (16 + 219 * luma) * step;
  luma = c == 1 ? (b / 255.0 - luma) / (2 * (1 - kb)) :
      (r / 255.0 - luma) / (2 * (1 - kr));
  return 128 * step + (full ? max * luma : 224 * step * luma);
}

gboolean
overlay_same_rest (GstBuffer * before, GstBuffer * after,
    const GstVideoInfo * info)
{
  GstBuffer *copies[2] = { gst_buffer_copy_deep (before),
    gst_buffer_copy_deep (after)
  };
  gboolean same;
  guint k, c;
  gint i, j;

  for (k = 0; k < 2; k++) {
    GstVideoFrame frame;

    gst_video_frame_map (&frame, info, copies[k], GST_MAP_READWRITE);
    for (c = 0; c < info->finfo->n_components; c++) {
      gint behind = c == 0 && GST_VIDEO_INFO_N_PLANES (info) == 1
          && info->finfo->w_sub[1] ? info->width % 2 : 0;

      for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); j++)
        for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c) + behind; i++)
          memset (overlay_sample_at (&frame, c, i, j), 0,
              info->finfo->depth[c] > 8 ? 2 : 1);
    }
    gst_video_frame_unmap (&frame);
  }
  same = overlay_same_bytes (copies[0], copies[1]);
  gst_buffer_unref (copies[0]);
  gst_buffer_unref (copies[1]);
  return same;
}
