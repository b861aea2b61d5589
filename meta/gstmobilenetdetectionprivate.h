/* SPDX-License-Identifier: MIT
 *
 * What the meta needs of GstMobilenetDetection beyond the public functions: not
 * installed. */
#ifndef __GST_MOBILENET_DETECTION_PRIVATE_H__
#define __GST_MOBILENET_DETECTION_PRIVATE_H__

#include <gst/mobilenet/gstmobilenetdetection.h>

#include "gstmobilenetmetatransform.h"

G_BEGIN_DECLS

/* `i` must be less than the number of results. */
G_GNUC_INTERNAL
const GstMobilenetDetectionResult *gst_mobilenet_detection_peek_result (
    const GstMobilenetDetection * detection, guint i);

/* The detections that the new picture shows, where it shows them: transfer
 * full, the same object when nothing moved. */
G_GNUC_INTERNAL
GstMobilenetDetection *gst_mobilenet_detection_moved (
    GstMobilenetDetection * detection, const GstMobilenetMetaMove * move);

G_END_DECLS

#endif /* __GST_MOBILENET_DETECTION_PRIVATE_H__ */
