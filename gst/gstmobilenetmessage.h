/* SPDX-License-Identifier: MIT
 *
 * What the elements post on the bus: errors of the core, results with their times,
 * that time is short, and that the model is the built-in one. */
#ifndef __GST_MOBILENET_MESSAGE_H__
#define __GST_MOBILENET_MESSAGE_H__

#include <gst/gst.h>
#include <mnet/model.h>

G_BEGIN_DECLS

GError *gst_mobilenet_error_new (const gchar * file, const MnetError * error);
void gst_mobilenet_post_error (GstElement * element, GError * error);
void gst_mobilenet_post_warning (GstElement * element, GError * error,
    const gchar * consequence);
void gst_mobilenet_post_built_in (GstElement * element,
    const MnetModel * model, const gchar * name);

/* The fields of a QOS message. */
typedef struct
{
  gboolean live;
  gint64 jitter;                /* ns that the frame was late */
  gdouble proportion;           /* of time needed to time there is */
  gint quality;                 /* 1000000: all that was asked for */
  guint64 processed;            /* frames analysed, and skipped */
  guint64 dropped;
} GstMobilenetQos;

void gst_mobilenet_post_qos (GstElement * element, const GstSegment * segment,
    const GstBuffer * frame, const GstMobilenetQos * qos);
GstClockTime gst_mobilenet_running_time (const GstSegment * segment,
    GstClockTime pts);
void gst_mobilenet_post_result (GstElement * element,
    const GstSegment * segment, GstClockTime pts, GstStructure * structure);

G_END_DECLS

#endif /* __GST_MOBILENET_MESSAGE_H__ */
