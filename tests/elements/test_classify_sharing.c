/* SPDX-License-Identifier: MIT
 *
 * What the elements of a process share: models of the same bytes, one pool. */
#include "classify_fixture.h"
#include "gstmobilenetbuiltin.h"
#include "gstmobilenetmodel.h"

static MnetModel *
acquire_with (const gchar * path, const gchar * cpu, MnetPrecision precision)
{
  MnetError error = { MNET_OK, "" };
  MnetModel *model = gst_mobilenet_model_acquire (path, cpu,
      precision, &error);

  fail_unless (model != NULL, "%s", error.text);
  return model;
}

static MnetModel *
acquire (const gchar * path, const gchar * cpu)
{
  return acquire_with (path, cpu, MNET_PRECISION_FP32);
}

GST_START_TEST (test_same_file)
{
  const gchar *path = fixture_model ();
  const gchar *other = fixture_int8_model ();
  gchar *folder = g_path_get_dirname (path);
  gchar *detour = g_build_filename (folder, ".", "colours.tflite", NULL);
  MnetModel *a = acquire (path, NULL);
  MnetModel *b = acquire (detour, NULL);
  MnetModel *c = acquire (other, NULL);

  fail_unless (a == b);
  fail_unless (a != c);
  gst_mobilenet_model_release (c);
  gst_mobilenet_model_release (a);
  /* Still held by b. */
  fail_unless (acquire (path, "auto") == b);
  gst_mobilenet_model_release (b);
  gst_mobilenet_model_release (b);
  g_free (detour);
  g_free (folder);
}

GST_END_TEST;

GST_START_TEST (test_other_kernels)
{
  const gchar *path = fixture_model ();
  MnetModel *best = acquire (path, NULL);
  MnetModel *plain = acquire (path, "c");
  MnetModelStats stats;

  fail_unless (best != plain);
  fail_unless (acquire (path, "c") == plain);
  mnet_model_stats (plain, &stats);
  fail_unless_equals_string (stats.kernels, "c");
  gst_mobilenet_model_release (best);
  gst_mobilenet_model_release (plain);
  gst_mobilenet_model_release (plain);
}

GST_END_TEST;

GST_START_TEST (test_other_precision)
{
  const gchar *path = fixture_model ();
  MnetModel *whole = acquire (path, NULL);
  MnetModel *half = acquire_with (path, NULL, MNET_PRECISION_FP16);

  fail_unless (whole != half);
  fail_unless (acquire_with (path, NULL, MNET_PRECISION_FP16) == half);
  gst_mobilenet_model_release (whole);
  gst_mobilenet_model_release (half);
  gst_mobilenet_model_release (half);
}

GST_END_TEST;

/* A file with the same bytes is the same model, wherever it lies.  One that took the
 * place of another is another model, although its size and time tell nothing of it;
 * who holds the old one keeps it. */
GST_START_TEST (test_replaced_file)
{
  MnetModel *before = acquire (fixture_model (), NULL), *copy, *after;
  gchar *bytes;
  gsize size;

  fail_unless (g_file_get_contents (fixture_model (), &bytes, &size, NULL));
  copy = acquire (fixture_write ("copy.tflite", bytes, size), NULL);
  fail_unless (copy == before);
  /* The last byte is padding, or of a name: nothing that is computed. */
  bytes[size - 1] ^= 1;
  after = acquire (fixture_write ("colours.tflite", bytes, size), NULL);
  fail_unless (after != before);
  fail_unless_equals_int (mnet_model_output (before, 0)->elements, N_CLASSES);
  gst_mobilenet_model_release (copy);
  gst_mobilenet_model_release (before);
  gst_mobilenet_model_release (after);
  g_free (bytes);
}

GST_END_TEST;

static MnetModel *
acquire_built_in (const gchar * cpu)
{
  MnetError error = { MNET_OK, "" };
  gsize size;
  gconstpointer data = gst_mobilenet_built_in_model (&size);
  MnetModel *model = gst_mobilenet_model_acquire_memory ("built in", data, size,
      cpu, MNET_PRECISION_FP32, &error);

  fail_unless (model != NULL, "%s", error.text);
  return model;
}

/* The built-in model, too, is there once; no file is taken for it. */
GST_START_TEST (test_built_in)
{
  MnetModel *a = acquire_built_in (NULL), *b = acquire_built_in ("auto");
  MnetModel *plain = acquire_built_in ("c");
  MnetModel *file = acquire (fixture_model (), NULL);
  const gchar *empty = fixture_write ("empty.tflite", "", 0);
  MnetError error = { MNET_OK, "" };

  fail_unless (a == b);
  fail_unless (plain != a && file != a);
  gst_mobilenet_model_release (a);
  fail_unless (acquire_built_in (NULL) == b);
  fail_unless (gst_mobilenet_model_acquire (empty, NULL, MNET_PRECISION_FP32,
          &error) == NULL);
  fail_unless (mnet_model_is_of (b, empty) == FALSE);
  gst_mobilenet_model_release (b);
  gst_mobilenet_model_release (b);
  gst_mobilenet_model_release (plain);
  gst_mobilenet_model_release (file);
}

GST_END_TEST;

GST_START_TEST (test_one_pool)
{
  MnetError error = { MNET_OK, "" };
  MnetPool *a = gst_mobilenet_pool_acquire (2, &error);
  MnetPool *b, *c;

  fail_unless (a != NULL, "%s", error.text);
  b = gst_mobilenet_pool_acquire (3, &error);
  c = gst_mobilenet_pool_acquire (0, &error);
  fail_unless (a == b && a == c);
  fail_unless_equals_int (mnet_pool_threads (a), 2);
  gst_mobilenet_pool_release (a);
  gst_mobilenet_pool_release (b);
  gst_mobilenet_pool_release (c);

  /* When nobody holds it any more the next one may have another size. */
  a = gst_mobilenet_pool_acquire (3, &error);
  fail_unless_equals_int (mnet_pool_threads (a), 3);
  gst_mobilenet_pool_release (a);
}

GST_END_TEST;

/* Threads beyond the processors would only wait for each other: the element has
 * one of its own and those that compute. */
GST_START_TEST (test_threads_by_processors)
{
  guint before = fixture_threads ();
  GstHarness *h = fixture_new ("threads", 64, NULL);
  guint more;

  fixture_set_caps (h, "RGB", 16, 16);
  gst_buffer_unref (fixture_push (h, COLOUR_RED, 0));
  more = fixture_threads () - before;
  fail_unless (more <= 1 + g_get_num_processors (), "%u threads more", more);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
sharing_suite (void)
{
  Suite *suite = suite_create ("sharing of mobilenetclassify");
  TCase *sharing = tcase_create ("sharing");

  tcase_add_checked_fixture (sharing, NULL, fixture_clean);
  tcase_add_test (sharing, test_same_file);
  tcase_add_test (sharing, test_other_kernels);
  tcase_add_test (sharing, test_other_precision);
  tcase_add_test (sharing, test_replaced_file);
  tcase_add_test (sharing, test_built_in);
  tcase_add_test (sharing, test_one_pool);
  tcase_add_test (sharing, test_threads_by_processors);
  suite_add_tcase (suite, sharing);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, sharing_suite);
}
