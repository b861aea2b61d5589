/* SPDX-License-Identifier: MIT
 *
 * Puts something in place of the background of a mapped video frame: row by row and
 * tile by tile, component by component, without a converted copy. */

#include "gstmobilenetfxkeyer.h"

#include "gstmobilenetcanvas.h"
#include "gstmobilenetfxblur.h"
#include "gstmobilenetfxmatte.h"
#include "gstmobilenetvector.h"

#define BLOCK GST_MOBILENET_FX_BLOCK
#define OPAQUE GST_MOBILENET_FX_OPAQUE
#define N_COMPONENTS 4
#define COLOURS 7               /* components 0 to 2 */
#define ALPHA 8
/* Rows whose chroma is one row. */
#define MAX_BAND 2
/* What is less opaque than that fades to black in a cut-out, so that no picture is
 * hidden in what is transparent. */
#define FADE 8

struct _GstMobilenetFxKeyer
{
  gint width, height;           /* pixels of frames */
  GstMobilenetCanvasFormat format;
  GstMobilenetFxMatte *matte;
  GstMobilenetFxBlur *blur;
  GstMobilenetFxCell *cells;    /* means of components 0 to 2, the guide */
  GstMobilenetFxTile *tiles;    /* of a row */
  guint16 *alpha[MAX_BAND];     /* rows of a frame */
  guint16 *samples, *background, *shares, *sums;
  guint16 *spread[2];
};

/* What is put where. */
typedef struct
{
  guint components;             /* 1 << c for each that changes */
  guint fading;                 /* of these, those that only do so where there is
                                 * next to no alpha */
  gboolean blurs;
  const GstVideoFrame *picture; /* or NULL */
  guint16 fill[N_COMPONENTS];   /* else */
} Task;

GstMobilenetFxKeyer *
gst_mobilenet_fx_keyer_new (const GstVideoInfo * info, gint width, gint height)
{
  GstMobilenetFxKeyer *self = g_new0 (GstMobilenetFxKeyer, 1);
  gsize room = GST_MOBILENET_FX_BLOCKS (width) + 6 * BLOCK;
  const GstMobilenetFxGrid *grid;
  guint i;

  self->width = width;
  self->height = height;
  gst_mobilenet_canvas_format_init (&self->format, info);
  self->matte = gst_mobilenet_fx_matte_new (width, height);
  grid = gst_mobilenet_fx_matte_grid (self->matte);
  self->blur = gst_mobilenet_fx_blur_new (grid);
  self->cells = gst_mobilenet_fx_cells_new (grid);
  self->tiles = g_new0 (GstMobilenetFxTile,
      GST_MOBILENET_FX_BLOCKS (width) / BLOCK);
  for (i = 0; i < MAX_BAND; i++) {
    self->alpha[i] = g_new0 (guint16, room);
    self->spread[i] = g_new0 (guint16, room);
  }
  self->samples = g_new0 (guint16, room);
  self->background = g_new0 (guint16, room);
  self->shares = g_new0 (guint16, room);
  self->sums = g_new0 (guint16, room);
  return self;
}

void
gst_mobilenet_fx_keyer_free (GstMobilenetFxKeyer * self)
{
  guint i;

  if (!self)
    return;
  gst_mobilenet_fx_matte_free (self->matte);
  gst_mobilenet_fx_blur_free (self->blur);
  gst_mobilenet_fx_cells_free (self->cells);
  g_free (self->tiles);
  for (i = 0; i < MAX_BAND; i++) {
    g_free (self->alpha[i]);
    g_free (self->spread[i]);
  }
  g_free (self->samples);
  g_free (self->background);
  g_free (self->shares);
  g_free (self->sums);
  g_free (self);
}

gboolean
gst_mobilenet_fx_keyer_fits (const GstMobilenetFxKeyer * self,
    const GstVideoFrame * frame)
{
  return GST_VIDEO_FRAME_WIDTH (frame) == self->width
      && GST_VIDEO_FRAME_HEIGHT (frame) == self->height;
}

static gboolean
is_rgb (const GstVideoFrame * frame)
{
  return GST_VIDEO_INFO_IS_RGB (&frame->info);
}

