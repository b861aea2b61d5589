/* SPDX-License-Identifier: MIT
 *
 * A line for what a network said, where post-messages is set. */
#ifndef RESULT_H
#define RESULT_H

#include <gst/gst.h>

/* Prints element messages of the plugin, and no others. */
void result_print (const gchar * camera, GstMessage * message);

#endif
