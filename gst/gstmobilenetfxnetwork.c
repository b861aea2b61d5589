/* SPDX-License-Identifier: MIT
 *
 * A network whose output is a picture, blended into frames. */

#include "gstmobilenetfxnetwork.h"

#include <string.h>

#include "gstmobilenetframe.h"
#include "gstmobilenetfxblend.h"
#include "gstmobilenetfxstyle.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* What a session's first runs take: pages come into memory in the first. */
#define TRIAL_RUNS 2

struct _GstMobilenetFxNetwork
{
  GstMobilenetNetwork network;
  MnetSession *session;
  gsize output;                 /* the one that is a picture */
  MnetPainting *painting;
  GstClockTime cost;

  GMutex lock;
  guint8 *next_style;           /* of the input's bytes, or NULL; under the lock */

  /* The streaming thread's. */
  GstVideoInfo info;
  gint width, height;           /* of the frames */
  MnetImage *image;             /* to the network's input */
  MnetImage *guide;             /* to RGB of the size of its picture */
  GstMobilenetFxMaps *maps;
  GstMobilenetFxBlend *blend;
  guint8 *saw, *made;           /* RGB */
  MnetRect picture;             /* where the blend was placed for */
  gboolean shown;               /* the maps hold a picture */
};

/* The first output that is a picture; the error is that of the first one. */
static gboolean
find_painting (GstMobilenetFxNetwork * self,
    const MnetNormalization * range, GError ** error)
{
  const MnetTensorInfo *input = mnet_session_input_info (self->session,
      self->network.inputs.picture), *output;
  MnetError cause = { MNET_OK, "" }, other = cause;
  gsize i;

  for (i = 0; (output = mnet_session_output_info (self->session, i)) != NULL;
      i++) {
    self->painting = mnet_painting_new (input, &self->network.options, output,
        range, i ? &other : &cause);
    self->output = i;
    if (self->painting)
      return TRUE;
  }
  *error = gst_mobilenet_error_new (self->network.file, &cause);
  g_prefix_error (error, "property model-file: ");
  return FALSE;
}

/* NULL: what the output suggests. */
static const MnetNormalization *
chosen_range (GstMobilenetInputRange range)
{
  static const MnetNormalization bytes = { 1, {0}, {1} };
  static const MnetNormalization zero_one = { 1, {0}, {255} };
  static const MnetNormalization signs = { 1, {127.5f}, {127.5f} };

  switch (range) {
    case GST_MOBILENET_INPUT_RANGE_BYTES:
      return &bytes;
    case GST_MOBILENET_INPUT_RANGE_ZERO_ONE:
      return &zero_one;
    case GST_MOBILENET_INPUT_RANGE_MINUS_ONE_ONE:
      return &signs;
    default:
      return NULL;
  }
}

static gboolean
open_session (GstMobilenetFxNetwork * self, GError ** error)
{
  const GstMobilenetNetwork *network = &self->network;

  if (network->inputs.picture != 0 && network->input_width) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_NOT_IMPLEMENTED,
        "%s with the property input-size: the picture is input %"
        G_GSIZE_FORMAT ", only networks whose first input it is can be run at "
        "another size; unset input-size", network->file,
        network->inputs.picture);
    return FALSE;
  }
  self->session = gst_mobilenet_network_new_session (network,
      network->input_width, network->input_height, "input-size=", error);
  return self->session != NULL;
}

/* The style that was made last goes into the network's input. */
static void
use_style (GstMobilenetFxNetwork * self)
{
  gsize input = self->network.inputs.style;
  guint8 *style;

  if (input == MNET_NO_INPUT)
    return;
  g_mutex_lock (&self->lock);
  style = self->next_style;
  self->next_style = NULL;
  g_mutex_unlock (&self->lock);
  if (!style)
    return;
  memcpy (mnet_session_input (self->session, input), style,
      mnet_session_input_info (self->session, input)->bytes);
  g_free (style);
}

