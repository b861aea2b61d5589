/* SPDX-License-Identifier: MIT
 *
 * What mobilenetoverlay allocates for a frame: nothing when it draws, and when it
 * hands labels on always as many blocks.  Counts the process's own calls of
 * malloc(): not for sanitizers and valgrind, which have another one. */
#include "count_malloc.h"
#include "overlay_fixture.h"
#include "runner.h"

#define FRAMES 8
#define BOXES 10
#define WINDOWS 8

/* Boxes of five labels, elsewhere and with other scores on each frame. */
static void
add_boxes (GstBuffer * buffer, guint number)
{
  static const gchar *const labels[] = { "person", "dog", "car", "bus", "cat" };
  GstMobilenetDetectionResult results[BOXES] = { {0} };
  guint i;

  for (i = 0; i < BOXES; i++) {
    results[i].index = i % G_N_ELEMENTS (labels);
    results[i].label = labels[results[i].index];
    results[i].score = 0.5 + 0.01 * ((7 * i + number) % 50);
    results[i].x = 60 * i + number;
    results[i].y = 40 * (i % 5) + 3 * number;
    results[i].w = results[i].h = 30 + number;
  }
  overlay_add_detection (buffer, results, BOXES);
}

/* Calls of malloc() for so many frames, from the first of the cycle on. */
static glong
count_calls (GstHarness * harness, GstBuffer * frames[FRAMES], guint n)
{
  glong before = count_malloc ();
  guint i;

  for (i = 0; i < n; i++) {
    GstBuffer **frame = &frames[i % FRAMES];
    GstVideoOverlayCompositionMeta *meta;

    *frame = overlay_push (harness, *frame);
    meta = gst_buffer_get_video_overlay_composition_meta (*frame);
    if (meta)
      gst_buffer_remove_meta (*frame, (GstMeta *) meta);
  }
  return count_malloc () - before;
}

/* Of an element, for each cycle of frames, once it has seen them all: the same
 * in 100 frames and in 200, over and over, but for what GLib does once in a
 * while. */
static glong
calls_of_cycle (const gchar * launch)
{
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *frames[FRAMES];
  GstVideoInfo info;
  glong counts[WINDOWS], least = G_MAXLONG;
  guint i, same = 0;

  overlay_info (&info, "NV12", 640, 360, NULL);
  gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
  for (i = 0; i < FRAMES; i++) {
    frames[i] = overlay_frame (&info, 100);
    add_boxes (frames[i], i);
  }
  count_calls (harness, frames, 2 * FRAMES);
  for (i = 0; i < WINDOWS; i++) {
    counts[i] = i % 2 ? count_calls (harness, frames, 24 * FRAMES) :
        2 * count_calls (harness, frames, 12 * FRAMES);
    least = MIN (least, counts[i]);
  }
  for (i = 0; i < WINDOWS; i++)
    same += counts[i] == least;
  fail_unless (same >= WINDOWS - 2, "%s: %ld, then %ld, at last %ld calls",
      launch, counts[0], counts[1], counts[WINDOWS - 1]);
  for (i = 0; i < FRAMES; i++)
    gst_buffer_unref (frames[i]);
  gst_harness_teardown (harness);
  return least / 24;
}

GST_START_TEST (test_allocations)
{
  glong before = count_malloc (), pads, handed_on;

  g_free (g_malloc (1));
  fail_unless (count_malloc () > before, "malloc() is not counted");
  pads = calls_of_cycle ("identity");
  fail_unless_equals_int (calls_of_cycle ("mobilenetoverlay"), pads);

  /* A composition and its meta, and a rectangle for each of two sprites, each
   * of at most 4 blocks. */
  handed_on = calls_of_cycle ("mobilenetoverlay attach=always");
  fail_unless (handed_on > pads
      && handed_on - pads <= 4 * FRAMES * (2 + 2 * BOXES), "%ld calls for %d "
      "frames", handed_on - pads, FRAMES);
}

GST_END_TEST;

static Suite *
overlay_allocations_suite (void)
{
  Suite *suite = suite_create ("overlay allocations");
  TCase *tcase = tcase_create ("frames");

  tcase_add_test (tcase, test_allocations);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, overlay_allocations_suite);
}
