/* SPDX-License-Identifier: MIT
 *
 * Blending of one sample of a video frame: new = old * keep / max + add, where
 * max is the largest sample. */
#ifndef __GST_MOBILENET_SAMPLE_H__
#define __GST_MOBILENET_SAMPLE_H__

#include <gst/video/video.h>
#include <math.h>

G_BEGIN_DECLS

static inline guint
gst_mobilenet_sample_max (const GstVideoFormatInfo * info, guint component)
{
  return (1u << GST_VIDEO_FORMAT_INFO_DEPTH (info, component)) - 1;
}

/* Bytes from the start of a pixel or macropixel of a plane to the component's
 * sample.  GStreamer 1.22 says 1 for V of P010_10LE, whose U has two. */
static inline guint
gst_mobilenet_sample_offset (const GstVideoFormatInfo * info, guint component)
{
  guint offset = GST_VIDEO_FORMAT_INFO_POFFSET (info, component);

  return GST_VIDEO_FORMAT_INFO_DEPTH (info, component) > 8 && offset == 1 ? 2
      : offset;
}

/* From the share of the old sample that stays, 0 to 1, and what is added, 0 to
 * (1 - share) * max. */
static inline void
gst_mobilenet_sample_mix (guint max, gdouble share, gdouble added,
    guint16 * keep, guint16 * add)
{
  *keep = (guint16) floor (share * max + 0.5);
  *add = (guint16) MIN (floor (added + 0.5), max - *keep);
}

/* old * keep / 255, rounded to nearest exactly, plus add; 16 bits hold every
 * step: 255 * 255 + 128 + 254 < 2^16. */
static inline guint8
gst_mobilenet_sample_blend_8 (guint8 old, guint8 keep, guint8 add)
{
  guint16 product = (guint16) (old * keep + 128);

  return (guint8) ((guint16) (product + (product >> 8)) >> 8) + add;
}

/* The same for a sample of 9 to 15 bits above `shift` unused ones, little endian.
 * With sample and share moved up to 16 bits their product's upper half is all
 * that is needed: rounded within 1/32 of a step more, and exactly where keep is 0
 * or the largest sample. */
static inline guint16
gst_mobilenet_sample_blend_16 (guint16 old, guint depth, guint shift,
    guint16 keep, guint16 add)
{
  guint up = 16 - depth;
  guint16 raised = (guint16) ((GUINT16_FROM_LE (old) >> shift) << up);
  guint16 share = (guint16) (keep << up | keep >> (depth - up));
  guint16 product = (guint16) ((guint32) raised * share >> 16);
  guint16 kept = (guint16) ((guint16) (product + (1u << (up - 1))) >> up);

  return GUINT16_TO_LE ((guint16) ((guint16) (kept + add) << shift));
}

/* `n` samples of a row, each with its own keep and add. */
static inline void
gst_mobilenet_sample_blend_row_8 (guint8 * restrict samples,
    const guint8 * restrict keep, const guint8 * restrict add, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    samples[i] = gst_mobilenet_sample_blend_8 (samples[i], keep[i], add[i]);
}

static inline void
gst_mobilenet_sample_blend_row_16 (guint16 * restrict samples,
    const guint16 * restrict keep, const guint16 * restrict add, gsize n,
    guint depth, guint shift)
{
  gsize i;

  /* I420_10LE and P010_10LE: compilers vectorise shifts that they know. */
  if (depth == 10 && shift == 0)
    for (i = 0; i < n; i++)
      samples[i] = gst_mobilenet_sample_blend_16 (samples[i], 10, 0, keep[i],
          add[i]);
  else if (depth == 10 && shift == 6)
    for (i = 0; i < n; i++)
      samples[i] = gst_mobilenet_sample_blend_16 (samples[i], 10, 6, keep[i],
          add[i]);
  else
    for (i = 0; i < n; i++)
      samples[i] = gst_mobilenet_sample_blend_16 (samples[i], depth, shift,
          keep[i], add[i]);
}

G_END_DECLS

#endif /* __GST_MOBILENET_SAMPLE_H__ */
