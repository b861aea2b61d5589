/* SPDX-License-Identifier: MIT
 *
 * Base class of the elements that show video frames to a network. */
#ifndef __GST_MOBILENET_FILTER_H__
#define __GST_MOBILENET_FILTER_H__

#include <gst/base/gstbasetransform.h>
#include <mnet/mnet.h>

#include "gstmobilenetscheduler.h"

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_FILTER (gst_mobilenet_filter_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstMobilenetFilter, gst_mobilenet_filter,
    GST, MOBILENET_FILTER, GstBaseTransform)

/**
 * GstMobilenetFilterClass:
 * @result_type: boxed type of the results; set by class_init
 * @check: checks the values of the element's own properties; %FALSE and @error
 *     filled otherwise. May be %NULL
 * @start: checks that @model is one that the element understands and makes what
 *     @decode needs. @labels are those of the property labels-file or %NULL,
 *     @name is what results call the model; all three live until @stop.
 *     %FALSE and @error filled otherwise
 * @stop: frees what @start made, also after it failed
 * @decode: makes a result from the outputs of a run; cannot fail. On the
 *     streaming thread or the worker, one at a time
 * @attach: adds @result to a writable @buffer, the frame that @age after
 *     @result's own
 * @describe: the element message that tells @meta, which @attach returned
 */
struct _GstMobilenetFilterClass
{
  GstBaseTransformClass parent_class;

  GType result_type;
  gboolean (*check) (GstMobilenetFilter * self, MnetError * error);
  gboolean (*start) (GstMobilenetFilter * self, MnetModel * model,
      const MnetLabels * labels, const gchar * name, MnetError * error);
  void (*stop) (GstMobilenetFilter * self);
  gpointer (*decode) (GstMobilenetFilter * self, MnetSession * session,
      const GstMobilenetFrame * frame);
  GstMeta *(*attach) (GstMobilenetFilter * self, GstBuffer * buffer,
      gpointer result, GstClockTime age);
  GstStructure *(*describe) (GstMobilenetFilter * self, GstMeta * meta);
};

G_END_DECLS

#endif /* __GST_MOBILENET_FILTER_H__ */
