/* SPDX-License-Identifier: MIT
 *
 * Who of a process may compute.  Workers of mode latest wait here before each
 * frame and are let in in the order in which they came, as many as there are
 * processors: every stream gets as many turns as any other, what is let in runs
 * at full speed with its data in the caches, and the frame that a worker then
 * takes is the newest one, not the one that it began to wait with.  Streaming
 * threads, which mode every computes on, never wait here. */

#include "gstmobilenetturns.h"

static GMutex lock;             /* held for a few assignments only */
static GQueue line = G_QUEUE_INIT;      /* of GstMobilenetTurn, first come first */
static guint taken;             /* threads of those who are in */

void
gst_mobilenet_turn_init (GstMobilenetTurn * turn)
{
  g_cond_init (&turn->called);
  turn->granted = turn->cancelled = FALSE;
  turn->link.data = turn;
  turn->link.prev = turn->link.next = NULL;
}

void
gst_mobilenet_turn_clear (GstMobilenetTurn * turn)
{
  g_cond_clear (&turn->called);
}

/* Lets in whoever there is room for; whoever wants more than there is comes in
 * alone.  The affinity of the process may change at any time. */
static void
call_next (void)
{
  guint processors = g_get_num_processors ();
  GstMobilenetTurn *first;

  while ((first = g_queue_peek_head (&line)) && (taken == 0
          || taken + first->threads <= processors)) {
    g_queue_unlink (&line, &first->link);
    taken += first->threads;
    first->granted = TRUE;
    g_cond_signal (&first->called);
  }
}

/* Waits until `threads` threads may compute, to be given back with
 * gst_mobilenet_turn_give().  FALSE: gst_mobilenet_turn_cancel() was called. */
gboolean
gst_mobilenet_turn_take (GstMobilenetTurn * turn, guint threads)
{
  gboolean granted;

  g_mutex_lock (&lock);
  turn->threads = threads;
  turn->granted = FALSE;
  g_queue_push_tail_link (&line, &turn->link);
  call_next ();
  while (!turn->granted && !turn->cancelled)
    g_cond_wait (&turn->called, &lock);
  granted = turn->granted;
  if (!granted) {
    g_queue_unlink (&line, &turn->link);
    call_next ();
  }
  g_mutex_unlock (&lock);
  return granted;
}

void
gst_mobilenet_turn_give (GstMobilenetTurn * turn)
{
  g_mutex_lock (&lock);
  taken -= turn->threads;
  call_next ();
  g_mutex_unlock (&lock);
}

/* Any thread: whoever waits with `turn`, or will, does so no longer. */
void
gst_mobilenet_turn_cancel (GstMobilenetTurn * turn)
{
  g_mutex_lock (&lock);
  turn->cancelled = TRUE;
  g_cond_signal (&turn->called);
  g_mutex_unlock (&lock);
}

/* How many are in the line. */
guint
gst_mobilenet_turns_waiting (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = line.length;
  g_mutex_unlock (&lock);
  return n;
}
