/* SPDX-License-Identifier: MIT
 *
 * A video frame in cells: means of its samples, sums over windows, and back to
 * samples. */

#include "gstmobilenetfxgrid.h"

#include <math.h>
#include <string.h>

#define BLOCK GST_MOBILENET_FX_BLOCK
#define MARGIN GST_MOBILENET_FX_MARGIN

/* Cells of a row that are enough, and how large they get: sums of 16x16 samples of
 * 10 bits are added up in 16 bits, see add_row() and sum_cells(). */
#define WIDEST 240
#define MAX_SHIFT 4

void
gst_mobilenet_fx_grid_init (GstMobilenetFxGrid * grid, gint width, gint height)
{
  gint cell;

  for (grid->shift = 1; grid->shift < MAX_SHIFT
      && MAX (width, height) >> grid->shift > WIDEST; grid->shift++);
  cell = 1 << grid->shift;
  grid->width = (width + cell - 1) / cell;
  grid->height = (height + cell - 1) / cell;
}

void
gst_mobilenet_fx_grid_halve (GstMobilenetFxGrid * grid,
    const GstMobilenetFxGrid * from)
{
  grid->shift = from->shift + 1;
  grid->width = (from->width + 1) / 2;
  grid->height = (from->height + 1) / 2;
}

/* Aligned as vectors are, with a row more for gst_mobilenet_fx_grid_box(). */
GstMobilenetFxCell *
gst_mobilenet_fx_cells_new (const GstMobilenetFxGrid * grid)
{
  gsize bytes = (gst_mobilenet_fx_grid_size (grid) + grid->width) *
      sizeof (GstMobilenetFxCell);
  guint8 *block = g_malloc0 (bytes + 32);
  guint8 *cells = block + 16 + (16 - GPOINTER_TO_SIZE (block) % 16) % 16;

  memcpy (cells - sizeof (block), &block, sizeof (block));
  return (GstMobilenetFxCell *) cells;
}

void
gst_mobilenet_fx_cells_free (GstMobilenetFxCell * cells)
{
  guint8 *block;

  if (!cells)
    return;
  memcpy (&block, (guint8 *) cells - sizeof (block), sizeof (block));
  g_free (block);
}

void
gst_mobilenet_fx_plane_init (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid)
{
  plane->stride = GST_MOBILENET_FX_BLOCKS (grid->width) + 2 * MARGIN;
  plane->data = g_new0 (gfloat, (gsize) plane->stride * grid->height);
}

void
gst_mobilenet_fx_plane_clear (GstMobilenetFxPlane * plane)
{
  g_clear_pointer (&plane->data, g_free);
}

void
gst_mobilenet_fx_plane_take (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, const GstMobilenetFxCell * cells, guint k,
    gfloat scale)
{
  gint i, j;

  for (j = 0; j < grid->height; j++) {
    const GstMobilenetFxCell *from = cells + (gsize) j * grid->width;
    gfloat *to = gst_mobilenet_fx_plane_row (plane, j);

    for (i = 0; i < grid->width; i++)
      to[i] = from[i][k] * scale;
    for (; i < plane->stride - MARGIN; i++)
      to[i] = to[grid->width - 1];
    for (i = -MARGIN; i < 0; i++)
      to[i] = to[0];
  }
}

/* At most 16 rows of 10 bits: 14 bits. */
static void
add_row (guint16 * restrict sums, const guint16 * restrict row, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      sums[i + k] += row[i + k];
}

static void
sum_cells (const guint16 * sums, gint cells, gint samples, gfloat scale,
    GstMobilenetFxCell * to, guint k)
{
  gint i, s;

  for (i = 0; i < cells; i++) {
    guint32 sum = 0;

    for (s = 0; s < samples; s++)
      sum += sums[i * samples + s];
    to[i][k] = sum * scale;
  }
}

/* Past the edges of the frame its last samples count again. */
void
gst_mobilenet_fx_grid_reduce (const GstMobilenetFxGrid * grid,
    const GstMobilenetFxComponent * component, guint16 * row, guint16 * sums,
    GstMobilenetFxCell * cells, guint k)
{
  gint columns = 1 << (grid->shift - component->w_sub);
  gint rows = 1 << (grid->shift - component->h_sub);
  gint n = GST_MOBILENET_FX_BLOCKS (component->width);
  gfloat scale = 1.0f / (columns * rows);
  gint i, j, s;

  for (j = 0; j < grid->height; j++) {
    memset (sums, 0, n * sizeof (*sums));
    for (s = 0; s < rows; s++) {
      gst_mobilenet_fx_component_load (component, j * rows + s, 0,
          component->width, row);
      add_row (sums, row, n);
    }
    for (i = component->width; i < grid->width * columns; i++)
      sums[i] = sums[component->width - 1];
    sum_cells (sums, grid->width, columns, scale, cells +
        (gsize) j * grid->width, k);
  }
}

