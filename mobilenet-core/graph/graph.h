/* SPDX-License-Identifier: MIT
 *
 * A network as tensors and nodes in the order in which they run.  Made by
 * format/, checked here, rewritten by fold.c, given memory by plan.c. */
#ifndef MNET_GRAPH_GRAPH_H
#define MNET_GRAPH_GRAPH_H

#include <mnet/tensor.h>

#include "base/memory.h"

/* Limits on what a file may hold. */
#define MNET_MAX_TENSORS 16384
#define MNET_MAX_NODES 4096
#define MNET_MAX_NODE_IO 1024
#define MNET_MAX_GRAPH_IO 64
#define MNET_MAX_DIM (1 << 24)
#define MNET_MAX_TENSOR_BYTES ((size_t)1 << 31)
/* Multiply-adds, additions and moved elements of one run: a thousand times those of
 * the largest MobileNet. */
#define MNET_MAX_MACS ((uint64_t)1 << 40)

/* Operators, named as TFLite names them; the last ones are the project's own. */
typedef enum {
    MNET_OP_ADD,
    MNET_OP_ARG_MAX,
    MNET_OP_AVERAGE_POOL_2D,
    MNET_OP_BATCH_TO_SPACE_ND,
    MNET_OP_CONCATENATION,
    MNET_OP_CONV_2D,
    MNET_OP_DENSIFY,
    MNET_OP_DEPTHWISE_CONV_2D,
    MNET_OP_DEPTH_TO_SPACE,
    MNET_OP_DEQUANTIZE,
    MNET_OP_EXP,
    MNET_OP_FULLY_CONNECTED,
    MNET_OP_HARD_SWISH,
    MNET_OP_LOGISTIC,
    MNET_OP_MAX_POOL_2D,
    MNET_OP_MEAN,
    MNET_OP_MIRROR_PAD,
    MNET_OP_MUL,
    MNET_OP_PACK,
    MNET_OP_PAD,
    MNET_OP_PRELU,
    MNET_OP_QUANTIZE,
    MNET_OP_RELU,
    MNET_OP_RELU6,
    MNET_OP_RELU_N1_TO_1,
    MNET_OP_RESHAPE,
    MNET_OP_RESIZE_BILINEAR,
    MNET_OP_RESIZE_NEAREST_NEIGHBOR,
    MNET_OP_RSQRT,
    MNET_OP_SLICE,
    MNET_OP_SOFTMAX,
    MNET_OP_SPACE_TO_BATCH_ND,
    MNET_OP_SPACE_TO_DEPTH,
    MNET_OP_SPLIT,
    MNET_OP_SPLIT_V,
    MNET_OP_SQUARE,
    MNET_OP_SQUARED_DIFFERENCE,
    MNET_OP_SQUEEZE,
    MNET_OP_STRIDED_SLICE,
    MNET_OP_SUB,
    MNET_OP_TANH,
    MNET_OP_TRANSPOSE,
    MNET_OP_TRANSPOSE_CONV,
    MNET_OP_UNPACK,
    MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS, /* Convolution2DTransposeBias, a custom operator */
    MNET_OP_DETECTION_POST_PROCESS,        /* TFLite_Detection_PostProcess, a custom operator */
    MNET_OP_CAST,                          /* float32 to float16 and back */
    MNET_OP_FLIP,                          /* uint8 to int8 and back: adds 128 modulo 256 */
    MNET_OP_RESIZE_ARG_MAX,                /* RESIZE_BILINEAR, of whose channels ARG_MAX is left */
    MNET_OP_ROUND_DYNAMIC,                 /* float to the nearest of 256 steps of its own range */
    MNET_OP_COUNT
} MnetOp;

/* TFLite's name of an operator, e.g. "CONV_2D".  Static. */
const char *mnet_op_name(MnetOp op);

typedef enum {
    MNET_ACTIVATION_NONE,
    MNET_ACTIVATION_RELU,
    MNET_ACTIVATION_RELU_N1_TO_1,
    MNET_ACTIVATION_RELU6
} MnetActivation;

typedef enum {
    MNET_PADDING_SAME,
    MNET_PADDING_VALID,
    MNET_PADDING_EXPLICIT /* pad_* of the options hold */
} MnetPadding;

/* real = (stored - zero_point) * scale.  n = 0: not quantised; 1: the whole
 * tensor; more: one for each index of dimension `axis`. */
typedef struct {
    int32_t n;
    int32_t axis;
    const float *scale;
    const int32_t *zero_point;
} MnetQuant;

typedef struct {
    const char *name; /* never NULL */
    MnetType type;
    bool shape_known; /* false: the file leaves it to the operator; rank is 0 then */
    int32_t rank;
    int32_t dims[MNET_MAX_RANK];
    MnetQuant quant;
    const void *data;  /* a constant's bytes (any alignment, little endian), else NULL */
    size_t data_bytes; /* checked to be elements * size of the type */
    bool was_uint8;    /* int8 by folding; uint8 in the file */
    bool was_float32;  /* float16, see halve.h; float32 in the file */
    bool in_store;     /* a constant where kernels may read behind it */
} MnetTensor;

/* CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, MAX_POOL_2D.  TRANSPOSE_CONV and
 * Convolution2DTransposeBias: strides and padding of the convolution that they undo. */
typedef struct {
    MnetPadding padding;
    int32_t stride_h, stride_w;     /* 1 and more */
    int32_t dilation_h, dilation_w; /* 1 and more; 1 for pools */
    int32_t filter_h, filter_w;     /* pools only: the window */
    bool covers_map;                /* pools only: the window is the whole input, of any size */
    int32_t multiplier;             /* DEPTHWISE_CONV_2D only */
    /* Transposed convolutions: rows and columns that are left out of the result. */
    int32_t pad_top, pad_left, pad_bottom, pad_right;
} MnetWindow;

