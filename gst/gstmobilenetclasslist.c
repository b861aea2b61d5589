/* SPDX-License-Identifier: MIT
 *
 * Lists of classes in properties: labels and numbers separated by commas.  The labels
 * of the classes come with results, so that names cannot be looked up beforehand. */

#include "gstmobilenetclasslist.h"

gchar **
gst_mobilenet_class_list_parse (const gchar * text, MnetError * error)
{
  gchar **items = g_strsplit (text ? text : "", ",", -1);
  guint i;

  for (i = 0; items[i]; i++) {
    if (*g_strstrip (items[i]))
      continue;
    error->status = MNET_ERROR_ARGUMENT;
    /* The list, which may be long, comes last: it may be cut. */
    g_snprintf (error->text, sizeof (error->text), "property classes: an "
        "empty item, expected labels or numbers separated by commas as in "
        "\"person,dog\", in \"%s\"", text);
    g_clear_pointer (&items, g_strfreev);
    break;
  }
  return items;
}

gboolean
gst_mobilenet_class_list_has (gchar ** classes, guint index,
    const gchar * label)
{
  guint64 number;
  guint i;

  for (i = 0; classes && classes[i]; i++) {
    if (*label && g_ascii_strcasecmp (classes[i], label) == 0)
      return TRUE;
    if (g_ascii_string_to_unsigned (classes[i], 10, 0, G_MAXUINT, &number, NULL)
        && number == index)
      return TRUE;
  }
  return FALSE;
}
