/* SPDX-License-Identifier: MIT
 *
 * Status codes, the error text, versions, the log hook and the names of the
 * kernel sets.  Included by every other public header. */
#ifndef MNET_COMMON_H
#define MNET_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MNET_API __attribute__((visibility("default")))
#else
#define MNET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define MNET_VERSION_MAJOR 0
#define MNET_VERSION_MINOR 1
#define MNET_VERSION_MICRO 0

/* Why a call did not succeed. */
typedef enum {
    MNET_OK = 0,
    MNET_ERROR_ARGUMENT,    /* the caller passed something out of its range */
    MNET_ERROR_IO,          /* a file could not be opened or read */
    MNET_ERROR_FORMAT,      /* a file contradicts its format or itself */
    MNET_ERROR_UNSUPPORTED, /* a valid file asks for what is not implemented */
    MNET_ERROR_LIMIT,       /* a stated bound on memory, counts or size is passed */
    MNET_ERROR_MEMORY,      /* an allocation failed */
    MNET_ERROR_SYSTEM       /* threads or another service of the system failed */
} MnetStatus;

/* Filled by every function that can fail; owned by the caller, who may pass
 * NULL.  The text is one line without a newline: what was found, what was
 * expected and, where there is one, the mend.  Untouched on success. */
typedef struct {
    MnetStatus status;
    char text[508];
} MnetError;

typedef enum { MNET_LOG_WARNING, MNET_LOG_INFO, MNET_LOG_DEBUG } MnetLogLevel;

/* Receives one line without a newline.  May be called from the thread that
 * loads a model or makes a session, never from mnet_session_run(). */
typedef void (*MnetLogFunc)(void *user, MnetLogLevel level, const char *text);

/* "0.1.0".  Static. */
MNET_API const char *mnet_version(void);

/* The kernel sets that this build has and this machine can run, best first,
 * as a static list that ends with NULL, e.g. { "avx2", "c", NULL }.  "c" is
 * always the last one. */
MNET_API const char *const *mnet_cpu_names(void);

/* A block for a tensor of `bytes` bytes: aligned to 64, followed by the
 * padding that kernels may read, filled with zero bytes.  NULL when memory is
 * short.  Freed with mnet_buffer_free(); NULL is allowed there. */
MNET_API void *mnet_buffer_alloc(size_t bytes);
MNET_API void mnet_buffer_free(void *buffer);

#ifdef __cplusplus
}
#endif
#endif
