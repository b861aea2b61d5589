/* SPDX-License-Identifier: MIT
 *
 * The command line, as if its words stood in a key file. */
#include "options.h"

#include <gst/gst.h>
#include <string.h>

#include "say.h"

#define SUMMARY \
  "Reads cameras and films, marks what a MobileNet sees in them and serves each\n" \
  "again over RTSP. A URI is rtsp://, rtsps://, http://, file://, v4l2:///dev/video0,\n" \
  "test:// (a moving ball is test://ball) or the name of a file. The first is served\n" \
  "at rtsp://127.0.0.1:8554/camera1, the next at /camera2, and so on."

#define DESCRIPTION \
  "Key file:\n" \
  "  [server]\n" \
  "  address=127.0.0.1        where to listen; 0.0.0.0 serves other machines, too\n" \
  "  port=8554                0: any that is free, which is printed\n" \
  "  user=NAME                who may watch; everybody without it\n" \
  "  password-file=FILE       its first line; or password=, or, best hidden, the\n" \
  "                           environment's RTSP_ANNOTATE_PASSWORD\n" \
  "  auth=digest              or basic, which is only for use with TLS\n" \
  "  tls-certificate=FILE     PEM; with it all is served by rtsps:// alone\n" \
  "  tls-key=FILE             PEM\n" \
  "  health-interval=60       seconds between two health lines; 0: none\n" \
  "\n" \
  "  [camera]                 what all cameras have unless they say otherwise\n" \
  "  [camera NAME]            one camera each\n" \
  "  uri=URI                  of the camera\n" \
  "  user=, password=, password-file=\n" \
  "                           for the camera; or in its URI; or the environment's\n" \
  "                           RTSP_ANNOTATE_CAMERA_PASSWORD\n" \
  "  path=/NAME               where it is served\n" \
  "  element=mobilenetssd     or mobilenetclassify, mobilenetseg\n" \
  "  model-file=FILE          the network; mobilenetclassify alone has one without\n" \
  "  labels-file=, score-threshold=, classes=, ...\n" \
  "                           any other property of that element; with\n" \
  "                           post-messages=true results are printed\n" \
  "  overlay.NAME=            any property of mobilenetoverlay\n" \
  "  source.NAME=             any property of the source, rtspsrc for rtsp://\n" \
  "  encoder=DESCRIPTION      as for gst-launch; else the best H.264 encoder that\n" \
  "                           is installed, else VP8\n" \
  "  bitrate=2048             kbit/s\n" \
  "  latency=200              ms that rtspsrc waits for late packets\n" \
  "  timeout=5                s without a picture after which a camera is lost\n" \
  "\n" \
  "A camera that is lost is tried again after 1, 2, 4, ... 30 s, and as soon as it\n" \
  "can be reached; its clients keep the last picture meanwhile, marked as old.\n" \
  "Health lines go to stdout, what happens to stderr. systemd is told by its\n" \
  "protocol: READY, STATUS, WATCHDOG, STOPPING.\n" \
  "\n" \
  "Exit status: 0 after SIGINT or SIGTERM, 1 error, 2 usage or a bad key file."

/* Options of one key each. */
static const struct
{
  const gchar *group, *key, *argument, *help;
} shortcuts[] = {
  {"server", "address", "ADDRESS", "Where to listen (127.0.0.1)"},
  {"server", "port", "PORT", "Port of RTSP (8554); 0: any that is free"},
  {"server", "user", "NAME", "Who may watch"},
  {"server", "password-file", "FILE", "Holds the password for that"},
  {"server", "auth", "HOW", "digest or basic"},
  {"server", "tls-certificate", "FILE", "Serve by TLS, with this certificate"},
  {"server", "tls-key", "FILE", "Its key"},
  {"server", "health-interval", "SECONDS", "Between two health lines (60)"},
  {"camera", "model-file", "FILE", "The network"},
  {"camera", "labels-file", "FILE",
      "Names of its classes, where the model has none inside"},
  {"camera", "element", "ELEMENT",
      "mobilenetssd, mobilenetclassify or mobilenetseg"},
};

