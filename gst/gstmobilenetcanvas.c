/* SPDX-License-Identifier: MIT
 *
 * Draws rectangles and frames of rectangles on a mapped video frame, in its own
 * format: component by component, without a converted copy.  A sample of
 * subsampled chroma that is covered in part is blended by that part. */

#include "gstmobilenetcanvas.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetframe.h"
#include "gstmobilenetsample.h"

void
gst_mobilenet_canvas_format_init (GstMobilenetCanvasFormat * format,
    const GstVideoInfo * info)
{
  format->info = info->finfo;
  gst_video_color_range_offsets (info->colorimetry.range, info->finfo,
      format->offset, format->scale);
  if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix,
          &format->kr, &format->kb))
    gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601,
        &format->kr, &format->kb);
}

void
gst_mobilenet_canvas_format_samples (const GstMobilenetCanvasFormat * format,
    guint32 rgb, gdouble samples[GST_MOBILENET_CANVAS_COMPONENTS])
{
  gdouble r = (rgb >> 16 & 255) / 255.0, g = (rgb >> 8 & 255) / 255.0;
  gdouble b = (rgb & 255) / 255.0;
  gdouble kr = format->kr, kb = format->kb;
  gdouble luma = kr * r + (1 - kr - kb) * g + kb * b;
  gdouble values[GST_MOBILENET_CANVAS_COMPONENTS] = { r, g, b, 1 };
  guint c;

  if (!GST_VIDEO_FORMAT_INFO_IS_RGB (format->info)) {
    values[0] = luma;
    values[1] = (b - luma) / (2 * (1 - kb));
    values[2] = (r - luma) / (2 * (1 - kr));
  }
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format->info); c++)
    samples[c] = CLAMP (format->offset[c] + format->scale[c] * values[c], 0,
        gst_mobilenet_sample_max (format->info, c));
}

void
gst_mobilenet_paint_init (GstMobilenetPaint * paint,
    const GstMobilenetCanvasFormat * format, guint32 rgb, gdouble opacity)
{
  gdouble samples[GST_MOBILENET_CANVAS_COMPONENTS];
  guint c, quarters;

  gst_mobilenet_canvas_format_samples (format, rgb, samples);
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format->info); c++) {
    for (quarters = 0; quarters <= 4; quarters++) {
      gdouble alpha = opacity * quarters / 4;

      gst_mobilenet_sample_mix (gst_mobilenet_sample_max (format->info, c),
          1 - alpha, samples[c] * alpha, &paint->keep[c][quarters],
          &paint->add[c][quarters]);
    }
  }
}

gboolean
gst_mobilenet_canvas_map (GstMobilenetCanvas * canvas,
    const GstVideoInfo * info, GstBuffer * buffer, const gchar ** reason)
{
  MnetRect picture;

  if (!gst_mobilenet_frame_map (&canvas->frame, info, buffer,
          GST_MAP_READWRITE, reason))
    return FALSE;
  gst_mobilenet_frame_picture (&canvas->frame, info, &picture);
  canvas->area.x = picture.x;
  canvas->area.y = picture.y;
  canvas->area.w = picture.width;
  canvas->area.h = picture.height;
  return TRUE;
}

void
gst_mobilenet_canvas_unmap (GstMobilenetCanvas * canvas)
{
  gst_video_frame_unmap (&canvas->frame);
}

/* Samples along one axis that two intervals of pixels, one within the other,
 * cover alike: not at all, by half or whole, in halves. */
typedef struct
{
  gint start, count;
  guint outer, inner;
} Run;

#define MAX_RUNS 7

/* Halves of sample `i` that from..to covers.  At an odd edge of the frame a
 * sample has one pixel. */
static guint
covered_halves (gint i, guint shift, gint extent, gint from, gint to)
{
  gint start = i << shift, end = MIN ((i + 1) << shift, extent);
  gint covered = MIN (to, end) - MAX (from, start);

  return covered > 0 ? 2 * covered / (end - start) : 0;
}

/* `edges`: outer start, inner start, inner end, outer end, not descending, in
 * pixels within 0..extent; `shift` is 0 or 1. */
static guint
split_axis (const gint edges[4], guint shift, gint extent, Run runs[MAX_RUNS])
{
  gint cuts[8];
  guint i, j, n = 0;

  for (i = 0; i < 8; i++) {
    gint cut = (edges[i / 2] + (i % 2 << shift) - (gint) (i % 2)) >> shift;

    for (j = i; j > 0 && cuts[j - 1] > cut; j--)
      cuts[j] = cuts[j - 1];
    cuts[j] = cut;
  }
  for (i = 0; i < 7; i++) {
    if (cuts[i] == cuts[i + 1])
      continue;
    runs[n].start = cuts[i];
    runs[n].count = cuts[i + 1] - cuts[i];
    runs[n].outer = covered_halves (cuts[i], shift, extent, edges[0], edges[3]);
    runs[n].inner = covered_halves (cuts[i], shift, extent, edges[1], edges[2]);
    n++;
  }
  return n;
}

