/* SPDX-License-Identifier: MIT
 *
 * A network element whose decode step waits to be allowed. */
#include "gated_filter.h"

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "classify_fixture.h"

struct _GatedFilter
{
  GstMobilenetFilter parent;

  GMutex lock;
  GCond changed;
  guint entered;                /* decodes begun */
  guint allowed;                /* decodes that may end */
  guint views;                  /* of a frame; 0: 1 */
  gboolean holds_use;           /* the next model waits */
  gboolean in_use;              /* so it does */
};

#define MAX_LATEST_VIEWS 4

G_DEFINE_TYPE (GatedFilter, gated_filter, GST_TYPE_MOBILENET_FILTER);

static gboolean
gated_filter_start (GstMobilenetFilter * filter, GstMobilenetResults * results,
    MnetError * error)
{
  results->max_views = MAX_LATEST_VIEWS;
  return TRUE;
}

static gpointer
gated_filter_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  return g_strdup (name);
}

static void
gated_filter_use (GstMobilenetFilter * filter, gpointer reader)
{
  GatedFilter *self = GATED_FILTER (filter);

  g_mutex_lock (&self->lock);
  while (reader && self->holds_use) {
    self->in_use = TRUE;
    g_cond_broadcast (&self->changed);
    g_cond_wait (&self->changed, &self->lock);
  }
  g_mutex_unlock (&self->lock);
}

static void
gated_filter_close (GstMobilenetFilter * filter, gpointer reader)
{
  g_free (reader);
}

static void
gated_filter_views (GstMobilenetFilter * filter, GstBuffer * buffer,
    const MnetPlanes * planes, const GstMobilenetViewRequest * request,
    GstMobilenetFrame * frame)
{
  GatedFilter *self = GATED_FILTER (filter);
  guint i;

  g_mutex_lock (&self->lock);
  frame->n_views = CLAMP (self->views, 1, request->max);
  g_mutex_unlock (&self->lock);
  for (i = 1; i < frame->n_views; i++)
    frame->views[i] = frame->views[0];
}

static void
gated_filter_decode (GstMobilenetFilter * filter, gpointer reader,
    MnetSession * session, const GstMobilenetFrame * frame, guint view)
{
  GatedFilter *self = GATED_FILTER (filter);
  guint number;

  g_mutex_lock (&self->lock);
  number = ++self->entered;
  g_cond_broadcast (&self->changed);
  while (self->allowed < number)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

static gpointer
gated_filter_finish (GstMobilenetFilter * filter, gpointer reader,
    const GstMobilenetFrame * frame)
{
  return gst_mobilenet_classification_new (reader, frame->pts, NULL, 0);
}

static void
gated_filter_attach (GstMobilenetFilter * filter, GstBuffer * buffer,
    gint width, gint height, gpointer result, GstClockTime age)
{
  gst_buffer_add_mobilenet_classification_meta (buffer, result, age);
}

static GstStructure *
gated_filter_describe (GstMobilenetFilter * filter, gpointer result,
    GstClockTime age, guint i)
{
  const GstMobilenetClassificationMeta said = {.classification = result,.age =
        age
  };

  return i > 0 ? NULL : gst_mobilenet_classification_meta_to_structure (&said);
}

static void
gated_filter_finalize (GObject * object)
{
  GatedFilter *self = GATED_FILTER (object);

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (gated_filter_parent_class)->finalize (object);
}

static void
gated_filter_class_init (GatedFilterClass * klass)
{
  GstMobilenetFilterClass *filter_class = GST_MOBILENET_FILTER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gated_filter_finalize;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "test",
      "test", "test", "test");
  filter_class->result_type = GST_TYPE_MOBILENET_CLASSIFICATION;
  filter_class->start = gated_filter_start;
  filter_class->open = gated_filter_open;
  filter_class->close = gated_filter_close;
  filter_class->use = gated_filter_use;
  filter_class->views = gated_filter_views;
  filter_class->decode = gated_filter_decode;
  filter_class->finish = gated_filter_finish;
  filter_class->attach = gated_filter_attach;
  filter_class->describe = gated_filter_describe;
}

static void
gated_filter_init (GatedFilter * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
}

GstHarness *
gated_filter_harness (const gchar * mode, guint interval, gboolean live)
{
  GstElement *element = g_object_new (GATED_TYPE_FILTER, NULL);
  GstBus *bus = gst_bus_new ();
  GstHarness *h;

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  g_object_set (element, "model-file", fixture_model (), "inference-interval",
      interval, "post-messages", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "mode", mode);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (h, live);
  fixture_set_caps (h, "RGB", 16, 16);
  gst_object_unref (element);
  return h;
}

void
gated_filter_allow (GstHarness * h, guint n)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  self->allowed += n;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gated_filter_forbid (GstHarness * h)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  self->allowed = self->entered;
  g_mutex_unlock (&self->lock);
}

void
gated_filter_wait (GstHarness * h, guint n)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  while (self->entered < n)
    g_cond_wait (&self->changed, &self->lock);
  fail_unless_equals_int (self->entered, n);
  g_mutex_unlock (&self->lock);
}

void
gated_filter_hold_use (GstHarness * h)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  self->holds_use = TRUE;
  g_mutex_unlock (&self->lock);
}

void
gated_filter_wait_use (GstHarness * h)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  while (!self->in_use)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

void
gated_filter_release_use (GstHarness * h)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  self->holds_use = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gated_filter_set_views (GstHarness * h, guint n)
{
  GatedFilter *self = GATED_FILTER (h->element);

  g_mutex_lock (&self->lock);
  self->views = n;
  g_mutex_unlock (&self->lock);
}

guint
gated_filter_entered (GstElement * element)
{
  GatedFilter *self = GATED_FILTER (element);
  guint n;

  g_mutex_lock (&self->lock);
  n = self->entered;
  g_mutex_unlock (&self->lock);
  return n;
}
