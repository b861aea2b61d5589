/* SPDX-License-Identifier: MIT
 *
 * How a fuzz target says that something is wrong. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}
