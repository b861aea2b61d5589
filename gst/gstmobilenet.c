/* SPDX-License-Identifier: MIT
 *
 * Entry point of the plugin. */

#include <gst/gst.h>

#include "gstmobilenetclassify.h"
#include "gstmobilenetfx.h"
#include "gstmobilenetoverlay.h"
#include "gstmobilenetseg.h"
#include "gstmobilenetssd.h"

static gboolean
plugin_init (GstPlugin * plugin)
{
#ifdef HAVE_PANGO
  if (!GST_ELEMENT_REGISTER (mobilenetoverlay, plugin))
    return FALSE;
#endif
  return GST_ELEMENT_REGISTER (mobilenetclassify, plugin)
      && GST_ELEMENT_REGISTER (mobilenetfx, plugin)
      && GST_ELEMENT_REGISTER (mobilenetseg, plugin)
      && GST_ELEMENT_REGISTER (mobilenetssd, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, mobilenet,
    "MobileNet inference on video frames", plugin_init, PACKAGE_VERSION,
    "MIT/X11", PACKAGE, "Unknown package origin")
