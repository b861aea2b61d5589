/* SPDX-License-Identifier: MIT
 *
 * Models and worker threads that the elements of a process share: elements
 * with the same file hold one MnetModel, elements with threads hold one
 * MnetPool.  What nobody holds any more is freed. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "gstmobilenetmodel.h"

GST_DEBUG_CATEGORY_EXTERN (gst_mobilenet_filter_debug);
#define GST_CAT_DEFAULT gst_mobilenet_filter_debug

/* What a model is made of: the file at a path, or bytes in memory. */
typedef struct
{
  const gchar *name;            /* the path, or what the log calls the bytes */
  gconstpointer data;           /* NULL: of a file */
  gsize size;
} Source;

/* Of one file, or of several with the same bytes: one that was rewritten is another
 * model, and times of change do not tell all that were. */
typedef struct
{
  gconstpointer data;           /* in memory; NULL: of a file */
  gchar *cpu;                   /* NULL: the best kernels */
  MnetPrecision precision;      /* that was asked for */
  MnetModel *model;
  guint users;
} SharedModel;

/* Held while a file is read and a model loads, so that a second element waits for
 * the first one instead of loading the file again.  Neither the frame path nor an
 * element that stops takes it. */
static GMutex load_lock;

/* Held for moments, also with the lock above. */
static GMutex shared_lock;
static GList *shared_models;    /* of SharedModel */
static MnetPool *shared_pool;
static guint shared_pool_users;

static void
log_core (void *user, MnetLogLevel level, const char *text)
{
  switch (level) {
    case MNET_LOG_WARNING:
      GST_WARNING ("%s: %s", (const gchar *) user, text);
      break;
    case MNET_LOG_INFO:
      GST_INFO ("%s: %s", (const gchar *) user, text);
      break;
    default:
      GST_DEBUG ("%s: %s", (const gchar *) user, text);
      break;
  }
}

/* Anything but a regular file (a pipe, a device) could block for ever. */
static gboolean
check_file (const gchar * path, MnetError * error)
{
  struct stat st;

  error->status = MNET_ERROR_IO;
  if (stat (path, &st) != 0) {
    g_snprintf (error->text, sizeof (error->text), "cannot open it: %s",
        g_strerror (errno));
    return FALSE;
  }
  if (!S_ISREG (st.st_mode)) {
    g_snprintf (error->text, sizeof (error->text),
        "it is a %s, expected a .tflite file",
        S_ISDIR (st.st_mode) ? "folder" : "device or pipe");
    return FALSE;
  }
  return TRUE;
}

/* The models for `cpu` and `precision` that files, or the bytes at `data`, were made
 * into, each with one user more. */
static GList *
hold_models (gconstpointer data, const gchar * cpu, MnetPrecision precision)
{
  GList *held = NULL, *l;

  g_mutex_lock (&shared_lock);
  for (l = shared_models; l; l = l->next) {
    SharedModel *shared = l->data;

    if (shared->data != data || g_strcmp0 (shared->cpu, cpu) != 0
        || shared->precision != precision)
      continue;
    shared->users++;
    held = g_list_prepend (held, shared->model);
  }
  g_mutex_unlock (&shared_lock);
  return held;
}

/* One of them that was made of `source`, for the caller to give back. */
static MnetModel *
find_model (const Source * source, const gchar * cpu, MnetPrecision precision)
{
  GList *held = hold_models (source->data, cpu, precision), *l;
  MnetModel *found = NULL;

  for (l = held; l; l = l->next) {
    if (!found && (source->data || mnet_model_is_of (l->data, source->name)))
      found = l->data;
    else
      gst_mobilenet_model_release (l->data);
  }
  g_list_free (held);
  return found;
}

