/* SPDX-License-Identifier: MIT
 *
 * Keys of a camera that are properties of its elements. */
#include "properties.h"

#include <string.h>

#include "say.h"
#include "source.h"

/* Keys that the program itself reads. */
static const gchar *const own_keys[] = { "uri", "path", "user", "password",
  "password-file", "element", "encoder", "bitrate", "latency", "timeout", NULL
};

static const struct
{
  const gchar *prefix;
  Part part;
} prefixes[] = {
  {"source.", PART_SOURCE},
  {"overlay.", PART_OVERLAY},
  {"", PART_ANALYSER},
};

/* NULL when it cannot be made, which is somebody else's complaint. */
static GstElement *
make_part (const CameraSettings * camera, Part part)
{
  GstElement *element = NULL;

  if (part == PART_OVERLAY)
    element = gst_element_factory_make ("mobilenetoverlay", NULL);
  else if (part == PART_ANALYSER)
    element = gst_element_factory_make (camera->element, NULL);
  else if (camera->uri)
    element = source_make_plain (camera->uri);
  return element ? gst_object_ref_sink (element) : NULL;
}

/* "a number from 0 to 1", for the types that a person writes. */
static gchar *
describe (const GParamSpec * spec)
{
  if (G_IS_PARAM_SPEC_DOUBLE (spec))
    return g_strdup_printf ("a number from %g to %g",
        G_PARAM_SPEC_DOUBLE (spec)->minimum,
        G_PARAM_SPEC_DOUBLE (spec)->maximum);
  if (G_IS_PARAM_SPEC_UINT (spec))
    return g_strdup_printf ("a whole number from %u to %u",
        G_PARAM_SPEC_UINT (spec)->minimum, G_PARAM_SPEC_UINT (spec)->maximum);
  if (G_IS_PARAM_SPEC_INT (spec))
    return g_strdup_printf ("a whole number from %d to %d",
        G_PARAM_SPEC_INT (spec)->minimum, G_PARAM_SPEC_INT (spec)->maximum);
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return g_strdup ("true or false");
  if (G_IS_PARAM_SPEC_ENUM (spec)) {
    GString *names = g_string_new ("one of");
    guint i;

    for (i = 0; i < G_PARAM_SPEC_ENUM (spec)->enum_class->n_values; i++)
      g_string_append_printf (names, " %s",
          G_PARAM_SPEC_ENUM (spec)->enum_class->values[i].value_nick);
    return g_string_free (names, FALSE);
  }
  return g_strdup_printf ("a value of type %s",
      g_type_name (G_PARAM_SPEC_VALUE_TYPE (spec)));
}

/* Numbers out of their range are refused here; set as properties they would
 * be cut to it in silence. */
static gboolean
is_good_value (GParamSpec * spec, const gchar * text)
{
  GValue value = G_VALUE_INIT;
  gboolean good;

  if (G_PARAM_SPEC_VALUE_TYPE (spec) == G_TYPE_STRING)
    return TRUE;
  g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (spec));
  good = gst_value_deserialize_with_pspec (&value, text, spec)
      && !g_param_value_validate (spec, &value);
  g_value_unset (&value);
  return good;
}

static gboolean
is_good (const CameraSettings * camera, Part part, const gchar * name,
    const DraftEntry * entry)
{
  GstElement *element = make_part (camera, part);
  GParamSpec *spec;
  gboolean good = FALSE;
  gchar *expected;

  if (!element)
    return TRUE;
  spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  if (!spec || !(spec->flags & G_PARAM_WRITABLE)
      || spec->owner_type == GST_TYPE_OBJECT) {
    complain ("%s: there is no such key, and %s has no property \"%s\" that "
        "could be set", entry->origin,
        GST_OBJECT_NAME (gst_element_get_factory (element)), name);
  } else if (!is_good_value (spec, entry->value)) {
    expected = describe (spec);
    complain ("%s: \"%s\" is not %s", entry->origin, entry->value, expected);
    g_free (expected);
  } else {
    good = TRUE;
  }
  gst_object_unref (element);
  return good;
}

static void
add (CameraSettings * camera, Part part, const gchar * name,
    const gchar * value)
{
  Property *property = g_new0 (Property, 1);

  property->part = part;
  property->name = g_strdup (name);
  property->value = g_strdup (value);
  g_ptr_array_add (camera->properties, property);
}

static guint
read_group (CameraSettings * camera, const DraftGroup * group)
{
  guint i, k, faults = 0;

  for (i = 0; group && i < group->entries->len; i++) {
    DraftEntry *entry = g_ptr_array_index (group->entries, i);
    const gchar *name;

    if (g_strv_contains (own_keys, entry->key))
      continue;
    for (k = 0; !g_str_has_prefix (entry->key, prefixes[k].prefix);)
      k++;
    name = entry->key + strlen (prefixes[k].prefix);
    if (!entry->is_bad && is_good (camera, prefixes[k].part, name, entry)) {
      add (camera, prefixes[k].part, name, entry->value);
    } else {
      entry->is_bad = TRUE;
      faults++;
    }
  }
  return faults;
}

guint
properties_read (CameraSettings * camera, const DraftGroup * defaults,
    const DraftGroup * group)
{
  return read_group (camera, defaults) + read_group (camera, group);
}

/* A string is taken as it is: gst_util_set_object_arg() would unquote it. */
static void
set_property (GObject * object, const gchar * name, const gchar * value)
{
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);

  if (spec && G_PARAM_SPEC_VALUE_TYPE (spec) == G_TYPE_STRING)
    g_object_set (object, name, value, NULL);
  else if (spec)
    gst_util_set_object_arg (object, name, value);
}

void
properties_set (const CameraSettings * camera, Part part, GstElement * element)
{
  guint i;

  for (i = 0; i < camera->properties->len; i++) {
    const Property *property = g_ptr_array_index (camera->properties, i);

    if (property->part == part)
      set_property (G_OBJECT (element), property->name, property->value);
  }
}
