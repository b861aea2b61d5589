/* SPDX-License-Identifier: MIT
 *
 * mobilenetseg with networks of one operator, whose map is the picture's own
 * colours: what it attaches, where that lies, its properties, its messages, and
 * what it refuses. */
#include <math.h>
#include <string.h>
#include <tflitebuilder.h>

#include "classify_fixture.h"
#include "refusal.h"

#define SIDE 8
#define NONE GST_MOBILENET_SEGMENTATION_NONE

/* Reads a picture of 8x8 with `channels`, floats of -1 to 1, and gives what
 * `builtin` makes of it, perhaps twice. */
static const gchar *
write_network (const gchar * name, int32_t builtin, gint channels,
    guint n_outputs)
{
  TbModel *model = tb_model_new ();
  TbTensor picture = {.name = "picture",.type = TFL_TYPE_FLOAT32,.rank = 4,
    .dims = {1, SIDE, SIDE, channels}
  };
  TbTensor map = picture;
  const int32_t axis = 3;
  int32_t input = tb_tensor (model, &picture), output;
  const gchar *path;
  TbFile file;
  guint i;

  map.name = "map";
  if (builtin == TFL_OP_ARG_MAX) {
    map.type = TFL_TYPE_INT32;
    map.rank = 3;
  }
  tb_input (model, input);
  for (i = 0; i < n_outputs; i++) {
    TbOperator op = {.builtin = builtin,.inputs = {input},.n_inputs = 1,
    .n_outputs = 1
    };

    output = tb_tensor (model, &map);
    op.outputs[0] = output;
    if (builtin == TFL_OP_SOFTMAX)
      op.options = tb_softmax_options (1.0f);
    if (builtin == TFL_OP_ARG_MAX)
      op.inputs[op.n_inputs++] = tb_ints (model, "axis", 1, &axis);
    tb_operator (model, &op);
    tb_output (model, output);
  }
  file = tb_finish (model);
  path = fixture_write (name, file.data, file.size);
  tb_file_free (&file);
  return path;
}

/* Classes 0, 1, 2: red, green, blue. */
static const gchar *
scores_network (void)
{
  return write_network ("scores.tflite", TFL_OP_SOFTMAX, 3, 1);
}

static const gchar *
labels (const gchar * text)
{
  return fixture_write ("names.txt", text, strlen (text));
}

/* With a bus, and properties as name, text, ..., NULL. */
static GstElement *
new_element (const gchar * model, const gchar * name, va_list properties)
{
  GstElement *element = gst_element_factory_make ("mobilenetseg", NULL);
  GstBus *bus = gst_bus_new ();

  fail_unless (element != NULL);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", model, NULL);
  while (name) {
    gst_util_set_object_arg (G_OBJECT (element), name, va_arg (properties,
            const gchar *));
    name = va_arg (properties, const gchar *);
  }
  return element;
}

static GstHarness *
new_seg (const gchar * model, const gchar * first_property, ...)
{
  GstElement *element;
  va_list properties;
  GstHarness *h;

  va_start (properties, first_property);
  element = new_element (model, first_property, properties);
  va_end (properties);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (h, FALSE);
  gst_object_unref (element);
  return h;
}

/* What a frame of 64x48, its left and its right half of a colour, carries; the
 * caller owns it. */
static GstMobilenetSegmentation *
analyse (GstHarness * h, guint left, guint right, GstClockTime pts)
{
  GstMobilenetSegmentationMeta *meta;
  GstMobilenetSegmentation *result;
  GstBuffer *buffer = gst_harness_push_and_pull (h,
      fixture_frame ("RGBA", 64, 48, left, right, pts));

  fail_unless (buffer != NULL);
  meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
  fail_unless (meta != NULL, "no segmentation on the frame");
  fail_unless_equals_uint64 (meta->age, 0);
  result = gst_mobilenet_segmentation_ref (meta->segmentation);
  gst_buffer_unref (buffer);
  return result;
}

static GstMobilenetSegmentation *
analyse_once (GstHarness * h, guint left, guint right)
{
  GstMobilenetSegmentation *result;

  fixture_set_caps (h, "RGBA", 64, 48);
  result = analyse (h, left, right, 0);
  fixture_teardown (h);
  return result;
}

