/* SPDX-License-Identifier: MIT
 *
 * Anchors: those that are computed against their definition, and files of every
 * form and of none. */
#include <math.h>
#include <mnet/detect.h>

#include "base/memory.h"
#include "decode/anchors.h"
#include "expect.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

/* An anchor as the generator's paper defines it: map `i` of `n` of the given
 * size, box `k` of cell (x, y).  left out of it: the boxes of the lowest map. */
static void expect_anchor(const MnetAnchors *anchors, size_t at, int i, int k, int x, int y,
                          int width, int height)
{
    const double aspects[] = { 1, 2, 0.5, 3, 1.0 / 3, 1 };
    double scale = 0.2 + 0.15 * i, next = i == 5 ? 1 : 0.2 + 0.15 * (i + 1), aspect = aspects[k];
    float box[4];
    if (k == 5)
        scale = sqrt(scale * next);
    if (i == 0 && k == 0)
        scale = 0.1;
    mnet_anchors_get(anchors, at, box);
    EXPECT(near((double)box[0], (x + 0.5) / width) && near((double)box[1], (y + 0.5) / height) &&
               near((double)box[2], scale * sqrt(aspect)) &&
               near((double)box[3], scale / sqrt(aspect)),
           "anchor %zu is %g %g %g %g", at, (double)box[0], (double)box[1], (double)box[2],
           (double)box[3]);
}

static void check_default(int32_t size, const int *grids, size_t total)
{
    MnetSsdAnchors p;
    mnet_ssd_anchors_default(size, size, &p);
    MnetAnchors *anchors = mnet_anchors_generate(&p, NULL);
    EXPECT(anchors && mnet_anchors_count(anchors) == total, "%d pixels: %zu anchors", size,
           anchors ? mnet_anchors_count(anchors) : 0);
    if (!anchors)
        return;
    size_t at = 0;
    for (int i = 0; i < 6; i++)
        for (int y = 0; y < grids[i]; y++)
            for (int x = 0; x < grids[i]; x++)
                for (int k = 0; k < (i ? 6 : 3); k++)
                    expect_anchor(anchors, at++, i, k, x, y, grids[i], grids[i]);
    mnet_anchors_free(anchors);
}

/* Scales count in the shorter side of a picture that is not square. */
static void check_wide(void)
{
    MnetSsdAnchors p;
    float box[4];
    mnet_ssd_anchors_default(640, 320, &p);
    EXPECT(p.grid_width[0] == 40 && p.grid_height[0] == 20 && p.grid_width[5] == 2 &&
               p.grid_height[5] == 1,
           "%d x %d", p.grid_width[0], p.grid_height[0]);
    MnetAnchors *anchors = mnet_anchors_generate(&p, NULL);
    mnet_anchors_get(anchors, 3, box);
    EXPECT(near((double)box[0], 1.5 / 40) && near((double)box[1], 0.5 / 20) &&
               near((double)box[2], 0.05) && near((double)box[3], 0.1),
           "%g %g %g %g", (double)box[0], (double)box[1], (double)box[2], (double)box[3]);
    mnet_anchors_free(anchors);
}

static void check_parameters(void)
{
    MnetSsdAnchors good;
    mnet_ssd_anchors_default(64, 64, &good);
    MnetSsdAnchors p = good;
    p.n_maps = 1;
    p.reduce_lowest = false;
    p.interpolated_aspect_ratio = 0;
    MnetAnchors *anchors = mnet_anchors_generate(&p, NULL);
    float box[4];
    mnet_anchors_get(anchors, 0, box);
    EXPECT(mnet_anchors_count(anchors) == 80 && near((double)box[2], 0.575), "one map: %zu, %g",
           mnet_anchors_count(anchors), (double)box[2]);
    mnet_anchors_free(anchors);
    for (int i = 0; i < 13; i++) {
        MnetError error = { 0 };
        p = good;
        float *const numbers[] = { &p.min_scale,  &p.max_scale,   &p.interpolated_aspect_ratio,
                                   &p.base_width, &p.base_height, &p.aspect_ratios[4] };
        if (i < 6)
            *numbers[i] = NAN;
        p.n_maps = i == 6 ? 0 : i == 7 ? MNET_MAX_ANCHOR_MAPS + 1 : p.n_maps;
        p.grid_width[5] = i == 8 ? 0 : i == 9 ? 1 << 30 : 1;
        p.grid_height[0] = i == 10 ? -1 : 4;
        p.n_aspect_ratios = i == 11 ? MNET_MAX_ASPECT_RATIOS + 1 : 5;
        p.min_scale = i == 12 ? 0 : p.min_scale;
        EXPECT(!mnet_anchors_generate(&p, &error), "parameters %d", i);
        expect_error("parameters", &error, MNET_ERROR_ARGUMENT, "out of range");
    }
    MnetError error = { 0 };
    p = good;
    for (size_t i = 0; i < p.n_maps; i++)
        p.grid_width[i] = p.grid_height[i] = 4096;
    EXPECT(!mnet_anchors_generate(&p, &error), "too many");
    expect_error("too many", &error, MNET_ERROR_LIMIT, "262144");
}

