/* SPDX-License-Identifier: MIT
 *
 * mobilenetseg with networks that are shown their own mask of the frame before: a
 * convolution of 1x1 and a sigmoid, whose masks a sequence in double tells. */
#include <math.h>
#include <string.h>
#include <tflitebuilder.h>

#include "classify_fixture.h"
#include "refusal.h"

#define SIDE 8

/* The logit: weights of the three colours, 0 to 1, in the input's order, and of the
 * mask, and what is added. */
static const gfloat weights[4] = { 1.5f, -0.5f, 0.75f, 3.0f };

static const gfloat bias = -1.5f;

static const gchar *
write_network (const gchar * name, gfloat mask_weight, gint classes)
{
  TbModel *model = tb_model_new ();
  TbTensor picture = {.name = "picture",.type = TFL_TYPE_FLOAT32,.rank = 4,
    .dims = {1, SIDE, SIDE, 4}
  };
  TbTensor map = picture, filter = picture, biases = {.name = "bias",.type =
        TFL_TYPE_FLOAT32,.rank = 1,.dims = {classes}
  };
  gfloat numbers[4 * 4], added[4];
  int32_t input, logits, output;
  const gchar *path;
  TbFile file;
  gint i;

  for (i = 0; i < 4 * classes; i++)
    numbers[i] = i % 4 == 3 ? mask_weight : weights[i % 4];
  for (i = 0; i < classes; i++)
    added[i] = bias;
  filter.dims[0] = classes;
  filter.dims[1] = filter.dims[2] = 1;
  filter.data = numbers;
  filter.bytes = 16 * classes;
  biases.data = added;
  biases.bytes = 4 * classes;
  map.dims[3] = classes;
  input = tb_tensor (model, &picture);
  logits = tb_tensor (model, &map);
  output = tb_tensor (model, &map);
  tb_operator (model, &(TbOperator) {
        .builtin = TFL_OP_CONV_2D,.inputs = { input,
          tb_tensor (model, &filter), tb_tensor (model, &biases)
      },.n_inputs =
        3,.outputs = { logits },.n_outputs = 1,.options =
        tb_conv_options (0, 1, 1, 1, 1, 0)}
  );
  tb_operator (model, &(TbOperator) {
      .builtin = TFL_OP_LOGISTIC,.inputs =
        { logits },.n_inputs = 1,.outputs = { output },.n_outputs = 1}
  );
  tb_input (model, input);
  tb_output (model, output);
  file = tb_finish (model);
  path = fixture_write (name, file.data, file.size);
  tb_file_free (&file);
  return path;
}

static const gchar *
network (void)
{
  return write_network ("prior.tflite", weights[3], 1);
}

/* The mask of a frame of one colour after one of `prior`. */
static gdouble
mask_of (guint colour, gboolean bgr, gdouble mask_weight, gdouble prior)
{
  gdouble logit = bias + mask_weight * prior;
  guint i;

  for (i = 0; i < 3; i++)
    logit += weights[bgr ? 2 - i : i] * (colour >> (16 - 8 * i) & 255) / 255.0;
  return 1 / (1 + exp (-logit));
}

static GstHarness *
new_seg (const gchar * mode, guint interval, const gchar * order)
{
  GstElement *element = gst_element_factory_make ("mobilenetseg", NULL);
  GstBus *bus = gst_bus_new ();
  GstHarness *h;

  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  gst_util_set_object_arg (G_OBJECT (element), "mode", mode);
  gst_util_set_object_arg (G_OBJECT (element), "channel-order", order);
  g_object_set (element, "model-file", network (), "inference-interval",
      interval, "mean", "0", "std", "255", NULL);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  gst_harness_set_live (h, FALSE);
  fixture_set_caps (h, "RGBA", 16, 16);
  return h;
}

static GstBuffer *
push (GstHarness * h, guint colour, guint n)
{
  return gst_harness_push_and_pull (h, fixture_frame ("RGBA", 16, 16, colour,
          colour, n * FRAME_DURATION));
}

/* The probability that a frame carries for its middle, near `expected`. */
static void
assert_mask (GstBuffer * buffer, gdouble expected)
{
  GstMobilenetSegmentationMeta *meta =
      gst_buffer_get_mobilenet_segmentation_meta (buffer);
  gdouble confidence;
  guint index;

  fail_unless (meta != NULL);
  fail_unless (gst_mobilenet_segmentation_get_at (meta->segmentation, 8, 8,
          &index, &confidence));
  confidence = index ? confidence : 1 - confidence;
  fail_unless (fabs (confidence - expected) < 0.6 / 255, "%g, expected %g",
      confidence, expected);
  gst_buffer_unref (buffer);
}

static const guint colours[] = { COLOUR_WHITE, COLOUR_RED, COLOUR_BLACK,
  COLOUR_WHITE, COLOUR_GREEN, COLOUR_BLUE, COLOUR_WHITE, COLOUR_BLACK
};

static void
check_every (guint interval, const gchar * order)
{
  GstHarness *h = new_seg ("every", interval, order);
  gdouble mask = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (colours); i++) {
    if (i % interval == 0)
      mask = mask_of (colours[i], order[0] == 'b', weights[3], mask);
    assert_mask (push (h, colours[i], i), mask);
  }
  fixture_teardown (h);
}

