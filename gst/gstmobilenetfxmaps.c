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
    self->sums[i] = g_new0 (gint32, width);
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

/* Adds a row to the sums of columns, or takes it away. */
static void
add_row (GstMobilenetFxMaps * self, guint c, gint y, gint32 sign)
{
  const gint16 *restrict seen = self->seen[c] + (gsize) y * self->width;
  const gint16 *restrict made = self->made[c] + (gsize) y * self->width;
  gint32 *restrict s = self->sums[0], *restrict m = self->sums[1];
  gint32 *restrict ss = self->sums[2], *restrict sm = self->sums[3];
  const gint width = self->width;
  gint x;

  for (x = 0; x < width; x++) {
    const gint32 a = seen[x], b = made[x];

    s[x] += sign * a;
    m[x] += sign * b;
    ss[x] += sign * a * a;
    sm[x] += sign * a * b;
  }
}

/* From the sums of a window of `n` pixels; `gain`: that of luma, given for chroma,
 * found for the others. */
static inline gfloat
slope_of (const GstMobilenetFxMaps * self, const gint32 sums[4], gint n,
    gboolean chroma, gfloat * gain)
{
  const gfloat unit = 1 << (self->depth - 8);
  const gfloat flat = FLAT * FLAT * unit * unit, dark = DARK * unit;
  const gfloat share = 1.0f / n, seen = sums[0] * share, made = sums[1] * share;
  gfloat slope;

  if (!chroma) {
    *gain = (made - self->black + dark) / (MAX (seen - self->black, 0) + dark);
    *gain = CLAMP (*gain, 0.0f, MAX_GAIN);
  }
  slope = (sums[3] * share - seen * made + flat * *gain)
      / (MAX (sums[2] * share - seen * seen, 0) + flat);
  return CLAMP (slope, -MAX_GAIN, MAX_GAIN);
}

static void
fill_row (GstMobilenetFxMaps * self, guint c, gint y, gint rows)
{
  const gsize at = (gsize) y * self->width;
  const gboolean chroma = self->yuv && c > 0;
  const gint width = self->width;
  const gint one = 1 << GST_MOBILENET_FX_OFFSET_BITS (self->depth);
  gint32 sums[4] = { 0, };
  gint first = 0, last = 0, x, i;       /* columns first to last - 1 */

  for (x = 0; x < width; x++) {
    gint32 slope;

    for (; last < MIN (x + RADIUS + 1, width); last++)
      for (i = 0; i < 4; i++)
        sums[i] += self->sums[i][last];
    for (; first < x - RADIUS; first++)
      for (i = 0; i < 4; i++)
        sums[i] -= self->sums[i][first];
    slope =
        (gint32) lrintf (slope_of (self, sums, rows * (last - first), chroma,
            &self->gain[at + x]) * GST_MOBILENET_FX_SLOPE_ONE);
    self->slope[c][at + x] = (gint16) slope;
    self->offset[c][at + x] = (gint16) (self->made[c][at + x] * one
        - ((slope * self->seen[c][at + x] * one)
            >> GST_MOBILENET_FX_SLOPE_BITS));
  }
}

static void
fill_slopes (GstMobilenetFxMaps * self, guint c)
{
  gint added = 0, taken = 0, y, i;

  for (i = 0; i < 4; i++)
    memset (self->sums[i], 0, self->width * sizeof (gint32));
  for (y = 0; y < self->height; y++) {
    for (; added < MIN (y + RADIUS + 1, self->height); added++)
      add_row (self, c, added, 1);
    for (; taken < y - RADIUS; taken++)
      add_row (self, c, taken, -1);
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
