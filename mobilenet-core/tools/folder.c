/* SPDX-License-Identifier: MIT
 *
 * The pictures of a folder or an archive. */
#include "folder.h"

#include <stdlib.h>
#include <string.h>

#include "train/dataset_read.h"
#include "train/picture_file.h"

#define MAX_BYTES ((uint64_t)4 << 30)

static MnetStatus no_memory(MnetError *error)
{
    *error = (MnetError){ MNET_ERROR_MEMORY, "no memory for the pictures" };
    return error->status;
}

static MnetStatus too_many(const Folder *folder, MnetError *error)
{
    error->status = MNET_ERROR_LIMIT;
    snprintf(error->text, sizeof error->text,
             "more than %zu pictures of %dx%d, which take 4 GiB: take fewer", folder->n,
             (int)folder->width, (int)folder->height);
    return error->status;
}

static MnetStatus add(Folder *folder, const char *path, uint8_t *rgb, MnetError *error)
{
    if (folder->n == folder->room) {
        size_t room = folder->room ? 2 * folder->room : 256;
        FolderPicture *list = realloc(folder->pictures, room * sizeof *list);
        if (!list)
            return no_memory(error);
        folder->pictures = list;
        folder->room = room;
    }
    char *copy = strdup(path);
    if (!copy)
        return no_memory(error);
    folder->pictures[folder->n++] = (FolderPicture){ copy, rgb, -1 };
    return MNET_OK;
}

static MnetStatus visit(void *user, const char *path, const uint8_t *data, size_t size,
                        const char *problem, MnetError *error)
{
    Folder *folder = user;
    MnetPicture picture = { 0 };
    MnetError why = { MNET_OK, "" };
    size_t bytes = 3 * (size_t)folder->width * (size_t)folder->height;
    if (!data && !problem)
        return MNET_OK; /* a folder */
    if (folder->n >= MAX_BYTES / bytes)
        return too_many(folder, error);
    uint8_t *rgb = malloc(bytes);
    if (!rgb)
        return no_memory(error);
    if (problem || mnet_picture_decode(data, size, &picture, &why) ||
        mnet_picture_fit(&picture, folder->width, folder->height, rgb, &why)) {
        tool_error("%s: %s", path, problem ? problem : why.text);
        folder->n_bad++;
    } else if (add(folder, path, rgb, error) == MNET_OK) {
        rgb = NULL;
    }
    bool failed = rgb && !problem && !why.status;
    free(rgb);
    mnet_buffer_free(picture.rgb);
    return failed ? error->status : MNET_OK;
}

static int compare_pictures(const void *a, const void *b)
{
    return strcmp(((const FolderPicture *)a)->path, ((const FolderPicture *)b)->path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The last folder of a path, from malloc(); NULL: there is none. */
static char *folder_of(const char *path)
{
    const char *end = strrchr(path, '/');
    const char *begin = end;
    while (begin && begin > path && begin[-1] != '/')
        begin--;
    if (!end || begin == end || (end == begin + 1 && *begin == '.'))
        return NULL;
    return strndup(begin, (size_t)(end - begin));
}

/* Sorts pictures and folders and tells each picture which folder is its. */
static bool sort(Folder *folder)
{
    qsort(folder->pictures, folder->n, sizeof *folder->pictures, compare_pictures);
    folder->folders = calloc(folder->n, sizeof *folder->folders);
    if (!folder->folders)
        return false;
    for (size_t i = 0; i < folder->n; i++) {
        char *name = folder_of(folder->pictures[i].path);
        size_t k = 0;
        while (name && k < folder->n_folders && strcmp(folder->folders[k], name) != 0)
            k++;
        if (name && k == folder->n_folders)
            folder->folders[folder->n_folders++] = name;
        else
            free(name);
    }
    qsort(folder->folders, folder->n_folders, sizeof *folder->folders, compare_names);
    for (size_t i = 0; i < folder->n; i++) {
        char *name = folder_of(folder->pictures[i].path);
        char **found = name ? bsearch(&name, folder->folders, folder->n_folders,
                                      sizeof *folder->folders, compare_names)
                            : NULL;
        folder->pictures[i].folder = found ? (int32_t)(found - folder->folders) : -1;
        free(name);
    }
    return true;
}

bool folder_read(const char *path, Folder *folder)
{
    MnetError error;
    if (mnet_files_read(path, visit, folder, &error)) {
        tool_error("%s", error.text);
        return false;
    }
    if (folder->n == 0) {
        tool_error("%s: no pictures there: JPEG, PNG or binary PPM files are needed, in it or in "
                   "a folder for each class",
                   path);
        return false;
    }
    if (!sort(folder))
        tool_error("no memory for the names of %zu pictures", folder->n);
    return folder->folders != NULL;
}

void folder_clear(Folder *folder)
{
    for (size_t i = 0; i < folder->n; i++) {
        free(folder->pictures[i].path);
        free(folder->pictures[i].rgb);
    }
    for (size_t i = 0; i < folder->n_folders; i++)
        free(folder->folders[i]);
    free(folder->pictures);
    free(folder->folders);
    *folder = (Folder){ 0 };
}

static int32_t find_class(const char *name, const MnetLabels *labels, size_t n_classes)
{
    char *end;
    for (size_t i = 0; i < mnet_labels_count(labels) && i < n_classes; i++)
        if (strcmp(mnet_labels_get(labels, i), name) == 0)
            return (int32_t)i;
    unsigned long number = name[0] >= '0' && name[0] <= '9' ? strtoul(name, &end, 10) : n_classes;
    return number < n_classes && !*end ? (int32_t)number : -1;
}

bool folder_classes(const Folder *folder, const MnetLabels *labels, size_t n_classes,
                    int32_t *classes, const char **odd)
{
    *odd = NULL;
    for (size_t i = 0; i < folder->n_folders; i++) {
        classes[i] = find_class(folder->folders[i], labels, n_classes);
        if (classes[i] < 0)
            *odd = folder->folders[i];
    }
    if (!*odd || folder->n_folders != n_classes || mnet_labels_count(labels))
        return !*odd;
    for (size_t i = 0; i < folder->n_folders; i++)
        classes[i] = (int32_t)i;
    return true;
}
