/* SPDX-License-Identifier: MIT
 *
 * ADD, SUB, MUL, PRELU, SQUARED_DIFFERENCE with broadcasting: nested loops over the
 * dimensions in which the operands differ, a kernel over the rest. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ops/binary_s8.h"
#include "ops/classes.h"
#include "ops/quant.h"
#include "ops/rows.h"

typedef struct {
    MnetType type; /* of the operands: INT8, FLOAT32, FLOAT16 */
    bool swap;     /* operand 1 is the kernel's a */
    float min, max;
    MnetAddS8 add;
    MnetMulS8 mul;
    MnetPrelu prelu;
    int32_t table[2][256]; /* of the operands, see MnetAddS8 and mnet_squared_difference */
} BinaryPacked;

/* Dimensions from the outermost in; steps of 0 repeat. */
typedef struct {
    int32_t rank;
    size_t dims[MNET_MAX_RANK];
    size_t a_step[MNET_MAX_RANK], b_step[MNET_MAX_RANK];
    bool swap;      /* a and b stand for inputs 1 and 0 */
    bool spread;    /* the innermost a is one value for all: repeated in scratch */
    bool flat;      /* no loop but the innermost: may be cut anywhere */
    size_t repeats; /* not 0: b is one short row for all, so often in scratch */
} BinaryState;

static int32_t dim_from_end(const MnetShape *shape, int32_t i)
{
    return i < shape->rank ? shape->dims[shape->rank - 1 - i] : 1;
}

static MnetStatus binary_infer(const MnetGraph *graph, const MnetNode *node, MnetShape *shapes,
                               MnetError *error)
{
    MnetStatus status = mnet_op_arity(node, 2, 2, error);
    if (status || (status = mnet_op_float_or_int8(graph, node, error)))
        return status;
    const MnetTensor *a = mnet_in(graph, node, 0), *b = mnet_in(graph, node, 1);
    if (a->type != b->type || (b->type == MNET_TYPE_INT8 && !mnet_has_one_scale(b)))
        return mnet_op_unsupported(
            error, node, "%s with %s is not supported, or one has no single scale above 0",
            mnet_type_name(a->type), mnet_type_name(b->type));
    const MnetShape *sa = &shapes[node->inputs[0]], *sb = &shapes[node->inputs[1]];
    MnetShape out = { sa->rank > sb->rank ? sa->rank : sb->rank, { 0 } };
    for (int32_t i = 0; i < out.rank; i++) {
        int32_t da = dim_from_end(sa, i), db = dim_from_end(sb, i);
        if (da != db && da != 1 && db != 1)
            return mnet_op_malformed(error, node, "dimensions %d and %d do not go together", da,
                                     db);
        out.dims[out.rank - 1 - i] = da > db ? da : db;
    }
    return mnet_set_shape(graph, node, shapes, &out, error);
}

/* One operand of ADD: (q - zero) << 20, scaled. */
static void fill_add_table(const MnetTensor *tensor, double scale, int32_t sign, int32_t *table)
{
    MnetFixed factor = mnet_fixed(scale);
    factor.multiplier *= sign;
    for (int32_t q = -128; q < 128; q++)
        table[q + 128] = mnet_fixed_multiply((q - tensor->quant.zero_point[0]) * (1 << 20), factor);
}

/* TFLite's ADD and SUB: both operands on the scale of twice the larger one. */
static void prepare_add(const MnetGraph *graph, const MnetNode *node, BinaryPacked *p)
{
    const MnetTensor *a = mnet_in(graph, node, 0), *b = mnet_in(graph, node, 1);
    const MnetTensor *out = mnet_out(graph, node);
    double sa = (double)a->quant.scale[0], sb = (double)b->quant.scale[0];
    double twice_max = 2 * (sa > sb ? sa : sb);
    MnetFixed factor = mnet_fixed(twice_max / ((1 << 20) * (double)out->quant.scale[0]));
    fill_add_table(a, sa / twice_max, 1, p->table[0]);
    fill_add_table(b, sb / twice_max, node->op == MNET_OP_SUB ? -1 : 1, p->table[1]);
    p->add.multiplier = factor.multiplier;
    p->add.shift = factor.shift;
    p->add.zero_point = out->quant.zero_point[0];
    mnet_activation_range_s8(node->activation, out, &p->add.min, &p->add.max);
}

