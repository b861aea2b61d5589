/* SPDX-License-Identifier: MIT
 *
 * Folding: which operators are left, what their notes tell, and that the result
 * is that of the same network whose inner tensors are outputs, too, so that
 * nothing can be folded away. */
#include <mnet/mnet.h>

#include "expect.h"
#include "tflitebuilder.h"

#define MAX_NODES 4
#define ELEMENTS (5 * 6 * 4)

/* A chain of operators on a picture of 1 x 5 x 6 x 4; all tensors have one type
 * and, when quantised, one scale but for those said otherwise. */
typedef struct {
    const char *name;
    int type;
    struct {
        int32_t op;
        TbOptions options;
        int32_t weights[4];  /* dims of a second input of noise; [0] = 0: none */
        int32_t integers[8]; /* or a second input of these ... */
        int n_integers;      /* ... in pairs when 8 */
        float scale;         /* of its output; 0: as before */
    } nodes[MAX_NODES];
    const char *left[MAX_NODES + 2]; /* names, and notes behind a colon */
    bool same_count;                 /* operators change places only */
    bool one_shape;                  /* all tensors have the input's, and declare it */
} Case;

static int8_t noise_bytes[1024];
static float noise_floats[1024];

static int32_t activation(TbModel *model, int type, float scale, const int32_t *dims)
{
    TbTensor tensor = { .name = "t",
                        .type = type,
                        .rank = dims ? 4 : 0,
                        .no_shape = !dims,
                        .n_scales = type != TFL_TYPE_FLOAT32,
                        .scale = scale,
                        .zero_point = type == TFL_TYPE_UINT8 ? 131 : 3 };
    for (int i = 0; dims && i < 4; i++)
        tensor.dims[i] = dims[i];
    return tb_tensor(model, &tensor);
}

/* The second input of a node, -1: none. */
static int32_t second(TbModel *model, const Case *c, int i)
{
    const int32_t *dims = c->nodes[i].weights;
    if (c->nodes[i].n_integers)
        return tb_tensor(model, &(TbTensor){ .name = "integers",
                                             .type = TFL_TYPE_INT32,
                                             .rank = c->nodes[i].n_integers == 8 ? 2 : 1,
                                             .dims = { 4, 2 },
                                             .data = c->nodes[i].integers,
                                             .bytes = 4 * (size_t)c->nodes[i].n_integers });
    if (!dims[0])
        return -1;
    bool floats = c->type == TFL_TYPE_FLOAT32;
    return tb_tensor(model, &(TbTensor){ .name = "weights",
                                         .type = c->type,
                                         .rank = 4,
                                         .dims = { dims[0], dims[1], dims[2], dims[3] },
                                         .n_scales = !floats,
                                         .scale = 0.01f,
                                         .zero_point = c->type == TFL_TYPE_UINT8 ? 128 : 0,
                                         .data = floats ? (const void *)noise_floats : noise_bytes,
                                         .bytes = (size_t)(dims[0] * dims[1] * dims[2] * dims[3]) *
                                                  (floats ? 4 : 1) });
}

static TbFile build(const Case *c, bool all_outputs)
{
    static const int32_t picture[4] = { 1, 5, 6, 4 };
    TbModel *model = tb_model_new();
    float scale = 0.05f;
    int32_t x = activation(model, c->type, scale, picture);
    tb_input(model, x);
    int n = 0;
    while (n < MAX_NODES && (c->nodes[n].op || c->nodes[n].options.type))
        n++;
    for (int i = 0; i < n; i++) {
        int32_t more = second(model, c, i);
        scale = c->nodes[i].scale > 0 ? c->nodes[i].scale : scale;
        int32_t y = activation(model, c->type, scale, c->one_shape ? picture : NULL);
        tb_operator(model, &(TbOperator){ .builtin = c->nodes[i].op,
                                          .n_inputs = more < 0 ? 1 : 2,
                                          .inputs = { x, more },
                                          .n_outputs = 1,
                                          .outputs = { y },
                                          .options = c->nodes[i].options });
        if (all_outputs && i < n - 1)
            tb_output(model, y);
        x = y;
    }
    tb_output(model, x);
    return tb_finish(model);
}

/* The last output; *model is what was run. */
static uint8_t *run(const char *name, const TbFile *file, MnetModel **model)
{
    MnetError error = { MNET_OK, "" };
    *model = mnet_model_load_memory(file->data, file->size, NULL, &error);
    MnetSession *session = *model ? mnet_session_new(*model, NULL, &error) : NULL;
    if (!session) {
        printf("%s: %s\n", name, error.text);
        exit(1);
    }
    void *input = mnet_session_input(session, 0);
    for (size_t i = 0; i < ELEMENTS; i++) {
        if (mnet_model_input(*model, 0)->type == MNET_TYPE_FLOAT32)
            ((float *)input)[i] = (float)(i * 53 % 97) / 8 - 5;
        else
            ((uint8_t *)input)[i] = (uint8_t)(i * 53);
    }
    mnet_session_run(session);
    size_t last = mnet_model_n_outputs(*model) - 1;
    uint8_t *copy =
        expect_copy(mnet_session_output(session, last), mnet_model_output(*model, last)->bytes);
    mnet_session_free(session);
    return copy;
}

