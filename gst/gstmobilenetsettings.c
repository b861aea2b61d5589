/* SPDX-License-Identifier: MIT
 *
 * The properties that all network elements have in common. */

#include <string.h>

#include "gstmobilenetsettings.h"

enum
{
  PROP_0,
  PROP_MODEL_FILE,
  PROP_LABELS_FILE,
  PROP_THREADS,
  PROP_MODE,
  PROP_INFERENCE_INTERVAL,
  PROP_FIT,
  PROP_INPUT_RANGE,
  PROP_MEAN,
  PROP_STD,
  PROP_CHANNEL_ORDER,
  PROP_INPUT_SIZE,
  PROP_CPU,
  PROP_PRECISION,
  PROP_POST_MESSAGES,
  PROP_ADAPTIVE,
  PROP_STATS,
  PROP_STATS_INTERVAL,
};

#define DEFAULT_THREADS 1
#define DEFAULT_INTERVAL 1
#define MAX_THREADS 64

#define AT_START (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
/* Of those that go with a model: what they are when model-file is set. */
#define WITH_MODEL (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)
#define ANY_TIME (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

GType
gst_mobilenet_mode_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MOBILENET_MODE_AUTO,
        "latest when the pipeline is live, every otherwise", "auto"},
    {GST_MOBILENET_MODE_EVERY,
        "A frame waits for the network and carries its own result", "every"},
    {GST_MOBILENET_MODE_LATEST,
          "A frame never waits and carries the latest result there is",
        "latest"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetMode", values));
  return type;
}

GType
gst_mobilenet_fit_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {MNET_FIT_STRETCH, "The whole picture, its aspect not kept", "stretch"},
    {MNET_FIT_LETTERBOX,
        "The whole picture, its aspect kept, centred on black", "letterbox"},
    {MNET_FIT_CROP,
        "The centre of the picture, its aspect kept, the rest cut", "crop"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetFit", values));
  return type;
}

GType
gst_mobilenet_input_range_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MOBILENET_INPUT_RANGE_AUTO,
        "What the file's metadata says, else what its input suggests", "auto"},
    {GST_MOBILENET_INPUT_RANGE_BYTES, "0 to 255, the bytes as they are",
        "bytes"},
    {GST_MOBILENET_INPUT_RANGE_ZERO_ONE, "0 to 1: byte / 255", "zero-one"},
    {GST_MOBILENET_INPUT_RANGE_MINUS_ONE_ONE, "-1 to 1: byte / 127.5 - 1",
        "minus-one-one"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetInputRange", values));
  return type;
}

GType
gst_mobilenet_channel_order_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MOBILENET_CHANNEL_ORDER_AUTO,
        "bgr where the range of an int8 input is that of MobileNet's version "
          "for Caffe, else rgb", "auto"},
    {GST_MOBILENET_CHANNEL_ORDER_RGB, "Red, green, blue", "rgb"},
    {GST_MOBILENET_CHANNEL_ORDER_BGR, "Blue, green, red", "bgr"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetChannelOrder", values));
  return type;
}

GType
gst_mobilenet_precision_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {MNET_PRECISION_FP32, "float32, as the file says", "fp32"},
    {MNET_PRECISION_FP16, "float16, where the processor can", "fp16"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMobilenetPrecision", values));
  return type;
}

static void
install_files (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MODEL_FILE,
      g_param_spec_string ("model-file", "Model file",
          "The network, a .tflite file; must be set, except in mobilenetclassify, "
          "which without it has a small built-in network of ten classes, for a "
          "first try. While playing: the model is loaded beside the one in use, "
          "with labels-file, input-range, mean, std, channel-order and input-size "
          "as they are then, and takes its place between two frames; one that "
          "cannot be used is told by a warning and changes "
          "nothing", NULL, WITH_MODEL));
  g_object_class_install_property (klass, PROP_LABELS_FILE,
      g_param_spec_string ("labels-file", "Labels file",
          "Names of the classes: UTF-8 text, one label a line, or an index "
          "and a label a line (unset: the labels inside the model file, if "
          "it has some). While playing: set it before model-file", NULL,
          WITH_MODEL));
}

