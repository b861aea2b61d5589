/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetfx that are about a network's own picture. */

#include "gstmobilenetfxnetworksettings.h"

#define DEFAULT_STRENGTH 1.0

/* Behind those of masks. */
enum
{
  PROP_MODEL_FILE = 64,
  PROP_STYLE_FILE,
  PROP_STYLE_MODEL_FILE,
  PROP_STRENGTH,
  PROP_KEEP_DETAIL,
  PROP_FIT,
  PROP_INPUT_RANGE,
  PROP_OUTPUT_RANGE,
  PROP_MEAN,
  PROP_STD,
  PROP_INPUT_SIZE,
  PROP_THREADS,
  PROP_CPU,
};

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

static void
install_files (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MODEL_FILE,
      g_param_spec_string ("model-file", "Model file",
          "A .tflite network whose output is a picture, which is blended into the "
          "frame by strength; effect and masks are not looked at then (unset: "
          "effect is done to the background that masks tell)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_STYLE_FILE,
      g_param_spec_string ("style-file", "Style file",
          "For networks with a second input, a style: a picture of any kind that "
          "GStreamer decodes, whose style frames are given. style-model-file must "
          "be set, too. While playing: the next style is made beside the one in "
          "use; one that cannot be made is told by a warning and changes nothing",
          NULL, ANY_TIME));
  g_object_class_install_property (klass, PROP_STYLE_MODEL_FILE,
      g_param_spec_string ("style-model-file", "Style model file",
          "The .tflite network that makes the numbers of a style of the picture "
          "style-file; it is run once for each picture", NULL, ANY_TIME));
}

static void
install_blending (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_STRENGTH,
      g_param_spec_double ("strength", "Strength",
          "Share of the network's picture in the frame, the rest is the frame as "
          "it was. 0: the frame untouched, the network does not run; 1: the "
          "network's picture", 0, 1, DEFAULT_STRENGTH, ANY_TIME));
  g_object_class_install_property (klass, PROP_KEEP_DETAIL,
      g_param_spec_boolean ("keep-detail", "Keep detail",
          "Add what the frame has and the smaller picture that the network saw has "
          "not, as much stronger or weaker as the network made what is around it. "
          "Without it the network's picture is only enlarged", TRUE, ANY_TIME));
}

static void
install_input (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_FIT,
      g_param_spec_enum ("fit", "Fit",
          "How a frame is placed on the input of a network of another aspect; what "
          "crop cuts stays as it was", GST_TYPE_MOBILENET_FIT, MNET_FIT_STRETCH,
          AT_START));
  g_object_class_install_property (klass, PROP_INPUT_RANGE,
      g_param_spec_enum ("input-range", "Input range",
          "What bytes 0 to 255 of a picture become. auto: for uint8 inputs the "
          "bytes; for int8 inputs what the file's metadata or the input's range "
          "says; for float inputs what the metadata says, else -1 to 1 when the "
          "output is made by TANH, else 0 to 1. Not together with mean or std",
          GST_TYPE_MOBILENET_INPUT_RANGE, GST_MOBILENET_INPUT_RANGE_AUTO,
          AT_START));
  g_object_class_install_property (klass, PROP_OUTPUT_RANGE,
      g_param_spec_enum ("output-range", "Output range",
          "Which numbers of the output become bytes 0 to 255. auto: 0 to 1 when it "
          "is made by LOGISTIC, -1 to 1 when by TANH; else what 8 bits can hold; "
          "for floats the range of the input", GST_TYPE_MOBILENET_INPUT_RANGE,
          GST_MOBILENET_INPUT_RANGE_AUTO, AT_START));
  g_object_class_install_property (klass, PROP_MEAN,
      g_param_spec_string ("mean", "Mean",
          "The input is (byte - mean) / std: one number or three (R,G,B), on the "
          "scale 0 to 255 (unset: see input-range; 0 when only std is set)",
          NULL, AT_START));
  g_object_class_install_property (klass, PROP_STD, g_param_spec_string ("std",
          "Standard deviation",
          "The input is (byte - mean) / std: one number or three (R,G,B), on the "
          "scale 0 to 255, more than 0 (unset: see input-range; 1 when only mean "
          "is set)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_INPUT_SIZE,
      g_param_spec_string ("input-size", "Input size",
          "Run the network's weights at another input size: N or WxH, in pixels, "
          "e.g. 150x100; smaller is faster, and keep-detail keeps frames sharp. For "
          "networks all of whose layers follow the map, others refuse (unset: the "
          "file's size)", NULL, AT_START));
}

