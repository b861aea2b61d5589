/* SPDX-License-Identifier: MIT
 *
 * Elements that do not start, and what they say. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <gst/check/gstcheck.h>

/* The one error with which the element, which has a bus, does not start, to be freed:
 * a line of UTF-8. */
GError *refusal_of (GstElement * element);

/* Starting the element fails with one error that has each of `words`, separated by
 * '|'.  Takes the element, and gives it a bus. */
void refusal_expect (GstElement * element, const gchar * words);

/* Does the error have each of them? */
void refusal_check (const GError * error, const gchar * words);

#endif
