/* SPDX-License-Identifier: MIT
 *
 * Which classes of a segmentation are the foreground: the property classes of
 * mobilenetfx.  Labels come with each segmentation, of the classes that are in
 * it. */

#include "gstmobilenetfxclasses.h"

gchar **
gst_mobilenet_fx_classes_parse (const gchar * text, gchar ** error)
{
  gchar **items = g_strsplit (text ? text : "", ",", -1);
  guint i;

  for (i = 0; items[i]; i++) {
    if (*g_strstrip (items[i]))
      continue;
    *error = g_strdup_printf ("property classes: \"%s\" has an empty item, "
        "expected labels or numbers separated by commas as in \"person,dog\"",
        text);
    g_clear_pointer (&items, g_strfreev);
    break;
  }
  return items;
}

static gboolean
names (gchar ** classes, const gchar * label, guint index)
{
  guint64 number;
  guint i;

  for (i = 0; classes[i]; i++) {
    if (*label && g_ascii_strcasecmp (classes[i], label) == 0)
      return TRUE;
    if (g_ascii_string_to_unsigned (classes[i], 10, 0,
            GST_MOBILENET_SEGMENTATION_NONE - 1, &number, NULL)
        && number == index)
      return TRUE;
  }
  return FALSE;
}

gboolean
gst_mobilenet_fx_classes_find (gchar ** classes, gboolean invert,
    const GstMobilenetSegmentation * segmentation, gboolean foreground[256])
{
  gint background = gst_mobilenet_segmentation_get_background (segmentation);
  gboolean chosen = classes && classes[0];
  gboolean known = chosen || background >= 0;
  const gchar *label;
  guint i, index;

  for (i = 0; i < 256; i++)
    foreground[i] = known && invert;
  for (i = 0; gst_mobilenet_segmentation_get_result (segmentation, i, &index,
          &label, NULL, NULL); i++) {
    gboolean named = chosen ? names (classes, label, index) :
        (gint) index != background;

    foreground[index] = known && named != invert;
  }
  return known;
}
