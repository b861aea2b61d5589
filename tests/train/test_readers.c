/* SPDX-License-Identifier: MIT
 *
 * JPEG, PNG and archives, written here through their libraries and read as data to
 * learn from; a build without a library says so. */
#include "expect.h"

#include <unistd.h>

#include "base/memory.h"
#include "drawn_pictures.h"
#include "train/orientation.h"

#ifdef MNET_HAVE_JPEG
#include <jpeglib.h>
#endif
#ifdef MNET_HAVE_PNG
#include <png.h>
#endif
#ifdef MNET_HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

enum { SIZE = DRAWN_SIZE, PIXELS = SIZE * SIZE };

/* Of a sample of a smooth picture: quality 95 and chroma of half the resolution. */
#define JPEG_BOUND 12

static char folder[] = "readers-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* Lines of what was skipped. */
typedef struct {
    size_t n;
    char text[2048];
} Skipped;

static void note_skipped(void *user, const char *text)
{
    Skipped *skipped = user;
    size_t used = strlen(skipped->text);
    skipped->n++;
    snprintf(skipped->text + used, sizeof skipped->text - used, "%s\n", text);
}

static MnetStatus load(const char *name, MnetDataset *dataset, Skipped *skipped, MnetError *error)
{
    *skipped = (Skipped){ 0 };
    *error = (MnetError){ MNET_OK, "" };
    MnetDatasetOptions options = {
        .width = SIZE, .height = SIZE, .skipped = note_skipped, .user = skipped
    };
    return mnet_dataset_load(dataset, in_folder(name), &options, error);
}

#if defined MNET_HAVE_PNG || defined MNET_HAVE_JPEG

/* Pixels of the data's picture `index` are as drawn, up to `bound`. */
static void expect_pixels(const char *name, const MnetPictures *pictures, size_t index,
                          const uint8_t *rgb, int bound)
{
    int most = 0;
    if (index >= pictures->n) {
        EXPECT(false, "%s: picture %zu of %zu", name, index, pictures->n);
        return;
    }
    for (int i = 0; i < 3 * PIXELS; i++)
        most = abs(pictures->pixels[index * 3 * PIXELS + (size_t)i] - rgb[i]) > most
                   ? abs(pictures->pixels[index * 3 * PIXELS + (size_t)i] - rgb[i])
                   : most;
    EXPECT(most <= bound, "%s: a sample differs by %d", name, most);
}

#endif

#ifdef MNET_HAVE_PNG

static void write_png(const char *name, const void *pixels, png_uint_32 format, const void *colours,
                      png_uint_32 n_colours)
{
    png_image image = { .version = PNG_IMAGE_VERSION,
                        .width = SIZE,
                        .height = SIZE,
                        .format = format,
                        .colormap_entries = n_colours };
    if (!png_image_write_to_file(&image, in_folder(name), 0, pixels, 0, colours)) {
        printf("%s: %s\n", name, image.message);
        exit(1);
    }
}

