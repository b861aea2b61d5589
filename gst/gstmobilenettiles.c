/* SPDX-License-Identifier: MIT
 *
 * Tiles of a picture: which rectangles a detector is shown, and when. */

#include <math.h>
#include <string.h>

#include "gstmobilenettiles.h"

/* Columns or rows of tiles=auto at most. */
#define MAX_AUTO 8
#define MAX_OVERLAP 0.9

/* Reads decimal digits, 1 to GST_MOBILENET_MAX_TILES; `end` is what follows. */
static gboolean
parse_count (const gchar * text, guint * count, const gchar ** end)
{
  *count = 0;
  for (*end = text; g_ascii_isdigit (**end)
      && *count <= GST_MOBILENET_MAX_TILES; (*end)++)
    *count = *count * 10 + (**end - '0');
  return *end != text && *count >= 1 && *count <= GST_MOBILENET_MAX_TILES;
}

static gboolean
parse_grid (const gchar * word, guint * columns, guint * rows)
{
  const gchar *end;

  return parse_count (word, columns, &end) && *end == 'x'
      && parse_count (end + 1, rows, &end) && *end == '\0'
      && *columns * *rows <= GST_MOBILENET_MAX_TILES;
}

/* A grid may be named once, and so may each word. */
static gboolean
parse_words (GstMobilenetTiling * tiling, gchar ** words)
{
  gboolean grid = FALSE;
  guint i;

  tiling->columns = tiling->rows = 0;
  tiling->whole = tiling->motion = FALSE;
  for (i = 0; words[i]; i++) {
    const gchar *word = g_strstrip (words[i]);

    if (strcmp (word, "motion") == 0 && !tiling->motion)
      tiling->motion = TRUE;
    else if (strcmp (word, "whole") == 0 && !tiling->whole)
      tiling->whole = TRUE;
    else if (!grid && (strcmp (word, "auto") == 0
            || parse_grid (word, &tiling->columns, &tiling->rows)))
      grid = TRUE;
    else
      return FALSE;
  }
  return i > 0;
}

static gboolean
parse_tiles (GstMobilenetTiling * tiling, const gchar * tiles,
    MnetError * error)
{
  gchar **words;
  gboolean valid;

  if (!tiles) {
    tiling->columns = tiling->rows = 1;
    tiling->whole = tiling->motion = FALSE;
    return TRUE;
  }
  words = g_strsplit (tiles, ",", -1);
  valid = parse_words (tiling, words);
  g_strfreev (words);
  if (!valid)
    g_snprintf (error->text, sizeof (error->text), "property tiles is "
        "\"%.64s\", expected columns and rows like 3x2, at most %d tiles, or "
        "auto, and after it, separated by commas, whole (the whole picture, "
        "too) and motion (only tiles that changed), e.g. tiles=3x2,motion",
        tiles, GST_MOBILENET_MAX_TILES);
  return valid;
}

/* Reads four numbers separated by commas. */
static gboolean
parse_four (const gchar * text, gdouble numbers[4])
{
  gchar *end;
  guint i;

  for (i = 0; i < 4; i++, text = end + 1) {
    numbers[i] = g_ascii_strtod (text, &end);
    if (end == text)
      return FALSE;
    end += strspn (end, " ");
    if (*end != (i < 3 ? ',' : '\0'))
      return FALSE;
  }
  return TRUE;
}

/* NaN is not inside. */
static gboolean
side_is_inside (gdouble start, gdouble length)
{
  return start >= 0 && length > 0 && start + length <= 1 + 1e-9;
}

static gboolean
parse_region (GstMobilenetTiling * tiling, const gchar * region,
    MnetError * error)
{
  gdouble numbers[4] = { 0, 0, 1, 1 };

  if (region && (!parse_four (region, numbers)
          || !side_is_inside (numbers[0], numbers[2])
          || !side_is_inside (numbers[1], numbers[3]))) {
    g_snprintf (error->text, sizeof (error->text), "property region is "
        "\"%.64s\", expected x,y,width,height in fractions of the picture, "
        "inside of it, e.g. region=0,0.5,1,0.5 for its lower half", region);
    return FALSE;
  }
  tiling->x = numbers[0];
  tiling->y = numbers[1];
  tiling->width = numbers[2];
  tiling->height = numbers[3];
  return TRUE;
}

