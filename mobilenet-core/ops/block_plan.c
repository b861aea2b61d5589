/* SPDX-License-Identifier: MIT
 *
 * Which layers make a block, and where its rows lie in the scratch. */
#include <string.h>

#include "base/error.h"
#include "ops/block.h"
#include "ops/classes.h"

/* Pixels that one product of matrices should have at least: fewer read the
 * weights too often. */
#define MIN_PIXELS 192
/* Rows of that many pixels are products of their own, written where the next
 * stage wants them; shorter ones are made several at once and copied. */
#define DIRECT_PIXELS 48
/* The most a block's rows may take: they stay in the second-level cache. */
#define SCRATCH_BYTES ((size_t)256 << 10)
/* The largest tensor inside must have as many bytes for a block to pay: smaller
 * ones stay in the cache as they are. */
#define MIN_INNER_BYTES ((size_t)128 << 10)
/* Two threads compute the rows twice that both need: at most one of so many
 * multiply-adds. */
#define MIN_SHARE 32

typedef struct {
    const MnetGraph *graph;
    const MnetStep *steps;
    int32_t *uses, *reader; /* of each tensor: how many, the last node or -1 */
} Finder;

static bool is_layer(const MnetStep *step)
{
    return step->cls == &mnet_op_conv || step->cls == &mnet_op_depthwise;
}

static size_t tensor_bytes(const MnetStep *step, int32_t tensor)
{
    return mnet_shape_elements(&step->shapes[tensor]) *
           mnet_type_size(step->graph->tensors[tensor].type);
}

static void count_uses(const Finder *f)
{
    const MnetGraph *graph = f->graph;
    for (int32_t i = 0; i < graph->n_tensors; i++)
        f->reader[i] = -1;
    for (int32_t i = 0; i < graph->n_nodes; i++)
        for (int32_t j = 0; j < graph->nodes[i].n_inputs; j++) {
            int32_t tensor = graph->nodes[i].inputs[j];
            if (tensor < 0)
                continue;
            f->uses[tensor]++;
            f->reader[tensor] = i;
        }
    for (int32_t i = 0; i < graph->n_outputs; i++)
        f->uses[graph->outputs[i]]++;
}

/* An element-wise operator that can follow in place: `tensor` is one of its
 * inputs. */
static bool follows_in_place(const MnetStep *step, int32_t tensor)
{
    const MnetNode *node = step->node;
    if (step->cls == &mnet_op_unary)
        return true;
    return step->cls == &mnet_op_binary && mnet_binary_is_flat(step) &&
           tensor_bytes(step, tensor) == tensor_bytes(step, node->outputs[0]);
}

static bool follows_as_stage(const MnetStep *step, int32_t tensor)
{
    if (step->node->inputs[0] != tensor)
        return false;
    if (step->cls == &mnet_op_conv)
        return mnet_conv_is_pointwise(step);
    if (step->cls != &mnet_op_depthwise)
        return false;
    const MnetDepthwiseRows *r = mnet_depthwise_rows(step);
    return (size_t)r->g.pad_left < r->staged_pixels;
}

static void add_stage(MnetBlock *b, const MnetStep *step)
{
    MnetStage *s = &b->stages[b->n_stages++];
    const MnetShape *in = &step->shapes[step->node->inputs[0]];
    const MnetShape *out = &step->shapes[step->node->outputs[0]];
    *s = (MnetStage){ .kind = step->cls == &mnet_op_depthwise ? MNET_STAGE_DEPTHWISE
                              : mnet_conv_is_pointwise(step)  ? MNET_STAGE_POINTWISE
                                                              : MNET_STAGE_CONV,
                      .first = b->n_nodes,
                      .nodes = 1,
                      .out_h = (size_t)out->dims[1],
                      .out_w = (size_t)out->dims[2] };
    s->in_row =
        tensor_bytes(step, step->node->inputs[0]) / (size_t)in->dims[0] / (size_t)in->dims[1];
    s->out_row =
        tensor_bytes(step, step->node->outputs[0]) / (size_t)out->dims[0] / (size_t)out->dims[1];
    s->chunk = 1;
    if (s->kind != MNET_STAGE_DEPTHWISE) {
        s->chunk = (MIN_PIXELS + s->out_w - 1) / s->out_w;
        s->chunk = s->chunk < s->out_h ? s->chunk : s->out_h;
    }
    b->steps[b->n_nodes++] = step;
    b->output = step->node->outputs[0];
}

/* The longest block that begins with node `i`. */
static void grow(const Finder *f, int32_t i, MnetBlock *const *block_of, MnetBlock *b)
{
    const MnetStep *step = &f->steps[i];
    b->n_nodes = b->n_stages = 0;
    b->input = step->node->inputs[0];
    b->batch = (size_t)step->shapes[b->input].dims[0];
    add_stage(b, step);
    while (b->n_nodes < MNET_MAX_BLOCK_NODES && f->uses[b->output] == 1 &&
           f->reader[b->output] >= 0 && !block_of[f->reader[b->output]]) {
        step = &f->steps[f->reader[b->output]];
        if (follows_in_place(step, b->output)) {
            b->stages[b->n_stages - 1].nodes++;
            b->steps[b->n_nodes++] = step;
            b->output = step->node->outputs[0];
        } else if (b->n_stages < MNET_MAX_STAGES && follows_as_stage(step, b->output)) {
            add_stage(b, step);
        } else {
            break;
        }
    }
}

static size_t reserve(MnetBlock *b, size_t bytes)
{
    size_t at = b->scratch;
    b->scratch += mnet_round_up(bytes + MNET_PADDING, MNET_ALIGN);
    return at;
}

