/* SPDX-License-Identifier: MIT
 *
 * test_segments_known SHARED_DIR FOLDER/MODEL SHARE [GOLDEN]: runs a network that cuts
 * out persons on its golden picture of one, or that of the network GOLDEN, as the
 * segmenter reads it: SHARE of the pixels are the person within half a per cent. */
#include "golden.h"

#include <mnet/mnet.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICTURE "grace_hopper"
#define BOUND 0.005

/* The share of pixels of class 1; -1 when something failed. */
static double person_share(const MnetModel *model, MnetSession *session)
{
    MnetError error = { MNET_OK, "" };
    MnetSegmenter *segmenter =
        mnet_segmenter_new(mnet_model_input(model, 0), mnet_model_output(model, 0), NULL, &error);
    if (!segmenter) {
        printf("%s\n", error.text);
        return -1;
    }
    size_t pixels =
        (size_t)mnet_segmenter_width(segmenter) * (size_t)mnet_segmenter_height(segmenter);
    uint8_t *classes = malloc(pixels);
    size_t persons = 0;
    if (!classes)
        exit(1);
    mnet_segmenter_decode(segmenter, mnet_session_output(session, 0), classes, NULL);
    for (size_t i = 0; i < pixels; i++)
        persons += classes[i] == 1;
    free(classes);
    mnet_segmenter_free(segmenter);
    return (double)persons / (double)pixels;
}

static bool check(const char *path, const GoldenCase *golden, const char *cpu, double expected)
{
    MnetError error = { MNET_OK, "" };
    MnetModelOptions options = { .cpu = cpu };
    MnetModel *model = mnet_model_load(path, &options, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    void *input =
        session ? golden_load(golden, "input", 0, mnet_model_input(model, 0)->bytes) : NULL;
    double share = -1;
    if (input) {
        memcpy(mnet_session_input(session, 0), input, mnet_model_input(model, 0)->bytes);
        mnet_session_run(session);
        share = person_share(model, session);
    }
    bool good = fabs(share - expected) <= BOUND;
    printf("%-6s %s: %.4f of the pixels, %.4f expected%s%s\n", good ? "ok" : "FAILED", cpu, share,
           expected, error.text[0] ? ": " : "", error.text);
    free(input);
    mnet_session_free(session);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    char path[1024], folder[1024];
    static GoldenCase golden;
    if (argc != 4 && argc != 5) {
        fputs("usage: test_segments_known SHARED_DIR FOLDER/MODEL SHARE [GOLDEN]\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    const char *slash = strrchr(argv[2], '/');
    snprintf(path, sizeof path, "%s/models/%s.tflite", argv[1], argv[2]);
    snprintf(folder, sizeof folder, "%s/golden/%s/" PICTURE, argv[1],
             argc > 4 ? argv[4]
             : slash  ? slash + 1
                      : argv[2]);
    if (!golden_read_case(folder, &golden))
        return 1;
    bool good = true;
    for (const char *const *cpu = mnet_cpu_names(); *cpu; cpu++)
        good &= check(path, &golden, *cpu, atof(argv[3]));
    return !good;
}
