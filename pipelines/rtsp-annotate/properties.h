/* SPDX-License-Identifier: MIT
 *
 * Keys of a camera that are properties of its elements. */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include "settings.h"

/* Takes them into camera->properties: NAME is one of the element that analyses,
 * overlay.NAME of mobilenetoverlay, source.NAME of the source.  Returns how many
 * are bad, each complained of.  Either group may be NULL. */
guint properties_read (CameraSettings * camera, const DraftGroup * defaults,
    const DraftGroup * group);

void properties_set (const CameraSettings * camera, Part part,
    GstElement * element);

#endif