/* The class at a point; NONE outside and of no class. */
static guint
class_at (const GstMobilenetSegmentation * segmentation, gdouble x, gdouble y)
{
  guint index = NONE;

  gst_mobilenet_segmentation_get_at (segmentation, x, y, &index, NULL);
  return index;
}

GST_START_TEST (test_scores)
{
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (scores_network (), "labels-file",
          labels ("background\ngrass\nsky\n"), NULL), COLOUR_RED, COLOUR_BLUE);
  GstMobilenetSegmentationPlace place;
  gdouble confidence, share, score;
  const gchar *label;
  guint width, height, index;

  fail_unless_equals_string (gst_mobilenet_segmentation_get_model (result),
      "scores.tflite");
  gst_mobilenet_segmentation_get_size (result, &width, &height);
  fail_unless (width == SIDE && height == SIDE);
  gst_mobilenet_segmentation_get_place (result, &place);
  fail_unless (place.x == 0 && place.y == 0 && place.w == 64 && place.h == 48);
  fail_unless (place.seen_x == 0 && place.seen_y == 0 && place.seen_w == 64
      && place.seen_h == 48);
  fail_unless_equals_int (class_at (result, 31, 20), 0);
  fail_unless_equals_int (class_at (result, 33, 20), 2);
  /* Of logits 1, -1, -1. */
  fail_unless (gst_mobilenet_segmentation_get_at (result, 40, 5, NULL,
          &confidence));
  fail_unless (fabs (confidence - 1 / (1 + 2 * exp (-2))) < 0.01, "%g",
      confidence);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results (result), 2);
  fail_unless (gst_mobilenet_segmentation_get_result (result, 1, &index,
          &label, &score, &share));
  fail_unless_equals_int (index, 2);
  fail_unless_equals_string (label, "sky");
  fail_unless_equals_float (share, 0.5);
  fail_unless (fabs (score - confidence) < 1e-6);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_background (result),
      0);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

GST_START_TEST (test_class_numbers)
{
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (write_network ("numbers.tflite", TFL_OP_ARG_MAX, 3,
              1), NULL), COLOUR_GREEN, COLOUR_BLUE);

  fail_unless_equals_int (class_at (result, 10, 20), 1);
  fail_unless_equals_int (class_at (result, 50, 20), 2);
  fail_unless (gst_mobilenet_segmentation_get_confidences (result) == NULL);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

/* One channel, a probability: luma from -1 to 1 through a sigmoid. */
GST_START_TEST (test_foreground)
{
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (write_network ("mask.tflite", TFL_OP_LOGISTIC, 1,
              1), NULL), COLOUR_BLACK, COLOUR_WHITE);
  gdouble confidence;

  fail_unless_equals_int (class_at (result, 10, 20), 0);
  fail_unless (gst_mobilenet_segmentation_get_at (result, 50, 20, NULL,
          &confidence));
  fail_unless_equals_int (class_at (result, 50, 20), 1);
  fail_unless (fabs (confidence - 1 / (1 + exp (-1))) < 0.01);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_background (result),
      0);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

/* The map reaches over the borders that the picture got; nothing was seen there. */
GST_START_TEST (test_place_of_a_letterbox)
{
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (scores_network (), "fit", "letterbox", NULL),
      COLOUR_RED, COLOUR_BLUE);
  GstMobilenetSegmentationPlace place;

  gst_mobilenet_segmentation_get_place (result, &place);
  fail_unless (fabs (place.x) < 1e-6 && fabs (place.y + 8) < 1e-6
      && fabs (place.w - 64) < 1e-6 && fabs (place.h - 64) < 1e-6,
      "%g,%g %gx%g", place.x, place.y, place.w, place.h);
  fail_unless (place.seen_y == 0 && place.seen_h == 48);
  fail_unless_equals_int (class_at (result, 40, 1), 2);
  fail_unless_equals_int (class_at (result, 40, -1), NONE);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

/* Of one pixel, of a row, of a column, and of odd sizes, with each fit: the map is where
 * the frame is, and all of the frame has a class. */
