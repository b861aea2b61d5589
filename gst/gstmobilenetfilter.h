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
 * GstMobilenetViewRequest:
 * @max: most views that may be chosen
 * @spread: frames never wait: views are best spread over frames
 * @replaces: the frame that views were chosen for last is not computed, this
 *     one takes its place
 * @restarted: nothing that was chosen before counts: a seek, a new stream, or
 *     other caps
 *
 * What to know when the views of a frame are chosen.
 */
typedef struct
{
  guint max;
  gboolean spread;
  gboolean replaces;
  gboolean restarted;
} GstMobilenetViewRequest;

/**
 * GstMobilenetResults:
 * @type: boxed type of the results
 * @max_views: most views of a frame in mode latest, 1 to
 *     GST_MOBILENET_MAX_VIEWS
 *
 * What @start chooses; the class's result_type and 1 at first.
 */
typedef struct
{
  GType type;
  guint max_views;
} GstMobilenetResults;

/**
 * GstMobilenetFilterClass:
 * @result_type: boxed type of the results; set by class_init
 * @has_built_in: where model-file is not set frames are shown to the classifier
 *     that is built into the plugin; %FALSE: that is an error
 * @start: checks the values of the element's own properties; %FALSE and @error
 *     filled otherwise. May be %NULL
 * @stop: frees what @start made, also after it or @open failed. May be %NULL
 * @open: checks that @model is one that the element understands and makes a
 *     reader, what the functions below need of it. @labels are those of the
 *     property labels-file or %NULL, @name is what results call the model; all
 *     three live until @close. %NULL and @error filled otherwise. On any thread,
 *     also while another reader is in use
 * @close: frees a reader, on any thread, when nobody uses it any more
 * @use: frames are shown to the network of @reader from now on; %NULL: to none,
 *     and the last one is to be closed. Streaming thread, or none running. May be
 *     %NULL
 * @set_frame: frames are @frame from now on; %FALSE and @error filled when that
 *     cannot be. Streaming thread. May be %NULL
 * @views: chooses the rectangles of a frame that are shown to the network: fills
 *     n_views, region and tag of views, and layout; the rest of @frame is
 *     filled. @planes are those of the mapped frame. Streaming thread. %NULL:
 *     one view, the picture
 * @reset: forgets what @decode keeps from frame to frame. May be %NULL
 * @prepare: fills what @input, the bytes of the network's first input, holds
 *     beside the picture, a fourth channel, before @session runs; %NULL: such a
 *     network is refused. As @decode
 * @decode: keeps what the outputs of a run on view @view of @frame say; cannot
 *     fail. On the streaming thread or the worker, one at a time for a reader, as
 *     are @reset and @finish
 * @finish: makes the result of a frame whose views have been decoded; where time
 *     was not given for all of them, n_views is smaller than @views made it
 * @attach: adds @result to a writable @buffer, a frame of @width x @height
 *     pixels that is @age after @result's own
 * @describe: element message number @i that tells @result on a frame that is
 *     @age after its own; %NULL after the last one
 */
struct _GstMobilenetFilterClass
{
  GstBaseTransformClass parent_class;

  GType result_type;
  gboolean has_built_in;
  gboolean (*start) (GstMobilenetFilter * self, GstMobilenetResults * results,
      MnetError * error);
  void (*stop) (GstMobilenetFilter * self);
  gpointer (*open) (GstMobilenetFilter * self, MnetModel * model,
      const MnetLabels * labels, const gchar * name, MnetError * error);
  void (*close) (GstMobilenetFilter * self, gpointer reader);
  void (*use) (GstMobilenetFilter * self, gpointer reader);
  gboolean (*set_frame) (GstMobilenetFilter * self,
      const MnetFrameInfo * frame, MnetError * error);
  void (*views) (GstMobilenetFilter * self, GstBuffer * buffer,
      const MnetPlanes * planes, const GstMobilenetViewRequest * request,
      GstMobilenetFrame * frame);
  void (*reset) (GstMobilenetFilter * self, gpointer reader);
  void (*prepare) (GstMobilenetFilter * self, gpointer reader,
      MnetSession * session, gpointer input);
  void (*decode) (GstMobilenetFilter * self, gpointer reader,
      MnetSession * session, const GstMobilenetFrame * frame, guint view);
  gpointer (*finish) (GstMobilenetFilter * self, gpointer reader,
      const GstMobilenetFrame * frame);
  void (*attach) (GstMobilenetFilter * self, GstBuffer * buffer,
      gint width, gint height, gpointer result, GstClockTime age);
  GstStructure *(*describe) (GstMobilenetFilter * self, gpointer result,
      GstClockTime age, guint i);
};

G_END_DECLS

#endif /* __GST_MOBILENET_FILTER_H__ */
