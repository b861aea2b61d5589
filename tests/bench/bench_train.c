/* SPDX-License-Identifier: MIT
 *
 * bench_train [WIDTH [BATCH [THREADS [SECONDS]]]]: pictures a second in training of
 * MobileNet V2 with stem stride 1 on 32x32, and which share of the cores' float peak
 * that is, counting three times the multiply-adds of the way forward. */
#include <mnet/mnet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "tools/peak.h"
#include "train/build.h"
#include "train/random.h"
#include "train/trainer.h"

static int fail(const MnetError *error)
{
    fprintf(stderr, "bench_train: %s\n", error->text);
    return 1;
}

static void fill(MnetTrainer *trainer, int32_t batch, float *targets)
{
    MnetRandom random = { 1 };
    for (int32_t i = 0; i < batch; i++) {
        for (int32_t y = 0; y < 32; y++) {
            float *row = mnet_trainer_input_row(trainer, i, y);
            for (int x = 0; x < 96; x++)
                row[x] = (float)mnet_random_real(&random) * 2 - 1;
        }
        targets[i * 10 + i % 10] = 1;
    }
}

static void measure(MnetTrainer *trainer, const MnetTrainGoal *goal, double seconds,
                    const MnetNet *net, int32_t batch, unsigned threads)
{
    const MnetKernels *kernels;
    uint64_t best = UINT64_MAX, steps = 0, begin = mnet_now_ns(), end;
    do {
        uint64_t before = mnet_now_ns();
        mnet_trainer_step(trainer, goal);
        end = mnet_now_ns();
        best = end - before < best ? end - before : best;
        steps++;
    } while ((double)(end - begin) < seconds * 1e9);
    mnet_cpu_kernels(NULL, &kernels, NULL);
    double most = batch / ((double)best * 1e-9);
    double peak = tool_peak_rates(kernels->name).f32 * threads;
    printf("%s: %.0f pictures a second at best, %.0f in the mean", net->title, most,
           (double)steps * batch / ((double)(end - begin) * 1e-9));
    printf(", %.2f M multiply-adds, %.1f %% of %.1f G a second\n",
           (double)mnet_net_multiply_adds(net) * 1e-6,
           300 * most * (double)mnet_net_multiply_adds(net) / peak, peak * 1e-9);
}

int main(int argc, char **argv)
{
    double width = argc > 1 ? atof(argv[1]) : 0.5, seconds = argc > 4 ? atof(argv[4]) : 5;
    int32_t batch = argc > 2 ? atoi(argv[2]) : 64;
    MnetError error;
    MnetNetOptions options = { .family = MNET_NET_V2,
                               .width = width,
                               .resolution = 32,
                               .n_classes = 10,
                               .stem_stride = 1,
                               .seed = 1 };
    MnetNet *net = mnet_net_build(&options, &error);
    MnetPool *pool = mnet_pool_new(argc > 3 ? (unsigned)atoi(argv[3]) : 2, &error);
    if (!net || !pool)
        return fail(&error);
    MnetTrainerOptions trainer_options = { .batch = batch, .pool = pool };
    MnetTrainer *trainer = mnet_trainer_new(net, &trainer_options, &error);
    float *targets = calloc((size_t)batch * 10, sizeof *targets);
    if (!trainer || !targets)
        return fail(&error);
    MnetTrainGoal goal = { .targets = targets };
    fill(trainer, batch, targets);
    mnet_trainer_step(trainer, &goal);
    measure(trainer, &goal, seconds, net, batch, mnet_pool_threads(pool));
    free(targets);
    mnet_trainer_free(trainer);
    mnet_pool_unref(pool);
    mnet_net_free(net);
    return 0;
}
