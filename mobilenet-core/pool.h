/* SPDX-License-Identifier: MIT
 *
 * Sharing work among the threads of a pool, or not. */
#ifndef MNET_POOL_H
#define MNET_POOL_H

#include <mnet/session.h>

/* True when the pool was free and is now the caller's, to be given back by
 * mnet_pool_release(); false at once when another run has it. */
bool mnet_pool_try_acquire(MnetPool *pool);
void mnet_pool_release(MnetPool *pool);

/* Calls work(user, worker) for every worker below mnet_pool_threads(), each once,
 * and returns when all are back.  They run at the same time if they can, else one
 * after the other.  The pool is the caller's. */
void mnet_pool_run(MnetPool *pool, void (*work)(void *user, size_t worker), void *user);

/* Whether other programs want the processors that the pool's threads are on: workers that
 * look on take them from the one that is waited for.  For a while after it was true
 * workers sleep between runs.  The pool is the caller's. */
bool mnet_pool_is_crowded(MnetPool *pool);

#endif
