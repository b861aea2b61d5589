/* SPDX-License-Identifier: MIT
 *
 * Draws the classes of a segmentation on a mapped video frame, in its own format:
 * each in its colour, with a line along its edges. */
#ifndef __GST_MOBILENET_MASKS_H__
#define __GST_MOBILENET_MASKS_H__

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "gstmobilenetcanvas.h"

G_BEGIN_DECLS

typedef struct
{
  GHashTable *colors;           /* of gst_mobilenet_colors_parse() */
  gdouble tint, line;           /* opacity of areas and of lines, 0 to 1 */
  gint line_width;              /* pixels, 1 or more */
} GstMobilenetMaskStyle;

typedef struct _GstMobilenetMasks GstMobilenetMasks;

GstMobilenetMasks *gst_mobilenet_masks_new (void);
void gst_mobilenet_masks_free (GstMobilenetMasks * masks);

/* Is result `i` of `segmentation` one that is drawn?  The background is not. */
gboolean gst_mobilenet_masks_shows (const GstMobilenetSegmentation *
    segmentation, guint i);

void gst_mobilenet_masks_draw (GstMobilenetMasks * masks,
    const GstMobilenetSegmentation * segmentation,
    const GstMobilenetMaskStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas);

G_END_DECLS

#endif /* __GST_MOBILENET_MASKS_H__ */
