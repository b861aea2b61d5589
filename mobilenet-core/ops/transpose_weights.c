/* SPDX-License-Identifier: MIT
 *
 * Weights of a transposed convolution as those of products of matrices: kernel row
 * phase + k * stride_h and column p + k * stride_w read what lies k pixels before, so
 * that the kernel of a group is that of the file in reverse order, with nothing where
 * a column has no part of it. */
#include "ops/transpose_weights.h"

#include <string.h>

#include "base/error.h"

/* The layer of a group: `channels` of the result times stride_w. */
typedef struct {
    const MnetLayer *layer; /* the file's */
    size_t phase, stride_h, stride_w, rows, columns, in_c;
    MnetTensor weights, bias;
    void *values, *biases;
    float *scale;
    int32_t *zero;
} Group;

static size_t taps_of(const Group *g)
{
    return g->rows * g->columns * g->in_c;
}

static size_t channels_of(const Group *g)
{
    return g->stride_w * g->layer->channels;
}

static void copy_pixel(const Group *g, size_t channel, size_t ky, size_t kx, uint8_t *to)
{
    const MnetTensor *w = g->layer->weights;
    size_t element = mnet_type_size(w->type), pixel = g->in_c * element;
    size_t height = (size_t)w->dims[1], width = (size_t)w->dims[2];
    const uint8_t *from = w->data;
    if (ky < height && kx < width)
        memcpy(to, from + ((channel * height + ky) * width + kx) * pixel, pixel);
    else
        memset(to, w->quant.n ? (int8_t)w->quant.zero_point[w->quant.n == 1 ? 0 : channel] : 0,
               pixel);
}

static void copy_weights(const Group *g)
{
    uint8_t *to = g->values;
    size_t pixel = g->in_c * mnet_type_size(g->layer->weights->type);
    for (size_t p = 0; p < g->stride_w; p++)
        for (size_t c = 0; c < g->layer->channels; c++)
            for (size_t r = g->rows; r-- > 0;)
                for (size_t k = g->columns; k-- > 0; to += pixel)
                    copy_pixel(g, c, g->phase + r * g->stride_h, p + k * g->stride_w, to);
}

static void copy_channels(const Group *g)
{
    const MnetLayer *layer = g->layer;
    const MnetQuant *quant = &layer->weights->quant;
    for (size_t i = 0; i < channels_of(g); i++) {
        size_t c = i % layer->channels;
        if (layer->bias)
            memcpy((uint8_t *)g->biases + 4 * i, (const uint8_t *)layer->bias->data + 4 * c, 4);
        if (quant->n) {
            g->scale[i] = quant->scale[quant->n == 1 ? 0 : c];
            g->zero[i] = quant->zero_point[quant->n == 1 ? 0 : c];
        }
    }
}

static void fill_tensors(Group *g)
{
    const MnetLayer *layer = g->layer;
    g->weights = *layer->weights;
    g->weights.data = g->values;
    g->weights.dims[0] = (int32_t)channels_of(g);
    if (g->weights.quant.n > 1) {
        g->weights.quant.n = (int32_t)channels_of(g);
        g->weights.quant.scale = g->scale;
        g->weights.quant.zero_point = g->zero;
    }
    if (layer->bias) {
        g->bias = *layer->bias;
        g->bias.data = g->biases;
    }
}

static MnetStatus pack_group(MnetGraph *graph, const MnetNode *node, Group *g,
                             const MnetKernels *kernels, MnetTransposed *result, MnetError *error)
{
    copy_weights(g);
    copy_channels(g);
    fill_tensors(g);
    MnetLayer layer = *g->layer;
    layer.weights = &g->weights;
    layer.bias = layer.bias ? &g->bias : NULL;
    layer.channels = channels_of(g);
    layer.taps = layer.channel_step = taps_of(g);
    layer.run = g->columns * g->in_c;
    layer.tap_step = 1;
    result->rows = g->rows;
    result->columns = g->columns;
    return layer.in->type == MNET_TYPE_FLOAT32
               ? mnet_pack_gemm_f32(graph, node, &layer, kernels, &result->f32, error)
               : mnet_pack_gemm_s8(graph, node, &layer, kernels, &result->s8, error);
}

/* Rows of a kernel that a phase has, at least one that is empty. */
static size_t count_of(size_t kernel, size_t phase, size_t stride)
{
    return kernel > phase ? (kernel - phase + stride - 1) / stride : 1;
}

MnetStatus mnet_transpose_weights(MnetGraph *graph, const MnetNode *node, const MnetLayer *layer,
                                  size_t phase, const MnetKernels *kernels, MnetTransposed *result,
                                  MnetError *error)
{
    const MnetTensor *w = layer->weights;
    const MnetWindow *window = &node->options.window;
    Group g = { .layer = layer,
                .phase = phase,
                .stride_h = (size_t)window->stride_h,
                .stride_w = (size_t)window->stride_w,
                .in_c = (size_t)w->dims[3] };
    g.rows = count_of((size_t)w->dims[1], phase, g.stride_h);
    g.columns = count_of((size_t)w->dims[2], 0, g.stride_w);
    size_t channels = channels_of(&g), elements;
    if (!mnet_mul_size(channels, taps_of(&g), &elements) || elements > MNET_MAX_TENSOR_BYTES)
        return mnet_error_set(error, MNET_ERROR_LIMIT,
                              "%s: a stride of %zux%zu makes %zu weights of a kernel of %dx%d",
                              mnet_node_label(node).text, g.stride_h, g.stride_w, elements,
                              w->dims[1], w->dims[2]);
    g.values = mnet_calloc(elements, mnet_type_size(w->type));
    g.biases = mnet_calloc(channels, sizeof(int32_t));
    g.scale = mnet_calloc(channels, sizeof *g.scale);
    g.zero = mnet_calloc(channels, sizeof *g.zero);
    MnetStatus status = g.values && g.biases && g.scale && g.zero
                            ? pack_group(graph, node, &g, kernels, result, error)
                            : mnet_error_memory(error, elements);
    mnet_free(g.values);
    mnet_free(g.biases);
    mnet_free(g.scale);
    mnet_free(g.zero);
    return status;
}
