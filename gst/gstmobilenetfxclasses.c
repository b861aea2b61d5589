/* SPDX-License-Identifier: MIT
 *
 * Which classes of a segmentation are the foreground: the property classes of
 * mobilenetfx.  Labels come with each segmentation, of the classes that are in
 * it. */

#include "gstmobilenetclasslist.h"
#include "gstmobilenetfxclasses.h"

gboolean
gst_mobilenet_fx_classes_find (gchar ** classes, gboolean invert,
    const GstMobilenetSegmentation * segmentation, gboolean foreground[256])
{
  gint background = gst_mobilenet_segmentation_get_background (segmentation);
  gboolean chosen = classes && classes[0];
  gboolean known = chosen || background >= 0;
  const gchar *label;
  guint i, index;

  for (i = 0; i < 256; i++)
    foreground[i] = known && invert;
  for (i = 0; gst_mobilenet_segmentation_get_result (segmentation, i, &index,
          &label, NULL, NULL); i++) {
    gboolean named = chosen ?
        gst_mobilenet_class_list_has (classes, index, label) :
        (gint) index != background;

    foreground[index] = known && named != invert;
  }
  return known;
}
