/* SPDX-License-Identifier: MIT
 *
 * A picture from a file, in the format and size of frames. */

#include "gstmobilenetfxpicture.h"

#include <math.h>

#include "gstmobilenetpicture.h"

struct _GstMobilenetFxPicture
{
  gchar *file;
  GstSample *sample;
  GstBuffer *buffer;            /* in the frames' format, or NULL */
  GstVideoFrame frame;          /* that one, mapped */
};

GstMobilenetFxPicture *
gst_mobilenet_fx_picture_load (const gchar * file, GError ** error)
{
  GstSample *sample =
      gst_mobilenet_picture_read (file, "background-file", error);
  GstMobilenetFxPicture *self;

  if (!sample)
    return NULL;
  self = g_new0 (GstMobilenetFxPicture, 1);
  self->file = g_strdup (file);
  self->sample = sample;
  return self;
}

static void
forget_frame (GstMobilenetFxPicture * self)
{
  if (!self->buffer)
    return;
  gst_video_frame_unmap (&self->frame);
  gst_clear_buffer (&self->buffer);
}

void
gst_mobilenet_fx_picture_free (GstMobilenetFxPicture * self)
{
  if (!self)
    return;
  forget_frame (self);
  gst_sample_unref (self->sample);
  g_free (self->file);
  g_free (self);
}

/* The part of the picture that has the shape of the frame, as it is displayed. */
static GstStructure *
covering_part (const GstVideoInfo * from, const GstVideoInfo * to)
{
  gdouble width = GST_VIDEO_INFO_WIDTH (from);
  gdouble height = GST_VIDEO_INFO_HEIGHT (from);
  gdouble shape = (gdouble) GST_VIDEO_INFO_WIDTH (to) *
      GST_VIDEO_INFO_PAR_N (to) * GST_VIDEO_INFO_PAR_D (from) /
      ((gdouble) GST_VIDEO_INFO_HEIGHT (to) * GST_VIDEO_INFO_PAR_D (to) *
      GST_VIDEO_INFO_PAR_N (from));
  gint w = (gint) CLAMP (floor (height * shape + 0.5), 1, width);
  gint h = (gint) CLAMP (floor (width / shape + 0.5), 1, height);

  return gst_structure_new ("picture",
      GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT,
      (GST_VIDEO_INFO_WIDTH (from) - w) / 2,
      GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT,
      (GST_VIDEO_INFO_HEIGHT (from) - h) / 2,
      GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, w,
      GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, h, NULL);
}

/* `to` is mapped for reading at last. */
static gboolean
convert (GstMobilenetFxPicture * self, const GstVideoInfo * from,
    const GstVideoInfo * to)
{
  GstVideoConverter *converter;
  GstVideoFrame source;

  if (!gst_video_frame_map (&source, from,
          gst_sample_get_buffer (self->sample), GST_MAP_READ))
    return FALSE;
  converter = gst_video_converter_new (from, to, covering_part (from, to));
  if (converter && gst_video_frame_map (&self->frame, to, self->buffer,
          GST_MAP_WRITE)) {
    gst_video_converter_frame (converter, &source, &self->frame);
    gst_video_frame_unmap (&self->frame);
  }
  gst_video_frame_unmap (&source);
  if (!converter)
    return FALSE;
  gst_video_converter_free (converter);
  return gst_video_frame_map (&self->frame, to, self->buffer, GST_MAP_READ);
}

gboolean
gst_mobilenet_fx_picture_set_format (GstMobilenetFxPicture * self,
    const GstVideoInfo * info, GError ** error)
{
  GstVideoInfo from, to = *info;

  forget_frame (self);
  /* A still picture has neither fields nor a rate. */
  if (!gst_video_info_from_caps (&from, gst_sample_get_caps (self->sample)))
    gst_video_info_init (&from);
  from.interlace_mode = to.interlace_mode =
      GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  from.fps_n = to.fps_n;
  from.fps_d = to.fps_d;
  self->buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&to),
      NULL);
  if (GST_VIDEO_INFO_FORMAT (&from) != GST_VIDEO_FORMAT_UNKNOWN
      && convert (self, &from, &to))
    return TRUE;
  gst_clear_buffer (&self->buffer);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
      "property background-file: %s: %s of %dx%d cannot be converted to %s of "
      "%dx%d", self->file, GST_VIDEO_INFO_NAME (&from),
      GST_VIDEO_INFO_WIDTH (&from), GST_VIDEO_INFO_HEIGHT (&from),
      GST_VIDEO_INFO_NAME (&to), GST_VIDEO_INFO_WIDTH (&to),
      GST_VIDEO_INFO_HEIGHT (&to));
  return FALSE;
}

const GstVideoFrame *
gst_mobilenet_fx_picture_frame (const GstMobilenetFxPicture * self)
{
  return &self->frame;
}
