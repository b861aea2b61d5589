/* SPDX-License-Identifier: MIT
 *
 * The shapes that both depthwise slots are checked and measured with. */
#include "checkkernels_depthwise.h"

typedef void Run(const MnetKernels *kernels, const DepthwiseShape *shape);

static DepthwiseShape random_shape(void)
{
    DepthwiseShape s = { .channels = (size_t)check_between(1, 40),
                         .width = (size_t)check_between(1, 12),
                         .kernel_h = (size_t)check_between(1, DEPTHWISE_MOST_KERNEL),
                         .kernel_w = (size_t)check_between(1, DEPTHWISE_MOST_KERNEL),
                         .stride = (size_t)check_between(1, 4),
                         .dilation = (size_t)check_between(1, 3) };
    return s;
}

static void run_shape(const MnetKernels *kernels, Run *run, DepthwiseShape *s)
{
    s->pixel = s->channels;
    s->out_pixel = s->channels;
    if (check_one_in(3)) {
        s->pixel += (size_t)check_between(0, DEPTHWISE_MOST_EXTRA);
        s->out_pixel += (size_t)check_between(0, DEPTHWISE_MOST_EXTRA);
    }
    run(kernels, s);
}

/* The kernels that networks have, in all remainders. */
static void sweep_sizes(const MnetKernels *kernels, size_t tile, Run *run)
{
    for (size_t kernel = 3; kernel <= 7; kernel += 2)
        for (size_t stride = 1; stride <= 2; stride++) {
            DepthwiseShape s = { .kernel_h = kernel, .kernel_w = kernel, .stride = stride };
            s.dilation = 1;
            for (s.width = 0; s.width <= 20; s.width++) {
                s.channels = (size_t)check_between(1, 20);
                run_shape(kernels, run, &s);
            }
            for (s.channels = 1; s.channels <= 3 * tile + 1; s.channels += (size_t)check_step) {
                s.width = (size_t)check_between(1, 9);
                run_shape(kernels, run, &s);
            }
        }
}

void depthwise_sweep(const MnetKernels *kernels, size_t tile, Run *run)
{
    DepthwiseShape s;
    for (size_t kernel = 0; kernel < 49; kernel++)
        for (size_t step = 0; step < 9; step += (size_t)check_step) {
            s = random_shape();
            s.kernel_h = kernel / 7 + 1;
            s.kernel_w = kernel % 7 + 1;
            s.stride = step / 3 + 1;
            s.dilation = step % 3 + 1;
            run_shape(kernels, run, &s);
        }
    sweep_sizes(kernels, tile, run);
    for (int i = 0; i < check_iterations; i++) {
        s = random_shape();
        if (check_one_in(4))
            s.channels = (size_t)check_between(1, DEPTHWISE_MOST_CHANNELS);
        else if (check_one_in(4))
            s.width = (size_t)check_between(1, DEPTHWISE_MOST_WIDTH);
        run_shape(kernels, run, &s);
    }
}

size_t depthwise_in_elements(const DepthwiseShape *s)
{
    if (!s->width)
        return 0;
    return ((s->width - 1) * s->stride + (s->kernel_w - 1) * s->dilation) * s->pixel + s->channels;
}

size_t depthwise_out_elements(const DepthwiseShape *s)
{
    return s->width ? (s->width - 1) * s->out_pixel + s->channels : 0;
}

const DepthwiseBench depthwise_benches[] = {
    { "3x3 112 x 32", { 32, 112, 3, 3, 1, 1, 32, 32 } },
    { "3x3/2 56 x 96", { 96, 56, 3, 3, 2, 1, 96, 96 } },
    { "3x3 56 x 144", { 144, 56, 3, 3, 1, 1, 144, 144 } },
    { "3x3 14 x 384", { 384, 14, 3, 3, 1, 1, 384, 384 } },
    { "3x3 7 x 960", { 960, 7, 3, 3, 1, 1, 960, 960 } },
    { "3x3, 2 apart, 33 x 480", { 480, 33, 3, 3, 1, 2, 480, 480 } },
    { "5x5 14 x 240", { 240, 14, 5, 5, 1, 1, 240, 240 } },
    { "5x5/2 14 x 96", { 96, 14, 5, 5, 2, 1, 96, 96 } },
    { "7x7 22 x 96", { 96, 22, 7, 7, 1, 1, 96, 96 } },
    { NULL, { 0 } },
};
