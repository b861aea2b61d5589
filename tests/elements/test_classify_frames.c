/* SPDX-License-Identifier: MIT
 *
 * mobilenetclassify and what frames can be like: formats, sizes, layouts,
 * crops, colours, and frames that cannot be read. */
#include <string.h>

#include "classify_fixture.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetsettings.h"

static const gchar *const formats[] = {
  "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "RGB", "BGR", "RGBx", "BGRx",
  "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8", "Y42B", "Y444",
  "I420_10LE", "P010_10LE"
};

static const struct
{
  gint width, height;
} sizes[] = {
  {64, 48}, {1, 1}, {2, 1}, {1, 2}, {3, 3}, {17, 13}, {639, 479}, {5, 1080},
  {16384, 1}, {1, 16384}
};

static void
assert_colour (GstHarness * h, guint colour, guint wanted)
{
  static GstClockTime pts = 0;
  GstBuffer *buffer = fixture_push (h, colour, pts);

  pts += FRAME_DURATION;
  fail_unless_equals_int (fixture_best (buffer), wanted);
  fail_unless_equals_uint64 (fixture_meta (buffer)->age, 0);
  gst_buffer_unref (buffer);
}

/* White is as red as it is green and blue. */
static void
assert_white (GstBuffer * buffer)
{
  gdouble first = 0, third = 0;
  guint index;

  fail_unless (fixture_best (buffer) != CLASS_BLACK);
  gst_mobilenet_classification_meta_get_result (fixture_meta (buffer), 0, NULL,
      NULL, &first);
  gst_mobilenet_classification_meta_get_result (fixture_meta (buffer), 2,
      &index, NULL, &third);
  fail_unless (index != CLASS_BLACK && first - third < 0.1, "%g to %g", first,
      third);
  gst_buffer_unref (buffer);
}

