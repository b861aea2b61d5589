/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetDetectionMeta: what was found in a video frame. */
#ifndef __GST_MOBILENET_DETECTION_META_H__
#define __GST_MOBILENET_DETECTION_META_H__

#include <gst/mobilenet/gstmobilenetdetection.h>

G_BEGIN_DECLS

/**
 * GST_MOBILENET_DETECTION_META_API_TYPE:
 *
 * The API type, for gst_buffer_iterate_meta_filtered() and its kin.
 */
#define GST_MOBILENET_DETECTION_META_API_TYPE \
    (gst_mobilenet_detection_meta_api_get_type ())

/**
 * GST_MOBILENET_DETECTION_META_INFO: (skip)
 *
 * The #GstMetaInfo of the implementation.
 */
#define GST_MOBILENET_DETECTION_META_INFO \
    (gst_mobilenet_detection_meta_get_info ())

/**
 * GST_MOBILENET_DETECTION_STRUCTURE_NAME:
 *
 * Name of the structure of gst_mobilenet_detection_meta_to_structure(), of the
 * element messages that carry it, and of the params of the regions of
 * gst_buffer_add_mobilenet_detection_regions().
 */
#define GST_MOBILENET_DETECTION_STRUCTURE_NAME "mobilenet-detection"

/**
 * GstMobilenetDetectionMeta:
 * @meta: parent #GstMeta
 * @detection: what was found, in pixels of this frame; shared by all frames of
 *     one size that carry it
 * @age: nanoseconds from the analysed frame to this one: the timestamp of this
 *     frame, at the element that attached the meta, minus that of the analysed
 *     one. 0: the result is this frame's own. %GST_CLOCK_TIME_NONE: unknown, a
 *     timestamp is missing.
 *
 * Detections attached to a frame. All fields are read-only.
 */
typedef struct
{
  GstMeta meta;

  GstMobilenetDetection *detection;
  GstClockTime age;
} GstMobilenetDetectionMeta;

GST_MOBILENET_META_API
GType gst_mobilenet_detection_meta_api_get_type (void);

GST_MOBILENET_META_API
const GstMetaInfo *gst_mobilenet_detection_meta_get_info (void);

GST_MOBILENET_META_API
GstMobilenetDetectionMeta *gst_buffer_add_mobilenet_detection_meta (
    GstBuffer * buffer, GstMobilenetDetection * detection, GstClockTime age);

GST_MOBILENET_META_API
GstMobilenetDetectionMeta *gst_buffer_get_mobilenet_detection_meta (
    GstBuffer * buffer);

GST_MOBILENET_META_API
GstMobilenetDetectionMeta *
gst_buffer_get_mobilenet_detection_meta_for_model (GstBuffer * buffer,
    const gchar * model);

GST_MOBILENET_META_API
guint gst_buffer_add_mobilenet_detection_regions (GstBuffer * buffer,
    const GstMobilenetDetection * detection, guint width, guint height);

GST_MOBILENET_META_API
void gst_mobilenet_detection_meta_set_detection (
    GstMobilenetDetectionMeta * meta, GstMobilenetDetection * detection);

GST_MOBILENET_META_API
guint gst_mobilenet_detection_meta_get_n_results (
    const GstMobilenetDetectionMeta * meta);

GST_MOBILENET_META_API
gboolean gst_mobilenet_detection_meta_get_result (
    const GstMobilenetDetectionMeta * meta, guint i, guint * id,
    guint * index, const gchar ** label, gdouble * score);

GST_MOBILENET_META_API
gboolean gst_mobilenet_detection_meta_get_box (
    const GstMobilenetDetectionMeta * meta, guint i, gdouble * x,
    gdouble * y, gdouble * w, gdouble * h);

GST_MOBILENET_META_API
GstStructure *gst_mobilenet_detection_meta_to_structure (
    const GstMobilenetDetectionMeta * meta);

G_END_DECLS

#endif /* __GST_MOBILENET_DETECTION_META_H__ */
