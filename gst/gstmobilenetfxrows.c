/* SPDX-License-Identifier: MIT
 *
 * Rows of one component of a mapped video frame as 16-bit samples. */

#include "gstmobilenetfxrows.h"

#include "gstmobilenetsample.h"
#include "gstmobilenetvector.h"

#define BLOCK GST_MOBILENET_FX_BLOCK

void
gst_mobilenet_fx_component_init (GstMobilenetFxComponent * component,
    const GstVideoFrame * frame, guint c)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  guint plane = GST_VIDEO_FORMAT_INFO_PLANE (info, c);

  component->data = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
      gst_mobilenet_sample_offset (info, c);
  component->offset = gst_mobilenet_sample_offset (info, c);
  component->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  component->step = GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c);
  component->width = GST_VIDEO_FRAME_COMP_WIDTH (frame, c);
  component->height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, c);
  component->depth = GST_VIDEO_FORMAT_INFO_DEPTH (info, c);
  component->bits_below = GST_VIDEO_FORMAT_INFO_SHIFT (info, c);
  component->w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (info, c);
  component->h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (info, c);
}

/* Bytes `step` apart. */
static inline __attribute__((always_inline))
     void load_bytes (guint16 * restrict to, const guint8 * restrict from,
    gint n, gint step)
{
  gint i;

  for (i = 0; i < n; i++)
    to[i] = from[i * step];
}

static inline __attribute__((always_inline))
     void store_bytes (guint8 * restrict to, const guint16 * restrict from,
    gint n, gint step)
{
  gint i;

  for (i = 0; i < n; i++)
    to[i * step] = (guint8) from[i];
}

/* Where two or four bytes are a step, blocks are taken as words of that length,
 * which may lie anywhere: so compilers vectorise it. */
typedef guint16 Word2 __attribute__((aligned (1), may_alias));
typedef guint32 Word4 __attribute__((aligned (1), may_alias));

#define WORDS (G_BYTE_ORDER == G_LITTLE_ENDIAN)

GST_MOBILENET_VECTORISED static void
load_1 (guint16 * restrict to, const guint8 * restrict from, gint n)
{
  gint i;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    load_bytes (to + i, from + i, BLOCK, 1);
  load_bytes (to + i, from + i, n - i, 1);
}

GST_MOBILENET_VECTORISED static void
store_1 (guint8 * restrict to, const guint16 * restrict from, gint n)
{
  gint i;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    store_bytes (to + i, from + i, BLOCK, 1);
  store_bytes (to + i, from + i, n - i, 1);
}

