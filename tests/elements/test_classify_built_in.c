/* SPDX-License-Identifier: MIT
 *
 * mobilenetclassify without model-file: the built-in network, that it says what it
 * is, and that a file takes its place and gives it back. */
#include <mnet/mnet.h>
#include <string.h>

#include "classify_fixture.h"
#include "gstmobilenetbuiltin.h"
#include "refusal.h"

#define BUILT_IN_CLASSES 10
#define MOST_BYTES 700000

/* Longer than any machine takes to load such a model. */
#define LIMIT (60 * G_TIME_SPAN_SECOND)

static const gchar *const class_names[BUILT_IN_CLASSES] = {
  "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
  "ship", "truck"
};

static GstHarness *
built_in_new (const gchar * name, const gchar * value)
{
  GstHarness *h = fixture_new ("model-file", NULL, "labels-file", NULL, "mode",
      1, "top-k", BUILT_IN_CLASSES, name, value, NULL);

  fixture_set_caps (h, "RGB", 64, 48);
  return h;
}

/* The next message of these types, or NULL. */
static GstMessage *
pop (GstHarness * h, GstMessageType types, GstClockTime timeout)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, timeout, types);

  gst_object_unref (bus);
  return message;
}

/* One message says what the network is; nobody complains. */
static void
assert_told_once (GstHarness * h)
{
  GstMessage *message = pop (h, GST_MESSAGE_INFO, 0);
  const GstStructure *details;
  GError *error;
  gchar *debug;
  guint classes, i;

  fail_unless (message != NULL, "no message");
  fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (h->element));
  gst_message_parse_info (message, &error, &debug);
  fail_unless (strstr (error->message, "built-in")
      && strstr (error->message, "10 classes")
      && strstr (error->message, "first try"), "%s", error->message);
  fail_unless (strstr (debug, "Set model-file") != NULL, "%s", debug);
  for (i = 0; i < BUILT_IN_CLASSES; i++)
    fail_unless (strstr (debug, class_names[i]) != NULL, "%s", debug);
  gst_message_parse_info_details (message, &details);
  fail_unless (gst_structure_has_name (details, "mobilenet-built-in-model"));
  fail_unless_equals_string (gst_structure_get_string (details, "model"),
      GST_MOBILENET_BUILT_IN_NAME);
  fail_unless (gst_structure_get_uint (details, "classes", &classes));
  fail_unless_equals_int (classes, BUILT_IN_CLASSES);
  g_free (debug);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (pop (h, GST_MESSAGE_INFO | GST_MESSAGE_WARNING
          | GST_MESSAGE_ERROR, 0) == NULL);
}

/* Sends frame `n`.  Did the built-in network look at it?  Its results are all of
 * its classes, each once, with their names. */
static gboolean
push_frame (GstHarness * h, guint n)
{
  GstBuffer *buffer = fixture_push (h, COLOUR_GREEN, n * FRAME_DURATION);
  GstMobilenetClassificationMeta *meta = fixture_meta (buffer);
  gboolean built_in;
  guint seen = 0, index, i;
  const gchar *label;

  fail_unless (meta != NULL, "frame %u carries nothing", n);
  fail_unless_equals_uint64 (meta->age, 0);
  built_in = strcmp (gst_mobilenet_classification_get_model
      (meta->classification), GST_MOBILENET_BUILT_IN_NAME) == 0;
  for (i = 0; built_in
      && gst_mobilenet_classification_meta_get_result (meta, i, &index, &label,
          NULL); i++) {
    fail_unless (index < BUILT_IN_CLASSES);
    fail_unless_equals_string (label, class_names[index]);
    seen |= 1 << index;
  }
  fail_unless (!built_in || seen == (1 << BUILT_IN_CLASSES) - 1, "%x", seen);
  gst_buffer_unref (buffer);
  return built_in;
}

/* Frames go on until the built-in network looks at them, or no longer does. */
static guint
push_until (GstHarness * h, guint n, gboolean built_in)
{
  gint64 end = g_get_monotonic_time () + LIMIT;

  while (push_frame (h, n++) != built_in)
    fail_unless (g_get_monotonic_time () < end, "no other model comes");
  return n;
}

static void
assert_no_file (GstHarness * h)
{
  gchar *file;

  g_object_get (h->element, "model-file", &file, NULL);
  fail_unless (file == NULL, "model-file=%s", file);
}

GST_START_TEST (test_bytes)
{
  MnetError error = { MNET_OK, "" };
  MnetNormalization normalization;
  const MnetTensorInfo *input;
  MnetModel *model;
  gconstpointer data;
  gsize size, i;

  data = gst_mobilenet_built_in_model (&size);
  fail_unless (size <= MOST_BYTES, "%" G_GSIZE_FORMAT " bytes", size);
  model = mnet_model_load_memory (data, size, NULL, &error);
  fail_unless (model != NULL, "%s", error.text);
  fail_unless_equals_int (mnet_model_n_inputs (model), 1);
  fail_unless_equals_int (mnet_model_n_outputs (model), 1);
  input = mnet_model_input (model, 0);
  fail_unless (input->type == MNET_TYPE_UINT8 || input->type == MNET_TYPE_INT8);
  fail_unless (input->dims[1] <= 64 && input->dims[2] <= 64);
  fail_unless_equals_int (mnet_model_output (model, 0)->elements,
      BUILT_IN_CLASSES);
  fail_unless (mnet_model_normalization (model, 0, &normalization));
  for (i = 0; i < BUILT_IN_CLASSES; i++)
    fail_unless_equals_string (mnet_labels_get (mnet_model_labels (model, 0),
            i), class_names[i]);
  mnet_model_unref (model);
}

