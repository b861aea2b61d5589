/* SPDX-License-Identifier: MIT
 *
 * What is drawn on one frame: boxes, key points and labels, from its metas. */

#include "gstmobilenetscene.h"

#include <gst/mobilenet/gstmobilenetmeta.h>
#include <math.h>

#include "gstmobilenetcolors.h"
#include "gstmobilenetcounts.h"
#include "gstmobilenetlabels.h"
#include "gstmobilenetmasks.h"

/* Most of each on a frame: what comes first in the metas, which is the best. */
#define MAX_BOXES 1000
#define MAX_POINTS 4000
#define MAX_LABELS 100
#define MAX_CLASSES 5           /* of one network */
#define MAX_LEGEND 8            /* classes of a segmentation */
#define MAX_CLASSIFICATIONS 4   /* of one box, or of the frame */

#define WHITE 0xffffff

/* A class that would be written as 0 %, behind a better one, is left out. */
#define LEAST_SHOWN 0.005

typedef struct
{
  GstVideoRectangle outer, inner;
  guint32 rgb;
} Box;

typedef struct
{
  gdouble x, y;
  gint half;                    /* pixels from its middle to its edges */
  guint32 rgb;
} Point;

/* A sprite of the label of that number, at x, y from its top left. */
typedef struct
{
  GstMobilenetSprite *sprite;
  guint label;
  gint x, y;
} Piece;

struct _GstMobilenetScene
{
  GArray *boxes;                /* of Box, best first, as are the others */
  GArray *points;               /* of Point */
  GArray *labels;               /* of GstMobilenetLabel */
  GArray *pieces;               /* of Piece */
  GstMobilenetMasks *masks;
};

GstMobilenetScene *
gst_mobilenet_scene_new (void)
{
  GstMobilenetScene *self = g_new0 (GstMobilenetScene, 1);

  self->boxes = g_array_new (FALSE, FALSE, sizeof (Box));
  self->points = g_array_new (FALSE, FALSE, sizeof (Point));
  self->labels = g_array_new (FALSE, FALSE, sizeof (GstMobilenetLabel));
  self->pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  self->masks = gst_mobilenet_masks_new ();
  return self;
}

void
gst_mobilenet_scene_free (GstMobilenetScene * scene)
{
  g_array_unref (scene->boxes);
  g_array_unref (scene->points);
  g_array_unref (scene->labels);
  g_array_unref (scene->pieces);
  gst_mobilenet_masks_free (scene->masks);
  g_free (scene);
}

/* Has it a class that is drawn? */
static gboolean
has_mask (const GstMobilenetSegmentation * segmentation)
{
  return gst_mobilenet_masks_shows (segmentation, 0)
      || gst_mobilenet_masks_shows (segmentation, 1);
}

gboolean
gst_mobilenet_scene_is_needed (GstBuffer * buffer,
    const GstMobilenetSceneStyle * style)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state))) {
    if (meta->info->api == GST_MOBILENET_DETECTION_META_API_TYPE
        && gst_mobilenet_detection_meta_get_n_results (
            (GstMobilenetDetectionMeta *) meta) > 0)
      return TRUE;
    if (meta->info->api == GST_MOBILENET_CLASSIFICATION_META_API_TYPE
        && style->show_classes && (style->show_labels || style->show_scores)
        && gst_mobilenet_classification_meta_get_n_results (
            (GstMobilenetClassificationMeta *) meta) > 0)
      return TRUE;
    if (meta->info->api == GST_MOBILENET_SEGMENTATION_META_API_TYPE
        && style->show_masks
        && has_mask (((GstMobilenetSegmentationMeta *) meta)->segmentation))
      return TRUE;
  }
  return FALSE;
}

/* Whole pixels around from..from + extent, within `first` and `end`; FALSE when
 * none are, or the numbers are none. */
static gboolean
clip_interval (gdouble from, gdouble extent, gint first, gint end,
    gint * start, gint * size)
{
  gdouble to = from + extent;

  if (!(extent > 0) || !(from < end) || !(to > first))
    return FALSE;
  *start = (gint) floor (MAX (from, first) + 0.5);
  *size = (gint) floor (MIN (to, end) + 0.5) - *start;
  return TRUE;
}