/* One element sees all sizes of a format: each change is a renegotiation. */
GST_START_TEST (test_formats_and_sizes)
{
  const gchar *format = formats[__i__];
  gboolean gray = strcmp (format, "GRAY8") == 0;
  GstHarness *h = fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    fixture_set_caps (h, format, sizes[i].width, sizes[i].height);
    assert_white (fixture_push (h, COLOUR_WHITE, 0));
    assert_colour (h, COLOUR_BLACK, CLASS_BLACK);
    if (gray)
      continue;
    assert_colour (h, COLOUR_RED, CLASS_RED);
    assert_colour (h, COLOUR_GREEN, CLASS_GREEN);
    assert_colour (h, COLOUR_BLUE, CLASS_BLUE);
  }
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_8k)
{
  GstHarness *h = fixture_new (NULL);

  fixture_set_caps (h, "NV12", 7680, 4320);
  assert_colour (h, COLOUR_RED, CLASS_RED);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_every_format_in_turn)
{
  GstHarness *h = fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    fixture_set_caps (h, formats[i], 33 + i, 31);
    assert_colour (h, COLOUR_BLACK, CLASS_BLACK);
    assert_white (fixture_push (h, COLOUR_WHITE, 0));
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* Caps need no framerate, and a field of no concern does not matter. */
GST_START_TEST (test_caps_without_framerate)
{
  GstHarness *h = fixture_new (NULL);

  gst_harness_set_src_caps_str (h,
      "video/x-raw,format=RGB,width=8,height=8,interlace-mode=interleaved");
  assert_colour (h, COLOUR_BLUE, CLASS_BLUE);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_caps_that_cannot_be)
{
  static const gchar *const caps[] = {
    "video/x-raw,format=RGB,width=16385,height=8",
    "video/x-raw,format=RGB16,width=8,height=8",
    "video/x-raw(memory:GLMemory),format=RGBA,width=8,height=8",
    "video/x-h264",
  };
  GstHarness *h = fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    GstCaps *wanted = gst_caps_from_string (caps[i]);
    GstQuery *query = gst_query_new_accept_caps (wanted);
    gboolean accepted = TRUE;

    fail_unless (gst_pad_peer_query (h->srcpad, query));
    gst_query_parse_accept_caps_result (query, &accepted);
    fail_if (accepted, "%s", caps[i]);
    gst_query_unref (query);
    gst_caps_unref (wanted);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* Planes of a frame laid out otherwise: `pad` bytes after each row, and before
 * each plane. */
static GstBuffer *
padded_copy (GstBuffer * buffer, const GstVideoInfo * info, gsize pad)
{
  GstVideoInfo wide = *info;
  GstVideoFrame from, to;
  GstBuffer *copy;
  gsize size = 0;
  guint p;

  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    wide.stride[p] += pad;
    wide.offset[p] = size + pad;
    size = wide.offset[p] + (gsize) wide.stride[p] * info->height;
  }
  copy = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_memset (copy, 0, 0xa5, size);
  gst_buffer_add_video_meta_full (copy, 0, GST_VIDEO_INFO_FORMAT (info),
      info->width, info->height, GST_VIDEO_INFO_N_PLANES (info), wide.offset,
      wide.stride);
  fail_unless (gst_video_frame_map (&from, info, buffer, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, info, copy, GST_MAP_WRITE));
  fail_unless (gst_video_frame_copy (&to, &from));
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_buffer_unref (buffer);
  return copy;
}

GST_START_TEST (test_strides_and_offsets)
{
  const gchar *format = formats[__i__];
  GstHarness *h = fixture_new (NULL);
  GstVideoInfo info;
  GstBuffer *buffer;

  fixture_set_caps (h, format, 37, 21);
  gst_video_info_set_format (&info, gst_video_format_from_string (format), 37,
      21);
  buffer = fixture_frame (format, 37, 21, COLOUR_WHITE, COLOUR_WHITE, 0);
  assert_white (gst_harness_push_and_pull (h, padded_copy (buffer, &info, 36)));
  fixture_teardown (h);
}

GST_END_TEST;

/* Bottom-up: the first row is the last one in memory. */
GST_START_TEST (test_negative_stride)
{
  GstHarness *h = fixture_new (NULL);
  gsize offset[4] = { 63 * 192 };
  gint stride[4] = { -192 };
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 64, 64);
  buffer = fixture_frame ("RGB", 64, 64, COLOUR_BLUE, COLOUR_BLUE, 0);
  gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_RGB, 64, 64, 1,
      offset, stride);
  buffer = gst_harness_push_and_pull (h, buffer);
  fail_unless_equals_int (fixture_best (buffer), CLASS_BLUE);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

static void
add_crop (GstBuffer * buffer, guint x, guint y, guint width, guint height)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = x;
  crop->y = y;
  crop->width = width;
  crop->height = height;
}

/* Left half red, right half blue: what the network sees tells which part it
 * was given.  The crop comes and goes from frame to frame. */
