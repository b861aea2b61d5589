/* SPDX-License-Identifier: MIT
 *
 * Tiles of a picture: which rectangles a detector is shown, and when. */
#ifndef __GST_MOBILENET_TILES_H__
#define __GST_MOBILENET_TILES_H__

#include "gstmobilenetfilter.h"
#include "gstmobilenetmotion.h"

G_BEGIN_DECLS

/* Most tiles of a picture; one more view is the whole. */
#define GST_MOBILENET_MAX_TILES (GST_MOBILENET_MAX_VIEWS - 1)

/* What the properties tiles, overlap and region say. */
typedef struct
{
  guint columns;                /* 0: by the size of the picture */
  guint rows;
  gboolean whole;               /* the whole region is a view, too */
  gboolean motion;              /* only where something changed */
  gdouble overlap;              /* of neighbours, fraction of a tile's side */
  gdouble x, y, width, height;  /* the region, fractions of the picture */
  guint revision;               /* findings of another one are out of date */
} GstMobilenetTiling;

gboolean gst_mobilenet_tiling_parse (GstMobilenetTiling * tiling,
    const gchar * tiles, gdouble overlap, const gchar * region,
    MnetError * error);
guint gst_mobilenet_tiling_layout (const GstMobilenetTiling * tiling,
    const MnetRect * picture, gint input_width, gint input_height,
    MnetRect tiles[GST_MOBILENET_MAX_VIEWS]);

/* The streaming thread's memory of them.  All zero at first. */
typedef struct
{
  gint input_width;
  gint input_height;
  MnetFrameInfo frame;
  GstMobilenetTiling tiling;    /* that `tiles` was made for */
  MnetRect picture;             /* likewise */
  guint layout;                 /* counts changes of `tiles` */
  guint n_tiles;
  MnetRect tiles[GST_MOBILENET_MAX_VIEWS];
  guint next;                   /* the tile whose turn it is */
  guint last;                   /* the tile that was chosen last */
  GstMobilenetMotion *motion;   /* NULL: none is looked for */
} GstMobilenetTiles;

void gst_mobilenet_tiles_set_input (GstMobilenetTiles * self, gint width,
    gint height);
gboolean gst_mobilenet_tiles_set_frame (GstMobilenetTiles * self,
    const MnetFrameInfo * frame, MnetError * error);
void gst_mobilenet_tiles_clear (GstMobilenetTiles * self);
void gst_mobilenet_tiles_choose (GstMobilenetTiles * self,
    const GstMobilenetTiling * tiling, const MnetPlanes * planes,
    const GstMobilenetViewRequest * request, GstMobilenetFrame * frame);

G_END_DECLS

#endif /* __GST_MOBILENET_TILES_H__ */
