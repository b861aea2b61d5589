/* SPDX-License-Identifier: MIT
 *
 * What a network did to a picture, as a slope and an offset of each sample. */
#ifndef __GST_MOBILENET_FX_MAPS_H__
#define __GST_MOBILENET_FX_MAPS_H__

#include <gst/video/video.h>
#include <mnet/image.h>

G_BEGIN_DECLS

#define GST_MOBILENET_FX_COMPONENTS 3

/* Slopes are in steps of 1 / 2048, and within these bounds. */
#define GST_MOBILENET_FX_SLOPE_BITS 11
#define GST_MOBILENET_FX_SLOPE_ONE (1 << GST_MOBILENET_FX_SLOPE_BITS)
#define GST_MOBILENET_FX_MAX_SLOPE (8 * GST_MOBILENET_FX_SLOPE_ONE - 1)

/* Samples are raised to 15 bits before they are multiplied with a slope; of the
 * product the upper 16 bits are kept, which are in steps of 1 / (1 << these). */
#define GST_MOBILENET_FX_OFFSET_BITS(depth) \
    (15 - (gint) (depth) + GST_MOBILENET_FX_SLOPE_BITS - 16)

/* sample = (m[0] * R + m[1] * G + m[2] * B + m[3]) >> GST_MOBILENET_FX_MATRIX_BITS */
#define GST_MOBILENET_FX_MATRIX_BITS 14

typedef struct
{
  gint width, height;           /* of the network's picture */
  guint n;                      /* components: 3, or 1 of gray frames */
  gboolean yuv;
  guint depth;                  /* 8 or 10 bits */
  gint black;                   /* sample of luma, and of R, G, B */
  gint32 matrix[GST_MOBILENET_FX_COMPONENTS][4];
  /* new sample = slope * sample + offset, row by row. */
  gint16 *slope[GST_MOBILENET_FX_COMPONENTS];
  gint16 *offset[GST_MOBILENET_FX_COMPONENTS];
  gint16 *seen[GST_MOBILENET_FX_COMPONENTS];    /* what the network saw */
  gint16 *made[GST_MOBILENET_FX_COMPONENTS];
  gfloat *gain;                 /* of luma */
  gint32 *sums[4];              /* of columns, with a margin of zeros */
  gfloat *shares;               /* of a column in the window of each */
} GstMobilenetFxMaps;

/* All of 1 x 1 to 16384 x 16384. */
GstMobilenetFxMaps *gst_mobilenet_fx_maps_new (gint width, gint height);
void gst_mobilenet_fx_maps_free (GstMobilenetFxMaps * self);

/* For frames of that format, which is one of GST_MOBILENET_FRAME_CAPS. */
void gst_mobilenet_fx_maps_set_format (GstMobilenetFxMaps * self,
    const GstVideoInfo * info, const MnetFrameInfo * frame);

/* From what the network made of what it `saw`, width x height RGB each.  `saw` NULL: the
 * network's picture as it is, all slopes are 0. */
void gst_mobilenet_fx_maps_fill (GstMobilenetFxMaps * self,
    const guint8 * made, const guint8 * saw);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_MAPS_H__ */
