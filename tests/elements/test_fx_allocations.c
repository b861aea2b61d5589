/* SPDX-License-Identifier: MIT
 *
 * That mobilenetfx allocates nothing for a frame that it may write to. */
#include <gst/check/gstcheck.h>

#include "count_malloc.h"
#include "fx_fixture.h"
#include "runner.h"

#define WIDTH 320
#define HEIGHT 180
#define FRAMES 40
#define WINDOWS 6

/* Calls of malloc() for so many frames, which stay writable. */
static glong
count_calls (GstHarness * harness, GstBuffer * frames[2])
{
  glong before = count_malloc ();
  guint i;

  for (i = 0; i < FRAMES; i++)
    frames[i % 2] = overlay_push (harness, frames[i % 2]);
  return count_malloc () - before;
}

/* Those that FRAMES frames take at the least, once they have been seen. */
static glong
calls_of (const gchar * launch, const gchar * format)
{
  GstHarness *harness = gst_harness_new_parse (launch);
  glong least = G_MAXLONG;
  GstBuffer *frames[2];
  GstVideoInfo info;
  guint i;

  overlay_info (&info, format, WIDTH, HEIGHT, NULL);
  gst_harness_set_src_caps (harness, gst_video_info_to_caps (&info));
  for (i = 0; i < 2; i++) {
    frames[i] = overlay_frame (&info, -1);
    fx_add_split (frames[i], WIDTH, HEIGHT, WIDTH / 2);
  }
  for (i = 0; i < WINDOWS; i++)
    least = MIN (least, count_calls (harness, frames));
  for (i = 0; i < 2; i++)
    gst_buffer_unref (frames[i]);
  gst_harness_teardown (harness);
  return least;
}

GST_START_TEST (test_allocations)
{
  const gchar *const formats[] = { "NV12", "RGB", "I420_10LE" };
  glong before = count_malloc ();
  guint i;

  g_free (g_malloc (1));
  fail_unless (count_malloc () > before, "malloc() is not counted");
  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    glong pads = calls_of ("identity", formats[i]);

    fail_unless_equals_int (calls_of ("mobilenetfx effect=blur", formats[i]),
        pads);
    fail_unless_equals_int (calls_of ("mobilenetfx effect=replace",
            formats[i]), pads);
  }
}

GST_END_TEST;

static Suite *
fx_allocations_suite (void)
{
  Suite *suite = suite_create ("fx allocations");
  TCase *tcase = tcase_create ("frames");

  tcase_add_test (tcase, test_allocations);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, fx_allocations_suite);
}
