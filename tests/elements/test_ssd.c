/* SPDX-License-Identifier: MIT
 *
 * mobilenetssd: where boxes lie, what is reported, and how. */
#include <string.h>

#include "ssd_fixture.h"

enum
{
  RED,
  GREEN,
  BLUE
};

/* One frame of one red square through an element with these properties; the
 * detection is the whole square. */
typedef struct
{
  gint width, height;
  SsdSquare square;
  const gchar *name[3];
  const gchar *value[3];
} Place;

/* The network sees 8x8 cells; squares fill whole cells. */
static const Place places[] = {
  {320, 160, {80, 40, 40, 20, COLOUR_RED}, {NULL}, {NULL}},
  {320, 160, {0, 0, 40, 20, COLOUR_RED}, {NULL}, {NULL}},
  {320, 160, {280, 140, 40, 20, COLOUR_RED}, {NULL}, {NULL}},
  /* 40 pixels a cell, the picture in rows 2 to 5 of the network's. */
  {320, 160, {80, 40, 40, 40, COLOUR_RED}, {"fit"}, {"letterbox"}},
  {160, 320, {120, 280, 40, 40, COLOUR_RED}, {"fit"}, {"letterbox"}},
  /* The middle 160 columns, 20 pixels a cell. */
  {320, 160, {100, 120, 20, 20, COLOUR_RED}, {"fit"}, {"crop"}},
  {160, 320, {20, 200, 20, 20, COLOUR_RED}, {"fit"}, {"crop"}},
  /* The lower right quarter, 20x10 a cell. */
  {320, 160, {180, 130, 20, 10, COLOUR_RED}, {"region"}, {"0.5,0.5,0.5,0.5"}},
  {320, 160, {220, 100, 20, 20, COLOUR_RED}, {"region", "fit"},
      {"0.5, 0.5, 0.5, 0.5", "letterbox"}},
  {320, 160, {260, 120, 10, 10, COLOUR_RED}, {"region", "fit"},
      {"0.5,0.5,0.5,0.5", "crop"}},
  /* Four tiles without overlap: 20x10 a cell. */
  {320, 160, {60, 30, 20, 10, COLOUR_RED}, {"tiles", "overlap"}, {"2x2", "0"}},
  {320, 160, {180, 30, 20, 10, COLOUR_RED}, {"tiles", "overlap"}, {"2x2", "0"}},
  {320, 160, {60, 110, 20, 10, COLOUR_RED}, {"tiles", "overlap"}, {"2x2", "0"}},
  {320, 160, {180, 110, 20, 10, COLOUR_RED}, {"tiles", "overlap"},
      {"2x2", "0"}},
  /* Tiles of 200 columns from 0 and 160: 25 a cell. */
  {360, 160, {235, 40, 25, 20, COLOUR_RED}, {"tiles"}, {"2x1"}},
  {360, 160, {50, 140, 25, 20, COLOUR_RED}, {"tiles"}, {"2x1"}},
  /* The same in the lower half. */
  {360, 320, {235, 200, 25, 20, COLOUR_RED}, {"tiles", "region"}, {"2x1",
          "0,0.5,1,0.5"}},
  /* Tiles of 16 pixels, 2 a cell, side by side: 2.5 would be of 16. */
  {40, 16, {30, 8, 2, 2, COLOUR_RED}, {"tiles", "overlap"}, {"auto", "0.25"}},
};