/* Colours, grey, transparent over white, a palette: each exactly. */
static void check_png(void)
{
    static uint8_t rgb[3 * PIXELS], grey[PIXELS], rgba[4 * PIXELS], wanted[4][3 * PIXELS];
    static const uint8_t colours[3][3] = { { 255, 0, 10 }, { 0, 200, 90 }, { 7, 8, 250 } };
    static uint8_t indices[PIXELS];
    draw_picture(1, 5, rgb);
    memcpy(wanted[0], rgb, sizeof rgb);
    for (int i = 0; i < PIXELS; i++) {
        bool seen = i % 3 > 0;
        grey[i] = rgb[3 * i];
        indices[i] = (uint8_t)(i % 3);
        memcpy(rgba + 4 * i, rgb + 3 * i, 3);
        rgba[4 * i + 3] = seen ? 255 : 0;
        for (int c = 0; c < 3; c++) {
            wanted[1][3 * i + c] = grey[i];
            wanted[2][3 * i + c] = colours[i % 3][c];
            wanted[3][3 * i + c] = seen ? rgb[3 * i + c] : 255;
        }
    }
    make_folder(in_folder("png/a"));
    make_folder(in_folder("png/b"));
    write_png("png/a/1.png", rgb, PNG_FORMAT_RGB, NULL, 0);
    write_png("png/a/2.PNG", grey, PNG_FORMAT_GRAY, NULL, 0);
    write_png("png/b/1.png", indices, PNG_FORMAT_RGB_COLORMAP, colours, 3);
    write_png("png/b/2.jpg", rgba, PNG_FORMAT_RGBA, NULL, 0); /* told by its bytes */
    write_png("png/b/short.png", rgb, PNG_FORMAT_RGB, NULL, 0);
    EXPECT(truncate(in_folder("png/b/short.png"), 300) == 0, "truncate");
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    EXPECT(load("png", &dataset, &skipped, &error) == MNET_OK, "%s", error.text);
    for (size_t i = 0; i < 4; i++)
        expect_pixels("PNG", &dataset.train, i, wanted[i], 0);
    EXPECT(dataset.skipped == 1 && skipped.n == 1 && strstr(skipped.text, "b/short.png: "),
           "%zu skipped: %s", dataset.skipped, skipped.text);
    mnet_dataset_clear(&dataset);
}

#else

static void check_png(void)
{
    static const char png[] = "\x89PNG\r\n\x1a\n of no library";
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    make_folder(in_folder("png/a"));
    write_bytes(in_folder("png/a/1.png"), png, sizeof png);
    EXPECT(load("png", &dataset, &skipped, &error) != MNET_OK, "PNG without libpng");
    EXPECT(strstr(skipped.text, "a/1.png: a PNG picture; this build has no libpng"), "%s",
           skipped.text);
}

#endif

enum { EXIF_BYTES = 40 };

static void put(uint8_t *to, size_t bytes, bool big, uint32_t value)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * (big ? bytes - 1 - i : i));
}

/* What a camera writes, with another entry first. */
static void make_exif(uint8_t exif[EXIF_BYTES], bool big, uint32_t orientation)
{
    static const uint32_t make = 0x10f, string = 2, tag = 0x112, number = 3;
    uint8_t *tiff = exif + 6, *entry = tiff + 10;
    memset(exif, 0, EXIF_BYTES);
    memcpy(exif, "Exif", 4);
    memcpy(tiff, big ? "MM" : "II", 2);
    put(tiff + 2, 2, big, 42);
    put(tiff + 4, 4, big, 8);
    put(tiff + 8, 2, big, 2);
    put(entry, 2, big, make);
    put(entry + 2, 2, big, string);
    put(entry + 4, 4, big, 1);
    put(entry + 12, 2, big, tag);
    put(entry + 14, 2, big, number);
    put(entry + 16, 4, big, 1);
    put(entry + 20, 2, big, orientation);
}

/* Damaged or cut short it tells nothing; nothing behind its end is read. */
static void check_exif(void)
{
    static const uint8_t wide[] = { 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6 };
    static const uint8_t high[] = { 4, 4, 4, 1, 1, 1, 5, 5, 5, 2, 2, 2, 6, 6, 6, 3, 3, 3 };
    MnetError error = { MNET_OK, "" };
    uint8_t exif[EXIF_BYTES];
    make_exif(exif, false, 6);
    EXPECT(mnet_exif_orientation(exif, EXIF_BYTES) == 6, "an orientation");
    for (size_t size = 0; size < EXIF_BYTES; size++) {
        uint8_t *copy = expect_copy(exif, size);
        int found = mnet_exif_orientation(copy, size);
        EXPECT(found == (size < EXIF_BYTES - 2 ? 0 : 6), "%d of %zu bytes", found, size);
        free(copy);
    }
    make_exif(exif, true, 9);
    EXPECT(mnet_exif_orientation(exif, EXIF_BYTES) == 0, "orientation 9");
    make_exif(exif, false, 6);
    memset(exif + 10, 0xff, 4); /* where the directory is */
    EXPECT(mnet_exif_orientation(exif, EXIF_BYTES) == 0, "a directory elsewhere");
    MnetPicture picture = { 3, 2, mnet_alloc(sizeof wide) };
    if (!picture.rgb)
        exit(1);
    memcpy(picture.rgb, wide, sizeof wide);
    EXPECT(mnet_picture_turn(&picture, 6, &error) == MNET_OK, "%s", error.text);
    EXPECT(picture.width == 2 && picture.height == 3 && !memcmp(picture.rgb, high, sizeof high),
           "the first row is on the right");
    mnet_free(picture.rgb);
}

