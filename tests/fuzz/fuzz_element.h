/* SPDX-License-Identifier: MIT
 *
 * An element that analyses between two pads, for its fuzz target: its models, its
 * properties, and what must hold for all that comes out of it. */
#ifndef FUZZ_ELEMENT_H
#define FUZZ_ELEMENT_H

#include <gst/video/video.h>

typedef enum { FUZZ_CLASSIFY, FUZZ_SEG, FUZZ_SSD, FUZZ_KINDS } FuzzKind;

typedef struct {
    FuzzKind kind;
    GstElement *element;
    GstBus *bus;
    GstPad *source, *sink; /* before and after the element */
    GstVideoInfo info;     /* of the last caps that are video */
    gboolean live;         /* what `source` says of itself */
    guint64 n_buffers, received;
} FuzzElement;

void fuzz_element_open(FuzzElement *e, FuzzKind kind);
void fuzz_element_close(FuzzElement *e);

/* Aborts unless a refusal to start comes with exactly one error message. */
void fuzz_element_set_state(FuzzElement *e, GstState state);

/* `from`: which property, how, and what. */
void fuzz_element_set_property(FuzzElement *e, const guint8 *from, gsize size);

/* Takes the messages off the bus; returns the number of errors among them.
 * Aborts when one has no text. */
guint fuzz_element_drain(FuzzElement *e);

#endif
