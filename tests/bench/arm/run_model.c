/* SPDX-License-Identifier: MIT
 *
 * run_model MODEL RUNS [+fp16]: so many inferences of noise with one thread, as one
 * program, so that an emulator that counts knows the functions' names.  A RUNS
 * of 0 is what loading takes.  Prints a sum of the outputs' bytes, by which one
 * machine's are compared with another's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnet/mnet.h"

static void fill(MnetSession *session, const MnetModel *model)
{
    uint32_t state = 1;
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++) {
        const MnetTensorInfo *info = mnet_session_input_info(session, i);
        uint8_t *bytes = mnet_session_input(session, i);
        size_t element = info->type == MNET_TYPE_FLOAT32 ? sizeof(float) : 1;
        for (size_t at = 0; at < info->bytes; at += element) {
            state = state * 1664525u + 1013904223u;
            float value = (float)(state >> 24) / 127.5f - 1;
            if (element == sizeof value)
                memcpy(bytes + at, &value, sizeof value);
            else
                bytes[at] = (uint8_t)(state >> 24);
        }
    }
}

/* FNV-1a */
static uint64_t sum_of(const MnetSession *session, const MnetModel *model)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++) {
        const uint8_t *bytes = mnet_session_output(session, i);
        for (size_t at = 0; at < mnet_session_output_info(session, i)->bytes; at++)
            sum = (sum ^ bytes[at]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

int main(int argc, char **argv)
{
    MnetError error;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: run_model MODEL RUNS [+fp16]\n");
        return 2;
    }
    const MnetModelOptions options = { .precision = argc == 4 && !strcmp(argv[3], "+fp16")
                                                        ? MNET_PRECISION_FP16
                                                        : 0 };
    MnetModel *model = mnet_model_load(argv[1], &options, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    if (!session) {
        fprintf(stderr, "run_model: %s\n", error.text);
        mnet_model_unref(model);
        return 1;
    }
    fill(session, model);
    for (long runs = strtol(argv[2], NULL, 10); runs > 0; runs--)
        mnet_session_run(session);
    printf("%016llx\n", (unsigned long long)sum_of(session, model));
    mnet_session_free(session);
    mnet_model_unref(model);
    return 0;
}
