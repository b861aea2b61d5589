/* SPDX-License-Identifier: MIT
 *
 * One engine in the place of another while frames flow: the property model-file
 * is set, a thread of its own loads what it names, the streaming thread uses it between
 * two frames. */

#include "gstmobilenetfilterprivate.h"
#include "gstmobilenetmessage.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* Frames go to `engine` from now on, or to none; returns who had them before. */
GstMobilenetEngine *
gst_mobilenet_filter_set_engine (GstMobilenetFilter * self,
    GstMobilenetEngine * engine)
{
  GstMobilenetFilterClass *klass = GST_MOBILENET_FILTER_GET_CLASS (self);
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstMobilenetEngine *old;

  if (klass->use)
    klass->use (self, engine ? engine->reader : NULL);
  GST_OBJECT_LOCK (self);
  old = priv->engine;
  priv->engine = engine;
  if (engine && priv->closed)
    gst_mobilenet_scheduler_close (engine->scheduler);
  GST_OBJECT_UNLOCK (self);
  if (engine) {
    gst_mobilenet_pace_init (&priv->pace, engine->n_levels, engine->macs,
        engine->cost, engine->longest);
    gst_mobilenet_filter_promise (self);
    if (engine->network.built_in)
      gst_mobilenet_post_built_in (GST_ELEMENT (self), engine->network.model,
          engine->network.name);
  }
  return old;
}

/* The model of request `serial`, which `asked` names, cannot be had: the properties
 * tell what is in use again, or is about to be.  FALSE: the element has stopped, or another one was
 * asked for since. */
static gboolean
keep_engine (GstMobilenetFilter * self, guint serial,
    const GstMobilenetSettings * asked)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  gboolean current;

  GST_OBJECT_LOCK (self);
  current = priv->started && serial == priv->serial;
  if (current)
    gst_mobilenet_settings_restore (&priv->settings, asked,
        priv->next ? &priv->next->settings : &priv->engine->settings);
  GST_OBJECT_UNLOCK (self);
  return current;
}

/* Posts why the model that was asked for is not used; takes `error`. */
static void
refuse_engine (GstMobilenetFilter * self, guint serial,
    const GstMobilenetSettings * asked, GError * error)
{
  if (!keep_engine (self, serial, asked)) {
    g_error_free (error);
    return;
  }
  gst_mobilenet_stats_count (gst_mobilenet_filter_get_private (self)->stats,
      GST_MOBILENET_COUNT_ERRORS);
  gst_mobilenet_post_warning (GST_ELEMENT (self), error,
      "the element goes on with the model that it has");
}

/* What request `serial` is about.  FALSE: the element has stopped, or another one
 * came since. */
static gboolean
take_orders (GstMobilenetFilter * self, guint serial,
    GstMobilenetSettings * settings, GstMobilenetResults * results)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  gboolean current;

  GST_OBJECT_LOCK (self);
  current = priv->started && serial == priv->serial;
  if (current) {
    gst_mobilenet_settings_copy (settings, &priv->settings);
    *results = priv->results;
  }
  GST_OBJECT_UNLOCK (self);
  return current;
}

static void
load_next (GstElement * element, gpointer user)
{
  GstMobilenetFilter *self = GST_MOBILENET_FILTER (element);
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstMobilenetSettings settings;
  GstMobilenetResults results;
  GstMobilenetEngine *engine;
  guint serial = GPOINTER_TO_UINT (user);
  GError *error = NULL;

  if (!take_orders (self, serial, &settings, &results))
    return;
  engine = gst_mobilenet_engine_new (self, &settings, &results, priv->stats,
      &error);
  if (!engine)
    refuse_engine (self, serial, &settings, error);
  gst_mobilenet_settings_clear (&settings);
  if (!engine)
    return;
  engine->serial = serial;
  GST_OBJECT_LOCK (self);
  if (priv->started && serial == priv->serial) {
    GstMobilenetEngine *unused_one = priv->next;

    priv->next = engine;
    engine = unused_one;
  }
  GST_OBJECT_UNLOCK (self);
  gst_mobilenet_engine_free (engine);
}

/* Any thread: loads the model that was asked for with request `serial` beside the
 * one in use; what a thread of its own loads is used from the next frame on. */
void
gst_mobilenet_filter_load_next (GstMobilenetFilter * self, guint serial)
{
  gst_element_call_async (GST_ELEMENT (self), load_next,
      GUINT_TO_POINTER (serial), NULL);
}

static void
free_engine (GstElement * element, gpointer engine)
{
  gst_mobilenet_engine_free (engine);
}

/* Streaming thread: the engine that was loaded takes the place of the one in use,
 * or is refused.  Who is in the way of the other is freed on another thread: it may
 * be computing. */
void
gst_mobilenet_filter_use_next (GstMobilenetFilter * self)
{
  GstMobilenetFilterPrivate *priv = gst_mobilenet_filter_get_private (self);
  GstMobilenetEngine *next, *unused;
  MnetError error = { MNET_OK, "" };

  GST_OBJECT_LOCK (self);
  unused = next = priv->next;
  priv->next = NULL;
  GST_OBJECT_UNLOCK (self);
  if (!next)
    return;
  if (gst_mobilenet_engine_set_frame (next, &priv->frame, &error)
      && gst_mobilenet_scheduler_set_worker (next->scheduler, priv->worker,
          &error)) {
    GST_INFO_OBJECT (self, "%s takes the place of %s", next->network.file,
        priv->engine->network.file);
    gst_mobilenet_scheduler_take_over (next->scheduler,
        priv->engine->scheduler);
    unused = gst_mobilenet_filter_set_engine (self, next);
    priv->since_analysed = G_MAXUINT;
    priv->restarted = TRUE;
  } else {
    refuse_engine (self, next->serial, &next->settings,
        gst_mobilenet_error_new (next->network.file, &error));
  }
  gst_element_call_async (GST_ELEMENT (self), free_engine, unused, NULL);
}
