/* SPDX-License-Identifier: MIT
 *
 * What an element counts and times: frames and the stages of their analysis.
 * All functions may be called from any thread. */

#include "gstmobilenetstats.h"

#include <stdlib.h>
#include <string.h>

/* Mean and percentile are those of the last frames, as many as a camera gives in
 * some ten seconds: in weeks, too, they tell how things are now. */
#define N_RECENT 256

struct _GstMobilenetStats
{
  GMutex lock;                  /* held for one assignment or one copy */
  guint64 counts[GST_MOBILENET_N_COUNTS];
  guint64 timed;                /* frames in `spent`, the older ones replaced */
  GstClockTime spent[GST_MOBILENET_N_STAGES][N_RECENT];
};

static const gchar *const count_names[GST_MOBILENET_N_COUNTS] = {
  "frames", "analysed", "skipped", "errors"
};

static const gchar *const stage_names[GST_MOBILENET_N_STAGES][3] = {
  {"preprocessing-last", "preprocessing-mean", "preprocessing-p99"},
  {"inference-last", "inference-mean", "inference-p99"},
  {"postprocessing-last", "postprocessing-mean", "postprocessing-p99"},
};

GstMobilenetStats *
gst_mobilenet_stats_new (void)
{
  GstMobilenetStats *self = g_new0 (GstMobilenetStats, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
gst_mobilenet_stats_free (GstMobilenetStats * self)
{
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Counts from zero again. */
void
gst_mobilenet_stats_reset (GstMobilenetStats * self)
{
  g_mutex_lock (&self->lock);
  memset (self->counts, 0, sizeof (self->counts));
  self->timed = 0;
  g_mutex_unlock (&self->lock);
}

void
gst_mobilenet_stats_count (GstMobilenetStats * self, GstMobilenetCount what)
{
  g_mutex_lock (&self->lock);
  self->counts[what]++;
  g_mutex_unlock (&self->lock);
}

/* A frame has been analysed, and `spent` nanoseconds for it. */
void
gst_mobilenet_stats_analysed (GstMobilenetStats * self,
    const GstClockTime spent[GST_MOBILENET_N_STAGES])
{
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < GST_MOBILENET_N_STAGES; i++)
    self->spent[i][self->timed % N_RECENT] = spent[i];
  self->timed++;
  self->counts[GST_MOBILENET_COUNT_ANALYSED]++;
  g_mutex_unlock (&self->lock);
}

guint64
gst_mobilenet_stats_get (GstMobilenetStats * self, GstMobilenetCount what)
{
  guint64 count;

  g_mutex_lock (&self->lock);
  count = self->counts[what];
  g_mutex_unlock (&self->lock);
  return count;
}

static int
compare_times (const void *a, const void *b)
{
  const GstClockTime *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* Sorts `spent`, `n` times of which `last` is the newest. */
static void
describe_stage (GstStructure * structure, const gchar * const names[3],
    GstClockTime * spent, gsize n, gsize last)
{
  GstClockTime newest = n ? spent[last] : 0, sum = 0;
  gsize i;

  for (i = 0; i < n; i++)
    sum += spent[i];
  qsort (spent, n, sizeof (*spent), compare_times);
  gst_structure_set (structure, names[0], G_TYPE_UINT64, newest,
      names[1], G_TYPE_UINT64, n ? sum / n : 0,
      names[2], G_TYPE_UINT64, n ? spent[(n - 1) * 99 / 100] : 0, NULL);
}

/* A structure `mobilenet-stats`, to be freed by the caller: the counts, and of
 * each stage what the last frame took, and mean and 99th percentile of the last
 * 256; all guint64, times in nanoseconds. */
GstStructure *
gst_mobilenet_stats_to_structure (GstMobilenetStats * self)
{
  GstStructure *structure = gst_structure_new_empty ("mobilenet-stats");
  GstMobilenetStats *now = g_new (GstMobilenetStats, 1);
  gsize n, i;

  g_mutex_lock (&self->lock);
  memcpy (now->counts, self->counts, sizeof (now->counts));
  memcpy (now->spent, self->spent, sizeof (now->spent));
  now->timed = self->timed;
  g_mutex_unlock (&self->lock);

  n = MIN (now->timed, N_RECENT);
  for (i = 0; i < GST_MOBILENET_N_COUNTS; i++)
    gst_structure_set (structure, count_names[i], G_TYPE_UINT64, now->counts[i],
        NULL);
  for (i = 0; i < GST_MOBILENET_N_STAGES; i++)
    describe_stage (structure, stage_names[i], now->spent[i], n,
        (now->timed - 1) % N_RECENT);
  g_free (now);
  return structure;
}
