/* SPDX-License-Identifier: MIT
 *
 * How opaque each pixel of a frame is. */

#include "gstmobilenetfxmatte.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetvector.h"

#define BLOCK GST_MOBILENET_FX_BLOCK

/* Variance of luma, in steps of 8 bits, below which a window counts as flat: edges
 * of less than about 12 steps are not followed. */
#define FLAT 150.0f
/* Alpha is that much steeper around one half, so that what the network is all but
 * sure of is whole.  256 * STEEPER / (2 * sqrt (FLAT)) is the largest slope. */
#define STEEPER 1.5f
#define MAX_SLOPE 15.9f
/* Probabilities from LOW to HIGH become alpha from 0 to 1. */
#define LOW 0.2f
#define HIGH 0.8f
/* Pixels of the map that a window reaches to either side, and its bounds in
 * cells. */
#define REACH 2.5
#define LEAST_RADIUS 2
#define MOST_RADIUS 16

/* Slopes are kept in 1024ths and offsets in halves of the 256ths of alpha; both
 * are within 16300 of 0. */
#define SLOPE_SCALE 1024.0f
#define OFFSET_SCALE 2.0f
/* Luma that offsets are for. */
#define MIDDLE 128

struct _GstMobilenetFxMatte
{
  gint width, height;           /* pixels of the frame */
  GstMobilenetFxGrid grid;
  gboolean clear;               /* all is background */
  GstMobilenetFxCell *cells, *scratch;
  gfloat *coverage;             /* a float for each cell */
  GstMobilenetFxPlane slopes, offsets;
  gint n_tiles;                 /* in a row */
  guint8 *flags;                /* of each tile in each row of cells */
  gint32 *cell_flags;           /* of a row of them */
  gfloat *scales;               /* of window_scales(), and what they are for */
  gint scale_radius, scale_rows;
  gfloat scale_factor;
  guint16 *rows[4];             /* of slopes and of offsets, in turns */
  gfloat *map_rows[2];          /* of the map, in columns of the grid */
  gint map_row[2];              /* which they are, -1: none */
  gint *columns;                /* of the map, left of each column of the grid */
  gfloat *column_shares;        /* of the one to the right */
};

/* A tile has pixels that are not quite opaque, or not quite transparent. */
#define FLAG_NOT_OPAQUE 1
#define FLAG_NOT_CLEAR 2

GstMobilenetFxMatte *
gst_mobilenet_fx_matte_new (gint width, gint height)
{
  GstMobilenetFxMatte *self = g_new0 (GstMobilenetFxMatte, 1);
  gint room = GST_MOBILENET_FX_BLOCKS (width) + 6 * BLOCK;
  guint i;

  self->width = width;
  self->height = height;
  gst_mobilenet_fx_grid_init (&self->grid, width, height);
  self->cells = gst_mobilenet_fx_cells_new (&self->grid);
  self->scratch = gst_mobilenet_fx_cells_new (&self->grid);
  self->coverage = g_new0 (gfloat, gst_mobilenet_fx_grid_size (&self->grid));
  gst_mobilenet_fx_plane_init (&self->slopes, &self->grid);
  gst_mobilenet_fx_plane_init (&self->offsets, &self->grid);
  self->n_tiles = GST_MOBILENET_FX_BLOCKS (width) / BLOCK;
  self->flags = g_new0 (guint8, (gsize) self->n_tiles * self->grid.height);
  self->cell_flags = g_new0 (gint32, self->grid.width);
  self->scales = g_new0 (gfloat, self->grid.width);
  for (i = 0; i < 4; i++)
    self->rows[i] = g_new0 (guint16, room);
  for (i = 0; i < 2; i++)
    self->map_rows[i] = g_new0 (gfloat, self->grid.width);
  self->columns = g_new0 (gint, self->grid.width);
  self->column_shares = g_new0 (gfloat, self->grid.width);
  gst_mobilenet_fx_matte_clear (self);
  return self;
}

