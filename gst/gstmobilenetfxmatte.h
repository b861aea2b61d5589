/* SPDX-License-Identifier: MIT
 *
 * How opaque each pixel of a frame is: the map of a segmentation, spread over the
 * frame along the edges of its picture by a guided filter (He, Sun and Tang, Guided
 * Image Filtering; He and Sun, Fast Guided Filter): alpha is a linear function of
 * luma within each window, found in cells of pixels, applied to pixels. */
#ifndef __GST_MOBILENET_FX_MATTE_H__
#define __GST_MOBILENET_FX_MATTE_H__

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetfxgrid.h"

G_BEGIN_DECLS

#define GST_MOBILENET_FX_OPAQUE 256

/* What a tile of pixels, of a block's width, is. */
typedef enum
{
  GST_MOBILENET_FX_TILE_FOREGROUND,     /* alpha is GST_MOBILENET_FX_OPAQUE */
  GST_MOBILENET_FX_TILE_BACKGROUND,     /* alpha is 0 */
  GST_MOBILENET_FX_TILE_MIXED
} GstMobilenetFxTile;

typedef struct _GstMobilenetFxMatte GstMobilenetFxMatte;

/* Of frames of that size. */
GstMobilenetFxMatte *gst_mobilenet_fx_matte_new (gint width, gint height);
void gst_mobilenet_fx_matte_free (GstMobilenetFxMatte * matte);

const GstMobilenetFxGrid *gst_mobilenet_fx_matte_grid (const
    GstMobilenetFxMatte * matte);

/* `foreground` tells which classes of `segmentation` are.  What the network did not
 * see is background.  Number 3 of `cells` is the guide, of 8 bits, at least. */
void gst_mobilenet_fx_matte_build (GstMobilenetFxMatte * matte,
    const GstMobilenetFxCell * cells,
    const GstMobilenetSegmentation * segmentation,
    const gboolean foreground[256]);
/* All is background. */
void gst_mobilenet_fx_matte_clear (GstMobilenetFxMatte * matte);

/* What alpha is at a cell, 0 to 1, as far as cells tell: row by row. */
const gfloat *gst_mobilenet_fx_matte_coverage (const GstMobilenetFxMatte *
    matte);

/* Of the tiles of `rows` rows from row `j` on. */
void gst_mobilenet_fx_matte_tiles (const GstMobilenetFxMatte * matte, gint j,
    gint rows, GstMobilenetFxTile * tiles);

/* Alpha of `n` pixels of row `j` from pixel `i` on, whole tiles both; `guide` is
 * their luma in 8 bits. */
void gst_mobilenet_fx_matte_row (GstMobilenetFxMatte * matte, gint j, gint i,
    gint n, const guint16 * guide, guint16 * alpha);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_MATTE_H__ */
