/* SPDX-License-Identifier: MIT
 *
 * Builds small .tflite files in memory, valid ones and, on demand, ones that
 * lie.  Types, operators and options have the numbers of tflite_schema.h.
 *
 *     TbModel *model = tb_model_new();
 *     int32_t x = tb_tensor(model, &(TbTensor){ .name = "x", .type = TFL_TYPE_FLOAT32,
 *                                               .rank = 2, .dims = { 1, 4 } });
 *     int32_t y = tb_tensor(model, &(TbTensor){ .name = "y", .type = TFL_TYPE_FLOAT32,
 *                                               .rank = 2, .dims = { 1, 4 } });
 *     tb_operator(model, &(TbOperator){ .builtin = TFL_OP_SOFTMAX, .inputs = { x },
 *                                       .n_inputs = 1, .outputs = { y }, .n_outputs = 1,
 *                                       .options = tb_softmax_options(1.0f) });
 *     tb_input(model, x);
 *     tb_output(model, y);
 *     TbFile file = tb_finish(model);     // frees the model
 *     ... file.data, file.size ...
 *     tb_file_free(&file);
 *
 * Metadata is a file of its own that is put into a model, an archive follows
 * the finished model:
 *
 *     TbFile facts = tb_metadata(&(TbMetadata){ .outputs = { { "labels.txt" } } });
 *     tb_model_metadata(model, "TFLITE_METADATA", facts.data, facts.size);
 *     TbFile file = tb_finish(model);
 *     tb_append_zip(&file, &(TbEntry){ .name = "labels.txt", .data = "red\n", .size = 4 }, 1);
 *
 * Ready models are below.  What is passed is copied, except constants' data,
 * which must live until tb_finish().  Running out of memory or of the fixed
 * room of a description ends the program. */
#ifndef TFLITEBUILDER_H
#define TFLITEBUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/tflite_schema.h"

#define TB_MAX_RANK 8
#define TB_MAX_IO 16

/* How the values of a sparse constant lie: a level for each dimension and each
 * block of one, in the order of the tree. */
typedef struct {
    int type; /* of what the numbers are stored as: 1 int32, 2 uint16, 3 uint8 */
    int n;
    const int32_t *values;
} TbNumbers;

typedef struct {
    bool compressed;
    int32_t dense_size;
    TbNumbers segments, indices; /* of a compressed level */
} TbLevel;

typedef struct {
    int n_order, n_blocks, n_levels;
    int32_t order[2 * TB_MAX_RANK];
    int32_t blocks[TB_MAX_RANK]; /* the dimension of each */
    TbLevel levels[2 * TB_MAX_RANK];
} TbSparsity;

typedef struct {
    const char *name; /* NULL: none */
    int type;         /* TFL_TYPE_* */
    int rank;
    int32_t dims[TB_MAX_RANK];
    bool no_shape; /* leaves the shape out, as for outputs of unknown shape */
    bool has_rank; /* a shape without dimensions is that of a scalar */
    /* Quantisation: n_scales and n_zero_points numbers; NULL scales with
     * n_scales = 1 take `scale` and `zero_point`. */
    int n_scales, n_zero_points;
    const float *scales;
    const int64_t *zero_points;
    float scale;
    int64_t zero_point;
    int32_t quantized_dimension;
    const void *data; /* a constant; NULL: none */
    size_t bytes;
    bool outside;               /* the data behind the FlatBuffer, found by offset and size */
    const TbSparsity *sparsity; /* lives until tb_finish(); NULL: dense */
    bool is_variable;
} TbTensor;

/* A field of a table of options. */
typedef struct {
    uint16_t id;
    uint8_t bytes;  /* 1 or 4; 0: a vector of `count` int32 */
    uint32_t value; /* or the bits of a float */
    int32_t count;
    int32_t values[TB_MAX_RANK];
} TbField;

typedef struct {
    int type; /* TFL_OPTIONS_*; 0: no options */
    int n;
    TbField fields[8];
} TbOptions;

typedef struct {
    int32_t builtin;    /* TFL_OP_* */
    const char *custom; /* the name of a TFL_OP_CUSTOM */
    int32_t version;    /* 0: 1 */
    bool old_code_only; /* leave out the int32 code, as files before 2020 do */
    int n_inputs, n_outputs;
    int32_t inputs[TB_MAX_IO], outputs[TB_MAX_IO]; /* tensors; input -1: not given */
    TbOptions options;
    const void *custom_options; /* of a TFL_OP_CUSTOM */
    size_t custom_bytes;
} TbOperator;

