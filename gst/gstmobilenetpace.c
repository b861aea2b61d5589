/* SPDX-License-Identifier: MIT
 *
 * Whether the network keeps up with the frames, and what to do when not: which
 * frames pass without inference where nobody downstream tells that they are
 * late, what latency is promised, and which input size the network is given. */

#include "gstmobilenetpace.h"

#include <string.h>

/* Means are over some ten frames. */
#define WEIGHT 8
/* Frames farther apart than this tell of a pause, not of a rate. */
#define LONGEST_INTERVAL (5 * GST_SECOND)
/* An analysis that takes longer than was promised counts when there is a second
 * one among so many: the process may have been stopped or swapped out once. */
#define EXCEEDING_FRAMES 64
/* Promises are whole milliseconds, so that they are not broken again and again. */
#define PROMISE_STEP GST_MSECOND
/* The least delay is that of the last one or two windows: a camera's clock and
 * the pipeline's may drift apart. */
#define WINDOW (10 * GST_SECOND)
/* Where frames are late for good, because too many streams share the processors or
 * a sink's clock is wrong, one in so long is analysed all the same; but not so often
 * that they were late because of that. */
#define BLINDNESS GST_SECOND
#define BLINDNESS_COSTS 4
/* Frames that are late for so long and do not come earlier were not held up by
 * the network: they have another latency now. */
#define LONGEST_LATENESS GST_SECOND

/* Down when an analysis takes nearly all of the time between two due frames, or 2 of
 * the last 8 were skipped; up when that would leave a quarter of the time. */
#define SKIPS_LOOKED_AT 0xff
#define SKIPS_ALLOWED 1
#define MOST_LOAD 0.95
#define LOAD_AFTER_RISE 0.75
/* Each step up that was a mistake doubles the time before the next one, each other
 * step down halves it. */
#define LEAST_PATIENCE (2 * GST_SECOND)
#define MOST_PATIENCE (64 * GST_SECOND)

static GstClockTime
promise (GstClockTime cost)
{
  return (cost + PROMISE_STEP - 1) / PROMISE_STEP * PROMISE_STEP;
}

/* What is known of the delays and intervals of frames is forgotten: others come,
 * from a seek, a new stream, or with other caps, which say that they will be
 * `interval` apart, or nothing: 0. */
void
gst_mobilenet_pace_restart (GstMobilenetPace * self, GstClockTime interval)
{
  self->last_due = GST_CLOCK_TIME_NONE;
  self->interval = interval <= LONGEST_INTERVAL ? interval : 0;
  self->skips = 0;
  self->least[0] = self->least[1] = G_MAXINT64;
  self->window = 0;
  self->late_since = GST_CLOCK_TIME_NONE;
}

/* For a network of `n_levels` input sizes, 1 to GST_MOBILENET_MAX_LEVELS, with
 * `macs` multiply-adds each, falling; the first one takes `cost`, and `longest` at
 * most. */
void
gst_mobilenet_pace_init (GstMobilenetPace * self, guint n_levels,
    const guint64 * macs, GstClockTime cost, GstClockTime longest)
{
  memset (self, 0, sizeof (*self));
  self->n_levels = n_levels;
  memcpy (self->macs, macs, n_levels * sizeof (*macs));
  self->cost = cost;
  self->promised = promise (longest);
  self->patience = LEAST_PATIENCE;
  gst_mobilenet_pace_restart (self, 0);
}

static GstClockTime
mean (GstClockTime old, GstClockTime value)
{
  return old ? (old * (WEIGHT - 1) + value) / WEIGHT : value;
}

/* A gap, of a camera that stalls, is no room for the frames behind it: what is longer
 * than two intervals counts as two. */
static GstClockTime
mean_interval (GstClockTime old, GstClockTime value)
{
  return mean (old, old ? MIN (value, 2 * old + GST_MSECOND) : value);
}

/* A frame of running time `time`, which may be none, is due. */
void
gst_mobilenet_pace_due (GstMobilenetPace * self, GstClockTime time)
{
  GstClockTime last = self->last_due;

  self->skips <<= 1;
  self->last_due = time;
  if (GST_CLOCK_TIME_IS_VALID (time) && GST_CLOCK_TIME_IS_VALID (last)
      && time > last && time - last <= LONGEST_INTERVAL)
    self->interval = mean_interval (self->interval, time - last);
}

/* A due frame, this one or the one before, passes without inference. */
void
gst_mobilenet_pace_skipped (GstMobilenetPace * self)
{
  self->skips |= 1;
}

