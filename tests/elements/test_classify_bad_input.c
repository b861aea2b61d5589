/* SPDX-License-Identifier: MIT
 *
 * mobilenetclassify and what cannot work: one error each, when the element
 * starts, that names what is wrong and what would mend it. */
#include <string.h>

#include "classify_fixture.h"
#include "refusal.h"

/* Starts the element with these properties (name, text, ..., NULL) and checks
 * that it refuses with the one error `code` of `domain`, whose text holds each
 * of `words` (separated by '|').  It starts again once the cause is gone. */
static void
assert_refused (GQuark domain, gint code, const gchar * words,
    const gchar * first_property, ...)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  GstBus *bus = gst_bus_new ();
  const gchar *name = first_property;
  GError *error;
  va_list properties;

  gst_element_set_bus (element, bus);
  va_start (properties, first_property);
  while (name) {
    gst_util_set_object_arg (G_OBJECT (element), name, va_arg (properties,
            const gchar *));
    name = va_arg (properties, const gchar *);
  }
  va_end (properties);

  fail_unless (gst_element_set_state (element, GST_STATE_READY) ==
      GST_STATE_CHANGE_SUCCESS);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR |
          GST_MESSAGE_WARNING) == NULL);
  error = refusal_of (element);
  fail_unless (g_error_matches (error, domain, code), "%s %d: %s",
      g_quark_to_string (error->domain), error->code, error->message);
  refusal_check (error, words);
  g_error_free (error);

  g_object_set (element, "model-file", fixture_model (), "labels-file", NULL,
      "mean", NULL, "std", NULL, "cpu", NULL, "input-range", 0, "input-size",
      NULL, "threads", 1, "inference-interval", 1, "top-k", 5,
      "score-threshold", 0.0, "smoothing", 0.0, NULL);
  fail_unless (gst_element_set_state (element, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  /* Messages hold the element, which holds the bus. */
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (element);
  gst_object_unref (bus);
}

GST_START_TEST (test_missing_files)
{
  assert_refused (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "/no/such.tflite", "model-file", "/no/such.tflite", NULL);
  assert_refused (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "/no/labels.txt", "model-file", fixture_model (), "labels-file",
      "/no/labels.txt", NULL);
}

GST_END_TEST;

/* A message is one line of UTF-8 whatever a name or a value holds, and wherever
 * it is cut. */
GST_START_TEST (test_odd_texts)
{
  static const struct
  {
    const gchar *property, *value, *found;
  } cases[] = {
    {"model-file", "/no/such\n\xe9.tflite", "/no/such?"},
    {"labels-file", "/no/such\n\xe9.txt", "/no/such?"},
    {"cpu", "z\n\xe9", "z?"},
    {"mean", "1\n\xe9", "1?"},
    {"input-size",
        "123456789012345678901234567890123456789012345678901234567890"
          "123\xc3\xa9", "123"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
    GstBus *bus = gst_bus_new ();
    GstMessage *message;
    GError *error;

    gst_element_set_bus (element, bus);
    g_object_set (element, "model-file", fixture_model (), cases[i].property,
        cases[i].value, NULL);
    fail_unless (gst_element_set_state (element, GST_STATE_PAUSED) ==
        GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    gst_message_parse_error (message, &error, NULL);
    fail_unless (g_utf8_validate (error->message, -1, NULL)
        && !strchr (error->message, '\n')
        && strstr (error->message, cases[i].found), "%s", error->message);
    g_error_free (error);
    gst_message_unref (message);
    gst_element_set_state (element, GST_STATE_NULL);
    gst_bus_set_flushing (bus, TRUE);
    gst_object_unref (element);
    gst_object_unref (bus);
  }
}

GST_END_TEST;

/* Neither blocks nor reads for ever. */
GST_START_TEST (test_no_regular_file)
{
  assert_refused (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
      "/dev/zero|.tflite", "model-file", "/dev/zero", NULL);
  assert_refused (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
      "/dev|folder", "model-file", "/dev", NULL);
}

GST_END_TEST;

/* Every cut of the file, and other files. */
GST_START_TEST (test_no_model_inside)
{
  static const gchar text[] = "This is no model.\n";
  gchar *data;
  gsize size;

  fail_unless (g_file_get_contents (fixture_model (), &data, &size, NULL));
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      "half.tflite", "model-file", fixture_write ("half.tflite", data,
          size / 2), NULL);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      "empty.tflite", "model-file", fixture_write ("empty.tflite", data, 0),
      NULL);
  g_free (data);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
      "text.tflite", "model-file", fixture_write ("text.tflite", text,
          strlen (text)), NULL);
}

GST_END_TEST;

GST_START_TEST (test_truncated_anywhere)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  gsize size, cut;
  gchar *data;

  fail_unless (g_file_get_contents (fixture_model (), &data, &size, NULL));
  for (cut = 0; cut < size; cut += 1 + size / 100) {
    g_object_set (element, "model-file", fixture_write ("cut.tflite", data,
            cut), NULL);
    fail_unless (gst_element_set_state (element, GST_STATE_PAUSED) ==
        GST_STATE_CHANGE_FAILURE, "%" G_GSIZE_FORMAT " bytes", cut);
    gst_element_set_state (element, GST_STATE_NULL);
  }
  g_free (data);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_no_classifier)
{
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "map.tflite", "model-file", fixture_map_model (), NULL);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "two-inputs.tflite|2 inputs", "model-file", fixture_two_input_model (),
      NULL);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "two-outputs.tflite|2 outputs", "model-file",
      fixture_two_output_model (), NULL);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "vector.tflite", "model-file", fixture_vector_model (), NULL);
}

GST_END_TEST;

