/* SPDX-License-Identifier: MIT
 *
 * mobilenetfx with a network's own picture: what it makes of frames of every format, how
 * strong, that detail is kept, what late frames are given, and what it refuses. */
#include <math.h>
#include <string.h>

#include "painter_fixture.h"
#include "refusal.h"

#define W 64
#define H 48

static const gchar *const formats[] = { "NV12", "NV21", "I420", "YV12", "YUY2",
  "UYVY", "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB",
  "ABGR", "GRAY8", "Y42B", "Y444", "I420_10LE", "P010_10LE"
};

/* Twice as bright. */
static const gchar *
brightener (gint width, gint height)
{
  return painter_model ("brighter.tflite", &(TbPainter) {
      .type = TFL_TYPE_FLOAT32,.width = width,.height = height,.curve =
        TFL_OP_ADD,.sharp = 1}
  );
}

/* One frame through a new element, which is taken. */
static GstBuffer *
paint (GstElement * element, const gchar * format, gint width, gint height,
    GstBuffer * frame)
{
  GstHarness *h = painter_harness (element);
  GstBuffer *made;

  fixture_set_caps (h, format, width, height);
  made = gst_harness_push_and_pull (h, frame);
  fail_unless (made != NULL);
  fixture_teardown (h);
  return made;
}

/* How far frames are from what they were, in steps of 8 bits. */
static gdouble
change (const gchar * model, const gchar * keep, const gchar * format,
    gint texture)
{
  GstBuffer *frame = painter_frame (format, W, H, texture, 0);
  GstBuffer *made = paint (painter_element (model, "keep-detail", keep, NULL),
      format, W, H, gst_buffer_copy_deep (frame));
  gdouble off = painter_most_off (frame, made, format);

  gst_buffer_unref (frame);
  gst_buffer_unref (made);
  return strstr (format, "10LE") ? off / 4 : off;
}

GST_START_TEST (test_identity)
{
  const gchar *format = formats[__i__];
  gdouble off;

  off = change (painter_identity (W, H), "false", format, 0);
  fail_unless (off <= 2, "%s: off by %g", format, off);
  off = change (painter_identity (16, 12), "true", format, 12);
  fail_unless (off <= 2, "%s: off by %g with detail", format, off);
}

GST_END_TEST;

/* Forms of numbers and layouts, all of which paint the same. */
GST_START_TEST (test_forms)
{
  static const int types[] =
      { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
  guint i, first;

  for (i = 0; i < G_N_ELEMENTS (types); i++)
    for (first = 0; first < 2; first++) {
      const gchar *model = painter_model ("form.tflite", &(TbPainter) {
            .type = types[i],.width = W,.height = H,.curve = TFL_OP_LOGISTIC,
            .channels_first = first,.sharp = 2,.bias = -1
          }
      );
      GstBuffer *made = paint (painter_element (model, NULL), "RGB", W, H,
          painter_plain ("RGB", W, H, 0x4080c0, 0));
      GstMapInfo map;
      guint c;

      gst_buffer_map (made, &map, GST_MAP_READ);
      for (c = 0; c < 3; c++) {
        gdouble v = 2 * (0x40 * (c + 1)) / 255.0 - 1;
        gdouble expected = 255 / (1 + exp (-v));

        fail_unless (fabs (map.data[c] - expected) <= 3, "type %d: %d, not %g",
            types[i], map.data[c], expected);
      }
      gst_buffer_unmap (made, &map);
      gst_buffer_unref (made);
    }
}

GST_END_TEST;

GST_START_TEST (test_strength)
{
  static const gchar *const some[] = { "RGB", "NV12", "YUY2", "I420_10LE" };
  const gchar *model = brightener (W, H);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (some); i++) {
    GstBuffer *frame = painter_frame (some[i], W, H, 4, 0);
    GstBuffer *none = paint (painter_element (model, "strength", "0", NULL),
        some[i], W, H, gst_buffer_copy_deep (frame));
    GstBuffer *half = paint (painter_element (model, "strength", "0.5", NULL),
        some[i], W, H, gst_buffer_copy_deep (frame));
    GstBuffer *whole = paint (painter_element (model, NULL), some[i], W, H,
        gst_buffer_copy_deep (frame));
    gint to_frame = painter_most_off (half, frame, some[i]);
    gint to_whole = painter_most_off (half, whole, some[i]);

    fail_unless_equals_int (painter_most_off (frame, none, some[i]), 0);
    fail_unless (to_frame >= 20 && ABS (to_frame - to_whole) <= 2,
        "%s: %d from the frame, %d from the network's", some[i], to_frame,
        to_whole);
    gst_buffer_unref (frame);
    gst_buffer_unref (none);
    gst_buffer_unref (half);
    gst_buffer_unref (whole);
  }
}

