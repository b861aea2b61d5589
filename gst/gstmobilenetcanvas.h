/* SPDX-License-Identifier: MIT
 *
 * Draws rectangles and frames of rectangles on a mapped video frame, in its own
 * format. */
#ifndef __GST_MOBILENET_CANVAS_H__
#define __GST_MOBILENET_CANVAS_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_MOBILENET_CANVAS_COMPONENTS 4

/* How colours become samples in frames of some caps. */
typedef struct
{
  const GstVideoFormatInfo *info;
  /* Of the components, in steps of a sample: value = offset + scale * v. */
  gint offset[GST_MOBILENET_CANVAS_COMPONENTS];
  gint scale[GST_MOBILENET_CANVAS_COMPONENTS];
  gdouble kr, kb;               /* of luma; YUV and gray only */
} GstMobilenetCanvasFormat;

/* What a colour of some opacity does to the samples of each component where it
 * covers 0 to 4 quarters of a sample: new = old * keep / max + add, with max the
 * largest sample and keep + add <= max. */
typedef struct
{
  guint16 keep[GST_MOBILENET_CANVAS_COMPONENTS][5];
  guint16 add[GST_MOBILENET_CANVAS_COMPONENTS][5];
} GstMobilenetPaint;

/* A frame that is mapped for drawing. */
typedef struct
{
  GstVideoFrame frame;
  GstVideoRectangle area;       /* the part of it that shows the picture */
} GstMobilenetCanvas;

void gst_mobilenet_canvas_format_init (GstMobilenetCanvasFormat * format,
    const GstVideoInfo * info);

/* `rgb` is 0xRRGGBB.  The alpha of a format that has it is opaque. */
void gst_mobilenet_canvas_format_samples (const GstMobilenetCanvasFormat *
    format, guint32 rgb, gdouble samples[GST_MOBILENET_CANVAS_COMPONENTS]);

/* `opacity` is 0 to 1. */
void gst_mobilenet_paint_init (GstMobilenetPaint * paint,
    const GstMobilenetCanvasFormat * format, guint32 rgb, gdouble opacity);

/* Maps a writable buffer.  FALSE and a static `reason` when that is not
 * possible, with nothing mapped. */
gboolean gst_mobilenet_canvas_map (GstMobilenetCanvas * canvas,
    const GstVideoInfo * info, GstBuffer * buffer, const gchar ** reason);
void gst_mobilenet_canvas_unmap (GstMobilenetCanvas * canvas);

/* Fills what lies inside `outer` but not inside `inner`, which is within it, or
 * NULL.  Both may reach out of the canvas, by less than half of G_MAXINT. */
void gst_mobilenet_canvas_fill (GstMobilenetCanvas * canvas,
    const GstVideoRectangle * outer, const GstVideoRectangle * inner,
    const GstMobilenetPaint * paint);

G_END_DECLS

#endif /* __GST_MOBILENET_CANVAS_H__ */
