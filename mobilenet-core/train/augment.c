/* SPDX-License-Identifier: MIT
 *
 * What is drawn for a picture, and its pixels. */
#include "train/augment.h"

#include <math.h>

#include "train/random.h"

/* Numbers of what is drawn for, so that none depends on another's count. */
enum { STREAM_ORDER = 1, STREAM_VIEW, STREAM_MIX };

static MnetRandom stream(uint64_t seed, uint32_t epoch, uint32_t kind, uint64_t index)
{
    MnetRandom random = { seed * 0xd1342543de82ef95u + ((uint64_t)epoch << 3 | kind) };
    random.state = mnet_random_u64(&random) + index * 0x9e3779b97f4a7c15u;
    random.state = mnet_random_u64(&random);
    return random;
}

void mnet_shuffle(uint32_t *order, size_t n, uint64_t seed, uint32_t epoch)
{
    MnetRandom random = stream(seed, epoch, STREAM_ORDER, 0);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        uint32_t other = mnet_random_below(&random, (uint32_t)i), swap = order[other];
        order[other] = order[i - 1];
        order[i - 1] = swap;
    }
}

/* How one picture is seen. */
typedef struct {
    int32_t dx, dy;
    bool flip;
    float brightness, contrast, saturation; /* factors */
    int32_t cut_left, cut_top, cut_right, cut_bottom;
} View;

static float around_1(MnetRandom *random, float by)
{
    return 1 + by * (float)(2 * mnet_random_real(random) - 1);
}

static View draw_view(const MnetAugmentation *a, size_t index, uint32_t turn)
{
    const MnetAugment *augment = a->augment;
    View view = { .brightness = 1, .contrast = 1, .saturation = 1 };
    if (!augment)
        return view;
    MnetRandom random = stream(a->seed, a->epoch, STREAM_VIEW, 2 * index + turn);
    view.flip = (mnet_random_u64(&random) >> 63) && augment->flip;
    uint32_t range = (uint32_t)(2 * augment->shift + 1);
    view.dx = (int32_t)mnet_random_below(&random, range) - augment->shift;
    view.dy = (int32_t)mnet_random_below(&random, range) - augment->shift;
    view.brightness = around_1(&random, augment->colour);
    view.contrast = around_1(&random, augment->colour);
    view.saturation = around_1(&random, augment->colour);
    if (augment->cutout) {
        int32_t x = (int32_t)mnet_random_below(&random, (uint32_t)a->dataset->width);
        int32_t y = (int32_t)mnet_random_below(&random, (uint32_t)a->dataset->height);
        view.cut_left = x - augment->cutout / 2;
        view.cut_top = y - augment->cutout / 2;
        view.cut_right = view.cut_left + augment->cutout;
        view.cut_bottom = view.cut_top + augment->cutout;
    }
    return view;
}

/* The coordinate within 0 .. n - 1, mirrored at the edges, or -1. */
static int32_t within(int32_t x, int32_t n, bool reflect)
{
    if (x >= 0 && x < n)
        return x;
    if (!reflect || n == 1)
        return -1;
    int32_t mirrored = x < 0 ? -x : 2 * (n - 1) - x;
    return mirrored >= 0 && mirrored < n ? mirrored : -1;
}

/* One pixel, normalised; the mean colour is 0. */
static void pixel_of(const MnetAugmentation *a, const View *view, const uint8_t *pixels, int32_t x,
                     int32_t y, float out[3])
{
    const MnetDataset *dataset = a->dataset;
    bool reflect = a->augment && a->augment->reflect;
    bool cut =
        x >= view->cut_left && x < view->cut_right && y >= view->cut_top && y < view->cut_bottom;
    int32_t sx =
        within((view->flip ? dataset->width - 1 - x : x) + view->dx, dataset->width, reflect);
    int32_t sy = within(y + view->dy, dataset->height, reflect);
    out[0] = out[1] = out[2] = 0;
    if (cut || sx < 0 || sy < 0)
        return;
    const uint8_t *rgb = pixels + ((size_t)sy * (size_t)dataset->width + (size_t)sx) * 3;
    float gray = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
    for (int c = 0; c < 3; c++) {
        float value = gray + (rgb[c] - gray) * view->saturation;
        value = ((value - 127.5f) * view->contrast + 127.5f) * view->brightness;
        value = fminf(fmaxf(value, 0), 255);
        out[c] = (value - a->mean[c]) / a->std[c];
    }
}

/* What another picture adds: a share everywhere, or a rectangle. */
typedef struct {
    float share; /* of this picture in the label */
    bool blend;
    int32_t left, top, right, bottom;
    size_t other;
} Mix;

