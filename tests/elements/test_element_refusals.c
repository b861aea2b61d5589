/* SPDX-License-Identifier: MIT
 *
 * What a system refuses to the element: memory at each of the core's
 * allocations, files, threads.  One error that says so, nothing left behind, and
 * the element works when it is tried again.  Linked with the core's objects and
 * --wrap of open() and read(). */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "classify_fixture.h"
#include "gstmobilenetclassify.h"

/* More than any start takes. */
#define MANY 10000

static const gchar *const modes[] = { "latest", "every" };

static gint open_error, read_error;     /* errno; 0: as it is */

int __real_open64 (const char *path, int flags, ...);
int __wrap_open64 (const char *path, int flags, ...);
ssize_t __real_read (int fd, void *bytes, size_t size);
ssize_t __wrap_read (int fd, void *bytes, size_t size);

/* The core does not create files. */
int
__wrap_open64 (const char *path, int flags, ...)
{
  errno = open_error;
  return open_error ? -1 : __real_open64 (path, flags);
}

ssize_t
__wrap_read (int fd, void *bytes, size_t size)
{
  errno = read_error;
  return read_error ? -1 : __real_read (fd, bytes, size);
}

static GstElement *
new_element (const gchar * mode)
{
  GstElement *element = g_object_new (GST_TYPE_MOBILENET_CLASSIFY, NULL);
  GstBus *bus = gst_bus_new ();

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", fixture_model (), "labels-file",
      fixture_labels (), NULL);
  gst_util_set_object_arg (G_OBJECT (element), "mode", mode);
  return element;
}

static void
free_element (GstElement * element)
{
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

/* The one error on the bus has `part` in its text; without `part` there is none. */
static void
assert_error (GstElement * element, const gchar * part)
{
  GstBus *bus = gst_element_get_bus (element);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error = NULL;

  if (message)
    gst_message_parse_error (message, &error, NULL);
  fail_unless ((error != NULL) == (part != NULL), "error %s, expected %s",
      error ? error->message : "none", part ? part : "none");
  if (error) {
    fail_unless (strstr (error->message, part) != NULL, "%s: no %s",
        error->message, part);
    g_error_free (error);
    gst_message_unref (message);
  }
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message == NULL, "a second error after %s", part);
  gst_object_unref (bus);
}

