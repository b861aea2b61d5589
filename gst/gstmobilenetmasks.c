/* SPDX-License-Identifier: MIT
 *
 * Draws the classes of a segmentation on a mapped video frame, in its own format.
 * A sample, also one of subsampled chroma, has the class of the map's pixel that
 * its middle lies in.  Rows of what blending needs are made of the runs of a row
 * of the map, and serve all rows of the frame that show the same. */

#include "gstmobilenetmasks.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetcolors.h"
#include "gstmobilenetsample.h"
#include "gstmobilenetvector.h"

#define N_CLASSES 256
#define MAX_COMPONENTS GST_MOBILENET_CANVAS_COMPONENTS
#define MAX_PIXEL (2 * MAX_COMPONENTS)  /* bytes of a pixel of a plane, at most */

/* What is done to the samples of each component: new = old * keep / max + add. */
typedef struct
{
  guint16 keep[MAX_COMPONENTS], add[MAX_COMPONENTS];
} Paint;

typedef struct
{
  gboolean shown;
  Paint tint, line;
} ClassPaint;

/* Of a row of a plane, before its first and behind its last unit. */
typedef struct
{
  gint start, end;
} Span;

/* Painted units so close to each other are one span. */
#define MERGED_GAP 32

struct _GstMobilenetMasks
{
  ClassPaint paints[N_CLASSES];
  /* keep and add of each unit of a row: bytes, or two bytes; the same room. */
  guint8 *keep, *add;
  Span *spans;
  gsize row_room;               /* bytes of keep and of add */
  /* Of each layer: the first sample of each of the map's columns, and the one
   * behind the last. */
  gint *columns[2];
  gsize columns_room;
  guint n_spans;
};

/* Components of a plane that are subsampled alike. */
typedef struct
{
  guint n, shift;               /* across */
  guint components[MAX_COMPONENTS];
  gint offsets[MAX_COMPONENTS]; /* of their samples in a pixel, units */
  gint step;                    /* units of a pixel */
} Layer;

/* A plane that is being painted.  A unit is a sample's size: a byte, or two. */
typedef struct
{
  guint8 *data;
  gint stride, unit;            /* bytes */
  guint depth, bits_below, max, shift;  /* shift: down */
  guint n_layers;
  Layer layers[2];
} Plane;

/* The map, and which pixels of the frame it is drawn on. */
typedef struct
{
  const guint8 *classes;
  gint width, height;
  GstMobilenetSegmentationPlace place;
  gdouble left, top, right, bottom;
  gint frame_right, frame_bottom;       /* of the canvas' area */
  gint line_width;
} Map;

GstMobilenetMasks *
gst_mobilenet_masks_new (void)
{
  return g_new0 (GstMobilenetMasks, 1);
}

void
gst_mobilenet_masks_free (GstMobilenetMasks * masks)
{
  g_free (masks->keep);
  g_free (masks->add);
  g_free (masks->spans);
  g_free (masks->columns[0]);
  g_free (masks->columns[1]);
  g_free (masks);
}

gboolean
gst_mobilenet_masks_shows (const GstMobilenetSegmentation * segmentation,
    guint i)
{
  guint index;

  return gst_mobilenet_segmentation_get_result (segmentation, i, &index, NULL,
      NULL, NULL)
      && (gint) index !=
      gst_mobilenet_segmentation_get_background (segmentation);
}

static void
paint_init (Paint * paint, const GstMobilenetCanvasFormat * format,
    const gdouble samples[MAX_COMPONENTS], gdouble opacity)
{
  guint c;

  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format->info); c++)
    gst_mobilenet_sample_mix (gst_mobilenet_sample_max (format->info, c),
        1 - opacity, samples[c] * opacity, &paint->keep[c], &paint->add[c]);
}

/* FALSE when no class is shown. */
static gboolean
choose_paints (GstMobilenetMasks * self,
    const GstMobilenetSegmentation * segmentation,
    const GstMobilenetMaskStyle * style,
    const GstMobilenetCanvasFormat * format)
{
  gdouble samples[MAX_COMPONENTS];
  gboolean any = FALSE;
  const gchar *label;
  guint i, index;

  for (i = 0; i < N_CLASSES; i++)
    self->paints[i].shown = FALSE;
  for (i = 0; gst_mobilenet_segmentation_get_result (segmentation, i, &index,
          &label, NULL, NULL); i++) {
    ClassPaint *paint = &self->paints[index];

    if (!gst_mobilenet_masks_shows (segmentation, i))
      continue;
    gst_mobilenet_canvas_format_samples (format,
        gst_mobilenet_color_of (style->colors, label, index), samples);
    paint_init (&paint->tint, format, samples, style->tint);
    paint_init (&paint->line, format, samples, style->line);
    paint->shown = any = TRUE;
  }
  return any;
}