/* TFLite_Detection_PostProcess. */
typedef struct {
    int32_t max_detections, max_classes; /* boxes in the result, classes of each */
    int32_t per_class;                   /* most boxes of a class; regular only */
    int32_t n_classes;                   /* without background */
    bool regular;                        /* classes are suppressed one by one */
    float score_threshold, iou_threshold;
    float scale_y, scale_x, scale_height, scale_width;
} MnetPostProcess;

typedef struct {
    MnetOp op;
    MnetActivation activation; /* fused into the operator */
    uint32_t file_index;       /* its number in the file */
    int32_t n_inputs, n_outputs;
    /* Tensor numbers; -1: an optional one that is not given.  Input 0 is what is
     * computed on: SPLIT's axis, first in the file, is input 1, and TRANSPOSE_CONV has
     * the picture, the weights, the shape of its output, the bias. */
    int32_t *inputs;
    int32_t *outputs; /* tensor numbers */
    union {
        MnetWindow window;
        float beta;     /* SOFTMAX */
        int32_t axis;   /* CONCATENATION, PACK, UNPACK; may be negative: counted from the end */
        bool keep_dims; /* MEAN */
        bool symmetric; /* MIRROR_PAD: the edge is repeated */
        struct {
            bool keep_dims;  /* keep_num_dims */
            bool asymmetric; /* asymmetric_quantize_inputs */
        } fully_connected;
        struct {
            bool symmetric; /* steps on both sides of 0 */
            int32_t row;    /* numbers that share a range; 0: each index of dimension 0 has one */
        } round;            /* ROUND_DYNAMIC */
        int32_t block_size; /* DEPTH_TO_SPACE, SPACE_TO_DEPTH */
        struct {
            bool align_corners, half_pixel_centers;
        } resize; /* RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR, RESIZE_ARG_MAX */
        struct {
            /* Bit i belongs to entry i of the lists of places. */
            uint32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
            bool offset; /* ends count from the begins */
        } strided_slice;
        MnetPostProcess post_process;
        struct {
            int32_t n; /* -1: not given */
            int32_t dims[MNET_MAX_RANK];
        } shape; /* RESHAPE (new_shape), SQUEEZE (squeeze_dims; n = 0: all of size 1) */
    } options;
    char note[56]; /* what folding put into it */
    void *packed;  /* made by the operator's prepare() */
} MnetNode;

typedef struct {
    MnetTensor *tensors;
    int32_t n_tensors, max_tensors; /* room for what folding adds */
    MnetNode *nodes;
    int32_t n_nodes, max_nodes;
    int32_t n_inputs, n_outputs;
    int32_t *inputs, *outputs; /* tensor numbers */
    const char *description;   /* never NULL */
    MnetStore *store;          /* owns all of the above and what prepare() packs */
} MnetGraph;

/* Checks what format/ cannot know: every tensor is made once and before it is
 * used, inputs and outputs exist, scales are finite (those of activations above
 * 0) and zero points in the type's range. */
MnetStatus mnet_graph_check(const MnetGraph *graph, MnetError *error);

/* Adds a tensor (a copy of `like`, without data) or a node (zeroed, before the
 * node `before`); -1 and `error` when memory is short or a limit passed. */
int32_t mnet_graph_add_tensor(MnetGraph *graph, const MnetTensor *like, MnetError *error);
int32_t mnet_graph_add_node(MnetGraph *graph, int32_t before, MnetOp op, int32_t n_inputs,
                            int32_t n_outputs, MnetError *error);
/* Adds a constant: as many of `data`'s bytes as `like` has, copied into the graph's store. */
int32_t mnet_graph_add_constant(MnetGraph *graph, const MnetTensor *like, const void *data,
                                MnetError *error);
/* Removes a node; its tensors stay. */
void mnet_graph_remove_node(MnetGraph *graph, int32_t node);

/* The node that makes `tensor`, or -1. */
int32_t mnet_graph_producer(const MnetGraph *graph, int32_t tensor);
/* The first input of a node that is no constant, or -1. */
int32_t mnet_graph_computed_input(const MnetGraph *graph, const MnetNode *node);
/* How many node inputs and graph outputs read `tensor`; *consumer is the first
 * node that does, or -1. */
int32_t mnet_graph_uses(const MnetGraph *graph, int32_t tensor, int32_t *consumer);
/* Lets all readers of `from`, nodes and graph outputs, read `to`. */
void mnet_graph_replace_uses(MnetGraph *graph, int32_t from, int32_t to);
bool mnet_graph_is_output(const MnetGraph *graph, int32_t tensor);

/* Whether `rank` dimensions are those of a picture with channels first: few in front and
 * more columns behind.  A row of numbers is no picture. */
bool mnet_dims_channels_first(int32_t rank, const int32_t *dims);

/* Product of dims; checked by format/ to be below 2^31. */
size_t mnet_tensor_elements(const MnetTensor *tensor);

/* Reads a constant INT32 or INT64 tensor as int32 values (saturated), at most
 * `max`; false when it is no such constant or has more. */
bool mnet_tensor_ints(const MnetTensor *tensor, int32_t *values, int32_t max, int32_t *n);

/* "operator 17 CONV_2D" into `text`, for errors. */
typedef struct {
    char text[64];
} MnetNodeLabel;
MnetNodeLabel mnet_node_label(const MnetNode *node);

#endif
