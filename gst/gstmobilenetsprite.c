/* SPDX-License-Identifier: MIT
 *
 * A piece of text on its plate: from the mask, the samples of one format are
 * made once, in the order that they have in memory, so that blending a row is
 * the same loop over bytes in every format. */

#include "gstmobilenetsprite.h"

#include <math.h>
#include <string.h>

#include "gstmobilenetsample.h"

/* What text and plate together do to a sample of value s, 0 to 1, where the
 * text covers `mask` of it: it becomes s * share + text * text_weight + plate *
 * plate_weight. */
typedef struct
{
  gdouble share, text_weight, plate_weight;
} Mix;

static Mix
mix_of (const GstMobilenetSpriteLook * look, gdouble mask)
{
  gdouble text = mask * look->text_opacity;
  Mix mix = { (1 - look->plate_opacity) * (1 - text), text,
    look->plate_opacity * (1 - text)
  };

  return mix;
}

GstMobilenetSprite *
gst_mobilenet_sprite_new (guint8 * mask, gint width, gint height,
    const GstMobilenetSpriteLook * look)
{
  GstMobilenetSprite *self = g_new0 (GstMobilenetSprite, 1);

  self->mask = mask;
  self->width = width;
  self->height = height;
  self->look = *look;
  return self;
}

void
gst_mobilenet_sprite_free (GstMobilenetSprite * sprite)
{
  g_free (sprite->mask);
  g_free (sprite->planes);
  gst_clear_buffer (&sprite->pixels);
  g_free (sprite);
}

gsize
gst_mobilenet_sprite_size (const GstMobilenetSprite * sprite)
{
  /* The mask; keep and add of at most 4 bytes a pixel; the pixels. */
  return (gsize) sprite->width * sprite->height * (1 + 2 * 4 + 4);
}

/* Bytes that the first `pixels` pixels of a row of plane `plane` take, whole
 * macropixels included. */
static gsize
plane_bytes (const GstVideoFormatInfo * info, guint plane, gint pixels)
{
  gsize most = 0;
  guint c;

  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    gsize bytes = (gsize) GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (info, c, pixels) *
        GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c);

    if (GST_VIDEO_FORMAT_INFO_PLANE (info, c) == plane)
      most = MAX (most, bytes);
  }
  return most;
}

static gint
plane_rows (const GstVideoFormatInfo * info, guint plane, gint pixels)
{
  gint most = 0;
  guint c;

  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    gint rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (info, c, pixels);

    if (GST_VIDEO_FORMAT_INFO_PLANE (info, c) == plane)
      most = MAX (most, rows);
  }
  return most;
}

/* Share of text, 0 to 1, in the sample in column i, row j. */
static gdouble
mask_of_sample (const GstMobilenetSprite * sprite, guint w_sub, guint h_sub,
    gint i, gint j)
{
  guint sum = 0;
  gint x, y;

  for (y = j << h_sub; y < (j + 1) << h_sub; y++)
    for (x = i << w_sub; x < (i + 1) << w_sub; x++)
      sum += sprite->mask[y * sprite->width + x];
  return sum / (255.0 * (1 << (w_sub + h_sub)));
}

static void
put (guint8 * at, gboolean wide, guint16 value)
{
  if (wide)
    *(guint16 *) at = value;
  else
    *at = (guint8) value;
}

/* `keep` and `add` are those of the component's plane, `row` bytes a row. */
static void
prepare_component (const GstMobilenetSprite * sprite,
    const GstMobilenetCanvasFormat * format, guint c, guint8 * keep,
    guint8 * add, gsize row)
{
  const GstVideoFormatInfo *info = format->info;
  gdouble text[GST_MOBILENET_CANVAS_COMPONENTS];
  gdouble plate[GST_MOBILENET_CANVAS_COMPONENTS];
  guint w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (info, c);
  guint h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (info, c);
  guint max = gst_mobilenet_sample_max (info, c);
  gboolean wide = GST_VIDEO_FORMAT_INFO_DEPTH (info, c) > 8;
  gint i, j;

  gst_mobilenet_canvas_format_samples (format, sprite->look.text_rgb, text);
  gst_mobilenet_canvas_format_samples (format, sprite->look.plate_rgb, plate);
  for (j = 0; j < sprite->height >> h_sub; j++) {
    for (i = 0; i < sprite->width >> w_sub; i++) {
      gsize at = j * row + (gsize) i * GST_VIDEO_FORMAT_INFO_PSTRIDE (info, c)
          + gst_mobilenet_sample_offset (info, c);
      Mix mix = mix_of (&sprite->look, mask_of_sample (sprite, w_sub, h_sub, i,
              j));
      guint16 kept, added;

      gst_mobilenet_sample_mix (max, mix.share,
          text[c] * mix.text_weight + plate[c] * mix.plate_weight, &kept,
          &added);
      put (keep + at, wide, kept);
      put (add + at, wide, added);
    }
  }
}

/* The bytes of all planes' keep and then of all their add, one plane after the
 * other.  Bytes that are no component's (the x of RGBx) are kept: 255. */
