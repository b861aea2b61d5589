/* SPDX-License-Identifier: MIT
 *
 * What an element loads when it starts: model, labels, threads, and how
 * pictures are brought into the model's input.  Every failure is one error
 * message of the element. */

#include <string.h>

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

static void
post_model_error (GstElement * element, const gchar * file,
    const MnetError * error)
{
  MnetError told = *error;

  if (error->status == MNET_ERROR_ARGUMENT) {
    g_snprintf (told.text, sizeof (told.text), "property cpu or the "
        "environment: %.400s", error->text);
    file = NULL;
  } else {
    g_strlcat (told.text, model_mend (error->status), sizeof (told.text));
  }
  gst_mobilenet_post_error (element, file, &told);
}

static gboolean
load_model (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings)
{
  MnetError error = { MNET_OK, "" };
  gsize inputs, states;

  if (!settings->model_file) {
    GST_ELEMENT_ERROR (element, RESOURCE, NOT_FOUND,
        ("No model: set the property model-file to a .tflite file"), (NULL));
    return FALSE;
  }
  network->file = g_strdup (settings->model_file);
  network->name = g_path_get_basename (network->file);
  network->model = gst_mobilenet_model_acquire (network->file, settings->cpu,
      &error);
  if (!network->model) {
    post_model_error (element, network->file, &error);
    return FALSE;
  }
  inputs = mnet_model_n_inputs (network->model);
  states = mnet_model_n_states (network->model);
  if (inputs != 1 + states) {
    GST_ELEMENT_ERROR (element, STREAM, NOT_IMPLEMENTED,
        ("%s: the model has %" G_GSIZE_FORMAT " inputs, expected one, a "
            "picture, and states that outputs are fed back to (%"
            G_GSIZE_FORMAT " are)", network->file, inputs, states), (NULL));
    return FALSE;
  }
  return TRUE;
}

static gboolean
load_labels (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings)
{
  MnetError error = { MNET_OK, "" };

  if (!settings->labels_file)
    return TRUE;
  network->labels_file = g_strdup (settings->labels_file);
  network->labels = mnet_labels_load (network->labels_file, &error);
  if (network->labels)
    return TRUE;
  g_strlcat (error.text, " (property labels-file: a text with a label on each "
      "line is expected)", sizeof (error.text));
  gst_mobilenet_post_error (element, network->labels_file, &error);
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
  if (!told)
    GST_INFO_OBJECT (element, "the file does not tell that, it is a guess from "
        "the %s input; if results are wrong set input-range, or mean and std",
        mnet_type_name (mnet_model_input (network->model, 0)->type));
}

/* Settles how pictures are brought into the model's input and tries it on one:
 * caps come later and must not be the ones to find out that the input is no
 * picture. */
static gboolean
choose_options (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings)
{
  const MnetFrameInfo any = { MNET_PIXEL_RGB, 64, 64, MNET_MATRIX_BT601, true };
  const MnetTensorInfo *tensor = mnet_model_input (network->model, 0);
  MnetError error = { MNET_OK, "" };
  MnetNormalization normalization;
  MnetImage *image;
  gboolean told;

  told = mnet_model_normalization (network->model, 0, &normalization);
  if (!gst_mobilenet_settings_input_size (settings, &network->input_width,
          &network->input_height, &error)
      || !gst_mobilenet_settings_normalize (settings, tensor,
          told ? &normalization : NULL, &network->options, &error)) {
    gst_mobilenet_post_error (element, NULL, &error);
    return FALSE;
  }
  image = mnet_image_new (&any, tensor, &network->options, &error);
  if (!image) {
    /* The properties are in order: the model is what does not fit. */
    if (error.status == MNET_ERROR_ARGUMENT)
      error.status = MNET_ERROR_UNSUPPORTED;
    gst_mobilenet_post_error (element, network->file, &error);
    return FALSE;
  }
  mnet_image_free (image);
  log_options (network, element, told || settings->mean || settings->std
      || settings->input_range != GST_MOBILENET_INPUT_RANGE_AUTO);
  return TRUE;
}

static gboolean
take_threads (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings)
{
  MnetError error = { MNET_OK, "" };
  /* As the affinity mask counts them.  More threads would wait for each other
   * at the end of every frame. */
  guint processors = g_get_num_processors ();

  if (settings->threads > processors)
    GST_INFO_OBJECT (element, "%u threads were asked for, %u processors may be "
        "used: so many threads compute", settings->threads, processors);
  if (MIN (settings->threads, processors) == 1)
    return TRUE;
  network->pool = gst_mobilenet_pool_acquire (MIN (settings->threads,
          processors), &error);
  if (!network->pool)
    gst_mobilenet_post_error (element, NULL, &error);
  return network->pool != NULL;
}

/* Loads what `settings` name into an empty `network`.  FALSE, with an error
 * message of `element` posted and nothing loaded, when that fails. */
gboolean
gst_mobilenet_network_open (GstMobilenetNetwork * network, GstElement * element,
    const GstMobilenetSettings * settings)
{
  if (load_model (network, element, settings)
      && load_labels (network, element, settings)
      && choose_options (network, element, settings)
      && take_threads (network, element, settings))
    return TRUE;
  gst_mobilenet_network_close (network);
  return FALSE;
}

/* NULL, with an error message of `element` posted, when the network does not
 * work at the input size or memory is short. */
MnetSession *
gst_mobilenet_network_new_session (const GstMobilenetNetwork * network,
    GstElement * element)
{
  const MnetSessionOptions options = { network->pool, network->input_width,
    network->input_height, TRUE
  };
  MnetError error = { MNET_OK, "" };
  MnetSession *session;
  gchar *about;

  session = mnet_session_new (network->model, &options, &error);
  if (session)
    return session;
  if (network->input_width)
    about = g_strdup_printf ("%s with the property input-size=%dx%d",
        network->file, network->input_width, network->input_height);
  else
    about = g_strdup (network->file);
  gst_mobilenet_post_error (element, about, &error);
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
}
