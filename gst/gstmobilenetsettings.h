/* SPDX-License-Identifier: MIT
 *
 * The properties that all network elements have in common. */
#ifndef __GST_MOBILENET_SETTINGS_H__
#define __GST_MOBILENET_SETTINGS_H__

#include <gst/gst.h>
#include <mnet/image.h>
#include <mnet/model.h>

G_BEGIN_DECLS

/**
 * GstMobilenetMode:
 * @GST_MOBILENET_MODE_AUTO: latest when the pipeline is live, else every
 * @GST_MOBILENET_MODE_EVERY: a frame waits for its own result
 * @GST_MOBILENET_MODE_LATEST: frames never wait
 *
 * When frames are analysed.
 */
typedef enum
{
  GST_MOBILENET_MODE_AUTO,
  GST_MOBILENET_MODE_EVERY,
  GST_MOBILENET_MODE_LATEST
} GstMobilenetMode;

#define GST_TYPE_MOBILENET_MODE (gst_mobilenet_mode_get_type ())
GType gst_mobilenet_mode_get_type (void);

/* Its values are those of #MnetFit. */
#define GST_TYPE_MOBILENET_FIT (gst_mobilenet_fit_get_type ())
GType gst_mobilenet_fit_get_type (void);

/**
 * GstMobilenetInputRange:
 * @GST_MOBILENET_INPUT_RANGE_AUTO: what the file says or the input suggests
 * @GST_MOBILENET_INPUT_RANGE_BYTES: the bytes as they are
 * @GST_MOBILENET_INPUT_RANGE_ZERO_ONE: byte / 255
 * @GST_MOBILENET_INPUT_RANGE_MINUS_ONE_ONE: byte / 127.5 - 1
 *
 * What a network wants bytes 0 to 255 of a picture to be.
 */
typedef enum
{
  GST_MOBILENET_INPUT_RANGE_AUTO,
  GST_MOBILENET_INPUT_RANGE_BYTES,
  GST_MOBILENET_INPUT_RANGE_ZERO_ONE,
  GST_MOBILENET_INPUT_RANGE_MINUS_ONE_ONE
} GstMobilenetInputRange;

#define GST_TYPE_MOBILENET_INPUT_RANGE \
    (gst_mobilenet_input_range_get_type ())
GType gst_mobilenet_input_range_get_type (void);

/**
 * GstMobilenetChannelOrder:
 * @GST_MOBILENET_CHANNEL_ORDER_AUTO: what the input suggests
 * @GST_MOBILENET_CHANNEL_ORDER_RGB: red, green, blue
 * @GST_MOBILENET_CHANNEL_ORDER_BGR: blue, green, red
 *
 * Order of the channels of a network's input.
 */
typedef enum
{
  GST_MOBILENET_CHANNEL_ORDER_AUTO,
  GST_MOBILENET_CHANNEL_ORDER_RGB,
  GST_MOBILENET_CHANNEL_ORDER_BGR
} GstMobilenetChannelOrder;

#define GST_TYPE_MOBILENET_CHANNEL_ORDER \
    (gst_mobilenet_channel_order_get_type ())
GType gst_mobilenet_channel_order_get_type (void);

/* Its values are those of #MnetPrecision, without those for tests. */
#define GST_TYPE_MOBILENET_PRECISION (gst_mobilenet_precision_get_type ())
GType gst_mobilenet_precision_get_type (void);

typedef struct
{
  gchar *model_file;
  gchar *labels_file;
  gchar *cpu;
  gchar *mean;
  gchar *std;
  gchar *input_size;
  guint threads;
  guint interval;
  GstMobilenetMode mode;
  MnetFit fit;
  GstMobilenetInputRange input_range;
  MnetPrecision precision;
  GstMobilenetChannelOrder channel_order;
  gboolean post_messages;
  gboolean adaptive;
  guint stats_interval;         /* ms; 0: never */
} GstMobilenetSettings;

void gst_mobilenet_settings_install (GObjectClass * klass);
gboolean gst_mobilenet_settings_check (const GstMobilenetSettings * settings,
    MnetError * error);
gboolean gst_mobilenet_settings_names_model (guint prop_id);
gboolean gst_mobilenet_settings_is_stats (guint prop_id);
void gst_mobilenet_settings_init (GstMobilenetSettings * settings);
void gst_mobilenet_settings_clear (GstMobilenetSettings * settings);
void gst_mobilenet_settings_copy (GstMobilenetSettings * to,
    const GstMobilenetSettings * from);
void gst_mobilenet_settings_restore (GstMobilenetSettings * settings,
    const GstMobilenetSettings * asked, const GstMobilenetSettings * used);
gboolean gst_mobilenet_settings_set (GstMobilenetSettings * settings,
    guint prop_id, const GValue * value);
gboolean gst_mobilenet_settings_get (const GstMobilenetSettings * settings,
    guint prop_id, GValue * value);

gboolean gst_mobilenet_settings_input_size (const GstMobilenetSettings *
    settings, gint32 * width, gint32 * height, MnetError * error);
gboolean gst_mobilenet_settings_normalize (const GstMobilenetSettings *
    settings, const MnetTensorInfo * tensor,
    const MnetNormalization * normalization, MnetImageOptions * options,
    MnetError * error);

G_END_DECLS

#endif /* __GST_MOBILENET_SETTINGS_H__ */