GST_END_TEST;

/* An empty name is none. */
GST_START_TEST (test_unset)
{
  GstHarness *h = built_in_new ("model-file", __i__ ? "" : NULL);
  guint n;

  assert_told_once (h);
  for (n = 0; n < 3; n++)
    fail_unless (push_frame (h, n));
  assert_no_file (h);
  fail_unless (pop (h, GST_MESSAGE_INFO, 0) == NULL, "said it again");

  /* Another start is another try. */
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  assert_told_once (h);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_file)
{
  GstHarness *h = built_in_new ("model-file", fixture_model ());

  fail_unless (!push_frame (h, 0));
  fail_unless (pop (h, GST_MESSAGE_INFO, 0) == NULL);
  fixture_teardown (h);
}

GST_END_TEST;

/* Names of one's own, as many as there are classes. */
GST_START_TEST (test_labels)
{
  static const gchar ten[] = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  GstHarness *h = fixture_new ("model-file", NULL, "labels-file",
      fixture_write ("ten.txt", ten, strlen (ten)), "mode", 1, NULL);
  GstBuffer *buffer;

  fixture_set_caps (h, "RGB", 32, 32);
  buffer = fixture_push (h, COLOUR_RED, 0);
  fail_unless_equals_int (atoi (fixture_best_label (buffer)),
      fixture_best (buffer));
  gst_buffer_unref (buffer);
  fixture_teardown (h);
}

GST_END_TEST;

/* Names of four classes. */
#define OF_OTHER_LABELS "the built-in model|labels-file|labels.txt|10|4"

GST_START_TEST (test_other_labels)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);

  g_object_set (element, "labels-file", fixture_labels (), NULL);
  refusal_expect (element, OF_OTHER_LABELS);
}

GST_END_TEST;

/* It is a classifier: the others have none. */
GST_START_TEST (test_other_elements)
{
  static const gchar *const others[] = { "mobilenetssd", "mobilenetseg" };

  refusal_expect (gst_element_factory_make (others[__i__], NULL),
      "set the property model-file");
}

GST_END_TEST;

/* A file while frames flow, and none again. */
GST_START_TEST (test_swap)
{
  GstHarness *h = built_in_new (NULL, NULL);
  guint n = 0;

  assert_told_once (h);
  fail_unless (push_frame (h, n++));
  g_object_set (h->element, "model-file", fixture_model (), NULL);
  n = push_until (h, n, FALSE);
  fail_unless (pop (h, GST_MESSAGE_INFO, 0) == NULL);
  g_object_set (h->element, "model-file", NULL, NULL);
  n = push_until (h, n, TRUE);
  assert_told_once (h);
  assert_no_file (h);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), n);
  fixture_teardown (h);
}

GST_END_TEST;

/* A file that cannot be used leaves the built-in network where it is. */
GST_START_TEST (test_swap_refused)
{
  GstHarness *h = built_in_new (NULL, NULL);
  GstMessage *message;

  assert_told_once (h);
  g_object_set (h->element, "model-file", fixture_map_model (), NULL);
  message = pop (h, GST_MESSAGE_WARNING, 60 * GST_SECOND);
  fail_unless (message != NULL, "no warning");
  gst_message_unref (message);
  fail_unless (push_frame (h, 0));
  assert_no_file (h);
  fail_unless (pop (h, GST_MESSAGE_INFO, 0) == NULL);
  fixture_teardown (h);
}

GST_END_TEST;

/* Labels of the file's classes do not fit the built-in ones: the file stays. */
GST_START_TEST (test_swap_with_labels)
{
  GstHarness *h = built_in_new ("model-file", fixture_model ());
  GstMessage *message;
  GError *error;
  gchar *file;

  fail_unless (!push_frame (h, 0));
  g_object_set (h->element, "labels-file", fixture_labels (), "model-file",
      NULL, NULL);
  message = pop (h, GST_MESSAGE_WARNING, 60 * GST_SECOND);
  fail_unless (message != NULL, "no warning");
  gst_message_parse_warning (message, &error, NULL);
  refusal_check (error, OF_OTHER_LABELS);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (!push_frame (h, 1));
  g_object_get (h->element, "model-file", &file, NULL);
  fail_unless_equals_string (file, fixture_model ());
  g_free (file);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
built_in_suite (void)
{
  Suite *suite = suite_create ("the built-in model");
  TCase *tcase = tcase_create ("built in");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_bytes);
  tcase_add_loop_test (tcase, test_unset, 0, 2);
  tcase_add_test (tcase, test_file);
  tcase_add_test (tcase, test_labels);
  tcase_add_test (tcase, test_other_labels);
  tcase_add_loop_test (tcase, test_other_elements, 0, 2);
  tcase_add_test (tcase, test_swap);
  tcase_add_test (tcase, test_swap_refused);
  tcase_add_test (tcase, test_swap_with_labels);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, built_in_suite);
}