GST_START_TEST (test_crop_meta)
{
  const gchar *format = formats[__i__];
  static const struct
  {
    guint x, y, width, height, wanted;
  } crops[] = {
    {0, 0, 32, 48, CLASS_RED}, {32, 0, 32, 48, CLASS_BLUE},
    {40, 10, 7, 5, CLASS_BLUE}, {31, 47, 1, 1, CLASS_RED},
    {40, 40, 4000, 4000, CLASS_BLUE}, {50, 0, G_MAXUINT, 8, CLASS_BLUE},
  };
  GstHarness *h = fixture_new (NULL);
  guint i;

  fixture_set_caps (h, format, 64, 48);
  for (i = 0; i < G_N_ELEMENTS (crops); i++) {
    GstBuffer *buffer = fixture_frame (format, 64, 48, COLOUR_RED, COLOUR_BLUE,
        2 * i * FRAME_DURATION);

    add_crop (buffer, crops[i].x, crops[i].y, crops[i].width, crops[i].height);
    buffer = gst_harness_push_and_pull (h, buffer);
    fail_unless_equals_int (fixture_best (buffer), crops[i].wanted);
    fail_unless (gst_buffer_get_video_crop_meta (buffer) != NULL);
    gst_buffer_unref (buffer);

    /* Without it the whole frame counts again. */
    buffer = fixture_push (h, COLOUR_GREEN, (2 * i + 1) * FRAME_DURATION);
    fail_unless_equals_int (fixture_best (buffer), CLASS_GREEN);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* As decoders do: the frame in memory is larger than the caps say, the crop
 * meta tells which part of it is the picture. */
GST_START_TEST (test_larger_than_the_caps)
{
  GstHarness *h = fixture_new (NULL);
  gsize offset[4] = { 0 };
  gint stride[4] = { 64 * 3 };
  guint cropped;

  fixture_set_caps (h, "RGB", 32, 40);
  for (cropped = 0; cropped < 2; cropped++) {
    GstBuffer *buffer = fixture_frame ("RGB", 64, 48, COLOUR_RED, COLOUR_BLUE,
        cropped * FRAME_DURATION);

    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_RGB, 64, 48, 1,
        offset, stride);
    if (cropped)
      add_crop (buffer, 32, 4, 32, 40);
    buffer = gst_harness_push_and_pull (h, buffer);
    fail_unless_equals_int (fixture_best (buffer), cropped ? CLASS_BLUE :
        CLASS_RED);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* A wide frame, red at both ends and green in the middle third. */
static GstBuffer *
three_part_frame (void)
{
  GstBuffer *buffer = fixture_frame ("RGB", 96, 16, COLOUR_RED, COLOUR_RED, 0);
  GstMapInfo map;
  gint x, y;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < 16; y++) {
    for (x = 40; x < 56; x++) {
      map.data[y * 288 + x * 3] = 0;
      map.data[y * 288 + x * 3 + 1] = 255;
    }
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

GST_START_TEST (test_fit)
{
  static const struct
  {
    const gchar *fit;
    guint wanted;
  } cases[] = {
    {"stretch", CLASS_RED}, {"crop", CLASS_GREEN}, {"letterbox", CLASS_BLACK}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = fixture_new (NULL);
    GstBuffer *buffer;

    gst_element_set_state (h->element, GST_STATE_NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "fit", cases[i].fit);
    gst_element_set_state (h->element, GST_STATE_PLAYING);
    fixture_set_caps (h, "RGB", 96, 16);
    buffer = gst_harness_push_and_pull (h, three_part_frame ());
    fail_unless (fixture_best (buffer) == cases[i].wanted, "%s: %u",
        cases[i].fit, fixture_best (buffer));
    gst_buffer_unref (buffer);
    fixture_teardown (h);
  }
}

GST_END_TEST;

/* The same weights at other sizes; letterbox bars tell which one is at work. */
GST_START_TEST (test_input_size)
{
  static const struct
  {
    const gchar *size;
    guint wanted;
  } cases[] = {
    {NULL, CLASS_BLACK}, {"32", CLASS_BLACK}, {"64x16", CLASS_RED},
    {"16x64", CLASS_BLACK}, {"8x2", CLASS_RED}, {"7", CLASS_BLACK},
    {"512x128", CLASS_RED}, {"1", CLASS_RED},
  };
  GstMobilenetMode mode;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    for (mode = GST_MOBILENET_MODE_EVERY; mode <= GST_MOBILENET_MODE_LATEST;
        mode++) {
      GstHarness *h = fixture_new ("fit", MNET_FIT_LETTERBOX, "input-size",
          cases[i].size, "mode", mode, NULL);
      GstBuffer *buffer;

      fixture_set_caps (h, "RGB", 64, 16);
      buffer = fixture_push (h, COLOUR_RED, 0);
      while (!fixture_meta (buffer)) {
        gst_buffer_unref (buffer);
        g_usleep (1000);
        buffer = fixture_push (h, COLOUR_RED, FRAME_DURATION);
      }
      fail_unless (fixture_best (buffer) == cases[i].wanted, "%s",
          cases[i].size);
      gst_buffer_unref (buffer);
      fixture_teardown (h);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_colorimetry)
{
  static const struct
  {
    const gchar *colorimetry;
    MnetMatrix matrix;
    gboolean full;
  } cases[] = {
    {"bt601", MNET_MATRIX_BT601, FALSE}, {"bt709", MNET_MATRIX_BT709, FALSE},
    {"bt2020", MNET_MATRIX_BT2020, FALSE}, {"1:4:0:0", MNET_MATRIX_BT601, TRUE},
    {"1:3:0:0", MNET_MATRIX_BT709, TRUE}, {"2:6:0:0", MNET_MATRIX_BT2020,
        FALSE},
    {"smpte240m", MNET_MATRIX_BT709, FALSE},
  };
  GstVideoInfo info;
  MnetFrameInfo frame;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
        "NV12", "width", G_TYPE_INT, 640, "height", G_TYPE_INT, 480,
        "colorimetry", G_TYPE_STRING, cases[i].colorimetry, NULL);

    fail_unless (gst_video_info_from_caps (&info, caps));
    fail_unless (gst_mobilenet_frame_info (&info, &frame));
    fail_unless (frame.matrix == cases[i].matrix, "%s", cases[i].colorimetry);
    fail_unless (frame.full_range == cases[i].full, "%s", cases[i].colorimetry);
    gst_caps_unref (caps);
  }
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB16, 640, 480);
  fail_if (gst_mobilenet_frame_info (&info, &frame));
}

GST_END_TEST;

/* It passes with one warning and without a result, as do those that follow
 * without another one, until a frame can be read. */
static void
assert_unreadable (GstHarness * h, GstBuffer * buffer, const gchar * reason)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message;
  GError *error;
  guint i;

  for (i = 0; i < 2; i++) {
    GstBuffer *out;

    fail_unless_equals_int (gst_harness_push (h, gst_buffer_ref (buffer)),
        GST_FLOW_OK);
    out = gst_harness_pull (h);
    fail_unless (fixture_meta (out) == NULL);
    gst_buffer_unref (out);
  }
  gst_buffer_unref (buffer);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_READ));
  fail_unless (strstr (error->message, reason) != NULL, "%s", error->message);
  fail_unless (strstr (error->message, " as 64x48 ") != NULL, "%s",
      error->message);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (gst_bus_pop_filtered (bus,
          GST_MESSAGE_WARNING | GST_MESSAGE_ERROR) == NULL);
  fail_unless_equals_uint64 (fixture_stat (h, "errors"), 2);
  buffer = fixture_push (h, COLOUR_BLUE, 0);
  fail_unless_equals_int (fixture_best (buffer), CLASS_BLUE);
  gst_buffer_unref (buffer);
  gst_object_unref (bus);
  fixture_teardown (h);
}

