/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetssd. */
#ifndef __GST_MOBILENET_SSD_SETTINGS_H__
#define __GST_MOBILENET_SSD_SETTINGS_H__

#include <gst/gst.h>
#include <mnet/detect.h>

G_BEGIN_DECLS

/* Their values are those of the core's enumerations. */
#define GST_TYPE_MOBILENET_BOX_FORMAT (gst_mobilenet_box_format_get_type ())
GType gst_mobilenet_box_format_get_type (void);
#define GST_TYPE_MOBILENET_SCORE_FORMAT (gst_mobilenet_score_format_get_type ())
GType gst_mobilenet_score_format_get_type (void);
#define GST_TYPE_MOBILENET_BACKGROUND_CLASS \
    (gst_mobilenet_background_class_get_type ())
GType gst_mobilenet_background_class_get_type (void);

typedef struct
{
  gdouble score_threshold;
  gchar *class_thresholds;
  gchar *classes;
  gdouble iou_threshold;        /* 0: the network's */
  guint max_detections;
  gchar *anchors_file;
  MnetBoxFormat box_format;
  MnetScoreFormat score_format;
  MnetBackground background;
  gchar *tiles;
  gdouble overlap;
  gchar *region;
  gdouble smoothing;            /* 0: off */
  guint hold;                   /* in ms; 0: off */
} GstMobilenetSsdSettings;

void gst_mobilenet_ssd_settings_install (GObjectClass * klass);
void gst_mobilenet_ssd_settings_init (GstMobilenetSsdSettings * settings);
void gst_mobilenet_ssd_settings_clear (GstMobilenetSsdSettings * settings);
gboolean gst_mobilenet_ssd_settings_set (GstMobilenetSsdSettings * settings,
    guint prop_id, const GValue * value);
gboolean gst_mobilenet_ssd_settings_get (const GstMobilenetSsdSettings *
    settings, guint prop_id, GValue * value);
gboolean gst_mobilenet_ssd_settings_check (const GstMobilenetSsdSettings *
    settings, MnetError * error);

G_END_DECLS

#endif /* __GST_MOBILENET_SSD_SETTINGS_H__ */