/* From the symmetric beta distribution (Johnk's method). */
static double draw_beta(MnetRandom *random, double alpha)
{
    for (int i = 0; i < 1000; i++) {
        double x = pow(mnet_random_real(random), 1 / alpha);
        double y = pow(mnet_random_real(random), 1 / alpha);
        if (x + y <= 1 && x + y > 0)
            return x / (x + y);
    }
    return 0.5;
}

static Mix draw_mix(const MnetAugmentation *a, size_t index)
{
    const MnetAugment *augment = a->augment;
    Mix mix = { .share = 1 };
    if (!augment || (augment->mixup <= 0 && augment->cutmix <= 0))
        return mix;
    MnetRandom random = stream(a->seed, a->epoch, STREAM_MIX, index);
    mix.other = mnet_random_below(&random, (uint32_t)a->dataset->train.n);
    mix.blend = augment->mixup > 0 && (augment->cutmix <= 0 || mnet_random_u64(&random) >> 63);
    mix.share = (float)draw_beta(&random, mix.blend ? augment->mixup : augment->cutmix);
    if (mix.blend)
        return mix;
    const int32_t width = a->dataset->width, height = a->dataset->height;
    const float side = sqrtf(1 - mix.share);
    int32_t w = (int32_t)((float)width * side), h = (int32_t)((float)height * side);
    int32_t x = (int32_t)mnet_random_below(&random, (uint32_t)width);
    int32_t y = (int32_t)mnet_random_below(&random, (uint32_t)height);
    mix.left = x - w / 2 < 0 ? 0 : x - w / 2;
    mix.top = y - h / 2 < 0 ? 0 : y - h / 2;
    mix.right = x - w / 2 + w > width ? width : x - w / 2 + w;
    mix.bottom = y - h / 2 + h > height ? height : y - h / 2 + h;
    mix.share =
        1 - (float)((mix.right - mix.left) * (mix.bottom - mix.top)) / (float)(width * height);
    return mix;
}

static const uint8_t *pixels_of(const MnetDataset *dataset, const MnetPictures *pictures,
                                size_t index)
{
    return pictures->pixels + index * 3 * (size_t)dataset->width * (size_t)dataset->height;
}

static void blend_row(const MnetAugmentation *a, const Mix *mix, const View *view,
                      const uint8_t *pixels, int32_t y, float *row)
{
    int32_t x = mix->blend ? 0 : mix->left, end = mix->blend ? a->dataset->width : mix->right;
    float share = mix->blend ? mix->share : 0, rgb[3];
    for (; x < end; x++) {
        pixel_of(a, view, pixels, x, y, rgb);
        for (int c = 0; c < 3; c++)
            row[3 * x + c] = share * row[3 * x + c] + (1 - share) * rgb[c];
    }
}

static void draw_target(const MnetAugmentation *a, const Mix *mix, size_t index, float *target)
{
    const int32_t n = a->dataset->n_classes, *labels = a->dataset->train.labels;
    float smoothing = a->augment ? a->augment->smoothing : 0;
    for (int32_t c = 0; c < n; c++)
        target[c] = smoothing / (float)n;
    target[labels[index]] += (1 - smoothing) * mix->share;
    target[labels[mix->other]] += (1 - smoothing) * (1 - mix->share);
}

void mnet_augment_picture(const MnetAugmentation *a, size_t index, float *const *rows,
                          float *target)
{
    const MnetPictures *train = &a->dataset->train;
    Mix mix = draw_mix(a, index);
    View view = draw_view(a, index, 0), other = draw_view(a, mix.other, 1);
    const uint8_t *pixels = pixels_of(a->dataset, train, index);
    for (int32_t y = 0; y < a->dataset->height; y++) {
        for (int32_t x = 0; x < a->dataset->width; x++)
            pixel_of(a, &view, pixels, x, y, rows[y] + 3 * x);
        if (mix.share < 1 && (mix.blend || (y >= mix.top && y < mix.bottom)))
            blend_row(a, &mix, &other, pixels_of(a->dataset, train, mix.other), y, rows[y]);
    }
    draw_target(a, &mix, index, target);
}

void mnet_plain_picture(const MnetAugmentation *a, const MnetPictures *pictures, size_t index,
                        float *const *rows)
{
    const View view = { .brightness = 1, .contrast = 1, .saturation = 1 };
    const uint8_t *pixels = pixels_of(a->dataset, pictures, index);
    for (int32_t y = 0; y < a->dataset->height; y++)
        for (int32_t x = 0; x < a->dataset->width; x++)
            pixel_of(a, &view, pixels, x, y, rows[y] + 3 * x);
}
