/* SPDX-License-Identifier: MIT
 *
 * Which classes of a detector count, and from which score on. */
#ifndef __GST_MOBILENET_CLASSES_H__
#define __GST_MOBILENET_CLASSES_H__

#include <glib.h>
#include <mnet/detect.h>

G_BEGIN_DECLS

/* Immutable and reference-counted. */
typedef struct
{
  gint ref_count;               /* atomic */
  gfloat *thresholds;           /* of each class */
  bool *wanted;                 /* of each class */
} GstMobilenetClasses;

GstMobilenetClasses *gst_mobilenet_classes_new (const MnetDetector * detector,
    const gchar * classes, const gchar * class_thresholds,
    gdouble score_threshold, MnetError * error);
GstMobilenetClasses *gst_mobilenet_classes_ref (GstMobilenetClasses * self);
void gst_mobilenet_classes_unref (GstMobilenetClasses * self);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSES_H__ */
