/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetDetectionMeta: what was found in a video frame. */
/**
 * SECTION:gstmobilenetdetectionmeta
 * @title: GstMobilenetDetectionMeta
 * @short_description: What a network found in a video frame, and where
 *
 * Attached by `mobilenetssd`. Boxes and key points are in pixels of the frame
 * that carries the meta: they follow it through copies, conversions and
 * scaling. Where the picture is cropped, turned or mirrored they follow it too
 * if the element says how (GStreamer 1.28), and vanish if it does not.
 *
 * |[<!-- language="C" -->
 * static GstPadProbeReturn
 * print_boxes (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
 * {
 *   GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
 *   GstMobilenetDetectionMeta *meta =
 *       gst_buffer_get_mobilenet_detection_meta (buffer);
 *   gdouble score, x, y, w, h;
 *   const gchar *label;
 *   guint i;
 *
 *   for (i = 0; meta && gst_mobilenet_detection_meta_get_result (meta, i, NULL,
 *           NULL, &label, &score); i++) {
 *     gst_mobilenet_detection_meta_get_box (meta, i, &x, &y, &w, &h);
 *     g_print ("%s %.3f at %.1f,%.1f %.1fx%.1f\n", label, score, x, y, w, h);
 *   }
 *   return GST_PAD_PROBE_OK;
 * }
 * ]|
 */
#include <gst/mobilenet/gstmobilenetdetectionmeta.h>

#include <gst/video/gstvideometa.h>
#include <math.h>

#include "gstmobilenetclassificationprivate.h"
#include "gstmobilenetdetectionprivate.h"

