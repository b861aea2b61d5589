/* SPDX-License-Identifier: MIT
 *
 * Prints what mobilenetclassify sees in a picture, a film or a camera, from
 * the element's messages on the bus:
 *
 *   show-labels [--model=FILE] [--labels=FILE] [--top-k=N] FILE|URI
 *
 * Without a model the element has one of ten classes, which its info message tells.
 * A picture gives its best classes, one a line.  A film or a camera gives one
 * line whenever the best class changes, and at least one a second. */
#include <gst/gst.h>

typedef struct
{
  const gchar *name;
  guint results;
  GstStructure *first;          /* kept until it is known to be a picture */
  gint64 last_class;
  GstClockTime last_time;
} Display;

static const GstStructure *
nth_class (const GstStructure * result, guint n)
{
  const GValue *list = gst_structure_get_value (result, "results");

  if (!list || n >= gst_value_array_get_size (list))
    return NULL;
  return gst_value_get_structure (gst_value_array_get_value (list, n));
}

static void
print_class (const GstStructure * entry)
{
  const gchar *label = gst_structure_get_string (entry, "label");
  gdouble score = 0.0;
  guint index = 0;

  gst_structure_get_double (entry, "score", &score);
  gst_structure_get_uint (entry, "index", &index);
  if (label && *label)
    g_print ("%5.1f %%  %s", 100.0 * score, label);
  else
    g_print ("%5.1f %%  class %u", 100.0 * score, index);
}

static void
print_picture (const Display * display)
{
  const GstStructure *entry;
  guint n;

  g_print ("%s\n", display->name);
  if (!nth_class (display->first, 0))
    g_print ("  no class over the threshold\n");
  for (n = 0; (entry = nth_class (display->first, n)); n++) {
    g_print ("  ");
    print_class (entry);
    g_print ("\n");
  }
}

static void
print_moment (Display * display, const GstStructure * result)
{
  const GstStructure *best = nth_class (result, 0);
  guint64 time = 0;
  guint index = 0;
  gint64 this_class = -1;

  gst_structure_get_uint64 (result, "stream-time", &time);
  if (best && gst_structure_get_uint (best, "index", &index))
    this_class = index;
  if (this_class == display->last_class && display->last_time <= time
      && time - display->last_time < GST_SECOND)
    return;
  display->last_class = this_class;
  display->last_time = time;
  g_print ("%" GST_TIME_FORMAT "  ", GST_TIME_ARGS (time));
  if (best)
    print_class (best);
  else
    g_print ("no class over the threshold");
  g_print ("\n");
}

static void
take_result (Display * display, const GstStructure * result)
{
  display->results++;
  if (display->results == 1) {
    display->first = gst_structure_copy (result);
    return;
  }
  if (display->results == 2)
    print_moment (display, display->first);
  print_moment (display, result);
}

/* Returns whether the end was reached without an error. */
static gboolean
watch (GstBus * bus, Display * display)
{
  const GstMessageType types =
      GST_MESSAGE_ERROR | GST_MESSAGE_INFO | GST_MESSAGE_EOS |
      GST_MESSAGE_ELEMENT;
  gboolean running = TRUE, good = TRUE;

  while (running) {
    GstMessage *message =
        gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, types);
    GError *error = NULL;

    switch (GST_MESSAGE_TYPE (message)) {
      case GST_MESSAGE_ERROR:
        gst_message_parse_error (message, &error, NULL);
        g_printerr ("show-labels: %s: %s: %s\n", display->name,
            GST_OBJECT_NAME (message->src), error->message);
        g_error_free (error);
        good = running = FALSE;
        break;
      case GST_MESSAGE_INFO:
        gst_message_parse_info (message, &error, NULL);
        g_printerr ("%s\n", error->message);
        g_error_free (error);
        break;
      case GST_MESSAGE_EOS:
        running = FALSE;
        break;
      default:
        if (gst_message_has_name (message, "mobilenet-classification"))
          take_result (display, gst_message_get_structure (message));
        break;
    }
    gst_message_unref (message);
  }
  return good;
}

/* decodebin takes avdec_bmp for BMP, which decodes none (GStreamer 1.22); the
 * decoder that does has no rank of its own. */
static void
rank_picture_decoder (void)
{
  GstPluginFeature *decoder =
      gst_registry_lookup_feature (gst_registry_get (), "gdkpixbufdec");

  if (decoder) {
    gst_plugin_feature_set_rank (decoder, GST_RANK_MARGINAL + 1);
    gst_object_unref (decoder);
  }
}

/* Any frame size and format is taken as it is; videoconvert only serves the
 * rare formats that the element has not. */
static GstElement *
make_pipeline (const gchar * name, const gchar * model, const gchar * labels,
    gint top_k, GError ** error)
{
  GstElement *pipeline, *source, *classify;
  gchar *uri = gst_uri_is_valid (name) ? g_strdup (name)
      : gst_filename_to_uri (name, error);

  if (!uri)
    return NULL;
  pipeline = gst_parse_launch_full ("uridecodebin name=source ! "
      "videoconvert ! mobilenetclassify name=classify post-messages=true ! "
      "fakesink sync=false", NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pipeline) {
    source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
    classify = gst_bin_get_by_name (GST_BIN (pipeline), "classify");
    g_object_set (source, "uri", uri, NULL);
    g_object_set (classify, "model-file", model, "labels-file", labels,
        "top-k", top_k, NULL);
    gst_object_unref (source);
    gst_object_unref (classify);
  }
  g_free (uri);
  return pipeline;
}

static gboolean
show (GstElement * pipeline, const gchar * name)
{
  Display display = { name, 0, NULL, -1, 0 };
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean good;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  good = watch (bus, &display);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  if (good && display.results == 0) {
    g_printerr ("show-labels: %s: there is no picture in it\n", name);
    good = FALSE;
  }
  if (display.results == 1)
    print_picture (&display);
  if (display.first)
    gst_structure_free (display.first);
  return good;
}

int
main (int argc, char **argv)
{
  g_autofree gchar *model = NULL;
  g_autofree gchar *labels = NULL;
  gint top_k = 5;
  const GOptionEntry entries[] = {
    {"model", 0, 0, G_OPTION_ARG_FILENAME, &model,
        "The network; the element's own without it", "FILE"},
    {"labels", 0, 0, G_OPTION_ARG_FILENAME, &labels,
        "Names of its classes, where the model has none inside", "FILE"},
    {"top-k", 0, 0, G_OPTION_ARG_INT, &top_k, "Classes per picture (5)", "N"},
    {NULL}
  };
  GOptionContext *context = g_option_context_new ("FILE|URI");
  GstElement *pipeline;
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  good = g_option_context_parse (context, &argc, &argv, &error);
  g_option_context_free (context);
  if (!good || argc != 2) {
    g_printerr ("show-labels: %s\n", error ? error->message
        : "usage: show-labels [--model=FILE] [--labels=FILE] FILE|URI");
    return 2;
  }

  if (top_k < 1) {
    g_printerr ("show-labels: --top-k is %d, 1 or more is expected\n", top_k);
    return 2;
  }
  rank_picture_decoder ();
  pipeline = make_pipeline (argv[1], model, labels, top_k, &error);
  if (!pipeline) {
    g_printerr ("show-labels: %s\n", error->message);
    return 1;
  }
  good = show (pipeline, argv[1]);
  gst_object_unref (pipeline);
  return good ? 0 : 1;
}
