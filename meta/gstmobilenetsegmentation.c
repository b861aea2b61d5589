/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetSegmentation: references to the maps, and one block of memory that
 * holds what is counted in them, and strings. */
#include "gstmobilenetsegmentationprivate.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetmetastring.h"

#define N_CLASSES GST_MOBILENET_SEGMENTATION_NONE

typedef struct
{
  guint index;
  const gchar *label;
  gdouble score, share;
} Result;

/* Followed in the same block by n_results results and then the strings, each
 * with its NUL: the model first, the labels in the order of the results. */
struct _GstMobilenetSegmentation
{
  gint ref_count;               /* atomic */
  guint n_results;
  GstClockTime source_pts;
  const gchar *model;
  guint width, height;
  GBytes *classes;              /* width * height bytes, as is: */
  GBytes *confidences;          /* or NULL */
  GstMobilenetSegmentationPlace place;
  gint background;              /* -1: none */
  Result results[];
};

G_DEFINE_BOXED_TYPE (GstMobilenetSegmentation, gst_mobilenet_segmentation,
    gst_mobilenet_segmentation_ref, gst_mobilenet_segmentation_unref);

/* Takes the results and their labels over, and a reference of the maps. */
static GstMobilenetSegmentation *
new_block (const GstMobilenetSegmentation * header, const Result * results,
    guint n_results)
{
  gsize strings = gst_mobilenet_meta_string_room (header->model);
  GstMobilenetSegmentation *self;
  gchar *end;
  guint i;

  for (i = 0; i < n_results; i++)
    strings += gst_mobilenet_meta_string_room (results[i].label);
  self = g_malloc (sizeof (*self) + n_results * sizeof (*results) + strings);
  *self = *header;
  self->ref_count = 1;
  self->n_results = n_results;
  g_bytes_ref (self->classes);
  if (self->confidences)
    g_bytes_ref (self->confidences);
  end = (gchar *) & self->results[n_results];
  self->model = gst_mobilenet_meta_string_append (&end, header->model);
  for (i = 0; i < n_results; i++) {
    self->results[i] = results[i];
    self->results[i].label =
        gst_mobilenet_meta_string_append (&end, results[i].label);
  }
  return self;
}

/* Those of `n` pixels that lie at..at + extent whose middles are in
 * seen..seen + seen_extent: from *first to before *end. */
static void
seen_pixels (gdouble at, gdouble extent, gdouble seen, gdouble seen_extent,
    guint n, guint * first, guint * end)
{
  gdouble from = ceil ((seen - at) * n / extent - 0.5);
  gdouble to = ceil ((seen + seen_extent - at) * n / extent - 0.5);

  *first = from > 0 ? (guint) MIN (from, n) : 0;
  *end = to > *first ? (guint) MIN (to, n) : *first;
}

/* Pixels of each class that were seen, and the sums of their confidences. */
typedef struct
{
  guint n[256];
  guint64 sum[256];
  guint all;
} Count;

/* Pixels that are counted at once where all are of one class, which most are. */
#define EIGHT 8

/* The sum of eight bytes. */
static guint
sum_bytes (const guint8 bytes[EIGHT])
{
  const guint64 low = G_GUINT64_CONSTANT (0x00ff00ff00ff00ff);
  guint64 all, pairs;

  memcpy (&all, bytes, sizeof (all));
  pairs = (all & low) + (all >> 8 & low);
  return (guint) (pairs * G_GUINT64_CONSTANT (0x0001000100010001) >> 48);
}

static gboolean
are_alike (const guint8 classes[EIGHT])
{
  guint64 all;

  memcpy (&all, classes, sizeof (all));
  return all == classes[0] * G_GUINT64_CONSTANT (0x0101010101010101);
}

/* `confidences` may be NULL. */
static void
count_row (Count * count, const guint8 * classes, const guint8 * confidences,
    guint n)
{
  guint i = 0;

  while (i < n) {
    guint8 class = classes[i];
    guint step = n - i >= EIGHT && are_alike (classes + i) ? EIGHT : 1;

    count->n[class] += step;
    if (confidences)
      count->sum[class] += step == EIGHT ? sum_bytes (confidences + i) :
          confidences[i];
    i += step;
  }
}

