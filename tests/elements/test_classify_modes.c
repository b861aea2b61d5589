/* SPDX-License-Identifier: MIT
 *
 * Which frames are analysed and which result a frame carries.  The decode step
 * of the element here waits for the test: the worker is busy exactly as long as
 * a test wants it to be. */
#include "classify_fixture.h"
#include "gated_filter.h"

#define NOTHING G_MAXUINT

/* Sends frame `n` through and checks that it carries the result of frame
 * `source`, or NOTHING. */
static void
push_frame (GstHarness * h, guint n, guint source)
{
  GstBuffer *buffer = fixture_push (h, COLOUR_RED, n * FRAME_DURATION);
  GstMobilenetClassificationMeta *meta = fixture_meta (buffer);

  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), n * FRAME_DURATION);
  if (source == NOTHING) {
    fail_unless (meta == NULL, "frame %u carries a result", n);
  } else {
    fail_unless (meta != NULL, "frame %u carries nothing", n);
    fail_unless_equals_uint64 (gst_mobilenet_classification_get_source_pts
        (meta->classification), source * FRAME_DURATION);
    fail_unless_equals_uint64 (meta->age, (n - source) * FRAME_DURATION);
  }
  gst_buffer_unref (buffer);
}

/* The next message is that of frame `source`, first carried by frame `n`. */
static void
assert_message (GstHarness * h, guint n, guint source)
{
  GstMessage *message = fixture_pop_message (h);
  const GstStructure *structure;
  guint64 timestamp, source_pts, age;

  fail_unless (message != NULL, "no message of frame %u", source);
  structure = gst_message_get_structure (message);
  fail_unless (gst_structure_get_uint64 (structure, "timestamp", &timestamp));
  fail_unless (gst_structure_get_uint64 (structure, "source-pts", &source_pts));
  fail_unless (gst_structure_get_uint64 (structure, "age", &age));
  fail_unless_equals_uint64 (timestamp, n * FRAME_DURATION);
  fail_unless_equals_uint64 (source_pts, source * FRAME_DURATION);
  fail_unless_equals_uint64 (age, (n - source) * FRAME_DURATION);
  gst_message_unref (message);
}

static void
assert_no_message (GstHarness * h)
{
  fail_unless (fixture_pop_message (h) == NULL);
}

static void
push_segment (GstHarness * h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
}

GST_START_TEST (test_every)
{
  GstHarness *h = gated_filter_harness ("every", 1, TRUE);
  guint n;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 5; n++) {
    push_frame (h, n, n);
    assert_message (h, n, n);
    assert_no_message (h);
  }
  fail_unless_equals_int (gated_filter_entered (h->element), 5);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_every_with_interval)
{
  GstHarness *h = gated_filter_harness ("every", 3, FALSE);
  guint n;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 9; n++)
    push_frame (h, n, n / 3 * 3);
  for (n = 0; n < 9; n += 3)
    assert_message (h, n, n);
  assert_no_message (h);

  /* It may change while frames flow. */
  g_object_set (h->element, "inference-interval", 1, NULL);
  push_frame (h, 9, 9);
  push_frame (h, 10, 10);
  g_object_set (h->element, "inference-interval", 2, NULL);
  push_frame (h, 11, 10);
  push_frame (h, 12, 12);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latest)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  /* While the worker is busy, frame 2 takes the place of frame 1. */
  push_frame (h, 1, NOTHING);
  push_frame (h, 2, NOTHING);
  assert_no_message (h);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 2);
  push_frame (h, 3, 0);
  assert_message (h, 3, 0);
  push_frame (h, 4, 0);
  assert_no_message (h);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 3);
  push_frame (h, 5, 2);
  assert_message (h, 5, 2);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 4);
  push_frame (h, 6, 4);
  assert_message (h, 6, 4);
  assert_no_message (h);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latest_with_interval)
{
  GstHarness *h = gated_filter_harness ("latest", 4, FALSE);
  guint n;

  for (n = 0; n < 4; n++)
    push_frame (h, n, NOTHING);
  gated_filter_wait (h, 1);
  push_frame (h, 4, NOTHING);
  push_frame (h, 5, NOTHING);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 2);
  push_frame (h, 6, 0);
  push_frame (h, 7, 0);
  push_frame (h, 8, 0);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 3);
  push_frame (h, 9, 4);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* The frame goes on while the network is busy: nothing of it is held. */
GST_START_TEST (test_latest_holds_no_frame)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);
  GstBuffer *buffer;

  buffer = fixture_push (h, COLOUR_RED, 0);
  gated_filter_wait (h, 1);
  ASSERT_BUFFER_REFCOUNT (buffer, "buffer", 1);
  fail_unless (gst_buffer_is_all_memory_writable (buffer));
  gst_buffer_unref (buffer);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* Live: the frame passes although the network is busy.  Not live: it waits. */
