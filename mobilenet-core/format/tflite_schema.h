/* SPDX-License-Identifier: MIT
 *
 * The numbers of the TFLite schema (version 3) that the reader needs: places of
 * fields in their tables and values of enumerations. */
#ifndef MNET_FORMAT_TFLITE_SCHEMA_H
#define MNET_FORMAT_TFLITE_SCHEMA_H

#define TFL_IDENTIFIER "TFL3"
#define TFL_VERSION 3

enum { /* Model */
       TFL_MODEL_VERSION = 0,
       TFL_MODEL_OPERATOR_CODES = 1,
       TFL_MODEL_SUBGRAPHS = 2,
       TFL_MODEL_DESCRIPTION = 3,
       TFL_MODEL_BUFFERS = 4,
       TFL_MODEL_METADATA = 6
};

enum {                                  /* OperatorCode */
       TFL_CODE_DEPRECATED_BUILTIN = 0, /* int8, all there was before 2020 */
       TFL_CODE_CUSTOM = 1,
       TFL_CODE_VERSION = 2,
       TFL_CODE_BUILTIN = 3 /* int32 */
};

enum { /* SubGraph */
       TFL_SUBGRAPH_TENSORS = 0,
       TFL_SUBGRAPH_INPUTS = 1,
       TFL_SUBGRAPH_OUTPUTS = 2,
       TFL_SUBGRAPH_OPERATORS = 3
};

enum { /* Tensor */
       TFL_TENSOR_SHAPE = 0,
       TFL_TENSOR_TYPE = 1,
       TFL_TENSOR_BUFFER = 2,
       TFL_TENSOR_NAME = 3,
       TFL_TENSOR_QUANTIZATION = 4,
       TFL_TENSOR_IS_VARIABLE = 5,
       TFL_TENSOR_SPARSITY = 6,
       TFL_TENSOR_HAS_RANK = 8
};

enum { /* QuantizationParameters */
       TFL_QUANTIZATION_SCALE = 2,
       TFL_QUANTIZATION_ZERO_POINT = 3,
       TFL_QUANTIZATION_DETAILS_TYPE = 4,
       TFL_QUANTIZATION_DIMENSION = 6
};

enum { /* SparsityParameters */
       TFL_SPARSITY_TRAVERSAL_ORDER = 0,
       TFL_SPARSITY_BLOCK_MAP = 1,
       TFL_SPARSITY_DIM_METADATA = 2
};

enum { /* DimensionMetadata; a union's value follows its type */
       TFL_DIMENSION_FORMAT = 0,
       TFL_DIMENSION_DENSE_SIZE = 1,
       TFL_DIMENSION_SEGMENTS_TYPE = 2,
       TFL_DIMENSION_INDICES_TYPE = 4,
       TFL_DIMENSION_CSR = 1 /* a format */
};

enum { /* Operator */
       TFL_OPERATOR_CODE = 0,
       TFL_OPERATOR_INPUTS = 1,
       TFL_OPERATOR_OUTPUTS = 2,
       TFL_OPERATOR_OPTIONS_TYPE = 3,
       TFL_OPERATOR_OPTIONS = 4,
       TFL_OPERATOR_CUSTOM_OPTIONS = 5 /* bytes */
};

enum { /* Buffer */
       TFL_BUFFER_DATA = 0,
       TFL_BUFFER_OFFSET = 1, /* from the start of the file; 0 and 1: not used */
       TFL_BUFFER_SIZE = 2
};

enum { /* Metadata */
       TFL_METADATA_NAME = 0,
       TFL_METADATA_BUFFER = 1
};

enum { /* TensorType */
       TFL_TYPE_FLOAT32 = 0,
       TFL_TYPE_FLOAT16 = 1,
       TFL_TYPE_INT32 = 2,
       TFL_TYPE_UINT8 = 3,
       TFL_TYPE_INT64 = 4,
       TFL_TYPE_BOOL = 6,
       TFL_TYPE_INT16 = 7,
       TFL_TYPE_INT8 = 9
};