/* `whole` cells to either side count, those behind them by `share`. */
static void
box_line (const GstMobilenetFxCell * restrict from,
    GstMobilenetFxCell * restrict to, gint n, gint whole, gfloat share)
{
  GstMobilenetFxCell sum = { 0 };
  gint i;

  for (i = 0; i < MIN (whole, n); i++)
    sum += from[i];
  for (i = 0; i < n; i++) {
    GstMobilenetFxCell ends = { 0 };

    if (i + whole < n)
      sum += from[i + whole];
    if (i - whole - 1 >= 0) {
      sum -= from[i - whole - 1];
      ends += from[i - whole - 1];
    }
    if (i + whole + 1 < n)
      ends += from[i + whole + 1];
    to[i] = sum + ends * share;
  }
}

static void
add_line (GstMobilenetFxCell * restrict to,
    const GstMobilenetFxCell * restrict from, gint n, gfloat factor)
{
  gint i;

  for (i = 0; i < n; i++)
    to[i] += from[i] * factor;
}

/* Row `j` of the columns' sums, whose running ones are `sums`. */
static void
box_row (const GstMobilenetFxGrid * grid, const GstMobilenetFxCell * from,
    GstMobilenetFxCell * sums, GstMobilenetFxCell * to, gint j, gint whole,
    gfloat share)
{
  gint n = grid->width, before = j - whole - 1, behind = j + whole + 1;

  if (j + whole < grid->height)
    add_line (sums, from + (gsize) (j + whole) * n, n, 1);
  if (before >= 0)
    add_line (sums, from + (gsize) before * n, n, -1);
  memcpy (to, sums, n * sizeof (*to));
  if (share > 0 && before >= 0)
    add_line (to, from + (gsize) before * n, n, share);
  if (share > 0 && behind < grid->height)
    add_line (to, from + (gsize) behind * n, n, share);
}

void
gst_mobilenet_fx_grid_box (const GstMobilenetFxGrid * grid,
    gfloat radius, GstMobilenetFxCell * cells, GstMobilenetFxCell * scratch)
{
  gint whole = (gint) floorf (radius), n = grid->width, j;
  gfloat share = radius - whole;
  GstMobilenetFxCell *sums = scratch + gst_mobilenet_fx_grid_size (grid);

  for (j = 0; j < grid->height; j++)
    box_line (cells + (gsize) j * n, scratch + (gsize) j * n, n, whole, share);
  memset (sums, 0, n * sizeof (*sums));
  for (j = 0; j < MIN (whole, grid->height); j++)
    add_line (sums, scratch + (gsize) j * n, n, 1);
  for (j = 0; j < grid->height; j++)
    box_row (grid, scratch, sums, cells + (gsize) j * n, j, whole, share);
}

/* Cells `-1` to `n` between two rows, rounded to nearest. */
static void
mix_rows (const gfloat * restrict upper, const gfloat * restrict lower,
    gfloat share, gint n, guint16 * restrict to)
{
  gint i, k;

  for (i = -1; i <= n; i += 16)
    for (k = 0; k < 16; k++) {
      gfloat value = upper[i + k] + share * (lower[i + k] - upper[i + k]);

      to[i + k + 1] = (guint16) (gint) (value + (GST_MOBILENET_FX_ZERO + 0.5f));
    }
}

/* Of 15 bits: the sum has 16, which compilers need not widen. */
static inline guint16
mean (guint16 a, guint16 b)
{
  guint16 sum = (guint16) (a + b + 1);

  return sum >> 1;
}

/* Each value becomes two, a quarter of the way to its neighbours; `from` and `to`
 * count from one before the first. */
static void
double_row (const guint16 * restrict from, guint16 * restrict to, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += 16)
    for (k = 0; k < 16; k++) {
      guint16 at = from[i + k];

      to[2 * (i + k)] = mean (at, mean (at, from[i + k - 1]));
      to[2 * (i + k) + 1] = mean (at, mean (at, from[i + k + 1]));
    }
}

const guint16 *
gst_mobilenet_fx_plane_spread (const GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, const GstMobilenetFxComponent * component,
    gint j, gint i, gint n, guint16 * row, guint16 * other)
{
  guint doublings = grid->shift - component->w_sub;
  gint rows = 1 << (grid->shift - component->h_sub);
  gfloat at = (j + 0.5f) / rows - 0.5f;
  gint above = (gint) floorf (at), first = i >> doublings;
  gint last = grid->height - 1, cells = (n + (1 << doublings) - 1) >> doublings;
  const gfloat *upper = gst_mobilenet_fx_plane_row (plane,
      CLAMP (above, 0, last));
  const gfloat *lower = gst_mobilenet_fx_plane_row (plane,
      CLAMP (above + 1, 0, last));
  guint16 *from = row + BLOCK, *to = other + BLOCK, *swap;
  gint length = cells + 2;
  guint k;

  mix_rows (upper + first, lower + first, at - above, cells, from);
  for (k = 0; k < doublings; k++) {
    from[-1] = from[0];
    from[length] = from[length - 1];
    double_row (from, to, length);
    length *= 2;
    swap = from;
    from = to;
    to = swap;
  }
  return from + (1 << doublings);
}