static void
install_input (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_FIT,
      g_param_spec_enum ("fit", "Fit",
          "How a picture is placed on an input of another aspect",
          GST_TYPE_MOBILENET_FIT, MNET_FIT_STRETCH, AT_START));
  g_object_class_install_property (klass, PROP_INPUT_RANGE,
      g_param_spec_enum ("input-range", "Input range",
          "What bytes 0 to 255 of a picture become. auto: for uint8 inputs the "
          "bytes; for int8 inputs what the file's metadata or the input's "
          "range says, else the bytes; for float inputs what the metadata "
          "says, else -1 to 1. Not together with mean or std",
          GST_TYPE_MOBILENET_INPUT_RANGE, GST_MOBILENET_INPUT_RANGE_AUTO,
          WITH_MODEL));
  g_object_class_install_property (klass, PROP_MEAN,
      g_param_spec_string ("mean", "Mean",
          "The input is (byte - mean) / std: one number or three (those of its "
          "channels: R,G,B, or B,G,R with channel-order=bgr), on "
          "the scale 0 to 255, e.g. 123.675,116.28,103.53 (unset: see "
          "input-range; 0 when only std is set)", NULL, WITH_MODEL));
  g_object_class_install_property (klass, PROP_STD,
      g_param_spec_string ("std", "Standard deviation",
          "The input is (byte - mean) / std: one number or three (as of mean), on "
          "the scale 0 to 255, more than 0, e.g. 58.395,57.12,57.375 (unset: "
          "see input-range; 1 when only mean is set)", NULL, WITH_MODEL));
  g_object_class_install_property (klass, PROP_CHANNEL_ORDER,
      g_param_spec_enum ("channel-order", "Channel order",
          "Order of the input's channels",
          GST_TYPE_MOBILENET_CHANNEL_ORDER, GST_MOBILENET_CHANNEL_ORDER_AUTO,
          WITH_MODEL));
  g_object_class_install_property (klass, PROP_INPUT_SIZE,
      g_param_spec_string ("input-size", "Input size",
          "Run the network's weights at another input size: N or WxH, in "
          "pixels, e.g. 160 or 192x160; smaller is faster and less accurate. "
          "For classifiers whose pool covers the whole map, others refuse "
          "(unset: the file's size)", NULL, WITH_MODEL));
  g_object_class_install_property (klass, PROP_ADAPTIVE,
      g_param_spec_boolean ("adaptive", "Adaptive",
          "Run the network's weights at smaller input sizes (192, 160 and 128 "
          "for 224) while it does not keep up with the frames, before frames are "
          "skipped. For the networks that input-size is for; each takes memory "
          "for all the sizes", FALSE, AT_START));
}

static void
install_computing (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "Threads that compute one frame; 1: no more than the element's own, "
          "0: as many as there are processors that it may use, and never more. "
          "The elements of a process share these threads. Results do not "
          "depend on it. 0 to "
          G_STRINGIFY (MAX_THREADS), 0, G_MAXUINT, DEFAULT_THREADS, AT_START));
  g_object_class_install_property (klass, PROP_CPU,
      g_param_spec_string ("cpu", "CPU",
          "Kernels to compute with, e.g. c, avx2, avx512vnni, neon, dotprod "
          "(unset or auto: those of the environment variable MNET_CPU, else "
          "the best that the machine has)", NULL, AT_START));
  g_object_class_install_property (klass, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "What float networks compute in. fp16: half the time and half the "
          "memory, results differ in the third digit; only where the processor "
          "computes in float16 (Arm from Cortex-A55 and A76 on), elsewhere the "
          "same as fp32, which the log tells. Integer networks, and those with "
          "8-bit weights, are not concerned",
          GST_TYPE_MOBILENET_PRECISION, MNET_PRECISION_FP32, AT_START));
}

static void
install_scheduling (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_MODE,
      g_param_spec_enum ("mode", "Mode",
          "Whether frames wait for the network",
          GST_TYPE_MOBILENET_MODE, GST_MOBILENET_MODE_AUTO, AT_START));
  g_object_class_install_property (klass, PROP_INFERENCE_INTERVAL,
      g_param_spec_uint ("inference-interval", "Inference interval",
          "Analyse every n-th frame; the frames between carry the last result. "
          "1 or more", 0, G_MAXUINT, DEFAULT_INTERVAL, ANY_TIME));
  g_object_class_install_property (klass, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post an element message with each new result", FALSE, ANY_TIME));
}