typedef struct TbModel TbModel;

/* A file's bytes, from malloc(). */
typedef struct {
    uint8_t *data;
    size_t size;
} TbFile;

TbModel *tb_model_new(void);
/* Returns the tensor's number. */
int32_t tb_tensor(TbModel *model, const TbTensor *tensor);
/* A constant of INT32, e.g. a RESHAPE's new shape. */
int32_t tb_ints(TbModel *model, const char *name, int32_t count, const int32_t *values);
void tb_operator(TbModel *model, const TbOperator *op);
void tb_input(TbModel *model, int32_t tensor);
void tb_output(TbModel *model, int32_t tensor);
void tb_description(TbModel *model, const char *description);
void tb_version(TbModel *model, uint32_t version);
/* An entry of the model's metadata; `data` is copied. */
void tb_model_metadata(TbModel *model, const char *name, const void *data, size_t size);
/* The file; frees the model. */
TbFile tb_finish(TbModel *model);
void tb_file_free(TbFile *file);
/* Writes the file to `path`; false with errno when that fails. */
bool tb_file_write(const TbFile *file, const char *path);

TbOptions tb_conv_options(int padding, int32_t stride_h, int32_t stride_w, int32_t dilation_h,
                          int32_t dilation_w, int activation);
TbOptions tb_depthwise_options(int padding, int32_t stride_h, int32_t stride_w, int32_t multiplier,
                               int32_t dilation_h, int32_t dilation_w, int activation);
TbOptions tb_pool_options(int padding, int32_t stride_h, int32_t stride_w, int32_t filter_h,
                          int32_t filter_w, int activation);
TbOptions tb_fully_connected_options(int activation, bool keep_num_dims);
TbOptions tb_softmax_options(float beta);
TbOptions tb_concatenation_options(int32_t axis, int activation);
/* ADD, SUB, MUL: `type` is TFL_OPTIONS_ADD, _SUB or _MUL. */
TbOptions tb_binary_options(int type, int activation);
TbOptions tb_reshape_options(int32_t rank, const int32_t *new_shape);
TbOptions tb_squeeze_options(int32_t n, const int32_t *dims);
TbOptions tb_mean_options(bool keep_dims);
/* PACK, UNPACK: `type` is TFL_OPTIONS_PACK or _UNPACK. */
TbOptions tb_pack_options(int type, int32_t count, int32_t axis);
/* SPLIT, SPLIT_V: `type` is TFL_OPTIONS_SPLIT or _SPLIT_V. */
TbOptions tb_split_options(int type, int32_t count);
/* `offset`: ends count from the begins. */
TbOptions tb_strided_slice_options(uint32_t begin_mask, uint32_t end_mask, uint32_t ellipsis_mask,
                                   uint32_t new_axis_mask, uint32_t shrink_mask, bool offset);
/* `type` is TFL_OPTIONS_RESIZE_BILINEAR or _RESIZE_NEAREST_NEIGHBOR. */
TbOptions tb_resize_options(int type, bool align_corners, bool half_pixel_centers);
TbOptions tb_transpose_conv_options(int padding, int32_t stride_h, int32_t stride_w,
                                    int activation);
TbOptions tb_mirror_pad_options(int mode);
/* `type` is TFL_OPTIONS_DEPTH_TO_SPACE or _SPACE_TO_DEPTH. */
TbOptions tb_space_options(int type, int32_t block_size);

/* A FlexBuffer: a map of numbers with slots of 4 bytes.  Names rise. */
typedef struct {
    const char *name;
    char kind; /* 'i'nteger, 'f'loat, 'b'oolean, 'n'othing */
    double value;
} TbFlexField;

TbFile tb_flex_map(const TbFlexField *fields, int n);

/* The options of TFLite_Detection_PostProcess; scales are 10, 10, 5, 5. */
typedef struct {
    int32_t max_detections, max_classes, per_class, n_classes;
    bool regular;
    float score_threshold, iou_threshold;
} TbPostProcess;

TbFile tb_post_process_options(const TbPostProcess *post_process);

