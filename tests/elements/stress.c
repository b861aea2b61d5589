/* SPDX-License-Identifier: MIT
 *
 * stress NAME COUNT [MODEL]: an element in long use; see the table at the end.
 * Prints a line of figures, and "1 passed, 0 failed" or the contrary. */
#include "stress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static guint
count_entries (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  if (dir)
    g_dir_close (dir);
  return n;
}

Holdings
stress_holdings (void)
{
  Holdings now = { count_entries ("/proc/self/task"),
    count_entries ("/proc/self/fd"), 0
  };
  gchar *text = NULL;
  glong pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%*d %ld", &pages);
  g_free (text);
  now.kib = pages * (sysconf (_SC_PAGESIZE) / 1024);
  return now;
}

/* Is what is resident the process's own, and does free() give it back? */
static gboolean
memory_tells (void)
{
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
  return FALSE;
#else
  const gchar *preload = g_getenv ("LD_PRELOAD");

  return !g_getenv ("STRESS_EMULATED")
      && !(preload && strstr (preload, "vgpreload"));
#endif
}

gboolean
stress_same_holdings (const Holdings * before, gint64 kib)
{
  Holdings now;
  guint i;

  /* A thread that was joined may stay listed for a moment, and GLib keeps those
   * of its pools for half a minute. */
  for (i = 0; i < 6000; i++) {
    now = stress_holdings ();
    if (now.threads <= before->threads && now.files <= before->files)
      break;
    g_usleep (10000);
  }
  g_print ("  held: %u threads, %u files, %" G_GINT64_FORMAT
      " KiB; before: %u, " "%u, %" G_GINT64_FORMAT "\n", now.threads, now.files,
      now.kib, before->threads, before->files, before->kib);
  return now.threads <= before->threads && now.files <= before->files
      && (!memory_tells () || now.kib - before->kib <= kib);
}

static const struct
{
  const gchar *name;
    gboolean (*run) (guint count, const gchar * model);
  const gchar *count;
} tests[] = {
  {"starts", stress_starts, "starts and stops with frames under way"},
  {"formats", stress_formats, "changes of format and size in mid-stream"},
  {"seeks", stress_seeks, "flushing seeks"},
  {"slow", stress_slow, "seconds with a network of ten times the frame time"},
  {"halts", stress_halts, "seconds without a processor (SIGSTOP)"},
  {"affinity", stress_affinity, "changes of the processors that may be used"},
  {"streams", stress_streams, "seconds of 16 live streams"},
};

static gint
usage (void)
{
  guint i;

  g_printerr ("usage: stress NAME COUNT [MODEL]; NAME and what is counted:\n");
  for (i = 0; i < G_N_ELEMENTS (tests); i++)
    g_printerr ("  %-10s%s\n", tests[i].name, tests[i].count);
  return 2;
}

gint
main (gint argc, gchar ** argv)
{
  gboolean good;
  guint i, count;

  gst_init (&argc, &argv);
  count = argc > 2 ? atoi (argv[2]) : 0;
  for (i = 0; argc > 1 && i < G_N_ELEMENTS (tests); i++) {
    if (strcmp (argv[1], tests[i].name) == 0)
      break;
  }
  if (argc < 3 || i == G_N_ELEMENTS (tests) || count == 0)
    return usage ();
  good = tests[i].run (count, argc > 3 ? argv[3] : stress_small_model ());
  stress_clean ();
  g_print ("%d passed, %d failed\n", good, !good);
  gst_deinit ();
  return !good;
}
