/* SPDX-License-Identifier: MIT
 *
 * Text as sprites: Pango and Cairo render a mask once for each text and colour;
 * the sprites are kept in the order of their last use. */

#include "gstmobilenettext.h"

#include <pango/pangocairo.h>
#include <string.h>

#define PLATE_RGB 0x000000
#define PLATE_OPACITY 0.7

/* What is kept from one frame to the next. */
#define MAX_SPRITES 512
#define MAX_BYTES (16 * 1024 * 1024)

#define MAX_CHARACTERS 48
#define MAX_SHOWN (4 * MAX_CHARACTERS + 1)      /* bytes of so many */
#define ELLIPSIS "\xe2\x80\xa6"
#define MAX_WIDTH 8192

typedef struct
{
  gchar *string;
  guint32 rgb;
  GstMobilenetSprite *sprite;
  GList link;                   /* in `entries`, the last used first */
} Entry;

struct _GstMobilenetText
{
  PangoFontMap *fonts;
  PangoContext *context;
  PangoLayout *layout;
  gint ascent, line_height, padding;    /* pixels */
  GstMobilenetSpriteLook look;
  GHashTable *table;            /* of entries, which are their own keys */
  GQueue entries;
  gsize bytes;
};

static guint
entry_hash (gconstpointer key)
{
  const Entry *entry = key;

  return g_str_hash (entry->string) ^ entry->rgb * 2654435761u;
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *first = a, *second = b;

  return first->rgb == second->rgb
      && g_str_equal (first->string, second->string);
}

static void
drop_entry (GstMobilenetText * self, Entry * entry)
{
  g_hash_table_remove (self->table, entry);
  g_queue_unlink (&self->entries, &entry->link);
  self->bytes -= gst_mobilenet_sprite_size (entry->sprite);
  gst_mobilenet_sprite_free (entry->sprite);
  g_free (entry->string);
  g_free (entry);
}

static void
drop_entries (GstMobilenetText * self, guint most, gsize bytes)
{
  while (self->entries.length > most || self->bytes > bytes)
    drop_entry (self, self->entries.tail->data);
}

GstMobilenetText *
gst_mobilenet_text_new (void)
{
  GstMobilenetText *self = g_new0 (GstMobilenetText, 1);

  /* A font map of its own: the default one belongs to a thread. */
  self->fonts = pango_cairo_font_map_new ();
  self->context = pango_font_map_create_context (self->fonts);
  self->layout = pango_layout_new (self->context);
  pango_layout_set_single_paragraph_mode (self->layout, TRUE);
  self->table = g_hash_table_new (entry_hash, entry_equal);
  g_queue_init (&self->entries);
  return self;
}

void
gst_mobilenet_text_free (GstMobilenetText * text)
{
  drop_entries (text, 0, 0);
  g_hash_table_unref (text->table);
  g_object_unref (text->layout);
  g_object_unref (text->context);
  g_object_unref (text->fonts);
  g_free (text);
}

void
gst_mobilenet_text_configure (GstMobilenetText * text, const gchar * font,
    gint size, gdouble opacity)
{
  PangoFontDescription *description = pango_font_description_from_string (font);
  PangoFontMetrics *metrics;
  gint descent;

  drop_entries (text, 0, 0);
  pango_font_description_set_absolute_size (description,
      (gdouble) size * PANGO_SCALE);
  pango_layout_set_font_description (text->layout, description);
  metrics = pango_context_get_metrics (text->context, description, NULL);
  text->ascent = PANGO_PIXELS_CEIL (pango_font_metrics_get_ascent (metrics));
  descent = PANGO_PIXELS_CEIL (pango_font_metrics_get_descent (metrics));
  pango_font_metrics_unref (metrics);
  pango_font_description_free (description);
  text->line_height = (CLAMP (text->ascent + descent, size, 3 * size) + 1) & ~1;
  text->padding = MAX (2, size / 5);
  text->look.plate_rgb = PLATE_RGB;
  text->look.text_opacity = opacity;
  text->look.plate_opacity = PLATE_OPACITY * opacity;
}

void
gst_mobilenet_text_begin (GstMobilenetText * text)
{
  drop_entries (text, MAX_SPRITES, MAX_BYTES);
}

/* Does the character end a line, or is it a tab or worse? */
static gboolean
is_control (gunichar character)
{
  GUnicodeType type = g_unichar_type (character);

  return type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR
      || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* At most MAX_CHARACTERS of `string` in `shown`, in one line, the last of them
 * an ellipsis when some were cut off. */
static void
shorten (const gchar * string, gchar shown[MAX_SHOWN])
{
  gchar *end = shown, *last = shown;
  guint n;

  for (n = 0; n < MAX_CHARACTERS && *string; n++) {
    gunichar character = g_utf8_get_char (string);

    last = end;
    end += g_unichar_to_utf8 (is_control (character) ? ' ' : character, end);
    string = g_utf8_next_char (string);
  }
  *end = '\0';
  if (*string)
    memcpy (last, ELLIPSIS, sizeof (ELLIPSIS));
}

/* The layout drawn on an A8 surface; NULL when memory is short. */
static cairo_surface_t *
draw_layout (GstMobilenetText * self, gint width)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8,
      width, self->line_height);
  cairo_t *cr;

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy (surface);
    return NULL;
  }
  cr = cairo_create (surface);
  cairo_move_to (cr, self->padding, self->ascent -
      PANGO_PIXELS (pango_layout_get_baseline (self->layout)));
  pango_cairo_show_layout (cr, self->layout);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static GstMobilenetSprite *
render (GstMobilenetText * self, const gchar * string, guint32 rgb)
{
  GstMobilenetSpriteLook look = self->look;
  cairo_surface_t *surface;
  gint width, y, stride;
  const guint8 *rows;
  guint8 *mask;

  pango_layout_set_text (self->layout, string, -1);
  pango_layout_get_pixel_size (self->layout, &width, NULL);
  width = (MIN (width + 2 * self->padding, MAX_WIDTH) + 1) & ~1;
  surface = draw_layout (self, width);
  if (!surface)
    return NULL;
  rows = cairo_image_surface_get_data (surface);
  stride = cairo_image_surface_get_stride (surface);
  mask = g_malloc ((gsize) width * self->line_height);
  for (y = 0; y < self->line_height; y++)
    memcpy (mask + (gsize) y * width, rows + (gsize) y * stride, width);
  cairo_surface_destroy (surface);
  look.text_rgb = rgb;
  return gst_mobilenet_sprite_new (mask, width, self->line_height, &look);
}

GstMobilenetSprite *
gst_mobilenet_text_sprite (GstMobilenetText * text, const gchar * string,
    guint32 rgb)
{
  GstMobilenetSprite *sprite;
  gchar shown[MAX_SHOWN];
  const Entry key = {.string = shown,.rgb = rgb };
  Entry *entry;

  shorten (string, shown);
  entry = g_hash_table_lookup (text->table, &key);
  if (entry) {
    g_queue_unlink (&text->entries, &entry->link);
    g_queue_push_head_link (&text->entries, &entry->link);
    return entry->sprite;
  }
  sprite = render (text, shown, rgb);
  if (!sprite)
    return NULL;
  entry = g_new0 (Entry, 1);
  entry->string = g_strdup (shown);
  entry->rgb = rgb;
  entry->sprite = sprite;
  entry->link.data = entry;
  g_hash_table_add (text->table, entry);
  g_queue_push_head_link (&text->entries, &entry->link);
  text->bytes += gst_mobilenet_sprite_size (sprite);
  return sprite;
}
