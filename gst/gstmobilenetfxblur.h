/* SPDX-License-Identifier: MIT
 *
 * The background of a frame, blurred: Gaussian, in cells, without the colours of
 * the foreground. */
#ifndef __GST_MOBILENET_FX_BLUR_H__
#define __GST_MOBILENET_FX_BLUR_H__

#include "gstmobilenetfxgrid.h"

G_BEGIN_DECLS

typedef struct _GstMobilenetFxBlur GstMobilenetFxBlur;

GstMobilenetFxBlur *gst_mobilenet_fx_blur_new (const GstMobilenetFxGrid * grid);
void gst_mobilenet_fx_blur_free (GstMobilenetFxBlur * blur);

/* Numbers 0 to 2 of `cells` are means of samples of `depth` bits; `coverage` is how
 * much of each is foreground, 0 to 1.  `deviation` is the Gaussian's, in pixels. */
void gst_mobilenet_fx_blur_build (GstMobilenetFxBlur * blur,
    const GstMobilenetFxCell * cells, const gfloat * coverage,
    gdouble deviation, guint depth);

/* `n` samples of row `j` of component `c` from sample `i` on, whole tiles both.
 * Each of `rows` has room for a row of the frame in whole blocks and six blocks
 * more. */
void gst_mobilenet_fx_blur_row (const GstMobilenetFxBlur * blur, guint c,
    const GstMobilenetFxComponent * component, gint j, gint i, gint n,
    guint16 * const rows[2], guint16 * samples);

G_END_DECLS

#endif /* __GST_MOBILENET_FX_BLUR_H__ */