static void
reduce (GstMobilenetFxKeyer * self, const GstVideoFrame * frame, guint first,
    guint end)
{
  guint c;

  for (c = first; c < end; c++) {
    GstMobilenetFxComponent component;

    gst_mobilenet_fx_component_init (&component, frame, c);
    gst_mobilenet_fx_grid_reduce (gst_mobilenet_fx_matte_grid (self->matte),
        &component, self->samples, self->sums, self->cells, c);
  }
}

/* Of BT.601, in 256ths: which matrix it is matters little to edges. */
#define RED 77
#define GREEN 150
#define BLUE 29

/* Number 3 of cells becomes luma in 8 bits. */
static void
find_guide (GstMobilenetFxKeyer * self, const GstVideoFrame * frame)
{
  gsize n =
      gst_mobilenet_fx_grid_size (gst_mobilenet_fx_matte_grid (self->matte));
  gfloat scale = 1.0f / (1 << (GST_VIDEO_FRAME_COMP_DEPTH (frame, 0) - 8));
  gsize i;

  for (i = 0; i < n; i++) {
    GstMobilenetFxCell *cell = &self->cells[i];

    (*cell)[3] = is_rgb (frame) ? ((*cell)[0] * RED + (*cell)[1] * GREEN
        + (*cell)[2] * BLUE) / 256 : (*cell)[0] * scale;
  }
}

void
gst_mobilenet_fx_keyer_look (GstMobilenetFxKeyer * self,
    const GstVideoFrame * frame, const GstMobilenetSegmentation * segmentation,
    const gboolean foreground[256])
{
  reduce (self, frame, 0, is_rgb (frame) ? 3 : 1);
  if (!segmentation) {
    gst_mobilenet_fx_matte_clear (self->matte);
    return;
  }
  find_guide (self, frame);
  gst_mobilenet_fx_matte_build (self->matte, self->cells, segmentation,
      foreground);
}

/* Luma in 8 bits of pixels `i` to before `i + n` of row `j`. */
static void
load_guide (GstMobilenetFxKeyer * self, const GstVideoFrame * frame, gint j,
    gint i, gint n, guint16 * luma)
{
  const guint16 weights[3] = { RED, GREEN, BLUE };
  GstMobilenetFxComponent component;
  gint s, k;
  guint c;

  gst_mobilenet_fx_component_init (&component, frame, 0);
  gst_mobilenet_fx_component_load (&component, j, i, n, luma);
  for (s = 0; s < n && component.depth > 8; s += BLOCK)
    for (k = 0; k < BLOCK; k++)
      luma[s + k] >>= component.depth - 8;
  if (!is_rgb (frame))
    return;
  for (s = 0; s < n; s += BLOCK)
    for (k = 0; k < BLOCK; k++)
      luma[s + k] = (guint16) (luma[s + k] * weights[0] + 128);
  for (c = 1; c < 3; c++) {
    gst_mobilenet_fx_component_init (&component, frame, c);
    gst_mobilenet_fx_component_load (&component, j, i, n, self->samples);
    for (s = 0; s < n; s += BLOCK)
      for (k = 0; k < BLOCK; k++)
        luma[s + k] += (guint16) (self->samples[s + k] * weights[c]);
  }
  for (s = 0; s < n; s += BLOCK)
    for (k = 0; k < BLOCK; k++)
      luma[s + k] >>= 8;
}

/* Of the pixels that share a sample. */
GST_MOBILENET_VECTORISED static void
mean_shares (const guint16 * restrict upper, const guint16 * restrict lower,
    guint16 * restrict to, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++) {
      gint at = 2 * (i + k);

      to[i + k] = (guint16) (upper[at] + upper[at + 1] + lower[at]
          + lower[at + 1] + 2) >> 2;
    }
}

/* What is opaque to a FADE-th is so to all. */
GST_MOBILENET_VECTORISED static void
fade_shares (const guint16 * restrict from, guint16 * restrict to, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++) {
      guint16 share = (guint16) (from[i + k] * FADE);

      to[i + k] = share < OPAQUE ? share : OPAQUE;
    }
}

