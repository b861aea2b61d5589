/* SPDX-License-Identifier: MIT
 *
 * precision=fp16, in plain C where there is nothing else: integer networks and those of
 * 8-bit weights stay what they are, numbers beyond float16 stay float32, other input
 * sizes and threads change nothing. */
#include <math.h>
#include <mnet/mnet.h>

#include "expect.h"
#include "samplemodels.h"
#include "tflitebuilder.h"

typedef struct {
    MnetModel *model;
    MnetSession *session;
    MnetModelStats stats;
} Network;

static Network open_network(const char *name, const TbFile *file, MnetPrecision precision,
                            MnetSessionOptions options)
{
    MnetError error = { 0 };
    const MnetModelOptions of_model = { .precision = precision };
    Network n = { .model = mnet_model_load_memory(file->data, file->size, &of_model, &error) };
    n.session = n.model ? mnet_session_new(n.model, &options, &error) : NULL;
    EXPECT(n.session, "%s: %s", name, error.text);
    if (!n.session)
        exit(1);
    mnet_model_stats(n.model, &n.stats);
    return n;
}

static void close_network(Network *n)
{
    mnet_session_free(n->session);
    mnet_model_unref(n->model);
}

/* Bytes 0 to 255, floats -1 to 1. */
static void run(Network *n)
{
    uint32_t state = 1;
    for (size_t i = 0; i < mnet_model_n_inputs(n->model); i++) {
        const MnetTensorInfo *info = mnet_session_input_info(n->session, i);
        uint8_t *in = mnet_session_input(n->session, i);
        size_t element = info->type == MNET_TYPE_FLOAT32 ? sizeof(float) : 1;
        for (size_t at = 0; at < info->bytes; at += element) {
            state = state * 1664525u + 1013904223u;
            float value = (float)(state >> 24) / 127.5f - 1;
            memcpy(in + at, element == 1 ? (void *)&(uint8_t){ (uint8_t)(state >> 24) } : &value,
                   element);
        }
    }
    mnet_session_run(n->session);
}

/* Floats within `part` of the largest; with 0 the same bytes. */
static void compare(const char *name, const Network *a, const Network *b, float part)
{
    for (size_t i = 0; i < mnet_model_n_outputs(a->model); i++) {
        const MnetTensorInfo *info = mnet_session_output_info(a->session, i);
        const void *x = mnet_session_output(a->session, i), *y = mnet_session_output(b->session, i);
        bool floats = info->type == MNET_TYPE_FLOAT32 && part > 0;
        float largest = 0, worst = 0;
        EXPECT(info->bytes == mnet_session_output_info(b->session, i)->bytes, "%s", name);
        for (size_t e = 0; floats && e < info->elements; e++) {
            float difference = fabsf(((const float *)x)[e] - ((const float *)y)[e]);
            largest = fmaxf(largest, fabsf(((const float *)x)[e]));
            worst = difference <= worst ? worst : difference; /* NaN stays */
        }
        EXPECT(floats ? worst <= part * largest : !memcmp(x, y, info->bytes),
               "%s: output %zu, %g apart of %g", name, i, (double)worst, (double)largest);
    }
}

static void check_samples(void)
{
    size_t halved = 0;
    for (size_t i = 0; i < sample_count(); i++) {
        const char *name = sample_name(i);
        TbFile file = sample_model(i);
        Network wide = open_network(name, &file, MNET_PRECISION_FP32, (MnetSessionOptions){ 0 });
        Network half =
            open_network(name, &file, MNET_PRECISION_FP16_ANYWHERE, (MnetSessionOptions){ 0 });
        EXPECT(!half.stats.float16 || !(strstr(name, "int8") || strstr(name, "dynamic")), "%s",
               name);
        EXPECT(!wide.stats.float16, "%s", name);
        run(&wide);
        run(&half);
        compare(name, &wide, &half, half.stats.float16 ? 0.01f : 0);
        halved += half.stats.float16;
        close_network(&wide);
        close_network(&half);
        tb_file_free(&file);
    }
    EXPECT(halved >= 4, "%zu networks in float16", halved);
}

