/* SPDX-License-Identifier: MIT
 *
 * Where a camera's picture comes from: its URI and the elements that read it. */
#include "source.h"

#include <string.h>

#include "properties.h"
#include "say.h"
#include "settings.h"

#define TEST_SCHEME "test://"

/* Cuts "user:password@" out of the authority of `uri`, which begins at `start`. */
static gboolean
cut_userinfo (GString * uri, gsize start, gchar ** user, gchar ** password)
{
  gsize length = strcspn (uri->str + start, "/?#");
  gchar *at = g_strrstr_len (uri->str + start, length, "@");
  gchar *colon;

  if (!at)
    return strchr (uri->str + start, '@') == NULL
        || !memchr (uri->str + start, ':', length);
  length = at - (uri->str + start);
  colon = memchr (uri->str + start, ':', length);
  *user = g_uri_unescape_segment (uri->str + start, colon ? colon : at, NULL);
  *password = colon ? g_uri_unescape_segment (colon + 1, at, NULL) : NULL;
  if (!*user || (colon && !*password))
    return FALSE;
  g_string_erase (uri, start, length + 1);
  return TRUE;
}

static gboolean
split (const gchar * text, gchar ** uri, gchar ** user, gchar ** password,
    gchar ** problem)
{
  GString *plain = g_string_new (text);
  const gchar *authority = strstr (text, "://");
  GstElement *element;

  if (authority && !g_str_has_prefix (text, "file:")
      && !cut_userinfo (plain, authority + 3 - text, user, password)) {
    *problem = g_strdup ("user or password cannot be told apart from the rest; "
        "in them write / as %2F, @ as %40, : as %3A, % as %25");
    g_string_free (plain, TRUE);
    return FALSE;
  }
  *uri = g_string_free (plain, FALSE);
  element = source_make_plain (*uri);
  if (!element) {
    *problem = g_strdup ("there is no element that reads such a URI");
    return FALSE;
  }
  gst_object_unref (gst_object_ref_sink (element));
  return TRUE;
}

gboolean
source_split_uri (const gchar * text, gchar ** uri, gchar ** user,
    gchar ** password, gchar ** problem)
{
  if (gst_uri_is_valid (text))
    return split (text, uri, user, password, problem);
  if (!g_file_test (text, G_FILE_TEST_IS_REGULAR)) {
    *problem = g_strdup ("this is neither a URI nor a file that is there");
    return FALSE;
  }
  *uri = gst_filename_to_uri (text, NULL);
  return *uri != NULL;
}

gboolean
source_is_live (const gchar * uri)
{
  return g_str_has_prefix (uri, "rtsp") || g_str_has_prefix (uri, "v4l2:")
      || g_str_has_prefix (uri, TEST_SCHEME);
}

GstElement *
source_make_plain (const gchar * uri)
{
  if (g_str_has_prefix (uri, TEST_SCHEME))
    return gst_element_factory_make ("videotestsrc", NULL);
  return gst_element_make_from_uri (GST_URI_SRC, uri, NULL, NULL);
}

static void
set_if_there (GstElement * element, const gchar * name, const gchar * value)
{
  if (value && g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          name))
    gst_util_set_object_arg (G_OBJECT (element), name, value);
}

/* Only the picture is asked for. */
static gboolean
select_stream (GstElement * source, guint number, GstCaps * caps,
    gpointer user_data)
{
  const gchar *media =
      gst_structure_get_string (gst_caps_get_structure (caps, 0), "media");

  return g_strcmp0 (media, "video") == 0;
}

static void
configure (GstElement * decoder, GstElement * source, gpointer user_data)
{
  const CameraSettings *camera = user_data;
  const gchar *factory = GST_OBJECT_NAME (gst_element_get_factory (source));

  if (camera->user)
    g_object_set (source, "user-id", camera->user, "user-pw",
        camera->password ? camera->password : "", NULL);
  if (g_str_equal (factory, "rtspsrc")) {
    g_object_set (source, "latency", camera->latency, "drop-on-latency", TRUE,
        "tcp-timeout", camera->timeout * G_TIME_SPAN_SECOND, "timeout",
        camera->timeout * G_TIME_SPAN_SECOND, NULL);
    g_signal_connect (source, "select-stream", G_CALLBACK (select_stream),
        NULL);
  }
  properties_set (camera, PART_SOURCE, source);
}

static void
link_pad (GstElement * decoder, GstPad * pad, gpointer user_data)
{
  GstPad *sink = gst_element_get_static_pad (GST_ELEMENT (user_data), "sink");
  GstCaps *caps = gst_pad_query_caps (pad, NULL);

  if (!gst_pad_is_linked (sink) && !gst_caps_is_empty (caps)
      && gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw"))
    gst_pad_link (pad, sink);
  gst_caps_unref (caps);
  gst_object_unref (sink);
}

/* "test://ball": the pattern of that name, 640x480 at 25 frames a second. */
static gboolean
add_test_source (GstBin * bin, const CameraSettings * camera, GstElement * next)
{
  GstElement *source = gst_element_factory_make ("videotestsrc", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  const gchar *pattern = camera->uri + strlen (TEST_SCHEME);

  gst_util_set_object_arg (G_OBJECT (filter), "caps",
      "video/x-raw,format=I420,width=640,height=480,framerate=25/1");
  g_object_set (source, "is-live", TRUE, NULL);
  if (*pattern)
    set_if_there (source, "pattern", pattern);
  properties_set (camera, PART_SOURCE, source);
  gst_bin_add_many (bin, source, filter, NULL);
  return gst_element_link_many (source, filter, next, NULL);
}

gboolean
source_add (GstBin * bin, const CameraSettings * camera, GstElement * next)
{
  GstElement *decoder;

  if (g_str_has_prefix (camera->uri, TEST_SCHEME))
    return add_test_source (bin, camera, next);
  decoder = gst_element_factory_make ("uridecodebin", "source");
  if (!decoder)
    return FALSE;
  g_object_set (decoder, "uri", camera->uri, NULL);
  g_signal_connect (decoder, "source-setup", G_CALLBACK (configure),
      (gpointer) camera);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_pad), next);
  return gst_bin_add (bin, decoder);
}
