/* SPDX-License-Identifier: MIT
 *
 * Masks steadied over frames: against a definition, what becomes of noise, and of
 * an edge that moves. */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "gstmobilenetvotes.h"
#include "runner.h"

#define PIXELS 400

static guint32 state;

static guint
draw (guint below)
{
  state = state * 1664525 + 1013904223;
  return (state >> 8) % below;
}

/* Of two classes the steadied map is the mean of the probabilities that goes on. */
GST_START_TEST (test_two_classes_are_a_mean)
{
  GstMobilenetVotes *votes = gst_mobilenet_votes_new (PIXELS, TRUE);
  guint8 classes[PIXELS], confidences[PIXELS], held[PIXELS];
  gdouble means[PIXELS];
  guint frame, i;

  state = 1;
  for (frame = 0; frame < 20; frame++) {
    for (i = 0; i < PIXELS; i++) {
      gdouble foreground;

      classes[i] = draw (2);
      confidences[i] = 128 + draw (128);
      foreground = (classes[i] ? confidences[i] : 255 - confidences[i]) / 255.0;
      means[i] = frame ? 0.6 * means[i] + 0.4 * foreground : foreground;
    }
    gst_mobilenet_votes_add (votes, classes, confidences, 0.6);
    for (i = 0; i < PIXELS; i++) {
      gdouble foreground =
          (classes[i] ? confidences[i] : 255 - confidences[i]) / 255.0;
      gdouble bound = frame ? 0.15 * 0.6 : 0, off;

      /* Near one half the class that was there before stays. */
      off = fabs (means[i] - 0.5);
      fail_unless (fabs (off - bound) < 1e-4 || classes[i] == (off < bound ?
              held[i] : means[i] > 0.5), "frame %u: class %u of %g", frame,
          classes[i], means[i]);
      held[i] = classes[i];
      fail_unless (fabs (foreground - means[i]) <= 0.51 / 255 + 1e-4,
          "frame %u: %g instead of %g", frame, foreground, means[i]);
    }
  }
  gst_mobilenet_votes_free (votes);
}

GST_END_TEST;

/* Pixels that change from frame to frame where the network is unsure between
 * classes 3 and 7. */
static guint
count_flicker (gdouble smoothing)
{
  GstMobilenetVotes *votes = gst_mobilenet_votes_new (PIXELS, FALSE);
  guint8 before[PIXELS], classes[PIXELS], confidences[PIXELS];
  guint frame, i, changes = 0;

  state = 2;
  for (frame = 0; frame < 60; frame++) {
    for (i = 0; i < PIXELS; i++) {
      classes[i] = draw (6) < 1 ? 7 : 3;
      confidences[i] = 100 + draw (100);
    }
    if (smoothing > 0)
      gst_mobilenet_votes_add (votes, classes, confidences, smoothing);
    for (i = 0; i < PIXELS; i++) {
      changes += frame > 0 && classes[i] != before[i];
      before[i] = classes[i];
    }
  }
  gst_mobilenet_votes_free (votes);
  return changes;
}

GST_START_TEST (test_less_flicker)
{
  guint without = count_flicker (0);

  fail_unless (without > 60 * PIXELS / 5);
  fail_unless (count_flicker (0.5) * 2 < without, "%u of %u",
      count_flicker (0.5), without);
  fail_unless (count_flicker (0.7) * 10 < without, "%u of %u",
      count_flicker (0.7), without);
}

GST_END_TEST;

/* A sure change is followed at once with little smoothing, else one or two frames
 * later. */
GST_START_TEST (test_edges_follow)
{
  static const struct
  {
    gdouble smoothing;
    guint frames;
  } cases[] = { {0.3, 1}, {0.42, 1}, {0.5, 2}, {0.6, 2}, {0.7, 3} };
  guint k, frame, two;

  for (two = 0; two < 2; two++) {
    for (k = 0; k < G_N_ELEMENTS (cases); k++) {
      GstMobilenetVotes *votes = gst_mobilenet_votes_new (1, two);
      guint8 class, confidence;

      for (frame = 0; frame < 10; frame++) {
        class = 0;
        confidence = 255;
        gst_mobilenet_votes_add (votes, &class, &confidence,
            cases[k].smoothing);
        fail_unless_equals_int (confidence, 255);
      }
      for (frame = 1; frame <= 4; frame++) {
        class = 1;
        confidence = 255;
        gst_mobilenet_votes_add (votes, &class, &confidence,
            cases[k].smoothing);
        fail_unless_equals_int (class, frame >= cases[k].frames);
      }
      gst_mobilenet_votes_free (votes);
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_reset_and_maps_without_probabilities)
{
  GstMobilenetVotes *votes = gst_mobilenet_votes_new (1, FALSE);
  guint8 class = 5;

  gst_mobilenet_votes_add (votes, &class, NULL, 0.9);
  class = 6;
  gst_mobilenet_votes_add (votes, &class, NULL, 0.9);
  fail_unless_equals_int (class, 5);
  gst_mobilenet_votes_reset (votes);
  class = 6;
  gst_mobilenet_votes_add (votes, &class, NULL, 0.9);
  fail_unless_equals_int (class, 6);
  gst_mobilenet_votes_free (votes);
  gst_mobilenet_votes_free (NULL);
}

GST_END_TEST;

static Suite *
votes_suite (void)
{
  Suite *suite = suite_create ("votes");
  TCase *tcase = tcase_create ("maps");

  tcase_add_test (tcase, test_two_classes_are_a_mean);
  tcase_add_test (tcase, test_less_flicker);
  tcase_add_test (tcase, test_edges_follow);
  tcase_add_test (tcase, test_reset_and_maps_without_probabilities);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, votes_suite);
}
