/* SPDX-License-Identifier: MIT
 *
 * What mnet_image_convert() is to compute, in double precision. */
#include "image_naive.h"

#include <math.h>

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

Placement naive_place(const MnetFrameInfo *info, const MnetRect *region, MnetFit fit, int width,
                      int height)
{
    MnetRect r = { 0, 0, info->width, info->height };
    if (region) {
        int left = larger(region->x, 0), top = larger(region->y, 0);
        int right = smaller(region->x + region->width, info->width);
        int bottom = smaller(region->y + region->height, info->height);
        if (right > left && bottom > top)
            r = (MnetRect){ left, top, right - left, bottom - top };
    }
    Placement p = { { 0, 0, width, height }, r, r.x, r.y, r.width, r.height };
    double wide = (double)r.width / width, high = (double)r.height / height;
    if (fit == MNET_FIT_LETTERBOX) {
        double scale = wide > high ? wide : high;
        p.content.width = larger(1, (int)floor(r.width / scale + 0.5 + 1e-9));
        p.content.height = larger(1, (int)floor(r.height / scale + 0.5 + 1e-9));
        p.content.x = (width - p.content.width) / 2;
        p.content.y = (height - p.content.height) / 2;
    } else if (fit == MNET_FIT_CROP) {
        double scale = wide < high ? wide : high;
        p.width = width * scale;
        p.height = height * scale;
        p.x = r.x + (r.width - p.width) / 2;
        p.y = r.y + (r.height - p.height) / 2;
    }
    return p;
}

/* Samples of one axis that make an output, from `first` on. */
typedef struct {
    int first, n;
    double start, scale;
    int lo, hi;
    bool box;
} Axis;

static Axis axis_at(double start, double length, int count, int i, int region_start,
                    int region_size, int sub)
{
    Axis axis = { .scale = length / sub / count };
    axis.start = start / sub + i * axis.scale;
    axis.lo = region_start / sub;
    axis.hi = (region_start + region_size + sub - 1) / sub;
    axis.box = axis.scale > 1 + 1e-9;
    if (axis.box) {
        axis.first = larger(axis.lo, (int)floor(axis.start));
        axis.n = smaller(axis.hi, (int)ceil(axis.start + axis.scale)) - axis.first;
    } else {
        axis.first = (int)floor(axis.start + axis.scale / 2 - 0.5);
        axis.n = 2;
    }
    return axis;
}

static double axis_weight(const Axis *axis, int k)
{
    if (!axis->box) {
        double fraction = axis->start + axis->scale / 2 - 0.5 - axis->first;
        return k == 0 ? 1 - fraction : fraction;
    }
    double left = fmax(axis->first + k, axis->start);
    double right = fmin(axis->first + k + 1, axis->start + axis->scale);
    return fmax(right - left, 0) / axis->scale;
}

static int axis_sample(const Axis *axis, int k)
{
    return smaller(larger(axis->first + k, axis->lo), axis->hi - 1);
}

static double component_value(const Frame *frame, const Placement *p, int component, int x, int y)
{
    int sub_x = frame_sub_x(frame->info.format, component);
    int sub_y = frame_sub_y(frame->info.format, component);
    Axis ax = axis_at(p->x, p->width, p->content.width, x, p->clipped.x, p->clipped.width, sub_x);
    Axis ay =
        axis_at(p->y, p->height, p->content.height, y, p->clipped.y, p->clipped.height, sub_y);
    double sum = 0;
    for (int j = 0; j < ay.n; j++) {
        double row = 0;
        for (int i = 0; i < ax.n; i++)
            row += axis_weight(&ax, i) *
                   frame_get(frame, component, axis_sample(&ax, i), axis_sample(&ay, j));
        sum += axis_weight(&ay, j) * row;
    }
    return sum;
}

static double clamped(double value)
{
    return fmin(fmax(value, 0), 255);
}

double naive_value(const Frame *frame, const Placement *p, int channels, int channel, int x, int y)
{
    const MnetFrameInfo *info = &frame->info;
    if (frame_is_rgb(info->format)) {
        if (channels == 3)
            return clamped(component_value(frame, p, channel, x, y));
        return clamped(0.299 * component_value(frame, p, 0, x, y) +
                       0.587 * component_value(frame, p, 1, x, y) +
                       0.114 * component_value(frame, p, 2, x, y));
    }
    double steps = frame_depth(info->format) == 10 ? 4 : 1;
    double most = 256 * steps - 1;
    double black = info->full_range ? 0 : 16 * steps;
    double luma_range = info->full_range ? most : 219 * steps;
    double chroma_range = info->full_range ? most : 224 * steps;
    double luma = (component_value(frame, p, 0, x, y) - black) / luma_range;
    if (channels == 1 || info->format == MNET_PIXEL_GRAY8)
        return clamped(255 * luma);
    double pb = (component_value(frame, p, 1, x, y) - 128 * steps) / chroma_range;
    double pr = (component_value(frame, p, 2, x, y) - 128 * steps) / chroma_range;
    static const double weights[3][2] = { { 0.299, 0.114 },
                                          { 0.2126, 0.0722 },
                                          { 0.2627, 0.0593 } };
    double kr = weights[info->matrix][0], kb = weights[info->matrix][1];
    double red = luma + 2 * (1 - kr) * pr;
    double blue = luma + 2 * (1 - kb) * pb;
    double green = (luma - kr * red - kb * blue) / (1 - kr - kb);
    return clamped(255 * (channel == 0 ? red : channel == 1 ? green : blue));
}
