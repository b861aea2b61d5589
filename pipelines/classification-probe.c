/* SPDX-License-Identifier: MIT
 *
 * Example: reads the classification of every frame where it lies, on the
 * buffer, from a pad probe.
 *
 *   classification-probe MODEL FILE|URI
 *
 * prints one line a frame: its timestamp, how old the result is, and the best
 * classes with their scores.  Build it against an installed library with
 *
 *   cc classification-probe.c -o classification-probe \
 *       $(pkg-config --cflags --libs gstreamer-mobilenet-meta-1.0)
 */
#include <gst/gst.h>
#include <gst/mobilenet/gstmobilenetmeta.h>

/* Called in the streaming thread for each buffer that passes the pad.  The
 * meta belongs to the buffer: what is read from it is valid until the probe
 * returns.  To keep it longer, take a reference with
 * gst_mobilenet_classification_ref (meta->classification). */
static GstPadProbeReturn
print_classification (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  guint *frames = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMobilenetClassificationMeta *meta;
  guint i, index;
  const gchar *label;
  gdouble score;

  (*frames)++;
  g_print ("%" GST_TIME_FORMAT, GST_TIME_ARGS (GST_BUFFER_PTS (buffer)));

  /* Absent when the frame was passed without inference before there was any
   * result, or when an element in between cropped or turned the picture. */
  meta = gst_buffer_get_mobilenet_classification_meta (buffer);
  if (!meta) {
    g_print ("  not classified\n");
    return GST_PAD_PROBE_OK;
  }

  /* 0 when the result is this frame's own; more when the element runs beside
   * a live stream and shows the newest result that it has. */
  if (GST_CLOCK_TIME_IS_VALID (meta->age))
    g_print ("  age %" G_GUINT64_FORMAT " ms", meta->age / GST_MSECOND);

  for (i = 0; gst_mobilenet_classification_meta_get_result (meta, i, &index,
          &label, &score); i++) {
    if (*label)
      g_print ("  %s %.3f", label, score);
    else
      g_print ("  class %u %.3f", index, score);
  }
  if (i == 0)
    g_print ("  no class over the threshold");
  g_print ("\n");
  return GST_PAD_PROBE_OK;
}

/* Sound in the file stays unlinked.  The element takes all common formats as
 * they are: videoconvert then passes frames through untouched. */
static GstElement *
make_pipeline (const gchar * model, const gchar * uri, GError ** error)
{
  GstElement *pipeline, *source, *classify;

  pipeline = gst_parse_launch_full ("uridecodebin name=source ! videoconvert ! "
      "mobilenetclassify name=c ! fakesink name=sink sync=false", NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;

  /* Set as properties rather than in the text above, names need no quotes. */
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (source, "uri", uri, NULL);
  gst_object_unref (source);
  classify = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  g_object_set (classify, "model-file", model, NULL);
  gst_object_unref (classify);
  return pipeline;
}

static void
add_probe (GstElement * pipeline, guint * frames)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstPad *pad = gst_element_get_static_pad (sink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, print_classification,
      frames, NULL);
  gst_object_unref (pad);
  gst_object_unref (sink);
}

/* Plays to the end.  FALSE after an error, which is printed. */
static gboolean
play (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *error = NULL;
  gboolean good;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  good = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (!good) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("%s: %s\n", GST_OBJECT_NAME (message->src), error->message);
    g_error_free (error);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return good;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline = NULL;
  GError *error = NULL;
  guint frames = 0;
  gboolean good;
  gchar *uri;

  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("usage: %s MODEL FILE|URI\n", argv[0]);
    return 2;
  }

  uri = gst_uri_is_valid (argv[2]) ? g_strdup (argv[2])
      : gst_filename_to_uri (argv[2], &error);
  if (uri)
    pipeline = make_pipeline (argv[1], uri, &error);
  g_free (uri);
  if (!pipeline) {
    g_printerr ("%s\n", error->message);
    g_error_free (error);
    return 1;
  }

  add_probe (pipeline, &frames);
  good = play (pipeline);
  gst_object_unref (pipeline);
  if (good && frames == 0) {
    g_printerr ("%s: there is no picture in it\n", argv[2]);
    good = FALSE;
  }
  return good ? 0 : 1;
}