/* As the file made for that size, and with any number of threads. */
static void check_input_size(void)
{
    TbFile small = tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_FLOAT32 });
    TbFile large =
        tb_tiny_classifier(&(TbTiny){ .type = TFL_TYPE_FLOAT32, .width = 160, .height = 96 });
    MnetPool *pool = mnet_pool_new(3, NULL);
    const MnetSessionOptions resized = { .pool = pool, .input_width = 160, .input_height = 96 };
    const MnetSessionOptions alone = { .pool = NULL };
    Network n[2] = { open_network("32x32", &small, MNET_PRECISION_FP16_ANYWHERE, resized),
                     open_network("160x96", &large, MNET_PRECISION_FP16_ANYWHERE, alone) };
    for (size_t i = 0; i < 2; i++) {
        EXPECT(n[i].stats.float16, "%zu", i);
        run(&n[i]);
    }
    compare("160x96", &n[0], &n[1], 0);
    for (size_t i = 0; i < 2; i++)
        close_network(&n[i]);
    mnet_pool_unref(pool);
    tb_file_free(&small);
    tb_file_free(&large);
}

/* A layer of 1x1, then MUL by a constant: weights, bias and factor are all the same. */
static TbFile extreme_model(const float *weights, const float *bias, const float *factor)
{
    TbModel *model = tb_model_new();
    TbTensor map = { .name = "map", .type = TFL_TYPE_FLOAT32, .rank = 4, .dims = { 1, 3, 3, 4 } };
    TbTensor constant = { .name = "w",
                          .type = TFL_TYPE_FLOAT32,
                          .rank = 4,
                          .dims = { 4, 1, 1, 4 },
                          .data = weights,
                          .bytes = 64 };
    int32_t in = tb_tensor(model, &map), w = tb_tensor(model, &constant);
    constant = (TbTensor){
        .name = "b", .type = TFL_TYPE_FLOAT32, .rank = 1, .dims = { 4 }, .data = bias, .bytes = 16
    };
    int32_t b = tb_tensor(model, &constant), middle = tb_tensor(model, &map);
    constant.data = factor;
    int32_t f = tb_tensor(model, &constant), out = tb_tensor(model, &map);
    tb_operator(model, &(TbOperator){ .builtin = TFL_OP_CONV_2D,
                                      .inputs = { in, w, b },
                                      .n_inputs = 3,
                                      .outputs = { middle },
                                      .n_outputs = 1,
                                      .options = tb_conv_options(TFL_PADDING_VALID, 1, 1, 1, 1,
                                                                 TFL_ACTIVATION_RELU) });
    tb_operator(
        model, &(TbOperator){ .builtin = TFL_OP_MUL,
                              .inputs = { middle, f },
                              .n_inputs = 2,
                              .outputs = { out },
                              .n_outputs = 1,
                              .options = tb_binary_options(TFL_OPTIONS_MUL, TFL_ACTIVATION_NONE) });
    tb_input(model, in);
    tb_output(model, out);
    return tb_finish(model);
}

/* What float16 cannot hold stays float32, beside what it can. */
static void check_extremes(void)
{
    static const struct {
        float weight, bias, factor;
        bool halves;
    } cases[] = {
        { 1, 1, 2, true },     { 1e5f, 1, 1e-3f, false }, { 1e-9f, 0, 1e3f, false },
        { 1, 1e6f, 1, false }, { 1, 1, 1e6f, true },      { 1, 1, 1e-9f, true },
        { 1, 1e-9f, 1, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        float weights[16], bias[4], factor[4];
        for (size_t j = 0; j < 16; j++)
            weights[j] = cases[i].weight * (float)(j + 1) / 16;
        for (size_t j = 0; j < 4; j++) {
            bias[j] = cases[i].bias;
            factor[j] = cases[i].factor;
        }
        snprintf(name, sizeof name, "%g, %g, %g", (double)cases[i].weight, (double)cases[i].bias,
                 (double)cases[i].factor);
        TbFile file = extreme_model(weights, bias, factor);
        Network wide = open_network(name, &file, MNET_PRECISION_FP32, (MnetSessionOptions){ 0 });
        Network half =
            open_network(name, &file, MNET_PRECISION_FP16_ANYWHERE, (MnetSessionOptions){ 0 });
        EXPECT(half.stats.float16 == cases[i].halves, "%s", name);
        run(&wide);
        run(&half);
        compare(name, &wide, &half, cases[i].halves ? 0.005f : 0);
        close_network(&wide);
        close_network(&half);
        tb_file_free(&file);
    }
}

int main(void)
{
    check_samples();
    check_input_size();
    check_extremes();
    return expect_report("test_precision");
}
