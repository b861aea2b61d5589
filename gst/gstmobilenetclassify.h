/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetclassify. */
#ifndef __GST_MOBILENET_CLASSIFY_H__
#define __GST_MOBILENET_CLASSIFY_H__

#include "gstmobilenetfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_CLASSIFY (gst_mobilenet_classify_get_type ())
G_DECLARE_FINAL_TYPE (GstMobilenetClassify, gst_mobilenet_classify,
    GST, MOBILENET_CLASSIFY, GstMobilenetFilter)

GST_ELEMENT_REGISTER_DECLARE (mobilenetclassify);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSIFY_H__ */
