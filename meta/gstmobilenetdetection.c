/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetDetection: one block of memory that holds the counts, the
 * results, their key points, classifications and strings. */
#include "gstmobilenetdetectionprivate.h"

#include <string.h>

#include "gstmobilenetmetastring.h"

/* Followed in the same block by n_results results, the key points of all of
 * them, the pointers to their classifications, and then the strings, each with
 * its NUL: the model first, the labels in the order of the results. */
struct _GstMobilenetDetection
{
  gint ref_count;               /* atomic */
  guint n_results;
  GstClockTime source_pts;
  const gchar *model;
  GstMobilenetDetectionResult results[];
};

G_DEFINE_BOXED_TYPE (GstMobilenetDetection, gst_mobilenet_detection,
    gst_mobilenet_detection_ref, gst_mobilenet_detection_unref);

/* Where the next of each kind goes into a block. */
typedef struct
{
  GstMobilenetKeyPoint *key_points;
  GstMobilenetClassification **classifications;
  gchar *strings;
} Ends;

/* `more[i]` is one classification more for result i, or NULL. */
static GstMobilenetDetection *
allocate_block (const gchar * model,
    const GstMobilenetDetectionResult * results, guint n_results,
    GstMobilenetClassification * const *more, guint n_more, Ends * ends)
{
  gsize key_points = 0, classifications = 0, strings;
  GstMobilenetDetection *self;
  gsize size;
  guint i;

  strings = gst_mobilenet_meta_string_room (model);
  for (i = 0; i < n_results; i++) {
    key_points += results[i].n_key_points;
    classifications += results[i].n_classifications;
    classifications += i < n_more && more[i];
    strings += gst_mobilenet_meta_string_room (results[i].label);
  }
  size = sizeof (*self) + n_results * sizeof (self->results[0]);
  self = g_malloc (size + key_points * sizeof (*ends->key_points) +
      classifications * sizeof (*ends->classifications) + strings);
  ends->key_points = (GstMobilenetKeyPoint *) & self->results[n_results];
  ends->classifications =
      (GstMobilenetClassification **) (ends->key_points + key_points);
  ends->strings = (gchar *) (ends->classifications + classifications);
  return self;
}

static void
append_classification (GstMobilenetDetectionResult * to, Ends * ends,
    GstMobilenetClassification * classification)
{
  *ends->classifications++ = gst_mobilenet_classification_ref (classification);
  to->n_classifications++;
}

static void
copy_result (GstMobilenetDetectionResult * to,
    const GstMobilenetDetectionResult * from,
    GstMobilenetClassification * more, Ends * ends)
{
  guint i;

  *to = *from;
  to->label = gst_mobilenet_meta_string_append (&ends->strings, from->label);
  to->key_points = ends->key_points;
  if (from->n_key_points)
    memcpy (ends->key_points, from->key_points,
        from->n_key_points * sizeof (*from->key_points));
  ends->key_points += from->n_key_points;
  to->classifications = ends->classifications;
  to->n_classifications = 0;
  for (i = 0; i < from->n_classifications; i++)
    append_classification (to, ends, from->classifications[i]);
  if (more)
    append_classification (to, ends, more);
}

static GstMobilenetDetection *
new_block (const gchar * model, GstClockTime source_pts,
    const GstMobilenetDetectionResult * results, guint n_results,
    GstMobilenetClassification * const *more, guint n_more)
{
  GstMobilenetDetection *self;
  Ends ends;
  guint i;

  self = allocate_block (model, results, n_results, more, n_more, &ends);
  self->ref_count = 1;
  self->n_results = n_results;
  self->source_pts = source_pts;
  self->model = gst_mobilenet_meta_string_append (&ends.strings, model);
  for (i = 0; i < n_results; i++)
    copy_result (&self->results[i], &results[i], i < n_more ? more[i] : NULL,
        &ends);
  return self;
}

/**
 * gst_mobilenet_detection_new:
 * @model: name of the network, UTF-8
 * @source_pts: timestamp of the analysed frame, or %GST_CLOCK_TIME_NONE
 * @results: (array length=n_results) (nullable): what was found, best first;
 *     copied, with labels and key points; of classifications a reference is
 *     taken. A label may be %NULL for "".
 * @n_results: how many; may be 0
 *
 * Makes one allocation, whatever @n_results is. Bytes that are not UTF-8 are
 * replaced by U+FFFD.
 *
 * Returns: (transfer full): a new detection with one reference
 */
