/* SPDX-License-Identifier: MIT
 *
 * The folder of real models, pictures and golden outputs, which need not be there. */
#ifndef SHARED_FILE_H
#define SHARED_FILE_H

/* 0 when `path`, a file or folder of it, can be read.  Else says so and returns what
 * main() is to return: SHARED_FILE_SKIP or, where the environment says CI=true, 1. */
enum { SHARED_FILE_SKIP = 77 };
int shared_file_absent(const char *path);

#endif
