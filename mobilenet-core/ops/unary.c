/* SPDX-License-Identifier: MIT
 *
 * One element in, one out: activations, QUANTIZE, DEQUANTIZE, FLIP.  Whatever
 * goes from a byte to a byte is a table of 256 bytes, filled at load by the
 * reference's own arithmetic. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/classes.h"
#include "ops/hard_swish.h"
#include "ops/quant.h"
#include "ops/rows.h"

typedef struct {
    uint8_t table[256]; /* [(uint8_t)in] */
} UnaryPacked;

static MnetStatus same_shape(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    return mnet_set_shape(graph, node, shapes, &shapes[node->inputs[0]], error);
}

static MnetStatus unary_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                              MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    if (node->op == MNET_OP_SQUARE && mnet_in(graph, node, 0)->type != MNET_TYPE_FLOAT32)
        return mnet_op_unsupported(error, node, "int8 and uint8 are not supported, only float32");
    return same_shape(graph, node, shapes, error);
}

/* RELU and its like: the scales changed, then the range of the activation. */
static int8_t rescaled(const MnetNode *node, const MnetTensor *in, const MnetTensor *out, int32_t q)
{
    int32_t min, max;
    MnetActivation activation = node->op == MNET_OP_RELU           ? MNET_ACTIVATION_RELU
                                : node->op == MNET_OP_RELU6        ? MNET_ACTIVATION_RELU6
                                : node->op == MNET_OP_RELU_N1_TO_1 ? MNET_ACTIVATION_RELU_N1_TO_1
                                                                   : MNET_ACTIVATION_NONE;
    mnet_activation_range_s8(activation, out, &min, &max);
    MnetFixed factor = mnet_fixed((double)in->quant.scale[0] / (double)out->quant.scale[0]);
    int64_t v = (int64_t)mnet_fixed_multiply(q - in->quant.zero_point[0], factor) +
                out->quant.zero_point[0];
    return (int8_t)(v < min ? min : v > max ? max : v);
}

static float curve(MnetOp op, float x)
{
    return op == MNET_OP_LOGISTIC ? 1 / (1 + expf(-x)) : op == MNET_OP_EXP ? expf(x) : tanhf(x);
}

/* RSQRT: 2^20 / sqrt(q), scaled.  The reference gives the highest number for 0 and
 * fails below it, where this gives the highest, too. */
static int8_t reciprocal_root(const MnetTensor *in, const MnetTensor *out, int32_t q)
{
    int32_t value = q - in->quant.zero_point[0];
    if (value <= 0)
        return 127;
    double scale = 1 / (double)(sqrtf(in->quant.scale[0]) * out->quant.scale[0]);
    MnetFixed factor = mnet_fixed(scale);
    int32_t root = (int32_t)lrint((1 << 20) / sqrt((double)value));
    factor.shift -= 20;
    int64_t v = factor.shift < -31 ? 0 : mnet_fixed_multiply(root, factor);
    v += out->quant.zero_point[0];
    return (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
}

/* In float, as the reference fills its own tables. */
static int8_t through_float(const MnetNode *node, const MnetTensor *in, const MnetTensor *out,
                            int32_t q)
{
    float x = in->quant.scale[0] * (float)(q - in->quant.zero_point[0]);
    float inverse = 1.0f / out->quant.scale[0];
    float v = roundf(curve(node->op, x) * inverse) + (float)out->quant.zero_point[0];
    /* 0 times an infinite scale is no number. */
    return (int8_t)(v > 127 ? 127 : v > -128 ? v : -128);
}

static bool is_curve(MnetOp op)
{
    return op == MNET_OP_LOGISTIC || op == MNET_OP_TANH || op == MNET_OP_EXP;
}

static MnetStatus fill_table(MnetGraph *graph, MnetNode *node, MnetError *error)
{
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    UnaryPacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed)
        return mnet_error_memory(error, sizeof *packed);
    MnetHardSwish swish = mnet_hard_swish(in, out);
    for (int32_t q = -128; q < 128; q++) {
        int8_t value = node->op == MNET_OP_HARD_SWISH ? mnet_hard_swish_apply(&swish, q)
                       : node->op == MNET_OP_RSQRT    ? reciprocal_root(in, out, q)
                       : is_curve(node->op)           ? through_float(node, in, out, q)
                                                      : rescaled(node, in, out, q);
        packed->table[(uint8_t)q] = (uint8_t)value;
    }
    node->packed = packed;
    return MNET_OK;
}

