/* SPDX-License-Identifier: MIT
 *
 * A client for the tests of rtsp-annotate, that plays what is served. */
#include <gst/app/gstappsink.h>
#include <string.h>

#include "rtsp_fixture.h"

static GstFlowReturn
take_frame (GstAppSink * sink, gpointer user_data)
{
  Client *client = user_data;
  GstSample *sample = gst_app_sink_pull_sample (sink);
  const GstStructure *caps;

  if (!sample)
    return GST_FLOW_EOS;
  caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  g_mutex_lock (&client->lock);
  client->frames++;
  gst_structure_get_int (caps, "width", &client->width);
  gst_structure_get_int (caps, "height", &client->height);
  g_strlcpy (client->format, gst_structure_get_string (caps, "format"),
      sizeof (client->format));
  memmove (client->times + 1, client->times,
      sizeof (client->times) - sizeof (client->times[0]));
  client->times[0] = seconds_now ();
  g_mutex_unlock (&client->lock);
  gst_sample_unref (sample);
  return GST_FLOW_OK;
}

Client *
client_start (const gchar * uri, const gchar * settings)
{
  GstAppSinkCallbacks callbacks = {.new_sample = take_frame };
  Client *client = g_new0 (Client, 1);
  gchar *line = g_strdup_printf ("rtspsrc name=source location=%s latency=0 %s "
      "! decodebin ! appsink name=sink sync=false caps=video/x-raw "
      "max-buffers=2 drop=true", uri, settings);
  GError *error = NULL;
  GstElement *sink;

  g_mutex_init (&client->lock);
  client->pipeline = gst_parse_launch (line, &error);
  if (error)
    fail_test ("%s: %s", line, error->message);
  sink = gst_bin_get_by_name (GST_BIN (client->pipeline), "sink");
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, client, NULL);
  gst_object_unref (sink);
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  g_free (line);
  return client;
}

/* What ended the session, or NULL. */
static gchar *
find_end (Client * client)
{
  GstBus *bus = gst_element_get_bus (client->pipeline);
  GstMessage *message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  GError *error = NULL;
  gchar *text = NULL;

  gst_object_unref (bus);
  if (!message)
    return NULL;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    text = g_strdup (error->message);
    g_error_free (error);
  }
  gst_message_unref (message);
  return text ? text : g_strdup ("end of stream");
}

void
client_check (Client * client)
{
  gchar *end = find_end (client);

  if (end)
    fail_test ("the client's session ended: %s", end);
}

/* The five last frames took two seconds at most and are younger than `start`. */
static gboolean
is_live (Client * client, gdouble start, gint width, gint height)
{
  gboolean good;

  g_mutex_lock (&client->lock);
  good = client->times[5] > start
      && client->times[0] - client->times[5] < 2.5
      && (!width || (client->width == width && client->height == height));
  g_mutex_unlock (&client->lock);
  return good;
}

gdouble
client_wait_live (Client * client, gint width, gint height)
{
  gdouble start = seconds_now ();

  while (!is_live (client, start, width, height)) {
    client_check (client);
    if (seconds_now () > start + PATIENCE)
      fail_test ("no live picture; the last of %u frames is %dx%d, %dx%d is "
          "expected", client->frames, client->width, client->height, width,
          height);
    g_usleep (10000);
  }
  return seconds_now () - start;
}

void
client_wait_frames (Client * client, guint frames)
{
  gdouble end = seconds_now () + PATIENCE;

  while (client->frames < frames) {
    client_check (client);
    if (seconds_now () > end)
      fail_test ("%u frames came, %u are expected", client->frames, frames);
    g_usleep (10000);
  }
}

gchar *
client_wait_refused (Client * client)
{
  gdouble end = seconds_now () + PATIENCE;
  gchar *reason;

  while (!(reason = find_end (client))) {
    if (client->frames > 0 || seconds_now () > end)
      fail_test ("a client that must be refused has %u frames", client->frames);
    g_usleep (10000);
  }
  return reason;
}

void
client_stop (Client * client)
{
  gst_element_set_state (client->pipeline, GST_STATE_NULL);
  gst_object_unref (client->pipeline);
  g_mutex_clear (&client->lock);
  g_free (client);
}
