/* SPDX-License-Identifier: MIT
 *
 * Whether there is anything at all where a camera was: a TCP connection that is
 * closed at once, or a look for a device's file. */
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
};

static void
finish (Knock * knock, gboolean is_there)
{
  if (knock->done)
    knock->done (is_there, knock->user_data);
  g_object_unref (knock->cancellable);
  g_free (knock);
}

static void
connected (GObject * client, GAsyncResult * result, gpointer user_data)
{
  GSocketConnection *connection =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result,
      NULL);

  finish (user_data, connection != NULL);
  if (connection)
    g_object_unref (connection);
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
