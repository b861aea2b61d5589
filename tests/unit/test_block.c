/* SPDX-License-Identifier: MIT
 *
 * Random chains of layers, each computed alone and in blocks, by one thread and
 * by two: the same bytes.  Kernels, strides, dilations, odd sizes, multipliers,
 * batches, residuals, activations in place, padding folded in; and what must end
 * a block: tensors read twice, outputs, pools, reshaped tensors. */
#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define MOST (1 << 16)
#define MAX_TENSORS 24

static uint32_t seed = 1;
static union {
    int8_t bytes[MOST];
    float floats[MOST];
} weights;
static int32_t biases[64];

static int32_t pick(int32_t low, int32_t high)
{
    seed = seed * 1664525u + 1013904223u;
    return low + (int32_t)((seed >> 8) % (uint32_t)(high - low + 1));
}

/* A graph in the making: the maps that nodes may read. */
typedef struct {
    TbModel *model;
    int type; /* TFL_TYPE_FLOAT32, _INT8, _UINT8 */
    int n;
    int32_t tensors[MAX_TENSORS];
    TbTensor maps[MAX_TENSORS];
} Net;

static void add_map(Net *net, const TbTensor *map)
{
    net->maps[net->n] = *map;
    net->tensors[net->n++] = tb_tensor(net->model, map);
}

/* A map like `like` of other dimensions, with a scale and zero point of its own. */
static TbTensor new_map(const Net *net, const TbTensor *like, int32_t h, int32_t w, int32_t c)
{
    TbTensor map = *like;
    map.dims[1] = h;
    map.dims[2] = w;
    map.dims[3] = c;
    if (net->type != TFL_TYPE_FLOAT32) {
        map.scale = (float)pick(10, 40) / 1000;
        map.zero_point = net->type == TFL_TYPE_UINT8 ? pick(100, 156) : pick(-28, 28);
    }
    return map;
}

static int32_t outputs_of(int32_t in, int32_t k, int32_t stride, int32_t dilation, int padding)
{
    int32_t reach = (k - 1) * dilation + 1;
    return padding == 0 ? (in + stride - 1) / stride : in < reach ? 0 : (in - reach) / stride + 1;
}

static TbTensor weights_of(const Net *net, int32_t n, int32_t kh, int32_t kw, int32_t c, bool depth,
                           int32_t taps)
{
    static float scales[64];
    static int64_t zeros[64];
    bool q = net->type != TFL_TYPE_FLOAT32;
    TbTensor w = { .type = net->type,
                   .rank = 4,
                   .dims = { depth ? 1 : n, kh, kw, depth ? n : c },
                   .quantized_dimension = depth ? 3 : 0,
                   .data = q ? (const void *)weights.bytes : weights.floats,
                   .bytes = (size_t)(taps * n) * (q ? 1 : 4) };
    for (int32_t i = 0; i < n; i++) {
        scales[i] = (float)pick(8, 12) / 1000 / sqrtf((float)taps);
        zeros[i] = net->type == TFL_TYPE_UINT8 ? 126 : 0;
    }
    if (q) {
        w.n_scales = w.n_zero_points = net->type == TFL_TYPE_INT8 ? n : 1;
        w.scales = scales;
        w.zero_points = zeros;
    }
    return w;
}

