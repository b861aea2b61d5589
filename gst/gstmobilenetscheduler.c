/* SPDX-License-Identifier: MIT
 *
 * When and on which thread a network runs, and which result a frame gets.
 *
 * Without a worker the streaming thread computes: a frame waits for its own
 * result.  With one the streaming thread only fills an input tensor and the
 * worker computes.  Three tensors pass between the two, so that there is always
 * one to fill beside the one being computed and the one that waits: a newer
 * frame takes the place of the waiting one, the worker never starts on anything
 * but the newest complete frame, and neither ever waits for the other. */

#include "gstmobilenetscheduler.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

#define N_SLOTS 3
#define NO_SLOT (-1)

struct _GstMobilenetScheduler
{
  MnetSession *session;         /* the computing thread's */
  GType result_type;
  GstMobilenetDecodeFunc decode;
  gpointer user;
  GThread *thread;              /* NULL: the streaming thread computes */
  gint filling;                 /* slot, the streaming thread's */

  /* The lock is held for a few assignments only. */
  GMutex lock;
  GCond wake;                   /* stop, waiting */
  gboolean stop;
  guint epoch;                  /* results of an earlier one are stale */
  gint waiting;                 /* slot to be computed next */
  gint running;                 /* slot being computed */
  gpointer slots[N_SLOTS];      /* input tensors; NULL without a worker */
  GstMobilenetFrame frames[N_SLOTS];
  gpointer result;              /* the newest one, or NULL */
  GstMobilenetFrame result_frame;
  gboolean fresh;               /* nobody has asked for it yet */
};

/* Takes `session`.  `result_type` is the boxed type of what `decode` makes. */
GstMobilenetScheduler *
gst_mobilenet_scheduler_new (MnetSession * session, GType result_type,
    GstMobilenetDecodeFunc decode, gpointer user)
{
  GstMobilenetScheduler *self = g_new0 (GstMobilenetScheduler, 1);

  self->session = session;
  self->result_type = result_type;
  self->decode = decode;
  self->user = user;
  self->waiting = self->running = NO_SLOT;
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  return self;
}