#ifdef MNET_HAVE_JPEG

/* Red grows with columns, green with rows, blue falls with both. */
static void draw_smooth(uint8_t rgb[3 * PIXELS])
{
    for (int i = 0; i < PIXELS; i++) {
        int x = i % SIZE, y = i / SIZE;
        rgb[3 * i] = (uint8_t)(20 + 14 * x);
        rgb[3 * i + 1] = (uint8_t)(20 + 14 * y);
        rgb[3 * i + 2] = (uint8_t)(240 - 7 * (x + y));
    }
}

/* `exif` NULL: none. */
static void write_jpeg(const char *name, const uint8_t *pixels, int components, const uint8_t *exif)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr manager;
    unsigned char *data = NULL;
    unsigned long size = 0;
    info.err = jpeg_std_error(&manager); /* ends the program */
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &size);
    info.image_width = info.image_height = SIZE;
    info.input_components = components;
    info.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 95, TRUE);
    jpeg_start_compress(&info, TRUE);
    if (exif) {
        jpeg_write_marker(&info, JPEG_APP0 + 1, (const JOCTET *)"http://ns.adobe.com/xap/1.0/", 29);
        jpeg_write_marker(&info, JPEG_APP0 + 1, exif, EXIF_BYTES);
    }
    for (int y = 0; y < SIZE; y++) {
        JSAMPROW row = (JSAMPROW)pixels + y * SIZE * components;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    write_bytes(in_folder(name), data, size);
    jpeg_destroy_compress(&info);
    free(data);
}

static void check_jpeg(void)
{
    static uint8_t rgb[3 * PIXELS], grey[PIXELS], wanted[3 * PIXELS];
    draw_smooth(rgb);
    for (int i = 0; i < PIXELS; i++) {
        grey[i] = rgb[3 * i];
        memset(wanted + 3 * i, grey[i], 3);
    }
    make_folder(in_folder("jpeg/a"));
    make_folder(in_folder("jpeg/b"));
    write_jpeg("jpeg/a/1.jpg", rgb, 3, NULL);
    write_jpeg("jpeg/b/1.JPEG", grey, 1, NULL);
    write_jpeg("jpeg/b/2.png", rgb, 3, NULL); /* told by its bytes */
    write_jpeg("jpeg/b/short.jpg", rgb, 3, NULL);
    EXPECT(truncate(in_folder("jpeg/b/short.jpg"), 640) == 0, "truncate");
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    EXPECT(load("jpeg", &dataset, &skipped, &error) == MNET_OK, "%s", error.text);
    expect_pixels("JPEG", &dataset.train, 0, rgb, JPEG_BOUND);
    expect_pixels("grey JPEG", &dataset.train, 1, wanted, JPEG_BOUND);
    expect_pixels("JPEG, named otherwise", &dataset.train, 2, rgb, JPEG_BOUND);
    EXPECT(dataset.skipped == 1 && skipped.n == 1 && strstr(skipped.text, "b/short.jpg: "),
           "%zu skipped: %s", dataset.skipped, skipped.text);
    mnet_dataset_clear(&dataset);
}

