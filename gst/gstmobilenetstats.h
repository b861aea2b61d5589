/* SPDX-License-Identifier: MIT
 *
 * What an element counts and times: frames and the stages of their analysis. */
#ifndef __GST_MOBILENET_STATS_H__
#define __GST_MOBILENET_STATS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* What is spent on an analysed frame, in order. */
typedef enum
{
  GST_MOBILENET_STAGE_PREPROCESSING,    /* from the frame to the tensor */
  GST_MOBILENET_STAGE_INFERENCE,
  GST_MOBILENET_STAGE_POSTPROCESSING,   /* from the outputs to the result */
  GST_MOBILENET_N_STAGES
} GstMobilenetStage;

typedef enum
{
  GST_MOBILENET_COUNT_FRAMES,   /* that came */
  GST_MOBILENET_COUNT_ANALYSED, /* whose result is known */
  GST_MOBILENET_COUNT_SKIPPED,  /* that were due and passed without inference */
  GST_MOBILENET_COUNT_ERRORS,   /* frames that could not be read, and models
                                 * that could not take another one's place */
  GST_MOBILENET_N_COUNTS
} GstMobilenetCount;

typedef struct _GstMobilenetStats GstMobilenetStats;

GstMobilenetStats *gst_mobilenet_stats_new (void);
void gst_mobilenet_stats_free (GstMobilenetStats * self);

void gst_mobilenet_stats_reset (GstMobilenetStats * self);
void gst_mobilenet_stats_count (GstMobilenetStats * self,
    GstMobilenetCount what);
void gst_mobilenet_stats_analysed (GstMobilenetStats * self,
    const GstClockTime spent[GST_MOBILENET_N_STAGES]);
guint64 gst_mobilenet_stats_get (GstMobilenetStats * self,
    GstMobilenetCount what);
GstStructure *gst_mobilenet_stats_to_structure (GstMobilenetStats * self);

G_END_DECLS

#endif /* __GST_MOBILENET_STATS_H__ */