static void
count_pixels (const GstMobilenetSegmentation * self, Count * count)
{
  const GstMobilenetSegmentationPlace *place = &self->place;
  const guint8 *classes = g_bytes_get_data (self->classes, NULL);
  const guint8 *confidences = self->confidences ?
      g_bytes_get_data (self->confidences, NULL) : NULL;
  guint left, right, top, bottom, y;

  memset (count, 0, sizeof (*count));
  seen_pixels (place->x, place->w, place->seen_x, place->seen_w, self->width,
      &left, &right);
  seen_pixels (place->y, place->h, place->seen_y, place->seen_h, self->height,
      &top, &bottom);
  count->all = (right - left) * (bottom - top);
  for (y = top; y < bottom; y++) {
    gsize row = (gsize) y * self->width + left;

    count_row (count, classes + row, confidences ? confidences + row : NULL,
        right - left);
  }
}

/* Largest share first; those of the same share in the order of classes. */
static gint
compare_results (gconstpointer a, gconstpointer b)
{
  const Result *first = a, *second = b;

  if (first->share != second->share)
    return first->share > second->share ? -1 : 1;
  return (gint) first->index - (gint) second->index;
}

/* `labels[i]` names class i.  Returns how many results there are. */
static guint
count_results (const GstMobilenetSegmentation * self,
    const gchar * const *labels, guint n_labels, Result results[N_CLASSES])
{
  guint i, n = 0;
  Count count;

  count_pixels (self, &count);
  for (i = 0; i < N_CLASSES; i++) {
    if (!count.n[i])
      continue;
    results[n].index = i;
    results[n].label = i < n_labels ? labels[i] : NULL;
    results[n].share = (gdouble) count.n[i] / count.all;
    results[n].score =
        self->confidences ? count.sum[i] / (255.0 * count.n[i]) : 1;
    n++;
  }
  qsort (results, n, sizeof (*results), compare_results);
  return n;
}

static gboolean
is_place (const GstMobilenetSegmentationPlace * place)
{
  return isfinite (place->x) && isfinite (place->y) && isfinite (place->w)
      && isfinite (place->h) && place->w > 0 && place->h > 0
      && isfinite (place->seen_x) && isfinite (place->seen_y)
      && isfinite (place->seen_w) && isfinite (place->seen_h)
      && place->seen_w >= 0 && place->seen_h >= 0;
}

/**
 * gst_mobilenet_segmentation_new:
 * @model: name of the network, UTF-8
 * @source_pts: timestamp of the analysed frame, or %GST_CLOCK_TIME_NONE
 * @width: columns of the maps, 1 or more
 * @height: rows of the maps, 1 or more
 * @classes: (transfer none): the class of each pixel, row by row from the top,
 *     @width * @height bytes; %GST_MOBILENET_SEGMENTATION_NONE for those of none.
 *     A reference is taken
 * @confidences: (transfer none) (nullable): the probability of that class for each
 *     pixel, 255 for 1, as many bytes; %NULL when the network gives none. A
 *     reference is taken
 * @place: where the maps lie on the frame
 * @labels: (array length=n_labels) (nullable): names of the classes by their
 *     number; copied. One may be %NULL for ""
 * @n_labels: how many; may be 0
 * @background: the class of what nothing was looked for, or -1 when there is no
 *     such class
 *
 * Makes one allocation besides the maps. Bytes of names that are not UTF-8 are
 * replaced by U+FFFD.
 *
 * Returns: (transfer full): a new segmentation with one reference
 */
GstMobilenetSegmentation *
gst_mobilenet_segmentation_new (const gchar * model, GstClockTime source_pts,
    guint width, guint height, GBytes * classes, GBytes * confidences,
    const GstMobilenetSegmentationPlace * place, const gchar * const *labels,
    guint n_labels, gint background)
{
  GstMobilenetSegmentation header = {.source_pts = source_pts,.model = model,
    .width = width,.height = height,.classes = classes,
    .confidences = confidences,.background = MAX (background, -1)
  };
  Result results[N_CLASSES];
  guint n;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (width > 0 && height > 0
      && (guint64) width * height <= G_MAXINT, NULL);
  g_return_val_if_fail (classes != NULL
      && g_bytes_get_size (classes) == (gsize) width * height, NULL);
  g_return_val_if_fail (confidences == NULL
      || g_bytes_get_size (confidences) == (gsize) width * height, NULL);
  g_return_val_if_fail (place != NULL && is_place (place), NULL);
  g_return_val_if_fail (labels != NULL || n_labels == 0, NULL);

  header.place = *place;
  n = count_results (&header, labels, n_labels, results);
  return new_block (&header, results, n);
}

