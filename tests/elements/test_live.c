/* SPDX-License-Identifier: MIT
 *
 * The network elements where time is short: what is skipped and told, latency,
 * flushes and stops in the middle of a frame, statistics. */
#include "classify_fixture.h"
#include "gated_filter.h"
#include "gstmobilenetturns.h"

#define UPSTREAM (7 * GST_MSECOND)
#define SLOWER (50 * GST_MSECOND)

/* Frame `n` comes out at once, with a result or without one. */
static gboolean
push_frame (GstHarness * h, guint n)
{
  GstBuffer *buffer = fixture_push (h, COLOUR_RED, n * FRAME_DURATION);
  gboolean carries = fixture_meta (buffer) != NULL;

  gst_buffer_unref (buffer);
  return carries;
}

static GstMessage *
pop_message (GstHarness * h, GstMessageType type)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message = gst_bus_pop_filtered (bus, type);

  gst_object_unref (bus);
  return message;
}

/* The next QOS message tells these counts of frames. */
static void
assert_qos (GstHarness * h, guint64 processed, guint64 dropped, gint64 jitter)
{
  GstMessage *message = pop_message (h, GST_MESSAGE_QOS);
  guint64 was_processed, was_dropped;
  GstFormat format;
  gint64 was_jitter;
  gint quality;

  fail_unless (message != NULL);
  gst_message_parse_qos_stats (message, &format, &was_processed, &was_dropped);
  gst_message_parse_qos_values (message, &was_jitter, NULL, &quality);
  fail_unless_equals_int (format, GST_FORMAT_BUFFERS);
  fail_unless_equals_uint64 (was_processed, processed);
  fail_unless_equals_uint64 (was_dropped, dropped);
  fail_unless_equals_int64 (was_jitter, jitter);
  fail_unless_equals_int (quality, 1000000);
  gst_message_unref (message);
}

/* Within a second of the one at `time`; machines may be too slow for that. */
static void
assert_no_qos (GstHarness * h, gint64 time)
{
  GstMessage *message = pop_message (h, GST_MESSAGE_QOS);

  if (g_get_monotonic_time () - time < G_TIME_SPAN_SECOND)
    fail_unless (message == NULL);
  if (message)
    gst_message_unref (message);
}

/* A frame that takes the place of a waiting one skips it. */
GST_START_TEST (test_skips_in_latest)
{
  GstHarness *h = gated_filter_harness ("latest", 1, TRUE);
  GstMessage *message;
  GstClockTime time, duration;
  gint64 time_of_first;
  gboolean live;

  push_frame (h, 0);
  gated_filter_wait (h, 1);
  push_frame (h, 1);
  fail_unless (pop_message (h, GST_MESSAGE_QOS) == NULL);
  time_of_first = g_get_monotonic_time ();
  push_frame (h, 2);
  message = pop_message (h, GST_MESSAGE_QOS);
  fail_unless (message != NULL);
  gst_message_parse_qos (message, &live, &time, NULL, NULL, &duration);
  fail_unless (live);
  fail_unless_equals_uint64 (time, 2 * FRAME_DURATION);
  gst_message_unref (message);
  /* The next one within a second adds to the counts only. */
  push_frame (h, 3);
  assert_no_qos (h, time_of_first);
  fail_unless_equals_uint64 (fixture_stat (h, "frames"), 4);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 0);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 2);
  gated_filter_allow (h, 1);
  gated_filter_wait (h, 2);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 1);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* A frame that the sink says to be late. */
GST_START_TEST (test_skips_of_late_frames)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  gint64 time_of_first;

  gated_filter_allow (h, 1000);
  push_frame (h, 0);
  time_of_first = g_get_monotonic_time ();
  gst_harness_push_upstream_event (h, gst_event_new_qos
      (GST_QOS_TYPE_UNDERFLOW, 1.5, FRAME_DURATION, FRAME_DURATION));
  push_frame (h, 1);
  assert_qos (h, 1, 1, FRAME_DURATION);
  push_frame (h, 2);
  push_frame (h, 3);
  assert_no_qos (h, time_of_first);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 2);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 2);
  fixture_teardown (h);
}

GST_END_TEST;

/* Behind a live source frames that waited for others are skipped, whether or not
 * a sink tells that they are late. */
