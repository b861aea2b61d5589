/* SPDX-License-Identifier: MIT
 *
 * Means of scores over analysed frames, of several things. */
#ifndef __GST_MOBILENET_MEANS_H__
#define __GST_MOBILENET_MEANS_H__

#include <glib.h>
#include <mnet/common.h>

G_BEGIN_DECLS

/* A mean that goes on: `weight` of the past, 0 to below 1, and the rest of the
 * present; between the two, also when rounded. */
static inline gfloat
gst_mobilenet_mean (gfloat past, gfloat present, gdouble weight)
{
  return present + weight * ((gdouble) past - present);
}

gboolean gst_mobilenet_smoothing_check (gdouble smoothing, MnetError * error);

typedef struct _GstMobilenetMeans GstMobilenetMeans;

GstMobilenetMeans *gst_mobilenet_means_new (gsize n_scores, guint n_things);
void gst_mobilenet_means_free (GstMobilenetMeans * self);

void gst_mobilenet_means_reset (GstMobilenetMeans * self);
const gfloat *gst_mobilenet_means_add (GstMobilenetMeans * self, guint id,
    const gfloat * scores, gdouble smoothing);

G_END_DECLS

#endif /* __GST_MOBILENET_MEANS_H__ */
