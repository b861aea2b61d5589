/* SPDX-License-Identifier: MIT
 *
 * Which classes of a detector count, and from which score on: the properties
 * classes and class-thresholds. */

#include <stdlib.h>
#include <string.h>

#include "gstmobilenetclasses.h"

/* Longest name that is compared by edits, in bytes. */
#define MAX_NAME 63
#define N_NEAR 3

/* Edits that make `a` of `b`: letters put in, left out or replaced; case is
 * ignored. */
static guint
edit_distance (const gchar * a, const gchar * b)
{
  gsize m = strlen (a), n = strlen (b), i, j;
  guint row[MAX_NAME + 1];

  if (m > MAX_NAME || n > MAX_NAME)
    return G_MAXUINT;
  for (j = 0; j <= n; j++)
    row[j] = j;
  for (i = 1; i <= m; i++) {
    guint diagonal = row[0];

    row[0] = i;
    for (j = 1; j <= n; j++) {
      guint replaced = diagonal + (g_ascii_tolower (a[i - 1]) !=
          g_ascii_tolower (b[j - 1]));

      diagonal = row[j];
      row[j] = MIN (replaced, MIN (row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

/* The labels that `name` may have been meant to be, quoted and separated by
 * commas; "" when none is near. */
static gchar *
near_labels (const MnetDetector * detector, gsize n_classes, const gchar * name)
{
  guint limit = 1 + strlen (name) / 3, distance, found = 0;
  GString *text = g_string_new (NULL);
  gsize i;

  for (distance = 0; distance <= limit; distance++) {
    for (i = 0; i < n_classes && found < N_NEAR; i++) {
      const gchar *label = mnet_detector_label (detector, i);

      if (!*label || edit_distance (name, label) != distance)
        continue;
      g_string_append_printf (text, "%s\"%s\"", found++ ? ", " : "", label);
    }
  }
  return g_string_free (text, FALSE);
}

static void
fill_unknown (const MnetDetector * detector, gsize n_classes,
    const gchar * property, const gchar * name, MnetError * error)
{
  gchar *near = near_labels (detector, n_classes, name);
  gsize i;

  error->status = MNET_ERROR_ARGUMENT;
  for (i = 0; i < n_classes && !*mnet_detector_label (detector, i); i++);
  if (i == n_classes)
    g_snprintf (error->text, sizeof (error->text), "property %s: \"%.64s\" is "
        "no class; the classes have no names, give numbers of 0 to %"
        G_GSIZE_FORMAT " or set the property labels-file", property, name,
        n_classes - 1);
  else if (*near)
    g_snprintf (error->text, sizeof (error->text), "property %s: \"%.64s\" is "
        "no class; near ones are %.250s", property, name, near);
  else
    g_snprintf (error->text, sizeof (error->text), "property %s: \"%.64s\" is "
        "no class; expected a label like \"%.64s\" or a number of 0 to %"
        G_GSIZE_FORMAT, property, name, mnet_detector_label (detector, i),
        n_classes - 1);
  g_free (near);
}

/* Reads a whole number below `limit`. */
static gboolean
parse_index (const gchar * text, gsize limit, gsize * index)
{
  gchar *end;
  guint64 value;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  value = g_ascii_strtoull (text, &end, 10);
  if (*end || value >= limit)
    return FALSE;
  *index = value;
  return TRUE;
}

/* Is class `i` called `name`, or has that number? */
static gboolean
has_name (const MnetDetector * detector, gsize i, const gchar * name,
    gsize n_classes)
{
  gsize index;

  if (g_ascii_strcasecmp (mnet_detector_label (detector, i), name) == 0)
    return TRUE;
  return parse_index (name, n_classes, &index) && index == i;
}

/* Writes `threshold` to all classes of that name; FALSE when there is none. */
static gboolean
set_class (GstMobilenetClasses * self, const MnetDetector * detector,
    gsize n_classes, const gchar * name, const gdouble * threshold)
{
  gboolean found = FALSE;
  gsize i;

  for (i = 0; i < n_classes && *name; i++) {
    if (!has_name (detector, i, name, n_classes))
      continue;
    if (threshold)
      self->thresholds[i] = *threshold;
    else
      self->wanted[i] = true;
    found = TRUE;
  }
  return found;
}

/* Cuts "name=number" at its last '='. */
static gboolean
split_threshold (gchar * item, gdouble * threshold)
{
  gchar *equals = strrchr (item, '='), *end;

  if (!equals)
    return FALSE;
  *equals = '\0';
  g_strstrip (item);
  *threshold = g_ascii_strtod (g_strstrip (equals + 1), &end);
  return end != equals + 1 && !*end && *threshold >= 0 && *threshold <= 1;
}

static gboolean
read_item (GstMobilenetClasses * self, const MnetDetector * detector,
    gsize n_classes, const gchar * property, gboolean thresholds,
    gchar * item, MnetError * error)
{
  gchar *whole = g_strdup (g_strstrip (item));
  gboolean valid = TRUE;
  gdouble threshold;

  if (thresholds && !split_threshold (item, &threshold)) {
    error->status = MNET_ERROR_ARGUMENT;
    g_snprintf (error->text, sizeof (error->text), "property %s: \"%.64s\" is "
        "not a class and its least score, 0 to 1, e.g. %s=\"person=0.6,dog=0.3\"",
        property, whole, property);
    valid = FALSE;
  } else if (!set_class (self, detector, n_classes, item,
          thresholds ? &threshold : NULL)) {
    fill_unknown (detector, n_classes, property, item, error);
    valid = FALSE;
  }
  g_free (whole);
  return valid;
}

static gboolean
read_list (GstMobilenetClasses * self, const MnetDetector * detector,
    gsize n_classes, const gchar * property, gboolean thresholds,
    const gchar * text, MnetError * error)
{
  gchar **items = g_strsplit (text, ",", -1);
  gboolean valid = TRUE;
  guint i;

  for (i = 0; valid && items[i]; i++)
    valid = read_item (self, detector, n_classes, property, thresholds,
        items[i], error);
  g_strfreev (items);
  return valid;
}

/* `classes`: names or numbers separated by commas, NULL for all;
 * `class_thresholds`: "name=score,...", NULL for `score_threshold` everywhere.
 * NULL and `error` filled when a name is none or a number is out of range. */
GstMobilenetClasses *
gst_mobilenet_classes_new (const MnetDetector * detector,
    const gchar * classes, const gchar * class_thresholds,
    gdouble score_threshold, MnetError * error)
{
  GstMobilenetClasses *self = g_new (GstMobilenetClasses, 1);
  MnetDetectorInfo info;
  gsize i;

  mnet_detector_info (detector, &info);
  self->ref_count = 1;
  self->thresholds = g_new (gfloat, info.n_classes);
  self->wanted = g_new (bool, info.n_classes);
  for (i = 0; i < info.n_classes; i++) {
    self->thresholds[i] = score_threshold;
    self->wanted[i] = classes == NULL;
  }
  if ((classes && !read_list (self, detector, info.n_classes, "classes", FALSE,
              classes, error))
      || (class_thresholds && !read_list (self, detector, info.n_classes,
              "class-thresholds", TRUE, class_thresholds, error))) {
    gst_mobilenet_classes_unref (self);
    return NULL;
  }
  return self;
}

GstMobilenetClasses *
gst_mobilenet_classes_ref (GstMobilenetClasses * self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
gst_mobilenet_classes_unref (GstMobilenetClasses * self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_free (self->thresholds);
  g_free (self->wanted);
  g_free (self);
}
