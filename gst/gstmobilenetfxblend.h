/* SPDX-License-Identifier: MIT
 *
 * Does to frames what maps of slopes and offsets say. */
#ifndef __GST_MOBILENET_FX_BLEND_H__
#define __GST_MOBILENET_FX_BLEND_H__

#include "gstmobilenetfxmaps.h"

G_BEGIN_DECLS

typedef struct _GstMobilenetFxBlend GstMobilenetFxBlend;

/* For frames of `info` but of that size, and maps of the size of `maps`. */
GstMobilenetFxBlend *gst_mobilenet_fx_blend_new (const GstVideoInfo * info,
    gint width, gint height, const GstMobilenetFxMaps * maps);
void gst_mobilenet_fx_blend_free (GstMobilenetFxBlend * self);

/* Where the maps lie: over `tensor_width` x `tensor_height` pixels of a network's input,
 * which `geometry` puts on the frame.  Only what lies in `picture` is blended. */
void gst_mobilenet_fx_blend_place (GstMobilenetFxBlend * self,
    const MnetGeometry * geometry, gint tensor_width, gint tensor_height,
    const MnetRect * picture);

/* new = (1 - strength) * sample + strength * (slope * sample + offset), in place.
 * Cannot fail, allocates nothing. */
void gst_mobilenet_fx_blend_frame (GstMobilenetFxBlend * self,
    const GstMobilenetFxMaps * maps, GstVideoFrame * frame, gdouble strength);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_BLEND_H__ */
