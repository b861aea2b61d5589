/* SPDX-License-Identifier: MIT
 *
 * The boxes of GstMobilenetDetectionMeta against pixels: a rectangle is drawn,
 * a box laid around it, and both are looked for behind other elements. */
#include <gst/check/gstharness.h>
#include <gst/mobilenet/gstmobilenetmeta.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#include "runner.h"

#define BACKGROUND 100
#define RECTANGLE 220
#define BETWEEN ((BACKGROUND + RECTANGLE) / 2)

/* Pixels that an edge may be away: scalers take the middle of one as 0. */
#define TOLERANCE 1.0

typedef struct
{
  gint width, height, par_n, par_d;
  gint x, y, w, h;              /* the rectangle */
} Drawing;

static const Drawing square = { 320, 240, 1, 1, 61, 33, 120, 90 };
static const Drawing anamorphic = { 320, 240, 16, 11, 200, 3, 80, 200 };
static const Drawing odd = { 321, 243, 1, 1, 7, 129, 201, 101 };
static const Drawing corner = { 320, 240, 1, 1, 0, 0, 40, 30 };

static const struct
{
  const Drawing *drawing;
  const gchar *elements;
} keeping[] = {
  {&square, "identity"},
  {&square, "videoconvert ! video/x-raw,format=RGB"},
  {&square, "videoconvert ! video/x-raw,format=NV12"},
  {&odd, "videoconvert ! video/x-raw,format=I420_10LE"},
  {&square, "videoscale ! video/x-raw,width=160,height=120"},
  {&square, "videoscale ! video/x-raw,width=960,height=720"},
  {&square, "videoscale add-borders=true ! "
        "video/x-raw,width=200,height=200,pixel-aspect-ratio=1/1"},
  {&square, "videoscale add-borders=true ! "
        "video/x-raw,width=500,height=151,pixel-aspect-ratio=1/1"},
  {&corner, "videoscale add-borders=true ! "
        "video/x-raw,width=641,height=200,pixel-aspect-ratio=1/1"},
  {&square, "videoscale add-borders=true ! video/x-raw,width=200,height=200"},
  {&square, "videoscale add-borders=false ! video/x-raw,width=200,height=200"},
  {&odd, "videoscale add-borders=false ! video/x-raw,width=123,height=457"},
  {&odd, "videoscale add-borders=true ! "
        "video/x-raw,width=123,height=457,pixel-aspect-ratio=1/1"},
  {&anamorphic, "videoscale ! "
        "video/x-raw,width=640,height=360,pixel-aspect-ratio=1/1"},
  {&anamorphic, "videoscale ! video/x-raw,height=480,pixel-aspect-ratio=1/1"},
  {&square, "videoscale ! "
        "video/x-raw,width=360,height=288,pixel-aspect-ratio=16/15"},
  {&square, "videoconvertscale ! "
        "video/x-raw,format=NV12,width=640,height=360,pixel-aspect-ratio=1/1"},
  {&square, "videoscale ! video/x-raw,width=200,height=200,"
        "pixel-aspect-ratio=1/1 ! videoconvert ! video/x-raw,format=YUY2 ! "
        "videoscale ! video/x-raw,width=300,height=100,pixel-aspect-ratio=1/1"},
#if GST_CHECK_VERSION (1, 28, 0)
  {&square, "videoscale add-borders=false ! "
        "video/x-raw,width=200,height=200,pixel-aspect-ratio=1/1"},
  {&square, "videocrop left=30 top=8 bottom=20"},
  {&square, "videobox left=-10 top=-20"},
  {&square, "videoflip video-direction=horiz"},
  {&square, "videoflip video-direction=90r"},
#endif
};

static GstBuffer *
draw (const Drawing * drawing)
{
  GstMobilenetDetectionResult result = {.label = "rectangle",.x = drawing->x,
    .y = drawing->y,.w = drawing->w,.h = drawing->h
  };
  GstMobilenetDetection *detection =
      gst_mobilenet_detection_new ("eye", 0, &result, 1);
  GstVideoFrame frame;
  GstVideoInfo info;
  GstBuffer *buffer;
  gint y;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, drawing->width,
      drawing->height);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, 0, BACKGROUND, info.size);
  gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE);
  for (y = drawing->y; y < drawing->y + drawing->h; y++)
    memset ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + drawing->x, RECTANGLE,
        drawing->w);
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = 0;
  gst_buffer_add_mobilenet_detection_meta (buffer, detection, 0);
  gst_mobilenet_detection_unref (detection);
  return buffer;
}

