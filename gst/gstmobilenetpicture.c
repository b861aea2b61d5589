/* SPDX-License-Identifier: MIT
 *
 * Reads a picture from a file, by whatever decoders GStreamer has for it. */

#include "gstmobilenetpicture.h"

/* A file that decodes to nothing for so long never will. */
#define TIMEOUT (30 * GST_SECOND)

#define PIPELINE "filesrc name=file ! decodebin ! videoconvert ! " \
    "video/x-raw, format = (string) RGBA ! fakesink name=sink sync=false"

static gboolean
check_file (const gchar * file, const gchar * property, GError ** error)
{
  if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "%s (property %s): %s, a picture that GStreamer decodes is expected, e.g. "
      "JPEG or PNG", file, property,
      g_file_test (file, G_FILE_TEST_EXISTS) ? "it is no regular file" :
      "there is no such file");
  return FALSE;
}

static GstElement *
make_pipeline (const gchar * file, GError ** error)
{
  GstElement *pipeline = gst_parse_launch (PIPELINE, error), *source;

  if (pipeline && *error) {
    gst_object_unref (pipeline);
    return NULL;
  }
  if (!pipeline)
    return NULL;
  source = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_object_set (source, "location", file, NULL);
  gst_object_unref (source);
  return pipeline;
}

/* Waits for the first picture.  FALSE and `reason` filled, to be freed, when none
 * comes. */
static gboolean
preroll (GstElement * pipeline, gchar ** reason)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *cause = NULL;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
      GST_MESSAGE_ERROR | GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_EOS);
  gst_object_unref (bus);
  *reason = NULL;
  if (!message) {
    *reason = g_strdup ("it decodes to no picture");
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &cause, NULL);
    *reason = g_strdup (cause->message);
    g_error_free (cause);
  }
  if (message)
    gst_message_unref (message);
  return !*reason;
}

static GstSample *
take_sample (GstElement * pipeline)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample = NULL;

  g_object_get (sink, "last-sample", &sample, NULL);
  gst_object_unref (sink);
  if (sample && gst_sample_get_caps (sample) && gst_sample_get_buffer (sample))
    return sample;
  if (sample)
    gst_sample_unref (sample);
  return NULL;
}

GstSample *
gst_mobilenet_picture_read (const gchar * file, const gchar * property,
    GError ** error)
{
  GstElement *pipeline;
  GstSample *sample = NULL;
  gchar *reason = NULL;

  if (!check_file (file, property, error))
    return NULL;
  pipeline = make_pipeline (file, error);
  if (!pipeline)
    return NULL;
  if (preroll (pipeline, &reason))
    sample = take_sample (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  if (!sample)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
        "%s (property %s): no picture could be decoded: %s; one that GStreamer "
        "decodes is expected, e.g. JPEG or PNG", file, property,
        reason ? reason : "it holds none");
  g_free (reason);
  return sample;
}