GST_END_TEST;

/* Mean difference of neighbours in the first plane or pixel row by row. */
static gdouble
texture_of (GstBuffer * buffer)
{
  GstMapInfo map;
  gdouble sum = 0;
  gint x, y, n = 0;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (y = 8; y < H - 8; y++)
    for (x = 8; x < W - 8; x++, n++)
      sum += abs (map.data[y * W + x + 1] - map.data[y * W + x]);
  gst_buffer_unmap (buffer, &map);
  return sum / n;
}

/* A texture that a network of a quarter of the frame's size does not see is brightened as
 * what is around it; without keep-detail it is lost. */
GST_START_TEST (test_detail)
{
  const gchar *model = brightener (W / 4, H / 4);
  GstBuffer *frame = painter_frame ("GRAY8", W, H, 8, 0);
  GstBuffer *kept = paint (painter_element (model, NULL), "GRAY8", W, H,
      gst_buffer_copy_deep (frame));
  GstBuffer *lost = paint (painter_element (model, "keep-detail", "false",
          NULL), "GRAY8", W, H, gst_buffer_copy_deep (frame));
  gdouble was = texture_of (frame);

  fail_unless (was > 12, "the frame's texture is %g", was);
  fail_unless (texture_of (kept) > 1.8 * was
      && texture_of (kept) < 2.2 * was, "%g became %g", was, texture_of (kept));
  fail_unless (texture_of (lost) < 0.15 * was, "%g became %g", was,
      texture_of (lost));
  fail_unless (fabs (painter_mean (kept) - painter_mean (lost)) < 2);
  gst_buffer_unref (frame);
  gst_buffer_unref (kept);
  gst_buffer_unref (lost);
}

GST_END_TEST;

/* The sides of a frame that crop hides from a square network stay as they were; with
 * letterbox all of it is painted. */
GST_START_TEST (test_fit)
{
  static const gchar *const fits[] = { "stretch", "letterbox", "crop" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (fits); i++) {
    GstBuffer *made = paint (painter_element (brightener (16, 16), "fit",
            fits[i], NULL), "GRAY8", 2 * H, H, painter_plain ("GRAY8", 2 * H, H,
            0x404040, 0));
    gboolean cut = strcmp (fits[i], "crop") == 0;
    GstMapInfo map;
    gint left, middle;

    gst_buffer_map (made, &map, GST_MAP_READ);
    left = map.data[2 * H * (H / 2) + 2];
    middle = map.data[2 * H * (H / 2) + H];
    gst_buffer_unmap (made, &map);
    fail_unless (middle > 0x60, "%s: %d", fits[i], middle);
    fail_unless (cut ? left < 0x60 : ABS (left - middle) <= 6,
        "%s: %d at the side, %d in the middle", fits[i], left, middle);
    gst_buffer_unref (made);
  }
}

GST_END_TEST;

/* A part of a frame that is larger than the caps say. */
GST_START_TEST (test_crop_meta)
{
  GstHarness *h = painter_harness (painter_element (brightener (16, 16), NULL));
  GstBuffer *frame = painter_plain ("GRAY8", W, H, 0x404040, 0), *made;
  GstVideoCropMeta *crop;
  GstMapInfo map;

  fixture_set_caps (h, "GRAY8", 32, 16);
  gst_buffer_add_video_meta (frame, 0, GST_VIDEO_FORMAT_GRAY8, W, H);
  crop = gst_buffer_add_video_crop_meta (frame);
  crop->x = 16;
  crop->y = 8;
  crop->width = 32;
  crop->height = 16;
  made = gst_harness_push_and_pull (h, frame);
  gst_buffer_map (made, &map, GST_MAP_READ);
  fail_unless_equals_int (map.data[7 * W + 20], map.data[0]);
  fail_unless_equals_int (map.data[10 * W + 15], map.data[0]);
  fail_unless_equals_int (map.data[24 * W + 20], map.data[0]);
  fail_unless (map.data[8 * W + 16] > map.data[0] + 30);
  fail_unless (map.data[23 * W + 47] > map.data[0] + 30);
  gst_buffer_unmap (made, &map);
  gst_buffer_unref (made);
  fixture_teardown (h);
}

