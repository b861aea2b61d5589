/* SPDX-License-Identifier: MIT
 *
 * Folders of pictures, good and bad; what pictures are turned into. */
#include "expect.h"

#include <math.h>
#include <unistd.h>

#include "drawn_pictures.h"
#include "train/augment.h"
#include "train/picture_file.h"

static char folder[] = "dataset-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* One gray picture. */
static void put(const char *name, int32_t width, int32_t height, uint8_t gray)
{
    char parent[256];
    snprintf(parent, sizeof parent, "%s", in_folder(name));
    *strrchr(parent, '/') = 0;
    make_folder(parent);
    uint8_t *rgb = malloc(3 * (size_t)width * (size_t)height);
    memset(rgb, gray, 3 * (size_t)width * (size_t)height);
    write_ppm(in_folder(name), width, height, rgb);
    free(rgb);
}

static MnetStatus load(MnetDataset *dataset, const char *name, MnetError *error)
{
    MnetDatasetOptions options = { .width = 8, .height = 8, .test_share = 0.25f };
    return mnet_dataset_load(dataset, in_folder(name), &options, error);
}

static void expect_refused(const char *name, MnetStatus status, const char *part)
{
    MnetDataset dataset;
    MnetError error = { MNET_OK, "" };
    EXPECT(load(&dataset, name, &error) != MNET_OK, "%s is loaded", name);
    expect_error(name, &error, status, part);
}

static void count_skipped(void *user, const char *text)
{
    EXPECT(strstr(text, "/cat/bad") || strstr(text, "/dog/huge.ppm"), "skipped: %s", text);
    ++*(size_t *)user;
}

static void check_good(void)
{
    MnetError error = { MNET_OK, "" };
    MnetDataset dataset;
    size_t told = 0;
    put("good/train/cat/1.ppm", 1, 1, 10);
    put("good/train/dog/1.ppm", 300, 20, 20);
    put("good/test/dog/1.PPM", 8, 8, 30);
    write_bytes(in_folder("good/train/cat/bad.jpg"), "\xff\xd8no JPEG", 9);
    write_bytes(in_folder("good/train/cat/bad2.ppm"), "P6 8 8 255\nshort", 16);
    write_bytes(in_folder("good/train/cat/bad3.png"), "text", 4);
    write_bytes(in_folder("good/train/cat/bad4.png"), "", 0);
    write_bytes(in_folder("good/train/dog/huge.ppm"), "P6 20000 20000 255\n", 19);
    write_bytes(in_folder("good/train/notes.txt"), "text", 4);
    MnetDatasetOptions options = {
        .width = 8, .height = 8, .skipped = count_skipped, .user = &told
    };
    EXPECT(mnet_dataset_load(&dataset, in_folder("good"), &options, &error) == MNET_OK, "%s",
           error.text);
    EXPECT(dataset.n_classes == 2 && !strcmp(dataset.classes[0], "cat") &&
               !strcmp(dataset.classes[1], "dog"),
           "%d classes", (int)dataset.n_classes);
    EXPECT(dataset.train.n == 2 && dataset.test.n == 1, "%zu, %zu", dataset.train.n,
           dataset.test.n);
    EXPECT(dataset.skipped == 5 && told == 5, "%zu skipped, %zu told", dataset.skipped, told);
    EXPECT(dataset.train.labels[1] == 1 && dataset.test.labels[0] == 1, "labels");
    EXPECT(dataset.train.pixels[0] == 10 && dataset.train.pixels[3 * 64] == 20 &&
               dataset.test.pixels[191] == 30,
           "pixels");
    mnet_dataset_clear(&dataset);
}

static void count_stray(void *user, const char *text)
{
    EXPECT(!strncmp(text, "stray", 5) || !strncmp(text, "test/stray", 10) ||
               !strncmp(text, "train/cat/gone.ppm: ", 20),
           "skipped: %s", text);
    ++*(size_t *)user;
}

/* Pictures above the classes' folders are named, not a class of their own; so is a link to
 * nothing. */
