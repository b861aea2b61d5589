/* SPDX-License-Identifier: MIT
 *
 * test_miou [--markdown] SHARED_DIR PYTHON FOLDER/MODEL...: mean intersection over union
 * of class maps on the pictures with masks, beside what TFLite's reference kernels
 * reached; golden/evaluate_seg.py counts.  Judged is the network on pictures resized as
 * the reference's were, whose maps are also compared with the reference's own.  What it
 * does on those that mnet_image_convert() makes is told: bytes that are one step apart, a
 * sixth of them, move the weakly quantised networks by 0.02 on a single picture. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "golden.h"
#include "resampling.h"
#include "segmaps.h"

/* Largest distance of the mean from TFLite's. */
#define BAR 0.005
/* Most pixels of a map that are of another class than TFLite's. */
#define OTHER 0.005

typedef struct {
    const char *shared, *python, *name;
    bool markdown;
} Run;

/* The size of a map and its bytes, as evaluate_seg.py reads them. */
static bool write_map(const SegMaps *maps, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    fprintf(file, "P5 %d %d 255\n", mnet_segmenter_width(maps->segmenter),
            mnet_segmenter_height(maps->segmenter));
    bool good = fwrite(maps->map, 1, maps->pixels, file) == maps->pixels;
    return fclose(file) == 0 && good;
}

/* Its mean over the classes of the mask. */
static bool evaluate(const Run *run, const SegMaps *maps, const char *image, double *miou)
{
    char folder[] = "miou-XXXXXX", path[300], command[2200], line[1024];
    int found = 0;
    if (!mkdtemp(folder))
        return false;
    snprintf(path, sizeof path, "%s/%.120s__%.100s.pgm", folder, run->name, image);
    snprintf(command, sizeof command, "'%s' '%s/golden/evaluate_seg.py' --all '%s'", run->python,
             run->shared, folder);
    FILE *pipe = write_map(maps, path) ? popen(command, "r") : NULL;
    while (pipe && fgets(line, sizeof line, pipe)) {
        const char *value = strstr(line, "\tmiou\t");
        found += value && sscanf(value, " miou %lf", miou) == 1;
    }
    bool good = pipe && pclose(pipe) == 0 && found == 1;
    unlink(path);
    rmdir(folder);
    if (!good)
        printf("FAILED %s\n", command);
    return good;
}

/* The share of pixels that are another class than in the reference's map. */
static bool compare(const Run *run, const SegMaps *maps, const char *image, double *share)
{
    char path[1200];
    int width = 0, height = 0, at = 0;
    size_t room = maps->pixels + 100, other = 0;
    char *data = malloc(room + 1);
    snprintf(path, sizeof path, "%s/golden/segmentation_reference/%s__%s.pgm.gz", run->shared,
             run->name, image);
    gzFile file = gzopen(path, "rb");
    int size = file && data ? gzread(file, data, (unsigned)room) : 0;
    if (file)
        gzclose(file);
    if (size > 0)
        data[size] = 0;
    bool good = size > 0 && sscanf(data, "P5 %d %d 255%n", &width, &height, &at) == 2 &&
                width == mnet_segmenter_width(maps->segmenter) &&
                height == mnet_segmenter_height(maps->segmenter) &&
                (size_t)size == (size_t)at + 1 + maps->pixels;
    for (size_t i = 0; i < maps->pixels && good; i++)
        other += (uint8_t)data[at + 1 + (int)i] != maps->map[i];
    free(data);
    *share = (double)other / (double)maps->pixels;
    if (!good)
        printf("FAILED %s is no map of the network's size\n", path);
    return good;
}

/* As the reference was given it. */
static bool resized(const SegMaps *maps, const Picture *from, Picture *to)
{
    *to = (Picture){ maps->width, maps->height, NULL };
    to->bytes = malloc((size_t)to->width * (size_t)to->height * 3);
    return to->bytes &&
           resize_rgb(from->bytes, from->width, from->height, to->bytes, to->width, to->height);
}

static bool check(const Run *run, SegMaps *maps, const char *image, double reference)
{
    char path[1200];
    Picture picture, small = { 0, 0, NULL };
    double ours = 0, converted = 0, other = 1;
    snprintf(path, sizeof path, "%s/images/%s.bmp", run->shared, image);
    bool good = picture_read_bitmap(path, &picture) && resized(maps, &picture, &small) &&
                segmaps_run(maps, &small) && evaluate(run, maps, image, &ours) &&
                compare(run, maps, image, &other) && segmaps_run(maps, &picture) &&
                evaluate(run, maps, image, &converted);
    free(small.bytes);
    free(picture.bytes);
    bool holds = good && fabs(ours - reference) <= BAR && other <= OTHER;
    if (run->markdown)
        printf("| %s | %s | %.4f | %.4f | %.2f %% | %.4f |\n", run->name, image, ours, reference,
               100 * other, converted);
    else
        printf("%-6s %s %s: %.4f, TFLite %.4f, %.2f %% of the pixels another class; converted by "
               "mnet %.4f\n",
               holds ? "ok" : "FAILED", run->name, image, ours, reference, 100 * other, converted);
    return holds;
}

/* Each row of accuracy.tsv about the network. */
static bool check_model(Run *run, const char *model)
{
    char path[1100], line[512], image[64], rest[200];
    const char *slash = strrchr(model, '/');
    SegMaps maps;
    double reference;
    int rows = 0;
    run->name = slash ? slash + 1 : model;
    snprintf(path, sizeof path, "%s/models/%s.tflite", run->shared, model);
    bool good = segmaps_open(&maps, path);
    snprintf(path, sizeof path, "%s/golden/accuracy.tsv", run->shared);
    FILE *file = fopen(path, "r");
    while (good && file && fgets(line, sizeof line, file)) {
        snprintf(rest, sizeof rest, "\t%s\treference\t1\tmiou\t", run->name);
        if (!strstr(line, rest) || sscanf(line, "segment images/%63[^\t]", image) != 1 ||
            sscanf(strrchr(line, '\t'), "%lf", &reference) != 1)
            continue;
        rows++;
        good &= check(run, &maps, image, reference);
    }
    if (file)
        fclose(file);
    segmaps_close(&maps);
    if (!rows)
        printf("FAILED no rows of %s in %s\n", run->name, path);
    return good && rows > 0;
}

int main(int argc, char **argv)
{
    Run run = { .markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0 };
    argv += run.markdown;
    argc -= run.markdown;
    if (argc < 4) {
        fputs("usage: test_miou [--markdown] SHARED_DIR PYTHON FOLDER/MODEL...\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (absent)
        return absent;
    run.shared = argv[1];
    run.python = argv[2];
    if (run.markdown)
        puts("| model | picture | mIoU | TFLite | pixels of another class | mIoU, picture scaled "
             "by mnet |\n| --- | --- | --- | --- | --- | --- |");
    bool good = true;
    for (int i = 3; i < argc; i++)
        good &= check_model(&run, argv[i]);
    return !good;
}
