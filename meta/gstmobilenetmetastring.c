/* SPDX-License-Identifier: MIT
 *
 * Strings inside the one block of memory of a result: shared by the results of
 * this library. */
#include "gstmobilenetmetastring.h"

#include <string.h>

/* A byte that is not UTF-8 becomes the three of U+FFFD. */
gsize
gst_mobilenet_meta_string_room (const gchar * text)
{
  gsize length = text ? strlen (text) : 0;

  return (length == 0
      || g_utf8_validate (text, length, NULL) ? length : 3 * length) + 1;
}

const gchar *
gst_mobilenet_meta_string_append (gchar ** end, const gchar * text)
{
  const gchar *start = *end;

  if (!text || g_utf8_validate (text, -1, NULL)) {
    *end = g_stpcpy (*end, text ? text : "") + 1;
  } else {
    gchar *valid = g_utf8_make_valid (text, -1);

    *end = g_stpcpy (*end, valid) + 1;
    g_free (valid);
  }
  return start;
}
