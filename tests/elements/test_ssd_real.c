/* SPDX-License-Identifier: MIT
 *
 * test-ssd-real SHARED_DIR: mobilenetssd with real networks and photographs:
 * known answers, a bird pasted at known places of a large frame, and a second
 * stage.  Skipped without the folder of real models. */
#include <math.h>
#include <string.h>

#include "shared_file.h"
#include "ssd_fixture.h"

#define COCO_SSD "detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite"
/* The class of sparrow.jpg. */
#define BIRD 15

static const gchar *shared;

typedef struct
{
  gdouble x, y, w, h;
} Box;

static gchar *
model_path (const gchar * name)
{
  return g_build_filename (shared, "models", name, NULL);
}

/* A photograph of images/ as an RGB frame without padding of its rows. */
static GstBuffer *
photograph (const gchar * name, gint * width, gint * height)
{
  gchar *line =
      g_strdup_printf ("filesrc location=\"%s/images/%s\" ! jpegdec ! "
      "videoconvert ! video/x-raw,format=RGB ! fakesink name=sink", shared,
      name);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  GstElement *sink;
  GstBuffer *buffer;
  GstVideoFrame frame;
  GstVideoInfo info;
  GstSample *sample = NULL;
  gint y;

  fail_unless (error == NULL, "the photographs need jpegdec of "
      "gstreamer1.0-plugins-good: %s", error ? error->message : "");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, 60 * GST_SECOND);
  g_object_get (sink, "last-sample", &sample, NULL);
  fail_unless (sample != NULL, "%s cannot be decoded", name);
  fail_unless (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
  *width = GST_VIDEO_INFO_WIDTH (&info);
  *height = GST_VIDEO_INFO_HEIGHT (&info);
  buffer = gst_buffer_new_allocate (NULL, 3 * *width * *height, NULL);
  fail_unless (gst_video_frame_map (&frame, &info, gst_sample_get_buffer
          (sample), GST_MAP_READ));
  for (y = 0; y < *height; y++)
    gst_buffer_fill (buffer, 3 * *width * y,
        (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), 3 * *width);
  gst_video_frame_unmap (&frame);
  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  g_free (line);
  return buffer;
}

/* At any address. */
static guint32
read_uint32 (const gchar * from)
{
  guint32 value;

  memcpy (&value, from, sizeof value);
  return GUINT32_FROM_LE (value);
}

/* A bitmap of images/, 24 bits a pixel, as an RGB frame. */
static GstBuffer *
bitmap (const gchar * name, gint * width, gint * height)
{
  gchar *path = g_build_filename (shared, "images", name, NULL), *data;
  GstVideoInfo info;
  GstBuffer *buffer;
  GstMapInfo map;
  gsize size, stride;
  gint x, y;

  fail_unless (g_file_get_contents (path, &data, &size, NULL) && size > 54);
  *width = read_uint32 (data + 18);
  *height = read_uint32 (data + 22);
  stride = (3 * *width + 3) & ~3;
  fail_unless (data[28] == 24
      && size >= read_uint32 (data + 10) + stride * *height,
      "%s is no bitmap of 24 bits a pixel", name);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, *width, *height);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (y = 0; y < *height; y++) {
    const gchar *bgr =
        data + read_uint32 (data + 10) + stride * (*height - 1 - y);
    guint8 *rgb = map.data + GST_VIDEO_INFO_PLANE_STRIDE (&info, 0) * y;

    for (x = 0; x < 3 * *width; x++)
      rgb[x] = bgr[x - x % 3 + 2 - x % 3];
  }
  gst_buffer_unmap (buffer, &map);
  g_free (data);
  g_free (path);
  return buffer;
}

/* A gray RGB frame with a photograph at x, y; its rows have 4-byte strides. */
static GstBuffer *
paste (GstBuffer * picture, gint pw, gint ph, gint width, gint height, gint x,
    gint y)
{
  GstBuffer *frame;
  GstVideoInfo info;
  GstMapInfo map;
  gint row;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, width, height);
  frame = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (frame, 0, 0x60, info.size);
  gst_buffer_map (picture, &map, GST_MAP_READ);
  for (row = 0; row < ph; row++)
    gst_buffer_fill (frame, GST_VIDEO_INFO_PLANE_STRIDE (&info, 0) * (y + row)
        + 3 * x, map.data + 3 * pw * row, 3 * pw);
  gst_buffer_unmap (picture, &map);
  GST_BUFFER_PTS (frame) = 0;
  return frame;
}

static GstHarness *
new_ssd (const gchar * model, const gchar * properties)
{
  gchar *path = model_path (model);
  gchar *line = g_strdup_printf ("mobilenetssd model-file=\"%s\" mode=every %s",
      path, properties);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_live (h, FALSE);
  g_free (line);
  g_free (path);
  return h;
}

static GstMobilenetDetection *
look (GstHarness * h, GstBuffer * frame, gint width, gint height,
    GstBuffer ** buffer)
{
  GstMobilenetDetectionMeta *meta;

  fixture_set_caps (h, "RGB", width, height);
  *buffer = ssd_push (h, frame);
  meta = gst_buffer_get_mobilenet_detection_meta (*buffer);
  fail_unless (meta != NULL);
  return meta->detection;
}

