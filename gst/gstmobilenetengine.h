/* SPDX-License-Identifier: MIT
 *
 * A network that is ready to be shown frames: all that another model-file
 * replaces while frames flow. */
#ifndef __GST_MOBILENET_ENGINE_H__
#define __GST_MOBILENET_ENGINE_H__

#include "gstmobilenetfilter.h"
#include "gstmobilenetinput.h"
#include "gstmobilenetnetwork.h"
#include "gstmobilenetpace.h"

G_BEGIN_DECLS

typedef struct
{
  GstMobilenetFilter *filter;   /* not owned */
  GstMobilenetSettings settings;        /* that it was made from */
  GstMobilenetNetwork network;
  guint serial;                 /* of the request that it answers */
  gpointer reader;              /* the class's */
  GstMobilenetScheduler *scheduler;

  /* Input sizes, the first one as asked for, each with a session. */
  guint n_levels;
  MnetSession *sessions[GST_MOBILENET_MAX_LEVELS];      /* the scheduler's */
  guint64 macs[GST_MOBILENET_MAX_LEVELS];
  GstClockTime cost;            /* of an inference at start, ns */
  GstClockTime longest;         /* likewise */

  /* The streaming thread's. */
  GstMobilenetInput inputs[GST_MOBILENET_MAX_LEVELS];
} GstMobilenetEngine;

GstMobilenetEngine *gst_mobilenet_engine_new (GstMobilenetFilter * filter,
    const GstMobilenetSettings * settings,
    const GstMobilenetResults * results, GstMobilenetStats * stats,
    GError ** error);
void gst_mobilenet_engine_free (GstMobilenetEngine * self);
gboolean gst_mobilenet_engine_set_frame (GstMobilenetEngine * self,
    const MnetFrameInfo * frame, MnetError * error);

G_END_DECLS

#endif /* __GST_MOBILENET_ENGINE_H__ */
