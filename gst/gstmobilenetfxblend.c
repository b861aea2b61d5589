/* SPDX-License-Identifier: MIT
 *
 * Does to frames what maps of slopes and offsets say.
 *
 * Maps are enlarged by bilinear interpolation.  A row of a map is widened once to the
 * samples of a row of a plane, in their order there, whatever components they are of;
 * the rows of the plane between two widened ones are then made by loops without
 * branches over neighbouring samples.  Chroma lies in the middle of its pixels, as for
 * MnetImage. */

#include "gstmobilenetfxblend.h"

#include <math.h>

#include "gstmobilenetsample.h"
#include "gstmobilenetvector.h"

/* Shares of the second neighbour, 0 to 1. */
#define SHARE_BITS 15

/* What a map has at one place, and how much more at the next. */
typedef struct
{
  gint16 slope, rise;
  gint16 offset, more;
} Knot;

typedef struct
{
  guint component;
  gint step, first;             /* in samples of the plane's row */
  gint n;                       /* in a row */
  gint begin, end;              /* that are blended, of n */
  gint32 *index;                /* in the map's row, of each */
  gint16 *share;                /* of the one behind it */
} Column;

typedef struct
{
  guint n_columns;
  Column columns[GST_MOBILENET_FX_COMPONENTS];
  gint samples;                 /* of a row */
  gint rows;
  gint begin, end;              /* that are blended, of rows */
  gint32 *index;
  gint16 *share;
  gint16 *slope[2], *offset[2]; /* widened rows */
  gint widened[2];              /* which of the map, or -1 */
} Plane;

struct _GstMobilenetFxBlend
{
  gint width, height;
  gint map_width, map_height;
  guint depth, shift;
  guint n_planes;
  Plane planes[GST_VIDEO_MAX_PLANES];
  Knot *knots;                  /* a row of a map at the strength in force */
};

static void
fill_neutral (gint16 * slope, gint16 * offset, gint n)
{
  gint i;

  for (i = 0; i < n; i++) {
    slope[i] = GST_MOBILENET_FX_SLOPE_ONE;
    offset[i] = 0;
  }
}

static void
add_column (Plane * plane, const GstVideoFormatInfo * finfo, guint c,
    gint width)
{
  Column *column = &plane->columns[plane->n_columns++];
  gint bytes = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c) > 8 ? 2 : 1;

  column->component = c;
  column->step = GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, c) / bytes;
  column->first = (gint) gst_mobilenet_sample_offset (finfo, c) / bytes;
  column->n = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (finfo, c, width);
  column->index = g_new0 (gint32, column->n);
  column->share = g_new0 (gint16, column->n);
  plane->samples = MAX (plane->samples,
      (column->n - 1) * column->step + column->first + 1);
}

static void
init_plane (Plane * plane, const GstVideoFormatInfo * finfo, guint p,
    gint width, gint height)
{
  guint c, i;

  for (c = 0; c < MIN (finfo->n_components, GST_MOBILENET_FX_COMPONENTS); c++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (finfo, c) != p)
      continue;
    add_column (plane, finfo, c, width);
    plane->rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (finfo, c, height);
  }
  plane->index = g_new0 (gint32, plane->rows);
  plane->share = g_new0 (gint16, plane->rows);
  for (i = 0; i < 2; i++) {
    plane->slope[i] = g_new (gint16, plane->samples);
    plane->offset[i] = g_new (gint16, plane->samples);
  }
}

GstMobilenetFxBlend *
gst_mobilenet_fx_blend_new (const GstVideoInfo * info, gint width, gint height,
    const GstMobilenetFxMaps * maps)
{
  GstMobilenetFxBlend *self = g_new0 (GstMobilenetFxBlend, 1);
  guint p;

  self->width = width;
  self->height = height;
  self->map_width = maps->width;
  self->map_height = maps->height;
  self->depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  self->shift = GST_VIDEO_FORMAT_INFO_SHIFT (info->finfo, 0);
  self->n_planes = GST_VIDEO_INFO_N_PLANES (info);
  for (p = 0; p < self->n_planes; p++)
    init_plane (&self->planes[p], info->finfo, p, width, height);
  self->knots = g_new0 (Knot, maps->width);
  return self;
}

