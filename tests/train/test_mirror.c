/* SPDX-License-Identifier: MIT
 *
 * test_mirror [MODEL.tflite...]: a mirrored network gives the mean of what the network
 * itself gives for a picture and its mirror image; what its file keeps; what is refused. */
#include <mnet/mnet.h>

#include <math.h>

#include "expect.h"
#include "net_naive.h"
#include "samplemodels.h"
#include "shared_file.h"
#include "train/build.h"
#include "train/mirror.h"
#include "train/net_graph.h"
#include "train/quantize.h"
#include "train/random.h"

typedef struct {
    MnetModel *model;
    MnetSession *session;
    const MnetTensorInfo *in, *out;
} Network;

/* False and the error where the file does not load. */
static bool open_network(const uint8_t *data, size_t size, Network *network, MnetError *error)
{
    *network = (Network){ .model = mnet_model_load_memory(data, size, NULL, error) };
    if (network->model)
        network->session = mnet_session_new(network->model, NULL, error);
    if (!network->session)
        return false;
    network->in = mnet_session_input_info(network->session, 0);
    network->out = mnet_session_output_info(network->session, 0);
    return true;
}

static void close_network(Network *network)
{
    mnet_session_free(network->session);
    mnet_model_unref(network->model);
}

/* Noise that is brighter to the right. */
static void *make_picture(const MnetTensorInfo *info, uint64_t seed)
{
    MnetRandom random = { seed };
    uint8_t *picture = calloc(info->elements, sizeof(float));
    if (!picture)
        exit(1);
    size_t row = (size_t)info->dims[2] * (size_t)info->dims[3];
    for (size_t i = 0; i < info->elements; i++) {
        double bright = (double)(i % row) / (double)row;
        double value = (bright + mnet_random_real(&random)) / 2;
        if (info->type == MNET_TYPE_FLOAT32)
            ((float *)(void *)picture)[i] = (float)(2 * value - 1);
        else
            picture[i] = (uint8_t)(255 * value) ^ (info->type == MNET_TYPE_INT8 ? 128 : 0);
    }
    return picture;
}

/* Left and right change places in a copy. */
static void *mirror_picture(const MnetTensorInfo *info, const uint8_t *picture)
{
    size_t width = (size_t)info->dims[2], pixel = info->bytes / info->elements;
    uint8_t *turned = calloc(info->elements, sizeof(float));
    if (!turned)
        exit(1);
    pixel *= (size_t)info->dims[3];
    for (size_t i = 0; i < info->bytes / pixel; i++)
        memcpy(turned + i * pixel, picture + (i / width * width + width - 1 - i % width) * pixel,
               pixel);
    return turned;
}

/* The outputs as numbers; freed by the caller. */
static double *run(const Network *network, const void *picture)
{
    double *values = calloc(network->out->elements, sizeof *values);
    if (!values)
        exit(1);
    memcpy(mnet_session_input(network->session, 0), picture, network->in->bytes);
    mnet_session_run(network->session);
    for (size_t i = 0; i < network->out->elements; i++)
        values[i] =
            (double)mnet_tensor_value(network->out, mnet_session_output(network->session, 0), i);
    return values;
}

static bool same(const double *a, const double *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* Floats to 1e-5; of bytes, which are rounded, half a step.  Returns whether the picture
 * and its mirror image are not all the same to the network itself. */
static bool compare(const char *name, const Network *plain, const Network *both)
{
    void *picture = make_picture(plain->in, 7);
    void *turned = mirror_picture(plain->in, picture);
    double *left = run(plain, picture), *right = run(plain, turned);
    double *found = run(both, picture), *other = run(both, turned);
    size_t n = plain->out->elements;
    double step = (double)plain->out->scale;
    bool differ = !same(left, right, n);
    for (size_t i = 0; i < n; i++) {
        double mean = (left[i] + right[i]) / 2;
        double most = step > 0 ? step * 0.5001 : 1e-5 * (1 + fabs(mean));
        if (!isfinite(mean))
            continue;
        EXPECT(fabs(found[i] - mean) <= most, "%s: output %zu is %g, wanted %g", name, i, found[i],
               mean);
    }
    EXPECT(same(found, other, n), "%s: the mirror image is not the same to it", name);
    free(picture);
    free(turned);
    free(left);
    free(right);
    free(found);
    free(other);
    return differ;
}

/* The file's mirrored form loads and is its mean.  Frees nothing. */
static void check_file(const char *name, const uint8_t *data, size_t size, bool differs)
{
    MnetError error = { MNET_OK, "" };
    Network plain, both;
    uint8_t *mirrored = NULL;
    size_t mirrored_size = 0;
    EXPECT(!mnet_mirror_tflite_memory(data, size, &mirrored, &mirrored_size, &error), "%s: %s",
           name, error.text);
    if (!mirrored)
        return;
    bool opened = open_network(data, size, &plain, &error);
    EXPECT(opened, "%s: %s", name, error.text);
    EXPECT(open_network(mirrored, mirrored_size, &both, &error), "%s, mirrored: %s", name,
           error.text);
    if (opened && both.session) {
        const MnetTensorInfo *a = plain.out, *b = both.out;
        EXPECT(a->type == b->type && a->rank == b->rank && a->elements == b->elements &&
                   !memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims),
               "%s: the output has another shape", name);
        EXPECT(a->kind == b->kind, "%s: kind %d was %d", name, (int)b->kind, (int)a->kind);
        EXPECT(!strcmp(a->name, b->name), "%s: the output is \"%s\"", name, b->name);
        bool found = compare(name, &plain, &both);
        EXPECT(found || !differs, "%s: left and right are the same to it", name);
    }
    close_network(&both);
    close_network(&plain);
    mnet_buffer_free(mirrored);
}

