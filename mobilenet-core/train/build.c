/* SPDX-License-Identifier: MIT
 *
 * The networks of the papers: tables of their blocks and what is built of them. */
#include "train/build.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"

typedef struct {
    int32_t kernel;
    int32_t expanded; /* channels of the depthwise layer at width 1; 0: those of the input */
    int32_t channels; /* of the output at width 1 */
    int32_t stride;
    bool squeeze; /* has squeeze and excite */
    bool swish;   /* hard swish, else RELU */
} Block;

/* The papers' tables; what is repeated stands there as often. */
static const Block blocks_v1[] = {
    { 3, 0, 64, 1, false, false },   { 3, 0, 128, 2, false, false },
    { 3, 0, 128, 1, false, false },  { 3, 0, 256, 2, false, false },
    { 3, 0, 256, 1, false, false },  { 3, 0, 512, 2, false, false },
    { 3, 0, 512, 1, false, false },  { 3, 0, 512, 1, false, false },
    { 3, 0, 512, 1, false, false },  { 3, 0, 512, 1, false, false },
    { 3, 0, 512, 1, false, false },  { 3, 0, 1024, 2, false, false },
    { 3, 0, 1024, 1, false, false },
};

static const Block blocks_v2[] = {
    { 3, 0, 16, 1, false, false },    { 3, 96, 24, 2, false, false },
    { 3, 144, 24, 1, false, false },  { 3, 144, 32, 2, false, false },
    { 3, 192, 32, 1, false, false },  { 3, 192, 32, 1, false, false },
    { 3, 192, 64, 2, false, false },  { 3, 384, 64, 1, false, false },
    { 3, 384, 64, 1, false, false },  { 3, 384, 64, 1, false, false },
    { 3, 384, 96, 1, false, false },  { 3, 576, 96, 1, false, false },
    { 3, 576, 96, 1, false, false },  { 3, 576, 160, 2, false, false },
    { 3, 960, 160, 1, false, false }, { 3, 960, 160, 1, false, false },
    { 3, 960, 320, 1, false, false },
};

static const Block blocks_v3_large[] = {
    { 3, 0, 16, 1, false, false },  { 3, 64, 24, 2, false, false }, { 3, 72, 24, 1, false, false },
    { 5, 72, 40, 2, true, false },  { 5, 120, 40, 1, true, false }, { 5, 120, 40, 1, true, false },
    { 3, 240, 80, 2, false, true }, { 3, 200, 80, 1, false, true }, { 3, 184, 80, 1, false, true },
    { 3, 184, 80, 1, false, true }, { 3, 480, 112, 1, true, true }, { 3, 672, 112, 1, true, true },
    { 5, 672, 160, 2, true, true }, { 5, 960, 160, 1, true, true }, { 5, 960, 160, 1, true, true },
};

static const Block blocks_v3_small[] = {
    { 3, 0, 16, 2, true, false },  { 3, 72, 24, 2, false, false }, { 3, 88, 24, 1, false, false },
    { 5, 96, 40, 2, true, true },  { 5, 240, 40, 1, true, true },  { 5, 240, 40, 1, true, true },
    { 5, 120, 48, 1, true, true }, { 5, 144, 48, 1, true, true },  { 5, 288, 96, 2, true, true },
    { 5, 576, 96, 1, true, true }, { 5, 576, 96, 1, true, true },
};

typedef struct {
    const char *title;
    const Block *blocks;
    int32_t n_blocks;
    int32_t stem; /* channels of the first convolution at width 1 */
    int32_t last; /* of the layer that the classes are computed from; 0: the last block */
    bool swish;   /* stem and head */
    bool v3;
    float dropout; /* before the classes, as the papers' authors trained it */
} Family;

#define N(list) (int32_t)(sizeof(list) / sizeof *(list))

static const Family families[] = {
    [MNET_NET_V1] = { "MobileNet V1", blocks_v1, N(blocks_v1), 32, 0, false, false, 0.001f },
    [MNET_NET_V2] = { "MobileNet V2", blocks_v2, N(blocks_v2), 32, 1280, false, false, 0.2f },
    [MNET_NET_V3_SMALL] = { "MobileNet V3 Small", blocks_v3_small, N(blocks_v3_small), 16, 1024,
                            true, true, 0.2f },
    [MNET_NET_V3_LARGE] = { "MobileNet V3 Large", blocks_v3_large, N(blocks_v3_large), 16, 1280,
                            true, true, 0.2f },
};

typedef struct {
    const MnetNetOptions *options;
    const Family *family;
    MnetNet *net;
    MnetError *error;
    int32_t at;        /* the layer to go on from; -1: it failed */
    int32_t n_strided; /* blocks so far whose stride is 2 in the paper */
} Builder;

