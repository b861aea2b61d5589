/* SPDX-License-Identifier: MIT
 *
 * Anchors: the object, and those that are computed. */
#include "decode/anchors.h"

#include "base/error.h"
#include "base/memory.h"

/* More cells than any feature map has. */
#define MAX_GRID 4096
#define MAX_SCALE 16

MnetAnchors *mnet_anchors_alloc(size_t n, const char *name, MnetError *error)
{
    if (n < 1 || n > MNET_MAX_ANCHORS) {
        mnet_error_set(error, n ? MNET_ERROR_LIMIT : MNET_ERROR_FORMAT,
                       "%.200s: %zu anchors, 1 to %d are expected", name, n, MNET_MAX_ANCHORS);
        return NULL;
    }
    size_t bytes = sizeof(MnetAnchors) + n * sizeof(MnetCentreBox);
    MnetAnchors *anchors = mnet_calloc(1, bytes);
    if (!anchors) {
        mnet_error_memory(error, bytes);
        return NULL;
    }
    anchors->n = n;
    return anchors;
}

void mnet_anchors_free(MnetAnchors *anchors)
{
    mnet_free(anchors);
}

size_t mnet_anchors_count(const MnetAnchors *anchors)
{
    return anchors->n;
}

void mnet_anchors_get(const MnetAnchors *anchors, size_t index, float box[4])
{
    const MnetCentreBox *anchor = &anchors->boxes[index];
    box[0] = anchor->x;
    box[1] = anchor->y;
    box[2] = anchor->width;
    box[3] = anchor->height;
}

void mnet_ssd_anchors_default(int32_t width, int32_t height, MnetSsdAnchors *parameters)
{
    *parameters = (MnetSsdAnchors){ .n_maps = 6,
                                    .min_scale = 0.2f,
                                    .max_scale = 0.95f,
                                    .n_aspect_ratios = 5,
                                    .aspect_ratios = { 1, 2, 0.5f, 3, 1.0f / 3 },
                                    .interpolated_aspect_ratio = 1,
                                    .reduce_lowest = true };
    int32_t smaller = width < height ? width : height;
    parameters->base_width = (float)smaller / (float)width;
    parameters->base_height = (float)smaller / (float)height;
    for (int32_t i = 0; i < 6; i++) {
        int64_t stride = 16 << i;
        parameters->grid_width[i] = (int32_t)((width + stride - 1) / stride);
        parameters->grid_height[i] = (int32_t)((height + stride - 1) / stride);
    }
}

static bool within(float value, float low, float high)
{
    return value >= low && value <= high;
}

static MnetStatus check_parameters(const MnetSsdAnchors *p, MnetError *error)
{
    bool good = p->n_maps >= 1 && p->n_maps <= MNET_MAX_ANCHOR_MAPS &&
                p->n_aspect_ratios <= MNET_MAX_ASPECT_RATIOS &&
                within(p->min_scale, 1e-4f, MAX_SCALE) && within(p->max_scale, 1e-4f, MAX_SCALE) &&
                within(p->interpolated_aspect_ratio, 0, 100) &&
                within(p->base_width, 1e-4f, MAX_SCALE) && within(p->base_height, 1e-4f, MAX_SCALE);
    for (size_t i = 0; good && i < p->n_maps; i++)
        good = p->grid_width[i] >= 1 && p->grid_width[i] <= MAX_GRID && p->grid_height[i] >= 1 &&
               p->grid_height[i] <= MAX_GRID;
    for (size_t i = 0; good && i < p->n_aspect_ratios; i++)
        good = within(p->aspect_ratios[i], 0.01f, 100);
    return good ? MNET_OK
                : mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                 "a parameter of the anchor generator is out of range: 1 to %d "
                                 "maps of 1 to %d cells a side, scales above 0 to %d, at most %d "
                                 "aspect ratios of 0.01 to 100 are expected",
                                 MNET_MAX_ANCHOR_MAPS, MAX_GRID, MAX_SCALE, MNET_MAX_ASPECT_RATIOS);
}