static gboolean
gst_mobilenet_detection_meta_init (GstMeta * meta, gpointer params,
    GstBuffer * buffer)
{
  GstMobilenetDetectionMeta *self = (GstMobilenetDetectionMeta *) meta;

  self->detection = NULL;
  self->age = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static void
gst_mobilenet_detection_meta_free (GstMeta * meta, GstBuffer * buffer)
{
  GstMobilenetDetectionMeta *self = (GstMobilenetDetectionMeta *) meta;

  g_clear_pointer (&self->detection, gst_mobilenet_detection_unref);
}

static gboolean
gst_mobilenet_detection_meta_transform (GstBuffer * dest, GstMeta * meta,
    GstBuffer * buffer, GQuark type, gpointer data)
{
  GstMobilenetDetectionMeta *self = (GstMobilenetDetectionMeta *) meta;
  GstMobilenetDetection *moved;
  GstMobilenetMetaMove move;
  gboolean added;

  switch (gst_mobilenet_meta_transformed_places (type, data, &move)) {
    case GST_MOBILENET_META_PICTURE_KEPT:
      moved = gst_mobilenet_detection_moved (self->detection, &move);
      added = gst_buffer_add_mobilenet_detection_meta (dest, moved,
          self->age) != NULL;
      gst_mobilenet_detection_unref (moved);
      return added;
    case GST_MOBILENET_META_PICTURE_CHANGED:
      return TRUE;
    default:
      return FALSE;
  }
}

GType
gst_mobilenet_detection_meta_api_get_type (void)
{
  static GType type = 0;

  if (g_once_init_enter (&type)) {
    GType registered =
        gst_meta_api_type_register ("GstMobilenetDetectionMetaAPI",
        gst_mobilenet_meta_tags);

    g_once_init_leave (&type, registered);
  }
  return type;
}

/**
 * gst_mobilenet_detection_meta_get_info: (skip)
 *
 * Returns: the #GstMetaInfo of the implementation
 */
const GstMetaInfo *
gst_mobilenet_detection_meta_get_info (void)
{
  static const GstMetaInfo *info = NULL;

  if (g_once_init_enter ((GstMetaInfo **) & info)) {
    const GstMetaInfo *registered =
        gst_meta_register (GST_MOBILENET_DETECTION_META_API_TYPE,
        "GstMobilenetDetectionMeta", sizeof (GstMobilenetDetectionMeta),
        gst_mobilenet_detection_meta_init, gst_mobilenet_detection_meta_free,
        gst_mobilenet_detection_meta_transform);

    g_once_init_leave ((GstMetaInfo **) & info, (GstMetaInfo *) registered);
  }
  return info;
}

/**
 * gst_buffer_add_mobilenet_detection_meta:
 * @buffer: a writable buffer
 * @detection: (transfer none): what to attach, in pixels of this frame; a
 *     reference is taken, so that many frames share one result
 * @age: nanoseconds from the analysed frame to this one, or
 *     %GST_CLOCK_TIME_NONE
 *
 * A buffer may carry several, one for each network that looked at it.
 *
 * Returns: (transfer none): the meta, owned by @buffer
 */
GstMobilenetDetectionMeta *
gst_buffer_add_mobilenet_detection_meta (GstBuffer * buffer,
    GstMobilenetDetection * detection, GstClockTime age)
{
  GstMobilenetDetectionMeta *self;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (detection != NULL, NULL);

  self = (GstMobilenetDetectionMeta *) gst_buffer_add_meta (buffer,
      GST_MOBILENET_DETECTION_META_INFO, NULL);
  if (!self)
    return NULL;
  self->detection = gst_mobilenet_detection_ref (detection);
  self->age = age;
  return self;
}

/**
 * gst_buffer_get_mobilenet_detection_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the first one on @buffer, owned by it
 */
GstMobilenetDetectionMeta *
gst_buffer_get_mobilenet_detection_meta (GstBuffer * buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  return (GstMobilenetDetectionMeta *) gst_buffer_get_meta (buffer,
      GST_MOBILENET_DETECTION_META_API_TYPE);
}

/**
 * gst_buffer_get_mobilenet_detection_meta_for_model:
 * @buffer: a buffer
 * @model: name of a network
 *
 * For buffers that several networks looked at.
 *
 * Returns: (transfer none) (nullable): the first one by @model on @buffer,
 *     owned by it
 */
GstMobilenetDetectionMeta *
gst_buffer_get_mobilenet_detection_meta_for_model (GstBuffer * buffer,
    const gchar * model)
{
  gpointer state = NULL;
  GstMeta *meta;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (model != NULL, NULL);

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_DETECTION_META_API_TYPE))) {
    GstMobilenetDetectionMeta *self = (GstMobilenetDetectionMeta *) meta;

    if (g_str_equal (model,
            gst_mobilenet_detection_get_model (self->detection)))
      return self;
  }
  return NULL;
}

/* The whole pixels within 0..length that from..from+extent touches; FALSE when
 * there are none, or when the numbers are none. */
static gboolean
touched_pixels (gdouble from, gdouble extent, guint length, guint * first,
    guint * count)
{
  gdouble end = ceil (from + extent);

  from = floor (from);
  if (from < 0)
    from = 0;
  if (end > length)
    end = length;
  if (!(from < end))
    return FALSE;
  *first = from;
  *count = end - from;
  return TRUE;
}

static void
add_region (GstBuffer * buffer, const GstMobilenetDetection * detection,
    const GstMobilenetDetectionResult * result, const guint box[4])
{
  GstVideoRegionOfInterestMeta *region;
  const gchar *type = result->label;
  gchar number[16];

  if (!*type) {
    g_snprintf (number, sizeof (number), "%u", result->index);
    type = number;
  }
  region = gst_buffer_add_video_region_of_interest_meta (buffer, type, box[0],
      box[1], box[2], box[3]);
  region->id = result->id;
  gst_video_region_of_interest_meta_add_param (region,
      gst_structure_new (GST_MOBILENET_DETECTION_STRUCTURE_NAME,
          "model", G_TYPE_STRING,
          gst_mobilenet_detection_get_model (detection),
          "id", G_TYPE_UINT, result->id, "index", G_TYPE_UINT, result->index,
          "label", G_TYPE_STRING, result->label,
          "score", G_TYPE_DOUBLE, result->score, NULL));
}

