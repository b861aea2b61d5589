/* SPDX-License-Identifier: MIT
 *
 * All memory of the core: allocation, a store that is freed at once, files
 * in memory, sizes that cannot overflow. */
#ifndef MNET_BASE_MEMORY_H
#define MNET_BASE_MEMORY_H

#include <mnet/common.h>

/* Alignment of tensors and packed weights, and the bytes behind them that
 * kernels may read (one AVX-512 register). */
#define MNET_ALIGN 64
#define MNET_PADDING 64

/* Every allocation of the core comes through here: aligned to MNET_ALIGN, not
 * cleared (calloc: cleared).  NULL when memory is short.  Freed by mnet_free. */
void *mnet_alloc(size_t bytes);
void *mnet_calloc(size_t count, size_t size);
void mnet_free(void *block);

/* For tests: the call that makes `countdown` 0 fails, once; 0 is never. */
void mnet_alloc_fail_at(long countdown);

/* True and *result = a * b (a + b) when it fits. */
static inline bool mnet_mul_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

static inline bool mnet_add_size(size_t a, size_t b, size_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

/* The next multiple of `to`; `value` is far from SIZE_MAX. */
static inline size_t mnet_round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

/* Blocks that live and die together, e.g. all that belongs to a model. */
typedef struct MnetStore {
    struct MnetStoreBlock *blocks;
    size_t used;      /* bytes handed out */
    size_t elsewhere; /* bytes of mnet_store_count() */
    size_t limit;     /* most bytes of both; 0: none */
    bool full;        /* a request has passed the limit */
} MnetStore;

/* `bytes` cleared, aligned to MNET_ALIGN, followed by MNET_PADDING bytes of
 * zero.  NULL when memory is short or the limit is passed. */
void *mnet_store_alloc(MnetStore *store, size_t bytes);
/* count * size, checked. */
void *mnet_store_calloc(MnetStore *store, size_t count, size_t size);
/* Bytes that are not the store's, but count for its limit.  False when they pass
 * it. */
bool mnet_store_count(MnetStore *store, size_t bytes);
void mnet_store_clear(MnetStore *store);

/* A file's bytes.  They are not mapped: who cut the file short would end the
 * process. */
typedef struct {
    uint8_t *data;
    size_t size;
} MnetFile;

/* Refuses what is no regular file, is empty or larger than 2 GiB, or changes its
 * size meanwhile; `file` is empty then. */
MnetStatus mnet_file_read(MnetFile *file, const char *path, MnetError *error);
void mnet_file_clear(MnetFile *file);

#endif
