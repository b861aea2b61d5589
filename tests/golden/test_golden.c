/* SPDX-License-Identifier: MIT
 *
 * test_golden [--markdown] [--fp16] SHARED_DIR FOLDER/MODEL [CPU...]: runs a network on its golden
 * inputs with each kernel set (all that this machine can run when none is
 * named), judges the outputs, and demands the same bytes from 1 and from 2
 * threads, and of integers from every kernel set.  --fp16: of a float network computed
 * in float16, by plain C where the kernel set has nothing else.  --markdown: nothing but one
 * row of a table, the most of all pictures and kernel sets.  MNET_GOLDEN_IMAGES=N of the
 * environment: only the first N pictures, for slow machines. */
#include "golden.h"

#include <mnet/mnet.h>

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CASES 16

typedef struct {
    GoldenCase golden;
    const char *image;               /* last part of golden.folder */
    void *first[GOLDEN_MAX_TENSORS]; /* outputs of the first kernel set */
} Picture;

typedef struct {
    const char *name; /* of the model, without folder */
    char path[1024];
    Picture pictures[MAX_CASES];
    size_t n_pictures;
    bool markdown, fp16;
    GoldenDistance ours, optimized; /* most of all pictures and outputs */
    int failed;
} Run;

typedef struct {
    MnetModel *model;
    MnetPool *pool;
    MnetSession *sessions[2]; /* with 1 and with 2 threads */
} Network;

static int is_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool find_pictures(Run *run, const char *shared)
{
    char folder[700], path[1024];
    struct dirent **entries;
    const char *limit = getenv("MNET_GOLDEN_IMAGES");
    size_t most = limit ? strtoul(limit, NULL, 10) : MAX_CASES;
    snprintf(folder, sizeof folder, "%s/golden/%s", shared, run->name);
    int n = scandir(folder, &entries, is_name, alphasort);
    bool good = true;
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (run->n_pictures == most || run->n_pictures == MAX_CASES)
            continue;
        Picture *picture = &run->pictures[run->n_pictures++];
        good &= golden_read_case(path, &picture->golden);
        picture->image = strrchr(picture->golden.folder, '/') + 1;
    }
    if (n >= 0)
        free(entries);
    if (run->n_pictures == 0)
        printf("%s: no golden case\n", folder);
    return good && run->n_pictures > 0;
}

static bool open_network(Network *network, const Run *run, const char *cpu)
{
    MnetError error;
    MnetModelOptions options = { .cpu = cpu };
    if (run->fp16)
        options.precision = MNET_PRECISION_FP16_ANYWHERE;
    MnetSessionOptions threads = { 0 };
    network->model = mnet_model_load(run->path, &options, &error);
    network->pool = network->model ? mnet_pool_new(2, &error) : NULL;
    for (int i = 0; i < 2 && network->pool; i++) {
        threads.pool = i ? network->pool : NULL;
        network->sessions[i] = mnet_session_new(network->model, &threads, &error);
        if (!network->sessions[i])
            break;
    }
    if (!network->sessions[1])
        printf("FAILED %s\n", error.text);
    MnetModelStats stats = { .float16 = true };
    if (run->fp16 && network->sessions[1])
        mnet_model_stats(network->model, &stats);
    if (!stats.float16)
        printf("FAILED %s computes no float16 with the kernels %s\n", run->name, cpu);
    return network->sessions[1] && stats.float16;
}

static void close_network(Network *network)
{
    mnet_session_free(network->sessions[0]);
    mnet_session_free(network->sessions[1]);
    mnet_pool_unref(network->pool);
    mnet_model_unref(network->model);
}

static bool same_counts(const MnetModel *model, const GoldenCase *golden)
{
    return mnet_model_n_inputs(model) == golden->n_inputs &&
           mnet_model_n_outputs(model) == golden->n_outputs;
}

