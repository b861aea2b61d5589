/* SPDX-License-Identifier: MIT
 *
 * What a detector has found in the views of a picture, merged into one.  Each
 * view keeps its findings until it is looked at again. */

#include <math.h>

#include "gstmobilenetbox.h"
#include "gstmobilenetfindings.h"

/* Findings of all views together; bounds what merging costs.  A picture of one
 * view has room for all that a detector gives. */
#define CAPACITY (2 * MNET_MAX_CANDIDATES)
/* A box that ends so close to the edge of its tile, as a fraction of the
 * tile's side, is taken for a thing that goes on behind it. */
#define SEAM_MARGIN 0.02f
/* A cut box goes when so much of it lies in the box of a view that sees the
 * whole thing, or in a larger one that is cut, too.  One that a corner of the
 * tile cuts is but a guess. */
#define SEAM_COVER 0.5f
#define SEAM_COVER_CORNER 0.4f
#define SEAM_COVER_BY_CUT 0.6f
/* The box of a part of a thing need not reach the edge that cuts it.  One that
 * ends so close to it and is so long, as fractions of the tile's side, goes when
 * so much of it lies in an uncut box that reaches over that edge. */
#define NEAR_MARGIN 0.15f
#define NEAR_LENGTH 0.5f
#define NEAR_COVER 0.8f
/* Two boxes cut at facing edges are pieces of one thing when their extents along
 * the seam agree that well: intersection over union. */
#define SEAM_MATCH 0.6f
/* Boxes of two classes that two views give, and that overlap by more, are one
 * thing: intersection over union. */
#define SAME_BOX 0.7f
#define DEFAULT_OVERLAP 0.5f

/* Edges at which a tile cuts a box. */
enum
{
  CUT_LEFT = 1,
  CUT_RIGHT = 2,
  CUT_TOP = 4,
  CUT_BOTTOM = 8
};

typedef struct
{
  MnetRect region;              /* no width: not looked at yet */
  guint n;
} View;

struct _GstMobilenetFindings
{
  guint layout;                 /* that everything is about */
  guint n_views;
  View views[GST_MOBILENET_MAX_VIEWS];
  MnetDetection found[CAPACITY];        /* in pixels of the frame */
  guint8 cut[CAPACITY];         /* edges of each of found */
  guint8 near[CAPACITY];        /* edges that each of found ends close to */
  MnetDetection merged[CAPACITY];
  guint8 merged_cut[CAPACITY];
};

GstMobilenetFindings *
gst_mobilenet_findings_new (void)
{
  return g_new0 (GstMobilenetFindings, 1);
}

void
gst_mobilenet_findings_free (GstMobilenetFindings * self)
{
  g_free (self);
}

/* Nothing has been found. */
void
gst_mobilenet_findings_reset (GstMobilenetFindings * self)
{
  static const View none;
  guint i;

  for (i = 0; i < GST_MOBILENET_MAX_VIEWS; i++)
    self->views[i] = none;
}

/* Findings that a view may have. */
static gsize
view_room (const GstMobilenetFindings * self)
{
  return MIN (MNET_MAX_CANDIDATES, CAPACITY / self->n_views);
}

static gsize
view_start (const GstMobilenetFindings * self, guint view)
{
  return view * view_room (self);
}

/* Where the detector writes what it finds in view `view` of `frame`, in
 * fractions of the network's picture: `room` at most.  Drops what the views of
 * another layout have found. */
MnetDetection *
gst_mobilenet_findings_begin (GstMobilenetFindings * self,
    const GstMobilenetFrame * frame, guint view, gsize * room)
{
  guint tag = frame->views[view].tag;

  if (self->layout != frame->layout || self->n_views != frame->n_tags)
    gst_mobilenet_findings_reset (self);
  self->layout = frame->layout;
  self->n_views = frame->n_tags;
  *room = view_room (self);
  return &self->found[view_start (self, tag)];
}

/* From fractions of the tensor's picture to pixels of the frame. */
static void
to_frame (MnetDetection * detection, const MnetGeometry * geometry,
    gint input_width, gint input_height)
{
  gdouble scale_x = geometry->scale_x * input_width;
  gdouble scale_y = geometry->scale_y * input_height;
  guint i;

  detection->left = detection->left * scale_x + geometry->offset_x;
  detection->right = detection->right * scale_x + geometry->offset_x;
  detection->top = detection->top * scale_y + geometry->offset_y;
  detection->bottom = detection->bottom * scale_y + geometry->offset_y;
  for (i = 0; i < detection->n_points; i++) {
    MnetPoint *point = &detection->points[i];

    point->x = point->x * scale_x + geometry->offset_x;
    point->y = point->y * scale_y + geometry->offset_y;
  }
}

/* FALSE when nothing of the box is inside. */
static gboolean
clip (MnetDetection * detection, const MnetRect * inside)
{
  detection->left = MAX (detection->left, inside->x);
  detection->top = MAX (detection->top, inside->y);
  detection->right = MIN (detection->right, inside->x + inside->width);
  detection->bottom = MIN (detection->bottom, inside->y + inside->height);
  return detection->left < detection->right
      && detection->top < detection->bottom;
}