/* From the properties tiles and region, NULL when unset, and overlap.  FALSE
 * and `error` filled when they are malformed. */
gboolean
gst_mobilenet_tiling_parse (GstMobilenetTiling * tiling, const gchar * tiles,
    gdouble overlap, const gchar * region, MnetError * error)
{
  error->status = MNET_ERROR_ARGUMENT;
  if (!(overlap >= 0 && overlap <= MAX_OVERLAP)) {
    g_snprintf (error->text, sizeof (error->text), "property overlap is %g, "
        "expected a fraction of a tile's side, 0 to %g", overlap, MAX_OVERLAP);
    return FALSE;
  }
  tiling->overlap = overlap;
  tiling->revision = 0;
  return parse_tiles (tiling, tiles, error)
      && parse_region (tiling, region, error);
}

/* So many tiles on a side that each is at most twice as long as the network's
 * input. */
static guint
auto_count (gint side, gint input, gdouble overlap)
{
  gdouble count = (side / (2.0 * input) - 1) / (1 - overlap) + 1;

  return CLAMP (ceil (count), 1, MAX_AUTO);
}

/* Tile `i` of `n` on a side of `length` pixels, at least one pixel long. */
static void
place_tile (guint i, guint n, gint length, gdouble overlap, gint32 * start,
    gint32 * side)
{
  gdouble exact = length / (1 + (n - 1) * (1 - overlap));

  *side = CLAMP (ceil (exact), 1, length);
  *start = n > 1 ? ((gint64) (length - *side) * i + (n - 1) / 2) / (n - 1) : 0;
}

static void
place_region (const GstMobilenetTiling * tiling, const MnetRect * picture,
    MnetRect * region)
{
  gint left = lrint (tiling->x * picture->width);
  gint top = lrint (tiling->y * picture->height);
  gint right = lrint ((tiling->x + tiling->width) * picture->width);
  gint bottom = lrint ((tiling->y + tiling->height) * picture->height);

  left = MIN (left, picture->width - 1);
  top = MIN (top, picture->height - 1);
  region->x = picture->x + left;
  region->y = picture->y + top;
  region->width = CLAMP (right - left, 1, picture->width - left);
  region->height = CLAMP (bottom - top, 1, picture->height - top);
}

/* The tiles of a picture for a network whose input has that size, row by row,
 * the whole region last where it is wanted.  Returns how many there are. */
guint
gst_mobilenet_tiling_layout (const GstMobilenetTiling * tiling,
    const MnetRect * picture, gint input_width, gint input_height,
    MnetRect tiles[GST_MOBILENET_MAX_VIEWS])
{
  guint columns = tiling->columns, rows = tiling->rows, n = 0, row, column;
  MnetRect region;

  place_region (tiling, picture, &region);
  if (!columns) {
    columns = auto_count (region.width, input_width, tiling->overlap);
    rows = auto_count (region.height, input_height, tiling->overlap);
  }
  for (row = 0; row < rows; row++) {
    for (column = 0; column < columns; column++, n++) {
      place_tile (column, columns, region.width, tiling->overlap, &tiles[n].x,
          &tiles[n].width);
      place_tile (row, rows, region.height, tiling->overlap, &tiles[n].y,
          &tiles[n].height);
      tiles[n].x += region.x;
      tiles[n].y += region.y;
    }
  }
  if (tiling->whole && n > 1)
    tiles[n++] = region;
  return n;
}

/* Tiles are for a network of that input size from now on. */
void
gst_mobilenet_tiles_set_input (GstMobilenetTiles * self, gint width,
    gint height)
{
  if (self->input_width != width || self->input_height != height)
    self->n_tiles = 0;
  self->input_width = width;
  self->input_height = height;
}

/* Frames are `frame` from now on; FALSE and `error` filled when memory is
 * short. */
