/* SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <mnet/mnet.h>

/* The entry of every target, as libFuzzer calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless `error` has a status and one line of text. */
void fuzz_check_error(const MnetError *error);

/* Aborts with the text. */
void fuzz_fail(const char *what);

#endif
