/* SPDX-License-Identifier: MIT
 *
 * A piece of text on its plate, ready to be blended into frames of one format,
 * or to be handed on as a video overlay rectangle. */
#ifndef __GST_MOBILENET_SPRITE_H__
#define __GST_MOBILENET_SPRITE_H__

#include "gstmobilenetcanvas.h"

G_BEGIN_DECLS

/* What a sprite looks like besides its mask. */
typedef struct
{
  guint32 text_rgb, plate_rgb;  /* 0xRRGGBB */
  gdouble text_opacity, plate_opacity;
} GstMobilenetSpriteLook;

typedef struct
{
  gint width, height;           /* even */
  GstMobilenetSpriteLook look;
  guint8 *mask;                 /* width * height: share of the pixel that is
                                 * text, 0 to 255 */
  /* The samples of each plane, keep and add as in GstMobilenetPaint: NULL until
   * the sprite is first blended. */
  gpointer planes;
  GstBuffer *pixels;            /* NULL until it is first handed on */
} GstMobilenetSprite;

/* Takes `mask`, of g_malloc(). */
GstMobilenetSprite *gst_mobilenet_sprite_new (guint8 * mask, gint width,
    gint height, const GstMobilenetSpriteLook * look);
void gst_mobilenet_sprite_free (GstMobilenetSprite * sprite);

/* Bytes that it takes. */
gsize gst_mobilenet_sprite_size (const GstMobilenetSprite * sprite);

/* Blends it with its top left pixel at x, y, which are even.  `format` must be
 * the same each time. */
void gst_mobilenet_sprite_blend (GstMobilenetSprite * sprite,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas,
    gint x, gint y);

/* The sprite as a rectangle at x, y; transfer full. */
GstVideoOverlayRectangle *gst_mobilenet_sprite_rectangle (GstMobilenetSprite *
    sprite, gint x, gint y);

G_END_DECLS

#endif /* __GST_MOBILENET_SPRITE_H__ */
