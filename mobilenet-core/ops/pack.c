/* SPDX-License-Identifier: MIT
 *
 * From a file's weights to the panels and tables that kernels read. */
#include "ops/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "kernels/half.h"
#include "ops/fit.h"

static int32_t weight_at(const MnetLayer *layer, size_t channel, size_t tap)
{
    const int8_t *w = layer->weights->data;
    return w[channel * layer->channel_step + tap * layer->tap_step];
}

static float weight_f32_at(const MnetLayer *layer, size_t channel, size_t tap)
{
    float value;
    memcpy(&value,
           (const uint8_t *)layer->weights->data +
               4 * (channel * layer->channel_step + tap * layer->tap_step),
           sizeof value);
    return value;
}

static float weight_scale(const MnetLayer *layer, size_t channel)
{
    const MnetQuant *quant = &layer->weights->quant;
    return quant->scale[quant->n == 1 ? 0 : channel];
}

/* Whether the result is 0 for every int32: sums times less than 2^-33, for which
 * TFLite's multiplier is 0.  Converters give channels without meaning such scales, and
 * biases at the end of int32, which together with the products pass it.  Or whether
 * the scale is infinite: see check_infinite(). */
static bool is_dead(const MnetLayer *layer, size_t channel)
{
    double w = (double)weight_scale(layer, channel);
    double factor = (double)layer->in->quant.scale[0] * w / (double)layer->out->quant.scale[0];
    return isinf(w) || fabs(factor) < 0x1p-33;
}

/* 0 where nothing comes of it.  Files may put constants at any alignment. */
static int32_t bias_at(const MnetLayer *layer, size_t channel)
{
    int32_t value = 0;
    if (layer->bias && !is_dead(layer, channel))
        memcpy(&value, (const uint8_t *)layer->bias->data + 4 * channel, sizeof value);
    return value;
}

static float bias_f32_at(const MnetLayer *layer, size_t channel)
{
    float value = 0;
    if (layer->bias)
        memcpy(&value, (const uint8_t *)layer->bias->data + 4 * channel, sizeof value);
    return value;
}

static int32_t weight_zero(const MnetLayer *layer, size_t channel)
{
    const MnetQuant *quant = &layer->weights->quant;
    return quant->zero_point[quant->n == 1 ? 0 : channel];
}

/* The product of the scales is one of floats where TFLite's is: for weights of
 * the uint8 form and for FULLY_CONNECTED with one scale. */
static double layer_factor(const MnetNode *node, const MnetLayer *layer, size_t channel)
{
    const MnetQuant *quant = &layer->weights->quant;
    float in = layer->in->quant.scale[0], w = weight_scale(layer, channel);
    if (isinf(w))
        return 0;
    bool of_floats =
        layer->weights->was_uint8 || (node->op == MNET_OP_FULLY_CONNECTED && quant->n == 1);
    double product = of_floats ? (double)(in * w) : (double)in * (double)w;
    return product / (double)layer->out->quant.scale[0];
}

/* An infinite scale is taken where it scales nothing: the channel has no weight and
 * no bias but 0. */
static MnetStatus check_infinite(const MnetNode *node, const MnetLayer *layer, MnetError *error)
{
    for (size_t c = 0; c < layer->channels; c++) {
        int32_t bias = 0, any = 0;
        if (!isinf(weight_scale(layer, c)))
            continue;
        if (layer->bias)
            memcpy(&bias, (const uint8_t *)layer->bias->data + 4 * c, sizeof bias);
        for (size_t t = 0; t < layer->taps && !any; t++)
            any = weight_at(layer, c, t) - weight_zero(layer, c);
        if (any || bias)
            return mnet_op_malformed(error, node,
                                     "the scale of the weights of channel %zu is infinite, and "
                                     "they or its bias are not 0",
                                     c);
    }
    return MNET_OK;
}

/* The least and the largest sum of a channel, whatever the input: each product at the
 * end of the activations' range that its weight's sign asks for. */
static void sums_range(const MnetLayer *layer, size_t channel, int64_t *lo, int64_t *hi)
{
    int64_t up = 0, down = 0, zero = layer->in->quant.zero_point[0];
    int32_t wz = weight_zero(layer, channel);
    for (size_t t = 0; t < layer->taps; t++) {
        int32_t w = weight_at(layer, channel, t) - wz;
        up += w > 0 ? w : 0;
        down += w < 0 ? -w : 0;
    }
    *lo = bias_at(layer, channel) + up * (-128 - zero) - down * (127 - zero);
    *hi = bias_at(layer, channel) + up * (127 - zero) - down * (-128 - zero);
}

