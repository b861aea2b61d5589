/* SPDX-License-Identifier: MIT
 *
 * Follows things from one analysed frame to the next: those that are found again
 * keep their id, their boxes, scores, labels and key points are smoothed, and
 * what is missed stays for a while where it was found last.
 *
 * Smoothing goes by analysed frames, whatever the time between them: what it is
 * against, the error of a detector, is another one each time that it looks, so
 * that the number of looks tells how much of it is left.  What time does, that
 * things move, shows in the boxes: the more a box has left its place, the less
 * does that place count.
 *
 * Nothing predicts where things go.  Two of a class that cross keep their ids
 * while each is found nearer to its own last place than to that of the other. */

#include <math.h>

#include "gstmobilenetbox.h"
#include "gstmobilenetmeans.h"
#include "gstmobilenettracker.h"

#define CAPACITY MNET_MAX_CANDIDATES
/* Two boxes of a class may be one thing when they overlap that much, intersection
 * over union. */
#define LEAST_IOU 0.3f
/* So much less counts the overlap with a thing that was missed in the frame
 * before: another one may pass where it was. */
#define MISSED_IOU 0.2f
/* Small things leave their box between two frames.  Boxes of a class may also be
 * one thing when their centres are not further apart than so many mean widths
 * and heights, and than that part of the picture's longer side, and the larger
 * one has at most so many times the area of the smaller one. */
#define MAX_OFFSET 2.0f
#define MAX_WAY 0.2f
#define MAX_GROWTH 2.0f
/* Boxes of two classes may be one thing when they overlap that much. */
#define SAME_BOX 0.7f
/* A class takes the place of the one that is shown with so many times its part in
 * the score.  Two classes that take turns do not do so from a smoothing of 0.5
 * on. */
#define CLASS_MARGIN 2.0f
/* What is missed is not reported where a thing of its class is found and the
 * two overlap by more: it stands behind that one. */
#define HIDDEN_IOU 0.5f
/* Tracks that a detection may be given to: the nearest ones. */
#define NEAR 4
/* Frames without timestamp are taken for 25 a second. */
#define NOMINAL_DURATION (40 * GST_MSECOND)

#define NO_PAIR (-G_MAXFLOAT)
#define NO_TRACK G_MAXUINT

/* A thing that is followed. */
typedef struct
{
  guint id;
  gboolean found;               /* in the newest frame */
  GstClockTime seen;            /* time of the last frame that it was found in */
  MnetDetection last;           /* as it was found there */
  MnetDetection shown;
  MnetClass classes[2];         /* the one that is shown, and another: with what
                                 * is their part in the score */
} Track;

typedef struct
{
  gfloat closeness;
  guint found, track;
} Pair;

struct _GstMobilenetTracker
{
  gint *last_id;                /* atomic */
  GstClockTime now;             /* of the newest frame; invalid: none yet */
  guint layout;                 /* of its views */
  guint revision;               /* of its options */
  guint n_tracks;
  Track tracks[CAPACITY];
  Pair pairs[CAPACITY * NEAR];
  guint track_of[CAPACITY];     /* of each detection */
  GstMobilenetTracked tracked[CAPACITY];
};

/* Ids are those behind *last_id, which must outlive the tracker and may be shared
 * with others. */
GstMobilenetTracker *
gst_mobilenet_tracker_new (gint * last_id)
{
  GstMobilenetTracker *self = g_new0 (GstMobilenetTracker, 1);

  self->last_id = last_id;
  gst_mobilenet_tracker_reset (self);
  return self;
}

void
gst_mobilenet_tracker_free (GstMobilenetTracker * self)
{
  g_free (self);
}

/* What comes has nothing to do with what came. */
void
gst_mobilenet_tracker_reset (GstMobilenetTracker * self)
{
  self->n_tracks = 0;
  self->now = GST_CLOCK_TIME_NONE;
}

/* How near the centres of two boxes are: from 0, on each other, down to
 * -MAX_OFFSET.  NO_PAIR: they, or the sizes, are too far apart. */
