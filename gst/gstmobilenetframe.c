/* SPDX-License-Identifier: MIT
 *
 * From GStreamer's description of a video frame to the core's: format,
 * colours, planes, and the part of the frame that shows the picture. */

#include "gstmobilenetframe.h"

static const struct
{
  GstVideoFormat format;
  MnetPixelFormat pixel;
} formats[] = {
  {GST_VIDEO_FORMAT_NV12, MNET_PIXEL_NV12},
  {GST_VIDEO_FORMAT_NV21, MNET_PIXEL_NV21},
  {GST_VIDEO_FORMAT_I420, MNET_PIXEL_I420},
  {GST_VIDEO_FORMAT_YV12, MNET_PIXEL_YV12},
  {GST_VIDEO_FORMAT_YUY2, MNET_PIXEL_YUY2},
  {GST_VIDEO_FORMAT_UYVY, MNET_PIXEL_UYVY},
  {GST_VIDEO_FORMAT_RGB, MNET_PIXEL_RGB},
  {GST_VIDEO_FORMAT_BGR, MNET_PIXEL_BGR},
  {GST_VIDEO_FORMAT_RGBx, MNET_PIXEL_RGBX},
  {GST_VIDEO_FORMAT_BGRx, MNET_PIXEL_BGRX},
  {GST_VIDEO_FORMAT_xRGB, MNET_PIXEL_XRGB},
  {GST_VIDEO_FORMAT_xBGR, MNET_PIXEL_XBGR},
  {GST_VIDEO_FORMAT_RGBA, MNET_PIXEL_RGBX},
  {GST_VIDEO_FORMAT_BGRA, MNET_PIXEL_BGRX},
  {GST_VIDEO_FORMAT_ARGB, MNET_PIXEL_XRGB},
  {GST_VIDEO_FORMAT_ABGR, MNET_PIXEL_XBGR},
  {GST_VIDEO_FORMAT_GRAY8, MNET_PIXEL_GRAY8},
  {GST_VIDEO_FORMAT_Y42B, MNET_PIXEL_Y42B},
  {GST_VIDEO_FORMAT_Y444, MNET_PIXEL_Y444},
  {GST_VIDEO_FORMAT_I420_10LE, MNET_PIXEL_I420_10LE},
  {GST_VIDEO_FORMAT_P010_10LE, MNET_PIXEL_P010_10LE},
};

/* SMPTE 240M (Kr 0.212, Kb 0.087) is taken as BT.709 (0.2126, 0.0722), FCC
 * (0.30, 0.11) as BT.601 (0.299, 0.114): at most 3 steps of 255 apart. */
static MnetMatrix
frame_matrix (GstVideoColorMatrix matrix)
{
  switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
      return MNET_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return MNET_MATRIX_BT2020;
    default:
      return MNET_MATRIX_BT601;
  }
}

/* FALSE for a format outside GST_MOBILENET_FRAME_CAPS. */
gboolean
gst_mobilenet_frame_info (const GstVideoInfo * info, MnetFrameInfo * frame)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    if (formats[i].format != GST_VIDEO_INFO_FORMAT (info))
      continue;
    frame->format = formats[i].pixel;
    frame->width = GST_VIDEO_INFO_WIDTH (info);
    frame->height = GST_VIDEO_INFO_HEIGHT (info);
    frame->matrix = frame_matrix (info->colorimetry.matrix);
    frame->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
    return TRUE;
  }
  return FALSE;
}

/* Bytes that the samples of one row of plane `plane` take, whole macropixels
 * included, and the number of its rows. */
static void
plane_extent (const GstVideoFrame * frame, guint plane, gsize * row_bytes,
    gint * rows)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint c;

  *row_bytes = 0;
  *rows = 0;
  for (c = 0; c < finfo->n_components; c++) {
    gsize bytes;

    if (finfo->plane[c] != plane)
      continue;
    bytes = (gsize) GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (finfo, c,
        GST_VIDEO_FRAME_WIDTH (frame)) * finfo->pixel_stride[c];
    *row_bytes = MAX (*row_bytes, bytes);
    *rows = MAX (*rows, GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (finfo, c,
            GST_VIDEO_FRAME_HEIGHT (frame)));
  }
}

