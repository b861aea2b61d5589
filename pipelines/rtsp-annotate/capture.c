/* SPDX-License-Identifier: MIT
 *
 * The pipeline of one camera, from its connection to its end. */
#include "capture.h"

#include <gst/app/gstappsink.h>

#include "properties.h"
#include "result.h"
#include "say.h"
#include "source.h"

struct _Capture
{
  const CameraSettings *settings;
  CaptureCalls calls;
  GstElement *pipeline, *analyser;
  guint watch;
};

GstElement *
capture_make_analyser (const CameraSettings * settings)
{
  GstElement *analyser =
      gst_element_factory_make (settings->element, "analyser");

  if (analyser)
    properties_set (settings, PART_ANALYSER, analyser);
  return analyser;
}

static GstFlowReturn
take_frame (GstAppSink * sink, gpointer user_data)
{
  Capture *capture = user_data;
  GstSample *sample = gst_app_sink_pull_sample (sink);
  GstClockTime taken;

  if (!sample)
    return GST_FLOW_EOS;
  taken = gst_segment_to_running_time (gst_sample_get_segment (sample),
      GST_FORMAT_TIME, GST_BUFFER_PTS (gst_sample_get_buffer (sample)));
  if (GST_CLOCK_TIME_IS_VALID (taken))
    taken += gst_element_get_base_time (GST_ELEMENT (sink));
  capture->calls.frame (sample, taken, capture->calls.user_data);
  gst_sample_unref (sample);
  return GST_FLOW_OK;
}

static void
end (Capture * capture, const gchar * reason, gboolean is_away)
{
  CaptureEndFunc call = capture->calls.end;

  capture->calls.end = NULL;
  if (call)
    call (reason, is_away, capture->calls.user_data);
}

static void
end_with_error (Capture * capture, GstMessage * message)
{
  GError *error = NULL;
  gboolean is_away;
  gchar *reason;

  gst_message_parse_error (message, &error, NULL);
  is_away = g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_OPEN_READ_WRITE)
      || g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_OPEN_READ);
  reason = g_strdup_printf ("%s: %s", GST_MESSAGE_SRC_NAME (message),
      error->message);
  g_error_free (error);
  end (capture, reason, is_away);
  g_free (reason);
}

static void
print_warning (Capture * capture, GstMessage * message)
{
  GError *error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  complain ("%s: warning: %s: %s", capture->settings->name,
      GST_MESSAGE_SRC_NAME (message), error->message);
  g_error_free (error);
}

/* A file begins again; what cannot be sought, or ends otherwise, is made anew. */
static void
take_end_of_stream (Capture * capture)
{
  if (source_is_live (capture->settings->uri))
    end (capture, "the stream ended", FALSE);
  else if (!gst_element_seek_simple (capture->pipeline, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0))
    end (capture, NULL, FALSE);
}

static gboolean
take_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Capture *capture = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      end_with_error (capture, message);
      break;
    case GST_MESSAGE_WARNING:
      print_warning (capture, message);
      break;
    case GST_MESSAGE_ELEMENT:
      result_print (capture->settings->name, message);
      break;
    case GST_MESSAGE_EOS:
      take_end_of_stream (capture);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (capture->pipeline));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* A live camera's frames are let go while the elements are busy, and are not
 * waited for at the end; a file's are neither. */
static void
configure_pace (GstElement * queue, GstElement * sink, gboolean is_live)
{
  g_object_set (queue, "max-size-buffers", 2, "max-size-bytes", 0,
      "max-size-time", (guint64) 0, NULL);
  if (is_live)
    gst_util_set_object_arg (G_OBJECT (queue), "leaky", "downstream");
  g_object_set (sink, "sync", !is_live, "qos", !is_live, "max-buffers", 1,
      "drop", TRUE, "enable-last-sample", FALSE, NULL);
}

static gboolean
build (Capture * capture, gchar ** error)
{
  static const gchar *const names[] = { "queue", "videoconvert", NULL,
    "mobilenetoverlay", "appsink"
  };
  GstAppSinkCallbacks callbacks = {.new_sample = take_frame };
  GstBin *bin = GST_BIN (capture->pipeline);
  GstElement *chain[G_N_ELEMENTS (names)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    chain[i] = names[i] ? gst_element_factory_make (names[i], NULL)
        : capture_make_analyser (capture->settings);
    if (!chain[i]) {
      *error = g_strdup_printf ("there is no element %s; is its plugin "
          "installed?", names[i] ? names[i] : capture->settings->element);
      return FALSE;
    }
    gst_bin_add (bin, chain[i]);
    if (i > 0)
      gst_element_link (chain[i - 1], chain[i]);
  }
  capture->analyser = chain[2];
  gst_util_set_object_arg (G_OBJECT (chain[3]), "attach", "never");
  properties_set (capture->settings, PART_OVERLAY, chain[3]);
  configure_pace (chain[0], chain[4], source_is_live (capture->settings->uri));
  gst_app_sink_set_callbacks (GST_APP_SINK (chain[4]), &callbacks, capture,
      NULL);
  if (source_add (bin, capture->settings, chain[0]))
    return TRUE;
  *error = g_strdup ("the source cannot be made");
  return FALSE;
}

Capture *
capture_new (const CameraSettings * settings, const CaptureCalls * calls,
    gchar ** error)
{
  Capture *capture = g_new0 (Capture, 1);
  GstClock *clock = gst_system_clock_obtain ();
  GstBus *bus;

  capture->settings = settings;
  capture->calls = *calls;
  capture->pipeline = gst_object_ref_sink (gst_pipeline_new (settings->name));
  gst_pipeline_use_clock (GST_PIPELINE (capture->pipeline), clock);
  gst_object_unref (clock);
  bus = gst_element_get_bus (capture->pipeline);
  capture->watch = gst_bus_add_watch (bus, take_message, capture);
  gst_object_unref (bus);
  if (!build (capture, error)) {
    capture_free (capture);
    return NULL;
  }
  /* A failure is told on the bus, too. */
  gst_element_set_state (capture->pipeline, GST_STATE_PLAYING);
  return capture;
}

void
capture_free (Capture * capture)
{
  gst_element_set_state (capture->pipeline, GST_STATE_NULL);
  g_source_remove (capture->watch);
  gst_object_unref (capture->pipeline);
  g_free (capture);
}

void
capture_add_stats (Capture * capture, guint64 * analysed, guint64 * skipped)
{
  GstStructure *stats = NULL;
  guint64 number;

  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (capture->analyser),
          "stats"))
    return;
  g_object_get (capture->analyser, "stats", &stats, NULL);
  if (stats && gst_structure_get_uint64 (stats, "analysed", &number))
    *analysed += number;
  if (stats && gst_structure_get_uint64 (stats, "skipped", &number))
    *skipped += number;
  gst_clear_structure (&stats);
}
