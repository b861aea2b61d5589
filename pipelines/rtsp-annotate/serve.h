/* SPDX-License-Identifier: MIT
 *
 * The RTSP server: its mounts, and who may see them. */
#ifndef SERVE_H
#define SERVE_H

#include "mount.h"

typedef struct _Server Server;

/* NULL, and a complaint, when it cannot listen or has no certificate. */
Server *server_new (const ServerSettings * settings);
void server_free (Server * server);

/* Before server_start(). */
void server_add (Server * server, const gchar * path, Mount * mount);

/* Listens, in a thread of its own; FALSE after a complaint. */
gboolean server_start (Server * server);

/* "rtsp://127.0.0.1:8554"; the caller frees it. */
gchar *server_get_address (Server * server);

/* Rises once a second while its thread lives. */
guint server_get_strokes (Server * server);

#endif
