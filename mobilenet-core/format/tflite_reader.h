/* SPDX-License-Identifier: MIT
 *
 * What the parts of the .tflite reader share. */
#ifndef MNET_FORMAT_TFLITE_READER_H
#define MNET_FORMAT_TFLITE_READER_H

#include "format/flatbuf.h"
#include "format/flexbuf.h"
#include "graph/graph.h"

typedef struct {
    MnetBytes bytes; /* the whole file */
    MnetFlatTable model;
    MnetFlatVector operator_codes, buffers; /* of the model */
    MnetFlatVector tensors, operators;      /* of the first subgraph */
    MnetGraph *graph;
    MnetStore *store;
    MnetError *error;
    size_t n_quant; /* scales read so far */
} MnetTfliteReader;

/* Fills graph->tensors. */
MnetStatus mnet_tflite_read_tensors(MnetTfliteReader *reader);
/* Makes the sparse constant `index`, whose type, shape and bytes have been
 * read, dense. */
MnetStatus mnet_tflite_expand_sparse(MnetTfliteReader *reader, int32_t index,
                                     const MnetFlatTable *sparsity);
/* Fills graph->nodes. */
MnetStatus mnet_tflite_read_nodes(MnetTfliteReader *reader);
/* Refuses the first operator that is not supported. */
MnetStatus mnet_tflite_check_operators(MnetTfliteReader *reader);

/* Buffer number `index` of the model; no data (NULL, 0) when it is empty.
 * False when it lies outside of the file. */
bool mnet_tflite_buffer(MnetBytes *bytes, const MnetFlatVector *buffers, uint32_t index,
                        const uint8_t **data, size_t *size);

/* The string as UTF-8 ended by a NUL: in place if possible, else copied with
 * '?' for what is not text and cut to 255 bytes.  NULL when memory is short. */
const char *mnet_tflite_text(MnetStore *store, MnetFlatString string);

/* MNET_ERROR_FORMAT, for offsets and counts that lead outside. */
MnetStatus mnet_tflite_damaged(MnetTfliteReader *reader, const char *what);

/* "tensor 12 'name'", for errors. */
typedef struct {
    char text[96];
} MnetTensorLabel;
MnetTensorLabel mnet_tflite_tensor_label(const MnetGraph *graph, int32_t tensor);

/* The operator that is being read. */
typedef struct {
    MnetTfliteReader *reader;
    MnetNode *node;
    uint32_t index;
    const char *name;
} MnetTfliteContext;

/* Sets the error "operator 17 CONV_2D: ..." and gives its status. */
#define MNET_TFLITE_NODE_ERROR(context, status, format, ...)                                      \
    mnet_error_set((context)->reader->error, status, "operator %u %s: " format, (context)->index, \
                   (context)->name, __VA_ARGS__)

/* A supported operator. */
typedef struct {
    int32_t builtin; /* its number in the file */
    MnetOp op;
    int32_t max_version; /* a newer one may have options that change the result */
    uint8_t options;     /* type of its table of options */
    bool required;       /* whether the options must be there */
    /* Fills the node's options and activation; NULL: there is nothing to read. */
    MnetStatus (*read)(const MnetTfliteContext *context, const MnetFlatTable *options);
} MnetTfliteOperator;

/* NULL when the operator is not supported. */
const MnetTfliteOperator *mnet_tflite_find_operator(int32_t builtin);

/* A supported operator that is not one of TFLite's builtin ones. */
typedef struct {
    const char *name;
    MnetOp op;
    int32_t max_version;
    /* Fills the node's options from a map, or from all of their bytes; one is NULL. */
    MnetStatus (*read)(const MnetTfliteContext *context, const MnetFlexValue *map);
    MnetStatus (*read_bytes)(const MnetTfliteContext *context, MnetBytes *bytes);
} MnetTfliteCustom;

/* NULL when the operator is not supported. */
const MnetTfliteCustom *mnet_tflite_find_custom(MnetFlatString name);
/* Reads the options that the table of an operator holds. */
MnetStatus mnet_tflite_read_custom(const MnetTfliteContext *context, const MnetTfliteCustom *custom,
                                   const MnetFlatTable *op);

/* TFLite's name of a builtin operator or tensor type, NULL for an unknown
 * number.  Static. */
const char *mnet_tflite_operator_name(int32_t builtin);
const char *mnet_tflite_type_name(int32_t type);

#endif
