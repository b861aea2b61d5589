/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetclassify. */
#ifndef __GST_MOBILENET_CLASSIFY_SETTINGS_H__
#define __GST_MOBILENET_CLASSIFY_SETTINGS_H__

#include <gst/gst.h>
#include <mnet/common.h>

G_BEGIN_DECLS

typedef struct
{
  guint top_k;
  gdouble score_threshold;
  gdouble smoothing;            /* 0: off */
  gboolean regions;
  gchar *classes;
  guint max_regions;
} GstMobilenetClassifySettings;

void gst_mobilenet_classify_settings_install (GObjectClass * klass);
void gst_mobilenet_classify_settings_init (GstMobilenetClassifySettings *
    settings);
void gst_mobilenet_classify_settings_clear (GstMobilenetClassifySettings *
    settings);
gboolean gst_mobilenet_classify_settings_set (GstMobilenetClassifySettings *
    settings, guint prop_id, const GValue * value);
gboolean gst_mobilenet_classify_settings_get (
    const GstMobilenetClassifySettings * settings, guint prop_id,
    GValue * value);
gboolean gst_mobilenet_classify_settings_check (
    const GstMobilenetClassifySettings * settings, MnetError * error);

G_END_DECLS

#endif /* __GST_MOBILENET_CLASSIFY_SETTINGS_H__ */
