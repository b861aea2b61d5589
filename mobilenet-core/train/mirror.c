/* SPDX-License-Identifier: MIT
 *
 * A classifier of a picture and its mirror image:
 *
 *     picture -+----------------- CONCATENATION - the network - MEAN - output
 *              +- STRIDED_SLICE -+  [2, ...]         [2, n]    [1, n]
 *
 * QUANTIZE stays outside, at the end one that only renames uint8 and int8. */
#include "train/mirror.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "format/metadata.h"
#include "format/tflite.h"
#include "format/tflite_write.h"
#include "format/tflite_write_options.h"
#include "train/read_facts.h"

#define ALL_FOUR 15u /* a bit for each dimension */

typedef struct {
    MnetGraph graph;
    MnetStore store;
    MnetError *error;
    int32_t picture, output; /* tensors that stay [1, ...] */
} Mirror;

/* Why a batch of two would not be two pictures to an operator. */
#define REFUSE(mirror, node, format, ...)                                    \
    mnet_error_set((mirror)->error, MNET_ERROR_UNSUPPORTED,                  \
                   "%s " format "; a classifier that computes each picture " \
                   "of a batch alike is needed",                             \
                   mnet_node_label(node).text, __VA_ARGS__)

static MnetTensor *tensor_of(const Mirror *mirror, int32_t index)
{
    return &mirror->graph.tensors[index];
}

/* A constant list of integers; -1 and the error when memory is short. */
static int32_t add_list(Mirror *mirror, const char *name, const int32_t *values, int32_t n)
{
    MnetTensor list = {
        .name = name, .type = MNET_TYPE_INT32, .shape_known = true, .rank = 1, .dims = { n }
    };
    return mnet_graph_add_constant(&mirror->graph, &list, values, mirror->error);
}

static int32_t add_like(Mirror *mirror, int32_t tensor, const char *name)
{
    int32_t index = mnet_graph_add_tensor(&mirror->graph, tensor_of(mirror, tensor), mirror->error);
    if (index >= 0)
        tensor_of(mirror, index)->name = name;
    return index;
}

/* NULL and the error when memory is short or a tensor is -1. */
static MnetNode *add_node(Mirror *mirror, int32_t before, MnetOp op, int32_t n_inputs,
                          const int32_t *inputs, int32_t output)
{
    for (int32_t i = 0; i < n_inputs; i++)
        if (inputs[i] < 0)
            return NULL;
    if (output < 0 ||
        mnet_graph_add_node(&mirror->graph, before, op, n_inputs, 1, mirror->error) < 0)
        return NULL;
    MnetNode *node = &mirror->graph.nodes[before];
    memcpy(node->inputs, inputs, (size_t)n_inputs * sizeof *inputs);
    node->outputs[0] = output;
    return node;
}

/* Integers are lists of places and shapes; everything else is computed with. */
static bool is_list(const MnetTensor *tensor)
{
    return tensor->type == MNET_TYPE_INT32 || tensor->type == MNET_TYPE_INT64;
}

/* Floats with smaller weights have options and operators that are not written; they can
 * be trained or quantised, though.  Of maps with fewer dimensions the first one is not
 * the batch. */
static MnetStatus check_inputs(const Mirror *mirror, const MnetNode *node)
{
    MnetType type = tensor_of(mirror, node->inputs[0])->type;
    int32_t rank = tensor_of(mirror, node->outputs[0])->rank;
    bool broadcasts = node->op == MNET_OP_ADD || node->op == MNET_OP_MUL;
    for (int32_t i = 0; i < node->n_inputs; i++) {
        const MnetTensor *input = node->inputs[i] < 0 ? NULL : tensor_of(mirror, node->inputs[i]);
        if (!input || is_list(input))
            continue;
        if ((input->type == MNET_TYPE_FLOAT32) != (type == MNET_TYPE_FLOAT32))
            return mnet_error_set(mirror->error, MNET_ERROR_UNSUPPORTED,
                                  "%s: its input %d is %s, input 0 %s; weights of one kind with "
                                  "what they are applied to are needed, all floats or all bytes",
                                  mnet_node_label(node).text, (int)i, mnet_type_name(input->type),
                                  mnet_type_name(type));
        if (broadcasts && !input->data && input->rank != rank)
            return REFUSE(mirror, node, "repeats input %d, of %d dimensions, for an output of %d",
                          (int)i, (int)input->rank, (int)rank);
    }
    return MNET_OK;
}

