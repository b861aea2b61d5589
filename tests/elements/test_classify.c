/* SPDX-License-Identifier: MIT
 *
 * mobilenetclassify: properties, results, messages, memory, life cycle. */
#include <string.h>

#include "classify_fixture.h"

GST_START_TEST (test_defaults)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  gchar *model, *labels, *mean, *std, *size, *cpu;
  gint mode, fit, range;
  guint threads, interval, top_k;
  gboolean post, qos;
  gdouble threshold;

  g_object_get (element, "model-file", &model, "labels-file", &labels,
      "mean", &mean, "std", &std, "input-size", &size, "cpu", &cpu, "mode",
      &mode, "fit", &fit, "input-range", &range, "threads", &threads,
      "inference-interval", &interval, "top-k", &top_k, "post-messages", &post,
      "qos", &qos, "score-threshold", &threshold, NULL);
  fail_unless (!model && !labels && !mean && !std && !size && !cpu);
  fail_unless_equals_int (mode, 0);
  fail_unless_equals_int (fit, 0);
  fail_unless_equals_int (range, 0);
  fail_unless_equals_int (threads, 1);
  fail_unless_equals_int (interval, 1);
  fail_unless_equals_int (top_k, 5);
  fail_unless (!post && !qos);
  fail_unless_equals_float (threshold, 0.0);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_properties_keep_what_is_set)
{
  static const gchar *const settings[][2] = {
    {"model-file", "a.tflite"}, {"labels-file", "b.txt"}, {"mean", "1,2,3"},
    {"std", "4"}, {"cpu", "c"}, {"mode", "latest"}, {"fit", "letterbox"},
    {"input-range", "zero-one"}, {"threads", "64"}, {"top-k", "7"},
    {"inference-interval", "2147483647"}, {"post-messages", "true"},
    {"score-threshold", "0.25"}, {"input-size", "160"}, {"precision", "fp16"},
  };
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (settings); i++) {
    GValue wanted = G_VALUE_INIT, found = G_VALUE_INIT;
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS
        (element), settings[i][0]);

    g_value_init (&wanted, spec->value_type);
    g_value_init (&found, spec->value_type);
    fail_unless (gst_value_deserialize (&wanted, settings[i][1]));
    g_object_set_property (G_OBJECT (element), settings[i][0], &wanted);
    g_object_get_property (G_OBJECT (element), settings[i][0], &found);
    fail_unless (g_param_values_cmp (spec, &wanted, &found) == 0, "%s",
        settings[i][0]);
    fail_if (g_param_value_defaults (spec, &found), "%s", settings[i][0]);
    g_value_unset (&wanted);
    g_value_unset (&found);
  }
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_inspection)
{
  GstElementFactory *factory = gst_element_factory_find ("mobilenetclassify");
  GstElement *element = gst_element_factory_create (factory, NULL);
  GParamSpec **specs;
  guint n, i;

  fail_unless_equals_string (gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_KLASS), "Filter/Analyzer/Video");
  fail_unless (gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_LONGNAME));
  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (i = 0; i < n; i++) {
    if (!g_str_has_prefix (g_type_name (specs[i]->owner_type), "GstMobilenet"))
      continue;
    fail_unless (strlen (g_param_spec_get_blurb (specs[i])) > 10, "%s",
        specs[i]->name);
    fail_unless (!(specs[i]->flags & G_PARAM_WRITABLE)
        || specs[i]->flags & (GST_PARAM_MUTABLE_READY |
            GST_PARAM_MUTABLE_PLAYING), "%s", specs[i]->name);
  }
  g_free (specs);
  gst_object_unref (element);
  gst_object_unref (factory);
}

GST_END_TEST;

