/* SPDX-License-Identifier: MIT
 *
 * mobilenetclassify among other elements: what becomes of its results, of the
 * frames' memory, and of the frames. */
#include "classify_fixture.h"

#define FRAMES 6
#define LONGEST (60 * GST_SECOND)

typedef struct
{
  gint with;                    /* frames that say that they are blue */
  gint without;                 /* frames that say nothing */
} Arrivals;

static GstPadProbeReturn
count_frame (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Arrivals *arrivals = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (fixture_meta (buffer) == NULL)
    arrivals->without++;
  else if (fixture_best (buffer) == CLASS_BLUE)
    arrivals->with++;
  return GST_PAD_PROBE_OK;
}

/* Plays blue frames through `elements`, in which %s stands for the element with
 * its model, until the end. */
static void
play (const gchar * source_caps, const gchar * elements, Arrivals * arrivals)
{
  gchar *classify = g_strdup_printf ("mobilenetclassify model-file=\"%s\" "
      "labels-file=\"%s\"", fixture_model (), fixture_labels ());
  gchar **parts = g_strsplit (elements, "%s", -1);
  gchar *filled = g_strjoinv (classify, parts);
  gchar *launch = g_strdup_printf ("videotestsrc num-buffers=%d pattern=blue ! "
      "%s ! %s ! fakesink name=end", FRAMES, source_caps, filled);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  GstElement *end;
  GstMessage *message;
  GstPad *pad;
  GstBus *bus;

  fail_unless (error == NULL, "%s: %s", launch, error ? error->message : "");
  arrivals->with = arrivals->without = 0;
  end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  pad = gst_element_get_static_pad (end, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, arrivals,
      NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, LONGEST,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS,
      "%s: %" GST_PTR_FORMAT, launch, message);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  gst_message_unref (message);
  gst_object_unref (bus);
  gst_object_unref (pad);
  gst_object_unref (end);
  gst_object_unref (pipeline);
  g_free (launch);
  g_free (filled);
  g_strfreev (parts);
  g_free (classify);
}

#define VGA "video/x-raw,format=I420,width=320,height=240,framerate=30/1"

static const struct
{
  const gchar *caps, *elements;
} carried[] = {
  {"video/x-raw,format=NV12,width=1920,height=1080", "%s"},
  {"video/x-raw,format=RGB,width=33,height=17", "%s"},
  {VGA, "%s ! queue"},
  {VGA, "%s ! tee name=t ! queue ! fakesink t. ! queue"},
  {VGA, "tee name=t ! queue ! fakesink async=false t. ! queue ! %s"},
  {VGA, "%s ! videoconvert ! video/x-raw,format=RGB"},
  {VGA, "%s ! videoscale ! video/x-raw,width=100,height=100"},
  {VGA, "%s inference-interval=4"},
  {VGA, "%s threads=2"},
  {VGA, "%s mode=every ! %s threads=0"},
  {VGA, "videocrop left=20 ! %s"},
};

static const gchar *const dropped[] = {
  "%s ! videocrop left=10", "%s ! videoflip video-direction=90r",
  "%s ! videobox left=10",
};

GST_START_TEST (test_carried)
{
  Arrivals arrivals;

  play (carried[__i__].caps, carried[__i__].elements, &arrivals);
  fail_unless (arrivals.with == FRAMES && arrivals.without == 0,
      "%s: %d with, %d without", carried[__i__].elements, arrivals.with,
      arrivals.without);
}

GST_END_TEST;

GST_START_TEST (test_dropped)
{
  Arrivals arrivals;

  play (VGA, dropped[__i__], &arrivals);
  fail_unless (arrivals.with == 0 && arrivals.without == FRAMES,
      "%s: %d with, %d without", dropped[__i__], arrivals.with,
      arrivals.without);
}

GST_END_TEST;

/* A live source that is faster than anything: frames go on, results come along
 * as soon as there are some, and stopping in the middle is safe. */
GST_START_TEST (test_live)
{
  gchar *launch = g_strdup_printf ("videotestsrc is-live=true pattern=blue ! "
      "video/x-raw,format=NV12,width=320,height=240,framerate=200/1 ! "
      "mobilenetclassify name=c model-file=\"%s\" post-messages=true ! "
      "fakesink sync=false", fixture_model ());
  guint round, n;

  for (round = 0; round < 3; round++) {
    GError *error = NULL;
    GstElement *pipeline = gst_parse_launch (launch, &error);
    GstBus *bus;

    fail_unless (error == NULL, "%s", error ? error->message : "");
    bus = gst_element_get_bus (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    for (n = 0; n < 5; n++) {
      GstMessage *message = gst_bus_timed_pop_filtered (bus, LONGEST,
          GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

      fail_unless (message
          && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT,
          "%" GST_PTR_FORMAT, message);
      gst_message_unref (message);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (pipeline);
  }
  g_free (launch);
}

GST_END_TEST;

static Suite *
pipeline_suite (void)
{
  Suite *suite = suite_create ("mobilenetclassify in pipelines");
  TCase *pipelines = tcase_create ("pipelines");

  tcase_add_checked_fixture (pipelines, NULL, fixture_clean);
  tcase_add_loop_test (pipelines, test_carried, 0, G_N_ELEMENTS (carried));
  tcase_add_loop_test (pipelines, test_dropped, 0, G_N_ELEMENTS (dropped));
  tcase_add_test (pipelines, test_live);
  suite_add_tcase (suite, pipelines);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, pipeline_suite);
}
