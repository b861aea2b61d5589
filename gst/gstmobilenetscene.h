/* SPDX-License-Identifier: MIT
 *
 * What is drawn on one frame: boxes, key points and labels, from its metas. */
#ifndef __GST_MOBILENET_SCENE_H__
#define __GST_MOBILENET_SCENE_H__

#include "gstmobilenetcanvas.h"
#include "gstmobilenettext.h"

G_BEGIN_DECLS

typedef struct
{
  GHashTable *colors;           /* of gst_mobilenet_colors_parse() */
  gint line_width;              /* pixels */
  gdouble opacity;
  gdouble mask_opacity;
  gboolean show_labels, show_scores, show_classes, show_counts, show_masks;
} GstMobilenetSceneStyle;

typedef struct _GstMobilenetScene GstMobilenetScene;

GstMobilenetScene *gst_mobilenet_scene_new (void);
void gst_mobilenet_scene_free (GstMobilenetScene * scene);

/* Do the metas of `buffer` say anything that would be drawn? */
gboolean gst_mobilenet_scene_is_needed (GstBuffer * buffer,
    const GstMobilenetSceneStyle * style);

/* Makes it of the metas of `buffer`, within `area` of the frame.  `stats`: one
 * line more, or NULL.  It holds sprites of `text`: it is drawn before that is
 * begun or configured again. */
void gst_mobilenet_scene_build (GstMobilenetScene * scene, GstBuffer * buffer,
    const GstMobilenetSceneStyle * style, GstMobilenetText * text,
    const GstVideoRectangle * area, const gchar * stats);

/* The segmentations of `buffer`, below all else. */
void gst_mobilenet_scene_draw_masks (GstMobilenetScene * scene,
    GstBuffer * buffer, const GstMobilenetSceneStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas);

/* Is there anything but labels? */
gboolean gst_mobilenet_scene_has_boxes (const GstMobilenetScene * scene);

void gst_mobilenet_scene_draw_boxes (const GstMobilenetScene * scene,
    const GstMobilenetSceneStyle * style,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas);
void gst_mobilenet_scene_draw_labels (const GstMobilenetScene * scene,
    const GstMobilenetCanvasFormat * format, GstMobilenetCanvas * canvas);

/* Attaches the labels as a GstVideoOverlayComposition, above those that
 * `buffer`, which is writable, has already. */
void gst_mobilenet_scene_attach_labels (const GstMobilenetScene * scene,
    GstBuffer * buffer);

G_END_DECLS

#endif /* __GST_MOBILENET_SCENE_H__ */