/* Samples of 8 bits: 255 * 256 + 128 are 16. */
GST_MOBILENET_VECTORISED static void
blend_8 (guint16 * restrict samples, const guint16 * restrict background,
    const guint16 * restrict shares, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++) {
      guint16 front = (guint16) (samples[i + k] * shares[i + k]);
      guint16 back = (guint16) (background[i + k] *
          (guint16) (OPAQUE - shares[i + k]));

      samples[i + k] = (guint16) (front + back + 128) >> 8;
    }
}

GST_MOBILENET_VECTORISED static void
blend_16 (guint16 * restrict samples, const guint16 * restrict background,
    const guint16 * restrict shares, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = (guint16) (((guint32) samples[i + k] * shares[i + k]
              + (guint32) background[i + k] * (OPAQUE - shares[i + k]) +
              128) >> 8);
}

/* Tiles of one kind in a band of rows: `n` pixels from pixel `i` on. */
typedef struct
{
  gint j, rows, i, n;
  GstMobilenetFxTile kind;
} Run;

static void
load_picture (GstMobilenetFxKeyer * self, const GstVideoFrame * picture,
    guint c, gint j, gint i, gint n)
{
  GstMobilenetFxComponent component;
  gint there, k;

  gst_mobilenet_fx_component_init (&component, picture, c);
  i = MIN (i, component.width - 1);
  there = MIN (n, component.width - i);
  gst_mobilenet_fx_component_load (&component, j, i, there, self->background);
  for (k = there; k < n; k++)
    self->background[k] = self->background[there - 1];
}

GST_MOBILENET_VECTORISED static void
fill_row (guint16 * samples, guint16 value, gint n)
{
  gint i, k;

  for (i = 0; i < n; i += BLOCK)
    for (k = 0; k < BLOCK; k++)
      samples[i + k] = value;
}

/* `n` samples from sample `i` on of row `j`. */
static void
make_background (GstMobilenetFxKeyer * self, const Task * task, guint c,
    const GstMobilenetFxComponent * component, gint j, gint i, gint n)
{
  if (task->blurs) {
    gst_mobilenet_fx_blur_row (self->blur, c, component, j, i, n,
        self->spread, self->background);
  } else if (task->picture) {
    load_picture (self, task->picture, c, j, i, n);
  } else {
    fill_row (self->background, task->fill[c], n);
  }
}

/* How much of each sample of row `j` of a component stays. */
static const guint16 *
find_shares (GstMobilenetFxKeyer * self, const Task * task, const Run * run,
    guint c, const GstMobilenetFxComponent * component, gint j, gint n)
{
  const guint16 *shares = self->alpha[component->h_sub ? 0 : j - run->j];

  /* Y42B has two pixels of one row, whatever else two of two. */
  if (component->w_sub) {
    mean_shares (shares, component->h_sub ? self->alpha[1] : shares,
        self->shares, n);
    shares = self->shares;
  }
  if (task->fading & 1u << c) {
    fade_shares (shares, self->shares, n);
    shares = self->shares;
  }
  return shares;
}

static void
change_row (GstMobilenetFxKeyer * self, const Task * task, const Run * run,
    guint c, const GstMobilenetFxComponent * component, gint j)
{
  gint i = run->i >> component->w_sub;
  gint n = MIN ((run->n + (gint) component->w_sub) >> component->w_sub,
      component->width - i);
  const guint16 *shares;

  make_background (self, task, c, component, j, i, n);
  if (run->kind == GST_MOBILENET_FX_TILE_BACKGROUND) {
    gst_mobilenet_fx_component_store (component, j, i, n, self->background);
    return;
  }
  shares = find_shares (self, task, run, c, component, j, n);
  gst_mobilenet_fx_component_load (component, j, i, n, self->samples);
  if (component->depth == 8)
    blend_8 (self->samples, self->background, shares, n);
  else
    blend_16 (self->samples, self->background, shares, n);
  gst_mobilenet_fx_component_store (component, j, i, n, self->samples);
}

