/* SPDX-License-Identifier: MIT
 *
 * Networks of random operators. */
#include "random_graph.h"

#include <stdlib.h>
#include <string.h>

#include "train/random.h"

#define MAX_MAPS 16
#define MAX_ELEMENTS 2000

typedef struct {
    int32_t tensor;
    int type, rank;
    int32_t dims[4];
    float scale;
    int64_t zero;
} Map;

typedef struct {
    TbModel *model;
    MnetRandom random;
    int type;
    Map maps[MAX_MAPS];
    int n;
    /* Of constants, which live as long as the model. */
    _Alignas(8) uint8_t data[1 << 20];
    size_t used;
} Graph;

static int32_t below(Graph *g, int32_t n)
{
    return (int32_t)mnet_random_below(&g->random, (uint32_t)n);
}

static bool maybe(Graph *g)
{
    return below(g, 2) == 1;
}

static float real(Graph *g, float low, float high)
{
    return low + (high - low) * (float)mnet_random_real(&g->random);
}

static int32_t elements(int rank, const int32_t *dims)
{
    int32_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    return n;
}

static void *room(Graph *g, size_t bytes)
{
    void *data = g->data + g->used;
    g->used += (bytes + 7) / 8 * 8;
    if (g->used > sizeof g->data)
        exit(1);
    return data;
}

static const Map *last(const Graph *g)
{
    return &g->maps[g->n - 1];
}

/* Adds the operator and what it makes, quantised as `like` or, where that is NULL, anyhow. */
static void add(Graph *g, TbOperator op, int rank, const int32_t *dims, const Map *like)
{
    Map *map = &g->maps[g->n++];
    *map = (Map){ .type = g->type, .rank = rank };
    memcpy(map->dims, dims, (size_t)rank * sizeof *dims);
    map->scale = like ? like->scale : real(g, 0.01f, 0.1f);
    map->zero = like ? like->zero : below(g, 256) - (g->type == TFL_TYPE_UINT8 ? 0 : 128);
    TbTensor tensor = { .name = "map", .type = map->type, .rank = rank };
    memcpy(tensor.dims, map->dims, sizeof map->dims);
    tensor.n_scales = map->type != TFL_TYPE_FLOAT32;
    tensor.scale = map->scale;
    tensor.zero_point = map->zero;
    map->tensor = tb_tensor(g->model, &tensor);
    op.n_outputs = 1;
    op.outputs[0] = map->tensor;
    if (op.n_inputs)
        tb_operator(g->model, &op);
}

static TbOperator reads(int builtin, const Map *map, TbOptions options)
{
    return (TbOperator){
        .builtin = builtin, .n_inputs = 1, .inputs = { map->tensor }, .options = options
    };
}

/* Random numbers; int8 weights have a scale for each index of `axis`, or -1: one. */
static int32_t constant(Graph *g, int rank, const int32_t *dims, int axis)
{
    TbTensor tensor = { .name = "constant", .type = g->type, .rank = rank };
    int32_t n = elements(rank, dims);
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    tensor.bytes = (size_t)n * (g->type == TFL_TYPE_FLOAT32 ? sizeof(float) : 1);
    uint8_t *bytes = room(g, tensor.bytes);
    for (int32_t i = 0; i < n; i++) {
        if (g->type == TFL_TYPE_FLOAT32)
            ((float *)(void *)bytes)[i] = real(g, -0.5f, 0.5f);
        else
            bytes[i] = (uint8_t)(1 + below(g, 255) + (g->type == TFL_TYPE_INT8 ? 128 : 0));
    }
    tensor.data = bytes;
    if (g->type != TFL_TYPE_FLOAT32) {
        tensor.n_scales = tensor.n_zero_points = 1;
        tensor.scale = real(g, 0.002f, 0.02f);
        tensor.zero_point = g->type == TFL_TYPE_UINT8 ? 100 + below(g, 50) : 0;
    }
    if (g->type == TFL_TYPE_INT8 && axis >= 0) {
        float *scales = room(g, (size_t)dims[axis] * sizeof *scales);
        int64_t *zeros = room(g, (size_t)dims[axis] * sizeof *zeros);
        for (int32_t i = 0; i < dims[axis]; i++) {
            scales[i] = real(g, 0.002f, 0.02f);
            zeros[i] = 0;
        }
        tensor.n_scales = tensor.n_zero_points = dims[axis];
        tensor.scales = scales;
        tensor.zero_points = zeros;
        tensor.quantized_dimension = axis;
    }
    return tb_tensor(g->model, &tensor);
}

