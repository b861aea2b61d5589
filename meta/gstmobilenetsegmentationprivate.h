/* SPDX-License-Identifier: MIT
 *
 * What the meta needs of GstMobilenetSegmentation beyond the public functions:
 * not installed. */
#ifndef __GST_MOBILENET_SEGMENTATION_PRIVATE_H__
#define __GST_MOBILENET_SEGMENTATION_PRIVATE_H__

#include <gst/mobilenet/gstmobilenetsegmentation.h>

#include "gstmobilenetmetatransform.h"

G_BEGIN_DECLS

/* The segmentation on the new picture: transfer full, the same object when
 * nothing moved.  NULL when the picture is turned or mirrored, which a place
 * cannot tell, or when nothing of what was seen is left. */
G_GNUC_INTERNAL
GstMobilenetSegmentation *gst_mobilenet_segmentation_moved (
    GstMobilenetSegmentation * segmentation, const GstMobilenetMetaMove * move);

G_END_DECLS

#endif /* __GST_MOBILENET_SEGMENTATION_PRIVATE_H__ */