/* False when a dilation asks for a ring beyond all bounds. */
static bool place_ring(MnetBlock *b, size_t i)
{
    MnetStage *s = &b->stages[i];
    const MnetDepthwiseRows *r = mnet_depthwise_rows(b->steps[s->first]);
    size_t pixel = r->g.out_c * r->element, pixels = r->staged_pixels, bytes;
    MnetStage *from = i ? &b->stages[i - 1] : NULL;
    if (from && from->to_ring && (size_t)r->g.pad_left + r->g.in_w > pixels)
        pixels = (size_t)r->g.pad_left + r->g.in_w;
    s->ring_rows = r->ring + (from ? from->chunk - 1 : 0);
    s->ring_bytes = mnet_round_up(pixels * pixel + MNET_PADDING, MNET_ALIGN);
    if (!mnet_mul_size(s->ring_rows, s->ring_bytes, &bytes) || bytes > SCRATCH_BYTES)
        return false;
    s->ring = reserve(b, bytes);
    s->border = reserve(b, s->ring_bytes);
    s->work = reserve(b, r->g.kernel_h * sizeof(void *));
    return true;
}

/* Where everything lies; false when it is too large. */
static bool place(MnetBlock *b)
{
    b->scratch = 0;
    for (size_t i = 0; i < b->n_stages; i++) {
        MnetStage *s = &b->stages[i], *next = i + 1 < b->n_stages ? s + 1 : NULL;
        if (s->kind == MNET_STAGE_DEPTHWISE && !place_ring(b, i))
            return false;
        if (s->kind == MNET_STAGE_CONV)
            s->work = reserve(b, b->steps[s->first]->scratch);
        if (!next)
            continue;
        bool ring = next->kind == MNET_STAGE_DEPTHWISE;
        s->to_ring = ring && s->out_w >= DIRECT_PIXELS &&
                     mnet_depthwise_rows(b->steps[next->first])->multiplier == 1;
        if (!s->to_ring)
            s->strip = reserve(b, (ring ? s->chunk : next->chunk) * s->out_row);
        if (b->scratch > SCRATCH_BYTES)
            return false;
    }
    return b->scratch <= SCRATCH_BYTES;
}

/* Multiply-adds of the rows that both halves of the output need. */
static uint64_t shared_macs(const MnetBlock *b)
{
    size_t begin = b->stages[b->n_stages - 1].out_h / 2, end = begin;
    uint64_t macs = 0;
    for (size_t i = b->n_stages; i-- > 0;) {
        const MnetStage *s = &b->stages[i];
        macs += b->steps[s->first]->macs / s->out_h * (end - begin);
        mnet_stage_input(b, i, &begin, &end);
    }
    return macs;
}

static uint64_t all_macs(const MnetBlock *b)
{
    uint64_t macs = 0;
    for (size_t n = 0; n < b->n_nodes; n++)
        macs += b->steps[n]->macs;
    return macs;
}

static bool shares_too_much(const MnetBlock *b)
{
    return shared_macs(b) > all_macs(b) / MIN_SHARE;
}

/* Whether the block is better than its layers. */
static bool pays(const MnetBlock *b)
{
    size_t largest = 0;
    for (size_t n = 0; n + 1 < b->n_nodes; n++) {
        size_t bytes = tensor_bytes(b->steps[n], b->steps[n]->node->outputs[0]);
        largest = bytes > largest ? bytes : largest;
    }
    return b->n_stages > 1 && largest >= MIN_INNER_BYTES;
}

static void count_tiles(MnetBlock *b)
{
    b->tiles = mnet_tile_count(all_macs(b), b->batch * b->stages[b->n_stages - 1].out_h);
}

static void drop_last_stage(MnetBlock *b)
{
    b->n_nodes = b->stages[--b->n_stages].first;
    if (b->n_nodes)
        b->output = b->steps[b->n_nodes - 1]->node->outputs[0];
}

static MnetStatus keep(const MnetBlock *b, const MnetGraph *graph, MnetStore *store,
                       MnetBlock **block_of, MnetError *error)
{
    MnetBlock *copy = mnet_store_alloc(store, sizeof *copy);
    if (!copy)
        return mnet_error_memory(error, sizeof *copy);
    *copy = *b;
    count_tiles(copy);
    for (size_t i = 0; i < b->n_nodes; i++)
        block_of[b->steps[i]->node - graph->nodes] = copy;
    return MNET_OK;
}

MnetStatus mnet_blocks_find(const MnetGraph *graph, const MnetStep *steps, bool all,
                            MnetStore *store, MnetBlock **block_of, MnetError *error)
{
    size_t tensors = (size_t)graph->n_tensors;
    int32_t *uses = mnet_calloc(2 * tensors, sizeof *uses);
    if (!uses)
        return mnet_error_memory(error, 2 * tensors * sizeof *uses);
    Finder f = { graph, steps, uses, uses + tensors };
    MnetStatus status = MNET_OK;
    count_uses(&f);
    for (int32_t i = 0; i < graph->n_nodes && !status; i++) {
        MnetBlock b;
        if (block_of[i] || !is_layer(&steps[i]))
            continue;
        grow(&f, i, block_of, &b);
        while (b.n_stages > 0 && (!place(&b) || (!all && shares_too_much(&b))))
            drop_last_stage(&b);
        if (all ? b.n_nodes > 1 : pays(&b))
            status = keep(&b, graph, store, block_of, error);
    }
    mnet_free(uses);
    return status;
}
