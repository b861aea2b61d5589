/* SPDX-License-Identifier: MIT
 *
 * What the key file and the command line say, checked. */
#include "settings.h"

#include <string.h>

#include "properties.h"
#include "say.h"
#include "source.h"

#define GROUP_SERVER "server"
#define GROUP_DEFAULTS "camera"
#define GROUP_CAMERA "camera "

/* Where a value is looked for: in the first of them that has it. */
typedef struct
{
  const DraftGroup *group, *defaults;
  guint *faults;
} Reader;

static DraftEntry *
find (const Reader * reader, const gchar * key)
{
  DraftEntry *entry = draft_entry (reader->group, key);

  return entry ? entry : draft_entry (reader->defaults, key);
}

/* Once, however many cameras have it. */
static void
fault (const Reader * reader, DraftEntry * entry, const gchar * expected)
{
  if (!entry->is_bad)
    complain ("%s: \"%s\" is not %s", entry->origin, entry->value, expected);
  entry->is_bad = TRUE;
  ++*reader->faults;
}

static gchar *
read_string (const Reader * reader, const gchar * key, const gchar * otherwise)
{
  DraftEntry *entry = find (reader, key);

  if (!entry)
    return g_strdup (otherwise);
  if (!*entry->value)
    fault (reader, entry, "a value: write one or leave the key out");
  return g_strdup (entry->value);
}

static guint
read_number (const Reader * reader, const gchar * key, guint otherwise,
    guint least, guint most)
{
  DraftEntry *entry = find (reader, key);
  guint64 number = otherwise;
  gchar *expected;

  if (entry && !g_ascii_string_to_unsigned (entry->value, 10, least, most,
          &number, NULL)) {
    expected = g_strdup_printf ("a whole number from %u to %u", least, most);
    fault (reader, entry, expected);
    g_free (expected);
  }
  return number;
}

static gchar *
read_file_name (const Reader * reader, const gchar * key)
{
  DraftEntry *entry = find (reader, key);

  if (entry && !g_file_test (entry->value, G_FILE_TEST_IS_REGULAR)) {
    fault (reader, entry, "the name of a file that is there");
    return NULL;
  }
  return entry ? g_strdup (entry->value) : NULL;
}

/* The first line of "password-file", else "password", else of the environment. */
static gchar *
read_password (const Reader * reader, const gchar * variable)
{
  DraftEntry *file = find (reader, "password-file");
  DraftEntry *entry = find (reader, "password");
  const gchar *environment = g_getenv (variable);
  gchar *password = NULL;

  if (file) {
    if (g_file_get_contents (file->value, &password, NULL, NULL))
      password[strcspn (password, "\r\n")] = '\0';
    else
      fault (reader, file, "the name of a file that can be read");
  } else if (entry) {
    password = g_strdup (entry->value);
  } else if (environment && *environment) {
    password = g_strdup (environment);
  }
  say_hide (password);
  return password;
}

/* One of them without the other is of no use. */
static void
check_pair (const Reader * reader, const gchar * a_name, const gchar * a,
    const gchar * b_name, const gchar * b)
{
  const DraftEntry *entry = find (reader, a ? a_name : b_name);

  if (!a == !b)
    return;
  complain ("%s: it needs %s beside it, which is not there",
      entry ? entry->origin : a ? a_name : b_name, a ? b_name : a_name);
  ++*reader->faults;
}

static void
read_server (const Reader * reader, ServerSettings * server)
{
  static const gchar *const keys[] = { "address", "port", "user", "password",
    "password-file", "auth", "tls-certificate", "tls-key", "health-interval",
    NULL
  };
  DraftEntry *auth = find (reader, "auth");
  guint i;

  for (i = 0; reader->group && i < reader->group->entries->len; i++) {
    const DraftEntry *entry = g_ptr_array_index (reader->group->entries, i);

    if (g_strv_contains (keys, entry->key))
      continue;
    complain ("%s: there is no such key; known are address, port, user, "
        "password, password-file, auth, tls-certificate, tls-key and "
        "health-interval", entry->origin);
    ++*reader->faults;
  }
  server->address = read_string (reader, "address", "127.0.0.1");
  server->port = read_number (reader, "port", 8554, 0, 65535);
  server->user = read_string (reader, "user", NULL);
  server->password = read_password (reader, "RTSP_ANNOTATE_PASSWORD");
  if (server->user || find (reader, "password"))
    check_pair (reader, "user", server->user, "password", server->password);
  server->basic = auth && g_str_equal (auth->value, "basic");
  if (auth && !server->basic && !g_str_equal (auth->value, "digest"))
    fault (reader, auth, "digest or basic");
  server->tls_certificate = read_file_name (reader, "tls-certificate");
  server->tls_key = read_file_name (reader, "tls-key");
  check_pair (reader, "tls-certificate", server->tls_certificate, "tls-key",
      server->tls_key);
  server->health_interval =
      read_number (reader, "health-interval", 60, 0, 86400);
}