/* Does each plane lie within the memory that was mapped for it?  A
 * #GstVideoMeta is taken on trust by gst_video_frame_map(). */
static gboolean
planes_fit (const GstVideoFrame * frame)
{
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    const GstMapInfo *map = &frame->map[p];
    gssize first = (guint8 *) frame->data[p] - map->data;
    gssize last;
    gsize row_bytes;
    gint rows;

    plane_extent (frame, p, &row_bytes, &rows);
    last = first + (gssize) GST_VIDEO_FRAME_PLANE_STRIDE (frame, p) *
        (rows - 1);
    if (MIN (first, last) < 0
        || (gsize) MAX (first, last) + row_bytes > map->size)
      return FALSE;
  }
  return TRUE;
}

/* Do samples of two bytes lie at multiples of two? */
static gboolean
samples_aligned (const GstVideoFrame * frame)
{
  gsize bits = 0;
  guint p;

  if (GST_VIDEO_FORMAT_INFO_DEPTH (frame->info.finfo, 0) <= 8)
    return TRUE;
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++)
    bits |= GPOINTER_TO_SIZE (GST_VIDEO_FRAME_PLANE_DATA (frame, p))
        | (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  return !(bits & 1);
}

/* Maps `buffer`.  On success the caller unmaps `frame`, whose width and height
 * may differ from those of `info` when a #GstVideoMeta says so.  FALSE and a
 * static `reason` otherwise, with nothing mapped. */
gboolean
gst_mobilenet_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, const gchar ** reason)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  /* gst_video_frame_map() takes these for programming errors. */
  if (meta && meta->format != GST_VIDEO_INFO_FORMAT (info)) {
    *reason = "its GstVideoMeta has another format than the caps";
    return FALSE;
  }
  if (meta && (meta->width < (guint) GST_VIDEO_INFO_WIDTH (info)
          || meta->height < (guint) GST_VIDEO_INFO_HEIGHT (info))) {
    *reason = "its GstVideoMeta is smaller than the caps";
    return FALSE;
  }
  if (meta && meta->n_planes != GST_VIDEO_INFO_N_PLANES (info)) {
    *reason = "its GstVideoMeta has another number of planes than the caps";
    return FALSE;
  }
  /* No reference: the buffer stays writable while it is mapped. */
  if (!gst_video_frame_map (frame, info, buffer,
          (GstMapFlags) (flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))) {
    *reason = flags & GST_MAP_WRITE ?
        "its memory cannot be mapped for writing, or is smaller than the caps "
        "need" : "its memory cannot be mapped for reading, or is smaller than "
        "the caps need";
    return FALSE;
  }
  if (meta && !planes_fit (frame)) {
    *reason = "the planes of its GstVideoMeta reach beyond its memory";
    gst_video_frame_unmap (frame);
    return FALSE;
  }
  if (!samples_aligned (frame)) {
    *reason = "its samples of two bytes lie at odd addresses";
    gst_video_frame_unmap (frame);
    return FALSE;
  }
  return TRUE;
}

void
gst_mobilenet_frame_planes (const GstVideoFrame * frame, MnetPlanes * planes)
{
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    planes->data[p] = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    planes->stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  }
}

/* The part of a mapped frame that is the picture, inside the frame: that of a
 * #GstVideoCropMeta, else the caps' size at the top left; the whole frame when
 * it lies outside. */
void
gst_mobilenet_frame_picture (const GstVideoFrame * frame,
    const GstVideoInfo * info, MnetRect * picture)
{
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (frame->buffer);
  guint width = GST_VIDEO_FRAME_WIDTH (frame);
  guint height = GST_VIDEO_FRAME_HEIGHT (frame);
  guint x = crop ? crop->x : 0, y = crop ? crop->y : 0;
  guint w = crop ? crop->width : (guint) GST_VIDEO_INFO_WIDTH (info);
  guint h = crop ? crop->height : (guint) GST_VIDEO_INFO_HEIGHT (info);

  if (x >= width || y >= height || !w || !h) {
    x = y = 0;
    w = width;
    h = height;
  }
  picture->x = x;
  picture->y = y;
  picture->width = MIN (w, width - x);
  picture->height = MIN (h, height - y);
}
