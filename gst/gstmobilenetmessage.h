/* SPDX-License-Identifier: MIT
 *
 * What the elements post on the bus: errors of the core, and results with their
 * times. */
#ifndef __GST_MOBILENET_MESSAGE_H__
#define __GST_MOBILENET_MESSAGE_H__

#include <gst/gst.h>
#include <mnet/common.h>

G_BEGIN_DECLS

void gst_mobilenet_post_error (GstElement * element, const gchar * file,
    const MnetError * error);
GstClockTime gst_mobilenet_running_time (const GstSegment * segment,
    GstClockTime pts);
void gst_mobilenet_post_result (GstElement * element,
    const GstSegment * segment, GstClockTime pts, GstStructure * structure);

G_END_DECLS

#endif /* __GST_MOBILENET_MESSAGE_H__ */