/**
 * gst_buffer_add_mobilenet_detection_regions:
 * @buffer: a writable buffer
 * @detection: what was found
 * @width: of the frame
 * @height: of the frame
 *
 * Attaches a #GstVideoRegionOfInterestMeta for each detection, for elements
 * that know nothing of #GstMobilenetDetectionMeta: the label (or the index of a
 * class that has none) as its type, the whole pixels within the frame that the
 * box touches, and a structure "mobilenet-detection" with `model` (string), `id`
 * (guint), `index` (guint), `label` (string) and `score` (double) as its params.
 * A box outside of the frame, or of no numbers, gets none.
 *
 * Returns: how many were attached
 */
guint
gst_buffer_add_mobilenet_detection_regions (GstBuffer * buffer,
    const GstMobilenetDetection * detection, guint width, guint height)
{
  guint i, n, added = 0;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), 0);
  g_return_val_if_fail (detection != NULL, 0);

  n = gst_mobilenet_detection_get_n_results (detection);
  for (i = 0; i < n; i++) {
    const GstMobilenetDetectionResult *result =
        gst_mobilenet_detection_peek_result (detection, i);
    guint box[4];

    if (!touched_pixels (result->x, result->w, width, &box[0], &box[2])
        || !touched_pixels (result->y, result->h, height, &box[1], &box[3]))
      continue;
    add_region (buffer, detection, result, box);
    added++;
  }
  return added;
}

/**
 * gst_mobilenet_detection_meta_set_detection:
 * @meta: a meta of a writable buffer
 * @detection: (transfer none): what takes the place of its detection; a
 *     reference is taken
 *
 * For networks of a second stage and for trackers: see
 * gst_mobilenet_detection_with_classifications().
 */
void
gst_mobilenet_detection_meta_set_detection (GstMobilenetDetectionMeta * meta,
    GstMobilenetDetection * detection)
{
  GstMobilenetDetection *old;

  g_return_if_fail (meta != NULL);
  g_return_if_fail (detection != NULL);

  old = meta->detection;
  meta->detection = gst_mobilenet_detection_ref (detection);
  gst_mobilenet_detection_unref (old);
}

/**
 * gst_mobilenet_detection_meta_get_n_results:
 * @meta: a meta
 *
 * Returns: gst_mobilenet_detection_get_n_results() of its detection
 */
guint
gst_mobilenet_detection_meta_get_n_results (const GstMobilenetDetectionMeta *
    meta)
{
  g_return_val_if_fail (meta != NULL, 0);

  return gst_mobilenet_detection_get_n_results (meta->detection);
}

