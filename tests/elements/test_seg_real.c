/* SPDX-License-Identifier: MIT
 *
 * test-seg-real SHARED_DIR: mobilenetseg with real networks on a photograph of a
 * person, whose share of the picture the reference implementation's maps tell, and with
 * real networks that do not segment.
 * Skipped without the folder of real models. */
#include <math.h>
#include <string.h>

#include "classify_fixture.h"
#include "refusal.h"
#include "shared_file.h"

#define PICTURE "grace_hopper.bmp"
#define TOLERANCE 0.005

static const gchar *shared;

static const struct
{
  const gchar *model, *range;
  guint person;                 /* number of the class */
  gdouble share;
  gboolean probabilities;
} cases[] = {
  {"segment/portrait_mnv3_seg_float.tflite", "auto", 1, 0.576, TRUE},
  {"segment/portrait_mnv3_seg_uint8io_ptq.tflite", "auto", 1, 0.579, TRUE},
  {"segment/selfie_segmentation.tflite", "zero-one", 1, 0.5786, TRUE},
  {"segment/selfie_segmentation_landscape.tflite", "zero-one", 1, 0.5748, TRUE},
  {"unet/portrait_munet_mnv2_128_wquant.tflite", "zero-one", 1, 0.568, TRUE},
  {"unet/portrait_slimnet_512_float.tflite", "zero-one", 1, 0.575, TRUE},
  {"unet/portrait_prisma_256_float.tflite", "zero-one", 1, 0.5857, TRUE},
  {"unet/portrait_video_224x4_int8.tflite", "auto", 1, 0.573, TRUE},
};

/* A bitmap of 24 bits a pixel as a frame of BGR, whose rows are as long. */
static GstBuffer *
read_bitmap (gint * width, gint * height)
{
  gchar *path = g_build_filename (shared, "images", PICTURE, NULL), *data;
  gsize size, stride;
  GstBuffer *buffer;
  guint32 numbers[4];
  gint y;

  fail_unless (g_file_get_contents (path, &data, &size, NULL) && size > 54);
  memcpy (numbers, data + 10, sizeof (numbers));
  *width = GUINT32_FROM_LE (numbers[2]);
  *height = GUINT32_FROM_LE (numbers[3]);
  stride = (3 * *width + 3) & ~3;
  fail_unless (data[28] == 24
      && size >= GUINT32_FROM_LE (numbers[0]) + stride * *height);
  buffer = gst_buffer_new_allocate (NULL, stride * *height, NULL);
  for (y = 0; y < *height; y++)
    gst_buffer_fill (buffer, stride * y, data + GUINT32_FROM_LE (numbers[0]) +
        stride * (*height - 1 - y), stride);
  GST_BUFFER_PTS (buffer) = 0;
  g_free (data);
  g_free (path);
  return buffer;
}

static gdouble
share_of (const GstMobilenetSegmentation * segmentation, guint wanted)
{
  gdouble share;
  guint i, index;

  for (i = 0; gst_mobilenet_segmentation_get_result (segmentation, i, &index,
          NULL, NULL, &share); i++)
    if (index == wanted)
      return share;
  return 0;
}

GST_START_TEST (test_person)
{
  gchar *model = g_build_filename (shared, "models", cases[__i__].model, NULL);
  GstElement *element = gst_element_factory_make ("mobilenetseg", NULL);
  const GstMobilenetSegmentation *said;
  GstMobilenetSegmentationMeta *meta;
  gint width, height;
  GstBuffer *buffer;
  guint index = 255;
  GstHarness *h;
  gdouble share;

  g_object_set (element, "model-file", model, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "input-range",
      cases[__i__].range);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  gst_harness_set_live (h, FALSE);
  buffer = read_bitmap (&width, &height);
  fixture_set_caps (h, "BGR", width, height);
  buffer = gst_harness_push_and_pull (h, buffer);
  meta = gst_buffer_get_mobilenet_segmentation_meta (buffer);
  fail_unless (meta != NULL);
  said = meta->segmentation;
  share = share_of (said, cases[__i__].person);
  fail_unless (fabs (share - cases[__i__].share) <= TOLERANCE,
      "%s: the person is %.4f of the picture, expected %.4f", model, share,
      cases[__i__].share);
  fail_unless (gst_mobilenet_segmentation_get_at (said, width / 2.0,
          height * 0.8, &index, NULL) && index == cases[__i__].person);
  fail_unless (gst_mobilenet_segmentation_get_at (said, width * 0.9,
          height * 0.05, &index, NULL) && index == 0);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_background (said), 0);
  fail_unless_equals_int (gst_mobilenet_segmentation_get_confidences (said) !=
      NULL, cases[__i__].probabilities);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
  g_free (model);
}

GST_END_TEST;

/* What is for other elements. */
static const struct
{
  const gchar *model, *element;
} others[] = {
  {"detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite", "mobilenetssd"},
  {"detect/ssd_mobilenet_v3_small_coco_int8_nonms.tflite", "mobilenetssd"},
  {"detect/face_detection_short_range.tflite", "mobilenetssd"},
  {"detect/face_detection_full_range_sparse.tflite", "mobilenetssd"},
  {"detect/lightface_slim_int8.tflite", "mobilenetssd"},
  {"classify/mobilenet_v1_0.25_128_quant.tflite", "mobilenetclassify"},
};

/* One error that names the element. */
GST_START_TEST (test_refused)
{
  gchar *model = g_build_filename (shared, "models", others[__i__].model, NULL);
  GstElement *element = gst_element_factory_make ("mobilenetseg", NULL);

  g_object_set (element, "model-file", model, NULL);
  refusal_expect (element, others[__i__].element);
  g_free (model);
}

GST_END_TEST;

static Suite *
seg_real_suite (void)
{
  Suite *suite = suite_create ("mobilenetseg real");
  TCase *tcase = tcase_create ("person");

  tcase_set_timeout (tcase, 300);
  tcase_add_loop_test (tcase, test_person, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, test_refused, 0, G_N_ELEMENTS (others));
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
  return run_element_tests (argc, argv, seg_real_suite);
}
