/* SPDX-License-Identifier: MIT
 *
 * A picture from a file, in the format and size of frames. */
#ifndef __GST_MOBILENET_FX_PICTURE_H__
#define __GST_MOBILENET_FX_PICTURE_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstMobilenetFxPicture GstMobilenetFxPicture;

/* Decodes a file by GStreamer's own elements; NULL and `error` filled when that
 * cannot be. */
GstMobilenetFxPicture *gst_mobilenet_fx_picture_load (const gchar * file,
    GError ** error);
void gst_mobilenet_fx_picture_free (GstMobilenetFxPicture * picture);

/* Scales it to cover frames of that format: what is too high or too wide is cut off
 * evenly.  FALSE and `error` filled when that cannot be. */
gboolean gst_mobilenet_fx_picture_set_format (GstMobilenetFxPicture * picture,
    const GstVideoInfo * info, GError ** error);

/* That frame, mapped for reading. */
const GstVideoFrame *gst_mobilenet_fx_picture_frame (const
    GstMobilenetFxPicture * picture);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_PICTURE_H__ */
