/* SPDX-License-Identifier: MIT
 *
 * Events and frames that reach mobilenetclassify at awkward moments. */
#include "classify_fixture.h"

#define STARTS 20

typedef struct
{
  GstPad *pad;
  gint stop;                    /* atomic */
} Stream;

/* A stream that does not wait for anybody. */
static gpointer
push_events (gpointer data)
{
  Stream *stream = data;
  GstSegment segment;
  guint i;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (i = 0; !g_atomic_int_get (&stream->stop); i++) {
    gchar *id = g_strdup_printf ("stream-%u", i);

    gst_pad_push_event (stream->pad, gst_event_new_stream_start (id));
    gst_pad_push_event (stream->pad, gst_event_new_segment (&segment));
    g_free (id);
    g_usleep (100);
  }
  return NULL;
}

static GstElement *
linked_element (GstPad ** pad)
{
  GstElement *element = gst_element_factory_make ("mobilenetclassify", NULL);
  GstPad *sink = gst_element_get_static_pad (element, "sink");

  g_object_set (element, "model-file", fixture_model (), NULL);
  *pad = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_active (*pad, TRUE);
  fail_unless (gst_pad_link (*pad, sink) == GST_PAD_LINK_OK);
  gst_object_unref (sink);
  return element;
}

/* The pad takes events before start() has been called. */
GST_START_TEST (test_events_while_starting)
{
  Stream stream = { NULL, 0 };
  GstElement *element = linked_element (&stream.pad);
  GThread *thread = g_thread_new ("events", push_events, &stream);
  gint i;

  for (i = 0; i < STARTS; i++) {
    fail_unless (gst_element_set_state (element, GST_STATE_PLAYING)
        != GST_STATE_CHANGE_FAILURE);
    g_usleep (500);
    fail_unless (gst_element_set_state (element, GST_STATE_NULL)
        == GST_STATE_CHANGE_SUCCESS);
  }
  g_atomic_int_set (&stream.stop, 1);
  g_thread_join (thread);
  gst_object_unref (stream.pad);
  gst_object_unref (element);
}

GST_END_TEST;

/* Played backwards from an end that nobody tells: there is no running time. */
GST_START_TEST (test_backwards_without_stop)
{
  GstHarness *h = fixture_new ("post-messages", TRUE, NULL);
  GstBus *bus = gst_element_get_bus (h->element);
  GstMessage *message;
  GstSegment segment;
  guint64 time = 0;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  fixture_set_caps (h, "RGB", 16, 16);
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  gst_buffer_unref (fixture_push (h, COLOUR_RED, GST_SECOND));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  fail_unless (message != NULL);
  fail_unless (gst_structure_get_uint64 (gst_message_get_structure (message),
          "running-time", &time));
  fail_unless_equals_uint64 (time, GST_CLOCK_TIME_NONE);
  gst_message_unref (message);
  gst_object_unref (bus);
  fixture_teardown (h);
}

GST_END_TEST;

/* Frames whose GstVideoMeta is too wide to be converted: each is an error. */
GST_START_TEST (test_meta_too_wide)
{
  const gint width = 16400;
  GstHarness *h = fixture_new (NULL, NULL);
  gsize offset[4] = { 0 };
  gint stride[4] = { width };
  gint i;

  fixture_set_caps (h, "GRAY8", 16384, 2);
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, width * 2, NULL);

    gst_buffer_add_video_meta_full (buffer, 0, GST_VIDEO_FORMAT_GRAY8, width,
        2, 1, offset, stride);
    fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_ERROR);
  }
  fixture_teardown (h);
}

GST_END_TEST;

static Suite *
events_suite (void)
{
  Suite *suite = suite_create ("mobilenetclassify at awkward moments");
  TCase *events = tcase_create ("events");

  tcase_add_checked_fixture (events, NULL, fixture_clean);
  tcase_add_test (events, test_events_while_starting);
  tcase_add_test (events, test_backwards_without_stop);
  tcase_add_test (events, test_meta_too_wide);
  suite_add_tcase (suite, events);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, events_suite);
}
