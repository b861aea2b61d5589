/* SPDX-License-Identifier: MIT
 *
 * Sharing work among the threads of a pool, or not. */
#ifndef MNET_POOL_H
#define MNET_POOL_H

#include <mnet/session.h>

/* Computes one part; `worker` is below the number of workers and belongs to
 * one thread while the part is computed. */
typedef void (*MnetPoolTask)(void *user, size_t part, size_t worker);

/* True when the pool was free and is now the caller's, to be given back by
 * mnet_pool_release(); false at once when another run has it. */
bool mnet_pool_try_acquire(MnetPool *pool);
void mnet_pool_release(MnetPool *pool);

/* Computes parts 0 to n - 1, each once, and returns when all are done.  The
 * pool is the caller's. */
void mnet_pool_run(MnetPool *pool, MnetPoolTask task, void *user, size_t n);

#endif