static gfloat
centre_closeness (const MnetDetection * a, const MnetDetection * b, gfloat dx,
    gfloat dy, const MnetRect * picture)
{
  gfloat width = a->right - a->left + b->right - b->left;
  gfloat height = a->bottom - a->top + b->bottom - b->top;
  gfloat offset = hypotf (2 * dx / width, 2 * dy / height);
  gfloat growth = gst_mobilenet_box_area (a) / gst_mobilenet_box_area (b);

  if (offset > MAX_OFFSET
      || hypotf (dx, dy) > MAX_WAY * MAX (picture->width, picture->height)
      || growth > MAX_GROWTH || growth < 1 / MAX_GROWTH)
    return NO_PAIR;
  return -offset;
}

/* How likely a detection is the thing of a track, as the frame before has left
 * it: boxes of one class that overlap come before those of two classes, and these
 * before boxes apart.  NO_PAIR: it is another thing. */
static gfloat
pair_closeness (const Track * track, const MnetDetection * found,
    const MnetRect * picture)
{
  const MnetDetection *last = &track->last;
  gfloat dx = (last->left + last->right - found->left - found->right) / 2;
  gfloat dy = (last->top + last->bottom - found->top - found->bottom) / 2;
  gfloat iou;

  /* Most are, and it costs the least to see. */
  if (2 * fabsf (dx) > MAX_OFFSET * (last->right - last->left + found->right -
          found->left)
      || 2 * fabsf (dy) > MAX_OFFSET * (last->bottom - last->top +
          found->bottom - found->top))
    return NO_PAIR;
  iou = gst_mobilenet_box_iou (last, found);
  if (found->index != last->index && found->index != track->shown.index)
    return iou >= SAME_BOX ? iou - 1 : NO_PAIR;
  if (iou >= LEAST_IOU)
    return track->found ? iou : iou - MISSED_IOU;
  return centre_closeness (last, found, dx, dy, picture) - 1;
}

/* Adds the nearest tracks of detection `i` to the `n` pairs. */
static guint
add_pairs (GstMobilenetTracker * self, const MnetDetection * found, guint i,
    const MnetRect * picture, guint n)
{
  guint track, start = n, at;

  for (track = 0; track < self->n_tracks; track++) {
    const Pair pair = { pair_closeness (&self->tracks[track], found, picture),
      i, track
    };

    if (!(pair.closeness >= -1 - MAX_OFFSET) || (n == start + NEAR
            && pair.closeness <= self->pairs[n - 1].closeness))
      continue;
    at = n < start + NEAR ? n++ : n - 1;
    for (; at > start && self->pairs[at - 1].closeness < pair.closeness; at--)
      self->pairs[at] = self->pairs[at - 1];
    self->pairs[at] = pair;
  }
  return n;
}

/* Takes the nearest of the pairs both of which are free, and those that are not
 * away.  FALSE: none is left. */
static gboolean
take_pair (GstMobilenetTracker * self, guint * n)
{
  guint i = 0, best = 0;

  while (i < *n) {
    const Pair *pair = &self->pairs[i];

    if (self->tracks[pair->track].found
        || self->track_of[pair->found] != NO_TRACK) {
      self->pairs[i] = self->pairs[--*n];
      continue;
    }
    if (pair->closeness > self->pairs[best].closeness)
      best = i;
    i++;
  }
  if (!*n)
    return FALSE;
  self->track_of[self->pairs[best].found] = self->pairs[best].track;
  self->tracks[self->pairs[best].track].found = TRUE;
  return TRUE;
}

/* Gives each detection the track of its thing, or NO_TRACK. */
static void
match (GstMobilenetTracker * self, const MnetRect * picture,
    const MnetDetection * found, gsize n)
{
  guint i, n_pairs = 0;

  for (i = 0; i < n; i++) {
    self->track_of[i] = NO_TRACK;
    n_pairs = add_pairs (self, &found[i], i, picture, n_pairs);
  }
  for (i = 0; i < self->n_tracks; i++)
    self->tracks[i].found = FALSE;
  while (take_pair (self, &n_pairs));
}

