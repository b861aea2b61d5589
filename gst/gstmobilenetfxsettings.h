/* SPDX-License-Identifier: MIT
 *
 * The properties of mobilenetfx. */
#ifndef __GST_MOBILENET_FX_SETTINGS_H__
#define __GST_MOBILENET_FX_SETTINGS_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* What becomes of the background. */
typedef enum
{
  GST_MOBILENET_FX_BLUR,
  GST_MOBILENET_FX_REPLACE,
  GST_MOBILENET_FX_CUT_OUT
} GstMobilenetFxEffect;

#define GST_TYPE_MOBILENET_FX_EFFECT (gst_mobilenet_fx_effect_get_type ())
GType gst_mobilenet_fx_effect_get_type (void);

typedef struct
{
  GstMobilenetFxEffect effect;
  gchar *classes;               /* NULL: all but the background */
  gboolean invert;
  gdouble blur_radius;          /* of the frame's height */
  guint32 background_color;     /* 0xAARRGGBB */
  gchar *background_file;       /* or NULL */
  guint64 max_age;              /* ns */
  gboolean show_unmasked;
} GstMobilenetFxSettings;

void gst_mobilenet_fx_settings_install (GObjectClass * object_class);

void gst_mobilenet_fx_settings_init (GstMobilenetFxSettings * settings);
void gst_mobilenet_fx_settings_copy (GstMobilenetFxSettings * to,
    const GstMobilenetFxSettings * from);
void gst_mobilenet_fx_settings_clear (GstMobilenetFxSettings * settings);

/* FALSE for a property that is none of them. */
gboolean gst_mobilenet_fx_settings_set (GstMobilenetFxSettings * settings,
    guint prop_id, const GValue * value);
gboolean gst_mobilenet_fx_settings_get (const GstMobilenetFxSettings * settings,
    guint prop_id, GValue * value);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_SETTINGS_H__ */
