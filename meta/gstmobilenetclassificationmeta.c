/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetClassificationMeta: a classification on a video frame. */
/**
 * SECTION:gstmobilenetclassificationmeta
 * @title: GstMobilenetClassificationMeta
 * @short_description: What a network said a video frame shows
 *
 * Attached by `mobilenetclassify`. The meta speaks of the whole picture: it
 * follows the frame through copies, conversions, scaling and encoders, and
 * vanishes where the picture is cropped, turned or mirrored.
 *
 * |[<!-- language="C" -->
 * static GstPadProbeReturn
 * print_best (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
 * {
 *   GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
 *   GstMobilenetClassificationMeta *meta =
 *       gst_buffer_get_mobilenet_classification_meta (buffer);
 *   const gchar *label;
 *   gdouble score;
 *
 *   if (meta && gst_mobilenet_classification_meta_get_result (meta, 0, NULL,
 *           &label, &score))
 *     g_print ("%s %.3f\n", label, score);
 *   return GST_PAD_PROBE_OK;
 * }
 * ]|
 */
#include <gst/mobilenet/gstmobilenetclassificationmeta.h>

#include "gstmobilenetclassificationprivate.h"
#include "gstmobilenetmetatransform.h"

static gboolean
gst_mobilenet_classification_meta_init (GstMeta * meta, gpointer params,
    GstBuffer * buffer)
{
  GstMobilenetClassificationMeta *self =
      (GstMobilenetClassificationMeta *) meta;

  self->classification = NULL;
  self->age = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static void
gst_mobilenet_classification_meta_free (GstMeta * meta, GstBuffer * buffer)
{
  GstMobilenetClassificationMeta *self =
      (GstMobilenetClassificationMeta *) meta;

  g_clear_pointer (&self->classification, gst_mobilenet_classification_unref);
}

static gboolean
gst_mobilenet_classification_meta_transform (GstBuffer * dest, GstMeta * meta,
    GstBuffer * buffer, GQuark type, gpointer data)
{
  GstMobilenetClassificationMeta *self =
      (GstMobilenetClassificationMeta *) meta;

  switch (gst_mobilenet_meta_transformed_picture (type, data)) {
    case GST_MOBILENET_META_PICTURE_KEPT:
      return gst_buffer_add_mobilenet_classification_meta (dest,
          self->classification, self->age) != NULL;
    case GST_MOBILENET_META_PICTURE_CHANGED:
      return TRUE;
    default:
      return FALSE;
  }
}

GType
gst_mobilenet_classification_meta_api_get_type (void)
{
  static GType type = 0;

  if (g_once_init_enter (&type)) {
    GType registered =
        gst_meta_api_type_register ("GstMobilenetClassificationMetaAPI",
        gst_mobilenet_meta_tags);

    g_once_init_leave (&type, registered);
  }
  return type;
}

/**
 * gst_mobilenet_classification_meta_get_info: (skip)
 *
 * Returns: the #GstMetaInfo of the implementation
 */
const GstMetaInfo *
gst_mobilenet_classification_meta_get_info (void)
{
  static const GstMetaInfo *info = NULL;

  if (g_once_init_enter ((GstMetaInfo **) & info)) {
    const GstMetaInfo *registered =
        gst_meta_register (GST_MOBILENET_CLASSIFICATION_META_API_TYPE,
        "GstMobilenetClassificationMeta",
        sizeof (GstMobilenetClassificationMeta),
        gst_mobilenet_classification_meta_init,
        gst_mobilenet_classification_meta_free,
        gst_mobilenet_classification_meta_transform);

    g_once_init_leave ((GstMetaInfo **) & info, (GstMetaInfo *) registered);
  }
  return info;
}

/**
 * gst_buffer_add_mobilenet_classification_meta:
 * @buffer: a writable buffer
 * @classification: (transfer none): what to attach; a reference is taken, so
 *     that many frames share one result
 * @age: nanoseconds from the analysed frame to this one, or
 *     %GST_CLOCK_TIME_NONE
 *
 * A buffer may carry several, one for each network that looked at it.
 *
 * Returns: (transfer none): the meta, owned by @buffer
 */
GstMobilenetClassificationMeta *
gst_buffer_add_mobilenet_classification_meta (GstBuffer * buffer,
    GstMobilenetClassification * classification, GstClockTime age)
{
  GstMobilenetClassificationMeta *self;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (classification != NULL, NULL);

  self = (GstMobilenetClassificationMeta *) gst_buffer_add_meta (buffer,
      GST_MOBILENET_CLASSIFICATION_META_INFO, NULL);
  if (!self)
    return NULL;
  self->classification = gst_mobilenet_classification_ref (classification);
  self->age = age;
  return self;
}

/**
 * gst_buffer_get_mobilenet_classification_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the first one on @buffer, owned by it
 */
GstMobilenetClassificationMeta *
gst_buffer_get_mobilenet_classification_meta (GstBuffer * buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  return (GstMobilenetClassificationMeta *) gst_buffer_get_meta (buffer,
      GST_MOBILENET_CLASSIFICATION_META_API_TYPE);
}

/**
 * gst_buffer_get_mobilenet_classification_meta_for_model:
 * @buffer: a buffer
 * @model: name of a network
 *
 * For buffers that several networks looked at.
 *
 * Returns: (transfer none) (nullable): the first one by @model on @buffer,
 *     owned by it
 */
GstMobilenetClassificationMeta *
gst_buffer_get_mobilenet_classification_meta_for_model (GstBuffer * buffer,
    const gchar * model)
{
  gpointer state = NULL;
  GstMeta *meta;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (model != NULL, NULL);

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_CLASSIFICATION_META_API_TYPE))) {
    GstMobilenetClassificationMeta *self =
        (GstMobilenetClassificationMeta *) meta;

    if (g_str_equal (model,
            gst_mobilenet_classification_get_model (self->classification)))
      return self;
  }
  return NULL;
}

