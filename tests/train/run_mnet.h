/* SPDX-License-Identifier: MIT
 *
 * Runs of the `mnet` program, with what they print. */
#ifndef RUN_MNET_H
#define RUN_MNET_H

#include <stddef.h>

typedef struct {
    int status;  /* of exit(); -1: a signal ended it */
    char *text;  /* stdout and stderr; freed by run_free() */
    size_t size; /* without the 0 behind it */
} Run;

/* What happens to a run; all 0: nothing. */
typedef struct {
    const char *until; /* `signal` is sent when this was printed */
    int signal;
    size_t most_bytes; /* of a file that it writes: a disk that is full then */
} RunCase;

/* Which program; made absolute, so that the folder may change. */
void run_program(const char *path);
/* Words parted by blanks.  What is printed blocks the run when some 4 KiB of it are
 * not read yet: one that prints more cannot end before `until` was seen. */
Run run_mnet(const RunCase *how, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_free(Run *run);

#endif
