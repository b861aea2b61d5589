/* SPDX-License-Identifier: MIT
 *
 * A second stage: a network that looks at what another one has found. */
#ifndef __GST_MOBILENET_REGIONS_H__
#define __GST_MOBILENET_REGIONS_H__

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetscheduler.h"

G_BEGIN_DECLS

/* Most regions of a frame. */
#define GST_MOBILENET_MAX_REGIONS 64

void gst_mobilenet_regions_choose (GstBuffer * buffer, gchar ** classes,
    guint max, GstMobilenetFrame * frame);
GstMobilenetDetection *gst_mobilenet_regions_new (const gchar * model,
    const GstMobilenetFrame * frame,
    GstMobilenetClassification * const *classifications);
void gst_mobilenet_regions_attach (GstBuffer * buffer, gchar ** classes,
    gint width, gint height, const GstMobilenetDetection * regions);
GstStructure *gst_mobilenet_regions_describe (
    const GstMobilenetDetection * regions, GstClockTime age, guint i);

G_END_DECLS

#endif /* __GST_MOBILENET_REGIONS_H__ */
