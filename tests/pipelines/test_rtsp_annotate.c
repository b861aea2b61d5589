/* SPDX-License-Identifier: MIT
 *
 * rtsp-annotate on loopback, with a real camera and real clients:
 *
 *   test-rtsp-annotate PROGRAM CAMERA SCENARIO [CYCLES MOST_SECONDS]
 *
 * The encoder is the program's own choice where H.264 can be decoded, else VP8. */
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rtsp_fixture.h"

#define SECRET "pA55word-of-the-camera"
#define WATCH_SECRET "pA55word-of-the-viewer"
#define HEALTH "^health camera=camera1 "

static const gchar *program_path, *camera_path;
static guint cycles = 3;
static gdouble most_seconds = PATIENCE;

static Program *
start_camera (const gchar * port, const gchar * size, gchar ** bound)
{
  const gchar *const words[] = { camera_path, port, size, "operator", SECRET,
    NULL
  };
  Program *camera = program_start (words, NULL);
  gchar *number = program_wait (camera, "^port (\\d+)$", 1);

  if (bound)
    *bound = number;
  else
    g_free (number);
  return camera;
}

static gboolean
is_there (const gchar * name)
{
  GstElementFactory *factory = gst_element_factory_find (name);
  gboolean found = factory != NULL;

  gst_clear_object (&factory);
  return found;
}

/* The program with the URI, a health line each second, and words for it. */
static Program *
start_annotate (const gchar * uri, const gchar * const *more,
    const gchar * const *environment)
{
  GPtrArray *words = g_ptr_array_new ();
  Program *program;
  guint i;

  g_ptr_array_add (words, (gpointer) program_path);
  g_ptr_array_add (words, "--port=0");
  g_ptr_array_add (words, "--health-interval=1");
  g_ptr_array_add (words, "--element=mobilenetclassify");
  g_ptr_array_add (words, "--model-file");
  g_ptr_array_add (words, (gpointer) fixture_model ());
  g_ptr_array_add (words, (gpointer) uri);
  if (!is_there ("avdec_h264"))
    g_ptr_array_add (words, "--set=encoder=vp8enc deadline=1 cpu-used=16");
  for (i = 0; more && more[i]; i++)
    g_ptr_array_add (words, (gpointer) more[i]);
  g_ptr_array_add (words, NULL);
  program = program_start ((const gchar * const *) words->pdata, environment);
  g_ptr_array_unref (words);
  return program;
}

static gchar *
mount_of (Program * program)
{
  return program_wait (program, "^camera1: (rtsps?://.*/camera1)$", 1);
}

static void
end_annotate (Program * program)
{
  gint status = program_end (program, SIGTERM);

  if (status != 0)
    fail_test ("rtsp-annotate ended with %d after SIGTERM", status);
}

static void
check_silence (Program * program)
{
  gchar *output = program_output (program);

  if (strstr (output, SECRET) || strstr (output, WATCH_SECRET))
    fail_test ("a password is in the output of %s", program->name);
  g_free (output);
}

/* Threads of pools and of sessions end a while after their work. */
static void
check_usage (Program * program, const Usage * before)
{
  gdouble end = seconds_now () + PATIENCE;
  Usage now = program_usage (program);

  while ((now.fds > before->fds || now.threads > before->threads)
      && seconds_now () < end) {
    g_usleep (100000);
    now = program_usage (program);
  }
  g_print ("fds %u -> %u, threads %u -> %u, resident %u -> %u KiB\n",
      before->fds, now.fds, before->threads, now.threads, before->rss, now.rss);
  if (now.fds > before->fds || now.threads > before->threads)
    fail_test ("fds or threads were left behind");
}

/* A camera, rtsp-annotate that reads it with a password, and a client of that. */
typedef struct
{
  gchar *port, *mount;
  Program *camera, *program;
  Client *client;
} Scene;

/* `words` may be NULL. */
static void
open_scene (Scene * scene, const gchar * size, const gchar * const *words)
{
  gchar *uri;

  scene->camera = start_camera ("0", size, &scene->port);
  uri = g_strdup_printf ("rtsp://operator:" SECRET "@127.0.0.1:%s/stream",
      scene->port);
  scene->program = start_annotate (uri, words, NULL);
  scene->mount = mount_of (scene->program);
  scene->client = client_start (scene->mount, "");
  g_free (uri);
}

static void
close_scene (Scene * scene)
{
  client_stop (scene->client);
  check_silence (scene->program);
  end_annotate (scene->program);
  program_end (scene->camera, SIGKILL);
  g_free (scene->mount);
  g_free (scene->port);
}

