/* SPDX-License-Identifier: MIT
 *
 * How mobilenetoverlay treats buffers, bad boxes, its properties, and sinks that
 * draw labels themselves. */
#include <math.h>
#include <string.h>

#include "overlay_fixture.h"
#include "runner.h"

#define NO_TEXT "show-labels=false show-scores=false "

/* The last one would be 0 %. */
static void
add_classes (GstBuffer * buffer)
{
  static const GstMobilenetClassificationResult results[] = {
    {1, "tabby", 0.75}, {2, "", 0.125}, {3, "window screen", 0.004}
  };
  GstMobilenetClassification *classification =
      gst_mobilenet_classification_new ("net", 0, results, 3);

  gst_buffer_add_mobilenet_classification_meta (buffer, classification, 0);
  gst_mobilenet_classification_unref (classification);
}

/* Is a frame with these metas the one that comes out, without a copy, though
 * somebody else holds it? */
static gboolean
passes (const gchar * properties, void (*add) (GstBuffer *))
{
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *frame, *kept, *result;
  gboolean passed;

  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness (properties, &info);
  frame = overlay_frame (&info, 100);
  kept = gst_buffer_copy_deep (frame);
  if (add)
    add (frame);
  result = overlay_push (harness, gst_buffer_ref (frame));
  passed = result == frame;
  /* Whoever holds the frame sees it as it was. */
  fail_unless (overlay_same_bytes (frame, kept));
  fail_unless_equals_int (passed, overlay_same_bytes (result, kept));
  gst_buffer_unref (result);
  gst_buffer_unref (frame);
  gst_buffer_unref (kept);
  gst_harness_teardown (harness);
  return passed;
}

static void
add_no_detection (GstBuffer * buffer)
{
  overlay_add_detection (buffer, NULL, 0);
}

static void
add_box (GstBuffer * buffer)
{
  overlay_add_box (buffer, 50, 60, 70, 80);
}

GST_START_TEST (test_untouched)
{
  fail_unless (passes ("", NULL));
  fail_unless (passes ("", add_no_detection));
  fail_unless (passes ("opacity=0", add_box));
  fail_unless (passes ("show-classes=false", add_classes));
  fail_unless (passes (NO_TEXT, add_classes));
  fail_if (passes ("", add_box));
  fail_if (passes (NO_TEXT, add_box));
  fail_if (passes ("show-classes=false", add_box));
  fail_if (passes ("", add_classes));
  fail_if (passes ("show-scores=false", add_classes));
}

GST_END_TEST;