/**
 * gst_mobilenet_detection_meta_get_result:
 * @meta: a meta
 * @i: which one; 0 is the best
 * @id: (out) (optional): number that tells it from the others of the frame
 * @index: (out) (optional): number of its class, without the background
 * @label: (out) (optional) (transfer none): name of its class, UTF-8, "" when
 *     it has none; lives as long as the detection
 * @score: (out) (optional): its probability, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_detection_meta_get_result (const GstMobilenetDetectionMeta *
    meta, guint i, guint * id, guint * index, const gchar ** label,
    gdouble * score)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  return gst_mobilenet_detection_get_result (meta->detection, i, id, index,
      label, score);
}

/**
 * gst_mobilenet_detection_meta_get_box:
 * @meta: a meta
 * @i: which one; 0 is the best
 * @x: (out) (optional): left edge in pixels of the frame
 * @y: (out) (optional): top edge
 * @w: (out) (optional): width
 * @h: (out) (optional): height
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_detection_meta_get_box (const GstMobilenetDetectionMeta * meta,
    guint i, gdouble * x, gdouble * y, gdouble * w, gdouble * h)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  return gst_mobilenet_detection_get_box (meta->detection, i, x, y, w, h);
}

static void
append_structure (GValue * array, GstStructure * structure)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, structure);
  gst_value_array_append_and_take_value (array, &value);
}

static void
set_key_points (GstStructure * structure,
    const GstMobilenetDetectionResult * from)
{
  GValue points = G_VALUE_INIT;
  guint i;

  g_value_init (&points, GST_TYPE_ARRAY);
  for (i = 0; i < from->n_key_points; i++)
    append_structure (&points, gst_structure_new ("key-point",
            "x", G_TYPE_DOUBLE, from->key_points[i].x,
            "y", G_TYPE_DOUBLE, from->key_points[i].y, NULL));
  gst_structure_take_value (structure, "key-points", &points);
}

static void
set_classifications (GstStructure * structure,
    const GstMobilenetDetectionResult * from)
{
  GValue classifications = G_VALUE_INIT;
  guint i;

  g_value_init (&classifications, GST_TYPE_ARRAY);
  for (i = 0; i < from->n_classifications; i++) {
    GstStructure *one = gst_structure_new ("classification", "model",
        G_TYPE_STRING, gst_mobilenet_classification_get_model
        (from->classifications[i]), NULL);
    GValue results = G_VALUE_INIT;

    gst_mobilenet_classification_init_results (&results,
        from->classifications[i]);
    gst_structure_take_value (one, "results", &results);
    append_structure (&classifications, one);
  }
  gst_structure_take_value (structure, "classifications", &classifications);
}

static GstStructure *
result_to_structure (const GstMobilenetDetectionResult * from)
{
  GstStructure *structure = gst_structure_new ("result",
      "id", G_TYPE_UINT, from->id, "index", G_TYPE_UINT, from->index,
      "label", G_TYPE_STRING, from->label, "score", G_TYPE_DOUBLE, from->score,
      "x", G_TYPE_DOUBLE, from->x, "y", G_TYPE_DOUBLE, from->y,
      "w", G_TYPE_DOUBLE, from->w, "h", G_TYPE_DOUBLE, from->h, NULL);

  if (from->n_key_points)
    set_key_points (structure, from);
  if (from->n_classifications)
    set_classifications (structure, from);
  return structure;
}

/**
 * gst_mobilenet_detection_meta_to_structure:
 * @meta: a meta
 *
 * The meta as a structure named "mobilenet-detection" with the fields
 * `source-pts` (guint64), `age` (guint64), `model` (string) and `results` (a
 * #GstValueArray of structures `result` with `id` (guint), `index` (guint),
 * `label` (string), `score` (double), and `x`, `y`, `w`, `h` in pixels of the
 * frame (double)), best first. Where there are key points a result also has
 * `key-points`, a #GstValueArray of structures `key-point` with `x` and `y`;
 * where a second stage looked at it `classifications`, a #GstValueArray of
 * structures `classification` with `model` (string) and `results` as in
 * gst_mobilenet_classification_meta_to_structure(). Times that are not known
 * are %GST_CLOCK_TIME_NONE.
 *
 * Returns: (transfer full): a new structure
 */
GstStructure *
gst_mobilenet_detection_meta_to_structure (const GstMobilenetDetectionMeta *
    meta)
{
  const GstMobilenetDetection *from;
  GValue results = G_VALUE_INIT;
  GstStructure *structure;
  guint n, i;

  g_return_val_if_fail (meta != NULL, NULL);

  from = meta->detection;
  n = gst_mobilenet_detection_get_n_results (from);
  g_value_init (&results, GST_TYPE_ARRAY);
  for (i = 0; i < n; i++)
    append_structure (&results,
        result_to_structure (gst_mobilenet_detection_peek_result (from, i)));
  structure = gst_structure_new (GST_MOBILENET_DETECTION_STRUCTURE_NAME,
      "source-pts", G_TYPE_UINT64,
      gst_mobilenet_detection_get_source_pts (from),
      "age", G_TYPE_UINT64, meta->age,
      "model", G_TYPE_STRING, gst_mobilenet_detection_get_model (from), NULL);
  gst_structure_take_value (structure, "results", &results);
  return structure;
}
