/* SPDX-License-Identifier: MIT
 *
 * Which colour a class is drawn in. */
#ifndef __GST_MOBILENET_COLORS_H__
#define __GST_MOBILENET_COLORS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Of the elements' property `colors`, "person=#ff0000,dog=#00f": labels to
 * colours, 0xRRGGBB.  NULL and `error`, which the caller frees, when it is
 * something else; an empty table for NULL. */
GHashTable *gst_mobilenet_colors_parse (const gchar * text, gchar ** error);

/* That of `table`, else one of a palette, always the same for an index. */
guint32 gst_mobilenet_color_of (GHashTable * table, const gchar * label,
    guint index);

/* The colour, lightened until text in it is readable on a dark plate. */
guint32 gst_mobilenet_color_for_text (guint32 rgb);

G_END_DECLS

#endif /* __GST_MOBILENET_COLORS_H__ */
