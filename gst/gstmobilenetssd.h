/* SPDX-License-Identifier: MIT
 *
 * The element mobilenetssd. */
#ifndef __GST_MOBILENET_SSD_H__
#define __GST_MOBILENET_SSD_H__

#include "gstmobilenetfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET_SSD (gst_mobilenet_ssd_get_type ())
G_DECLARE_FINAL_TYPE (GstMobilenetSsd, gst_mobilenet_ssd,
    GST, MOBILENET_SSD, GstMobilenetFilter)

GST_ELEMENT_REGISTER_DECLARE (mobilenetssd);

G_END_DECLS

#endif /* __GST_MOBILENET_SSD_H__ */
