/* SPDX-License-Identifier: MIT
 *
 * Element types and what is known of a network's inputs and outputs. */
#ifndef MNET_TENSOR_H
#define MNET_TENSOR_H

#include <mnet/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Dimensions that a tensor may have at most. */
#define MNET_MAX_RANK 6

typedef enum {
    MNET_TYPE_FLOAT32,
    MNET_TYPE_FLOAT16,
    MNET_TYPE_INT8,
    MNET_TYPE_UINT8,
    MNET_TYPE_INT16,
    MNET_TYPE_INT32,
    MNET_TYPE_INT64,
    MNET_TYPE_BOOL
} MnetType;

/* What an output holds, told by the operator that makes it (seen through
 * RESHAPE, SQUEEZE, TRANSPOSE, QUANTIZE, DEQUANTIZE, operators that resize and the MEAN
 * over a batch).  One channel cut out of those of SOFTMAX is LOGISTIC. */
typedef enum {
    MNET_OUTPUT_OTHER,    /* none of the following, and every input */
    MNET_OUTPUT_SOFTMAX,  /* probabilities that sum to one */
    MNET_OUTPUT_LOGISTIC, /* independent probabilities */
    MNET_OUTPUT_LOGITS,   /* scores of a CONV_2D, TRANSPOSE_CONV or FULLY_CONNECTED layer */
    /* A pooled or normalised feature vector, or sums and products of several tensors. */
    MNET_OUTPUT_FEATURES,
    MNET_OUTPUT_CLASSES, /* numbers of classes, by ARG_MAX */
    MNET_OUTPUT_TANH     /* -1 to 1 */
} MnetOutputKind;

/* Row-major (last dimension fastest), little endian.  Pictures are
 * 1 x height x width x channels unless `channels_first`. */
typedef struct {
    const char *name; /* from the file, UTF-8, "" when it has none; lives as long as the model */
    MnetType type;
    int rank;                    /* 0 (a scalar) to MNET_MAX_RANK */
    int32_t dims[MNET_MAX_RANK]; /* each at least 1; [0] to [rank - 1] are used */
    size_t elements;             /* product of dims */
    size_t bytes;                /* elements times the size of one */
    /* real = (stored - zero_point) * scale; scale 0 when not quantised. */
    float scale;
    int32_t zero_point;
    MnetOutputKind kind;
    /* An image-shaped input is laid out 1 x channels x height x width. */
    bool channels_first;
} MnetTensorInfo;

/* What a file says of the bytes of a picture:
 * real = (byte - mean[c]) / std[c] for bytes 0..255 of channel c.
 * `n` is 1 (all channels alike) or the number of channels, at most 4. */
typedef struct {
    size_t n;
    float mean[4];
    float std[4];
} MnetNormalization;

/* "float32", "uint8" ...  Static; "?" for a number that is no type. */
MNET_API const char *mnet_type_name(MnetType type);
/* Bytes of one element; 0 for a number that is no type. */
MNET_API size_t mnet_type_size(MnetType type);

/* Element `index` of a tensor as a real number: dequantised where the tensor
 * has a scale, else converted.  `index` must be below info->elements. */
MNET_API float mnet_tensor_value(const MnetTensorInfo *info, const void *data, size_t index);

#ifdef __cplusplus
}
#endif
#endif
