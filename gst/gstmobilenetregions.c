/* SPDX-License-Identifier: MIT
 *
 * A second stage: a network that looks at what another one has found.  Its
 * result is a GstMobilenetDetection of the regions that it looked at, each with
 * the id and class of the detection there and one classification. */

#include <math.h>

#include "gstmobilenetclasslist.h"
#include "gstmobilenetregions.h"

/* What a region has around the box on each side, as a fraction of the box:
 * classifiers are trained on things with some surroundings. */
#define MARGIN 0.1
/* A region is that of a detection with another id when their intersection over
 * union is larger. */
#define SAME_THING 0.5
/* Detections of a frame that are looked through. */
#define MAX_DETECTIONS 1024

/* An empty list: any class is. */
static gboolean
is_wanted (gchar ** classes, guint index, const gchar * label)
{
  return !classes[0] || gst_mobilenet_class_list_has (classes, index, label);
}

/* Whole pixels from..from + length with a margin, inside start..start + side. */
static void
grow (gdouble from, gdouble length, gint start, gint side, gint32 * first,
    gint32 * count)
{
  gdouble end = start + side;
  gdouble a = CLAMP (floor (from - MARGIN * length), start, end - 1);
  gdouble b = CLAMP (ceil (from + (1 + MARGIN) * length), a + 1, end);

  *first = a;
  *count = b - a;
}

/* The pixels of detection `i` inside `picture`.  FALSE when none are. */
static gboolean
region_of (const GstMobilenetDetection * detection, guint i,
    const MnetRect * picture, MnetRect * region)
{
  gdouble x, y, w, h;

  if (!gst_mobilenet_detection_get_box (detection, i, &x, &y, &w, &h)
      || !isfinite (x + y + w + h) || w <= 0 || h <= 0
      || x >= picture->x + picture->width || x + w <= picture->x
      || y >= picture->y + picture->height || y + h <= picture->y)
    return FALSE;
  grow (x, w, picture->x, picture->width, &region->x, &region->width);
  grow (y, h, picture->y, picture->height, &region->y, &region->height);
  return TRUE;
}

/* The views of `frame` are the boxes of the wanted classes of the first
 * #GstMobilenetDetectionMeta on `buffer`, best first, `max` at most. */
void
gst_mobilenet_regions_choose (GstBuffer * buffer, gchar ** classes, guint max,
    GstMobilenetFrame * frame)
{
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  const gchar *label;
  guint i, id, index;

  frame->n_views = 0;
  for (i = 0; meta && frame->n_views < max
      && gst_mobilenet_detection_meta_get_result (meta, i, &id, &index, &label,
          NULL); i++) {
    GstMobilenetView *view = &frame->views[frame->n_views];

    if (!is_wanted (classes, index, label)
        || !region_of (meta->detection, i, &frame->picture, &view->region))
      continue;
    view->tag = id;
    view->index = index;
    frame->n_views++;
  }
}

/* What `model` said of each view of `frame`; references are taken. */
GstMobilenetDetection *
gst_mobilenet_regions_new (const gchar * model,
    const GstMobilenetFrame * frame,
    GstMobilenetClassification * const *classifications)
{
  GstMobilenetDetectionResult results[GST_MOBILENET_MAX_REGIONS];
  guint i;

  for (i = 0; i < frame->n_views; i++) {
    const GstMobilenetView *view = &frame->views[i];

    results[i] = (GstMobilenetDetectionResult) {
    .id = view->tag,.index = view->index,.x = view->region.x,.y =
          view->region.y,.w = view->region.width,.h =
          view->region.height,.n_classifications = 1,.classifications =
          &classifications[i]};
  }
  return gst_mobilenet_detection_new (model, frame->pts, results, i);
}

static gdouble
intersection_over_union (const GstMobilenetDetection * regions, guint i,
    const MnetRect * region)
{
  gdouble x, y, w, h, width, height, common;

  gst_mobilenet_detection_get_box (regions, i, &x, &y, &w, &h);
  width = MIN (x + w, region->x + region->width) - MAX (x, region->x);
  height = MIN (y + h, region->y + region->height) - MAX (y, region->y);
  if (width <= 0 || height <= 0)
    return 0;
  common = width * height;
  return common / (w * h + (gdouble) region->width * region->height - common);
}

/* What was said of the detection that has this id, else of one of its class at
 * its place.  NULL: nothing. */
static GstMobilenetClassification *
find_classification (const GstMobilenetDetection * regions, guint id,
    guint index, const MnetRect * region)
{
  gdouble best_overlap = SAME_THING;
  guint i, is_id, is_index, best = G_MAXUINT;

  for (i = 0; gst_mobilenet_detection_get_result (regions, i, &is_id,
          &is_index, NULL, NULL); i++) {
    gdouble overlap;

    if (is_index != index)
      continue;
    if (is_id == id)
      return gst_mobilenet_detection_get_classification (regions, i, 0);
    overlap = intersection_over_union (regions, i, region);
    if (overlap > best_overlap) {
      best_overlap = overlap;
      best = i;
    }
  }
  return best == G_MAXUINT ? NULL :
      gst_mobilenet_detection_get_classification (regions, best, 0);
}

/* Hangs what `regions` say on the detections of wanted classes that `buffer`, a
 * frame of `width` x `height` pixels, carries. */
void
gst_mobilenet_regions_attach (GstBuffer * buffer, gchar ** classes, gint width,
    gint height, const GstMobilenetDetection * regions)
{
  GstMobilenetDetectionMeta *meta =
      gst_buffer_get_mobilenet_detection_meta (buffer);
  GstMobilenetClassification *found[MAX_DETECTIONS];
  const MnetRect frame = { 0, 0, width, height };
  GstMobilenetDetection *with;
  const gchar *label;
  guint i, id, index;
  gboolean any = FALSE;
  MnetRect region;

  for (i = 0; meta && i < MAX_DETECTIONS
      && gst_mobilenet_detection_meta_get_result (meta, i, &id, &index, &label,
          NULL); i++) {
    found[i] = NULL;
    if (is_wanted (classes, index, label)
        && region_of (meta->detection, i, &frame, &region))
      found[i] = find_classification (regions, id, index, &region);
    any |= found[i] != NULL;
  }
  if (!any)
    return;
  with = gst_mobilenet_detection_with_classifications (meta->detection, found,
      i);
  gst_mobilenet_detection_meta_set_detection (meta, with);
  gst_mobilenet_detection_unref (with);
}

/* Element message number `i`, of one region: that of its classification and the
 * `id` (guint) of the detection.  NULL after the last one. */
GstStructure *
gst_mobilenet_regions_describe (const GstMobilenetDetection * regions,
    GstClockTime age, guint i)
{
  GstMobilenetClassificationMeta said = { {0}
  };
  GstStructure *structure;
  guint id;

  if (!gst_mobilenet_detection_get_result (regions, i, &id, NULL, NULL, NULL))
    return NULL;
  said.classification = gst_mobilenet_detection_get_classification (regions, i,
      0);
  said.age = age;
  structure = gst_mobilenet_classification_meta_to_structure (&said);
  gst_structure_set (structure, "id", G_TYPE_UINT, id, NULL);
  return structure;
}
