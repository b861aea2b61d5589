/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetfx. */
#ifndef __GST_MOBILENET_FX_H__
#define __GST_MOBILENET_FX_H__

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_FX (gst_mobilenet_fx_get_type ())
G_DECLARE_FINAL_TYPE (GstMobilenetFx, gst_mobilenet_fx, GST, MOBILENET_FX,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (mobilenetfx);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_H__ */