GstMobilenetDetection *
gst_mobilenet_detection_new (const gchar * model, GstClockTime source_pts,
    const GstMobilenetDetectionResult * results, guint n_results)
{
  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (results != NULL || n_results == 0, NULL);

  return new_block (model, source_pts, results, n_results, NULL, 0);
}

/**
 * gst_mobilenet_detection_with_classifications:
 * @detection: a detection; it stays as it is
 * @classifications: (array length=n_classifications) (nullable): for each
 *     result what a network said of the contents of its box, or %NULL; a
 *     reference is taken
 * @n_classifications: how many; at most as many as there are results, those
 *     that are missing count as %NULL
 *
 * The second stage. Results are shared by frames and threads and so never
 * change: a network that looks at the boxes makes one new detection of all that
 * it found, each classification added behind those that its result has, and
 * puts it on the frame with gst_mobilenet_detection_meta_set_detection().
 *
 * Returns: (transfer full): a new detection with one reference
 */
GstMobilenetDetection *
gst_mobilenet_detection_with_classifications (const GstMobilenetDetection *
    detection, GstMobilenetClassification * const *classifications,
    guint n_classifications)
{
  g_return_val_if_fail (detection != NULL, NULL);
  g_return_val_if_fail (n_classifications <= detection->n_results, NULL);
  g_return_val_if_fail (classifications != NULL || n_classifications == 0,
      NULL);

  return new_block (detection->model, detection->source_pts,
      detection->results, detection->n_results, classifications,
      n_classifications);
}

/**
 * gst_mobilenet_detection_ref:
 * @detection: a detection
 *
 * Returns: (transfer full): @detection
 */
GstMobilenetDetection *
gst_mobilenet_detection_ref (GstMobilenetDetection * detection)
{
  g_return_val_if_fail (detection != NULL, NULL);

  g_atomic_int_inc (&detection->ref_count);
  return detection;
}

static void
release_classifications (const GstMobilenetDetectionResult * result)
{
  guint i;

  for (i = 0; i < result->n_classifications; i++)
    gst_mobilenet_classification_unref (result->classifications[i]);
}

/**
 * gst_mobilenet_detection_unref:
 * @detection: (transfer full): a detection
 *
 * Frees @detection with its last reference.
 */
void
gst_mobilenet_detection_unref (GstMobilenetDetection * detection)
{
  guint i;

  g_return_if_fail (detection != NULL);

  if (!g_atomic_int_dec_and_test (&detection->ref_count))
    return;
  for (i = 0; i < detection->n_results; i++)
    release_classifications (&detection->results[i]);
  g_free (detection);
}

/**
 * gst_mobilenet_detection_get_model:
 * @detection: a detection
 *
 * Returns: name of the network, UTF-8; lives as long as @detection
 */
const gchar *
gst_mobilenet_detection_get_model (const GstMobilenetDetection * detection)
{
  g_return_val_if_fail (detection != NULL, NULL);

  return detection->model;
}

/**
 * gst_mobilenet_detection_get_source_pts:
 * @detection: a detection
 *
 * Returns: timestamp that the analysed frame had at the element that analysed
 *     it, or %GST_CLOCK_TIME_NONE
 */
GstClockTime
gst_mobilenet_detection_get_source_pts (const GstMobilenetDetection * detection)
{
  g_return_val_if_fail (detection != NULL, GST_CLOCK_TIME_NONE);

  return detection->source_pts;
}

/**
 * gst_mobilenet_detection_get_n_results:
 * @detection: a detection
 *
 * Returns: how many things were found; perhaps 0
 */
guint
gst_mobilenet_detection_get_n_results (const GstMobilenetDetection * detection)
{
  g_return_val_if_fail (detection != NULL, 0);

  return detection->n_results;
}

const GstMobilenetDetectionResult *
gst_mobilenet_detection_peek_result (const GstMobilenetDetection * detection,
    guint i)
{
  return &detection->results[i];
}

static void
give (gdouble * to, gdouble value)
{
  if (to)
    *to = value;
}