enum { /* BuiltinOperator: the supported ones and CUSTOM */
       TFL_OP_ADD = 0,
       TFL_OP_AVERAGE_POOL_2D = 1,
       TFL_OP_CONCATENATION = 2,
       TFL_OP_CONV_2D = 3,
       TFL_OP_DEPTHWISE_CONV_2D = 4,
       TFL_OP_DEPTH_TO_SPACE = 5,
       TFL_OP_DEQUANTIZE = 6,
       TFL_OP_FULLY_CONNECTED = 9,
       TFL_OP_LOGISTIC = 14,
       TFL_OP_MAX_POOL_2D = 17,
       TFL_OP_MUL = 18,
       TFL_OP_RELU = 19,
       TFL_OP_RELU_N1_TO_1 = 20,
       TFL_OP_RELU6 = 21,
       TFL_OP_RESHAPE = 22,
       TFL_OP_RESIZE_BILINEAR = 23,
       TFL_OP_SOFTMAX = 25,
       TFL_OP_SPACE_TO_DEPTH = 26,
       TFL_OP_TANH = 28,
       TFL_OP_CUSTOM = 32,
       TFL_OP_PAD = 34,
       TFL_OP_BATCH_TO_SPACE_ND = 37,
       TFL_OP_SPACE_TO_BATCH_ND = 38,
       TFL_OP_TRANSPOSE = 39,
       TFL_OP_MEAN = 40,
       TFL_OP_SUB = 41,
       TFL_OP_SQUEEZE = 43,
       TFL_OP_STRIDED_SLICE = 45,
       TFL_OP_EXP = 47,
       TFL_OP_SPLIT = 49,
       TFL_OP_PRELU = 54,
       TFL_OP_ARG_MAX = 56,
       TFL_OP_SLICE = 65,
       TFL_OP_TRANSPOSE_CONV = 67,
       TFL_OP_RSQRT = 76,
       TFL_OP_PACK = 83,
       TFL_OP_UNPACK = 88,
       TFL_OP_SQUARE = 92,
       TFL_OP_RESIZE_NEAREST_NEIGHBOR = 97,
       TFL_OP_SQUARED_DIFFERENCE = 99,
       TFL_OP_MIRROR_PAD = 100,
       TFL_OP_SPLIT_V = 102,
       TFL_OP_QUANTIZE = 114,
       TFL_OP_HARD_SWISH = 117,
       TFL_OP_DENSIFY = 124
};

enum { /* BuiltinOptions: the tables that are read */
       TFL_OPTIONS_NONE = 0,
       TFL_OPTIONS_CONV_2D = 1,
       TFL_OPTIONS_DEPTHWISE_CONV_2D = 2,
       TFL_OPTIONS_POOL_2D = 5,
       TFL_OPTIONS_FULLY_CONNECTED = 8,
       TFL_OPTIONS_SOFTMAX = 9,
       TFL_OPTIONS_CONCATENATION = 10,
       TFL_OPTIONS_ADD = 11,
       TFL_OPTIONS_RESIZE_BILINEAR = 15,
       TFL_OPTIONS_RESHAPE = 17,
       TFL_OPTIONS_SPACE_TO_DEPTH = 19,
       TFL_OPTIONS_MUL = 21,
       TFL_OPTIONS_REDUCER = 27,
       TFL_OPTIONS_SUB = 28,
       TFL_OPTIONS_SQUEEZE = 30,
       TFL_OPTIONS_STRIDED_SLICE = 32,
       TFL_OPTIONS_SPLIT = 35,
       TFL_OPTIONS_TRANSPOSE_CONV = 49,
       TFL_OPTIONS_PACK = 59,
       TFL_OPTIONS_UNPACK = 64,
       TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR = 74,
       TFL_OPTIONS_MIRROR_PAD = 77,
       TFL_OPTIONS_SPLIT_V = 79,
       TFL_OPTIONS_DEPTH_TO_SPACE = 94
};

enum { /* Padding */
       TFL_PADDING_SAME = 0,
       TFL_PADDING_VALID = 1
};

