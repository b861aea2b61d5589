/* SPDX-License-Identifier: MIT
 *
 * What mobilenetfx does when model-file is set: a network's own picture, its settings,
 * and which frames it is computed for. */
#ifndef __GST_MOBILENET_FX_PAINTER_H__
#define __GST_MOBILENET_FX_PAINTER_H__

#include <gst/base/gstbasetransform.h>

#include "gstmobilenetfxnetwork.h"
#include "gstmobilenetpace.h"

G_BEGIN_DECLS

/* A part of the element, whose object lock is meant. */
typedef struct
{
  GstBaseTransform *element;

  /* Under the object lock. */
  GstMobilenetFxNetworkSettings settings;
  guint serial;                 /* of the newest style that was asked for... */
  guint styled;                 /* ...and of the one that was made, or is being */
  gboolean restyling;           /* a thread makes styles */
  gboolean settled;             /* from start to stop: */
  gboolean paints;              /* model-file was set at the start */
  gboolean started;             /* the network is there */
  GstClockTime earliest_time;   /* running time; frames up to it are late */
  GstClockTime latency;         /* that is promised */

  GMutex lock;                  /* of whoever makes a style, one at a time */
  GstMobilenetFxNetwork *network;       /* from start to stop; changes under the lock,
                                         * atomically */

  /* The streaming thread's. */
  GstVideoInfo info;
  gboolean planned;             /* the network is, for frames of that info */
  GstMobilenetPace pace;
  gboolean live;
  GstClockTime blind_since;     /* running time of the first late frame since the
                                 * last that was not, or none */
  gboolean unmappable;          /* the last frame was */
} GstMobilenetFxPainter;

void gst_mobilenet_fx_painter_install (GObjectClass * klass);
void gst_mobilenet_fx_painter_init (GstMobilenetFxPainter * self,
    GstBaseTransform * element);
void gst_mobilenet_fx_painter_clear (GstMobilenetFxPainter * self);

/* Under the object lock: does a network paint, or will it after the start?  What
 * model-file becomes while frames flow is for the next start. */
gboolean gst_mobilenet_fx_painter_is_wanted (const GstMobilenetFxPainter *
    self);

/* Without the object lock, which they take.  FALSE for a property that is none of the
 * network's. */
gboolean gst_mobilenet_fx_painter_set (GstMobilenetFxPainter * self,
    guint prop_id, const GValue * value);
gboolean gst_mobilenet_fx_painter_get (GstMobilenetFxPainter * self,
    guint prop_id, GValue * value);

/* Does nothing unless model-file is set.  FALSE with the error posted when what the
 * settings name cannot be used. */
gboolean gst_mobilenet_fx_painter_start (GstMobilenetFxPainter * self);
void gst_mobilenet_fx_painter_stop (GstMobilenetFxPainter * self);

/* From start to stop: does the network paint? */
static inline gboolean
gst_mobilenet_fx_painter_is_active (GstMobilenetFxPainter * self)
{
  return g_atomic_pointer_get (&self->network) != NULL;
}

/* Caps may come before the start has ended: plans when it is active, and that is done
 * with the first frame else.  FALSE with the error posted. */
gboolean gst_mobilenet_fx_painter_set_info (GstMobilenetFxPainter * self,
    const GstVideoInfo * info);

/* While it is active. */
GstFlowReturn gst_mobilenet_fx_painter_frame (GstMobilenetFxPainter * self,
    GstBuffer * buffer);

/* What comes from upstream, in the streaming thread, or from downstream, in any. */
void gst_mobilenet_fx_painter_event (GstMobilenetFxPainter * self,
    GstEvent * event);

/* Upstream's latency, and what frames wait for the network.  FALSE: upstream does not
 * tell. */
gboolean gst_mobilenet_fx_painter_latency (GstMobilenetFxPainter * self,
    GstQuery * query);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_PAINTER_H__ */