/* Where the first row and the first column of what is stored are on the upright picture:
 * top, bottom, left, right; by orientation. */
static const char *const sides[] = { "TL", "TR", "BR", "BL", "LT", "RT", "RB", "LB" };

static void place(char side, int at, int *x, int *y)
{
    int far = SIZE - 1 - at;
    if (side == 'T' || side == 'B')
        *y = side == 'T' ? at : far;
    else
        *x = side == 'L' ? at : far;
}

static void check_orientations(void)
{
    static uint8_t upright[3 * PIXELS], stored[3 * PIXELS];
    uint8_t exif[EXIF_BYTES];
    char name[64];
    draw_smooth(upright);
    make_folder(in_folder("exif/a"));
    make_folder(in_folder("exif/b"));
    for (int i = 0; i < 16; i++) {
        for (int k = 0; k < PIXELS; k++) {
            int x = 0, y = 0;
            place(sides[i % 8][0], k / SIZE, &x, &y);
            place(sides[i % 8][1], k % SIZE, &x, &y);
            memcpy(stored + 3 * k, upright + 3 * (y * SIZE + x), 3);
        }
        make_exif(exif, i < 8, 1 + (uint32_t)i % 8);
        snprintf(name, sizeof name, "exif/%c/%d.jpg", i < 8 ? 'a' : 'b', i % 8);
        write_jpeg(name, stored, 3, exif);
    }
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    EXPECT(load("exif", &dataset, &skipped, &error) == MNET_OK, "%s", error.text);
    for (size_t i = 0; i < 16; i++)
        expect_pixels(sides[i % 8], &dataset.train, i, upright, JPEG_BOUND);
    mnet_dataset_clear(&dataset);
}

#else

static void check_orientations(void)
{
}

static void check_jpeg(void)
{
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    make_folder(in_folder("jpeg/a"));
    write_bytes(in_folder("jpeg/a/1.jpg"), "\xff\xd8 of no library", 16);
    EXPECT(load("jpeg", &dataset, &skipped, &error) != MNET_OK, "JPEG without libjpeg");
    EXPECT(strstr(skipped.text, "a/1.jpg: a JPEG picture; this build has no libjpeg"), "%s",
           skipped.text);
}

#endif

#ifdef MNET_HAVE_ARCHIVE

typedef struct archive Archive;

static void demand(int result, Archive *archive)
{
    if (result == ARCHIVE_OK)
        return;
    printf("%s\n", archive_error_string(archive));
    exit(1);
}

static void add_member(Archive *archive, const char *name, const void *data, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (int64_t)size);
    archive_entry_set_filetype(entry, data ? AE_IFREG : AE_IFDIR);
    archive_entry_set_perm(entry, 0755);
    demand(archive_write_header(archive, entry), archive);
    if (data && archive_write_data(archive, data, size) != (la_ssize_t)size)
        demand(ARCHIVE_FATAL, archive);
    archive_entry_free(entry);
}

/* As draw_folder() has them, the last ones first. */
static void add_pictures(Archive *archive, const char *part, int n, uint64_t seed)
{
    char name[128];
    uint8_t file[13 + 3 * PIXELS];
    snprintf((char *)file, sizeof file, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int32_t c = DRAWN_CLASSES - 1; c >= 0; c--)
        for (int i = n - 1; i >= 0; i--) {
            draw_picture(c, seed + (uint64_t)i, file + 13);
            snprintf(name, sizeof name, "shapes/%s/%s/%d.ppm", part, drawn_classes[c], i);
            add_member(archive, name, file, sizeof file);
        }
}

