/* SPDX-License-Identifier: MIT
 *
 * SOFTMAX over the last dimension: exp(beta * (x - max)) / sum.  Integers go
 * through a table of exponentials of the 256 possible distances from the
 * largest value. */
#include <math.h>

#include "base/error.h"
#include "ops/classes.h"

typedef struct {
    float exponential[256]; /* [max - x] */
    float scale;            /* 1 / the output's scale */
    int32_t zero_point;
} SoftmaxPacked;

static MnetStatus softmax_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                                MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 1, 1, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetShape *in = &shapes[node->inputs[0]];
    if (in->rank < 1)
        return mnet_op_malformed(error, node, "its input is a scalar");
    if (!isfinite(node->options.beta))
        return mnet_op_malformed(error, node, "beta is not a finite number");
    return mnet_set_shape(graph, node, shapes, in, error);
}

static MnetStatus softmax_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                  MnetError *error)
{
    const MnetTensor *in = mnet_in(graph, node, 0), *out = mnet_out(graph, node);
    if (in->type == MNET_TYPE_FLOAT32)
        return MNET_OK;
    SoftmaxPacked *packed = mnet_store_alloc(graph->store, sizeof *packed);
    if (!packed)
        return mnet_error_memory(error, sizeof *packed);
    for (int i = 0; i < 256; i++)
        packed->exponential[i] =
            (float)exp(-(double)i * (double)in->quant.scale[0] * (double)node->options.beta);
    packed->scale = 1.0f / out->quant.scale[0];
    packed->zero_point = out->quant.zero_point[0];
    node->packed = packed;
    return MNET_OK;
}

static MnetStatus softmax_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetShape *in = &step->shapes[step->node->inputs[0]];
    size_t n = mnet_shape_elements(in), row = (size_t)in->dims[in->rank - 1];
    step->tiles = mnet_tile_count((uint64_t)n * 16, n / row);
    return MNET_OK;
}

static void softmax_row_s8(const SoftmaxPacked *p, size_t n, const int8_t *in, int8_t *out)
{
    int32_t max = -128;
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        max = in[i] > max ? in[i] : max;
    for (size_t i = 0; i < n; i++)
        sum += p->exponential[max - in[i]];
    float factor = p->scale / sum;
    for (size_t i = 0; i < n; i++) {
        float q = nearbyintf(p->exponential[max - in[i]] * factor) + (float)p->zero_point;
        /* 0 times an infinite scale is no number. */
        out[i] = (int8_t)(q > 127 ? 127 : q > -128 ? q : -128);
    }
}

static void softmax_row_f32(float beta, size_t n, const float *in, float *out)
{
    float max = in[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        max = in[i] > max ? in[i] : max;
    for (size_t i = 0; i < n; i++)
        sum += out[i] = expf((in[i] - max) * beta);
    for (size_t i = 0; i < n; i++)
        out[i] /= sum;
}

/* Of two numbers either is the logistic curve of their distance. */
static void softmax_pairs_f32(const MnetStep *step, size_t rows, const float *in, float *out)
{
    float beta = step->node->options.beta;
    for (size_t i = 0; i < 2 * rows; i += 2) {
        float distance = (in[i] - in[i + 1]) * beta;
        out[i] = distance;
        out[i + 1] = -distance;
    }
    step->kernels->logistic_f32(2 * rows, out, out);
}

static void softmax_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                        void *scratch)
{
    const MnetNode *node = step->node;
    const MnetShape *shape = &step->shapes[node->inputs[0]];
    size_t n = (size_t)shape->dims[shape->rank - 1], begin, end;
    const void *in = tensors[node->inputs[0]];
    void *out = tensors[node->outputs[0]];
    mnet_tile_range(mnet_shape_elements(shape) / n, tile, tiles, 1, &begin, &end);
    if (!node->packed && n == 2) {
        softmax_pairs_f32(step, end - begin, (const float *)in + 2 * begin,
                          (float *)out + 2 * begin);
        return;
    }
    for (size_t r = begin; r < end; r++) {
        if (node->packed)
            softmax_row_s8(node->packed, n, (const int8_t *)in + r * n, (int8_t *)out + r * n);
        else
            softmax_row_f32(node->options.beta, n, (const float *)in + r * n, (float *)out + r * n);
    }
}

const MnetOpClass mnet_op_softmax = { softmax_infer, softmax_prepare, softmax_plan, softmax_run };