static void check_strays(void)
{
    MnetError error = { MNET_OK, "" };
    MnetDataset dataset;
    size_t told = 0;
    put("strays/train/cat/1.ppm", 8, 8, 10);
    put("strays/train/dog/1.ppm", 8, 8, 20);
    put("strays/test/stray1.ppm", 8, 8, 30);
    put("strays/test/stray2.ppm", 8, 8, 30);
    put("strays/stray3.ppm", 8, 8, 30);
    put("strays/.hidden/1.ppm", 8, 8, 30);
    EXPECT(symlink("nothing", in_folder("strays/train/cat/gone.ppm")) == 0, "symlink");
    MnetDatasetOptions options = { .width = 8, .height = 8, .skipped = count_stray, .user = &told };
    EXPECT(mnet_dataset_load(&dataset, in_folder("strays"), &options, &error) == MNET_OK, "%s",
           error.text);
    EXPECT(dataset.n_classes == 2 && dataset.train.n == 2 && dataset.test.n == 0,
           "%d classes, %zu and %zu pictures", (int)dataset.n_classes, dataset.train.n,
           dataset.test.n);
    EXPECT(dataset.skipped == 4 && told == 4, "%zu skipped, %zu told", dataset.skipped, told);
    mnet_dataset_clear(&dataset);
    /* Where nothing parts the classes such a name is as good as any. */
    put("vehicles/train/1.ppm", 8, 8, 10);
    put("vehicles/plane/1.ppm", 8, 8, 20);
    EXPECT(load(&dataset, "vehicles", &error) == MNET_OK, "%s", error.text);
    EXPECT(dataset.n_classes == 2 && !strcmp(dataset.classes[1], "train"), "vehicles");
    mnet_dataset_clear(&dataset);
}

static void check_bad(void)
{
    expect_refused("nothing", MNET_ERROR_IO, "nothing");
    make_folder(in_folder("empty"));
    expect_refused("empty", MNET_ERROR_FORMAT, "0 classes with pictures");
    put("one/cat/1.ppm", 4, 4, 1);
    expect_refused("one", MNET_ERROR_FORMAT, "1 class with pictures; 2 to");
    for (int i = 0; i < 40; i++) {
        char name[64];
        snprintf(name, sizeof name, "hollow/cat/%d.ppm", i);
        put(name, 4, 4, 1);
    }
    make_folder(in_folder("hollow/dog"));
    expect_refused("hollow", MNET_ERROR_FORMAT, "class \"dog\" has no picture");
    write_bytes(in_folder("file"), "no archive", 10);
    MnetDataset dataset;
    MnetError error = { MNET_OK, "" };
    EXPECT(load(&dataset, "file", &error) != MNET_OK && strstr(error.text, "file"), "\"%s\"",
           error.text);
}

/* The share of the test follows from the names: the same in each run. */
static void check_split(void)
{
    MnetError error = { MNET_OK, "" };
    MnetDataset a, b;
    for (int i = 0; i < 80; i++) {
        char name[64];
        snprintf(name, sizeof name, "split/%s/%d.ppm", i % 2 ? "cat" : "dog", i);
        put(name, 8, 8, (uint8_t)i);
    }
    EXPECT(load(&a, "split", &error) == MNET_OK && load(&b, "split", &error) == MNET_OK, "%s",
           error.text);
    EXPECT(a.train.n + a.test.n == 80 && a.test.n > 8 && a.test.n < 40, "%zu for the test",
           a.test.n);
    EXPECT(a.test.n == b.test.n && !memcmp(a.test.pixels, b.test.pixels, a.test.n * 192), "b");
    MnetDatasetOptions options = { .width = 8, .height = 8, .most_bytes = 1000 };
    mnet_dataset_clear(&b);
    EXPECT(mnet_dataset_load(&b, in_folder("split"), &options, &error) != MNET_OK, "in 1000 bytes");
    expect_error("in 1000 bytes", &error, MNET_ERROR_LIMIT, "more than 5 pictures of 8x8");
    mnet_dataset_clear(&a);
}

enum { SIZE = 6 };

/* Augmented picture 0 of a data set of two, with pixels 0 .. 35 and 100. */
static void augment(const MnetAugment *how, uint32_t epoch, float out[SIZE][3 * SIZE],
                    float target[2])
{
    static uint8_t pixels[2 * 3 * SIZE * SIZE];
    static int32_t labels[2] = { 0, 1 };
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = i < sizeof pixels / 2 ? (uint8_t)(i / 3) : 100;
    MnetDataset dataset = { .width = SIZE,
                            .height = SIZE,
                            .n_classes = 2,
                            .train = { .n = 2, .pixels = pixels, .labels = labels } };
    MnetAugmentation a = {
        .dataset = &dataset, .augment = how, .std = { 1, 1, 1 }, .seed = 3, .epoch = epoch
    };
    float *rows[SIZE];
    for (int y = 0; y < SIZE; y++)
        rows[y] = out[y];
    mnet_augment_picture(&a, 0, rows, target);
}