void
gst_mobilenet_fx_matte_free (GstMobilenetFxMatte * self)
{
  guint i;

  if (!self)
    return;
  gst_mobilenet_fx_cells_free (self->cells);
  gst_mobilenet_fx_cells_free (self->scratch);
  g_free (self->coverage);
  gst_mobilenet_fx_plane_clear (&self->slopes);
  gst_mobilenet_fx_plane_clear (&self->offsets);
  g_free (self->flags);
  g_free (self->cell_flags);
  g_free (self->scales);
  for (i = 0; i < 4; i++)
    g_free (self->rows[i]);
  for (i = 0; i < 2; i++)
    g_free (self->map_rows[i]);
  g_free (self->columns);
  g_free (self->column_shares);
  g_free (self);
}

const GstMobilenetFxGrid *
gst_mobilenet_fx_matte_grid (const GstMobilenetFxMatte * self)
{
  return &self->grid;
}

const gfloat *
gst_mobilenet_fx_matte_coverage (const GstMobilenetFxMatte * self)
{
  return self->coverage;
}

void
gst_mobilenet_fx_matte_clear (GstMobilenetFxMatte * self)
{
  self->clear = TRUE;
  memset (self->coverage, 0, gst_mobilenet_fx_grid_size (&self->grid) *
      sizeof (*self->coverage));
}

/* What is looked up for each frame. */
typedef struct
{
  GstMobilenetSegmentationPlace place;
  gint width, height;
  const guint8 *classes, *confidences;  /* the latter may be NULL */
  gfloat sure[256];             /* of a class: how much foreground it is... */
  gfloat less[256];             /* ...and how much that is less for each step of
                                 * doubt */
} Map;

/* A pixel of the foreground is so by its probability, one half at least; one of
 * the background by what is missing in its own, one half at most. */
static void
map_init (Map * map, const GstMobilenetSegmentation * segmentation,
    const gboolean foreground[256])
{
  GBytes *confidences =
      gst_mobilenet_segmentation_get_confidences (segmentation);
  guint width, height, i;

  gst_mobilenet_segmentation_get_size (segmentation, &width, &height);
  gst_mobilenet_segmentation_get_place (segmentation, &map->place);
  map->width = width;
  map->height = height;
  map->classes =
      g_bytes_get_data (gst_mobilenet_segmentation_get_classes (segmentation),
      NULL);
  map->confidences = confidences ? g_bytes_get_data (confidences, NULL) : NULL;
  for (i = 0; i < 256; i++) {
    map->sure[i] = foreground[i] ? 1 : 0;
    map->less[i] = foreground[i] ? -1 / 255.0f : 1 / 255.0f;
  }
}

/* Doubt of a pixel, in 255ths, one half at most: then another class of more than
 * two is as likely. */
static gint
doubt_at (const Map * map, gsize at)
{
  return map->confidences ? MIN (255 - map->confidences[at], 127) : 0;
}

static gfloat
share_at (const Map * map, gsize at)
{
  guint8 class = map->classes[at];

  return map->sure[class] + map->less[class] * doubt_at (map, at);
}

/* Which columns of the map lie around the middles of the grid's. */
static void
find_columns (GstMobilenetFxMatte * self, const Map * map)
{
  gint cell = 1 << self->grid.shift, i;

  for (i = 0; i < self->grid.width; i++) {
    gdouble x = (MIN ((i + 0.5) * cell, self->width) - map->place.x) *
        map->width / map->place.w - 0.5;
    gdouble at = CLAMP (x, 0, map->width - 1);

    self->columns[i] = MIN ((gint) at, MAX (map->width - 2, 0));
    self->column_shares[i] = (gfloat) (at - self->columns[i]);
  }
  self->map_row[0] = self->map_row[1] = -1;
}

/* Row `j` of the map, in columns of the grid; rows come from the top down. */
static const gfloat *
map_row (GstMobilenetFxMatte * self, const Map * map, gint j)
{
  gsize row = (gsize) j * map->width;
  gint right = map->width > 1, i;
  gfloat *to = self->map_rows[j % 2];

  if (self->map_row[j % 2] == j)
    return to;
  self->map_row[j % 2] = j;
  for (i = 0; i < self->grid.width; i++) {
    gsize at = row + self->columns[i];
    gfloat share = share_at (map, at);

    to[i] = share + self->column_shares[i] * (share_at (map, at + right)
        - share);
  }
  return to;
}