static void check_list(const Case *c, const MnetModel *model)
{
    MnetOperatorInfo info;
    size_t n = 0;
    for (; mnet_model_operator(model, n, &info); n++) {
        char text[128];
        snprintf(text, sizeof text, "%s%s%s", info.name, *info.note ? ": " : "", info.note);
        EXPECT(n < MAX_NODES + 2 && c->left[n] && !strcmp(text, c->left[n]),
               "%s: operator %zu is \"%s\", expected \"%s\"", c->name, n, text,
               n < MAX_NODES + 2 && c->left[n] ? c->left[n] : "none");
    }
    EXPECT(n == MAX_NODES + 2 || !c->left[n], "%s: only %zu operators", c->name, n);
}

static void check(const Case *c)
{
    TbFile file = build(c, false), open = build(c, true);
    MnetModel *folded, *unfolded;
    uint8_t *result = run(c->name, &file, &folded), *expected = run(c->name, &open, &unfolded);
    const MnetTensorInfo *output = mnet_model_output(folded, 0);
    MnetModelStats a, b;
    mnet_model_stats(folded, &a);
    mnet_model_stats(unfolded, &b);
    check_list(c, folded);
    /* What changes nothing goes also where its result is an output. */
    EXPECT(c->one_shape || c->same_count || a.n_operators < b.n_operators,
           "%s: %zu operators, %zu unfolded", c->name, a.n_operators, b.n_operators);
    for (size_t i = 0; i < output->elements; i++) {
        float x = mnet_tensor_value(output, result, i), y = mnet_tensor_value(output, expected, i);
        /* The order of the sums may differ. */
        float bound = output->type == MNET_TYPE_FLOAT32 ? 1e-5f * (1 + (y < 0 ? -y : y)) : 0;
        EXPECT(x - y <= bound && y - x <= bound, "%s: element %zu is %g, expected %g", c->name, i,
               (double)x, (double)y);
    }
    free(result);
    free(expected);
    mnet_model_unref(folded);
    mnet_model_unref(unfolded);
    tb_file_free(&file);
    tb_file_free(&open);
}

static void check_pads(void)
{
    TbOptions conv = tb_conv_options(TFL_PADDING_VALID, 2, 1, 1, 1, TFL_ACTIVATION_NONE);
    TbOptions depthwise =
        tb_depthwise_options(TFL_PADDING_VALID, 1, 2, 1, 1, 1, TFL_ACTIVATION_RELU6);
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8 };
    for (int i = 0; i < 2; i++) {
        check(&(Case){ "PAD, CONV_2D",
                       types[i],
                       { { TFL_OP_PAD, .integers = { 0, 0, 1, 2, 0, 3, 0, 0 }, .n_integers = 8 },
                         { TFL_OP_CONV_2D, conv, .weights = { 3, 3, 3, 4 }, .scale = 0.2f } },
                       { "CONV_2D: PAD" } });
        check(&(Case){ "PAD, DEPTHWISE_CONV_2D, RELU6 of its own",
                       types[i],
                       { { TFL_OP_PAD, .integers = { 0, 0, 0, 1, 2, 1, 0, 0 }, .n_integers = 8 },
                         { TFL_OP_DEPTHWISE_CONV_2D, depthwise, .weights = { 1, 3, 3, 4 } } },
                       { "DEPTHWISE_CONV_2D: PAD" } });
    }
}

static void check_activations(void)
{
    static const struct {
        int32_t op;
        const char *left;
    } ops[] = { { TFL_OP_RELU, "CONV_2D: RELU" },
                { TFL_OP_RELU6, "CONV_2D: RELU6" },
                { TFL_OP_RELU_N1_TO_1, "CONV_2D: RELU_N1_TO_1" } };
    TbOptions conv = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_NONE);
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8 };
    for (size_t i = 0; i < 6; i++)
        check(&(Case){ ops[i % 3].left,
                       types[i / 3],
                       { { TFL_OP_CONV_2D, conv, .weights = { 3, 2, 2, 4 } }, { ops[i % 3].op } },
                       { ops[i % 3].left } });
}

