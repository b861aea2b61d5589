/* SPDX-License-Identifier: MIT
 *
 * How many things of each class were detected on a frame. */

#include "gstmobilenetcounts.h"

#include <gst/mobilenet/gstmobilenetmeta.h>

/* Two networks may call different things by one number. */
static gboolean
is_of (const GstMobilenetCount * count, guint index, const gchar * label)
{
  return count->index == index && g_str_equal (count->label, label);
}

static guint
count_one (GstMobilenetCount * counts, guint n, guint index,
    const gchar * label)
{
  guint i = 0;

  while (i < n && !is_of (&counts[i], index, label))
    i++;
  if (i == GST_MOBILENET_MAX_COUNTS)
    return n;
  if (i == n) {
    counts[i].index = index;
    counts[i].label = label;
    counts[i].n = 0;
    n++;
  }
  counts[i].n++;
  return n;
}

/* The order of detections changes with each frame, that of classes does not. */
static void
sort (GstMobilenetCount * counts, guint n)
{
  guint i, k;

  for (i = 1; i < n; i++) {
    GstMobilenetCount count = counts[i];

    for (k = i; k > 0 && counts[k - 1].index > count.index; k--)
      counts[k] = counts[k - 1];
    counts[k] = count;
  }
}

guint
gst_mobilenet_counts_take (GstBuffer * buffer,
    GstMobilenetCount counts[GST_MOBILENET_MAX_COUNTS])
{
  gpointer state = NULL;
  const gchar *label;
  guint i, index, n = 0;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_DETECTION_META_API_TYPE)))
    for (i = 0; gst_mobilenet_detection_meta_get_result (
            (GstMobilenetDetectionMeta *) meta, i, NULL, &index, &label, NULL);
        i++)
      n = count_one (counts, n, index, label);
  sort (counts, n);
  return n;
}
