/* SPDX-License-Identifier: MIT
 *
 * What a segmenting network tells: which output, of which classes, and which of them
 * are asked for. */

#include <stdarg.h>

#include "gstmobilenetsegnetwork.h"

static gboolean
refuse (MnetError * error, MnetStatus status, const gchar * format, ...)
{
  va_list arguments;

  error->status = status;
  va_start (arguments, format);
  g_vsnprintf (error->text, sizeof (error->text), format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Says so when a network is refused because it is for another element. */
static void
explain_refusal (const MnetModel * model, MnetError * error)
{
  MnetError ignored = { MNET_OK, "" };
  MnetDetector *detector = mnet_detector_new (model, NULL, NULL, &ignored);
  MnetClassifier *classifier = mnet_model_n_outputs (model) != 1 ? NULL :
      mnet_classifier_new (mnet_model_output (model, 0), NULL, &ignored);

  if (detector)
    refuse (error, MNET_ERROR_UNSUPPORTED,
        "the network is a detector, it finds "
        "boxes; use the element mobilenetssd");
  else if (classifier)
    refuse (error, MNET_ERROR_UNSUPPORTED, "the network is a classifier of %"
        G_GSIZE_FORMAT " classes for the whole picture; use the element "
        "mobilenetclassify", mnet_classifier_classes (classifier));
  mnet_detector_free (detector);
  mnet_classifier_free (classifier);
}

static MnetSegmenter *
open_output (const MnetModel * model, gsize output, const MnetLabels * labels,
    MnetError * error)
{
  return mnet_segmenter_new (mnet_model_input (model, 0),
      mnet_model_output (model, output),
      labels ? labels : mnet_model_labels (model, output), error);
}

/* The only output that is a map, unless `wanted` names one.  FALSE and `error`
 * filled when there is none, or more. */
static gboolean
choose_output (GstMobilenetSegNetwork * self, const MnetModel * model,
    gint wanted, const MnetLabels * labels, MnetError * error)
{
  gsize n = mnet_model_n_outputs (model), i;
  MnetError first = { MNET_OK, "" };

  if (wanted >= 0 && (gsize) wanted >= n)
    return refuse (error, MNET_ERROR_ARGUMENT, "property output is %d, but the "
        "model has %" G_GSIZE_FORMAT " outputs, expected less", wanted, n);
  for (i = 0; i < n; i++) {
    MnetError *told = first.status == MNET_OK ? &first : error;
    MnetSegmenter *segmenter;

    if (wanted >= 0 && (gsize) wanted != i)
      continue;
    segmenter = open_output (model, i, labels, told);
    if (segmenter && self->segmenter) {
      mnet_segmenter_free (segmenter);
      return refuse (error, MNET_ERROR_UNSUPPORTED, "outputs %" G_GSIZE_FORMAT
          " and %" G_GSIZE_FORMAT " of the model are both maps of classes; set "
          "the property output to one of these numbers", self->output, i);
    }
    if (segmenter) {
      self->segmenter = segmenter;
      self->output = i;
    }
  }
  if (self->segmenter)
    return TRUE;
  *error = first;
  explain_refusal (model, error);
  return FALSE;
}

static gint
find_label (const GstMobilenetSegNetwork * self, const gchar * label)
{
  gint i;

  for (i = 0; i < MNET_MAX_SEGMENT_CLASSES; i++)
    if (*label && g_ascii_strcasecmp (self->labels[i], label) == 0)
      return i;
  return -1;
}

static gboolean
choose_background (GstMobilenetSegNetwork * self, gint wanted,
    MnetError * error)
{
  gsize classes = mnet_segmenter_classes (self->segmenter);

  self->background = wanted;
  if (wanted == GST_MOBILENET_SEG_BACKGROUND_AUTO) {
    self->background = find_label (self, "background");
    if (self->background < 0 && (classes == 2 || !*self->labels[0]))
      self->background = 0;
  }
  if (classes && self->background >= (gint) classes)
    return refuse (error, MNET_ERROR_ARGUMENT,
        "property background-class is %d, " "but the network has %"
        G_GSIZE_FORMAT " classes, expected less, or -1 " "for none", wanted,
        classes);
  return TRUE;
}

/* The class that `item`, a label or a number, names; -1: none. */
static gint
class_of_item (const GstMobilenetSegNetwork * self, const gchar * item)
{
  gsize classes = mnet_segmenter_classes (self->segmenter);
  gint index = find_label (self, item);
  guint64 number;

  if (index >= 0)
    return index;
  return g_ascii_string_to_unsigned (item, 10, 0,
      (classes ? classes : MNET_MAX_SEGMENT_CLASSES) - 1, &number,
      NULL) ? (gint) number : -1;
}

/* `classes` is the property, or NULL. */
static gboolean
choose_classes (GstMobilenetSegNetwork * self, const gchar * classes,
    MnetError * error)
{
  gchar **items = g_strsplit (classes ? classes : "", ",", -1);
  gboolean valid = TRUE;
  guint i;

  self->all = !items[0];
  for (i = 0; i < 256; i++)
    self->shown_as[i] = self->all ? i : MNET_NO_SEGMENT;
  if (self->background >= 0)
    self->shown_as[self->background] = self->background;
  for (i = 0; items[i] && valid; i++) {
    gint index = class_of_item (self, g_strstrip (items[i]));

    if (index >= 0)
      self->shown_as[index] = index;
    else
      valid = refuse (error, MNET_ERROR_ARGUMENT, "property classes names "
          "\"%.80s\", which is neither a label nor the number of a class of the "
          "network", items[i]);
  }
  g_strfreev (items);
  return valid;
}

/* A network may be shown the mask of the frame before as a fourth channel. */
static gboolean
check_input (GstMobilenetSegNetwork * self, const MnetTensorInfo * input,
    MnetError * error)
{
  gboolean first = input->channels_first;

  self->input_width = input->dims[first ? 3 : 2];
  self->input_height = input->dims[first ? 2 : 1];
  return input->dims[first ? 1 : 3] != 4
      || mnet_segmenter_takes_prior (self->segmenter)
      || refuse (error, MNET_ERROR_UNSUPPORTED, "its input has 4 channels, so "
      "its output is expected to be what the fourth one is next: a mask of "
      "%dx%d pixels, of one class and the background", self->input_width,
      self->input_height);
}

/* Fills all of `self`.  FALSE and `error` filled, and nothing to clear, when the
 * element cannot use the network as `wanted` says. */
gboolean
gst_mobilenet_seg_network_open (GstMobilenetSegNetwork * self,
    const MnetModel * model, const MnetLabels * labels,
    const GstMobilenetSegWanted * wanted, MnetError * error)
{
  gboolean opened = choose_output (self, model, wanted->output, labels, error)
      && check_input (self, mnet_model_input (model, 0), error);
  guint i;

  for (i = 0; opened && i < MNET_MAX_SEGMENT_CLASSES; i++)
    self->labels[i] = mnet_segmenter_label (self->segmenter, i);
  if (opened && choose_background (self, wanted->background_class, error)
      && choose_classes (self, wanted->classes, error))
    return TRUE;
  gst_mobilenet_seg_network_clear (self);
  return FALSE;
}

void
gst_mobilenet_seg_network_clear (GstMobilenetSegNetwork * self)
{
  g_clear_pointer (&self->segmenter, mnet_segmenter_free);
}