static MnetStatus unary_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                MnetError *error)
{
    return mnet_in(graph, node, 0)->type == MNET_TYPE_INT8 ? fill_table(graph, node, error)
                                                           : MNET_OK;
}

static MnetStatus flat_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    size_t n = mnet_shape_elements(&step->shapes[step->node->inputs[0]]);
    /* A table lookup takes as long as six multiply-adds. */
    step->tiles = mnet_tile_count((uint64_t)n * 6, n);
    return MNET_OK;
}

static void unary_f32(const MnetKernels *kernels, MnetOp op, size_t n, const float *in, float *out)
{
    static const float none = 0;
    switch (op) {
    case MNET_OP_RELU:
        kernels->add_f32(n, in, &none, 0, 0, INFINITY, out);
        break;
    case MNET_OP_RELU6:
        kernels->add_f32(n, in, &none, 0, 0, 6, out);
        break;
    case MNET_OP_RELU_N1_TO_1:
        kernels->add_f32(n, in, &none, 0, -1, 1, out);
        break;
    case MNET_OP_SQUARE:
        kernels->mul_f32(n, in, in, 1, -INFINITY, INFINITY, out);
        break;
    case MNET_OP_HARD_SWISH:
        kernels->hard_swish_f32(n, in, out);
        break;
    case MNET_OP_LOGISTIC:
        kernels->logistic_f32(n, in, out);
        break;
    case MNET_OP_TANH:
        kernels->tanh_f32(n, in, out);
        break;
    case MNET_OP_RSQRT:
        for (size_t i = 0; i < n; i++)
            out[i] = 1 / sqrtf(in[i]);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            out[i] = expf(in[i]);
        break;
    }
}

/* What graph/halve.c takes for float16. */
static void unary_f16(const MnetKernelsF16 *kernels, MnetOp op, size_t n, const MnetHalf *in,
                      MnetHalf *out)
{
    static const MnetHalf none = 0;
    if (op == MNET_OP_HARD_SWISH)
        kernels->hard_swish(n, in, out);
    else if (op == MNET_OP_RELU_N1_TO_1)
        kernels->add(n, in, &none, 0, -1, 1, out);
    else
        kernels->add(n, in, &none, 0, 0, op == MNET_OP_RELU6 ? 6 : INFINITY, out);
}

void mnet_unary_elements(const MnetStep *step, size_t n, const void *in, void *out)
{
    const UnaryPacked *packed = step->node->packed;
    if (packed)
        step->kernels->lut8(n, in, packed->table, out);
    else if (mnet_in(step->graph, step->node, 0)->type == MNET_TYPE_FLOAT16)
        unary_f16(step->kernels->f16, step->node->op, n, in, out);
    else
        unary_f32(step->kernels, step->node->op, n, in, out);
}

static void unary_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                      void *scratch)
{
    const MnetNode *node = step->node;
    const uint8_t *in = tensors[node->inputs[0]];
    uint8_t *out = tensors[node->outputs[0]];
    size_t n = mnet_shape_elements(&step->shapes[node->inputs[0]]), begin, end;
    size_t element = mnet_type_size(mnet_in(step->graph, node, 0)->type);
    mnet_tile_range(n, tile, tiles, 64, &begin, &end);
    mnet_unary_elements(step, end - begin, in + begin * element, out + begin * element);
}

const MnetOpClass mnet_op_unary = { unary_infer, unary_prepare, flat_plan, unary_run };

