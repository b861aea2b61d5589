/* SPDX-License-Identifier: MIT
 *
 * Whether there is anything at all where a camera was: a TCP connection, over which
 * an RTSP server must answer OPTIONS, or a look for a device's file. */
#ifndef KNOCK_H
#define KNOCK_H

#include <glib.h>

typedef struct _Knock Knock;

typedef void (*KnockFunc) (gboolean is_there, gpointer user_data);

/* `done` is called once, later, in the default main context, unless the knock is
 * cancelled before.  NULL for a URI that names neither a host nor a file. */
Knock *knock_new (const gchar * uri, KnockFunc done, gpointer user_data);
void knock_cancel (Knock * knock);

#endif
