/* SPDX-License-Identifier: MIT
 *
 * What a buffer transformation does to the picture: shared by the metas of
 * this library. */
#include "gstmobilenetmetatransform.h"

#include <gst/video/video.h>
#include <gst/video/gstvideometa.h>

const gchar *gst_mobilenet_meta_tags[] = {
  GST_META_TAG_VIDEO_STR,
  GST_META_TAG_VIDEO_ORIENTATION_STR,
  GST_META_TAG_VIDEO_SIZE_STR,
  NULL
};

#if GST_CHECK_VERSION (1, 28, 0)
/* The whole input frame, neither turned nor mirrored nor sheared, lies inside
 * the output rectangle. */
static gboolean
matrix_keeps_picture (const GstVideoMetaTransformMatrix * transform)
{
  const GstVideoRectangle *in = &transform->in_rectangle;
  gint width = GST_VIDEO_INFO_WIDTH (transform->in_info);
  gint height = GST_VIDEO_INFO_HEIGHT (transform->in_info);
  GstVideoRectangle frame = { 0, 0, width, height };

  if (in->x > 0 || in->y > 0 || in->x + in->w < width || in->y + in->h < height)
    return FALSE;
  if (transform->matrix[0][0] <= 0 || transform->matrix[1][1] <= 0)
    return FALSE;
  return gst_video_meta_transform_matrix_rectangle (transform, &frame) &&
      frame.x >= transform->out_rectangle.x &&
      frame.y >= transform->out_rectangle.y &&
      frame.x + frame.w <=
      transform->out_rectangle.x + transform->out_rectangle.w &&
      frame.y + frame.h <=
      transform->out_rectangle.y + transform->out_rectangle.h;
}
#endif

static GstMobilenetMetaPicture
kept_if (gboolean kept)
{
  return kept ? GST_MOBILENET_META_PICTURE_KEPT
      : GST_MOBILENET_META_PICTURE_CHANGED;
}

GstMobilenetMetaPicture
gst_mobilenet_meta_transformed_picture (GQuark type, gconstpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type)) {
    const GstMetaTransformCopy *copy = data;

    return kept_if (!copy->region);
  }
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return GST_MOBILENET_META_PICTURE_KEPT;
#if GST_CHECK_VERSION (1, 28, 0)
  if (GST_VIDEO_META_TRANSFORM_IS_MATRIX (type))
    return kept_if (matrix_keeps_picture (data));
#endif
  return GST_MOBILENET_META_PICTURE_UNKNOWN;
}