typedef struct
{
  Draft *draft;
  GError *load_error;
  gboolean version;
} Parsing;

static gboolean
take_shortcut (const gchar * name, const gchar * value, gpointer data,
    GError ** error)
{
  Parsing *parsing = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    if (g_str_equal (name + 2, shortcuts[i].key))
      draft_set (parsing->draft, shortcuts[i].group, shortcuts[i].key, value,
          name);
  return TRUE;
}

/* "KEY=VALUE" is for all cameras, "NAME:KEY=VALUE" for one. */
static gboolean
take_set (const gchar * name, const gchar * value, gpointer data,
    GError ** error)
{
  Parsing *parsing = data;
  const gchar *equals = strchr (value, '=');
  const gchar *colon = equals ? memchr (value, ':', equals - value) : NULL;
  gchar *group, *key, *origin;

  if (!equals || equals == value || colon == value) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--set %s: KEY=VALUE or NAME:KEY=VALUE is expected", value);
    return FALSE;
  }
  group = colon ? g_strdup_printf ("camera %.*s", (int) (colon - value), value)
      : g_strdup ("camera");
  key = g_strndup (colon ? colon + 1 : value,
      equals - (colon ? colon + 1 : value));
  origin = g_strdup_printf ("--set %s", key);
  draft_set (parsing->draft, group, key, equals + 1, origin);
  g_free (origin);
  g_free (key);
  g_free (group);
  return TRUE;
}

static gboolean
take_config (const gchar * name, const gchar * value, gpointer data,
    GError ** error)
{
  Parsing *parsing = data;

  return draft_load (parsing->draft, value, error)
      || (g_prefix_error (error, "%s: ", value), FALSE);
}

static void
add_cameras (Draft * draft, gchar ** uris)
{
  guint i;

  for (i = 0; uris && uris[i]; i++) {
    gchar *group = g_strdup_printf ("camera camera%u", i + 1);

    draft_set (draft, group, "uri", uris[i], "URI");
    g_free (group);
  }
}

static GOptionGroup *
make_group (Parsing * parsing, gchar *** uris)
{
  const GOptionEntry entries[] = {
    {"config", 'c', 0, G_OPTION_ARG_CALLBACK, take_config,
        "Key file; options behind it take the place of what it says", "FILE"},
    {"set", 's', 0, G_OPTION_ARG_CALLBACK, take_set,
        "A key of all cameras, or of the one named", "[NAME:]KEY=VALUE"},
    {"version", 0, 0, G_OPTION_ARG_NONE, &parsing->version,
        "Print the version", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, uris, NULL, NULL},
    {NULL}
  };
  GOptionGroup *group = g_option_group_new ("main", NULL, NULL, parsing, NULL);
  guint i;

  g_option_group_add_entries (group, entries);
  for (i = 0; i < G_N_ELEMENTS (shortcuts); i++) {
    const GOptionEntry shortcut[] = {
      {shortcuts[i].key, 0, 0, G_OPTION_ARG_CALLBACK, take_shortcut,
          shortcuts[i].help, shortcuts[i].argument},
      {NULL}
    };

    g_option_group_add_entries (group, shortcut);
  }
  return group;
}

OptionsResult
options_read (int argc, char **argv, Draft * draft)
{
  Parsing parsing = { draft, NULL, FALSE };
  GOptionContext *context = g_option_context_new ("[URI...]");
  OptionsResult result = OPTIONS_RUN;
  gchar **uris = NULL;
  GError *error = NULL;

  g_option_context_set_summary (context, SUMMARY);
  g_option_context_set_description (context, DESCRIPTION);
  g_option_context_set_main_group (context, make_group (&parsing, &uris));
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    complain ("rtsp-annotate: %s (see --help)", error->message);
    g_error_free (error);
    result = OPTIONS_BAD;
  } else if (parsing.version) {
    say ("rtsp-annotate " PACKAGE_VERSION);
    result = OPTIONS_DONE;
  } else {
    add_cameras (draft, uris);
  }
  g_strfreev (uris);
  g_option_context_free (context);
  return result;
}
