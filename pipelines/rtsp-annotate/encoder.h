/* SPDX-License-Identifier: MIT
 *
 * The encoder that the machine has and the payloader that goes with it. */
#ifndef ENCODER_H
#define ENCODER_H

#include <glib.h>

/* "encoder ! caps ! payloader name=pay0", for gst-launch, of the description that
 * the user gave, or of the first encoder that is there.  NULL, with the reason,
 * when there is none. */
gchar *encoder_describe (const gchar * wanted, guint bitrate, gchar ** error);

#endif
