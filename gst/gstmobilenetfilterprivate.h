/* SPDX-License-Identifier: MIT
 *
 * What the base class is made of: the element's life (gstmobilenetfilter.c), one
 * model in the place of another (gstmobilenetswap.c), and what happens to a frame
 * (gstmobilenetanalysis.c). */
#ifndef __GST_MOBILENET_FILTER_PRIVATE_H__
#define __GST_MOBILENET_FILTER_PRIVATE_H__

#include <gst/video/video.h>

#include "gstmobilenetengine.h"
#include "gstmobilenetfilter.h"
#include "gstmobilenetpace.h"
#include "gstmobilenetsettings.h"
#include "gstmobilenetstats.h"

G_BEGIN_DECLS

typedef struct
{
  GstMobilenetStats *stats;     /* from init to finalize */

  /* Under the object lock. */
  GstMobilenetSettings settings;
  GstClockTime earliest_time;   /* running time; frames up to it are late */
  guint serial;                 /* of the newest model-file; counts starts, too */
  gboolean started;
  gboolean closed;              /* a flush or a stop has begun */
  GstMobilenetEngine *next;     /* takes the engine's place at the next frame */
  GstClockTime latency;         /* that is promised in mode every */
  gboolean adds_latency;        /* frames wait, or that is not known yet */
  GstMobilenetResults results;  /* changes between stop and start only */

  /* From start to stop; changes under the object lock. */
  GstMobilenetMode mode;

  /* From start to stop.  The streaming thread's in between, which changes it
   * under the object lock for those who look at it. */
  GstMobilenetEngine *engine;

  /* The streaming thread's, from caps to stop. */
  GstVideoInfo info;
  MnetFrameInfo frame;          /* that the engine is set to */
  gboolean worker;              /* mode latest is in force */
  gboolean live;                /* upstream is */
  GstMobilenetPace pace;
  guint64 frames;               /* that have come */
  guint since_analysed;         /* frames since the last analysed one */
  GstClockTime blind_since;     /* running time of the first late frame since
                                 * then, or none */
  gboolean restarted;           /* no frame was analysed since a discard */
  gboolean unreadable;          /* the last due frame was */
  GstClockTime qos_posted;      /* monotonic, or none */
  GstClockTime stats_posted;    /* likewise */
} GstMobilenetFilterPrivate;

GstMobilenetFilterPrivate *gst_mobilenet_filter_get_private
    (GstMobilenetFilter * self);

gboolean gst_mobilenet_filter_set_frame_size (GstMobilenetFilter * self,
    gint width, gint height, GError ** error);
void gst_mobilenet_filter_discard (GstMobilenetFilter * self);
void gst_mobilenet_filter_promise (GstMobilenetFilter * self);

GstMobilenetEngine *gst_mobilenet_filter_set_engine (GstMobilenetFilter * self,
    GstMobilenetEngine * engine);
void gst_mobilenet_filter_load_next (GstMobilenetFilter * self, guint serial);
void gst_mobilenet_filter_use_next (GstMobilenetFilter * self);

GstFlowReturn gst_mobilenet_filter_transform_ip (GstBaseTransform * trans,
    GstBuffer * buffer);

G_END_DECLS

#endif /* __GST_MOBILENET_FILTER_PRIVATE_H__ */