static MnetModel *
load_model (const Source * source, const gchar * cpu, MnetPrecision precision,
    MnetError * error)
{
  MnetModelOptions options = { 0, };
  SharedModel *shared;
  MnetModel *model;

  options.cpu = cpu;
  options.precision = precision;
  options.log = log_core;
  options.log_user = (gpointer) source->name;
  if (source->data)
    model = mnet_model_load_memory (source->data, source->size, &options,
        error);
  else
    model = mnet_model_load (source->name, &options, error);
  if (!model)
    return NULL;
  shared = g_new (SharedModel, 1);
  shared->data = source->data;
  shared->cpu = g_strdup (cpu);
  shared->precision = precision;
  shared->model = model;
  shared->users = 1;
  g_mutex_lock (&shared_lock);
  shared_models = g_list_prepend (shared_models, shared);
  g_mutex_unlock (&shared_lock);
  return model;
}

static MnetModel *
acquire (const Source * source, const gchar * cpu, MnetPrecision precision,
    MnetError * error)
{
  MnetModel *model;

  if (cpu && (!*cpu || strcmp (cpu, "auto") == 0))
    cpu = NULL;
  g_mutex_lock (&load_lock);
  model = find_model (source, cpu, precision);
  if (model)
    GST_INFO ("%s is loaded already and is shared", source->name);
  else
    model = load_model (source, cpu, precision, error);
  g_mutex_unlock (&load_lock);
  return model;
}

/* The model in file `path` for the kernel set `cpu` (NULL or "auto": the best
 * one) and a precision, to be given back with gst_mobilenet_model_release().  NULL and `error`
 * filled when it cannot be loaded. */
MnetModel *
gst_mobilenet_model_acquire (const gchar * path, const gchar * cpu,
    MnetPrecision precision, MnetError * error)
{
  const Source source = { path, NULL, 0 };

  if (!check_file (path, error))
    return NULL;
  return acquire (&source, cpu, precision, error);
}

/* The same of a file's bytes in memory, which must live as long as the process;
 * `name` is for the log. */
MnetModel *
gst_mobilenet_model_acquire_memory (const gchar * name, gconstpointer data,
    gsize size, const gchar * cpu, MnetPrecision precision, MnetError * error)
{
  const Source source = { name, data, size };

  return acquire (&source, cpu, precision, error);
}

/* Takes the model out of the list when its last user has gone. */
static SharedModel *
drop_user (const MnetModel * model)
{
  SharedModel *shared = NULL;
  GList *l = shared_models;

  while (l && ((SharedModel *) l->data)->model != model)
    l = l->next;
  if (l && --((SharedModel *) l->data)->users == 0) {
    shared = l->data;
    shared_models = g_list_delete_link (shared_models, l);
  }
  return shared;
}

void
gst_mobilenet_model_release (MnetModel * model)
{
  SharedModel *unused;

  g_mutex_lock (&shared_lock);
  unused = drop_user (model);
  g_mutex_unlock (&shared_lock);
  if (!unused)
    return;
  mnet_model_unref (unused->model);
  g_free (unused->cpu);
  g_free (unused);
}

/* The process's pool, made with `threads` threads (0: as many as the process
 * may use) when nobody holds it yet, to be given back with
 * gst_mobilenet_pool_release().  NULL and `error` filled when threads cannot be
 * made. */
MnetPool *
gst_mobilenet_pool_acquire (guint threads, MnetError * error)
{
  MnetPool *pool;

  g_mutex_lock (&shared_lock);
  if (!shared_pool)
    shared_pool = mnet_pool_new (threads, error);
  else if (threads && threads != mnet_pool_threads (shared_pool))
    GST_WARNING ("%u threads were asked for, but the elements of a process "
        "share one pool and another element made it with %u", threads,
        mnet_pool_threads (shared_pool));
  pool = shared_pool;
  if (pool)
    shared_pool_users++;
  g_mutex_unlock (&shared_lock);
  return pool;
}

void
gst_mobilenet_pool_release (MnetPool * pool)
{
  if (!pool)
    return;
  g_mutex_lock (&shared_lock);
  if (--shared_pool_users == 0) {
    mnet_pool_unref (shared_pool);
    shared_pool = NULL;
  }
  g_mutex_unlock (&shared_lock);
}