GST_START_TEST (test_bad_boxes)
{
  const gdouble bad[][4] = {
    {NAN, 0, 10, 10}, {0, NAN, 10, 10}, {0, 0, NAN, 10}, {0, 0, 10, NAN},
    {INFINITY, 0, 10, 10}, {-INFINITY, 0, INFINITY, 10}, {320, 0, 10, 10},
    {-20, 0, 20, 10}, {0, 240, 10, 1e300}, {10, 10, 0, 10}, {10, 10, -5, 10},
    {-1e300, 0, 1e299, 10},
  };
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *before, *after;
  guint i;

  overlay_info (&info, "I420", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  before = overlay_frame (&info, -1);
  after = gst_buffer_copy_deep (before);
  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    overlay_add_box (after, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
  after = overlay_push (harness, after);
  fail_unless (overlay_same_bytes (before, after));
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* Boxes larger than anything are lines along the frame's edges. */
GST_START_TEST (test_huge_boxes)
{
  const gdouble huge[][4] = {
    {-1e300, -1e300, INFINITY, INFINITY}, {-1e9, -1e9, 2e9, 2e9},
    {-5, -5, 1e300, 1e300}, {0, 0, 320, 240},
  };
  GstBuffer *edges = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (huge); i++) {
    GstVideoInfo info;
    GstHarness *harness;
    GstBuffer *frame;

    overlay_info (&info, "GRAY8", 320, 240, NULL);
    harness = overlay_harness ("line-width=3 colors=thing=#ffffff " NO_TEXT,
        &info);
    frame = overlay_frame (&info, 100);
    overlay_add_box (frame, huge[i][0], huge[i][1], huge[i][2], huge[i][3]);
    frame = overlay_push (harness, frame);
    gst_harness_teardown (harness);
    if (!edges) {
      guint8 corner[4];

      gst_buffer_extract (frame, 0, corner, 4);
      fail_unless_equals_int (corner[0], 255);
      gst_buffer_extract (frame, 3 * 320, corner, 4);
      fail_unless_equals_int (corner[2], 255);
      fail_unless_equals_int (corner[3], 50);
      gst_buffer_extract (frame, 4 * 320 + 4, corner, 1);
      fail_unless_equals_int (corner[0], 100);
      edges = frame;
      continue;
    }
    fail_unless (overlay_same_bytes (edges, frame), "box %u", i);
    gst_buffer_unref (frame);
  }
  gst_buffer_unref (edges);
}

GST_END_TEST;

/* A frame of far more than can be drawn takes no longer than one that is full. */
GST_START_TEST (test_many_boxes)
{
  const guint many = 200000;
  GstMobilenetDetectionResult *results =
      g_new0 (GstMobilenetDetectionResult, many);
  gchar *label = g_strnfill (1000000, 'x');
  GstClockTime start;
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *frame;
  guint i;

  for (i = 0; i < many; i++) {
    results[i].index = i;
    results[i].label = i ? "\n\t" : label;
    results[i].score = i % 3 ? NAN : 0.5;
    results[i].x = i * 7 % 300;
    results[i].y = i * 13 % 200;
    results[i].w = results[i].h = 20 + i % 50;
  }
  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  frame = overlay_frame (&info, 100);
  overlay_add_detection (frame, results, many);
  start = gst_util_get_timestamp ();
  gst_buffer_unref (overlay_push (harness, frame));
  fail_unless (gst_util_get_timestamp () - start < 5 * GST_SECOND);
  gst_harness_teardown (harness);
  g_free (results);
  g_free (label);
}

GST_END_TEST;

/* The column and row of the first sample of component 0 that has the value. */
static gboolean
has_sample (GstBuffer * buffer, const GstVideoInfo * info, guint value)
{
  GstVideoFrame frame;
  gboolean found = FALSE;
  gint x, y;

  gst_video_frame_map (&frame, info, buffer, GST_MAP_READ);
  for (y = 0; y < info->height; y++)
    for (x = 0; x < info->width; x++)
      found |= overlay_sample (&frame, 0, x, y) == value;
  gst_video_frame_unmap (&frame);
  return found;
}

static gboolean
box_has_red (GstHarness * harness, const GstVideoInfo * info, guint red)
{
  GstBuffer *frame = overlay_frame (info, 3);
  gboolean found;

  overlay_add_box (frame, 50, 50, 50, 50);
  frame = overlay_push (harness, frame);
  found = has_sample (frame, info, red);
  gst_buffer_unref (frame);
  return found;
}

GST_START_TEST (test_properties_while_playing)
{
  GstVideoInfo info;
  GstHarness *harness;
  GstElement *element;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  overlay_info (&info, "RGB", 320, 240, NULL);
  harness = overlay_harness (NO_TEXT "colors=\"cat=#f00, thing = #7b0000 \"",
      &info);
  element = gst_harness_find_element (harness, "mobilenetoverlay");
  gst_element_set_bus (element, bus);
  fail_unless (box_has_red (harness, &info, 0x7b));
  g_object_set (element, "colors", "thing=#2d0000", NULL);
  fail_unless (box_has_red (harness, &info, 0x2d));
  fail_if (box_has_red (harness, &info, 0x7b));

  /* Others are told of and not taken. */
  g_object_set (element, "colors", "thing=red", NULL);
  fail_unless (box_has_red (harness, &info, 0x2d));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, "property colors: \"thing=red\"") !=
      NULL, "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);

  g_object_set (element, "colors", NULL, "font", NULL, "opacity", 0.0, NULL);
  fail_if (box_has_red (harness, &info, 0x2d));
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
  gst_harness_teardown (harness);
}

GST_END_TEST;

static const gchar *const bad_colors[] = {
  "person", "person=", "=#ff0000", "person=ff0000", "person=#ff00",
  "person=#gg0000", "person=#ff0000;dog=#00ff00", "a=#fff,b"
};

GST_START_TEST (test_bad_colors)
{
  GstElement *element = gst_element_factory_make ("mobilenetoverlay", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  gst_element_set_bus (element, bus);
  g_object_set (element, "colors", bad_colors[__i__], NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "property colors: \"") != NULL
      && strstr (error->message, "expected label=#rrggbb") != NULL, "%s",
      error->message);
  g_error_free (error);
  gst_message_unref (message);

  /* It starts once that is mended. */
  g_object_set (element, "colors", "person=#ff0000,", NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_class_list)
{
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *before, *after;
  gint area[4];

  overlay_info (&info, "Y444", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  before = overlay_frame (&info, 100);
  after = gst_buffer_copy_deep (before);
  add_classes (after);
  after = overlay_push (harness, after);
  fail_unless (overlay_changed_area (&info, before, after, area));
  fail_unless (area[0] == 4 && area[1] == 4 && area[2] > 60 && area[2] < 200
      && area[3] > 24
      && area[3] < 4 + 2 * 22, "%d,%d to %d,%d", area[0], area[1], area[2],
      area[3]);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

GST_START_TEST (test_key_points)
{
  static const GstMobilenetKeyPoint points[] = {
    {100, 100}, {NAN, 1}, {1, INFINITY}, {-1, -1}, {320, 240}, {1e300, 1e300}
  };
  GstMobilenetDetectionResult result = {.label = "face",.x = 200,.y = 200,
    .w = 1,.h = 1,.n_key_points = G_N_ELEMENTS (points),.key_points = points
  };
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *before, *after;
  gint area[4];

  overlay_info (&info, "GRAY8", 320, 240, NULL);
  harness = overlay_harness (NO_TEXT "line-width=2 colors=face=#ffffff", &info);
  before = overlay_frame (&info, 100);
  after = gst_buffer_copy_deep (before);
  overlay_add_detection (after, &result, 1);
  after = overlay_push (harness, after);
  fail_unless (overlay_changed_area (&info, before, after, area));
  /* From the outline of the point of 2 pixels, as small as its box, to that of
   * the box. */
  fail_unless (area[0] == 98 && area[1] == 98 && area[2] == 204
      && area[3] == 204, "%d,%d to %d,%d", area[0], area[1], area[2], area[3]);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* The second line of a label says what a second stage found. */
GST_START_TEST (test_second_stage)
{
  GstMobilenetClassificationResult result = { 3, "poodle", 0.9 };
  GstMobilenetClassification *breed =
      gst_mobilenet_classification_new ("breeds", 0, &result, 1);
  GstVideoInfo info;
  gint heights[2];
  guint i;

  overlay_info (&info, "NV12", 320, 240, NULL);
  for (i = 0; i < 2; i++) {
    GstHarness *harness = overlay_harness ("colors=thing=#ffffff", &info);
    GstBuffer *before = overlay_frame (&info, 100), *after;
    GstMobilenetDetectionMeta *meta;
    gint area[4];

    after = gst_buffer_copy_deep (before);
    overlay_add_box (after, 100, 100, 80, 80);
    if (i) {
      GstMobilenetDetection *both;

      meta = gst_buffer_get_mobilenet_detection_meta (after);
      both = gst_mobilenet_detection_with_classifications (meta->detection,
          &breed, 1);
      gst_mobilenet_detection_meta_set_detection (meta, both);
      gst_mobilenet_detection_unref (both);
    }
    after = overlay_push (harness, after);
    fail_unless (overlay_changed_area (&info, before, after, area));
    heights[i] = 98 - area[1];
    gst_buffer_unref (before);
    gst_buffer_unref (after);
    gst_harness_teardown (harness);
  }
  fail_unless_equals_int (heights[1], 2 * heights[0]);
  gst_mobilenet_classification_unref (breed);
}

GST_END_TEST;

/* Twice a second the line at the bottom left is written anew. */
GST_START_TEST (test_stats)
{
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *before, *after;
  gint area[4];

  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness ("show-stats=true", &info);
  before = overlay_frame (&info, 100);
  after = overlay_push (harness, gst_buffer_ref (before));
  fail_unless (after == before);
  gst_buffer_unref (after);
  g_usleep (G_USEC_PER_SEC * 6 / 10);
  after = overlay_push (harness, gst_buffer_ref (before));
  fail_unless (overlay_changed_area (&info, before, after, area));
  fail_unless (area[0] == 4 && area[1] > 210 && area[2] < 300
      && area[3] <= 240, "%d,%d to %d,%d", area[0], area[1], area[2], area[3]);
  gst_buffer_unref (before);
  gst_buffer_unref (after);
  gst_harness_teardown (harness);
}

GST_END_TEST;

/* At the top left, one line a class, whatever else is written; a frame without
 * detections passes untouched. */
GST_START_TEST (test_show_counts)
{
  const GstMobilenetDetectionResult two[] = {
    {.index = 0,.label = "cat",.x = 200,.y = 150,.w = 50,.h = 50},
    {.index = 1,.label = "dog",.x = 260,.y = 150,.w = 50,.h = 50},
  };
  GstVideoInfo info;
  GstBuffer *before, *after;
  gint area[4], bottom[2];
  guint n;

  fail_unless (passes ("show-counts=true", add_no_detection));
  overlay_info (&info, "NV12", 320, 240, NULL);
  before = overlay_frame (&info, 100);
  for (n = 1; n <= 2; n++) {
    GstHarness *harness = overlay_harness (NO_TEXT "show-counts=true", &info);
    GstVideoFrame frame;
    gint y;

    after = gst_buffer_copy_deep (before);
    overlay_add_detection (after, two, n);
    after = overlay_push (harness, after);
    fail_unless (overlay_changed_area (&info, before, after, area));
    fail_unless (area[0] == 4 && area[1] == 4, "%d,%d", area[0], area[1]);
    /* The lowest row of the text's, left of the boxes. */
    fail_unless (gst_video_frame_map (&frame, &info, after, GST_MAP_READ));
    for (y = 0; y < 140; y++)
      if (overlay_sample (&frame, 0, 5, y) != 100)
        bottom[n - 1] = y;
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (after);
    gst_harness_teardown (harness);
  }
  fail_unless (bottom[1] - 3 == 2 * (bottom[0] - 3), "%d, %d", bottom[0],
      bottom[1]);
  gst_buffer_unref (before);
}

GST_END_TEST;

/* Sends `buffer`, which cannot be drawn on, twice: it passes as it is, with one
 * warning that says why. */
static void
push_bad_frame (GstHarness * harness, GstBuffer * buffer, const gchar * reason)
{
  GstElement *element = gst_harness_find_element (harness, "mobilenetoverlay");
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;
  guint i;

  gst_element_set_bus (element, bus);
  overlay_add_box (buffer, 10, 10, 20, 20);
  for (i = 0; i < 2; i++) {
    fail_unless_equals_int (gst_harness_push (harness,
            gst_buffer_copy (buffer)), GST_FLOW_OK);
    gst_buffer_unref (gst_harness_pull (harness));
  }
  gst_buffer_unref (buffer);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, reason) != NULL, "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (gst_bus_pop_filtered (bus,
          GST_MESSAGE_WARNING | GST_MESSAGE_ERROR) == NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_START_TEST (test_bad_frames)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, 320 * 240 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 320, 4000 };
  GstVideoInfo info;
  GstHarness *harness;
  GstBuffer *frame;

  overlay_info (&info, "NV12", 320, 240, NULL);
  harness = overlay_harness ("", &info);
  push_bad_frame (harness, gst_buffer_new_allocate (NULL, 100, NULL),
      "100 bytes cannot be drawn on as 320x240 NV12");

  frame = overlay_frame (&info, 100);
  overlay_add_box (frame, 10, 10, 20, 20);
  fail_unless_equals_int (gst_harness_push (harness, frame), GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (harness));

  frame = overlay_frame (&info, 100);
  gst_buffer_add_video_meta_full (frame, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_NV12, 320, 240, 2, offset, stride);
  push_bad_frame (harness, frame, "reach beyond its memory");
  gst_harness_teardown (harness);
}

GST_END_TEST;

static Suite *
overlay_suite (void)
{
  Suite *suite = suite_create ("overlay");
  TCase *tcase = tcase_create ("element");

  tcase_add_test (tcase, test_untouched);
  tcase_add_test (tcase, test_bad_boxes);
  tcase_add_test (tcase, test_huge_boxes);
  tcase_add_test (tcase, test_many_boxes);
  tcase_add_test (tcase, test_properties_while_playing);
  tcase_add_loop_test (tcase, test_bad_colors, 0, G_N_ELEMENTS (bad_colors));
  tcase_add_test (tcase, test_class_list);
  tcase_add_test (tcase, test_key_points);
  tcase_add_test (tcase, test_second_stage);
  tcase_add_test (tcase, test_stats);
  tcase_add_test (tcase, test_show_counts);
  tcase_add_test (tcase, test_bad_frames);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_suite);
}