static int32_t bias(Graph *g, int32_t n)
{
    bool floats = g->type == TFL_TYPE_FLOAT32;
    float *values = room(g, (size_t)n * sizeof *values);
    for (int32_t i = 0; i < n; i++) {
        int32_t number = below(g, 2000) - 1000;
        values[i] = real(g, -1, 1);
        if (!floats)
            memcpy(&values[i], &number, sizeof number);
    }
    return tb_tensor(g->model, &(TbTensor){ .name = "bias",
                                            .type = floats ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                                            .rank = 1,
                                            .dims = { n },
                                            .data = values,
                                            .bytes = (size_t)n * sizeof *values });
}

static int activation(Graph *g)
{
    static const int all[] = { TFL_ACTIVATION_NONE, TFL_ACTIVATION_RELU, TFL_ACTIVATION_RELU6,
                               TFL_ACTIVATION_RELU_N1_TO_1 };
    return all[below(g, 4)];
}

/* A window that fits the map, and what it leaves of it. */
typedef struct {
    int padding;
    int32_t h, w, stride, dims[4];
} Window;

static Window window(Graph *g, const Map *x, int32_t most)
{
    Window w = { .padding = maybe(g) ? TFL_PADDING_SAME : TFL_PADDING_VALID,
                 .h = 1 + below(g, x->dims[1] < most ? x->dims[1] : most),
                 .w = 1 + below(g, x->dims[2] < most ? x->dims[2] : most),
                 .stride = 1 + below(g, 2) };
    bool same = w.padding == TFL_PADDING_SAME;
    w.dims[0] = 1;
    w.dims[1] = (x->dims[1] - (same ? 1 : w.h)) / w.stride + 1;
    w.dims[2] = (x->dims[2] - (same ? 1 : w.w)) / w.stride + 1;
    w.dims[3] = x->dims[3];
    return w;
}

static void add_conv(Graph *g, const Map *x)
{
    Window w = window(g, x, 3);
    int32_t channels = 1 + below(g, 4), dims[] = { channels, w.h, w.w, x->dims[3] };
    w.dims[3] = channels;
    TbOperator op = reads(TFL_OP_CONV_2D, x,
                          tb_conv_options(w.padding, w.stride, w.stride, 1, 1, activation(g)));
    op.inputs[1] = constant(g, 4, dims, 0);
    op.inputs[2] = bias(g, channels);
    op.n_inputs = 3;
    add(g, op, 4, w.dims, NULL);
}

static void add_depthwise(Graph *g, const Map *x)
{
    Window w = window(g, x, 3);
    int32_t multiplier = 1 + below(g, 2), dims[] = { 1, w.h, w.w, x->dims[3] * multiplier };
    w.dims[3] = dims[3];
    TbOperator op =
        reads(TFL_OP_DEPTHWISE_CONV_2D, x,
              tb_depthwise_options(w.padding, w.stride, w.stride, multiplier, 1, 1, activation(g)));
    op.inputs[1] = constant(g, 4, dims, 3);
    op.inputs[2] = bias(g, dims[3]);
    op.n_inputs = 3;
    add(g, op, 4, w.dims, NULL);
}

static void add_pool(Graph *g, const Map *x)
{
    Window w = window(g, x, 8);
    add(g,
        reads(TFL_OP_AVERAGE_POOL_2D, x,
              tb_pool_options(w.padding, w.stride, w.stride, w.h, w.w, activation(g))),
        4, w.dims, x);
}

