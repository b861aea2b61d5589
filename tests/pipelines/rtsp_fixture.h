/* SPDX-License-Identifier: MIT
 *
 * What the tests of rtsp-annotate share: programs that are started, spoken to and
 * killed, and a client that plays what one of them serves. */
#ifndef RTSP_FIXTURE_H
#define RTSP_FIXTURE_H

#include <gio/gio.h>
#include <gst/gst.h>

/* Each wait may take this long, on machines that are slow, too. */
#define PATIENCE 30.0           /* s */

/* Prints what is wrong and ends the test. */
void fail_test (const gchar * format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

/* A folder of the test's own, and a file in it; the strings live on. */
const gchar *fixture_folder (void);
const gchar *fixture_file (const gchar * name, gconstpointer data, gsize size);
const gchar *fixture_model (void);
/* Ends what still runs and removes the folder. */
void fixture_clean (void);

typedef struct
{
  GSubprocess *process;
  gchar *out;                   /* file of its stdout and stderr */
  gchar *name;
} Program;

/* The words end with NULL; the environment has "NAME=VALUE" more, or is NULL. */
Program *program_start (const gchar * const *words,
    const gchar * const *environment);
gchar *program_output (Program * program);
/* The text that the first group of the pattern matches in its output, when it is
 * there for the `nth` time (1: first). */
gchar *program_wait (Program * program, const gchar * pattern, guint nth);
guint program_count (Program * program, const gchar * pattern);
void program_write (Program * program, const gchar * line);
void program_signal (Program * program, gint number);
/* Sends the signal and waits for the end; returns the exit status, or -1 after a
 * signal. */
gint program_end (Program * program, gint signal_number);
gint program_wait_end (Program * program);

typedef struct
{
  guint fds, threads, rss;      /* rss: KiB */
} Usage;

Usage program_usage (Program * program);

typedef struct
{
  GstElement *pipeline;
  GMutex lock;                  /* of what follows */
  guint frames;
  gint width, height;
  gchar format[16];             /* of the decoder */
  gdouble times[6];             /* of the last frames, newest first */
} Client;

/* `settings`: properties of rtspsrc as gst-launch has them, or "". */
Client *client_start (const gchar * uri, const gchar * settings);
/* Until frames come five a two seconds and more, of this size when it is not 0x0.
 * Fails when the session ends.  Returns the seconds that it took. */
gdouble client_wait_live (Client * client, gint width, gint height);
/* Until that many have come since the start, of whatever kind. */
void client_wait_frames (Client * client, guint frames);
/* Until there is an error, which the caller frees; it fails when frames come. */
gchar *client_wait_refused (Client * client);
/* Fails if the session has ended. */
void client_check (Client * client);
void client_stop (Client * client);

gdouble seconds_now (void);

#endif