enum { /* ActivationFunctionType */
       TFL_ACTIVATION_NONE = 0,
       TFL_ACTIVATION_RELU = 1,
       TFL_ACTIVATION_RELU_N1_TO_1 = 2,
       TFL_ACTIVATION_RELU6 = 3,
       TFL_ACTIVATION_TANH = 4,
       TFL_ACTIVATION_SIGN_BIT = 5
};

enum { /* Conv2DOptions */
       TFL_CONV_PADDING = 0,
       TFL_CONV_STRIDE_W = 1,
       TFL_CONV_STRIDE_H = 2,
       TFL_CONV_ACTIVATION = 3,
       TFL_CONV_DILATION_W = 4,
       TFL_CONV_DILATION_H = 5
};

enum { /* DepthwiseConv2DOptions */
       TFL_DEPTHWISE_PADDING = 0,
       TFL_DEPTHWISE_STRIDE_W = 1,
       TFL_DEPTHWISE_STRIDE_H = 2,
       TFL_DEPTHWISE_MULTIPLIER = 3,
       TFL_DEPTHWISE_ACTIVATION = 4,
       TFL_DEPTHWISE_DILATION_W = 5,
       TFL_DEPTHWISE_DILATION_H = 6
};

enum { /* Pool2DOptions */
       TFL_POOL_PADDING = 0,
       TFL_POOL_STRIDE_W = 1,
       TFL_POOL_STRIDE_H = 2,
       TFL_POOL_FILTER_W = 3,
       TFL_POOL_FILTER_H = 4,
       TFL_POOL_ACTIVATION = 5
};

enum { /* TransposeConvOptions */
       TFL_TRANSPOSE_CONV_PADDING = 0,
       TFL_TRANSPOSE_CONV_STRIDE_W = 1,
       TFL_TRANSPOSE_CONV_STRIDE_H = 2,
       TFL_TRANSPOSE_CONV_ACTIVATION = 3
};

enum { /* FullyConnectedOptions */
       TFL_FULLY_CONNECTED_ACTIVATION = 0,
       TFL_FULLY_CONNECTED_WEIGHTS_FORMAT = 1, /* 0: row-major, 1: shuffled */
       TFL_FULLY_CONNECTED_KEEP_NUM_DIMS = 2,
       TFL_FULLY_CONNECTED_ASYMMETRIC_INPUTS = 3
};

enum { /* StridedSliceOptions */
       TFL_STRIDED_SLICE_BEGIN_MASK = 0,
       TFL_STRIDED_SLICE_END_MASK = 1,
       TFL_STRIDED_SLICE_ELLIPSIS_MASK = 2,
       TFL_STRIDED_SLICE_NEW_AXIS_MASK = 3,
       TFL_STRIDED_SLICE_SHRINK_AXIS_MASK = 4,
       TFL_STRIDED_SLICE_OFFSET = 5
};

enum {                                        /* options of resizing */
       TFL_RESIZE_BILINEAR_ALIGN_CORNERS = 2, /* behind two that are no longer used */
       TFL_RESIZE_BILINEAR_HALF_PIXEL_CENTERS = 3,
       TFL_RESIZE_NEAREST_ALIGN_CORNERS = 0,
       TFL_RESIZE_NEAREST_HALF_PIXEL_CENTERS = 1
};

enum { /* PackOptions, UnpackOptions, SplitOptions, SplitVOptions */
       TFL_PACK_COUNT = 0,
       TFL_PACK_AXIS = 1,
       TFL_SPLIT_COUNT = 0
};

enum { /* the first fields of the other options */
       TFL_SOFTMAX_BETA = 0,
       TFL_CONCATENATION_AXIS = 0,
       TFL_CONCATENATION_ACTIVATION = 1,
       TFL_BINARY_ACTIVATION = 0, /* AddOptions, SubOptions, MulOptions */
       TFL_RESHAPE_NEW_SHAPE = 0,
       TFL_SQUEEZE_DIMS = 0,
       TFL_REDUCER_KEEP_DIMS = 0,
       TFL_SPACE_BLOCK_SIZE = 0, /* DepthToSpaceOptions, SpaceToDepthOptions */
       TFL_MIRROR_PAD_MODE = 0   /* 0: without the edge, 1: the edge is repeated */
};

#endif
