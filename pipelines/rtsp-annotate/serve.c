/* SPDX-License-Identifier: MIT
 *
 * The RTSP server: its mounts, and who may see them. */
#include "serve.h"

#include <string.h>

#include "say.h"

#define ROLE "viewer"
#define REALM "rtsp-annotate"

#define PLAYS_KEY "rtsp-annotate-plays"

/* It has a thread of its own: to take a client or to end a session may wait for
 * a client, for which no camera waits. */
struct _Server
{
  const ServerSettings *settings;
  GstRTSPServer *rtsp;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;              /* NULL before server_start() */
  gint strokes;                 /* atomic: once a second */
};

static GstRTSPAuth *
make_auth (const ServerSettings * settings, GTlsCertificate * certificate)
{
  GstRTSPAuth *auth = gst_rtsp_auth_new ();
  GstRTSPToken *token = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE,
      G_TYPE_STRING, ROLE, NULL);
  gchar *basic;

  gst_rtsp_auth_set_realm (auth, REALM);
  if (certificate)
    gst_rtsp_auth_set_tls_certificate (auth, certificate);
  if (!settings->user) {
    gst_rtsp_auth_set_default_token (auth, token);
  } else if (settings->basic) {
    gst_rtsp_auth_set_supported_methods (auth, GST_RTSP_AUTH_BASIC);
    basic = gst_rtsp_auth_make_basic (settings->user, settings->password);
    gst_rtsp_auth_add_basic (auth, basic, token);
    g_free (basic);
  } else {
    gst_rtsp_auth_set_supported_methods (auth, GST_RTSP_AUTH_DIGEST);
    gst_rtsp_auth_add_digest (auth, settings->user, settings->password, token);
  }
  gst_rtsp_token_unref (token);
  return auth;
}

/* FALSE when a certificate was asked for and cannot be had. */
static gboolean
protect (GstRTSPServer * rtsp, const ServerSettings * settings)
{
  GTlsCertificate *certificate = NULL;
  GError *error = NULL;
  GstRTSPAuth *auth;

  if (settings->tls_certificate) {
    if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
      complain ("tls-certificate: GLib has no TLS here; install "
          "glib-networking");
      return FALSE;
    }
    certificate = g_tls_certificate_new_from_files (settings->tls_certificate,
        settings->tls_key, &error);
    if (!certificate) {
      complain ("tls-certificate %s with tls-key %s: %s",
          settings->tls_certificate, settings->tls_key, error->message);
      g_error_free (error);
      return FALSE;
    }
  } else if (!settings->user) {
    return TRUE;
  }
  auth = make_auth (settings, certificate);
  gst_rtsp_server_set_auth (rtsp, auth);
  g_object_unref (auth);
  g_clear_object (&certificate);
  return TRUE;
}

/* One who comes later than the first can show nothing before a key frame.  A
 * session counts from here to its end. */
static void
start_to_play (GstRTSPClient * client, GstRTSPContext * context,
    gpointer user_data)
{
  if (!context->media || !context->sessmedia)
    return;
  mount_ask_key_frame (context->media);
  if (!g_object_get_data (G_OBJECT (context->sessmedia), PLAYS_KEY))
    g_object_set_data_full (G_OBJECT (context->sessmedia), PLAYS_KEY,
        mount_count_client (context->media), mount_discount_client);
}

static void
greet (GstRTSPServer * rtsp, GstRTSPClient * client, gpointer user_data)
{
  g_signal_connect (client, "play-request", G_CALLBACK (start_to_play), NULL);
}

Server *
server_new (const ServerSettings * settings)
{
  Server *server = g_new0 (Server, 1);
  gchar *port = g_strdup_printf ("%u", settings->port);

  server->settings = settings;
  server->context = g_main_context_new ();
  server->loop = g_main_loop_new (server->context, FALSE);
  server->rtsp = gst_rtsp_server_new ();
  gst_rtsp_server_set_address (server->rtsp, settings->address);
  gst_rtsp_server_set_service (server->rtsp, port);
  g_signal_connect (server->rtsp, "client-connected", G_CALLBACK (greet), NULL);
  g_free (port);
  if (protect (server->rtsp, settings))
    return server;
  server_free (server);
  return NULL;
}

static GstRTSPFilterResult
remove_client (GstRTSPServer * rtsp, GstRTSPClient * client, gpointer user_data)
{
  return GST_RTSP_FILTER_REMOVE;
}

static GstRTSPFilterResult
remove_session (GstRTSPSessionPool * pool, GstRTSPSession * session,
    gpointer user_data)
{
  return GST_RTSP_FILTER_REMOVE;
}

void
server_free (Server * server)
{
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool (server->rtsp);

  if (server->thread) {
    g_main_loop_quit (server->loop);
    g_thread_join (server->thread);
  }
  gst_rtsp_server_client_filter (server->rtsp, remove_client, NULL);
  gst_rtsp_session_pool_filter (pool, remove_session, NULL);
  while (g_main_context_iteration (server->context, FALSE));
  g_object_unref (pool);
  g_object_unref (server->rtsp);
  g_main_loop_unref (server->loop);
  g_main_context_unref (server->context);
  g_free (server);
}

/* Through TLS the picture takes the same way as the words: in packets of its own
 * everybody could read it. */
void
server_add (Server * server, const gchar * path, Mount * mount)
{
  GstRTSPMediaFactory *factory = mount_get_factory (mount);
  GstRTSPMountPoints *points = gst_rtsp_server_get_mount_points (server->rtsp);

  if (server->settings->tls_certificate)
    gst_rtsp_media_factory_set_protocols (factory, GST_RTSP_LOWER_TRANS_TCP);
  gst_rtsp_media_factory_add_role (factory, ROLE,
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
  gst_rtsp_mount_points_add_factory (points, path, g_object_ref (factory));
  g_object_unref (points);
}

/* Forgets sessions that ended without a word. */
static gboolean
tick (gpointer user_data)
{
  Server *server = user_data;
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool (server->rtsp);

  gst_rtsp_session_pool_cleanup (pool);
  g_object_unref (pool);
  g_atomic_int_inc (&server->strokes);
  return G_SOURCE_CONTINUE;
}

static gpointer
run (gpointer user_data)
{
  Server *server = user_data;
  GSource *timer = g_timeout_source_new_seconds (1);

  g_main_context_push_thread_default (server->context);
  g_source_set_callback (timer, tick, server, NULL);
  g_source_attach (timer, server->context);
  g_main_loop_run (server->loop);
  g_source_destroy (timer);
  g_source_unref (timer);
  g_main_context_pop_thread_default (server->context);
  return NULL;
}

gboolean
server_start (Server * server)
{
  GError *error = NULL;
  GSource *source = gst_rtsp_server_create_source (server->rtsp, NULL, &error);

  if (!source) {
    complain ("cannot listen at %s, port %u: %s", server->settings->address,
        server->settings->port, error ? error->message : "unknown reason");
    g_clear_error (&error);
    return FALSE;
  }
  g_source_attach (source, server->context);
  g_source_unref (source);
  server->thread = g_thread_new ("rtsp-server", run, server);
  return TRUE;
}

guint
server_get_strokes (Server * server)
{
  return g_atomic_int_get (&server->strokes);
}

gchar *
server_get_address (Server * server)
{
  const gchar *address = server->settings->address;

  return g_strdup_printf (strchr (address, ':') ? "%s://[%s]:%d" :
      "%s://%s:%d", server->settings->tls_certificate ? "rtsps" : "rtsp",
      address, gst_rtsp_server_get_bound_port (server->rtsp));
}