GST_START_TEST (test_result)
{
  static const guint colours[] = { COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE,
    COLOUR_BLACK
  };
  static const gchar *const names[] = { "red", "green", "blue", "black" };
  GstHarness *h = fixture_new (NULL);
  guint i;

  fixture_set_caps (h, "RGB", 64, 48);
  for (i = 0; i < G_N_ELEMENTS (colours); i++) {
    GstClockTime pts = i * FRAME_DURATION;
    GstBuffer *buffer = fixture_push (h, colours[i], pts);
    GstMobilenetClassificationMeta *meta = fixture_meta (buffer);
    gdouble score, last = 1.0, sum = 0.0;
    const gchar *label;
    guint index, k;

    fail_unless_equals_int (fixture_best (buffer), i);
    fail_unless_equals_uint64 (meta->age, 0);
    fail_unless_equals_uint64 (gst_mobilenet_classification_get_source_pts
        (meta->classification), pts);
    fail_unless_equals_string (gst_mobilenet_classification_get_model
        (meta->classification), "colours.tflite");
    fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
        (meta), N_CLASSES);
    for (k = 0; k < N_CLASSES; k++) {
      fail_unless (gst_mobilenet_classification_meta_get_result (meta, k,
              &index, &label, &score));
      fail_unless_equals_string (label, names[index]);
      fail_unless (score >= 0 && score <= last);
      last = score;
      sum += score;
    }
    fail_unless (sum > 0.97 && sum < 1.03, "scores sum to %g", sum);
    gst_buffer_unref (buffer);
  }
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_top_k_and_threshold)
{
  GstHarness *h = fixture_new ("top-k", 2, NULL);
  GstBuffer *buffer;
  gdouble score;

  fixture_set_caps (h, "RGB", 16, 16);
  buffer = fixture_push (h, COLOUR_RED, 0);
  fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
      (fixture_meta (buffer)), 2);
  gst_mobilenet_classification_meta_get_result (fixture_meta (buffer), 0, NULL,
      NULL, &score);
  gst_buffer_unref (buffer);

  /* More than there are classes; a threshold that only the first one passes. */
  g_object_set (h->element, "top-k", 1000, "score-threshold", score, NULL);
  buffer = fixture_push (h, COLOUR_RED, FRAME_DURATION);
  fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
      (fixture_meta (buffer)), 1);
  gst_buffer_unref (buffer);

  /* None passes: the frame still says that it was looked at. */
  g_object_set (h->element, "score-threshold", 1.0, NULL);
  buffer = fixture_push (h, COLOUR_RED, 2 * FRAME_DURATION);
  fail_unless_equals_int (gst_mobilenet_classification_meta_get_n_results
      (fixture_meta (buffer)), 0);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

