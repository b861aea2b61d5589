/* SPDX-License-Identifier: MIT
 *
 * test_image_gst SHARED_DIR: mnet_image_convert() against GStreamer's own
 * conversion and scaling (the converter inside videoconvert and videoscale), for
 * natural pictures and, where there are none, a smooth one, in every format.
 *
 * What differs:
 * - The converter turns 8-bit YUV into RGB with 8-bit products that are cut off:
 *   white comes out 2 to 3 steps too dark.  Through a format of 16 bits it is up
 *   to one step too light: bytes are widened by repeating them (v * 257), limits
 *   of the range are not.  Some of its paths take the nearest chroma sample.  Ours
 *   is within a step of the definition (test_image).
 * - videoscale's "bilinear", its default, takes two pixels by two however many a
 *   pixel of the result stands for, so that fine detail turns into noise when a
 *   frame shrinks much; "bilinear2" and "lanczos" weigh all of them, by a triangle
 *   twice as wide or a wave.  Ours takes the mean of the area: between the
 *   triangle and the wave. */
#include <gst/video/video.h>
#include <mnet/image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared_file.h"

#define SIZE 224

static const struct
{
  GstVideoFormat gst;
  MnetPixelFormat ours;
} formats[] = {
  {GST_VIDEO_FORMAT_NV12, MNET_PIXEL_NV12},
  {GST_VIDEO_FORMAT_NV21, MNET_PIXEL_NV21},
  {GST_VIDEO_FORMAT_I420, MNET_PIXEL_I420},
  {GST_VIDEO_FORMAT_YV12, MNET_PIXEL_YV12},
  {GST_VIDEO_FORMAT_YUY2, MNET_PIXEL_YUY2},
  {GST_VIDEO_FORMAT_UYVY, MNET_PIXEL_UYVY},
  {GST_VIDEO_FORMAT_Y42B, MNET_PIXEL_Y42B},
  {GST_VIDEO_FORMAT_Y444, MNET_PIXEL_Y444},
  {GST_VIDEO_FORMAT_I420_10LE, MNET_PIXEL_I420_10LE},
  {GST_VIDEO_FORMAT_P010_10LE, MNET_PIXEL_P010_10LE},
  {GST_VIDEO_FORMAT_RGB, MNET_PIXEL_RGB},
  {GST_VIDEO_FORMAT_BGR, MNET_PIXEL_BGR},
  {GST_VIDEO_FORMAT_RGBx, MNET_PIXEL_RGBX},
  {GST_VIDEO_FORMAT_RGBA, MNET_PIXEL_RGBX},
  {GST_VIDEO_FORMAT_BGRx, MNET_PIXEL_BGRX},
  {GST_VIDEO_FORMAT_BGRA, MNET_PIXEL_BGRX},
  {GST_VIDEO_FORMAT_xRGB, MNET_PIXEL_XRGB},
  {GST_VIDEO_FORMAT_ARGB, MNET_PIXEL_XRGB},
  {GST_VIDEO_FORMAT_xBGR, MNET_PIXEL_XBGR},
  {GST_VIDEO_FORMAT_ABGR, MNET_PIXEL_XBGR},
  {GST_VIDEO_FORMAT_GRAY8, MNET_PIXEL_GRAY8},
};

static const struct
{
  const gchar *name;            /* in caps */
  MnetMatrix matrix;
  gboolean full_range;
} colours[] = {
  {"bt601", MNET_MATRIX_BT601, FALSE},
  {"bt709", MNET_MATRIX_BT709, FALSE},
  {"bt2020", MNET_MATRIX_BT2020, FALSE},
  {"1:4:0:0", MNET_MATRIX_BT601, TRUE},
};

/* How videoscale scales: its methods as options of the converter. */
typedef struct
{
  const gchar *name;
  GstVideoResamplerMethod method;
  gint max_taps;                /* 0: as many as it needs */
  gboolean wide;                /* through a format of 16 bits */
} Method;

static const Method methods[] = {
  {"bilinear", GST_VIDEO_RESAMPLER_METHOD_LINEAR, 2, FALSE},
  {"bilinear2", GST_VIDEO_RESAMPLER_METHOD_LINEAR, 0, FALSE},
  {"lanczos", GST_VIDEO_RESAMPLER_METHOD_LANCZOS, 0, FALSE},
  {"bilinear, 16 bits", GST_VIDEO_RESAMPLER_METHOD_LINEAR, 2, TRUE},
};

/* Sizes that a frame may have, and the largest mean difference from each of the
 * methods, in steps of 255, for RGB, YUV and gray of 8 bits, YUV of 10 bits. */
