/* SPDX-License-Identifier: MIT
 *
 * From GStreamer's description of a video frame to the core's. */
#ifndef __GST_MOBILENET_FRAME_H__
#define __GST_MOBILENET_FRAME_H__

#include <gst/video/video.h>
#include <mnet/image.h>

G_BEGIN_DECLS

/* Every format that gst_mobilenet_frame_info() knows. No framerate: a field
 * of the template would be demanded of the caps. */
#define GST_MOBILENET_FRAME_CAPS \
  "video/x-raw, format = (string) { NV12, NV21, I420, YV12, YUY2, UYVY, " \
  "RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8, Y42B, " \
  "Y444, I420_10LE, P010_10LE }, " \
  "width = (int) [ 1, 16384 ], height = (int) [ 1, 16384 ]"

gboolean gst_mobilenet_frame_info (const GstVideoInfo * info,
    MnetFrameInfo * frame);

gboolean gst_mobilenet_frame_map (GstVideoFrame * frame,
    const GstVideoInfo * info, GstBuffer * buffer, GstMapFlags flags,
    const gchar ** reason);

void gst_mobilenet_frame_planes (const GstVideoFrame * frame,
    MnetPlanes * planes);

void gst_mobilenet_frame_picture (const GstVideoFrame * frame,
    const GstVideoInfo * info, MnetRect * picture);

G_END_DECLS

#endif /* __GST_MOBILENET_FRAME_H__ */
