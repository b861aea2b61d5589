/* SPDX-License-Identifier: MIT
 *
 * Which parts of a picture have changed since they were last looked at.  The
 * luma of the picture is scaled down to a thumbnail; each part remembers its
 * piece of the thumbnail of when it was kept. */

#include <string.h>

#include "gstmobilenetmotion.h"
#include "gstmobilenetscheduler.h"

#define WIDTH 160
#define HEIGHT 96
/* A cell is the mean of many pixels: noise of a camera or a codec moves it by
 * less than that. */
#define NOISE 8
/* Sum of the larger differences from which on a part has changed: a thing that
 * covers two cells and differs by 20 from what was there. */
#define LEAST_CHANGE 40
/* A part is looked at after so many frames even if nothing changed: what moves
 * very slowly, or came while the thumbnail could not tell. */
#define MOST_FRAMES 50

/* Cells of the thumbnail, ends not included. */
typedef struct
{
  guint left, top, right, bottom;
  guint frames;                 /* since it was kept; G_MAXUINT: never */
  guint8 *cells;                /* as it was then, rows of WIDTH */
} Part;

struct _GstMobilenetMotion
{
  MnetImage *image;
  guint8 *thumbnail;
  guint n_parts;
  Part parts[GST_MOBILENET_MAX_VIEWS];
};

/* For pictures of `frame`.  NULL and `error` filled when memory is short. */
GstMobilenetMotion *
gst_mobilenet_motion_new (const MnetFrameInfo * frame, MnetError * error)
{
  static const MnetTensorInfo tensor = {.name = "thumbnail",.type =
        MNET_TYPE_UINT8,.rank = 4,.dims = {1, HEIGHT, WIDTH, 1},.elements =
      WIDTH * HEIGHT,.bytes = WIDTH * HEIGHT
  };
  static const MnetImageOptions options = {.raw = true };
  GstMobilenetMotion *self;
  MnetImage *image;
  guint i;

  image = mnet_image_new (frame, &tensor, &options, error);
  if (!image)
    return NULL;
  self = g_new0 (GstMobilenetMotion, 1);
  self->image = image;
  self->thumbnail = g_malloc (WIDTH * HEIGHT);
  for (i = 0; i < GST_MOBILENET_MAX_VIEWS; i++)
    self->parts[i].cells = g_malloc (WIDTH * HEIGHT);
  return self;
}

void
gst_mobilenet_motion_free (GstMobilenetMotion * self)
{
  guint i;

  if (!self)
    return;
  for (i = 0; i < GST_MOBILENET_MAX_VIEWS; i++)
    g_free (self->parts[i].cells);
  g_free (self->thumbnail);
  mnet_image_free (self->image);
  g_free (self);
}

/* The cells that a part, from..from + length of 0..all pixels, touches. */
static void
touched_cells (gint from, gint length, gint all, guint cells, guint * first,
    guint * end)
{
  *first = (guint64) from *cells / all;
  *end = ((guint64) (from + length) * cells + all - 1) / all;
  *end = CLAMP (*end, *first + 1, cells);
}

/* The thumbnail shows `region` of the frame from now on, in which the
 * rectangles `parts` lie: at most GST_MOBILENET_MAX_VIEWS.  All have changed. */
void
gst_mobilenet_motion_set_parts (GstMobilenetMotion * self,
    const MnetRect * region, const MnetRect * parts, guint n_parts)
{
  guint i;

  mnet_image_set_region (self->image, region);
  self->n_parts = n_parts;
  for (i = 0; i < n_parts; i++) {
    touched_cells (parts[i].x - region->x, parts[i].width, region->width,
        WIDTH, &self->parts[i].left, &self->parts[i].right);
    touched_cells (parts[i].y - region->y, parts[i].height, region->height,
        HEIGHT, &self->parts[i].top, &self->parts[i].bottom);
  }
  gst_mobilenet_motion_forget (self);
}

/* Looks at a frame. */
void
gst_mobilenet_motion_look (GstMobilenetMotion * self, const MnetPlanes * planes)
{
  guint i;

  mnet_image_convert (self->image, planes, self->thumbnail);
  for (i = 0; i < self->n_parts; i++) {
    if (self->parts[i].frames != G_MAXUINT)
      self->parts[i].frames++;
  }
}

/* Is part number `part` of the frame other than when it was kept, or was that
 * too long ago? */
gboolean
gst_mobilenet_motion_changed (GstMobilenetMotion * self, guint part)
{
  const Part *at = &self->parts[part];
  guint x, y, change = 0;

  if (at->frames >= MOST_FRAMES)
    return TRUE;
  for (y = at->top; y < at->bottom; y++) {
    for (x = at->left; x < at->right; x++) {
      guint i = y * WIDTH + x;
      gint difference = ABS (self->thumbnail[i] - at->cells[i]);

      change += difference > NOISE ? difference : 0;
    }
  }
  return change >= LEAST_CHANGE;
}

/* Part number `part` of the frame is being looked at. */
void
gst_mobilenet_motion_keep (GstMobilenetMotion * self, guint part)
{
  Part *at = &self->parts[part];
  guint y;

  for (y = at->top; y < at->bottom; y++)
    memcpy (at->cells + y * WIDTH + at->left, self->thumbnail + y * WIDTH +
        at->left, at->right - at->left);
  at->frames = 0;
}

/* All parts have changed. */
void
gst_mobilenet_motion_forget (GstMobilenetMotion * self)
{
  guint i;

  for (i = 0; i < self->n_parts; i++)
    self->parts[i].frames = G_MAXUINT;
}
