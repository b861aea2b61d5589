/* SPDX-License-Identifier: MIT
 *
 * What a file says of a network's input and classes. */
#ifndef MNET_TRAIN_READ_FACTS_H
#define MNET_TRAIN_READ_FACTS_H

#include <mnet/decode.h>

#include "format/metadata.h"
#include "graph/graph.h"
#include "train/net.h"

/* After net->file_factor and file_summand are known.  A float file that says nothing
 * reads -1 to 1 or, where it brings that into another range itself, 0 to 255 by a small
 * factor and 0 to 1 by a larger one. */
MnetStatus mnet_read_normalization(MnetNet *net, const MnetNormalization *told,
                                   const MnetTensor *input, MnetError *error);

/* *labels are those of a file, NULL where it has none that can be read, and *names points
 * to each of them; both are to be freed by the caller (mnet_labels_unref(), mnet_free()),
 * also on an error, which only a lack of memory is.  Only `error` may be NULL. */
MnetStatus mnet_read_labels(const MnetLabelText *text, MnetLabels **labels, const char ***names,
                            MnetError *error);

/* Names that do not fit the classes are left out. */
MnetStatus mnet_read_classes(MnetNet *net, const MnetLabelText *text, MnetError *error);

#endif