/* The multiple of 8 nearest to value, at least 8, which takes away at most a tenth:
 * what the authors' code rounds channels to. */
static int32_t divisible(double value)
{
    int32_t rounded = (int32_t)(value + 4) / 8 * 8;
    if (rounded < 8)
        rounded = 8;
    return rounded < 0.9 * value ? rounded + 8 : rounded;
}

static int32_t scaled(const Builder *b, int32_t channels)
{
    double value = channels * b->options->width;
    if (b->options->family != MNET_NET_V1)
        return divisible(value);
    return value < 8 ? 8 : (int32_t)value;
}

static MnetNetActivation relu(const Builder *b)
{
    return b->family->v3 ? MNET_NET_RELU : MNET_NET_RELU6;
}

static MnetNetActivation swish(const Builder *b, bool wanted)
{
    return wanted && !b->options->minimalistic ? MNET_NET_HARD_SWISH : relu(b);
}

/* A layer on the last one. */
static void add(Builder *b, MnetNetLayerSpec spec)
{
    if (b->at < 0)
        return;
    spec.inputs[0] = b->at;
    b->at = mnet_net_add(b->net, &spec, b->error);
}

static void add_conv(Builder *b, const char *name, int32_t channels, int32_t kernel, int32_t stride,
                     MnetNetActivation activation)
{
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_CONV,
                               .name = name,
                               .channels = channels,
                               .kernel = kernel,
                               .stride = stride,
                               .activation = activation,
                               .batch_norm = true });
}

typedef struct {
    char text[40];
} Name;

static Name block_name(int32_t number, const char *part)
{
    Name name;
    snprintf(name.text, sizeof name.text, "block%d/%s", (int)number, part);
    return name;
}

static int32_t channels_at(const Builder *b)
{
    return b->at < 0 ? 1 : b->net->layers[b->at].channels;
}

/* Scales each channel by what two small layers make of the channels' means. */
static void add_squeeze(Builder *b, int32_t number)
{
    int32_t map = b->at, channels = channels_at(b);
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_GLOBAL_POOL,
                               .name = block_name(number, "squeeze/pool").text });
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_CONV,
                               .name = block_name(number, "squeeze").text,
                               .channels = divisible(channels / 4.0),
                               .kernel = 1,
                               .stride = 1,
                               .activation = MNET_NET_RELU });
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_CONV,
                               .name = block_name(number, "excite").text,
                               .channels = channels,
                               .kernel = 1,
                               .stride = 1,
                               .activation = MNET_NET_HARD_SIGMOID });
    if (b->at < 0)
        return;
    MnetNetLayerSpec scale = { .kind = MNET_NET_SCALE, .inputs = { map, b->at } };
    Name name = block_name(number, "scale");
    scale.name = name.text;
    b->at = mnet_net_add(b->net, &scale, b->error);
}

/* At width 1 `expanded` is input times a factor; so it is at any width. */
static int32_t expanded_channels(const Builder *b, const Block *block, int32_t number)
{
    if (!block->expanded)
        return channels_at(b);
    const Block *before = &b->family->blocks[number - 2];
    return divisible(channels_at(b) * ((double)block->expanded / before->channels));
}

static int32_t block_stride(Builder *b, const Block *block)
{
    return block->stride == 1 ? 1 : b->options->strides[b->n_strided++];
}

static void add_block(Builder *b, const Block *block, int32_t number)
{
    int32_t stride = block_stride(b, block);
    bool v1 = b->options->family == MNET_NET_V1, squeeze = block->squeeze;
    int32_t kernel = b->options->minimalistic ? 3 : block->kernel;
    int32_t from = b->at, in = channels_at(b), out = scaled(b, block->channels);
    MnetNetActivation activation = swish(b, block->swish);
    if (block->expanded)
        add_conv(b, block_name(number, "expand").text, expanded_channels(b, block, number), 1, 1,
                 activation);
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_DEPTHWISE,
                               .name = block_name(number, "depthwise").text,
                               .kernel = kernel,
                               .stride = stride,
                               .activation = activation,
                               .batch_norm = true });
    if (squeeze && !b->options->minimalistic)
        add_squeeze(b, number);
    add_conv(b, block_name(number, v1 ? "pointwise" : "project").text, out, 1, 1,
             v1 ? activation : MNET_NET_LINEAR);
    if (v1 || stride != 1 || in != out || b->at < 0)
        return;
    MnetNetLayerSpec sum = { .kind = MNET_NET_ADD, .inputs = { from, b->at } };
    Name name = block_name(number, "add");
    sum.name = name.text;
    b->at = mnet_net_add(b->net, &sum, b->error);
}