static bool noise_picture(void *user, size_t index, float *input, MnetError *error)
{
    const MnetNet *net = user;
    float *noise = naive_random_input(net, index);
    const MnetNetLayer *l = &net->layers[0];
    memcpy(input, noise, (size_t)(l->height * l->width * l->channels) * sizeof *input);
    free(noise);
    return true;
}

static MnetNet *build(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    options.n_classes = 7;
    options.seed = 5;
    MnetNet *net = mnet_net_build(&options, &error);
    if (!net)
        exit(1);
    naive_disturb_norms(net, 6);
    /* Probabilities that are not all alike. */
    const MnetNetLayer *last = mnet_net_logits(net);
    for (size_t i = 0; i < last->n_weights; i++)
        net->params[last->weights + i] *= 8;
    return net;
}

/* As floats, and as bytes with both kinds of input. */
static void check_net(MnetNetOptions options)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    MnetNet *net = build(options);
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    check_file(net->title, data, size, true);
    mnet_buffer_free(data);
    for (int i = 0; i < 2; i++) {
        MnetQuantizeOptions quantize = {
            .picture = noise_picture, .user = net, .n_pictures = 4, .int8_io = i == 1
        };
        if (mnet_net_quantize(net, &quantize, &data, &size, &error))
            exit(1);
        check_file(net->title, data, size, true);
        mnet_buffer_free(data);
    }
    mnet_net_free(net);
}

static void check_families(void)
{
    check_net((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.25, .resolution = 32 });
    check_net((MnetNetOptions){ .family = MNET_NET_V2, .width = 0.35, .resolution = 32 });
    check_net((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.35, .resolution = 33 });
    check_net((MnetNetOptions){
        .family = MNET_NET_V3_LARGE, .width = 0.35, .resolution = 32, .minimalistic = true });
}

