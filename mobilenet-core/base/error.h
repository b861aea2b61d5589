/* SPDX-License-Identifier: MIT
 *
 * Filling the caller's MnetError. */
#ifndef MNET_BASE_ERROR_H
#define MNET_BASE_ERROR_H

#include <mnet/common.h>

/* Returns `status`.  `error` may be NULL. */
MnetStatus mnet_error_set(MnetError *error, MnetStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " before what `error` says, e.g. the file's name. */
void mnet_error_prefix(MnetError *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A status with the text every allocation failure has. */
MnetStatus mnet_error_memory(MnetError *error, size_t bytes);

#endif