static void
clear_plane (Plane * plane)
{
  guint i;

  for (i = 0; i < plane->n_columns; i++) {
    g_free (plane->columns[i].index);
    g_free (plane->columns[i].share);
  }
  g_free (plane->index);
  g_free (plane->share);
  for (i = 0; i < 2; i++) {
    g_free (plane->slope[i]);
    g_free (plane->offset[i]);
  }
}

void
gst_mobilenet_fx_blend_free (GstMobilenetFxBlend * self)
{
  guint p;

  if (!self)
    return;
  for (p = 0; p < self->n_planes; p++)
    clear_plane (&self->planes[p]);
  g_free (self->knots);
  g_free (self);
}

/* Where `n` samples of a row or column of a frame of `size` pixels lie in one of a map
 * of `map_size`, whose ends lie at `first` and `first` + `extent`; `begin` and `end`:
 * those whose middle is in there and in `from` to `to`. */
static void
place (gint32 * index, gint16 * share, gint n, gint size, gint map_size,
    gdouble first, gdouble extent, gint from, gint to, gint * begin, gint * end)
{
  gint i;

  *begin = *end = 0;
  for (i = 0; i < n; i++) {
    gdouble middle = MIN ((i + 0.5) * size / n, size);
    gdouble at = (middle - first) / extent * map_size - 0.5;
    gdouble low;

    if (middle < MAX (first, from) || middle > MIN (first + extent, to))
      continue;
    if (*end == 0)
      *begin = i;
    *end = i + 1;
    at = CLAMP (at, 0.0, map_size - 1.0);
    low = MIN (floor (at), MAX (map_size - 2, 0));
    index[i] = (gint32) low;
    share[i] = (gint16) lrint ((at - low) * ((1 << SHARE_BITS) - 1));
  }
}

void
gst_mobilenet_fx_blend_place (GstMobilenetFxBlend * self,
    const MnetGeometry * geometry, gint tensor_width, gint tensor_height,
    const MnetRect * picture)
{
  gdouble width = geometry->scale_x * tensor_width;
  gdouble height = geometry->scale_y * tensor_height;
  guint p, i;

  for (p = 0; p < self->n_planes; p++) {
    Plane *plane = &self->planes[p];

    place (plane->index, plane->share, plane->rows, self->height,
        self->map_height, geometry->offset_y, height, picture->y,
        picture->y + picture->height, &plane->begin, &plane->end);
    for (i = 0; i < plane->n_columns; i++) {
      Column *column = &plane->columns[i];

      place (column->index, column->share, column->n, self->width,
          self->map_width, geometry->offset_x, width, picture->x,
          picture->x + picture->width, &column->begin, &column->end);
    }
    for (i = 0; i < 2; i++)
      fill_neutral (plane->slope[i], plane->offset[i], plane->samples);
  }
}

/* old * (1 - strength) + strength * (slope * old + offset) is a slope and an offset,
 * too. */
static void
weaken (const gint16 * restrict slope, const gint16 * restrict offset, gint n,
    gint32 strength, Knot * restrict knots)
{
  const gint32 one = GST_MOBILENET_FX_SLOPE_ONE;
  gint i;

  for (i = 0; i < n; i++) {
    knots[i].slope = (gint16) (one + (((slope[i] - one) * strength)
            >> SHARE_BITS));
    knots[i].offset = (gint16) ((offset[i] * strength) >> SHARE_BITS);
  }
  for (i = 0; i < n - 1; i++) {
    knots[i].rise = (gint16) (knots[i + 1].slope - knots[i].slope);
    knots[i].more = (gint16) (knots[i + 1].offset - knots[i].offset);
  }
}

static void
widen (const Column * column, const Knot * restrict knots,
    gint16 * restrict slope, gint16 * restrict offset)
{
  const gint32 *restrict index = column->index;
  const gint16 *restrict share = column->share;
  const gint step = column->step, end = column->end;
  gint i, to = column->first + column->begin * step;

  for (i = column->begin; i < end; i++, to += step) {
    const Knot knot = knots[index[i]];
    const gint32 f = share[i];

    slope[to] = (gint16) (knot.slope + ((knot.rise * f) >> SHARE_BITS));
    offset[to] = (gint16) (knot.offset + ((knot.more * f) >> SHARE_BITS));
  }
}

