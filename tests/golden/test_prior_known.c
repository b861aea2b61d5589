/* SPDX-License-Identifier: MIT
 *
 * test_prior_known SHARED_DIR: a network that is shown its mask of the frame before, on
 * two frames.  The fourth channel of both golden inputs is made byte for byte; and the
 * second mask, after the network's own first one, is that of the reference within the
 * network's bar. */
#include "golden.h"

#include <mnet/mnet.h>

#include <stdlib.h>
#include <string.h>

#define NAME "portrait_video_224x4_int8"

typedef struct {
    GoldenCase golden;
    void *input, *output;
} Frame;

/* The inputs differ in the prior only. */
static Frame frames[2];
static const char *const images[2] = { "grace_hopper", "grace_hopper_2" };
static char path[1024];

static bool load(const char *shared, const MnetModel *model, int i)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/golden/" NAME "/%s", shared, images[i]);
    if (!golden_read_case(folder, &frames[i].golden))
        return false;
    frames[i].input = golden_load(&frames[i].golden, "input", 0, mnet_model_input(model, 0)->bytes);
    frames[i].output =
        golden_load(&frames[i].golden, "output", 0, mnet_model_output(model, 0)->bytes);
    return frames[i].input && frames[i].output;
}

/* `input`, whose pictures are those of both frames, after what the network said. */
static bool same_prior(const MnetSegmenter *segmenter, const void *said, int8_t *input, int frame)
{
    size_t bytes = 4 * (size_t)mnet_segmenter_width(segmenter) *
                   (size_t)mnet_segmenter_height(segmenter),
           wrong = 0;
    mnet_segmenter_prior(segmenter, said, input);
    for (size_t i = 0; i < bytes; i++)
        wrong += input[i] != ((const int8_t *)frames[frame].input)[i];
    printf("%-6s %s: %zu of %zu bytes of the input differ\n", wrong ? "FAILED" : "ok",
           images[frame], wrong, bytes);
    return wrong == 0;
}

static bool check(const MnetModel *model, MnetSession *session, const MnetSegmenter *segmenter,
                  const char *cpu)
{
    const MnetTensorInfo *output = mnet_model_output(model, 0);
    int8_t *input = mnet_session_input(session, 0);
    if (!mnet_segmenter_takes_prior(segmenter)) {
        printf("FAILED the network is not one that takes its mask\n");
        return false;
    }
    memcpy(input, frames[1].input, mnet_model_input(model, 0)->bytes);
    bool good = same_prior(segmenter, NULL, input, 0);
    good &= same_prior(segmenter, frames[0].output, input, 1);
    for (int i = 0; i < 2; i++) {
        mnet_segmenter_prior(segmenter, i ? mnet_session_output(session, 0) : NULL, input);
        mnet_session_run(session);
        GoldenVerdict verdict =
            golden_judge(output->type, false, output->elements, mnet_session_output(session, 0),
                         frames[i].output, frames[i].golden.optimized[0]);
        good &= verdict.holds;
        printf("%-6s %s %s: largest difference %g, %.2f %%, of %g, %.2f %%\n",
               verdict.holds ? "ok" : "FAILED", cpu, images[i], verdict.distance.largest,
               100 * verdict.distance.share, verdict.bar.largest, 100 * verdict.bar.share);
    }
    return good;
}

static bool check_kernels(const char *shared, const char *cpu)
{
    MnetError error = { MNET_OK, "" };
    MnetModelOptions options = { .cpu = cpu };
    MnetModel *model = mnet_model_load(path, &options, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    MnetSegmenter *segmenter = session
                                   ? mnet_segmenter_new(mnet_model_input(model, 0),
                                                        mnet_model_output(model, 0), NULL, &error)
                                   : NULL;
    bool good = segmenter && load(shared, model, 0) && load(shared, model, 1) &&
                check(model, session, segmenter, cpu);
    if (!segmenter)
        printf("FAILED %s\n", error.text);
    for (int i = 0; i < 2; i++) {
        free(frames[i].input);
        free(frames[i].output);
        frames[i].input = frames[i].output = NULL;
    }
    mnet_segmenter_free(segmenter);
    mnet_session_free(session);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: test_prior_known SHARED_DIR\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    snprintf(path, sizeof path, "%s/models/unet/" NAME ".tflite", argv[1]);
    bool good = true;
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++)
        good &= check_kernels(argv[1], *cpu);
    return !good;
}
