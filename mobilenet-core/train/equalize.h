/* SPDX-License-Identifier: MIT
 *
 * Cross-layer equalisation (Nagel et al., arXiv 1906.04721). */
#ifndef MNET_TRAIN_EQUALIZE_H
#define MNET_TRAIN_EQUALIZE_H

#include "train/net.h"

/* Divides channel c of a layer by s and multiplies the weights that read it by s,
 * s = sqrt(range of what makes it / range of what reads it), for pairs of layers that
 * nothing else reads, with ReLU or nothing in between.  RELU6 stays where it is: its
 * channels are scaled only where they are below 6 before and after, by `most`, the
 * largest value of each layer's channels in calibration, which is updated.  `net` has
 * no batch normalisation.  Returns how many channels were scaled. */
size_t mnet_net_equalize(MnetNet *net, float *const *most);

#endif
