/* SPDX-License-Identifier: MIT
 *
 * What mobilenetssd, and a second stage behind it, allocate for a frame: always as
 * many blocks for as many detections, and few.  Not for sanitizers and valgrind. */
#include "count_malloc.h"
#include "ssd_fixture.h"

#define FRAMES 50
/* The longest frame so far posts a message, which is a block more. */
#define MOST_TRIES 20

/* A meta, its result, the results' array, its strings: in blocks, of a frame; and
 * a region of interest with its structure, of a thing. */
#define MOST_OF_FRAME 12
#define MOST_OF_THING 20

static const SsdSquare squares[] = { {40, 0, 40, 20, 0xff0000}
, {120, 40, 40, 20, 0x00f000}
, {200, 80, 40, 20, 0x0000e0}
, {0}
};

static gboolean
drop_meta (GstBuffer * buffer, GstMeta ** meta, gpointer user)
{
  *meta = NULL;
  return TRUE;
}

/* Calls of malloc() while `n` frames pass. */
static glong
count_calls (GstHarness * h, GstBuffer ** frame, guint n)
{
  glong before = count_malloc ();

  while (n--) {
    gst_buffer_foreach_meta (*frame, drop_meta, NULL);
    *frame = ssd_push (h, *frame);
  }
  return count_malloc () - before;
}

/* For FRAMES frames in a pipeline that has come to rest; `things` (may be NULL):
 * how many detections each carries. */
static glong
calls_of (const gchar * launch, guint * things)
{
  GstMobilenetDetectionMeta *meta;
  GstHarness *h = gst_harness_new_parse (launch);
  GstBuffer *frame = ssd_frame (320, 160, squares, 0);
  glong few = 0, many = 1;
  guint tries;

  gst_harness_set_live (h, FALSE);
  fixture_set_caps (h, "RGB", 320, 160);
  count_calls (h, &frame, 2 * FRAMES);
  for (tries = 0; tries < MOST_TRIES && many != 2 * few; tries++) {
    few = count_calls (h, &frame, FRAMES);
    many = count_calls (h, &frame, 2 * FRAMES);
  }
  fail_unless (many == 2 * few, "%ld for %d frames, %ld for twice as many", few,
      FRAMES, many);
  meta = gst_buffer_get_mobilenet_detection_meta (frame);
  if (things)
    *things = gst_mobilenet_detection_meta_get_n_results (meta);
  gst_buffer_unref (frame);
  gst_harness_teardown (h);
  return few;
}

static const gchar *const properties[] =
    { "", "tiles=2x2,motion", "tiles=3x2,whole",
  "tiles=auto", "region=0,0,1,0.9", "max-detections=2",
  "smoothing=0.5 hold=1000"
};

GST_START_TEST (test_detections)
{
  gchar *launch = g_strdup_printf ("mobilenetssd model-file=%s labels-file=%s "
      "box-format=corners-yx input-range=zero-one mode=every %s",
      ssd_model (8, SSD_BOXES_GOOD), ssd_labels (), properties[__i__]);
  glong before = count_malloc (), calls;
  guint things;

  g_free (g_malloc (1));
  fail_unless (count_malloc () > before, "malloc() is not counted");
  calls = calls_of (launch, &things) - calls_of ("identity", NULL);
  fail_unless (things > 1);
  fail_unless (calls <= (glong) (FRAMES * (MOST_OF_FRAME + things *
              MOST_OF_THING)), "%.1f blocks for a frame of %u",
      (gdouble) calls / FRAMES, things);
  g_free (launch);
}

GST_END_TEST;

GST_START_TEST (test_second_stage)
{
  gchar *launch = g_strdup_printf ("mobilenetssd model-file=%s labels-file=%s "
      "box-format=corners-yx input-range=zero-one mode=every ! mobilenetclassify "
      "model-file=%s labels-file=%s regions=true mode=every",
      ssd_model (8, SSD_BOXES_GOOD), ssd_labels (), fixture_model (),
      fixture_labels ());
  guint things;
  glong calls = calls_of (launch, &things)
      - calls_of ("identity ! identity", NULL);

  fail_unless_equals_int (things, 3);
  fail_unless (calls <= (glong) (2 * FRAMES * (MOST_OF_FRAME + things *
              MOST_OF_THING)), "%.1f blocks for a frame of %u",
      (gdouble) calls / FRAMES, things);
  g_free (launch);
}

GST_END_TEST;

static Suite *
allocations_suite (void)
{
  Suite *suite = suite_create ("allocations of mobilenetssd");
  TCase *tcase = tcase_create ("frames");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_loop_test (tcase, test_detections, 0, G_N_ELEMENTS (properties));
  tcase_add_test (tcase, test_second_stage);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, allocations_suite);
}
