/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetSegmentationMeta: which class each part of a video frame belongs
 * to. */
/**
 * SECTION:gstmobilenetsegmentationmeta
 * @title: GstMobilenetSegmentationMeta
 * @short_description: Which class each part of a video frame belongs to
 *
 * Attached by `mobilenetseg`. The maps have the network's resolution and lie
 * somewhere on the frame, which #GstMobilenetSegmentationPlace tells: it follows
 * the frame through copies, conversions and scaling, and through crops where the
 * element says how (GStreamer 1.28). Where the picture is turned or mirrored, or
 * cropped in silence, the meta vanishes.
 *
 * |[<!-- language="C" -->
 * static GstPadProbeReturn
 * print_shares (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
 * {
 *   GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
 *   GstMobilenetSegmentationMeta *meta =
 *       gst_buffer_get_mobilenet_segmentation_meta (buffer);
 *   const gchar *label;
 *   gdouble share;
 *   guint i;
 *
 *   for (i = 0; meta && gst_mobilenet_segmentation_meta_get_result (meta, i,
 *           NULL, &label, NULL, &share); i++)
 *     g_print ("%.1f %% %s\n", 100 * share, label);
 *   return GST_PAD_PROBE_OK;
 * }
 * ]|
 */
#include <gst/mobilenet/gstmobilenetsegmentationmeta.h>

#include "gstmobilenetsegmentationprivate.h"

static gboolean
gst_mobilenet_segmentation_meta_init (GstMeta * meta, gpointer params,
    GstBuffer * buffer)
{
  GstMobilenetSegmentationMeta *self = (GstMobilenetSegmentationMeta *) meta;

  self->segmentation = NULL;
  self->age = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static void
gst_mobilenet_segmentation_meta_free (GstMeta * meta, GstBuffer * buffer)
{
  GstMobilenetSegmentationMeta *self = (GstMobilenetSegmentationMeta *) meta;

  g_clear_pointer (&self->segmentation, gst_mobilenet_segmentation_unref);
}

/* Nothing is added, and that is right, where nothing is left to be seen. */
static gboolean
add_moved (GstBuffer * dest, const GstMobilenetSegmentationMeta * from,
    const GstMobilenetMetaMove * move)
{
  GstMobilenetSegmentation *moved =
      gst_mobilenet_segmentation_moved (from->segmentation, move);
  gboolean added;

  if (!moved)
    return TRUE;
  added = gst_buffer_add_mobilenet_segmentation_meta (dest, moved,
      from->age) != NULL;
  gst_mobilenet_segmentation_unref (moved);
  return added;
}

static gboolean
gst_mobilenet_segmentation_meta_transform (GstBuffer * dest, GstMeta * meta,
    GstBuffer * buffer, GQuark type, gpointer data)
{
  GstMobilenetMetaMove move;

  switch (gst_mobilenet_meta_transformed_places (type, data, &move)) {
    case GST_MOBILENET_META_PICTURE_KEPT:
      return add_moved (dest, (GstMobilenetSegmentationMeta *) meta, &move);
    case GST_MOBILENET_META_PICTURE_CHANGED:
      return TRUE;
    default:
      return FALSE;
  }
}

GType
gst_mobilenet_segmentation_meta_api_get_type (void)
{
  static GType type = 0;

  if (g_once_init_enter (&type)) {
    GType registered =
        gst_meta_api_type_register ("GstMobilenetSegmentationMetaAPI",
        gst_mobilenet_meta_tags);

    g_once_init_leave (&type, registered);
  }
  return type;
}

/**
 * gst_mobilenet_segmentation_meta_get_info: (skip)
 *
 * Returns: the #GstMetaInfo of the implementation
 */
const GstMetaInfo *
gst_mobilenet_segmentation_meta_get_info (void)
{
  static const GstMetaInfo *info = NULL;

  if (g_once_init_enter ((GstMetaInfo **) & info)) {
    const GstMetaInfo *registered =
        gst_meta_register (GST_MOBILENET_SEGMENTATION_META_API_TYPE,
        "GstMobilenetSegmentationMeta", sizeof (GstMobilenetSegmentationMeta),
        gst_mobilenet_segmentation_meta_init,
        gst_mobilenet_segmentation_meta_free,
        gst_mobilenet_segmentation_meta_transform);

    g_once_init_leave ((GstMetaInfo **) & info, (GstMetaInfo *) registered);
  }
  return info;
}

/**
 * gst_buffer_add_mobilenet_segmentation_meta:
 * @buffer: a writable buffer
 * @segmentation: (transfer none): what to attach, with its place on this frame; a
 *     reference is taken, so that many frames share one result
 * @age: nanoseconds from the analysed frame to this one, or
 *     %GST_CLOCK_TIME_NONE
 *
 * A buffer may carry several, one for each network that looked at it.
 *
 * Returns: (transfer none): the meta, owned by @buffer
 */
GstMobilenetSegmentationMeta *
gst_buffer_add_mobilenet_segmentation_meta (GstBuffer * buffer,
    GstMobilenetSegmentation * segmentation, GstClockTime age)
{
  GstMobilenetSegmentationMeta *self;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (segmentation != NULL, NULL);

  self = (GstMobilenetSegmentationMeta *) gst_buffer_add_meta (buffer,
      GST_MOBILENET_SEGMENTATION_META_INFO, NULL);
  if (!self)
    return NULL;
  self->segmentation = gst_mobilenet_segmentation_ref (segmentation);
  self->age = age;
  return self;
}

/**
 * gst_buffer_get_mobilenet_segmentation_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the first one on @buffer, owned by it
 */
GstMobilenetSegmentationMeta *
gst_buffer_get_mobilenet_segmentation_meta (GstBuffer * buffer)
{
  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  return (GstMobilenetSegmentationMeta *) gst_buffer_get_meta (buffer,
      GST_MOBILENET_SEGMENTATION_META_API_TYPE);
}

/**
 * gst_buffer_get_mobilenet_segmentation_meta_for_model:
 * @buffer: a buffer
 * @model: name of a network
 *
 * For buffers that several networks looked at.
 *
 * Returns: (transfer none) (nullable): the first one by @model on @buffer,
 *     owned by it
 */
GstMobilenetSegmentationMeta *
gst_buffer_get_mobilenet_segmentation_meta_for_model (GstBuffer * buffer,
    const gchar * model)
{
  gpointer state = NULL;
  GstMeta *meta;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);
  g_return_val_if_fail (model != NULL, NULL);

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_MOBILENET_SEGMENTATION_META_API_TYPE))) {
    GstMobilenetSegmentationMeta *self = (GstMobilenetSegmentationMeta *) meta;

    if (g_str_equal (model,
            gst_mobilenet_segmentation_get_model (self->segmentation)))
      return self;
  }
  return NULL;
}