/* From now on, until the camera's picture is there. */
static void
wait_back (Scene * scene, gint width, gint height)
{
  gdouble seconds = client_wait_live (scene->client, width, height);

  g_print ("back after %.1f s, resident %u KiB\n", seconds,
      program_usage (scene->program).rss);
  if (seconds > most_seconds)
    fail_test ("it took %.1f s, %.0f may be", seconds, most_seconds);
}

/* The camera dies and comes back, in other sizes; the client stays. */
static void
test_reconnect (void)
{
  static const gchar *const sizes[] = { "320x240", "480x270", "320x240" };
  static const gint widths[] = { 320, 480, 320 }, heights[] = { 240, 270, 240 };
  Usage usage = { 0 };
  Scene scene;
  guint i;

  open_scene (&scene, sizes[0], NULL);
  g_print ("first picture after %.1f s\n",
      client_wait_live (scene.client, widths[0], heights[0]));
  for (i = 1; i <= cycles; i++) {
    guint frames;

    if (i == 3 || (i == 2 && cycles == 2))
      usage = program_usage (scene.program);
    program_end (scene.camera, SIGKILL);
    g_free (program_wait (scene.program,
            "^camera1: .*; trying again in \\d+ s$", i));
    /* What comes now is the picture of before. */
    frames = scene.client->frames;
    client_wait_frames (scene.client, frames + 2);
    scene.camera = start_camera (scene.port, sizes[i % 3], NULL);
    wait_back (&scene, widths[i % 3], heights[i % 3]);
  }
  g_free (program_wait (scene.program, HEALTH ".*state=playing.* clients=1$",
          1));
  if (usage.fds)
    check_usage (scene.program, &usage);
  client_check (scene.client);
  close_scene (&scene);
}

/* Away until the waits are longer than it may take to be back. */
static void
test_absence (void)
{
  Scene scene;

  open_scene (&scene, "320x240", NULL);
  client_wait_live (scene.client, 320, 240);
  program_end (scene.camera, SIGKILL);
  g_free (program_wait (scene.program, "^camera1: .*; trying again in 8 s$",
          1));
  scene.camera = start_camera (scene.port, "320x240", NULL);
  wait_back (&scene, 320, 240);
  close_scene (&scene);
}

/* The camera stops without a word: its connections stay, nothing comes.  It is
 * tried while it is silent, and answers again. */
static void
test_frozen (void)
{
  const gchar *const words[] = { "--set=timeout=1", NULL };
  Scene scene;

  open_scene (&scene, "320x240", words);
  client_wait_live (scene.client, 320, 240);
  program_signal (scene.camera, SIGSTOP);
  g_free (program_wait (scene.program,
          "^camera1: no picture came for \\d+ s; trying again in 1 s$", 1));
  g_free (program_wait (scene.program, "^camera1: .*; trying again in 2 s$",
          1));
  client_check (scene.client);
  program_signal (scene.camera, SIGCONT);
  wait_back (&scene, 320, 240);
  close_scene (&scene);
}

/* The size of what the camera sends changes; an odd one is made even. */
static void
test_size (void)
{
  Scene scene;
  guint i;

  open_scene (&scene, "320x240", NULL);
  client_wait_live (scene.client, 320, 240);
  for (i = 0; i < cycles; i++) {
    program_write (scene.camera, "640x360\n");
    client_wait_live (scene.client, 640, 360);
    program_write (scene.camera, "321x241\n");
    client_wait_live (scene.client, 320, 240);
    program_write (scene.camera, "200x320\n");
    client_wait_live (scene.client, 200, 320);
  }
  if (program_count (scene.program, "trying again"))
    fail_test ("a new size ended the camera's pipeline");
  close_scene (&scene);
}

/* An encoder that takes a second a frame, and a camera that sends 15: a change is
 * seen as soon as the encoder has done what it holds, not after all that came
 * before. */
static void
test_slow_encoder (void)
{
  const gchar *const words[] = {
    "--set=encoder=identity sleep-time=1000000 ! vp8enc deadline=1", NULL
  };
  gdouble start, end;
  Scene scene;

  open_scene (&scene, "320x240", words);
  client_wait_frames (scene.client, 8);
  program_write (scene.camera, "480x360\n");
  start = seconds_now ();
  end = start + PATIENCE;
  while (scene.client->width != 480) {
    client_check (scene.client);
    if (seconds_now () > end)
      fail_test ("the picture is %.0f s behind", PATIENCE);
    g_usleep (10000);
  }
  g_print ("seen after %.1f s\n", seconds_now () - start);
  close_scene (&scene);
}

/* Clients come, share the encoder, leave and return; one comes while the camera
 * is away. */
