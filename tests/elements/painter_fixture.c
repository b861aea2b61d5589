/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetfx with a network's own picture share. */
#include "painter_fixture.h"

#include <stdlib.h>
#include <string.h>

const gchar *
painter_model (const gchar * name, const TbPainter * painter)
{
  TbFile file = tb_painter (painter);
  const gchar *path = fixture_write (name, file.data, file.size);

  tb_file_free (&file);
  return path;
}

const gchar *
painter_identity (gint width, gint height)
{
  gchar *name = g_strdup_printf ("identity-%dx%d.tflite", width, height);
  const gchar *path = painter_model (name, &(TbPainter) {
        .type = TFL_TYPE_FLOAT32,.width = width,.height = height,
        .curve = TFL_OP_ADD
      }
  );

  g_free (name);
  return path;
}

GstElement *
painter_element (const gchar * model, const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make ("mobilenetfx", NULL);
  GstBus *bus = gst_bus_new ();
  const gchar *name = first_property;
  va_list properties;

  fail_unless (element != NULL);
  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", model, NULL);
  va_start (properties, first_property);
  for (; name; name = va_arg (properties, const gchar *))
      gst_util_set_object_arg (G_OBJECT (element), name,
        va_arg (properties, const gchar *));
  va_end (properties);
  return element;
}

GstHarness *
painter_harness (GstElement * element)
{
  GstHarness *h = gst_harness_new_with_element (element, "sink", "src");

  gst_harness_set_live (h, FALSE);
  gst_object_unref (element);
  return h;
}

/* RGB in `format`, by GStreamer's own conversion; takes `rgb`. */
static GstBuffer *
convert (GstBuffer * rgb, const gchar * format, gint width, gint height)
{
  GstCaps *from = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      "RGB", "width", G_TYPE_INT, width, "height", G_TYPE_INT, height,
      "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
  GstCaps *to = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      format, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  GstSample *sample = gst_sample_new (rgb, from, NULL, NULL), *made;
  GstBuffer *result;

  made = gst_video_convert_sample (sample, to, 20 * GST_SECOND, NULL);
  fail_unless (made != NULL, "no %s", format);
  result = gst_buffer_copy_deep (gst_sample_get_buffer (made));
  GST_BUFFER_PTS (result) = GST_BUFFER_PTS (rgb);
  gst_sample_unref (made);
  gst_sample_unref (sample);
  gst_buffer_unref (rgb);
  gst_caps_unref (from);
  gst_caps_unref (to);
  return result;
}

static GstBuffer *
new_rgb (gint width, gint height, GstClockTime pts)
{
  GstVideoInfo info;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, width, height);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GstBuffer *
painter_frame (const gchar * format, gint width, gint height, gint texture,
    GstClockTime pts)
{
  GstBuffer *buffer = new_rgb (width, height, pts);
  gint stride = (3 * width + 3) & ~3, x, y, c;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++)
      for (c = 0; c < 3; c++)
        map.data[y * stride + 3 * x + c] = (guint8) (40 + 50 * x / width
            + 30 * y / height + 8 * c + ((x ^ y) & 1 ? texture : -texture));
  gst_buffer_unmap (buffer, &map);
  return strcmp (format, "RGB") ? convert (buffer, format, width, height) :
      buffer;
}

GstBuffer *
painter_plain (const gchar * format, gint width, gint height, guint colour,
    GstClockTime pts)
{
  GstBuffer *buffer = new_rgb (width, height, pts);
  gint stride = (3 * width + 3) & ~3, x, y, c;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++)
      for (c = 0; c < 3; c++)
        map.data[y * stride + 3 * x + c] = (guint8) (colour >> (16 - 8 * c));
  gst_buffer_unmap (buffer, &map);
  return strcmp (format, "RGB") ? convert (buffer, format, width, height) :
      buffer;
}

gint
painter_most_off (GstBuffer * a, GstBuffer * b, const gchar * format)
{
  const GstVideoFormatInfo *info =
      gst_video_format_get_info (gst_video_format_from_string (format));
  gboolean wide = GST_VIDEO_FORMAT_INFO_DEPTH (info, 0) > 8;
  guint shift = GST_VIDEO_FORMAT_INFO_SHIFT (info, 0);
  GstMapInfo ma, mb;
  gint most = 0;
  gsize i;

  gst_buffer_map (a, &ma, GST_MAP_READ);
  gst_buffer_map (b, &mb, GST_MAP_READ);
  fail_unless_equals_int (ma.size, mb.size);
  for (i = 0; i < ma.size / (wide ? 2 : 1); i++) {
    gint off = wide ? (GST_READ_UINT16_LE (ma.data + 2 * i) >> shift)
        - (GST_READ_UINT16_LE (mb.data + 2 * i) >> shift) :
        ma.data[i] - mb.data[i];

    most = MAX (most, ABS (off));
  }
  gst_buffer_unmap (a, &ma);
  gst_buffer_unmap (b, &mb);
  return most;
}

gdouble
painter_mean (GstBuffer * buffer)
{
  GstMapInfo map;
  gdouble sum = 0;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (i = 0; i < map.size; i++)
    sum += map.data[i];
  sum /= map.size;
  gst_buffer_unmap (buffer, &map);
  return sum;
}
