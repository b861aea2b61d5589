/* SPDX-License-Identifier: MIT
 *
 * The export macro of the meta library. */
#ifndef __GST_MOBILENET_META_PRELUDE_H__
#define __GST_MOBILENET_META_PRELUDE_H__

#include <gst/gst.h>

#ifndef GST_MOBILENET_META_API
# ifdef BUILDING_GST_MOBILENET_META
#  define GST_MOBILENET_META_API GST_API_EXPORT
# else
#  define GST_MOBILENET_META_API GST_API_IMPORT
# endif
#endif

#endif /* __GST_MOBILENET_META_PRELUDE_H__ */
