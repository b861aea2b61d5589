/* SPDX-License-Identifier: MIT
 *
 * mobilenetssd over many frames: tiles spread over frames, tiles that did not
 * change, interruptions, memory; and the second stage behind it. */
#include <malloc.h>

#include "ssd_fixture.h"

enum
{
  RED,
  GREEN,
  BLUE
};

/* Most frames until a worker has looked at one, a millisecond apart. */
#define PATIENCE 20000

static const SsdSquare both[] = { {20, 20, 20, 20, COLOUR_RED}
, {260, 60, 20, 20, COLOUR_GREEN}
, {0}
};
static const SsdSquare other[] = { {60, 100, 20, 20, COLOUR_BLUE}, {0} };

static guint
count_of (GstBuffer * buffer)
{
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);

  return meta ? gst_mobilenet_detection_meta_get_n_results (meta) : 0;
}

/* Of the best detection. */
static guint
class_of (GstBuffer * buffer)
{
  guint index = G_MAXUINT;

  gst_mobilenet_detection_meta_get_result
      (gst_buffer_get_mobilenet_detection_meta (buffer), 0, NULL, &index, NULL,
      NULL);
  return index;
}

/* Sends a frame until it carries `n` detections, and returns that one. */
static GstBuffer *
push_until (GstHarness * h, const SsdSquare * squares, guint n)
{
  static guint64 frame;
  guint i;

  for (i = 0; i < PATIENCE; i++, g_usleep (1000)) {
    GstBuffer *buffer = ssd_push (h, ssd_frame (320, 160, squares,
            frame++ * FRAME_DURATION));

    if (count_of (buffer) == n)
      return buffer;
    gst_buffer_unref (buffer);
  }
  fail ("no frame carries %u detections", n);
  return NULL;
}

