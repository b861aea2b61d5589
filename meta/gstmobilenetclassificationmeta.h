/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetClassificationMeta: a classification on a video frame. */
#ifndef __GST_MOBILENET_CLASSIFICATION_META_H__
#define __GST_MOBILENET_CLASSIFICATION_META_H__

#include <gst/mobilenet/gstmobilenetclassification.h>

G_BEGIN_DECLS

/**
 * GST_MOBILENET_CLASSIFICATION_META_API_TYPE:
 *
 * The API type, for gst_buffer_iterate_meta_filtered() and its kin.
 */
#define GST_MOBILENET_CLASSIFICATION_META_API_TYPE \
    (gst_mobilenet_classification_meta_api_get_type ())

/**
 * GST_MOBILENET_CLASSIFICATION_META_INFO: (skip)
 *
 * The #GstMetaInfo of the implementation.
 */
#define GST_MOBILENET_CLASSIFICATION_META_INFO \
    (gst_mobilenet_classification_meta_get_info ())

/**
 * GST_MOBILENET_CLASSIFICATION_STRUCTURE_NAME:
 *
 * Name of the structure of gst_mobilenet_classification_meta_to_structure()
 * and of the element messages that carry it.
 */
#define GST_MOBILENET_CLASSIFICATION_STRUCTURE_NAME \
    "mobilenet-classification"

/**
 * GstMobilenetClassificationMeta:
 * @meta: parent #GstMeta
 * @classification: what the network said, shared by all frames that carry it
 * @age: nanoseconds from the analysed frame to this one: the timestamp of this
 *     frame, at the element that attached the meta, minus that of the analysed
 *     one. 0: the result is this frame's own. %GST_CLOCK_TIME_NONE: unknown, a
 *     timestamp is missing.
 *
 * A classification attached to a frame. All fields are read-only.
 */
typedef struct
{
  GstMeta meta;

  GstMobilenetClassification *classification;
  GstClockTime age;
} GstMobilenetClassificationMeta;

GST_MOBILENET_META_API
GType gst_mobilenet_classification_meta_api_get_type (void);

GST_MOBILENET_META_API
const GstMetaInfo *gst_mobilenet_classification_meta_get_info (void);

GST_MOBILENET_META_API
GstMobilenetClassificationMeta *gst_buffer_add_mobilenet_classification_meta (
    GstBuffer * buffer, GstMobilenetClassification * classification,
    GstClockTime age);

GST_MOBILENET_META_API
GstMobilenetClassificationMeta *gst_buffer_get_mobilenet_classification_meta (
    GstBuffer * buffer);

GST_MOBILENET_META_API
GstMobilenetClassificationMeta *
gst_buffer_get_mobilenet_classification_meta_for_model (GstBuffer * buffer,
    const gchar * model);

GST_MOBILENET_META_API
guint gst_mobilenet_classification_meta_get_n_results (
    const GstMobilenetClassificationMeta * meta);

GST_MOBILENET_META_API
gboolean gst_mobilenet_classification_meta_get_result (
    const GstMobilenetClassificationMeta * meta, guint i,
    guint * index, const gchar ** label, gdouble * score);

GST_MOBILENET_META_API
GstStructure *gst_mobilenet_classification_meta_to_structure (
    const GstMobilenetClassificationMeta * meta);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSIFICATION_META_H__ */
