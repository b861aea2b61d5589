/* SPDX-License-Identifier: MIT
 *
 * GstMobilenetSegmentation: which class one network says that each part of one
 * frame belongs to, immutable and reference-counted, so that any number of frames
 * can carry it. */
#ifndef __GST_MOBILENET_SEGMENTATION_H__
#define __GST_MOBILENET_SEGMENTATION_H__

#include <gst/mobilenet/gstmobilenetmeta-prelude.h>

G_BEGIN_DECLS

/**
 * GST_TYPE_MOBILENET_SEGMENTATION:
 *
 * The boxed type of #GstMobilenetSegmentation.
 */
#define GST_TYPE_MOBILENET_SEGMENTATION (gst_mobilenet_segmentation_get_type ())

/**
 * GST_MOBILENET_SEGMENTATION_NONE:
 *
 * In a map of classes: a pixel of no class, or of one that was not asked for.
 */
#define GST_MOBILENET_SEGMENTATION_NONE 255

/**
 * GstMobilenetSegmentationPlace:
 * @x: left edge of the maps in pixels of the frame; may lie outside of it
 * @y: top edge
 * @w: width that all columns of the maps have there, more than 0
 * @h: height that all rows have there, more than 0
 * @seen_x: left edge of the picture that the network was shown
 * @seen_y: its top edge
 * @seen_w: its width, 0 or more
 * @seen_h: its height, 0 or more
 *
 * Where maps lie on a frame: pixel i, j of a map of width * height covers
 * @x + i * @w / width to @x + (i + 1) * @w / width, and likewise down. 0, 0 is the
 * corner of the frame, not the middle of its first pixel. Only what also lies
 * within the picture was seen: a map may reach over borders that were added to the
 * picture for the network.
 */
typedef struct
{
  gdouble x;
  gdouble y;
  gdouble w;
  gdouble h;
  gdouble seen_x;
  gdouble seen_y;
  gdouble seen_w;
  gdouble seen_h;
} GstMobilenetSegmentationPlace;

/**
 * GstMobilenetSegmentation:
 *
 * A class for each pixel of a map that lies on a frame, and perhaps its
 * probability, with the name of the network and the timestamp of the frame.
 * Immutable and reference-counted; threads may share it.
 */
typedef struct _GstMobilenetSegmentation GstMobilenetSegmentation;

GST_MOBILENET_META_API
GType gst_mobilenet_segmentation_get_type (void);

GST_MOBILENET_META_API
GstMobilenetSegmentation *gst_mobilenet_segmentation_new (const gchar * model,
    GstClockTime source_pts, guint width, guint height, GBytes * classes,
    GBytes * confidences, const GstMobilenetSegmentationPlace * place,
    const gchar * const *labels, guint n_labels, gint background);

GST_MOBILENET_META_API
GstMobilenetSegmentation *gst_mobilenet_segmentation_ref (
    GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
void gst_mobilenet_segmentation_unref (GstMobilenetSegmentation *
    segmentation);

GST_MOBILENET_META_API
const gchar *gst_mobilenet_segmentation_get_model (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
GstClockTime gst_mobilenet_segmentation_get_source_pts (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
void gst_mobilenet_segmentation_get_size (
    const GstMobilenetSegmentation * segmentation, guint * width,
    guint * height);

GST_MOBILENET_META_API
GBytes *gst_mobilenet_segmentation_get_classes (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
GBytes *gst_mobilenet_segmentation_get_confidences (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
void gst_mobilenet_segmentation_get_place (
    const GstMobilenetSegmentation * segmentation,
    GstMobilenetSegmentationPlace * place);

GST_MOBILENET_META_API
gint gst_mobilenet_segmentation_get_background (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
gboolean gst_mobilenet_segmentation_get_at (
    const GstMobilenetSegmentation * segmentation, gdouble x, gdouble y,
    guint * index, gdouble * confidence);

GST_MOBILENET_META_API
guint gst_mobilenet_segmentation_get_n_results (
    const GstMobilenetSegmentation * segmentation);

GST_MOBILENET_META_API
gboolean gst_mobilenet_segmentation_get_result (
    const GstMobilenetSegmentation * segmentation, guint i, guint * index,
    const gchar ** label, gdouble * score, gdouble * share);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMobilenetSegmentation,
    gst_mobilenet_segmentation_unref)

G_END_DECLS

#endif /* __GST_MOBILENET_SEGMENTATION_H__ */