/* Lines lie around the pixels of the box, at the edges of the frame within it.
 * FALSE when it is not on the frame, or when its numbers are none. */
static gboolean
box_lines (const GstVideoRectangle * area, gint line_width, gdouble x,
    gdouble y, gdouble w, gdouble h, Box * box)
{
  gint right = area->x + area->w, bottom = area->y + area->h;
  GstVideoRectangle *outer = &box->outer, *inner = &box->inner;

  if (!clip_interval (x, w, area->x, right, &inner->x, &inner->w)
      || !clip_interval (y, h, area->y, bottom, &inner->y, &inner->h))
    return FALSE;
  outer->x = MAX (inner->x - line_width, area->x);
  outer->y = MAX (inner->y - line_width, area->y);
  outer->w = MIN (inner->x + inner->w + line_width, right) - outer->x;
  outer->h = MIN (inner->y + inner->h + line_width, bottom) - outer->y;
  inner->x = outer->x + line_width;
  inner->y = outer->y + line_width;
  inner->w = outer->w - 2 * line_width;
  inner->h = outer->h - 2 * line_width;
  return TRUE;
}

static void
add_points (GstMobilenetScene * self, const GstMobilenetDetection * detection,
    guint i, const GstVideoRectangle * area, gint line_width, const Box * box)
{
  gint most = MIN (box->outer.w, box->outer.h) / 24;
  Point point = {.half = CLAMP (most, 1, (3 * line_width + 1) / 2),
    .rgb = box->rgb
  };
  guint k;

  for (k = 0; self->points->len < MAX_POINTS
      && gst_mobilenet_detection_get_key_point (detection, i, k, &point.x,
          &point.y); k++)
    if (point.x >= area->x && point.x < area->x + area->w && point.y >= area->y
        && point.y < area->y + area->h)
      g_array_append_val (self->points, point);
}

/* A label that is being written, line by line. */
typedef struct
{
  GstMobilenetScene *scene;
  GstMobilenetText *text;
  const GstMobilenetSceneStyle *style;
  gint x, y, width, line_height;
} Writer;

static void
write_text (Writer * writer, const gchar * string, guint32 rgb)
{
  Piece piece = {.label = writer->scene->labels->len,.x = writer->x,
    .y = writer->y
  };

  piece.sprite = gst_mobilenet_text_sprite (writer->text, string, rgb);
  if (!piece.sprite)
    return;
  g_array_append_val (writer->scene->pieces, piece);
  writer->x += piece.sprite->width;
  writer->width = MAX (writer->width, writer->x);
  writer->line_height = piece.sprite->height;
}

static void
end_line (Writer * writer)
{
  if (writer->x)
    writer->y += writer->line_height;
  writer->x = 0;
}

/* "label 87%" as the style wants it. */
static void
write_class (Writer * writer, const gchar * label, guint index, gdouble score)
{
  gchar number[16];

  if (writer->style->show_labels) {
    guint32 rgb = gst_mobilenet_color_of (writer->style->colors, label, index);

    g_snprintf (number, sizeof (number), "%u", index);
    write_text (writer, *label ? label : number,
        gst_mobilenet_color_for_text (rgb));
  }
  if (writer->style->show_scores && score >= 0 && score <= 1) {
    g_snprintf (number, sizeof (number), "%d%%",
        (gint) floor (score * 100 + 0.5));
    write_text (writer, number, WHITE);
  }
  end_line (writer);
}

static void
write_classification (Writer * writer,
    const GstMobilenetClassification * classification, guint most)
{
  const gchar *label;
  gdouble score;
  guint i, index;

  for (i = 0; i < most
      && gst_mobilenet_classification_get_result (classification, i, &index,
          &label, &score); i++)
    if (i == 0 || !(score >= 0 && score < LEAST_SHOWN))
      write_class (writer, label, index, score);
}

