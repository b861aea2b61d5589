/* SPDX-License-Identifier: MIT
 *
 * What the properties of the input's size, normalisation and channels mean. */

#include <math.h>
#include <string.h>

#include "gstmobilenetsettings.h"

#define MAX_INPUT_SIZE 16384

/* Reads decimal digits, 1 to MAX_INPUT_SIZE; `end` is what follows them. */
static gboolean
parse_side (const gchar * text, gint32 * side, const gchar ** end)
{
  *side = 0;
  for (*end = text; g_ascii_isdigit (**end) && *side <= MAX_INPUT_SIZE;
      (*end)++)
    *side = *side * 10 + (**end - '0');
  return *end != text && *side >= 1 && *side <= MAX_INPUT_SIZE;
}

static gboolean
parse_size (const gchar * text, gint32 * width, gint32 * height)
{
  const gchar *end;

  if (!parse_side (text, width, &end))
    return FALSE;
  *height = *width;
  if (*end == 'x' && !parse_side (end + 1, height, &end))
    return FALSE;
  return *end == '\0';
}

/* The property input-size; both 0, the file's, when it is unset. */
gboolean
gst_mobilenet_settings_input_size (const GstMobilenetSettings * settings,
    gint32 * width, gint32 * height, MnetError * error)
{
  *width = *height = 0;
  if (!settings->input_size || parse_size (settings->input_size, width, height))
    return TRUE;
  error->status = MNET_ERROR_ARGUMENT;
  g_snprintf (error->text, sizeof (error->text),
      "property input-size is \"%.64s\", expected N or WxH with sides of 1 to %d "
      "pixels, e.g. input-size=160 or input-size=192x160", settings->input_size,
      MAX_INPUT_SIZE);
  return FALSE;
}

/* Reads one number or three, separated by commas, into all of `numbers`. */
static gboolean
parse_numbers (const gchar * text, gfloat numbers[4])
{
  guint n = 0;

  for (;;) {
    gchar *end;

    numbers[n] = (gfloat) g_ascii_strtod (text, &end);
    if (end == text || !isfinite (numbers[n]))
      return FALSE;
    n++;
    end += strspn (end, " ");
    if (*end == '\0')
      break;
    if (*end != ',' || n == 3)
      return FALSE;
    text = end + 1;
  }
  if (n == 2)
    return FALSE;
  if (n == 1)
    numbers[1] = numbers[2] = numbers[0];
  numbers[3] = numbers[2];
  return TRUE;
}

/* Fills `numbers` from property `name` or, when it is unset, with `unset`. */
static gboolean
read_numbers (const gchar * name, const gchar * text, gfloat unset,
    gboolean positive, gfloat numbers[4], MnetError * error)
{
  guint i;

  for (i = 0; i < 4; i++)
    numbers[i] = unset;
  if (!text)
    return TRUE;
  if (parse_numbers (text, numbers) && (!positive || (numbers[0] > 0
              && numbers[1] > 0 && numbers[2] > 0)))
    return TRUE;
  error->status = MNET_ERROR_ARGUMENT;
  g_snprintf (error->text, sizeof (error->text),
      "property %s is \"%.64s\", expected one number or three separated by "
      "commas%s, on the scale 0 to 255, e.g. %s=127.5", name, text,
      positive ? ", each more than 0" : "", name);
  return FALSE;
}

static void
use_range (GstMobilenetInputRange range, MnetImageOptions * options)
{
  gboolean signs = range == GST_MOBILENET_INPUT_RANGE_MINUS_ONE_ONE;
  guint i;

  options->raw = range == GST_MOBILENET_INPUT_RANGE_BYTES;
  for (i = 0; i < 4; i++) {
    options->mean[i] = signs ? 127.5f : 0.0f;
    options->std[i] = signs ? 127.5f : 255.0f;
  }
}

/* How pictures are brought into `tensor`: as the properties say, else as
 * `normalization` says, the file's, which may be NULL, else by a guess. */
gboolean
gst_mobilenet_settings_normalize (const GstMobilenetSettings * settings,
    const MnetTensorInfo * tensor, const MnetNormalization * normalization,
    MnetImageOptions * options, MnetError * error)
{
  gboolean numbers = settings->mean || settings->std;

  mnet_image_default_options (tensor, normalization, options);
  options->fit = settings->fit;
  if (settings->channel_order != GST_MOBILENET_CHANNEL_ORDER_AUTO)
    options->bgr = settings->channel_order == GST_MOBILENET_CHANNEL_ORDER_BGR;
  if (numbers && settings->input_range != GST_MOBILENET_INPUT_RANGE_AUTO) {
    error->status = MNET_ERROR_ARGUMENT;
    g_snprintf (error->text, sizeof (error->text),
        "properties input-range and %s contradict each other: set one or the "
        "other", settings->mean ? "mean" : "std");
    return FALSE;
  }
  if (settings->input_range != GST_MOBILENET_INPUT_RANGE_AUTO) {
    use_range (settings->input_range, options);
    return TRUE;
  }
  if (!numbers)
    return TRUE;
  options->raw = false;
  return read_numbers ("mean", settings->mean, 0, FALSE, options->mean, error)
      && read_numbers ("std", settings->std, 1, TRUE, options->std, error);
}