static void check_augment(void)
{
    float plain[SIZE][3 * SIZE], out[SIZE][3 * SIZE], target[2];
    int flipped = 0, mixed = 0, moved = 0, cut = 0, coloured = 0;
    MnetAugment nothing = { .smoothing = 0.2f }, flip = { .flip = true };
    MnetAugment shift = { .shift = 2 }, reflect = { .shift = 2, .reflect = true };
    MnetAugment mixup = { .mixup = 1 }, cutmix = { .cutmix = 1 }, cutout = { .cutout = 2 };
    MnetAugment colour = { .colour = 0.2f };
    augment(&nothing, 0, plain, target);
    EXPECT(plain[2][3] == 13 && plain[5][17] == 35, "pixels %g, %g", plain[2][3], plain[5][17]);
    EXPECT(fabsf(target[0] - 0.9f) < 1e-6f && fabsf(target[1] - 0.1f) < 1e-6f, "smoothing");
    for (uint32_t epoch = 0; epoch < 40; epoch++) {
        augment(&flip, epoch, out, target);
        flipped += out[0][0] == 5;
        EXPECT(out[0][0] == 5 || out[0][0] == 0, "flip: %g", out[0][0]);
        augment(&shift, epoch, out, target);
        EXPECT(out[3][9] >= 7 && out[3][9] <= 35, "shift: %g", out[3][9]);
        moved += out[3][9] != plain[3][9];
        augment(&reflect, epoch, out, target);
        EXPECT(out[0][0] + out[0][3] > 0, "a mirrored corner: %g", out[0][0]);
        augment(&mixup, epoch, out, target);
        float share = (100 - out[2][3]) / (100 - plain[2][3]);
        EXPECT(fabsf(share - target[0]) < 1e-4f || target[0] == 1, "mixup: %g, label %g", share,
               target[0]);
        augment(&cutmix, epoch, out, target);
        int others = 0;
        for (int i = 0; i < SIZE * SIZE; i++)
            others += out[i / SIZE][i % SIZE * 3] == 100;
        mixed += others > 0;
        EXPECT(fabsf((float)others / (SIZE * SIZE) - target[1]) < 1e-5f || target[0] == 1,
               "cutmix: %d pixels, label %g", others, target[1]);
        augment(&cutout, epoch, out, target);
        int zeros = 0;
        for (int i = 1; i < SIZE * SIZE; i++)
            zeros += out[i / SIZE][i % SIZE * 3] == 0;
        cut += zeros > 0;
        EXPECT(zeros <= 4, "cutout: %d", zeros);
        /* Gray 35: (35 - 127.5) * 0.8 to 1.2 + 127.5, times 0.8 to 1.2. */
        augment(&colour, epoch, out, target);
        coloured += out[5][15] != 35;
        EXPECT(out[5][15] >= 13 && out[5][15] <= 65 && fabsf(out[5][15] - out[5][17]) < 1e-3f,
               "colour: %g, %g", out[5][15], out[5][17]);
    }
    EXPECT(flipped > 8 && flipped < 32, "%d of 40 flipped", flipped);
    EXPECT(mixed > 8, "%d of 40 mixed", mixed);
    EXPECT(moved > 20 && cut > 20 && coloured > 20, "%d of 40 moved, %d cut, %d coloured", moved,
           cut, coloured);
}

static void check_shuffle(void)
{
    uint32_t a[50], b[50], seen = 0;
    mnet_shuffle(a, 50, 1, 0);
    mnet_shuffle(b, 50, 1, 1);
    EXPECT(memcmp(a, b, sizeof a), "two epochs in one order");
    for (int i = 0; i < 50; i++)
        seen += a[i];
    EXPECT(seen == 49 * 25, "not each once");
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    check_good();
    check_strays();
    check_bad();
    check_split();
    check_augment();
    check_shuffle();
    remove_folder(folder);
    return expect_report("dataset");
}