static void check_facts(void)
{
    static const char *const names[] = { "cat", "dog", "gr\xc3\xbcner Frosch", "d", "e", "f", "g" };
    MnetError error = { MNET_OK, "" };
    uint8_t *data, *mirrored = NULL;
    size_t size, mirrored_size;
    MnetNormalization n;
    MnetNet *net = build((MnetNetOptions){ .family = MNET_NET_V1, .width = 0.1, .resolution = 16 });
    net->mean[1] = 120;
    if (mnet_net_set_classes(net, names, &error) || mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    EXPECT(!mnet_mirror_tflite_memory(data, size, &mirrored, &mirrored_size, &error), "%s",
           error.text);
    MnetModel *model =
        mirrored ? mnet_model_load_memory(mirrored, mirrored_size, NULL, &error) : NULL;
    EXPECT(model, "%s", error.text);
    if (model) {
        const MnetLabels *labels = mnet_model_labels(model, 0);
        EXPECT(mnet_labels_count(labels) == 7 && !strcmp(mnet_labels_get(labels, 2), names[2]),
               "the labels");
        EXPECT(mnet_model_normalization(model, 0, &n) && n.n == 3 && n.mean[1] == 120,
               "the normalisation");
        EXPECT(!strcmp(mnet_model_description(model), net->title), "%s",
               mnet_model_description(model));
    }
    mnet_model_unref(model);
    if (mirrored) {
        uint8_t *again;
        EXPECT(mnet_mirror_tflite_memory(mirrored, mirrored_size, &again, &size, &error), "twice");
        expect_error("twice", &error, MNET_ERROR_UNSUPPORTED, "operator 0 STRIDED_SLICE may take");
    }
    mnet_buffer_free(mirrored);
    mnet_buffer_free(data);
    mnet_net_free(net);
}

/* What is unusual about a file of one operator. */
typedef enum { NOTHING, TWO_PICTURES, TWO_OUTPUTS, RESHAPED_BEHIND } Oddity;

/* The operator reads x [1, 4, 2, 3] and, where n_list is not 0, a list of integers; what
 * it makes has the dimensions that are not 0. */
typedef struct {
    const char *name, *why;
    const TbOperator *op;
    int n_list;
    int32_t list[4], dims[4];
    Oddity oddity;
} Refusal;

static int32_t add_map(TbModel *model, const char *name, const int32_t *dims)
{
    TbTensor map = { .name = name, .type = TFL_TYPE_FLOAT32 };
    while (map.rank < 4 && dims[map.rank]) {
        map.dims[map.rank] = dims[map.rank];
        map.rank++;
    }
    return tb_tensor(model, &map);
}

static TbFile refused_file(const Refusal *r)
{
    TbModel *model = tb_model_new();
    TbOperator op = *r->op;
    int32_t x = add_map(model, "x", (int32_t[]){ r->oddity == TWO_PICTURES ? 2 : 1, 4, 2, 3 });
    int32_t y = add_map(model, "y", r->dims);
    op.n_outputs = 1;
    op.outputs[0] = y;
    op.n_inputs = r->n_list ? 2 : 1;
    op.inputs[0] = x;
    if (r->n_list)
        op.inputs[1] = tb_ints(model, "list", r->n_list, r->list);
    tb_operator(model, &op);
    tb_input(model, x);
    if (r->oddity == TWO_OUTPUTS) {
        op.outputs[0] = add_map(model, "z", r->dims);
        tb_operator(model, &op);
        tb_output(model, op.outputs[0]);
    } else if (r->oddity == RESHAPED_BEHIND) {
        op.inputs[0] = y;
        op.inputs[1] = tb_ints(model, "row", 2, (int32_t[]){ 1, 24 });
        op.outputs[0] = y = add_map(model, "z", (int32_t[]){ 1, 24, 0 });
        tb_operator(model, &op);
    }
    tb_output(model, y);
    return tb_finish(model);
}

static void check_refusals(void)
{
    const TbOperator mean = { .builtin = TFL_OP_MEAN, .options = tb_mean_options(true) };
    const TbOperator curve = { .builtin = TFL_OP_HARD_SWISH };
    const TbOperator shape = { .builtin = TFL_OP_RESHAPE };
    const TbOperator turn = { .builtin = TFL_OP_TRANSPOSE };
    const TbOperator quantize = { .builtin = TFL_OP_QUANTIZE };
    const Refusal refusals[] = {
        { "mean", "0 MEAN takes the mean of", &mean, 2, { 0, 1 }, { 1, 1, 2, 3 }, NOTHING },
        { "axis", "0 MEAN takes the mean of", &mean, 1, { -4 }, { 1, 4, 2, 3 }, NOTHING },
        { "rows", "0 RESHAPE makes no", &shape, 2, { 4, 6 }, { 4, 6 }, RESHAPED_BEHIND },
        { "list", "list [1, n] out", &shape, 2, { 4, 6 }, { 4, 6 }, NOTHING },
        { "flat", "list [1, n] out", &shape, 1, { 24 }, { 24 }, NOTHING },
        { "turn", "TRANSPOSE cannot be", &turn, 4, { 0, 2, 1, 3 }, { 1, 2, 4, 3 }, NOTHING },
        { "batch", "1 inputs and 1 outputs", &curve, 0, { 0 }, { 2, 4, 2, 3 }, TWO_PICTURES },
        { "outputs", "1 inputs and 2 outputs", &curve, 0, { 0 }, { 1, 4, 2, 3 }, TWO_OUTPUTS },
        { "quantize", "which no operator reads", &quantize, 0, { 0 }, { 1, 4, 2, 3 }, NOTHING },
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = refused_file(&refusals[i]);
        uint8_t *data = NULL;
        size_t size;
        EXPECT(mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error), "%s",
               refusals[i].name);
        expect_error(refusals[i].name, &error, MNET_ERROR_UNSUPPORTED, refusals[i].why);
        tb_file_free(&file);
    }
}

