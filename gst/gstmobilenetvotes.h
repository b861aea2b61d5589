/* SPDX-License-Identifier: MIT
 *
 * The class of each pixel of a map, steadied over frames. */
#ifndef __GST_MOBILENET_VOTES_H__
#define __GST_MOBILENET_VOTES_H__

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstMobilenetVotes GstMobilenetVotes;

GstMobilenetVotes *gst_mobilenet_votes_new (gsize n_pixels, gboolean two);
void gst_mobilenet_votes_free (GstMobilenetVotes * self);

void gst_mobilenet_votes_reset (GstMobilenetVotes * self);
void gst_mobilenet_votes_add (GstMobilenetVotes * self, guint8 * classes,
    guint8 * confidences, gdouble smoothing);

G_END_DECLS

#endif /* __GST_MOBILENET_VOTES_H__ */
