/* SPDX-License-Identifier: MIT
 *
 * Another model-file while frames flow, and input sizes that follow the load. */
#include <glib/gstdio.h>
#include <string.h>

#include "ssd_fixture.h"

/* Longer than any machine takes to load such a model. */
#define LIMIT (60 * G_TIME_SPAN_SECOND)

static GstMessage *
wait_for_warning (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);

  gst_object_unref (bus);
  fail_unless (message != NULL, "no warning");
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_WARNING);
  return message;
}

static void
assert_no_complaint (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);

  fail_unless (gst_bus_pop_filtered (bus,
          GST_MESSAGE_WARNING | GST_MESSAGE_ERROR) == NULL);
  gst_object_unref (bus);
}

static void
assert_file (GstHarness * h, const gchar * file)
{
  gchar *now;

  g_object_get (h->element, "model-file", &now, NULL);
  fail_unless_equals_string (now, file);
  g_free (now);
}

/* Sends a frame of the colour of class `n` % 3; it carries a right result, in mode
 * every its own.  Did `model` make it? */
static gboolean
push_colour (GstHarness * h, guint n, const gchar * model)
{
  static const guint colours[] = { COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE };
  GstBuffer *buffer = fixture_push (h, colours[n % 3], n * FRAME_DURATION);
  GstMobilenetClassificationMeta *meta = fixture_meta (buffer);
  gboolean found;

  fail_unless (meta != NULL, "frame %u carries nothing", n);
  fail_unless_equals_uint64 (meta->age, 0);
  fail_unless_equals_int (fixture_best (buffer), n % 3);
  found = strcmp (gst_mobilenet_classification_get_model
      (meta->classification), model) == 0;
  gst_buffer_unref (buffer);
  return found;
}

/* Frames go on until `model` looks at them. */
static guint
push_until (GstHarness * h, guint n, const gchar * model)
{
  gint64 end = g_get_monotonic_time () + LIMIT;

  while (!push_colour (h, n++, model))
    fail_unless (g_get_monotonic_time () < end, "%s does not come", model);
  return n;
}

GST_START_TEST (test_swap)
{
  GstHarness *h = fixture_new ("mode", 1, NULL);
  const gchar *first_file = fixture_model ();
  guint n = 0;

  fixture_set_caps (h, "RGB", 64, 48);
  n = push_until (h, n, "colours.tflite");
  g_object_set (h->element, "model-file", fixture_float_model (TRUE), NULL);
  n = push_until (h, n, "float-told.tflite");
  fail_unless (push_colour (h, n++, "float-told.tflite"));
  assert_file (h, fixture_float_model (TRUE));
  /* Of another input size, and back. */
  g_object_set (h->element, "model-file", fixture_sized_model (64), NULL);
  n = push_until (h, n, "colours-64.tflite");
  g_object_set (h->element, "model-file", first_file, NULL);
  n = push_until (h, n, "colours.tflite");
  assert_no_complaint (h);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), n);
  /* It is the one after a restart, too. */
  g_object_set (h->element, "model-file", fixture_sized_model (64), NULL);
  n = push_until (h, n, "colours-64.tflite");
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fixture_teardown (h);
}

GST_END_TEST;

/* The last one that is asked for comes. */
GST_START_TEST (test_swap_twice)
{
  GstHarness *h = fixture_new ("mode", 1, NULL);
  guint n = 0, i;

  fixture_set_caps (h, "RGB", 64, 48);
  n = push_until (h, n, "colours.tflite");
  for (i = 0; i < 5; i++) {
    g_object_set (h->element, "model-file", fixture_sized_model (64), NULL);
    g_object_set (h->element, "model-file", fixture_sized_model (96), NULL);
    g_object_set (h->element, "model-file", fixture_float_model (TRUE), NULL);
    n = push_until (h, n, "float-told.tflite");
    fail_unless (push_colour (h, n++, "float-told.tflite"));
  }
  assert_no_complaint (h);
  fixture_teardown (h);
}

GST_END_TEST;

typedef const gchar *(*MakeFile) (void);

static const gchar *
missing_file (void)
{
  return "/nowhere/none.tflite";
}

static const gchar *
broken_file (void)
{
  static const gchar text[] = "no model at all, but some text in its place";

  return fixture_write ("broken.tflite", text, sizeof (text));
}

static const gchar *
other_file (void)
{
  return fixture_map_model ();
}

static const MakeFile bad_files[] = { missing_file, broken_file, other_file };

/* A file that cannot be used changes nothing. */
GST_START_TEST (test_swap_refused)
{
  GstHarness *h = fixture_new ("mode", 1, NULL);
  const gchar *bad = bad_files[__i__] ();
  gchar *good, *size;
  GstMessage *message;
  GError *error;
  guint n = 0;

  fixture_set_caps (h, "RGB", 64, 48);
  n = push_until (h, n, "colours.tflite");
  g_object_get (h->element, "model-file", &good, NULL);
  g_object_set (h->element, "input-size", "32", "model-file", bad, NULL);
  message = wait_for_warning (h);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, bad) != NULL, "%s", error->message);
  fail_unless (strstr (error->message, "goes on with the model that it has")
      != NULL, "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (push_colour (h, n++, "colours.tflite"));
  assert_file (h, good);
  g_object_get (h->element, "input-size", &size, NULL);
  fail_unless (size == NULL, "input-size=%s", size);
  fail_unless_equals_uint64 (fixture_stat (h, "errors"), 1);
  assert_no_complaint (h);
  g_free (good);
  fixture_teardown (h);
}

