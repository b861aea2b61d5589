/* SPDX-License-Identifier: MIT
 *
 * A video frame in cells: means of its samples, sums over windows, and back to
 * samples. */

#include "gstmobilenetfxgrid.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetvector.h"

#define BLOCK GST_MOBILENET_FX_BLOCK
#define MARGIN GST_MOBILENET_FX_MARGIN

/* Cells of a row that are enough, and how large they get: sums of 16x16 samples of
 * 10 bits are added up in 16 bits, see
 * gst_mobilenet_fx_component_add(). */
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

/* Aligned as vectors are, with two rows more for gst_mobilenet_fx_grid_box(). */
GstMobilenetFxCell *
gst_mobilenet_fx_cells_new (const GstMobilenetFxGrid * grid)
{
  gsize bytes = (gst_mobilenet_fx_grid_size (grid) + 2 * grid->width) *
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
gst_mobilenet_fx_plane_extend (GstMobilenetFxPlane * plane,
    const GstMobilenetFxGrid * grid, gint j)
{
  gfloat *row = gst_mobilenet_fx_plane_row (plane, j);
  gint i;

  for (i = grid->width; i < plane->stride - MARGIN; i++)
    row[i] = row[grid->width - 1];
  for (i = -MARGIN; i < 0; i++)
    row[i] = row[0];
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
    gst_mobilenet_fx_plane_extend (plane, grid, j);
  }
}

typedef guint32 Pair __attribute__((may_alias));

/* Each two samples that lie side by side become their sum, of 32 bits. */
GST_MOBILENET_VECTORISED static void
add_pairs (Pair * pairs, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK / 2)
    for (k = 0; k < BLOCK / 2; k++)
      pairs[i + k] = (pairs[i + k] & 0xffff) + (pairs[i + k] >> 16);
}

/* `pairs` of a cell. */
static inline __attribute__((always_inline))
     void sum_pairs (const Pair * from, gint cells, gint pairs, gfloat scale,
    GstMobilenetFxCell * to, guint k)
{
  gint i, s;

  for (i = 0; i < cells; i++) {
    guint32 sum = 0;

    for (s = 0; s < pairs; s++)
      sum += from[i * pairs + s];
    to[i][k] = sum * scale;
  }
}

/* `samples` of a cell: 1, 2, 4, 8 or 16; `sums` are lost. */
static void
sum_cells (guint16 * sums, gint cells, gint samples, gfloat scale,
    GstMobilenetFxCell * to, guint k)
{
  const Pair *pairs = (const Pair *) (gpointer) sums;
  gint i;

  if (samples > 1)
    add_pairs ((Pair *) (gpointer) sums,
        GST_MOBILENET_FX_BLOCKS (cells * samples) / 2);
  switch (samples) {
    case 1:
      for (i = 0; i < cells; i++)
        to[i][k] = sums[i] * scale;
      break;
    case 2:
      sum_pairs (pairs, cells, 1, scale, to, k);
      break;
    case 4:
      sum_pairs (pairs, cells, 2, scale, to, k);
      break;
    case 8:
      sum_pairs (pairs, cells, 4, scale, to, k);
      break;
    default:
      sum_pairs (pairs, cells, 8, scale, to, k);
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
    for (s = 0; s < rows; s++)
      gst_mobilenet_fx_component_add (component, j * rows + s, row, sums);
    for (i = component->width; i < grid->width * columns; i++)
      sums[i] = sums[component->width - 1];
    sum_cells (sums, grid->width, columns, scale, cells +
        (gsize) j * grid->width, k);
  }
}

/* Lines that are added up at once: each sum waits for the one before it. */
#define LINES 4

/* Cell `i` of some lines, of `n` cells each: `within` when all cells that are
 * looked at are there. */
static inline __attribute__((always_inline))
     void box_cell (const GstMobilenetFxCell * restrict from,
    GstMobilenetFxCell * restrict to, gint n, gint lines, gint i, gint whole,
    gfloat share, gboolean within, GstMobilenetFxCell * restrict sums)
{
  const GstMobilenetFxCell none = { 0 };
  gboolean before = within || i - whole - 1 >= 0;
  gboolean enters = within || i + whole < n;
  gboolean behind = within || i + whole + 1 < n;
  gint l;

  for (l = 0; l < lines; l++) {
    const GstMobilenetFxCell *at = from + (gsize) l * n + i;
    GstMobilenetFxCell first = before ? at[-whole - 1] : none;
    GstMobilenetFxCell last = behind ? at[whole + 1] : none;

    if (enters)
      sums[l] += at[whole];
    sums[l] -= first;
    to[(gsize) l * n + i] = sums[l] + (first + last) * share;
  }
}