/* FALSE when the map is nowhere on the picture. */
static gboolean
map_init (Map * self, const GstMobilenetSegmentation * segmentation,
    const GstVideoRectangle * area, gint line_width)
{
  GstMobilenetSegmentationPlace *place = &self->place;
  guint width, height;

  gst_mobilenet_segmentation_get_size (segmentation, &width, &height);
  gst_mobilenet_segmentation_get_place (segmentation, place);
  self->classes =
      g_bytes_get_data (gst_mobilenet_segmentation_get_classes (segmentation),
      NULL);
  self->width = width;
  self->height = height;
  self->line_width = line_width;
  self->frame_right = area->x + area->w;
  self->frame_bottom = area->y + area->h;
  self->left = MAX (MAX (place->x, place->seen_x), area->x);
  self->top = MAX (MAX (place->y, place->seen_y), area->y);
  self->right = MIN (MIN (place->x + place->w, place->seen_x + place->seen_w),
      self->frame_right);
  self->bottom = MIN (MIN (place->y + place->h, place->seen_y + place->seen_h),
      self->frame_bottom);
  return self->left < self->right && self->top < self->bottom;
}

/* The first sample whose middle is not before `at`; at the edge of the frame the
 * one behind the last, which has one pixel where the frame's extent is odd. */
static gint
sample_from (gdouble at, guint shift, gint edge)
{
  if (at >= edge)
    return (edge + (1 << shift) - 1) >> shift;
  return (gint) ceil (at / (1 << shift) - 0.5);
}

/* Width of lines in samples. */
static gint
line_samples (const Map * map, guint shift)
{
  return MAX (1, map->line_width >> shift);
}

/* The map's row that shows in sample row `j`. */
static const guint8 *
map_row (const Map * map, guint shift, gint j)
{
  gdouble middle = (j + 0.5) * (1 << shift);
  gdouble row = floor ((middle - map->place.y) * map->height / map->place.h);

  return map->classes + (gsize) CLAMP (row, 0, map->height - 1) * map->width;
}

/* Where the map's columns begin in samples, within what is drawn on. */
static void
find_columns (const Map * map, guint shift, gint * columns)
{
  gint i;

  for (i = 0; i <= map->width; i++) {
    gdouble at = map->place.x + i * map->place.w / map->width;

    columns[i] = sample_from (CLAMP (at, map->left, map->right), shift,
        map->frame_right);
  }
}

/* `bytes` is 1 to 4. */
static void
fill_pixels (guint8 * restrict to, gint n, const guint8 pixel[MAX_PIXEL],
    gint bytes)
{
  gint i;

  switch (bytes) {
    case 1:
      memset (to, pixel[0], n);
      break;
    case 2:
      for (i = 0; i < n; i++)
        memcpy (to + 2 * i, pixel, 2);
      break;
    case 3:
      for (i = 0; i < n; i++)
        memcpy (to + 3 * i, pixel, 3);
      break;
    default:
      for (i = 0; i < n; i++)
        memcpy (to + 4 * i, pixel, 4);
  }
}

static void
put_unit (guint8 * pixel, gint unit, gint at, guint16 value)
{
  if (unit == 1)
    pixel[at] = (guint8) value;
  else
    memcpy (pixel + 2 * at, &value, 2);
}

/* A whole pixel: what none of the components is stays as it is. */
static void
fill_whole (GstMobilenetMasks * self, const Plane * plane,
    const Layer * layer, gint start, gint end, const Paint * paint)
{
  gint bytes = layer->step * plane->unit;
  guint8 keep[MAX_PIXEL], add[MAX_PIXEL];
  guint k;
  gint i;

  for (i = 0; i < layer->step; i++) {
    put_unit (keep, plane->unit, i, plane->max);
    put_unit (add, plane->unit, i, 0);
  }
  for (k = 0; k < layer->n; k++) {
    put_unit (keep, plane->unit, layer->offsets[k],
        paint->keep[layer->components[k]]);
    put_unit (add, plane->unit, layer->offsets[k],
        paint->add[layer->components[k]]);
  }
  fill_pixels (self->keep + start * bytes, end - start, keep, bytes);
  fill_pixels (self->add + start * bytes, end - start, add, bytes);
}

/* Beside components of another subsampling: YUY2 and its kin, 8 bits. */
static void
fill_parts (GstMobilenetMasks * self, const Layer * layer, gint start,
    gint end, const Paint * paint)
{
  guint k;
  gint i;

  for (k = 0; k < layer->n; k++) {
    guint8 keep = (guint8) paint->keep[layer->components[k]];
    guint8 add = (guint8) paint->add[layer->components[k]];

    for (i = start; i < end; i++) {
      self->keep[i * layer->step + layer->offsets[k]] = keep;
      self->add[i * layer->step + layer->offsets[k]] = add;
    }
  }
}

