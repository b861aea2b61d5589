/* SPDX-License-Identifier: MIT
 *
 * What a network did to a picture, as a slope and an offset of each sample.
 *
 * The network's picture is mostly smaller than the frame.  Enlarged, it has lost the
 * frame's detail; so the frame's detail is added, as much stronger or weaker as the
 * network made what is around it:
 *
 *     new = made + slope * (sample - seen)
 *
 * with `made` and `seen` the network's picture and what it was shown, both enlarged.
 * The slope is that of a straight line through seen and made of the pixels around (a
 * guided filter's), drawn towards the gain of their means where they are flat and tell
 * no slope. */

#include "gstmobilenetfxmaps.h"

#include <math.h>
#include <string.h>

/* Half of the window without its middle: 7 x 7 pixels. */
#define RADIUS 3
/* In steps of 8 bits: deviations below this tell less of the slope than the gain does;
 * and what is added to means before they are divided, for black has no gain. */
#define FLAT 4.0f
#define DARK 4.0f
#define MAX_GAIN 7.5f

GstMobilenetFxMaps *
gst_mobilenet_fx_maps_new (gint width, gint height)
{
  GstMobilenetFxMaps *self = g_new0 (GstMobilenetFxMaps, 1);
  gsize n = (gsize) width * height, i;
  gint x;

  self->width = width;
  self->height = height;
  for (i = 0; i < GST_MOBILENET_FX_COMPONENTS; i++) {
    self->slope[i] = g_new0 (gint16, n);
    self->offset[i] = g_new0 (gint16, n);
    self->seen[i] = g_new0 (gint16, n);
    self->made[i] = g_new0 (gint16, n);
  }
  self->gain = g_new0 (gfloat, n);
  for (i = 0; i < G_N_ELEMENTS (self->sums); i++)
    self->sums[i] = g_new0 (gint32, width + 2 * RADIUS);
  self->shares = g_new (gfloat, width);
  for (x = 0; x < width; x++)
    self->shares[x] = 1.0f / (MIN (x + RADIUS, width - 1)
        - MAX (x - RADIUS, 0) + 1);
  return self;
}

void
gst_mobilenet_fx_maps_free (GstMobilenetFxMaps * self)
{
  guint i;

  if (!self)
    return;
  for (i = 0; i < GST_MOBILENET_FX_COMPONENTS; i++) {
    g_free (self->slope[i]);
    g_free (self->offset[i]);
    g_free (self->seen[i]);
    g_free (self->made[i]);
  }
  g_free (self->gain);
  for (i = 0; i < G_N_ELEMENTS (self->sums); i++)
    g_free (self->sums[i]);
  g_free (self->shares);
  g_free (self);
}

static void
set_row (gint32 row[4], gdouble scale, gdouble r, gdouble g, gdouble b,
    gdouble offset)
{
  const gdouble one = 1 << GST_MOBILENET_FX_MATRIX_BITS;

  row[0] = (gint32) lrint (scale * r * one / 255);
  row[1] = (gint32) lrint (scale * g * one / 255);
  row[2] = (gint32) lrint (scale * b * one / 255);
  row[3] = (gint32) lrint ((offset + 0.5) * one);
}

/* The inverse of what MnetImage makes of samples: ITU-R BT.601-7, BT.709-6 and
 * BT.2020-2. */
static void
set_yuv (GstMobilenetFxMaps * self, const MnetFrameInfo * frame)
{
  static const gdouble red[] = { 0.299, 0.2126, 0.2627 };
  static const gdouble blue[] = { 0.114, 0.0722, 0.0593 };
  const gdouble r = red[frame->matrix], b = blue[frame->matrix];
  const gdouble g = 1 - r - b, step = 1 << (self->depth - 8);
  const gdouble max = (1 << self->depth) - 1;
  const gdouble luma = frame->full_range ? max : 219 * step;
  const gdouble chroma = frame->full_range ? max : 224 * step;
  const gdouble u = chroma / (2 * (1 - b)), v = chroma / (2 * (1 - r));

  self->black = frame->full_range ? 0 : 16 << (self->depth - 8);
  set_row (self->matrix[0], luma, r, g, b, self->black);
  set_row (self->matrix[1], u, -r, -g, 1 - b, 128 * step);
  set_row (self->matrix[2], v, 1 - r, -g, -b, 128 * step);
}

void
gst_mobilenet_fx_maps_set_format (GstMobilenetFxMaps * self,
    const GstVideoInfo * info, const MnetFrameInfo * frame)
{
  guint c;

  self->yuv = GST_VIDEO_INFO_IS_YUV (info);
  self->n = GST_VIDEO_INFO_IS_GRAY (info) ? 1 : GST_MOBILENET_FX_COMPONENTS;
  self->depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  if (GST_VIDEO_INFO_IS_RGB (info)) {
    self->black = 0;
    for (c = 0; c < GST_MOBILENET_FX_COMPONENTS; c++)
      set_row (self->matrix[c], (1 << self->depth) - 1, c == 0, c == 1, c == 2,
          0);
  } else {
    set_yuv (self, frame);
  }
}

static void
mix (const gint32 row[4], gint max, const guint8 * restrict rgb,
    gint16 * restrict samples, gsize n)
{
  const gint32 r = row[0], g = row[1], b = row[2], add = row[3];
  gsize i;

  for (i = 0; i < n; i++) {
    gint32 sample = (r * rgb[3 * i] + g * rgb[3 * i + 1] + b * rgb[3 * i + 2]
        + add) >> GST_MOBILENET_FX_MATRIX_BITS;

    samples[i] = (gint16) CLAMP (sample, 0, max);
  }
}