/* Adds what was written as a label; nothing when that is nothing. */
static GstMobilenetLabel *
finish_label (Writer * writer)
{
  GArray *labels = writer->scene->labels;
  GstMobilenetLabel label = {.place = {0, 0, writer->width, writer->y} };

  if (!writer->y)
    return NULL;
  g_array_append_val (labels, label);
  return &g_array_index (labels, GstMobilenetLabel, labels->len - 1);
}

static void
add_box_label (GstMobilenetScene * self, const GstMobilenetSceneStyle * style,
    GstMobilenetText * text, const GstMobilenetDetection * detection, guint i,
    const Box * box)
{
  Writer writer = {.scene = self,.text = text,.style = style };
  GstMobilenetLabel *added;
  const gchar *label;
  gdouble score;
  guint index, k, n;

  gst_mobilenet_detection_get_result (detection, i, NULL, &index, &label,
      &score);
  write_class (&writer, label, index, score);
  n = gst_mobilenet_detection_get_n_classifications (detection, i);
  for (k = 0; k < MIN (n, MAX_CLASSIFICATIONS); k++)
    write_classification (&writer,
        gst_mobilenet_detection_get_classification (detection, i, k), 1);
  added = finish_label (&writer);
  if (added)
    added->box = box->outer;
}

static void
add_detection (GstMobilenetScene * self, const GstMobilenetSceneStyle * style,
    GstMobilenetText * text, const GstMobilenetDetection * detection,
    const GstVideoRectangle * area)
{
  gdouble x, y, w, h;
  guint i;

  for (i = 0; self->boxes->len < MAX_BOXES
      && gst_mobilenet_detection_get_box (detection, i, &x, &y, &w, &h); i++) {
    const gchar *label;
    guint index;
    Box box;

    if (!box_lines (area, style->line_width, x, y, w, h, &box))
      continue;
    gst_mobilenet_detection_get_result (detection, i, NULL, &index, &label,
        NULL);
    box.rgb = gst_mobilenet_color_of (style->colors, label, index);
    g_array_append_val (self->boxes, box);
    add_points (self, detection, i, area, style->line_width, &box);
    if (self->labels->len < MAX_LABELS)
      add_box_label (self, style, text, detection, i, &box);
  }
}

static void
write_class_list (Writer * writer, GstBuffer * buffer)
{
  gpointer state = NULL;
  GstMeta *meta;
  guint n = 0;

  while (n++ < MAX_CLASSIFICATIONS
      && (meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_CLASSIFICATION_META_API_TYPE)))
    write_classification (writer,
        ((GstMobilenetClassificationMeta *) meta)->classification, MAX_CLASSES);
}

/* "3 person", a line a class. */
static void
write_counts (Writer * writer, GstBuffer * buffer)
{
  GstMobilenetCount counts[GST_MOBILENET_MAX_COUNTS];
  guint i, n = gst_mobilenet_counts_take (buffer, counts);

  for (i = 0; i < n; i++) {
    const gchar *label = counts[i].label;
    guint32 rgb = gst_mobilenet_color_of (writer->style->colors, label,
        counts[i].index);
    gchar number[16];

    g_snprintf (number, sizeof (number), "%u", counts[i].n);
    write_text (writer, number, WHITE);
    g_snprintf (number, sizeof (number), "class %u", counts[i].index);
    write_text (writer, *label ? label : number,
        gst_mobilenet_color_for_text (rgb));
    end_line (writer);
  }
}

/* "person 23%", a line a class: how much of the picture is one. */
static void
write_legend (Writer * writer, const GstMobilenetSegmentation * segmentation)
{
  const gchar *label;
  guint i, index, n = 0;
  gdouble share;

  for (i = 0; n < MAX_LEGEND
      && gst_mobilenet_segmentation_get_result (segmentation, i, &index,
          &label, NULL, &share); i++) {
    if (!gst_mobilenet_masks_shows (segmentation, i) || share < LEAST_SHOWN)
      continue;
    write_class (writer, label, index, share);
    n++;
  }
}

static void
write_legends (Writer * writer, GstBuffer * buffer)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_SEGMENTATION_META_API_TYPE)))
    write_legend (writer,
        ((GstMobilenetSegmentationMeta *) meta)->segmentation);
}

