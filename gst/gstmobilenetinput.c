/* SPDX-License-Identifier: MIT
 *
 * Brings views of frames into a network's input tensors. */

#include "gstmobilenetinput.h"

/* Frames are `frame` from now on.  FALSE and `error` filled, with everything as
 * it was, when they cannot be brought into `tensor`. */
gboolean
gst_mobilenet_input_set_frame (GstMobilenetInput * input,
    const MnetFrameInfo * frame, const MnetTensorInfo * tensor,
    const MnetImageOptions * options, MnetError * error)
{
  MnetImage *image = mnet_image_new (frame, tensor, options, error);

  if (!image)
    return FALSE;
  mnet_image_free (input->image);
  input->image = image;
  input->frame = *frame;
  return TRUE;
}

void
gst_mobilenet_input_clear (GstMobilenetInput * input)
{
  g_clear_pointer (&input->image, mnet_image_free);
}

/* Converts the views of `frame` straight from its planes, hands each to
 * `scheduler`, which has begun, and commits.  Fills their geometry; n_views becomes
 * smaller when a flush cancels the rest.  TRUE: the frame took the place of one
 * that is never computed now. */
gboolean
gst_mobilenet_input_fill (GstMobilenetInput * input,
    GstMobilenetScheduler * scheduler, const MnetPlanes * planes,
    GstMobilenetFrame * frame)
{
  guint i;

  for (i = 0; i < frame->n_views
      && !gst_mobilenet_scheduler_cancelled (scheduler); i++) {
    GstMobilenetView *view = &frame->views[i];
    GstClockTime began = gst_util_get_timestamp ();

    mnet_image_set_region (input->image, &view->region);
    mnet_image_geometry (input->image, &view->geometry);
    mnet_image_convert (input->image, planes,
        gst_mobilenet_scheduler_input (scheduler, i));
    gst_mobilenet_scheduler_filled (scheduler, frame, i,
        gst_util_get_timestamp () - began);
  }
  frame->n_views = i;
  return gst_mobilenet_scheduler_commit (scheduler, frame);
}
