/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetClassification: one block of memory that holds the counts, the
 * results and their strings. */
#include "gstmobilenetclassificationprivate.h"

#include "gstmobilenetmetastring.h"

/* Followed in the same block by n_results results and then the strings, each
 * with its NUL: the model first, the labels in the order of the results. */
struct _GstMobilenetClassification
{
  gint ref_count;               /* atomic */
  guint n_results;
  GstClockTime source_pts;
  const gchar *model;
  GstMobilenetClassificationResult results[];
};

G_DEFINE_BOXED_TYPE (GstMobilenetClassification, gst_mobilenet_classification,
    gst_mobilenet_classification_ref, gst_mobilenet_classification_unref);

/**
 * gst_mobilenet_classification_new:
 * @model: name of the network, UTF-8
 * @source_pts: timestamp of the analysed frame, or %GST_CLOCK_TIME_NONE
 * @results: (array length=n_results) (nullable): the classes, best first;
 *     copied, with their labels. A label may be %NULL for "".
 * @n_results: how many; may be 0
 *
 * Makes one allocation, whatever @n_results is. Bytes that are not UTF-8 are
 * replaced by U+FFFD.
 *
 * Returns: (transfer full): a new classification with one reference
 */
GstMobilenetClassification *
gst_mobilenet_classification_new (const gchar * model,
    GstClockTime source_pts, const GstMobilenetClassificationResult * results,
    guint n_results)
{
  GstMobilenetClassification *self;
  gsize size;
  gchar *end;
  guint i;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (results != NULL || n_results == 0, NULL);

  size = sizeof (*self) + n_results * sizeof (self->results[0]);
  size += gst_mobilenet_meta_string_room (model);
  for (i = 0; i < n_results; i++)
    size += gst_mobilenet_meta_string_room (results[i].label);

  self = g_malloc (size);
  self->ref_count = 1;
  self->n_results = n_results;
  self->source_pts = source_pts;
  end = (gchar *) & self->results[n_results];
  self->model = gst_mobilenet_meta_string_append (&end, model);
  for (i = 0; i < n_results; i++) {
    self->results[i].index = results[i].index;
    self->results[i].label =
        gst_mobilenet_meta_string_append (&end, results[i].label);
    self->results[i].score = results[i].score;
  }
  return self;
}

/**
 * gst_mobilenet_classification_ref:
 * @classification: a classification
 *
 * Returns: (transfer full): @classification
 */
GstMobilenetClassification *
gst_mobilenet_classification_ref (GstMobilenetClassification * classification)
{
  g_return_val_if_fail (classification != NULL, NULL);

  g_atomic_int_inc (&classification->ref_count);
  return classification;
}

/**
 * gst_mobilenet_classification_unref:
 * @classification: (transfer full): a classification
 *
 * Frees @classification with its last reference.
 */
void
gst_mobilenet_classification_unref (GstMobilenetClassification * classification)
{
  g_return_if_fail (classification != NULL);

  if (g_atomic_int_dec_and_test (&classification->ref_count))
    g_free (classification);
}

/**
 * gst_mobilenet_classification_get_model:
 * @classification: a classification
 *
 * Returns: name of the network, UTF-8; lives as long as @classification
 */
const gchar *
gst_mobilenet_classification_get_model (const GstMobilenetClassification *
    classification)
{
  g_return_val_if_fail (classification != NULL, NULL);

  return classification->model;
}

/**
 * gst_mobilenet_classification_get_source_pts:
 * @classification: a classification
 *
 * Returns: timestamp that the analysed frame had at the element that analysed
 *     it, or %GST_CLOCK_TIME_NONE
 */
GstClockTime
gst_mobilenet_classification_get_source_pts (const GstMobilenetClassification *
    classification)
{
  g_return_val_if_fail (classification != NULL, GST_CLOCK_TIME_NONE);

  return classification->source_pts;
}

/**
 * gst_mobilenet_classification_get_n_results:
 * @classification: a classification
 *
 * Returns: how many classes there are; 0 when none passed the threshold
 */
guint
gst_mobilenet_classification_get_n_results (const GstMobilenetClassification *
    classification)
{
  g_return_val_if_fail (classification != NULL, 0);

  return classification->n_results;
}

/**
 * gst_mobilenet_classification_get_result:
 * @classification: a classification
 * @i: which one; 0 is the best
 * @index: (out) (optional): number of the class in the network's output
 * @label: (out) (optional) (transfer none): its name, UTF-8, "" when it has
 *     none; lives as long as @classification
 * @score: (out) (optional): its probability, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_classification_get_result (const GstMobilenetClassification *
    classification, guint i, guint * index, const gchar ** label,
    gdouble * score)
{
  const GstMobilenetClassificationResult *result;

  g_return_val_if_fail (classification != NULL, FALSE);

  if (i >= classification->n_results)
    return FALSE;
  result = &classification->results[i];
  if (index)
    *index = result->index;
  if (label)
    *label = result->label;
  if (score)
    *score = result->score;
  return TRUE;
}

void
gst_mobilenet_classification_init_results (GValue * value,
    const GstMobilenetClassification * classification)
{
  guint i;

  g_value_init (value, GST_TYPE_ARRAY);
  for (i = 0; i < classification->n_results; i++) {
    const GstMobilenetClassificationResult *from = &classification->results[i];
    GValue result = G_VALUE_INIT;

    g_value_init (&result, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&result, gst_structure_new ("result",
            "index", G_TYPE_UINT, from->index,
            "label", G_TYPE_STRING, from->label,
            "score", G_TYPE_DOUBLE, from->score, NULL));
    gst_value_array_append_and_take_value (value, &result);
  }
}