/* A list of one row for the picture, times a map of more dimensions: with two rows it
 * would be repeated for the columns, of which there are two. */
static void check_broadcast(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data;
    size_t size;
    TbModel *model = tb_model_new();
    TbOperator mean = { .builtin = TFL_OP_MEAN, .options = tb_mean_options(false) };
    TbOperator mul = { .builtin = TFL_OP_MUL, .options = tb_binary_options(TFL_OPTIONS_MUL, 0) };
    int32_t x = add_map(model, "x", (int32_t[]){ 1, 4, 2, 3 });
    mean.n_inputs = mul.n_inputs = 2;
    mean.n_outputs = mul.n_outputs = 1;
    mean.inputs[0] = mul.inputs[0] = x;
    mean.inputs[1] = tb_ints(model, "axes", 2, (int32_t[]){ 1, 2 });
    mean.outputs[0] = mul.inputs[1] = add_map(model, "mean", (int32_t[]){ 1, 3, 0 });
    mul.outputs[0] = add_map(model, "y", (int32_t[]){ 1, 4, 2, 3 });
    tb_operator(model, &mean);
    tb_operator(model, &mul);
    tb_input(model, x);
    tb_output(model, mul.outputs[0]);
    TbFile file = tb_finish(model);
    EXPECT(mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error), "a row");
    expect_error("a row", &error, MNET_ERROR_UNSUPPORTED, "operator 1 MUL repeats input 1");
    tb_file_free(&file);
}

/* Every other operator: refused, or right. */
static void check_samples(void)
{
    size_t refused = 0, n = sample_count();
    for (size_t i = 0; i < n; i++) {
        MnetError error = { MNET_OK, "" };
        TbFile file = sample_model(i);
        uint8_t *data = NULL;
        size_t size;
        MnetStatus status = mnet_mirror_tflite_memory(file.data, file.size, &data, &size, &error);
        EXPECT(!status || error.status == status, "%s: no error", sample_name(i));
        refused += status != MNET_OK;
        if (!status)
            check_file(sample_name(i), file.data, file.size, false);
        mnet_buffer_free(data);
        tb_file_free(&file);
    }
    EXPECT(refused > 0 && refused < n, "%zu of %zu sample models are refused", refused, n);
    printf("%zu of %zu sample models are refused\n", refused, n);
}

/* Bytes set at random: mirrored or refused, nothing else. */
static void check_damaged(void)
{
    MnetError error = { MNET_OK, "" };
    uint8_t *data, *mirrored;
    size_t size, mirrored_size;
    MnetRandom random = { 4 };
    MnetNet *net =
        build((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .width = 0.05, .resolution = 16 });
    if (mnet_net_tflite(net, &data, &size, &error))
        exit(1);
    for (int i = 0; i < 300; i++) {
        uint8_t *copy = expect_copy(data, size);
        for (int k = 0; k < 3; k++)
            copy[mnet_random_below(&random, size < 30000 ? (uint32_t)size : 30000)] =
                (uint8_t)mnet_random_u64(&random);
        error = (MnetError){ MNET_OK, "" };
        mirrored = NULL;
        MnetStatus status =
            mnet_mirror_tflite_memory(copy, size, &mirrored, &mirrored_size, &error);
        EXPECT(!status == (mirrored != NULL) && error.status == status, "variant %d: %s", i,
               error.text);
        mnet_buffer_free(mirrored);
        free(copy);
    }
    EXPECT(mnet_mirror_tflite("/nowhere/a.tflite", &mirrored, &size, &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "/nowhere/a.tflite");
    mnet_buffer_free(data);
    mnet_net_free(net);
}

static void check_published(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = calloc(1, (size_t)1 << 23);
    size_t size = file && data ? fread(data, 1, (size_t)1 << 23, file) : 0;
    EXPECT(size > 0 && size < (size_t)1 << 23, "%s cannot be read", path);
    if (file)
        fclose(file);
    check_file(strrchr(path, '/') + 1, data, size, true);
    free(data);
}

int main(int argc, char **argv)
{
    int absent = argc > 1 ? shared_file_absent(argv[1]) : 0;
    if (absent)
        return absent;
    for (int i = 1; i < argc; i++)
        check_published(argv[i]);
    if (argc == 1) {
        check_families();
        check_facts();
        check_refusals();
        check_broadcast();
        check_samples();
        check_damaged();
    }
    return expect_report("mirror");
}