/* The detector has written `n` findings for view `view`: brings them to pixels
 * of the frame, inside its picture. */
void
gst_mobilenet_findings_end (GstMobilenetFindings * self,
    const GstMobilenetFrame * frame, guint view, gsize n, gint input_width,
    gint input_height)
{
  const GstMobilenetView *from = &frame->views[view];
  MnetDetection *found = &self->found[view_start (self, from->tag)];
  View *to = &self->views[from->tag];
  gsize i;

  to->region = from->region;
  to->n = 0;
  for (i = 0; i < n; i++) {
    to_frame (&found[i], &from->geometry, input_width, input_height);
    if (clip (&found[i], &frame->picture))
      found[to->n++] = found[i];
  }
}

/* The rectangle around all views that were looked at. */
static MnetRect
bounds (const GstMobilenetFindings * self)
{
  MnetRect all = { 0, 0, 0, 0 };
  guint i;

  for (i = 0; i < self->n_views; i++) {
    const MnetRect *region = &self->views[i].region;
    gint right = MAX (all.x + all.width, region->x + region->width);
    gint bottom = MAX (all.y + all.height, region->y + region->height);

    if (!region->width)
      continue;
    if (!all.width) {
      all = *region;
      continue;
    }
    all.x = MIN (all.x, region->x);
    all.y = MIN (all.y, region->y);
    all.width = right - all.x;
    all.height = bottom - all.y;
  }
  return all;
}

/* The ends of its tile's side, start..start + side, that a box from..to reaches
 * to `margin`: of those that lie within all_start..all_start + all_side. */
static guint8
reached_ends (gfloat from, gfloat to, gint start, gint side, gint all_start,
    gint all_side, gfloat margin, guint8 low, guint8 high)
{
  guint8 ends = 0;

  if (start > all_start && from <= start + margin)
    ends |= low;
  if (start + side < all_start + all_side && to >= start + side - margin)
    ends |= high;
  return ends;
}

/* Likewise for both sides, which `margin` is a fraction of. */
static guint8
reached_edges (const MnetDetection * box, const MnetRect * tile,
    const MnetRect * all, gfloat margin)
{
  return reached_ends (box->left, box->right, tile->x, tile->width, all->x,
      all->width, margin * tile->width, CUT_LEFT, CUT_RIGHT)
      | reached_ends (box->top, box->bottom, tile->y, tile->height, all->y,
      all->height, margin * tile->height, CUT_TOP, CUT_BOTTOM);
}

/* Edges that a box that is long in their direction ends close to. */
static guint8
near_edges (const MnetDetection * box, const MnetRect * tile,
    const MnetRect * all)
{
  guint8 edges = reached_edges (box, tile, all, NEAR_MARGIN);

  if (box->right - box->left < NEAR_LENGTH * tile->width)
    edges &= ~(CUT_LEFT | CUT_RIGHT);
  if (box->bottom - box->top < NEAR_LENGTH * tile->height)
    edges &= ~(CUT_TOP | CUT_BOTTOM);
  return edges;
}

static void
find_cuts (GstMobilenetFindings * self)
{
  MnetRect all = bounds (self);
  guint v, i;

  for (v = 0; v < self->n_views; v++) {
    const MnetRect *tile = &self->views[v].region;

    for (i = 0; i < self->views[v].n; i++) {
      gsize at = view_start (self, v) + i;

      self->cut[at] = reached_edges (&self->found[at], tile, &all, SEAM_MARGIN);
      self->near[at] = near_edges (&self->found[at], tile, &all);
    }
  }
}

/* The edges of a tile that a box reaches over by more than SEAM_MARGIN. */
static guint8
crossed_edges (const MnetDetection * box, const MnetRect * tile)
{
  const gfloat margin_x = SEAM_MARGIN * tile->width;
  const gfloat margin_y = SEAM_MARGIN * tile->height;

  return (box->left < tile->x - margin_x ? CUT_LEFT : 0)
      | (box->right > tile->x + tile->width + margin_x ? CUT_RIGHT : 0)
      | (box->top < tile->y - margin_y ? CUT_TOP : 0)
      | (box->bottom > tile->y + tile->height + margin_y ? CUT_BOTTOM : 0);
}

static gboolean
is_corner (guint8 edges)
{
  return (edges & (CUT_LEFT | CUT_RIGHT)) && (edges & (CUT_TOP | CUT_BOTTOM));
}

/* Does box `other`, of another view, show more of the thing that box `at` of
 * `view` is a part of? */
static gboolean
covers (const GstMobilenetFindings * self, gsize other, guint view, gsize at)
{
  const MnetDetection *part = &self->found[at], *box = &self->found[other];
  gfloat common;

  if (box->index != part->index)
    return FALSE;
  common = gst_mobilenet_box_intersection (box, part) /
      gst_mobilenet_box_area (part);
  if (self->cut[other])
    return self->cut[at] && common > SEAM_COVER_BY_CUT
        && gst_mobilenet_box_area (box) > gst_mobilenet_box_area (part);
  if (self->cut[at]
      && common > (is_corner (self->cut[at]) ? SEAM_COVER_CORNER : SEAM_COVER))
    return TRUE;
  return common > NEAR_COVER
      && (self->near[at] & crossed_edges (box, &self->views[view].region));
}

