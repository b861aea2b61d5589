/* SPDX-License-Identifier: MIT
 *
 * A small network of every kind of layer, as its files of floats and of bytes. */
#include <stdlib.h>

#include "base/memory.h"
#include "seeds.h"
#include "train/net_graph.h"
#include "train/quantize.h"

static const MnetNetLayerSpec layers[] = {
    { .kind = MNET_NET_CONV,
      .activation = MNET_NET_HARD_SWISH,
      .name = "stem",
      .inputs = { 0 },
      .channels = 8,
      .kernel = 3,
      .stride = 2,
      .batch_norm = true },
    { .kind = MNET_NET_DEPTHWISE,
      .activation = MNET_NET_RELU6,
      .name = "depthwise",
      .inputs = { 1 },
      .kernel = 3,
      .stride = 1,
      .batch_norm = true },
    { .kind = MNET_NET_GLOBAL_POOL, .name = "squeeze", .inputs = { 2 } },
    { .kind = MNET_NET_CONV,
      .activation = MNET_NET_RELU,
      .name = "reduce",
      .inputs = { 3 },
      .channels = 8,
      .kernel = 1,
      .stride = 1 },
    { .kind = MNET_NET_CONV,
      .activation = MNET_NET_HARD_SIGMOID,
      .name = "gate",
      .inputs = { 4 },
      .channels = 8,
      .kernel = 1,
      .stride = 1 },
    { .kind = MNET_NET_SCALE, .name = "excite", .inputs = { 2, 5 } },
    { .kind = MNET_NET_CONV,
      .name = "project",
      .inputs = { 6 },
      .channels = 8,
      .kernel = 1,
      .stride = 1,
      .batch_norm = true },
    { .kind = MNET_NET_ADD, .name = "add", .inputs = { 1, 7 } },
    { .kind = MNET_NET_GLOBAL_POOL, .name = "pool", .inputs = { 8 } },
    { .kind = MNET_NET_DENSE, .name = "logits", .inputs = { 9 }, .channels = 3 },
};

static MnetNet *new_net(void)
{
    static const char *const classes[] = { "red", "green", "blue" };
    MnetNet *net = mnet_net_new(8, 8, 3, NULL);
    for (size_t i = 0; net && i < sizeof layers / sizeof *layers; i++)
        if (mnet_net_add(net, &layers[i], NULL) < 0)
            abort();
    if (!net || mnet_net_finish(net, NULL) != MNET_OK ||
        mnet_net_set_classes(net, classes, NULL) != MNET_OK)
        abort();
    mnet_net_init(net, 1);
    return net;
}

static bool picture(void *user, size_t index, float *input, MnetError *error)
{
    for (size_t i = 0; i < 8 * 8 * 3; i++)
        input[i] = (float)((i * 7 + index * 5) % 17) / 8 - 1;
    return true;
}

void net_seeds(SeedFunc each, void *user)
{
    MnetQuantizeOptions options = { .picture = picture, .n_pictures = 4 };
    MnetNet *net = new_net();
    uint8_t *data;
    size_t size;
    if (mnet_net_tflite(net, &data, &size, NULL) != MNET_OK)
        abort();
    each(user, "net-float", data, size);
    mnet_free(data);
    if (mnet_net_quantize(net, &options, &data, &size, NULL) != MNET_OK)
        abort();
    each(user, "net-int8", data, size);
    mnet_free(data);
    mnet_net_free(net);
}
