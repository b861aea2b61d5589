/* SPDX-License-Identifier: MIT
 *
 * Post-training quantisation: a float network becomes an int8 .tflite file, weights
 * per channel, activations per tensor with ranges from calibration pictures. */
#ifndef MNET_TRAIN_QUANTIZE_H
#define MNET_TRAIN_QUANTIZE_H

#include "train/net.h"

/* Fills the network's input, normalised, with picture `index`; false and `error` when
 * it cannot. */
typedef bool (*MnetQuantizePicture)(void *user, size_t index, float *input, MnetError *error);

typedef struct {
    MnetQuantizePicture picture;
    void *user;
    size_t n_pictures; /* 1 or more */
    /* Of an activation's values, the share that its range leaves out at each end; 0: the
     * range is from the smallest to the largest one. */
    double outside;
    /* Scales channels between two layers so that both have weights of like ranges, where
     * the results stay what they are (Nagel et al., arXiv 1906.04721). */
    bool equalize;
    /* Corrects biases by what quantisation shifts the means of channels. */
    bool correct_bias;
    bool int8_io; /* input and output are int8, else uint8 */
} MnetQuantizeOptions;

/* The bytes of the file, freed by mnet_free().  Its input takes bytes of pictures as
 * they are (less 128 with int8_io), its output are probabilities by SOFTMAX.  A network
 * of features, or whose scores are of LOGISTIC, is refused. */
MnetStatus mnet_net_quantize(const MnetNet *net, const MnetQuantizeOptions *options, uint8_t **data,
                             size_t *size, MnetError *error);

#endif
