/* SPDX-License-Identifier: MIT
 *
 * The class of each pixel of a map, steadied over frames.  A pixel holds a class
 * and how much speaks for it, a mean that goes on: what a frame says counts for
 * the class when it names it, and against it when it names another one, which
 * takes its place once more speaks against than for it, by a margin: a mean near
 * zero changes its sign at every other frame's noise. */

#include "gstmobilenetvotes.h"

/* Of the weight of the past.  With 0.5 noise of any strength changes less than half
 * of the pixels that it changes without, and masks lag by less than two frames; a
 * wider margin keeps pixels that have changed and are unsure. */
#define MARGIN 0.3f

struct _GstMobilenetVotes
{
  gsize n_pixels;
  gboolean two;
  gboolean begun;
  guint8 *classes;
  gfloat *votes;                /* for those, -MARGIN to 1 */
};

/* For maps of `n_pixels`, 1 or more, of networks that know `two` classes, or more.
 * Of two the votes are a mean of the probabilities, without an approximation: each
 * counts by what it is above one half, twice.  NULL: memory is short. */
GstMobilenetVotes *
gst_mobilenet_votes_new (gsize n_pixels, gboolean two)
{
  GstMobilenetVotes *self = g_new0 (GstMobilenetVotes, 1);

  self->n_pixels = n_pixels;
  self->two = two;
  self->classes = g_try_malloc (n_pixels);
  self->votes = g_try_new (gfloat, n_pixels);
  if (self->classes && self->votes)
    return self;
  gst_mobilenet_votes_free (self);
  return NULL;
}

/* NULL is allowed. */
void
gst_mobilenet_votes_free (GstMobilenetVotes * self)
{
  if (!self)
    return;
  g_free (self->classes);
  g_free (self->votes);
  g_free (self);
}

/* What comes has nothing to do with what came. */
void
gst_mobilenet_votes_reset (GstMobilenetVotes * self)
{
  self->begun = FALSE;
}

/* What a pixel says for its class, 0 to 1. */
static gfloat
vote_of (gboolean two, guint8 confidence)
{
  gfloat vote = confidence / 255.0f;

  return two ? MAX (2 * vote - 1, 0) : vote;
}

/* Of two classes the one that is held may have less than one half. */
static guint8
confidence_of (gboolean two, gfloat vote)
{
  return (guint8) ((two ? (1 + vote) / 2 : MAX (vote, 0)) * 255 + 0.5f);
}

/* Counts the map of a frame, `smoothing` being the weight of what was there before,
 * 0 to below 1, and makes it what the frames say together.  Without `confidences`
 * (NULL) each pixel is sure. */
void
gst_mobilenet_votes_add (GstMobilenetVotes * self, guint8 * classes,
    guint8 * confidences, gdouble smoothing)
{
  const gfloat weight = (gfloat) smoothing, margin = MARGIN * weight;
  gsize i;

  for (i = 0; i < self->n_pixels; i++) {
    gfloat vote = confidences ? vote_of (self->two, confidences[i]) : 1;

    if (self->begun) {
      gfloat past = weight * self->votes[i], present = (1 - weight) * vote;
      gboolean same = classes[i] == self->classes[i];

      vote = same ? past + present : past - present;
      if (vote < -margin)
        vote = -vote;
      else
        classes[i] = self->classes[i];
    }
    self->classes[i] = classes[i];
    self->votes[i] = MIN (vote, 1);
    if (confidences)
      confidences[i] = confidence_of (self->two, self->votes[i]);
  }
  self->begun = TRUE;
}
