/* SPDX-License-Identifier: MIT
 *
 * Starts and stops, changes of format and size, seeks. */
#include "stress.h"

static const gchar *const modes[] = { "latest", "every" };

/* What malloc() may keep of threads and frames that are gone: in the long forms
 * some KiB for each time. */
#define MOST_KIB 4096

static void
open_with (Flow * flow, const gchar * source, const gchar * model,
    const gchar * mode)
{
  gchar *launch = g_strdup_printf ("%s ! mobilenetclassify name=network "
      "model-file=\"%s\" mode=%s ! fakesink sync=false", source, model, mode);

  flow_open (flow, launch);
  g_free (launch);
}

/* Stops while frames are under way: after none, one, two or three of them. */
static gboolean
start_and_stop (Flow * flow, guint i)
{
  gboolean good;

  gst_util_set_object_arg (G_OBJECT (flow->network), "mode",
      modes[i / 2 % G_N_ELEMENTS (modes)]);
  flow_play (flow);
  good = flow_wait_frames (flow, i % 4);
  flow_stop (flow, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
  return good;
}

gboolean
stress_starts (guint count, const gchar * model)
{
  guint i, warm = MIN (count / 4, 50);
  gint64 began = g_get_monotonic_time ();
  Holdings before;
  gboolean good = TRUE;
  Flow flow;

  for (i = 0; good && i < count; i++) {
    if (i % 10 == 0)
      open_with (&flow, "videotestsrc ! "
          "video/x-raw,format=NV12,width=64,height=48,framerate=25/1", model,
          modes[0]);
    if (i == warm)
      before = stress_holdings ();
    good = start_and_stop (&flow, i);
    if (i % 10 == 9 || i == count - 1 || !good)
      good &= flow_close (&flow);
  }
  g_print ("%u starts and stops: %.1f ms each\n", i,
      (g_get_monotonic_time () - began) / 1e3 / i);
  /* The pipeline that was open has a thread and files, perhaps. */
  return good && stress_same_holdings (&before, MOST_KIB);
}

static const gchar *const formats[] = {
  "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "RGB", "BGR", "RGBx", "BGRx",
  "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR", "GRAY8", "Y42B", "Y444",
  "I420_10LE", "P010_10LE"
};

static gboolean
has_caps (const Flow * flow, guint64 caps)
{
  return flow->caps && gst_caps_is_subset (flow->caps,
      (const GstCaps *) (gsize) caps);
}

static gboolean
change_format (Flow * flow, GstElement * filter, guint i)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      formats[i % G_N_ELEMENTS (formats)], "width", G_TYPE_INT,
      16 + i * 37 % 305, "height", G_TYPE_INT, 16 + i * 53 % 225, NULL);
  gboolean good;

  g_object_set (filter, "caps", caps, NULL);
  good = flow_wait (flow, has_caps, (gsize) caps, "waited for other caps")
      && flow_wait_frames (flow, 1) && flow_wait_results (flow, i % 2);
  gst_caps_unref (caps);
  return good;
}

static gboolean
change_formats (guint count, const gchar * model, const gchar * mode)
{
  GstElement *filter;
  gboolean good;
  Flow flow;
  guint i;

  open_with (&flow, "videotestsrc ! capsfilter name=filter", model, mode);
  filter = gst_bin_get_by_name (GST_BIN (flow.pipeline), "filter");
  flow_play (&flow);
  good = flow_wait_frames (&flow, 1);
  for (i = 0; good && i < count; i++)
    good = change_format (&flow, filter, i);
  g_print ("mode %s: %u changes of format and size in %u frames, %u results\n",
      mode, i, flow.out, flow.analysed);
  gst_object_unref (filter);
  return flow_close (&flow) && good;
}

gboolean
stress_formats (guint count, const gchar * model)
{
  Holdings before;
  gboolean good;

  /* What is kept from the first use on. */
  good = change_formats (MIN (count, G_N_ELEMENTS (formats)), model, modes[0])
      && change_formats (2, model, modes[1]);
  before = stress_holdings ();
  return good && change_formats ((count + 1) / 2, model, modes[0])
      && change_formats (count / 2, model, modes[1])
      && stress_same_holdings (&before, MOST_KIB);
}

static gboolean
is_beyond (const Flow * flow, guint64 start)
{
  return flow->segment_start == start && flow->pts >= start;
}

/* Forwards and backwards within an hour, to where a frame begins. */
static gboolean
seek (Flow * flow, guint i)
{
  GstClockTime to = (guint64) (i * 1237 % 3600) * GST_SECOND +
      (i + 1) % 25 * 40 * GST_MSECOND;

  if (!gst_element_seek_simple (flow->pipeline, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH, to)) {
    g_printerr ("no seek to %" GST_TIME_FORMAT "\n", GST_TIME_ARGS (to));
    return FALSE;
  }
  return flow_wait (flow, is_beyond, to, "waited for a seek")
      && flow_wait_results (flow, i % 3);
}

static gboolean
seek_often (guint count, const gchar * model, const gchar * mode)
{
  gboolean good;
  Flow flow;
  guint i;

  open_with (&flow, "videotestsrc ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=25/1", model, mode);
  flow_play (&flow);
  good = flow_wait_frames (&flow, 1);
  for (i = 0; good && i < count; i++)
    good = seek (&flow, i);
  g_print ("mode %s: %u flushing seeks, %u frames, %u results, %u of before\n",
      mode, i, flow.out, flow.analysed, flow.stale);
  return flow_close (&flow) && good;
}

gboolean
stress_seeks (guint count, const gchar * model)
{
  Holdings before;

  if (!seek_often (3, model, modes[0]) || !seek_often (3, model, modes[1]))
    return FALSE;
  before = stress_holdings ();
  return seek_often ((count + 1) / 2, model, modes[0])
      && seek_often (count / 2, model, modes[1])
      && stress_same_holdings (&before, MOST_KIB);
}