static gdouble
overlap (const Box * a, const Box * b)
{
  gdouble w = MIN (a->x + a->w, b->x + b->w) - MAX (a->x, b->x);
  gdouble h = MIN (a->y + a->h, b->y + b->h) - MAX (a->y, b->y);

  return w <= 0 || h <= 0 ? 0 : w * h / (a->w * a->h + b->w * b->h - w * h);
}

/* The detection of a class that lies best on a box, and how well; G_MAXUINT:
 * none. */
static guint
find (const GstMobilenetDetection * detection, guint index, const Box * box,
    gdouble * best_overlap)
{
  guint i, is, best = G_MAXUINT;
  Box found;

  *best_overlap = 0;
  for (i = 0; gst_mobilenet_detection_get_result (detection, i, NULL, &is,
          NULL, NULL); i++) {
    gst_mobilenet_detection_get_box (detection, i, &found.x, &found.y,
        &found.w, &found.h);
    if (is == index && overlap (&found, box) > *best_overlap) {
      *best_overlap = overlap (&found, box);
      best = i;
    }
  }
  return best;
}

/* The publisher's own test of the network. */
GST_START_TEST (test_known_answers)
{
  static const struct
  {
    const gchar *label;
    gdouble score;
    Box box;
  } known[] = {
    {"cat", 0.64, {54, 396, 393, 196}},
    {"cat", 0.61, {602, 157, 394, 447}},
    {"cat", 0.56, {260, 394, 180, 209}},
    {"dog", 0.50, {389, 197, 278, 409}},
  };
  gint width, height;
  GstBuffer *frame = photograph ("cats_and_dogs.jpg", &width, &height);
  GstHarness *h = new_ssd (COCO_SSD, "score-threshold=0.45");
  GstMobilenetDetection *detection;
  GstBuffer *buffer;
  guint i;

  detection = look (h, frame, width, height, &buffer);
  for (i = 0; i < G_N_ELEMENTS (known); i++) {
    const gchar *label;
    gdouble score;
    Box box;

    fail_unless (gst_mobilenet_detection_get_result (detection, i, NULL, NULL,
            &label, &score));
    gst_mobilenet_detection_get_box (detection, i, &box.x, &box.y, &box.w,
        &box.h);
    fail_unless_equals_string (label, known[i].label);
    fail_unless (fabs (score - known[i].score) < 0.05, "%s %f", label, score);
    fail_unless (overlap (&box, &known[i].box) > 0.85,
        "%s at %.0f,%.0f %.0fx%.0f", label, box.x, box.y, box.w, box.h);
    fail_unless (box.x >= 0 && box.y >= 0 && box.x + box.w <= width
        && box.y + box.h <= height);
  }
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Where the photograph lies in the frame, and how the frame is looked at. */
static const struct
{
  gint x, y;
  const gchar *properties;
} places[] = {
  /* Tiles of 889x500 pixels, the photograph in one of them. */
  {150, 10, "tiles=2x2"},
  {880, 410, "tiles=2x2"},
  {60, 420, "tiles=2x2,motion"},
  {850, 20, "tiles=2x2 fit=letterbox"},
  {112, 10, "tiles=2x2,whole fit=crop"},
  /* Across all seams. */
  {500, 250, "tiles=2x2,whole"},
  {500, 250, ""},
  {500, 250, "fit=letterbox"},
  {500, 250, "fit=crop"},
  {60, 420, "region=0,0.45,0.5,0.55"},
  {900, 420, "region=0.5,0.4,0.5,0.6 fit=letterbox"},
};

GST_START_TEST (test_pasted)
{
  gint pw, ph;
  GstBuffer *picture = photograph ("sparrow.jpg", &pw, &ph);
  GstHarness *alone = new_ssd (COCO_SSD, "");
  gchar *properties = g_strdup_printf ("classes=bird score-threshold=0.3 %s",
      places[__i__].properties);
  GstHarness *h = new_ssd (COCO_SSD, properties);
  GstMobilenetDetection *detection;
  GstBuffer *buffer;
  gdouble best;
  guint n, n_found;
  Box bird;

  detection = look (alone, gst_buffer_ref (picture), pw, ph, &buffer);
  fail_unless (gst_mobilenet_detection_get_box (detection, 0, &bird.x, &bird.y,
          &bird.w, &bird.h));
  gst_buffer_unref (buffer);
  bird.x += places[__i__].x;
  bird.y += places[__i__].y;
  detection = look (h, paste (picture, pw, ph, 1600, 900, places[__i__].x,
          places[__i__].y), 1600, 900, &buffer);
  n = find (detection, BIRD, &bird, &best);
  n_found = gst_mobilenet_detection_get_n_results (detection);
  fail_unless (n != G_MAXUINT && best > 0.75, "%s: overlap %.2f among %u",
      places[__i__].properties, best, n_found);
  /* What several tiles see, and what their edges cut, is there once. */
  fail_unless (!strstr (places[__i__].properties, "tiles") || n_found == 1,
      "%s: %u birds", places[__i__].properties, n_found);
  gst_buffer_unref (buffer);
  gst_buffer_unref (picture);
  gst_harness_teardown (h);
  gst_harness_teardown (alone);
  g_free (properties);
}

GST_END_TEST;

/* The detector takes the corgi for a cat; the second stage knows its breed. */
GST_START_TEST (test_second_stage)
{
  static const struct
  {
    guint index;
    Box box;
    const gchar *label;
  } known[] = {
    {16, {602, 157, 394, 447}, "Pembroke"},
    {17, {389, 197, 278, 409}, "poodle"},
    {16, {54, 396, 393, 196}, "cat"},
  };
  gint width, height;
  GstBuffer *frame = photograph ("cats_and_dogs.jpg", &width, &height);
  gchar *detector = model_path (COCO_SSD);
  gchar *classifier = model_path ("classify/mobilenet_v2_1.0_224_quant.tflite");
  gchar *labels = model_path ("labels/imagenet_labels.txt");
  gchar *line = g_strdup_printf ("mobilenetssd model-file=\"%s\" mode=every "
      "score-threshold=0.45 ! mobilenetclassify model-file=\"%s\" "
      "labels-file=\"%s\" regions=true mode=every", detector, classifier,
      labels);
  GstHarness *h = gst_harness_new_parse (line);
  GstMobilenetDetection *detection;
  GstBuffer *buffer;
  guint i;

  gst_harness_set_live (h, FALSE);
  detection = look (h, frame, width, height, &buffer);
  for (i = 0; i < G_N_ELEMENTS (known); i++) {
    const gchar *label = "";
    gdouble best;
    guint n = find (detection, known[i].index, &known[i].box, &best);

    fail_unless (n != G_MAXUINT && best > 0.8);
    fail_unless (gst_mobilenet_classification_get_result
        (gst_mobilenet_detection_get_classification (detection, n, 0), 0, NULL,
            &label, NULL));
    fail_unless (strstr (label, known[i].label) != NULL, "%s is not a %s",
        label, known[i].label);
  }
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
  g_free (line);
  g_free (labels);
  g_free (classifier);
  g_free (detector);
}

GST_END_TEST;

/* Networks that start without a property but the file, and the best that is
 * known of a picture.  No score of the last two is much above 0.5. */
static const struct
{
  const gchar *model, *picture, *properties;
  gdouble score;
  Box box;
} networks[] = {
  {COCO_SSD, "grace_hopper.bmp", "", 0.711, {0, 0, 512, 600}},
  {"detect/face_detection_full_range_sparse.tflite", "grace_hopper.bmp", "",
      0.871, {184, 120, 169, 222}},
  {"detect/face_detection_short_range.tflite", "grace_hopper.bmp", "", 0.899,
      {184, 120, 169, 222}},
  {"detect/lightface_slim_int8.tflite", "grace_hopper.bmp", "", 0.980,
      {184, 120, 169, 222}},
  {"detect/ssd_mobilenet_v3_small_coco_int8_nonms.tflite", "grace_hopper.bmp",
      "score-threshold=0.3", 0.5, {0, 0, 512, 600}},
  {"detect/traffic_model_lstm_ssd.tflite", "traffic_0001.bmp",
      "score-threshold=0.3", 0.414, {216, 142, 40, 48}},
};

GST_START_TEST (test_each_network)
{
  GstHarness *h = new_ssd (networks[__i__].model, networks[__i__].properties);
  const Box *known = &networks[__i__].box;
  gint width, height, i;

  /* A state must not change what is found, nor a gap in the stream. */
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer, *frame = bitmap (networks[__i__].picture, &width,
        &height);
    GstMobilenetDetection *detection;
    gdouble score;
    Box box;

    if (i == 2)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
    detection = look (h, frame, width, height, &buffer);
    fail_unless (gst_mobilenet_detection_get_result (detection, 0, NULL, NULL,
            NULL, &score), "%s finds nothing", networks[__i__].model);
    gst_mobilenet_detection_get_box (detection, 0, &box.x, &box.y, &box.w,
        &box.h);
    fail_unless (fabs (score - networks[__i__].score) < 0.05
        && overlap (&box, known) > 0.65, "%s: %f at %.0f,%.0f %.0fx%.0f",
        networks[__i__].model, score, box.x, box.y, box.w, box.h);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
real_suite (void)
{
  Suite *suite = suite_create ("mobilenetssd with real networks");
  TCase *tcase = tcase_create ("real");

  tcase_set_timeout (tcase, 300);
  tcase_add_test (tcase, test_known_answers);
  tcase_add_loop_test (tcase, test_pasted, 0, G_N_ELEMENTS (places));
  tcase_add_test (tcase, test_second_stage);
  tcase_add_loop_test (tcase, test_each_network, 0, G_N_ELEMENTS (networks));
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  int absent;

  shared = argc > 1 ? argv[1] : "";
  absent = shared_file_absent (shared);
  if (absent)
    return absent;
  return run_element_tests (argc, argv, real_suite);
}
