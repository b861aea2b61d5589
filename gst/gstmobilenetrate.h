/* SPDX-License-Identifier: MIT
 *
 * Frames a second, and how late they are, as a line of text. */
#ifndef __GST_MOBILENET_RATE_H__
#define __GST_MOBILENET_RATE_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 since;                 /* monotonic time, us; 0: nothing counted yet */
  guint frames, timed, aged;    /* that came, whose latency or age is known */
  gdouble latency, age;         /* sums, ms */
  gchar text[96];               /* "" before the first period ends */
} GstMobilenetRate;

void gst_mobilenet_rate_reset (GstMobilenetRate * rate);

/* Counts a frame that is here at `now`, us.  `latency`: since it was captured,
 * `age`: of its result, ns or GST_CLOCK_STIME_NONE.  The text changes twice a
 * second at most. */
void gst_mobilenet_rate_count (GstMobilenetRate * rate, gint64 now,
    GstClockTimeDiff latency, GstClockTimeDiff age);

G_END_DECLS

#endif /* __GST_MOBILENET_RATE_H__ */