GST_START_TEST (test_skips_of_waiting_frames)
{
  GstHarness *h = gated_filter_harness ("every", 1, TRUE);
  guint n;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 5; n++) {
    gst_harness_set_time (h, n * FRAME_DURATION);
    push_frame (h, n);
  }
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 5);
  gst_harness_set_time (h, 9 * FRAME_DURATION);
  for (; n < 8; n++)
    push_frame (h, n);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 5);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 3);
  assert_qos (h, 5, 1, 4 * FRAME_DURATION);
  push_frame (h, 9);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 6);
  fixture_teardown (h);

  h = gated_filter_harness ("every", 1, FALSE);
  gated_filter_allow (h, 1000);
  gst_harness_set_time (h, 100 * FRAME_DURATION);
  for (n = 0; n < 5; n++)
    push_frame (h, n);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 5);
  fixture_teardown (h);
}

GST_END_TEST;

/* A sink that finds every frame late gets a result a second all the same. */
GST_START_TEST (test_late_for_good)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  guint n;

  gated_filter_allow (h, 1000);
  gst_harness_push_upstream_event (h, gst_event_new_qos
      (GST_QOS_TYPE_UNDERFLOW, 1.5, 0, GST_SECOND * 1000));
  for (n = 0; n < 25; n++)
    fail_if (push_frame (h, n));
  for (; n < 103; n++)
    fail_unless (push_frame (h, n));
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 3);
  fixture_teardown (h);
}

GST_END_TEST;

typedef struct
{
  GstHarness *h;
  guint n;                      /* of the decode */
  GstClockTime after;           /* it has begun */
} Permission;

static gpointer
allow_later (gpointer data)
{
  const Permission *permission = data;

  gated_filter_wait (permission->h, permission->n);
  g_usleep (permission->after / GST_USECOND);
  gated_filter_allow (permission->h, 1);
  return NULL;
}

/* A frame, all before which were analysed, whose analysis takes `time` at least. */
static void
push_slow_frame (GstHarness * h, guint n, GstClockTime time)
{
  Permission permission = { h, n + 1, time };
  GThread *thread = g_thread_new ("allow", allow_later, &permission);

  push_frame (h, n);
  g_thread_join (thread);
}

/* What the network takes when the element starts, more after the second frame
 * that took longer. */
GST_START_TEST (test_latency_of_every)
{
  GstHarness *h = gated_filter_harness ("every", 1, TRUE);
  GstClockTime cost;
  GstMessage *message;

  while ((message = pop_message (h, GST_MESSAGE_LATENCY)))
    gst_message_unref (message);
  gst_harness_set_upstream_latency (h, UPSTREAM);
  cost = gst_harness_query_latency (h) - UPSTREAM;
  fail_unless (cost > 0 && cost < 60 * GST_SECOND);
  /* For the next start. */
  gst_util_set_object_arg (G_OBJECT (h->element), "mode", "auto");
  fail_unless_equals_uint64 (gst_harness_query_latency (h), cost + UPSTREAM);
  push_slow_frame (h, 0, cost + SLOWER);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), cost + UPSTREAM);
  fail_unless (pop_message (h, GST_MESSAGE_LATENCY) == NULL);
  push_slow_frame (h, 1, cost + SLOWER);
  fail_unless (gst_harness_query_latency (h) >= cost + SLOWER + UPSTREAM);
  message = pop_message (h, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_message_unref (message);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_latency_of_latest)
{
  static const gchar *const modes[] = { "latest", "auto" };
  GstHarness *h = gated_filter_harness (modes[__i__], 1, TRUE);

  gst_harness_set_upstream_latency (h, UPSTREAM);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), UPSTREAM);
  push_frame (h, 0);
  gated_filter_allow (h, 1000);
  fail_unless_equals_uint64 (gst_harness_query_latency (h), UPSTREAM);
  fixture_teardown (h);
}

GST_END_TEST;

static gpointer
push_frame_0 (gpointer data)
{
  GstBuffer *buffer = fixture_frame ("RGB", 16, 16, COLOUR_RED, COLOUR_RED, 0);

  return GINT_TO_POINTER (gst_harness_push (data, buffer));
}

/* A flush ends with the inference at hand, however many views a frame has. */
GST_START_TEST (test_flush_within_a_frame)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  GThread *thread;

  gated_filter_set_views (h, 20);
  thread = g_thread_new ("push", push_frame_0, h);
  gated_filter_wait (h, 1);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gated_filter_allow (h, 1);
  fail_unless_equals_int (GPOINTER_TO_INT (g_thread_join (thread)),
      GST_FLOW_FLUSHING);
  fail_unless_equals_int (gated_filter_entered (h->element), 1);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

