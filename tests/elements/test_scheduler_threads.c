/* SPDX-License-Identifier: MIT
 *
 * test_scheduler_threads [STARTS]: streams in threads of their own that share
 * one model file and one pool, each with a scheduler that is made and freed
 * again, is given a worker and loses it while frames pass, and is flushed by
 * itself and by another thread.  Every result is that of its frame alone, none
 * is older than the stream's last flush, and, built with ThreadSanitizer, there
 * is no race. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "gstmobilenetmodel.h"
#include "gstmobilenetscheduler.h"
#include "tflitebuilder.h"

GST_DEBUG_CATEGORY (gst_mobilenet_filter_debug);

#define STREAMS 3
#define FRAMES 120
#define VALUES 8                /* pictures of one value each */
#define CLASSES 4
#define VIEWS 2

static gint starts = 2;
static gchar *path;
static guint8 expected[VALUES][CLASSES];
static GMutex lock;             /* of these: */
static GstMobilenetScheduler *schedulers[STREAMS];
static guint failures, results;
static gboolean over;

typedef struct
{
  gint references;
  guint64 number;
  guint n_views;
  guint8 scores[VIEWS][CLASSES];
} Result;

static gpointer
ref_result (gpointer boxed)
{
  g_atomic_int_inc (&((Result *) boxed)->references);
  return boxed;
}

static void
unref_result (gpointer boxed)
{
  if (g_atomic_int_dec_and_test (&((Result *) boxed)->references))
    g_free (boxed);
}

/* What the computing thread knows of a frame so far. */
typedef struct
{
  guint8 scores[VIEWS][CLASSES];
} Decoder;

static void
reset (gpointer user)
{
  memset (user, 0, sizeof (Decoder));
}

static void
decode (gpointer user, MnetSession * session,
    const GstMobilenetFrame * frame, guint view)
{
  memcpy (((Decoder *) user)->scores[view], mnet_session_output (session, 0),
      CLASSES);
}

static gpointer
finish (gpointer user, const GstMobilenetFrame * frame)
{
  Result *result = g_new0 (Result, 1);

  result->references = 1;
  result->number = frame->number;
  result->n_views = frame->n_views;
  memcpy (result->scores, ((Decoder *) user)->scores, sizeof (result->scores));
  return result;
}

/* A stream; all of it belongs to its thread, the decoder to who computes. */
typedef struct
{
  guint index;
  GType type;
  Decoder decoder;
  GstMobilenetScheduler *scheduler;
  guint64 number;
  guint64 since;                /* the last flush of its own */
  guint failures, results;
} Stream;

static guint
value_of (guint64 number, guint view)
{
  return (number + view) % VALUES;
}

static gboolean
is_right (const Stream * stream, const Result * result, guint64 number)
{
  guint view;

  if (result->number != number || number < stream->since)
    return FALSE;
  for (view = 0; view < result->n_views; view++) {
    if (memcmp (result->scores[view], expected[value_of (number, view)],
            CLASSES) != 0)
      return FALSE;
  }
  return TRUE;
}

static void
look_at_result (Stream * stream)
{
  GstMobilenetAnswer answer;

  if (!gst_mobilenet_scheduler_dup_result (stream->scheduler, &answer))
    return;
  stream->results += answer.fresh;
  stream->failures += !is_right (stream, answer.result, answer.number);
  g_boxed_free (stream->type, answer.result);
}

static void
pass_frame (Stream * stream, gsize bytes)
{
  GstMobilenetFrame frame;
  guint view;

  memset (&frame, 0, sizeof (frame));
  frame.pts = frame.number = stream->number;
  frame.n_views = 1 + stream->number / 3 % VIEWS;
  gst_mobilenet_scheduler_begin (stream->scheduler, 0);
  for (view = 0; view < frame.n_views; view++) {
    memset (gst_mobilenet_scheduler_input (stream->scheduler, view),
        255 / VALUES * value_of (stream->number, view), bytes);
    gst_mobilenet_scheduler_filled (stream->scheduler, &frame, view, 1);
  }
  gst_mobilenet_scheduler_commit (stream->scheduler, &frame);
  look_at_result (stream);
  stream->number++;
}

static void
pass_frames (Stream * stream, gsize bytes)
{
  MnetError error;
  guint i;

  for (i = 0; i < FRAMES; i++) {
    if (i % 40 == 0
        && !gst_mobilenet_scheduler_set_worker (stream->scheduler,
            i % 120 < 80, &error))
      stream->failures++;
    if (i % 17 == 16) {
      gst_mobilenet_scheduler_discard (stream->scheduler);
      stream->since = stream->number;
    }
    pass_frame (stream, bytes);
    if (i % 4 == 0)
      g_usleep (2000);          /* as a camera does */
  }
}

