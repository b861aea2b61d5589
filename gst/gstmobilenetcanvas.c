/* SPDX-License-Identifier: MIT
 *
 * Draws rectangles and lines around them on a mapped video frame, in its own
 * format: component by component, without a converted copy.  A sample of
 * subsampled chroma that is covered in part is blended by that part. */

#include "gstmobilenetcanvas.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetframe.h"
#include "gstmobilenetsample.h"

/* Outlines keep lines apart from pictures of the same colour. */
#define OUTLINE_RGB 0x000000
#define OUTLINE_OPACITY 0.5

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

/* `line` and `outline`: quarters that they cover. */
static void
paint_quarters (GstMobilenetPaint * paint, guint c, guint max, guint line,
    guint outline, gdouble sample, gdouble dark, gdouble opacity)
{
  gdouble line_alpha = opacity * line / 4;
  gdouble outline_alpha = opacity * OUTLINE_OPACITY * outline / 4;

  gst_mobilenet_sample_mix (max, 1 - line_alpha - outline_alpha,
      sample * line_alpha + dark * outline_alpha,
      &paint->keep[c][line][outline], &paint->add[c][line][outline]);
}

void
gst_mobilenet_paint_init (GstMobilenetPaint * paint,
    const GstMobilenetCanvasFormat * format, guint32 rgb, gdouble opacity)
{
  gdouble samples[GST_MOBILENET_CANVAS_COMPONENTS];
  gdouble dark[GST_MOBILENET_CANVAS_COMPONENTS];
  guint c, line, outline;

  gst_mobilenet_canvas_format_samples (format, rgb, samples);
  gst_mobilenet_canvas_format_samples (format, OUTLINE_RGB, dark);
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format->info); c++)
    for (line = 0; line <= 4; line++)
      for (outline = 0; line + outline <= 4; outline++)
        paint_quarters (paint, c, gst_mobilenet_sample_max (format->info, c),
            line, outline, samples[c], dark[c], opacity);
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

/* Edges along one axis of rectangles within each other, in pixels of the frame:
 * the starts from the outermost to the innermost, then the ends back. */
#define N_EDGES (2 * GST_MOBILENET_CANVAS_NESTED)

/* Samples along one axis that the rectangles cover alike: not at all, by half or
 * whole, in halves. */
typedef struct
{
  gint start, count;
  guint halves[GST_MOBILENET_CANVAS_NESTED];
} Run;

#define MAX_RUNS (2 * N_EDGES - 1)

/* Halves of sample `i` that from..to covers.  At an odd edge of the frame a
 * sample has one pixel. */
static guint
covered_halves (gint i, guint shift, gint extent, gint from, gint to)
{
  gint start = i << shift, end = MIN ((i + 1) << shift, extent);
  gint covered = MIN (to, end) - MAX (from, start);

  return covered > 0 ? 2 * covered / (end - start) : 0;
}

/* `edges` do not descend and are within 0..extent; `shift` is 0 or 1. */
static guint
split_axis (const gint edges[N_EDGES], guint shift, gint extent,
    Run runs[MAX_RUNS])
{
  gint cuts[2 * N_EDGES];
  guint i, j, k, n = 0;

  for (i = 0; i < 2 * N_EDGES; i++) {
    gint cut = (edges[i / 2] + (i % 2 << shift) - (gint) (i % 2)) >> shift;

    for (j = i; j > 0 && cuts[j - 1] > cut; j--)
      cuts[j] = cuts[j - 1];
    cuts[j] = cut;
  }
  for (i = 0; i < MAX_RUNS; i++) {
    if (cuts[i] == cuts[i + 1])
      continue;
    runs[n].start = cuts[i];
    runs[n].count = cuts[i + 1] - cuts[i];
    for (k = 0; k < GST_MOBILENET_CANVAS_NESTED; k++)
      runs[n].halves[k] = covered_halves (cuts[i], shift, extent, edges[k],
          edges[N_EDGES - 1 - k]);
    n++;
  }
  return n;
}

/* Samples of a row of one component that are painted alike. */
typedef struct
{
  gint start, count;
  guint16 keep, add;
} Segment;

typedef struct
{
  gint step, offset;            /* of samples, in units of their size */
  guint n_across, n_segments;
  Run across[MAX_RUNS];
  Segment segments[MAX_RUNS];
} Component;

/* A plane that is being painted.  A unit is a sample's size: a byte, or two. */
typedef struct
{
  guint8 *data;
  gint stride, units;           /* bytes, and units of the samples, of a row */
  guint depth, shift, max;
  guint n_components;
  Component components[GST_MOBILENET_CANVAS_COMPONENTS];
} Plane;

/* So many units of a row at once: keep and add of each. */
#define BLOCK 16

typedef struct
{
  gint start, end;              /* units; behind the last that is painted */
  gint repeats, period;         /* times that it is painted, units from one to
                                 * the next */
  guint16 keep[BLOCK], add[BLOCK];
} Block;

