/* SPDX-License-Identifier: MIT
 *
 * Files become pictures in the order of their names, whatever order they are read
 * in. */
#include "train/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/utf8.h"
#include "train/dataset_read.h"
#include "train/net.h"
#include "train/picture_file.h"

#define MOST_BYTES ((uint64_t)4 << 30)
#define MAX_PICTURES ((size_t)1 << 26)

typedef enum { PART_UNKNOWN, PART_TRAIN, PART_TEST } Part;

typedef struct {
    char *path; /* its class is a part of it; a folder's ends in a slash */
    char *class_name;
    uint8_t *pixels;
    Part part;
} Found;

typedef struct {
    const MnetDatasetOptions *options;
    size_t picture_bytes;
    uint64_t most;
    Found *found; /* pictures, and folders without pixels */
    size_t n, room, skipped, pictures;
    bool parted; /* folders say what is for the test */
} Reading;

static Part part_of(const char *name, size_t length)
{
    static const struct {
        const char *name;
        Part part;
    } names[] = { { "train", PART_TRAIN },
                  { "test", PART_TEST },
                  { "val", PART_TEST },
                  { "valid", PART_TEST },
                  { "validation", PART_TEST } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length && !strncasecmp(names[i].name, name, length))
            return names[i].part;
    return PART_UNKNOWN;
}

/* The last name of a path and where the one before it begins; false: there is none. */
static bool last_name(const char *path, size_t *end, size_t *begin)
{
    while (*end && path[*end - 1] == '/')
        --*end;
    *begin = *end;
    while (*begin && path[*begin - 1] != '/')
        --*begin;
    return *end > *begin;
}

/* Class and part of a picture, or of a folder that may be a class.  False: it is of
 * none. */
static bool find_class(const char *path, bool folder, size_t *begin, size_t *end, Part *part)
{
    size_t above_begin;
    *end = strlen(path);
    if (!folder) {
        if (!last_name(path, end, begin))
            return false;
        *end = *begin;
    }
    if (!last_name(path, end, begin) || (path[*begin] == '.' && *end == *begin + 1))
        return false;
    size_t above = *begin;
    if (last_name(path, &above, &above_begin))
        *part = part_of(path + above_begin, above - above_begin);
    return !folder || part_of(path + *begin, *end - *begin) == PART_UNKNOWN;
}

static void skip(Reading *reading, const char *path, const char *why)
{
    char text[1024];
    reading->skipped++;
    snprintf(text, sizeof text, "%s: %s", path, why);
    if (reading->options->skipped)
        reading->options->skipped(reading->options->user, text);
}

static MnetStatus grow(Reading *reading, MnetError *error)
{
    if (reading->n < reading->room)
        return MNET_OK;
    size_t room = reading->room ? 2 * reading->room : 1024;
    Found *found = room <= MAX_PICTURES ? realloc(reading->found, room * sizeof *found) : NULL;
    if (!found)
        return mnet_error_memory(error, room * sizeof *found);
    reading->found = found;
    reading->room = room;
    return MNET_OK;
}

static MnetStatus too_much(const Reading *reading, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_LIMIT,
                          "more than %zu pictures of %dx%d, which take %llu MiB: take fewer or "
                          "smaller ones, or a larger --max-memory",
                          reading->pictures, (int)reading->options->width,
                          (int)reading->options->height, (unsigned long long)reading->most >> 20);
}

/* Decodes; a file that is no picture leaves `pixels` NULL and is counted. */
static MnetStatus decode(Reading *reading, const char *path, const uint8_t *data, size_t size,
                         uint8_t **pixels, MnetError *error)
{
    const MnetDatasetOptions *options = reading->options;
    MnetPicture picture;
    MnetError problem;
    if (((uint64_t)reading->pictures + 1) * reading->picture_bytes > reading->most)
        return too_much(reading, error);
    if (mnet_picture_decode(data, size, &picture, &problem) != MNET_OK) {
        skip(reading, path, problem.text);
        return MNET_OK;
    }
    *pixels = malloc(reading->picture_bytes);
    if (!*pixels) {
        mnet_free(picture.rgb);
        return mnet_error_memory(error, reading->picture_bytes);
    }
    if (mnet_picture_fit(&picture, options->width, options->height, *pixels, &problem) != MNET_OK) {
        skip(reading, path, problem.text);
        free(*pixels);
        *pixels = NULL;
    }
    mnet_free(picture.rgb);
    return MNET_OK;
}

static char *copy_path(const char *path, bool folder)
{
    size_t length = strlen(path);
    bool ends = length && path[length - 1] == '/';
    char *copy = malloc(length + 2);
    if (copy)
        snprintf(copy, length + 2, "%s%s", path, folder && !ends ? "/" : "");
    return copy;
}

/* Takes what is in `found`, whose names are copied. */
static MnetStatus keep(Reading *reading, Found found, const char *path, size_t begin, size_t end,
                       MnetError *error)
{
    found.path = copy_path(path, !found.pixels);
    found.class_name = strndup(path + begin, end - begin);
    if (!found.path || !found.class_name) {
        free(found.path);
        free(found.class_name);
        free(found.pixels);
        return mnet_error_memory(error, strlen(path));
    }
    reading->pictures += found.pixels != NULL;
    reading->parted = reading->parted || (found.pixels && found.part == PART_TEST);
    reading->found[reading->n++] = found;
    return MNET_OK;
}

