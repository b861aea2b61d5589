/* SPDX-License-Identifier: MIT
 *
 * What mobilenetoverlay agrees on with its neighbours: caps with and without
 * GstVideoOverlayComposition, and whether downstream takes that. */
#ifndef __GST_MOBILENET_OVERLAY_CAPS_H__
#define __GST_MOBILENET_OVERLAY_CAPS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Those of the pad templates; transfer full. */
GstCaps *gst_mobilenet_overlay_template_caps (void);

/* What may stand on the other side of the element than `caps` does; with
 * `composes` overlays may be handed on.  Transfer full. */
GstCaps *gst_mobilenet_overlay_caps (const GstCaps * caps,
    GstPadDirection direction, gboolean composes);

/* The structure of `caps` to take behind the element: one with overlays if
 * `composes`, else one without, as far as there is one. */
guint gst_mobilenet_overlay_choose_caps (const GstCaps * caps,
    gboolean composes);

/* Does the peer of `pad` name overlays in its caps? One that takes anything
 * does not. */
gboolean gst_mobilenet_overlay_peer_names_overlays (GstPad * pad);

/* Does it say in an ALLOCATION query that it takes them?  `pad` has caps. */
gboolean gst_mobilenet_overlay_peer_takes_overlays (GstPad * pad);

/* Answers upstream's ALLOCATION query as the peer of `pad` answers one of the
 * caps of `pad`. */
gboolean gst_mobilenet_overlay_forward_allocation (GstPad * pad,
    GstQuery * query);

G_END_DECLS

#endif /* __GST_MOBILENET_OVERLAY_CAPS_H__ */
