/* SPDX-License-Identifier: MIT
 *
 * Means of scores over analysed frames, of several things: the scores of each are
 * blended with what was said of the same thing before. */

#include <string.h>

#include "gstmobilenetmeans.h"

typedef struct
{
  guint id;
  guint64 used;                 /* when, in calls; 0: not at all */
} Thing;

struct _GstMobilenetMeans
{
  gsize n_scores;
  guint n_things;
  guint64 calls;
  Thing *things;
  gfloat *means;                /* n_scores of each thing */
};

/* The property smoothing.  FALSE and `error` filled for a NaN, too. */
gboolean
gst_mobilenet_smoothing_check (gdouble smoothing, MnetError * error)
{
  if (smoothing >= 0 && smoothing < 1)
    return TRUE;
  error->status = MNET_ERROR_ARGUMENT;
  g_snprintf (error->text, sizeof (error->text),
      "property smoothing is %g, expected 0 or more and less than 1",
      smoothing);
  return FALSE;
}

/* For `n_things`, 1 or more, of `n_scores` scores each.  NULL: memory is short. */
GstMobilenetMeans *
gst_mobilenet_means_new (gsize n_scores, guint n_things)
{
  GstMobilenetMeans *self = g_new0 (GstMobilenetMeans, 1);

  self->n_scores = n_scores;
  self->n_things = n_things;
  self->things = g_new0 (Thing, n_things);
  if (n_scores <= G_MAXSIZE / n_things)
    self->means = g_try_new0 (gfloat, n_scores * n_things);
  if (self->means)
    return self;
  gst_mobilenet_means_free (self);
  return NULL;
}

/* NULL is allowed. */
void
gst_mobilenet_means_free (GstMobilenetMeans * self)
{
  if (!self)
    return;
  g_free (self->things);
  g_free (self->means);
  g_free (self);
}

/* What comes has nothing to do with what came. */
void
gst_mobilenet_means_reset (GstMobilenetMeans * self)
{
  memset (self->things, 0, self->n_things * sizeof (*self->things));
}

/* The place of thing `id`, else the one that was not used for the longest time. */
static guint
find_place (const GstMobilenetMeans * self, guint id)
{
  guint i, oldest = 0;

  for (i = 0; i < self->n_things; i++) {
    if (self->things[i].used && self->things[i].id == id)
      return i;
    if (self->things[i].used < self->things[oldest].used)
      oldest = i;
  }
  return oldest;
}

/* Adds what was said of thing `id` to its mean, `smoothing` being the weight of
 * what was there, and returns that, valid until the next call.  The means of as
 * many things as there are places are kept: those of the last calls. */
const gfloat *
gst_mobilenet_means_add (GstMobilenetMeans * self, guint id,
    const gfloat * scores, gdouble smoothing)
{
  guint place = find_place (self, id);
  Thing *thing = &self->things[place];
  gfloat *mean = &self->means[place * self->n_scores];
  gsize i;

  if (thing->used && thing->id == id)
    for (i = 0; i < self->n_scores; i++)
      mean[i] = gst_mobilenet_mean (mean[i], scores[i], smoothing);
  else
    memcpy (mean, scores, self->n_scores * sizeof (*mean));
  thing->id = id;
  thing->used = ++self->calls;
  return mean;
}
