/* SPDX-License-Identifier: MIT
 *
 * What the stress tests share: a pipeline whose frames are counted and timed at
 * the network element, and what the process holds. */
#ifndef STRESS_H
#define STRESS_H

#include <gst/gst.h>

#define STRESS_WINDOW 50        /* frames of which times are kept */

/* A pipeline with mobilenetclassify, named "network". */
typedef struct
{
  GstElement *pipeline;
  GstElement *network;
  gint64 entered;               /* us: the frame in the element; its thread's */

  GMutex lock;                  /* of all below */
  GCond changed;
  guint in;                     /* frames that came to the element */
  guint out;                    /* frames that left it */
  guint carried;                /* frames that left with a result */
  guint analysed;               /* results that were seen */
  guint stale;                  /* results of before the segment */
  guint errors;                 /* messages; printed */
  GstClockTime pts;             /* of the last frame */
  GstClockTime source_pts;      /* of its result */
  GstClockTime segment_start;
  GstCaps *caps;                /* of the last frame */
  gint64 added[STRESS_WINDOW];  /* us from pad to pad; the newest ones */
  gint64 late[STRESS_WINDOW];   /* us behind the clock */
} Flow;

typedef gboolean (*FlowCondition) (const Flow * flow, guint64 value);

/* Ends the program when there is no such pipeline. */
void flow_open (Flow * flow, const gchar * launch);
void flow_play (Flow * flow);
void flow_stop (Flow * flow, GstState state);
/* FALSE after two minutes: that is printed.  The condition is asked under the
 * lock, for every frame. */
gboolean flow_wait (Flow * flow, FlowCondition condition, guint64 value,
    const gchar * what);
/* `n` further frames, `n` further results. */
gboolean flow_wait_frames (Flow * flow, guint n);
gboolean flow_wait_results (Flow * flow, guint n);
/* us; under the lock, or in a condition. */
gint64 flow_median_added (const Flow * flow);
gint64 flow_median_late (const Flow * flow);
/* TRUE without errors and stale results, and all frames out. */
gboolean flow_close (Flow * flow);

/* What the process holds. */
typedef struct
{
  guint threads;
  guint files;
  gint64 kib;                   /* resident */
} Holdings;

Holdings stress_holdings (void);
/* FALSE, printed, unless threads and files are those of `before` again, after a
 * while at most, and no more than `kib` were added: not under sanitizers and
 * valgrind, which keep what was freed, and not with STRESS_EMULATED in the
 * environment, as the emulator's memory grows. */
gboolean stress_same_holdings (const Holdings * before, gint64 kib);

/* A model of small pictures, and one that takes long; files of the process. */
const gchar *stress_small_model (void);
const gchar *stress_large_model (void);
gint64 stress_run_time (const gchar * model);   /* us */
void stress_clean (void);

/* Each does a thing `count` times, or for as many seconds, prints a line of
 * figures, and returns whether all was as it should be. */
gboolean stress_starts (guint count, const gchar * model);
gboolean stress_formats (guint count, const gchar * model);
gboolean stress_seeks (guint count, const gchar * model);
gboolean stress_slow (guint seconds, const gchar * model);
gboolean stress_halts (guint seconds, const gchar * model);
gboolean stress_affinity (guint count, const gchar * model);
gboolean stress_streams (guint seconds, const gchar * model);

#endif