/* What the rows of `down` look like in a component. */
static void
find_segments (Component * self, guint c, const Run * down,
    const GstMobilenetPaint * paint)
{
  guint i, k;

  self->n_segments = 0;
  for (i = 0; i < self->n_across; i++) {
    const Run *across = &self->across[i];
    guint quarters[GST_MOBILENET_CANVAS_NESTED], line, outline;
    Segment *segment = &self->segments[self->n_segments];

    for (k = 0; k < GST_MOBILENET_CANVAS_NESTED; k++)
      quarters[k] = across->halves[k] * down->halves[k];
    line = quarters[1] - quarters[2];
    outline = quarters[0] - quarters[1] + quarters[2] - quarters[3];
    if (!line && !outline)
      continue;
    segment->start = across->start;
    segment->count = across->count;
    segment->keep = paint->keep[c][line][outline];
    segment->add = paint->add[c][line][outline];
    self->n_segments++;
  }
}

/* The first unit of a segment from `from` on; may be behind its last. */
static gint
segment_unit (const Component * component, const Segment * segment, gint from)
{
  gint step = component->step;
  gint start = segment->start * step + component->offset;

  return start >= from ? start : start + (from - start + step - 1) / step *
      step;
}

static gint
segment_end (const Component * component, const Segment * segment)
{
  return (segment->start + segment->count - 1) * component->step +
      component->offset + 1;
}

/* The first unit from `from` on that is painted; G_MAXINT behind the last. */
static gint
next_unit (const Plane * plane, gint from)
{
  gint first = G_MAXINT;
  guint c, i;

  for (c = 0; c < plane->n_components; c++) {
    const Component *component = &plane->components[c];

    for (i = 0; i < component->n_segments; i++) {
      const Segment *segment = &component->segments[i];

      if (segment_end (component, segment) <= from)
        continue;
      first = MIN (first, segment_unit (component, segment, from));
      break;
    }
  }
  return first;
}

/* The units of a segment from `from` on that are in the block. */
static void
put_segment (Block * block, const Component * component,
    const Segment * segment, gint from)
{
  gint end = MIN (segment_end (component, segment), block->start + BLOCK);
  gint i;

  for (i = segment_unit (component, segment, from); i < end;
      i += component->step) {
    block->keep[i - block->start] = segment->keep;
    block->add[i - block->start] = segment->add;
    block->end = MAX (block->end, i + 1);
  }
}

/* How often the block that begins at unit `from` may be painted side by side:
 * as far as every component has one segment. */
static gint
count_repeats (const Plane * plane, gint from, gint period)
{
  gint repeats = (plane->units - from - 1) / period;
  guint c, i;

  for (c = 0; c < plane->n_components; c++) {
    const Component *component = &plane->components[c];
    const Segment *segment = component->segments;

    for (i = 0; i < component->n_segments
        && segment_end (component, segment) <= from; i++)
      segment++;
    if (i == component->n_segments
        || segment_unit (component, segment, from) - from >= component->step)
      return 1;
    repeats = MIN (repeats, (segment_end (component, segment) - from) / period);
  }
  return MAX (repeats, 1);
}

/* Makes the block of what is painted from unit `from` on; it begins before that
 * at the end of a row. */
static void
make_block (const Plane * plane, gint from, Block * block)
{
  gint period = BLOCK - BLOCK % plane->components[0].step;
  guint c, i;

  block->start = MAX (0, MIN (from, plane->units - BLOCK));
  block->end = from;
  block->period = period;
  block->repeats = count_repeats (plane, from, period);
  for (i = 0; i < BLOCK; i++) {
    block->keep[i] = plane->max;
    block->add[i] = 0;
  }
  for (c = 0; c < plane->n_components; c++)
    for (i = 0; i < plane->components[c].n_segments; i++)
      put_segment (block, &plane->components[c],
          &plane->components[c].segments[i], from);
  if (block->repeats == 1)
    return;
  block->end = from + block->repeats * period;
  for (i = period; i < BLOCK; i++) {
    block->keep[i] = plane->max;
    block->add[i] = 0;
  }
}

/* Lines down the frame are on another cache line in each row, and blending waits
 * for every one: they are asked for that many rows before. */
#define ROWS_AHEAD 16

static void
paint_block_8 (const Plane * plane, const Run * down, const Block * block)
{
  guint8 *samples = plane->data + (gssize) down->start * plane->stride +
      block->start;
  guint8 keep[BLOCK], add[BLOCK];
  gint y, i, x;

  for (i = 0; i < BLOCK; i++) {
    keep[i] = (guint8) block->keep[i];
    add[i] = (guint8) block->add[i];
  }
  for (y = 0; y < down->count; y++, samples += plane->stride) {
    if (y + ROWS_AHEAD < down->count)
      __builtin_prefetch (samples + (gssize) ROWS_AHEAD * plane->stride, 1);
    if (plane->units >= BLOCK)
      for (x = 0; x < block->repeats; x++)
        gst_mobilenet_sample_blend_row_8 (samples + x * block->period, keep,
            add, BLOCK);
    else
      gst_mobilenet_sample_blend_row_8 (samples, keep, add, plane->units);
  }
}

