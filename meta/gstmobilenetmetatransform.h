/* SPDX-License-Identifier: MIT
 *
 * What a buffer transformation does to the picture: shared by the metas of
 * this library, not installed. */
#ifndef __GST_MOBILENET_META_TRANSFORM_H__
#define __GST_MOBILENET_META_TRANSFORM_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* What the metas tell the elements that they depend on.  With these tags an
 * element that changes the geometry either says how, by a transformation, or
 * drops the meta: "video" alone is copied unchanged by videocrop.  Ends with
 * NULL. */
G_GNUC_INTERNAL
extern const gchar *gst_mobilenet_meta_tags[];

/* TRUE when the new buffer shows the whole picture of the old one, upright:
 * same pixels, converted or scaled, borders allowed.  `type` and `data` are
 * those of a #GstMetaTransformFunction. */
G_GNUC_INTERNAL
gboolean gst_mobilenet_meta_transform_keeps_picture (GQuark type,
    gconstpointer data);

G_END_DECLS

#endif /* __GST_MOBILENET_META_TRANSFORM_H__ */
