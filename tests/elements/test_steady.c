/* SPDX-License-Identifier: MIT
 *
 * Results that are steady over frames: smoothing and hold of mobilenetssd,
 * smoothing of mobilenetclassify, and both in two stages. */
#include <math.h>
#include <string.h>

#include "ssd_fixture.h"

/* In the cell of column `column` and row 3 of the network's 8x8. */
#define SQUARE(column, colour) \
    { {40 * (column), 60, 40, 20, (colour)}, {0} }

static const SsdSquare nothing[] = { {0} };

static const SsdSquare red[] = SQUARE (3, COLOUR_RED);
static const SsdSquare dark_red[] = SQUARE (3, 0x990000);
static const SsdSquare red_beside[] = SQUARE (4, COLOUR_RED);
static const SsdSquare green[] = SQUARE (3, COLOUR_GREEN);

typedef struct
{
  guint id, index;
  gdouble score, x, y, w, h;
} Thing;

static Thing
thing_of (GstBuffer * buffer, guint i)
{
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  Thing thing;

  fail_unless (meta != NULL);
  fail_unless (gst_mobilenet_detection_meta_get_result (meta, i, &thing.id,
          &thing.index, NULL, &thing.score));
  fail_unless (gst_mobilenet_detection_meta_get_box (meta, i, &thing.x,
          &thing.y, &thing.w, &thing.h));
  return thing;
}

/* The `number`th frame of 25 a second. */
static GstBuffer *
show (GstHarness * h, const SsdSquare * squares, guint number)
{
  return ssd_push (h, ssd_frame (320, 160, squares, number * FRAME_DURATION));
}

/* Shows a frame that is to carry one thing, and returns that. */
static Thing
show_one (GstHarness * h, const SsdSquare * squares, guint number)
{
  GstBuffer *buffer = show (h, squares, number);
  Thing thing;

  ssd_assert_count (buffer, 1);
  thing = thing_of (buffer, 0);
  gst_buffer_unref (buffer);
  return thing;
}

static void
show_none (GstHarness * h, const SsdSquare * squares, guint number)
{
  GstBuffer *buffer = show (h, squares, number);

  ssd_assert_count (buffer, 0);
  gst_buffer_unref (buffer);
}

GST_START_TEST (test_hold)
{
  GstHarness *h = ssd_new ("hold", "100", NULL);
  Thing before, is;
  guint i;

  fixture_set_caps (h, "RGB", 320, 160);
  before = show_one (h, red, 0);
  for (i = 1; i <= 2; i++) {
    is = show_one (h, nothing, i);
    fail_unless (memcmp (&is, &before, sizeof (is)) == 0);
  }
  show_none (h, nothing, 3);
  /* In time again, moved a little: the same thing. */
  before = show_one (h, red, 4);
  show_one (h, nothing, 5);
  is = show_one (h, red_beside, 6);
  fail_unless_equals_int (is.id, before.id);
  fail_unless_equals_float (is.x, 160);
  fixture_teardown (h);
}

GST_END_TEST;

/* Boxes of three cells that overlap by half: a weight of 0.5 * 0.5. */
GST_START_TEST (test_smoothing)
{
  GstHarness *h = ssd_new ("model-file", ssd_model (8, SSD_BOXES_WIDE),
      "smoothing", "0.5", NULL);
  Thing before, is;

  fixture_set_caps (h, "RGB", 320, 160);
  before = show_one (h, red, 0);
  fail_unless (fabs (before.x - 80) < 0.01 && fabs (before.w - 120) < 0.01);
  is = show_one (h, red_beside, 1);
  fail_unless_equals_int (is.id, before.id);
  fail_unless (fabs (is.x - 110) < 0.01 && fabs (is.w - 120) < 0.01,
      "x %g, w %g", is.x, is.w);
  /* What is missed goes at once. */
  show_none (h, nothing, 2);

  before = show_one (h, red, 3);
  is = show_one (h, dark_red, 4);
  fail_unless (fabs (is.score - (before.score + 0.8808) / 2) < 0.001,
      "score %g", is.score);
  /* A label that flips for one frame. */
  is = show_one (h, green, 5);
  fail_unless_equals_int (is.index, before.index);
  fail_unless_equals_int (is.id, before.id);
  fixture_teardown (h);
}

GST_END_TEST;

#define SCENES 12

static void
any_squares (GRand * random, SsdSquare squares[4])
{
  static const guint colours[] = { COLOUR_RED, COLOUR_GREEN, 0x0000b0 };
  guint i, n = g_rand_int_range (random, 0, 4);

  for (i = 0; i < n; i++)
    squares[i] = (SsdSquare) {
    g_rand_int_range (random, 0, 280), g_rand_int_range (random, 0, 140), 40,
        20, colours[g_rand_int_range (random, 0, 3)]};
  squares[n].w = 0;
}