/* Both sessions compute; false when an input cannot be read. */
static bool compute(Network *network, const GoldenCase *golden)
{
    for (size_t i = 0; i < golden->n_inputs; i++) {
        size_t bytes = mnet_model_input(network->model, i)->bytes;
        void *data = golden_load(golden, "input", i, bytes);
        if (!data)
            return false;
        for (int k = 0; k < 2; k++)
            memcpy(mnet_session_input(network->sessions[k], i), data, bytes);
        free(data);
    }
    mnet_session_run(network->sessions[0]);
    mnet_session_run(network->sessions[1]);
    return true;
}

/* Keeps the first kernel set's bytes; whether these are the same. */
static bool same_as_first(Picture *picture, size_t index, const void *data, size_t bytes)
{
    if (picture->first[index])
        return memcmp(picture->first[index], data, bytes) == 0;
    picture->first[index] = malloc(bytes);
    if (picture->first[index])
        memcpy(picture->first[index], data, bytes);
    return picture->first[index] != NULL;
}

static void raise_distance(GoldenDistance *most, GoldenDistance distance)
{
    most->largest = fmax(most->largest, distance.largest);
    most->share = fmax(most->share, distance.share);
}

static GoldenArithmetic arithmetic_of(const MnetModel *model)
{
    MnetFolded folded;
    MnetOperatorInfo info;
    MnetModelStats stats;
    mnet_model_stats(model, &stats);
    if (stats.float16)
        return GOLDEN_FLOAT16;
    mnet_model_folded(model, &folded);
    bool pure = !folded.dynamic_range;
    for (size_t i = 0; mnet_model_operator(model, i, &info); i++)
        pure &= info.output.type == MNET_TYPE_FLOAT32;
    return pure ? GOLDEN_FLOAT32 : GOLDEN_MIXED;
}

static bool check_output(Run *run, Picture *picture, const Network *network, const char *cpu,
                         size_t index)
{
    const MnetTensorInfo *info = mnet_model_output(network->model, index);
    const void *ours = mnet_session_output(network->sessions[0], index);
    void *reference = golden_load(&picture->golden, "output", index, info->bytes);
    if (!reference)
        return false;
    GoldenDistance optimized = picture->golden.optimized[index];
    GoldenVerdict verdict = golden_judge(info->type, arithmetic_of(network->model), info->elements,
                                         ours, reference, optimized);
    free(reference);
    bool same = memcmp(ours, mnet_session_output(network->sessions[1], index), info->bytes) == 0;
    bool floats = info->type == MNET_TYPE_FLOAT32;
    bool all_alike = floats || same_as_first(picture, index, ours, info->bytes);
    bool good = verdict.holds && same && all_alike;
    raise_distance(&run->ours, verdict.distance);
    raise_distance(&run->optimized, optimized);
    if (run->markdown && good)
        return true;
    printf("%-6s %-36s %-14s %-10s %zu %10.3g %7.2f %% %10.3g %7.2f %% %10.3g %7.2f %%%s%s%s\n",
           good ? "ok" : "FAILED", run->name, picture->image, cpu, index, verdict.distance.largest,
           100 * verdict.distance.share, optimized.largest, 100 * optimized.share,
           verdict.bar.largest, 100 * verdict.bar.share, verdict.same_top ? "" : ", another top-1",
           same ? "" : ", 2 threads give other bytes",
           all_alike ? "" : ", another kernel set gives other bytes");
    return good;
}

/* Whether outputs 0 to 2 are those of TFLite_Detection_PostProcess. */
static bool has_post_process(const MnetModel *model)
{
    MnetOperatorInfo info;
    bool found = false;
    for (size_t i = 0; mnet_model_operator(model, i, &info); i++)
        found |= strcmp(info.name, "TFLite_Detection_PostProcess") == 0;
    return found && mnet_model_n_outputs(model) >= 4;
}

/* Of elements in their order, which is not judged. */
static void add_distance(Run *run, const Picture *picture, const Network *network, size_t index,
                         const void *ours, const void *reference)
{
    const MnetTensorInfo *info = mnet_model_output(network->model, index);
    GoldenDistance optimized = picture->golden.optimized[index];
    raise_distance(&run->optimized, optimized);
    raise_distance(&run->ours, golden_judge(info->type, GOLDEN_MIXED, info->elements, ours,
                                            reference, optimized)
                                   .distance);
}

