/* SPDX-License-Identifier: MIT
 *
 * Where the labels of boxes go. */
#ifndef __GST_MOBILENET_LABELS_H__
#define __GST_MOBILENET_LABELS_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct
{
  GstVideoRectangle place;      /* w and h are given, x and y found: even */
  GstVideoRectangle box;        /* that it speaks of, lines included */
  gboolean hidden;              /* found: there is no room for it */
} GstMobilenetLabel;

/* Finds a place for labels[0], then for labels[1], and so on: within `area`
 * where they fit, clear of those before where that is possible, above their box
 * where it is free, else at another of its edges, else inside of it.  One of
 * which those before would hide more than a quarter, wherever it is, is hidden.
 * The first `n_fixed` are where they are. */
void gst_mobilenet_labels_place (GstMobilenetLabel * labels, guint n,
    guint n_fixed, const GstVideoRectangle * area);

G_END_DECLS

#endif /* __GST_MOBILENET_LABELS_H__ */