/* Where the flushing thread finds it. */
static void
publish (const Stream * stream, GstMobilenetScheduler * scheduler)
{
  g_mutex_lock (&lock);
  schedulers[stream->index] = scheduler;
  g_mutex_unlock (&lock);
}

static void
start_and_stop (Stream * stream)
{
  GstMobilenetDecoder decoder = { stream->type, &stream->decoder, reset, NULL,
    decode, finish
  };
  MnetError error = { MNET_OK, "" };
  MnetModel *model = gst_mobilenet_model_acquire (path, NULL,
      MNET_PRECISION_FP32, &error);
  MnetPool *pool = gst_mobilenet_pool_acquire (2, &error);
  MnetSessionOptions options = { pool, };
  MnetSession *session = model && pool ? mnet_session_new (model, &options,
      &error) : NULL;

  if (session) {
    const GstMobilenetSessions sessions = { &session, 1, VIEWS,
      mnet_pool_threads (pool)
    };
    GstMobilenetStats *stats = gst_mobilenet_stats_new ();
    gsize bytes = mnet_session_input_info (session, 0)->bytes;

    stream->scheduler = gst_mobilenet_scheduler_new (&sessions, &decoder,
        stats);
    publish (stream, stream->scheduler);
    pass_frames (stream, bytes);
    publish (stream, NULL);
    gst_mobilenet_scheduler_free (stream->scheduler);
    gst_mobilenet_stats_free (stats);
  } else {
    g_printerr ("%s\n", error.text);
    stream->failures++;
  }
  gst_mobilenet_pool_release (pool);
  if (model)
    gst_mobilenet_model_release (model);
}

static gpointer
stream_main (gpointer user)
{
  Stream *stream = user;
  gint i;

  for (i = 0; i < starts; i++)
    start_and_stop (stream);
  g_mutex_lock (&lock);
  failures += stream->failures;
  results += stream->results;
  g_mutex_unlock (&lock);
  return NULL;
}

/* Flushes come on an application's thread. */
static gpointer
flush_main (gpointer user)
{
  gboolean done = FALSE;
  guint i;

  for (i = 0; !done; i++) {
    g_usleep (5000);
    g_mutex_lock (&lock);
    done = over;
    if (schedulers[i % STREAMS])
      gst_mobilenet_scheduler_discard (schedulers[i % STREAMS]);
    g_mutex_unlock (&lock);
  }
  return NULL;
}

static void
race_streams (GType type)
{
  Stream streams[STREAMS];
  GThread *threads[STREAMS], *flusher;
  guint i;

  memset (streams, 0, sizeof (streams));
  flusher = g_thread_new ("flush", flush_main, NULL);
  for (i = 0; i < STREAMS; i++) {
    streams[i].index = i;
    streams[i].type = type;
    threads[i] = g_thread_new ("stream", stream_main, &streams[i]);
  }
  for (i = 0; i < STREAMS; i++)
    g_thread_join (threads[i]);
  g_mutex_lock (&lock);
  over = TRUE;
  g_mutex_unlock (&lock);
  g_thread_join (flusher);
}

/* What each picture gives alone, on one thread. */
static gboolean
expect_scores (void)
{
  MnetError error = { MNET_OK, "" };
  MnetModel *model = mnet_model_load (path, NULL, &error);
  MnetSession *session = model ? mnet_session_new (model, NULL, &error) : NULL;
  guint i;

  for (i = 0; session && i < VALUES; i++) {
    memset (mnet_session_input (session, 0), 255 / VALUES * i,
        mnet_session_input_info (session, 0)->bytes);
    mnet_session_run (session);
    memcpy (expected[i], mnet_session_output (session, 0), CLASSES);
  }
  if (!session)
    g_printerr ("%s\n", error.text);
  mnet_session_free (session);
  mnet_model_unref (model);
  return session != NULL;
}

int
main (int argc, char **argv)
{
  TbFile file = tb_tiny_classifier (&(TbTiny) {.type = TFL_TYPE_UINT8 });
  gboolean good;

  if (argc > 1)
    starts = atoi (argv[1]);
  path = g_strdup_printf ("%s/scheduler-%d.tflite", g_get_tmp_dir (),
      (gint) getpid ());
  good = g_file_set_contents (path, (gchar *) file.data, file.size, NULL)
      && expect_scores ();
  if (good)
    race_streams (g_boxed_type_register_static ("TestResult", ref_result,
            unref_result));
  g_print ("%u results, %u failures\n", results, failures);
  good = good && failures == 0 && results > 0;
  g_remove (path);
  g_free (path);
  tb_file_free (&file);
  g_print ("%d passed, %d failed\n", good, !good);
  return !good;
}
