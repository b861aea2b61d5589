/* SPDX-License-Identifier: MIT
 *
 * What the metas of this library share of GstMobilenetClassification: not
 * installed. */
#ifndef __GST_MOBILENET_CLASSIFICATION_PRIVATE_H__
#define __GST_MOBILENET_CLASSIFICATION_PRIVATE_H__

#include <gst/mobilenet/gstmobilenetclassification.h>

G_BEGIN_DECLS

/* Makes `value`, which is not initialised, the GstValueArray of structures
 * `result` of messages; the caller owns it. */
G_GNUC_INTERNAL
void gst_mobilenet_classification_init_results (GValue * value,
    const GstMobilenetClassification * classification);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSIFICATION_PRIVATE_H__ */
