/* SPDX-License-Identifier: MIT
 *
 * The papers' networks: their counts, shapes, initial weights, and what is refused. */
#include "expect.h"
#include "train/build.h"

#include <math.h>

/* Multiply-adds as the papers print them (M), parameters as they are exactly with
 * 1001 classes (M); 0: no paper prints the multiply-adds. */
static const struct {
    MnetNetFamily family;
    double width, multiply_adds, parameters;
} published[] = {
    { MNET_NET_V1, 1, 569, 4.233 },      { MNET_NET_V1, 0.75, 325, 2.586 },
    { MNET_NET_V1, 0.5, 149, 1.332 },    { MNET_NET_V1, 0.25, 41, 0.470 },
    { MNET_NET_V2, 1, 300, 3.506 },      { MNET_NET_V2, 1.4, 585, 6.111 },
    { MNET_NET_V2, 0.75, 209, 2.638 },   { MNET_NET_V2, 0.5, 97, 1.970 },
    { MNET_NET_V2, 0.35, 59, 1.678 },    { MNET_NET_V3_LARGE, 1, 219, 5.484 },
    { MNET_NET_V3_SMALL, 1, 56, 2.544 },
};

static bool within(double value, double wanted, double share)
{
    return fabs(value - wanted) <= share * wanted;
}

static void check_counts(void)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        MnetNetOptions options = { .family = published[i].family, .width = published[i].width };
        MnetError error = { MNET_OK, "" };
        MnetNet *net = mnet_net_build(&options, &error);
        EXPECT(net, "%zu: %s", i, error.text);
        if (!net)
            continue;
        double adds = (double)mnet_net_multiply_adds(net) / 1e6;
        double parameters = (double)mnet_net_parameters(net) / 1e6;
        EXPECT(within(adds, published[i].multiply_adds, 0.015), "%s: %.2f M multiply-adds",
               net->title, adds);
        EXPECT(within(parameters, published[i].parameters, 0.001), "%s: %.4f M parameters",
               net->title, parameters);
        mnet_net_free(net);
    }
}

static void check_shape(MnetNetOptions options, int32_t stem, int32_t map, int32_t channels,
                        const char *head)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_build(&options, &error);
    EXPECT(net, "%s", error.text);
    if (!net)
        return;
    const MnetNetLayer *pool = &net->layers[net->head - 1];
    EXPECT(net->layers[1].height == stem, "%s: stem of %d rows", net->title,
           (int)net->layers[1].height);
    EXPECT(pool->in_height == map && pool->in_channels == channels, "%s: %d rows of %d channels",
           net->title, (int)pool->in_height, (int)pool->in_channels);
    EXPECT(!strcmp(net->layers[net->head].name, head), "%s: the head is %s", net->title,
           net->layers[net->head].name);
    const int32_t last = mnet_net_logits(net)->in_channels;
    EXPECT(!options.last_channels || last == options.last_channels, "%s: %d last channels",
           net->title, (int)last);
    mnet_net_free(net);
}

static void check_shapes(void)
{
    check_shape((MnetNetOptions){ .family = MNET_NET_V1 }, 112, 7, 1024, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V2, .width = 0.35 }, 112, 7, 1280, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V2, .width = 1.4 }, 112, 7, 1792, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V2, .resolution = 32, .stem_stride = 1 }, 32,
                2, 1280, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V2,
                                  .resolution = 32,
                                  .stem_stride = 1,
                                  .strides = { 2, 1, 2, 2 },
                                  .last_channels = 512 },
                32, 4, 512, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V3_SMALL, .strides = { 2, 2, 2, 1 } }, 112, 14,
                576, "head/dense");
    check_shape((MnetNetOptions){ .family = MNET_NET_V1, .resolution = 32, .width = 0.25 }, 16, 1,
                256, "logits");
    check_shape((MnetNetOptions){ .family = MNET_NET_V3_SMALL }, 112, 7, 576, "head/dense");
    check_shape((MnetNetOptions){ .family = MNET_NET_V3_LARGE, .width = 0.75 }, 112, 7, 720,
                "head/dense");
    check_shape((MnetNetOptions){ .family = MNET_NET_V3_LARGE,
                                  .resolution = 32,
                                  .width = 0.35,
                                  .stem_stride = 1,
                                  .strides = { 1, 2, 1, 2 },
                                  .last_channels = 128 },
                32, 8, 336, "head/dense");
}

/* Minimalistic V3 has none of the three things. */
static void check_minimalistic(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNetOptions options = { .family = MNET_NET_V3_LARGE, .minimalistic = true };
    MnetNet *net = mnet_net_build(&options, &error);
    for (int32_t i = 1; net && i < net->n_layers; i++) {
        const MnetNetLayer *layer = &net->layers[i];
        EXPECT(layer->kind != MNET_NET_SCALE && layer->kernel <= 3 &&
                   layer->activation != MNET_NET_HARD_SWISH,
               "%s", layer->name);
    }
    EXPECT(net && within((double)mnet_net_parameters(net), 3.93e6, 0.01), "%s", error.text);
    mnet_net_free(net);
}

static double deviation(const float *values, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    return sqrt(squares / (double)n - sum / (double)n * sum / (double)n);
}

