/* SPDX-License-Identifier: MIT
 *
 * A network whose output is a picture, blended into frames. */
#ifndef __GST_MOBILENET_FX_NETWORK_H__
#define __GST_MOBILENET_FX_NETWORK_H__

#include <gst/video/video.h>

#include "gstmobilenetfxnetworksettings.h"

G_BEGIN_DECLS

typedef struct _GstMobilenetFxNetwork GstMobilenetFxNetwork;

/* What is in force for a frame. */
typedef struct
{
  gdouble strength;             /* more than 0, to 1 */
  gboolean keep_detail;
  gboolean late;                /* the picture of a frame before will do */
} GstMobilenetFxOrders;

/* Loads what `settings` name, model, style and threads, and runs it once or twice.  Any
 * thread; `element` is only logged for.  NULL and `error` filled when that fails. */
GstMobilenetFxNetwork *gst_mobilenet_fx_network_new (GstElement * element,
    const GstMobilenetFxNetworkSettings * settings, GError ** error);
void gst_mobilenet_fx_network_free (GstMobilenetFxNetwork * self);

/* What the network takes for a frame, measured when it was made, ns. */
GstClockTime gst_mobilenet_fx_network_cost (const GstMobilenetFxNetwork * self);

/* Makes a style of what `settings` name, for the frames that follow.  Any thread, also
 * while frames are shown.  FALSE and `error` filled when that fails. */
gboolean gst_mobilenet_fx_network_restyle (GstMobilenetFxNetwork * self,
    GstElement * element, const GstMobilenetFxNetworkSettings * settings,
    GError ** error);

/* Streaming thread, as what follows.  Frames are of `info` from now on.  FALSE and `error`
 * filled when they cannot be brought into the network's input. */
gboolean gst_mobilenet_fx_network_set_info (GstMobilenetFxNetwork * self,
    const GstVideoInfo * info, GError ** error);

/* Forgets the picture of the frame before: another stream begins. */
void gst_mobilenet_fx_network_discard (GstMobilenetFxNetwork * self);

/* Blends the network's picture into `frame`, which is mapped for reading and writing.
 * *took is what the network took, ns, 0 when it did not run.  FALSE and `error` filled
 * when a frame of another size than the caps say cannot be brought into its input. */
gboolean gst_mobilenet_fx_network_frame (GstMobilenetFxNetwork * self,
    GstVideoFrame * frame, const GstMobilenetFxOrders * orders,
    GstClockTime * took, GError ** error);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_NETWORK_H__ */