static void
publish (GstMobilenetScheduler * self, gpointer result,
    const GstMobilenetFrame * frame, guint epoch)
{
  gpointer old = result;

  g_mutex_lock (&self->lock);
  self->running = NO_SLOT;
  if (epoch == self->epoch) {
    old = self->result;
    self->result = result;
    self->result_frame = *frame;
    self->fresh = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (old)
    g_boxed_free (self->result_type, old);
}

static void
compute (GstMobilenetScheduler * self, const GstMobilenetFrame * frame,
    guint epoch)
{
  mnet_session_run (self->session);
  publish (self, self->decode (self->user, self->session, frame), frame, epoch);
}

static gpointer
worker_main (gpointer data)
{
  GstMobilenetScheduler *self = data;

  g_mutex_lock (&self->lock);
  while (!self->stop) {
    guint epoch = self->epoch;

    if (self->waiting == NO_SLOT) {
      g_cond_wait (&self->wake, &self->lock);
      continue;
    }
    self->running = self->waiting;
    self->waiting = NO_SLOT;
    g_mutex_unlock (&self->lock);
    mnet_session_bind_input (self->session, 0, self->slots[self->running]);
    compute (self, &self->frames[self->running], epoch);
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* Waits for at most one inference. */
static void
stop_worker (GstMobilenetScheduler * self)
{
  gint i;

  if (self->thread) {
    g_mutex_lock (&self->lock);
    self->stop = TRUE;
    g_cond_signal (&self->wake);
    g_mutex_unlock (&self->lock);
    g_thread_join (self->thread);
  }
  self->thread = NULL;
  self->stop = FALSE;
  self->waiting = NO_SLOT;
  mnet_session_bind_input (self->session, 0, NULL);
  for (i = 0; i < N_SLOTS; i++) {
    mnet_buffer_free (self->slots[i]);
    self->slots[i] = NULL;
  }
}

static gboolean
start_worker (GstMobilenetScheduler * self, MnetError * error)
{
  gsize bytes = mnet_session_input_info (self->session, 0)->bytes;
  GError *cause = NULL;
  gint i;

  for (i = 0; i < N_SLOTS; i++) {
    self->slots[i] = mnet_buffer_alloc (bytes);
    if (!self->slots[i]) {
      error->status = MNET_ERROR_MEMORY;
      g_snprintf (error->text, sizeof (error->text),
          "no memory for an input tensor of %" G_GSIZE_FORMAT " bytes", bytes);
      stop_worker (self);
      return FALSE;
    }
  }
  self->thread = g_thread_try_new ("mobilenet", worker_main, self, &cause);
  if (!self->thread) {
    error->status = MNET_ERROR_SYSTEM;
    g_snprintf (error->text, sizeof (error->text),
        "no thread for mode=latest: %s", cause->message);
    g_clear_error (&cause);
    stop_worker (self);
    return FALSE;
  }
  return TRUE;
}

/* Streaming thread, or none running; drops all results.  FALSE and `error`
 * filled, without a worker, when memory or a thread is not to be had. */
gboolean
gst_mobilenet_scheduler_set_worker (GstMobilenetScheduler * self,
    gboolean worker, MnetError * error)
{
  gst_mobilenet_scheduler_discard (self);
  if (worker == (self->thread != NULL))
    return TRUE;
  if (worker)
    return start_worker (self, error);
  stop_worker (self);
  return TRUE;
}

/* Waits for at most one inference. */
void
gst_mobilenet_scheduler_free (GstMobilenetScheduler * self)
{
  if (!self)
    return;
  stop_worker (self);
  gst_mobilenet_scheduler_discard (self);
  mnet_session_free (self->session);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

/* Streaming thread: the input tensor to fill with the frame that the next
 * gst_mobilenet_scheduler_commit() is about.  May be called again without a
 * commit. */
gpointer
gst_mobilenet_scheduler_begin (GstMobilenetScheduler * self)
{
  gint slot = 0;

  if (!self->thread)
    return mnet_session_input (self->session, 0);

  g_mutex_lock (&self->lock);
  while (slot == self->running || slot == self->waiting)
    slot++;
  g_mutex_unlock (&self->lock);
  self->filling = slot;
  return self->slots[slot];
}

/* Streaming thread: computes, or hands the tensor to the worker. */
void
gst_mobilenet_scheduler_commit (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame)
{
  guint epoch;

  g_mutex_lock (&self->lock);
  epoch = self->epoch;
  if (!self->thread) {
    g_mutex_unlock (&self->lock);
    compute (self, frame, epoch);
    return;
  }
  self->frames[self->filling] = *frame;
  self->waiting = self->filling;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* The newest result, to be freed with g_boxed_free(), the frame that it is
 * about, and whether it has not been asked for before.  NULL when there is
 * none. */
gpointer
gst_mobilenet_scheduler_dup_result (GstMobilenetScheduler * self,
    GstMobilenetFrame * frame, gboolean * fresh)
{
  gpointer result = NULL;

  g_mutex_lock (&self->lock);
  if (self->result) {
    result = g_boxed_copy (self->result_type, self->result);
    *frame = self->result_frame;
    *fresh = self->fresh;
    self->fresh = FALSE;
  }
  g_mutex_unlock (&self->lock);
  return result;
}

/* Any thread: forgets the result, the waiting frame, and what the running
 * inference will find. */
void
gst_mobilenet_scheduler_discard (GstMobilenetScheduler * self)
{
  gpointer old;

  g_mutex_lock (&self->lock);
  self->epoch++;
  self->waiting = NO_SLOT;
  old = self->result;
  self->result = NULL;
  g_mutex_unlock (&self->lock);
  if (old)
    g_boxed_free (self->result_type, old);
}
