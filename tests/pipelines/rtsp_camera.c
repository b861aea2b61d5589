/* SPDX-License-Identifier: MIT
 *
 * A camera for tests: serves a moving ball over RTSP at 127.0.0.1 until it is
 * killed.  Prints "port N".
 *
 *   rtsp-camera PORT WIDTHxHEIGHT [USER PASSWORD]
 *
 * PORT 0 is any that is free.  A line "WIDTHxHEIGHT" on stdin changes the size of
 * what is being sent, in mid-stream. */
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdio.h>

#define PATH "/stream"

static GMutex lock;
static GstElement *filter;      /* of the media that is served now, or NULL */
static GstCaps *size;

static GstCaps *
caps_of (const gchar * text)
{
  guint width = 0, height = 0;

  sscanf (text, "%ux%u", &width, &height);
  return gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "I420",
      "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, "framerate",
      GST_TYPE_FRACTION, 15, 1, NULL);
}

static void
set_size (const gchar * text)
{
  g_mutex_lock (&lock);
  gst_clear_caps (&size);
  size = caps_of (text);
  if (filter)
    g_object_set (filter, "caps", size, NULL);
  g_mutex_unlock (&lock);
}

static void
take_media (GstRTSPMediaFactory * factory, GstRTSPMedia * media)
{
  GstElement *bin = gst_rtsp_media_get_element (media);

  g_mutex_lock (&lock);
  gst_clear_object (&filter);
  filter = gst_bin_get_by_name (GST_BIN (bin), "size");
  g_object_set (filter, "caps", size, NULL);
  g_mutex_unlock (&lock);
  gst_object_unref (bin);
}

static void
read_line (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  GDataInputStream *input = G_DATA_INPUT_STREAM (stream);
  gchar *line =
      g_data_input_stream_read_line_finish (input, result, NULL, NULL);

  if (!line)
    return;
  set_size (line);
  g_free (line);
  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL,
      read_line, NULL);
}

static void
ask_password (GstRTSPServer * server, const gchar * user,
    const gchar * password)
{
  GstRTSPAuth *auth = gst_rtsp_auth_new ();
  GstRTSPToken *token = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE,
      G_TYPE_STRING, "user", NULL);

  gst_rtsp_auth_set_supported_methods (auth, GST_RTSP_AUTH_DIGEST);
  gst_rtsp_auth_add_digest (auth, user, password, token);
  gst_rtsp_server_set_auth (server, auth);
  gst_rtsp_token_unref (token);
  g_object_unref (auth);
}

int
main (int argc, char **argv)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  GstRTSPMediaFactory *factory;
  GInputStream *input;
  GstRTSPServer *server;

  gst_init (&argc, &argv);
  if (argc != 3 && argc != 5) {
    g_printerr ("usage: rtsp-camera PORT WIDTHxHEIGHT [USER PASSWORD]\n");
    return 2;
  }
  set_size (argv[2]);
  server = gst_rtsp_server_new ();
  factory = gst_rtsp_media_factory_new ();
  gst_rtsp_server_set_address (server, "127.0.0.1");
  gst_rtsp_server_set_service (server, argv[1]);
  gst_rtsp_media_factory_set_launch (factory,
      "( videotestsrc is-live=true pattern=ball ! capsfilter name=size ! "
      "vp8enc deadline=1 cpu-used=16 keyframe-max-dist=15 "
      "target-bitrate=500000 ! rtpvp8pay name=pay0 pt=96 )");
  gst_rtsp_media_factory_set_shared (factory, TRUE);
  gst_rtsp_media_factory_add_role (factory, "user",
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
  g_signal_connect (factory, "media-configure", G_CALLBACK (take_media), NULL);
  if (argc == 5)
    ask_password (server, argv[3], argv[4]);
  gst_rtsp_mount_points_add_factory (gst_rtsp_server_get_mount_points (server),
      PATH, factory);
  if (gst_rtsp_server_attach (server, NULL) == 0) {
    g_printerr ("rtsp-camera: cannot listen at port %s\n", argv[1]);
    return 1;
  }
  g_print ("port %d\n", gst_rtsp_server_get_bound_port (server));
  fflush (stdout);
  input = g_object_new (G_TYPE_DATA_INPUT_STREAM, "base-stream",
      g_unix_input_stream_new (0, FALSE), NULL);
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (input),
      G_PRIORITY_DEFAULT, NULL, read_line, NULL);
  g_main_loop_run (loop);
  return 0;
}
