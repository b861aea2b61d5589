/* SPDX-License-Identifier: MIT
 *
 * Umbrella of the meta library: what the MobileNet elements attach to video
 * frames. */
#ifndef __GST_MOBILENET_META_H__
#define __GST_MOBILENET_META_H__

#include <gst/mobilenet/gstmobilenetmeta-prelude.h>
#include <gst/mobilenet/gstmobilenetclassification.h>
#include <gst/mobilenet/gstmobilenetclassificationmeta.h>
#include <gst/mobilenet/gstmobilenetdetection.h>
#include <gst/mobilenet/gstmobilenetdetectionmeta.h>
#include <gst/mobilenet/gstmobilenetsegmentation.h>
#include <gst/mobilenet/gstmobilenetsegmentationmeta.h>

#endif /* __GST_MOBILENET_META_H__ */
