/* SPDX-License-Identifier: MIT
 *
 * Outputs that are inputs of the next run: which they are, and that a session
 * feeds them when asked to. */
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define MAX_TENSORS 8

/* Inputs and outputs by the number of their elements; outputs are their inputs
 * plus input 0, which is one number.  Scales are 1. */
typedef struct {
    const char *name;
    int n_inputs, n_outputs;
    int32_t inputs[MAX_TENSORS], outputs[MAX_TENSORS];
    size_t n_states;
    MnetState states[MAX_TENSORS];
} Case;

static const Case cases[] = {
    { "no input but a picture", 1, 1, { 1 }, { 1 }, 0, { { 0, 0 } } },
    { "one state", 2, 2, { 1, 5 }, { 1, 5 }, 1, { { 1, 1 } } },
    { "states in front", 3, 3, { 1, 5, 5 }, { 5, 5, 1 }, 2, { { 1, 0 }, { 2, 1 } } },
    { "two kinds", 3, 3, { 1, 6, 5 }, { 5, 1, 6 }, 2, { { 1, 2 }, { 2, 0 } } },
    { "an output more", 2, 3, { 1, 5 }, { 5, 5, 1 }, 0, { { 0, 0 } } },
    { "an input more", 3, 2, { 1, 5, 5 }, { 5, 1 }, 0, { { 0, 0 } } },
    { "one kind is certain", 4, 3, { 1, 5, 5, 6 }, { 5, 1, 6 }, 1, { { 3, 2 } } },
    { "like the picture", 2, 2, { 1, 1 }, { 1, 1 }, 0, { { 0, 0 } } },
};

static int32_t tensor(TbModel *model, int32_t n, int64_t zero_point)
{
    return tb_tensor(model, &(TbTensor){ .name = "t",
                                         .type = TFL_TYPE_INT8,
                                         .rank = 2,
                                         .dims = { 1, n },
                                         .n_scales = 1,
                                         .scale = 1,
                                         .zero_point = zero_point });
}

/* Output o adds input 0 to the last input of its size. */
static MnetModel *load(const Case *c, TbFile *file, int64_t zero_point)
{
    TbModel *model = tb_model_new();
    int32_t inputs[MAX_TENSORS];
    for (int i = 0; i < c->n_inputs; i++)
        tb_input(model, inputs[i] = tensor(model, c->inputs[i], zero_point));
    for (int o = 0; o < c->n_outputs; o++) {
        int last = 0;
        for (int i = 0; i < c->n_inputs; i++)
            last = c->inputs[i] == c->outputs[o] ? i : last;
        int32_t output = tensor(model, c->outputs[o], zero_point);
        tb_operator(model, &(TbOperator){ .builtin = TFL_OP_ADD,
                                          .n_inputs = 2,
                                          .inputs = { inputs[last], inputs[0] },
                                          .n_outputs = 1,
                                          .outputs = { output } });
        tb_output(model, output);
    }
    *file = tb_finish(model);
    MnetError error = { MNET_OK, "" };
    MnetModel *loaded = mnet_model_load_memory(file->data, file->size, NULL, &error);
    EXPECT(loaded, "%s: %s", c->name, error.text);
    if (!loaded)
        exit(1);
    return loaded;
}

static void check_case(const Case *c)
{
    TbFile file;
    MnetState state;
    MnetModel *model = load(c, &file, 0);
    EXPECT(mnet_model_n_states(model) == c->n_states, "%s: %zu states", c->name,
           mnet_model_n_states(model));
    for (size_t i = 0; i < c->n_states && mnet_model_state(model, i, &state); i++)
        EXPECT(state.input == c->states[i].input && state.output == c->states[i].output,
               "%s: state %zu is %zu, %zu", c->name, i, state.input, state.output);
    EXPECT(!mnet_model_state(model, c->n_states, &state), "%s: a state more", c->name);
    mnet_model_unref(model);
    tb_file_free(&file);
}

/* Adds 3 in every run: 3, 6, 9 when the sum is fed, else always 3. */
static void check_feeding(bool feed, int zero_point)
{
    TbFile file;
    MnetError error = { MNET_OK, "" };
    MnetModel *model = load(&cases[1], &file, zero_point);
    MnetSession *session =
        mnet_session_new(model, &(MnetSessionOptions){ .feed_states = feed }, &error);
    if (!session)
        exit(1);
    int8_t *state = mnet_session_input(session, 1);
    *(int8_t *)mnet_session_input(session, 0) = (int8_t)(zero_point + 3);
    for (int run = 1; run <= 6; run++) {
        if (run == 4)
            mnet_session_reset_states(session);
        mnet_session_run(session);
        int sum = ((const int8_t *)mnet_session_output(session, 1))[4] - zero_point;
        int expected = feed ? 3 * ((run - 1) % 3 + 1) : 3;
        EXPECT(sum == expected, "run %d gives %d, expected %d", run, sum, expected);
        EXPECT(state[4] - zero_point == (feed ? expected : 0), "state %d", state[4] - zero_point);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

/* A delay of two runs: state 1 becomes input 0, state 2 what state 1 was, and the
 * output what state 2 was.  Both that leave as they came are outputs and inputs. */
static void check_delay(void)
{
    MnetError error = { MNET_OK, "" };
    TbModel *builder = tb_model_new();
    int32_t x = tensor(builder, 1, 0), first = tensor(builder, 5, 0),
            second = tensor(builder, 5, 0);
    int32_t sum = tensor(builder, 5, 0), zeros = tensor(builder, 5, 0);
    tb_input(builder, x);
    tb_input(builder, first);
    tb_input(builder, second);
    tb_operator(builder, &(TbOperator){ .builtin = TFL_OP_SUB,
                                        .n_inputs = 2,
                                        .inputs = { first, first },
                                        .n_outputs = 1,
                                        .outputs = { zeros } });
    tb_operator(builder, &(TbOperator){ .builtin = TFL_OP_ADD,
                                        .n_inputs = 2,
                                        .inputs = { zeros, x },
                                        .n_outputs = 1,
                                        .outputs = { sum } });
    tb_output(builder, sum);
    tb_output(builder, first);
    TbFile file = tb_finish(builder);
    MnetModel *model = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session =
        mnet_session_new(model, &(MnetSessionOptions){ .feed_states = true }, &error);
    if (!session)
        exit(1);
    for (int run = 1; run <= 6; run++) {
        *(int8_t *)mnet_session_input(session, 0) = (int8_t)(10 * run);
        mnet_session_run(session);
        int late = ((const int8_t *)mnet_session_output(session, 1))[4];
        int later = ((const int8_t *)mnet_session_input(session, 2))[4];
        EXPECT(late == (run > 1 ? 10 * (run - 1) : 0), "run %d: the output is %d", run, late);
        EXPECT(later == late, "run %d: state 2 is %d, output 1 %d", run, later, late);
    }
    mnet_session_free(session);
    mnet_model_unref(model);
    tb_file_free(&file);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i]);
    for (int feed = 0; feed < 2; feed++) {
        check_feeding(feed, 0);
        check_feeding(feed, -7);
    }
    check_delay();
    return expect_report("states");
}
