/* SPDX-License-Identifier: MIT
 *
 * Rows of one component of a mapped video frame as 16-bit samples, whatever lies
 * between them in memory. */
#ifndef __GST_MOBILENET_FX_ROWS_H__
#define __GST_MOBILENET_FX_ROWS_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Samples that are computed at once, and the pixels of a tile: compilers vectorise
 * loops of a length that they know.  Rows of our own are whole blocks. */
#define GST_MOBILENET_FX_BLOCK 32

#define GST_MOBILENET_FX_BLOCKS(n) (((n) + GST_MOBILENET_FX_BLOCK - 1) / \
    GST_MOBILENET_FX_BLOCK * GST_MOBILENET_FX_BLOCK)

typedef struct
{
  guint8 *data;                 /* the first sample */
  gint stride;                  /* bytes from row to row */
  gint step;                    /* bytes from sample to sample */
  guint offset;                 /* bytes before it that are of the same step */
  gint width, height;           /* samples */
  guint depth;                  /* bits of a sample, 8 to 12 */
  guint bits_below;             /* unused ones under them */
  guint w_sub, h_sub;           /* log2 of the pixels of a sample */
} GstMobilenetFxComponent;

void gst_mobilenet_fx_component_init (GstMobilenetFxComponent * component,
    const GstVideoFrame * frame, guint c);

/* `n` samples of row `j` from sample `i` on, then the last one again up to a whole
 * block.  Past the last row: the last. */
void gst_mobilenet_fx_component_load (const GstMobilenetFxComponent *
    component, gint j, gint i, gint n, guint16 * samples);

/* Row `j` is added to `sums`; past the last row: the last.  Both rows have room for
 * whole blocks, and what `row` holds is lost. */
void gst_mobilenet_fx_component_add (const GstMobilenetFxComponent *
    component, gint j, guint16 * row, guint16 * sums);

/* Writes `n` samples and nothing between them. */
void gst_mobilenet_fx_component_store (const GstMobilenetFxComponent *
    component, gint j, gint i, gint n, const guint16 * samples);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_ROWS_H__ */
