/* SPDX-License-Identifier: MIT
 *
 * What a detector has found in the views of a picture, merged into one. */
#ifndef __GST_MOBILENET_FINDINGS_H__
#define __GST_MOBILENET_FINDINGS_H__

#include <mnet/detect.h>

#include "gstmobilenetscheduler.h"

G_BEGIN_DECLS

typedef struct _GstMobilenetFindings GstMobilenetFindings;

GstMobilenetFindings *gst_mobilenet_findings_new (void);
void gst_mobilenet_findings_free (GstMobilenetFindings * self);

void gst_mobilenet_findings_reset (GstMobilenetFindings * self);
MnetDetection *gst_mobilenet_findings_begin (GstMobilenetFindings * self,
    const GstMobilenetFrame * frame, guint view, gsize * room);
void gst_mobilenet_findings_end (GstMobilenetFindings * self,
    const GstMobilenetFrame * frame, guint view, gsize n, gint input_width,
    gint input_height);
MnetDetection *gst_mobilenet_findings_merge (GstMobilenetFindings * self,
    gfloat overlap_threshold, gsize * n);

G_END_DECLS

#endif /* __GST_MOBILENET_FINDINGS_H__ */
