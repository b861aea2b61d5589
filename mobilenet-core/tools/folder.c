/* SPDX-License-Identifier: MIT
 *
 * A folder of pictures, with or without a folder for each class. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ppm.h"

#define MAX_PICTURES 1000000
#define MAX_FOLDERS 65536

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_picture(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".ppm") == 0;
}

static bool add_picture(Folder *folder, char *path, int32_t class_folder)
{
    if (folder->n == folder->room) {
        size_t room = folder->room ? 2 * folder->room : 256;
        FolderPicture *list = realloc(folder->pictures, room * sizeof *list);
        if (!list || room > MAX_PICTURES) {
            folder->pictures = list ? list : folder->pictures;
            free(path);
            tool_error(list ? "more than %d pictures" : "no memory for %d pictures", (int)room);
            return false;
        }
        folder->pictures = list;
        folder->room = room;
    }
    folder->pictures[folder->n++] = (FolderPicture){ path, class_folder };
    return true;
}

/* A file that is read here is read later, too, if nobody changes it. */
static bool try_picture(Folder *folder, char *path, int32_t class_folder)
{
    Ppm ppm;
    if (!ppm_read(path, &ppm)) {
        folder->n_bad++;
        free(path);
        return true;
    }
    ppm_free(&ppm);
    return add_picture(folder, path, class_folder);
}

static bool add_folder(Folder *folder, const char *name)
{
    char **names = realloc(folder->folders, (folder->n_folders + 1) * sizeof *names);
    if (names)
        folder->folders = names;
    char *copy = names ? strdup(name) : NULL;
    if (copy && folder->n_folders < MAX_FOLDERS) {
        folder->folders[folder->n_folders++] = copy;
        return true;
    }
    free(copy);
    tool_error("no memory for %zu folders", folder->n_folders + 1);
    return false;
}

static int hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The pictures of one folder; folders in it are classes where `class_folder` is -1. */
static bool read_level(Folder *folder, const char *path, int32_t class_folder)
{
    struct dirent **entries;
    int n = scandir(path, &entries, hidden, alphasort);
    bool good = n >= 0;
    if (!good)
        tool_error("%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char *inside = good ? join(path, entries[i]->d_name) : NULL;
        if (inside && class_folder < 0 && is_folder(inside)) {
            good = add_folder(folder, entries[i]->d_name) &&
                   read_level(folder, inside, (int32_t)folder->n_folders - 1);
            free(inside);
        } else if (inside && is_picture(inside)) {
            good = try_picture(folder, inside, class_folder);
        } else {
            free(inside);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}

bool folder_read(const char *path, Folder *folder)
{
    *folder = (Folder){ 0 };
    if (!read_level(folder, path, -1))
        return false;
    if (folder->n == 0)
        tool_error("%s: no pictures there: binary PPM files (*.ppm) are needed, in it or in a "
                   "folder for each class",
                   path);
    return folder->n > 0;
}

void folder_clear(Folder *folder)
{
    for (size_t i = 0; i < folder->n; i++)
        free(folder->pictures[i].path);
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
    if (!*odd || folder->n_folders != n_classes)
        return !*odd;
    for (size_t i = 0; i < folder->n_folders; i++)
        classes[i] = (int32_t)i;
    return true;
}
