/* SPDX-License-Identifier: MIT
 *
 * What the key file and the command line say, checked. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <gst/gst.h>

#include "draft.h"
#include "source.h"

typedef struct
{
  gchar *address;
  guint port;                   /* 0: any that is free */
  gchar *user, *password;       /* NULL: everybody */
  gboolean basic;               /* else digest */
  gchar *tls_certificate, *tls_key;     /* NULL: no TLS */
  guint health_interval;        /* s; 0: no line */
} ServerSettings;

/* Whose property it is. */
typedef enum
{
  PART_SOURCE,
  PART_ANALYSER,
  PART_OVERLAY
} Part;

typedef struct
{
  Part part;
  gchar *name, *value;          /* as gst-launch takes it */
} Property;

struct _CameraSettings
{
  gchar *name;
  gchar *uri;                   /* without user and password */
  gchar *user, *password;       /* of the camera, or NULL */
  gchar *path;                  /* "/name" */
  gchar *element;               /* that analyses */
  gchar *encoder;               /* a gst-launch description, or NULL */
  guint bitrate;                /* kbit/s */
  guint latency;                /* ms */
  guint timeout;                /* s */
  GPtrArray *properties;        /* of Property */
};

typedef struct
{
  ServerSettings server;
  GPtrArray *cameras;           /* of CameraSettings */
} Settings;

/* NULL after at least one complaint; there is one for each bad entry. */
Settings *settings_new (Draft * draft);
void settings_free (Settings * settings);

#endif
