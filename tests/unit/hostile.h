/* SPDX-License-Identifier: MIT
 *
 * Judges what the core makes of a hostile file. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <mnet/mnet.h>

#include "tflitebuilder.h"

/* Most bytes that a session may take, and multiply-adds that are run. */
#define HOSTILE_MAX_ARENA ((size_t)64 << 20)
#define HOSTILE_MAX_MACS 20000000
/* Seconds that one file may take: far more than any needs, sanitizers included. */
#define HOSTILE_MAX_SECONDS 20

typedef enum {
    HOSTILE_REFUSED, /* with one line that says why */
    HOSTILE_RAN,     /* or loaded, when a run would take too long */
    HOSTILE_WRONG    /* neither; a line was printed */
} HostileVerdict;

/* Loads `size` bytes, which are copied to a block of that size, makes a session
 * and runs it once.  `name` is for what is printed; `error`, which may be NULL,
 * gets the refusal. */
HostileVerdict hostile_judge(const char *name, const void *data, size_t size, MnetError *error);

#endif