static gboolean
starts (GstElement * element)
{
  return gst_element_set_state (element, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE;
}

/* A frame passes, with its result in the end. */
static void
assert_works (GstElement * element)
{
  GstHarness *h;
  gboolean found = FALSE;
  guint i;

  gst_element_set_state (element, GST_STATE_NULL);
  h = gst_harness_new_with_element (element, "sink", "src");
  fixture_set_caps (h, "RGB", 16, 16);
  for (i = 0; i < 3000 && !found; i++) {
    GstBuffer *buffer = fixture_push (h, COLOUR_GREEN, i * FRAME_DURATION);

    found = fixture_meta (buffer) != NULL;
    gst_buffer_unref (buffer);
    if (!found)
      g_usleep (10000);
  }
  fail_unless (found, "no result");
  assert_error (element, NULL);
  fixture_teardown (h);
}

static void
assert_refused (GstElement * element, const gchar * part)
{
  fail_unless (!starts (element), "started without %s", part);
  open_error = read_error = 0;
  assert_error (element, part);
  assert_works (element);
  free_element (element);
}

GST_START_TEST (test_files)
{
  GstElement *element = new_element (modes[__i__]);

  open_error = EMFILE;
  assert_refused (element, "colours.tflite: Too many open files");
  element = new_element (modes[__i__]);
  read_error = EIO;
  assert_refused (element, "colours.tflite: cannot be read: Input/output");
}

GST_END_TEST;

/* Whether the failure that was asked for has not happened yet. */
static gboolean
still_pending (void)
{
  gboolean pending = FALSE;
  guint i;

  for (i = 0; i < MANY && !pending; i++) {
    gpointer block = mnet_alloc (1);

    pending = block == NULL;
    mnet_free (block);
  }
  mnet_alloc_fail_at (0);
  return pending;
}

static gboolean
takes_caps (GstElement * element)
{
  GstPad *pad = gst_element_get_static_pad (element, "sink");
  GstCaps *caps = gst_caps_from_string ("video/x-raw,format=NV12,width=33,"
      "height=21,framerate=25/1");
  gboolean taken;

  gst_pad_send_event (pad, gst_event_new_stream_start ("test"));
  taken = gst_pad_send_event (pad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_object_unref (pad);
  return taken;
}

/* The n-th allocation of the start, or of caps, fails.  FALSE when there are not
 * so many. */
static gboolean
fail_allocation (const gchar * mode, gboolean of_caps, guint n)
{
  GstElement *element = new_element (mode);
  gboolean works, pending;

  if (of_caps)
    fail_unless (starts (element));
  mnet_alloc_fail_at (n);
  works = of_caps ? takes_caps (element) : starts (element);
  pending = still_pending ();
  fail_unless (works == pending, "failure %u was passed over", n);
  assert_error (element, works ? NULL : "memory");
  if (!works && n % 8 == 1)
    assert_works (element);
  free_element (element);
  return !works;
}

GST_START_TEST (test_memory)
{
  guint n, failures[2] = { 0, 0 };

  for (n = 1; fail_allocation (modes[__i__], FALSE, n); n++)
    failures[0]++;
  for (n = 1; fail_allocation (modes[__i__], TRUE, n); n++)
    failures[1]++;
  fail_unless (failures[0] > 10 && failures[1] > 0, "%u and %u failures",
      failures[0], failures[1]);
}

GST_END_TEST;

/* Bytes of a thread's stack; 0: more than there can be. */
static gsize
set_stack (gsize bytes)
{
  pthread_attr_t attributes;
  gsize before;

  fail_unless (pthread_getattr_default_np (&attributes) == 0);
  pthread_attr_getstacksize (&attributes, &before);
  pthread_attr_setstacksize (&attributes, bytes ? bytes : (gsize) 1 << 50);
  fail_unless (pthread_setattr_default_np (&attributes) == 0);
  pthread_attr_destroy (&attributes);
  return before;
}

GST_START_TEST (test_worker)
{
  GstElement *element = new_element ("latest");
  gsize stack = set_stack (0);

  fail_unless (starts (element));
  fail_unless (!takes_caps (element), "a worker without a stack");
  set_stack (stack);
  assert_error (element, "no thread for mode=latest");
  assert_works (element);
  free_element (element);
}

GST_END_TEST;

GST_START_TEST (test_pool)
{
  GstElement *element = new_element (modes[__i__]);
  gsize stack = set_stack (0);
  gboolean started;

  g_object_set (element, "threads", 2, NULL);
  started = starts (element);
  set_stack (stack);
  /* On one processor one thread computes. */
  fail_unless (started == (g_get_num_processors () == 1));
  assert_error (element, started ? NULL : "2 threads cannot be started");
  assert_works (element);
  free_element (element);
}

GST_END_TEST;

static Suite *
refusals_suite (void)
{
  Suite *suite = suite_create ("refusals");
  TCase *tcase = tcase_create ("refusals");

  tcase_add_checked_fixture (tcase, NULL, fixture_clean);
  tcase_add_loop_test (tcase, test_files, 0, G_N_ELEMENTS (modes));
  tcase_add_loop_test (tcase, test_memory, 0, G_N_ELEMENTS (modes));
  tcase_add_test (tcase, test_worker);
  tcase_add_loop_test (tcase, test_pool, 0, G_N_ELEMENTS (modes));
  suite_add_tcase (suite, tcase);
  return suite;
}

int
main (int argc, char **argv)
{
  /* The element is linked to this program: the plugin has it, too, and must not
   * be loaded. */
  g_unsetenv ("GST_PLUGIN_PATH");
  g_unsetenv ("GST_PLUGIN_PATH_1_0");
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  return run_element_tests (argc, argv, refusals_suite);
}
