/* SPDX-License-Identifier: MIT
 *
 * Elements that do not start, and what they say. */
#include "refusal.h"

#include <string.h>

GError *
refusal_of (GstElement * element)
{
  GstBus *bus = gst_element_get_bus (element);
  GstMessage *message;
  GError *error = NULL;

  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL, "no error was posted");
  gst_message_parse_error (message, &error, NULL);
  GST_INFO ("%s", error->message);
  gst_message_unref (message);
  fail_unless (g_utf8_validate (error->message, -1, NULL)
      && !strchr (error->message, '\n'), "not one line: %s", error->message);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR) == NULL,
      "a second error after: %s", error->message);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (bus);
  return error;
}

void
refusal_check (const GError * error, const gchar * words)
{
  gchar **wanted = g_strsplit (words, "|", -1);
  guint i;

  for (i = 0; wanted[i]; i++)
    fail_unless (strstr (error->message, wanted[i]) != NULL, "\"%s\" is not in "
        "\"%s\"", wanted[i], error->message);
  g_strfreev (wanted);
}

void
refusal_expect (GstElement * element, const gchar * words)
{
  GstBus *bus = gst_bus_new ();
  GError *error;

  gst_element_set_bus (element, bus);
  error = refusal_of (element);
  refusal_check (error, words);
  g_error_free (error);
  /* Messages hold the element, which holds the bus. */
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (bus);
  gst_object_unref (element);
}