static void
read_uri (const Reader * reader, CameraSettings * camera)
{
  DraftEntry *entry = find (reader, "uri");
  gchar *problem = NULL;

  if (!entry) {
    complain ("[%s] uri: there is none; expected is one as in "
        "rtsp://192.0.2.7/stream, v4l2:///dev/video0, test:// or the name of "
        "a file", reader->group->name);
    ++*reader->faults;
    return;
  }
  if (source_split_uri (entry->value, &camera->uri, &camera->user,
          &camera->password, &problem)) {
    say_hide (camera->password);
    return;
  }
  complain ("%s: \"%s\": %s", entry->origin, entry->value, problem);
  g_free (problem);
  ++*reader->faults;
}

static void
read_path (const Reader * reader, CameraSettings * camera)
{
  DraftEntry *entry = find (reader, "path");
  const gchar *c;

  camera->path = entry ? g_strdup (entry->value)
      : g_strconcat ("/", camera->name, NULL);
  for (c = camera->path; g_ascii_isalnum (*c) || (*c && strchr ("/-_.", *c));)
    c++;
  if (camera->path[0] == '/' && camera->path[1] && !*c)
    return;
  if (entry) {
    fault (reader, entry, "a path of letters, digits and \"-_.\", \"/front\"");
  } else {
    complain ("[%s]: a name of letters, digits and \"-_.\" is expected after "
        "\"camera\", or a path in the group", reader->group->name);
    ++*reader->faults;
  }
}

static void
property_free (gpointer data)
{
  Property *property = data;

  g_free (property->name);
  g_free (property->value);
  g_free (property);
}

static void
camera_settings_free (gpointer data)
{
  CameraSettings *camera = data;

  g_free (camera->name);
  g_free (camera->uri);
  g_free (camera->user);
  g_free (camera->password);
  g_free (camera->path);
  g_free (camera->element);
  g_free (camera->encoder);
  g_ptr_array_unref (camera->properties);
  g_free (camera);
}

static CameraSettings *
read_camera (const Reader * reader)
{
  DraftEntry *entry;
  CameraSettings *camera = g_new0 (CameraSettings, 1);
  gchar *password;

  camera->properties = g_ptr_array_new_with_free_func (property_free);
  camera->name = g_strdup (reader->group->name + strlen (GROUP_CAMERA));
  read_uri (reader, camera);
  read_path (reader, camera);
  if ((entry = find (reader, "user"))) {
    g_free (camera->user);
    camera->user = g_strdup (entry->value);
  }
  if ((password = read_password (reader, "RTSP_ANNOTATE_CAMERA_PASSWORD"))) {
    g_free (camera->password);
    camera->password = password;
  }
  camera->element = read_string (reader, "element", "mobilenetssd");
  if (!g_str_equal (camera->element, "mobilenetssd")
      && !g_str_equal (camera->element, "mobilenetclassify")
      && !g_str_equal (camera->element, "mobilenetseg"))
    fault (reader, find (reader, "element"),
        "mobilenetssd, mobilenetclassify or mobilenetseg");
  camera->encoder = read_string (reader, "encoder", NULL);
  camera->bitrate = read_number (reader, "bitrate", 2048, 16, 1000000);
  camera->latency = read_number (reader, "latency", 200, 0, 60000);
  camera->timeout = read_number (reader, "timeout", 5, 1, 3600);
  *reader->faults += properties_read (camera, reader->defaults, reader->group);
  return camera;
}

static void
check_paths (const GPtrArray * cameras, guint * faults)
{
  guint i, j;

  for (i = 0; i < cameras->len; i++)
    for (j = 0; j < i; j++) {
      const CameraSettings *a = g_ptr_array_index (cameras, j);
      const CameraSettings *b = g_ptr_array_index (cameras, i);

      if (!g_str_equal (a->path, b->path))
        continue;
      complain ("[camera %s] path: \"%s\" is that of [camera %s], too; each "
          "needs its own", b->name, b->path, a->name);
      ++*faults;
    }
}

Settings *
settings_new (Draft * draft)
{
  Settings *settings = g_new0 (Settings, 1);
  guint faults = 0, i;
  Reader reader = { draft_group (draft, GROUP_SERVER), NULL, &faults };

  settings->cameras = g_ptr_array_new_with_free_func (camera_settings_free);
  read_server (&reader, &settings->server);
  reader.defaults = draft_group (draft, GROUP_DEFAULTS);
  for (i = 0; i < draft->groups->len; i++) {
    reader.group = g_ptr_array_index (draft->groups, i);
    if (g_str_has_prefix (reader.group->name, GROUP_CAMERA)) {
      g_ptr_array_add (settings->cameras, read_camera (&reader));
    } else if (!g_str_equal (reader.group->name, GROUP_SERVER)
        && !g_str_equal (reader.group->name, GROUP_DEFAULTS)) {
      complain ("[%s]: there is no such group; known are [server], [camera] "
          "for what all cameras share, and [camera NAME] for each",
          reader.group->name);
      faults++;
    }
  }
  check_paths (settings->cameras, &faults);
  if (settings->cameras->len == 0) {
    complain ("there is no camera: name its URI, or a key file with a group "
        "[camera NAME] by --config");
    faults++;
  }
  if (faults == 0)
    return settings;
  settings_free (settings);
  return NULL;
}

void
settings_free (Settings * settings)
{
  ServerSettings *server = &settings->server;

  g_free (server->address);
  g_free (server->user);
  g_free (server->password);
  g_free (server->tls_certificate);
  g_free (server->tls_key);
  g_ptr_array_unref (settings->cameras);
  g_free (settings);
}