GST_MOBILENET_VECTORISED static void
load_2 (guint16 * restrict to, const guint8 * restrict from, gint n,
    guint offset)
{
  const Word2 *words = (const Word2 *) (from - offset);
  gint i, k;

  for (i = 0; WORDS && i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[i + k] = (guint16) (words[i + k] >> 8 * offset) & 255;
  load_bytes (to + i, from + 2 * i, n - i, 2);
}

GST_MOBILENET_VECTORISED static void
store_2 (guint8 * restrict to, const guint16 * restrict from, gint n,
    guint offset)
{
  Word2 *words = (Word2 *) (to - offset);
  guint16 others = (guint16) (0xff00 >> 8 * offset);
  gint i, k;

  for (i = 0; WORDS && i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      words[i + k] = (guint16) ((words[i + k] & others)
          | (guint16) (from[i + k] << 8 * offset));
  store_bytes (to + 2 * i, from + i, n - i, 2);
}

GST_MOBILENET_VECTORISED static void
load_4 (guint16 * restrict to, const guint8 * restrict from, gint n,
    guint offset)
{
  const Word4 *words = (const Word4 *) (from - offset);
  gint i, k;

  for (i = 0; WORDS && i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[i + k] = (guint16) (words[i + k] >> 8 * offset & 255);
  load_bytes (to + i, from + 4 * i, n - i, 4);
}

GST_MOBILENET_VECTORISED static void
store_4 (guint8 * restrict to, const guint16 * restrict from, gint n,
    guint offset)
{
  Word4 *words = (Word4 *) (to - offset);
  guint32 others = ~(255u << 8 * offset);
  gint i, k;

  for (i = 0; WORDS && i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      words[i + k] = (words[i + k] & others)
          | (guint32) from[i + k] << 8 * offset;
  store_bytes (to + 4 * i, from + i, n - i, 4);
}

/* Little endian; `step` counts samples. */
static inline __attribute__((always_inline))
     void load_16 (guint16 * restrict to, const guint16 * restrict from, gint n,
    gint step, guint shift)
{
  gint i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[i + k] = GUINT16_FROM_LE (from[(i + k) * step]) >> shift;
  for (; i < n; i++)
    to[i] = GUINT16_FROM_LE (from[i * step]) >> shift;
}

static inline __attribute__((always_inline))
     void store_16 (guint16 * restrict to, const guint16 * restrict from,
    gint n, gint step, guint shift)
{
  gint i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[(i + k) * step] = GUINT16_TO_LE ((guint16) (from[i + k] << shift));
  for (; i < n; i++)
    to[i * step] = GUINT16_TO_LE ((guint16) (from[i] << shift));
}

GST_MOBILENET_VECTORISED static void
load_words (guint16 * to, const guint16 * from, gint n, gint step, guint shift)
{
  if (step == 1)
    load_16 (to, from, n, 1, shift);
  else
    load_16 (to, from, n, step, shift);
}

GST_MOBILENET_VECTORISED static void
store_words (guint16 * to, const guint16 * from, gint n, gint step, guint shift)
{
  if (step == 1)
    store_16 (to, from, n, 1, shift);
  else
    store_16 (to, from, n, step, shift);
}

static guint8 *
sample_at (const GstMobilenetFxComponent * component, gint j, gint i)
{
  return component->data + (gssize) j *component->stride +
      (gssize) i *component->step;
}

void
gst_mobilenet_fx_component_load (const GstMobilenetFxComponent * component,
    gint j, gint i, gint n, guint16 * samples)
{
  const guint8 *from = sample_at (component, MIN (j, component->height - 1), i);
  gint k;

  if (component->depth > 8)
    load_words (samples, (const guint16 *) from, n, component->step / 2,
        component->bits_below);
  else if (component->step == 1)
    load_1 (samples, from, n);
  else if (component->step == 2)
    load_2 (samples, from, n, component->offset);
  else if (component->step == 4)
    load_4 (samples, from, n, component->offset);
  else
    load_bytes (samples, from, n, component->step);
  for (k = n; k < GST_MOBILENET_FX_BLOCKS (n); k++)
    samples[k] = samples[n - 1];
}

/* At most 16 rows of 10 bits: 14 bits. */
GST_MOBILENET_VECTORISED static void
add_words (guint16 * restrict sums, const guint16 * restrict row, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      sums[i + k] += row[i + k];
}

GST_MOBILENET_VECTORISED static void
add_bytes (guint16 * restrict sums, const guint8 * restrict row, gint n)
{
  gint i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      sums[i + k] += row[i + k];
  for (; i < n; i++)
    sums[i] += row[i];
}

void
gst_mobilenet_fx_component_add (const GstMobilenetFxComponent * component,
    gint j, guint16 * row, guint16 * sums)
{
  gint n = component->width;

  if (component->depth == 8 && component->step == 1) {
    add_bytes (sums, sample_at (component, MIN (j, component->height - 1), 0),
        n);
  } else {
    gst_mobilenet_fx_component_load (component, j, 0, n, row);
    add_words (sums, row, GST_MOBILENET_FX_BLOCKS (n));
  }
}

void
gst_mobilenet_fx_component_store (const GstMobilenetFxComponent * component,
    gint j, gint i, gint n, const guint16 * samples)
{
  guint8 *to = sample_at (component, j, i);

  if (component->depth > 8)
    store_words ((guint16 *) to, samples, n, component->step / 2,
        component->bits_below);
  else if (component->step == 1)
    store_1 (to, samples, n);
  else if (component->step == 2)
    store_2 (to, samples, n, component->offset);
  else if (component->step == 4)
    store_4 (to, samples, n, component->offset);
  else
    store_bytes (to, samples, n, component->step);
}