static MnetStatus visit(void *user, const char *path, const uint8_t *data, size_t size,
                        const char *problem, MnetError *error)
{
    Reading *reading = user;
    Found found = { 0 };
    size_t begin, end;
    MnetStatus status = grow(reading, error);
    bool folder = !data && !problem;
    bool of_class = find_class(path, folder, &begin, &end, &found.part);
    if (status != MNET_OK || (folder && !of_class))
        return status;
    if (problem || !of_class)
        skip(reading, path, problem ? problem : "it is in no class's folder");
    else if (data)
        status = decode(reading, path, data, size, &found.pixels, error);
    if (status == MNET_OK && (folder || found.pixels))
        status = keep(reading, found, path, begin, end, error);
    return status;
}

static int by_class_and_path(const void *a, const void *b)
{
    const Found *x = a, *y = b;
    int order = strcmp(x->class_name, y->class_name);
    return order ? order : strcmp(x->path, y->path);
}

/* FNV-1a: which pictures are for the test depends on their names alone. */
static bool is_for_test(const Found *found, float share)
{
    uint32_t hash = 2166136261u;
    const char *name = strrchr(found->path, '/');
    for (const char *c = name ? name + 1 : found->path; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    hash ^= hash >> 15;
    hash *= 0x2c1b3c6du;
    return (float)(hash >> 8) * 0x1p-24f < share;
}

/* The first picture of a class is never for the test. */
static void assign_parts(Reading *reading)
{
    const char *class_name = "";
    for (size_t i = 0; i < reading->n; i++) {
        Found *found = &reading->found[i];
        bool first = found->pixels && strcmp(class_name, found->class_name);
        bool test = !first && is_for_test(found, reading->options->test_share);
        if (found->pixels)
            class_name = found->class_name;
        if (!reading->parted)
            found->part = test ? PART_TEST : PART_TRAIN;
        else if (found->part == PART_UNKNOWN)
            found->part = PART_TRAIN;
    }
}

static size_t count_part(const Reading *reading, Part part)
{
    size_t n = 0;
    for (size_t i = 0; i < reading->n; i++)
        n += reading->found[i].pixels && reading->found[i].part == part;
    return n;
}

/* Nothing could read the labels of the network. */
static MnetStatus not_utf8(const char *name, MnetError *error)
{
    char quoted[80];
    mnet_utf8_quote(quoted, sizeof quoted, name, strlen(name));
    return mnet_error_set(error, MNET_ERROR_FORMAT,
                          "the folder \"%s\" has a name that is not UTF-8: rename it", quoted);
}

/* The classes in order, each with a picture to learn from. */
static MnetStatus list_classes(Reading *reading, MnetDataset *dataset, MnetError *error)
{
    size_t of_class = 0;
    const char *present = NULL;
    dataset->classes = mnet_store_calloc(&dataset->store, reading->n + 1, sizeof(char *));
    for (size_t i = 0; dataset->classes && i <= reading->n; i++) {
        const Found *found = &reading->found[i];
        if (i == reading->n || !present || strcmp(present, found->class_name)) {
            if (present && !of_class)
                return mnet_error_set(error, MNET_ERROR_FORMAT,
                                      "class \"%s\" has no picture to learn from: put some into "
                                      "its folder, or remove it",
                                      present);
            if (i == reading->n)
                break;
            present = found->class_name;
            of_class = 0;
            if (!mnet_utf8_valid(present, strlen(present)))
                return not_utf8(present, error);
            size_t bytes = strlen(present) + 1;
            char *copy = mnet_store_alloc(&dataset->store, bytes);
            if (!copy)
                return mnet_error_memory(error, bytes);
            dataset->classes[dataset->n_classes++] = memcpy(copy, present, bytes);
        }
        of_class += found->pixels && found->part == PART_TRAIN;
    }
    if (!dataset->classes)
        return mnet_error_memory(error, reading->n * sizeof(char *));
    if (dataset->n_classes >= 2 && dataset->n_classes <= MNET_NET_MAX_CLASSES)
        return MNET_OK;
    return mnet_error_set(error, MNET_ERROR_FORMAT,
                          "%d class%s with pictures; 2 to %d are needed, a folder each: "
                          "FOLDER/cat/1.jpg, FOLDER/dog/1.jpg, or FOLDER/train/cat/1.jpg ...",
                          (int)dataset->n_classes, dataset->n_classes == 1 ? "" : "es",
                          MNET_NET_MAX_CLASSES);
}

static bool allocate(MnetStore *store, MnetPictures *pictures, size_t n, size_t bytes)
{
    pictures->pixels = mnet_store_calloc(store, n, bytes);
    pictures->labels = mnet_store_calloc(store, n, sizeof *pictures->labels);
    return pictures->pixels && pictures->labels;
}

static MnetStatus fill(Reading *reading, MnetDataset *dataset, MnetError *error)
{
    size_t bytes = reading->picture_bytes;
    int32_t label = 0;
    if (!allocate(&dataset->store, &dataset->train, count_part(reading, PART_TRAIN), bytes) ||
        !allocate(&dataset->store, &dataset->test, count_part(reading, PART_TEST), bytes))
        return mnet_error_memory(error, reading->pictures * bytes);
    for (size_t i = 0; i < reading->n; i++) {
        Found *found = &reading->found[i];
        while (strcmp(dataset->classes[label], found->class_name))
            label++;
        if (!found->pixels)
            continue;
        MnetPictures *to = found->part == PART_TEST ? &dataset->test : &dataset->train;
        memcpy(to->pixels + to->n * bytes, found->pixels, bytes);
        to->labels[to->n++] = label;
        free(found->pixels);
        found->pixels = NULL;
    }
    return MNET_OK;
}

/* What is in a folder stands behind it: folders' paths end in a slash. */
static int by_path(const void *a, const void *b)
{
    return strcmp(((const Found *)a)->path, ((const Found *)b)->path);
}

/* Whether a folder has folders in it, of their own or told by a picture's path. */
static bool has_folders(const Reading *reading, size_t folder)
{
    const char *path = reading->found[folder].path;
    size_t length = strlen(path);
    for (size_t i = folder + 1; i < reading->n; i++) {
        const char *other = reading->found[i].path;
        if (strncmp(other, path, length))
            return false;
        if (strchr(other + length, '/'))
            return true;
    }
    return false;
}

static void drop(Reading *reading, Found *found)
{
    reading->pictures -= found->pixels != NULL;
    free(found->path);
    free(found->class_name);
    free(found->pixels);
}

/* A folder that has folders of classes in it is none itself. */
static void drop_upper_folders(Reading *reading)
{
    size_t kept = 0;
    qsort(reading->found, reading->n, sizeof *reading->found, by_path);
    for (size_t i = 0; i < reading->n; i++) {
        Found *found = &reading->found[i];
        if (!found->pixels && has_folders(reading, i))
            drop(reading, found);
        else
            reading->found[kept++] = *found;
    }
    reading->n = kept;
}

/* Where a folder parts classes, pictures right in it are of none: "test" is no class
 * beside train/cat and train/dog. */
static void drop_unlabelled(Reading *reading)
{
    size_t kept = 0;
    bool parts = false;
    for (size_t i = 0; i < reading->n; i++)
        parts = parts || (reading->found[i].pixels && reading->found[i].part != PART_UNKNOWN);
    for (size_t i = 0; i < reading->n; i++) {
        Found *found = &reading->found[i];
        const char *name = found->class_name;
        if (parts && found->pixels && found->part == PART_UNKNOWN &&
            part_of(name, strlen(name)) != PART_UNKNOWN) {
            skip(reading, found->path, "it is in no class's folder");
            drop(reading, found);
        } else {
            reading->found[kept++] = *found;
        }
    }
    reading->n = kept;
}

MnetStatus mnet_dataset_load(MnetDataset *dataset, const char *path,
                             const MnetDatasetOptions *options, MnetError *error)
{
    Reading reading = { .options = options,
                        .picture_bytes = 3 * (size_t)options->width * (size_t)options->height,
                        .most = options->most_bytes ? options->most_bytes : MOST_BYTES };
    *dataset = (MnetDataset){ .width = options->width, .height = options->height };
    MnetStatus status = mnet_files_read(path, visit, &reading, error);
    if (status == MNET_OK && reading.n) {
        drop_unlabelled(&reading);
        drop_upper_folders(&reading);
        qsort(reading.found, reading.n, sizeof *reading.found, by_class_and_path);
    }
    assign_parts(&reading);
    if (status == MNET_OK)
        status = list_classes(&reading, dataset, error);
    if (status == MNET_OK)
        status = fill(&reading, dataset, error);
    dataset->skipped = reading.skipped;
    for (size_t i = 0; i < reading.n; i++)
        drop(&reading, &reading.found[i]);
    free(reading.found);
    if (status != MNET_OK) {
        if (error && strncmp(error->text, path, strlen(path)))
            mnet_error_prefix(error, "%s", path);
        mnet_dataset_clear(dataset);
    }
    return status;
}

void mnet_dataset_clear(MnetDataset *dataset)
{
    mnet_store_clear(&dataset->store);
    *dataset = (MnetDataset){ 0 };
}

MnetStatus mnet_dataset_expect(const MnetDataset *dataset, int32_t n_classes, char *const *classes,
                               MnetError *error)
{
    if (n_classes != dataset->n_classes)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "the network has %d classes, the pictures have %d", (int)n_classes,
                              (int)dataset->n_classes);
    for (int32_t i = 0; classes && i < n_classes; i++)
        if (strcmp(classes[i], dataset->classes[i]))
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "class %d is \"%s\" for the network, \"%s\" for the pictures",
                                  (int)i, classes[i], dataset->classes[i]);
    return MNET_OK;
}
