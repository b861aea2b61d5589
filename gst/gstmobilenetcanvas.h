/* SPDX-License-Identifier: MIT
 *
 * Draws rectangles and lines around them, with outlines, on a mapped video frame,
 * in its own format. */
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

/* What lines of a colour and opacity and their dark outlines do to the samples of
 * each component of which they cover so many quarters, [line][outline]: new = old
 * * keep / max + add, with max the largest sample and keep + add <= max. */
typedef struct
{
  guint16 keep[GST_MOBILENET_CANVAS_COMPONENTS][5][5];
  guint16 add[GST_MOBILENET_CANVAS_COMPONENTS][5][5];
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

/* Four rectangles, each within the one before or empty: what lies between the
 * first and the second and between the third and the fourth becomes outline, what
 * lies between the second and the third line.  They may reach out of the canvas,
 * by less than half of G_MAXINT. */
#define GST_MOBILENET_CANVAS_NESTED 4

void gst_mobilenet_canvas_fill (GstMobilenetCanvas * canvas,
    const GstVideoRectangle nested[GST_MOBILENET_CANVAS_NESTED],
    const GstMobilenetPaint * paint);

G_END_DECLS

#endif /* __GST_MOBILENET_CANVAS_H__ */