/* An analysis took `cost`, `current`: at the level of now.  TRUE: `promised` has
 * grown. */
gboolean
gst_mobilenet_pace_analysed (GstMobilenetPace * self, GstClockTime cost,
    gboolean current)
{
  GstClockTime both;

  if (current)
    self->cost = mean (self->cost, cost);
  if (self->exceeding && ++self->since_exceeding > EXCEEDING_FRAMES)
    self->exceeding = 0;
  if (cost <= self->promised)
    return FALSE;
  both = MIN (cost, self->exceeding);
  self->exceeding = MAX (cost, self->exceeding);
  self->since_exceeding = 0;
  if (both <= self->promised)
    return FALSE;
  self->promised = promise (both);
  return TRUE;
}

static GstClockTimeDiff
least_delay (GstMobilenetPace * self, GstClockTimeDiff delay, GstClockTime now)
{
  if (now - self->window > WINDOW) {
    self->least[0] = self->least[1];
    self->least[1] = delay;
    self->window = now;
  }
  self->least[1] = MIN (self->least[1], delay);
  return MIN (self->least[0], self->least[1]);
}

/* For mode every behind a live source: does a frame that comes `delay` after its
 * running time wait behind others?  An analysis that fits between two frames may
 * begin so late that it ends with the next one; one that does not fit begins in
 * time or not at all. */
gboolean
gst_mobilenet_pace_is_late (GstMobilenetPace * self, GstClockTimeDiff delay,
    GstClockTime now)
{
  GstClockTimeDiff lateness = delay - least_delay (self, delay, now);
  GstClockTimeDiff room = (GstClockTimeDiff) self->interval
      - (GstClockTimeDiff) self->cost;

  if (!self->interval
      || lateness <= MAX (room, (GstClockTimeDiff) self->interval / 4)) {
    self->late_since = GST_CLOCK_TIME_NONE;
    return FALSE;
  }
  if (!GST_CLOCK_TIME_IS_VALID (self->late_since)) {
    self->late_since = now;
    self->late_by = lateness;
  }
  if (now - self->late_since <= LONGEST_LATENESS)
    return TRUE;
  self->late_since = GST_CLOCK_TIME_NONE;
  if (lateness < self->late_by)
    return TRUE;
  self->least[0] = self->least[1] = delay;
  return FALSE;
}

/* How long frames may go without an analysis because they are late. */
GstClockTime
gst_mobilenet_pace_blindness (const GstMobilenetPace * self)
{
  return MAX (BLINDNESS, BLINDNESS_COSTS * self->cost);
}

static guint
count_skips (const GstMobilenetPace * self)
{
  guint n = 0, bits;

  for (bits = self->skips & SKIPS_LOOKED_AT; bits; bits &= bits - 1)
    n++;
  return n;
}

/* What an analysis takes of the time between two due frames; 0 when that is not
 * known. */
gdouble
gst_mobilenet_pace_load (const GstMobilenetPace * self)
{
  return self->interval ? (gdouble) self->cost / self->interval : 0;
}

static void
set_level (GstMobilenetPace * self, guint level)
{
  /* What the network takes at that size follows its multiply-adds until it is
   * known. */
  self->cost = gst_util_uint64_scale (self->cost, self->macs[level],
      self->macs[self->level]);
  self->level = level;
  self->skips = 0;
}

/* Chooses the input size for the frames that follow.  TRUE: it is another one. */
gboolean
gst_mobilenet_pace_adapt (GstMobilenetPace * self, GstClockTime now)
{
  gdouble load = gst_mobilenet_pace_load (self);
  guint level = self->level;

  if (count_skips (self) > SKIPS_ALLOWED || load > MOST_LOAD) {
    gboolean mistake = self->rose && now - self->changed < self->patience;

    self->rose = FALSE;
    self->changed = now;
    if (level + 1 == self->n_levels)
      return FALSE;
    self->patience = mistake ? MIN (self->patience * 2, MOST_PATIENCE) :
        MAX (self->patience / 2, LEAST_PATIENCE);
    set_level (self, level + 1);
    return TRUE;
  }
  if (level == 0 || now - self->changed < self->patience
      || load * self->macs[level - 1] > LOAD_AFTER_RISE * self->macs[level])
    return FALSE;
  self->rose = TRUE;
  self->changed = now;
  set_level (self, level - 1);
  return TRUE;
}