static MnetStatus quantize_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                 MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status)
        return status;
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if (out->type != MNET_TYPE_INT8 || out->quant.n != 1 ||
        (in->type != MNET_TYPE_FLOAT32 && (in->type != MNET_TYPE_INT8 || in->quant.n != 1)))
        return mnet_op_unsupported(error, node,
                                   "%s to %s is not supported, or one has no single scale",
                                   mnet_type_name(in->type), mnet_type_name(out->type));
    return same_shape(graph, node, shapes, error);
}

static void quantize_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                         void *scratch)
{
    const MnetNode *node = step->node;
    const MnetTensor *out = mnet_out(step->graph, node);
    size_t n = mnet_shape_elements(&step->shapes[node->inputs[0]]), begin, end;
    if (node->packed) {
        unary_run(step, tensors, tile, tiles, scratch);
        return;
    }
    mnet_tile_range(n, tile, tiles, 64, &begin, &end);
    step->kernels->quantize_f32(end - begin, (const float *)tensors[node->inputs[0]] + begin,
                                out->quant.scale[0], out->quant.zero_point[0],
                                (int8_t *)tensors[node->outputs[0]] + begin);
}

const MnetOpClass mnet_op_quantize = { quantize_infer, unary_prepare, flat_plan, quantize_run };

static MnetStatus dequantize_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                   MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status)
        return status;
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if (out->type != MNET_TYPE_FLOAT32 || in->type != MNET_TYPE_INT8 || in->quant.n != 1)
        return mnet_op_unsupported(error, node,
                                   "%s to %s is not supported, or it has no single scale",
                                   mnet_type_name(in->type), mnet_type_name(out->type));
    return same_shape(graph, node, shapes, error);
}

static void dequantize_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                           void *scratch)
{
    const MnetNode *node = step->node;
    const MnetTensor *tensor = mnet_in(step->graph, node, 0);
    float scale = tensor->quant.scale[0];
    int32_t zero = tensor->quant.zero_point[0];
    const int8_t *restrict in = tensors[node->inputs[0]];
    float *restrict out = tensors[node->outputs[0]];
    size_t n = mnet_shape_elements(&step->shapes[node->inputs[0]]), begin, end;
    mnet_tile_range(n, tile, tiles, 64, &begin, &end);
    for (size_t i = begin; i < end; i++)
        out[i] = scale * (float)(in[i] - zero);
}

const MnetOpClass mnet_op_dequantize = { dequantize_infer, NULL, flat_plan, dequantize_run };

static MnetStatus flip_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                             MnetError *error)
{
    return same_shape(graph, node, shapes, error);
}

static void flip_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const uint8_t *in = tensors[step->node->inputs[0]];
    uint8_t *out = tensors[step->node->outputs[0]];
    size_t n = mnet_shape_elements(&step->shapes[step->node->inputs[0]]), begin, end;
    mnet_tile_range(n, tile, tiles, 64, &begin, &end);
    for (size_t i = begin; i < end; i++)
        out[i] = in[i] ^ 0x80;
}

const MnetOpClass mnet_op_flip = { flip_infer, NULL, flat_plan, flip_run };

static void cast_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                     void *scratch)
{
    const void *in = tensors[step->node->inputs[0]];
    void *out = tensors[step->node->outputs[0]];
    size_t n = mnet_shape_elements(&step->shapes[step->node->inputs[0]]), begin, end;
    mnet_tile_range(n, tile, tiles, 64, &begin, &end);
    if (mnet_out(step->graph, step->node)->type == MNET_TYPE_FLOAT16)
        step->kernels->f16->narrow(end - begin, (const float *)in + begin, (MnetHalf *)out + begin);
    else
        step->kernels->f16->widen(end - begin, (const MnetHalf *)in + begin, (float *)out + begin);
}

const MnetOpClass mnet_op_cast = { flip_infer, NULL, flat_plan, cast_run };
