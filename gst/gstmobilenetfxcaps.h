/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx agrees on with its neighbours: the format that came in, or one
 * with alpha for a cut-out. */
#ifndef __GST_MOBILENET_FX_CAPS_H__
#define __GST_MOBILENET_FX_CAPS_H__

#include <gst/video/video.h>

#include "gstmobilenetframe.h"

G_BEGIN_DECLS

/* A cut-out's, those of YUV first. */
#define GST_MOBILENET_FX_ALPHA_FORMATS "A420, AYUV, RGBA, BGRA, ARGB, ABGR"

#define GST_MOBILENET_FX_SRC_CAPS \
  GST_MOBILENET_FRAME_CAPS "; " \
  "video/x-raw, format = (string) { A420, AYUV }, " \
  "width = (int) [ 1, 16384 ], height = (int) [ 1, 16384 ]"

/* What is on the other side of `caps` on the pad of `direction`, for a cut-out. */
GstCaps *gst_mobilenet_fx_cut_out_caps (const GstCaps * caps,
    GstPadDirection direction);

/* Chooses a format for caps of `direction` among `othercaps`, which are taken. */
GstCaps *gst_mobilenet_fx_fixate_cut_out (const GstCaps * caps,
    GstPadDirection direction, GstCaps * othercaps);

/* Is there a conversion from the one format to the other? */
gboolean gst_mobilenet_fx_can_cut_out (const GstVideoInfo * from,
    const GstVideoInfo * to);

/* Is what metas of that API say true of a cut-out? */
gboolean gst_mobilenet_fx_cut_out_keeps (GType api);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_CAPS_H__ */
