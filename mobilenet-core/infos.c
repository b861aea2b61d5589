/* SPDX-License-Identifier: MIT
 *
 * What callers are told of a program: inputs, outputs, operators, totals. */
#include "infos.h"

#include <string.h>

#include "base/error.h"
#include "ops/classes.h"

void mnet_info_fill(const MnetProgram *program, int32_t t, MnetTensorInfo *info)
{
    const MnetTensor *tensor = &program->graph->tensors[t];
    const MnetShape *shape = &program->shapes[t];
    *info = (MnetTensorInfo){ .name = tensor->name,
                              .type = tensor->type,
                              .rank = shape->rank,
                              .elements = mnet_shape_elements(shape) };
    memcpy(info->dims, shape->dims, sizeof info->dims);
    info->bytes = info->elements * mnet_type_size(tensor->type);
    if (tensor->quant.n == 1) {
        info->scale = tensor->quant.scale[0];
        info->zero_point = tensor->quant.zero_point[0];
    }
}

MnetStatus mnet_infos_make(const MnetGraph *graph, const MnetProgram *program, MnetStore *store,
                           MnetInfos *infos, MnetError *error)
{
    size_t inputs = (size_t)graph->n_inputs, outputs = (size_t)graph->n_outputs;
    infos->inputs = mnet_store_calloc(store, inputs, sizeof *infos->inputs);
    infos->outputs = mnet_store_calloc(store, outputs, sizeof *infos->outputs);
    if (!infos->inputs || !infos->outputs)
        return mnet_error_memory(error, (inputs + outputs) * sizeof *infos->inputs);
    for (size_t i = 0; i < inputs; i++) {
        MnetTensorInfo *info = &infos->inputs[i];
        mnet_info_fill(program, graph->inputs[i], info);
        info->channels_first = mnet_dims_channels_first(info->rank, info->dims);
    }
    for (size_t i = 0; i < outputs; i++)
        mnet_info_fill(program, graph->outputs[i], &infos->outputs[i]);
    return MNET_OK;
}

static size_t *operator_count(MnetFolded *counts, MnetOp op)
{
    switch (op) {
    case MNET_OP_PAD:
        return &counts->pads;
    case MNET_OP_RELU:
    case MNET_OP_RELU6:
    case MNET_OP_RELU_N1_TO_1:
        return &counts->activations;
    case MNET_OP_TRANSPOSE:
    case MNET_OP_QUANTIZE:
        return &counts->idle;
    default:
        return NULL;
    }
}

void mnet_info_count(const MnetGraph *graph, const uint8_t *file, size_t size, MnetFolded *before)
{
    *before = (MnetFolded){ 0 };
    for (int32_t t = 0; t < graph->n_tensors; t++) {
        const MnetTensor *tensor = &graph->tensors[t];
        uintptr_t at = (uintptr_t)tensor->data, begin = (uintptr_t)file;
        before->float16 += tensor->data && tensor->type == MNET_TYPE_FLOAT16;
        before->sparse += tensor->data && (at < begin || at >= begin + size);
    }
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        size_t *count = operator_count(before, node->op);
        const MnetTensor *in = mnet_in(graph, node, 0);
        if (count)
            ++*count;
        before->dequantized +=
            node->op == MNET_OP_DEQUANTIZE && in && in->data && in->type != MNET_TYPE_FLOAT16;
    }
}

void mnet_info_folded(const MnetGraph *graph, MnetFolded *folded)
{
    for (int32_t t = 0; t < graph->n_tensors; t++)
        folded->uint8_tensors += graph->tensors[t].was_uint8;
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const MnetNode *node = &graph->nodes[i];
        size_t *count = operator_count(folded, node->op);
        bool bytes = mnet_in(graph, node, 0)->type == MNET_TYPE_INT8;
        if (count && *count)
            --*count;
        folded->tables += bytes && mnet_op_class(node->op)->prepare == mnet_op_unary.prepare;
        folded->dynamic_range += node->op == MNET_OP_ROUND_DYNAMIC;
    }
}

uint64_t mnet_info_parameters(const MnetGraph *graph, const MnetNode *node)
{
    uint64_t n = 0;
    if (node->op != MNET_OP_CONV_2D && node->op != MNET_OP_DEPTHWISE_CONV_2D &&
        node->op != MNET_OP_FULLY_CONNECTED && node->op != MNET_OP_TRANSPOSE_CONV &&
        node->op != MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS)
        return 0;
    for (int32_t i = 1; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && graph->tensors[node->inputs[i]].data &&
            !(i == 2 && node->op == MNET_OP_TRANSPOSE_CONV)) /* the shape of the output */
            n += mnet_tensor_elements(&graph->tensors[node->inputs[i]]);
    return n;
}