/* Columns of the grid, or rows, whose middle was seen: from `first` to before
 * `end`.  The middle of the last one may lie behind the frame of that extent. */
static void
find_seen (gdouble start, gdouble length, gint extent, gint cell, gint n,
    gint * first, gint * end)
{
  *first = (gint) CLAMP (ceil (start / cell - 0.5), 0, n);
  *end = start + length >= extent ? n :
      (gint) CLAMP (ceil ((start + length) / cell - 0.5), *first, n);
}

static gfloat
steepen (gfloat probability)
{
  gfloat t = (probability - LOW) * (1 / (HIGH - LOW));

  t = CLAMP (t, 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

/* How much of the foreground each cell is; 0 where the network saw nothing. */
static void
sample_map (GstMobilenetFxMatte * self, const Map * map)
{
  const GstMobilenetSegmentationPlace *place = &map->place;
  gint cell = 1 << self->grid.shift, n = self->grid.width, i, j;
  gint left, right, top, bottom;

  find_columns (self, map);
  find_seen (place->seen_x, place->seen_w, self->width, cell, n, &left, &right);
  find_seen (place->seen_y, place->seen_h, self->height, cell,
      self->grid.height, &top, &bottom);
  memset (self->coverage, 0, gst_mobilenet_fx_grid_size (&self->grid) *
      sizeof (*self->coverage));
  for (j = top; j < bottom; j++) {
    gdouble y = (MIN ((j + 0.5) * cell, self->height) - place->y) *
        map->height / place->h - 0.5;
    gdouble at = CLAMP (y, 0, map->height - 1);
    gint above = MIN ((gint) at, MAX (map->height - 2, 0));
    gfloat share = (gfloat) (at - above);
    const gfloat *upper = map_row (self, map, above);
    const gfloat *lower = map_row (self, map, MIN (above + 1,
            map->height - 1));
    gfloat *to = self->coverage + (gsize) j * n;

    for (i = left; i < right; i++)
      to[i] = steepen (upper[i] + share * (lower[i] - upper[i]));
  }
}

/* In cells: windows reach over what is uncertain, which is pixels of the map. */
static gint
window_radius (const GstMobilenetFxMatte * self, const Map * map)
{
  gdouble pixel = MAX (map->place.w / map->width, map->place.h / map->height);
  gdouble radius = ceil (REACH * pixel / (1 << self->grid.shift));

  return (gint) CLAMP (radius, LEAST_RADIUS, MOST_RADIUS);
}

/* Sums of windows become means: those at the edges have less cells. */
static gint
cells_within (gint at, gint radius, gint n)
{
  return MIN (at + radius, n - 1) - MAX (at - radius, 0) + 1;
}

/* What sums over windows around cells of row `j` are multiplied with for `factor`
 * times their means. */
static const gfloat *
window_scales (GstMobilenetFxMatte * self, gint radius, gint j, gfloat factor)
{
  gint width = self->grid.width, i;
  gint rows = cells_within (j, radius, self->grid.height);

  if (radius != self->scale_radius || rows != self->scale_rows
      || factor != self->scale_factor)
    for (i = 0; i < width; i++)
      self->scales[i] = factor / (rows * cells_within (i, radius, width));
  self->scale_radius = radius;
  self->scale_rows = rows;
  self->scale_factor = factor;
  return self->scales;
}

/* Guide, share and products of each cell. */
GST_MOBILENET_VECTORISED static void
find_products (const gfloat * restrict cells, const gfloat * restrict shares,
    gfloat * restrict products, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++) {
    gfloat guide = cells[4 * i + 3] - MIDDLE, share = shares[i];

    products[4 * i] = guide;
    products[4 * i + 1] = share;
    products[4 * i + 2] = guide * share;
    products[4 * i + 3] = guide * guide;
  }
}

/* From the sums of these over windows to slope and offset: numbers 0 and 1. */
GST_MOBILENET_VECTORISED static void
solve_row (gfloat * restrict row, const gfloat * restrict scales, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    gfloat guide = row[4 * i] * scales[i], share = row[4 * i + 1] * scales[i];
    gfloat product = row[4 * i + 2] * scales[i];
    gfloat variance = row[4 * i + 3] * scales[i] - guide * guide;
    gfloat slope;

    variance = variance > 0 ? variance : 0;
    slope = (product - guide * share) / (variance + FLAT);
    row[4 * i] = slope;
    row[4 * i + 1] = share - slope * guide;
    row[4 * i + 2] = row[4 * i + 3] = 0;
  }
}

