/* SPDX-License-Identifier: MIT
 *
 * One box of a detector's outputs: its best class, its corners, its points. */
#include <float.h>
#include <string.h>

#include "decode/detector.h"

/* Largest of `n` bytes, each XORed with `flip` first. */
static uint8_t largest_byte(const uint8_t *row, size_t n, uint8_t flip)
{
    uint8_t best = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t value = row[i] ^ flip;
        best = value > best ? value : best;
    }
    return best;
}

/* Floats as integers of the same order; what is not finite is the least. */
static int32_t largest_float_bits(const uint8_t *row, size_t n)
{
    int32_t best = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, row + i * sizeof bits, sizeof bits);
        int32_t magnitude = bits & 0x7fffffff;
        int32_t value = bits < 0 ? -magnitude : magnitude;
        value = magnitude >= 0x7f800000 ? INT32_MIN : value;
        best = value > best ? value : best;
    }
    return best;
}

typedef struct {
    float value;
    size_t at; /* SIZE_MAX: none */
} Largest;

static Largest largest_of_bytes(const MnetTensorInfo *info, const uint8_t *row, size_t n)
{
    uint8_t flip = info->type == MNET_TYPE_INT8 ? 0x80 : 0;
    uint8_t best = largest_byte(row, n, flip) ^ flip;
    return (Largest){ mnet_tensor_value(info, &best, 0),
                      (size_t)((const uint8_t *)memchr(row, best, n) - row) };
}

static Largest largest_of_any(const MnetTensorInfo *info, const uint8_t *row, size_t n)
{
    Largest best = { -INFINITY, SIZE_MAX };
    for (size_t i = 0; i < n; i++) {
        float value = mnet_tensor_value(info, row, i);
        if (value > best.value && value <= FLT_MAX)
            best = (Largest){ value, i };
    }
    return best;
}

static Largest largest_of_floats(const MnetTensorInfo *info, const uint8_t *row, size_t n,
                                 float least)
{
    int32_t best = largest_float_bits(row, n);
    float value;
    if (best == INT32_MIN)
        return (Largest){ 0, SIZE_MAX };
    int32_t bits = best < 0 ? -best | INT32_MIN : best;
    memcpy(&value, &bits, sizeof value);
    if (!(value >= least))
        return (Largest){ 0, SIZE_MAX };
    return largest_of_any(info, row, n);
}

static float softmax_of(const MnetTensorInfo *info, const uint8_t *row, size_t n, float value)
{
    float max = value;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        float v = mnet_tensor_value(info, row, i);
        max = isfinite(v) && v > max ? v : max;
    }
    for (size_t i = 0; i < n; i++) {
        float v = mnet_tensor_value(info, row, i);
        sum += isfinite(v) ? (double)expf(v - max) : 0;
    }
    return (float)((double)expf(value - max) / sum);
}

/* No softmax is larger: of two of its numbers alone. */
static bool softmax_below(const MnetTensorInfo *info, const uint8_t *row, float value, float least)
{
    float first = mnet_tensor_value(info, row, 0);
    return isfinite(first) && 1 / (1 + expf(first - value)) < least;
}

MnetBestClass mnet_detector_best_class(const MnetDetector *d, const void *scores, size_t box,
                                       float least)
{
    const MnetTensorInfo *info = &d->tensors[MNET_ROLE_SCORES];
    const MnetBestClass none = { 0, 0, false };
    size_t size = mnet_type_size(info->type), first = d->info.background;
    const uint8_t *row = (const uint8_t *)scores + box * d->columns * size;
    const uint8_t *classes = row + first * size;
    Largest best;
    if (size == 1 && info->scale >= 0)
        best = largest_of_bytes(info, classes, d->info.n_classes);
    else if (info->type == MNET_TYPE_FLOAT32)
        best = largest_of_floats(info, classes, d->info.n_classes,
                                 d->info.score_format == MNET_SCORES_PROBABILITIES ? least
                                                                                   : -INFINITY);
    else
        best = largest_of_any(info, classes, d->info.n_classes);
    if (best.at == SIZE_MAX)
        return none;
    float score = best.value;
    if (d->info.score_format == MNET_SCORES_SIGMOID) {
        score = 1 / (1 + expf(-score));
    } else if (d->info.score_format == MNET_SCORES_SOFTMAX) {
        if (first && softmax_below(info, row, score, least))
            return none;
        score = softmax_of(info, row, d->columns, score);
    }
    score = fminf(fmaxf(score, 0), 1);
    return (MnetBestClass){ score, (uint32_t)best.at, true };
}

static bool finite_numbers(const float *numbers, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= isfinite(numbers[i]) != 0;
    return finite;
}

static MnetBox linear_box(const float *code, const MnetCentreBox *anchor,
                          const MnetCentreBox *scale)
{
    float x = code[0] / scale->x * anchor->width + anchor->x;
    float y = code[1] / scale->y * anchor->height + anchor->y;
    float width = code[2] / scale->width * anchor->width;
    float height = code[3] / scale->height * anchor->height;
    return (MnetBox){ y - height / 2, x - width / 2, y + height / 2, x + width / 2 };
}

static MnetBox box_from(const MnetDetector *d, const float *code, size_t box)
{
    if (d->box_format == MNET_BOXES_CORNERS_YX)
        return (MnetBox){ code[0], code[1], code[2], code[3] };
    if (d->box_format == MNET_BOXES_CORNERS_XY)
        return (MnetBox){ code[1], code[0], code[3], code[2] };
    if (d->linear)
        return linear_box(code, &d->anchors->boxes[box], &d->scale);
    return mnet_box_decode((MnetCentreBox){ code[0], code[1], code[2], code[3] },
                           d->anchors->boxes[box], d->scale);
}

static float bounded(float value)
{
    return fminf(fmaxf(value, -MNET_BOX_LIMIT), 1 + MNET_BOX_LIMIT);
}

static void read_points(const MnetDetector *d, const float *code, size_t box,
                        MnetDetection *detection)
{
    const MnetCentreBox *anchor = d->anchors ? &d->anchors->boxes[box] : NULL;
    detection->n_points = (uint32_t)d->info.n_points;
    for (size_t i = 0; i < d->info.n_points; i++) {
        const float *point = code + 4 + 2 * i;
        detection->points[i] =
            (MnetPoint){ bounded(point[0] / d->scale.x * anchor->width + anchor->x),
                         bounded(point[1] / d->scale.y * anchor->height + anchor->y) };
    }
}

bool mnet_detector_read_box(const MnetDetector *d, const void *boxes, size_t box,
                            MnetDetection *detection)
{
    float code[4 + 2 * MNET_MAX_POINTS];
    for (size_t i = 0; i < d->code; i++)
        code[i] = mnet_tensor_value(&d->tensors[MNET_ROLE_BOXES], boxes, box * d->code + i);
    if (!finite_numbers(code, d->code))
        return false;
    MnetBox b = box_from(d, code, box);
    if (!finite_numbers((float[]){ b.top, b.left, b.bottom, b.right }, 4))
        return false;
    detection->top = bounded(b.top);
    detection->left = bounded(b.left);
    detection->bottom = bounded(b.bottom);
    detection->right = bounded(b.right);
    read_points(d, code, box, detection);
    return detection->left < detection->right && detection->top < detection->bottom;
}
