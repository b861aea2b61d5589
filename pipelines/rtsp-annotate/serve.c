/* SPDX-License-Identifier: MIT
 *
 * The RTSP server: its mounts, who may see them, and how many do. */
#include "serve.h"

#include <string.h>

#include "say.h"

#define ROLE "viewer"
#define REALM "rtsp-annotate"

struct _Server
{
  const ServerSettings *settings;
  GstRTSPServer *rtsp;
  guint source;
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

/* One who comes later than the first can show nothing before a key frame. */
static void
start_to_play (GstRTSPClient * client, GstRTSPContext * context,
    gpointer user_data)
{
  if (context->media)
    mount_ask_key_frame (context->media);
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

  if (server->source)
    g_source_remove (server->source);
  gst_rtsp_server_client_filter (server->rtsp, remove_client, NULL);
  gst_rtsp_session_pool_filter (pool, remove_session, NULL);
  g_object_unref (pool);
  g_object_unref (server->rtsp);
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
  server->source = g_source_attach (source, NULL);
  g_source_unref (source);
  return TRUE;
}

gchar *
server_get_address (Server * server)
{
  const gchar *address = server->settings->address;

  return g_strdup_printf (strchr (address, ':') ? "%s://[%s]:%d" :
      "%s://%s:%d", server->settings->tls_certificate ? "rtsps" : "rtsp",
      address, gst_rtsp_server_get_bound_port (server->rtsp));
}

typedef struct
{
  Mount *mount;
  guint clients;
} Count;

static GstRTSPFilterResult
count_media (GstRTSPSession * session, GstRTSPSessionMedia * media,
    gpointer user_data)
{
  Count *count = user_data;

  if (gst_rtsp_session_media_get_rtsp_state (media) == GST_RTSP_STATE_PLAYING
      && mount_has_media (count->mount,
          gst_rtsp_session_media_get_media (media)))
    count->clients++;
  return GST_RTSP_FILTER_KEEP;
}

static GstRTSPFilterResult
count_session (GstRTSPSessionPool * pool, GstRTSPSession * session,
    gpointer user_data)
{
  gst_rtsp_session_filter (session, count_media, user_data);
  return GST_RTSP_FILTER_KEEP;
}

guint
server_count_clients (Server * server, Mount * mount)
{
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool (server->rtsp);
  Count count = { mount, 0 };

  gst_rtsp_session_pool_filter (pool, count_session, &count);
  g_object_unref (pool);
  return count.clients;
}

void
server_tick (Server * server)
{
  GstRTSPSessionPool *pool = gst_rtsp_server_get_session_pool (server->rtsp);

  gst_rtsp_session_pool_cleanup (pool);
  g_object_unref (pool);
}
