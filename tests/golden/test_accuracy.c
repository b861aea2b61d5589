/* SPDX-License-Identifier: MIT
 *
 * test_accuracy [--markdown] SHARED_DIR PICTURES MODEL...: top-1 and top-5 of
 * classifiers over labelled pictures, beside what TFLite's reference kernels
 * reached on the same bytes: `| model | ours | TFLite | ours | TFLite |`.
 * --markdown: with the heading of the table. */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "imagenet.h"

/* Largest distance of each share from TFLite's, in points. */
#define BAR 0.5

/* What TFLite's reference kernels reached on the same pictures. */
static ImagenetHits reference_hits(const char *shared, const char *model, const Imagenet *pictures,
                                   bool background)
{
    FILE *file = imagenet_open_table(shared, "golden/imagenet_top5.tsv");
    char name[128], kernels[32];
    int number, best[IMAGENET_TOP];
    ImagenetHits hits = { 0 };
    size_t found = 0;
    while (found < pictures->n &&
           fscanf(file, "%127s %31s %d %d %d %d %d %d", name, kernels, &number, &best[0], &best[1],
                  &best[2], &best[3], &best[4]) == 8) {
        if (strcmp(name, model) != 0 || strcmp(kernels, "reference") != 0 ||
            number != pictures->labels[found].number)
            continue;
        imagenet_count(&hits, best, &pictures->labels[found++], background);
    }
    fclose(file);
    if (found != pictures->n) {
        printf("FAILED imagenet_top5.tsv has %zu of %zu pictures for %s\n", found, pictures->n,
               model);
        exit(1);
    }
    return hits;
}

/* Of few pictures one is more than BAR points: one may be another. */
static bool near(size_t ours, size_t reference, size_t n)
{
    double distance = ours > reference ? (double)(ours - reference) : (double)(reference - ours);
    return distance <= 1 || 100 * distance / (double)n <= BAR;
}

static bool report(const char *model, ImagenetHits ours, ImagenetHits reference, size_t n)
{
    double all = (double)n / 100;
    printf("| %s | %.2f | %.2f | %.2f | %.2f |\n", model, (double)ours.top1 / all,
           (double)reference.top1 / all, (double)ours.top5 / all, (double)reference.top5 / all);
    return near(ours.top1, reference.top1, n) && near(ours.top5, reference.top5, n);
}

static bool check_model(const char *shared, const Imagenet *pictures, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s.tflite", shared, name);
    MnetError error;
    MnetModel *model = mnet_model_load(path, NULL, &error);
    if (!model) {
        printf("FAILED %s\n", error.text);
        return false;
    }
    const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    bool background = mnet_model_output(model, 0)->elements == 1001;
    ImagenetHits ours;
    bool good = imagenet_classify(model, NULL, pictures, &ours) &&
                report(last, ours, reference_hits(shared, last, pictures, background), pictures->n);
    mnet_model_unref(model);
    return good;
}

int main(int argc, char **argv)
{
    static Imagenet pictures;
    bool markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0;
    argv += markdown;
    argc -= markdown;
    if (argc < 4) {
        fputs("usage: test_accuracy [--markdown] SHARED_DIR PICTURES FOLDER/MODEL...\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (!absent)
        absent = shared_file_absent(argv[2]);
    if (absent)
        return absent;
    imagenet_read(&pictures, argv[1], argv[2]);
    if (markdown)
        puts("| model | top-1 ours | TFLite | top-5 ours | TFLite |\n"
             "| --- | --- | --- | --- | --- |");
    bool good = true;
    for (int i = 3; i < argc; i++)
        good &= check_model(argv[1], &pictures, argv[i]);
    free(pictures.pixels);
    return !good;
}