/**
 * gst_mobilenet_segmentation_ref:
 * @segmentation: a segmentation
 *
 * Returns: (transfer full): @segmentation
 */
GstMobilenetSegmentation *
gst_mobilenet_segmentation_ref (GstMobilenetSegmentation * segmentation)
{
  g_return_val_if_fail (segmentation != NULL, NULL);

  g_atomic_int_inc (&segmentation->ref_count);
  return segmentation;
}

/**
 * gst_mobilenet_segmentation_unref:
 * @segmentation: (transfer full): a segmentation
 *
 * Frees @segmentation with its last reference.
 */
void
gst_mobilenet_segmentation_unref (GstMobilenetSegmentation * segmentation)
{
  g_return_if_fail (segmentation != NULL);

  if (!g_atomic_int_dec_and_test (&segmentation->ref_count))
    return;
  g_bytes_unref (segmentation->classes);
  g_clear_pointer (&segmentation->confidences, g_bytes_unref);
  g_free (segmentation);
}

/**
 * gst_mobilenet_segmentation_get_model:
 * @segmentation: a segmentation
 *
 * Returns: name of the network, UTF-8; lives as long as @segmentation
 */
const gchar *
gst_mobilenet_segmentation_get_model (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, NULL);

  return segmentation->model;
}

/**
 * gst_mobilenet_segmentation_get_source_pts:
 * @segmentation: a segmentation
 *
 * Returns: timestamp that the analysed frame had at the element that analysed
 *     it, or %GST_CLOCK_TIME_NONE
 */
GstClockTime
gst_mobilenet_segmentation_get_source_pts (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, GST_CLOCK_TIME_NONE);

  return segmentation->source_pts;
}

/**
 * gst_mobilenet_segmentation_get_size:
 * @segmentation: a segmentation
 * @width: (out) (optional): columns of the maps
 * @height: (out) (optional): their rows
 */
void
gst_mobilenet_segmentation_get_size (const GstMobilenetSegmentation *
    segmentation, guint * width, guint * height)
{
  g_return_if_fail (segmentation != NULL);

  if (width)
    *width = segmentation->width;
  if (height)
    *height = segmentation->height;
}

/**
 * gst_mobilenet_segmentation_get_classes:
 * @segmentation: a segmentation
 *
 * Returns: (transfer none): a byte for each pixel of the map, row by row from the
 *     top: the number of its class, or %GST_MOBILENET_SEGMENTATION_NONE
 */
GBytes *
gst_mobilenet_segmentation_get_classes (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, NULL);

  return segmentation->classes;
}

/**
 * gst_mobilenet_segmentation_get_confidences:
 * @segmentation: a segmentation
 *
 * Returns: (transfer none) (nullable): a byte for each pixel of the map, in the
 *     same order: the probability of its class, 255 for 1; %NULL when the network
 *     gives none
 */
GBytes *
gst_mobilenet_segmentation_get_confidences (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, NULL);

  return segmentation->confidences;
}

/**
 * gst_mobilenet_segmentation_get_place:
 * @segmentation: a segmentation
 * @place: (out caller-allocates): where its maps lie on the frame
 */
void
gst_mobilenet_segmentation_get_place (const GstMobilenetSegmentation *
    segmentation, GstMobilenetSegmentationPlace * place)
{
  g_return_if_fail (segmentation != NULL);
  g_return_if_fail (place != NULL);

  *place = segmentation->place;
}

/**
 * gst_mobilenet_segmentation_get_background:
 * @segmentation: a segmentation
 *
 * Returns: the class of what is none of the others, or -1 when there is no such
 *     class
 */
gint
gst_mobilenet_segmentation_get_background (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, -1);

  return segmentation->background;
}