/**
 * gst_mobilenet_segmentation_meta_get_n_results:
 * @meta: a meta
 *
 * Returns: how many classes there are in what was seen, the background among them;
 *     perhaps 0
 */
guint
gst_mobilenet_segmentation_meta_get_n_results (const
    GstMobilenetSegmentationMeta * meta)
{
  g_return_val_if_fail (meta != NULL, 0);

  return gst_mobilenet_segmentation_get_n_results (meta->segmentation);
}

/**
 * gst_mobilenet_segmentation_meta_get_result:
 * @meta: a meta
 * @i: which one; 0 is the one that covers most
 * @index: (out) (optional): number of the class in the network's output, that of
 *     the map
 * @label: (out) (optional) (transfer none): name of the class, UTF-8, "" when it
 *     has none; lives as long as the segmentation
 * @score: (out) (optional): mean probability over the pixels of the class, 0 to 1;
 *     1 when the network gives none
 * @share: (out) (optional): of the pixels that were seen, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_segmentation_meta_get_result (const GstMobilenetSegmentationMeta
    * meta, guint i, guint * index, const gchar ** label, gdouble * score,
    gdouble * share)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  return gst_mobilenet_segmentation_get_result (meta->segmentation, i, index,
      label, score, share);
}

/**
 * gst_mobilenet_segmentation_meta_get_at:
 * @meta: a meta
 * @x: pixels from the left edge of the frame
 * @y: pixels from its top edge
 * @index: (out) (optional): the class there
 * @confidence: (out) (optional): its probability, 0 to 1; 1 when the network gives
 *     none
 *
 * Returns: %FALSE, and nothing is written, when the point is outside of what was
 *     seen or of no class
 */
gboolean
gst_mobilenet_segmentation_meta_get_at (const GstMobilenetSegmentationMeta *
    meta, gdouble x, gdouble y, guint * index, gdouble * confidence)
{
  g_return_val_if_fail (meta != NULL, FALSE);

  return gst_mobilenet_segmentation_get_at (meta->segmentation, x, y, index,
      confidence);
}

static void
append_result (GValue * array, const GstMobilenetSegmentation * from, guint i)
{
  GValue value = G_VALUE_INIT;
  gdouble score, share;
  const gchar *label;
  guint index;

  gst_mobilenet_segmentation_get_result (from, i, &index, &label, &score,
      &share);
  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, gst_structure_new ("result",
          "index", G_TYPE_UINT, index, "label", G_TYPE_STRING, label,
          "score", G_TYPE_DOUBLE, score, "share", G_TYPE_DOUBLE, share, NULL));
  gst_value_array_append_and_take_value (array, &value);
}

/**
 * gst_mobilenet_segmentation_meta_to_structure:
 * @meta: a meta
 *
 * The meta as a structure named "mobilenet-segmentation" with the fields
 * `source-pts` (guint64), `age` (guint64), `model` (string) and `results` (a
 * #GstValueArray of structures `result` with `index` (guint), `label` (string),
 * `score` (double) and `share` (double)), the class that covers most first. Times
 * that are not known are %GST_CLOCK_TIME_NONE.
 *
 * Returns: (transfer full): a new structure
 */
GstStructure *
gst_mobilenet_segmentation_meta_to_structure (const
    GstMobilenetSegmentationMeta * meta)
{
  const GstMobilenetSegmentation *from;
  GValue results = G_VALUE_INIT;
  GstStructure *structure;
  guint n, i;

  g_return_val_if_fail (meta != NULL, NULL);

  from = meta->segmentation;
  n = gst_mobilenet_segmentation_get_n_results (from);
  g_value_init (&results, GST_TYPE_ARRAY);
  for (i = 0; i < n; i++)
    append_result (&results, from, i);
  structure = gst_structure_new (GST_MOBILENET_SEGMENTATION_STRUCTURE_NAME,
      "source-pts", G_TYPE_UINT64,
      gst_mobilenet_segmentation_get_source_pts (from),
      "age", G_TYPE_UINT64, meta->age,
      "model", G_TYPE_STRING, gst_mobilenet_segmentation_get_model (from),
      NULL);
  gst_structure_take_value (structure, "results", &results);
  return structure;
}
