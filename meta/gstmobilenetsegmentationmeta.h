/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetSegmentationMeta: which class each part of a video frame belongs
 * to. */
#ifndef __GST_MOBILENET_SEGMENTATION_META_H__
#define __GST_MOBILENET_SEGMENTATION_META_H__

#include <gst/mobilenet/gstmobilenetsegmentation.h>

G_BEGIN_DECLS

/**
 * GST_MOBILENET_SEGMENTATION_META_API_TYPE:
 *
 * The API type, for gst_buffer_iterate_meta_filtered() and its kin.
 */
#define GST_MOBILENET_SEGMENTATION_META_API_TYPE \
    (gst_mobilenet_segmentation_meta_api_get_type ())

/**
 * GST_MOBILENET_SEGMENTATION_META_INFO: (skip)
 *
 * The #GstMetaInfo of the implementation.
 */
#define GST_MOBILENET_SEGMENTATION_META_INFO \
    (gst_mobilenet_segmentation_meta_get_info ())

/**
 * GST_MOBILENET_SEGMENTATION_STRUCTURE_NAME:
 *
 * Name of the structure of gst_mobilenet_segmentation_meta_to_structure(), and of
 * the element messages that carry it.
 */
#define GST_MOBILENET_SEGMENTATION_STRUCTURE_NAME "mobilenet-segmentation"

/**
 * GstMobilenetSegmentationMeta:
 * @meta: parent #GstMeta
 * @segmentation: the maps and where they lie on this frame; shared by all frames
 *     of one size that carry it
 * @age: nanoseconds from the analysed frame to this one: the timestamp of this
 *     frame, at the element that attached the meta, minus that of the analysed
 *     one. 0: the result is this frame's own. %GST_CLOCK_TIME_NONE: unknown, a
 *     timestamp is missing.
 *
 * A segmentation attached to a frame. All fields are read-only.
 */
typedef struct
{
  GstMeta meta;

  GstMobilenetSegmentation *segmentation;
  GstClockTime age;
} GstMobilenetSegmentationMeta;

GST_MOBILENET_META_API
GType gst_mobilenet_segmentation_meta_api_get_type (void);

GST_MOBILENET_META_API
const GstMetaInfo *gst_mobilenet_segmentation_meta_get_info (void);

GST_MOBILENET_META_API
GstMobilenetSegmentationMeta *gst_buffer_add_mobilenet_segmentation_meta (
    GstBuffer * buffer, GstMobilenetSegmentation * segmentation,
    GstClockTime age);

GST_MOBILENET_META_API
GstMobilenetSegmentationMeta *gst_buffer_get_mobilenet_segmentation_meta (
    GstBuffer * buffer);

GST_MOBILENET_META_API
GstMobilenetSegmentationMeta *
gst_buffer_get_mobilenet_segmentation_meta_for_model (GstBuffer * buffer,
    const gchar * model);

GST_MOBILENET_META_API
guint gst_mobilenet_segmentation_meta_get_n_results (
    const GstMobilenetSegmentationMeta * meta);

GST_MOBILENET_META_API
gboolean gst_mobilenet_segmentation_meta_get_result (
    const GstMobilenetSegmentationMeta * meta, guint i, guint * index,
    const gchar ** label, gdouble * score, gdouble * share);

GST_MOBILENET_META_API
gboolean gst_mobilenet_segmentation_meta_get_at (
    const GstMobilenetSegmentationMeta * meta, gdouble x, gdouble y,
    guint * index, gdouble * confidence);

GST_MOBILENET_META_API
GstStructure *gst_mobilenet_segmentation_meta_to_structure (
    const GstMobilenetSegmentationMeta * meta);

G_END_DECLS

#endif /* __GST_MOBILENET_SEGMENTATION_META_H__ */
