/* SPDX-License-Identifier: MIT
 *
 * Whether the network keeps up with the frames, and what to do when not. */
#ifndef __GST_MOBILENET_PACE_H__
#define __GST_MOBILENET_PACE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Input sizes of one network, the largest first. */
#define GST_MOBILENET_MAX_LEVELS 4

/* The streaming thread's.  Times are in nanoseconds; `now` is monotonic. */
typedef struct
{
  /* Frames that are due. */
  GstClockTime last_due;        /* running time, or none */
  GstClockTime interval;        /* mean; 0: not known yet */
  guint skips;                  /* a bit for each of the last ones, 1: skipped */

  /* What an analysis takes. */
  GstClockTime cost;            /* mean at this level */
  GstClockTime promised;        /* what frames may wait for one */
  GstClockTime exceeding;       /* the longest one above it, or 0 */
  guint since_exceeding;        /* analyses */

  /* How late frames come, the least of which is upstream's own latency. */
  GstClockTimeDiff least[2];    /* of the last window and of this one */
  GstClockTime window;          /* when this one began */
  GstClockTime late_since;      /* or none: the last frame was not late */
  GstClockTimeDiff late_by;     /* at first */

  /* Input sizes. */
  guint n_levels;
  guint level;
  guint64 macs[GST_MOBILENET_MAX_LEVELS];
  GstClockTime changed;         /* when the level did, or trouble was seen */
  gboolean rose;                /* then */
  GstClockTime patience;        /* how long it must be calm to go up */
} GstMobilenetPace;

void gst_mobilenet_pace_init (GstMobilenetPace * self, guint n_levels,
    const guint64 * macs, GstClockTime cost, GstClockTime longest);
void gst_mobilenet_pace_restart (GstMobilenetPace * self,
    GstClockTime interval);
void gst_mobilenet_pace_due (GstMobilenetPace * self, GstClockTime time);
void gst_mobilenet_pace_skipped (GstMobilenetPace * self);
gboolean gst_mobilenet_pace_analysed (GstMobilenetPace * self,
    GstClockTime cost, gboolean current);
gboolean gst_mobilenet_pace_is_late (GstMobilenetPace * self,
    GstClockTimeDiff delay, GstClockTime now);
GstClockTime gst_mobilenet_pace_blindness (const GstMobilenetPace * self);
gboolean gst_mobilenet_pace_adapt (GstMobilenetPace * self, GstClockTime now);
gdouble gst_mobilenet_pace_load (const GstMobilenetPace * self);

G_END_DECLS

#endif /* __GST_MOBILENET_PACE_H__ */