static void
assert_label (const gchar * model, const gchar * labels, const gchar * wanted)
{
  GstHarness *h = fixture_new ("model-file", model, "labels-file", labels,
      NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 16, 16);
  buffer = fixture_push (h, COLOUR_GREEN, 0);
  fail_unless_equals_string (fixture_best_label (buffer), wanted);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_START_TEST (test_labels)
{
  static const gchar numbered[] = "0 rot\n1 gr\xc3\xbcn\n2 blau\n3 dunkel\n";
  const gchar *model = fixture_model ();

  assert_label (model, NULL, "");
  assert_label (model, fixture_write ("numbered.txt", numbered,
          strlen (numbered)), "gr\xc3\xbcn");
  model = fixture_labelled_model ("ruber\nviridis\ncaeruleus\nniger\n");
  assert_label (model, NULL, "viridis");
  assert_label (model, fixture_labels (), "green");
}

GST_END_TEST;

/* What a gray and a dark gray frame are, which tells how bytes were taken: as
 * they are, both are light; from 0 to 1 the dark gray is dark; from -1 to 1
 * both are. */
static void
assert_range (const gchar * model, const gchar * range, const gchar * mean,
    const gchar * std, gboolean gray_is_dark, gboolean dark_gray_is_dark)
{
  GstHarness *h = fixture_new ("model-file", model, "mean", mean, "std", std,
      NULL);
  GstBuffer *buffer;

  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_util_set_object_arg (G_OBJECT (h->element), "input-range", range);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fixture_set_caps (h, "RGB", 16, 16);
  buffer = fixture_push (h, COLOUR_GRAY, 0);
  fail_unless ((fixture_best (buffer) == CLASS_BLACK) == gray_is_dark,
      "gray, range %s, mean %s, std %s", range, mean, std);
  gst_buffer_unref (buffer);
  buffer = fixture_push (h, COLOUR_DARK_GRAY, FRAME_DURATION);
  fail_unless ((fixture_best (buffer) == CLASS_BLACK) == dark_gray_is_dark,
      "dark gray, range %s, mean %s, std %s", range, mean, std);
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_START_TEST (test_input_range)
{
  const gchar *model = fixture_float_model (FALSE);

  assert_range (model, "auto", NULL, NULL, TRUE, TRUE);
  assert_range (model, "minus-one-one", NULL, NULL, TRUE, TRUE);
  assert_range (model, "zero-one", NULL, NULL, FALSE, TRUE);
  assert_range (model, "bytes", NULL, NULL, FALSE, FALSE);
  assert_range (model, "auto", "127.5", "127.5", TRUE, TRUE);
  assert_range (model, "auto", "0", "255", FALSE, TRUE);
  assert_range (model, "auto", NULL, "255,255,255", FALSE, TRUE);
  assert_range (model, "auto", "0,0,0", NULL, FALSE, FALSE);

  model = fixture_float_model (TRUE);
  assert_range (model, "auto", NULL, NULL, FALSE, TRUE);
  assert_range (model, "minus-one-one", NULL, NULL, TRUE, TRUE);

  model = fixture_int8_model ();
  assert_range (model, "auto", NULL, NULL, FALSE, TRUE);
  assert_range (model, "bytes", NULL, NULL, FALSE, TRUE);
  assert_range (model, "zero-one", NULL, NULL, FALSE, TRUE);
  assert_range (model, "minus-one-one", NULL, NULL, TRUE, TRUE);

  model = fixture_model ();
  assert_range (model, "auto", NULL, NULL, FALSE, TRUE);
  assert_range (model, "bytes", NULL, NULL, FALSE, TRUE);
  assert_range (model, "minus-one-one", NULL, NULL, TRUE, TRUE);
}

GST_END_TEST;

/* The first of three numbers is red's: less red leaves a gray frame cyan. */
GST_START_TEST (test_order_of_channels)
{
  static const gchar *const means[] = { "255,0,0", "0,255,0", "0,0,255" };
  static const guint worst[] = { CLASS_RED, CLASS_GREEN, CLASS_BLUE };
  guint i, k, index;

  for (i = 0; i < G_N_ELEMENTS (means); i++) {
    GstHarness *h = fixture_new ("model-file", fixture_float_model (FALSE),
        "mean", means[i], "std", "255", NULL);
    GstBuffer *buffer;

    fixture_set_caps (h, "BGR", 16, 16);
    buffer = fixture_push (h, COLOUR_GRAY, 0);
    for (k = 0; k < 2; k++) {
      gst_mobilenet_classification_meta_get_result (fixture_meta (buffer), k,
          &index, NULL, NULL);
      fail_unless (index != worst[i] && index != CLASS_BLACK, "mean %s: %u",
          means[i], index);
    }
    gst_buffer_unref (buffer);
    fixture_teardown (h);
  }
}

GST_END_TEST;

static guint64
get_uint64 (const GstStructure * structure, const gchar * field)
{
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (structure, field, &value), "%s is no "
      "guint64", field);
  return value;
}

GST_START_TEST (test_message)
{
  GstHarness *h = fixture_new ("post-messages", TRUE, "top-k", 3, NULL);
  const GstStructure *structure, *result;
  const GValue *results;
  GstSegment segment;
  GstMessage *message;
  gdouble score;
  guint index;

  fixture_set_caps (h, "RGB", 16, 16);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.position = 10 * GST_SECOND;
  segment.time = 20 * GST_SECOND;
  segment.base = 30 * GST_SECOND;
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  gst_buffer_unref (fixture_push (h, COLOUR_BLUE, 11 * GST_SECOND));

  message = fixture_pop_message (h);
  fail_unless (message != NULL);
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (h->element));
  structure = gst_message_get_structure (message);
  fail_unless_equals_string (gst_structure_get_name (structure),
      "mobilenet-classification");
  fail_unless_equals_uint64 (get_uint64 (structure, "timestamp"),
      11 * GST_SECOND);
  fail_unless_equals_uint64 (get_uint64 (structure, "stream-time"),
      21 * GST_SECOND);
  fail_unless_equals_uint64 (get_uint64 (structure, "running-time"),
      31 * GST_SECOND);
  fail_unless_equals_uint64 (get_uint64 (structure, "source-pts"),
      11 * GST_SECOND);
  fail_unless_equals_uint64 (get_uint64 (structure, "age"), 0);
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      "colours.tflite");

  results = gst_structure_get_value (structure, "results");
  fail_unless (GST_VALUE_HOLDS_ARRAY (results));
  fail_unless_equals_int (gst_value_array_get_size (results), 3);
  result = gst_value_get_structure (gst_value_array_get_value (results, 0));
  fail_unless_equals_string (gst_structure_get_name (result), "result");
  fail_unless (gst_structure_get_uint (result, "index", &index));
  fail_unless_equals_int (index, CLASS_BLUE);
  fail_unless_equals_string (gst_structure_get_string (result, "label"),
      "blue");
  fail_unless (gst_structure_get_double (result, "score", &score));
  fail_unless (score > 0.5 && score <= 1.0);
  gst_message_unref (message);

  g_object_set (h->element, "post-messages", FALSE, NULL);
  gst_buffer_unref (fixture_push (h, COLOUR_BLUE, 12 * GST_SECOND));
  fail_unless (fixture_pop_message (h) == NULL);
  fixture_teardown (h);
}