/* Was what is said of `found` found in this frame?  Tiles that were not looked at
 * repeat what they had. */
static gboolean
is_new (const Track * track, const MnetDetection * found,
    const GstMobilenetFrame * frame)
{
  const MnetDetection *last = &track->last;
  gfloat x = (found->left + found->right) / 2;
  gfloat y = (found->top + found->bottom) / 2;
  guint i;

  if (frame->n_views == frame->n_tags || found->score != last->score
      || found->left != last->left || found->top != last->top
      || found->right != last->right || found->bottom != last->bottom)
    return TRUE;
  for (i = 0; i < frame->n_views; i++) {
    const MnetRect *region = &frame->views[i].region;

    if (x >= region->x && x <= region->x + region->width
        && y >= region->y && y <= region->y + region->height)
      return TRUE;
  }
  return FALSE;
}

static void
mix_classes (Track * track, const MnetDetection * found, gfloat weight)
{
  const MnetClass class = { found->index, (1 - weight) * found->score,
    found->label
  };
  MnetClass *shown = &track->classes[0], *other = &track->classes[1];

  shown->score *= weight;
  other->score *= weight;
  if (shown->index == class.index)
    shown->score += class.score;
  else if (other->index == class.index)
    other->score += class.score;
  else if (class.score > other->score)
    *other = class;
  if (other->score > CLASS_MARGIN * shown->score) {
    const MnetClass swapped = *shown;

    *shown = *other;
    *other = swapped;
  }
}

/* `found` becomes the mean of itself and what was shown before. */
static void
mix_box (const MnetDetection * past, MnetDetection * found, gdouble weight)
{
  const MnetDetection present = *found;
  guint i;

  found->left = gst_mobilenet_mean (past->left, present.left, weight);
  found->top = gst_mobilenet_mean (past->top, present.top, weight);
  found->right = gst_mobilenet_mean (past->right, present.right, weight);
  found->bottom = gst_mobilenet_mean (past->bottom, present.bottom, weight);
  /* Rounding may take the area of a very thin box. */
  if (!(found->left < found->right && found->top < found->bottom)) {
    *found = present;
    return;
  }
  for (i = 0; i < MIN (found->n_points, past->n_points); i++) {
    found->points[i].x =
        gst_mobilenet_mean (past->points[i].x, present.points[i].x, weight);
    found->points[i].y =
        gst_mobilenet_mean (past->points[i].y, present.points[i].y, weight);
  }
}

static void
follow (Track * track, const MnetDetection * found, gdouble smoothing)
{
  MnetDetection shown = *found;

  mix_box (&track->shown, &shown, smoothing *
      gst_mobilenet_box_iou (&track->shown, found));
  shown.score =
      gst_mobilenet_mean (track->shown.score, found->score, smoothing);
  mix_classes (track, found, smoothing);
  shown.index = track->classes[0].index;
  shown.label = track->classes[0].label;
  track->shown = shown;
  track->last = *found;
}

static guint
new_id (GstMobilenetTracker * self)
{
  return 1 + (guint) g_atomic_int_add (self->last_id, 1);
}

static void
begin (GstMobilenetTracker * self, Track * track, const MnetDetection * found)
{
  const MnetClass class = { found->index, found->score, found->label };
  const MnetClass none = { G_MAXUINT32, 0, "" };

  track->id = new_id (self);
  track->found = TRUE;
  track->last = track->shown = *found;
  track->classes[0] = class;
  track->classes[1] = none;
}

/* Forgets what was missed for too long, or is one more of these than there is
 * room for.  Detections keep their tracks. */