/* False when the window does not fit. */
static bool add_layer(Net *net, int from, bool depth, int32_t k)
{
    const TbTensor *in = &net->maps[from];
    int32_t c = in->dims[3], n = depth ? c * (c < 20 ? pick(1, 2) : 1) : pick(1, 40);
    int32_t sh = k > 1 ? pick(1, 2) : 1, sw = k > 1 ? pick(1, 2) : 1;
    int32_t dh = k > 1 && pick(0, 3) == 0 ? 2 : 1, dw = k > 1 && pick(0, 3) == 0 ? 2 : 1;
    int padding = pick(0, 3) == 0, activations[] = { 0, 1, 3 };
    int32_t h = outputs_of(in->dims[1], k, sh, dh, padding);
    int32_t w = outputs_of(in->dims[2], k, sw, dw, padding);
    if (h < 1 || w < 1 || (sh == 2 && h < 4))
        return false;
    TbTensor out = new_map(net, in, h, w, n);
    TbTensor filter = weights_of(net, n, k, k, c, depth, k * k * (depth ? 1 : c));
    TbTensor bias = { .type = net->type == TFL_TYPE_FLOAT32 ? TFL_TYPE_FLOAT32 : TFL_TYPE_INT32,
                      .rank = 1,
                      .dims = { n },
                      .data = biases,
                      .bytes = 4 * (size_t)n };
    int activation = activations[pick(0, 2)];
    TbOperator op = { .builtin = depth ? TFL_OP_DEPTHWISE_CONV_2D : TFL_OP_CONV_2D,
                      .n_inputs = 3,
                      .n_outputs = 1 };
    op.options = depth ? tb_depthwise_options(padding, sh, sw, n / c, dh, dw, activation)
                       : tb_conv_options(padding, sh, sw, dh, dw, activation);
    op.inputs[0] = net->tensors[from];
    op.inputs[1] = tb_tensor(net->model, &filter);
    op.inputs[2] = tb_tensor(net->model, &bias);
    add_map(net, &out);
    op.outputs[0] = net->tensors[net->n - 1];
    tb_operator(net->model, &op);
    return true;
}

static void add_simple(Net *net, int builtin, int a, int b, TbOptions options, const TbTensor *out)
{
    TbOperator op = { .builtin = builtin, .n_inputs = b < 0 ? 1 : 2, .n_outputs = 1 };
    op.inputs[0] = net->tensors[a];
    op.inputs[1] = b < 0 ? 0 : net->tensors[b];
    op.options = options;
    add_map(net, out);
    op.outputs[0] = net->tensors[net->n - 1];
    tb_operator(net->model, &op);
}

/* The last map with another of its shape, or with itself. */
static void add_binary(Net *net)
{
    static const int ops[] = { TFL_OP_ADD, TFL_OP_SUB, TFL_OP_MUL };
    static const int kinds[] = { TFL_OPTIONS_ADD, TFL_OPTIONS_SUB, TFL_OPTIONS_MUL };
    int last = net->n - 1, other = pick(0, last), which = pick(0, 2);
    for (int tries = 0; memcmp(net->maps[other].dims, net->maps[last].dims, 16) && tries < 9;
         tries++)
        other = pick(0, last);
    if (memcmp(net->maps[other].dims, net->maps[last].dims, 16))
        return;
    TbTensor out = new_map(net, &net->maps[last], net->maps[last].dims[1], net->maps[last].dims[2],
                           net->maps[last].dims[3]);
    bool swap = pick(0, 1);
    add_simple(net, ops[which], swap ? other : last, swap ? last : other,
               tb_binary_options(kinds[which], pick(0, 1)), &out);
}

static void add_unary(Net *net)
{
    static const int ops[] = { TFL_OP_RELU, TFL_OP_HARD_SWISH, TFL_OP_TANH };
    TbTensor out = net->maps[net->n - 1];
    add_simple(net, ops[pick(0, 2)], net->n - 1, -1, (TbOptions){ 0 }, &out);
}

static void add_pad(Net *net)
{
    static int32_t all[MAX_TENSORS][8];
    int32_t *amounts = all[net->n];
    TbTensor in = net->maps[net->n - 1], out = in;
    TbTensor table = {
        .type = TFL_TYPE_INT32, .rank = 2, .dims = { 4, 2 }, .data = amounts, .bytes = sizeof all[0]
    };
    for (int i = 2; i < 6; i++)
        amounts[i] = pick(0, 3);
    out.dims[1] += amounts[2] + amounts[3];
    out.dims[2] += amounts[4] + amounts[5];
    TbOperator op = { .builtin = TFL_OP_PAD, .n_inputs = 2, .n_outputs = 1 };
    op.inputs[0] = net->tensors[net->n - 1];
    op.inputs[1] = tb_tensor(net->model, &table);
    add_map(net, &out);
    op.outputs[0] = net->tensors[net->n - 1];
    tb_operator(net->model, &op);
}