static void write_archive(const char *name, bool xz, bool zip, bool hollow)
{
    Archive *archive = archive_write_new();
    demand(zip ? archive_write_set_format_zip(archive)
               : archive_write_set_format_pax_restricted(archive),
           archive);
    if (xz)
        demand(archive_write_add_filter_xz(archive), archive);
    demand(archive_write_open_filename(archive, in_folder(name)), archive);
    add_member(archive, "shapes/", NULL, 0);
    add_member(archive, "shapes/train/", NULL, 0);
    if (hollow)
        add_member(archive, "shapes/train/white ring/", NULL, 0);
    add_pictures(archive, "test", 2, 100000);
    add_pictures(archive, "train", 5, 1);
    add_member(archive, "shapes/train/red disc/bad.jpg", "no picture", 10);
    add_member(archive, "shapes/README", "text", 4);
    add_member(archive, "./shapes/train/red disc/._0.ppm", "hidden", 6);
    add_member(archive, "shapes/.thumbnails/0.ppm", "hidden", 6);
    demand(archive_write_close(archive), archive);
    archive_write_free(archive);
}

static void expect_same(const char *name, const MnetPictures *a, const MnetPictures *b)
{
    EXPECT(a->n == b->n && !memcmp(a->labels, b->labels, a->n * sizeof *a->labels) &&
               !memcmp(a->pixels, b->pixels, a->n * 3 * PIXELS),
           "%s: %zu pictures, %zu in the folder, or others", name, a->n, b->n);
}

static void check_archive(const char *name, bool xz, bool zip, const MnetDataset *wanted)
{
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    write_archive(name, xz, zip, false);
    if (load(name, &dataset, &skipped, &error) != MNET_OK) {
        EXPECT(false, "%s", error.text);
        return;
    }
    EXPECT(dataset.n_classes == DRAWN_CLASSES, "%s: %d classes", name, (int)dataset.n_classes);
    for (int32_t i = 0; i < DRAWN_CLASSES && i < dataset.n_classes; i++)
        EXPECT(!strcmp(dataset.classes[i], drawn_classes[i]), "%s: %s", name, dataset.classes[i]);
    expect_same(name, &dataset.train, &wanted->train);
    expect_same(name, &dataset.test, &wanted->test);
    EXPECT(skipped.n == 1 && dataset.skipped == 1 &&
               strstr(skipped.text, "shapes/train/red disc/bad.jpg: no JPEG, PNG or PPM"),
           "%s: skipped %s", name, skipped.text);
    mnet_dataset_clear(&dataset);
}

static void expect_refused(const char *name, const char *part)
{
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    EXPECT(load(name, &dataset, &skipped, &error) != MNET_OK, "%s is read", name);
    expect_error(name, &error, MNET_ERROR_FORMAT, part);
    EXPECT(strstr(error.text, name), "%s is not named: %s", name, error.text);
}

static void check_archives(void)
{
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    draw_folder(in_folder("shapes"), 5, 2);
    EXPECT(load("shapes", &dataset, &skipped, &error) == MNET_OK, "%s", error.text);
    check_archive("shapes.tar", false, false, &dataset);
    check_archive("shapes.tar.xz", true, false, &dataset);
    check_archive("shapes.zip", false, true, &dataset);
    mnet_dataset_clear(&dataset);
    write_archive("hollow.tar", false, false, true);
    expect_refused("hollow.tar", "class \"white ring\" has no picture");
    EXPECT(truncate(in_folder("shapes.tar.xz"), 2000) == 0, "truncate");
    expect_refused("shapes.tar.xz", "");
    EXPECT(truncate(in_folder("shapes.tar"), 10 * 512 + 100) == 0, "truncate");
    expect_refused("shapes.tar", "");
}

#else

static void check_archives(void)
{
    MnetDataset dataset;
    Skipped skipped;
    MnetError error;
    write_bytes(in_folder("shapes.tar"), "", 0);
    EXPECT(load("shapes.tar", &dataset, &skipped, &error) != MNET_OK, "without libarchive");
    expect_error("shapes.tar", &error, MNET_ERROR_UNSUPPORTED, "this build has no libarchive");
}

#endif

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    check_png();
    check_exif();
    check_jpeg();
    check_orientations();
    check_archives();
    remove_folder(folder);
    return expect_report("readers");
}
