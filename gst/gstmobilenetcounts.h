/* SPDX-License-Identifier: MIT
 *
 * How many things of each class were detected on a frame. */
#ifndef __GST_MOBILENET_COUNTS_H__
#define __GST_MOBILENET_COUNTS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Most classes that are counted: those of the best detections. */
#define GST_MOBILENET_MAX_COUNTS 8

typedef struct
{
  guint index;
  const gchar *label;           /* of the buffer's metas */
  guint n;
} GstMobilenetCount;

/* Those of the detection metas of `buffer`, by class; returns how many. */
guint gst_mobilenet_counts_take (GstBuffer * buffer,
    GstMobilenetCount counts[GST_MOBILENET_MAX_COUNTS]);

G_END_DECLS

#endif /* __GST_MOBILENET_COUNTS_H__ */
