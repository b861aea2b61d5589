/* SPDX-License-Identifier: MIT
 *
 * What the tests of mobilenetfx with masks share. */
#include "fx_fixture.h"

GstHarness *
fx_harness (const gchar * properties, const GstVideoInfo * info)
{
  gchar *launch = g_strdup_printf ("mobilenetfx %s", properties);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBus *bus = gst_bus_new ();

  g_free (launch);
  gst_element_set_bus (harness->element, bus);
  gst_object_unref (bus);
  gst_harness_set_src_caps (harness, gst_video_info_to_caps (info));
  return harness;
}

void
fx_teardown (GstHarness * harness)
{
  GstBus *bus = gst_element_get_bus (harness->element);

  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
}

void
fx_add_map (GstBuffer * buffer, guint8 * classes, guint8 * confidences,
    guint columns, guint rows, const GstMobilenetSegmentationPlace * place,
    gint background, GstClockTime age)
{
  static const gchar *const labels[] = { "background", "person", "dog" };
  GBytes *maps[2] = { g_bytes_new_take (classes, columns * rows), NULL };
  GstMobilenetSegmentation *segmentation;

  if (confidences)
    maps[1] = g_bytes_new_take (confidences, columns * rows);
  segmentation = gst_mobilenet_segmentation_new ("seg", 0, columns, rows,
      maps[0], maps[1], place, labels, G_N_ELEMENTS (labels), background);
  g_assert_nonnull (segmentation);
  gst_buffer_add_mobilenet_segmentation_meta (buffer, segmentation, age);
  gst_mobilenet_segmentation_unref (segmentation);
  g_bytes_unref (maps[0]);
  g_clear_pointer (&maps[1], g_bytes_unref);
}

void
fx_add_split (GstBuffer * buffer, gint width, gint height, gdouble split)
{
  const GstMobilenetSegmentationPlace place = {
    0, 0, width, height, 0, 0, width, height
  };
  guint8 *classes = g_malloc (FX_MAP * FX_MAP);
  guint8 *confidences = g_malloc (FX_MAP * FX_MAP);
  guint i;

  for (i = 0; i < FX_MAP * FX_MAP; i++) {
    classes[i] = (i % FX_MAP + 0.5) * width / FX_MAP < split;
    confidences[i] = 255;
  }
  fx_add_map (buffer, classes, confidences, FX_MAP, FX_MAP, &place, 0, 0);
}

void
fx_paint (const GstVideoInfo * info, GstBuffer * buffer, guint c, gint split,
    guint left, guint right)
{
  GstVideoFrame frame;
  gint i, j;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (j = 0; j < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); j++) {
    for (i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); i++) {
      guint value = i << info->finfo->w_sub[c] < split ? left : right;
      guint8 *at = overlay_sample_at (&frame, c, i, j);

      if (info->finfo->depth[c] == 8)
        *at = value;
      else
        GST_WRITE_UINT16_LE (at, value << (info->finfo->depth[c] - 8) <<
            info->finfo->shift[c]);
    }
  }
  gst_video_frame_unmap (&frame);
}

gchar *
fx_posted (GstHarness * harness, GstMessageType type)
{
  GstBus *bus = gst_element_get_bus (harness->element);
  GstMessage *message = gst_bus_pop_filtered (bus, type);
  GError *error = NULL;
  gchar *text = NULL;

  if (message && type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else if (message)
    gst_message_parse_warning (message, &error, NULL);
  if (error)
    text = g_strdup (error->message);
  g_clear_error (&error);
  gst_clear_message (&message);
  gst_object_unref (bus);
  return text;
}
