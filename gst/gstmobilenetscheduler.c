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
 * the other.  Workers of all elements take turns (gstmobilenetturns.c). */

#include "gstmobilenetscheduler.h"

#include <string.h>
#include <sys/resource.h>

#include "gstmobilenetturns.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

#define N_SLOTS 3
#define NO_SLOT (-1)

/* The picture goes first: threads that bring, decode, convert and encode frames get
 * three times the processor time of a worker where there is not enough of it. */
#define WORKER_NICE 5

/* A frame on its way to the worker. */
typedef struct
{
  gpointer tensors[GST_MOBILENET_MAX_VIEWS];    /* NULL without a worker */
  guint session;                /* that computes it */
  GstClockTime spent[GST_MOBILENET_N_STAGES];
  GstMobilenetFrame frame;      /* the worker's */
} Slot;

struct _GstMobilenetScheduler
{
  GstMobilenetSessions sessions;        /* the computing thread's */
  GstMobilenetDecoder decoder;
  GstMobilenetStats *stats;
  GstMobilenetTurn turn;        /* the worker's */
  GThread *thread;              /* NULL: the streaming thread computes */
  gint filling;                 /* slot, the streaming thread's */
  guint filling_epoch;          /* without a worker: when the frame began */
  guint computed_epoch;         /* the computing thread's: of what it knows */
  Slot slots[N_SLOTS];

  /* The lock is held for a few assignments only. */
  GMutex lock;
  GCond wake;                   /* stop, waiting */
  gboolean stop;
  gboolean closed;              /* nothing is computed */
  guint epoch;                  /* results of an earlier one are stale */
  gint waiting;                 /* slot to be computed next */
  gint running;                 /* slot being computed */
  GstMobilenetAnswer answer;    /* result NULL: there is none */
};

/* Takes the sessions.  `stats` outlives the scheduler. */
GstMobilenetScheduler *
gst_mobilenet_scheduler_new (const GstMobilenetSessions * sessions,
    const GstMobilenetDecoder * decoder, GstMobilenetStats * stats)
{
  GstMobilenetScheduler *self = g_new0 (GstMobilenetScheduler, 1);

  self->sessions = *sessions;
  self->sessions.sessions = g_memdup2 (sessions->sessions,
      sessions->n_sessions * sizeof (*sessions->sessions));
  self->decoder = *decoder;
  self->stats = stats;
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

static MnetSession *
session_of (GstMobilenetScheduler * self, const Slot * slot)
{
  return self->sessions.sessions[slot->session];
}

/* What is kept from frame to frame is forgotten where a new epoch begins. */
static void
enter_epoch (GstMobilenetScheduler * self, guint epoch)
{
  guint i;

  if (epoch == self->computed_epoch)
    return;
  for (i = 0; i < self->sessions.n_sessions; i++)
    mnet_session_reset_states (self->sessions.sessions[i]);
  if (self->decoder.reset)
    self->decoder.reset (self->decoder.user);
  self->computed_epoch = epoch;
}

/* Where the picture of view `view` is. */
static gpointer
input_of (GstMobilenetScheduler * self, const Slot * slot, guint view)
{
  if (!self->thread)
    return mnet_session_input (session_of (self, slot), 0);
  return slot->tensors[view];
}

static void
compute_view (GstMobilenetScheduler * self, Slot * slot,
    const GstMobilenetFrame * frame, guint view, guint epoch)
{
  MnetSession *session = session_of (self, slot);
  GstClockTime began, ran;

  enter_epoch (self, epoch);
  began = gst_util_get_timestamp ();
  if (self->decoder.prepare)
    self->decoder.prepare (self->decoder.user, session, input_of (self, slot,
            view));
  mnet_session_run (session);
  ran = gst_util_get_timestamp ();
  self->decoder.decode (self->decoder.user, session, frame, view);
  slot->spent[GST_MOBILENET_STAGE_INFERENCE] += ran - began;
  slot->spent[GST_MOBILENET_STAGE_POSTPROCESSING] +=
      gst_util_get_timestamp () - ran;
}

static void
finish_frame (GstMobilenetScheduler * self, Slot * slot,
    const GstMobilenetFrame * frame, guint epoch)
{
  GstMobilenetAnswer answer = { NULL, frame->pts, frame->number, TRUE,
    slot->session, 0
  };
  GstClockTime began;
  gboolean current;
  gpointer unused;
  guint i;

  enter_epoch (self, epoch);
  began = gst_util_get_timestamp ();
  unused = answer.result = self->decoder.finish (self->decoder.user, frame);
  slot->spent[GST_MOBILENET_STAGE_POSTPROCESSING] +=
      gst_util_get_timestamp () - began;
  for (i = 0; i < GST_MOBILENET_N_STAGES; i++)
    answer.cost += slot->spent[i];
  g_mutex_lock (&self->lock);
  current = epoch == self->epoch && !self->closed;
  if (current) {
    unused = self->answer.result;
    self->answer = answer;
    gst_mobilenet_stats_analysed (self->stats, slot->spent);
  }
  self->running = NO_SLOT;
  g_mutex_unlock (&self->lock);
  free_result (self, unused);
}

/* Is what is computed of no use any more? */
static gboolean
is_stale (GstMobilenetScheduler * self, guint epoch)
{
  gboolean stale;

  g_mutex_lock (&self->lock);
  stale = self->stop || self->closed || epoch != self->epoch;
  g_mutex_unlock (&self->lock);
  return stale;
}

static void
compute_slot (GstMobilenetScheduler * self, Slot * slot, guint epoch)
{
  guint i;

  for (i = 0; i < slot->frame.n_views && !is_stale (self, epoch); i++) {
    mnet_session_bind_input (session_of (self, slot), 0, slot->tensors[i]);
    compute_view (self, slot, &slot->frame, i, epoch);
  }
  slot->frame.n_views = i;
  finish_frame (self, slot, &slot->frame, epoch);
}

/* Computes the frame that waits now, which may be a newer one than when the
 * worker woke up, or none. */
static void
compute_waiting (GstMobilenetScheduler * self)
{
  guint epoch;
  gint slot;

  g_mutex_lock (&self->lock);
  epoch = self->epoch;
  slot = self->running = self->waiting;
  self->waiting = NO_SLOT;
  g_mutex_unlock (&self->lock);
  if (slot != NO_SLOT)
    compute_slot (self, &self->slots[slot], epoch);
}

static gpointer
worker_main (gpointer data)
{
  GstMobilenetScheduler *self = data;

  /* Of this thread alone, on Linux. */
  setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + WORKER_NICE);
  g_mutex_lock (&self->lock);
  while (!self->stop) {
    if (self->waiting == NO_SLOT) {
      g_cond_wait (&self->wake, &self->lock);
      continue;
    }
    g_mutex_unlock (&self->lock);
    if (gst_mobilenet_turn_take (&self->turn, self->sessions.threads)) {
      compute_waiting (self);
      gst_mobilenet_turn_give (&self->turn);
    }
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
    for (view = 0; view < self->sessions.max_views; view++)
      g_clear_pointer (&self->slots[i].tensors[view], mnet_buffer_free);
  }
}

