/* SPDX-License-Identifier: MIT
 *
 * When and on which thread a network runs, and which result a frame gets. */
#ifndef __GST_MOBILENET_SCHEDULER_H__
#define __GST_MOBILENET_SCHEDULER_H__

#include <gst/gst.h>
#include <mnet/image.h>
#include <mnet/session.h>

#include "gstmobilenetstats.h"

G_BEGIN_DECLS

/* Most rectangles of one frame that a network is shown: 64 tiles and the whole
 * picture. */
#define GST_MOBILENET_MAX_VIEWS 65

/* A rectangle of a frame that a network is shown. */
typedef struct
{
  MnetRect region;              /* in pixels, inside the frame */
  MnetGeometry geometry;        /* from the tensor to the frame */
  guint tag;                    /* the element's: which view it is */
  guint index;                  /* likewise: class of what was found there */
} GstMobilenetView;

/* What is known of an analysed frame when its result is used. */
typedef struct
{
  GstClockTime pts;
  guint64 number;               /* counts the frames of the element */
  gint width;                   /* of the frame, in pixels */
  gint height;
  MnetRect picture;             /* the part of the frame that is shown */
  guint layout;                 /* the element's: views of another one differ */
  guint n_tags;                 /* of the layout: tags are below it */
  guint n_views;
  GstMobilenetView views[GST_MOBILENET_MAX_VIEWS];
} GstMobilenetFrame;

/* What the computing thread calls, one call at a time; `user` is passed on. */
typedef struct
{
  GType result_type;            /* the boxed type of what `finish` makes */
  gpointer user;
  /* Before the first view of what has nothing to do with what came before: a
   * seek, a new stream, other caps.  May be NULL. */
  void (*reset) (gpointer user);
  /* Before a run: fills what the bytes of input 0 hold beside the picture.  May be
   * NULL. */
  void (*prepare) (gpointer user, MnetSession * session, gpointer input);
  /* After a run on view `view`: keeps what its outputs say. */
  void (*decode) (gpointer user, MnetSession * session,
      const GstMobilenetFrame * frame, guint view);
  /* After the last view: makes the result of the frame. */
    gpointer (*finish) (gpointer user, const GstMobilenetFrame * frame);
} GstMobilenetDecoder;

/* What frames are computed with: sessions of one model, each for another input
 * size, the first one the largest.  A slot has max_views tensors, 1 to
 * GST_MOBILENET_MAX_VIEWS; threads is how many compute a frame. */
typedef struct
{
  MnetSession **sessions;
  guint n_sessions;
  guint max_views;
  guint threads;
} GstMobilenetSessions;

/* The newest result. */
typedef struct
{
  gpointer result;              /* to be freed with g_boxed_free() */
  GstClockTime pts;             /* of the frame that it is about */
  guint64 number;               /* likewise */
  gboolean fresh;               /* nobody has asked for it before */
  guint session;                /* that computed it; G_MAXUINT: another
                                 * scheduler's */
  GstClockTime cost;            /* what its stages took together; then 0 */
} GstMobilenetAnswer;

typedef struct _GstMobilenetScheduler GstMobilenetScheduler;

GstMobilenetScheduler *gst_mobilenet_scheduler_new (const GstMobilenetSessions *
    sessions, const GstMobilenetDecoder * decoder, GstMobilenetStats * stats);
void gst_mobilenet_scheduler_free (GstMobilenetScheduler * self);

gboolean gst_mobilenet_scheduler_set_worker (GstMobilenetScheduler * self,
    gboolean worker, MnetError * error);
guint gst_mobilenet_scheduler_max_views (GstMobilenetScheduler * self);
gboolean gst_mobilenet_scheduler_has_worker (GstMobilenetScheduler * self);

gboolean gst_mobilenet_scheduler_begin (GstMobilenetScheduler * self,
    guint session);
gpointer gst_mobilenet_scheduler_input (GstMobilenetScheduler * self,
    guint view);
void gst_mobilenet_scheduler_filled (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame, guint view, GstClockTime spent);
gboolean gst_mobilenet_scheduler_commit (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame);
gboolean gst_mobilenet_scheduler_cancelled (GstMobilenetScheduler * self);
gboolean gst_mobilenet_scheduler_dup_result (GstMobilenetScheduler * self,
    GstMobilenetAnswer * answer);
void gst_mobilenet_scheduler_take_over (GstMobilenetScheduler * self,
    GstMobilenetScheduler * from);
void gst_mobilenet_scheduler_discard (GstMobilenetScheduler * self);
void gst_mobilenet_scheduler_close (GstMobilenetScheduler * self);
void gst_mobilenet_scheduler_open (GstMobilenetScheduler * self);

G_END_DECLS

#endif /* __GST_MOBILENET_SCHEDULER_H__ */