static void add_pad(Graph *g, const Map *x)
{
    int32_t *pads = room(g, (size_t)x->rank * 8), dims[4] = { 1 };
    pads[0] = pads[1] = 0;
    for (int i = 1; i < x->rank; i++) {
        pads[2 * i] = below(g, 3);
        pads[2 * i + 1] = below(g, 3);
        dims[i] = x->dims[i] + pads[2 * i] + pads[2 * i + 1];
    }
    if (elements(x->rank, dims) > MAX_ELEMENTS)
        return;
    TbOperator op = reads(TFL_OP_PAD, x, (TbOptions){ 0 });
    op.inputs[op.n_inputs++] = tb_tensor(g->model, &(TbTensor){ .name = "pads",
                                                                .type = TFL_TYPE_INT32,
                                                                .rank = 2,
                                                                .dims = { x->rank, 2 },
                                                                .data = pads,
                                                                .bytes = (size_t)x->rank * 8 });
    add(g, op, x->rank, dims, x);
}

/* Of some dimensions in a row, never of the first. */
static void add_mean(Graph *g, const Map *x)
{
    int32_t axes[3], dims[4], n = 0;
    int from = 1 + below(g, x->rank - 1), to = from + 1 + below(g, x->rank - from), rank = 0;
    bool keep = maybe(g);
    for (int i = 0; i < x->rank; i++) {
        bool reduced = i >= from && i < to;
        if (reduced)
            axes[n++] = maybe(g) ? i : i - x->rank;
        if (!reduced || keep)
            dims[rank++] = reduced ? 1 : x->dims[i];
    }
    if (rank < 2)
        return;
    TbOperator op = reads(TFL_OP_MEAN, x, tb_mean_options(keep));
    op.inputs[op.n_inputs++] = tb_ints(g->model, "axes", n, axes);
    add(g, op, rank, dims, NULL);
}

static void add_dense(Graph *g, const Map *x)
{
    bool keep = maybe(g);
    int32_t n = keep ? x->dims[x->rank - 1] : elements(x->rank, x->dims);
    int32_t units = 1 + below(g, 4), weights[] = { units, n }, dims[4] = { 1, units };
    if (keep) {
        memcpy(dims, x->dims, sizeof dims);
        dims[x->rank - 1] = units;
    }
    TbOperator op =
        reads(TFL_OP_FULLY_CONNECTED, x, tb_fully_connected_options(activation(g), keep));
    op.inputs[1] = constant(g, 2, weights, -1);
    op.inputs[2] = maybe(g) ? bias(g, units) : -1;
    op.n_inputs = 3;
    add(g, op, keep ? x->rank : 2, dims, NULL);
}

/* The shape as a constant or an option, or SQUEEZE where there is what it takes. */
static void add_reshape(Graph *g, const Map *x)
{
    static const int32_t middle[] = { 1, 2 };
    int32_t n = elements(x->rank, x->dims), part = 1 + below(g, 4);
    int32_t dims[4] = { 1, n % part ? 1 : part, n % part ? n : n / part };
    int32_t written[] = { maybe(g) ? 1 : -1, dims[1], dims[2] };
    if (x->rank == 4 && x->dims[1] == 1 && x->dims[2] == 1) {
        dims[1] = x->dims[3];
        add(g, reads(TFL_OP_SQUEEZE, x, tb_squeeze_options(2, middle)), 2, dims, x);
    } else if (maybe(g)) {
        add(g, reads(TFL_OP_RESHAPE, x, tb_reshape_options(3, written)), 3, dims, x);
    } else {
        TbOperator op = reads(TFL_OP_RESHAPE, x, (TbOptions){ 0 });
        op.inputs[op.n_inputs++] = tb_ints(g->model, "shape", 3, written);
        add(g, op, 3, dims, x);
    }
}

