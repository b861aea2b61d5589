/* SPDX-License-Identifier: MIT
 *
 * Allocation, stores, files in memory. */
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_FILE_BYTES ((size_t)2 << 30)
/* From so many bytes on a block is in pages of this size where the system has them:
 * maps of a training batch, read row by row, miss the TLB less. */
#define HUGE_FROM ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)
/* Small requests of a store share blocks of this size. */
#define STORE_BLOCK ((size_t)64 << 10)

static atomic_long fail_countdown;

void mnet_alloc_fail_at(long countdown)
{
    atomic_store(&fail_countdown, countdown);
}

static bool told_to_fail(void)
{
    return atomic_load_explicit(&fail_countdown, memory_order_relaxed) > 0 &&
           atomic_fetch_sub(&fail_countdown, 1) == 1;
}

void *mnet_alloc(size_t bytes)
{
    void *block = NULL;
    bool huge = bytes >= HUGE_FROM;
    if (told_to_fail() || posix_memalign(&block, huge ? HUGE_PAGE : MNET_ALIGN, bytes ? bytes : 1))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (huge)
        madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

void *mnet_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (!mnet_mul_size(count, size, &bytes))
        return NULL;
    void *block = mnet_alloc(bytes);
    if (block)
        memset(block, 0, bytes);
    return block;
}

void mnet_free(void *block)
{
    free(block);
}

void *mnet_buffer_alloc(size_t bytes)
{
    size_t padded;
    return mnet_add_size(bytes, MNET_PADDING, &padded) ? mnet_calloc(1, padded) : NULL;
}

void mnet_buffer_free(void *buffer)
{
    mnet_free(buffer);
}

/* A block's bytes follow its header at MNET_ALIGN. */
struct MnetStoreBlock {
    struct MnetStoreBlock *next;
    size_t used, size;
};

static struct MnetStoreBlock *store_block_new(size_t size)
{
    size_t bytes;
    if (!mnet_add_size(size, MNET_ALIGN, &bytes))
        return NULL;
    struct MnetStoreBlock *block = mnet_calloc(1, bytes);
    if (block)
        block->size = size;
    return block;
}

/* The limit is never passed: what is left cannot be negative. */
static bool fits(MnetStore *store, size_t bytes)
{
    bool fit = !store->limit || bytes <= store->limit - store->used - store->elsewhere;
    store->full |= !fit;
    return fit;
}

bool mnet_store_count(MnetStore *store, size_t bytes)
{
    if (!fits(store, bytes))
        return false;
    store->elsewhere += bytes;
    return true;
}

void *mnet_store_alloc(MnetStore *store, size_t bytes)
{
    if (!fits(store, bytes) || bytes > SIZE_MAX - 2 * MNET_PADDING)
        return NULL;
    size_t need = mnet_round_up(bytes + MNET_PADDING, MNET_ALIGN);
    struct MnetStoreBlock *block = store->blocks;
    if (!block || block->size - block->used < need) {
        block = store_block_new(need > STORE_BLOCK / 4 ? need : STORE_BLOCK);
        if (!block)
            return NULL;
        block->next = store->blocks;
        store->blocks = block;
        /* Keep the emptier one in front, for the next small request. */
        struct MnetStoreBlock *second = block->next;
        if (second && second->size - second->used > block->size - need) {
            block->next = second->next;
            second->next = block;
            store->blocks = second;
        }
    }
    void *result = (uint8_t *)block + MNET_ALIGN + block->used;
    block->used += need;
    store->used += bytes;
    return result;
}

void *mnet_store_calloc(MnetStore *store, size_t count, size_t size)
{
    size_t bytes;
    return mnet_mul_size(count, size, &bytes) ? mnet_store_alloc(store, bytes) : NULL;
}

void mnet_store_clear(MnetStore *store)
{
    while (store->blocks) {
        struct MnetStoreBlock *next = store->blocks->next;
        mnet_free(store->blocks);
        store->blocks = next;
    }
    store->used = store->elsewhere = 0;
    store->full = false;
}

/* Until `size` bytes, the end (then errno is 0) or a failure. */
static size_t read_all(int fd, uint8_t *bytes, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = 0;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

/* Exactly `size` bytes: what others write to the file meanwhile shows. */
static MnetStatus read_bytes(uint8_t *bytes, size_t size, int fd, MnetError *error)
{
    uint8_t more;
    size_t have = read_all(fd, bytes, size);
    if (have < size && errno)
        return mnet_error_set(error, MNET_ERROR_IO, "cannot be read: %s", strerror(errno));
    if (have < size)
        return mnet_error_set(error, MNET_ERROR_IO,
                              "had %zu bytes and then %zu: it was written to while it was read",
                              size, have);
    if (read_all(fd, &more, 1))
        return mnet_error_set(error, MNET_ERROR_IO,
                              "had %zu bytes and then more: it was written to while it was read",
                              size);
    return MNET_OK;
}

static MnetStatus read_descriptor(MnetFile *file, int fd, MnetError *error)
{
    struct stat st;
    if (fstat(fd, &st))
        return mnet_error_set(error, MNET_ERROR_IO, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return mnet_error_set(error, MNET_ERROR_IO, "is not a regular file");
    if (st.st_size == 0)
        return mnet_error_set(error, MNET_ERROR_FORMAT, "is empty");
    if ((uint64_t)st.st_size > MAX_FILE_BYTES)
        return mnet_error_set(error, MNET_ERROR_LIMIT, "has %lld bytes, at most %zu are read",
                              (long long)st.st_size, MAX_FILE_BYTES);
    file->size = (size_t)st.st_size;
    file->data = mnet_alloc(file->size);
    if (!file->data)
        return mnet_error_memory(error, file->size);
    return read_bytes(file->data, file->size, fd, error);
}

MnetStatus mnet_file_read(MnetFile *file, const char *path, MnetError *error)
{
    *file = (MnetFile){ NULL, 0 };
    /* O_NONBLOCK: a named pipe must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return mnet_error_set(error, MNET_ERROR_IO, "%s", strerror(errno));
    MnetStatus status = read_descriptor(file, fd, error);
    close(fd);
    if (status)
        mnet_file_clear(file);
    return status;
}

void mnet_file_clear(MnetFile *file)
{
    mnet_free(file->data);
    *file = (MnetFile){ NULL, 0 };
}
