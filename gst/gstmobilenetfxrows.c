/* SPDX-License-Identifier: MIT
 *
 * Rows of one component of a mapped video frame as 16-bit samples. */

#include "gstmobilenetfxrows.h"

#include "gstmobilenetsample.h"

#define BLOCK GST_MOBILENET_FX_BLOCK

void
gst_mobilenet_fx_component_init (GstMobilenetFxComponent * component,
    const GstVideoFrame * frame, guint c)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  guint plane = GST_VIDEO_FORMAT_INFO_PLANE (info, c);

  component->data = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane) +
      gst_mobilenet_sample_offset (info, c);
  component->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  component->step = GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c);
  component->width = GST_VIDEO_FRAME_COMP_WIDTH (frame, c);
  component->height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, c);
  component->depth = GST_VIDEO_FORMAT_INFO_DEPTH (info, c);
  component->bits_below = GST_VIDEO_FORMAT_INFO_SHIFT (info, c);
  component->w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (info, c);
  component->h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (info, c);
}

/* Bytes `step` apart.  Where it is a constant at the call compilers make a loop of
 * its own of it. */
static inline __attribute__((always_inline))
     void load_8 (guint16 * restrict to, const guint8 * restrict from, gint n,
    gint step)
{
  gint i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[i + k] = from[(i + k) * step];
  for (; i < n; i++)
    to[i] = from[i * step];
}

static inline __attribute__((always_inline))
     void store_8 (guint8 * restrict to, const guint16 * restrict from, gint n,
    gint step)
{
  gint i, k;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      to[(i + k) * step] = (guint8) from[i + k];
  for (; i < n; i++)
    to[i * step] = (guint8) from[i];
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

  if (component->depth > 8 && component->step == 2)
    load_16 (samples, (const guint16 *) from, n, 1, component->bits_below);
  else if (component->depth > 8)
    load_16 (samples, (const guint16 *) from, n, component->step / 2,
        component->bits_below);
  else if (component->step == 1)
    load_8 (samples, from, n, 1);
  else if (component->step == 2)
    load_8 (samples, from, n, 2);
  else if (component->step == 4)
    load_8 (samples, from, n, 4);
  else
    load_8 (samples, from, n, component->step);
  for (k = n; k < GST_MOBILENET_FX_BLOCKS (n); k++)
    samples[k] = samples[n - 1];
}

void
gst_mobilenet_fx_component_store (const GstMobilenetFxComponent * component,
    gint j, gint i, gint n, const guint16 * samples)
{
  guint8 *to = sample_at (component, j, i);

  if (component->depth > 8 && component->step == 2)
    store_16 ((guint16 *) to, samples, n, 1, component->bits_below);
  else if (component->depth > 8)
    store_16 ((guint16 *) to, samples, n, component->step / 2,
        component->bits_below);
  else if (component->step == 1)
    store_8 (to, samples, n, 1);
  else if (component->step == 2)
    store_8 (to, samples, n, 2);
  else if (component->step == 4)
    store_8 (to, samples, n, 4);
  else
    store_8 (to, samples, n, component->step);
}
