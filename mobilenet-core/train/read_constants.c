/* SPDX-License-Identifier: MIT
 *
 * A layer's parameters from the constants of a file. */
#include "train/read_constants.h"

#include <string.h>

#include "base/bytes.h"
#include "kernels/half.h"

/* Which scale belongs to an element. */
static size_t quant_index(const MnetTensor *tensor, size_t index)
{
    size_t inner = 1;
    if (tensor->quant.n < 2)
        return 0;
    for (int32_t i = tensor->quant.axis + 1; i < tensor->rank; i++)
        inner *= (size_t)tensor->dims[i];
    return index / inner % (size_t)tensor->quant.n;
}

static double stored(const MnetTensor *tensor, size_t index)
{
    MnetBytes bytes = { .data = tensor->data, .size = tensor->data_bytes };
    switch (tensor->type) {
    case MNET_TYPE_FLOAT32:
        return (double)mnet_bytes_f32(&bytes, 4 * index);
    case MNET_TYPE_FLOAT16:
        return (double)mnet_half_to_float(mnet_bytes_u16(&bytes, 2 * index));
    case MNET_TYPE_INT8:
        return (int8_t)mnet_bytes_u8(&bytes, index);
    case MNET_TYPE_UINT8:
        return mnet_bytes_u8(&bytes, index);
    case MNET_TYPE_INT32:
        return (int32_t)mnet_bytes_u32(&bytes, 4 * index);
    default:
        return 0;
    }
}

double mnet_read_constant(const MnetTensor *tensor, size_t index)
{
    double value = stored(tensor, index);
    if (!tensor->quant.n)
        return value;
    size_t q = quant_index(tensor, index);
    return (value - tensor->quant.zero_point[q]) * (double)tensor->quant.scale[q];
}

static bool has_scale(const MnetTensor *tensor)
{
    return tensor->type == MNET_TYPE_FLOAT32 || tensor->type == MNET_TYPE_FLOAT16 ||
           tensor->quant.n > 0;
}

const char *mnet_constants_wrong(const MnetGraph *graph, const MnetNetLayer *layer, int32_t weights,
                                 int32_t bias)
{
    const MnetTensor *w = &graph->tensors[weights], *b = bias < 0 ? NULL : &graph->tensors[bias];
    if (!w->data || (b && !b->data))
        return "its weights are no constants";
    if (!has_scale(w) || (b && !has_scale(b)))
        return "its weights are integers without a scale";
    if (mnet_tensor_elements(w) != mnet_net_count_weights(layer) ||
        (b && mnet_tensor_elements(b) != (size_t)layer->channels))
        return "its weights do not fit its input";
    return NULL;
}

void mnet_read_parameters(const MnetGraph *graph, MnetNet *net, int32_t layer, int32_t weights,
                          int32_t bias)
{
    const MnetNetLayer *l = &net->layers[layer];
    const MnetTensor *w = &graph->tensors[weights];
    float *to = net->params + l->weights;
    /* A depthwise convolution of one channel, [1][kernel][kernel][channels], is one
     * whose weights are [channels][kernel][kernel][1]. */
    size_t channels = (size_t)l->channels, window = l->n_weights / channels;
    bool turned = l->kind == MNET_NET_CONV && w->dims[0] == 1 && channels > 1;
    for (size_t i = 0; i < l->n_weights; i++)
        to[turned ? i % channels * window + i / channels : i] = (float)mnet_read_constant(w, i);
    for (size_t i = 0; bias >= 0 && i < channels; i++)
        net->params[l->bias + i] = (float)mnet_read_constant(&graph->tensors[bias], i);
}
