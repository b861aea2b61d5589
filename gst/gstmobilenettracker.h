/* SPDX-License-Identifier: MIT
 *
 * Follows things from one analysed frame to the next, and steadies what is said
 * of them. */
#ifndef __GST_MOBILENET_TRACKER_H__
#define __GST_MOBILENET_TRACKER_H__

#include <mnet/detect.h>

#include "gstmobilenetscheduler.h"

G_BEGIN_DECLS

typedef struct
{
  gdouble smoothing;            /* weight of the past, 0 to below 1; 0: off */
  GstClockTime hold;            /* how long what is missed stays; 0: off */
  gsize max;                    /* most things that are reported, 1 or more */
  guint revision;               /* what is asked for: see below */
} GstMobilenetTrackerOptions;

typedef struct
{
  const MnetDetection *detection;
  guint id;
} GstMobilenetTracked;

typedef struct _GstMobilenetTracker GstMobilenetTracker;

GstMobilenetTracker *gst_mobilenet_tracker_new (gint * last_id);
void gst_mobilenet_tracker_free (GstMobilenetTracker * self);

void gst_mobilenet_tracker_reset (GstMobilenetTracker * self);
const GstMobilenetTracked *gst_mobilenet_tracker_update (GstMobilenetTracker *
    self, const GstMobilenetFrame * frame, const MnetDetection * found,
    gsize n, const GstMobilenetTrackerOptions * options, gsize * n_tracked);

G_END_DECLS

#endif /* __GST_MOBILENET_TRACKER_H__ */
