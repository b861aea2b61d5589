/* SPDX-License-Identifier: MIT
 *
 * Models and worker threads that the elements of a process share. */
#ifndef __GST_MOBILENET_MODEL_H__
#define __GST_MOBILENET_MODEL_H__

#include <gst/gst.h>
#include <mnet/model.h>
#include <mnet/session.h>

G_BEGIN_DECLS

MnetModel *gst_mobilenet_model_acquire (const gchar * path, const gchar * cpu,
    MnetPrecision precision, MnetError * error);
MnetModel *gst_mobilenet_model_acquire_memory (const gchar * name,
    gconstpointer data, gsize size, const gchar * cpu,
    MnetPrecision precision, MnetError * error);
void gst_mobilenet_model_release (MnetModel * model);

MnetPool *gst_mobilenet_pool_acquire (guint threads, MnetError * error);
void gst_mobilenet_pool_release (MnetPool * pool);

G_END_DECLS

#endif /* __GST_MOBILENET_MODEL_H__ */
