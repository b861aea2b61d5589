/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetoverlay. */
#ifndef __GST_MOBILENET_OVERLAY_H__
#define __GST_MOBILENET_OVERLAY_H__

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_OVERLAY (gst_mobilenet_overlay_get_type ())
G_DECLARE_FINAL_TYPE (GstMobilenetOverlay, gst_mobilenet_overlay,
    GST, MOBILENET_OVERLAY, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (mobilenetoverlay);

G_END_DECLS

#endif /* __GST_MOBILENET_OVERLAY_H__ */