static GstHarness *
new_nv12_harness (void)
{
  GstHarness *h = fixture_new (NULL);

  fixture_set_caps (h, "NV12", 64, 48);
  return h;
}

GST_START_TEST (test_frame_too_small)
{
  assert_unreadable (new_nv12_harness (), gst_buffer_new_allocate (NULL, 100,
          NULL), "100 bytes");
}

GST_END_TEST;

GST_START_TEST (test_frame_without_memory)
{
  assert_unreadable (new_nv12_harness (), gst_buffer_new (), "0 bytes");
}

GST_END_TEST;

GST_START_TEST (test_planes_beyond_memory)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 72, NULL);
  gsize offset[4] = { 0, 64 * 48 };
  gint stride[4] = { 64, 65 };

  gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_NV12, 64, 48, 2,
      offset, stride);
  assert_unreadable (new_nv12_harness (), buffer, "beyond");
}

GST_END_TEST;

GST_START_TEST (test_planes_before_memory)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 72, NULL);
  gsize offset[4] = { 64 * 46, 64 * 48 };
  gint stride[4] = { -64, 64 };

  gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_NV12, 64, 48, 2,
      offset, stride);
  assert_unreadable (new_nv12_harness (), buffer, "beyond");
}

GST_END_TEST;

GST_START_TEST (test_meta_of_another_format)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 48 * 4, NULL);

  gst_buffer_add_video_meta (buffer, 0, GST_VIDEO_FORMAT_RGBA, 64, 48);
  assert_unreadable (new_nv12_harness (), buffer, "another format");
}

