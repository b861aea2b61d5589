/* SPDX-License-Identifier: MIT
 *
 * What a detector has found in the views of a picture, merged into one.  Each
 * view keeps its findings until it is looked at again. */

#include <math.h>

#include "gstmobilenetfindings.h"

/* Findings of all views together; bounds what merging costs.  A picture of one
 * view has room for all that a detector gives. */
#define CAPACITY (2 * MNET_MAX_CANDIDATES)
/* A box that ends so close to the edge of its tile, as a fraction of the
 * tile's side, is taken for a thing that goes on behind it. */
#define SEAM_MARGIN 0.02f
/* A cut box goes when so much of it lies in a box of a view that sees more. */
#define SEAM_COVER 0.6f
#define DEFAULT_OVERLAP 0.5f

typedef struct
{
  MnetRect region;
  guint n;
} View;

struct _GstMobilenetFindings
{
  guint layout;                 /* that everything is about */
  guint n_views;
  View views[GST_MOBILENET_MAX_VIEWS];
  MnetDetection found[CAPACITY];        /* in pixels of the frame */
  gboolean cut[CAPACITY];       /* each of found: at an edge inside */
  MnetDetection merged[CAPACITY];
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
  guint i;

  for (i = 0; i < GST_MOBILENET_MAX_VIEWS; i++)
    self->views[i].n = 0;
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

/* The rectangle around all views. */
static MnetRect
bounds (const GstMobilenetFindings * self)
{
  MnetRect all = self->views[0].region;
  guint i;

  for (i = 1; i < self->n_views; i++) {
    const MnetRect *region = &self->views[i].region;
    gint right = MAX (all.x + all.width, region->x + region->width);
    gint bottom = MAX (all.y + all.height, region->y + region->height);

    all.x = MIN (all.x, region->x);
    all.y = MIN (all.y, region->y);
    all.width = right - all.x;
    all.height = bottom - all.y;
  }
  return all;
}

/* Does a box from..to end at an edge of its tile, start..start + side, that
 * lies within 0..all? */
static gboolean
side_is_cut (gfloat from, gfloat to, gint start, gint side, gint all_start,
    gint all_side)
{
  gfloat margin = SEAM_MARGIN * side;

  return (start > all_start && from <= start + margin)
      || (start + side < all_start + all_side && to >= start + side - margin);
}

static void
find_cuts (GstMobilenetFindings * self)
{
  MnetRect all = bounds (self);
  guint v, i;

  for (v = 0; v < self->n_views; v++) {
    const MnetRect *region = &self->views[v].region;

    for (i = 0; i < self->views[v].n; i++) {
      gsize at = view_start (self, v) + i;
      const MnetDetection *box = &self->found[at];

      self->cut[at] = side_is_cut (box->left, box->right, region->x,
          region->width, all.x, all.width)
          || side_is_cut (box->top, box->bottom, region->y, region->height,
          all.y, all.height);
    }
  }
}

static gfloat
area (const MnetDetection * box)
{
  return (box->right - box->left) * (box->bottom - box->top);
}

static gfloat
intersection (const MnetDetection * a, const MnetDetection * b)
{
  gfloat width = MIN (a->right, b->right) - MAX (a->left, b->left);
  gfloat height = MIN (a->bottom, b->bottom) - MAX (a->top, b->top);

  return width > 0 && height > 0 ? width * height : 0;
}

/* Does another view than `view` see more of the thing that cut box `at` of it
 * is a part of? */
static gboolean
is_covered (const GstMobilenetFindings * self, guint view, gsize at)
{
  const MnetDetection *part = &self->found[at];
  guint v, i;

  for (v = 0; v < self->n_views; v++) {
    for (i = 0; v != view && i < self->views[v].n; i++) {
      gsize other = view_start (self, v) + i;
      const MnetDetection *box = &self->found[other];

      if (box->index == part->index
          && (!self->cut[other] || area (box) > area (part))
          && intersection (box, part) > SEAM_COVER * area (part))
        return TRUE;
    }
  }
  return FALSE;
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

      if (!self->cut[at] || !is_covered (self, v, at))
        self->merged[(*n)++] = self->found[at];
    }
  }
  *n = mnet_detections_suppress (self->merged, *n, &suppression, 0);
  return self->merged;
}