static MnetStatus check_sums(const MnetNode *node, const MnetLayer *layer, MnetError *error)
{
    for (size_t c = 0; c < layer->channels; c++) {
        int64_t smallest, largest;
        sums_range(layer, c, &smallest, &largest);
        if (largest > INT32_MAX || smallest < -INT32_MAX)
            return mnet_op_unsupported(error, node,
                                       "the sums of channel %zu may pass 2^31: %lld to %lld", c,
                                       (long long)smallest, (long long)largest);
    }
    return MNET_OK;
}

static MnetStatus check_bias(const MnetNode *node, const MnetLayer *layer, MnetType type,
                             MnetError *error)
{
    const MnetTensor *bias = layer->bias;
    if (!bias)
        return MNET_OK;
    if (!bias->data || bias->type != type)
        return mnet_op_unsupported(error, node, "its bias is %s%s, a constant of %s expected",
                                   bias->data ? "" : "computed, of type ",
                                   mnet_type_name(bias->type), mnet_type_name(type));
    if (mnet_tensor_elements(bias) != layer->channels)
        return mnet_op_malformed(error, node, "its bias has %zu values for %zu channels",
                                 mnet_tensor_elements(bias), layer->channels);
    return MNET_OK;
}

MnetStatus mnet_layer_check(const MnetNode *node, const MnetLayer *layer, MnetError *error)
{
    const MnetQuant *quant = &layer->weights->quant;
    if (!layer->weights->data)
        return mnet_op_unsupported(error, node, "its weights are not constant");
    MnetType type = layer->in->was_float32 ? MNET_TYPE_FLOAT32 : layer->in->type;
    if (layer->weights->type != type)
        return mnet_op_unsupported(error, node, "%s activations with %s weights are not supported",
                                   mnet_type_name(layer->in->type),
                                   mnet_type_name(layer->weights->type));
    if (type == MNET_TYPE_FLOAT32)
        return check_bias(node, layer, MNET_TYPE_FLOAT32, error);
    if (quant->n < 1 || (quant->n > 1 && ((size_t)quant->n != layer->channels ||
                                          quant->axis != layer->weight_axis)))
        return mnet_op_malformed(
            error, node,
            "its weights have %d scales along dimension %d, 1 or %zu along %d expected", quant->n,
            quant->axis, layer->channels, layer->weight_axis);
    MnetStatus status = check_bias(node, layer, MNET_TYPE_INT32, error);
    if (!status)
        status = check_infinite(node, layer, error);
    return status ? status : check_sums(node, layer, error);
}

/* The fits of a layer.  Channels of one scale share them where their sums allow. */
static MnetStatus pack_fits(MnetGraph *graph, const MnetLayer *layer, size_t padded, MnetRequant *r,
                            MnetError *error)
{
    int32_t *offset = mnet_store_calloc(graph->store, padded, sizeof *offset);
    float *factor = mnet_store_calloc(graph->store, padded, sizeof *factor);
    float *addend = mnet_store_calloc(graph->store, padded, sizeof *addend);
    if (!offset || !factor || !addend)
        return mnet_error_memory(error, padded * sizeof *factor);
    for (size_t c = 0; c < padded; c++) {
        MnetFitTask task = {
            { r->multiplier[c], r->shift[c] }, r->zero_point, r->min, r->max, 0, 0
        };
        MnetFit fit = { 0, 0, 0 };
        if (c < layer->channels)
            sums_range(layer, c, &task.lo, &task.hi);
        mnet_fit(&task, &fit);
        offset[c] = fit.offset;
        factor[c] = fit.factor;
        addend[c] = fit.addend;
    }
    r->fit_offset = offset;
    r->fit_factor = factor;
    r->fit_addend = addend;
    return MNET_OK;
}

