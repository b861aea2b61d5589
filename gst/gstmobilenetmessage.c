/* SPDX-License-Identifier: MIT
 *
 * What the elements post on the bus: errors of the core, and results. */

#include <string.h>

#include "gstmobilenetmessage.h"

/* GStreamer's words for why something failed. */
static GQuark
error_domain (MnetStatus status, gint * code)
{
  switch (status) {
    case MNET_ERROR_ARGUMENT:
      *code = GST_LIBRARY_ERROR_SETTINGS;
      return GST_LIBRARY_ERROR;
    case MNET_ERROR_IO:
      *code = GST_RESOURCE_ERROR_OPEN_READ;
      return GST_RESOURCE_ERROR;
    case MNET_ERROR_FORMAT:
      *code = GST_STREAM_ERROR_WRONG_TYPE;
      return GST_STREAM_ERROR;
    case MNET_ERROR_UNSUPPORTED:
      *code = GST_STREAM_ERROR_NOT_IMPLEMENTED;
      return GST_STREAM_ERROR;
    case MNET_ERROR_LIMIT:
    case MNET_ERROR_MEMORY:
      *code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
      return GST_RESOURCE_ERROR;
    default:
      *code = GST_RESOURCE_ERROR_FAILED;
      return GST_RESOURCE_ERROR;
  }
}

/* Names of files and values of properties may hold any bytes; a message is one
 * line of UTF-8.  Takes `text`. */
static gchar *
one_line (gchar * text)
{
  gchar *valid = g_utf8_make_valid (text, -1);
  gchar *at;

  g_free (text);
  for (at = valid; *at; at++)
    if (g_ascii_iscntrl (*at))
      *at = '?';
  return valid;
}

/* `error` in GStreamer's words.  `file` is the file that it is about, or NULL. */
GError *
gst_mobilenet_error_new (const gchar * file, const MnetError * error)
{
  gint code;
  GQuark domain = error_domain (error->status, &code);

  if (file && error->status == MNET_ERROR_IO
      && !g_file_test (file, G_FILE_TEST_EXISTS))
    code = GST_RESOURCE_ERROR_NOT_FOUND;
  if (file && !strstr (error->text, file))
    return g_error_new (domain, code, "%s: %s", file, error->text);
  return g_error_new_literal (domain, code, error->text);
}

/* Posts `error`, which is taken, as an error message. */
void
gst_mobilenet_post_error (GstElement * element, GError * error)
{
  gst_element_message_full (element, GST_MESSAGE_ERROR, error->domain,
      error->code, one_line (g_strdup (error->message)), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* Posts `error`, which is taken, as a warning.  `consequence` is what the element
 * does about it. */
void
gst_mobilenet_post_warning (GstElement * element, GError * error,
    const gchar * consequence)
{
  gst_element_message_full (element, GST_MESSAGE_WARNING, error->domain,
      error->code, one_line (g_strdup_printf ("%s; %s", error->message,
              consequence)), NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
}

static gchar *
list_labels (const MnetLabels * labels)
{
  GString *list = g_string_new (NULL);
  gsize i;

  for (i = 0; i < mnet_labels_count (labels); i++)
    g_string_append_printf (list, "%s%s", i ? ", " : "",
        mnet_labels_get (labels, i));
  return g_string_free (list, FALSE);
}

/* Posts as an info message that frames are shown to the built-in `model`, which
 * results call `name`: its details are a structure `mobilenet-built-in-model` with
 * `model` (string) and `classes` (guint). */
void
gst_mobilenet_post_built_in (GstElement * element, const MnetModel * model,
    const gchar * name)
{
  guint classes = mnet_model_output (model, 0)->elements;
  gchar *labels = list_labels (mnet_model_labels (model, 0));
  GstStructure *details = gst_structure_new ("mobilenet-built-in-model",
      "model", G_TYPE_STRING, name, "classes", G_TYPE_UINT, classes, NULL);
  gchar *text = g_strdup_printf ("model-file is not set: frames are shown to "
      "the built-in network of %u classes, for a first try", classes);
  gchar *more = g_strdup_printf ("The built-in network calls whatever it sees "
      "one of %u classes: %s. Set model-file to a network of what you want to "
      "tell apart.", classes, labels);

  gst_element_message_full_with_details (element, GST_MESSAGE_INFO,
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, text, more, __FILE__,
      GST_FUNCTION, __LINE__, details);
  g_free (labels);
}

/* GST_CLOCK_TIME_NONE when `segment` tells none: running time counts from its
 * stop when it is played backwards, which GStreamer expects to be known. */
GstClockTime
gst_mobilenet_running_time (const GstSegment * segment, GstClockTime pts)
{
  if (segment->format != GST_FORMAT_TIME || (segment->rate < 0
          && !GST_CLOCK_TIME_IS_VALID (segment->stop)
          && !GST_CLOCK_TIME_IS_VALID (segment->duration)))
    return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
}

/* Posts `structure`, which is taken, as the element message of a result that a
 * frame of timestamp `pts` in `segment` is the first to carry. */
void
gst_mobilenet_post_result (GstElement * element, const GstSegment * segment,
    GstClockTime pts, GstStructure * structure)
{
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME)
    stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
  gst_structure_set (structure, "timestamp", G_TYPE_UINT64, pts,
      "stream-time", G_TYPE_UINT64, stream_time,
      "running-time", G_TYPE_UINT64,
      gst_mobilenet_running_time (segment, pts), NULL);
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), structure));
}

/* Posts that frames pass without inference, or are computed otherwise than
 * asked for, because time is short.  See gst_message_set_qos_values(). */
void
gst_mobilenet_post_qos (GstElement * element, const GstSegment * segment,
    const GstBuffer * frame, const GstMobilenetQos * qos)
{
  GstClockTime pts = GST_BUFFER_PTS (frame), stream_time = GST_CLOCK_TIME_NONE;
  GstMessage *message;

  if (segment->format == GST_FORMAT_TIME)
    stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
  message = gst_message_new_qos (GST_OBJECT (element), qos->live,
      gst_mobilenet_running_time (segment, pts), stream_time, pts,
      GST_BUFFER_DURATION (frame));
  gst_message_set_qos_values (message, qos->jitter, qos->proportion,
      qos->quality);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, qos->processed,
      qos->dropped);
  gst_element_post_message (element, message);
}
