/* SPDX-License-Identifier: MIT
 *
 * The network that is built into the plugin. */
#ifndef __GST_MOBILENET_BUILT_IN_H__
#define __GST_MOBILENET_BUILT_IN_H__

#include <glib.h>

G_BEGIN_DECLS

/* What results call it; no file is named so. */
#define GST_MOBILENET_BUILT_IN_NAME "built-in cifar10_mobilenet"

gconstpointer gst_mobilenet_built_in_model (gsize * size);

G_END_DECLS

#endif /* __GST_MOBILENET_BUILT_IN_H__ */