/* Does box `other`, of another view, show the thing of box `at`, surer of another
 * class? */
static gboolean
renames (const GstMobilenetFindings * self, gsize other, gsize at)
{
  const MnetDetection *a = &self->found[at], *b = &self->found[other];
  gfloat common;

  if (a->index == b->index || a->score > b->score
      || (a->score == b->score && at < other))
    return FALSE;
  common = gst_mobilenet_box_intersection (a, b);
  return common >
      SAME_BOX * (gst_mobilenet_box_area (a) + gst_mobilenet_box_area (b) -
      common);
}

/* Has another view than `view` a better box of the thing of box `at`? */
static gboolean
is_outdone (const GstMobilenetFindings * self, guint view, gsize at)
{
  gboolean part = (self->cut[at] | self->near[at]) != 0;
  guint v, i;

  for (v = 0; v < self->n_views; v++) {
    for (i = 0; v != view && i < self->views[v].n; i++) {
      gsize other = view_start (self, v) + i;

      if ((part && covers (self, other, view, at)) || renames (self, other, at))
        return TRUE;
    }
  }
  return FALSE;
}

/* Intersection over union of two extents. */
static gfloat
extent_overlap (gfloat a_from, gfloat a_to, gfloat b_from, gfloat b_to)
{
  gfloat common = MIN (a_to, b_to) - MAX (a_from, b_from);

  return common / (MAX (a_to, b_to) - MIN (a_from, b_from));
}

/* Are `a`, cut on its right or below, and `b`, cut on its left or above, pieces
 * of one thing? */
static gboolean
continues (const MnetDetection * a, guint8 a_cut, const MnetDetection * b,
    guint8 b_cut)
{
  if (a->index != b->index)
    return FALSE;
  if ((a_cut & CUT_RIGHT) && (b_cut & CUT_LEFT) && a->left < b->left
      && a->right > b->left && a->right < b->right)
    return extent_overlap (a->top, a->bottom, b->top, b->bottom) > SEAM_MATCH;
  if ((a_cut & CUT_BOTTOM) && (b_cut & CUT_TOP) && a->top < b->top
      && a->bottom > b->top && a->bottom < b->bottom)
    return extent_overlap (a->left, a->right, b->left, b->right) > SEAM_MATCH;
  return FALSE;
}

/* `to` becomes the box around both, with the better score. */
static void
unite (MnetDetection * to, const MnetDetection * piece)
{
  const gfloat left = MIN (to->left, piece->left);
  const gfloat top = MIN (to->top, piece->top);
  const gfloat right = MAX (to->right, piece->right);
  const gfloat bottom = MAX (to->bottom, piece->bottom);

  if (piece->score > to->score)
    *to = *piece;
  to->left = left;
  to->top = top;
  to->right = right;
  to->bottom = bottom;
}

/* Makes one of the pieces of things that no view sees whole.  Returns how many
 * of the `n` merged ones are left. */
static gsize
unite_pieces (GstMobilenetFindings * self, gsize n)
{
  MnetDetection *box = self->merged;
  guint8 *cut = self->merged_cut;
  gsize i, k;

  for (i = 0; i < n; i++) {
    for (k = i + 1; k < n && cut[i];) {
      if (!continues (&box[i], cut[i], &box[k], cut[k])
          && !continues (&box[k], cut[k], &box[i], cut[i])) {
        k++;
        continue;
      }
      unite (&box[i], &box[k]);
      cut[i] |= cut[k];
      n--;
      box[k] = box[n];
      cut[k] = cut[n];
      /* It is larger now. */
      k = i + 1;
    }
  }
  return n;
}

/* What all views have found, best first, a thing that several see once: `n` of
 * them, valid until the next call.  Boxes that overlap by more than
 * `overlap_threshold` (0: 0.5) are one thing. */
MnetDetection *
gst_mobilenet_findings_merge (GstMobilenetFindings * self,
    gfloat overlap_threshold, gsize * n)
{
  const MnetSuppression suppression = {.nms = MNET_NMS_HARD,
    .overlap_threshold =
        overlap_threshold > 0 ? overlap_threshold : DEFAULT_OVERLAP
  };
  guint v, i;

  *n = 0;
  if (self->n_views == 1) {
    *n = self->views[0].n;
    return self->found;
  }
  find_cuts (self);
  for (v = 0; v < self->n_views; v++) {
    for (i = 0; i < self->views[v].n; i++) {
      gsize at = view_start (self, v) + i;

      if (is_outdone (self, v, at))
        continue;
      self->merged_cut[*n] = self->cut[at];
      self->merged[(*n)++] = self->found[at];
    }
  }
  *n = unite_pieces (self, *n);
  *n = mnet_detections_suppress (self->merged, *n, &suppression, 0);
  return self->merged;
}
