/* SPDX-License-Identifier: MIT
 *
 * All that the program prints passes here, where passwords are taken out. */
#ifndef SAY_H
#define SAY_H

#include <glib.h>

/* A line on stdout, of the program's own words, and one on stderr, which may quote
 * others'. */
void say (const gchar * format, ...) G_GNUC_PRINTF (1, 2);
void complain (const gchar * format, ...) G_GNUC_PRINTF (1, 2);

/* complain() hides the string from now on.  NULL and "" hide nothing. */
void say_hide (const gchar * secret);
void say_forget (void);

#endif
