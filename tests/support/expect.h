/* SPDX-License-Identifier: MIT
 *
 * Checks of a test program that counts what fails and goes on. */
#ifndef EXPECT_H
#define EXPECT_H

#include <mnet/common.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int expect_failed;

/* Names what failed, with a text of the printf() kind that tells the case. */
#define EXPECT(condition, ...)                                         \
    do {                                                               \
        if (!(condition)) {                                            \
            expect_failed++;                                           \
            printf("%s:%d: not %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__);                                       \
            putchar('\n');                                             \
        }                                                              \
    } while (0)

/* Expects that `error` has this status and that its text has this part. */
static inline void expect_error(const char *name, const MnetError *error, MnetStatus status,
                                const char *part)
{
    EXPECT(error->status == status && strstr(error->text, part),
           "%s: status %d \"%s\", expected %d with \"%s\"", name, error->status, error->text,
           status, part);
    EXPECT(!strchr(error->text, '\n'), "%s: the error has several lines", name);
}

/* A copy in a block of its own whose end a sanitizer watches. */
static inline uint8_t *expect_copy(const void *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        exit(1);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* What main() returns. */
static inline int expect_report(const char *test)
{
    printf("%s: %d failed\n", test, expect_failed);
    return expect_failed != 0;
}

#endif
