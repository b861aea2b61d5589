/* SPDX-License-Identifier: MIT
 *
 * A video frame in cells of 2x2 to 16x16 pixels, of four numbers each, in which
 * mobilenetfx computes what need not be computed for each pixel. */
#ifndef __GST_MOBILENET_FX_GRID_H__
#define __GST_MOBILENET_FX_GRID_H__

#include "gstmobilenetfxrows.h"

G_BEGIN_DECLS

typedef gfloat GstMobilenetFxCell __attribute__ ((vector_size (16)));

/* Cells that rows of a plane have in front and behind, which repeat the first and
 * the last cell of the row; what is computed in blocks may read them. */
#define GST_MOBILENET_FX_MARGIN 32

typedef struct
{
  guint shift;                  /* log2 of the pixels of a cell along an edge */
  gint width, height;           /* cells; the last ones may be in part outside */
} GstMobilenetFxGrid;

/* One number of each cell, as floats. */
typedef struct
{
  gint stride;
  gfloat *data;
} GstMobilenetFxPlane;

/* For frames of that many pixels: at most about 240 cells a row, and at least 2x2
 * pixels a cell. */
void gst_mobilenet_fx_grid_init (GstMobilenetFxGrid * grid, gint width,
    gint height);
/* Cells of 2x2 of the other grid's. */
void gst_mobilenet_fx_grid_halve (GstMobilenetFxGrid * grid,
    const GstMobilenetFxGrid * from);

static inline gsize
gst_mobilenet_fx_grid_size (const GstMobilenetFxGrid * grid)
{
  return (gsize) grid->width * grid->height;
}

GstMobilenetFxCell *gst_mobilenet_fx_cells_new (const GstMobilenetFxGrid *
    grid);
void gst_mobilenet_fx_cells_free (GstMobilenetFxCell * cells);

void gst_mobilenet_fx_plane_init (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid);
void gst_mobilenet_fx_plane_clear (GstMobilenetFxPlane * plane);

static inline gfloat *
gst_mobilenet_fx_plane_row (const GstMobilenetFxPlane * plane, gint j)
{
  return plane->data + (gssize) j * plane->stride + GST_MOBILENET_FX_MARGIN;
}

/* The margins of row `j` become what its first and last cells are. */
void gst_mobilenet_fx_plane_extend (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, gint j);

/* Number `k` of each cell, times `scale`, is taken over, and the margins. */
void gst_mobilenet_fx_plane_take (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, const GstMobilenetFxCell * cells, guint k,
    gfloat scale);

/* Means of a component over the cells become number `k` of each.  `row` and `sums`
 * have room for a row of the frame in whole blocks, and two cells. */
void gst_mobilenet_fx_grid_reduce (const GstMobilenetFxGrid * grid,
    const GstMobilenetFxComponent * component, guint16 * row, guint16 * sums,
    GstMobilenetFxCell * cells, guint k);

/* Each cell becomes the sum of those up to `radius` cells away, 0 or more, along
 * both axes; those outside of the grid are zeros.  What is between two whole
 * numbers of cells counts by its share. */
void gst_mobilenet_fx_grid_box (const GstMobilenetFxGrid * grid,
    gfloat radius, GstMobilenetFxCell * cells, GstMobilenetFxCell * scratch);

/* What 0 is in rows of gst_mobilenet_fx_plane_spread(). */
#define GST_MOBILENET_FX_ZERO 16384

/* Row `j` of samples of a component of `1 << (grid->shift - w_sub)` samples a cell
 * and likewise down, interpolated between the middles of cells: `n` samples from
 * sample `i` on, which is that of a tile.  Values are within 16383 of 0.  Both rows
 * have room for a row of the frame in whole blocks and six blocks more; the result
 * is in one of them. */
const guint16 *gst_mobilenet_fx_plane_spread (const GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, const GstMobilenetFxComponent * component,
    gint j, gint i, gint n, guint16 * row, guint16 * other);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_GRID_H__ */