/**
 * gst_mobilenet_detection_get_result:
 * @detection: a detection
 * @i: which one; 0 is the best
 * @id: (out) (optional): number that tells it from the others of the frame
 * @index: (out) (optional): number of its class, without the background
 * @label: (out) (optional) (transfer none): name of its class, UTF-8, "" when
 *     it has none; lives as long as @detection
 * @score: (out) (optional): its probability, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_detection_get_result (const GstMobilenetDetection * detection,
    guint i, guint * id, guint * index, const gchar ** label, gdouble * score)
{
  const GstMobilenetDetectionResult *result;

  g_return_val_if_fail (detection != NULL, FALSE);

  if (i >= detection->n_results)
    return FALSE;
  result = &detection->results[i];
  if (id)
    *id = result->id;
  if (index)
    *index = result->index;
  if (label)
    *label = result->label;
  give (score, result->score);
  return TRUE;
}

/**
 * gst_mobilenet_detection_get_box:
 * @detection: a detection
 * @i: which one; 0 is the best
 * @x: (out) (optional): left edge in pixels of the frame
 * @y: (out) (optional): top edge
 * @w: (out) (optional): width
 * @h: (out) (optional): height
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_detection_get_box (const GstMobilenetDetection * detection,
    guint i, gdouble * x, gdouble * y, gdouble * w, gdouble * h)
{
  const GstMobilenetDetectionResult *result;

  g_return_val_if_fail (detection != NULL, FALSE);

  if (i >= detection->n_results)
    return FALSE;
  result = &detection->results[i];
  give (x, result->x);
  give (y, result->y);
  give (w, result->w);
  give (h, result->h);
  return TRUE;
}

/**
 * gst_mobilenet_detection_get_n_key_points:
 * @detection: a detection
 * @i: which one; 0 is the best
 *
 * Returns: how many key points it has; 0 also when there are not that many
 */
guint
gst_mobilenet_detection_get_n_key_points (const GstMobilenetDetection *
    detection, guint i)
{
  g_return_val_if_fail (detection != NULL, 0);

  return i < detection->n_results ? detection->results[i].n_key_points : 0;
}

/**
 * gst_mobilenet_detection_get_key_point:
 * @detection: a detection
 * @i: which one; 0 is the best
 * @k: which of its key points
 * @x: (out) (optional): pixels from the left edge of the frame
 * @y: (out) (optional): pixels from its top edge
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_detection_get_key_point (const GstMobilenetDetection *
    detection, guint i, guint k, gdouble * x, gdouble * y)
{
  const GstMobilenetKeyPoint *point;

  if (k >= gst_mobilenet_detection_get_n_key_points (detection, i))
    return FALSE;
  point = &detection->results[i].key_points[k];
  give (x, point->x);
  give (y, point->y);
  return TRUE;
}

/**
 * gst_mobilenet_detection_get_n_classifications:
 * @detection: a detection
 * @i: which one; 0 is the best
 *
 * Returns: how many networks of a second stage looked at it; 0 also when there
 *     are not that many detections
 */
guint
gst_mobilenet_detection_get_n_classifications (const GstMobilenetDetection *
    detection, guint i)
{
  g_return_val_if_fail (detection != NULL, 0);

  return i < detection->n_results ? detection->results[i].n_classifications : 0;
}

/**
 * gst_mobilenet_detection_get_classification:
 * @detection: a detection
 * @i: which one; 0 is the best
 * @k: which of its classifications
 *
 * Returns: (transfer none) (nullable): what the network said of the contents of
 *     the box; %NULL when there are not that many
 */
GstMobilenetClassification *
gst_mobilenet_detection_get_classification (const GstMobilenetDetection *
    detection, guint i, guint k)
{
  if (k >= gst_mobilenet_detection_get_n_classifications (detection, i))
    return NULL;
  return detection->results[i].classifications[k];
}

/* FALSE when the new picture does not show it. */
static gboolean
move_result (GstMobilenetDetectionResult * result,
    const GstMobilenetMetaMove * move)
{
  /* The block is this thread's own until it is returned. */
  GstMobilenetKeyPoint *points = (GstMobilenetKeyPoint *) result->key_points;
  guint i;

  for (i = 0; i < result->n_key_points; i++)
    gst_mobilenet_meta_move_point (move, &points[i].x, &points[i].y);
  return gst_mobilenet_meta_move_box (move, &result->x, &result->y,
      &result->w, &result->h);
}

GstMobilenetDetection *
gst_mobilenet_detection_moved (GstMobilenetDetection * detection,
    const GstMobilenetMetaMove * move)
{
  GstMobilenetDetection *self;
  guint i, kept = 0;

  if (gst_mobilenet_meta_move_is_identity (move))
    return gst_mobilenet_detection_ref (detection);
  self = gst_mobilenet_detection_with_classifications (detection, NULL, 0);
  for (i = 0; i < self->n_results; i++) {
    if (move_result (&self->results[i], move))
      self->results[kept++] = self->results[i];
    else
      release_classifications (&self->results[i]);
  }
  self->n_results = kept;
  return self;
}