/* Off is the default, and with both off what came before does not matter: each
 * frame gets what an element gives that sees but this one, and new ids. */
GST_START_TEST (test_off)
{
  GstHarness *h = __i__ ? ssd_new ("smoothing", "0", "hold", "0", NULL)
      : ssd_new (NULL, NULL);
  GRand *random = g_rand_new_with_seed (11);
  guint scene, i, n, id = 0;
  SsdSquare squares[4];

  fixture_set_caps (h, "RGB", 320, 160);
  for (scene = 0; scene < SCENES; scene++) {
    GstHarness *alone = ssd_new (NULL, NULL);
    GstBuffer *buffer, *expected;

    any_squares (random, squares);
    fixture_set_caps (alone, "RGB", 320, 160);
    buffer = show (h, squares, scene);
    expected = show (alone, squares, scene);
    n = gst_mobilenet_detection_meta_get_n_results
        (gst_buffer_get_mobilenet_detection_meta (expected));
    ssd_assert_count (buffer, n);
    for (i = 0; i < n; i++) {
      Thing is = thing_of (buffer, i), should = thing_of (expected, i);

      fail_unless_equals_int (should.id, i + 1);
      should.id = ++id;
      fail_unless (memcmp (&is, &should, sizeof (is)) == 0);
    }
    gst_buffer_unref (buffer);
    gst_buffer_unref (expected);
    fixture_teardown (alone);
  }
  fail_unless (id > SCENES / 2);
  g_rand_free (random);
  fixture_teardown (h);
}

GST_END_TEST;

static void
interrupt (GstHarness * h, guint how)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  switch (how) {
    case 0:
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      break;
    case 1:
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      break;
    case 2:
      gst_harness_push_event (h, gst_event_new_stream_start ("other"));
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      break;
    default:
      fixture_set_caps (h, "RGB", 160, 80);
      fixture_set_caps (h, "RGB", 320, 160);
      break;
  }
}

#define INTERRUPTIONS 4

/* Nothing that was found before a seek, in another stream or with other caps is
 * held or blended in; ids go on. */
GST_START_TEST (test_interruptions)
{
  GstHarness *h = ssd_new ("hold", "60000", "smoothing", "0.9", NULL);
  Thing before, is;

  fixture_set_caps (h, "RGB", 320, 160);
  before = show_one (h, red, 0);
  interrupt (h, __i__);
  show_none (h, nothing, 0);
  is = show_one (h, dark_red, 1);
  fail_unless (fabs (is.score - 0.8808) < 0.001, "score %g", is.score);
  fail_unless_equals_int (is.id, before.id + 1);
  fixture_teardown (h);
}

GST_END_TEST;

/* Nor does another model go on with what the one before has found. */
GST_START_TEST (test_swapped_model)
{
  GstHarness *h = ssd_new ("hold", "60000", "smoothing", "0.9", NULL);
  Thing before, is;
  guint i;

  fixture_set_caps (h, "RGB", 320, 160);
  before = is = show_one (h, dark_red, 0);
  g_object_set (h->element, "model-file", ssd_model (8, SSD_BOXES_WIDE), NULL);
  for (i = 1; is.id == before.id; i++, g_usleep (1000)) {
    fail_unless (i < 30000, "no other model");
    is = show_one (h, red, i);
  }
  fail_unless (fabs (is.x - 80) < 0.01 && fabs (is.w - 120) < 0.01
      && is.score > 0.9999, "x %g, w %g, score %g", is.x, is.w, is.score);
  fail_unless_equals_int (is.id, before.id + 1);
  fixture_teardown (h);
}

GST_END_TEST;

/* What the properties do not ask for any more is not held. */
GST_START_TEST (test_changed_properties)
{
  static const struct
  {
    const gchar *name, *value;
  } cases[] = {
    {"classes", "green"}, {"score-threshold", "0.95"}, {"hold", "0"},
    {"region", "0,0.5,1,0.5"}, {"smoothing", "0.2"},
  };
  GstHarness *h = ssd_new ("hold", "60000", "smoothing", "0.5", NULL);
  Thing before, is;

  fixture_set_caps (h, "RGB", 320, 160);
  before = show_one (h, dark_red, 0);
  is = show_one (h, nothing, 1);
  fail_unless_equals_int (is.id, before.id);
  gst_util_set_object_arg (G_OBJECT (h->element), cases[__i__].name,
      cases[__i__].value);
  show_none (h, nothing, 2);
  fixture_teardown (h);
}

GST_END_TEST;

/* What is malformed while an element runs is told, and changes nothing. */
static void
set_malformed (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message;
  GError *error;

  g_object_set (h->element, "smoothing", 1.0, NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, "property smoothing is 1, expected")
      != NULL, "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_object_unref (bus);
}