/* The factors of `padded` channels; 0 for those that are padding. */
static MnetStatus pack_requant(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                               size_t padded, bool fits, MnetRequant *requant, MnetError *error)
{
    int32_t *multiplier = mnet_store_calloc(graph->store, padded, sizeof *multiplier);
    int32_t *shift = mnet_store_calloc(graph->store, padded, sizeof *shift);
    float *scale = mnet_store_calloc(graph->store, padded, sizeof *scale);
    float *tie = mnet_store_calloc(graph->store, padded, sizeof *tie);
    if (!multiplier || !shift || !scale || !tie)
        return mnet_error_memory(error, padded * sizeof *scale);
    for (size_t c = 0; c < layer->channels; c++) {
        MnetFixed factor = mnet_fixed(layer_factor(node, layer, c));
        multiplier[c] = factor.multiplier;
        shift[c] = factor.shift;
        mnet_fixed_quick(factor, &scale[c], &tie[c]);
    }
    *requant = (MnetRequant){ .multiplier = multiplier,
                              .shift = shift,
                              .scale = scale,
                              .tie = tie,
                              .zero_point = layer->out->quant.zero_point[0] };
    mnet_activation_range_s8(node->activation, layer->out, &requant->min, &requant->max);
    return fits && requant->min >= requant->zero_point
               ? pack_fits(graph, layer, padded, requant, error)
               : MNET_OK;
}

/* bias - input zero point * sum of (w - wz), modulo 2^32: the whole sum fits,
 * its parts need not. */
static int32_t folded_bias(const MnetLayer *layer, size_t channel)
{
    int64_t sum = 0;
    for (size_t t = 0; t < layer->taps; t++)
        sum += weight_at(layer, channel, t) - weight_zero(layer, channel);
    int64_t zero = layer->in->quant.zero_point[0];
    return (int32_t)(uint32_t)((uint64_t)bias_at(layer, channel) - (uint64_t)(zero * sum));
}

/* Where weight (channel j of the panel, tap t) lies: see MnetGemmS8. */
static size_t panel_index(const MnetLayer *layer, size_t nr, size_t kr, size_t j, size_t t)
{
    if (!kr)
        return j * layer->taps + t;
    size_t at = t / layer->run * mnet_round_up(layer->run, kr) + t % layer->run;
    return (at / kr * nr + j) * kr + at % kr;
}

/* What a kernel's bytes are short of the weights: with w_bias the same for all,
 * else as near to the zero point as lets every weight of the channel fit, so that
 * the sums of the rows are seldom needed.  -127 is as low as kernels like. */
static int32_t stored_zero(const MnetLayer *layer, const MnetKernels *kernels, size_t c)
{
    if (kernels->gemm_s8.w_bias)
        return -kernels->gemm_s8.w_bias;
    int32_t least = weight_at(layer, c, 0), most = least, zero = weight_zero(layer, c);
    for (size_t t = 1; t < layer->taps; t++) {
        int32_t w = weight_at(layer, c, t);
        least = w < least ? w : least;
        most = w > most ? w : most;
    }
    zero = zero > least + 127 ? least + 127 : zero;
    return zero < most - 127 ? most - 127 : zero;
}

static void fill_panel_s8(const MnetLayer *layer, const MnetKernels *kernels, size_t n0,
                          uint8_t *panel)
{
    size_t nr = kernels->gemm_s8.nr, kr = kernels->gemm_s8.kr;
    int32_t *bias = (int32_t *)(void *)panel;
    int16_t *wide = (int16_t *)(void *)(panel + nr * sizeof *bias);
    uint8_t *narrow = panel + nr * sizeof *bias;
    for (size_t j = 0; j < nr && n0 + j < layer->channels; j++) {
        size_t c = n0 + j;
        int32_t zero =
            kernels->gemm_s8.wide ? weight_zero(layer, c) : stored_zero(layer, kernels, c);
        bias[j] = folded_bias(layer, c);
        for (size_t t = 0; t < layer->taps; t++) {
            size_t at = panel_index(layer, nr, kr, j, t);
            if (kernels->gemm_s8.wide)
                wide[at] = (int16_t)(weight_at(layer, c, t) - zero);
            else
                narrow[at] = (uint8_t)(weight_at(layer, c, t) - zero);
        }
    }
}