/* What is said of the whole frame, top left. */
static void
add_summary (GstMobilenetScene * self, GstBuffer * buffer,
    const GstMobilenetSceneStyle * style, GstMobilenetText * text,
    const GstVideoRectangle * area)
{
  Writer writer = {.scene = self,.text = text,.style = style };
  GstMobilenetLabel *added;

  if (style->show_classes)
    write_class_list (&writer, buffer);
  if (style->show_counts)
    write_counts (&writer, buffer);
  if (style->show_masks)
    write_legends (&writer, buffer);
  added = finish_label (&writer);
  if (added) {
    added->place.x = (area->x + 2 * style->line_width + 1) & ~1;
    added->place.y = (area->y + 2 * style->line_width + 1) & ~1;
  }
}

/* Bottom left, where its growing and shrinking moves nothing. */
static void
add_stats (GstMobilenetScene * self, const GstMobilenetSceneStyle * style,
    GstMobilenetText * text, const GstVideoRectangle * area,
    const gchar * stats)
{
  Writer writer = {.scene = self,.text = text,.style = style };
  GstMobilenetLabel *added;

  write_text (&writer, stats, WHITE);
  end_line (&writer);
  added = finish_label (&writer);
  if (added) {
    gint y = area->y + area->h - 2 * style->line_width - added->place.h;

    added->place.x = (area->x + 2 * style->line_width + 1) & ~1;
    added->place.y = MAX (y, area->y + 1) & ~1;
  }
}

/* Those of labels without room, and those that begin behind the edges of
 * `area`, which are of labels larger than it. */
static void
drop_unseen_pieces (GstMobilenetScene * self, const GstVideoRectangle * area)
{
  Piece *pieces = (Piece *) self->pieces->data;
  guint i, n = 0;

  for (i = 0; i < self->pieces->len; i++) {
    const GstMobilenetLabel *label =
        &g_array_index (self->labels, GstMobilenetLabel, pieces[i].label);

    if (!label->hidden && label->place.x + pieces[i].x < area->x + area->w
        && label->place.y + pieces[i].y < area->y + area->h)
      pieces[n++] = pieces[i];
  }
  g_array_set_size (self->pieces, n);
}

void
gst_mobilenet_scene_build (GstMobilenetScene * scene, GstBuffer * buffer,
    const GstMobilenetSceneStyle * style, GstMobilenetText * text,
    const GstVideoRectangle * area, const gchar * stats)
{
  gpointer state = NULL;
  GstMeta *meta;
  guint fixed;

  g_array_set_size (scene->boxes, 0);
  g_array_set_size (scene->points, 0);
  g_array_set_size (scene->labels, 0);
  g_array_set_size (scene->pieces, 0);
  gst_mobilenet_text_begin (text);
  add_summary (scene, buffer, style, text, area);
  if (stats)
    add_stats (scene, style, text, area, stats);
  fixed = scene->labels->len;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_DETECTION_META_API_TYPE)))
    add_detection (scene, style, text,
        ((GstMobilenetDetectionMeta *) meta)->detection, area);
  gst_mobilenet_labels_place ((GstMobilenetLabel *) scene->labels->data,
      scene->labels->len, fixed, area);
  drop_unseen_pieces (scene, area);
}

void
gst_mobilenet_scene_draw_masks (GstMobilenetScene * scene, GstBuffer * buffer,
    const GstMobilenetSceneStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas)
{
  const GstMobilenetMaskStyle mask_style = {.colors = style->colors,
    .tint = style->opacity * style->mask_opacity,.line = style->opacity,
    .line_width = MAX (1, style->line_width / 2)
  };
  gpointer state = NULL;
  GstMeta *meta;

  if (!style->show_masks)
    return;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_SEGMENTATION_META_API_TYPE)))
    gst_mobilenet_masks_draw (scene->masks,
        ((GstMobilenetSegmentationMeta *) meta)->segmentation, &mask_style,
        format, canvas);
}

gboolean
gst_mobilenet_scene_has_boxes (const GstMobilenetScene * scene)
{
  return scene->boxes->len > 0;
}