static MnetStatus check_mean(const Mirror *mirror, const MnetNode *node)
{
    int32_t values[MNET_MAX_RANK], n;
    if (node->n_inputs != 2 || node->inputs[1] < 0 ||
        !mnet_tensor_ints(tensor_of(mirror, node->inputs[1]), values, MNET_MAX_RANK, &n))
        return REFUSE(mirror, node, "%s", "has no constant axes");
    for (int32_t i = 0; i < n; i++)
        if (values[i] == 0 || values[i] == -tensor_of(mirror, node->inputs[0])->rank)
            return REFUSE(mirror, node, "%s", "takes the mean of the batch");
    return MNET_OK;
}

/* The shape of two pictures' rows as a constant; SQUEEZE is a RESHAPE, too. */
static MnetStatus widen_shape(Mirror *mirror, MnetNode *node)
{
    const MnetTensor *output = tensor_of(mirror, node->outputs[0]);
    int32_t *inputs = mnet_store_alloc(&mirror->store, 2 * sizeof *inputs);
    int32_t shape = add_list(mirror, "mirror/shape", output->dims, output->rank);
    if (!inputs)
        return mnet_error_memory(mirror->error, 2 * sizeof *inputs);
    inputs[0] = node->inputs[0];
    inputs[1] = shape;
    node->op = MNET_OP_RESHAPE;
    node->inputs = inputs;
    node->n_inputs = 2;
    return shape < 0 ? MNET_ERROR_MEMORY : MNET_OK;
}

/* With one row for each picture in and out, these compute each row from its own: what is
 * written is none of TRANSPOSE, SPLIT and the like, and is asked for first, for it is the
 * reason that counts. */
static MnetStatus widen_node(Mirror *mirror, MnetNode *node)
{
    MnetStatus status = MNET_OK;
    if (node->op != MNET_OP_SQUEEZE && (status = mnet_tflite_check_written(node, mirror->error)))
        return status;
    if (node->n_inputs < 1 || node->inputs[0] < 0 || node->n_outputs != 1 ||
        mnet_graph_computed_input(&mirror->graph, node) < 0)
        return REFUSE(mirror, node, "%s", "computes no single tensor from the picture");
    MnetTensor *output = tensor_of(mirror, node->outputs[0]);
    if (!output->shape_known || output->rank < 2 || output->dims[0] != 1)
        return REFUSE(mirror, node, "%s", "makes no tensor of one row for the picture");
    output->dims[0] = 2;
    if (node->op == MNET_OP_CONCATENATION || node->op == MNET_OP_STRIDED_SLICE)
        return REFUSE(mirror, node, "%s", "may take the pictures of a batch apart");
    if (node->op == MNET_OP_MEAN)
        status = check_mean(mirror, node);
    else if (node->op == MNET_OP_RESHAPE || node->op == MNET_OP_SQUEEZE)
        status = widen_shape(mirror, node);
    return status ? status : check_inputs(mirror, node);
}

static bool is_quantize(const MnetGraph *graph, int32_t index)
{
    const MnetNode *node = &graph->nodes[index < 0 ? 0 : index];
    return index >= 0 && node->op == MNET_OP_QUANTIZE && node->n_inputs == 1 &&
           node->n_outputs == 1 && node->inputs[0] >= 0;
}

/* Whether bytes stand for the same numbers before and behind a QUANTIZE: one that rounds
 * or clips is not to do so with the mean. */
