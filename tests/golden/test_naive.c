/* SPDX-License-Identifier: MIT
 *
 * test_naive SHARED_DIR FOLDER/MODEL: a float network that TFLite does not run, which
 * cuts out persons, against its definition in double (naive.c) on a photograph: masks
 * within 1e-4, and 0.56 to 0.59 of the pixels are the person, as the networks with
 * golden outputs have it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mnet/mnet.h>

#include "golden.h"
#include "naive.h"
#include "pictures.h"
#include "resampling.h"

#define BOUND 1e-4
#define LEAST_PERSON 0.56
#define MOST_PERSON 0.59

/* The picture as the network takes it, 0 to 1; freed by the caller. */
static float *read_input(const char *shared, const MnetTensorInfo *input)
{
    char path[1100];
    Picture picture;
    uint8_t *bytes = malloc(input->elements);
    float *numbers = malloc(input->bytes);
    snprintf(path, sizeof path, "%s/images/grace_hopper.bmp", shared);
    bool good = picture_read_bitmap(path, &picture) && bytes && numbers && input->rank == 4 &&
                input->dims[3] == 3 && input->type == MNET_TYPE_FLOAT32 &&
                resize_rgb(picture.bytes, picture.width, picture.height, bytes, input->dims[2],
                           input->dims[1]);
    for (size_t i = 0; i < input->elements && good; i++)
        numbers[i] = (float)bytes[i] / 255;
    free(picture.bytes);
    free(bytes);
    if (good)
        return numbers;
    free(numbers);
    return NULL;
}

static bool check(const char *path, const char *cpu, const float *input, const float *expected,
                  size_t n)
{
    MnetError error = { MNET_OK, "" };
    MnetModelOptions options = { .cpu = cpu };
    MnetModel *model = mnet_model_load(path, &options, &error);
    MnetSession *session = model ? mnet_session_new(model, NULL, &error) : NULL;
    double most = 0, person = 0;
    if (session) {
        memcpy(mnet_session_input(session, 0), input, mnet_model_input(model, 0)->bytes);
        mnet_session_run(session);
        const float *mask = mnet_session_output(session, 0);
        for (size_t i = 0; i < n; i++) {
            double off = fabs((double)mask[i] - (double)expected[i]);
            most = off <= most ? most : off;
            person += mask[i] >= 0.5f;
        }
    }
    person /= (double)n;
    bool good = session && most <= BOUND && person >= LEAST_PERSON && person <= MOST_PERSON;
    printf("%-6s %s: largest difference %.2g, person %.4f%s%s\n", good ? "ok" : "FAILED", cpu, most,
           person, error.text[0] ? ": " : "", error.text);
    mnet_session_free(session);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    char path[1024];
    MnetError error;
    if (argc != 3) {
        fputs("usage: test_naive SHARED_DIR FOLDER/MODEL\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    snprintf(path, sizeof path, "%s/models/%s.tflite", argv[1], argv[2]);
    MnetModel *model = mnet_model_load(path, NULL, &error);
    if (!model) {
        printf("FAILED %s\n", error.text);
        return 1;
    }
    const MnetTensorInfo *in = mnet_model_input(model, 0), *out = mnet_model_output(model, 0);
    float *input = read_input(argv[1], in), *expected = malloc(out->bytes);
    bool good = input && expected && out->type == MNET_TYPE_FLOAT32 &&
                naive_run(path, input, in->elements, expected, out->elements);
    for (const char *const *cpu = mnet_cpu_names(); good && *cpu; cpu++)
        good &= check(path, *cpu, input, expected, out->elements);
    free(expected);
    free(input);
    mnet_model_unref(model);
    return !good;
}
