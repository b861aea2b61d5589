/* SPDX-License-Identifier: MIT
 *
 * Models of one operator that moves elements. */
#include "move_case.h"

#include <mnet/mnet.h>

#include "expect.h"

#define FILL 3 /* the zero point */

static uint32_t state = 7;

int32_t move_draw(int32_t low, int32_t high)
{
    state = state * 1664525u + 1013904223u;
    return low + (int32_t)((state >> 8) % (uint32_t)(high - low + 1));
}

size_t move_elements(const MoveShape *shape)
{
    size_t n = 1;
    for (int32_t d = 0; d < shape->rank; d++)
        n *= (size_t)shape->dims[d];
    return n;
}

MoveShape move_draw_shape(int32_t rank, int32_t most)
{
    MoveShape shape = { rank, { 0 } };
    for (int32_t d = 0; d < rank; d++)
        shape.dims[d] = move_draw(1, most);
    return shape;
}

void move_unravel(const MoveShape *shape, size_t at, int32_t *index)
{
    memset(index, 0, 6 * sizeof *index);
    for (int32_t d = shape->rank - 1; d >= 0; d--) {
        index[d] = (int32_t)(at % (size_t)shape->dims[d]);
        at /= (size_t)shape->dims[d];
    }
}

size_t move_ravel(const MoveShape *shape, const int32_t *index)
{
    size_t at = 0;
    for (int32_t d = 0; d < shape->rank; d++)
        at = at * (size_t)shape->dims[d] + (size_t)index[d];
    return at;
}

static int32_t tensor(MoveCase *c, const MoveShape *shape)
{
    TbTensor t = { .name = shape ? "x" : "y",
                   .type = c->type,
                   .no_shape = !shape,
                   .n_scales = c->type != TFL_TYPE_FLOAT32 && c->type != TFL_TYPE_INT32,
                   .scale = 0.5f,
                   .zero_point = FILL };
    if (shape) {
        t.rank = shape->rank;
        memcpy(t.dims, shape->dims, sizeof shape->dims);
    }
    return tb_tensor(c->model, &t);
}

void move_begin(MoveCase *c, int type, int32_t builtin, MoveShape in, int32_t n_outputs)
{
    c->model = tb_model_new();
    c->type = type;
    c->in = in;
    c->op = (TbOperator){ .builtin = builtin, .n_inputs = 1, .n_outputs = n_outputs };
    c->op.inputs[0] = tensor(c, &in);
    tb_input(c->model, c->op.inputs[0]);
    for (int32_t i = 0; i < n_outputs; i++) {
        c->op.outputs[i] = tensor(c, NULL);
        tb_output(c->model, c->op.outputs[i]);
    }
}

void move_list(MoveCase *c, int32_t n, const int32_t *values)
{
    c->op.inputs[c->op.n_inputs++] = tb_ints(c->model, "list", n, values);
}

static TbFile finish(MoveCase *c)
{
    tb_operator(c->model, &c->op);
    return tb_finish(c->model);
}

static size_t element_bytes(int type)
{
    return type == TFL_TYPE_FLOAT32 || type == TFL_TYPE_INT32 ? 4 : 1;
}

static bool same_output(const MoveCase *c, size_t output, const MnetTensorInfo *info,
                        const uint8_t *data, const uint8_t *in)
{
    size_t bytes = element_bytes(c->type), n = move_elements(&c->out[output]);
    if (info->rank != c->out[output].rank || info->elements != n ||
        memcmp(info->dims, c->out[output].dims, (size_t)info->rank * sizeof *info->dims) != 0)
        return false;
    const uint8_t fill[8] = { bytes == 1 ? FILL : 0 };
    for (size_t i = 0; i < n; i++) {
        size_t from = c->source[output][i];
        if (memcmp(data + i * bytes, from == MOVE_FILL ? fill : in + from * bytes, bytes) != 0)
            return false;
    }
    return true;
}

void move_check(const char *name, MoveCase *c)
{
    MnetError error = { MNET_OK, "" };
    TbFile file = finish(c);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetPool *pool = mnet_pool_new(2, &error);
    for (int threads = 1; model && threads <= 2; threads++) {
        MnetSessionOptions options = { .pool = threads == 2 ? pool : NULL };
        MnetSession *session = mnet_session_new(model, &options, &error);
        if (!session)
            exit(1);
        uint8_t *in = mnet_session_input(session, 0);
        for (size_t i = 0; i < mnet_model_input(model, 0)->bytes; i++)
            in[i] = (uint8_t)move_draw(0, 255);
        mnet_session_run(session);
        for (size_t i = 0; i < mnet_model_n_outputs(model); i++)
            EXPECT(
                same_output(c, i, mnet_model_output(model, i), mnet_session_output(session, i), in),
                "%s: output %zu, %d threads", name, i, threads);
        mnet_session_free(session);
    }
    EXPECT(model, "%s: %s", name, error.text);
    mnet_pool_unref(pool);
    mnet_model_unref(model);
    tb_file_free(&file);
}

void move_refuse(const char *name, MoveCase *c, const char *part)
{
    MnetError error = { MNET_OK, "" };
    TbFile file = finish(c);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    EXPECT(!model, "%s loads", name);
    EXPECT(strstr(error.text, part), "%s: \"%s\", expected \"%s\"", name, error.text, part);
    mnet_model_unref(model);
    tb_file_free(&file);
}

int move_report(const char *test)
{
    return expect_report(test);
}
