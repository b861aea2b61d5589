/* SPDX-License-Identifier: MIT
 *
 * The background of a frame, blurred: three sums over windows for a Gaussian.  Cells
 * count by how much of them is background, so that the foreground has no halo of
 * its own colours. */

#include "gstmobilenetfxblur.h"

#include <math.h>

#include "gstmobilenetvector.h"

#define BLOCK GST_MOBILENET_FX_BLOCK
#define N_WINDOWS 3
/* Cells of that deviation and more are taken two by two. */
#define COARSE 3.0
/* Of cells' means and of interpolation between them, in cells: it is there
 * already. */
#define VARIANCE_OF_CELLS 0.25
/* What foreground alone counts: where no background is near there must be some
 * colour. */
#define LEAST_WEIGHT 1e-4f
/* Samples are interpolated with 14 bits. */
#define BITS 14

struct _GstMobilenetFxBlur
{
  GstMobilenetFxGrid fine, coarse;
  const GstMobilenetFxGrid *grid;       /* one of them */
  GstMobilenetFxCell *cells, *scratch;  /* of the fine one's size */
  GstMobilenetFxPlane planes[3];
  guint bits_below;
};

GstMobilenetFxBlur *
gst_mobilenet_fx_blur_new (const GstMobilenetFxGrid * grid)
{
  GstMobilenetFxBlur *self = g_new0 (GstMobilenetFxBlur, 1);
  guint c;

  self->fine = *grid;
  gst_mobilenet_fx_grid_halve (&self->coarse, grid);
  self->grid = &self->fine;
  self->cells = gst_mobilenet_fx_cells_new (grid);
  self->scratch = gst_mobilenet_fx_cells_new (grid);
  for (c = 0; c < 3; c++)
    gst_mobilenet_fx_plane_init (&self->planes[c], grid);
  return self;
}

void
gst_mobilenet_fx_blur_free (GstMobilenetFxBlur * self)
{
  guint c;

  if (!self)
    return;
  gst_mobilenet_fx_cells_free (self->cells);
  gst_mobilenet_fx_cells_free (self->scratch);
  for (c = 0; c < 3; c++)
    gst_mobilenet_fx_plane_clear (&self->planes[c]);
  g_free (self);
}

static GstMobilenetFxCell
weigh (GstMobilenetFxCell cell, gfloat coverage)
{
  gfloat background = 1 - coverage;

  cell[3] = 1;
  return cell * (background * background + LEAST_WEIGHT);
}

static void
take_fine (GstMobilenetFxBlur * self, const GstMobilenetFxCell * cells,
    const gfloat * coverage)
{
  gsize n = gst_mobilenet_fx_grid_size (&self->fine), i;

  for (i = 0; i < n; i++)
    self->cells[i] = weigh (cells[i], coverage[i]);
}

/* Means of two by two; at the edges the last ones count twice. */
static void
take_coarse (GstMobilenetFxBlur * self, const GstMobilenetFxCell * cells,
    const gfloat * coverage)
{
  gint width = self->fine.width, height = self->fine.height, i, j;

  for (j = 0; j < self->coarse.height; j++) {
    gsize upper = (gsize) 2 * j * width;
    gsize lower = (gsize) MIN (2 * j + 1, height - 1) * width;
    GstMobilenetFxCell *to = self->cells + (gsize) j * self->coarse.width;

    for (i = 0; i < self->coarse.width; i++) {
      gint left = 2 * i, right = MIN (2 * i + 1, width - 1);

      to[i] = weigh (cells[upper + left], coverage[upper + left])
          + weigh (cells[upper + right], coverage[upper + right])
          + weigh (cells[lower + left], coverage[lower + left])
          + weigh (cells[lower + right], coverage[lower + right]);
    }
  }
}

void
gst_mobilenet_fx_blur_build (GstMobilenetFxBlur * self,
    const GstMobilenetFxCell * cells, const gfloat * coverage,
    gdouble deviation, guint depth)
{
  gboolean coarse = deviation / (1 << self->fine.shift) >= COARSE;
  gdouble variance, radius;
  gsize n, i;
  guint c;

  self->grid = coarse ? &self->coarse : &self->fine;
  self->bits_below = BITS - depth;
  if (coarse)
    take_coarse (self, cells, coverage);
  else
    take_fine (self, cells, coverage);
  deviation /= 1 << self->grid->shift;
  /* Of a window of 2 * radius + 1 cells: ((2 * radius + 1)^2 - 1) / 12. */
  variance = MAX (deviation * deviation - VARIANCE_OF_CELLS, 0);
  radius = (sqrt (12 * variance / N_WINDOWS + 1) - 1) / 2;
  for (i = 0; i < N_WINDOWS && variance > 0; i++)
    gst_mobilenet_fx_grid_box (self->grid, (gfloat) radius, self->cells,
        self->scratch);
  n = gst_mobilenet_fx_grid_size (self->grid);
  for (i = 0; i < n; i++)
    self->cells[i] /= self->cells[i][3];
  for (c = 0; c < 3; c++)
    gst_mobilenet_fx_plane_take (&self->planes[c], self->grid, self->cells, c,
        1 << self->bits_below);
}

/* Where `shift` is a constant at the call compilers vectorise it. */
static inline __attribute__((always_inline))
     void round_row (const guint16 * restrict from, guint16 * restrict to,
    gint n, guint shift)
{
  const guint16 less = (guint16) (GST_MOBILENET_FX_ZERO - (1u << shift >> 1));
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[i + k] = (guint16) (from[i + k] - less) >> shift;
}

GST_MOBILENET_VECTORISED static void
round_samples (const guint16 * from, guint16 * to, gint n, guint shift)
{
  if (shift == BITS - 8)
    round_row (from, to, n, BITS - 8);
  else if (shift == BITS - 10)
    round_row (from, to, n, BITS - 10);
  else
    round_row (from, to, n, shift);
}

void
gst_mobilenet_fx_blur_row (const GstMobilenetFxBlur * self, guint c,
    const GstMobilenetFxComponent * component, gint j, gint i, gint n,
    guint16 * const rows[2], guint16 * samples)
{
  const guint16 *from = gst_mobilenet_fx_plane_spread (&self->planes[c],
      self->grid, component, j, i, n, rows[0], rows[1]);

  round_samples (from, samples, n, self->bits_below);
}