/* The slot that computes a step of float16. */
static const char *kernel_slot_f16(const MnetStep *step, bool *plain_c)
{
    *plain_c = step->kernels->f16 == &mnet_kernels_f16_c;
    switch (step->node->op) {
    case MNET_OP_CONV_2D:
    case MNET_OP_FULLY_CONNECTED:
        return "gemm_f16";
    case MNET_OP_DEPTHWISE_CONV_2D:
        return "depthwise_f16";
    case MNET_OP_SUB:
        return "sub_f16";
    case MNET_OP_MUL:
        return "mul_f16";
    case MNET_OP_ADD:
    case MNET_OP_RELU:
    case MNET_OP_RELU6:
    case MNET_OP_RELU_N1_TO_1:
        return "add_f16";
    case MNET_OP_HARD_SWISH:
        return "hard_swish_f16";
    case MNET_OP_AVERAGE_POOL_2D:
    case MNET_OP_MEAN:
        return "accumulate_f16";
    case MNET_OP_MAX_POOL_2D:
        return "max_f16";
    case MNET_OP_CAST:
        return "widen_f16";
    default:
        *plain_c = step->node->op != MNET_OP_RESHAPE && step->node->op != MNET_OP_SQUEEZE;
        return "";
    }
}

/* The slot that computes a step, and whether the chosen set has it from plain C. */
static const char *kernel_slot(const MnetStep *step, bool *plain_c)
{
    if (mnet_in(step->graph, step->node, 0)->type == MNET_TYPE_FLOAT16)
        return kernel_slot_f16(step, plain_c);
    const MnetKernels *k = step->kernels, *c = &mnet_kernels_c;
    bool floats = mnet_in(step->graph, step->node, 0)->type == MNET_TYPE_FLOAT32;
    switch (step->node->op) {
    case MNET_OP_CONV_2D:
    case MNET_OP_FULLY_CONNECTED:
    case MNET_OP_TRANSPOSE_CONV:
    case MNET_OP_CONVOLUTION_2D_TRANSPOSE_BIAS:
        *plain_c = floats ? k->gemm_f32.run == c->gemm_f32.run : k->gemm_s8.run == c->gemm_s8.run;
        return floats ? "gemm_f32" : "gemm_s8";
    case MNET_OP_DEPTHWISE_CONV_2D:
        *plain_c = floats ? k->depthwise_f32.run == c->depthwise_f32.run
                          : k->depthwise_s8.run == c->depthwise_s8.run;
        return floats ? "depthwise_f32" : "depthwise_s8";
    case MNET_OP_ADD:
        *plain_c = floats ? k->add_f32 == c->add_f32 : k->add_s8 == c->add_s8;
        return floats ? "add_f32" : "add_s8";
    case MNET_OP_SUB:
        *plain_c = floats ? k->sub_f32 == c->sub_f32 : k->add_s8 == c->add_s8;
        return floats ? "sub_f32" : "add_s8";
    case MNET_OP_MUL:
        *plain_c = floats ? k->mul_f32 == c->mul_f32 : k->mul_s8 == c->mul_s8;
        return floats ? "mul_f32" : "mul_s8";
    case MNET_OP_PRELU:
        *plain_c = !floats || k->prelu_f32 == c->prelu_f32;
        return floats ? "prelu_f32" : "";
    case MNET_OP_SQUARED_DIFFERENCE:
        *plain_c = !floats || k->sub_f32 == c->sub_f32;
        return floats ? "sub_f32" : "";
    case MNET_OP_AVERAGE_POOL_2D:
    case MNET_OP_MEAN:
        *plain_c =
            floats ? k->accumulate_f32 == c->accumulate_f32 : k->accumulate_s8 == c->accumulate_s8;
        return floats ? "accumulate_f32" : "accumulate_s8";
    case MNET_OP_MAX_POOL_2D:
        *plain_c = floats ? k->max_f32 == c->max_f32 : k->max_s8 == c->max_s8;
        return floats ? "max_f32" : "max_s8";
    case MNET_OP_RELU:
    case MNET_OP_RELU6:
    case MNET_OP_RELU_N1_TO_1:
        *plain_c = floats ? k->add_f32 == c->add_f32 : k->lut8 == c->lut8;
        return floats ? "add_f32" : "lut8";
    case MNET_OP_HARD_SWISH:
        *plain_c = floats ? k->hard_swish_f32 == c->hard_swish_f32 : k->lut8 == c->lut8;
        return floats ? "hard_swish_f32" : "lut8";
    case MNET_OP_LOGISTIC:
        *plain_c = floats ? k->logistic_f32 == c->logistic_f32 : k->lut8 == c->lut8;
        return floats ? "logistic_f32" : "lut8";
    case MNET_OP_TANH:
        *plain_c = floats ? k->tanh_f32 == c->tanh_f32 : k->lut8 == c->lut8;
        return floats ? "tanh_f32" : "lut8";
    case MNET_OP_SQUARE:
        *plain_c = k->mul_f32 == c->mul_f32;
        return "mul_f32";
    case MNET_OP_RESIZE_BILINEAR:
        *plain_c = !floats || k->stretch_f32 == c->stretch_f32;
        return floats ? "stretch_f32" : "";
    case MNET_OP_QUANTIZE:
        *plain_c = floats ? k->quantize_f32 == c->quantize_f32 : k->lut8 == c->lut8;
        return floats ? "quantize_f32" : "lut8";
    case MNET_OP_CAST:
        *plain_c = k->f16 == c->f16;
        return "narrow_f16";
    case MNET_OP_EXP:
    case MNET_OP_RSQRT:
        *plain_c = floats || k->lut8 == c->lut8;
        return floats ? "" : "lut8";
    default:
        *plain_c = step->node->op != MNET_OP_RESHAPE && step->node->op != MNET_OP_SQUEEZE;
        return "";
    }
}

