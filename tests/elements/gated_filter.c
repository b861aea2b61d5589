/* SPDX-License-Identifier: MIT
 *
 * A network element whose decode step waits to be allowed. */
#include "gated_filter.h"

#include <gst/mobilenet/gstmobilenetmeta.h>

#include "runner.h"

struct _GatedFilter
{
  GstMobilenetFilter parent;

  GMutex lock;
  GCond changed;
  guint entered;                /* decodes begun */
  guint allowed;                /* decodes that may end */
};

G_DEFINE_TYPE (GatedFilter, gated_filter, GST_TYPE_MOBILENET_FILTER);

static gpointer
gated_filter_open (GstMobilenetFilter * filter, MnetModel * model,
    const MnetLabels * labels, const gchar * name, MnetError * error)
{
  return g_strdup (name);
}

static void
gated_filter_close (GstMobilenetFilter * filter, gpointer reader)
{
  g_free (reader);
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
  filter_class->open = gated_filter_open;
  filter_class->close = gated_filter_close;
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