/* Samples `start` to before `end`; nothing when that is not behind. */
static void
fill (GstMobilenetMasks * self, const Plane * plane, const Layer * layer,
    gint start, gint end, const Paint * paint)
{
  if (start >= end)
    return;
  if (plane->n_layers == 1)
    fill_whole (self, plane, layer, start, end, paint);
  else
    fill_parts (self, layer, start, end, paint);
}

static void
add_span (GstMobilenetMasks * self, const Plane * plane, gint start, gint end)
{
  Span *last = self->n_spans ? &self->spans[self->n_spans - 1] : NULL;

  if (last && (plane->n_layers > 1 || start - last->end < MERGED_GAP)) {
    last->start = MIN (last->start, start);
    last->end = MAX (last->end, end);
    return;
  }
  self->spans[self->n_spans].start = start;
  self->spans[self->n_spans].end = end;
  self->n_spans++;
}

/* Columns of the map from `i` on of one class: to before the one returned. */
static gint
run_end (const guint8 * row, gint i, gint width)
{
  gint end = i + 1;

  while (end < width && row[end] == row[i])
    end++;
  return end;
}

/* Rows of the map that rows of the frame are made of: the one that they show, and
 * what shows a line's width above and below. */
typedef struct
{
  const guint8 *shown, *above, *below;
} Rows;

/* Lines in columns `i` to before `end` where the class is another one above or
 * below. */
static void
fill_level_lines (GstMobilenetMasks * self, const Plane * plane, guint k,
    const Rows * rows, gint i, gint end, const Paint * line)
{
  const guint8 *shown = rows->shown;
  gint start;

  if (rows->above == shown && rows->below == shown)
    return;
  while (i < end) {
    while (i < end && shown[i] == rows->above[i] && shown[i] == rows->below[i])
      i++;
    start = i;
    while (i < end && (shown[i] != rows->above[i]
            || shown[i] != rows->below[i]))
      i++;
    fill (self, plane, &plane->layers[k], self->columns[k][start],
        self->columns[k][i], line);
  }
}

/* Columns `i` to before `end` are of one class: its colour, and lines on the
 * inside of its edges. */
static void
fill_run (GstMobilenetMasks * self, const Plane * plane, guint k,
    const Map * map, const Rows * rows, gint i, gint end)
{
  const ClassPaint *paint = &self->paints[rows->shown[i]];
  const Layer *layer = &plane->layers[k];
  const gint *columns = self->columns[k];
  gint from = columns[i], to = columns[end];
  gint width = line_samples (map, layer->shift);

  if (from == to)
    return;
  fill (self, plane, layer, from, to, &paint->tint);
  fill_level_lines (self, plane, k, rows, i, end, &paint->line);
  if (from > columns[0])
    fill (self, plane, layer, from, MIN (from + width, to), &paint->line);
  if (to < columns[map->width])
    fill (self, plane, layer, MAX (to - width, from), to, &paint->line);
  add_span (self, plane, from * layer->step, to * layer->step);
}

/* Nothing is painted yet. */
static void
clear_row (GstMobilenetMasks * self, const Plane * plane, gint columns)
{
  guint16 *keep = (guint16 *) self->keep;
  gint i, units = 0;
  guint k;

  for (k = 0; k < plane->n_layers; k++)
    units = MAX (units, self->columns[k][columns] * plane->layers[k].step);
  self->n_spans = 0;
  memset (self->add, 0, units * plane->unit);
  if (plane->unit == 1)
    memset (self->keep, 255, units);
  else
    for (i = 0; i < units; i++)
      keep[i] = (guint16) plane->max;
}

static void
make_row (GstMobilenetMasks * self, const Plane * plane, const Map * map,
    const Rows * rows)
{
  gint i, end;
  guint k;

  clear_row (self, plane, map->width);
  for (k = 0; k < plane->n_layers; k++) {
    for (i = 0; i < map->width; i = end) {
      end = run_end (rows->shown, i, map->width);
      if (self->paints[rows->shown[i]].shown)
        fill_run (self, plane, k, map, rows, i, end);
    }
  }
}

/* Units blended at once: compilers vectorise loops of a length that they know. */
#define BLOCK 32

GST_MOBILENET_VECTORISED static void
blend_span_8 (guint8 * samples, const guint8 * keep, const guint8 * add, gint n)
{
  gint i;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    gst_mobilenet_sample_blend_row_8 (samples + i, keep + i, add + i, BLOCK);
  gst_mobilenet_sample_blend_row_8 (samples + i, keep + i, add + i, n - i);
}