/* Adds a row to the sums of each column, or, with a sign of -1, takes it out. */
static inline __attribute__((always_inline))
     void sum_row (GstMobilenetFxMaps * self, guint c, gint y, gint32 sign)
{
  const gint16 *restrict seen = self->seen[c] + (gsize) y * self->width;
  const gint16 *restrict made = self->made[c] + (gsize) y * self->width;
  gint32 *restrict s = self->sums[0] + RADIUS;
  gint32 *restrict m = self->sums[1] + RADIUS;
  gint32 *restrict ss = self->sums[2] + RADIUS;
  gint32 *restrict sm = self->sums[3] + RADIUS;
  const gint width = self->width;
  gint x;

  for (x = 0; x < width; x++) {
    s[x] += sign * seen[x];
    m[x] += sign * made[x];
    ss[x] += sign * (seen[x] * seen[x]);
    sm[x] += sign * (seen[x] * made[x]);
  }
}

static inline gfloat
larger (gfloat a, gfloat b)
{
  return a > b ? a : b;
}

static inline gfloat
smaller (gfloat a, gfloat b)
{
  return a < b ? a : b;
}

/* Of the window around x, whose first column is x in arrays with a margin. */
static inline gfloat
window (const gint32 * restrict sums, gint x)
{
  return (gfloat) (sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3]
      + sums[x + 4] + sums[x + 5] + sums[x + 6]);
}

G_STATIC_ASSERT (2 * RADIUS + 1 == 7);

/* The slopes of a row, from the sums of columns; `gain`: that of luma, given for chroma,
 * found for the others.  `rows` were summed. */
static inline void
find_slopes (const GstMobilenetFxMaps * self, gint rows, gboolean chroma,
    gfloat * restrict gains, gint16 * restrict slopes)
{
  const gint32 *restrict s = self->sums[0], *restrict m = self->sums[1];
  const gint32 *restrict ss = self->sums[2], *restrict sm = self->sums[3];
  const gfloat *restrict shares = self->shares;
  const gfloat unit = 1 << (self->depth - 8), of_rows = 1.0f / rows;
  const gfloat flat = FLAT * FLAT * unit * unit, dark = DARK * unit;
  const gfloat black = self->black;
  const gint width = self->width;
  gint x;

  for (x = 0; x < width; x++) {
    const gfloat share = shares[x] * of_rows;
    const gfloat seen = window (s, x) * share, made = window (m, x) * share;
    const gfloat spread = larger (window (ss, x) * share - seen * seen, 0);
    const gfloat both = window (sm, x) * share - seen * made;
    const gfloat gain = chroma ? gains[x] :
        smaller (larger ((made - black + dark)
            / (larger (seen - black, 0) + dark), 0), MAX_GAIN);
    const gfloat slope = smaller (larger ((both + flat * gain)
            / (spread + flat), -MAX_GAIN), MAX_GAIN);

    if (!chroma)
      gains[x] = gain;
    /* Rounded to nearest: a sum above 0 is cut. */
    slopes[x] = (gint16) ((gint32) (slope * GST_MOBILENET_FX_SLOPE_ONE
            + (GST_MOBILENET_FX_MAX_SLOPE + 0.5f))
        - GST_MOBILENET_FX_MAX_SLOPE);
  }
}

static void
fill_row (GstMobilenetFxMaps * self, guint c, gint y, gint rows)
{
  const gsize at = (gsize) y * self->width;
  const gint bits = GST_MOBILENET_FX_OFFSET_BITS (self->depth);
  const gint16 *restrict seen = self->seen[c] + at;
  const gint16 *restrict made = self->made[c] + at;
  gint16 *restrict slope = self->slope[c] + at;
  gint16 *restrict offset = self->offset[c] + at;
  const gint width = self->width;
  gint x;

  if (self->yuv && c > 0)
    find_slopes (self, rows, TRUE, self->gain + at, slope);
  else
    find_slopes (self, rows, FALSE, self->gain + at, slope);
  for (x = 0; x < width; x++)
    offset[x] = (gint16) ((made[x] << bits) -
        ((slope[x] * seen[x]) >> (GST_MOBILENET_FX_SLOPE_BITS - bits)));
}

static void
fill_slopes (GstMobilenetFxMaps * self, guint c)
{
  gint added = 0, taken = 0, y, i;

  for (i = 0; i < 4; i++)
    memset (self->sums[i], 0, (self->width + 2 * RADIUS) * sizeof (gint32));
  for (y = 0; y < self->height; y++) {
    for (; added < MIN (y + RADIUS + 1, self->height); added++)
      sum_row (self, c, added, 1);
    for (; taken < y - RADIUS; taken++)
      sum_row (self, c, taken, -1);
    fill_row (self, c, y, added - taken);
  }
}

static void
fill_plain (GstMobilenetFxMaps * self, guint c)
{
  const gsize n = (gsize) self->width * self->height;
  const gint one = 1 << GST_MOBILENET_FX_OFFSET_BITS (self->depth);
  gsize i;

  memset (self->slope[c], 0, n * sizeof (gint16));
  for (i = 0; i < n; i++)
    self->offset[c][i] = (gint16) (self->made[c][i] * one);
}

void
gst_mobilenet_fx_maps_fill (GstMobilenetFxMaps * self, const guint8 * made,
    const guint8 * saw)
{
  const gsize n = (gsize) self->width * self->height;
  const gint max = (1 << self->depth) - 1;
  guint c;

  for (c = 0; c < self->n; c++) {
    mix (self->matrix[c], max, made, self->made[c], n);
    if (saw) {
      mix (self->matrix[c], max, saw, self->seen[c], n);
      fill_slopes (self, c);
    } else {
      fill_plain (self, c);
    }
  }
}