static void
change_run (GstMobilenetFxKeyer * self, const Task * task,
    const GstVideoFrame * guide, GstVideoFrame * to, const Run * run)
{
  gint j, r;
  guint c;

  for (r = 0; r < MAX_BAND && run->kind == GST_MOBILENET_FX_TILE_MIXED; r++) {
    /* Past the last row: the last. */
    gint row = run->j + MIN (r, run->rows - 1);

    load_guide (self, guide, row, run->i, run->n, self->background);
    gst_mobilenet_fx_matte_row (self->matte, row, run->i, run->n,
        self->background, self->alpha[r]);
  }
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (to); c++) {
    GstMobilenetFxComponent component;

    if (!(task->components & 1u << c))
      continue;
    gst_mobilenet_fx_component_init (&component, to, c);
    for (j = run->j >> component.h_sub;
        j <= (run->j + run->rows - 1) >> component.h_sub; j++)
      change_row (self, task, run, c, &component, j);
  }
}

/* What is computed of `guide` is put into `to`, perhaps the same. */
static void
change (GstMobilenetFxKeyer * self, const Task * task,
    const GstVideoFrame * guide, GstVideoFrame * to)
{
  gint n_tiles = GST_MOBILENET_FX_BLOCKS (self->width) / BLOCK, j, t, end;

  for (j = 0; j < self->height; j += MAX_BAND) {
    Run run = {.j = j,.rows = MIN (MAX_BAND, self->height - j) };

    gst_mobilenet_fx_matte_tiles (self->matte, j, run.rows, self->tiles);
    for (t = 0; t < n_tiles; t = end) {
      for (end = t + 1; end < n_tiles && self->tiles[end] == self->tiles[t];
          end++);
      run.i = t * BLOCK;
      run.n = MIN (end * BLOCK, self->width) - run.i;
      run.kind = self->tiles[t];
      if (run.kind != GST_MOBILENET_FX_TILE_FOREGROUND)
        change_run (self, task, guide, to, &run);
    }
  }
}

void
gst_mobilenet_fx_keyer_blur (GstMobilenetFxKeyer * self,
    GstVideoFrame * frame, gdouble deviation)
{
  const Task task = {.components = COLOURS,.blurs = TRUE };
  guint n = MIN (GST_VIDEO_FRAME_N_COMPONENTS (frame), 3);

  if (!is_rgb (frame))
    reduce (self, frame, 1, n);
  gst_mobilenet_fx_blur_build (self->blur, self->cells,
      gst_mobilenet_fx_matte_coverage (self->matte), deviation,
      GST_VIDEO_FRAME_COMP_DEPTH (frame, 0));
  change (self, &task, frame, frame);
}

static void
fill_with (Task * task, const GstMobilenetCanvasFormat * format, guint32 argb)
{
  gdouble samples[GST_MOBILENET_CANVAS_COMPONENTS];
  guint c;

  gst_mobilenet_canvas_format_samples (format, argb & 0xffffff, samples);
  samples[3] = argb >> 24;
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format->info); c++)
    task->fill[c] = (guint16) (samples[c] + 0.5);
}

void
gst_mobilenet_fx_keyer_fill (GstMobilenetFxKeyer * self,
    GstVideoFrame * frame, guint32 argb)
{
  Task task = {.components = COLOURS | ALPHA };

  fill_with (&task, &self->format, argb);
  change (self, &task, frame, frame);
}

void
gst_mobilenet_fx_keyer_replace (GstMobilenetFxKeyer * self,
    GstVideoFrame * frame, const GstVideoFrame * picture)
{
  const Task task = {.components = COLOURS | ALPHA,.picture = picture };

  change (self, &task, frame, frame);
}

void
gst_mobilenet_fx_keyer_cut_out (GstMobilenetFxKeyer * self,
    const GstVideoFrame * frame, GstVideoFrame * to)
{
  Task task = {.components = COLOURS | ALPHA,.fading = COLOURS };
  GstMobilenetCanvasFormat format;

  gst_mobilenet_canvas_format_init (&format, &to->info);
  fill_with (&task, &format, 0);
  change (self, &task, frame, to);
}