static void
test_clients (void)
{
  static const gchar *const words[] = { "--set=post-messages=true", NULL };
  Program *program = start_annotate ("test://ball", words, NULL);
  gchar *mount = mount_of (program);
  Usage usage = { 0 };
  Client *first, *second;
  guint i;

  for (i = 0; i < cycles + 1; i++) {
    first = client_start (mount, i % 2 ? "protocols=tcp" : "");
    client_wait_live (first, 640, 480);
    second = client_start (mount, i % 2 ? "" : "protocols=tcp");
    client_wait_live (second, 640, 480);
    g_free (program_wait (program, HEALTH ".* clients=2$", i + 1));
    client_stop (first);
    g_free (program_wait (program, HEALTH ".* clients=1$", i + 1));
    client_wait_live (second, 640, 480);
    client_stop (second);
    g_free (program_wait (program, HEALTH ".* clients=0$", i + 1));
    if (i == 0)
      usage = program_usage (program);
  }
  check_usage (program, &usage);
  g_free (program_wait (program,
          "^result camera=camera1 time=[\\d.]+ \"dark\" 0\\.9\\d\\d ", 1));
  g_free (program_wait (program, HEALTH ".* analysed=[1-9]\\d+ .* clients=0$",
          1));
  end_annotate (program);

  program = start_annotate ("rtsp://127.0.0.1:1/nobody", NULL, NULL);
  g_free (mount);
  mount = mount_of (program);
  first = client_start (mount, "");
  client_wait_frames (first, 2);
  if (!g_str_equal (first->format, "I420"))
    fail_test ("the picture is %s", first->format);
  client_stop (first);
  end_annotate (program);
  g_free (mount);
}

static void
check_refused (const gchar * uri, const gchar * settings)
{
  Client *client = client_start (uri, settings);
  gchar *reason = client_wait_refused (client);

  g_print ("refused: %s\n", reason);
  g_free (reason);
  client_stop (client);
}

static void
test_auth (void)
{
  static const gchar *const environment[] = {
    "RTSP_ANNOTATE_PASSWORD=" WATCH_SECRET, NULL
  };
  static const gchar *const hows[] = { "--auth=digest", "--auth=basic" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (hows); i++) {
    const gchar *const words[] = { "--user=viewer", hows[i], NULL };
    Program *program = start_annotate ("test://ball", words, environment);
    gchar *mount = mount_of (program);
    Client *client;

    check_refused (mount, "");
    check_refused (mount, "user-id=viewer user-pw=wrong");
    check_refused (mount, "user-id=nobody user-pw=" WATCH_SECRET);
    client = client_start (mount, "user-id=viewer user-pw=" WATCH_SECRET);
    client_wait_live (client, 640, 480);
    client_stop (client);
    check_silence (program);
    end_annotate (program);
    g_free (mount);
  }
}

/* A camera that does not take the password: said, without it. */
static void
test_wrong_camera_password (void)
{
  gchar *port, *uri;
  Program *camera = start_camera ("0", "320x240", &port), *program;

  uri = g_strdup_printf ("rtsp://operator:x" SECRET "@127.0.0.1:%s/stream",
      port);
  program = start_annotate (uri, NULL, NULL);
  g_free (program_wait (program, "^camera1: .*nauthorized.*; trying again", 2));
  check_silence (program);
  end_annotate (program);
  program_end (camera, SIGKILL);
  g_free (uri);
  g_free (port);
}

static void
make_certificate (const gchar * certificate, const gchar * key)
{
  const gchar *const words[] = { "openssl", "req", "-x509", "-newkey", "rsa",
    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out",
    certificate, NULL
  };

  if (program_wait_end (program_start (words, NULL)) != 0)
    fail_test ("openssl made no certificate");
}

static void
test_tls (void)
{
  const gchar *certificate = fixture_file ("certificate.pem", "", 0);
  const gchar *key = fixture_file ("key.pem", "", 0);
  const gchar *const words[] = { "--tls-certificate", certificate, "--tls-key",
    key, "--user=viewer", NULL
  };
  static const gchar *const environment[] = {
    "RTSP_ANNOTATE_PASSWORD=" WATCH_SECRET, NULL
  };
  Program *program;
  gchar *mount, *plain;
  Client *client;

  make_certificate (certificate, key);
  program = start_annotate ("test://ball", words, environment);
  mount = mount_of (program);
  if (!g_str_has_prefix (mount, "rtsps://"))
    fail_test ("%s", mount);
  client = client_start (mount, "tls-validation-flags=0 user-id=viewer "
      "user-pw=" WATCH_SECRET);
  client_wait_live (client, 640, 480);
  client_stop (client);
  check_refused (mount, "tls-validation-flags=0");
  check_refused (mount, "tls-validation-flags=0 protocols=udp user-id=viewer "
      "user-pw=" WATCH_SECRET);
  plain = g_strconcat ("rtsp", strstr (mount, "://"), NULL);
  check_refused (plain, "user-id=viewer user-pw=" WATCH_SECRET);
  end_annotate (program);
  g_free (plain);
  g_free (mount);
}