GST_START_TEST (test_frames_smaller_than_the_map)
{
  static const gint sizes[][2] = { {1, 1}, {1, 5}, {7, 1}, {3, 2}, {2, 7} };
  static const gchar *const fits[] = { "stretch", "letterbox", "crop" };
  static const gchar *const formats[] = { "RGBA", "NV12", "YUY2" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes) * 9; i++) {
    gint width = sizes[i / 9][0], height = sizes[i / 9][1];
    const gchar *format = formats[i / 3 % 3], *fit = fits[i % 3];
    GstHarness *h = new_seg (scores_network (), "fit", fit, "smoothing", "0.5",
        NULL);
    GstMobilenetSegmentationMeta *meta;
    GstMobilenetSegmentationPlace place;
    GstBuffer *buffer;

    fixture_set_caps (h, format, width, height);
    buffer = gst_harness_push_and_pull (h, fixture_frame (format, width, height,
            COLOUR_BLUE, COLOUR_BLUE, 0));
    meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
    fail_unless (meta != NULL, "%s %dx%d", format, width, height);
    gst_mobilenet_segmentation_get_place (meta->segmentation, &place);
    fail_unless (place.seen_w == width && place.seen_h == height);
    fail_unless (fabs (place.x + place.w / 2 - width / 2.0) < 1
        && fabs (place.y + place.h / 2 - height / 2.0) < 1);
    fail_unless (class_at (meta->segmentation, width / 2.0,
            height / 2.0) == 2, "%s %dx%d %s: class %u", format, width, height,
        fit, class_at (meta->segmentation, width / 2.0, height / 2.0));
    gst_buffer_unref (buffer);
    fixture_teardown (h);
  }
}

GST_END_TEST;

GST_START_TEST (test_chosen_classes)
{
  const gchar *names = labels ("rose\ngrass\nsky\n");
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (scores_network (), "labels-file", names, "classes",
          "1, Sky", NULL), COLOUR_RED, COLOUR_BLUE);

  /* None of the labels is that of a background. */
  fail_unless_equals_int (gst_mobilenet_segmentation_get_background (result),
      -1);
  fail_unless_equals_int (class_at (result, 10, 20), NONE);
  fail_unless_equals_int (class_at (result, 50, 20), 2);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_n_results (result), 1);
  gst_mobilenet_segmentation_unref (result);

  result = analyse_once (new_seg (scores_network (), "labels-file", names,
          "classes", "grass", "background-class", "0", NULL), COLOUR_RED,
      COLOUR_BLUE);
  fail_unless_equals_int (class_at (result, 10, 20), 0);
  fail_unless_equals_int (class_at (result, 50, 20), NONE);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

/* One frame of another colour does not show up, unless a seek lies between. */
GST_START_TEST (test_smoothing)
{
  GstHarness *h = new_seg (scores_network (), "smoothing", "0.7", NULL);
  GstMobilenetSegmentation *result;
  GstSegment segment;
  guint i;

  fixture_set_caps (h, "RGBA", 64, 48);
  for (i = 0; i < 3; i++)
    gst_mobilenet_segmentation_unref (analyse (h, COLOUR_RED, COLOUR_RED,
            i * FRAME_DURATION));
  result = analyse (h, COLOUR_RED, COLOUR_BLUE, 3 * FRAME_DURATION);
  fail_unless_equals_int (class_at (result, 50, 20), 0);
  gst_mobilenet_segmentation_unref (result);
  g_object_set (h->element, "smoothing", 0.0, NULL);
  result = analyse (h, COLOUR_RED, COLOUR_BLUE, 4 * FRAME_DURATION);
  fail_unless_equals_int (class_at (result, 50, 20), 2);
  gst_mobilenet_segmentation_unref (result);
  g_object_set (h->element, "smoothing", 0.7, NULL);
  gst_mobilenet_segmentation_unref (analyse (h, COLOUR_RED, COLOUR_RED,
          5 * FRAME_DURATION));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  result = analyse (h, COLOUR_BLUE, COLOUR_BLUE, 6 * FRAME_DURATION);
  fail_unless_equals_int (class_at (result, 50, 20), 2);
  gst_mobilenet_segmentation_unref (result);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_messages)
{
  GstHarness *h = new_seg (scores_network (), "post-messages", "true", NULL);
  const GstStructure *structure, *result;
  GstMessage *message;
  gdouble share;

  fixture_set_caps (h, "RGBA", 64, 48);
  gst_mobilenet_segmentation_unref (analyse (h, COLOUR_RED, COLOUR_BLUE, 0));
  message = fixture_pop_message (h);
  fail_unless (message != NULL);
  structure = gst_message_get_structure (message);
  fail_unless (gst_structure_has_name (structure, "mobilenet-segmentation"));
  fail_unless (gst_structure_has_field_typed (structure, "running-time",
          G_TYPE_UINT64));
  result = gst_value_get_structure (gst_value_array_get_value
      (gst_structure_get_value (structure, "results"), 0));
  fail_unless (gst_structure_get_double (result, "share", &share));
  fail_unless_equals_float (share, 0.5);
  gst_message_unref (message);
  fail_unless (fixture_pop_message (h) == NULL);
  fixture_teardown (h);
}

