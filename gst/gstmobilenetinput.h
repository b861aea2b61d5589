/* SPDX-License-Identifier: MIT
 *
 * Brings views of frames into a network's input tensors. */
#ifndef __GST_MOBILENET_INPUT_H__
#define __GST_MOBILENET_INPUT_H__

#include <gst/video/video.h>

#include "gstmobilenetscheduler.h"

G_BEGIN_DECLS

/* All zero when there is nothing yet. */
typedef struct
{
  MnetFrameInfo frame;          /* what `image` was made for */
  MnetImage *image;
} GstMobilenetInput;

gboolean gst_mobilenet_input_set_frame (GstMobilenetInput * input,
    const MnetFrameInfo * frame, const MnetTensorInfo * tensor,
    const MnetImageOptions * options, MnetError * error);
void gst_mobilenet_input_clear (GstMobilenetInput * input);
gboolean gst_mobilenet_input_fill (GstMobilenetInput * input,
    GstMobilenetScheduler * scheduler, const MnetPlanes * planes,
    GstMobilenetFrame * frame);

G_END_DECLS

#endif /* __GST_MOBILENET_INPUT_H__ */
