/* SPDX-License-Identifier: MIT
 *
 * Files that are there whole or not at all. */
#ifndef MNET_TRAIN_SAVE_H
#define MNET_TRAIN_SAVE_H

#include <mnet/common.h>

#include <stdbool.h>

/* Writes the bytes to a new file beside `path`, or beside what it is a link to, which
 * then takes its place: on a full disk or when interrupted, what was there before is
 * untouched. */
MnetStatus mnet_save_file(const char *path, const void *data, size_t size, MnetError *error);
/* The error that mnet_save_file() would end with, but for a full disk: to be asked before
 * long work.  What is there stays as it is. */
MnetStatus mnet_save_possible(const char *path, MnetError *error);
/* Do both paths lead to one file, there or not yet?  False also where a folder is missing.
 * None of these may be NULL but `error`; any thread may call them. */
bool mnet_save_same(const char *a, const char *b);

#endif
