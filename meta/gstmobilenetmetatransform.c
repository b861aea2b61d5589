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

/* FALSE for a projection, which straight boxes cannot follow.  The matrix maps
 * offsets in one rectangle to offsets in the other. */
static gboolean
matrix_move (const GstVideoMetaTransformMatrix * transform,
    GstMobilenetMetaMove * move)
{
  const gfloat (*m)[3] = transform->matrix;
  const GstVideoRectangle *in = &transform->in_rectangle;
  const GstVideoRectangle *out = &transform->out_rectangle;

  if (m[2][0] != 0 || m[2][1] != 0 || m[2][2] != 1)
    return FALSE;
  move->xx = m[0][0];
  move->xy = m[0][1];
  move->x0 = m[0][2] - move->xx * in->x - move->xy * in->y + out->x;
  move->yx = m[1][0];
  move->yy = m[1][1];
  move->y0 = m[1][2] - move->yx * in->x - move->yy * in->y + out->y;
  move->cropped = !matrix_keeps_picture (transform);
  move->left = out->x;
  move->top = out->y;
  move->right = out->x + out->w;
  move->bottom = out->y + out->h;
  return TRUE;
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

/* Pixels that videoscale, whose default it is, leaves black beside (or above
 * and below) a picture of another display aspect: half of them, rounded down,
 * lie left (above).  None when the aspects are equal, as they are where the
 * pixel aspect may change. */
static void
scale_borders (const GstVideoInfo * in, const GstVideoInfo * out,
    gint * horizontal, gint * vertical)
{
  gint width = GST_VIDEO_INFO_WIDTH (out), height = GST_VIDEO_INFO_HEIGHT (out);
  gint from_n, from_d, to_n, to_d, n, d;
  guint64 picture;

  *horizontal = *vertical = 0;
  if (!gst_util_fraction_multiply (GST_VIDEO_INFO_WIDTH (in),
          GST_VIDEO_INFO_HEIGHT (in), GST_VIDEO_INFO_PAR_N (in),
          GST_VIDEO_INFO_PAR_D (in), &from_n, &from_d)
      || !gst_util_fraction_multiply (width, height,
          GST_VIDEO_INFO_PAR_N (out), GST_VIDEO_INFO_PAR_D (out), &to_n, &to_d)
      || (from_n == to_n && from_d == to_d)
      || !gst_util_fraction_multiply (from_n, from_d,
          GST_VIDEO_INFO_PAR_D (out), GST_VIDEO_INFO_PAR_N (out), &n, &d))
    return;
  picture = gst_util_uint64_scale_int (width, d, n);
  if (picture <= (guint) height)
    *vertical = height - picture;
  else
    *horizontal = width - gst_util_uint64_scale_int (height, n, d);
}

static gboolean
has_extent (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_WIDTH (info) > 0 && GST_VIDEO_INFO_HEIGHT (info) > 0
      && GST_VIDEO_INFO_PAR_N (info) > 0 && GST_VIDEO_INFO_PAR_D (info) > 0;
}

static gboolean
scale_move (const GstVideoMetaTransform * scale, GstMobilenetMetaMove * move)
{
  const GstVideoInfo *in = scale->in_info, *out = scale->out_info;
  gint horizontal, vertical;

  if (!has_extent (in) || !has_extent (out))
    return FALSE;
  scale_borders (in, out, &horizontal, &vertical);
  move->xx = (gdouble) (GST_VIDEO_INFO_WIDTH (out) - horizontal) /
      GST_VIDEO_INFO_WIDTH (in);
  move->yy = (gdouble) (GST_VIDEO_INFO_HEIGHT (out) - vertical) /
      GST_VIDEO_INFO_HEIGHT (in);
  move->x0 = horizontal / 2;
  move->y0 = vertical / 2;
  return TRUE;
}

GstMobilenetMetaPicture
gst_mobilenet_meta_transformed_places (GQuark type, gconstpointer data,
    GstMobilenetMetaMove * move)
{
  static const GstMobilenetMetaMove identity = {.xx = 1,.yy = 1 };

  *move = identity;
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return kept_if (scale_move (data, move));
#if GST_CHECK_VERSION (1, 28, 0)
  if (GST_VIDEO_META_TRANSFORM_IS_MATRIX (type))
    return kept_if (matrix_move (data, move));
#endif
  return gst_mobilenet_meta_transformed_picture (type, data);
}

gboolean
gst_mobilenet_meta_move_is_identity (const GstMobilenetMetaMove * move)
{
  return move->xx == 1 && move->xy == 0 && move->x0 == 0 && move->yx == 0
      && move->yy == 1 && move->y0 == 0 && !move->cropped;
}

void
gst_mobilenet_meta_move_point (const GstMobilenetMetaMove * move,
    gdouble * x, gdouble * y)
{
  gdouble old_x = *x, old_y = *y;

  *x = move->xx * old_x + move->xy * old_y + move->x0;
  *y = move->yx * old_x + move->yy * old_y + move->y0;
}

gboolean
gst_mobilenet_meta_move_box (const GstMobilenetMetaMove * move,
    gdouble * x, gdouble * y, gdouble * w, gdouble * h)
{
  /* Of the edges' images: products with a zero are left out, 0 times infinity
   * would be no number. */
  gdouble ax = move->xx ? move->xx * *w : 0, bx = move->xy ? move->xy * *h : 0;
  gdouble ay = move->yx ? move->yx * *w : 0, by = move->yy ? move->yy * *h : 0;
  gdouble left = *x, top = *y, right, bottom;

  gst_mobilenet_meta_move_point (move, &left, &top);
  right = left + MAX (ax, 0) + MAX (bx, 0);
  left += MIN (ax, 0) + MIN (bx, 0);
  bottom = top + MAX (ay, 0) + MAX (by, 0);
  top += MIN (ay, 0) + MIN (by, 0);
  if (move->cropped) {
    left = MAX (left, move->left);
    top = MAX (top, move->top);
    right = MIN (right, move->right);
    bottom = MIN (bottom, move->bottom);
    if (!(left < right && top < bottom))
      return FALSE;
  }
  *x = left;
  *y = top;
  *w = right - left;
  *h = bottom - top;
  return TRUE;
}