typedef struct
{
  const gchar *what;
  gint width, height;           /* 0: the picture's own */
  gdouble most[3][G_N_ELEMENTS (methods)];
} Scale;

static const Scale scales[] = {
  {"1:1", SIZE, SIZE,
      {{0, 0, 0, 0}, {4, 4, 4, 1.4}, {0.5, 0.5, 0.5, 0.5}}},
  {"enlarged", 160, 120,
      {{1.1, 1.1, 2.1, 1.1}, {3.4, 3.4, 3.4, 1.7}, {1.5, 1.5, 2.1, 1.5}}},
  {"shrunk by 1.5", 336, 336,
      {{1.65, 1.25, 1.3, 1.3}, {3.9, 3, 2.9, 1.8}, {1.4, 1.4, 1.4, 1.4}}},
  {"shrunk", 0, 0,
      {{4.3, 2.2, 1.4, 3.5}, {5.5, 3.7, 3, 3.7}, {3.2, 2.5, 1.5, 3.1}}},
};

typedef struct
{
  GstVideoInfo info;
  GstBuffer *buffer;
} Picture;

static Picture
new_picture (GstVideoFormat format, gint width, gint height, guint colour)
{
  Picture picture;

  gst_video_info_set_format (&picture.info, format, width, height);
  if (!GST_VIDEO_INFO_IS_RGB (&picture.info)) {
    gst_video_colorimetry_from_string (&picture.info.colorimetry,
        colours[colour].name);
    picture.info.chroma_site = GST_VIDEO_CHROMA_SITE_JPEG;
  }
  picture.buffer = gst_buffer_new_allocate (NULL, picture.info.size, NULL);
  return picture;
}

static void
free_picture (Picture * picture)
{
  gst_clear_buffer (&picture->buffer);
}

static Picture
convert_at_once (Picture * from, Picture to, const Method * method)
{
  GstStructure *options = gst_structure_new ("options",
      GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, method->method, NULL);
  GstVideoConverter *converter;
  GstVideoFrame in, out;

  if (method->max_taps)
    gst_structure_set (options, GST_VIDEO_RESAMPLER_OPT_MAX_TAPS, G_TYPE_INT,
        method->max_taps, NULL);
  converter = gst_video_converter_new (&from->info, &to.info, options);
  g_assert_nonnull (converter);
  g_assert_true (gst_video_frame_map (&in, &from->info, from->buffer,
          GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, &to.info, to.buffer,
          GST_MAP_WRITE));
  gst_video_converter_frame (converter, &in, &out);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  gst_video_converter_free (converter);
  return to;
}

static Picture
convert (Picture * from, Picture to, guint colour, const Method * method)
{
  Picture wide = new_picture (GST_VIDEO_INFO_IS_RGB (&from->info) ?
      GST_VIDEO_FORMAT_ARGB64 : GST_VIDEO_FORMAT_AYUV64, from->info.width,
      from->info.height, colour);
  Picture *source = from;

  if (method->wide) {
    convert_at_once (from, wide, method);
    source = &wide;
  }
  convert_at_once (source, to, method);
  free_picture (&wide);
  return to;
}

/* The picture decoded as RGB. */
static gboolean
decode (const gchar * path, Picture * picture)
{
  gchar *text = g_strdup_printf ("filesrc location=\"%s\" ! decodebin ! "
      "videoconvert ! video/x-raw,format=RGB ! fakesink name=sink "
      "enable-last-sample=true", path);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GstSample *sample = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_object_get (sink, "last-sample", &sample, NULL);
  if (sample) {
    gst_video_info_from_caps (&picture->info, gst_sample_get_caps (sample));
    picture->buffer = gst_buffer_ref (gst_sample_get_buffer (sample));
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_clear_message (&message);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_free (text);
  return sample != NULL;
}

/* Soft waves of three colours. */
static void
paint (Picture * picture)
{
  GstMapInfo map;

  *picture = new_picture (GST_VIDEO_FORMAT_RGB, 1280, 720, 0);
  gst_buffer_map (picture->buffer, &map, GST_MAP_WRITE);
  for (gint y = 0; y < 720; y++)
    for (gint x = 0; x < 1280; x++) {
      guint8 *pixel = map.data + y * picture->info.stride[0] + x * 3;
      gint wave = ABS (x % 256 - 128) + ABS (y % 180 - 90) / 2;

      pixel[0] = (guint8) (wave + x / 18);
      pixel[1] = (guint8) (wave / 2 + y / 6);
      pixel[2] = (guint8) (255 - wave);
    }
  gst_buffer_unmap (picture->buffer, &map);
}

/* `frame` by the element's own path into 224 x 224 x 3 bytes. */
static void
convert_ours (Picture * frame, guint format, guint colour, guint8 * bytes)
{
  MnetFrameInfo info = { formats[format].ours, frame->info.width,
    frame->info.height, colours[colour].matrix, colours[colour].full_range
  };
  MnetTensorInfo tensor = {.name = "picture",.type = MNET_TYPE_UINT8,.rank = 4,
    .dims = {1, SIZE, SIZE, 3}
  };
  MnetImageOptions options = {.fit = MNET_FIT_STRETCH,.raw = true };
  MnetError error;
  MnetImage *image = mnet_image_new (&info, &tensor, &options, &error);
  MnetPlanes planes = { {0} };
  GstVideoFrame mapped;

  g_assert_nonnull (image);
  g_assert_true (gst_video_frame_map (&mapped, &frame->info, frame->buffer,
          GST_MAP_READ));
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (&mapped); i++) {
    planes.data[i] = GST_VIDEO_FRAME_PLANE_DATA (&mapped, i);
    planes.stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (&mapped, i);
  }
  mnet_image_convert (image, &planes, bytes);
  gst_video_frame_unmap (&mapped);
  mnet_image_free (image);
}