static bool keeps_numbers(const MnetGraph *graph, const MnetNode *quantize)
{
    const MnetTensor *in = &graph->tensors[quantize->inputs[0]];
    const MnetTensor *out = &graph->tensors[quantize->outputs[0]];
    int32_t in_zero = in->type == MNET_TYPE_UINT8 ? 128 : 0;
    int32_t out_zero = out->type == MNET_TYPE_UINT8 ? 128 : 0;
    return in->quant.n == 1 && out->quant.n == 1 && in->quant.scale[0] == out->quant.scale[0] &&
           in->quant.zero_point[0] - in_zero == out->quant.zero_point[0] - out_zero;
}

/* The picture is what a QUANTIZE that alone reads the input makes of it, the output what
 * the one that makes it reads. */
static void find_ends(Mirror *mirror)
{
    const MnetGraph *graph = &mirror->graph;
    int32_t first, last = mnet_graph_producer(graph, graph->outputs[0]);
    mirror->picture = graph->inputs[0];
    mirror->output = graph->outputs[0];
    if (mnet_graph_uses(graph, mirror->picture, &first) == 1 && is_quantize(graph, first))
        mirror->picture = graph->nodes[first].outputs[0];
    if (is_quantize(graph, last) && keeps_numbers(graph, &graph->nodes[last]))
        mirror->output = graph->nodes[last].inputs[0];
}

/* [1, rows, columns, channels]. */
static bool is_picture(const MnetTensor *tensor)
{
    return tensor->rank == 4 && tensor->dims[0] == 1 &&
           !mnet_dims_channels_first(tensor->rank, tensor->dims);
}

static MnetStatus check_ends(const Mirror *mirror)
{
    const MnetGraph *graph = &mirror->graph;
    const MnetTensor *input = tensor_of(mirror, graph->inputs[0]);
    const MnetTensor *output = tensor_of(mirror, graph->outputs[0]);
    const char *wrong = NULL;
    if (graph->n_inputs != 1 || graph->n_outputs != 1)
        wrong = "it has several inputs or outputs";
    else if (!is_picture(input))
        wrong = "its input is no single picture [1, rows, columns, channels]";
    else if (output->rank < 2 || output->dims[0] != 1)
        wrong = "its output is no single list [1, n]";
    else if (mnet_graph_producer(graph, mirror->output) <=
             mnet_graph_producer(graph, mirror->picture))
        wrong = "no operator computes its output from a picture";
    else if (mnet_graph_uses(graph, mirror->output, NULL) != 1)
        wrong = "its output is read by operators, too";
    if (!wrong)
        return MNET_OK;
    return mnet_error_set(mirror->error, MNET_ERROR_UNSUPPORTED,
                          "%s; a classifier of one picture, with one list of scores, is needed",
                          wrong);
}

static MnetStatus widen_nodes(Mirror *mirror)
{
    MnetGraph *graph = &mirror->graph;
    MnetStatus status = MNET_OK;
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        MnetNode *node = &graph->nodes[i];
        bool outside = is_quantize(graph, i) &&
                       (node->outputs[0] == mirror->picture || node->inputs[0] == mirror->output);
        status = outside ? MNET_OK : widen_node(mirror, node);
    }
    return status;
}

/* The picture from left to right and from right to left, as one batch. */
static MnetStatus add_pair(Mirror *mirror)
{
    static const int32_t zeros[4], steps[4] = { 1, 1, -1, 1 };
    MnetGraph *graph = &mirror->graph;
    int32_t places = add_list(mirror, "mirror/ends", zeros, 4);
    int32_t back = add_list(mirror, "mirror/steps", steps, 4);
    int32_t turned = add_like(mirror, mirror->picture, "mirror/picture");
    int32_t both = turned < 0 ? -1 : add_like(mirror, turned, "mirror/both");
    if (both < 0)
        return MNET_ERROR_MEMORY;
    tensor_of(mirror, both)->dims[0] = 2;
    mnet_graph_replace_uses(graph, mirror->picture, both);
    int32_t at = mnet_graph_producer(graph, mirror->picture) + 1;
    int32_t slice[] = { mirror->picture, places, places, back };
    MnetNode *node = add_node(mirror, at, MNET_OP_STRIDED_SLICE, 4, slice, turned);
    if (!node)
        return MNET_ERROR_MEMORY;
    node->options.strided_slice.begin_mask = node->options.strided_slice.end_mask = ALL_FOUR;
    int32_t pair[] = { mirror->picture, turned };
    node = add_node(mirror, at + 1, MNET_OP_CONCATENATION, 2, pair, both);
    return node ? MNET_OK : MNET_ERROR_MEMORY;
}