gboolean
gst_mobilenet_fx_network_restyle (GstMobilenetFxNetwork * self,
    GstElement * element, const GstMobilenetFxNetworkSettings * settings,
    GError ** error)
{
  guint8 *style, *unused;

  if (self->network.inputs.style == MNET_NO_INPUT) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "%s takes no style, and the property style-file is set: unset it, or set "
        "model-file to a network that takes a picture and a style",
        self->network.file);
    return FALSE;
  }
  style = gst_mobilenet_fx_style_new (element, settings, &self->network, error);
  if (!style)
    return FALSE;
  g_mutex_lock (&self->lock);
  unused = self->next_style;
  self->next_style = style;
  g_mutex_unlock (&self->lock);
  g_free (unused);
  return TRUE;
}

static gboolean
open_style (GstMobilenetFxNetwork * self, GstElement * element,
    const GstMobilenetFxNetworkSettings * settings, GError ** error)
{
  if (self->network.inputs.style == MNET_NO_INPUT && !settings->style_file)
    return TRUE;
  return gst_mobilenet_fx_network_restyle (self, element, settings, error);
}

static void
measure (GstMobilenetFxNetwork * self, GstElement * element)
{
  guint i;

  for (i = 0; i < TRIAL_RUNS; i++) {
    GstClockTime began = gst_util_get_timestamp ();

    mnet_session_run (self->session);
    self->cost = gst_util_get_timestamp () - began;
  }
  GST_INFO_OBJECT (element, "%s takes %" GST_TIME_FORMAT " at first",
      self->network.name, GST_TIME_ARGS (self->cost));
}

static void
make_maps (GstMobilenetFxNetwork * self)
{
  gint width = mnet_painting_width (self->painting);
  gint height = mnet_painting_height (self->painting);

  self->maps = gst_mobilenet_fx_maps_new (width, height);
  self->saw = g_malloc0 ((gsize) width * height * 3);
  self->made = g_malloc0 ((gsize) width * height * 3);
}

GstMobilenetFxNetwork *
gst_mobilenet_fx_network_new (GstElement * element,
    const GstMobilenetFxNetworkSettings * settings, GError ** error)
{
  GstMobilenetFxNetwork *self = g_new0 (GstMobilenetFxNetwork, 1);
  MnetError cause = { MNET_OK, "" };

  g_mutex_init (&self->lock);
  if (!gst_mobilenet_settings_check (&settings->network, &cause)) {
    *error = gst_mobilenet_error_new (NULL, &cause);
  } else if (gst_mobilenet_network_open_painter (&self->network, element,
          &settings->network, error) && open_session (self, error)
      && find_painting (self, chosen_range (settings->output_range), error)
      && open_style (self, element, settings, error)) {
    make_maps (self);
    use_style (self);
    measure (self, element);
    return self;
  }
  gst_mobilenet_fx_network_free (self);
  return NULL;
}