static void check_idle(void)
{
    static const int types[] = { TFL_TYPE_FLOAT32, TFL_TYPE_INT8 };
    for (int i = 0; i < 2; i++) {
        check(&(Case){ "TRANSPOSE there and back",
                       types[i],
                       { { TFL_OP_TANH },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 2, 3, 1 }, .n_integers = 4 },
                         { TFL_OP_LOGISTIC } },
                       { "TANH", "LOGISTIC" } });
        check(&(Case){ "TRANSPOSEs around a row and a PAD",
                       types[i],
                       { { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 },
                         { TFL_OP_MUL, .weights = { 1, 4, 1, 1 } },
                         { TFL_OP_PAD, .integers = { 0, 0, 1, 0, 2, 1, 0, 3 }, .n_integers = 8 },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 2, 3, -3 }, .n_integers = 4 } },
                       { "MUL", "PAD" } });
        check(&(Case){
            "TRANSPOSEs around a row of another dimension",
            types[i],
            { { TFL_OP_TRANSPOSE, .integers = { 3, 0, 1, 2 }, .n_integers = 4 },
              { TFL_OP_ADD, tb_binary_options(TFL_OPTIONS_ADD, 0), .weights = { 1, 1, 1, 6 } },
              { TFL_OP_RELU6 },
              { TFL_OP_TRANSPOSE, .integers = { 1, 2, 3, 0 }, .n_integers = 4 } },
            { "ADD: RELU6" } });
        check(&(Case){ "TRANSPOSEs that do not meet",
                       types[i],
                       { { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 },
                         { TFL_OP_TANH },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 },
                         { TFL_OP_LOGISTIC } },
                       { "TANH", "TRANSPOSE", "LOGISTIC", "TRANSPOSE" },
                       .same_count = true });
        check(&(Case){ "PAD before a TRANSPOSE",
                       types[i],
                       { { TFL_OP_PAD, .integers = { 0, 1, 2, 0, 0, 3, 1, 1 }, .n_integers = 8 },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 } },
                       { "TRANSPOSE", "PAD" },
                       .same_count = true });
        check(&(Case){ "a constant of two dimensions between TRANSPOSEs",
                       types[i],
                       { { TFL_OP_TRANSPOSE, .integers = { 0, 3, 1, 2 }, .n_integers = 4 },
                         { TFL_OP_MUL, .weights = { 1, 1, 5, 6 } },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 2, 3, 1 }, .n_integers = 4 } },
                       { "TRANSPOSE", "MUL", "TRANSPOSE" },
                       .same_count = true });
        check(&(Case){ "PAD by nothing",
                       types[i],
                       { { TFL_OP_TANH },
                         { TFL_OP_PAD, .integers = { 0, 0, 0, 0, 0, 0, 0, 0 }, .n_integers = 8 },
                         { TFL_OP_TRANSPOSE, .integers = { 0, 1, 2, 3 }, .n_integers = 4 },
                         { TFL_OP_LOGISTIC } },
                       { "TANH", "LOGISTIC" },
                       .one_shape = true });
    }
    check(&(Case){ "QUANTIZE to the same scale",
                   TFL_TYPE_INT8,
                   { { TFL_OP_TANH, .scale = 0.01f }, { TFL_OP_QUANTIZE }, { TFL_OP_LOGISTIC } },
                   { "TANH", "LOGISTIC" },
                   .one_shape = true });
}

/* uint8 and int8 networks that differ by 128 everywhere give the same. */
static void check_bytes(void)
{
    TbOptions conv = tb_conv_options(TFL_PADDING_SAME, 1, 1, 1, 1, TFL_ACTIVATION_NONE);
    Case c = { "uint8",
               TFL_TYPE_UINT8,
               { { TFL_OP_PAD, .integers = { 0, 0, 1, 0, 0, 1, 0, 0 }, .n_integers = 8 },
                 { TFL_OP_MAX_POOL_2D, tb_pool_options(TFL_PADDING_SAME, 1, 2, 2, 3, 0) },
                 { TFL_OP_CONV_2D, conv, .weights = { 3, 2, 2, 4 }, .scale = 0.4f } },
               { "FLIP: uint8 to int8", "PAD", "MAX_POOL_2D", "CONV_2D", "FLIP: int8 to uint8" } };
    TbFile unsigned_file = build(&c, false);
    MnetModel *unsigned_model, *signed_model;
    uint8_t *a = run("uint8", &unsigned_file, &unsigned_model);
    check_list(&c, unsigned_model);
    /* The same stored input means 128 steps less: shifted by the other zero point. */
    c.type = TFL_TYPE_INT8;
    for (size_t i = 0; i < sizeof noise_bytes; i++)
        noise_bytes[i] = (int8_t)((uint8_t)noise_bytes[i] ^ 0x80);
    TbFile signed_file = build(&c, false);
    MnetError error = { MNET_OK, "" };
    signed_model = mnet_model_load_memory(signed_file.data, signed_file.size, NULL, &error);
    MnetSession *session = signed_model ? mnet_session_new(signed_model, NULL, &error) : NULL;
    EXPECT(session, "int8: %s", error.text);
    uint8_t *input = mnet_session_input(session, 0);
    for (size_t i = 0; i < ELEMENTS; i++)
        input[i] = (uint8_t)(i * 53) ^ 0x80;
    mnet_session_run(session);
    const uint8_t *b = mnet_session_output(session, 0);
    size_t differ = 0;
    for (size_t i = 0; i < mnet_model_output(signed_model, 0)->bytes; i++)
        differ += a[i] != (b[i] ^ 0x80);
    EXPECT(!differ, "%zu bytes of the uint8 network differ", differ);
    EXPECT(mnet_model_output(unsigned_model, 0)->type == MNET_TYPE_UINT8 &&
               mnet_model_input(unsigned_model, 0)->zero_point == 131,
           "what is told of a uint8 network");
    mnet_session_free(session);
    mnet_model_unref(signed_model);
    mnet_model_unref(unsigned_model);
    free(a);
    tb_file_free(&signed_file);
    tb_file_free(&unsigned_file);
}

