/* SPDX-License-Identifier: MIT
 *
 * Where a camera's picture comes from: its URI and the elements that read it. */
#ifndef SOURCE_H
#define SOURCE_H

#include <gst/gst.h>

typedef struct _CameraSettings CameraSettings;

/* Takes user and password, decoded, out of what a person wrote; the name of a file
 * becomes a URI.  FALSE: `problem` says why it cannot be read. */
gboolean source_split_uri (const gchar * text, gchar ** uri, gchar ** user,
    gchar ** password, gchar ** problem);

/* Does it give frames as they are taken, not as fast as they are wanted? */
gboolean source_is_live (const gchar * uri);

/* The element that reads it, without settings; NULL when there is none. */
GstElement *source_make_plain (const gchar * uri);

/* Adds what reads, receives and decodes the camera's picture to the bin and links
 * it to the sink pad of `next`, as soon as there is a picture. */
gboolean source_add (GstBin * bin, const CameraSettings * camera,
    GstElement * next);

#endif