static void prepare_mul(const MnetGraph *graph, const MnetNode *node, BinaryPacked *p)
{
    const MnetTensor *a = mnet_in(graph, node, 0), *b = mnet_in(graph, node, 1);
    const MnetTensor *out = mnet_out(graph, node);
    /* The reference multiplies and divides in float. */
    float real = a->quant.scale[0] * b->quant.scale[0] / out->quant.scale[0];
    MnetFixed factor = mnet_fixed((double)real);
    p->mul = (MnetMulS8){ .a_zero = a->quant.zero_point[0],
                          .b_zero = b->quant.zero_point[0],
                          .multiplier = factor.multiplier,
                          .shift = factor.shift,
                          .zero_point = out->quant.zero_point[0] };
    mnet_activation_range_s8(node->activation, out, &p->mul.min, &p->mul.max);
}

static void fill_packed(const MnetGraph *graph, const MnetNode *node, BinaryPacked *p)
{
    const MnetTensor *a = mnet_in(graph, node, 0), *b = mnet_in(graph, node, 1);
    const MnetTensor *out = mnet_out(graph, node);
    if (node->op == MNET_OP_PRELU)
        p->prelu = mnet_prelu(a, b, out);
    else if (node->op == MNET_OP_SQUARED_DIFFERENCE)
        mnet_squared_difference(a, b, out, p->table[0], p->table[1], &p->add);
    else if (node->op == MNET_OP_MUL)
        prepare_mul(graph, node, p);
    else
        prepare_add(graph, node, p);
}

static MnetStatus binary_prepare(MnetGraph *graph, MnetNode *node, const MnetKernels *kernels,
                                 MnetError *error)
{
    BinaryPacked *p = mnet_store_alloc(graph->store, sizeof *p);
    if (!p)
        return mnet_error_memory(error, sizeof *p);
    p->type = mnet_in(graph, node, 0)->type;
    if (p->type != MNET_TYPE_INT8)
        mnet_activation_range_f32(node->activation, &p->min, &p->max);
    else
        fill_packed(graph, node, p);
    node->packed = p;
    return MNET_OK;
}

/* Dimensions that neither operand repeats in a new way join the one inside. */
static void collapse(const MnetShape *a, const MnetShape *b, const MnetShape *out, BinaryState *s)
{
    size_t dims[MNET_MAX_RANK] = { 1 }, as[MNET_MAX_RANK] = { 1 }, bs[MNET_MAX_RANK] = { 1 };
    size_t a_size = 1, b_size = 1;
    int32_t n = 0;
    for (int32_t i = 0; i < out->rank; i++) {
        size_t d = (size_t)dim_from_end(out, i);
        size_t da = (size_t)dim_from_end(a, i), db = (size_t)dim_from_end(b, i);
        if (d == 1)
            continue;
        size_t a_step = da == 1 ? 0 : a_size, b_step = db == 1 ? 0 : b_size;
        bool joins = n && a_step == as[n - 1] * dims[n - 1] && b_step == bs[n - 1] * dims[n - 1];
        if (joins) {
            dims[n - 1] *= d;
        } else {
            dims[n] = d;
            as[n] = a_step;
            bs[n++] = b_step;
        }
        a_size *= da;
        b_size *= db;
    }
    s->rank = n ? n : 1;
    for (int32_t i = 0; i < s->rank; i++) {
        s->dims[i] = dims[s->rank - 1 - i];
        s->a_step[i] = as[s->rank - 1 - i];
        s->b_step[i] = bs[s->rank - 1 - i];
    }
}

/* Elements of a row that is worth a call of its own. */
#define LONG_ROW ((size_t)512)

/* Whether the operands may change places. */
static bool can_swap(const MnetNode *node, const BinaryPacked *packed)
{
    return node->op != MNET_OP_PRELU && (packed->type == MNET_TYPE_INT8 || node->op != MNET_OP_SUB);
}

/* One row of channels for all pixels (squeeze and excitation): short ones are
 * repeated, so that a call works on many pixels. */