GST_START_TEST (test_auto)
{
  GstHarness *h = gated_filter_harness ("auto", 1, TRUE);

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);

  h = gated_filter_harness ("auto", 1, FALSE);
  gated_filter_allow (h, 1000);
  push_frame (h, 0, 0);
  push_frame (h, 1, 1);
  fixture_teardown (h);
}

GST_END_TEST;

/* What the harness does to the element while the worker computes frame 0 and
 * frame 1 waits: no result of before may come after. */
typedef void (*Interruption) (GstHarness * h);

static void
flush (GstHarness * h)
{
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  push_segment (h);
}

static void
change_caps (GstHarness * h)
{
  static gint width = 32;
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      "NV12", "width", G_TYPE_INT, width++, "height", G_TYPE_INT, 8, NULL);

  fail_unless (gst_harness_push_event (h, gst_event_new_caps (caps)));
  gst_caps_unref (caps);
}

static void
start_stream (GstHarness * h)
{
  gst_harness_push_event (h, gst_event_new_stream_start ("next"));
  fixture_set_caps (h, "RGB", 16, 16);
  push_segment (h);
}

static const Interruption interruptions[] = {
  flush, push_segment, change_caps, start_stream
};

GST_START_TEST (test_latest_interrupted)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  push_frame (h, 1, NOTHING);
  interruptions[__i__] (h);
  push_frame (h, 2, NOTHING);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 2);
  /* The result of frame 0 is known and stale; frame 1 was dropped. */
  push_frame (h, 3, NOTHING);
  assert_no_message (h);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 3);
  push_frame (h, 4, 2);

  /* Nor does a result that frames carry already survive. */
  interruptions[__i__] (h);
  push_frame (h, 5, NOTHING);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_every_interrupted)
{
  GstHarness *h = gated_filter_harness ("every", 100, FALSE);

  gated_filter_allow (h, 1000);
  push_frame (h, 0, 0);
  push_frame (h, 1, 0);
  interruptions[__i__] (h);
  push_frame (h, 2, 2);
  push_frame (h, 3, 2);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latest_eos)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);
  GstElement *element;

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  push_frame (h, 1, NOTHING);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  gated_filter_allow (h, 1);
  element = gst_object_ref (h->element);
  fixture_teardown (h);
  /* Frame 1 was never begun, else the teardown would still wait for it. */
  fail_unless_equals_int (gated_filter_entered (element), 1);
  gst_object_unref (element);
}

GST_END_TEST;

static gpointer
stop_element (gpointer data)
{
  gst_element_set_state (data, GST_STATE_NULL);
  return NULL;
}

/* Stopping waits for what is being computed, and the element works again
 * afterwards, without a result of before. */
GST_START_TEST (test_latest_stopped_while_busy)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);
  GThread *stopping;

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  push_frame (h, 1, NOTHING);
  stopping = g_thread_new ("stop", stop_element, h->element);
  gated_filter_allow (h, 1000);
  g_thread_join (stopping);

  gated_filter_forbid (h);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fixture_set_caps (h, "RGB", 16, 16);
  push_segment (h);
  push_frame (h, 2, NOTHING);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* From latest to every and back, by new caps when the source's liveness is
 * another one. */
GST_START_TEST (test_auto_changes)
{
  GstHarness *h = gated_filter_harness ("auto", 1, TRUE);

  push_frame (h, 0, NOTHING);
  gated_filter_wait (h, 1);
  gated_filter_allow (h, 1000);
  gst_harness_set_live (h, FALSE);
  fixture_set_caps (h, "RGB", 24, 24);
  push_frame (h, 1, 1);
  push_frame (h, 2, 2);
  gst_harness_set_live (h, TRUE);
  fixture_set_caps (h, "RGB", 16, 16);
  gated_filter_forbid (h);
  push_frame (h, 3, NOTHING);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

static void
push_qos (GstHarness * h, GstClockTimeDiff diff, GstClockTime timestamp)
{
  gst_harness_push_upstream_event (h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5, diff, timestamp));
}

/* A late frame passes without inference and carries what there is. */
GST_START_TEST (test_qos)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);

  gated_filter_allow (h, 1000);
  push_frame (h, 0, 0);
  /* Late until frame 2, it included. */
  push_qos (h, FRAME_DURATION, FRAME_DURATION);
  push_frame (h, 1, 0);
  push_frame (h, 2, 0);
  push_frame (h, 3, 3);
  /* In time. */
  push_qos (h, -(GstClockTimeDiff) FRAME_DURATION, 4 * FRAME_DURATION);
  push_frame (h, 4, 4);
  push_qos (h, -4 * (GstClockTimeDiff) FRAME_DURATION, 4 * FRAME_DURATION);
  push_frame (h, 5, 5);
  fail_unless_equals_int (gated_filter_entered (h->element), 4);

  /* A flush ends lateness. */
  push_qos (h, 0, GST_SECOND);
  push_frame (h, 6, 5);
  flush (h);
  push_frame (h, 7, 7);
  fixture_teardown (h);
}

