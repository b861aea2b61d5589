/* SPDX-License-Identifier: MIT
 *
 * Text as sprites: rendered once for each text and colour, and kept as long as
 * there is room. */
#ifndef __GST_MOBILENET_TEXT_H__
#define __GST_MOBILENET_TEXT_H__

#include "gstmobilenetsprite.h"

G_BEGIN_DECLS

typedef struct _GstMobilenetText GstMobilenetText;

GstMobilenetText *gst_mobilenet_text_new (void);
void gst_mobilenet_text_free (GstMobilenetText * text);

/* `font`: a Pango font description, whose size does not count; `size` is that of
 * an em in pixels, 1 or more.  Sprites of before are gone. */
void gst_mobilenet_text_configure (GstMobilenetText * text, const gchar * font,
    gint size, gdouble opacity);

/* Sprites stay until the next of these. */
void gst_mobilenet_text_begin (GstMobilenetText * text);

/* `string`, UTF-8, on a piece of plate as high as any other, with room left and
 * right.  Long strings are cut.  Owned by `text`; NULL when memory is short. */
GstMobilenetSprite *gst_mobilenet_text_sprite (GstMobilenetText * text,
    const gchar * string, guint32 rgb);

G_END_DECLS

#endif /* __GST_MOBILENET_TEXT_H__ */