/* What the metadata says of one input or output. */
typedef struct {
    const char *labels; /* name of an associated file with labels; NULL: none */
    int n;              /* numbers in mean and std; 0: no normalisation */
    int n_std;          /* 0: n */
    float mean[8], std[8];
} TbMetadataTensor;

typedef struct {
    const char *description;
    const char *identifier;  /* NULL: "M001" */
    int n_inputs, n_outputs; /* 0: those up to the last that says something */
    TbMetadataTensor inputs[TB_MAX_IO], outputs[TB_MAX_IO];
    const char *subgraph_labels; /* files named by the subgraph or the model */
    const char *model_labels;
    int labels_type; /* 0: labels of an axis; else the number in the file */
} TbMetadata;

TbFile tb_metadata(const TbMetadata *metadata);

/* One file of an archive.  Zero is the truth in every field behind `deflate`. */
typedef struct {
    const char *name;
    const void *data;
    size_t size;
    bool deflate;
    uint32_t lie_size, lie_packed, lie_crc, lie_header; /* in the directory */
    uint16_t lie_method;
    const char *lie_local_name; /* in the entry's own header, same length */
} TbEntry;

/* Appends an archive to `file`; its offsets count from the file's start. */
void tb_append_zip(TbFile *file, const TbEntry *entries, int n);

/* A classifier of a picture's mean colour, of the same layers as MobileNet V1:
 * CONV_2D 3x3/2, DEPTHWISE_CONV_2D 3x3, AVERAGE_POOL_2D, RESHAPE, SOFTMAX.
 * Classes: 0 red, 1 green, 2 blue, 3 dark; more have next to no score.
 * With r, g, b the means over the pixels that the convolution sees (every
 * second row and column: even numbers of an odd size, odd ones of an even
 * size), each 0 to 1, the logits are
 *     8 * (r - (g + b) / 2), the same for g and b, 8 * 0.6 * (1 - (r + g + b)),
 * the further ones -8, so that a picture of one pure colour or black has its
 * class with a score above 0.95. */
typedef struct {
    /* TFL_TYPE_UINT8: per tensor, the picture's bytes. TFL_TYPE_INT8: per
     * channel, byte - 128.  TFL_TYPE_FLOAT32: byte / 255. */
    int type;
    int32_t width, height;  /* 0: 32 */
    int32_t classes;        /* at least 4; 0: 4 */
    bool logits;            /* ends with CONV_2D 1x1 and RESHAPE instead of the SOFTMAX */
    bool labels;            /* metadata and an archive with labels.txt */
    bool deflate;           /* the labels are compressed */
    const char *label_text; /* NULL: "red\ngreen\nblue\ndark\nother 4\n..." */
    bool normalization;     /* metadata with mean 0 and std 255 */
} TbTiny;

TbFile tb_tiny_classifier(const TbTiny *tiny);

/* An image-to-image network of the layers of MobileNet V2, an encoder and a decoder:
 * CONV_2D 1x1, DEPTHWISE_CONV_2D 3x3/2, CONV_2D 1x1, RESIZE_BILINEAR, CONCATENATION with
 * the picture, CONV_2D 1x1 to 3 channels, and a curve.  With p the numbers of a channel
 * and m their mean over 3x3 at every second pixel, 0 outside, enlarged:
 *     v = sharp * p + blurred * m + bias + style[channel]
 *     made = LOGISTIC(v), TANH(v), or p + v */
typedef struct {
    /* TFL_TYPE_FLOAT32, or TFL_TYPE_INT8 or TFL_TYPE_UINT8 with the picture's bytes as 0 to 1:
     * m is at least 0 and v within -8 to 8. */
    int type;
    int32_t width, height; /* even; 0: 16 */
    int32_t curve;         /* TFL_OP_LOGISTIC, TFL_OP_TANH or TFL_OP_ADD */
    bool channels_first;
    float sharp, blurred, bias;
    int32_t styles; /* numbers of a second input, float32, at least 3; 0: none */
} TbPainter;

TbFile tb_painter(const TbPainter *painter);
/* What predicts a style of `styles` numbers: the means of the channels of a float32 picture
 * of 8x8, and zeros. */
TbFile tb_style_predictor(int32_t styles);

/* One operator between one input and one output, both float32 of this shape:
 * for errors about operators. */
TbFile tb_one_operator(const TbOperator *op, int rank, const int32_t *dims);

#endif
