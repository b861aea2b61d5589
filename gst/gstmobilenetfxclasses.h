/* SPDX-License-Identifier: MIT
 *
 * Which classes of a segmentation are the foreground. */
#ifndef __GST_MOBILENET_FX_CLASSES_H__
#define __GST_MOBILENET_FX_CLASSES_H__

#include <gst/mobilenet/gstmobilenetmeta.h>

G_BEGIN_DECLS

/* FALSE when the foreground is what is not the background and there is no
 * background: then nothing is foreground.  `classes` is of
 * gst_mobilenet_class_list_parse(); NULL is as an empty list. */
gboolean gst_mobilenet_fx_classes_find (gchar ** classes, gboolean invert,
    const GstMobilenetSegmentation * segmentation, gboolean foreground[256]);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_CLASSES_H__ */