GST_END_TEST;

GST_START_TEST (test_meta_of_too_few_planes)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 72, NULL);
  gsize offset[4] = { 0 };
  gint stride[4] = { 64 };

  gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_NV12, 64, 48, 1,
      offset, stride);
  assert_unreadable (new_nv12_harness (), buffer, "number of planes");
}

GST_END_TEST;

/* By one column, by one row. */
GST_START_TEST (test_meta_smaller_than_the_caps)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 72, NULL);

  gst_buffer_add_video_meta (buffer, 0, GST_VIDEO_FORMAT_NV12, 64 - __i__,
      47 + __i__);
  assert_unreadable (new_nv12_harness (), buffer, "smaller than the caps");
}

GST_END_TEST;

/* By the memory's start, an offset or a stride. */
GST_START_TEST (test_odd_addresses)
{
  static const struct
  {
    gsize start, offset;
    gint stride;
  } cases[] = { {1, 0, 128}, {0, 1, 128}, {0, 0, 129} };
  gsize offset[4] = { cases[__i__].offset, 129 * 48 + cases[__i__].offset };
  gint stride[4] = { cases[__i__].stride, cases[__i__].stride };
  GstHarness *h = fixture_new (NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 129 * 73 + 2, NULL);

  gst_buffer_resize (buffer, cases[__i__].start, -1);
  gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_P010_10LE, 64, 48,
      2, offset, stride);
  fixture_set_caps (h, "P010_10LE", 64, 48);
  assert_unreadable (h, buffer, "odd addresses");
}

GST_END_TEST;

static Suite *
frames_suite (void)
{
  Suite *suite = suite_create ("frames of mobilenetclassify");
  TCase *layouts = tcase_create ("layouts");
  TCase *parts = tcase_create ("parts");
  TCase *unreadable = tcase_create ("unreadable");

  tcase_add_checked_fixture (layouts, NULL, fixture_clean);
  tcase_add_loop_test (layouts, test_formats_and_sizes, 0,
      G_N_ELEMENTS (formats));
  tcase_add_loop_test (layouts, test_strides_and_offsets, 0,
      G_N_ELEMENTS (formats));
  tcase_add_test (layouts, test_8k);
  tcase_add_test (layouts, test_every_format_in_turn);
  tcase_add_test (layouts, test_caps_without_framerate);
  tcase_add_test (layouts, test_caps_that_cannot_be);
  tcase_add_test (layouts, test_negative_stride);
  tcase_add_test (layouts, test_colorimetry);
  suite_add_tcase (suite, layouts);

  tcase_add_checked_fixture (parts, NULL, fixture_clean);
  tcase_add_loop_test (parts, test_crop_meta, 0, 16);
  tcase_add_test (parts, test_larger_than_the_caps);
  tcase_add_test (parts, test_fit);
  tcase_add_test (parts, test_input_size);
  suite_add_tcase (suite, parts);

  tcase_add_checked_fixture (unreadable, NULL, fixture_clean);
  tcase_add_test (unreadable, test_frame_too_small);
  tcase_add_test (unreadable, test_frame_without_memory);
  tcase_add_test (unreadable, test_planes_beyond_memory);
  tcase_add_test (unreadable, test_planes_before_memory);
  tcase_add_test (unreadable, test_meta_of_another_format);
  tcase_add_test (unreadable, test_meta_of_too_few_planes);
  tcase_add_loop_test (unreadable, test_meta_smaller_than_the_caps, 0, 2);
  tcase_add_loop_test (unreadable, test_odd_addresses, 0, 3);
  suite_add_tcase (suite, unreadable);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, frames_suite);
}