/* So does what the worker computes. */
GST_START_TEST (test_flush_within_a_frame_of_latest)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);
  GstSegment segment;

  gated_filter_set_views (h, 4);
  push_frame (h, 0);
  gated_filter_wait (h, 1);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  gated_filter_set_views (h, 1);
  push_frame (h, 1);
  gated_filter_allow (h, 1);
  /* The second decode is that of frame 1. */
  gated_filter_wait (h, 2);
  gated_filter_allow (h, 1);
  while (!push_frame (h, 2))
    g_usleep (1000);
  gated_filter_allow (h, 1000);
  fixture_teardown (h);
}

GST_END_TEST;

static const gchar *const both[] = { "every", "latest" };

static GstPadProbeReturn
begin_flush (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  gst_harness_push_event (data, gst_event_new_flush_start ());
  return GST_PAD_PROBE_REMOVE;
}

/* A frame that had come in just before it is not begun at all. */
GST_START_TEST (test_flush_before_a_frame)
{
  GstHarness *h = gated_filter_harness (both[__i__], 1, FALSE);
  GstSegment segment;

  gated_filter_allow (h, 1000);
  gst_pad_add_probe (GST_BASE_TRANSFORM_SINK_PAD (h->element),
      GST_PAD_PROBE_TYPE_BUFFER, begin_flush, h, NULL);
  push_frame_0 (h);
  fail_unless_equals_int (gated_filter_entered (h->element), 0);
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  while (!push_frame (h, 1))
    g_usleep (1000);
  fixture_teardown (h);
}

GST_END_TEST;

static gpointer
stop_element (gpointer data)
{
  gst_element_set_state (data, GST_STATE_NULL);
  return NULL;
}

/* A stop waits for the inference at hand, too, not for the other views. */
GST_START_TEST (test_stop_within_a_frame)
{
  GstHarness *h = gated_filter_harness ("latest", 1, FALSE);
  GThread *thread;

  gated_filter_set_views (h, 4);
  push_frame (h, 0);
  gated_filter_wait (h, 1);
  thread = g_thread_new ("stop", stop_element, h->element);
  /* A stop that has come to the pads has told the worker before. */
  while (GST_PAD_MODE (GST_BASE_TRANSFORM_SINK_PAD (h->element))
      != GST_PAD_MODE_NONE)
    g_usleep (1000);
  gated_filter_allow (h, 1);
  g_thread_join (thread);
  fail_unless_equals_int (gated_filter_entered (h->element), 1);
  fixture_teardown (h);
}

GST_END_TEST;

static gpointer
push_frames (gpointer data)
{
  guint n = 0;
  GstBuffer *buffer;

  do
    buffer = fixture_frame ("RGB", 16, 16, COLOUR_RED, COLOUR_RED,
        n++ * FRAME_DURATION);
  while (gst_harness_push (data, buffer) == GST_FLOW_OK);
  return NULL;
}

/* Nor for those of a model that takes another one's place just then. */
GST_START_TEST (test_stop_while_models_change)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  GThread *push, *stop;
  guint entered;

  gated_filter_allow (h, G_MAXINT);
  gated_filter_set_views (h, 20);
  gated_filter_hold_use (h);
  g_object_set (h->element, "model-file", fixture_model (), NULL);
  push = g_thread_new ("push", push_frames, h);
  gated_filter_wait_use (h);
  entered = gated_filter_entered (h->element);
  stop = g_thread_new ("stop", stop_element, h->element);
  while (GST_PAD_MODE (GST_BASE_TRANSFORM_SINK_PAD (h->element))
      != GST_PAD_MODE_NONE)
    g_usleep (1000);
  gated_filter_release_use (h);
  g_thread_join (push);
  g_thread_join (stop);
  fail_unless_equals_int (gated_filter_entered (h->element), entered);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_stats)
{
  static const gchar *const stages[] = { "preprocessing", "inference",
    "postprocessing"
  };
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  guint n, i;

  gated_filter_allow (h, 1000);
  for (n = 0; n < 300; n++)
    gst_buffer_unref (fixture_push (h, COLOUR_RED, n * FRAME_DURATION));
  fail_unless_equals_uint64 (fixture_stat (h, "frames"), 300);
  fail_unless_equals_uint64 (fixture_stat (h, "analysed"), 300);
  fail_unless_equals_uint64 (fixture_stat (h, "skipped"), 0);
  fail_unless_equals_uint64 (fixture_stat (h, "errors"), 0);
  for (i = 0; i < G_N_ELEMENTS (stages); i++) {
    gchar *last = g_strconcat (stages[i], "-last", NULL);
    gchar *mean = g_strconcat (stages[i], "-mean", NULL);
    gchar *p99 = g_strconcat (stages[i], "-p99", NULL);

    fail_unless (fixture_stat (h, last) > 0);
    fail_unless (fixture_stat (h, mean) > 0);
    fail_unless (fixture_stat (h, p99) > 0);
    g_free (last);
    g_free (mean);
    g_free (p99);
  }
  /* They begin anew with the element. */
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  fail_unless_equals_uint64 (fixture_stat (h, "frames"), 0);
  fail_unless_equals_uint64 (fixture_stat (h, "inference-last"), 0);
  fixture_teardown (h);
}

