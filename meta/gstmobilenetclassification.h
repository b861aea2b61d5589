/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetClassification: what one network said about one frame, immutable
 * and reference-counted, so that any number of frames can carry it. */
#ifndef __GST_MOBILENET_CLASSIFICATION_H__
#define __GST_MOBILENET_CLASSIFICATION_H__

#include <gst/mobilenet/gstmobilenetmeta-prelude.h>

G_BEGIN_DECLS

/**
 * GST_TYPE_MOBILENET_CLASSIFICATION:
 *
 * The boxed type of #GstMobilenetClassification.
 */
#define GST_TYPE_MOBILENET_CLASSIFICATION \
    (gst_mobilenet_classification_get_type ())

/**
 * GstMobilenetClassificationResult:
 * @index: number of the class in the network's output
 * @label: name of the class, UTF-8, "" when it has none
 * @score: probability, 0 to 1
 *
 * One class of a classification.
 */
typedef struct
{
  guint index;
  const gchar *label;
  gdouble score;
} GstMobilenetClassificationResult;

/**
 * GstMobilenetClassification:
 *
 * The best classes of one frame, best first, with the name of the network and
 * the timestamp of the frame. Immutable and reference-counted; threads may
 * share it.
 */
typedef struct _GstMobilenetClassification GstMobilenetClassification;

GST_MOBILENET_META_API
GType gst_mobilenet_classification_get_type (void);

GST_MOBILENET_META_API
GstMobilenetClassification *gst_mobilenet_classification_new (
    const gchar * model, GstClockTime source_pts,
    const GstMobilenetClassificationResult * results, guint n_results);

GST_MOBILENET_META_API
GstMobilenetClassification *gst_mobilenet_classification_ref (
    GstMobilenetClassification * classification);

GST_MOBILENET_META_API
void gst_mobilenet_classification_unref (
    GstMobilenetClassification * classification);

GST_MOBILENET_META_API
const gchar *gst_mobilenet_classification_get_model (
    const GstMobilenetClassification * classification);

GST_MOBILENET_META_API
GstClockTime gst_mobilenet_classification_get_source_pts (
    const GstMobilenetClassification * classification);

GST_MOBILENET_META_API
guint gst_mobilenet_classification_get_n_results (
    const GstMobilenetClassification * classification);

GST_MOBILENET_META_API
gboolean gst_mobilenet_classification_get_result (
    const GstMobilenetClassification * classification, guint i,
    guint * index, const gchar ** label, gdouble * score);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMobilenetClassification,
    gst_mobilenet_classification_unref)

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSIFICATION_H__ */