static void add_curve(Graph *g, const Map *x)
{
    Map range = { .scale = 1 / 256.0f, .zero = g->type == TFL_TYPE_UINT8 ? 0 : -128 };
    int which = below(g, 3);
    if (which == 0)
        add(g, reads(TFL_OP_SOFTMAX, x, tb_softmax_options(real(g, 0.5f, 2))), x->rank, x->dims,
            &range);
    else if (which == 1)
        add(g, reads(TFL_OP_LOGISTIC, x, (TbOptions){ 0 }), x->rank, x->dims, &range);
    else
        add(g, reads(TFL_OP_HARD_SWISH, x, (TbOptions){ 0 }), x->rank, x->dims, NULL);
}

/* With a constant for each channel or element, or with another map. */
static void add_pair(Graph *g, const Map *x)
{
    bool mul = maybe(g);
    const Map *other = &g->maps[below(g, g->n)];
    int order = below(g, 2);
    TbOperator op =
        reads(mul ? TFL_OP_MUL : TFL_OP_ADD, x,
              tb_binary_options(mul ? TFL_OPTIONS_MUL : TFL_OPTIONS_ADD, activation(g)));
    op.n_inputs = 2;
    op.inputs[order] = x->tensor;
    if (other->type == x->type && other->rank == x->rank &&
        !memcmp(other->dims, x->dims, sizeof x->dims))
        op.inputs[!order] = other->tensor;
    else if (maybe(g))
        op.inputs[!order] = constant(g, 1, &x->dims[x->rank - 1], -1);
    else
        op.inputs[!order] = constant(g, x->rank, x->dims, -1);
    add(g, op, x->rank, x->dims, NULL);
}

static void add_step(Graph *g)
{
    static void (*const of_pictures[])(Graph *, const Map *) = { add_conv, add_depthwise,
                                                                 add_pool };
    static void (*const of_all[])(Graph *, const Map *) = { add_pad,     add_mean,  add_dense,
                                                            add_reshape, add_curve, add_pair };
    const Map *x = maybe(g) ? last(g) : &g->maps[below(g, g->n)];
    x = x->type == g->type ? x : last(g);
    if (x->rank == 4 && maybe(g))
        of_pictures[below(g, 3)](g, x);
    else
        of_all[below(g, 6)](g, x);
}

/* Between bytes of either kind: with the same numbers, another scale alone, or anyhow. */
static void add_quantize(Graph *g, const Map *x)
{
    Map like = *x;
    int before = g->type, how = below(g, 3);
    g->type = maybe(g) ? TFL_TYPE_INT8 : TFL_TYPE_UINT8;
    like.zero += g->type == before ? 0 : g->type == TFL_TYPE_UINT8 ? 128 : -128;
    like.scale *= how == 1 ? real(g, 0.3f, 2) : 1;
    add(g, reads(TFL_OP_QUANTIZE, x, (TbOptions){ 0 }), x->rank, x->dims, how == 2 ? NULL : &like);
}

TbFile random_graph(uint64_t seed)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8, TFL_TYPE_UINT8 };
    static Graph graph;
    Graph *g = &graph;
    *g = (Graph){ .model = tb_model_new(), .random = { seed } };
    g->type = types[below(g, 3)];
    bool bytes = g->type != TFL_TYPE_FLOAT32;
    int32_t dims[] = { 1, 2 + below(g, 7), 2 + below(g, 7), 1 + below(g, 4) };
    add(g, (TbOperator){ 0 }, 4, dims, NULL);
    tb_input(g->model, g->maps[0].tensor);
    if (bytes && maybe(g))
        add_quantize(g, last(g));
    for (int n = 1 + below(g, 8); n > 0;) {
        int before = g->n;
        add_step(g);
        n -= g->n > before;
    }
    if (bytes && maybe(g))
        add_quantize(g, last(g));
    tb_output(g->model, last(g)->tensor);
    return tb_finish(g->model);
}