/* A chain of three tensors: operator `pool` of two is AVERAGE_POOL_2D of 2x2 bytes, the
 * other one QUANTIZE.  Zero points are 0 and 128. */
static uint8_t pooled(const int types[3], int pool, const uint8_t bytes[4])
{
    MnetError error = { MNET_OK, "" };
    TbModel *model = tb_model_new();
    int32_t tensors[3];
    for (int i = 0; i < 3; i++) {
        int32_t side = i > pool ? 1 : 2;
        tensors[i] =
            tb_tensor(model, &(TbTensor){ .name = "t",
                                          .type = types[i],
                                          .rank = 4,
                                          .dims = { 1, side, side, 1 },
                                          .n_scales = 1,
                                          .scale = 0.5f,
                                          .zero_point = types[i] == TFL_TYPE_UINT8 ? 128 : 0 });
    }
    for (int i = 0; i < 2; i++)
        tb_operator(
            model,
            &(TbOperator){ .builtin = i == pool ? TFL_OP_AVERAGE_POOL_2D : TFL_OP_QUANTIZE,
                           .n_inputs = 1,
                           .inputs = { tensors[i] },
                           .n_outputs = 1,
                           .outputs = { tensors[i + 1] },
                           .options = i == pool ? tb_pool_options(TFL_PADDING_VALID, 1, 1, 2, 2, 0)
                                                : (TbOptions){ 0 } });
    tb_input(model, tensors[0]);
    tb_output(model, tensors[2]);
    TbFile file = tb_finish(model);
    MnetModel *loaded = mnet_model_load_memory(file.data, file.size, NULL, &error);
    MnetSession *session = loaded ? mnet_session_new(loaded, NULL, &error) : NULL;
    EXPECT(session, "%s", error.text);
    uint8_t result = 0;
    if (session) {
        memcpy(mnet_session_input(session, 0), bytes, 4);
        mnet_session_run(session);
        result = *(const uint8_t *)mnet_session_output(session, 0);
    }
    mnet_session_free(session);
    mnet_model_unref(loaded);
    tb_file_free(&file);
    return result;
}

/* A mean of -2.5 is -3 for int8, whose halves go away from 0, and for uint8, where it is
 * 125.5, 126: also beside a QUANTIZE that changes nothing else. */
static void check_rounding(void)
{
    enum { U = TFL_TYPE_UINT8, S = TFL_TYPE_INT8 };
    static const struct {
        int types[3], pool;
        uint8_t wanted;
    } cases[] = { { { U, S, S }, 1, (uint8_t)-3 },
                  { { S, U, U }, 1, 126 },
                  { { S, S, U }, 0, 125 },
                  { { U, U, S }, 0, (uint8_t)-2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[4] = { (uint8_t)-2, (uint8_t)-3, (uint8_t)-2, (uint8_t)-3 };
        for (int k = 0; k < 4 && cases[i].types[0] == U; k++)
            bytes[k] ^= 128;
        uint8_t found = pooled(cases[i].types, cases[i].pool, bytes);
        EXPECT(found == cases[i].wanted, "case %zu: %d, wanted %d", i, found, cases[i].wanted);
    }
}

int main(void)
{
    for (int i = 0; i < 1024; i++) {
        noise_bytes[i] = (int8_t)(i * 37 % 251 - 125);
        noise_floats[i] = (float)noise_bytes[i] / 128;
    }
    check_pads();
    check_activations();
    check_idle();
    check_bytes();
    check_rounding();
    return expect_report("fold");
}
