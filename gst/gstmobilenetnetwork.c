/* SPDX-License-Identifier: MIT
 *
 * What an element loads when it starts: model, labels, threads, and how
 * pictures are brought into the model's input.  All of it may be called from any
 * thread; `element` is only logged for. */

#include <string.h>

#include "gstmobilenetbuiltin.h"
#include "gstmobilenetmessage.h"
#include "gstmobilenetmodel.h"
#include "gstmobilenetnetwork.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* What helps against a file that was refused. */
static const gchar *
model_mend (MnetStatus status)
{
  switch (status) {
    case MNET_ERROR_FORMAT:
      return "; a whole .tflite file is expected: fetch it again";
    case MNET_ERROR_UNSUPPORTED:
      return "; mnet info lists all that lacks and what would help";
    default:
      return "";
  }
}

static GError *
model_error (const gchar * file, const MnetError * error)
{
  MnetError told = *error;

  if (error->status == MNET_ERROR_ARGUMENT) {
    g_snprintf (told.text, sizeof (told.text), "property cpu or the "
        "environment: %.400s", error->text);
    file = NULL;
  } else {
    g_strlcat (told.text, model_mend (error->status), sizeof (told.text));
  }
  return gst_mobilenet_error_new (file, &told);
}

static void
acquire_file (GstMobilenetNetwork * network,
    const GstMobilenetSettings * settings, MnetError * error)
{
  network->file = g_strdup (settings->model_file);
  network->name = g_path_get_basename (network->file);
  network->model = gst_mobilenet_model_acquire (network->file, settings->cpu,
      settings->precision, error);
}

static void
acquire_built_in (GstMobilenetNetwork * network,
    const GstMobilenetSettings * settings, MnetError * error)
{
  gsize size;
  gconstpointer data = gst_mobilenet_built_in_model (&size);

  network->built_in = TRUE;
  network->file = g_strdup ("the built-in model");
  network->name = g_strdup (GST_MOBILENET_BUILT_IN_NAME);
  network->model = gst_mobilenet_model_acquire_memory (network->name, data,
      size, settings->cpu, settings->precision, error);
}

static gboolean
load_model (GstMobilenetNetwork * network,
    const GstMobilenetSettings * settings, GError ** error)
{
  MnetError cause = { MNET_OK, "" };

  if (!settings->model_file && !network->has_built_in) {
    g_set_error_literal (error, GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_NOT_FOUND,
        "No model: set the property model-file to a .tflite file");
    return FALSE;
  }
  if (settings->model_file)
    acquire_file (network, settings, &cause);
  else
    acquire_built_in (network, settings, &cause);
  if (!network->model)
    *error = model_error (network->file, &cause);
  return network->model != NULL;
}

/* A picture, and states. */
static gboolean
check_inputs (GstMobilenetNetwork * network, GError ** error)
{
  gsize inputs, states;

  inputs = mnet_model_n_inputs (network->model);
  states = mnet_model_n_states (network->model);
  if (inputs != 1 + states) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
        "%s: the model has %" G_GSIZE_FORMAT " inputs, expected one, a "
        "picture, and states that outputs are fed back to (%" G_GSIZE_FORMAT
        " are)", network->file, inputs, states);
    return FALSE;
  }
  return TRUE;
}

/* A picture and, perhaps, a style. */
static gboolean
find_inputs (GstMobilenetNetwork * network, GError ** error)
{
  gsize n = mnet_model_n_inputs (network->model), i;
  const MnetTensorInfo **infos = g_new (const MnetTensorInfo *, n);
  MnetError cause = { MNET_OK, "" };
  MnetStatus status;

  for (i = 0; i < n; i++)
    infos[i] = mnet_model_input (network->model, i);
  status = mnet_painting_find_inputs (infos, n, &network->inputs, &cause);
  g_free (infos);
  if (status)
    *error = gst_mobilenet_error_new (network->file, &cause);
  return !status;
}

static gboolean
load_labels (GstMobilenetNetwork * network,
    const GstMobilenetSettings * settings, GError ** error)
{
  MnetError cause = { MNET_OK, "" };

  if (!settings->labels_file)
    return TRUE;
  network->labels_file = g_strdup (settings->labels_file);
  network->labels = mnet_labels_load (network->labels_file, &cause);
  if (network->labels)
    return TRUE;
  g_strlcat (cause.text, " (property labels-file: a text with a label on each "
      "line is expected)", sizeof (cause.text));
  *error = gst_mobilenet_error_new (network->labels_file, &cause);
  return FALSE;
}

static void
log_options (const GstMobilenetNetwork * network, GstElement * element,
    gboolean told)
{
  const gfloat *mean = network->options.mean;
  const gfloat *std = network->options.std;

  if (network->options.raw)
    GST_INFO_OBJECT (element, "%s is given the bytes of a picture as they are",
        network->name);
  else
    GST_INFO_OBJECT (element, "%s is given (byte - [%g %g %g]) / [%g %g %g]",
        network->name, mean[0], mean[1], mean[2], std[0], std[1], std[2]);
  GST_INFO_OBJECT (element, "its channels are %s",
      network->options.bgr ? "blue, green, red" : "red, green, blue");
  if (!told)
    GST_INFO_OBJECT (element, "the file does not tell that, it is a guess from "
        "the %s input; if results are wrong set input-range, or mean and std, and "
        "channel-order", mnet_type_name (mnet_model_input (network->model,
                network->inputs.picture)->type));
}

