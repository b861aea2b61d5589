/* SPDX-License-Identifier: MIT
 *
 * Text that came from a file: whether it is UTF-8, and how to quote it. */
#ifndef MNET_BASE_UTF8_H
#define MNET_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes at the start of `text` that are whole, valid UTF-8 characters other
 * than NUL: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t mnet_utf8_span(const char *text, size_t size);

static inline bool mnet_utf8_valid(const char *text, size_t size)
{
    return mnet_utf8_span(text, size) == size;
}

/* Copies `text` for use within one line of an error: bytes that are not UTF-8
 * and control characters become '?', what does not fit is cut between
 * characters.  `out` is ended by a NUL; `room`, which counts it, is not 0. */
void mnet_utf8_quote(char *out, size_t room, const char *text, size_t size);

#endif