void
gst_mobilenet_fx_network_free (GstMobilenetFxNetwork * self)
{
  if (!self)
    return;
  gst_mobilenet_fx_blend_free (self->blend);
  gst_mobilenet_fx_maps_free (self->maps);
  g_free (self->saw);
  g_free (self->made);
  mnet_image_free (self->image);
  mnet_image_free (self->guide);
  mnet_painting_free (self->painting);
  mnet_session_free (self->session);
  gst_mobilenet_network_close (&self->network);
  g_free (self->next_style);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstClockTime
gst_mobilenet_fx_network_cost (const GstMobilenetFxNetwork * self)
{
  return self->cost;
}

void
gst_mobilenet_fx_network_discard (GstMobilenetFxNetwork * self)
{
  self->shown = FALSE;
}

/* RGB bytes of the size of the network's picture. */
static MnetImage *
new_guide (const GstMobilenetFxNetwork * self, const MnetFrameInfo * frame,
    MnetError * error)
{
  MnetTensorInfo tensor = { 0, };
  MnetImageOptions options = { 0, };

  tensor.name = "";
  tensor.type = MNET_TYPE_UINT8;
  tensor.rank = 4;
  tensor.dims[0] = 1;
  tensor.dims[1] = self->maps->height;
  tensor.dims[2] = self->maps->width;
  tensor.dims[3] = 3;
  tensor.elements = (gsize) self->maps->height * self->maps->width * 3;
  tensor.bytes = tensor.elements;
  options.fit = self->network.options.fit;
  options.raw = true;
  return mnet_image_new (frame, &tensor, &options, error);
}

/* Frames are that large from now on. */
static gboolean
set_size (GstMobilenetFxNetwork * self, gint width, gint height,
    GError ** error)
{
  MnetError cause = { MNET_OK, "" };
  MnetImage *image, *guide;
  MnetFrameInfo frame;

  gst_mobilenet_frame_info (&self->info, &frame);
  frame.width = width;
  frame.height = height;
  image = mnet_image_new (&frame, mnet_session_input_info (self->session,
          self->network.inputs.picture), &self->network.options, &cause);
  guide = image ? new_guide (self, &frame, &cause) : NULL;
  if (!guide) {
    mnet_image_free (image);
    *error = gst_mobilenet_error_new (self->network.file, &cause);
    return FALSE;
  }
  mnet_image_free (self->image);
  mnet_image_free (self->guide);
  gst_mobilenet_fx_blend_free (self->blend);
  self->image = image;
  self->guide = guide;
  self->width = width;
  self->height = height;
  gst_mobilenet_fx_maps_set_format (self->maps, &self->info, &frame);
  self->blend = gst_mobilenet_fx_blend_new (&self->info, width, height,
      self->maps);
  memset (&self->picture, 0, sizeof (self->picture));
  self->shown = FALSE;
  return TRUE;
}

gboolean
gst_mobilenet_fx_network_set_info (GstMobilenetFxNetwork * self,
    const GstVideoInfo * info, GError ** error)
{
  self->info = *info;
  return set_size (self, GST_VIDEO_INFO_WIDTH (info),
      GST_VIDEO_INFO_HEIGHT (info), error);
}

/* The network is shown that part of the frames, and its picture lies there. */
static void
place (GstMobilenetFxNetwork * self, const MnetRect * picture)
{
  const MnetTensorInfo *input = mnet_session_input_info (self->session,
      self->network.inputs.picture);
  gint rows = input->channels_first ? 2 : 1;
  MnetGeometry geometry;

  if (memcmp (picture, &self->picture, sizeof (*picture)) == 0)
    return;
  self->picture = *picture;
  mnet_image_set_region (self->image, picture);
  mnet_image_set_region (self->guide, picture);
  mnet_image_geometry (self->image, &geometry);
  gst_mobilenet_fx_blend_place (self->blend, &geometry, input->dims[rows + 1],
      input->dims[rows], picture);
  self->shown = FALSE;
}

static void
run (GstMobilenetFxNetwork * self, const MnetPlanes * planes,
    gboolean keep_detail)
{
  use_style (self);
  mnet_image_convert (self->image, planes, mnet_session_input (self->session,
          self->network.inputs.picture));
  mnet_session_run (self->session);
  mnet_painting_read (self->painting, mnet_session_output (self->session,
          self->output), 0, self->maps->height, self->made);
  if (keep_detail)
    mnet_image_convert (self->guide, planes, self->saw);
  gst_mobilenet_fx_maps_fill (self->maps, self->made,
      keep_detail ? self->saw : NULL);
  self->shown = TRUE;
}

gboolean
gst_mobilenet_fx_network_frame (GstMobilenetFxNetwork * self,
    GstVideoFrame * frame, const GstMobilenetFxOrders * orders,
    GstClockTime * took, GError ** error)
{
  MnetPlanes planes;
  MnetRect picture;

  *took = 0;
  if ((GST_VIDEO_FRAME_WIDTH (frame) != self->width
          || GST_VIDEO_FRAME_HEIGHT (frame) != self->height)
      && !set_size (self, GST_VIDEO_FRAME_WIDTH (frame),
          GST_VIDEO_FRAME_HEIGHT (frame), error))
    return FALSE;
  gst_mobilenet_frame_picture (frame, &self->info, &picture);
  place (self, &picture);
  if (!orders->late || !self->shown) {
    GstClockTime began = gst_util_get_timestamp ();

    gst_mobilenet_frame_planes (frame, &planes);
    run (self, &planes, orders->keep_detail);
    *took = gst_util_get_timestamp () - began;
  }
  gst_mobilenet_fx_blend_frame (self->blend, self->maps, frame,
      orders->strength);
  return TRUE;
}