/* Makes row `row` of the maps one of the two widened ones. */
static void
widen_row (GstMobilenetFxBlend * self, const GstMobilenetFxMaps * maps,
    Plane * plane, gint row, gint32 strength)
{
  guint slot = row & 1, i;

  if (plane->widened[slot] == row)
    return;
  plane->widened[slot] = row;
  for (i = 0; i < plane->n_columns; i++) {
    const Column *column = &plane->columns[i];
    gsize at = (gsize) row * self->map_width;

    weaken (maps->slope[column->component] + at,
        maps->offset[column->component] + at, self->map_width, strength,
        self->knots);
    widen (column, self->knots, plane->slope[slot], plane->offset[slot]);
  }
}

/* Two neighbouring widened rows and where a row lies between them. */
typedef struct
{
  const gint16 *slope[2], *offset[2];
  gint16 share;
} Between;

static inline gint16
blend_sample (gint16 raised, gint i, const gint16 * restrict s0,
    const gint16 * restrict s1, const gint16 * restrict o0,
    const gint16 * restrict o1, gint16 share)
{
  /* Differences of what is within half of 16 bits fit in them. */
  gint16 ds = (gint16) (s1[i] - s0[i]), dof = (gint16) (o1[i] - o0[i]);
  gint16 slope =
      (gint16) (s0[i] + (gint16) (2 * (gint16) ((ds * share) >> 16)));
  gint16 offset =
      (gint16) (o0[i] + (gint16) (2 * (gint16) ((dof * share) >> 16)));

  return (gint16) ((gint16) ((raised * slope) >> 16) + offset);
}

static void
blend_row_8 (guint8 * restrict samples, gint n, const Between * b)
{
  const gint16 *restrict s0 = b->slope[0], *restrict s1 = b->slope[1];
  const gint16 *restrict o0 = b->offset[0], *restrict o1 = b->offset[1];
  const gint16 share = b->share;
  gint i;

  for (i = 0; i < n; i++) {
    gint16 value = blend_sample ((gint16) (samples[i] << 7), i, s0, s1, o0, o1,
        share);

    value = (gint16) ((gint16) (value + 2) >> 2);
    value = value > 0 ? value : 0;
    samples[i] = (guint8) (value < 255 ? value : 255);
  }
}

static inline void
blend_row_10 (guint16 * restrict samples, gint n, const Between * b, gint shift)
{
  const gint16 *restrict s0 = b->slope[0], *restrict s1 = b->slope[1];
  const gint16 *restrict o0 = b->offset[0], *restrict o1 = b->offset[1];
  const gint16 share = b->share;
  gint i;

  for (i = 0; i < n; i++) {
    guint16 old = (guint16) (GUINT16_FROM_LE (samples[i]) >> shift) & 1023;
    gint16 value = blend_sample ((gint16) (old << 5), i, s0, s1, o0, o1, share);

    value = value > 0 ? value : 0;
    value = value < 1023 ? value : 1023;
    samples[i] = GUINT16_TO_LE ((guint16) ((guint16) value << shift));
  }
}

GST_MOBILENET_VECTORISED static void
blend_row (const GstMobilenetFxBlend * self, guint8 * row, gint n,
    const Between * b)
{
  if (self->depth == 8)
    blend_row_8 (row, n, b);
  else if (self->shift == 0)
    blend_row_10 ((guint16 *) (gpointer) row, n, b, 0);
  else
    blend_row_10 ((guint16 *) (gpointer) row, n, b, 6);
}

void
gst_mobilenet_fx_blend_frame (GstMobilenetFxBlend * self,
    const GstMobilenetFxMaps * maps, GstVideoFrame * frame, gdouble strength)
{
  gint32 factor = (gint32) lrint (strength * (1 << SHARE_BITS));
  gint behind = self->map_height > 1, y;
  guint p;

  for (p = 0; p < self->n_planes; p++) {
    Plane *plane = &self->planes[p];
    guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    gssize stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);

    plane->widened[0] = plane->widened[1] = -1;
    for (y = plane->begin; y < plane->end; y++) {
      gint first = plane->index[y], second = first + behind;
      Between b;

      widen_row (self, maps, plane, first, factor);
      widen_row (self, maps, plane, second, factor);
      b.slope[0] = plane->slope[first & 1];
      b.slope[1] = plane->slope[second & 1];
      b.offset[0] = plane->offset[first & 1];
      b.offset[1] = plane->offset[second & 1];
      b.share = plane->share[y];
      blend_row (self, data + y * stride, plane->samples, &b);
    }
  }
}
