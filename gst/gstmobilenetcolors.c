/* SPDX-License-Identifier: MIT
 *
 * Which colour a class is drawn in. */

#include "gstmobilenetcolors.h"

#include <string.h>

/* Bright, and each unlike the ones before it.  Their number is a prime: classes
 * come in tens and scores. */
static const guint32 palette[] = {
  0xff4d4d, 0x33d17a, 0x4da6ff, 0xffb000, 0xc77dff, 0x00d5c8, 0xff6fb5,
  0xb8e34b, 0xff8c42, 0x5ce1ff, 0xf6e34d, 0x98a2ff, 0xe07a5f, 0x7ae582,
  0xd9a5ff, 0xffd6a5, 0x3ee6b0, 0xf291c7, 0xc9cf6e,
};

/* "#rgb" or "#rrggbb". */
static gboolean
parse_color (const gchar * text, guint32 * rgb)
{
  gsize length = strlen (text);
  guint32 value = 0;
  gsize i;

  if (text[0] != '#' || (length != 4 && length != 7))
    return FALSE;
  for (i = 1; i < length; i++) {
    gint digit = g_ascii_xdigit_value (text[i]);

    if (digit < 0)
      return FALSE;
    value = length == 4 ? value << 8 | digit * 17 : value << 4 | digit;
  }
  *rgb = value;
  return TRUE;
}

/* One "label=colour", which is changed. */
static gboolean
add_item (GHashTable * table, gchar * item)
{
  gchar *equals = strchr (item, '=');
  guint32 rgb;

  if (!equals || equals == item || !parse_color (g_strstrip (equals + 1), &rgb))
    return FALSE;
  g_hash_table_replace (table, g_strstrip (g_strndup (item, equals - item)),
      GUINT_TO_POINTER (rgb));
  return TRUE;
}

GHashTable *
gst_mobilenet_colors_parse (const gchar * text, gchar ** error)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  gchar **items = g_strsplit (text ? text : "", ",", -1);
  guint i;

  for (i = 0; items[i]; i++) {
    if (!*g_strstrip (items[i]) || add_item (table, items[i]))
      continue;
    *error = g_strdup_printf ("property colors: \"%s\", expected label=#rrggbb "
        "as in \"person=#ff0000,dog=#00c0ff\"", items[i]);
    g_clear_pointer (&table, g_hash_table_unref);
    break;
  }
  g_strfreev (items);
  return table;
}

guint32
gst_mobilenet_color_of (GHashTable * table, const gchar * label, guint index)
{
  gpointer rgb;

  if (g_hash_table_size (table)
      && g_hash_table_lookup_extended (table, label, NULL, &rgb))
    return GPOINTER_TO_UINT (rgb);
  return palette[index % G_N_ELEMENTS (palette)];
}

guint32
gst_mobilenet_color_for_text (guint32 rgb)
{
  guint r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
  /* Of BT.601, in 1000 steps of 255. */
  guint luma = 299 * r + 587 * g + 114 * b;
  const guint least = 165 * 1000, white = 255 * 1000;

  if (luma >= least)
    return rgb;
  r += (255 - r) * (least - luma) / (white - luma);
  g += (255 - g) * (least - luma) / (white - luma);
  b += (255 - b) * (least - luma) / (white - luma);
  return r << 16 | g << 8 | b;
}