static void
install_computing (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "Threads that compute one frame; 1: no more than the element's own, 0: "
          "as many as there are processors that it may use, and never more. The "
          "elements of a process share these threads. 0 to 64", 0, G_MAXUINT, 1,
          AT_START));
  g_object_class_install_property (klass, PROP_CPU,
      g_param_spec_string ("cpu", "CPU",
          "Kernels to compute with, e.g. c, avx2, avx512vnni, neon, dotprod (unset "
          "or auto: those of the environment variable MNET_CPU, else the best that "
          "the machine has)", NULL, AT_START));
}

void
gst_mobilenet_fx_network_settings_install (GObjectClass * klass)
{
  install_files (klass);
  install_blending (klass);
  install_input (klass);
  install_computing (klass);
}

void
gst_mobilenet_fx_network_settings_init (GstMobilenetFxNetworkSettings *
    settings)
{
  gst_mobilenet_settings_init (&settings->network);
  settings->style_file = settings->style_model_file = NULL;
  settings->output_range = GST_MOBILENET_INPUT_RANGE_AUTO;
  settings->strength = DEFAULT_STRENGTH;
  settings->keep_detail = TRUE;
}

/* `to` is overwritten. */
void
gst_mobilenet_fx_network_settings_copy (GstMobilenetFxNetworkSettings * to,
    const GstMobilenetFxNetworkSettings * from)
{
  *to = *from;
  gst_mobilenet_settings_copy (&to->network, &from->network);
  to->style_file = g_strdup (from->style_file);
  to->style_model_file = g_strdup (from->style_model_file);
}

void
gst_mobilenet_fx_network_settings_clear (GstMobilenetFxNetworkSettings *
    settings)
{
  gst_mobilenet_settings_clear (&settings->network);
  g_clear_pointer (&settings->style_file, g_free);
  g_clear_pointer (&settings->style_model_file, g_free);
}

/* An empty string is the same as none. */
static void
set_string (gchar ** string, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*string);
  *string = text && *text ? g_strdup (text) : NULL;
}

static gchar **
find_string (GstMobilenetFxNetworkSettings * settings, guint prop_id)
{
  switch (prop_id) {
    case PROP_MODEL_FILE:
      return &settings->network.model_file;
    case PROP_STYLE_FILE:
      return &settings->style_file;
    case PROP_STYLE_MODEL_FILE:
      return &settings->style_model_file;
    case PROP_MEAN:
      return &settings->network.mean;
    case PROP_STD:
      return &settings->network.std;
    case PROP_INPUT_SIZE:
      return &settings->network.input_size;
    case PROP_CPU:
      return &settings->network.cpu;
    default:
      return NULL;
  }
}

gboolean
gst_mobilenet_fx_network_settings_set (GstMobilenetFxNetworkSettings * settings,
    guint prop_id, const GValue * value)
{
  gchar **string = find_string (settings, prop_id);

  if (string) {
    set_string (string, value);
    return TRUE;
  }
  switch (prop_id) {
    case PROP_STRENGTH:
      settings->strength = g_value_get_double (value);
      return TRUE;
    case PROP_KEEP_DETAIL:
      settings->keep_detail = g_value_get_boolean (value);
      return TRUE;
    case PROP_FIT:
      settings->network.fit = g_value_get_enum (value);
      return TRUE;
    case PROP_INPUT_RANGE:
      settings->network.input_range = g_value_get_enum (value);
      return TRUE;
    case PROP_OUTPUT_RANGE:
      settings->output_range = g_value_get_enum (value);
      return TRUE;
    case PROP_THREADS:
      settings->network.threads = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
gst_mobilenet_fx_network_settings_get (const GstMobilenetFxNetworkSettings *
    settings, guint prop_id, GValue * value)
{
  gchar **string =
      find_string ((GstMobilenetFxNetworkSettings *) settings, prop_id);

  if (string) {
    g_value_set_string (value, *string);
    return TRUE;
  }
  switch (prop_id) {
    case PROP_STRENGTH:
      g_value_set_double (value, settings->strength);
      return TRUE;
    case PROP_KEEP_DETAIL:
      g_value_set_boolean (value, settings->keep_detail);
      return TRUE;
    case PROP_FIT:
      g_value_set_enum (value, settings->network.fit);
      return TRUE;
    case PROP_INPUT_RANGE:
      g_value_set_enum (value, settings->network.input_range);
      return TRUE;
    case PROP_OUTPUT_RANGE:
      g_value_set_enum (value, settings->output_range);
      return TRUE;
    case PROP_THREADS:
      g_value_set_uint (value, settings->network.threads);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
gst_mobilenet_fx_network_settings_names_style (guint prop_id)
{
  return prop_id == PROP_STYLE_FILE;
}