/* What comes of the drawing as GRAY8, and its size. */
static GstBuffer *
play_through (const Drawing * drawing, const gchar * elements,
    GstVideoInfo * info)
{
  gchar *launch = g_strdup_printf ("%s ! videoconvert ! "
      "capsfilter caps=video/x-raw,format=GRAY8", elements);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *buffer;
  GstCaps *caps;

  caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "GRAY8",
      "width", G_TYPE_INT, drawing->width, "height", G_TYPE_INT,
      drawing->height, "pixel-aspect-ratio", GST_TYPE_FRACTION, drawing->par_n,
      drawing->par_d, "framerate", GST_TYPE_FRACTION, 30, 1, NULL);
  gst_harness_set_src_caps (harness, caps);
  fail_unless_equals_int (gst_harness_push (harness, draw (drawing)),
      GST_FLOW_OK);
  buffer = gst_harness_pull (harness);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  fail_unless (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
  gst_harness_teardown (harness);
  g_free (launch);
  return buffer;
}

/* Edges of what is brighter than half way: left, top, right, bottom. */
static void
find_rectangle (GstBuffer * buffer, const GstVideoInfo * info, gint edges[4])
{
  GstVideoFrame frame;
  gint x, y;

  edges[0] = edges[1] = G_MAXINT;
  edges[2] = edges[3] = -1;
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < GST_VIDEO_FRAME_HEIGHT (&frame); y++) {
    const guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (x = 0; x < GST_VIDEO_FRAME_WIDTH (&frame); x++) {
      if (row[x] < BETWEEN)
        continue;
      edges[0] = MIN (edges[0], x);
      edges[1] = MIN (edges[1], y);
      edges[2] = MAX (edges[2], x + 1);
      edges[3] = MAX (edges[3], y + 1);
    }
  }
  gst_video_frame_unmap (&frame);
}

GST_START_TEST (test_surrounds_the_rectangle)
{
  const gchar *elements = keeping[__i__].elements;
  GstMobilenetDetectionMeta *meta;
  gdouble x, y, w, h;
  GstVideoInfo info;
  GstBuffer *buffer;
  gint seen[4];

  buffer = play_through (keeping[__i__].drawing, elements, &info);
  meta = gst_buffer_get_mobilenet_detection_meta (buffer);
  fail_unless (meta != NULL, "%s: no meta", elements);
  fail_unless (gst_mobilenet_detection_meta_get_box (meta, 0, &x, &y, &w, &h));
  find_rectangle (buffer, &info, seen);
  fail_unless (seen[2] > seen[0] && seen[3] > seen[1]);
  fail_unless (fabs (x - seen[0]) <= TOLERANCE
      && fabs (y - seen[1]) <= TOLERANCE && fabs (x + w - seen[2]) <= TOLERANCE
      && fabs (y + h - seen[3]) <= TOLERANCE,
      "%s: a box of %g,%g to %g,%g around a rectangle of %d,%d to %d,%d",
      elements, x, y, x + w, y + h, seen[0], seen[1], seen[2], seen[3]);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

#if !GST_CHECK_VERSION (1, 28, 0)
static const gchar *const dropping[] = {
  "videocrop left=10",
  "videocrop top=2 bottom=2",
  "videoconvert ! video/x-raw,format=I420 ! aspectratiocrop aspect-ratio=1/1",
  "videobox left=10",
  "videobox left=-10",
  "videoflip video-direction=90r",
  "videoflip video-direction=horiz",
  "videoflip video-direction=vert",
  "videoscale ! video/x-raw,width=160,height=120 ! videocrop right=2",
};

GST_START_TEST (test_vanishes)
{
  GstVideoInfo info;
  GstBuffer *buffer = play_through (&square, dropping[__i__], &info);

  fail_unless (gst_buffer_get_mobilenet_detection_meta (buffer) == NULL,
      "%s", dropping[__i__]);
  gst_buffer_unref (buffer);
}

GST_END_TEST;
#endif

static Suite *
detection_geometry_suite (void)
{
  Suite *suite = suite_create ("detection geometry");
  TCase *tcase = tcase_create ("pixels");

  tcase_add_loop_test (tcase, test_surrounds_the_rectangle, 0,
      G_N_ELEMENTS (keeping));
#if !GST_CHECK_VERSION (1, 28, 0)
  tcase_add_loop_test (tcase, test_vanishes, 0, G_N_ELEMENTS (dropping));
#endif
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  return run_element_tests (argc, argv, detection_geometry_suite);
}
