/* SPDX-License-Identifier: MIT
 *
 * Whether the network keeps up: input sizes under load, latency that is promised,
 * and frames that waited for others. */
#include "gstmobilenetpace.h"
#include "runner.h"

#define FRAME (40 * GST_MSECOND)
#define COST (10 * GST_MSECOND)

static const guint64 macs[] = { 300, 220, 150, 100 };

/* A camera's clock. */
typedef struct
{
  GstMobilenetPace pace;
  GstClockTime now;
} Camera;

static void
start (Camera * camera, guint n_levels)
{
  gst_mobilenet_pace_init (&camera->pace, n_levels, macs, COST, COST);
  camera->now = 100 * GST_SECOND;
}

/* `n` frames, each analysed in a time that follows the input size and is `cost` at
 * the largest; those that do not fit are skipped.  How often the size changed. */
static guint
pass (Camera * camera, guint n, GstClockTime cost)
{
  GstMobilenetPace *pace = &camera->pace;
  guint changes = 0;
  GstClockTime busy = 0;

  for (; n; n--) {
    GstClockTime took = gst_util_uint64_scale (cost, macs[pace->level],
        macs[0]);

    camera->now += FRAME;
    gst_mobilenet_pace_due (pace, camera->now);
    if (camera->now < busy) {
      gst_mobilenet_pace_skipped (pace);
    } else {
      busy = camera->now + took;
      gst_mobilenet_pace_analysed (pace, took, TRUE);
    }
    changes += gst_mobilenet_pace_adapt (pace, camera->now);
  }
  return changes;
}

GST_START_TEST (test_levels_follow_the_load)
{
  Camera camera;

  start (&camera, 4);
  fail_unless_equals_int (pass (&camera, 1000, COST), 0);
  /* 50 ms at the largest: 36 at the second. */
  fail_unless (pass (&camera, 50, 50 * GST_MSECOND) > 0);
  fail_unless (camera.pace.level > 0);
  fail_unless (gst_mobilenet_pace_load (&camera.pace) < 1);
  /* More than any of them can do: the smallest, for good. */
  pass (&camera, 100, 400 * GST_MSECOND);
  fail_unless_equals_int (camera.pace.level, 3);
  fail_unless_equals_int (pass (&camera, 1000, 400 * GST_MSECOND), 0);
  /* Up again, a step at a time, when there is room. */
  fail_unless_equals_int (pass (&camera, 1000, COST), 3);
  fail_unless_equals_int (camera.pace.level, 0);
}

GST_END_TEST;

/* A size that is too large just so is tried less and less often. */
GST_START_TEST (test_mistakes_are_not_repeated)
{
  Camera camera;
  guint early, late, i;

  start (&camera, 4);
  pass (&camera, 1000, COST);
  /* The element cannot know that the load comes with the size. */
  early = late = 0;
  for (i = 0; i < 16 * 1000; i++) {
    GstClockTime cost = camera.pace.level == 0 ? 50 * GST_MSECOND : COST;
    guint changes = pass (&camera, 1, cost);

    if (i < 1000)
      early += changes;
    else if (i >= 15 * 1000)
      late += changes;
  }
  fail_unless (early >= 3, "%u changes", early);
  fail_unless (late <= 2 && late < early, "%u changes, then %u", early, late);
}

GST_END_TEST;

GST_START_TEST (test_one_size)
{
  Camera camera;

  start (&camera, 1);
  fail_unless_equals_int (pass (&camera, 1000, 400 * GST_MSECOND), 0);
  fail_unless_equals_int (camera.pace.level, 0);
}

GST_END_TEST;

/* Pauses are no frame rate. */
GST_START_TEST (test_interval)
{
  Camera camera;
  guint i;

  start (&camera, 4);
  pass (&camera, 100, COST);
  fail_unless_equals_uint64 (camera.pace.interval, FRAME);
  camera.now += 60 * GST_SECOND;
  pass (&camera, 1, COST);
  gst_mobilenet_pace_due (&camera.pace, GST_CLOCK_TIME_NONE);
  gst_mobilenet_pace_due (&camera.pace, camera.now + FRAME);
  gst_mobilenet_pace_due (&camera.pace, camera.now);
  fail_unless_equals_uint64 (camera.pace.interval, FRAME);
  /* Nor is a gap room for frames that come late. */
  camera.now += 4 * GST_SECOND;
  pass (&camera, 1, COST);
  fail_unless (camera.pace.interval < FRAME + FRAME / 4);
  pass (&camera, 100, COST);
  fail_unless (camera.pace.interval < FRAME + GST_MSECOND);
  /* Another rate is one. */
  for (i = 0; i < 60; i++)
    gst_mobilenet_pace_due (&camera.pace, camera.now += GST_SECOND);
  fail_unless (camera.pace.interval > GST_SECOND - 10 * GST_MSECOND);
  gst_mobilenet_pace_restart (&camera.pace, 0);
  fail_unless_equals_float (gst_mobilenet_pace_load (&camera.pace), 0);
  /* What caps say holds until frames tell. */
  gst_mobilenet_pace_restart (&camera.pace, COST);
  fail_unless_equals_float (gst_mobilenet_pace_load (&camera.pace), 1);
  fail_unless (gst_mobilenet_pace_adapt (&camera.pace, camera.now));
}