/* `whole` cells to either side count, those behind them by `share`. */
static inline __attribute__((always_inline))
     void box_lines (const GstMobilenetFxCell * restrict from,
    GstMobilenetFxCell * restrict to, gint n, gint lines, gint whole,
    gfloat share)
{
  GstMobilenetFxCell sums[LINES] = { {0} };
  gint i, l;

  for (l = 0; l < lines; l++)
    for (i = 0; i < MIN (whole, n); i++)
      sums[l] += from[(gsize) l * n + i];
  for (i = 0; i < MIN (whole + 1, n); i++)
    box_cell (from, to, n, lines, i, whole, share, FALSE, sums);
  for (; i < n - whole - 1; i++)
    box_cell (from, to, n, lines, i, whole, share, TRUE, sums);
  for (; i < n; i++)
    box_cell (from, to, n, lines, i, whole, share, FALSE, sums);
}

static void
box_across (const GstMobilenetFxGrid * grid, const GstMobilenetFxCell * from,
    GstMobilenetFxCell * to, gint whole, gfloat share)
{
  gint n = grid->width, j;

  for (j = 0; j + LINES <= grid->height; j += LINES)
    box_lines (from + (gsize) j * n, to + (gsize) j * n, n, LINES, whole,
        share);
  for (; j < grid->height; j++)
    box_lines (from + (gsize) j * n, to + (gsize) j * n, n, 1, whole, share);
}

/* A row of the columns' sums, of `n` numbers, whose running ones are `sums`. */
GST_MOBILENET_VECTORISED static void
box_row (const gfloat * restrict enters, const gfloat * restrict before,
    const gfloat * restrict behind, gfloat * restrict sums,
    gfloat * restrict to, gint n, gfloat share)
{
  gint i, k;

  /* All four numbers of a cell. */
  for (i = 0; i < n; i += 4)
    for (k = 0; k < 4; k++) {
      gfloat sum = sums[i + k] + enters[i + k] - before[i + k];

      sums[i + k] = sum;
      to[i + k] = sum + before[i + k] * share + behind[i + k] * share;
    }
}

/* A row of the grid; past the edges one of zeros. */
static const gfloat *
row_or_zeros (const GstMobilenetFxGrid * grid, const GstMobilenetFxCell * cells,
    gint j, const GstMobilenetFxCell * zeros)
{
  return (const gfloat *) (j >= 0 && j < grid->height ?
      cells + (gsize) j * grid->width : zeros);
}

void
gst_mobilenet_fx_grid_box (const GstMobilenetFxGrid * grid,
    gfloat radius, GstMobilenetFxCell * cells, GstMobilenetFxCell * scratch)
{
  gint whole = (gint) floorf (radius), n = grid->width, j;
  gfloat share = radius - whole;
  GstMobilenetFxCell *sums = scratch + gst_mobilenet_fx_grid_size (grid);
  GstMobilenetFxCell *zeros = sums + n;

  box_across (grid, cells, scratch, whole, share);
  memset (sums, 0, 2 * n * sizeof (*sums));
  for (j = -whole; j < grid->height; j++)
    box_row (row_or_zeros (grid, scratch, j + whole, zeros),
        row_or_zeros (grid, scratch, j - whole - 1, zeros),
        row_or_zeros (grid, scratch, j + whole + 1, zeros), (gfloat *) sums,
        (gfloat *) (cells + (gsize) MAX (j, 0) * n), 4 * n, share);
}

/* Cells `-1` to `n` between two rows, rounded to nearest. */
GST_MOBILENET_VECTORISED static void
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
 * count from one before the first.  What comes of the outer half of that one, and of
 * the one behind the last, no sample is made of. */
GST_MOBILENET_VECTORISED static void
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
    double_row (from, to, length);
    length *= 2;
    swap = from;
    from = to;
    to = swap;
  }
  return from + (1 << doublings);
}
