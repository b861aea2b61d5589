/* SPDX-License-Identifier: MIT
 *
 * bench_resolution SHARED_DIR PICTURES FOLDER/MODEL:SIZE[,SIZE...]...: the same
 * weights at several input sizes, as a Markdown table: top-1 and top-5 over
 * labelled pictures of 224x224 (scaled by mnet_image_convert()), multiply-adds
 * and the milliseconds of one run on one core. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "golden.h"
#include "imagenet.h"

#define RUNS 400
#define WARMUP 10

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* The best of many runs: others may use the machine, too.  Numbers as pictures
 * give them: zeros would let some kernels look faster than they are. */
static double measure(MnetSession *session)
{
    const MnetTensorInfo *info = mnet_session_input_info(session, 0);
    uint8_t *bytes = mnet_session_input(session, 0);
    double best = 1e9;
    uint32_t state = 1;
    for (size_t i = 0; i < info->elements && info->bytes == info->elements; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
    for (int i = 0; i < WARMUP + RUNS; i++) {
        double begin = now_ms();
        mnet_session_run(session);
        double taken = now_ms() - begin;
        best = i >= WARMUP && taken < best ? taken : best;
    }
    return best;
}

static bool row(MnetModel *model, const char *name, int32_t size, const Imagenet *pictures)
{
    MnetSessionOptions options = { .input_width = size, .input_height = size };
    MnetError error;
    MnetModelStats stats;
    ImagenetHits hits;
    MnetSession *session = mnet_session_new(model, &options, &error);
    if (!session) {
        printf("FAILED %s: %s\n", name, error.text);
        return false;
    }
    bool good = imagenet_classify(model, &options, pictures, &hits);
    mnet_session_stats(session, &stats);
    double all = (double)pictures->n / 100;
    printf("| %s | %d | %.2f | %.2f | %.1f M | %.2f |\n", name, size, (double)hits.top1 / all,
           (double)hits.top5 / all, (double)stats.macs * 1e-6, measure(session));
    fflush(stdout);
    mnet_session_free(session);
    return good;
}

/* "FOLDER/MODEL:224,192". */
static bool rows(const char *shared, char *word, const Imagenet *pictures)
{
    char path[1024];
    char *sizes = strchr(word, ':');
    if (!sizes)
        return false;
    *sizes++ = '\0';
    snprintf(path, sizeof path, "%s/models/%s.tflite", shared, word);
    MnetError error;
    MnetModel *model = mnet_model_load(path, NULL, &error);
    if (!model) {
        printf("FAILED %s\n", error.text);
        return false;
    }
    const char *name = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
    bool good = true;
    for (char *size = strtok(sizes, ","); size; size = strtok(NULL, ","))
        good &= row(model, name, atoi(size), pictures);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    static Imagenet pictures;
    if (argc < 4) {
        fputs("usage: bench_resolution SHARED_DIR PICTURES FOLDER/MODEL:SIZE[,SIZE...]...\n",
              stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (!absent)
        absent = shared_file_absent(argv[2]);
    if (absent)
        return absent;
    imagenet_read(&pictures, argv[1], argv[2]);
    puts("| model | input | top-1 | top-5 | multiply-adds | ms |\n"
         "| --- | --- | --- | --- | --- | --- |");
    bool good = true;
    for (int i = 3; i < argc; i++)
        good &= rows(argv[1], argv[i], &pictures);
    free(pictures.pixels);
    return !good;
}
