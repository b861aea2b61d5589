/* SPDX-License-Identifier: MIT
 *
 * Filling the caller's MnetError. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Names in files and of files may hold anything, and are cut by bytes. */
static void make_one_line(MnetError *error)
{
    char text[sizeof error->text];
    size_t length = strlen(error->text);
    memcpy(text, error->text, length + 1);
    mnet_utf8_quote(error->text, sizeof error->text, text, length);
}

MnetStatus mnet_error_set(MnetError *error, MnetStatus status, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        make_one_line(error);
        error->status = status;
    }
    return status;
}

void mnet_error_prefix(MnetError *error, const char *format, ...)
{
    if (!error)
        return;
    char old[sizeof error->text];
    memcpy(old, error->text, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof error->text - 2)
        snprintf(error->text + n, sizeof error->text - (size_t)n, ": %.*s",
                 (int)(sizeof error->text - (size_t)n) - 3, old);
    make_one_line(error);
}

MnetStatus mnet_error_memory(MnetError *error, size_t bytes)
{
    return mnet_error_set(error, MNET_ERROR_MEMORY, "out of memory: %zu bytes were asked for",
                          bytes);
}

const char *mnet_version(void)
{
    return "0.1.0";
}