/* Waits for at most one inference. */
static void
stop_worker (GstMobilenetScheduler * self)
{
  guint i;

  if (self->thread) {
    g_mutex_lock (&self->lock);
    self->stop = TRUE;
    g_cond_signal (&self->wake);
    g_mutex_unlock (&self->lock);
    gst_mobilenet_turn_cancel (&self->turn);
    g_thread_join (self->thread);
    gst_mobilenet_turn_clear (&self->turn);
  }
  self->thread = NULL;
  g_mutex_lock (&self->lock);
  self->stop = FALSE;
  self->waiting = NO_SLOT;
  g_mutex_unlock (&self->lock);
  for (i = 0; i < self->sessions.n_sessions; i++)
    mnet_session_bind_input (self->sessions.sessions[i], 0, NULL);
  free_tensors (self);
}

static gboolean
allocate_tensors (GstMobilenetScheduler * self, MnetError * error)
{
  gsize bytes = mnet_session_input_info (self->sessions.sessions[0], 0)->bytes;
  guint n = N_SLOTS * self->sessions.max_views, i;

  for (i = 0; i < n; i++) {
    gpointer *tensor = &self->slots[i % N_SLOTS].tensors[i / N_SLOTS];

    *tensor = mnet_buffer_alloc (bytes);
    if (*tensor)
      continue;
    error->status = MNET_ERROR_MEMORY;
    g_snprintf (error->text, sizeof (error->text),
        "no memory for %u input tensors of %" G_GSIZE_FORMAT " bytes", n,
        bytes);
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
  gst_mobilenet_turn_init (&self->turn);
  self->thread = g_thread_try_new ("mobilenet", worker_main, self, &cause);
  if (!self->thread) {
    error->status = MNET_ERROR_SYSTEM;
    g_snprintf (error->text, sizeof (error->text),
        "no thread for mode=latest: %s", cause->message);
    g_clear_error (&cause);
    gst_mobilenet_turn_clear (&self->turn);
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
  return self->thread ? self->sessions.max_views : GST_MOBILENET_MAX_VIEWS;
}

/* Waits for at most one inference. */
void
gst_mobilenet_scheduler_free (GstMobilenetScheduler * self)
{
  guint i;

  if (!self)
    return;
  gst_mobilenet_scheduler_close (self);
  stop_worker (self);
  for (i = 0; i < self->sessions.n_sessions; i++)
    mnet_session_free (self->sessions.sessions[i]);
  g_free (self->sessions.sessions);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

/* Streaming thread: begins the frame that the next
 * gst_mobilenet_scheduler_commit() is about, for session number `session`.  May
 * be called again without a commit.  TRUE: the frame that was committed last
 * waits still, and this one takes its place. */
gboolean
gst_mobilenet_scheduler_begin (GstMobilenetScheduler * self, guint session)
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
  self->slots[slot].session = session;
  memset (self->slots[slot].spent, 0, sizeof (self->slots[slot].spent));
  return replaces;
}

/* Streaming thread: the tensor to fill with view `view` of the frame. */
gpointer
gst_mobilenet_scheduler_input (GstMobilenetScheduler * self, guint view)
{
  return input_of (self, &self->slots[self->filling], view);
}

/* Streaming thread: view `view` of `frame` is in its tensor, which took `spent`
 * ns.  Computes it, or leaves it for the worker. */
void
gst_mobilenet_scheduler_filled (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame, guint view, GstClockTime spent)
{
  Slot *slot = &self->slots[self->filling];

  slot->spent[GST_MOBILENET_STAGE_PREPROCESSING] += spent;
  if (!self->thread)
    compute_view (self, slot, frame, view, self->filling_epoch);
}

/* Streaming thread: all views of `frame` are filled.  Makes the result, or
 * hands the frame to the worker.  TRUE: it took the place of a frame that is
 * never computed now. */
gboolean
gst_mobilenet_scheduler_commit (GstMobilenetScheduler * self,
    const GstMobilenetFrame * frame)
{
  Slot *slot = &self->slots[self->filling];
  gboolean replaced;

  if (!self->thread) {
    finish_frame (self, slot, frame, self->filling_epoch);
    return FALSE;
  }
  slot->frame = *frame;
  g_mutex_lock (&self->lock);
  replaced = self->waiting != NO_SLOT;
  self->waiting = self->filling;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  return replaced;
}

/* Streaming thread: was everything discarded since the frame was begun?  The
 * rest of its views is of no use then. */
gboolean
gst_mobilenet_scheduler_cancelled (GstMobilenetScheduler * self)
{
  return is_stale (self, self->filling_epoch);
}

/* The newest result.  FALSE: there is none. */
gboolean
gst_mobilenet_scheduler_dup_result (GstMobilenetScheduler * self,
    GstMobilenetAnswer * answer)
{
  g_mutex_lock (&self->lock);
  *answer = self->answer;
  if (answer->result)
    answer->result = g_boxed_copy (self->decoder.result_type, answer->result);
  self->answer.fresh = FALSE;
  g_mutex_unlock (&self->lock);
  return answer->result != NULL;
}

/* Streaming thread: `self` takes the place of `from`, whose newest result frames
 * carry until there is one of its own. */
void
gst_mobilenet_scheduler_take_over (GstMobilenetScheduler * self,
    GstMobilenetScheduler * from)
{
  GstMobilenetAnswer answer;

  if (!gst_mobilenet_scheduler_dup_result (from, &answer))
    return;
  /* It does not tell how long `self` takes. */
  answer.session = G_MAXUINT;
  answer.cost = 0;
  g_mutex_lock (&self->lock);
  self->answer = answer;
  g_mutex_unlock (&self->lock);
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
  old = self->answer.result;
  self->answer.result = NULL;
  g_mutex_unlock (&self->lock);
  free_result (self, old);
}

/* Any thread: until gst_mobilenet_scheduler_open() frames pass without a result, and
 * what is being computed ends with the inference at hand. */
void
gst_mobilenet_scheduler_close (GstMobilenetScheduler * self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  gst_mobilenet_scheduler_discard (self);
}

/* Streaming thread. */
void
gst_mobilenet_scheduler_open (GstMobilenetScheduler * self)
{
  g_mutex_lock (&self->lock);
  self->closed = FALSE;
  g_mutex_unlock (&self->lock);
}