static void
paint_block_16 (const Plane * plane, const Run * down, const Block * block)
{
  guint8 *row = plane->data + (gssize) down->start * plane->stride +
      2 * (gssize) block->start;
  gint y, x;

  for (y = 0; y < down->count; y++, row += plane->stride) {
    if (y + ROWS_AHEAD < down->count)
      __builtin_prefetch (row + (gssize) ROWS_AHEAD * plane->stride, 1);
    if (plane->units >= BLOCK)
      for (x = 0; x < block->repeats; x++)
        gst_mobilenet_sample_blend_row_16 ((guint16 *) row + x * block->period,
            block->keep, block->add, BLOCK, plane->depth, plane->shift);
    else
      gst_mobilenet_sample_blend_row_16 ((guint16 *) row, block->keep,
          block->add, plane->units, plane->depth, plane->shift);
  }
}

/* The plane's components, and how its rows divide: they have the same number of
 * rows in every format. */
static guint
plane_init (Plane * self, const GstVideoFrame * frame, guint p,
    const gint x_edges[N_EDGES], const gint y_edges[N_EDGES],
    Run down[MAX_RUNS], guint indices[GST_MOBILENET_CANVAS_COMPONENTS])
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  guint c;

  self->data = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
  self->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  self->units = 0;
  self->n_components = 0;
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    Component *component = &self->components[self->n_components];
    guint unit = GST_VIDEO_FORMAT_INFO_DEPTH (info, c) > 8 ? 2 : 1;

    if (GST_VIDEO_FORMAT_INFO_PLANE (info, c) != p)
      continue;
    component->step = GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c) / unit;
    component->offset = gst_mobilenet_sample_offset (info, c) / unit;
    component->n_across = split_axis (x_edges,
        GST_VIDEO_FORMAT_INFO_W_SUB (info, c), GST_VIDEO_FRAME_WIDTH (frame),
        component->across);
    self->units = MAX (self->units, component->step *
        GST_VIDEO_FRAME_COMP_WIDTH (frame, c));
    indices[self->n_components++] = c;
  }
  c = indices[0];
  self->depth = GST_VIDEO_FORMAT_INFO_DEPTH (info, c);
  self->shift = GST_VIDEO_FORMAT_INFO_SHIFT (info, c);
  self->max = gst_mobilenet_sample_max (info, c);
  return split_axis (y_edges, GST_VIDEO_FORMAT_INFO_H_SUB (info, c),
      GST_VIDEO_FRAME_HEIGHT (frame), down);
}

static void
fill_plane (const GstVideoFrame * frame, guint p, const gint x_edges[N_EDGES],
    const gint y_edges[N_EDGES], const GstMobilenetPaint * paint)
{
  guint indices[GST_MOBILENET_CANVAS_COMPONENTS], n_down, c, j;
  Run down[MAX_RUNS];
  Plane plane;

  n_down = plane_init (&plane, frame, p, x_edges, y_edges, down, indices);
  for (j = 0; j < n_down; j++) {
    Block block;
    gint at;

    for (c = 0; c < plane.n_components; c++)
      find_segments (&plane.components[c], indices[c], &down[j], paint);
    for (at = next_unit (&plane, 0); at < G_MAXINT;
        at = next_unit (&plane, block.end)) {
      make_block (&plane, at, &block);
      if (plane.depth == 8)
        paint_block_8 (&plane, &down[j], &block);
      else
        paint_block_16 (&plane, &down[j], &block);
    }
  }
}

/* Those of rectangle k within from..from + extent; of an empty one where the one
 * around it begins. */
static void
set_edges (gint edges[N_EDGES], guint k, gboolean empty, gint at, gint size,
    gint from, gint extent)
{
  gint start = empty ? (k ? edges[k - 1] : from) : at;
  gint end = empty ? start : at + size;

  edges[k] = CLAMP (start, from, from + extent);
  edges[N_EDGES - 1 - k] = CLAMP (end, from, from + extent);
}

void
gst_mobilenet_canvas_fill (GstMobilenetCanvas * canvas,
    const GstVideoRectangle nested[GST_MOBILENET_CANVAS_NESTED],
    const GstMobilenetPaint * paint)
{
  const GstVideoRectangle *area = &canvas->area;
  gint x_edges[N_EDGES], y_edges[N_EDGES];
  gboolean empty = FALSE;
  guint p, k;

  for (k = 0; k < GST_MOBILENET_CANVAS_NESTED; k++) {
    empty = empty || nested[k].w <= 0 || nested[k].h <= 0;
    set_edges (x_edges, k, empty, nested[k].x, nested[k].w, area->x, area->w);
    set_edges (y_edges, k, empty, nested[k].y, nested[k].h, area->y, area->h);
  }
  if (x_edges[0] == x_edges[N_EDGES - 1] || y_edges[0] == y_edges[N_EDGES - 1])
    return;
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (&canvas->frame); p++)
    fill_plane (&canvas->frame, p, x_edges, y_edges, paint);
}
