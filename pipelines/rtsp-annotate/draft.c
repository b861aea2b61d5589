/* SPDX-License-Identifier: MIT
 *
 * Keys and values with where they come from: key file or command line. */
#include "draft.h"

static void
entry_free (gpointer data)
{
  DraftEntry *entry = data;

  g_free (entry->key);
  g_free (entry->value);
  g_free (entry->origin);
  g_free (entry);
}

static void
group_free (gpointer data)
{
  DraftGroup *group = data;

  g_free (group->name);
  g_ptr_array_unref (group->entries);
  g_free (group);
}

Draft *
draft_new (void)
{
  Draft *draft = g_new0 (Draft, 1);

  draft->groups = g_ptr_array_new_with_free_func (group_free);
  return draft;
}

void
draft_free (Draft * draft)
{
  g_ptr_array_unref (draft->groups);
  g_free (draft);
}

DraftGroup *
draft_group (const Draft * draft, const gchar * name)
{
  guint i;

  for (i = 0; i < draft->groups->len; i++) {
    DraftGroup *group = g_ptr_array_index (draft->groups, i);

    if (g_str_equal (group->name, name))
      return group;
  }
  return NULL;
}

DraftEntry *
draft_entry (const DraftGroup * group, const gchar * key)
{
  guint i;

  for (i = 0; group && i < group->entries->len; i++) {
    DraftEntry *entry = g_ptr_array_index (group->entries, i);

    if (g_str_equal (entry->key, key))
      return entry;
  }
  return NULL;
}

static DraftGroup *
add_group (Draft * draft, const gchar * name)
{
  DraftGroup *group = draft_group (draft, name);

  if (!group) {
    group = g_new0 (DraftGroup, 1);
    group->name = g_strdup (name);
    group->entries = g_ptr_array_new_with_free_func (entry_free);
    g_ptr_array_add (draft->groups, group);
  }
  return group;
}

void
draft_set (Draft * draft, const gchar * group_name, const gchar * key,
    const gchar * value, const gchar * origin)
{
  DraftGroup *group = add_group (draft, group_name);
  DraftEntry *entry = draft_entry (group, key);

  if (!entry) {
    entry = g_new0 (DraftEntry, 1);
    entry->key = g_strdup (key);
    g_ptr_array_add (group->entries, entry);
  }
  g_free (entry->value);
  g_free (entry->origin);
  entry->value = g_strdup (value);
  entry->origin = g_strdup (origin);
}

/* A value that is no string (a bad escape) is taken as it is written. */
static void
load_group (Draft * draft, const gchar * file, GKeyFile * key_file,
    const gchar * group)
{
  gchar **keys = g_key_file_get_keys (key_file, group, NULL, NULL);
  guint i;

  add_group (draft, group);
  for (i = 0; keys && keys[i]; i++) {
    gchar *origin = g_strdup_printf ("%s: [%s] %s", file, group, keys[i]);
    gchar *value = g_key_file_get_string (key_file, group, keys[i], NULL);

    if (!value)
      value = g_key_file_get_value (key_file, group, keys[i], NULL);
    draft_set (draft, group, keys[i], value ? value : "", origin);
    g_free (value);
    g_free (origin);
  }
  g_strfreev (keys);
}

gboolean
draft_load (Draft * draft, const gchar * file, GError ** error)
{
  GKeyFile *key_file = g_key_file_new ();
  gboolean good =
      g_key_file_load_from_file (key_file, file, G_KEY_FILE_NONE, error);

  if (good) {
    gchar **groups = g_key_file_get_groups (key_file, NULL);
    guint i;

    for (i = 0; groups[i]; i++)
      load_group (draft, file, key_file, groups[i]);
    g_strfreev (groups);
  }
  g_key_file_unref (key_file);
  return good;
}
