/* SPDX-License-Identifier: MIT
 *
 * test-classify-cifar10 SHARED_DIR: the built-in network and the 10,000 pictures
 * that CIFAR-10 keeps for tests, each a frame of 32 x 32 pixels that
 * mobilenetclassify is given.  Prints the share of right best classes.  Skipped
 * without the pictures. */
#include <string.h>

#include "base/memory.h"
#include "classify_fixture.h"
#include "shared_file.h"
#include "train/dataset_read.h"
#include "train/picture_file.h"

#define SIDE 32
#define N_PICTURES 10000
/* Percent. */
#define LEAST_RIGHT 91.4

typedef struct
{
  GstHarness *h;
  guint pictures, right;
} Trial;

static GstBuffer *
make_frame (const guint8 * data, gsize size, GstClockTime pts)
{
  MnetError error = { MNET_OK, "" };
  MnetPicture picture;
  GstBuffer *frame;

  fail_unless (mnet_picture_decode (data, size, &picture, &error) == MNET_OK,
      "%s", error.text);
  fail_unless (picture.width == SIDE && picture.height == SIDE);
  frame = gst_buffer_new_allocate (NULL, 3 * SIDE * SIDE, NULL);
  gst_buffer_fill (frame, 0, picture.rgb, 3 * SIDE * SIDE);
  mnet_free (picture.rgb);
  GST_BUFFER_PTS (frame) = pts;
  GST_BUFFER_DURATION (frame) = FRAME_DURATION;
  return frame;
}

/* Files are test/CLASS/NAME.jpg in the archive. */
static MnetStatus
show_picture (void *user, const char *path, const uint8_t * data, size_t size,
    const char *problem, MnetError * error)
{
  gchar *folder = g_path_get_dirname (path);
  gchar *class_name = g_path_get_basename (folder);
  Trial *trial = user;

  fail_unless (problem == NULL, "%s: %s", path, problem);
  if (data && strstr (path, "/test/")) {
    GstBuffer *frame = make_frame (data, size,
        trial->pictures * FRAME_DURATION);

    frame = gst_harness_push_and_pull (trial->h, frame);
    fail_unless (frame != NULL);
    trial->right += strcmp (fixture_best_label (frame), class_name) == 0;
    trial->pictures++;
    gst_buffer_unref (frame);
  }
  g_free (class_name);
  g_free (folder);
  return MNET_OK;
}

static gchar *archive;

GST_START_TEST (test_accuracy)
{
  Trial trial = { fixture_new ("model-file", NULL, "labels-file", NULL, "mode",
        1, "top-k", 1, NULL), 0, 0
  };
  MnetError error = { MNET_OK, "" };
  gdouble percent;

  fixture_set_caps (trial.h, "RGB", SIDE, SIDE);
  fail_unless (mnet_files_read (archive, show_picture, &trial, &error)
      == MNET_OK, "%s", error.text);
  fail_unless_equals_int (trial.pictures, N_PICTURES);
  percent = 100.0 * trial.right / trial.pictures;
  g_print ("%u of %u pictures right, %.2f %%\n", trial.right, trial.pictures,
      percent);
  fail_unless (percent >= LEAST_RIGHT, "%.2f %% are right, %.2f %% expected",
      percent, LEAST_RIGHT);
  fixture_teardown (trial.h);
}

GST_END_TEST;

static Suite *
cifar10_suite (void)
{
  Suite *suite = suite_create ("the built-in model and CIFAR-10");
  TCase *tcase = tcase_create ("accuracy");

  tcase_set_timeout (tcase, 300);
  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_test (tcase, test_accuracy);
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  int absent;

  archive = g_build_filename (argc > 1 ? argv[1] : "", "cifar10",
      "cifar10.tar.xz", NULL);
  absent = shared_file_absent (archive);
  if (absent)
    return absent;
  return run_element_tests (argc, argv, cifar10_suite);
}
