/* SPDX-License-Identifier: MIT
 *
 * Means of scores: of each thing its own, and which ones are kept. */
#include <math.h>

#include "gstmobilenetmeans.h"
#include "runner.h"

static void
assert_mean (GstMobilenetMeans * means, guint id, gfloat a, gfloat b,
    gdouble smoothing, gfloat mean_a, gfloat mean_b)
{
  const gfloat scores[] = { a, b };
  const gfloat *mean = gst_mobilenet_means_add (means, id, scores, smoothing);

  fail_unless (fabsf (mean[0] - mean_a) < 1e-6f
      && fabsf (mean[1] - mean_b) < 1e-6f, "the mean is %g %g", mean[0],
      mean[1]);
}

GST_START_TEST (test_mean)
{
  GstMobilenetMeans *means = gst_mobilenet_means_new (2, 1);

  assert_mean (means, 0, 0.9f, 0.1f, 0.5, 0.9f, 0.1f);
  assert_mean (means, 0, 0.1f, 0.9f, 0.5, 0.5f, 0.5f);
  assert_mean (means, 0, 0.1f, 0.9f, 0.75, 0.4f, 0.6f);
  assert_mean (means, 0, 0.1f, 0.9f, 0, 0.1f, 0.9f);
  assert_mean (means, 0, 1, 0, 0.5, 0.55f, 0.45f);
  gst_mobilenet_means_reset (means);
  assert_mean (means, 0, 1, 0, 0.5, 1, 0);
  gst_mobilenet_means_free (means);
}

GST_END_TEST;

/* Each its own, in any order; with one more the oldest goes. */
GST_START_TEST (test_things)
{
  GstMobilenetMeans *means = gst_mobilenet_means_new (2, 2);

  assert_mean (means, 0, 1, 0, 0.5, 1, 0);
  assert_mean (means, 7, 0, 1, 0.5, 0, 1);
  assert_mean (means, 0, 0, 0, 0.5, 0.5f, 0);
  assert_mean (means, 7, 0, 0, 0.5, 0, 0.5f);
  assert_mean (means, 8, 1, 1, 0.5, 1, 1);
  assert_mean (means, 7, 0, 0, 0.5, 0, 0.25f);
  assert_mean (means, 0, 1, 1, 0.5, 1, 1);
  assert_mean (means, 8, 0, 0, 0.5, 0, 0);
  gst_mobilenet_means_free (means);
}

GST_END_TEST;

/* Means of the same stay the same, no rounding moves them; more than memory can
 * hold is refused. */
GST_START_TEST (test_rounding)
{
  GstMobilenetMeans *means = gst_mobilenet_means_new (2, 1);
  const gfloat scores[] = { 1, 0.1f };
  const gfloat *mean;
  guint i;

  for (i = 1; i < 100; i++) {
    mean = gst_mobilenet_means_add (means, 0, scores, i / 100.0);
    fail_unless (mean[0] == scores[0] && mean[1] == scores[1]);
  }
  gst_mobilenet_means_free (means);
  fail_unless (!gst_mobilenet_means_new (G_MAXSIZE / 2, 4));
}

GST_END_TEST;

static Suite *
means_suite (void)
{
  Suite *suite = suite_create ("means of scores");
  TCase *tcase = tcase_create ("means");

  tcase_add_test (tcase, test_mean);
  tcase_add_test (tcase, test_things);
  tcase_add_test (tcase, test_rounding);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, means_suite);
}
