/* SPDX-License-Identifier: MIT
 *
 * Areas of boxes, in pixels of a frame. */
#ifndef __GST_MOBILENET_BOX_H__
#define __GST_MOBILENET_BOX_H__

#include <glib.h>
#include <mnet/detect.h>

G_BEGIN_DECLS

static inline gfloat
gst_mobilenet_box_area (const MnetDetection * box)
{
  return (box->right - box->left) * (box->bottom - box->top);
}

static inline gfloat
gst_mobilenet_box_intersection (const MnetDetection * a,
    const MnetDetection * b)
{
  gfloat width = MIN (a->right, b->right) - MAX (a->left, b->left);
  gfloat height = MIN (a->bottom, b->bottom) - MAX (a->top, b->top);

  return width > 0 && height > 0 ? width * height : 0;
}

/* Intersection over union, 0 to 1. */
static inline gfloat
gst_mobilenet_box_iou (const MnetDetection * a, const MnetDetection * b)
{
  gfloat common = gst_mobilenet_box_intersection (a, b);

  if (!(common > 0))
    return 0;
  return common / (gst_mobilenet_box_area (a) + gst_mobilenet_box_area (b) -
      common);
}

G_END_DECLS

#endif /* __GST_MOBILENET_BOX_H__ */
