/* SPDX-License-Identifier: MIT
 *
 * When and on which thread a network runs, and which result a frame gets.
 *
 * Without a worker the streaming thread computes: a frame waits for its own
 * result, and its views are converted, run and decoded in turn with one tensor.
 * With one the streaming thread only fills input tensors, one for each view, and
 * the worker computes.  Three slots of tensors pass between the two, so that
 * there is always one to fill beside the one being computed and the one that
 * waits: a newer frame takes the place of the waiting one, the worker never
 * starts on anything but the newest complete frame, and neither ever waits for
 * the other. */

#include "gstmobilenetscheduler.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

#define N_SLOTS 3
#define NO_SLOT (-1)

/* A frame on its way to the worker. */
typedef struct
{
  gpointer tensors[GST_MOBILENET_MAX_VIEWS];    /* NULL without a worker */
  GstMobilenetFrame frame;
} Slot;

struct _GstMobilenetScheduler
{
  MnetSession *session;         /* the computing thread's */
  guint max_views;              /* tensors of a slot */
  GstMobilenetDecoder decoder;
  GThread *thread;              /* NULL: the streaming thread computes */
  gint filling;                 /* slot, the streaming thread's */
  guint filling_epoch;          /* without a worker: when the frame began */
  guint computed_epoch;         /* the computing thread's: of what it knows */
  Slot slots[N_SLOTS];

  /* The lock is held for a few assignments only. */
  GMutex lock;
  GCond wake;                   /* stop, waiting */
  gboolean stop;
  guint epoch;                  /* results of an earlier one are stale */
  gint waiting;                 /* slot to be computed next */
  gint running;                 /* slot being computed */
  gpointer result;              /* the newest one, or NULL */
  GstClockTime result_pts;      /* of the frame that it is about */
  guint64 result_number;
  gboolean fresh;               /* nobody has asked for it yet */
};

/* Takes `session`.  A slot has `max_views` tensors, 1 to
 * GST_MOBILENET_MAX_VIEWS. */
GstMobilenetScheduler *
gst_mobilenet_scheduler_new (MnetSession * session, guint max_views,
    const GstMobilenetDecoder * decoder)
{
  GstMobilenetScheduler *self = g_new0 (GstMobilenetScheduler, 1);

  self->session = session;
  self->max_views = max_views;
  self->decoder = *decoder;
  self->waiting = self->running = NO_SLOT;
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  return self;
}

static void
free_result (GstMobilenetScheduler * self, gpointer result)
{
  if (result)
    g_boxed_free (self->decoder.result_type, result);
}

/* What is kept from frame to frame is forgotten where a new epoch begins. */
static void
enter_epoch (GstMobilenetScheduler * self, guint epoch)
{
  if (epoch == self->computed_epoch)
    return;
  mnet_session_reset_states (self->session);
  if (self->decoder.reset)
    self->decoder.reset (self->decoder.user);
  self->computed_epoch = epoch;
}

static void
compute_view (GstMobilenetScheduler * self, const GstMobilenetFrame * frame,
    guint view, guint epoch)
{
  enter_epoch (self, epoch);
  mnet_session_run (self->session);
  self->decoder.decode (self->decoder.user, self->session, frame, view);
}

static void
finish_frame (GstMobilenetScheduler * self, const GstMobilenetFrame * frame,
    guint epoch)
{
  gpointer result, old;

  enter_epoch (self, epoch);
  old = result = self->decoder.finish (self->decoder.user, frame);
  g_mutex_lock (&self->lock);
  self->running = NO_SLOT;
  if (epoch == self->epoch) {
    old = self->result;
    self->result = result;
    self->result_pts = frame->pts;
    self->result_number = frame->number;
    self->fresh = TRUE;
  }
  g_mutex_unlock (&self->lock);
  free_result (self, old);
}