/* Of the layer that the classes are computed from: V2's convolution before the pool, V3's
 * layer behind it.  Neither shrinks with the width. */
static int32_t last_channels(const Builder *b)
{
    if (b->options->last_channels)
        return b->options->last_channels;
    return b->options->width > 1 ? scaled(b, b->family->last) : b->family->last;
}

/* V3's convolution before the pool: six times what the last block gives. */
static int32_t widened(const Builder *b)
{
    return divisible(channels_at(b) * 6.0);
}

static void add_head(Builder *b)
{
    const Family *family = b->family;
    if (family->last)
        add_conv(b, "head/conv", family->v3 ? widened(b) : last_channels(b), 1, 1,
                 swish(b, family->swish));
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_GLOBAL_POOL, .name = "head/pool" });
    if (family->v3)
        add(b, (MnetNetLayerSpec){ .kind = MNET_NET_CONV,
                                   .name = "head/dense",
                                   .channels = last_channels(b),
                                   .kernel = 1,
                                   .stride = 1,
                                   .activation = swish(b, family->swish) });
    add(b, (MnetNetLayerSpec){ .kind = MNET_NET_DENSE,
                               .name = "logits",
                               .channels = b->options->n_classes,
                               .dropout = family->dropout });
}

static MnetStatus add_layers(Builder *b)
{
    const MnetNetOptions *o = b->options;
    const Family *family = b->family;
    add_conv(b, "stem", scaled(b, family->stem), 3, o->stem_stride, swish(b, family->swish));
    for (int32_t i = 0; i < family->n_blocks; i++)
        add_block(b, &family->blocks[i], i + 1);
    add_head(b);
    if (b->at < 0)
        return MNET_ERROR_LIMIT; /* b->error tells */
    snprintf(b->net->title, sizeof b->net->title, "%s%s %.2f %d", family->title,
             o->minimalistic ? " minimalistic" : "", o->width, (int)o->resolution);
    return mnet_net_finish(b->net, b->error);
}

static MnetStatus check(const MnetNetOptions *o, MnetError *error)
{
    if ((unsigned)o->family > MNET_NET_V3_LARGE)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT, "family %d is unknown", (int)o->family);
    if (!(o->width >= 0.05 && o->width <= 4))
        return mnet_error_set(error, MNET_ERROR_LIMIT, "width %g; 0.05 to 4 are possible",
                              o->width);
    if (o->resolution < 16 || o->resolution > 1024)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "resolution %d; 16 to 1024 are possible",
                              (int)o->resolution);
    if (o->n_classes < 1 || o->n_classes > MNET_NET_MAX_CLASSES)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "%d classes; 1 to %d are possible",
                              (int)o->n_classes, MNET_NET_MAX_CLASSES);
    if (o->stem_stride != 1 && o->stem_stride != 2)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "stem stride %d; 1 and 2 are possible",
                              (int)o->stem_stride);
    for (int32_t i = 0; i < MNET_NET_STRIDES; i++)
        if (o->strides[i] != 1 && o->strides[i] != 2)
            return mnet_error_set(error, MNET_ERROR_LIMIT, "stride %d; 1 and 2 are possible",
                                  (int)o->strides[i]);
    int32_t last = o->last_channels;
    if (last && (last < 8 || last > 4096))
        return mnet_error_set(error, MNET_ERROR_LIMIT, "%d last channels; 8 to 4096 are possible",
                              (int)last);
    if (last && !families[o->family].last)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "%s has no layer between its blocks and the classes",
                              families[o->family].title);
    if (o->minimalistic && !families[o->family].v3)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "%s has no minimalistic form, V3 alone has",
                              families[o->family].title);
    return MNET_OK;
}

MnetNet *mnet_net_build(const MnetNetOptions *options, MnetError *error)
{
    MnetNetOptions o = *options;
    o.width = o.width == 0 ? 1 : o.width;
    o.resolution = o.resolution ? o.resolution : 224;
    o.n_classes = o.n_classes ? o.n_classes : 1001;
    o.stem_stride = o.stem_stride ? o.stem_stride : 2;
    for (int32_t i = 0; i < MNET_NET_STRIDES; i++)
        o.strides[i] = o.strides[i] ? o.strides[i] : 2;
    if (check(&o, error) != MNET_OK)
        return NULL;
    Builder builder = { .options = &o, .family = &families[o.family], .error = error };
    builder.net = mnet_net_new(o.resolution, o.resolution, 3, error);
    if (!builder.net)
        return NULL;
    if (add_layers(&builder) != MNET_OK) {
        mnet_net_free(builder.net);
        return NULL;
    }
    mnet_net_init(builder.net, o.seed);
    return builder.net;
}
