/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetDetection: what one network found in one frame, immutable and
 * reference-counted, so that any number of frames can carry it. */
#ifndef __GST_MOBILENET_DETECTION_H__
#define __GST_MOBILENET_DETECTION_H__

#include <gst/mobilenet/gstmobilenetclassification.h>

G_BEGIN_DECLS

/**
 * GST_TYPE_MOBILENET_DETECTION:
 *
 * The boxed type of #GstMobilenetDetection.
 */
#define GST_TYPE_MOBILENET_DETECTION (gst_mobilenet_detection_get_type ())

/**
 * GstMobilenetKeyPoint:
 * @x: pixels from the left edge of the frame
 * @y: pixels from the top edge of the frame
 *
 * A point of a thing that was found: an eye, an ear. 0, 0 is the corner of the
 * frame, not the middle of its first pixel.
 */
typedef struct
{
  gdouble x;
  gdouble y;
} GstMobilenetKeyPoint;

/**
 * GstMobilenetDetectionResult:
 * @id: number that tells this detection from the others of the frame
 * @index: number of the class, without the background
 * @label: name of the class, UTF-8, "" when it has none
 * @score: probability, 0 to 1
 * @x: left edge of the box in pixels of the frame; may lie outside of it
 * @y: top edge of the box
 * @w: width of the box
 * @h: height of the box
 * @n_key_points: how many key points there are; may be 0
 * @key_points: (array length=n_key_points) (nullable): the key points, in the
 *     network's order
 * @n_classifications: how many classifications there are; may be 0
 * @classifications: (array length=n_classifications) (nullable): what networks
 *     of a second stage said of the contents of the box
 *
 * One thing that was found.
 */
typedef struct
{
  guint id;
  guint index;
  const gchar *label;
  gdouble score;
  gdouble x;
  gdouble y;
  gdouble w;
  gdouble h;
  guint n_key_points;
  const GstMobilenetKeyPoint *key_points;
  guint n_classifications;
  GstMobilenetClassification *const *classifications;
} GstMobilenetDetectionResult;

/**
 * GstMobilenetDetection:
 *
 * The things found in one frame, best first, with the name of the network and
 * the timestamp of the frame. Immutable and reference-counted; threads may
 * share it.
 */
typedef struct _GstMobilenetDetection GstMobilenetDetection;

GST_MOBILENET_META_API
GType gst_mobilenet_detection_get_type (void);

GST_MOBILENET_META_API
GstMobilenetDetection *gst_mobilenet_detection_new (const gchar * model,
    GstClockTime source_pts, const GstMobilenetDetectionResult * results,
    guint n_results);

GST_MOBILENET_META_API
GstMobilenetDetection *gst_mobilenet_detection_with_classifications (
    const GstMobilenetDetection * detection,
    GstMobilenetClassification * const *classifications,
    guint n_classifications);

GST_MOBILENET_META_API
GstMobilenetDetection *gst_mobilenet_detection_ref (
    GstMobilenetDetection * detection);

GST_MOBILENET_META_API
void gst_mobilenet_detection_unref (GstMobilenetDetection * detection);

GST_MOBILENET_META_API
const gchar *gst_mobilenet_detection_get_model (
    const GstMobilenetDetection * detection);

GST_MOBILENET_META_API
GstClockTime gst_mobilenet_detection_get_source_pts (
    const GstMobilenetDetection * detection);

GST_MOBILENET_META_API
guint gst_mobilenet_detection_get_n_results (
    const GstMobilenetDetection * detection);

GST_MOBILENET_META_API
gboolean gst_mobilenet_detection_get_result (
    const GstMobilenetDetection * detection, guint i, guint * id,
    guint * index, const gchar ** label, gdouble * score);

GST_MOBILENET_META_API
gboolean gst_mobilenet_detection_get_box (
    const GstMobilenetDetection * detection, guint i, gdouble * x,
    gdouble * y, gdouble * w, gdouble * h);

GST_MOBILENET_META_API
guint gst_mobilenet_detection_get_n_key_points (
    const GstMobilenetDetection * detection, guint i);

GST_MOBILENET_META_API
gboolean gst_mobilenet_detection_get_key_point (
    const GstMobilenetDetection * detection, guint i, guint k, gdouble * x,
    gdouble * y);

GST_MOBILENET_META_API
guint gst_mobilenet_detection_get_n_classifications (
    const GstMobilenetDetection * detection, guint i);

GST_MOBILENET_META_API
GstMobilenetClassification *gst_mobilenet_detection_get_classification (
    const GstMobilenetDetection * detection, guint i, guint k);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMobilenetDetection,
    gst_mobilenet_detection_unref)

G_END_DECLS

#endif /* __GST_MOBILENET_DETECTION_H__ */