static void
install_observing (GObjectClass * klass)
{
  g_object_class_install_property (klass, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Since the element started: frames, analysed, skipped (due, but passed "
          "without inference) and errors (frames that could not be read, models "
          "that could not be used); and of the last 256 analysed frames what "
          "preprocessing, inference and postprocessing took: -last, -mean and "
          "-p99 of each, in nanoseconds; all guint64", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, PROP_STATS_INTERVAL,
      g_param_spec_uint ("stats-interval", "Statistics interval",
          "Post stats as an element message mobilenet-stats every so many "
          "milliseconds, with the frame that comes then (0: never)", 0,
          G_MAXUINT, 0, ANY_TIME));
}

/* Numbers out of range are told when the element starts, on the bus, where an
 * application looks for errors: GObject would only print a warning. */
gboolean
gst_mobilenet_settings_check (const GstMobilenetSettings * settings,
    MnetError * error)
{
  error->status = MNET_ERROR_ARGUMENT;
  if (settings->threads > MAX_THREADS) {
    g_snprintf (error->text, sizeof (error->text),
        "property threads is %u, expected 0 (all) to %d", settings->threads,
        MAX_THREADS);
    return FALSE;
  }
  if (settings->interval < 1) {
    g_snprintf (error->text, sizeof (error->text),
        "property inference-interval is 0, expected 1 (every frame) or more");
    return FALSE;
  }
  return TRUE;
}

void
gst_mobilenet_settings_install (GObjectClass * klass)
{
  install_files (klass);
  install_input (klass);
  install_computing (klass);
  install_scheduling (klass);
  install_observing (klass);
}

/* Is `prop_id` the one whose being set loads a model? */
gboolean
gst_mobilenet_settings_names_model (guint prop_id)
{
  return prop_id == PROP_MODEL_FILE;
}

/* Is `prop_id` the one that is no setting but what is counted? */
gboolean
gst_mobilenet_settings_is_stats (guint prop_id)
{
  return prop_id == PROP_STATS;
}

void
gst_mobilenet_settings_init (GstMobilenetSettings * settings)
{
  memset (settings, 0, sizeof (*settings));
  settings->threads = DEFAULT_THREADS;
  settings->interval = DEFAULT_INTERVAL;
  settings->mode = GST_MOBILENET_MODE_AUTO;
  settings->fit = MNET_FIT_STRETCH;
  settings->input_range = GST_MOBILENET_INPUT_RANGE_AUTO;
}

void
gst_mobilenet_settings_clear (GstMobilenetSettings * settings)
{
  g_free (settings->model_file);
  g_free (settings->labels_file);
  g_free (settings->cpu);
  g_free (settings->mean);
  g_free (settings->std);
  g_free (settings->input_size);
  memset (settings, 0, sizeof (*settings));
}

/* `to` is overwritten; it owns its copies of the strings. */
void
gst_mobilenet_settings_copy (GstMobilenetSettings * to,
    const GstMobilenetSettings * from)
{
  *to = *from;
  to->model_file = g_strdup (from->model_file);
  to->labels_file = g_strdup (from->labels_file);
  to->cpu = g_strdup (from->cpu);
  to->mean = g_strdup (from->mean);
  to->std = g_strdup (from->std);
  to->input_size = g_strdup (from->input_size);
}

static void
restore_string (gchar ** string, const gchar * asked, const gchar * used)
{
  if (g_strcmp0 (*string, asked) != 0)
    return;
  g_free (*string);
  *string = g_strdup (used);
}

/* The model that `asked` names cannot be had: what goes with a model is that of
 * `used` again, unless it was set to something else since. */
void
gst_mobilenet_settings_restore (GstMobilenetSettings * settings,
    const GstMobilenetSettings * asked, const GstMobilenetSettings * used)
{
  restore_string (&settings->model_file, asked->model_file, used->model_file);
  restore_string (&settings->labels_file, asked->labels_file,
      used->labels_file);
  restore_string (&settings->mean, asked->mean, used->mean);
  restore_string (&settings->std, asked->std, used->std);
  restore_string (&settings->input_size, asked->input_size, used->input_size);
  if (settings->input_range == asked->input_range)
    settings->input_range = used->input_range;
  if (settings->channel_order == asked->channel_order)
    settings->channel_order = used->channel_order;
}

/* An empty string is the same as none. */
static void
set_string (gchar ** string, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*string);
  *string = text && *text ? g_strdup (text) : NULL;
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_settings_set (GstMobilenetSettings * settings, guint prop_id,
    const GValue * value)
{
  switch (prop_id) {
    case PROP_MODEL_FILE:
      set_string (&settings->model_file, value);
      return TRUE;
    case PROP_LABELS_FILE:
      set_string (&settings->labels_file, value);
      return TRUE;
    case PROP_THREADS:
      settings->threads = g_value_get_uint (value);
      return TRUE;
    case PROP_MODE:
      settings->mode = g_value_get_enum (value);
      return TRUE;
    case PROP_INFERENCE_INTERVAL:
      settings->interval = g_value_get_uint (value);
      return TRUE;
    case PROP_FIT:
      settings->fit = g_value_get_enum (value);
      return TRUE;
    case PROP_INPUT_RANGE:
      settings->input_range = g_value_get_enum (value);
      return TRUE;
    case PROP_MEAN:
      set_string (&settings->mean, value);
      return TRUE;
    case PROP_STD:
      set_string (&settings->std, value);
      return TRUE;
    case PROP_CHANNEL_ORDER:
      settings->channel_order = g_value_get_enum (value);
      return TRUE;
    case PROP_INPUT_SIZE:
      set_string (&settings->input_size, value);
      return TRUE;
    case PROP_CPU:
      set_string (&settings->cpu, value);
      return TRUE;
    case PROP_PRECISION:
      settings->precision = g_value_get_enum (value);
      return TRUE;
    case PROP_POST_MESSAGES:
      settings->post_messages = g_value_get_boolean (value);
      return TRUE;
    case PROP_ADAPTIVE:
      settings->adaptive = g_value_get_boolean (value);
      return TRUE;
    case PROP_STATS_INTERVAL:
      settings->stats_interval = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
}

/* FALSE when `prop_id` is none of ours. */
gboolean
gst_mobilenet_settings_get (const GstMobilenetSettings * settings,
    guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_MODEL_FILE:
      g_value_set_string (value, settings->model_file);
      return TRUE;
    case PROP_LABELS_FILE:
      g_value_set_string (value, settings->labels_file);
      return TRUE;
    case PROP_THREADS:
      g_value_set_uint (value, settings->threads);
      return TRUE;
    case PROP_MODE:
      g_value_set_enum (value, settings->mode);
      return TRUE;
    case PROP_INFERENCE_INTERVAL:
      g_value_set_uint (value, settings->interval);
      return TRUE;
    case PROP_FIT:
      g_value_set_enum (value, settings->fit);
      return TRUE;
    case PROP_INPUT_RANGE:
      g_value_set_enum (value, settings->input_range);
      return TRUE;
    case PROP_MEAN:
      g_value_set_string (value, settings->mean);
      return TRUE;
    case PROP_STD:
      g_value_set_string (value, settings->std);
      return TRUE;
    case PROP_CHANNEL_ORDER:
      g_value_set_enum (value, settings->channel_order);
      return TRUE;
    case PROP_INPUT_SIZE:
      g_value_set_string (value, settings->input_size);
      return TRUE;
    case PROP_CPU:
      g_value_set_string (value, settings->cpu);
      return TRUE;
    case PROP_PRECISION:
      g_value_set_enum (value, settings->precision);
      return TRUE;
    case PROP_POST_MESSAGES:
      g_value_set_boolean (value, settings->post_messages);
      return TRUE;
    case PROP_ADAPTIVE:
      g_value_set_boolean (value, settings->adaptive);
      return TRUE;
    case PROP_STATS_INTERVAL:
      g_value_set_uint (value, settings->stats_interval);
      return TRUE;
    default:
      return FALSE;
  }
}