GST_END_TEST;

/* One long analysis is an accident, a second one soon after is not. */
GST_START_TEST (test_promise)
{
  GstMobilenetPace pace;
  guint i;

  gst_mobilenet_pace_init (&pace, 1, macs, COST, COST - 5);
  fail_unless_equals_uint64 (pace.promised, COST);
  fail_if (gst_mobilenet_pace_analysed (&pace, COST, TRUE));
  fail_if (gst_mobilenet_pace_analysed (&pace, 5 * GST_SECOND, TRUE));
  for (i = 0; i < 100; i++)
    fail_if (gst_mobilenet_pace_analysed (&pace, COST, TRUE));
  fail_if (gst_mobilenet_pace_analysed (&pace, 5 * GST_SECOND, TRUE));
  fail_unless_equals_uint64 (pace.promised, COST);
  fail_unless (gst_mobilenet_pace_analysed (&pace, 2 * COST + 1, TRUE));
  fail_unless_equals_uint64 (pace.promised, 2 * COST + GST_MSECOND);
  fail_if (gst_mobilenet_pace_analysed (&pace, 2 * COST + 2, TRUE));
}

GST_END_TEST;

static gboolean
comes_late (Camera * camera, GstClockTimeDiff delay)
{
  camera->now += FRAME;
  gst_mobilenet_pace_due (&camera->pace, camera->now);
  return gst_mobilenet_pace_is_late (&camera->pace, delay, camera->now);
}

/* Frames wait behind others when they come later than the earliest did. */
GST_START_TEST (test_lateness)
{
  Camera camera;
  guint i;

  start (&camera, 1);
  pass (&camera, 100, COST);
  /* A camera of 200 ms, give or take some. */
  for (i = 0; i < 1000; i++)
    fail_if (comes_late (&camera, (200 + i % 20) * GST_MSECOND));
  /* An analysis fits between two frames if it begins in 30 ms. */
  fail_if (comes_late (&camera, 229 * GST_MSECOND));
  fail_unless (comes_late (&camera, 231 * GST_MSECOND));
  fail_unless (comes_late (&camera, 900 * GST_MSECOND));
  fail_if (comes_late (&camera, 200 * GST_MSECOND));
  /* One that does not fit begins in time. */
  pass (&camera, 100, 3 * FRAME);
  fail_unless (comes_late (&camera, 231 * GST_MSECOND));
  fail_unless (comes_late (&camera, 212 * GST_MSECOND));
  fail_if (comes_late (&camera, 209 * GST_MSECOND));
}

GST_END_TEST;

/* What was held up and comes faster than a camera's frames is late until the last
 * of it has passed. */
GST_START_TEST (test_backlog)
{
  Camera camera;
  GstClockTime time;
  guint i;

  start (&camera, 1);
  pass (&camera, 100, COST);
  comes_late (&camera, 0);
  time = camera.now;
  camera.now += 5 * GST_SECOND;
  for (i = 0; camera.now - (time + i * FRAME) > FRAME; i++) {
    camera.now += 20 * GST_MSECOND;
    fail_unless (gst_mobilenet_pace_is_late (&camera.pace,
            camera.now - (time + i * FRAME), camera.now), "frame %u", i);
  }
  fail_if (gst_mobilenet_pace_is_late (&camera.pace, 0, camera.now));
}

GST_END_TEST;

/* Frames that stay later were not held up here. */
GST_START_TEST (test_another_latency)
{
  Camera camera;
  guint skipped = 0, i;

  start (&camera, 1);
  pass (&camera, 100, COST);
  comes_late (&camera, 0);
  for (i = 0; i < 1000; i++)
    skipped += comes_late (&camera, 500 * GST_MSECOND);
  fail_unless (skipped > 10 && skipped < 40, "%u", skipped);
}

GST_END_TEST;

/* A network that takes longer than late frames go without it at most does not make
 * them late for good: each analysis is followed by more of the stream. */
GST_START_TEST (test_blindness)
{
  Camera camera;

  start (&camera, 1);
  fail_unless_equals_uint64 (gst_mobilenet_pace_blindness (&camera.pace),
      GST_SECOND);
  pass (&camera, 10000, 3 * GST_SECOND);
  fail_unless (gst_mobilenet_pace_blindness (&camera.pace) > 6 * GST_SECOND);
}

GST_END_TEST;

static Suite *
pace_suite (void)
{
  Suite *suite = suite_create ("pace");
  TCase *pace = tcase_create ("pace");

  tcase_add_test (pace, test_levels_follow_the_load);
  tcase_add_test (pace, test_mistakes_are_not_repeated);
  tcase_add_test (pace, test_one_size);
  tcase_add_test (pace, test_interval);
  tcase_add_test (pace, test_promise);
  tcase_add_test (pace, test_lateness);
  tcase_add_test (pace, test_backlog);
  tcase_add_test (pace, test_another_latency);
  tcase_add_test (pace, test_blindness);
  suite_add_tcase (suite, pace);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, pace_suite);
}