gboolean
gst_mobilenet_tiles_set_frame (GstMobilenetTiles * self,
    const MnetFrameInfo * frame, MnetError * error)
{
  GstMobilenetMotion *motion = gst_mobilenet_motion_new (frame, error);

  if (!motion)
    return FALSE;
  gst_mobilenet_motion_free (self->motion);
  self->motion = motion;
  self->n_tiles = 0;
  return TRUE;
}

void
gst_mobilenet_tiles_clear (GstMobilenetTiles * self)
{
  g_clear_pointer (&self->motion, gst_mobilenet_motion_free);
  self->n_tiles = 0;
}

static gboolean
same_rect (const MnetRect * a, const MnetRect * b)
{
  return a->x == b->x && a->y == b->y && a->width == b->width
      && a->height == b->height;
}

static gboolean
same_tiling (const GstMobilenetTiling * a, const GstMobilenetTiling * b)
{
  return a->columns == b->columns && a->rows == b->rows
      && a->whole == b->whole && a->motion == b->motion
      && a->overlap == b->overlap && a->x == b->x && a->y == b->y
      && a->width == b->width && a->height == b->height;
}

/* Places the tiles anew where properties or the picture have changed. */
static void
update_layout (GstMobilenetTiles * self, const GstMobilenetTiling * tiling,
    const MnetRect * picture)
{
  MnetRect region;

  if (self->n_tiles && same_tiling (tiling, &self->tiling)
      && same_rect (picture, &self->picture))
    return;
  self->tiling = *tiling;
  self->picture = *picture;
  self->layout++;
  self->next = 0;
  self->last = GST_MOBILENET_MAX_VIEWS;
  self->n_tiles = gst_mobilenet_tiling_layout (tiling, picture,
      self->input_width, self->input_height, self->tiles);
  if (!tiling->motion)
    return;
  place_region (tiling, picture, &region);
  gst_mobilenet_motion_set_parts (self->motion, &region, self->tiles,
      self->n_tiles);
}

static gboolean
is_due (GstMobilenetTiles * self, guint tile)
{
  return !self->tiling.motion
      || gst_mobilenet_motion_changed (self->motion, tile);
}

static void
add_view (GstMobilenetTiles * self, guint tile, GstMobilenetFrame * frame)
{
  frame->views[frame->n_views].region = self->tiles[tile];
  frame->views[frame->n_views].tag = tile;
  frame->n_views++;
  if (self->tiling.motion)
    gst_mobilenet_motion_keep (self->motion, tile);
}

/* One tile a frame, in turn: the one of the frame that this one replaces, else
 * the next that is due. */
static void
choose_next (GstMobilenetTiles * self, gboolean replaces,
    GstMobilenetFrame * frame)
{
  guint i;

  if (replaces && self->last < self->n_tiles) {
    add_view (self, self->last, frame);
    return;
  }
  self->last = GST_MOBILENET_MAX_VIEWS;
  for (i = 0; i < self->n_tiles; i++) {
    guint tile = (self->next + i) % self->n_tiles;

    if (!is_due (self, tile))
      continue;
    add_view (self, tile, frame);
    self->last = tile;
    self->next = (tile + 1) % self->n_tiles;
    return;
  }
}

/* Fills the views of `frame`: the tiles that are due. */
void
gst_mobilenet_tiles_choose (GstMobilenetTiles * self,
    const GstMobilenetTiling * tiling, const MnetPlanes * planes,
    const GstMobilenetViewRequest * request, GstMobilenetFrame * frame)
{
  guint i;

  update_layout (self, tiling, &frame->picture);
  if (tiling->motion) {
    if (request->restarted || tiling->revision != self->tiling.revision)
      gst_mobilenet_motion_forget (self->motion);
    gst_mobilenet_motion_look (self->motion, planes);
    self->tiling.revision = tiling->revision;
  }
  frame->layout = self->layout;
  frame->n_tags = self->n_tiles;
  frame->n_views = 0;
  if (request->spread) {
    choose_next (self, request->replaces, frame);
    return;
  }
  for (i = 0; i < self->n_tiles; i++) {
    if (is_due (self, i))
      add_view (self, i, frame);
  }
}
