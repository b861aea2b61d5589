/* SPDX-License-Identifier: MIT
 *
 * Strings inside the one block of memory of a result: shared by the results of
 * this library, not installed. */
#ifndef __GST_MOBILENET_META_STRING_H__
#define __GST_MOBILENET_META_STRING_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* Most bytes that gst_mobilenet_meta_string_append() needs for `text`, which
 * may be NULL for "". */
G_GNUC_INTERNAL
gsize gst_mobilenet_meta_string_room (const gchar * text);

/* Appends `text` as valid UTF-8 (GstStructure takes nothing else) at `*end`,
 * moves `*end` behind its NUL and returns where it begins. */
G_GNUC_INTERNAL
const gchar *gst_mobilenet_meta_string_append (gchar ** end,
    const gchar * text);

G_END_DECLS

#endif /* __GST_MOBILENET_META_STRING_H__ */