/* Of map `i`; that behind the last one has scale 1. */
static double map_scale(const MnetSsdAnchors *p, size_t i)
{
    double low = (double)p->min_scale, high = (double)p->max_scale;
    if (i == p->n_maps)
        return 1;
    return p->n_maps == 1 ? (low + high) / 2
                          : low + (high - low) * (double)i / (double)(p->n_maps - 1);
}

/* The boxes of one cell of map `i`: height and width only. */
static size_t cell_boxes(const MnetSsdAnchors *p, size_t i, MnetCentreBox *boxes)
{
    double scales[MNET_MAX_ASPECT_RATIOS + 3], aspects[MNET_MAX_ASPECT_RATIOS + 3];
    double scale = map_scale(p, i);
    size_t n = 0;
    if (i == 0 && p->reduce_lowest) {
        const double reduced[3][2] = { { 0.1, 1 }, { scale, 2 }, { scale, 0.5 } };
        for (; n < 3; n++) {
            scales[n] = reduced[n][0];
            aspects[n] = reduced[n][1];
        }
    } else {
        for (; n < p->n_aspect_ratios; n++) {
            scales[n] = scale;
            aspects[n] = (double)p->aspect_ratios[n];
        }
        if (p->interpolated_aspect_ratio > 0) {
            scales[n] = sqrt(scale * map_scale(p, i + 1));
            aspects[n++] = (double)p->interpolated_aspect_ratio;
        }
    }
    for (size_t k = 0; k < n; k++)
        boxes[k] = (MnetCentreBox){
            .height = (float)(scales[k] / sqrt(aspects[k]) * (double)p->base_height),
            .width = (float)(scales[k] * sqrt(aspects[k]) * (double)p->base_width)
        };
    return n;
}

/* Row by row, all boxes of a cell behind one another; returns the end. */
static MnetCentreBox *fill_map(MnetCentreBox *to, int32_t height, int32_t width,
                               const MnetCentreBox *cell, size_t n)
{
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++)
            for (size_t k = 0; k < n; k++) {
                *to = cell[k];
                to->y = (float)((y + 0.5) / height);
                to->x = (float)((x + 0.5) / width);
                to++;
            }
    return to;
}

MnetAnchors *mnet_anchors_generate(const MnetSsdAnchors *p, MnetError *error)
{
    MnetCentreBox cell[MNET_MAX_ASPECT_RATIOS + 3];
    size_t total = 0;
    if (check_parameters(p, error))
        return NULL;
    for (size_t i = 0; i < p->n_maps; i++)
        total += (size_t)p->grid_height[i] * (size_t)p->grid_width[i] * cell_boxes(p, i, cell);
    MnetAnchors *anchors = mnet_anchors_alloc(total, "generated anchors", error);
    MnetCentreBox *to = anchors ? anchors->boxes : NULL;
    for (size_t i = 0; anchors && i < p->n_maps; i++)
        to = fill_map(to, p->grid_height[i], p->grid_width[i], cell, cell_boxes(p, i, cell));
    return anchors;
}

MnetAnchors *mnet_anchors_of_cells(const MnetMap *maps, size_t n_maps, int32_t code,
                                   MnetError *error)
{
    const MnetCentreBox whole = { .height = 1, .width = 1 };
    size_t total = 0;
    for (size_t i = 0; i < n_maps; i++)
        total += (size_t)maps[i].height * (size_t)maps[i].width * (size_t)(maps[i].channels / code);
    MnetAnchors *anchors = mnet_anchors_alloc(total, "anchors of the feature maps", error);
    MnetCentreBox *to = anchors ? anchors->boxes : NULL;
    for (size_t i = 0; anchors && i < n_maps; i++) {
        for (int32_t cell = 0; cell < maps[i].height * maps[i].width; cell++)
            for (int32_t k = 0; k < maps[i].channels / code; k++) {
                *to = whole;
                to->y = (float)((cell / maps[i].width + 0.5) / maps[i].height);
                to->x = (float)((cell % maps[i].width + 0.5) / maps[i].width);
                to++;
            }
    }
    return anchors;
}