static void plan_repeats(MnetStep *step, BinaryState *s, const MnetShape *a, const MnetShape *b,
                         const MnetShape *out)
{
    const BinaryPacked *packed = step->node->packed;
    bool swaps = can_swap(step->node, packed);
    if (s->rank != 2 || s->spread || s->dims[1] >= LONG_ROW)
        return;
    if (swaps && !s->swap && !s->a_step[0] && s->a_step[1] && s->b_step[1]) {
        s->swap = true;
        collapse(b, a, out, s);
    }
    if (s->b_step[0] || s->b_step[1] != 1 || s->a_step[0] != s->dims[1] || s->a_step[1] != 1)
        return;
    s->repeats = 2 * LONG_ROW / s->dims[1];
    s->repeats = s->repeats < s->dims[0] ? s->repeats : s->dims[0];
    step->scratch = s->repeats * s->dims[1] * mnet_type_size(packed->type);
}

static MnetStatus binary_plan(MnetStep *step, MnetStore *store, MnetError *error)
{
    const MnetNode *node = step->node;
    const BinaryPacked *packed = node->packed;
    const MnetShape *a = &step->shapes[node->inputs[0]], *b = &step->shapes[node->inputs[1]];
    const MnetShape *out = &step->shapes[node->outputs[0]];
    BinaryState *s = mnet_store_alloc(store, sizeof *s);
    if (!s)
        return mnet_error_memory(error, sizeof *s);
    collapse(a, b, out, s);
    int32_t last = s->rank - 1;
    /* A kernel repeats b only. */
    if (!s->a_step[last] && s->b_step[last]) {
        s->swap = can_swap(node, packed);
        s->spread = !s->swap;
        if (s->swap)
            collapse(b, a, out, s);
        else
            step->scratch = s->dims[last] * mnet_type_size(packed->type);
    }
    plan_repeats(step, s, a, b, out);
    s->flat = s->rank == 1 && !s->spread;
    size_t n = mnet_shape_elements(out);
    /* 16 elements take as long as 200 multiply-adds. */
    step->tiles = mnet_tile_count((uint64_t)n * 12, s->flat ? n : s->dims[0]);
    step->state = s;
    return MNET_OK;
}

static void apply_f32(const MnetStep *step, const BinaryPacked *p, size_t n, const float *a,
                      const float *b, size_t b_step, float *out)
{
    const MnetKernels *kernels = step->kernels;
    switch (step->node->op) {
    case MNET_OP_PRELU:
        kernels->prelu_f32(n, a, b, b_step, out);
        break;
    case MNET_OP_SQUARED_DIFFERENCE:
        kernels->sub_f32(n, a, b, b_step, -INFINITY, INFINITY, out);
        kernels->mul_f32(n, out, out, 1, -INFINITY, INFINITY, out);
        break;
    default:
        (step->node->op == MNET_OP_ADD   ? kernels->add_f32
         : step->node->op == MNET_OP_SUB ? kernels->sub_f32
                                         : kernels->mul_f32)(n, a, b, b_step, p->min, p->max, out);
    }
}

static void apply_s8(const MnetStep *step, const BinaryPacked *p, bool swap, size_t n,
                     const int8_t *a, const int8_t *b, size_t b_step, int8_t *out)
{
    if (step->node->op == MNET_OP_PRELU) {
        mnet_prelu_s8(&p->prelu, n, a, b, b_step, out);
    } else if (step->node->op == MNET_OP_SQUARED_DIFFERENCE) {
        MnetAddS8 operands = p->add;
        operands.a_table = p->table[swap];
        operands.b_table = p->table[!swap];
        mnet_squared_difference_s8(&operands, n, a, b, b_step, out);
    } else if (step->node->op == MNET_OP_MUL) {
        MnetMulS8 mul = p->mul;
        mul.a_zero = swap ? p->mul.b_zero : p->mul.a_zero;
        mul.b_zero = swap ? p->mul.a_zero : p->mul.b_zero;
        step->kernels->mul_s8(&mul, n, a, b, b_step, out);
    } else {
        MnetAddS8 add = p->add;
        add.a_table = p->table[swap];
        add.b_table = p->table[!swap];
        step->kernels->add_s8(&add, n, a, b, b_step, out);
    }
}

/* What graph/halve.c takes for float16. */
static void apply_f16(const MnetStep *step, const BinaryPacked *p, size_t n, const MnetHalf *a,
                      const MnetHalf *b, size_t b_step, MnetHalf *out)
{
    const MnetKernelsF16 *kernels = step->kernels->f16;
    (step->node->op == MNET_OP_ADD   ? kernels->add
     : step->node->op == MNET_OP_SUB ? kernels->sub
                                     : kernels->mul)(n, a, b, b_step, p->min, p->max, out);
}