GST_END_TEST;

/* Nor do labels that do not fit. */
GST_START_TEST (test_swap_with_labels)
{
  static const gchar few[] = "one\ntwo\n", others[] = "a\nb\nc\nd\n";
  GstHarness *h = fixture_new ("mode", 1, NULL);
  GstBuffer *buffer;
  guint n = 0;

  fixture_set_caps (h, "RGB", 64, 48);
  n = push_until (h, n, "colours.tflite");
  g_object_set (h->element, "labels-file", fixture_write ("few.txt", few,
          strlen (few)), "model-file", fixture_float_model (TRUE), NULL);
  gst_message_unref (wait_for_warning (h));
  fail_unless (push_colour (h, n++, "colours.tflite"));
  g_object_set (h->element, "labels-file", fixture_write ("others.txt", others,
          strlen (others)), "model-file", fixture_float_model (TRUE), NULL);
  n = push_until (h, n, "float-told.tflite");
  buffer = fixture_push (h, COLOUR_GREEN, n * FRAME_DURATION);
  fail_unless_equals_string (fixture_best_label (buffer), "b");
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* Results of the old model go on until the new one has some. */
GST_START_TEST (test_swap_in_latest)
{
  GstHarness *h = fixture_new ("mode", 2, NULL);
  gint64 end = g_get_monotonic_time () + LIMIT;
  gboolean before = FALSE, after = FALSE;
  guint n;

  fixture_set_caps (h, "RGB", 64, 48);
  for (n = 0; !after; n++) {
    GstBuffer *buffer = fixture_push (h, COLOUR_GREEN, n * FRAME_DURATION);
    GstMobilenetClassificationMeta *meta = fixture_meta (buffer);

    fail_unless (meta != NULL || !before, "frame %u carries nothing", n);
    fail_unless (g_get_monotonic_time () < end);
    if (meta && !before) {
      before = TRUE;
      g_object_set (h->element, "model-file", fixture_float_model (TRUE), NULL);
    }
    if (meta) {
      fail_unless_equals_int (fixture_best (buffer), CLASS_GREEN);
      after = strcmp (gst_mobilenet_classification_get_model
          (meta->classification), "float-told.tflite") == 0;
    }
    gst_buffer_unref (buffer);
    g_usleep (1000);
  }
  assert_no_complaint (h);
  fixture_teardown (h);
}

GST_END_TEST;

/* Before caps, and while the element stops and starts. */
GST_START_TEST (test_swap_and_states)
{
  GstHarness *h = fixture_new ("mode", 1, NULL);
  const gchar *files[] =
      { fixture_float_model (TRUE), fixture_sized_model (64) };
  const gchar *names[] = { "float-told.tflite", "colours-64.tflite" };
  guint i;

  g_object_set (h->element, "model-file", files[1], NULL);
  fixture_set_caps (h, "RGB", 64, 48);
  push_until (h, 0, names[1]);
  for (i = 0; i < 20; i++) {
    g_object_set (h->element, "model-file", files[i % 2], NULL);
    gst_element_set_state (h->element, GST_STATE_NULL);
    if (i % 3 == 0)
      g_object_set (h->element, "model-file", files[i % 2], NULL);
    gst_element_set_state (h->element, GST_STATE_PLAYING);
    fixture_set_caps (h, "RGB", 64, 48);
    gst_harness_push_event (h, gst_event_new_segment (&GST_BASE_TRANSFORM
            (h->element)->segment));
    push_until (h, 0, names[i % 2]);
  }
  assert_no_complaint (h);
  fixture_teardown (h);
}

GST_END_TEST;

/* Of a detector with more boxes; ids go on. */
GST_START_TEST (test_swap_of_a_detector)
{
  static const SsdSquare square[] = { {20, 20, 20, 20, COLOUR_RED}, {0} };
  GstHarness *h = ssd_new (NULL, NULL);
  gint64 end = g_get_monotonic_time () + LIMIT;
  guint id, last = 0, found = 0;

  fixture_set_caps (h, "RGB", 160, 160);
  while (found != 4) {
    GstBuffer *buffer = ssd_push (h, ssd_frame (160, 160, square, 0));
    GstMobilenetDetectionMeta *meta =
        gst_buffer_get_mobilenet_detection_meta (buffer);

    fail_unless (g_get_monotonic_time () < end);
    found = gst_mobilenet_detection_meta_get_n_results (meta);
    fail_unless (found == 1 || found == 4, "%u", found);
    gst_mobilenet_detection_meta_get_result (meta, 0, &id, NULL, NULL, NULL);
    fail_unless (id > last);
    gst_mobilenet_detection_meta_get_result (meta, found - 1, &id, NULL, NULL,
        NULL);
    if (last == 0)
      g_object_set (h->element, "model-file", ssd_model (16, SSD_BOXES_GOOD),
          NULL);
    last = id;
    gst_buffer_unref (buffer);
  }
  assert_no_complaint (h);
  fixture_teardown (h);
}

GST_END_TEST;

/* How wide the first thing that is found on a frame of 64 x 64 red pixels is. */
static gdouble
width_of_first (GstHarness * h)
{
  static const SsdSquare red[] = { {0, 0, 64, 64, COLOUR_RED}, {0} };
  GstBuffer *buffer = ssd_push (h, ssd_frame (64, 64, red, 0));
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  gdouble x, y, width, height;

  fail_unless (gst_mobilenet_detection_meta_get_box (meta, 0, &x, &y, &width,
          &height));
  gst_buffer_unref (buffer);
  return width;
}

/* Tiles go by the new network's input size: one of 64 pixels sees the picture at
 * once, one of 8 in tiles of 16, its boxes are of 8 by 8 in each. */
GST_START_TEST (test_swap_and_tiles)
{
  GstHarness *h = ssd_new ("tiles", "auto", "overlap", "0", "model-file",
      ssd_model (64, SSD_BOXES_GOOD), NULL);
  gint64 end = g_get_monotonic_time () + LIMIT;
  gdouble width;

  fixture_set_caps (h, "RGB", 64, 64);
  fail_unless_equals_float (width_of_first (h), 1);
  g_object_set (h->element, "model-file", ssd_model (8, SSD_BOXES_GOOD), NULL);
  while ((width = width_of_first (h)) == 1)
    fail_unless (g_get_monotonic_time () < end);
  fail_unless_equals_float (width, 2);
  assert_no_complaint (h);
  fixture_teardown (h);
}

GST_END_TEST;

/* The quality that the next QOS message tells; 0: there is none. */
static gint
pop_quality (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS);
  gint quality = 0;

  gst_object_unref (bus);
  if (message) {
    gst_message_parse_qos_values (message, NULL, NULL, &quality);
    gst_message_unref (message);
  }
  return quality;
}

