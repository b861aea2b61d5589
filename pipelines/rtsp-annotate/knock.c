/* SPDX-License-Identifier: MIT
 *
 * Whether there is anything at all where a camera was: a TCP connection, over which
 * an RTSP server must answer OPTIONS, or a look for a device's file. */
#include "knock.h"

#include <gio/gio.h>
#include <string.h>

#define TIMEOUT 2               /* s */

/* Lives until its answer is there; `done` is NULL once it is cancelled. */
struct _Knock
{
  GCancellable *cancellable;
  KnockFunc done;
  gpointer user_data;
  gboolean asks;                /* and waits for an answer */
  GSocketConnection *connection;
  gchar answer[64];
};

static void
finish (Knock * knock, gboolean is_there)
{
  if (knock->done)
    knock->done (is_there, knock->user_data);
  g_clear_object (&knock->connection);
  g_object_unref (knock->cancellable);
  g_free (knock);
}

static void
answered (GObject * input, GAsyncResult * result, gpointer user_data)
{
  finish (user_data, g_input_stream_read_finish (G_INPUT_STREAM (input), result,
          NULL) > 0);
}

/* The question fits into the socket's buffer; the answer is awaited no longer than
 * the connection was. */
static void
ask (Knock * knock)
{
  static const gchar question[] = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  GIOStream *stream = G_IO_STREAM (knock->connection);

  if (g_output_stream_write (g_io_stream_get_output_stream (stream), question,
          sizeof (question) - 1, knock->cancellable, NULL) < 0)
    finish (knock, FALSE);
  else
    g_input_stream_read_async (g_io_stream_get_input_stream (stream),
        knock->answer, sizeof (knock->answer), G_PRIORITY_DEFAULT,
        knock->cancellable, answered, knock);
}

static void
connected (GObject * client, GAsyncResult * result, gpointer user_data)
{
  Knock *knock = user_data;

  knock->connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result,
      NULL);
  if (knock->connection && knock->asks)
    ask (knock);
  else
    finish (knock, knock->connection != NULL);
}

static guint16
default_port (const gchar * scheme)
{
  if (g_str_has_prefix (scheme, "rtsps"))
    return 322;
  if (g_str_has_prefix (scheme, "rtsp"))
    return 554;
  return g_str_equal (scheme, "https") ? 443 : 80;
}

static gboolean
knock_host (Knock * knock, GUri * uri)
{
  const gchar *host = g_uri_get_host (uri);
  GSocketClient *client;

  if (!host || !*host)
    return FALSE;
  knock->asks = g_str_equal (g_uri_get_scheme (uri), "rtsp");
  client = g_socket_client_new ();
  g_socket_client_set_timeout (client, TIMEOUT);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, host,
      g_uri_get_port (uri) > 0 ? g_uri_get_port (uri)
      : default_port (g_uri_get_scheme (uri)), knock->cancellable, connected,
      knock);
  g_object_unref (client);
  return TRUE;
}

typedef struct
{
  Knock *knock;
  gboolean is_there;
} Answer;

static gboolean
tell (gpointer user_data)
{
  Answer *answer = user_data;

  finish (answer->knock, answer->is_there);
  g_free (answer);
  return G_SOURCE_REMOVE;
}

static gboolean
knock_file (Knock * knock, GUri * uri)
{
  const gchar *scheme = g_uri_get_scheme (uri);
  Answer *answer;

  if (!g_str_equal (scheme, "file") && !g_str_equal (scheme, "v4l2"))
    return FALSE;
  answer = g_new (Answer, 1);
  answer->knock = knock;
  answer->is_there = g_file_test (g_uri_get_path (uri), G_FILE_TEST_EXISTS);
  g_idle_add (tell, answer);
  return TRUE;
}

Knock *
knock_new (const gchar * text, KnockFunc done, gpointer user_data)
{
  GUri *uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  Knock *knock;

  if (!uri)
    return NULL;
  knock = g_new0 (Knock, 1);
  knock->cancellable = g_cancellable_new ();
  knock->done = done;
  knock->user_data = user_data;
  if (!knock_file (knock, uri) && !knock_host (knock, uri)) {
    g_object_unref (knock->cancellable);
    g_clear_pointer (&knock, g_free);
  }
  g_uri_unref (uri);
  return knock;
}

void
knock_cancel (Knock * knock)
{
  knock->done = NULL;
  g_cancellable_cancel (knock->cancellable);
}