GST_MOBILENET_VECTORISED static void
blend_span_16 (const Plane * plane, guint16 * samples, const guint16 * keep,
    const guint16 * add, gint n)
{
  gint i;

  for (i = 0; i + BLOCK <= n; i += BLOCK)
    gst_mobilenet_sample_blend_row_16 (samples + i, keep + i, add + i, BLOCK,
        plane->depth, plane->bits_below);
  gst_mobilenet_sample_blend_row_16 (samples + i, keep + i, add + i, n - i,
      plane->depth, plane->bits_below);
}

static void
blend_row (const GstMobilenetMasks * self, const Plane * plane, gint j)
{
  guint8 *row = plane->data + (gssize) j * plane->stride;
  guint i;

  for (i = 0; i < self->n_spans; i++) {
    gint start = self->spans[i].start, n = self->spans[i].end - start;
    gint at = start * plane->unit;

    if (plane->unit == 1)
      blend_span_8 (row + at, self->keep + at, self->add + at, n);
    else
      blend_span_16 (plane, (guint16 *) (row + at),
          (const guint16 *) (self->keep + at),
          (const guint16 *) (self->add + at), n);
  }
}

static void
add_component (Plane * self, const GstVideoFormatInfo * info, guint c)
{
  guint shift = GST_VIDEO_FORMAT_INFO_W_SUB (info, c), k;
  Layer *layer;

  for (k = 0; k < self->n_layers && self->layers[k].shift != shift; k++);
  layer = &self->layers[k];
  if (k == self->n_layers) {
    layer->n = 0;
    layer->shift = shift;
    self->n_layers++;
  }
  layer->components[layer->n] = c;
  layer->offsets[layer->n] = gst_mobilenet_sample_offset (info, c) / self->unit;
  layer->step = GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c) / self->unit;
  layer->n++;
}

static void
plane_init (Plane * self, const GstVideoFrame * frame, guint p)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  guint c;

  self->data = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
  self->stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  self->n_layers = 0;
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    if (GST_VIDEO_FORMAT_INFO_PLANE (info, c) != p)
      continue;
    self->depth = GST_VIDEO_FORMAT_INFO_DEPTH (info, c);
    self->bits_below = GST_VIDEO_FORMAT_INFO_SHIFT (info, c);
    self->max = gst_mobilenet_sample_max (info, c);
    self->unit = self->depth > 8 ? 2 : 1;
    self->shift = GST_VIDEO_FORMAT_INFO_H_SUB (info, c);
    add_component (self, info, c);
  }
}

static void
draw_plane (GstMobilenetMasks * self, const Plane * plane, const Map * map)
{
  gint first = sample_from (map->top, plane->shift, map->frame_bottom);
  gint end = sample_from (map->bottom, plane->shift, map->frame_bottom);
  gint width = line_samples (map, plane->shift), j;
  Rows rows = { NULL, NULL, NULL };
  guint k;

  for (k = 0; k < plane->n_layers; k++)
    find_columns (map, plane->layers[k].shift, self->columns[k]);
  for (j = first; j < end; j++) {
    Rows next = {
      map_row (map, plane->shift, j),
      map_row (map, plane->shift, MAX (j - width, first)),
      map_row (map, plane->shift, MIN (j + width, end - 1))
    };

    if (next.shown != rows.shown || next.above != rows.above
        || next.below != rows.below) {
      rows = next;
      make_row (self, plane, map, &rows);
    }
    blend_row (self, plane, j);
  }
}

/* Rooms grow with the first frame of a size, and stay. */
static void
make_room (GstMobilenetMasks * self, gint frame_width, gint map_width)
{
  gsize row = (frame_width + 2) * (gsize) MAX_PIXEL;
  gsize columns = map_width + 1;

  if (row > self->row_room) {
    self->row_room = row;
    self->keep = g_realloc (self->keep, row);
    self->add = g_realloc (self->add, row);
    self->spans = g_renew (Span, self->spans, row / MERGED_GAP + 2);
  }
  if (columns > self->columns_room) {
    self->columns_room = columns;
    self->columns[0] = g_renew (gint, self->columns[0], columns);
    self->columns[1] = g_renew (gint, self->columns[1], columns);
  }
}

void
gst_mobilenet_masks_draw (GstMobilenetMasks * masks,
    const GstMobilenetSegmentation * segmentation,
    const GstMobilenetMaskStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas)
{
  Map map;
  guint p;

  if (!choose_paints (masks, segmentation, style, format)
      || !map_init (&map, segmentation, &canvas->area, style->line_width))
    return;
  make_room (masks, GST_VIDEO_FRAME_WIDTH (&canvas->frame), map.width);
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (&canvas->frame); p++) {
    Plane plane;

    plane_init (&plane, &canvas->frame, p);
    draw_plane (masks, &plane, &map);
  }
}
