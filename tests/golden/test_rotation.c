/* SPDX-License-Identifier: MIT
 *
 * test_rotation SHARED_DIR FOLDER/MODEL DJPEG: two pictures of images/ whose class maps
 * are known, the second one stored with rows and columns changed over its
 * anti-diagonal, which is undone before the network and done again to the map: 99.9 % of
 * the pixels are of the known class. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "segmaps.h"

/* The known maps hold ten times the class. */
#define STEP 10
#define MOST_OTHER 0.001

/* Pixel (x, y) becomes (side - 1 - y, side - 1 - x). */
static bool turn(uint8_t *bytes, size_t side, size_t channels)
{
    size_t n = side * side;
    uint8_t *from = malloc(n * channels);
    if (!from)
        return false;
    memcpy(from, bytes, n * channels);
    for (size_t i = 0; i < n; i++) {
        size_t x = i % side, y = i / side, to = (side - 1 - x) * side + side - 1 - y;
        memcpy(bytes + to * channels, from + i * channels, channels);
    }
    free(from);
    return true;
}

static bool check(SegMaps *maps, const char *shared, const char *djpeg, const char *name,
                  bool turned)
{
    char path[1200];
    Picture picture, known = { 0, 0, NULL };
    size_t side = (size_t)maps->width, other = 0;
    snprintf(path, sizeof path, "%s/images/segmentation_input_%s.jpg", shared, name);
    bool good = picture_read_jpeg(djpeg, path, &picture);
    snprintf(path, sizeof path, "%s/images/segmentation_golden_%s.png", shared, name);
    good = good && picture_read_png(path, &known) && picture.width == maps->width &&
           picture.height == maps->width && known.width == maps->width &&
           known.height == maps->width && maps->pixels == side * side;
    good = good && (!turned || turn(picture.bytes, side, 3)) && segmaps_run(maps, &picture) &&
           (!turned || turn(maps->map, side, 1));
    for (size_t i = 0; i < maps->pixels && good; i++)
        other += maps->map[i] * STEP != known.bytes[i];
    free(picture.bytes);
    free(known.bytes);
    good = good && (double)other <= MOST_OTHER * (double)maps->pixels;
    printf("%-6s %s: %zu of %zu pixels are of another class\n", good ? "ok" : "FAILED", name, other,
           maps->pixels);
    return good;
}

int main(int argc, char **argv)
{
    char path[1024];
    SegMaps maps;
    if (argc != 4) {
        fputs("usage: test_rotation SHARED_DIR FOLDER/MODEL DJPEG\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (!absent)
        absent = shared_file_absent(argv[3]);
    if (absent)
        return absent;
    snprintf(path, sizeof path, "%s/models/%s.tflite", argv[1], argv[2]);
    bool good = segmaps_open(&maps, path);
    good = good && check(&maps, argv[1], argv[3], "rotation0", false);
    good = good && check(&maps, argv[1], argv[3], "rotation90_flop", true);
    segmaps_close(&maps);
    return !good;
}
