/* SPDX-License-Identifier: MIT
 *
 * Puts something in place of the background of a mapped video frame, in the
 * frame's own format. */
#ifndef __GST_MOBILENET_FX_KEYER_H__
#define __GST_MOBILENET_FX_KEYER_H__

#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstMobilenetFxKeyer GstMobilenetFxKeyer;

/* For frames of the format of `info`, and of that size. */
GstMobilenetFxKeyer *gst_mobilenet_fx_keyer_new (const GstVideoInfo * info,
    gint width, gint height);
void gst_mobilenet_fx_keyer_free (GstMobilenetFxKeyer * keyer);

/* Are frames of that size what it is for?  A #GstVideoMeta may make them
 * larger. */
gboolean gst_mobilenet_fx_keyer_fits (const GstMobilenetFxKeyer * keyer,
    const GstVideoFrame * frame);

/* First of all: which part of `frame` is foreground.  NULL: nothing is, else
 * `foreground` are the classes that are. */
void gst_mobilenet_fx_keyer_look (GstMobilenetFxKeyer * keyer,
    const GstVideoFrame * frame, const GstMobilenetSegmentation * segmentation,
    const gboolean foreground[256]);

/* Then one of these on the same frame.  `deviation` of the blur in pixels. */
void gst_mobilenet_fx_keyer_blur (GstMobilenetFxKeyer * keyer,
    GstVideoFrame * frame, gdouble deviation);
/* `argb` is 0xAARRGGBB. */
void gst_mobilenet_fx_keyer_fill (GstMobilenetFxKeyer * keyer,
    GstVideoFrame * frame, guint32 argb);
/* `picture` has the format of the frame. */
void gst_mobilenet_fx_keyer_replace (GstMobilenetFxKeyer * keyer,
    GstVideoFrame * frame, const GstVideoFrame * picture);
/* `to` is a copy of it in a format with alpha, which is multiplied; what is
 * transparent becomes black. */
void gst_mobilenet_fx_keyer_cut_out (GstMobilenetFxKeyer * keyer,
    const GstVideoFrame * frame, GstVideoFrame * to);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_KEYER_H__ */
