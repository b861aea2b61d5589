/* SPDX-License-Identifier: MIT
 *
 * What the tests of rtsp-annotate share: programs that are started, spoken to and
 * killed. */
#include "rtsp_fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tflitebuilder.h"

static gchar *folder;
static GPtrArray *names, *programs;

void
fail_test (const gchar * format, ...)
{
  va_list args;
  guint i;

  va_start (args, format);
  g_print ("FAIL: ");
  vprintf (format, args);
  g_print ("\n");
  va_end (args);
  for (i = 0; programs && i < programs->len; i++) {
    Program *program = g_ptr_array_index (programs, i);
    gchar *output = program_output (program);
    gsize length = strlen (output);

    g_print ("-- %s:\n%s", program->name,
        output + (length > 4000 ? length - 4000 : 0));
    g_free (output);
  }
  fflush (stdout);
  fixture_clean ();
  _exit (1);
}

gdouble
seconds_now (void)
{
  return g_get_monotonic_time () / (gdouble) G_TIME_SPAN_SECOND;
}

const gchar *
fixture_folder (void)
{
  if (!folder) {
    folder = g_dir_make_tmp ("rtsp-annotate-XXXXXX", NULL);
    names = g_ptr_array_new_with_free_func (g_free);
    programs = g_ptr_array_new ();
  }
  return folder;
}

const gchar *
fixture_file (const gchar * name, gconstpointer data, gsize size)
{
  gchar *path = g_build_filename (fixture_folder (), name, NULL);

  if (!g_file_set_contents (path, data, size, NULL))
    fail_test ("%s cannot be written", path);
  g_ptr_array_add (names, path);
  return path;
}

const gchar *
fixture_model (void)
{
  TbFile file = tb_tiny_classifier (&(TbTiny) {
        .type = TFL_TYPE_UINT8,.labels = TRUE
      }
  );
  const gchar *path = fixture_file ("colours.tflite", file.data, file.size);

  tb_file_free (&file);
  return path;
}

static void
free_program (Program * program)
{
  g_ptr_array_remove (programs, program);
  g_unlink (program->out);
  g_object_unref (program->process);
  g_free (program->out);
  g_free (program->name);
  g_free (program);
}

void
fixture_clean (void)
{
  guint i;

  while (programs && programs->len > 0) {
    Program *program = g_ptr_array_index (programs, 0);

    g_subprocess_force_exit (program->process);
    g_subprocess_wait (program->process, NULL, NULL);
    free_program (program);
  }
  for (i = 0; names && i < names->len; i++)
    g_unlink (g_ptr_array_index (names, i));
  if (folder)
    g_rmdir (folder);
  g_clear_pointer (&names, g_ptr_array_unref);
  g_clear_pointer (&programs, g_ptr_array_unref);
  g_clear_pointer (&folder, g_free);
}

Program *
program_start (const gchar * const *words, const gchar * const *environment)
{
  static guint number;
  Program *program = g_new0 (Program, 1);
  GSubprocessLauncher *launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE |
      G_SUBPROCESS_FLAGS_STDERR_MERGE);
  gchar *name = g_strdup_printf ("output.%u", number++);
  GError *error = NULL;
  guint i;

  program->out = g_build_filename (fixture_folder (), name, NULL);
  program->name = g_path_get_basename (words[0]);
  g_subprocess_launcher_set_stdout_file_path (launcher, program->out);
  for (i = 0; environment && environment[i]; i++) {
    gchar **pair = g_strsplit (environment[i], "=", 2);

    g_subprocess_launcher_setenv (launcher, pair[0], pair[1], TRUE);
    g_strfreev (pair);
  }
  program->process = g_subprocess_launcher_spawnv (launcher, words, &error);
  if (!program->process)
    fail_test ("%s: %s", words[0], error->message);
  g_ptr_array_add (programs, program);
  g_object_unref (launcher);
  g_free (name);
  return program;
}

gchar *
program_output (Program * program)
{
  gchar *text = NULL;

  g_file_get_contents (program->out, &text, NULL, NULL);
  return text ? text : g_strdup ("");
}

/* How often the pattern matches, and the first group of match number `nth`. */
static guint
find (Program * program, const gchar * pattern, guint nth, gchar ** found)
{
  GRegex *regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  gchar *text = program_output (program);
  GMatchInfo *match;
  guint count = 0;

  g_regex_match (regex, text, 0, &match);
  while (g_match_info_matches (match)) {
    if (++count == nth && found)
      *found = g_match_info_fetch (match,
          g_match_info_get_match_count (match) > 1);
    g_match_info_next (match, NULL);
  }
  g_match_info_free (match);
  g_regex_unref (regex);
  g_free (text);
  return count;
}

guint
program_count (Program * program, const gchar * pattern)
{
  return find (program, pattern, 0, NULL);
}

gchar *
program_wait (Program * program, const gchar * pattern, guint nth)
{
  gdouble end = seconds_now () + PATIENCE;
  gchar *found = NULL;

  while (find (program, pattern, nth, &found) < nth) {
    if (seconds_now () > end)
      fail_test ("%s did not print \"%s\"", program->name, pattern);
    g_usleep (20000);
  }
  return found;
}

void
program_write (Program * program, const gchar * line)
{
  GOutputStream *pipe = g_subprocess_get_stdin_pipe (program->process);

  if (!g_output_stream_write_all (pipe, line, strlen (line), NULL, NULL, NULL)
      || !g_output_stream_flush (pipe, NULL, NULL))
    fail_test ("%s does not listen", program->name);
}

void
program_signal (Program * program, gint number)
{
  g_subprocess_send_signal (program->process, number);
}

gint
program_end (Program * program, gint signal_number)
{
  g_subprocess_send_signal (program->process, signal_number);
  return program_wait_end (program);
}

static gboolean
end_hanging (gpointer user_data)
{
  fail_test ("%s does not end", ((Program *) user_data)->name);
}

static void
ended (GObject * process, GAsyncResult * result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

gint
program_wait_end (Program * program)
{
  gboolean is_over = FALSE;
  guint limit = g_timeout_add_seconds (PATIENCE, end_hanging, program);
  gint status = -1;

  g_subprocess_wait_async (program->process, NULL, ended, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (limit);
  if (g_subprocess_get_if_exited (program->process))
    status = g_subprocess_get_exit_status (program->process);
  if (status > 0) {
    gchar *output = program_output (program);

    g_print ("-- %s ended with %d:\n%s", program->name, status, output);
    g_free (output);
  }
  free_program (program);
  return status;
}

static guint
status_field (const gchar * pid, const gchar * name)
{
  gchar *path = g_strdup_printf ("/proc/%s/status", pid), *text = NULL;
  const gchar *line = NULL;
  guint number = 0;

  if (g_file_get_contents (path, &text, NULL, NULL)
      && (line = strstr (text, name)))
    number = g_ascii_strtoull (line + strlen (name), NULL, 10);
  g_free (text);
  g_free (path);
  return number;
}

Usage
program_usage (Program * program)
{
  const gchar *pid = g_subprocess_get_identifier (program->process);
  gchar *path = g_strdup_printf ("/proc/%s/fd", pid);
  GDir *dir = g_dir_open (path, 0, NULL);
  Usage usage = { 0 };

  while (dir && g_dir_read_name (dir))
    usage.fds++;
  if (dir)
    g_dir_close (dir);
  usage.threads = status_field (pid, "Threads:\t");
  usage.rss = status_field (pid, "VmRSS:\t");
  g_free (path);
  return usage;
}