GST_START_TEST (test_place)
{
  const Place *place = &places[__i__];
  const SsdSquare squares[] = { place->square, {0} };
  GstHarness *h = ssd_new (place->name[0], place->value[0], place->name[1],
      place->value[1], NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", place->width, place->height);
  buffer = ssd_push (h, ssd_frame (place->width, place->height, squares, 0));
  ssd_assert_count (buffer, 1);
  ssd_assert_box (buffer, RED, place->square.x, place->square.y,
      place->square.w, place->square.h);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* The frame in memory is larger than the picture. */
GST_START_TEST (test_place_in_cropped_frame)
{
  const SsdSquare squares[] = { {10 + 40, 20 + 30, 20, 10, COLOUR_RED}
  , {200, 0, 20, 20, COLOUR_RED}
  , {0}
  };
  GstHarness *h = ssd_new (NULL);
  GstVideoCropMeta *crop;
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 240, 160);
  buffer = ssd_frame (240, 160, squares, 0);
  crop = gst_buffer_add_video_crop_meta (buffer);
  crop->x = 10;
  crop->y = 20;
  crop->width = 160;
  crop->height = 80;
  buffer = ssd_push (h, buffer);
  ssd_assert_count (buffer, 1);
  ssd_assert_box (buffer, RED, 50, 50, 20, 10);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* Boxes that reach beyond the picture end at its edge. */
GST_START_TEST (test_clipped)
{
  const SsdSquare squares[] = { {0, 0, 20, 20, COLOUR_RED}
  , {140, 140, 20, 20, COLOUR_GREEN}
  , {0}
  };
  GstHarness *h = ssd_new ("model-file", ssd_model (8, SSD_BOXES_WIDE), NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 160, 160);
  buffer = ssd_push (h, ssd_frame (160, 160, squares, 0));
  ssd_assert_count (buffer, 2);
  ssd_assert_box (buffer, RED, 0, 0, 40, 40);
  ssd_assert_box (buffer, GREEN, 120, 120, 40, 40);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

static const SsdSquare three[] = { {0, 0, 20, 20, 0xff0000}
, {40, 0, 20, 20, 0x00c000}
, {80, 0, 20, 20, 0x0000a0}
, {0}
};

/* Sends `three` through and checks which are reported. */
static void
assert_reported (GstHarness * h, gboolean red, gboolean green, gboolean blue)
{
  GstBuffer *buffer = ssd_push (h, ssd_frame (160, 160, three, 0));

  ssd_assert_count (buffer, red + green + blue);
  if (red)
    ssd_assert_box (buffer, RED, 0, 0, 20, 20);
  if (green)
    ssd_assert_box (buffer, GREEN, 40, 0, 20, 20);
  if (blue)
    ssd_assert_box (buffer, BLUE, 80, 0, 20, 20);
  gst_buffer_unref (buffer);
}

/* Scores: red 1.0000, green 0.9936, blue 0.9282. */
GST_START_TEST (test_thresholds_and_classes)
{
  static const struct
  {
    const gchar *score, *thresholds, *classes, *max;
    gboolean red, green, blue;
  } cases[] = {
    {"0.5", "", "", "100", TRUE, TRUE, TRUE},
    {"0.95", "", "", "100", TRUE, TRUE, FALSE},
    {"0.999", "", "", "100", TRUE, FALSE, FALSE},
    {"0.999", "blue=0.9", "", "100", TRUE, FALSE, TRUE},
    {"0.999", "2=0.9,green=0.99", "", "100", TRUE, TRUE, TRUE},
    {"0.5", "red=1,Green=0.995, blue = 0.95 ", "", "100", FALSE, FALSE, FALSE},
    {"0.5", "", "green", "100", FALSE, TRUE, FALSE},
    {"0.5", "", "blue, 0", "100", TRUE, FALSE, TRUE},
    {"0.5", "blue=0.95", "blue,RED", "100", TRUE, FALSE, FALSE},
    {"0.5", "", "", "2", TRUE, TRUE, FALSE},
    {"0.5", "", "", "1", TRUE, FALSE, FALSE},
  };
  GstHarness *h = ssd_new (NULL);
  guint i;

  /* All of them may change while frames flow. */
  fixture_set_caps (h, "RGB", 160, 160);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gst_util_set_object_arg (G_OBJECT (h->element), "score-threshold",
        cases[i].score);
    g_object_set (h->element, "class-thresholds", cases[i].thresholds,
        "classes", cases[i].classes, NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "max-detections",
        cases[i].max);
    assert_reported (h, cases[i].red, cases[i].green, cases[i].blue);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* What is malformed while frames flow is told once and changes nothing. */
GST_START_TEST (test_malformed_while_playing)
{
  static const struct
  {
    const gchar *name, *value, *word;
  } cases[] = {
    {"classes", "grene", "green"},
    {"class-thresholds", "green", "class-thresholds"},
    {"tiles", "3", "tiles"},
    {"region", "1,2", "region"},
    {"score-threshold", "3", "score-threshold"},
    {"iou-threshold", "1.5", "iou-threshold"},
    {"max-detections", "0", "max-detections"},
  };
  GstHarness *h = ssd_new ("classes", "green", NULL);
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message;
  GError *error;
  guint i;

  fixture_set_caps (h, "RGB", 160, 160);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GValue before = G_VALUE_INIT;

    g_object_get_property (G_OBJECT (h->element), cases[i].name, &before);
    gst_util_set_object_arg (G_OBJECT (h->element), cases[i].name,
        cases[i].value);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
    fail_unless (message != NULL, "no warning for %s", cases[i].value);
    gst_message_parse_warning (message, &error, NULL);
    fail_unless (strstr (error->message, cases[i].word) != NULL, "%s",
        error->message);
    g_error_free (error);
    gst_message_unref (message);
    fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING |
            GST_MESSAGE_ERROR) == NULL);
    assert_reported (h, FALSE, TRUE, FALSE);
    g_object_set_property (G_OBJECT (h->element), cases[i].name, &before);
    g_value_unset (&before);
  }
  gst_object_unref (bus);
  fixture_teardown (h);
}

GST_END_TEST;

/* Numbers that are refused while frames flow leave those of before in force. */
GST_START_TEST (test_refused_numbers)
{
  /* Boxes of two cells side by side overlap by half. */
  const SsdSquare row[] = { {20, 60, 40, 20, COLOUR_RED}
  , {100, 60, 40, 20, COLOUR_GREEN}
  , {0}
  };
  static const struct
  {
    const gchar *iou, *max;
    guint n;
  } cases[] = {
    {"0.4", "2", 2}, {"1.5", "2", 2}, {"0.6", "3", 3}, {"-1", "3", 3},
    {"0.6", "0", 3}, {"0.6", "5000", 3}, {"0.6", "100", 4},
  };
  GstHarness *h = ssd_new ("model-file", ssd_model (8, SSD_BOXES_WIDE), NULL);
  guint i;

  fixture_set_caps (h, "RGB", 160, 160);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstBuffer *buffer;

    gst_util_set_object_arg (G_OBJECT (h->element), "iou-threshold",
        cases[i].iou);
    gst_util_set_object_arg (G_OBJECT (h->element), "max-detections",
        cases[i].max);
    buffer = ssd_push (h, ssd_frame (160, 160, row, 0));
    ssd_assert_count (buffer, cases[i].n);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* Each detection also is a region of interest. */
GST_START_TEST (test_regions_of_interest)
{
  GstHarness *h = ssd_new (NULL);
  GstVideoRegionOfInterestMeta *roi;
  gpointer state = NULL;
  GstBuffer *buffer;
  guint n = 0;

  fixture_set_caps (h, "RGB", 160, 160);
  buffer = ssd_push (h, ssd_frame (160, 160, three, 0));
  while ((roi = (GstVideoRegionOfInterestMeta *)
          gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    static const gchar *const labels[] = { "red", "green", "blue" };

    fail_unless_equals_string (g_quark_to_string (roi->roi_type), labels[n]);
    fail_unless_equals_int (roi->x, 40 * n);
    fail_unless_equals_int (roi->y, 0);
    fail_unless_equals_int (roi->w, 20);
    fail_unless_equals_int (roi->h, 20);
    n++;
  }
  fail_unless_equals_int (n, 3);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_messages)
{
  GstHarness *h = ssd_new ("post-messages", "true", "classes", "green,blue",
      NULL);
  guint frame, i, last_id = 0;

  fixture_set_caps (h, "RGB", 160, 160);
  for (frame = 0; frame < 3; frame++) {
    const GstStructure *structure, *result;
    GstMessage *message;
    const GValue *results;
    guint64 time;
    gdouble x, w;
    guint id;

    gst_buffer_unref (ssd_push (h, ssd_frame (160, 160, three,
                frame * FRAME_DURATION)));
    message = fixture_pop_message (h);
    fail_unless (message != NULL);
    structure = gst_message_get_structure (message);
    fail_unless (gst_structure_has_name (structure, "mobilenet-detection"));
    fail_unless (gst_structure_get_uint64 (structure, "timestamp", &time));
    fail_unless_equals_uint64 (time, frame * FRAME_DURATION);
    fail_unless (gst_structure_get_uint64 (structure, "source-pts", &time));
    fail_unless_equals_uint64 (time, frame * FRAME_DURATION);
    fail_unless (gst_structure_get_uint64 (structure, "age", &time));
    fail_unless_equals_uint64 (time, 0);
    results = gst_structure_get_value (structure, "results");
    fail_unless_equals_int (gst_value_array_get_size (results), 2);
    for (i = 0; i < 2; i++) {
      result = gst_value_get_structure (gst_value_array_get_value (results, i));
      fail_unless (gst_structure_get (result, "id", G_TYPE_UINT, &id, "x",
              G_TYPE_DOUBLE, &x, "w", G_TYPE_DOUBLE, &w, NULL));
      fail_unless_equals_float (x, 40 * (i + 1));
      fail_unless_equals_float (w, 20);
      /* No other detection of the element has it. */
      fail_unless (id > last_id);
      last_id = id;
    }
    gst_message_unref (message);
    fail_unless (fixture_pop_message (h) == NULL);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* As many boxes as the network has: all of them, or the best. */
GST_START_TEST (test_many_detections)
{
  const SsdSquare all[] = { {0, 0, 96, 96, COLOUR_RED}, {0} };
  GstHarness *h = ssd_new ("model-file", ssd_model (48, SSD_BOXES_GOOD),
      "max-detections", "500", NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 96, 96);
  buffer = ssd_push (h, ssd_frame (96, 96, all, 0));
  ssd_assert_count (buffer, 500);
  gst_buffer_unref (buffer);
  g_object_set (h->element, "max-detections", 1024, NULL);
  buffer = ssd_push (h, ssd_frame (96, 96, all, 0));
  ssd_assert_count (buffer, 1024);
  gst_buffer_unref (buffer);
  g_object_set (h->element, "tiles", "8x8", NULL);
  buffer = ssd_push (h, ssd_frame (96, 96, all, 0));
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* What is no box is left out, the others stay. */
GST_START_TEST (test_broken_boxes)
{
  const SsdSquare all[] = { {0, 0, 160, 160, COLOUR_GREEN}, {0} };
  GstHarness *h = ssd_new ("model-file", ssd_model (8, SSD_BOXES_BROKEN), NULL);
  GstBuffer *buffer;
  guint i;

  fixture_set_caps (h, "RGB", 160, 160);
  buffer = ssd_push (h, ssd_frame (160, 160, all, 0));
  ssd_assert_count (buffer, 32);
  for (i = 0; i < 64; i += 2)
    ssd_assert_box (buffer, GREEN, i % 8 * 20, i / 8 * 20, 20, 20);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
ssd_suite (void)
{
  Suite *suite = suite_create ("mobilenetssd");
  TCase *tcase = tcase_create ("detections");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_loop_test (tcase, test_place, 0, G_N_ELEMENTS (places));
  tcase_add_test (tcase, test_place_in_cropped_frame);
  tcase_add_test (tcase, test_clipped);
  tcase_add_test (tcase, test_thresholds_and_classes);
  tcase_add_test (tcase, test_malformed_while_playing);
  tcase_add_test (tcase, test_refused_numbers);
  tcase_add_test (tcase, test_regions_of_interest);
  tcase_add_test (tcase, test_messages);
  tcase_add_test (tcase, test_many_detections);
  tcase_add_test (tcase, test_broken_boxes);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, ssd_suite);
}