static void
solve_windows (GstMobilenetFxMatte * self, gint radius)
{
  const GstMobilenetFxGrid *grid = &self->grid;
  gint j;

  gst_mobilenet_fx_grid_box (grid, radius, self->cells, self->scratch);
  for (j = 0; j < grid->height; j++)
    solve_row ((gfloat *) (self->cells + (gsize) j * grid->width),
        window_scales (self, radius, j, 1), grid->width);
}

/* Sums over windows to slopes and offsets in 256ths of alpha, steeper around one
 * half. */
GST_MOBILENET_VECTORISED static void
mean_row (const gfloat * restrict row, const gfloat * restrict scales,
    gfloat * restrict slopes, gfloat * restrict offsets, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    gfloat slope = row[4 * i] * scales[i];

    slope = slope > MAX_SLOPE ? MAX_SLOPE : slope;
    slope = slope < -MAX_SLOPE ? -MAX_SLOPE : slope;
    slopes[i] = slope;
    offsets[i] = row[4 * i + 1] * scales[i] +
        GST_MOBILENET_FX_OPAQUE * (1 - STEEPER) / 2;
  }
}

/* Alpha at cells, and what tiles that touch them may be: alpha at any luma. */
GST_MOBILENET_VECTORISED static void
cover_row (const gfloat * restrict cells, const gfloat * restrict slopes,
    const gfloat * restrict offsets, gfloat * restrict coverage,
    gint32 * restrict flags, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    gfloat dark = offsets[i] - MIDDLE * slopes[i];
    gfloat bright = offsets[i] + (255 - MIDDLE) * slopes[i];
    gfloat alpha = (offsets[i] + slopes[i] * (cells[4 * i + 3] - MIDDLE))
        * (1.0f / GST_MOBILENET_FX_OPAQUE);
    gfloat least = dark < bright ? dark : bright;
    gfloat most = dark < bright ? bright : dark;

    alpha = alpha < 0 ? 0 : alpha;
    coverage[i] = alpha > 1 ? 1 : alpha;
    flags[i] = (least < GST_MOBILENET_FX_OPAQUE ? FLAG_NOT_OPAQUE : 0)
        | (most > 0 ? FLAG_NOT_CLEAR : 0);
  }
}

/* Pixels are made of the cell that they are in and the ones beside it. */
static void
find_flags (GstMobilenetFxMatte * self, gint j)
{
  gint cells = BLOCK >> self->grid.shift, last = self->grid.width - 1, i, t;

  for (t = 0; t < self->n_tiles; t++) {
    gint32 flags = 0;

    for (i = MAX (t * cells - 1, 0); i <= MIN ((t + 1) * cells, last); i++)
      flags |= self->cell_flags[i];
    self->flags[(gsize) j * self->n_tiles + t] = (guint8) flags;
  }
}

GST_MOBILENET_VECTORISED static void
scale_row (gfloat * row, gint n, gfloat factor)
{
  gint i;

  for (i = 0; i < n; i++)
    row[i] *= factor;
}

