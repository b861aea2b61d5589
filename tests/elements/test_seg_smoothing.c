/* SPDX-License-Identifier: MIT
 *
 * What smoothing=0.5 of mobilenetseg is worth: how much of the flicker of a still
 * picture with noise is left, and how far a mask is behind an edge that moves. */
#include <math.h>
#include <stdlib.h>
#include <tflitebuilder.h>

#include "classify_fixture.h"

#define WIDTH 96
#define HEIGHT 16

/* The edge is as wide as that, in pixels, from black to white: logits of -8 and 8. */
#define RAMP 8
#define DEVIATION "16"

static guint32 state;

/* About normal, of that standard deviation. */
static gdouble
noise (gdouble deviation)
{
  gdouble sum = 0;
  guint i;

  for (i = 0; i < 12; i++) {
    state = state * 1664525 + 1013904223;
    sum += (state >> 8) / 16777216.0 - 0.5;
  }
  return sum * deviation;
}

/* A sigmoid of gray. */
static const gchar *
network (void)
{
  static const int32_t dims[] = { 1, HEIGHT, WIDTH, 1 };
  TbFile file = tb_one_operator (&(TbOperator) {.builtin = TFL_OP_LOGISTIC }, 4,
      dims);
  const gchar *path = fixture_write ("mask.tflite", file.data, file.size);

  tb_file_free (&file);
  return path;
}

static GstHarness *
new_seg (gdouble smoothing)
{
  GstElement *element = gst_element_factory_make ("mobilenetseg", NULL);
  GstHarness *h;

  g_object_set (element, "model-file", network (), "mean", "127.5", "std",
      DEVIATION, "smoothing", smoothing, NULL);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  gst_harness_set_live (h, FALSE);
  gst_harness_set_src_caps_str (h, "video/x-raw, format=GRAY8, width=96, "
      "height=16, framerate=25/1, colorimetry=1:4:0:0");
  return h;
}

/* Dark left of `edge`, bright right of it. */
static GstBuffer *
frame (gdouble edge, gdouble ramp, gdouble deviation, guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, WIDTH * HEIGHT, NULL);
  GstMapInfo map;
  gint x, y;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < HEIGHT; y++)
    for (x = 0; x < WIDTH; x++) {
      gdouble gray = 128 + 127.5 * CLAMP ((x + 0.5 - edge) * 2 / ramp, -1, 1) +
          noise (deviation);

      map.data[y * WIDTH + x] = (guint8) CLAMP (gray, 0, 255);
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = n * FRAME_DURATION;
  return buffer;
}

/* The classes that a frame carries when it comes out. */
static void
push (GstHarness * h, GstBuffer * buffer, guint8 classes[WIDTH * HEIGHT])
{
  GstMobilenetSegmentationMeta *meta;
  GBytes *map;

  buffer = gst_harness_push_and_pull (h, buffer);
  meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
  fail_unless (meta != NULL);
  map = gst_mobilenet_segmentation_get_classes (meta->segmentation);
  fail_unless_equals_int (g_bytes_get_size (map), WIDTH * HEIGHT);
  memcpy (classes, g_bytes_get_data (map, NULL), WIDTH * HEIGHT);
  gst_buffer_unref (buffer);
}

/* Pixels that change from one frame to the next of a picture that does not. */
static guint
count_flicker (gdouble smoothing, gdouble deviation)
{
  static guint8 now[WIDTH * HEIGHT], before[WIDTH * HEIGHT];
  GstHarness *h = new_seg (smoothing);
  guint n, i, changes = 0;

  state = 3;
  for (n = 0; n < 50; n++) {
    push (h, frame (WIDTH / 2.0, 3 * RAMP, deviation, n), now);
    for (i = 0; i < WIDTH * HEIGHT; i++)
      changes += n > 0 && now[i] != before[i];
    memcpy (before, now, sizeof (now));
  }
  gst_harness_teardown (h);
  return changes;
}

GST_START_TEST (test_flicker_is_halved)
{
  static const gdouble deviations[] = { 6, 15, 40 };
  guint without = count_flicker (0, deviations[__i__]);
  guint with = count_flicker (0.5, deviations[__i__]);

  GST_INFO ("noise of %g: %u changes, %u with smoothing=0.5",
      deviations[__i__], without, with);
  fail_unless (without > 400, "%u", without);
  fail_unless (2 * with <= without, "noise of %g: %u of %u changes are left",
      deviations[__i__], with, without);
}

GST_END_TEST;

/* Where the mask begins, the mean of the rows. */
static gdouble
edge_of (const guint8 * classes)
{
  gdouble dark = 0;
  guint i;

  for (i = 0; i < WIDTH * HEIGHT; i++)
    dark += classes[i] == 0;
  return dark / HEIGHT;
}

/* How many frames ago the edge was where the mask is now, at worst; forth, or back. */
static gdouble
most_lag (gdouble speed, gdouble ramp, gdouble deviation, gboolean back)
{
  static guint8 classes[WIDTH * HEIGHT];
  GstHarness *h = new_seg (0.5);
  gdouble first = back ? WIDTH - 20 : 20, most = 0;
  guint n, still = 5;

  state = 4;
  for (n = 0; n < still + 40 / speed; n++) {
    gdouble gone = n < still ? 0 : (n - still) * speed;
    gdouble edge = back ? first - gone : first + gone, behind;

    push (h, frame (edge, ramp, deviation, n), classes);
    behind = back ? edge_of (classes) - edge : edge - edge_of (classes);
    most = MAX (most, behind / speed);
  }
  gst_harness_teardown (h);
  return most;
}

/* Sharp and soft ones, slow and fast, with and without noise. */
GST_START_TEST (test_edges_lag_by_two_frames)
{
  static const gdouble speeds[] = { 1, 2, 5 }, ramps[] = { 0.1, RAMP };
  gdouble speed = speeds[__i__];
  guint i;

  for (i = 0; i < 8; i++) {
    gdouble lag = most_lag (speed, ramps[i % 2], i / 2 % 2 ? 15 : 0, i / 4);

    GST_INFO ("%g pixels a frame, edge of %g pixels: %g frames", speed,
        ramps[i % 2], lag);
    fail_unless (lag <= 2, "an edge of %g pixels that moves by %g a frame: the "
        "mask is %g frames behind", ramps[i % 2], speed, lag);
  }
}

GST_END_TEST;

static Suite *
seg_smoothing_suite (void)
{
  Suite *suite = suite_create ("mobilenetseg smoothing");
  TCase *tcase = tcase_create ("masks in time");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_loop_test (tcase, test_flicker_is_halved, 0, 3);
  tcase_add_loop_test (tcase, test_edges_lag_by_two_frames, 0, 3);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, seg_smoothing_suite);
}
