/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetfx that are about a network's own picture. */
#ifndef __GST_MOBILENET_FX_NETWORK_SETTINGS_H__
#define __GST_MOBILENET_FX_NETWORK_SETTINGS_H__

#include "gstmobilenetsettings.h"

G_BEGIN_DECLS

typedef struct
{
  /* model-file, cpu, threads, fit, input-range, mean, std, input-size */
  GstMobilenetSettings network;
  gchar *style_file;            /* or NULL, likewise the next */
  gchar *style_model_file;
  GstMobilenetInputRange output_range;
  gdouble strength;             /* 0 to 1 */
  gboolean keep_detail;
} GstMobilenetFxNetworkSettings;

void gst_mobilenet_fx_network_settings_install (GObjectClass * klass);

void gst_mobilenet_fx_network_settings_init (GstMobilenetFxNetworkSettings *
    settings);
void gst_mobilenet_fx_network_settings_copy (GstMobilenetFxNetworkSettings * to,
    const GstMobilenetFxNetworkSettings * from);
void gst_mobilenet_fx_network_settings_clear (GstMobilenetFxNetworkSettings *
    settings);

/* FALSE for a property that is none of them. */
gboolean gst_mobilenet_fx_network_settings_set (GstMobilenetFxNetworkSettings *
    settings, guint prop_id, const GValue * value);
gboolean gst_mobilenet_fx_network_settings_get (const
    GstMobilenetFxNetworkSettings * settings, guint prop_id, GValue * value);

/* Is it the one whose being set while playing makes another style? */
gboolean gst_mobilenet_fx_network_settings_names_style (guint prop_id);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_NETWORK_SETTINGS_H__ */
