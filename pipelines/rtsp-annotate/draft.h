/* SPDX-License-Identifier: MIT
 *
 * Keys and values with where they come from: key file or command line. */
#ifndef DRAFT_H
#define DRAFT_H

#include <glib.h>

typedef struct
{
  gchar *key, *value;
  gchar *origin;                /* "FILE: [group] key" or "--option" */
  gboolean is_bad;              /* and was complained of */
} DraftEntry;

typedef struct
{
  gchar *name;
  GPtrArray *entries;           /* of DraftEntry */
} DraftGroup;

typedef struct
{
  GPtrArray *groups;            /* of DraftGroup, in the order of their coming */
} Draft;

Draft *draft_new (void);
void draft_free (Draft * draft);

/* A later value takes the place of an earlier one. */
void draft_set (Draft * draft, const gchar * group, const gchar * key,
    const gchar * value, const gchar * origin);
gboolean draft_load (Draft * draft, const gchar * file, GError ** error);

/* NULL where there is none; a group may be NULL. */
DraftGroup *draft_group (const Draft * draft, const gchar * name);
DraftEntry *draft_entry (const DraftGroup * group, const gchar * key);

#endif