GST_END_TEST;

/* A frame that someone else holds is not written to, not even its metas, and
 * its pixels are not copied. */
GST_START_TEST (test_shared_frame)
{
  GstHarness *h = fixture_new (NULL);
  GstBuffer *in, *out;

  fixture_set_caps (h, "NV12", 64, 48);
  in = fixture_frame ("NV12", 64, 48, COLOUR_RED, COLOUR_RED, 0);
  out = gst_harness_push_and_pull (h, gst_buffer_ref (in));
  fail_unless (out != in);
  fail_unless (fixture_meta (in) == NULL);
  fail_unless_equals_int (fixture_best (out), CLASS_RED);
  fail_unless_equals_int (gst_buffer_n_memory (out), 1);
  fail_unless (gst_buffer_peek_memory (out, 0) == gst_buffer_peek_memory (in,
          0));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_frame_of_our_own)
{
  GstHarness *h = fixture_new (NULL);
  GstBuffer *in, *out;
  GstMapInfo map;
  gpointer before;

  fixture_set_caps (h, "NV12", 64, 48);
  in = fixture_frame ("NV12", 64, 48, COLOUR_RED, COLOUR_BLUE, 0);
  gst_buffer_map (in, &map, GST_MAP_READ);
  before = g_memdup2 (map.data, map.size);
  gst_buffer_unmap (in, &map);
  out = gst_harness_push_and_pull (h, in);
  fail_unless (out == in);
  gst_buffer_map (out, &map, GST_MAP_READ);
  fail_unless (memcmp (map.data, before, map.size) == 0);
  gst_buffer_unmap (out, &map);
  g_free (before);
  gst_buffer_unref (out);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_restart)
{
  GstHarness *h = fixture_new (NULL);
  guint i;

  for (i = 0; i < 3; i++) {
    GstBuffer *buffer;

    fixture_set_caps (h, "RGB", 16, 16);
    buffer = fixture_push (h, COLOUR_GREEN, i * FRAME_DURATION);
    fail_unless_equals_int (fixture_best (buffer), CLASS_GREEN);
    gst_buffer_unref (buffer);
    fail_unless (gst_element_set_state (h->element, GST_STATE_NULL) ==
        GST_STATE_CHANGE_SUCCESS);
    fail_unless (gst_element_set_state (h->element, GST_STATE_PLAYING) ==
        GST_STATE_CHANGE_SUCCESS);
    gst_harness_push_event (h, gst_event_new_stream_start ("again"));
    gst_harness_push_event (h, gst_event_new_flush_start ());
    gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  }
  fixture_teardown (h);
}