/* The same bytes in the same or another shape. */
static void add_reshape(Net *net)
{
    TbTensor out = net->maps[net->n - 1];
    if (pick(0, 1)) {
        out.dims[1] = net->maps[net->n - 1].dims[2];
        out.dims[2] = net->maps[net->n - 1].dims[1];
    }
    add_simple(net, TFL_OP_RESHAPE, net->n - 1, -1, tb_reshape_options(4, out.dims), &out);
}

static void add_pool(Net *net)
{
    TbTensor out = net->maps[net->n - 1];
    add_simple(net, TFL_OP_MAX_POOL_2D, net->n - 1, -1, tb_pool_options(0, 1, 1, 2, 2, 0), &out);
}

static void add_node(Net *net)
{
    int from = pick(0, 5) ? net->n - 1 : pick(0, net->n - 1);
    int choice = pick(0, 19);
    if (choice < 6)
        add_layer(net, from, false, 1);
    else if (choice < 12)
        add_layer(net, from, true, 2 * pick(0, 3) + 1);
    else if (choice < 14)
        add_layer(net, from, false, pick(2, 3));
    else if (choice < 16)
        add_binary(net);
    else if (choice < 17)
        add_unary(net);
    else if (choice < 18)
        add_pad(net);
    else if (choice < 19)
        add_reshape(net);
    else
        add_pool(net);
}

static void random_weights(int type)
{
    for (size_t i = 0; i < MOST; i++)
        if (type == TFL_TYPE_FLOAT32)
            weights.floats[i] = (float)pick(-100, 100) / 400;
        else
            weights.bytes[i] = (int8_t)(type == TFL_TYPE_INT8 ? pick(-127, 127) : pick(-128, 127));
    for (int i = 0; i < 64; i++)
        biases[i] = type == TFL_TYPE_FLOAT32 ? 0 : pick(-500, 500);
}

static TbFile random_net(int type)
{
    Net net = { .model = tb_model_new(), .type = type };
    bool q = type != TFL_TYPE_FLOAT32;
    TbTensor in = {
        .type = type, .rank = 4, .dims = { pick(1, 4) / 4 + 1 }, .n_scales = q, .n_zero_points = q
    };
    random_weights(type);
    /* One after the other: the same nets from every compiler. */
    int32_t c = pick(1, 24), w = pick(0, 2) ? pick(1, 30) : pick(45, 70), h = pick(1, 40);
    in = new_map(&net, &in, h, w, c);
    add_map(&net, &in);
    tb_input(net.model, net.tensors[0]);
    for (int nodes = pick(3, 14); net.n < nodes;)
        add_node(&net);
    tb_output(net.model, net.tensors[net.n - 1]);
    for (int i = 1; i + 1 < net.n; i++)
        if (pick(0, 9) == 0)
            tb_output(net.model, net.tensors[i]);
    return tb_finish(net.model);
}

/* What one way of computing gives: all outputs, one behind the other. */
typedef struct {
    uint8_t *bytes;
    size_t size, blocks;
    uint64_t arena;
} Result;

static void fill(MnetSession *session, int type)
{
    const MnetTensorInfo *info = mnet_session_input_info(session, 0);
    uint8_t *in = mnet_session_input(session, 0);
    uint32_t state = 7;
    for (size_t i = 0; i < info->elements; i++) {
        state = state * 1664525u + 1013904223u;
        float value = (float)(state >> 24) / 100 - 1;
        if (type == TFL_TYPE_FLOAT32)
            memcpy(in + 4 * i, &value, sizeof value);
        else
            in[i] = (uint8_t)(state >> 24);
    }
}

