/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx with a network's own picture allocates for a frame: nothing.  Counts
 * the process's own calls of malloc(): not for sanitizers and valgrind, which have
 * another one. */
#include "count_malloc.h"
#include "painter_fixture.h"

#define W 64
#define H 48
#define WINDOWS 8

/* Calls of malloc() for `n` frames, which is the same frame again and again. */
static glong
count_calls (GstHarness * h, GstBuffer ** frame, guint n)
{
  glong before = count_malloc ();
  guint i;

  for (i = 0; i < n; i++)
    *frame = gst_harness_push_and_pull (h, *frame);
  return count_malloc () - before;
}

/* Of an element for 100 frames: the same each time, but for what GLib does once in a
 * while. */
static glong
calls_of (GstHarness * h, const gchar * format)
{
  GstBuffer *frame = painter_frame (format, W, H, 4, 0);
  glong least = G_MAXLONG;
  guint i;

  fixture_set_caps (h, format, W, H);
  count_calls (h, &frame, 4);
  for (i = 0; i < WINDOWS; i++)
    least = MIN (least, count_calls (h, &frame, 100));
  gst_buffer_unref (frame);
  return least;
}

GST_START_TEST (test_allocations)
{
  static const gchar *const formats[] = { "NV12", "RGB", "I420_10LE" };
  GstHarness *plain = gst_harness_new ("identity");
  glong before = count_malloc (), pads;
  guint i;

  g_free (g_malloc (1));
  fail_unless (count_malloc () > before, "malloc() is not counted");
  pads = calls_of (plain, "NV12");
  gst_harness_teardown (plain);
  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstHarness *h = painter_harness (painter_element (painter_identity (32, 24),
            NULL));

    fail_unless_equals_int (calls_of (h, formats[i]), pads);
    fixture_teardown (h);
  }
}

GST_END_TEST;

static Suite *
fx_network_allocations_suite (void)
{
  Suite *suite = suite_create ("mobilenetfx allocations with a network");
  TCase *tcase = tcase_create ("frames");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_allocations);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_network_allocations_suite);
}