GST_START_TEST (test_malformed)
{
  GstHarness *h = ssd_new ("smoothing", "0.5", NULL);
  Thing before, is;

  fixture_set_caps (h, "RGB", 320, 160);
  before = show_one (h, red, 0);
  set_malformed (h);
  is = show_one (h, dark_red, 1);
  fail_unless (fabs (is.score - (before.score + 0.8808) / 2) < 0.001);
  fixture_teardown (h);
}

GST_END_TEST;

/* Things that are held count, and give way to better ones. */
GST_START_TEST (test_max_detections)
{
  static const SsdSquare two[] = { {0, 0, 40, 20, 0xb00000}
  , {200, 100, 40, 20, 0xc00000}
  , {0}
  };
  GstHarness *h = ssd_new ("hold", "60000", "max-detections", "2", NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 320, 160);
  gst_buffer_unref (show (h, two, 0));
  buffer = show (h, red, 1);
  ssd_assert_count (buffer, 2);
  fail_unless_equals_int (thing_of (buffer, 0).id, 3);
  fail_unless_equals_int (thing_of (buffer, 1).id, 1);
  ssd_assert_box (buffer, 0, 200, 100, 40, 20);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* Behind a worker, with tiles in turn: a thing keeps its id, is held when its tile
 * is looked at anew, and goes in the end. */
GST_START_TEST (test_latest)
{
  GstHarness *h = ssd_new ("mode", "latest", "tiles", "2x1", "overlap", "0",
      "hold", "400", NULL);
  guint number = 0, id = 0, held = 0, end;
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 320, 160);
  for (end = 20000; end > 0; end--, g_usleep (1000)) {
    GstMobilenetDetectionMeta *meta;

    /* The thing is there until it was seen. */
    buffer = show (h, id ? nothing : red, number++);
    meta = gst_buffer_get_mobilenet_detection_meta (buffer);
    if (!meta || gst_mobilenet_detection_meta_get_n_results (meta) == 0) {
      gst_buffer_unref (buffer);
      if (id)
        break;
      continue;
    }
    fail_unless_equals_int (thing_of (buffer, 0).id, 1);
    held += id == 1;
    id = 1;
    gst_buffer_unref (buffer);
  }
  fail_unless (end > 0, "seen %u, held for %u frames", id, held);
  fail_unless (held >= 9, "held for %u frames", held);
  fixture_teardown (h);
}

GST_END_TEST;

/* Of each class, by its index. */
typedef gdouble Scores[N_CLASSES];

static void
read_scores (GstMobilenetClassification * classification, Scores scores)
{
  guint i, index;
  gdouble score;

  for (i = 0; i < N_CLASSES; i++) {
    fail_unless (gst_mobilenet_classification_get_result (classification, i,
            &index, NULL, &score));
    scores[index] = score;
  }
}

static void
show_colour (GstHarness * h, guint colour, guint number, Scores scores)
{
  GstBuffer *buffer = fixture_push (h, colour, number * FRAME_DURATION);

  read_scores (fixture_meta (buffer)->classification, scores);
  gst_buffer_unref (buffer);
}

/* The scores are the means of those of the same frames without smoothing. */
static void
assert_mixed (const Scores is, const Scores past, const Scores present,
    gdouble weight)
{
  guint i;

  for (i = 0; i < N_CLASSES; i++)
    fail_unless (fabs (is[i] - weight * past[i] - (1 - weight) * present[i])
        < 1e-6, "class %u has %g", i, is[i]);
}

static GstHarness *
new_classifier (gdouble smoothing)
{
  GstHarness *h = fixture_new ("top-k", N_CLASSES, "smoothing", smoothing,
      NULL);

  fixture_set_caps (h, "RGB", 32, 32);
  return h;
}

static void
scores_of (guint colour, Scores scores)
{
  GstHarness *h = new_classifier (0);

  show_colour (h, colour, 0, scores);
  fixture_teardown (h);
}

GST_START_TEST (test_means)
{
  GstHarness *h = new_classifier (0.75);
  Scores reds, greens, is, before;
  guint i;

  scores_of (COLOUR_RED, reds);
  scores_of (COLOUR_GREEN, greens);
  fail_unless (reds[CLASS_RED] > reds[CLASS_GREEN] + 0.1);
  show_colour (h, COLOUR_RED, 0, is);
  assert_mixed (is, reds, reds, 0);
  /* Best first means: what shows up for one frame does not. */
  show_colour (h, COLOUR_GREEN, 1, is);
  assert_mixed (is, reds, greens, 0.75);
  memcpy (before, is, sizeof (is));
  show_colour (h, COLOUR_GREEN, 2, is);
  assert_mixed (is, before, greens, 0.75);
  for (i = 0; i < 60; i++)
    show_colour (h, COLOUR_GREEN, 3 + i, is);
  assert_mixed (is, greens, greens, 0);
  set_malformed (h);
  show_colour (h, COLOUR_RED, 69, is);
  assert_mixed (is, greens, reds, 0.75);
  /* Turned off, the past is forgotten. */
  g_object_set (h->element, "smoothing", 0.0, NULL);
  show_colour (h, COLOUR_RED, 70, is);
  assert_mixed (is, reds, reds, 0);
  g_object_set (h->element, "smoothing", 0.75, NULL);
  show_colour (h, COLOUR_RED, 71, is);
  assert_mixed (is, reds, reds, 0);
  fixture_teardown (h);
}