static void
compute_slot (GstMobilenetScheduler * self, const Slot * slot, guint epoch)
{
  guint i;

  for (i = 0; i < slot->frame.n_views; i++) {
    mnet_session_bind_input (self->session, 0, slot->tensors[i]);
    compute_view (self, &slot->frame, i, epoch);
  }
  finish_frame (self, &slot->frame, epoch);
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
    compute_slot (self, &self->slots[self->running], epoch);
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
free_tensors (GstMobilenetScheduler * self)
{
  guint i, view;

  for (i = 0; i < N_SLOTS; i++) {
    for (view = 0; view < self->max_views; view++)
      g_clear_pointer (&self->slots[i].tensors[view], mnet_buffer_free);
  }
}

/* Waits for at most the inferences of one frame. */
static void
stop_worker (GstMobilenetScheduler * self)
{
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
  free_tensors (self);
}

static gboolean
allocate_tensors (GstMobilenetScheduler * self, MnetError * error)
{
  gsize bytes = mnet_session_input_info (self->session, 0)->bytes;
  guint i;

  for (i = 0; i < N_SLOTS * self->max_views; i++) {
    gpointer *tensor = &self->slots[i % N_SLOTS].tensors[i / N_SLOTS];

    *tensor = mnet_buffer_alloc (bytes);
    if (*tensor)
      continue;
    error->status = MNET_ERROR_MEMORY;
    g_snprintf (error->text, sizeof (error->text),
        "no memory for %u input tensors of %" G_GSIZE_FORMAT " bytes",
        N_SLOTS * self->max_views, bytes);
    return FALSE;
  }
  return TRUE;
}

static gboolean
start_worker (GstMobilenetScheduler * self, MnetError * error)
{
  GError *cause = NULL;

  if (!allocate_tensors (self, error)) {
    stop_worker (self);
    return FALSE;
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

/* Streaming thread. */
gboolean
gst_mobilenet_scheduler_has_worker (GstMobilenetScheduler * self)
{
  return self->thread != NULL;
}

/* Streaming thread: how many views of a frame there may be. */
guint
gst_mobilenet_scheduler_max_views (GstMobilenetScheduler * self)
{
  return self->thread ? self->max_views : GST_MOBILENET_MAX_VIEWS;
}

/* Waits for at most the inferences of one frame. */
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

/* Streaming thread: begins the frame that the next
 * gst_mobilenet_scheduler_commit() is about.  May be called again without a
 * commit.  TRUE: the frame that was committed last waits still, and this one
 * takes its place. */
gboolean
gst_mobilenet_scheduler_begin (GstMobilenetScheduler * self)
{
  gboolean replaces;
  gint slot = 0;

  g_mutex_lock (&self->lock);
  self->filling_epoch = self->epoch;
  while (slot == self->running || slot == self->waiting)
    slot++;
  replaces = self->waiting != NO_SLOT;
  g_mutex_unlock (&self->lock);
  self->filling = slot;
  return replaces;
}

/* Streaming thread: the tensor to fill with view `view` of the frame. */
gpointer
gst_mobilenet_scheduler_input (GstMobilenetScheduler * self, guint view)
{
  if (!self->thread)
    return mnet_session_input (self->session, 0);
  return self->slots[self->filling].tensors[view];
}

/* Streaming thread: view `view` of `frame` is in its tensor.  Computes it, or
 * leaves it for the worker. */
void
gst_mobilenet_scheduler_filled (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame, guint view)
{
  if (!self->thread)
    compute_view (self, frame, view, self->filling_epoch);
}

/* Streaming thread: all views of `frame` are filled.  Makes the result, or
 * hands the frame to the worker. */
void
gst_mobilenet_scheduler_commit (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame)
{
  if (!self->thread) {
    finish_frame (self, frame, self->filling_epoch);
    return;
  }
  self->slots[self->filling].frame = *frame;
  g_mutex_lock (&self->lock);
  self->waiting = self->filling;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
}

/* The newest result, to be freed with g_boxed_free(), timestamp and number of
 * the frame that it is about, and whether it has not been asked for before.
 * NULL when there is none. */
gpointer
gst_mobilenet_scheduler_dup_result (GstMobilenetScheduler * self,
    GstClockTime * pts, guint64 * number, gboolean * fresh)
{
  gpointer result = NULL;

  g_mutex_lock (&self->lock);
  if (self->result) {
    result = g_boxed_copy (self->decoder.result_type, self->result);
    *pts = self->result_pts;
    *number = self->result_number;
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
  free_result (self, old);
}