/* Frames that come faster than any network computes are looked at with a smaller
 * input, those that come slowly with the largest again. */
GST_START_TEST (test_adaptive)
{
  GstHarness *h = fixture_new ("model-file", fixture_sized_model (64),
      "adaptive", TRUE, "mode", 1, NULL);
  gint64 end = g_get_monotonic_time () + LIMIT;
  GstClockTime pts = 0;
  gint quality;

  fixture_set_caps (h, "RGB", 64, 48);
  while ((quality = pop_quality (h)) == 0) {
    GstBuffer *buffer = fixture_push (h, COLOUR_GREEN, pts++);

    fail_unless_equals_int (fixture_best (buffer), CLASS_GREEN);
    gst_buffer_unref (buffer);
    fail_unless (g_get_monotonic_time () < end);
  }
  fail_unless (quality > 200000 && quality < 300000, "%d", quality);
  while ((quality = pop_quality (h)) == 0) {
    GstBuffer *buffer = fixture_push (h, COLOUR_BLUE, pts);

    fail_unless_equals_int (fixture_best (buffer), CLASS_BLUE);
    gst_buffer_unref (buffer);
    pts += GST_SECOND;
    g_usleep (20000);
    fail_unless (g_get_monotonic_time () < end);
  }
  fail_unless_equals_int (quality, 1000000);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 0);
  fixture_teardown (h);
}

GST_END_TEST;

/* A network that knows one size only says so when it starts. */
GST_START_TEST (test_adaptive_refused)
{
  GstElement *element = gst_element_factory_make ("mobilenetssd", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  gst_element_set_bus (element, bus);
  g_object_set (element, "model-file", ssd_model (64, SSD_BOXES_GOOD),
      "labels-file", ssd_labels (), "adaptive", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "box-format", "corners-yx");
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "adaptive=true") != NULL, "%s",
      error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_END_TEST;

static Suite *
swap_suite (void)
{
  Suite *suite = suite_create ("models and sizes that change");
  TCase *swap = tcase_create ("swap");
  TCase *adaptive = tcase_create ("adaptive");

  tcase_add_checked_fixture (swap, NULL, fixture_clean);
  tcase_add_test (swap, test_swap);
  tcase_add_test (swap, test_swap_twice);
  tcase_add_loop_test (swap, test_swap_refused, 0, G_N_ELEMENTS (bad_files));
  tcase_add_test (swap, test_swap_with_labels);
  tcase_add_test (swap, test_swap_in_latest);
  tcase_add_test (swap, test_swap_and_states);
  tcase_add_test (swap, test_swap_of_a_detector);
  tcase_add_test (swap, test_swap_and_tiles);
  suite_add_tcase (suite, swap);

  tcase_add_checked_fixture (adaptive, NULL, fixture_clean);
  tcase_add_test (adaptive, test_adaptive);
  tcase_add_test (adaptive, test_adaptive_refused);
  suite_add_tcase (suite, adaptive);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, swap_suite);
}
