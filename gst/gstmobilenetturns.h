/* SPDX-License-Identifier: MIT
 *
 * Who of a process may compute: the workers of its elements take turns. */
#ifndef __GST_MOBILENET_TURNS_H__
#define __GST_MOBILENET_TURNS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* A worker's place in the line; all zero at first. */
typedef struct
{
  GCond called;                 /* granted, cancelled */
  gboolean granted;
  gboolean cancelled;
  guint threads;                /* that it computes with */
  GList link;                   /* in the line while it waits */
} GstMobilenetTurn;

void gst_mobilenet_turn_init (GstMobilenetTurn * turn);
void gst_mobilenet_turn_clear (GstMobilenetTurn * turn);

gboolean gst_mobilenet_turn_take (GstMobilenetTurn * turn, guint threads);
void gst_mobilenet_turn_give (GstMobilenetTurn * turn);
void gst_mobilenet_turn_cancel (GstMobilenetTurn * turn);
guint gst_mobilenet_turns_waiting (void);

G_END_DECLS

#endif /* __GST_MOBILENET_TURNS_H__ */