static gdouble
mean_difference (Picture * rgb, const guint8 * bytes)
{
  guint64 sum = 0;
  GstMapInfo map;

  gst_buffer_map (rgb->buffer, &map, GST_MAP_READ);
  for (gint y = 0; y < SIZE; y++)
    for (gint i = 0; i < SIZE * 3; i++)
      sum += (guint64) ABS (map.data[y * rgb->info.stride[0] + i] -
          bytes[y * SIZE * 3 + i]);
  gst_buffer_unmap (rgb->buffer, &map);
  return (gdouble) sum / (SIZE * SIZE * 3);
}

static guint
class_of (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_IS_RGB (info) ? 0 :
      GST_VIDEO_INFO_COMP_DEPTH (info, 0) == 8 ? 1 : 2;
}

/* One frame of one format; returns how many methods are too far. */
static gint
check_frame (const gchar * name, Picture * rgb, guint format, guint colour,
    const Scale * scale)
{
  gint width = scale->width ? scale->width : rgb->info.width;
  gint height = scale->height ? scale->height : rgb->info.height;
  Picture frame = convert (rgb, new_picture (formats[format].gst, width, height,
          colour), colour, &methods[1]);
  guint8 *bytes = g_malloc (SIZE * SIZE * 3);
  gint failed = 0;

  convert_ours (&frame, format, colour, bytes);
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    Picture theirs = convert (&frame, new_picture (GST_VIDEO_FORMAT_RGB, SIZE,
            SIZE, 0), colour, &methods[m]);
    gdouble mean = mean_difference (&theirs, bytes);
    gdouble most = scale->most[class_of (&frame.info)][m];
    gboolean good = mean <= most;

    printf ("%-6s %-10s %-13s %4dx%-4d %-10s %-8s %-17s mean %5.2f of %.2f\n",
        good ? "ok" : "FAILED", name, scale->what, width, height,
        gst_video_format_to_string (formats[format].gst), colours[colour].name,
        methods[m].name, mean, most);
    failed += !good;
    free_picture (&theirs);
  }
  g_free (bytes);
  free_picture (&frame);
  return failed;
}

static gint
check_picture (const gchar * name, Picture * rgb)
{
  gint failed = 0;

  for (guint s = 0; s < G_N_ELEMENTS (scales); s++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      const GstVideoFormatInfo *info =
          gst_video_format_get_info (formats[f].gst);
      guint n = GST_VIDEO_FORMAT_INFO_IS_YUV (info) && s == 0 ?
          G_N_ELEMENTS (colours) : 1;

      for (guint c = 0; c < n; c++)
        failed += check_frame (name, rgb, f, c, &scales[s]);
    }
  return failed;
}

int
main (int argc, char **argv)
{
  static const gchar *const names[] = { "cat_720p.jpg", "parrot.jpg" };
  gint failed = 0;
  Picture picture = {.buffer = NULL };

  gst_init (&argc, &argv);
  paint (&picture);
  failed += check_picture ("waves", &picture);
  free_picture (&picture);
  for (guint i = 0; i < G_N_ELEMENTS (names) && argc > 1; i++) {
    gchar *path = g_build_filename (argv[1], "images", names[i], NULL);
    gint absent = shared_file_absent (path);

    if (absent) {
      failed += absent != SHARED_FILE_SKIP;
    } else if (!decode (path, &picture)) {
      printf ("FAILED %s cannot be decoded\n", path);
      failed++;
    } else {
      failed += check_picture (names[i], &picture);
      free_picture (&picture);
    }
    g_free (path);
  }
  printf ("%d failed\n", failed);
  return failed != 0;
}