GST_START_TEST (test_latest_tiles)
{
  GstHarness *h = ssd_new ("mode", "latest", "tiles", "2x1", "overlap", "0",
      NULL);
  GstBuffer *buffer;

  /* Each frame gives one tile; a result has the newest of both. */
  fixture_set_caps (h, "RGB", 320, 160);
  buffer = push_until (h, both, 2);
  ssd_assert_box (buffer, RED, 20, 20, 20, 20);
  ssd_assert_box (buffer, GREEN, 260, 60, 20, 20);
  /* The right tile may be the first to see that green has gone. */
  do {
    g_clear_pointer (&buffer, gst_buffer_unref);
    buffer = push_until (h, other, 1);
  } while (class_of (buffer) == RED);
  ssd_assert_box (buffer, BLUE, 60, 100, 20, 20);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* A tile whose frame was replaced before the worker had time gets the next one:
 * none is left out for ever, however slow the worker is. */
GST_START_TEST (test_latest_many_tiles)
{
  const SsdSquare corners[] = { {0, 0, 10, 10, COLOUR_RED}
  , {310, 150, 10, 10, COLOUR_GREEN}
  , {0}
  };
  GstHarness *h = ssd_new ("mode", "latest", "tiles", "4x2,whole", "overlap",
      "0", NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 320, 160);
  buffer = push_until (h, corners, 2);
  ssd_assert_box (buffer, RED, 0, 0, 10, 10);
  ssd_assert_box (buffer, GREEN, 310, 150, 10, 10);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

static const gchar *const modes[] = { "every", "latest" };

/* Nothing of before a flush is on a frame behind it. */
GST_START_TEST (test_flush)
{
  GstHarness *h = ssd_new ("mode", modes[__i__], "tiles", "2x1", "overlap",
      "0", NULL);
  GstSegment segment;
  guint i, k, index;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  fixture_set_caps (h, "RGB", 320, 160);
  gst_buffer_unref (push_until (h, both, 2));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (i = 0; i < 50; i++, g_usleep (1000)) {
    GstBuffer *buffer = ssd_push (h, ssd_frame (320, 160, other, 0));
    GstMobilenetDetectionMeta *meta =
        gst_buffer_get_mobilenet_detection_meta (buffer);

    for (k = 0; meta && gst_mobilenet_detection_meta_get_result (meta, k, NULL,
            &index, NULL, NULL); k++)
      fail_unless_equals_int (index, BLUE);
    gst_buffer_unref (buffer);
  }
  gst_buffer_unref (push_until (h, other, 1));
  fixture_teardown (h);
}

GST_END_TEST;

/* Red falls below the threshold by a change that is too small to be motion, and
 * green moves in the other tile. */
static const SsdSquare before[] = { {20, 20, 20, 20, 0x840000}
, {260, 60, 20, 20, COLOUR_GREEN}
, {0}
};

static const SsdSquare after[] = { {20, 20, 20, 20, 0x7c0000}
, {280, 80, 20, 20, COLOUR_GREEN}
, {0}
};

GST_START_TEST (test_motion)
{
  GstHarness *h = ssd_new ("tiles", "2x1,motion", "overlap", "0", NULL);
  GstBuffer *buffer;
  guint i;

  fixture_set_caps (h, "RGB", 320, 160);
  gst_buffer_unref (push_until (h, before, 2));
  for (i = 0; i < 10; i++) {
    buffer = ssd_push (h, ssd_frame (320, 160, after, i * FRAME_DURATION));
    ssd_assert_count (buffer, 2);
    ssd_assert_box (buffer, RED, 20, 20, 20, 20);
    ssd_assert_box (buffer, GREEN, 280, 80, 20, 20);
    gst_buffer_unref (buffer);
  }
  /* All tiles are looked at now and then. */
  for (i = 0; i < 50; i++)
    gst_buffer_unref (ssd_push (h, ssd_frame (320, 160, after, 0)));
  buffer = ssd_push (h, ssd_frame (320, 160, after, 0));
  ssd_assert_count (buffer, 1);
  ssd_assert_box (buffer, GREEN, 280, 80, 20, 20);
  gst_buffer_unref (buffer);
  /* Without motion at once. */
  gst_buffer_unref (push_until (h, before, 2));
  g_object_set (h->element, "tiles", "2x1", NULL);
  buffer = ssd_push (h, ssd_frame (320, 160, after, 0));
  ssd_assert_count (buffer, 1);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* Tiles that did not change are looked at anew when what is asked for has. */
GST_START_TEST (test_motion_and_properties)
{
  static const struct
  {
    const gchar *name, *value;
    guint n;
  } cases[] = {
    {"classes", "green", 1}, {"classes", "", 2}, {"score-threshold", "1", 0},
    {"score-threshold", "0.5", 2}, {"class-thresholds", "red=1", 1},
  };
  GstHarness *h = ssd_new ("tiles", "2x1,motion", "overlap", "0", NULL);
  guint i;

  fixture_set_caps (h, "RGB", 320, 160);
  gst_buffer_unref (push_until (h, before, 2));
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstBuffer *buffer;

    gst_util_set_object_arg (G_OBJECT (h->element), cases[i].name,
        cases[i].value);
    buffer = ssd_push (h, ssd_frame (320, 160, before, i * FRAME_DURATION));
    ssd_assert_count (buffer, cases[i].n);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latest_motion)
{
  GstHarness *h = ssd_new ("mode", "latest", "tiles", "2x1,motion", "overlap",
      "0", NULL);

  fixture_set_caps (h, "RGB", 320, 160);
  gst_buffer_unref (push_until (h, before, 2));
  gst_buffer_unref (push_until (h, other, 1));
  gst_buffer_unref (push_until (h, both, 2));
  fixture_teardown (h);
}

GST_END_TEST;

/* Tiles change while frames flow. */
GST_START_TEST (test_tiles_change)
{
  static const gchar *const tiles[] =
      { "1x1", "2x1", "4x2,whole", "8x8", "auto",
    "2x2,motion", "1x1,motion", "3x1,whole"
  };
  GstHarness *h = ssd_new ("overlap", "0", NULL);
  const SsdSquare square[] = { {40, 40, 40, 40, COLOUR_RED}, {0} };
  GstBuffer *buffer;
  guint i;

  fixture_set_caps (h, "RGB", 320, 320);
  for (i = 0; i < 3 * G_N_ELEMENTS (tiles); i++) {
    g_object_set (h->element, "tiles", tiles[i % G_N_ELEMENTS (tiles)], NULL);
    buffer = ssd_push (h, ssd_frame (320, 320, square, 0));
    fail_unless (count_of (buffer) > 0, "nothing with tiles=%s",
        tiles[i % G_N_ELEMENTS (tiles)]);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* More tiles than pixels. */
GST_START_TEST (test_small_frames)
{
  const SsdSquare none[] = { {0} };
  GstHarness *h = ssd_new ("tiles", "8x8,whole,motion", "region",
      "0.9,0.9,0.001,0.001", NULL);
  gint size;

  for (size = 1; size < 20; size++) {
    GstBuffer *buffer;

    fixture_set_caps (h, "RGB", size, 20 - size);
    buffer = ssd_push (h, ssd_frame (size, 20 - size, none, 0));
    ssd_assert_count (buffer, 0);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

static void
push_frames (GstHarness * h, guint n)
{
  while (n--)
    gst_buffer_unref (ssd_push (h, ssd_frame (320, 160, both, 0)));
}

/* What is allocated for a frame is freed with it. */
GST_START_TEST (test_memory)
{
  GstHarness *h = ssd_new ("mode", modes[__i__], "tiles", "2x2,whole",
      "classes", "red,green", NULL);
  gsize used;

  fixture_set_caps (h, "RGB", 320, 160);
  push_frames (h, 50);
  used = mallinfo2 ().uordblks;
  push_frames (h, 200);
  fail_unless (mallinfo2 ().uordblks < used + 16384, "%" G_GSIZE_FORMAT
      " bytes more", (gsize) mallinfo2 ().uordblks - used);
  fixture_teardown (h);
}

GST_END_TEST;

/* A detector, and behind it a classifier of colours with these properties. */
static GstHarness *
new_stages (const gchar * properties)
{
  gchar *line = g_strdup_printf ("mobilenetssd model-file=%s labels-file=%s "
      "box-format=corners-yx input-range=zero-one mode=every ! mobilenetclassify "
      "model-file=%s labels-file=%s regions=true name=second %s",
      ssd_model (8, SSD_BOXES_GOOD), ssd_labels (), fixture_model (),
      fixture_labels (), properties);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_live (h, FALSE);
  fixture_set_caps (h, "RGB", 320, 160);
  g_free (line);
  return h;
}

static const SsdSquare three[] = { {40, 0, 40, 20, 0xff0000}
, {120, 40, 40, 20, 0x00f000}
, {200, 80, 40, 20, 0x0000e0}
, {0}
};

/* Detection `i` of the frame, which is of class `i`, carries a classification
 * that says so, or, without `said`, none. */
static void
assert_said (GstBuffer * buffer, guint i, gboolean said)
{
  GstMobilenetDetection *detection =
      gst_buffer_get_mobilenet_detection_meta (buffer)->detection;
  GstMobilenetClassification *classification =
      gst_mobilenet_detection_get_classification (detection, i, 0);
  guint index = G_MAXUINT;

  if (!said) {
    fail_unless (classification == NULL, "detection %u was looked at", i);
    return;
  }
  fail_unless (classification != NULL, "detection %u was not looked at", i);
  fail_unless (gst_mobilenet_classification_get_result (classification, 0,
          &index, NULL, NULL));
  fail_unless_equals_int (index, i);
  fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications
      (detection, i), 1);
}

GST_START_TEST (test_second_stage)
{
  static const struct
  {
    const gchar *properties;
    gboolean said[3];
  } cases[] = {
    {"", {TRUE, TRUE, TRUE}},
    {"classes=green", {FALSE, TRUE, FALSE}},
    {"classes=2,Red", {TRUE, FALSE, TRUE}},
    {"classes=black", {FALSE, FALSE, FALSE}},
    {"max-regions=1", {TRUE, FALSE, FALSE}},
    {"max-regions=1 classes=blue,green", {FALSE, TRUE, FALSE}},
    {"fit=crop", {TRUE, TRUE, TRUE}},
  };
  GstHarness *h = new_stages (cases[__i__].properties);
  GstBuffer *buffer = ssd_push (h, ssd_frame (320, 160, three, 0));
  guint i;

  /* The frame as a whole is not classified. */
  fail_unless (fixture_meta (buffer) == NULL);
  ssd_assert_count (buffer, 3);
  for (i = 0; i < 3; i++)
    assert_said (buffer, i, cases[__i__].said[i]);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Ids change with every frame of the detector: places tell. */
GST_START_TEST (test_second_stage_latest)
{
  GstHarness *h = new_stages ("mode=latest max-regions=3");
  guint i, k;

  for (i = 0; i < PATIENCE; i++, g_usleep (1000)) {
    GstBuffer *buffer = ssd_push (h, ssd_frame (320, 160, three,
            i * FRAME_DURATION));
    gboolean looked =
        gst_mobilenet_detection_get_n_classifications
        (gst_buffer_get_mobilenet_detection_meta (buffer)->detection, 0) > 0;

    for (k = 0; looked && k < 3; k++)
      assert_said (buffer, k, TRUE);
    gst_buffer_unref (buffer);
    if (looked)
      break;
  }
  fail_unless (i < PATIENCE, "no detection was looked at");
  gst_harness_teardown (h);
}

GST_END_TEST;

static guint
count_warnings (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING))) {
    gst_message_unref (message);
    n++;
  }
  gst_object_unref (bus);
  return n;
}

/* Without detections the second stage has nothing to do, and says so at the end,
 * once: a first stage may take any number of frames for its first result. */
GST_START_TEST (test_second_stage_alone)
{
  GstHarness *h = fixture_new ("regions", TRUE, "post-messages", TRUE, NULL);
  GstMobilenetDetection *none = gst_mobilenet_detection_new ("test", 0, NULL,
      0);
  GstBuffer *buffer;
  guint i;

  fixture_set_caps (h, "RGB", 64, 64);
  for (i = 0; i < 100; i++) {
    buffer = fixture_push (h, COLOUR_RED, i * FRAME_DURATION);
    fail_unless (fixture_meta (buffer) == NULL);
    fail_unless (gst_buffer_get_mobilenet_detection_meta (buffer) == NULL);
    gst_buffer_unref (buffer);
    if (i == 10)
      fail_unless (fixture_pop_message (h) == NULL);
  }
  fail_unless_equals_int (count_warnings (h), 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (count_warnings (h), 1);
  fixture_teardown (h);

  h = fixture_new ("regions", TRUE, NULL);
  fixture_set_caps (h, "RGB", 64, 64);
  buffer = fixture_frame ("RGB", 64, 64, COLOUR_RED, COLOUR_RED, 0);
  gst_buffer_add_mobilenet_detection_meta (buffer, none, 0);
  gst_buffer_unref (ssd_push (h, buffer));
  for (i = 1; i < 100; i++)
    gst_buffer_unref (fixture_push (h, COLOUR_RED, i * FRAME_DURATION));
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (count_warnings (h), 0);
  gst_mobilenet_detection_unref (none);
  fixture_teardown (h);
}

GST_END_TEST;

/* Boxes of any numbers, from whoever attached them. */
GST_START_TEST (test_second_stage_broken_boxes)
{
  const GstMobilenetDetectionResult results[] = {
    {.id = 1,.x = -1e9,.y = -1e9,.w = 2e9,.h = 2e9},
    {.id = 2,.x = 10,.y = 10,.w = 0.001,.h = 0.001},
    {.id = 3,.x = G_MAXDOUBLE,.y = 0,.w = 1,.h = 1},
    {.id = 4,.x = 0,.y = 0,.w = -5,.h = 5},
    {.id = 5,.x = 0.0 / 0.0,.y = 0,.w = 5,.h = 5},
    {.id = 6,.x = 63.999,.y = 63.999,.w = 5,.h = 5},
  };
  GstMobilenetDetection *detection = gst_mobilenet_detection_new ("test", 0,
      results, G_N_ELEMENTS (results));
  GstHarness *h = fixture_new ("regions", TRUE, "post-messages", TRUE, NULL);
  static const guint ids[] = { 1, 2, 6 };
  GstBuffer *buffer;
  guint i, id;

  fixture_set_caps (h, "RGB", 64, 64);
  buffer = fixture_frame ("RGB", 64, 64, COLOUR_RED, COLOUR_RED, 0);
  gst_buffer_add_mobilenet_detection_meta (buffer, detection, 0);
  gst_mobilenet_detection_unref (detection);
  buffer = ssd_push (h, buffer);
  detection = gst_buffer_get_mobilenet_detection_meta (buffer)->detection;
  for (i = 0; i < G_N_ELEMENTS (results); i++)
    fail_unless_equals_int (gst_mobilenet_detection_get_n_classifications
        (detection, i), results[i].id <= 2 || results[i].id == 6);
  gst_buffer_unref (buffer);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    GstMessage *message = fixture_pop_message (h);

    fail_unless (message != NULL);
    fail_unless (gst_structure_has_name (gst_message_get_structure (message),
            "mobilenet-classification"));
    fail_unless (gst_structure_get_uint (gst_message_get_structure (message),
            "id", &id));
    fail_unless_equals_int (id, ids[i]);
    gst_message_unref (message);
  }
  fail_unless (fixture_pop_message (h) == NULL);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
modes_suite (void)
{
  Suite *suite = suite_create ("mobilenetssd over many frames");
  TCase *tiles = tcase_create ("tiles");
  TCase *stages = tcase_create ("stages");

  tcase_add_checked_fixture (tiles, NULL, fixture_clean);
  tcase_add_test (tiles, test_latest_tiles);
  tcase_add_test (tiles, test_latest_many_tiles);
  tcase_add_loop_test (tiles, test_flush, 0, G_N_ELEMENTS (modes));
  tcase_add_test (tiles, test_motion);
  tcase_add_test (tiles, test_motion_and_properties);
  tcase_add_test (tiles, test_latest_motion);
  tcase_add_test (tiles, test_tiles_change);
  tcase_add_test (tiles, test_small_frames);
  tcase_add_loop_test (tiles, test_memory, 0, G_N_ELEMENTS (modes));
  suite_add_tcase (suite, tiles);

  tcase_add_checked_fixture (stages, NULL, fixture_clean);
  tcase_add_loop_test (stages, test_second_stage, 0, 7);
  tcase_add_test (stages, test_second_stage_latest);
  tcase_add_test (stages, test_second_stage_alone);
  tcase_add_test (stages, test_second_stage_broken_boxes);
  suite_add_tcase (suite, stages);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, modes_suite);
}
