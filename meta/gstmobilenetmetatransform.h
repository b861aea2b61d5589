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

/* For metas that speak of the whole picture.  `type` and `data` are those of a
 * #GstMetaTransformFunction. */
G_GNUC_INTERNAL
GstMobilenetMetaPicture gst_mobilenet_meta_transformed_picture (GQuark type,
    gconstpointer data);

/* How points move from the old picture to the new one: x' = xx x + xy y + x0,
 * y' = yx x + yy y + y0. */
typedef struct
{
  gdouble xx, xy, x0;
  gdouble yx, yy, y0;
  /* Only the points within left <= x' <= right, top <= y' <= bottom are seen. */
  gboolean cropped;
  gdouble left, top, right, bottom;
} GstMobilenetMetaMove;

/* For metas that speak of places in the picture.  With
 * GST_MOBILENET_META_PICTURE_KEPT, which a crop whose offset is told is here
 * too, `move` is set. */
G_GNUC_INTERNAL
GstMobilenetMetaPicture gst_mobilenet_meta_transformed_places (GQuark type,
    gconstpointer data, GstMobilenetMetaMove * move);

G_GNUC_INTERNAL
gboolean gst_mobilenet_meta_move_is_identity (const GstMobilenetMetaMove *
    move);

G_GNUC_INTERNAL
void gst_mobilenet_meta_move_point (const GstMobilenetMetaMove * move,
    gdouble * x, gdouble * y);

/* The smallest upright box around where the box comes to lie, cut at the edges
 * of what is seen.  FALSE, and nothing is written, when none of it is seen. */
G_GNUC_INTERNAL
gboolean gst_mobilenet_meta_move_box (const GstMobilenetMetaMove * move,
    gdouble * x, gdouble * y, gdouble * w, gdouble * h);

G_END_DECLS

#endif /* __GST_MOBILENET_META_TRANSFORM_H__ */
