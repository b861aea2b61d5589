/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetoverlay. */
#ifndef __GST_MOBILENET_OVERLAY_SETTINGS_H__
#define __GST_MOBILENET_OVERLAY_SETTINGS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_MOBILENET_OVERLAY_MAX_FONT_SIZE 512

/* Who draws labels. */
typedef enum
{
  GST_MOBILENET_ATTACH_AUTO,
  GST_MOBILENET_ATTACH_NEVER,
  GST_MOBILENET_ATTACH_ALWAYS
} GstMobilenetAttach;

#define GST_TYPE_MOBILENET_ATTACH (gst_mobilenet_attach_get_type ())
GType gst_mobilenet_attach_get_type (void);

typedef struct
{
  guint line_width, font_size;  /* pixels; 0: by frame size */
  gchar *font;                  /* not NULL */
  gchar *colors;                /* as for gst_mobilenet_colors_parse() */
  gdouble opacity, mask_opacity;
  gboolean show_labels, show_scores, show_classes, show_counts, show_masks;
  gboolean show_stats;
  GstMobilenetAttach attach;
} GstMobilenetOverlaySettings;

void gst_mobilenet_overlay_settings_install (GObjectClass * object_class);

void gst_mobilenet_overlay_settings_init (GstMobilenetOverlaySettings *
    settings);
void gst_mobilenet_overlay_settings_copy (GstMobilenetOverlaySettings * to,
    const GstMobilenetOverlaySettings * from);
void gst_mobilenet_overlay_settings_clear (GstMobilenetOverlaySettings *
    settings);

/* FALSE for a property that is none of them. */
gboolean gst_mobilenet_overlay_settings_set (GstMobilenetOverlaySettings *
    settings, guint prop_id, const GValue * value);
gboolean gst_mobilenet_overlay_settings_get (const GstMobilenetOverlaySettings *
    settings, guint prop_id, GValue * value);

G_END_DECLS

#endif /* __GST_MOBILENET_OVERLAY_SETTINGS_H__ */