GST_END_TEST;

static guint
push_plain (GstHarness * h, guint colour, GstClockTime pts)
{
  GstBuffer *made = gst_harness_push_and_pull (h, painter_plain ("GRAY8", W, H,
          colour, pts));
  guint mean = (guint) (painter_mean (made) + 0.5);

  gst_buffer_unref (made);
  return mean;
}

/* Frames that the sink calls late are given the last picture, for a second at most. */
GST_START_TEST (test_late)
{
  GstHarness *h = painter_harness (painter_element (painter_identity (W, H),
          "keep-detail", "false", NULL));
  guint dark, bright;

  fixture_set_caps (h, "GRAY8", W, H);
  dark = push_plain (h, 0x202020, 0);
  bright = push_plain (h, 0x808080, FRAME_DURATION);
  fail_unless (bright > dark + 60);
  gst_harness_push_upstream_event (h, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW,
          10, 10 * GST_SECOND, FRAME_DURATION));
  fail_unless_equals_int (push_plain (h, 0x202020, 2 * FRAME_DURATION), bright);
  fail_unless_equals_int (push_plain (h, 0x202020, GST_SECOND), bright);
  fail_unless_equals_int (push_plain (h, 0x202020, 5 * GST_SECOND), dark);
  /* In time again. */
  gst_harness_push_upstream_event (h, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW,
          0.1, -GST_SECOND, 5 * GST_SECOND));
  fail_unless_equals_int (push_plain (h, 0x808080, 6 * GST_SECOND), bright);
  fixture_teardown (h);
}

GST_END_TEST;

/* What the network takes is told to those who wait for frames. */
GST_START_TEST (test_latency)
{
  GstHarness *h = painter_harness (painter_element (painter_identity (W, H),
          NULL));

  gst_harness_set_upstream_latency (h, 7 * GST_MSECOND);
  fixture_set_caps (h, "GRAY8", W, H);
  fail_unless (gst_harness_query_latency (h) >= 8 * GST_MSECOND);
  fixture_teardown (h);
}

GST_END_TEST;

/* Changes between two frames. */
GST_START_TEST (test_strength_while_playing)
{
  GstHarness *h = painter_harness (painter_element (brightener (W, H), NULL));
  guint plain, brighter;

  fixture_set_caps (h, "GRAY8", W, H);
  brighter = push_plain (h, 0x303030, 0);
  g_object_set (h->element, "strength", 0.0, NULL);
  plain = push_plain (h, 0x303030, FRAME_DURATION);
  g_object_set (h->element, "strength", 1.0, NULL);
  fail_unless (brighter > plain + 30);
  fail_unless_equals_int (push_plain (h, 0x303030, 2 * FRAME_DURATION),
      brighter);
  /* The other end of the caps: another size. */
  fixture_set_caps (h, "GRAY8", W / 2, H / 2);
  gst_buffer_unref (gst_harness_push_and_pull (h, painter_plain ("GRAY8",
              W / 2, H / 2, 0x303030, 3 * FRAME_DURATION)));
  fixture_teardown (h);
}

GST_END_TEST;

/* One colour, padding and all. */
static GstBuffer *
blank (const gchar * format, gint width, gint height)
{
  GstVideoInfo info;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, gst_video_format_from_string (format),
      width, height);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  gst_buffer_memset (buffer, 0, 100, GST_VIDEO_INFO_SIZE (&info));
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* Of one pixel to more than the network's. */
GST_START_TEST (test_sizes)
{
  static const gint sizes[][2] = { {1, 1}, {2, 1}, {3, 5}, {17, 9}, {201, 7},
  {300, 200}
  };
  static const gchar *const some[] =
      { "NV12", "I420", "YUY2", "RGB", "P010_10LE" };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (k = 0; k < G_N_ELEMENTS (some); k++) {
      gint width = sizes[i][0], height = sizes[i][1];
      GstBuffer *frame = blank (some[k], width, height);
      GstBuffer *made = paint (painter_element (painter_identity (16, 16),
              NULL), some[k], width, height, gst_buffer_copy_deep (frame));

      fail_unless (painter_most_off (frame, made, some[k]) <= 8, "%s %dx%d",
          some[k], width, height);
      gst_buffer_unref (frame);
      gst_buffer_unref (made);
    }
}