GST_END_TEST;

/* Refuses to start, with one error that holds each of `words`, between '|'. */
static void
assert_refused (const gchar * words, const gchar * model,
    const gchar * first_property, ...)
{
  GstElement *element;
  va_list properties;

  va_start (properties, first_property);
  element = new_element (model, first_property, properties);
  va_end (properties);
  refusal_expect (element, words);
}

GST_START_TEST (test_refusals)
{
  const gchar *scores = scores_network ();

  assert_refused ("model-file", NULL, NULL);
  assert_refused ("classifier|4 classes|mobilenetclassify", fixture_model (),
      NULL);
  assert_refused ("picture", write_network ("picture.tflite", TFL_OP_LOGISTIC,
          3, 1), NULL);
  assert_refused ("one class", write_network ("one.tflite", TFL_OP_SOFTMAX, 1,
          1), NULL);
  assert_refused ("4 channels|8x8 pixels|one class",
      write_network ("four.tflite", TFL_OP_SOFTMAX, 4, 1), NULL);
  assert_refused ("outputs 0 and 1|property output",
      write_network ("both.tflite", TFL_OP_SOFTMAX, 3, 2), NULL);
  assert_refused ("output is 1|1 outputs", scores, "output", "1", NULL);
  assert_refused ("smoothing is 1", scores, "smoothing", "1", NULL);
  assert_refused ("classes|\"dgo\"", scores, "classes", "1,dgo", NULL);
  assert_refused ("classes|\"3\"", scores, "classes", "3", NULL);
  assert_refused ("background-class is 3|3 classes", scores, "background-class",
      "3", NULL);
  assert_refused ("labels", scores, "labels-file", fixture_labels (), NULL);
}

GST_END_TEST;

GST_START_TEST (test_one_of_two_outputs)
{
  GstMobilenetSegmentation *result =
      analyse_once (new_seg (write_network ("both.tflite", TFL_OP_SOFTMAX, 3,
              2),
          "output", "1", NULL), COLOUR_RED, COLOUR_BLUE);

  fail_unless_equals_int (class_at (result, 50, 20), 2);
  gst_mobilenet_segmentation_unref (result);
}

GST_END_TEST;

/* A smoothing that is none changes nothing while frames flow. */
GST_START_TEST (test_bad_smoothing_on_the_way)
{
  GstHarness *h = new_seg (scores_network (), NULL);
  GstBus *bus = gst_element_get_bus (h->element);
  GstMobilenetSegmentation *result;
  GstMessage *message;

  fixture_set_caps (h, "RGBA", 64, 48);
  gst_mobilenet_segmentation_unref (analyse (h, COLOUR_RED, COLOUR_RED, 0));
  g_object_set (h->element, "smoothing", 1.0, NULL);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_unref (message);
  result = analyse (h, COLOUR_BLUE, COLOUR_BLUE, FRAME_DURATION);
  fail_unless_equals_int (class_at (result, 50, 20), 2);
  gst_mobilenet_segmentation_unref (result);
  gst_object_unref (bus);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
seg_suite (void)
{
  Suite *suite = suite_create ("mobilenetseg");
  TCase *tcase = tcase_create ("element");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_scores);
  tcase_add_test (tcase, test_class_numbers);
  tcase_add_test (tcase, test_foreground);
  tcase_add_test (tcase, test_place_of_a_letterbox);
  tcase_add_test (tcase, test_frames_smaller_than_the_map);
  tcase_add_test (tcase, test_chosen_classes);
  tcase_add_test (tcase, test_smoothing);
  tcase_add_test (tcase, test_messages);
  tcase_add_test (tcase, test_refusals);
  tcase_add_test (tcase, test_one_of_two_outputs);
  tcase_add_test (tcase, test_bad_smoothing_on_the_way);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, seg_suite);
}
