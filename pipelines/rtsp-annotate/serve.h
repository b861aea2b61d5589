/* SPDX-License-Identifier: MIT
 *
 * The RTSP server: its mounts, who may see them, and how many do. */
#ifndef SERVE_H
#define SERVE_H

#include "mount.h"

typedef struct _Server Server;

/* NULL, and a complaint, when it cannot listen or has no certificate. */
Server *server_new (const ServerSettings * settings);
void server_free (Server * server);

/* Before server_start(). */
void server_add (Server * server, const gchar * path, Mount * mount);

/* Listens; FALSE after a complaint. */
gboolean server_start (Server * server);

/* "rtsp://127.0.0.1:8554"; the caller frees it. */
gchar *server_get_address (Server * server);

/* Clients that play it. */
guint server_count_clients (Server * server, Mount * mount);

/* Forgets sessions that ended without a word; now and then, from the main loop. */
void server_tick (Server * server);

#endif