GST_START_TEST (test_every)
{
  check_every (1, "rgb");
  check_every (1, "auto");
  check_every (1, "bgr");
}

GST_END_TEST;

/* The frames between do not count. */
GST_START_TEST (test_interval)
{
  check_every (3, "rgb");
}

GST_END_TEST;

GST_START_TEST (test_latest)
{
  GstHarness *h = new_seg ("latest", 1, "rgb");
  gdouble mask = 0;
  guint i, n = 0;

  for (i = 0; i < G_N_ELEMENTS (colours); i++) {
    gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

    mask = mask_of (colours[i], FALSE, weights[3], mask);
    gst_buffer_unref (push (h, colours[i], n++));
    while (fixture_stat (h, "analysed") <= i && g_get_monotonic_time () < end)
      g_usleep (1000);
    /* This one tells the result, and is not analysed itself. */
    g_object_set (h->element, "inference-interval", G_MAXUINT, NULL);
    assert_mask (push (h, COLOUR_BLACK, n++), mask);
    g_object_set (h->element, "inference-interval", 1, NULL);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* A late frame passes without inference. */
GST_START_TEST (test_late_frames)
{
  GstHarness *h = new_seg ("every", 1, "rgb");
  gdouble mask = mask_of (COLOUR_WHITE, FALSE, weights[3], 0);

  assert_mask (push (h, COLOUR_WHITE, 0), mask);
  gst_harness_push_upstream_event (h, gst_event_new_qos
      (GST_QOS_TYPE_UNDERFLOW, 2.0, FRAME_DURATION, FRAME_DURATION));
  assert_mask (push (h, COLOUR_RED, 1), mask);
  assert_mask (push (h, COLOUR_RED, 2), mask);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 2);
  assert_mask (push (h, COLOUR_GREEN, 3), mask_of (COLOUR_GREEN, FALSE,
          weights[3], mask));
  fixture_teardown (h);
}

GST_END_TEST;

static void
seek (GstHarness * h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

static void
new_segment (GstHarness * h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

static void
new_caps (GstHarness * h)
{
  fixture_set_caps (h, "RGBA", 32, 32);
  fixture_set_caps (h, "RGBA", 16, 16);
}

static void
restart (GstHarness * h)
{
  gst_element_set_state (h->element, GST_STATE_READY);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  fixture_set_caps (h, "RGBA", 16, 16);
  new_segment (h);
}

GST_START_TEST (test_no_mask_of_before)
{
  static void (*const breaks[]) (GstHarness *) = { seek, new_segment, new_caps,
    restart
  };
  GstHarness *h = new_seg ("every", 1, "rgb");
  guint i, n = 0;

  for (i = 0; i < G_N_ELEMENTS (breaks); i++) {
    gdouble mask = mask_of (COLOUR_WHITE, FALSE, weights[3], 0);

    assert_mask (push (h, COLOUR_WHITE, n++), mask);
    assert_mask (push (h, COLOUR_WHITE, n++), mask_of (COLOUR_WHITE, FALSE,
            weights[3], mask));
    breaks[i] (h);
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* Another network begins with no mask, too. */
GST_START_TEST (test_swap)
{
  GstHarness *h = new_seg ("every", 1, "rgb");
  gdouble first = mask_of (COLOUR_WHITE, FALSE, weights[3], 0), mask = first;
  gdouble other = mask_of (COLOUR_WHITE, FALSE, -4, 0);
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  GstMobilenetSegmentationMeta *meta = NULL;
  GstBuffer *buffer = push (h, COLOUR_WHITE, 0);
  guint n = 1;

  g_object_set (h->element, "model-file", write_network ("other.tflite", -4, 1),
      NULL);
  do {
    gst_buffer_unref (buffer);
    g_usleep (1000);
    buffer = push (h, COLOUR_WHITE, n++);
    meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
    fail_unless (meta != NULL && g_get_monotonic_time () < end);
    mask = mask_of (COLOUR_WHITE, FALSE, weights[3], mask);
  } while (strcmp (gst_mobilenet_segmentation_get_model (meta->segmentation),
          "other.tflite") != 0);
  assert_mask (buffer, other);
  assert_mask (push (h, COLOUR_WHITE, n), mask_of (COLOUR_WHITE, FALSE, -4,
          other));
  fixture_teardown (h);
}

GST_END_TEST;

/* A fourth channel that no output is made for, and elements that make no masks. */
GST_START_TEST (test_refused)
{
  static const gchar *const cases[][2] = {
    {"mobilenetseg", "its input has 4 channels, so its output is expected"},
    {"mobilenetclassify", "4 channels"},
    {"mobilenetssd", "4 channels"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *element = gst_element_factory_make (cases[i][0], NULL);

    g_object_set (element, "model-file", i ? network () :
        write_network ("four.tflite", 1, 4), NULL);
    refusal_expect (element, cases[i][1]);
  }
}

GST_END_TEST;

static Suite *
seg_prior_suite (void)
{
  Suite *suite = suite_create ("mobilenetseg prior");
  TCase *tcase = tcase_create ("masks fed back");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_every);
  tcase_add_test (tcase, test_interval);
  tcase_add_test (tcase, test_latest);
  tcase_add_test (tcase, test_late_frames);
  tcase_add_test (tcase, test_no_mask_of_before);
  tcase_add_test (tcase, test_swap);
  tcase_add_test (tcase, test_refused);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, seg_prior_suite);
}