GST_END_TEST;

/* What is set between stop and start counts. */
GST_START_TEST (test_restart_with_other_labels)
{
  static const gchar upper[] = "RED\nGREEN\nBLUE\nBLACK\n";
  GstHarness *h = fixture_new (NULL);
  GstBuffer *buffer;

  gst_element_set_state (h->element, GST_STATE_NULL);
  g_object_set (h->element, "labels-file", fixture_write ("upper.txt", upper,
          strlen (upper)), NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fixture_set_caps (h, "RGB", 16, 16);
  buffer = fixture_push (h, COLOUR_BLACK, 0);
  fail_unless_equals_string (fixture_best_label (buffer), "BLACK");
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_eos)
{
  GstHarness *h = fixture_new (NULL);
  GstEvent *event;

  fixture_set_caps (h, "RGB", 16, 16);
  gst_buffer_unref (fixture_push (h, COLOUR_RED, 0));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  do {
    event = gst_harness_pull_event (h);
    fail_unless (event != NULL, "no EOS came out");
    gst_event_unref (event);
  } while (GST_EVENT_TYPE (event) != GST_EVENT_EOS);
  fixture_teardown (h);
}

GST_END_TEST;

/* Elements with the same file at the same time; the first one goes first. */
GST_START_TEST (test_two_elements_share_a_file)
{
  GstHarness *a = fixture_new ("threads", 2, NULL);
  GstHarness *b = fixture_new ("threads", 2, "top-k", 1, NULL);
  GstBuffer *buffer;

  fixture_set_caps (a, "RGB", 16, 16);
  fixture_set_caps (b, "NV12", 32, 8);
  buffer = fixture_push (a, COLOUR_RED, 0);
  fail_unless_equals_int (fixture_best (buffer), CLASS_RED);
  gst_buffer_unref (buffer);
  buffer = fixture_push (b, COLOUR_BLUE, 0);
  fail_unless_equals_int (fixture_best (buffer), CLASS_BLUE);
  gst_buffer_unref (buffer);
  fixture_teardown (a);
  buffer = fixture_push (b, COLOUR_GREEN, FRAME_DURATION);
  fail_unless_equals_int (fixture_best (buffer), CLASS_GREEN);
  gst_buffer_unref (buffer);
  fixture_teardown (b);
}

GST_END_TEST;

static Suite *
classify_suite (void)
{
  Suite *suite = suite_create ("mobilenetclassify");
  TCase *properties = tcase_create ("properties");
  TCase *results = tcase_create ("results");
  TCase *life = tcase_create ("life");

  tcase_add_test (properties, test_defaults);
  tcase_add_test (properties, test_properties_keep_what_is_set);
  tcase_add_test (properties, test_inspection);
  suite_add_tcase (suite, properties);

  tcase_add_checked_fixture (results, NULL, fixture_clean);
  tcase_add_test (results, test_result);
  tcase_add_test (results, test_top_k_and_threshold);
  tcase_add_test (results, test_labels);
  tcase_add_test (results, test_input_range);
  tcase_add_test (results, test_order_of_channels);
  tcase_add_test (results, test_message);
  tcase_add_test (results, test_shared_frame);
  tcase_add_test (results, test_frame_of_our_own);
  suite_add_tcase (suite, results);

  tcase_add_checked_fixture (life, NULL, fixture_clean);
  tcase_add_test (life, test_restart);
  tcase_add_test (life, test_restart_with_other_labels);
  tcase_add_test (life, test_eos);
  tcase_add_test (life, test_two_elements_share_a_file);
  suite_add_tcase (suite, life);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, classify_suite);
}
