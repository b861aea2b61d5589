/* SPDX-License-Identifier: MIT
 *
 * Lists of classes in properties: labels and numbers separated by commas. */
#ifndef __GST_MOBILENET_CLASS_LIST_H__
#define __GST_MOBILENET_CLASS_LIST_H__

#include <glib.h>
#include <mnet/mnet.h>

G_BEGIN_DECLS

/* The items of the property classes without the blanks around them, to be freed with
 * g_strfreev(); an empty list for NULL and for "".  NULL and `error` filled when an item
 * is empty. */
gchar **gst_mobilenet_class_list_parse (const gchar * text, MnetError * error);

/* Is a class in the list, by its label, whatever the case, or by its index?  FALSE for an
 * empty list and for NULL. */
gboolean gst_mobilenet_class_list_has (gchar ** classes, guint index,
    const gchar * label);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASS_LIST_H__ */