GST_END_TEST;

/* The frame that was due but late is made up for by the next one in time. */
GST_START_TEST (test_qos_with_interval)
{
  GstHarness *h = gated_filter_harness ("every", 3, FALSE);
  guint n;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 3; n++)
    push_frame (h, n, 0);
  push_qos (h, 0, 3 * FRAME_DURATION);
  push_frame (h, 3, 0);
  push_frame (h, 4, 4);
  push_frame (h, 5, 4);
  push_frame (h, 6, 4);
  push_frame (h, 7, 7);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_qos_in_latest)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);

  push_qos (h, 0, 3 * FRAME_DURATION);
  push_frame (h, 2, NOTHING);
  push_frame (h, 3, NOTHING);
  push_frame (h, 4, NOTHING);
  gated_filter_wait (h, 1);
  push_frame (h, 5, NOTHING);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 2);
  push_frame (h, 6, 4);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* GstBaseTransform's own would drop frames. */
GST_START_TEST (test_qos_property_has_no_effect)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);

  gst_element_set_state (h->element, GST_STATE_NULL);
  g_object_set (h->element, "qos", TRUE, NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fixture_set_caps (h, "RGB", 16, 16);
  push_segment (h);
  gated_filter_allow (h, 1000);
  push_qos (h, 0, GST_SECOND);
  push_frame (h, 1, NOTHING);
  g_object_set (h->element, "qos", TRUE, NULL);
  push_qos (h, 0, GST_SECOND);
  push_frame (h, 2, NOTHING);
  /* From a sink that cannot tell. */
  push_qos (h, 0, GST_CLOCK_TIME_NONE);
  push_frame (h, 3, 3);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_frames_without_timestamps)
{
  GstHarness *h = gated_filter_harness ("every", 2, FALSE);
  guint n;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 4; n++) {
    GstBuffer *buffer = fixture_push (h, COLOUR_RED, GST_CLOCK_TIME_NONE);

    fail_unless_equals_uint64 (fixture_meta (buffer)->age, n % 2 ?
        GST_CLOCK_TIME_NONE : 0);
    fail_unless_equals_uint64 (gst_mobilenet_classification_get_source_pts
        (fixture_meta (buffer)->classification), GST_CLOCK_TIME_NONE);
    gst_buffer_unref (buffer);
  }
  fail_unless_equals_int (gated_filter_entered (h->element), 2);
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
modes_suite (void)
{
  Suite *suite = suite_create ("modes of the network elements");
  TCase *modes = tcase_create ("modes");
  TCase *interruption = tcase_create ("interruption");
  TCase *lateness = tcase_create ("lateness");

  tcase_add_checked_fixture (modes, NULL, fixture_clean);
  tcase_add_test (modes, test_every);
  tcase_add_test (modes, test_every_with_interval);
  tcase_add_test (modes, test_latest);
  tcase_add_test (modes, test_latest_with_interval);
  tcase_add_test (modes, test_latest_holds_no_frame);
  tcase_add_test (modes, test_auto);
  tcase_add_test (modes, test_auto_changes);
  tcase_add_test (modes, test_frames_without_timestamps);
  suite_add_tcase (suite, modes);

  tcase_add_checked_fixture (interruption, NULL, fixture_clean);
  tcase_add_loop_test (interruption, test_latest_interrupted, 0,
      G_N_ELEMENTS (interruptions));
  tcase_add_loop_test (interruption, test_every_interrupted, 0,
      G_N_ELEMENTS (interruptions));
  tcase_add_test (interruption, test_latest_eos);
  tcase_add_test (interruption, test_latest_stopped_while_busy);
  suite_add_tcase (suite, interruption);

  tcase_add_checked_fixture (lateness, NULL, fixture_clean);
  tcase_add_test (lateness, test_qos);
  tcase_add_test (lateness, test_qos_with_interval);
  tcase_add_test (lateness, test_qos_in_latest);
  tcase_add_test (lateness, test_qos_property_has_no_effect);
  suite_add_tcase (suite, lateness);
  return suite;
}

int
main (int argc, char **argv)
{
  /* The base class is linked to this program: the plugin has it, too, and must
   * not be loaded. */
  g_unsetenv ("GST_PLUGIN_PATH");
  g_unsetenv ("GST_PLUGIN_PATH_1_0");
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  return run_element_tests (argc, argv, modes_suite);
}