GST_END_TEST;

/* Frames that cannot be written to pass with one warning. */
GST_START_TEST (test_unmappable)
{
  GstHarness *h = painter_harness (painter_element (brightener (W, H), NULL));
  GstBus *bus;
  guint i;

  fixture_set_caps (h, "GRAY8", W, H);
  for (i = 0; i < 2; i++) {
    GstBuffer *small = gst_buffer_new_allocate (NULL, 10, NULL), *made;

    GST_BUFFER_PTS (small) = i * FRAME_DURATION;
    made = gst_harness_push_and_pull (h, small);
    fail_unless_equals_int (gst_buffer_get_size (made), 10);
    gst_buffer_unref (made);
  }
  bus = gst_element_get_bus (h->element);
  for (i = 0; i < 2; i++) {
    GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);

    fail_unless ((message != NULL) == (i == 0));
    if (message)
      gst_message_unref (message);
  }
  gst_object_unref (bus);
  fixture_teardown (h);
}

GST_END_TEST;

/* Whether a network paints is settled at the start: new caps find what is there. */
static void
check_settled (const gchar * at_start, const gchar * later,
    const gchar * expected)
{
  GstHarness *h = painter_harness (painter_element (at_start, "effect",
          "cut-out", NULL));
  GstBuffer *made;
  GstCaps *caps;
  guint i;

  for (i = 1; i <= 2; i++) {
    fixture_set_caps (h, "NV12", i * W, i * H);
    made = gst_harness_push_and_pull (h, painter_plain ("NV12", i * W, i * H,
            0x303030, i * FRAME_DURATION));
    fail_unless (made != NULL);
    gst_buffer_unref (made);
    caps = gst_pad_get_current_caps (h->sinkpad);
    fail_unless_equals_string (gst_structure_get_string (gst_caps_get_structure
            (caps, 0), "format"), expected);
    gst_caps_unref (caps);
    g_object_set (h->element, "model-file", later, NULL);
  }
  fixture_teardown (h);
}

GST_START_TEST (test_model_file_while_playing)
{
  check_settled (brightener (W, H), NULL, "NV12");
  check_settled (NULL, brightener (W, H), "A420");
}

GST_END_TEST;

GST_START_TEST (test_refusals)
{
  refusal_expect (painter_element (fixture_model (), NULL),
      "model-file|colours.tflite|whose output is a picture is expected");
  refusal_expect (painter_element (fixture_map_model (), NULL),
      "model-file|whose output is a picture is expected");
  refusal_expect (painter_element (fixture_vector_model (), NULL),
      "one picture");
  refusal_expect (painter_element ("/nowhere/a.tflite", NULL),
      "/nowhere/a.tflite|cannot open");
  refusal_expect (painter_element (painter_identity (W, H), "style-file",
          "some.png", NULL), "takes no style|style-file|unset it");
  refusal_expect (painter_element (painter_identity (W, H), "input-size",
          "32x32", NULL), "input-size=32x32|64x48");
  refusal_expect (painter_element (painter_identity (W, H), "input-size",
          "large", NULL), "input-size|large");
  refusal_expect (painter_element (painter_identity (W, H), "threads", "99",
          NULL), "threads");
  refusal_expect (painter_element (painter_identity (W, H), "input-range",
          "bytes", "mean", "3", NULL), "input-range and mean");
}

GST_END_TEST;

static Suite *
fx_network_suite (void)
{
  Suite *suite = suite_create ("mobilenetfx with a network");
  TCase *tcase = tcase_create ("frames");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_loop_test (tcase, test_identity, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tcase, test_forms);
  tcase_add_test (tcase, test_strength);
  tcase_add_test (tcase, test_detail);
  tcase_add_test (tcase, test_fit);
  tcase_add_test (tcase, test_crop_meta);
  tcase_add_test (tcase, test_late);
  tcase_add_test (tcase, test_latency);
  tcase_add_test (tcase, test_strength_while_playing);
  tcase_add_test (tcase, test_sizes);
  tcase_add_test (tcase, test_unmappable);
  tcase_add_test (tcase, test_model_file_while_playing);
  tcase_add_test (tcase, test_refusals);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_network_suite);
}
