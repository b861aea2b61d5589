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

/* What becomes of the picture that a meta speaks of. */
typedef enum
{
  /* The new buffer shows the whole of it, upright: converted or scaled,
   * borders allowed. */
  GST_MOBILENET_META_PICTURE_KEPT,
  /* Cropped, turned or mirrored, or a part of the buffer's bytes: the meta is
   * left out and the transform function returns TRUE.  FALSE would be logged
   * as a failure for each copy of a part, and makes some elements of 1.28 try
   * again with the scale transformation, which hides a crop. */
  GST_MOBILENET_META_PICTURE_CHANGED,
  /* A transformation that is not known: the meta is left out and the transform
   * function returns FALSE. */
  GST_MOBILENET_META_PICTURE_UNKNOWN
} GstMobilenetMetaPicture;

/* `type` and `data` are those of a #GstMetaTransformFunction. */
G_GNUC_INTERNAL
GstMobilenetMetaPicture gst_mobilenet_meta_transformed_picture (GQuark type,
    gconstpointer data);

G_END_DECLS

#endif /* __GST_MOBILENET_META_TRANSFORM_H__ */