GST_END_TEST;

GST_START_TEST (test_stats_messages)
{
  GstHarness *h = gated_filter_harness ("every", 1, FALSE);
  GstMessage *message;
  guint64 frames;

  gated_filter_allow (h, 1000);
  g_object_set (h->element, "post-messages", FALSE, "stats-interval", 200,
      NULL);
  gst_buffer_unref (fixture_push (h, COLOUR_RED, 0));
  g_usleep (200000);
  gst_buffer_unref (fixture_push (h, COLOUR_RED, FRAME_DURATION));
  message = fixture_pop_message (h);
  fail_unless (message != NULL);
  fail_unless (gst_message_has_name (message, "mobilenet-stats"));
  fail_unless (gst_structure_get_uint64 (gst_message_get_structure (message),
          "frames", &frames));
  fail_unless_equals_uint64 (frames, 2);
  gst_message_unref (message);
  fixture_teardown (h);
}

GST_END_TEST;

/* Whoever takes turns, and how. */
typedef struct
{
  GstMobilenetTurn turn;
  guint threads;
  gboolean granted;
  guint place;                  /* in the order of those who were let in */
  gint *places;
} Taker;

static gpointer
take_turn (gpointer data)
{
  Taker *taker = data;

  taker->granted = gst_mobilenet_turn_take (&taker->turn, taker->threads);
  if (!taker->granted)
    return NULL;
  taker->place = g_atomic_int_add (taker->places, 1);
  gst_mobilenet_turn_give (&taker->turn);
  return NULL;
}

/* One has all processors; others wait in line, one of them leaves it. */
GST_START_TEST (test_turns)
{
  guint all = g_get_num_processors (), i;
  GstMobilenetTurn holder;
  Taker takers[4] = { {{{0}
          }
      }
  };
  GThread *threads[4];
  gint places = 0;

  gst_mobilenet_turn_init (&holder);
  /* More than there are, too. */
  fail_unless (gst_mobilenet_turn_take (&holder, all + 3));
  for (i = 0; i < G_N_ELEMENTS (takers); i++) {
    gst_mobilenet_turn_init (&takers[i].turn);
    takers[i].threads = all;
    takers[i].places = &places;
    threads[i] = g_thread_new ("take", take_turn, &takers[i]);
    while (gst_mobilenet_turns_waiting () <= i)
      g_usleep (1000);
  }
  fail_unless_equals_int (g_atomic_int_get (&places), 0);
  gst_mobilenet_turn_cancel (&takers[1].turn);
  g_thread_join (threads[1]);
  fail_if (takers[1].granted);
  gst_mobilenet_turn_give (&holder);
  for (i = 0; i < G_N_ELEMENTS (takers); i++) {
    if (i != 1)
      g_thread_join (threads[i]);
    gst_mobilenet_turn_clear (&takers[i].turn);
  }
  fail_unless_equals_int (takers[0].place, 0);
  fail_unless_equals_int (takers[2].place, 1);
  fail_unless_equals_int (takers[3].place, 2);
  gst_mobilenet_turn_clear (&holder);
}

GST_END_TEST;

static Suite *
live_suite (void)
{
  Suite *suite = suite_create ("network elements where time is short");
  TCase *live = tcase_create ("live");

  tcase_add_checked_fixture (live, NULL, fixture_clean);
  tcase_add_test (live, test_skips_in_latest);
  tcase_add_test (live, test_skips_of_late_frames);
  tcase_add_test (live, test_skips_of_waiting_frames);
  tcase_add_test (live, test_late_for_good);
  tcase_add_test (live, test_latency_of_every);
  tcase_add_loop_test (live, test_latency_of_latest, 0, 2);
  tcase_add_test (live, test_flush_within_a_frame);
  tcase_add_test (live, test_flush_within_a_frame_of_latest);
  tcase_add_loop_test (live, test_flush_before_a_frame, 0, G_N_ELEMENTS (both));
  tcase_add_test (live, test_stop_within_a_frame);
  tcase_add_test (live, test_stop_while_models_change);
  tcase_add_test (live, test_stats);
  tcase_add_test (live, test_stats_messages);
  tcase_add_test (live, test_turns);
  suite_add_tcase (suite, live);
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
  return run_element_tests (argc, argv, live_suite);
}