static void check_cells(void)
{
    const MnetMap maps[] = { { 2, 3, 32 }, { 1, 2, 16 } };
    MnetAnchors *anchors = mnet_anchors_of_cells(maps, 2, 16, NULL);
    size_t at = 0;
    EXPECT(mnet_anchors_count(anchors) == 14, "%zu", mnet_anchors_count(anchors));
    for (int m = 0; m < 2; m++)
        for (int y = 0; y < maps[m].height; y++)
            for (int x = 0; x < maps[m].width; x++)
                for (int k = 0; k < maps[m].channels / 16; k++) {
                    float box[4];
                    mnet_anchors_get(anchors, at, box);
                    EXPECT(near((double)box[0], (x + 0.5) / maps[m].width) &&
                               near((double)box[1], (y + 0.5) / maps[m].height) && box[2] == 1 &&
                               box[3] == 1,
                           "cell %zu", at);
                    at++;
                }
    mnet_anchors_free(anchors);
}

/* Two anchors in each form: 0.1 x 0.2 at (0.3, 0.4), 0.5 x 0.6 at (0.7, 0.8). */
static const char *const forms[] = {
    "ymin xmin ymax xmax\n0.3 0.25 0.5 0.35\n0.5 0.45 1.1 0.95\n",
    "xmin,ymin,xmax,ymax\r\n0.25,0.3,0.35,0.5\r\n0.45,0.5,0.95,1.1\r\n",
    "Left Top Right Bottom\n0.25;0.3;0.35;0.5\n\n# a remark\n0.45;0.5;0.95;1.1",
    "top left bottom right\n0.3 0.25 0.5 0.35\n0.5 0.45 1.1 0.95\n",
    "ycenter\txcenter\theight\twidth\n0.4\t0.3\t0.2\t0.1\n0.8\t0.7\t0.6\t0.5\n",
    "xcenter ycenter w h\n 0.3 0.4 0.1 0.2\n 7e-1 .8 5e-1 .6\n",
    /* The second one's size is below its centre: no corners. */
    "0.4 0.3 0.2 0.1\n0.8 0.7 0.6 0.5\n",
    "0.4 0.8\n0.3 0.7\n0.2 0.6\n0.1 0.5\n\n",
};

static void expect_two(const char *name, const MnetAnchors *anchors, const MnetError *error)
{
    const double expected[2][4] = { { 0.3, 0.4, 0.1, 0.2 }, { 0.7, 0.8, 0.5, 0.6 } };
    float box[4];
    EXPECT(anchors && mnet_anchors_count(anchors) == 2, "%s: %s", name, error->text);
    for (size_t i = 0; anchors && i < 2; i++) {
        mnet_anchors_get(anchors, i, box);
        for (size_t k = 0; k < 4; k++)
            EXPECT(near((double)box[k], expected[i][k]), "%s: anchor %zu is %g %g %g %g", name, i,
                   (double)box[0], (double)box[1], (double)box[2], (double)box[3]);
    }
}

static MnetAnchors *parse(const void *data, size_t size, MnetError *error)
{
    uint8_t *copy = expect_copy(data, size);
    MnetAnchors *anchors = mnet_anchors_parse(copy, size, "a.txt", error);
    free(copy);
    return anchors;
}

static void check_forms(void)
{
    MnetError error = { 0 };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        MnetAnchors *anchors = parse(forms[i], strlen(forms[i]), &error);
        expect_two(forms[i], anchors, &error);
        mnet_anchors_free(anchors);
    }
    const float centres[] = { 0.4f, 0.3f, 0.2f, 0.1f, 0.8f, 0.7f, 0.6f, 0.5f };
    /* A corner above the picture proves corners. */
    const float corners[] = { 0.3f, 0.25f, 0.5f, 0.35f, -0.5f, 0.45f, 0.5f, 0.95f };
    MnetAnchors *anchors = parse(centres, sizeof centres, &error);
    expect_two("raw centres", anchors, &error);
    mnet_anchors_free(anchors);
    anchors = parse(corners, sizeof corners, &error);
    float box[4] = { 0 };
    if (anchors)
        mnet_anchors_get(anchors, 1, box);
    EXPECT(anchors && near((double)box[0], 0.7) && near((double)box[1], 0) &&
               near((double)box[2], 0.5) && near((double)box[3], 1),
           "raw corners: %s", error.text);
    mnet_anchors_free(anchors);
}