/* NULL in *zeros when all are 0 or the kernel does not ask. */
static MnetStatus pack_weight_zeros(MnetGraph *graph, const MnetLayer *layer, size_t padded,
                                    const MnetKernels *kernels, const int32_t **zeros,
                                    MnetError *error)
{
    bool any = false;
    *zeros = NULL;
    if (kernels->gemm_s8.wide)
        return MNET_OK;
    int32_t *values = mnet_store_calloc(graph->store, padded, sizeof *values);
    if (!values)
        return mnet_error_memory(error, padded * sizeof *values);
    for (size_t c = 0; c < layer->channels; c++) {
        values[c] = weight_zero(layer, c) - stored_zero(layer, kernels, c);
        any |= values[c] != 0;
    }
    *zeros = any ? values : NULL;
    return MNET_OK;
}

MnetStatus mnet_pack_gemm_s8(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                             const MnetKernels *kernels, MnetGemmS8 *gemm, MnetError *error)
{
    size_t nr = kernels->gemm_s8.nr, kr = kernels->gemm_s8.kr;
    size_t padded = mnet_round_up(layer->channels, nr), bytes;
    size_t runs = layer->taps / layer->run;
    size_t row = kr ? runs * mnet_round_up(layer->run, kr) : layer->taps;
    size_t panel = mnet_round_up(nr * sizeof(int32_t) + nr * row * (kernels->gemm_s8.wide ? 2 : 1),
                                 MNET_ALIGN);
    if (!mnet_mul_size(panel, padded / nr, &bytes))
        return mnet_error_memory(error, SIZE_MAX);
    uint8_t *panels = mnet_store_alloc(graph->store, bytes);
    if (!panels)
        return mnet_error_memory(error, bytes);
    for (size_t n0 = 0; n0 < layer->channels; n0 += nr)
        fill_panel_s8(layer, kernels, n0, panels + n0 / nr * panel);
    gemm->k = layer->taps;
    gemm->run = layer->run;
    gemm->runs = layer->taps / layer->run;
    gemm->panels = panels;
    gemm->panel_bytes = panel;
    MnetStatus status = pack_weight_zeros(graph, layer, padded, kernels, &gemm->weight_zero, error);
    return status ? status
                  : pack_requant(graph, node, layer, padded, kernels->gemm_s8.fits, &gemm->requant,
                                 error);
}

static void put(MnetType type, void *values, size_t i, float value)
{
    if (type == MNET_TYPE_FLOAT16)
        ((MnetHalf *)values)[i] = mnet_half_from_float(value);
    else
        ((float *)values)[i] = value;
}

/* Panels of `nr` channels and *panel elements of a type of floats: see MnetGemmF32. */
static MnetStatus pack_panels(MnetGraph *graph, const MnetLayer *layer, MnetType type, size_t nr,
                              void **panels, size_t *panel, MnetError *error)
{
    size_t element = mnet_type_size(type), count;
    *panel = mnet_round_up(nr * (layer->taps + 1), MNET_ALIGN / element);
    if (!mnet_mul_size(*panel, mnet_round_up(layer->channels, nr) / nr, &count))
        return mnet_error_memory(error, SIZE_MAX);
    *panels = mnet_store_calloc(graph->store, count, element);
    if (!*panels)
        return mnet_error_memory(error, count * element);
    for (size_t c = 0; c < layer->channels; c++) {
        size_t at = c / nr * *panel + c % nr;
        put(type, *panels, at, bias_f32_at(layer, c));
        for (size_t t = 0; t < layer->taps; t++)
            put(type, *panels, at + (t + 1) * nr, weight_f32_at(layer, c, t));
    }
    return MNET_OK;
}

MnetStatus mnet_pack_gemm_f32(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                              const MnetKernels *kernels, MnetGemmF32 *gemm, MnetError *error)
{
    void *panels;
    MnetStatus status = pack_panels(graph, layer, MNET_TYPE_FLOAT32, kernels->gemm_f32.nr, &panels,
                                    &gemm->panel_floats, error);
    if (status)
        return status;
    gemm->k = layer->taps;
    gemm->run = layer->run;
    gemm->runs = layer->taps / layer->run;
    gemm->panels = panels;
    mnet_activation_range_f32(node->activation, &gemm->min, &gemm->max);
    return MNET_OK;
}

MnetStatus mnet_pack_gemm_f16(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                              const MnetKernels *kernels, MnetGemmF16 *gemm, MnetError *error)
{
    void *panels;
    MnetStatus status = pack_panels(graph, layer, MNET_TYPE_FLOAT16, kernels->f16->gemm.nr, &panels,
                                    &gemm->panel_halves, error);
    if (status)
        return status;
    gemm->k = layer->taps;
    gemm->run = layer->run;
    gemm->runs = layer->taps / layer->run;
    gemm->panels = panels;
    mnet_activation_range_f32(node->activation, &gemm->min, &gemm->max);
    return MNET_OK;
}

