/* SPDX-License-Identifier: MIT
 *
 * Reads a picture from a file. */
#ifndef __GST_MOBILENET_PICTURE_H__
#define __GST_MOBILENET_PICTURE_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* The picture in `file`, or the first one of a film, as RGBA, to be unreffed; `property`
 * is what names the file.  Any thread; takes as long as reading and decoding.  NULL and
 * `error` filled when there is no such picture. */
GstSample *gst_mobilenet_picture_read (const gchar * file,
    const gchar * property, GError ** error);

G_END_DECLS

#endif /* __GST_MOBILENET_PICTURE_H__ */