static void apply(const MnetStep *step, const BinaryPacked *p, bool swap, size_t n, const void *a,
                  const void *b, size_t b_step, void *out)
{
    if (p->type == MNET_TYPE_INT8)
        apply_s8(step, p, swap, n, a, b, b_step, out);
    else if (p->type == MNET_TYPE_FLOAT16)
        apply_f16(step, p, n, a, b, b_step, out);
    else
        apply_f32(step, p, n, a, b, b_step, out);
}

bool mnet_binary_is_flat(const MnetStep *step)
{
    const BinaryState *s = step->state;
    return s->flat && s->a_step[0] == 1 && s->b_step[0] == 1;
}

void mnet_binary_elements(const MnetStep *step, size_t n, const void *a, const void *b, void *out)
{
    apply(step, step->node->packed, false, n, a, b, 1, out);
}

/* One value for all of a row. */
static const void *spread(const uint8_t *value, size_t element, size_t n, uint8_t *row)
{
    for (size_t i = 0; i < n; i++)
        memcpy(row + i * element, value, element);
    return row;
}

static void innermost(const MnetStep *step, const BinaryState *s, size_t n, size_t a_at,
                      size_t b_at, size_t out_at, void *const *tensors, void *scratch)
{
    const BinaryPacked *p = step->node->packed;
    size_t element = mnet_type_size(p->type);
    const uint8_t *a = tensors[step->node->inputs[s->swap]];
    const uint8_t *b = tensors[step->node->inputs[!s->swap]];
    uint8_t *out = tensors[step->node->outputs[0]];
    const void *from = a + a_at * element;
    if (s->spread)
        from = spread(from, element, n, scratch);
    apply(step, p, s->swap, n, from, b + b_at * element, s->b_step[s->rank - 1],
          out + out_at * element);
}

/* Rows `begin` to `end`. */
static void repeated(const MnetStep *step, const BinaryState *s, size_t begin, size_t end,
                     void *const *tensors, uint8_t *scratch)
{
    const BinaryPacked *p = step->node->packed;
    size_t row = s->dims[1] * mnet_type_size(p->type);
    const uint8_t *a = tensors[step->node->inputs[s->swap]];
    uint8_t *out = tensors[step->node->outputs[0]];
    for (size_t i = 0; i < s->repeats; i++)
        memcpy(scratch + i * row, tensors[step->node->inputs[!s->swap]], row);
    for (size_t n; begin < end; begin += n) {
        n = end - begin < s->repeats ? end - begin : s->repeats;
        apply(step, p, s->swap, n * s->dims[1], a + begin * row, scratch, 1, out + begin * row);
    }
}

static size_t nest(const MnetStep *step, const BinaryState *s, int32_t depth, size_t a_at,
                   size_t b_at, size_t out_at, void *const *tensors, void *scratch)
{
    if (depth >= s->rank - 1 || depth >= MNET_MAX_RANK - 1) {
        innermost(step, s, s->dims[depth], a_at, b_at, out_at, tensors, scratch);
        return s->dims[depth];
    }
    size_t done = 0;
    for (size_t i = 0; i < s->dims[depth]; i++)
        done += nest(step, s, depth + 1, a_at + i * s->a_step[depth], b_at + i * s->b_step[depth],
                     out_at + done, tensors, scratch);
    return done;
}

static void binary_run(const MnetStep *step, void *const *tensors, size_t tile, size_t tiles,
                       void *scratch)
{
    const BinaryState *s = step->state;
    size_t begin, end,
        row = mnet_shape_elements(&step->shapes[step->node->outputs[0]]) / s->dims[0];
    mnet_tile_range(s->dims[0], tile, tiles, s->flat ? 64 : 1, &begin, &end);
    if (s->rank == 1) {
        innermost(step, s, end - begin, begin * s->a_step[0], begin * s->b_step[0], begin, tensors,
                  scratch);
        return;
    }
    if (s->repeats) {
        repeated(step, s, begin, end, tensors, scratch);
        return;
    }
    for (size_t i = begin; i < end; i++)
        nest(step, s, 1, i * s->a_step[0], i * s->b_step[0], i * row, tensors, scratch);
}

const MnetOpClass mnet_op_binary = { binary_infer, binary_prepare, binary_plan, binary_run };
