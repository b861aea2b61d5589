/* SPDX-License-Identifier: MIT
 *
 * Where the labels of boxes go. */

#include "gstmobilenetlabels.h"

/* Places tried around the box, and down it. */
#define PLACES_AROUND 9
#define STEPS_DOWN 12

static gint64
overlap (const GstVideoRectangle * a, const GstVideoRectangle * b)
{
  gint64 w = MIN (a->x + a->w, b->x + b->w) - MAX (a->x, b->x);
  gint64 h = MIN (a->y + a->h, b->y + b->h) - MAX (a->y, b->y);

  return w > 0 && h > 0 ? w * h : 0;
}

/* Even numbers within from..from + extent, as far as they fit. */
static gint
shift_inside (gint at, gint size, gint from, gint extent)
{
  gint first = (from + 1) & ~1;
  gint last = (from + extent - size) & ~1;

  return MAX (first, MIN (at & ~1, last));
}

/* Pixels that a place shares with labels before; 0 is the best. */
static gint64
cost_of (const GstVideoRectangle * place, const GstMobilenetLabel * labels,
    guint n)
{
  gint64 cost = 0;
  guint i;

  for (i = 0; i < n; i++)
    if (!labels[i].hidden)
      cost += overlap (place, &labels[i].place);
  return cost;
}

/* The i-th place to try, FALSE behind the last.  Labels lie beside the box's
 * lines or on its corners. */
static gboolean
candidate (const GstMobilenetLabel * label, guint i, gint * x, gint * y)
{
  const GstVideoRectangle *box = &label->box;
  gint left = box->x, top = box->y;
  gint right = box->x + box->w - label->place.w;
  gint bottom = box->y + box->h - label->place.h;

  switch (i) {
    case 0:                    /* above */
      *x = left;
      *y = top - label->place.h;
      break;
    case 1:                    /* inside at the top */
      *x = left;
      *y = top;
      break;
    case 2:                    /* above at the right */
      *x = right;
      *y = top - label->place.h;
      break;
    case 3:                    /* below */
      *x = left;
      *y = bottom + label->place.h;
      break;
    case 4:                    /* inside at the top right */
      *x = right;
      *y = top;
      break;
    case 5:                    /* inside at the bottom */
      *x = left;
      *y = bottom;
      break;
    case 6:                    /* below at the right */
      *x = right;
      *y = bottom + label->place.h;
      break;
    case 7:                    /* right of it */
      *x = right + label->place.w;
      *y = top;
      break;
    case 8:                    /* left of it */
      *x = left - label->place.w;
      *y = top;
      break;
    default:
      *x = left;
      *y = top + (gint) (i - PLACES_AROUND + 1) * label->place.h;
      return i - PLACES_AROUND < STEPS_DOWN && *y <= bottom;
  }
  return TRUE;
}

static void
place_label (GstMobilenetLabel * labels, guint n,
    const GstVideoRectangle * area)
{
  GstMobilenetLabel *label = &labels[n];
  GstVideoRectangle place = label->place, best = place;
  gint64 least = G_MAXINT64;
  gint x, y;
  guint i;

  for (i = 0; least > 0 && candidate (label, i, &x, &y); i++) {
    gint64 cost;

    place.x = shift_inside (x, place.w, area->x, area->w);
    place.y = shift_inside (y, place.h, area->y, area->h);
    cost = cost_of (&place, labels, n);
    /* Pushed down into the box: the place inside is no worse. */
    if (cost < least) {
      least = cost;
      best = place;
    }
  }
  label->place = best;
  label->hidden = least > (gint64) best.w * best.h / 4;
}

void
gst_mobilenet_labels_place (GstMobilenetLabel * labels, guint n,
    guint n_fixed, const GstVideoRectangle * area)
{
  guint i;

  for (i = n_fixed; i < n; i++)
    place_label (labels, i, area);
}