static uint64_t all_ns(const MnetSession *session)
{
    uint64_t ns = 0;
    MnetOperatorInfo op;
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++)
        ns += mnet_session_operator_ns(session, i);
    return ns;
}

/* The second run finds what the first one left in rings and strips. */
static Result compute(const TbFile *file, int type, const char *cpu, MnetFusing fusing,
                      MnetPool *pool)
{
    MnetError error = { MNET_OK, "" };
    MnetModelOptions options = { .cpu = cpu, .fusing = fusing };
    MnetSessionOptions with = { .pool = pool };
    MnetModel *model = mnet_model_load_memory(file->data, file->size, &options, &error);
    MnetSession *session = model ? mnet_session_new(model, &with, &error) : NULL;
    Result r = { NULL, 0, 0, 0 };
    EXPECT(session, "%s: %s", cpu, error.text);
    if (!session)
        exit(1);
    fill(session, type);
    mnet_session_run(session);
    mnet_session_set_profiling(session, true);
    mnet_session_run(session);
    EXPECT(all_ns(session) > 0, "no time for any operator");
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++) {
        size_t bytes = mnet_model_output(model, i)->bytes;
        r.bytes = realloc(r.bytes, r.size + bytes);
        if (!r.bytes)
            exit(1);
        memcpy(r.bytes + r.size, mnet_session_output(session, i), bytes);
        r.size += bytes;
    }
    MnetOperatorInfo op;
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++)
        r.blocks = op.block > r.blocks ? op.block : r.blocks;
    MnetModelStats stats;
    mnet_session_stats(session, &stats);
    r.arena = stats.arena_bytes - stats.scratch_bytes;
    mnet_session_free(session);
    mnet_model_unref(model);
    return r;
}

static uint64_t arena[2]; /* of all nets, alone and in blocks */

static size_t test_net(int type, MnetPool *pool)
{
    uint32_t first = seed;
    TbFile file = random_net(type);
    size_t blocks = 0;
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++) {
        Result alone = compute(&file, type, *cpu, MNET_FUSING_NONE, NULL);
        EXPECT(!alone.blocks, "blocks that nobody asked for");
        for (int way = 0; way < 4; way++) {
            Result r =
                compute(&file, type, *cpu, way < 3 ? MNET_FUSING_ALL : MNET_FUSING_WHERE_IT_PAYS,
                        way == 1 || way == 3 ? pool : NULL);
            EXPECT(r.size == alone.size && !memcmp(r.bytes, alone.bytes, r.size),
                   "net %u, type %d, %s, way %d: other bytes in %zu blocks", first, type, *cpu, way,
                   r.blocks);
            blocks = r.blocks > blocks ? r.blocks : blocks;
            arena[0] += alone.arena;
            arena[1] += r.arena;
            free(r.bytes);
        }
        free(alone.bytes);
    }
    tb_file_free(&file);
    return blocks;
}

int main(int argc, char **argv)
{
    static const int types[] = { TFL_TYPE_INT8, TFL_TYPE_UINT8, TFL_TYPE_FLOAT32 };
    MnetPool *pools[] = { mnet_pool_new(2, NULL), mnet_pool_new(3, NULL) };
    int nets = argc > 1 ? atoi(argv[1]) : 40;
    size_t blocks = 0;
    for (int i = 0; i < nets && expect_failed < 20; i++)
        blocks += test_net(types[i % 3], pools[i / 3 % 2]);
    /* Compilers may draw the parts of a net in another order: other nets. */
    EXPECT(blocks > (size_t)nets, "%zu blocks in %d nets", blocks, nets);
    EXPECT(arena[1] < arena[0], "blocks need %llu bytes of arena, the layers alone %llu",
           (unsigned long long)arena[1], (unsigned long long)arena[0]);
    mnet_pool_unref(pools[0]);
    mnet_pool_unref(pools[1]);
    return expect_report("block");
}
