/* SPDX-License-Identifier: MIT
 *
 * The numbers of a style, made of a picture by a network. */
#ifndef __GST_MOBILENET_FX_STYLE_H__
#define __GST_MOBILENET_FX_STYLE_H__

#include "gstmobilenetfxnetworksettings.h"
#include "gstmobilenetnetwork.h"

G_BEGIN_DECLS

/* The bytes of the input of `network` that takes a style, of the picture and by the
 * model that `settings` name; to be freed.  Any thread, takes as long as loading, decoding
 * and running once; `element` is only logged for.  NULL and `error` filled when that
 * fails. */
guint8 *gst_mobilenet_fx_style_new (GstElement * element,
    const GstMobilenetFxNetworkSettings * settings,
    const GstMobilenetNetwork * network, GError ** error);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_STYLE_H__ */