static int
open_notify_socket (const gchar * name)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX };
  struct timeval patience = {.tv_sec = PATIENCE };
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  memcpy (address.sun_path, name, strlen (name));
  if (name[0] == '@')
    address.sun_path[0] = '\0';
  if (fd < 0 || bind (fd, (struct sockaddr *) &address,
          offsetof (struct sockaddr_un, sun_path) + strlen (name)) != 0)
      fail_test ("%s: no socket", name);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof (patience));
  return fd;
}

static void
expect_notice (int fd, const gchar * wanted)
{
  gchar text[512];
  gdouble end = seconds_now () + PATIENCE;

  do {
    gssize length = recv (fd, text, sizeof (text) - 1, 0);

    if (length < 0 || seconds_now () > end)
      fail_test ("systemd was not told \"%s\"", wanted);
    text[length] = '\0';
  } while (!strstr (text, wanted));
}

/* systemd's protocol, by a socket with a file and one without; a film, which
 * begins again at its end. */
static void
test_notify (void)
{
  gchar *path = g_build_filename (fixture_folder (), "notify", NULL);
  gchar *hidden = g_strdup_printf ("@rtsp-annotate-test-%d", (int) getpid ());
  const gchar *const names[] = { path, hidden };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *variable = g_strconcat ("NOTIFY_SOCKET=", names[i], NULL);
    const gchar *const environment[] = { variable, "WATCHDOG_USEC=200000",
      NULL
    };
    int fd = open_notify_socket (names[i]);
    Program *program = start_annotate ("test://", NULL, environment);

    expect_notice (fd, "READY=1");
    expect_notice (fd, "WATCHDOG=1");
    expect_notice (fd, "STATUS=1 of 1 cameras");
    expect_notice (fd, "WATCHDOG=1");
    end_annotate (program);
    expect_notice (fd, "STOPPING=1");
    close (fd);
    g_free (variable);
  }
  g_unlink (path);
  g_free (hidden);
  g_free (path);
}

static void
test_film (void)
{
  gchar *film = g_build_filename (fixture_folder (), "film.webm", NULL);
  gchar *line = g_strdup_printf ("videotestsrc num-buffers=10 ! "
      "video/x-raw,width=160,height=120,framerate=10/1 ! vp8enc deadline=1 ! "
      "webmmux name=mux ! filesink location=%s audiotestsrc num-buffers=40 ! "
      "audioconvert ! vorbisenc ! mux.", film);
  GstElement *writer = gst_parse_launch (line, NULL);
  GstBus *bus = gst_element_get_bus (writer);
  Program *program;
  gchar *mount;
  Client *client;

  gst_element_set_state (writer, GST_STATE_PLAYING);
  gst_message_unref (gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
          GST_MESSAGE_EOS));
  gst_object_unref (bus);
  gst_element_set_state (writer, GST_STATE_NULL);
  gst_object_unref (writer);
  program = start_annotate (film, NULL, NULL);
  mount = mount_of (program);
  client = client_start (mount, "");
  client_wait_live (client, 160, 120);
  g_free (program_wait (program, HEALTH "state=playing .*frames=[3-9]\\d ", 1));
  client_wait_live (client, 160, 120);
  if (program_count (program, "trying again"))
    fail_test ("the film's end was taken for an error");
  client_stop (client);
  end_annotate (program);
  g_unlink (film);
  g_free (mount);
  g_free (line);
  g_free (film);
}

static const struct
{
  const gchar *name;
  void (*run) (void);
} scenarios[] = {
  {"reconnect", test_reconnect},
  {"absence", test_absence},
  {"frozen", test_frozen},
  {"size", test_size},
  {"slow-encoder", test_slow_encoder},
  {"clients", test_clients},
  {"auth", test_auth},
  {"camera-password", test_wrong_camera_password},
  {"tls", test_tls},
  {"notify", test_notify},
  {"film", test_film},
};

int
main (int argc, char **argv)
{
  guint i;

  gst_init (&argc, &argv);
  if (argc < 4) {
    g_printerr ("usage: %s PROGRAM CAMERA SCENARIO "
        "[CYCLES MOST_SECONDS]\n", argv[0]);
    return 2;
  }
  program_path = argv[1];
  camera_path = argv[2];
  if (argc == 6) {
    cycles = atoi (argv[4]);
    most_seconds = atof (argv[5]);
  }
  for (i = 0; i < G_N_ELEMENTS (scenarios); i++) {
    if (g_str_equal (scenarios[i].name, argv[3])) {
      scenarios[i].run ();
      fixture_clean ();
      g_print ("ok: %s\n", argv[3]);
      return 0;
    }
  }
  g_printerr ("%s: there is no such scenario\n", argv[3]);
  return 2;
}
