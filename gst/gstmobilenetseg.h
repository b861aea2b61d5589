/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetseg. */
#ifndef __GST_MOBILENET_SEG_H__
#define __GST_MOBILENET_SEG_H__

#include "gstmobilenetfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_SEG (gst_mobilenet_seg_get_type ())
G_DECLARE_FINAL_TYPE (GstMobilenetSeg, gst_mobilenet_seg,
    GST, MOBILENET_SEG, GstMobilenetFilter)

GST_ELEMENT_REGISTER_DECLARE (mobilenetseg);

G_END_DECLS

#endif /* __GST_MOBILENET_SEG_H__ */
