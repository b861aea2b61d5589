/* SPDX-License-Identifier: MIT
 *
 * A line for what a network said, where post-messages is set. */
#include "result.h"

#include "say.h"

/* "person" 0.871 10,20 30x40; a class of the whole frame has no box. */
static void
append (GString * line, const GstStructure * entry)
{
  const gchar *label = gst_structure_get_string (entry, "label");
  gdouble score = 0, x, y, w, h;

  gst_structure_get_double (entry, "score", &score);
  g_string_append_printf (line, " \"%s\" %.3f", label ? label : "", score);
  if (gst_structure_get (entry, "x", G_TYPE_DOUBLE, &x, "y", G_TYPE_DOUBLE, &y,
          "w", G_TYPE_DOUBLE, &w, "h", G_TYPE_DOUBLE, &h, NULL))
    g_string_append_printf (line, " %.0f,%.0f %.0fx%.0f", x, y, w, h);
}

void
result_print (const gchar * camera, GstMessage * message)
{
  const GstStructure *result = gst_message_get_structure (message);
  const GValue *list;
  guint64 time = 0;
  GString *line;
  guint i;

  if (!result || !g_str_has_prefix (gst_structure_get_name (result),
          "mobilenet-")
      || !(list = gst_structure_get_value (result, "results")))
    return;
  gst_structure_get_uint64 (result, "running-time", &time);
  line = g_string_new (NULL);
  g_string_append_printf (line, "result camera=%s time=%.3f", camera,
      time / (gdouble) GST_SECOND);
  for (i = 0; i < gst_value_array_get_size (list); i++)
    append (line,
        gst_value_get_structure (gst_value_array_get_value (list, i)));
  say ("%s", line->str);
  g_string_free (line, TRUE);
}