MnetStatus mnet_pack_depthwise_s8(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                  const MnetKernels *kernels, MnetDepthwiseS8 *depthwise,
                                  MnetError *error)
{
    size_t tile = mnet_round_up(layer->channels, kernels->depthwise_s8.channel_tile), count;
    if (!mnet_mul_size(tile, layer->taps, &count))
        return mnet_error_memory(error, SIZE_MAX);
    int16_t *weights = mnet_store_calloc(graph->store, count, sizeof *weights);
    int32_t *bias = mnet_store_calloc(graph->store, tile, sizeof *bias);
    if (!weights || !bias)
        return mnet_error_memory(error, count * sizeof *weights);
    for (size_t c = 0; c < layer->channels; c++) {
        bias[c] = folded_bias(layer, c);
        for (size_t t = 0; t < layer->taps; t++)
            weights[t * tile + c] = (int16_t)(weight_at(layer, c, t) - weight_zero(layer, c));
    }
    depthwise->channels = layer->channels;
    depthwise->tile = tile;
    depthwise->weights = weights;
    depthwise->bias = bias;
    MnetStatus status = pack_requant(graph, node, layer, tile, kernels->depthwise_s8.fits,
                                     &depthwise->requant, error);
    if (status || !kernels->depthwise_s8.pack)
        return status;
    size_t bytes = kernels->depthwise_s8.pack_bytes(depthwise);
    void *packed = mnet_store_alloc(graph->store, bytes);
    if (!packed)
        return mnet_error_memory(error, bytes);
    kernels->depthwise_s8.pack(depthwise, packed);
    depthwise->packed = packed;
    return MNET_OK;
}

/* Weights and biases of channels padded to `tile`: see MnetDepthwiseF32. */
static MnetStatus pack_windows(MnetGraph *graph, const MnetLayer *layer, MnetType type, size_t tile,
                               void **weights, void **bias, MnetError *error)
{
    size_t element = mnet_type_size(type), count;
    if (!mnet_mul_size(tile, layer->taps, &count))
        return mnet_error_memory(error, SIZE_MAX);
    *weights = mnet_store_calloc(graph->store, count, element);
    *bias = mnet_store_calloc(graph->store, tile, element);
    if (!*weights || !*bias)
        return mnet_error_memory(error, count * element);
    for (size_t c = 0; c < layer->channels; c++) {
        put(type, *bias, c, bias_f32_at(layer, c));
        for (size_t t = 0; t < layer->taps; t++)
            put(type, *weights, t * tile + c, weight_f32_at(layer, c, t));
    }
    return MNET_OK;
}

MnetStatus mnet_pack_depthwise_f32(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                   const MnetKernels *kernels, MnetDepthwiseF32 *depthwise,
                                   MnetError *error)
{
    void *weights = NULL, *bias = NULL;
    size_t tile = mnet_round_up(layer->channels, kernels->depthwise_f32.channel_tile);
    MnetStatus status = pack_windows(graph, layer, MNET_TYPE_FLOAT32, tile, &weights, &bias, error);
    if (status)
        return status;
    depthwise->channels = layer->channels;
    depthwise->tile = tile;
    depthwise->weights = weights;
    depthwise->bias = bias;
    mnet_activation_range_f32(node->activation, &depthwise->min, &depthwise->max);
    return MNET_OK;
}

MnetStatus mnet_pack_depthwise_f16(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                   const MnetKernels *kernels, MnetDepthwiseF16 *depthwise,
                                   MnetError *error)
{
    void *weights = NULL, *bias = NULL;
    size_t tile = mnet_round_up(layer->channels, kernels->f16->depthwise.channel_tile);
    MnetStatus status = pack_windows(graph, layer, MNET_TYPE_FLOAT16, tile, &weights, &bias, error);
    if (status)
        return status;
    depthwise->channels = layer->channels;
    depthwise->tile = tile;
    depthwise->weights = weights;
    depthwise->bias = bias;
    mnet_activation_range_f32(node->activation, &depthwise->min, &depthwise->max);
    return MNET_OK;
}
