/* SPDX-License-Identifier: MIT
 *
 * Which parts of a picture have changed since they were last looked at. */
#ifndef __GST_MOBILENET_MOTION_H__
#define __GST_MOBILENET_MOTION_H__

#include <glib.h>
#include <mnet/image.h>

G_BEGIN_DECLS

typedef struct _GstMobilenetMotion GstMobilenetMotion;

GstMobilenetMotion *gst_mobilenet_motion_new (const MnetFrameInfo * frame,
    MnetError * error);
void gst_mobilenet_motion_free (GstMobilenetMotion * self);

void gst_mobilenet_motion_set_parts (GstMobilenetMotion * self,
    const MnetRect * region, const MnetRect * parts, guint n_parts);
void gst_mobilenet_motion_look (GstMobilenetMotion * self,
    const MnetPlanes * planes);
gboolean gst_mobilenet_motion_changed (GstMobilenetMotion * self, guint part);
void gst_mobilenet_motion_keep (GstMobilenetMotion * self, guint part);
void gst_mobilenet_motion_forget (GstMobilenetMotion * self);

G_END_DECLS

#endif /* __GST_MOBILENET_MOTION_H__ */