static void
prepare_planes (GstMobilenetSprite * sprite,
    const GstMobilenetCanvasFormat * format)
{
  const GstVideoFormatInfo *info = format->info;
  guint n_planes = GST_VIDEO_FORMAT_INFO_N_PLANES (info);
  gsize offsets[GST_VIDEO_MAX_PLANES + 1] = { 0 };
  guint8 *keep;
  guint p, c;

  for (p = 0; p < n_planes; p++)
    offsets[p + 1] = offsets[p] + plane_bytes (info, p, sprite->width) *
        plane_rows (info, p, sprite->height);
  keep = g_malloc (2 * offsets[n_planes]);
  memset (keep, 255, offsets[n_planes]);
  memset (keep + offsets[n_planes], 0, offsets[n_planes]);
  for (c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); c++) {
    p = GST_VIDEO_FORMAT_INFO_PLANE (info, c);
    prepare_component (sprite, format, c, keep + offsets[p],
        keep + offsets[n_planes] + offsets[p],
        plane_bytes (info, p, sprite->width));
  }
  sprite->planes = keep;
}

/* The part of a sprite that is on the canvas, in pixels of the frame. */
typedef struct
{
  gint left, top, right, bottom;
} Part;

/* FALSE when there is none.  Only the edges of the frame may be odd: no sample
 * is shared with what is not shown. */
static gboolean
clip_to_canvas (const GstMobilenetSprite * sprite,
    const GstMobilenetCanvas * canvas, gint x, gint y, Part * part)
{
  const GstVideoRectangle *area = &canvas->area;
  gint right = area->x + area->w, bottom = area->y + area->h;

  if (right < GST_VIDEO_FRAME_WIDTH (&canvas->frame))
    right &= ~1;
  if (bottom < GST_VIDEO_FRAME_HEIGHT (&canvas->frame))
    bottom &= ~1;
  part->left = MAX (x, (area->x + 1) & ~1);
  part->top = MAX (y, (area->y + 1) & ~1);
  part->right = MIN (x + sprite->width, right);
  part->bottom = MIN (y + sprite->height, bottom);
  return part->left < part->right && part->top < part->bottom;
}

static void
blend_plane (const GstMobilenetCanvas * canvas, guint p, const Part * part,
    gint x, gint y, const guint8 * keep, const guint8 * add, gsize row)
{
  const GstVideoFormatInfo *info = canvas->frame.info.finfo;
  gsize left = plane_bytes (info, p, part->left);
  gsize n = plane_bytes (info, p, part->right) - left;
  gint top = plane_rows (info, p, part->top);
  gint rows = plane_rows (info, p, part->bottom) - top;
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (&canvas->frame, p);
  guint8 *samples =
      (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&canvas->frame, p) +
      (gssize) top * stride + left;
  gsize skipped = plane_rows (info, p, part->top - y) * row +
      plane_bytes (info, p, part->left - x);
  gint j;

  keep += skipped;
  add += skipped;
  for (j = 0; j < rows; j++, samples += stride, keep += row, add += row) {
    if (GST_VIDEO_FORMAT_INFO_DEPTH (info, 0) == 8)
      gst_mobilenet_sample_blend_row_8 (samples, keep, add, n);
    else
      gst_mobilenet_sample_blend_row_16 ((guint16 *) samples,
          (const guint16 *) keep, (const guint16 *) add, n / 2,
          GST_VIDEO_FORMAT_INFO_DEPTH (info, 0),
          GST_VIDEO_FORMAT_INFO_SHIFT (info, 0));
  }
}

void
gst_mobilenet_sprite_blend (GstMobilenetSprite * sprite,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas,
    gint x, gint y)
{
  const GstVideoFormatInfo *info = format->info;
  const guint8 *keep;
  gsize total = 0;
  Part part;
  guint p;

  if (!clip_to_canvas (sprite, canvas, x, y, &part))
    return;
  if (!sprite->planes)
    prepare_planes (sprite, format);
  for (p = 0; p < GST_VIDEO_FORMAT_INFO_N_PLANES (info); p++)
    total += plane_bytes (info, p, sprite->width) *
        plane_rows (info, p, sprite->height);
  keep = sprite->planes;
  for (p = 0; p < GST_VIDEO_FORMAT_INFO_N_PLANES (info); p++) {
    gsize row = plane_bytes (info, p, sprite->width);

    blend_plane (canvas, p, &part, x, y, keep, keep + total, row);
    keep += row * plane_rows (info, p, sprite->height);
  }
}

/* 0xAARRGGBB with colours multiplied by alpha, as the overlays want it. */
static guint32
premultiplied_pixel (const GstMobilenetSpriteLook * look, guint mask)
{
  Mix mix = mix_of (look, mask / 255.0);
  guint32 pixel = (guint32) floor (255 * (1 - mix.share) + 0.5) << 24;
  guint shift;

  for (shift = 0; shift < 24; shift += 8)
    pixel |= (guint32) floor ((look->text_rgb >> shift & 255) *
        mix.text_weight + (look->plate_rgb >> shift & 255) * mix.plate_weight
        + 0.5) << shift;
  return pixel;
}

static void
prepare_pixels (GstMobilenetSprite * sprite)
{
  gsize n = (gsize) sprite->width * sprite->height, i;
  guint32 *pixels = g_new (guint32, n);
  guint32 table[256];
  guint m;

  for (m = 0; m < 256; m++)
    table[m] = premultiplied_pixel (&sprite->look, m);
  for (i = 0; i < n; i++)
    pixels[i] = table[sprite->mask[i]];
  sprite->pixels = gst_buffer_new_wrapped (pixels, n * sizeof (*pixels));
  gst_buffer_add_video_meta (sprite->pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, sprite->width, sprite->height);
}

GstVideoOverlayRectangle *
gst_mobilenet_sprite_rectangle (GstMobilenetSprite * sprite, gint x, gint y)
{
  if (!sprite->pixels)
    prepare_pixels (sprite);
  return gst_video_overlay_rectangle_new_raw (sprite->pixels, x, y,
      sprite->width, sprite->height,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
}