static const struct {
    const char *text;
    MnetStatus status;
    const char *error;
} bad[] = {
    { "\n \n#\n", MNET_ERROR_FORMAT, "0 lines" },
    { "ymin xmin ymax xmax\n", MNET_ERROR_FORMAT, "0 lines" },
    { "one two three four\n1 2 3 4\n", MNET_ERROR_FORMAT, "heading" },
    { "ymin xmin ymax\n1 2 3 4\n", MNET_ERROR_FORMAT, "heading" },
    { "ymin xmin ymax xmax more\n1 2 3 4\n", MNET_ERROR_FORMAT, "heading" },
    { "nan nan nan nan\n", MNET_ERROR_FORMAT, "heading" },
    { "0.5 0.5 0.1\n0.5 0.5 0.1\n", MNET_ERROR_FORMAT, "2 lines of 3 to 3" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 0.1 0.1 7\n", MNET_ERROR_FORMAT, "2 lines of 4 to 5" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 x 0.1\n", MNET_ERROR_FORMAT, "\"x\" is no number" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 0,1 0.1\n", MNET_ERROR_FORMAT, "4 to 5" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 inf 0.1\n", MNET_ERROR_FORMAT, "anchor 1" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 1e39 0.1\n", MNET_ERROR_FORMAT, "anchor 1" },
    { "ycenter xcenter h w\n0.5 0.5 0.1 nan\n", MNET_ERROR_FORMAT, "anchor 0" },
    { "ycenter xcenter h w\n0.5 0.5 0 0.1\n", MNET_ERROR_FORMAT, "anchor 0" },
    { "ymin xmin ymax xmax\n0.5 0.5 0.4 0.6\n", MNET_ERROR_FORMAT, "anchor 0" },
    { "ymin xmin ymax xmax\n0 0 300 300\n", MNET_ERROR_FORMAT, "fractions of the picture" },
    /* Both forms, and neither. */
    { "0.1 0.1 0.5 0.5\n0.2 0.2 0.6 0.6\n", MNET_ERROR_FORMAT, "not certain" },
    { "-1 -1 -0.5 -2\n", MNET_ERROR_FORMAT, "not certain" },
    { "0.5 0.5 0.1 0.1\n0.5 0.5 0.1 0.1\n0.5 0.5 0.1 0.1\n0.5 0.5 0.1 0.1\n", MNET_ERROR_FORMAT,
      "4 lines of 4 to 4" },
    { "\1\2\3\4\5", MNET_ERROR_FORMAT, "5 bytes" },
    { "", MNET_ERROR_FORMAT, "0 bytes" },
};

static void check_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        MnetError error = { 0 };
        EXPECT(!parse(bad[i].text, strlen(bad[i].text), &error), "%s", bad[i].text);
        expect_error(bad[i].text, &error, bad[i].status, bad[i].error);
        EXPECT(strstr(error.text, "a.txt"), "%s", error.text);
    }
    MnetError error = { 0 };
    EXPECT(!mnet_anchors_load("/nonexistent/anchors", &error), "no file");
    expect_error("no file", &error, MNET_ERROR_IO, "/nonexistent/anchors");
    float *many = calloc(4 * (MNET_MAX_ANCHORS + 1), sizeof *many);
    if (!many)
        exit(1);
    EXPECT(!mnet_anchors_parse(many, (MNET_MAX_ANCHORS + 1) * 16, "many", &error), "too many");
    free(many);
    size_t size = (size_t)MNET_MAX_ANCHORS * 4 * 32 + 1;
    char *text = malloc(size);
    if (!text)
        exit(1);
    memset(text, ' ', size);
    EXPECT(!mnet_anchors_parse(text, size, "long", &error), "too long");
    expect_error("too long", &error, MNET_ERROR_LIMIT, "bytes of anchors");
    /* More numbers than anchors may have, in few bytes. */
    size = 2 * ((size_t)4 * MNET_MAX_ANCHORS + 8);
    for (size_t i = 0; i < size; i++)
        text[i] = i % 8 == 7 ? '\n' : i % 2 ? ' ' : '1';
    EXPECT(!mnet_anchors_parse(text, size, "many", &error), "too many lines");
    expect_error("too many lines", &error, MNET_ERROR_LIMIT, "more than 262144");
    free(text);
}

static void check_memory(void)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (long n = 1; n <= 2; n++) {
            MnetError error = { 0 };
            mnet_alloc_fail_at(n);
            EXPECT(!parse(forms[i], strlen(forms[i]), &error), "form %zu, allocation %ld", i, n);
            mnet_alloc_fail_at(0);
            expect_error("no memory", &error, MNET_ERROR_MEMORY, "memory");
        }
    MnetSsdAnchors p;
    MnetError error = { 0 };
    mnet_ssd_anchors_default(300, 300, &p);
    mnet_alloc_fail_at(1);
    EXPECT(!mnet_anchors_generate(&p, &error), "generated without memory");
    mnet_alloc_fail_at(0);
    expect_error("no memory", &error, MNET_ERROR_MEMORY, "memory");
    mnet_anchors_free(NULL);
}

int main(void)
{
    check_default(300, (const int[]){ 19, 10, 5, 3, 2, 1 }, 1917);
    check_default(320, (const int[]){ 20, 10, 5, 3, 2, 1 }, 2034);
    check_wide();
    check_parameters();
    check_cells();
    check_forms();
    check_bad();
    check_memory();
    return expect_report("anchors");
}