/* What the file says of its picture or, for a network that paints one, what that
 * suggests; FALSE: nothing. */
static gboolean
find_normalization (const GstMobilenetNetwork * network,
    MnetNormalization * normalization, gboolean * told)
{
  gsize picture = network->inputs.picture, c;
  MnetImageOptions options;

  *told = mnet_model_normalization (network->model, picture, normalization);
  if (*told || !network->paints)
    return *told;
  mnet_painting_default_options (mnet_model_input (network->model, picture),
      mnet_model_output (network->model, 0), NULL, &options);
  normalization->n = 3;
  for (c = 0; c < 3; c++) {
    normalization->mean[c] = options.mean[c];
    normalization->std[c] = options.std[c];
  }
  return !options.raw;
}

/* Settles how pictures are brought into the model's input and tries it on one:
 * caps come later and must not be the ones to find out that the input is no
 * picture. */
static gboolean
choose_options (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings, GError ** error)
{
  const MnetFrameInfo any = { MNET_PIXEL_RGB, 64, 64, MNET_MATRIX_BT601, true };
  const MnetTensorInfo *tensor =
      mnet_model_input (network->model, network->inputs.picture);
  MnetError cause = { MNET_OK, "" };
  MnetNormalization normalization;
  MnetImage *image;
  gboolean told, known = find_normalization (network, &normalization, &told);

  if (!gst_mobilenet_settings_input_size (settings, &network->input_width,
          &network->input_height, &cause)
      || !gst_mobilenet_settings_normalize (settings, tensor,
          known ? &normalization : NULL, &network->options, &cause)) {
    *error = gst_mobilenet_error_new (NULL, &cause);
    return FALSE;
  }
  network->options.prior = network->takes_prior && tensor->rank == 4
      && tensor->dims[tensor->channels_first ? 1 : 3] == 4;
  image = mnet_image_new (&any, tensor, &network->options, &cause);
  if (!image) {
    /* The properties are in order: the model is what does not fit. */
    if (cause.status == MNET_ERROR_ARGUMENT)
      cause.status = MNET_ERROR_UNSUPPORTED;
    *error = gst_mobilenet_error_new (network->file, &cause);
    return FALSE;
  }
  mnet_image_free (image);
  log_options (network, element, told || settings->mean || settings->std
      || settings->input_range != GST_MOBILENET_INPUT_RANGE_AUTO);
  return TRUE;
}

static gboolean
take_threads (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings, GError ** error)
{
  MnetError cause = { MNET_OK, "" };
  /* As the affinity mask counts them.  More threads would wait for each other
   * at the end of every frame. */
  guint processors = g_get_num_processors ();

  if (settings->threads > processors)
    GST_INFO_OBJECT (element, "%u threads were asked for, %u processors may be "
        "used: so many threads compute", settings->threads, processors);
  if (MIN (settings->threads, processors) == 1)
    return TRUE;
  network->pool = gst_mobilenet_pool_acquire (MIN (settings->threads,
          processors), &cause);
  if (!network->pool)
    *error = gst_mobilenet_error_new (NULL, &cause);
  return network->pool != NULL;
}

/* Loads what `settings` name into an empty `network`.  FALSE and `error` filled,
 * with nothing loaded, when that fails. */
gboolean
gst_mobilenet_network_open (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings, GError ** error)
{
  if (load_model (network, settings, error)
      && check_inputs (network, error)
      && load_labels (network, settings, error)
      && choose_options (network, element, settings, error)
      && take_threads (network, element, settings, error))
    return TRUE;
  gst_mobilenet_network_close (network);
  return FALSE;
}

/* The same for a network whose output is a picture; `settings` name no labels. */
gboolean
gst_mobilenet_network_open_painter (GstMobilenetNetwork * network,
    GstElement * element, const GstMobilenetSettings * settings,
    GError ** error)
{
  network->paints = TRUE;
  if (load_model (network, settings, error)
      && find_inputs (network, error)
      && choose_options (network, element, settings, error)
      && take_threads (network, element, settings, error))
    return TRUE;
  gst_mobilenet_network_close (network);
  return FALSE;
}

/* For an input of that size in pixels, 0: the file's; `reason` is what asks for it
 * then.  NULL and `error` filled when the network does not work there, or
 * memory is short. */
MnetSession *
gst_mobilenet_network_new_session (const GstMobilenetNetwork * network,
    gint32 width, gint32 height, const gchar * reason, GError ** error)
{
  const MnetSessionOptions options = { network->pool, width, height, TRUE,
    network->paints
  };
  MnetError cause = { MNET_OK, "" };
  MnetSession *session;
  gchar *about;

  session = mnet_session_new (network->model, &options, &cause);
  if (session)
    return session;
  if (width)
    about = g_strdup_printf ("%s with the property %s%dx%d", network->file,
        reason, width, height);
  else
    about = g_strdup (network->file);
  *error = gst_mobilenet_error_new (about, &cause);
  g_free (about);
  return NULL;
}

void
gst_mobilenet_network_close (GstMobilenetNetwork * network)
{
  g_clear_pointer (&network->pool, gst_mobilenet_pool_release);
  g_clear_pointer (&network->labels, mnet_labels_unref);
  g_clear_pointer (&network->labels_file, g_free);
  g_clear_pointer (&network->model, gst_mobilenet_model_release);
  g_clear_pointer (&network->name, g_free);
  g_clear_pointer (&network->file, g_free);
  network->built_in = FALSE;
}
