/* SPDX-License-Identifier: MIT
 *
 * Which classes of a segmentation are the foreground. */
#ifndef __GST_MOBILENET_FX_CLASSES_H__
#define __GST_MOBILENET_FX_CLASSES_H__

#include <gst/mobilenet/gstmobilenetmeta.h>

G_BEGIN_DECLS

/* Labels or numbers separated by commas; free with g_strfreev().  NULL and `error`
 * filled when one is empty.  An empty list for NULL. */
gchar **gst_mobilenet_fx_classes_parse (const gchar * text, gchar ** error);

/* FALSE when the foreground is what is not the background and there is no
 * background: then nothing is foreground.  `classes` may be NULL, as if empty. */
gboolean gst_mobilenet_fx_classes_find (gchar ** classes, gboolean invert,
    const GstMobilenetSegmentation * segmentation, gboolean foreground[256]);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_CLASSES_H__ */