GST_END_TEST;

/* The threshold is that of the means. */
GST_START_TEST (test_threshold)
{
  GstHarness *h = new_classifier (0.5);
  GstBuffer *buffer;
  Scores reds;

  scores_of (COLOUR_RED, reds);
  g_object_set (h->element, "score-threshold", reds[CLASS_RED] - 0.01, NULL);
  gst_buffer_unref (fixture_push (h, COLOUR_RED, 0));
  buffer = fixture_push (h, COLOUR_GREEN, FRAME_DURATION);
  fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
      (fixture_meta (buffer)), 0);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_means_interrupted)
{
  GstHarness *h = new_classifier (0.9);
  Scores greens, is;

  scores_of (COLOUR_GREEN, greens);
  show_colour (h, COLOUR_RED, 0, is);
  interrupt (h, __i__);
  show_colour (h, COLOUR_GREEN, 0, is);
  assert_mixed (is, greens, greens, 0);
  fixture_teardown (h);
}

GST_END_TEST;

/* The best class that the second stage gives to the only detection. */
static guint
show_stages (GstHarness * h, const SsdSquare * squares, guint number)
{
  GstBuffer *buffer = show (h, squares, number);
  GstMobilenetClassification *classification;
  guint index = G_MAXUINT;

  ssd_assert_count (buffer, 1);
  classification = gst_mobilenet_detection_get_classification
      (gst_buffer_get_mobilenet_detection_meta (buffer)->detection, 0, 0);
  fail_unless (classification != NULL);
  gst_mobilenet_classification_get_result (classification, 0, &index, NULL,
      NULL);
  gst_buffer_unref (buffer);
  return index;
}

/* A thing that is followed and changes its colour: what the second stage says of
 * it is smoothed, where it is the same thing to the first one. */
GST_START_TEST (test_regions)
{
  static const struct
  {
    const gchar *first, *second;
    guint best;
  } cases[] = {
    {"hold=1000", "smoothing=0.9", CLASS_RED},
    {"smoothing=0.5", "smoothing=0.9", CLASS_RED},
    {"hold=1000", "", CLASS_GREEN},
    {"", "smoothing=0.9", CLASS_GREEN},
  };
  gchar *line = g_strdup_printf ("mobilenetssd model-file=%s labels-file=%s "
      "box-format=corners-yx input-range=zero-one mode=every %s ! "
      "mobilenetclassify model-file=%s labels-file=%s regions=true mode=every %s",
      ssd_model (8, SSD_BOXES_GOOD), ssd_labels (), cases[__i__].first,
      fixture_model (), fixture_labels (), cases[__i__].second);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_live (h, FALSE);
  fixture_set_caps (h, "RGB", 320, 160);
  fail_unless_equals_int (show_stages (h, red, 0), CLASS_RED);
  fail_unless_equals_int (show_stages (h, green, 1), cases[__i__].best);
  gst_harness_teardown (h);
  g_free (line);
}

GST_END_TEST;

static Suite *
steady_suite (void)
{
  Suite *suite = suite_create ("steady results");
  TCase *detections = tcase_create ("detections");
  TCase *classes = tcase_create ("classes");

  tcase_add_checked_fixture (detections, NULL, fixture_clean);
  tcase_add_test (detections, test_hold);
  tcase_add_test (detections, test_smoothing);
  tcase_add_loop_test (detections, test_off, 0, 2);
  tcase_add_loop_test (detections, test_interruptions, 0, INTERRUPTIONS);
  tcase_add_test (detections, test_swapped_model);
  tcase_add_loop_test (detections, test_changed_properties, 0, 5);
  tcase_add_test (detections, test_malformed);
  tcase_add_test (detections, test_max_detections);
  tcase_add_test (detections, test_latest);
  suite_add_tcase (suite, detections);
  tcase_add_checked_fixture (classes, NULL, fixture_clean);
  tcase_add_test (classes, test_means);
  tcase_add_test (classes, test_threshold);
  tcase_add_loop_test (classes, test_means_interrupted, 0, INTERRUPTIONS);
  tcase_add_loop_test (classes, test_regions, 0, 4);
  suite_add_tcase (suite, classes);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, steady_suite);
}
