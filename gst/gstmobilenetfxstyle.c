/* SPDX-License-Identifier: MIT
 *
 * The numbers of a style, made of a picture by a network. */

#include "gstmobilenetfxstyle.h"
#include "gstmobilenetframe.h"
#include "gstmobilenetmessage.h"
#include "gstmobilenetpicture.h"

#define PROPERTY "style-model-file"

static gboolean
check_files (const GstMobilenetFxNetworkSettings * settings,
    const GstMobilenetNetwork * network, GError ** error)
{
  const MnetTensorInfo *style =
      mnet_model_input (network->model, network->inputs.style);
  const gchar *missing = !settings->style_file ? "style-file" :
      !settings->style_model_file ? PROPERTY : NULL;

  if (!missing)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
      "%s takes a style of %" G_GSIZE_FORMAT
      " numbers beside the picture, and the "
      "property %s is not set: set style-file to a picture and " PROPERTY
      " to the " ".tflite network that makes those numbers of it",
      network->file, style->elements, missing);
  return FALSE;
}

/* How the picture is brought into the predictor: as its file says, else as its
 * partner's is. */
static gboolean
open_predictor (GstMobilenetNetwork * predictor, GstElement * element,
    const GstMobilenetFxNetworkSettings * settings,
    const GstMobilenetNetwork * network, GError ** error)
{
  GstMobilenetSettings own;
  MnetNormalization told;
  gboolean opened;

  gst_mobilenet_settings_init (&own);
  own.model_file = settings->style_model_file;
  own.cpu = settings->network.cpu;
  opened = gst_mobilenet_network_open_painter (predictor, element, &own, error);
  if (!opened) {
    g_prefix_error (error, "property " PROPERTY ": ");
    return FALSE;
  }
  if (!mnet_model_normalization (predictor->model, predictor->inputs.picture,
          &told) && mnet_model_input (predictor->model,
          predictor->inputs.picture)->type == MNET_TYPE_FLOAT32)
    predictor->options = network->options;
  predictor->options.fit = MNET_FIT_STRETCH;
  return TRUE;
}

static gboolean
check_predictor (const GstMobilenetNetwork * predictor,
    const GstMobilenetNetwork * network, GError ** error)
{
  const MnetTensorInfo *style =
      mnet_model_input (network->model, network->inputs.style);
  MnetError cause = { MNET_OK, "" };
  gchar *about;

  if (predictor->inputs.style != MNET_NO_INPUT) {
    cause.status = MNET_ERROR_UNSUPPORTED;
    g_snprintf (cause.text, sizeof (cause.text),
        "it takes a style itself; one that takes a picture alone is expected");
  } else if (!mnet_painting_check_style (style,
          mnet_model_output (predictor->model, 0), &cause)) {
    return TRUE;
  }
  about = g_strdup_printf ("%s, the property " PROPERTY " for %s",
      predictor->file, network->file);
  *error = gst_mobilenet_error_new (about, &cause);
  g_free (about);
  return FALSE;
}

/* Brings the picture in `sample` into `tensor`. */
static gboolean
show_picture (GstSample * sample, const GstMobilenetNetwork * predictor,
    void *tensor, MnetError * error)
{
  const MnetTensorInfo *input =
      mnet_model_input (predictor->model, predictor->inputs.picture);
  const gchar *reason = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  MnetFrameInfo about;
  MnetPlanes planes;
  MnetImage *image;

  error->status = MNET_ERROR_ARGUMENT;
  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_mobilenet_frame_info (&info, &about)) {
    g_snprintf (error->text, sizeof (error->text), "it is no picture");
    return FALSE;
  }
  if (!gst_mobilenet_frame_map (&frame, &info, gst_sample_get_buffer (sample),
          GST_MAP_READ, &reason)) {
    g_snprintf (error->text, sizeof (error->text), "%s", reason);
    return FALSE;
  }
  image = mnet_image_new (&about, input, &predictor->options, error);
  if (image) {
    gst_mobilenet_frame_planes (&frame, &planes);
    mnet_image_convert (image, &planes, tensor);
    mnet_image_free (image);
  }
  gst_video_frame_unmap (&frame);
  return image != NULL;
}

static guint8 *
predict (GstSample * sample, const GstMobilenetNetwork * predictor,
    const GstMobilenetNetwork * network, MnetError * error)
{
  const MnetTensorInfo *style =
      mnet_model_input (network->model, network->inputs.style);
  MnetSession *session = mnet_session_new (predictor->model, NULL, error);
  guint8 *numbers = NULL;

  if (!session)
    return NULL;
  if (show_picture (sample, predictor, mnet_session_input (session,
              predictor->inputs.picture), error)) {
    mnet_session_run (session);
    numbers = g_malloc (style->bytes);
    mnet_painting_set_style (style, numbers,
        mnet_session_output_info (session, 0), mnet_session_output (session,
            0));
  }
  mnet_session_free (session);
  return numbers;
}

guint8 *
gst_mobilenet_fx_style_new (GstElement * element,
    const GstMobilenetFxNetworkSettings * settings,
    const GstMobilenetNetwork * network, GError ** error)
{
  GstMobilenetNetwork predictor = { 0, };
  MnetError cause = { MNET_OK, "" };
  GstSample *sample = NULL;
  guint8 *numbers = NULL;

  if (!check_files (settings, network, error)
      || !open_predictor (&predictor, element, settings, network, error))
    return NULL;
  if (check_predictor (&predictor, network, error))
    sample = gst_mobilenet_picture_read (settings->style_file, "style-file",
        error);
  if (sample) {
    numbers = predict (sample, &predictor, network, &cause);
    gst_sample_unref (sample);
    if (!numbers)
      *error = gst_mobilenet_error_new (settings->style_file, &cause);
  }
  gst_mobilenet_network_close (&predictor);
  return numbers;
}
