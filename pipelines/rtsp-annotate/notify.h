/* SPDX-License-Identifier: MIT
 *
 * systemd's notification protocol: a datagram of "KEY=value" lines to the socket
 * that $NOTIFY_SOCKET names. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <glib.h>

/* Sends the lines; FALSE when there is nobody to tell. */
gboolean notify (const gchar * format, ...) G_GNUC_PRINTF (1, 2);

/* How often WATCHDOG=1 must be sent, in ms, half of what $WATCHDOG_USEC allows;
 * 0: never. */
guint notify_watchdog_interval (void);

#endif