/* The output's tensor keeps its name and is the mean from here on. */
static MnetStatus add_mean(Mirror *mirror)
{
    static const int32_t batch[] = { 0 };
    MnetGraph *graph = &mirror->graph;
    int32_t producer = mnet_graph_producer(graph, mirror->output);
    int32_t axes = add_list(mirror, "mirror/batch", batch, 1);
    int32_t rows = add_like(mirror, mirror->output, "mirror/outputs");
    if (rows < 0)
        return MNET_ERROR_MEMORY;
    tensor_of(mirror, mirror->output)->dims[0] = 1;
    graph->nodes[producer].outputs[0] = rows;
    int32_t inputs[] = { rows, axes };
    MnetNode *node = add_node(mirror, producer + 1, MNET_OP_MEAN, 2, inputs, mirror->output);
    if (!node)
        return MNET_ERROR_MEMORY;
    node->options.keep_dims = true;
    return MNET_OK;
}

static MnetStatus write_file(const Mirror *mirror, const MnetMetadata *metadata, uint8_t **data,
                             size_t *size)
{
    MnetLabels *labels;
    const char **names;
    const char *description =
        *metadata->description ? metadata->description : mirror->graph.description;
    MnetStatus status = mnet_read_labels(&metadata->outputs[0], &labels, &names, mirror->error);
    MnetTfliteFacts facts = { .description = *description ? description : "network",
                              .input = metadata->inputs[0],
                              .labels = names,
                              .n_labels = mnet_labels_count(labels) };
    if (!status)
        status = mnet_tflite_write(&mirror->graph, &facts, data, size, mirror->error);
    mnet_free(names);
    mnet_labels_unref(labels);
    return status;
}

static MnetStatus turn(Mirror *mirror)
{
    MnetStatus status;
    if ((status = mnet_graph_check(&mirror->graph, mirror->error)))
        return status;
    find_ends(mirror);
    if ((status = check_ends(mirror)) || (status = widen_nodes(mirror)) ||
        (status = add_pair(mirror)))
        return status;
    return add_mean(mirror);
}

static MnetStatus mirror_file(Mirror *mirror, const void *file, size_t file_size, uint8_t **data,
                              size_t *size)
{
    MnetGraph *graph = &mirror->graph;
    MnetStatus status = mnet_tflite_read(file, file_size, &mirror->store, graph, mirror->error);
    if (status)
        return status;
    MnetMetadata *metadata = mnet_store_alloc(&mirror->store, sizeof *metadata);
    if (!metadata)
        return mnet_error_memory(mirror->error, sizeof *metadata);
    status = mnet_metadata_read(file, file_size, graph, &mirror->store, metadata, mirror->error);
    if (status || (status = turn(mirror)))
        return status;
    return write_file(mirror, metadata, data, size);
}

MnetStatus mnet_mirror_tflite_memory(const void *file, size_t file_size, uint8_t **data,
                                     size_t *size, MnetError *error)
{
    Mirror mirror = { .error = error };
    mnet_tflite_limit(&mirror.store, file_size);
    MnetStatus status = mirror_file(&mirror, file, file_size, data, size);
    status = mnet_tflite_limited(&mirror.store, status, error);
    mnet_store_clear(&mirror.store);
    return status;
}

MnetStatus mnet_mirror_tflite(const char *path, uint8_t **data, size_t *size, MnetError *error)
{
    MnetFile file;
    MnetStatus status = mnet_file_read(&file, path, error);
    if (!status) {
        status = mnet_mirror_tflite_memory(file.data, file.size, data, size, error);
        mnet_file_clear(&file);
    }
    if (status && error)
        mnet_error_prefix(error, "%.200s", path);
    return status;
}
