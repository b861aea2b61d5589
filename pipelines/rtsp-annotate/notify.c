/* SPDX-License-Identifier: MIT
 *
 * systemd's notification protocol: a datagram of "KEY=value" lines to the socket
 * that $NOTIFY_SOCKET names. */
#include "notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "@name" is a socket without a file.  0 when it is neither that nor a path. */
static socklen_t
socket_address (const gchar * name, struct sockaddr_un *address)
{
  gsize length = strlen (name);

  if ((name[0] != '/' && name[0] != '@') || length < 2
      || length >= sizeof (address->sun_path))
    return 0;
  memset (address, 0, sizeof (*address));
  address->sun_family = AF_UNIX;
  memcpy (address->sun_path, name, length);
  if (name[0] == '@')
    address->sun_path[0] = '\0';
  return offsetof (struct sockaddr_un, sun_path) + length;
}

gboolean
notify (const gchar * format, ...)
{
  const gchar *name = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address;
  socklen_t size = name ? socket_address (name, &address) : 0;
  gboolean sent = FALSE;
  va_list args;
  gchar *text;
  int fd;

  if (size == 0)
    return FALSE;
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  sent = sendto (fd, text, strlen (text), MSG_NOSIGNAL,
      (struct sockaddr *) &address, size) >= 0;
  g_free (text);
  close (fd);
  return sent;
}

guint
notify_watchdog_interval (void)
{
  const gchar *usec = g_getenv ("WATCHDOG_USEC");
  const gchar *pid = g_getenv ("WATCHDOG_PID");
  guint64 wanted;

  if (!usec || !g_ascii_string_to_unsigned (usec, 10, 1, G_MAXUINT64, &wanted,
          NULL))
    return 0;
  if (pid && g_ascii_strtoull (pid, NULL, 10) != (guint64) getpid ())
    return 0;
  return CLAMP (wanted / 2000, 1, G_MAXINT);
}
