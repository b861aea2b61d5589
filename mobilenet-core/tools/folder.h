/* SPDX-License-Identifier: MIT
 *
 * The pictures of a folder or an archive, with or without a folder for each class. */
#ifndef MNET_TOOL_FOLDER_H
#define MNET_TOOL_FOLDER_H

#include "tool.h"

typedef struct {
    char *path;     /* in the folder or archive */
    uint8_t *rgb;   /* width x height, without gaps */
    int32_t folder; /* the class's folder, the last one of the path; -1: there is none */
} FolderPicture;

typedef struct {
    int32_t width, height;
    FolderPicture *pictures; /* by path */
    size_t n, room;
    char **folders; /* names of the classes' folders, sorted */
    size_t n_folders;
    size_t n_bad; /* files that are no pictures: named, left out */
} Folder;

/* Reads all pictures (JPEG, PNG, binary PPM), stretched to folder->width x
 * folder->height.  Prints what is wrong; false when there are none.  To be cleared
 * whatever is returned. */
bool folder_read(const char *path, Folder *folder);
void folder_clear(Folder *folder);

/* Which of a network's classes each folder is, n_folders numbers: the class of that
 * name or, for names that are numbers, of that number, or, where classes have no names
 * and there are as many folders, the one of the same place.  False: some are no class;
 * *odd is the name of one. */
bool folder_classes(const Folder *folder, const MnetLabels *labels, size_t n_classes,
                    int32_t *classes, const char **odd);

#endif