/* Outputs 0 to 3 together: order and ties are free. */
static bool check_boxes(Run *run, Picture *picture, const Network *network, const char *cpu)
{
    const void *ours[4];
    void *reference[4];
    bool good = true;
    for (size_t i = 0; i < 4; i++) {
        size_t bytes = mnet_model_output(network->model, i)->bytes;
        ours[i] = mnet_session_output(network->sessions[0], i);
        reference[i] = golden_load(&picture->golden, "output", i, bytes);
        good &= reference[i] &&
                memcmp(ours[i], mnet_session_output(network->sessions[1], i), bytes) == 0 &&
                same_as_first(picture, i, ours[i], bytes);
        if (reference[i])
            add_distance(run, picture, network, i, ours[i], reference[i]);
    }
    const GoldenBoxes a = { ours[0], ours[1], ours[2] };
    const GoldenBoxes b = { reference[0], reference[1], reference[2] };
    good = good && golden_judge_boxes(mnet_model_output(network->model, 1)->elements, &a, &b);
    for (size_t i = 0; i < 4; i++)
        free(reference[i]);
    if (!run->markdown || !good)
        printf("%-6s %-36s %-14s %-10s boxes\n", good ? "ok" : "FAILED", run->name, picture->image,
               cpu);
    return good;
}

static void check_kernel_set(Run *run, const char *cpu)
{
    Network network = { 0 };
    bool good = open_network(&network, run, cpu);
    run->failed += !good;
    for (size_t i = 0; good && i < run->n_pictures; i++) {
        Picture *picture = &run->pictures[i];
        if (!same_counts(network.model, &picture->golden) || !compute(&network, &picture->golden)) {
            printf("FAILED %s %s: other inputs or outputs than the golden ones\n", run->name,
                   picture->image);
            run->failed++;
            continue;
        }
        size_t first = has_post_process(network.model) ? 4 : 0;
        if (first)
            run->failed += !check_boxes(run, picture, &network, cpu);
        for (size_t k = first; k < picture->golden.n_outputs; k++)
            run->failed += !check_output(run, picture, &network, cpu, k);
    }
    close_network(&network);
}

int main(int argc, char **argv)
{
    static Run run;
    run.markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0;
    argv += run.markdown;
    argc -= run.markdown;
    run.fp16 = argc > 1 && strcmp(argv[1], "--fp16") == 0;
    argv += run.fp16;
    argc -= run.fp16;
    if (argc < 3) {
        fputs("usage: test_golden [--markdown] [--fp16] SHARED_DIR FOLDER/MODEL [CPU...]\n",
              stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    const char *slash = strrchr(argv[2], '/');
    run.name = slash ? slash + 1 : argv[2];
    snprintf(run.path, sizeof run.path, "%s/models/%s.tflite", argv[1], argv[2]);
    if (!find_pictures(&run, argv[1]))
        return 1;
    if (!run.markdown)
        printf("%-6s %-36s %-14s %-10s %s %20s %21s %21s\n", "", "model", "image", "kernels", "#",
               "ours: most, share", "TFLite's optimised", "bar");
    const char *const *sets = argc > 3 ? (const char *const *)argv + 3 : mnet_cpu_names();
    for (; *sets; sets++)
        check_kernel_set(&run, *sets);
    if (run.markdown)
        printf("| %s | %.3g | %.2f %% | %.3g | %.2f %% |\n", run.name, run.ours.largest,
               100 * run.ours.share, run.optimized.largest, 100 * run.optimized.share);
    for (size_t i = 0; i < run.n_pictures; i++)
        for (size_t k = 0; k < GOLDEN_MAX_TENSORS; k++)
            free(run.pictures[i].first[k]);
    return run.failed != 0;
}
