/* SPDX-License-Identifier: MIT
 *
 * What a segmenting network tells. */
#ifndef __GST_MOBILENET_SEG_NETWORK_H__
#define __GST_MOBILENET_SEG_NETWORK_H__

#include <glib.h>
#include <mnet/mnet.h>

G_BEGIN_DECLS

/* By its label, else 0 of two classes or without labels. */
#define GST_MOBILENET_SEG_BACKGROUND_AUTO -2

/* The properties that choose. */
typedef struct
{
  const gchar *classes;         /* labels or numbers; NULL: all */
  gint background_class;        /* -1: none */
  gint output;                  /* -1: the only one */
} GstMobilenetSegWanted;

/* All zero at first. */
typedef struct
{
  MnetSegmenter *segmenter;
  gsize output;                 /* number of the output that it reads */
  gint input_width, input_height;
  gint background;              /* -1: none */
  const gchar *labels[MNET_MAX_SEGMENT_CLASSES];
  guint8 shown_as[256];         /* what classes are in results */
  gboolean all;                 /* that is: what they are */
} GstMobilenetSegNetwork;

gboolean gst_mobilenet_seg_network_open (GstMobilenetSegNetwork * self,
    const MnetModel * model, const MnetLabels * labels,
    const GstMobilenetSegWanted * wanted, MnetError * error);
void gst_mobilenet_seg_network_clear (GstMobilenetSegNetwork * self);

G_END_DECLS

#endif /* __GST_MOBILENET_SEG_NETWORK_H__ */