static void
drop_missed (GstMobilenetTracker * self, GstClockTime hold, gsize n, gsize room)
{
  guint i, kept = 0, missed = 0, moved_to[CAPACITY];

  for (i = 0; i < self->n_tracks; i++) {
    const Track *track = &self->tracks[i];
    /* Backwards, too. */
    GstClockTime since = MAX (self->now, track->seen) - MIN (self->now,
        track->seen);

    if (!track->found && (!hold || since > hold || missed == room))
      continue;
    missed += !track->found;
    moved_to[i] = kept;
    if (kept != i)
      self->tracks[kept] = *track;
    kept++;
  }
  for (i = 0; i < n; i++)
    if (self->track_of[i] != NO_TRACK)
      self->track_of[i] = moved_to[self->track_of[i]];
  self->n_tracks = kept;
}

/* Is a missed thing where one of its class is found? */
static gboolean
is_hidden (const GstMobilenetTracker * self, const Track * missed)
{
  guint i;

  for (i = 0; i < self->n_tracks; i++) {
    const Track *track = &self->tracks[i];

    if (track->found && track->shown.index == missed->shown.index
        && gst_mobilenet_box_iou (&track->shown, &missed->shown) > HIDDEN_IOU)
      return TRUE;
  }
  return FALSE;
}

/* The `max` things of the highest scores, best first, older ones first of equal
 * ones. */
static gsize
report (GstMobilenetTracker * self, gsize max)
{
  gsize n = 0, at;
  guint i;

  for (i = 0; i < self->n_tracks; i++) {
    const Track *track = &self->tracks[i];
    const GstMobilenetTracked item = { &track->shown, track->id };
    gfloat score = track->shown.score;

    if ((!track->found && is_hidden (self, track))
        || (n == max && score <= self->tracked[n - 1].detection->score))
      continue;
    at = n < max ? n++ : n - 1;
    for (; at > 0 && self->tracked[at - 1].detection->score < score; at--)
      self->tracked[at] = self->tracked[at - 1];
    self->tracked[at] = item;
  }
  return n;
}

/* Nothing is followed: what was found is what is reported. */
static gsize
pass (GstMobilenetTracker * self, const MnetDetection * found, gsize n)
{
  gsize i;

  self->n_tracks = 0;
  for (i = 0; i < n; i++) {
    self->tracked[i].detection = &found[i];
    self->tracked[i].id = new_id (self);
  }
  return n;
}

/* What is to be said of `frame`, in which `n` things were found, best first: also
 * best first, valid until the next call and as long as `found`.  With smoothing
 * and hold off it is what was found, each with an id of its own.  What comes from
 * other views or options than those of the frame before keeps its id, but nothing
 * of before is blended in or held. */
const GstMobilenetTracked *
gst_mobilenet_tracker_update (GstMobilenetTracker * self,
    const GstMobilenetFrame * frame, const MnetDetection * found, gsize n,
    const GstMobilenetTrackerOptions * options, gsize * n_tracked)
{
  const gsize max = MIN (options->max, CAPACITY);
  gboolean same = self->layout == frame->layout
      && self->revision == options->revision;
  gdouble smoothing = same ? options->smoothing : 0;
  gsize i;

  n = MIN (n, CAPACITY);
  self->layout = frame->layout;
  self->revision = options->revision;
  if (!options->smoothing && !options->hold) {
    *n_tracked = pass (self, found, MIN (n, max));
    return self->tracked;
  }
  if (GST_CLOCK_TIME_IS_VALID (frame->pts))
    self->now = frame->pts;
  else
    self->now = GST_CLOCK_TIME_IS_VALID (self->now) ?
        self->now + NOMINAL_DURATION : 0;
  match (self, &frame->picture, found, n);
  drop_missed (self, same ? options->hold : 0, n, CAPACITY - n);
  for (i = 0; i < n; i++) {
    gboolean known = self->track_of[i] != NO_TRACK;
    Track *track = &self->tracks[known ? self->track_of[i] : self->n_tracks++];

    track->seen = self->now;
    if (!known)
      begin (self, track, &found[i]);
    else if (!same || is_new (track, &found[i], frame))
      follow (track, &found[i], smoothing);
  }
  *n_tracked = report (self, max);
  return self->tracked;
}