static GstVideoRectangle
grown (const GstVideoRectangle * rectangle, gint by)
{
  GstVideoRectangle result = { rectangle->x - by, rectangle->y - by,
    rectangle->w + 2 * by, rectangle->h + 2 * by
  };

  return result;
}

static void
draw_box (const Box * box, gint outline_width, GstMobilenetCanvas * canvas,
    const GstMobilenetPaint * paint)
{
  GstVideoRectangle nested[GST_MOBILENET_CANVAS_NESTED] = {
    grown (&box->outer, outline_width), box->outer, box->inner,
    grown (&box->inner, -outline_width)
  };

  gst_mobilenet_canvas_fill (canvas, nested, paint);
}

static void
draw_point (const Point * point, gint outline_width,
    GstMobilenetCanvas * canvas, const GstMobilenetPaint * paint)
{
  const GstVideoRectangle square = { (gint) floor (point->x + 0.5) -
        point->half, (gint) floor (point->y + 0.5) - point->half,
    2 * point->half, 2 * point->half
  };
  GstVideoRectangle nested[GST_MOBILENET_CANVAS_NESTED] = {
    grown (&square, outline_width), square
  };

  gst_mobilenet_canvas_fill (canvas, nested, paint);
}

void
gst_mobilenet_scene_draw_boxes (const GstMobilenetScene * scene,
    const GstMobilenetSceneStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas)
{
  gint outline_width = MAX (1, style->line_width / 4);
  GstMobilenetPaint paint;
  guint i;

  for (i = scene->boxes->len; i-- > 0;) {
    const Box *box = &g_array_index (scene->boxes, Box, i);

    gst_mobilenet_paint_init (&paint, format, box->rgb, style->opacity);
    draw_box (box, outline_width, canvas, &paint);
  }
  for (i = scene->points->len; i-- > 0;) {
    const Point *point = &g_array_index (scene->points, Point, i);

    gst_mobilenet_paint_init (&paint, format, point->rgb, style->opacity);
    draw_point (point, outline_width, canvas, &paint);
  }
}

/* The piece and where its label stands; the best labels come last, on top. */
static const Piece *
placed_piece (const GstMobilenetScene * scene, guint i, gint * x, gint * y)
{
  const Piece *piece = &g_array_index (scene->pieces, Piece, i);
  const GstMobilenetLabel *label =
      &g_array_index (scene->labels, GstMobilenetLabel, piece->label);

  *x = label->place.x + piece->x;
  *y = label->place.y + piece->y;
  return piece;
}

void
gst_mobilenet_scene_draw_labels (const GstMobilenetScene * scene,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas)
{
  guint i;

  for (i = scene->pieces->len; i-- > 0;) {
    gint x, y;
    const Piece *piece = placed_piece (scene, i, &x, &y);

    gst_mobilenet_sprite_blend (piece->sprite, format, canvas, x, y);
  }
}

void
gst_mobilenet_scene_attach_labels (const GstMobilenetScene * scene,
    GstBuffer * buffer)
{
  GstVideoOverlayCompositionMeta *before =
      gst_buffer_get_video_overlay_composition_meta (buffer);
  GstVideoOverlayComposition *composition;
  guint i;

  if (!scene->pieces->len)
    return;
  composition = before ? gst_video_overlay_composition_copy (before->overlay) :
      gst_video_overlay_composition_new (NULL);
  for (i = scene->pieces->len; i-- > 0;) {
    GstVideoOverlayRectangle *rectangle;
    gint x, y;
    const Piece *piece = placed_piece (scene, i, &x, &y);

    rectangle = gst_mobilenet_sprite_rectangle (piece->sprite, x, y);
    gst_video_overlay_composition_add_rectangle (composition, rectangle);
    gst_video_overlay_rectangle_unref (rectangle);
  }
  if (before)
    gst_buffer_remove_meta (buffer, (GstMeta *) before);
  gst_buffer_add_video_overlay_composition_meta (buffer, composition);
  gst_video_overlay_composition_unref (composition);
}
