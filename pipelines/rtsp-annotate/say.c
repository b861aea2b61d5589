/* SPDX-License-Identifier: MIT
 *
 * All that the program prints passes here, where passwords are taken out. */
#include "say.h"

#include <stdio.h>
#include <string.h>

#define HIDDEN "***"

static GMutex lock;
static GPtrArray *secrets;

void
say_hide (const gchar * secret)
{
  if (!secret || !*secret)
    return;
  g_mutex_lock (&lock);
  if (!secrets)
    secrets = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (secrets, g_strdup (secret));
  g_mutex_unlock (&lock);
}

void
say_forget (void)
{
  g_mutex_lock (&lock);
  g_clear_pointer (&secrets, g_ptr_array_unref);
  g_mutex_unlock (&lock);
}

static void
replace_secrets (GString * text)
{
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; secrets && i < secrets->len; i++)
    g_string_replace (text, g_ptr_array_index (secrets, i), HIDDEN, 0);
  g_mutex_unlock (&lock);
}

/* Of "rtsp://user:password@host" goes what is between the slashes, or the one of a
 * slip, and the last "@" of the word: a password may hold any sign but blanks. */
static void
replace_userinfo (GString * text)
{
  gsize from = 0;
  gchar *mark;

  while ((mark = strstr (text->str + from, ":/"))) {
    gsize start = mark + 1 + strspn (mark + 1, "/") - text->str;
    gsize length = strcspn (text->str + start, " \t\n\"<>");
    gchar *at = g_strrstr_len (text->str + start, length, "@");

    from = start;
    if (!at)
      continue;
    g_string_erase (text, start, at - (text->str + start));
    g_string_insert (text, start, HIDDEN);
    from = start + strlen (HIDDEN);
  }
}

static void
print_line (FILE * file, const gchar * format, va_list args)
{
  GString *line = g_string_new (NULL);

  g_string_append_vprintf (line, format, args);
  replace_userinfo (line);
  if (file == stderr)
    replace_secrets (line);
  fprintf (file, "%s\n", line->str);
  fflush (file);
  g_string_free (line, TRUE);
}

void
say (const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  print_line (stdout, format, args);
  va_end (args);
}

void
complain (const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  print_line (stderr, format, args);
  va_end (args);
}
