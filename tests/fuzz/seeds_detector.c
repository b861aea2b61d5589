/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets of detection start from: anchors in each form, and one
 * network of each kind as fuzz_detector reads them. */
#include <stdio.h>
#include <string.h>

#include "seeds.h"

static const char *const anchor_texts[] = {
    "ymin xmin ymax xmax\n0.3 0.25 0.5 0.35\n0.5 0.45 1.1 0.95\n",
    "xcenter,ycenter,w,h\r\n# two\r\n0.3;0.4;0.1;0.2\r\n7e-1 .8 5e-1 .6\r\n",
    "0.4 0.3 0.2 0.1\n0.8 0.7 0.6 0.5\n",
    "0.4 0.8 0.1\n0.3 0.7 0.1\n0.2 0.6 1\n0.1 0.5 1\n\n",
    "0.1 0.1 0.5 0.5\n",
    "left top right bottom\n-1e39 nan inf 0x1p-3\n",
};

void anchor_seeds(SeedFunc each, void *user)
{
    static const float raw[] = { 0.4f, 0.3f, 0.2f, 0.1f, 0.8f, 0.7f, 0.6f, 0.5f };
    for (size_t i = 0; i < sizeof anchor_texts / sizeof *anchor_texts; i++) {
        char name[32];
        snprintf(name, sizeof name, "anchors-%zu", i);
        each(user, name, (const uint8_t *)anchor_texts[i], strlen(anchor_texts[i]));
    }
    each(user, "anchors-raw", (const uint8_t *)raw, sizeof raw);
}

/* Options, picture, outputs: type, kind, rank, sizes, role, decoded, corners, maps. */
static const struct {
    const char *name;
    size_t size;
    uint8_t bytes[80];
} networks[] = {
    { "ssd", 28, { 0, 0, 2, 0, 40, 40, 0, 1, 0,  3, 3, 0, 11, 3,
                   1, 0, 0, 0, 0,  2,  3, 0, 11, 2, 1, 0, 0,  0 } },
    { "ssd-int8-softmax", 28, { 0, 3, 2, 0, 40, 40, 0, 1, 2,  3, 3, 0, 11, 3,
                                1, 0, 0, 0, 1,  3,  3, 0, 11, 4, 1, 0, 0,  0 } },
    { "mediapipe", 34, { 0, 0,  0,  0,  16, 16, 0,  1, 0, 3, 3, 0, 9, 5, 1, 0, 0,
                         2, 15, 15, 31, 7,  7,  95, 0, 3, 3, 0, 9, 0, 1, 0, 0, 0 } },
    { "decoded", 28, { 0, 0, 0, 0, 8, 8, 0, 1, 0, 0, 3, 0, 8, 3,
                       1, 1, 2, 0, 0, 1, 3, 0, 8, 1, 1, 0, 0, 0 } },
    { "post-process",
      48,
      { 0, 0, 0, 0, 8, 8, 90, 3, 0, 0, 3, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4,
        0, 1, 0, 0, 0, 0, 0,  2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0 } },
};

/* The query, then the numbers of the outputs. */
void detector_seeds(SeedFunc each, void *user)
{
    static const uint8_t query[] = { 0x3e, 0x80, 0, 0, 0, 0, 0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 200 };
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        uint8_t bytes[512];
        size_t size = networks[i].size;
        memcpy(bytes, networks[i].bytes, size);
        memcpy(bytes + size, query, sizeof query);
        size += sizeof query;
        for (size_t k = 0; k < 64; k++) {
            const float number = (float)(k * 37 % 64) / 64;
            memcpy(bytes + size, &number, sizeof number);
            size += sizeof number;
        }
        each(user, networks[i].name, bytes, size);
    }
}