/**
 * gst_mobilenet_classification_meta_get_n_results:
 * @meta: a meta
 *
 * Returns: gst_mobilenet_classification_get_n_results() of its classification
 */
guint
gst_mobilenet_classification_meta_get_n_results (const
    GstMobilenetClassificationMeta * meta)
{
  g_return_val_if_fail (meta != NULL, 0);

  return gst_mobilenet_classification_get_n_results (meta->classification);
}

/**
 * gst_mobilenet_classification_meta_get_result:
 * @meta: a meta
 * @i: which one; 0 is the best
 * @index: (out) (optional): number of the class in the network's output
 * @label: (out) (optional) (transfer none): its name, UTF-8, "" when it has
 *     none; lives as long as the classification
 * @score: (out) (optional): its probability, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_classification_meta_get_result (const
    GstMobilenetClassificationMeta * meta, guint i, guint * index,
    const gchar ** label, gdouble * score)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  return gst_mobilenet_classification_get_result (meta->classification, i,
      index, label, score);
}

/**
 * gst_mobilenet_classification_meta_to_structure:
 * @meta: a meta
 *
 * The meta as a structure named "mobilenet-classification" with the fields
 * `source-pts` (guint64), `age` (guint64), `model` (string) and `results` (a
 * #GstValueArray of structures `result` with `index` (guint), `label` (string)
 * and `score` (double)), best first. Times that are not known are
 * %GST_CLOCK_TIME_NONE.
 *
 * Returns: (transfer full): a new structure
 */
GstStructure *
gst_mobilenet_classification_meta_to_structure (const
    GstMobilenetClassificationMeta * meta)
{
  const GstMobilenetClassification *from;
  GValue results = G_VALUE_INIT;
  GstStructure *structure;

  g_return_val_if_fail (meta != NULL, NULL);

  from = meta->classification;
  gst_mobilenet_classification_init_results (&results, from);
  structure = gst_structure_new (GST_MOBILENET_CLASSIFICATION_STRUCTURE_NAME,
      "source-pts", G_TYPE_UINT64,
      gst_mobilenet_classification_get_source_pts (from),
      "age", G_TYPE_UINT64, meta->age,
      "model", G_TYPE_STRING,
      gst_mobilenet_classification_get_model (from), NULL);
  gst_structure_take_value (structure, "results", &results);
  return structure;
}
