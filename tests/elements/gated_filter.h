/* SPDX-License-Identifier: MIT
 *
 * A network element whose decode step waits to be allowed; its results are
 * classifications without classes. */
#ifndef GATED_FILTER_H
#define GATED_FILTER_H

#include <gst/check/gstharness.h>

#include "gstmobilenetfilter.h"

#define GATED_TYPE_FILTER (gated_filter_get_type ())
G_DECLARE_FINAL_TYPE (GatedFilter, gated_filter, GATED, FILTER,
    GstMobilenetFilter)

/* A running one of fixture_model() with messages on, a bus, and caps of RGB,
 * 16x16. */
GstHarness *gated_filter_harness (const gchar * mode, guint interval,
    gboolean live);
/* These are about the element in the harness.  Lets `n` more decodes end. */
void gated_filter_allow (GstHarness * h, guint n);
/* Decodes that are yet to begin wait to be allowed. */
void gated_filter_forbid (GstHarness * h);
/* Waits until `n` decodes have begun: all but the last of their results are
 * known to the element then. */
void gated_filter_wait (GstHarness * h, guint n);
/* Frames that follow are shown to the network `n` times, in mode latest 4 times at
 * most. */
void gated_filter_set_views (GstHarness * h, guint n);
/* Another model waits before frames go to it until it is released. */
void gated_filter_hold_use (GstHarness * h);
void gated_filter_wait_use (GstHarness * h);
void gated_filter_release_use (GstHarness * h);
/* How many decodes have begun. */
guint gated_filter_entered (GstElement * element);

#endif
