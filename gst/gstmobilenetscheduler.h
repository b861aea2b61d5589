/* SPDX-License-Identifier: MIT
 *
 * When and on which thread a network runs, and which result a frame gets. */
#ifndef __GST_MOBILENET_SCHEDULER_H__
#define __GST_MOBILENET_SCHEDULER_H__

#include <gst/gst.h>
#include <mnet/image.h>
#include <mnet/session.h>

G_BEGIN_DECLS

/* What is known of an analysed frame when its result is used. */
typedef struct
{
  GstClockTime pts;
  guint64 number;               /* counts the frames of the element */
  gint width;                   /* of the frame, in pixels */
  gint height;
  MnetGeometry geometry;        /* from the tensor to the frame */
} GstMobilenetFrame;

/* Makes a result, a boxed value, from the outputs of a run.  Called on the
 * thread that ran, which is one at a time. */
typedef gpointer (*GstMobilenetDecodeFunc) (gpointer user,
    MnetSession * session, const GstMobilenetFrame * frame);

typedef struct _GstMobilenetScheduler GstMobilenetScheduler;

GstMobilenetScheduler *gst_mobilenet_scheduler_new (MnetSession * session,
    GType result_type, GstMobilenetDecodeFunc decode, gpointer user);
void gst_mobilenet_scheduler_free (GstMobilenetScheduler * self);

gboolean gst_mobilenet_scheduler_set_worker (GstMobilenetScheduler * self,
    gboolean worker, MnetError * error);

gpointer gst_mobilenet_scheduler_begin (GstMobilenetScheduler * self);
void gst_mobilenet_scheduler_commit (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame);
gpointer gst_mobilenet_scheduler_dup_result (GstMobilenetScheduler * self,
    GstMobilenetFrame * frame, gboolean * fresh);
void gst_mobilenet_scheduler_discard (GstMobilenetScheduler * self);

G_END_DECLS

#endif /* __GST_MOBILENET_SCHEDULER_H__ */