/* Inputs, constants and outputs of a node; 0 where the output is the input. */
static uint64_t bytes_moved(const MnetProgram *program, const MnetNode *node)
{
    uint64_t bytes = 0;
    if ((node->op == MNET_OP_RESHAPE || node->op == MNET_OP_SQUEEZE) &&
        program->roots[node->outputs[0]] == program->roots[node->inputs[0]])
        return 0;
    for (int32_t i = 0; i < node->n_inputs + node->n_outputs; i++) {
        int32_t t = i < node->n_inputs ? node->inputs[i] : node->outputs[i - node->n_inputs];
        if (t < 0)
            continue;
        const MnetTensor *tensor = &program->graph->tensors[t];
        size_t elements =
            tensor->data ? mnet_tensor_elements(tensor) : mnet_shape_elements(&program->shapes[t]);
        bytes += elements * mnet_type_size(tensor->type);
    }
    return bytes;
}

/* Blocks in the order in which they run, from 1 on. */
static size_t block_number(const MnetProgram *program, const MnetBlock *block)
{
    size_t number = 0;
    for (size_t i = 0; block && i < program->n_jobs; i++) {
        number += program->jobs[i].block != NULL;
        if (program->jobs[i].block == block)
            break;
    }
    return number;
}

bool mnet_info_operator(const MnetProgram *program, size_t index, MnetOperatorInfo *info)
{
    if (index >= (size_t)program->graph->n_nodes)
        return false;
    const MnetStep *step = &program->steps[index];
    const MnetNode *node = step->node;
    *info = (MnetOperatorInfo){ .name = mnet_op_name(node->op),
                                .note = node->note,
                                .file_index = node->file_index,
                                .macs = step->macs,
                                .parameters = mnet_info_parameters(program->graph, node),
                                .bytes = bytes_moved(program, node) };
    const MnetBlock *block = program->block_of[index];
    info->block = block_number(program, block);
    info->inner = block && block->output != node->outputs[0];
    info->kernel = kernel_slot(step, &info->plain_c);
    mnet_info_fill(program, node->outputs[0], &info->output);
    return true;
}

void mnet_info_stats(const MnetProgram *program, MnetModelStats *stats)
{
    const MnetGraph *graph = program->graph;
    stats->macs = program->macs;
    stats->arena_bytes = program->arena_bytes + program->scratch;
    stats->scratch_bytes = program->scratch;
    stats->input_bytes = 0;
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        MnetTensorInfo info;
        mnet_info_fill(program, graph->inputs[i], &info);
        stats->input_bytes += info.bytes;
    }
}