static uint64_t fingerprint(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* The same seed gives the same bits, on every machine, another one others; deviations
 * are He's. */
static void check_seeds(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNetOptions options = { .family = MNET_NET_V2, .width = 0.35, .seed = 1 };
    MnetNet *a = mnet_net_build(&options, &error), *b = mnet_net_build(&options, &error);
    options.seed = 2;
    MnetNet *c = mnet_net_build(&options, &error);
    if (!a || !b || !c)
        exit(1);
    size_t bytes = a->n_params * sizeof *a->params;
    EXPECT(!memcmp(a->params, b->params, bytes), "the same seed");
    EXPECT(memcmp(a->params, c->params, bytes), "another seed");
    EXPECT(fingerprint(a->params, bytes) == 0x4708cec7897ecb9eu, "%016llx",
           (unsigned long long)fingerprint(a->params, bytes));
    for (int32_t i = 0; i < a->n_layers; i++) {
        const MnetNetLayer *l = &a->layers[i];
        if (l->kind != MNET_NET_CONV || l->activation != MNET_NET_RELU6 || l->n_weights < 4000)
            continue;
        double wanted = sqrt(2.0 * l->channels / (double)l->n_weights);
        EXPECT(within(deviation(a->params + l->weights, l->n_weights), wanted, 0.05), "%s",
               l->name);
    }
    mnet_net_free(a);
    mnet_net_free(b);
    mnet_net_free(c);
}

static void check_classes(void)
{
    static const char *const names[] = { "cat", "dog", "a bird\nof prey" };
    MnetError error = { MNET_OK, "" };
    MnetNetOptions options = { .family = MNET_NET_V3_SMALL, .width = 0.5, .resolution = 32 };
    MnetNet *net = mnet_net_build(&options, &error);
    MnetNet *few = net ? mnet_net_with_classes(net, 3, names, &error) : NULL;
    EXPECT(few, "%s", error.text);
    if (!few)
        exit(1);
    EXPECT(mnet_net_logits(few)->channels == 3 && !strcmp(few->classes[1], "dog"), "the classes");
    const MnetNetLayer *from = &net->layers[20], *to = &few->layers[20];
    EXPECT(!memcmp(net->params + from->weights, few->params + to->weights,
                   from->n_weights * sizeof(float)),
           "weights of %s", from->name);
    EXPECT(few->params[mnet_net_logits(few)->weights] == 0, "new weights");
    EXPECT(!mnet_net_with_classes(net, 0, NULL, &error), "no class");
    expect_error("no class", &error, MNET_ERROR_LIMIT, "0 classes");
    mnet_net_free(net);
    mnet_net_free(few);
}

static void check_refused(const char *what, MnetNetOptions options, MnetStatus status)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_build(&options, &error);
    EXPECT(!net, "%s", what);
    expect_error(what, &error, status, what);
    mnet_net_free(net);
}

static void check_refusals(void)
{
    check_refused("family 9", (MnetNetOptions){ .family = 9 }, MNET_ERROR_ARGUMENT);
    check_refused("width 5", (MnetNetOptions){ .width = 5 }, MNET_ERROR_LIMIT);
    check_refused("width nan", (MnetNetOptions){ .width = (double)NAN }, MNET_ERROR_LIMIT);
    check_refused("resolution 15", (MnetNetOptions){ .resolution = 15 }, MNET_ERROR_LIMIT);
    check_refused("resolution 4096", (MnetNetOptions){ .resolution = 4096 }, MNET_ERROR_LIMIT);
    check_refused("-1 classes", (MnetNetOptions){ .n_classes = -1 }, MNET_ERROR_LIMIT);
    check_refused("100000 classes", (MnetNetOptions){ .n_classes = 100000 }, MNET_ERROR_LIMIT);
    check_refused("stem stride 3", (MnetNetOptions){ .stem_stride = 3 }, MNET_ERROR_LIMIT);
    check_refused("stride 3", (MnetNetOptions){ .strides = { 2, 3 } }, MNET_ERROR_LIMIT);
    check_refused("4 last channels", (MnetNetOptions){ .family = MNET_NET_V2, .last_channels = 4 },
                  MNET_ERROR_LIMIT);
    check_refused("no layer between", (MnetNetOptions){ .last_channels = 64 }, MNET_ERROR_ARGUMENT);
    check_refused("minimalistic", (MnetNetOptions){ .family = MNET_NET_V2, .minimalistic = true },
                  MNET_ERROR_ARGUMENT);
}

/* Layers that do not fit what they read. */
static void check_bad_layers(void)
{
    MnetError error = { MNET_OK, "" };
    MnetNet *net = mnet_net_new(8, 8, 3, &error);
    if (!net)
        exit(1);
    MnetNetLayerSpec conv = {
        .kind = MNET_NET_CONV, .name = "a", .channels = 4, .kernel = 3, .stride = 2
    };
    MnetNetLayerSpec sum = { .kind = MNET_NET_ADD, .name = "b", .inputs = { 0, 1 } };
    EXPECT(mnet_net_add(net, &conv, &error) == 1, "%s", error.text);
    EXPECT(mnet_net_add(net, &sum, &error) < 0, "an ADD of two shapes");
    expect_error("add", &error, MNET_ERROR_ARGUMENT, "8x8x3 and 4x4x4");
    conv.inputs[0] = 2;
    EXPECT(mnet_net_add(net, &conv, &error) < 0, "a layer behind");
    conv = (MnetNetLayerSpec){ .kind = MNET_NET_CONV,
                               .name = "c",
                               .channels = 1,
                               .kernel = 9,
                               .stride = 1,
                               .pads_given = true };
    EXPECT(mnet_net_add(net, &conv, &error) < 0, "a kernel that does not fit");
    EXPECT(net->n_layers == 2, "what fails adds nothing");
    mnet_net_free(net);
}

int main(void)
{
    check_counts();
    check_shapes();
    check_minimalistic();
    check_seeds();
    check_classes();
    check_refusals();
    check_bad_layers();
    return expect_report("net");
}
