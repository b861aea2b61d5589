/* SPDX-License-Identifier: MIT
 *
 * What an element loads when it starts: model, labels, threads, and how
 * pictures are brought into the model's input. */
#ifndef __GST_MOBILENET_NETWORK_H__
#define __GST_MOBILENET_NETWORK_H__

#include <mnet/mnet.h>

#include "gstmobilenetsettings.h"

G_BEGIN_DECLS

/* All zero when nothing is loaded, but the first two fields, which are the caller's. */
typedef struct
{
  gboolean takes_prior;         /* the input may have a fourth channel */
  gboolean has_built_in;        /* no model-file means the built-in model */
  gboolean built_in;            /* it is that */
  gchar *file;                  /* the property model-file, or words for none */
  gchar *name;                  /* of the model: its file's, without folder */
  MnetModel *model;
  gchar *labels_file;           /* the property, or NULL */
  MnetLabels *labels;           /* in it, or NULL */
  gint32 input_width;           /* the property input-size; 0: the file's */
  gint32 input_height;
  MnetPool *pool;               /* NULL: no more threads than the caller's */
  MnetImageOptions options;
  gboolean paints;              /* its output is a picture */
  MnetPaintingInputs inputs;    /* then */
} GstMobilenetNetwork;

gboolean gst_mobilenet_network_open (GstMobilenetNetwork * network,
    GstElement * element, const GstMobilenetSettings * settings,
    GError ** error);
gboolean gst_mobilenet_network_open_painter (GstMobilenetNetwork * network,
    GstElement * element, const GstMobilenetSettings * settings,
    GError ** error);
MnetSession *gst_mobilenet_network_new_session (const GstMobilenetNetwork *
    network, gint32 width, gint32 height, const gchar * reason,
    GError ** error);
void gst_mobilenet_network_close (GstMobilenetNetwork * network);

G_END_DECLS

#endif /* __GST_MOBILENET_NETWORK_H__ */