/**
 * gst_mobilenet_segmentation_get_at:
 * @segmentation: a segmentation
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
gst_mobilenet_segmentation_get_at (const GstMobilenetSegmentation *
    segmentation, gdouble x, gdouble y, guint * index, gdouble * confidence)
{
  const GstMobilenetSegmentationPlace *place;
  const guint8 *classes;
  gdouble column, row;
  gsize at;

  g_return_val_if_fail (segmentation != NULL, FALSE);

  place = &segmentation->place;
  column = floor ((x - place->x) * segmentation->width / place->w);
  row = floor ((y - place->y) * segmentation->height / place->h);
  if (!(column >= 0 && column < segmentation->width && row >= 0
          && row < segmentation->height)
      || x < place->seen_x || x >= place->seen_x + place->seen_w
      || y < place->seen_y || y >= place->seen_y + place->seen_h)
    return FALSE;
  at = (gsize) row *segmentation->width + (gsize) column;
  classes = g_bytes_get_data (segmentation->classes, NULL);
  if (classes[at] == GST_MOBILENET_SEGMENTATION_NONE)
    return FALSE;
  if (index)
    *index = classes[at];
  if (confidence)
    *confidence = segmentation->confidences ? ((const guint8 *)
        g_bytes_get_data (segmentation->confidences, NULL))[at] / 255.0 : 1;
  return TRUE;
}

/**
 * gst_mobilenet_segmentation_get_n_results:
 * @segmentation: a segmentation
 *
 * Returns: how many classes there are in what was seen, the background among them;
 *     perhaps 0
 */
guint
gst_mobilenet_segmentation_get_n_results (const GstMobilenetSegmentation *
    segmentation)
{
  g_return_val_if_fail (segmentation != NULL, 0);

  return segmentation->n_results;
}

/**
 * gst_mobilenet_segmentation_get_result:
 * @segmentation: a segmentation
 * @i: which one; 0 is the one that covers most
 * @index: (out) (optional): number of the class in the network's output, that of
 *     the map
 * @label: (out) (optional) (transfer none): name of the class, UTF-8, "" when it
 *     has none; lives as long as @segmentation
 * @score: (out) (optional): mean probability over the pixels of the class, 0 to 1;
 *     1 when the network gives none
 * @share: (out) (optional): of the pixels that were seen, 0 to 1
 *
 * Returns: %FALSE, and nothing is written, when there are not that many
 */
gboolean
gst_mobilenet_segmentation_get_result (const GstMobilenetSegmentation *
    segmentation, guint i, guint * index, const gchar ** label,
    gdouble * score, gdouble * share)
{
  const Result *result;

  g_return_val_if_fail (segmentation != NULL, FALSE);

  if (i >= segmentation->n_results)
    return FALSE;
  result = &segmentation->results[i];
  if (index)
    *index = result->index;
  if (label)
    *label = result->label;
  if (score)
    *score = result->score;
  if (share)
    *share = result->share;
  return TRUE;
}

/* FALSE when nothing of what was seen is left. */
static gboolean
move_place (GstMobilenetSegmentationPlace * place,
    const GstMobilenetMetaMove * move)
{
  GstMobilenetMetaMove whole = *move;

  whole.cropped = FALSE;
  gst_mobilenet_meta_move_box (&whole, &place->x, &place->y, &place->w,
      &place->h);
  return gst_mobilenet_meta_move_box (move, &place->seen_x, &place->seen_y,
      &place->seen_w, &place->seen_h) && is_place (place);
}

GstMobilenetSegmentation *
gst_mobilenet_segmentation_moved (GstMobilenetSegmentation * segmentation,
    const GstMobilenetMetaMove * move)
{
  const gchar *labels[N_CLASSES] = { NULL };
  GstMobilenetSegmentation header;
  Result results[N_CLASSES];
  guint i, n;

  if (gst_mobilenet_meta_move_is_identity (move))
    return gst_mobilenet_segmentation_ref (segmentation);
  header = *segmentation;
  if (move->xy != 0 || move->yx != 0 || !(move->xx > 0) || !(move->yy > 0)
      || !move_place (&header.place, move))
    return NULL;
  if (!move->cropped)
    return new_block (&header, segmentation->results, segmentation->n_results);
  for (i = 0; i < segmentation->n_results; i++)
    labels[segmentation->results[i].index] = segmentation->results[i].label;
  n = count_results (&header, labels, N_CLASSES, results);
  return new_block (&header, results, n);
}