static void
fill_block_8 (guint8 * row, gint stride, gint step, gint columns, gint rows,
    guint keep, guint add)
{
  gint x, y;

  for (y = 0; y < rows; y++, row += stride) {
    if (keep)
      for (x = 0; x < columns; x++)
        row[x * step] = gst_mobilenet_sample_blend_8 (row[x * step], keep, add);
    else if (step == 1 && columns > 16)
      memset (row, add, columns);
    else
      for (x = 0; x < columns; x++)
        row[x * step] = add;
  }
}

static void
fill_block_16 (guint8 * row, gint stride, gint step, gint columns, gint rows,
    guint depth, guint shift, guint keep, guint add)
{
  guint16 solid = GUINT16_TO_LE ((guint16) (add << shift));
  gint x, y;

  for (y = 0; y < rows; y++, row += stride) {
    for (x = 0; x < columns; x++) {
      guint16 *sample = (guint16 *) (row + x * step);

      *sample = keep ? gst_mobilenet_sample_blend_16 (*sample, depth, shift,
          keep, add) : solid;
    }
  }
}

static void
fill_component (const GstVideoFrame * frame, guint c, const gint x_edges[4],
    const gint y_edges[4], const guint16 keep[5], const guint16 add[5])
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  gint stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, c);
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);
  guint8 *data = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame,
      GST_VIDEO_FORMAT_INFO_PLANE (info, c)) +
      gst_mobilenet_sample_offset (info, c);
  Run across[MAX_RUNS], down[MAX_RUNS];
  guint n_across, n_down, i, j;

  n_across = split_axis (x_edges, GST_VIDEO_FORMAT_INFO_W_SUB (info, c),
      GST_VIDEO_FRAME_WIDTH (frame), across);
  n_down = split_axis (y_edges, GST_VIDEO_FORMAT_INFO_H_SUB (info, c),
      GST_VIDEO_FRAME_HEIGHT (frame), down);
  for (j = 0; j < n_down; j++) {
    for (i = 0; i < n_across; i++) {
      guint quarters = across[i].outer * down[j].outer -
          across[i].inner * down[j].inner;
      guint8 *block = data + (gssize) down[j].start * stride +
          (gssize) across[i].start * step;

      if (!quarters)
        continue;
      if (GST_VIDEO_FORMAT_INFO_DEPTH (info, c) == 8)
        fill_block_8 (block, stride, step, across[i].count, down[j].count,
            keep[quarters], add[quarters]);
      else
        fill_block_16 (block, stride, step, across[i].count, down[j].count,
            GST_VIDEO_FORMAT_INFO_DEPTH (info, c),
            GST_VIDEO_FORMAT_INFO_SHIFT (info, c), keep[quarters],
            add[quarters]);
    }
  }
}

/* The part of outer - inner within from..from + extent. */
static void
clip_edges (gint outer, gint outer_extent, gint inner, gint inner_extent,
    gint from, gint extent, gint edges[4])
{
  edges[0] = CLAMP (outer, from, from + extent);
  edges[1] = CLAMP (inner, from, from + extent);
  edges[2] = CLAMP (inner + inner_extent, from, from + extent);
  edges[3] = CLAMP (outer + outer_extent, from, from + extent);
}

void
gst_mobilenet_canvas_fill (GstMobilenetCanvas * canvas,
    const GstVideoRectangle * outer, const GstVideoRectangle * inner,
    const GstMobilenetPaint * paint)
{
  const GstVideoRectangle *area = &canvas->area;
  const GstVideoRectangle none = { outer->x, outer->y, 0, 0 };
  gint x_edges[4], y_edges[4];
  guint c;

  if (outer->w <= 0 || outer->h <= 0)
    return;
  if (!inner || inner->w <= 0 || inner->h <= 0)
    inner = &none;
  clip_edges (outer->x, outer->w, inner->x, inner->w, area->x, area->w,
      x_edges);
  clip_edges (outer->y, outer->h, inner->y, inner->h, area->y, area->h,
      y_edges);
  if (x_edges[0] == x_edges[3] || y_edges[0] == y_edges[3])
    return;
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&canvas->frame); c++)
    fill_component (&canvas->frame, c, x_edges, y_edges, paint->keep[c],
        paint->add[c]);
}
