/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetclassify share: small models in files, frames of
 * known colours, and the element in a harness. */
#include "classify_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static gchar *folder;
static GList *files;            /* of paths */

const gchar *
fixture_write (const gchar * name, gconstpointer data, gsize size)
{
  gchar *path;

  if (!folder)
    folder = g_dir_make_tmp ("mobilenetclassify-XXXXXX", NULL);
  fail_unless (folder != NULL);
  path = g_build_filename (folder, name, NULL);
  fail_unless (g_file_set_contents (path, data, size, NULL));
  files = g_list_prepend (files, path);
  return path;
}

void
fixture_clean (void)
{
  GList *l;

  for (l = files; l; l = l->next)
    g_remove (l->data);
  g_list_free_full (files, g_free);
  files = NULL;
  if (folder)
    g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

const gchar *
fixture_labels (void)
{
  static const gchar labels[] = "red\ngreen\nblue\nblack\n";

  return fixture_write ("labels.txt", labels, strlen (labels));
}

GstHarness *
fixture_new (const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  GstBus *bus = gst_bus_new ();
  GstHarness *h;
  va_list properties;

  fail_unless (element != NULL);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", fixture_model (), "labels-file",
      fixture_labels (), NULL);
  if (first_property) {
    va_start (properties, first_property);
    g_object_set_valist (G_OBJECT (element), first_property, properties);
    va_end (properties);
  }
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (h, FALSE);
  gst_object_unref (element);
  return h;
}

/* Messages hold the element, which holds the bus: they must go first. */
void
fixture_teardown (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);

  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

void
fixture_set_caps (GstHarness * h, const gchar * format, gint width, gint height)
{
  gst_harness_set_src_caps (h, gst_caps_new_simple ("video/x-raw", "format",
          G_TYPE_STRING, format, "width", G_TYPE_INT, width, "height",
          G_TYPE_INT, height, "framerate", GST_TYPE_FRACTION, 25, 1, NULL));
}

static GstBuffer *
rgb_frame (const GstVideoInfo * info, guint left, guint right)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  gint width = GST_VIDEO_INFO_WIDTH (info);
  GstMapInfo map;
  gint x, y;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < GST_VIDEO_INFO_HEIGHT (info); y++) {
    guint8 *p = map.data + y * GST_VIDEO_INFO_PLANE_STRIDE (info, 0);

    for (x = 0; x < width; x++, p += 4) {
      guint colour = x < width / 2 ? left : right;

      p[0] = colour >> 16;
      p[1] = colour >> 8 & 0xff;
      p[2] = colour & 0xff;
      p[3] = 0xff;
    }
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

GstBuffer *
fixture_frame (const gchar * format, gint width, gint height, guint left,
    guint right, GstClockTime pts)
{
  GstVideoInfo from, to;
  GstVideoFrame source, target;
  GstVideoConverter *converter;
  GstBuffer *rgb, *buffer;

  gst_video_info_set_format (&from, GST_VIDEO_FORMAT_RGBA, width, height);
  gst_video_info_set_format (&to, gst_video_format_from_string (format), width,
      height);
  rgb = rgb_frame (&from, left, right);
  buffer = gst_buffer_new_allocate (NULL, to.size, NULL);
  /* The converter leaves out some bytes of odd widths, and all padding. */
  gst_buffer_memset (buffer, 0, 0xa5, to.size);
  converter = gst_video_converter_new (&from, &to, NULL);
  fail_unless (gst_video_frame_map (&source, &from, rgb, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&target, &to, buffer, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &source, &target);
  gst_video_frame_unmap (&source);
  gst_video_frame_unmap (&target);
  gst_video_converter_free (converter);
  gst_buffer_unref (rgb);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;
  return buffer;
}

GstBuffer *
fixture_push (GstHarness * h, guint colour, GstClockTime pts)
{
  GstCaps *caps = gst_pad_get_current_caps (h->srcpad);
  GstVideoInfo info;
  GstBuffer *buffer;

  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_caps_unref (caps);
  buffer = fixture_frame (GST_VIDEO_INFO_NAME (&info),
      GST_VIDEO_INFO_WIDTH (&info), GST_VIDEO_INFO_HEIGHT (&info), colour,
      colour, pts);
  buffer = gst_harness_push_and_pull (h, buffer);
  fail_unless (buffer != NULL);
  return buffer;
}

GstMobilenetClassificationMeta *
fixture_meta (GstBuffer * buffer)
{
  return gst_buffer_get_mobilenet_classification_meta (buffer);
}

guint
fixture_best (GstBuffer * buffer)
{
  GstMobilenetClassificationMeta *meta = fixture_meta (buffer);
  guint index = G_MAXUINT;

  fail_unless (meta != NULL, "no classification on the frame");
  fail_unless (gst_mobilenet_classification_meta_get_result (meta, 0, &index,
          NULL, NULL), "no class in the classification");
  return index;
}

const gchar *
fixture_best_label (GstBuffer * buffer)
{
  GstMobilenetClassificationMeta *meta = fixture_meta (buffer);
  const gchar *label = NULL;

  fail_unless (meta != NULL, "no classification on the frame");
  fail_unless (gst_mobilenet_classification_meta_get_result (meta, 0, NULL,
          &label, NULL), "no class in the classification");
  return label;
}

GstMessage *
fixture_pop_message (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);

  gst_object_unref (bus);
  return message;
}

guint64
fixture_stat (GstHarness * h, const gchar * name)
{
  GstStructure *stats;
  guint64 value;

  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats, "mobilenet-stats"));
  fail_unless (gst_structure_get_uint64 (stats, name, &value), "%s", name);
  gst_structure_free (stats);
  return value;
}

guint
fixture_threads (void)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  fail_unless (tasks != NULL);
  while (g_dir_read_name (tasks))
    n++;
  g_dir_close (tasks);
  return n;
}
