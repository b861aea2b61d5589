/* SPDX-License-Identifier: MIT
 *
 * Shapes, and files of them. */
#include "drawn_pictures.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "train/random.h"

const char *const drawn_classes[DRAWN_CLASSES] = { "blue disc", "green cross", "red disc",
                                                   "yellow square" };

static bool inside(int32_t class_index, int32_t x, int32_t y, int32_t r)
{
    if (class_index == 1)
        return (abs(x) <= r / 3 && abs(y) <= r) || (abs(y) <= r / 3 && abs(x) <= r);
    if (class_index == 3)
        return abs(x) <= r && abs(y) <= r;
    return x * x + y * y <= r * r;
}

void draw_picture(int32_t class_index, uint64_t seed, uint8_t rgb[3 * DRAWN_SIZE * DRAWN_SIZE])
{
    static const int channels[DRAWN_CLASSES] = { 2, 1, 0, 0 };
    static const int second[DRAWN_CLASSES] = { 2, 1, 0, 1 };
    MnetRandom random = { seed * 31 + (uint64_t)class_index };
    int32_t r = 3 + (int32_t)mnet_random_below(&random, 3);
    int32_t cx = 5 + (int32_t)mnet_random_below(&random, 6);
    int32_t cy = 5 + (int32_t)mnet_random_below(&random, 6);
    for (int32_t y = 0; y < DRAWN_SIZE; y++)
        for (int32_t x = 0; x < DRAWN_SIZE; x++, rgb += 3) {
            for (int c = 0; c < 3; c++)
                rgb[c] = (uint8_t)(60 + mnet_random_below(&random, 60));
            if (!inside(class_index, x - cx, y - cy, r))
                continue;
            rgb[channels[class_index]] = (uint8_t)(200 + mnet_random_below(&random, 50));
            rgb[second[class_index]] = (uint8_t)(200 + mnet_random_below(&random, 50));
        }
}

static void fail(const char *path)
{
    printf("%s: %s\n", path, strerror(errno));
    exit(1);
}

void make_folder(const char *path)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            fail(part);
        *slash = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        fail(part);
}

void write_bytes(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file))
        fail(path);
}

void write_ppm(const char *path, int32_t width, int32_t height, const uint8_t *rgb)
{
    size_t bytes = 3 * (size_t)width * (size_t)height;
    uint8_t *data = malloc(bytes + 64);
    int n = snprintf((char *)data, 64, "P6\n%d %d\n255\n", (int)width, (int)height);
    memcpy(data + n, rgb, bytes);
    write_bytes(path, data, (size_t)n + bytes);
    free(data);
}

void remove_folder(const char *path)
{
    char *paths[] = { strdup(path), NULL };
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; fts && (entry = fts_read(fts));)
        if (entry->fts_info != FTS_D)
            remove(entry->fts_accpath);
    if (fts)
        fts_close(fts);
    free(paths[0]);
}

static void draw_part(const char *path, const char *part, int32_t n, uint64_t seed)
{
    uint8_t rgb[3 * DRAWN_SIZE * DRAWN_SIZE];
    char file[1024];
    for (int32_t c = 0; c < DRAWN_CLASSES; c++) {
        snprintf(file, sizeof file, "%s/%s/%s", path, part, drawn_classes[c]);
        make_folder(file);
        for (int32_t i = 0; i < n; i++) {
            draw_picture(c, seed + (uint64_t)i, rgb);
            snprintf(file, sizeof file, "%s/%s/%s/%d.ppm", path, part, drawn_classes[c], (int)i);
            write_ppm(file, DRAWN_SIZE, DRAWN_SIZE, rgb);
        }
    }
}

void draw_folder(const char *path, int32_t train, int32_t test)
{
    draw_part(path, "train", train, 1);
    draw_part(path, "test", test, 100000);
}