GST_START_TEST (test_label_count)
{
  static const gchar two[] = "a\nb\n";
  static const gchar seven[] = "a\nb\nc\nd\ne\nf\ng\n";

  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "2|4|colours.tflite|labels-file|two.txt", "model-file",
      fixture_model (), "labels-file",
      fixture_write ("two.txt", two, strlen (two)), NULL);
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "7|4|colours.tflite|labels-file|seven.txt", "model-file",
      fixture_model (), "labels-file",
      fixture_write ("seven.txt", seven, strlen (seven)), NULL);
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "2|4|labels",
      "model-file", fixture_labelled_model (two), NULL);
}

GST_END_TEST;

GST_START_TEST (test_labels_that_are_no_text)
{
  static const gchar bytes[] = "red\n\xff\xfe\nblue\nblack\n";

  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "bytes.txt",
      "model-file", fixture_model (), "labels-file",
      fixture_write ("bytes.txt", bytes, strlen (bytes)), NULL);
}

GST_END_TEST;

GST_START_TEST (test_malformed_numbers)
{
  static const gchar *const malformed[] = { "x", "1,2", "1,2,3,4", "1,,3",
    "1,2,3,", "nan", "1e999", "1;2;3", "12,34 x", ","
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (malformed); i++) {
    assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "property mean|expected", "model-file", fixture_model (), "mean",
        malformed[i], NULL);
    assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "property std|expected", "model-file", fixture_model (), "std",
        malformed[i], NULL);
  }
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "property std|\"0\"|more than 0", "model-file", fixture_model (), "std",
      "0", NULL);
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "property std|more than 0", "model-file", fixture_model (), "std",
      "1,-2,3", NULL);
}

GST_END_TEST;

GST_START_TEST (test_malformed_input_size)
{
  static const gchar *const malformed[] = { "x", "0", "16x0", "0x16", "-16",
    "16x", "x16", "16X16", "16x16x3", "16 ", " 16", "16,16", "1e2", "16385",
    "4294967297", "18446744073709551617", "0x10", "\xc3\xa9"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (malformed); i++) {
    gchar *words = g_strdup_printf ("property input-size|\"%s\"|expected N or "
        "WxH|16384", malformed[i]);

    assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, words,
        "model-file", fixture_model (), "input-size", malformed[i], NULL);
    g_free (words);
  }
}

GST_END_TEST;

/* Well-formed, but not for these networks. */
GST_START_TEST (test_input_size_that_does_not_fit)
{
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "flat.tflite|property input-size=16x12|8x8|pool", "model-file",
      fixture_flat_model (), "input-size", "16x12", NULL);
  assert_refused (GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
      "vector.tflite", "model-file", fixture_vector_model (), "input-size",
      "16", NULL);
  assert_refused (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "float.tflite|property input-size=16384x16384", "model-file",
      fixture_float_model (FALSE), "input-size", "16384", NULL);
}

GST_END_TEST;

GST_START_TEST (test_contradiction)
{
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "input-range|mean|contradict", "model-file", fixture_model (), "mean",
      "1", "input-range", "bytes", NULL);
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "input-range|std|contradict", "model-file", fixture_model (), "std", "1",
      "input-range", "zero-one", NULL);
}

GST_END_TEST;

GST_START_TEST (test_unknown_cpu)
{
  assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "z80",
      "model-file", fixture_model (), "cpu", "z80", NULL);
}

GST_END_TEST;

GST_START_TEST (test_out_of_range)
{
  static const struct
  {
    const gchar *name, *value, *words;
  } cases[] = {
    {"threads", "999", "threads|999|0 (all) to 64"},
    {"inference-interval", "0", "inference-interval|0|1 (every frame)"},
    {"top-k", "0", "top-k|0|1 or more"},
    {"score-threshold", "7", "score-threshold|7|0 to 1"},
    {"score-threshold", "-0.5", "score-threshold|-0.5|0 to 1"},
    {"smoothing", "1", "smoothing|1|0 or more and less than 1"},
    {"smoothing", "-0.5", "smoothing|-0.5|0 or more and less than 1"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        cases[i].words, "model-file", fixture_model (), cases[i].name,
        cases[i].value, NULL);
}

GST_END_TEST;

/* What is well-formed starts. */
GST_START_TEST (test_well_formed_numbers)
{
  static const gchar *const wellformed[] = { "127.5", "1,2,3", "1, 2, 3",
    "123.675,116.28,103.53", "1e2", " 5"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (wellformed); i++) {
    GstHarness *h = fixture_new ("mean", wellformed[i], "std", wellformed[i],
        NULL);

    fixture_teardown (h);
  }
}

GST_END_TEST;

static Suite *
bad_input_suite (void)
{
  Suite *suite = suite_create ("bad input of mobilenetclassify");
  TCase *refused = tcase_create ("refused");

  tcase_add_checked_fixture (refused, NULL, fixture_clean);
  tcase_add_test (refused, test_missing_files);
  tcase_add_test (refused, test_no_regular_file);
  tcase_add_test (refused, test_odd_texts);
  tcase_add_test (refused, test_no_model_inside);
  tcase_add_test (refused, test_truncated_anywhere);
  tcase_add_test (refused, test_no_classifier);
  tcase_add_test (refused, test_label_count);
  tcase_add_test (refused, test_labels_that_are_no_text);
  tcase_add_test (refused, test_malformed_numbers);
  tcase_add_test (refused, test_malformed_input_size);
  tcase_add_test (refused, test_input_size_that_does_not_fit);
  tcase_add_test (refused, test_contradiction);
  tcase_add_test (refused, test_unknown_cpu);
  tcase_add_test (refused, test_out_of_range);
  tcase_add_test (refused, test_well_formed_numbers);
  suite_add_tcase (suite, refused);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, bad_input_suite);
}