/* Each cell is in many windows: the mean of what they say. */
static void
mean_windows (GstMobilenetFxMatte * self, const GstMobilenetFxCell * guide,
    gint radius)
{
  const GstMobilenetFxGrid *grid = &self->grid;
  gint n = grid->width, j;

  gst_mobilenet_fx_grid_box (grid, radius, self->cells, self->scratch);
  for (j = 0; j < grid->height; j++) {
    gsize row = (gsize) j * n;
    gfloat *slopes = gst_mobilenet_fx_plane_row (&self->slopes, j);
    gfloat *offsets = gst_mobilenet_fx_plane_row (&self->offsets, j);

    mean_row ((const gfloat *) (self->cells + row), window_scales (self,
            radius, j, GST_MOBILENET_FX_OPAQUE * STEEPER), slopes, offsets, n);
    cover_row ((const gfloat *) (guide + row), slopes, offsets,
        self->coverage + row, self->cell_flags, n);
    find_flags (self, j);
    scale_row (slopes, n, SLOPE_SCALE);
    scale_row (offsets, n, OFFSET_SCALE);
    gst_mobilenet_fx_plane_extend (&self->slopes, grid, j);
    gst_mobilenet_fx_plane_extend (&self->offsets, grid, j);
  }
}

void
gst_mobilenet_fx_matte_build (GstMobilenetFxMatte * self,
    const GstMobilenetFxCell * cells,
    const GstMobilenetSegmentation * segmentation,
    const gboolean foreground[256])
{
  gint radius;
  Map map;

  map_init (&map, segmentation, foreground);
  sample_map (self, &map);
  find_products ((const gfloat *) cells, self->coverage,
      (gfloat *) self->cells, gst_mobilenet_fx_grid_size (&self->grid));
  radius = window_radius (self, &map);
  solve_windows (self, radius);
  mean_windows (self, cells, radius);
  self->clear = FALSE;
}

void
gst_mobilenet_fx_matte_tiles (const GstMobilenetFxMatte * self, gint j,
    gint rows, GstMobilenetFxTile * tiles)
{
  gint half = 1 << self->grid.shift >> 1, last = self->grid.height - 1, k, t;
  gint first = MAX ((j - half) >> self->grid.shift, 0);
  gint end = MIN (((j + rows - 1 - half) >> self->grid.shift) + 1, last);

  for (t = 0; t < self->n_tiles; t++) {
    guint8 flags = self->clear ? FLAG_NOT_OPAQUE : 0;

    for (k = first; k <= end && !self->clear; k++)
      flags |= self->flags[(gsize) k * self->n_tiles + t];
    tiles[t] = !(flags & FLAG_NOT_OPAQUE) ? GST_MOBILENET_FX_TILE_FOREGROUND :
        !(flags & FLAG_NOT_CLEAR) ? GST_MOBILENET_FX_TILE_BACKGROUND :
        GST_MOBILENET_FX_TILE_MIXED;
  }
}

/* (guide - MIDDLE) * slope in 1024ths is halves of 256ths after a shift by 9. */
GST_MOBILENET_VECTORISED static void
apply (const guint16 * restrict guide, const guint16 * restrict slopes,
    const guint16 * restrict offsets, guint16 * restrict alpha, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++) {
      gint16 luma = (gint16) ((guide[i + k] - MIDDLE) * 128);
      gint16 slope = (gint16) (slopes[i + k] - GST_MOBILENET_FX_ZERO);
      gint16 offset = (gint16) (offsets[i + k] - GST_MOBILENET_FX_ZERO);
      gint16 twice = (gint16) ((luma * slope >> 16) + offset);

      twice = twice < 0 ? 0 : twice;
      twice = twice > 2 * GST_MOBILENET_FX_OPAQUE ?
          2 * GST_MOBILENET_FX_OPAQUE : twice;
      alpha[i + k] = (guint16) (twice + 1) >> 1;
    }
}

void
gst_mobilenet_fx_matte_row (GstMobilenetFxMatte * self, gint j, gint i,
    gint n, const guint16 * guide, guint16 * alpha)
{
  const GstMobilenetFxComponent pixels = {.w_sub = 0,.h_sub = 0 };
  const guint16 *slopes = gst_mobilenet_fx_plane_spread (&self->slopes,
      &self->grid, &pixels, j, i, n, self->rows[0], self->rows[1]);
  const guint16 *offsets = gst_mobilenet_fx_plane_spread (&self->offsets,
      &self->grid, &pixels, j, i, n, self->rows[2], self->rows[3]);

  apply (guide, slopes, offsets, alpha, n);
}
