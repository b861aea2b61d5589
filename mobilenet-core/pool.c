/* SPDX-License-Identifier: MIT
 *
 * Worker threads of pthreadpool. */
#include "pool.h"

#include <pthread.h>
#include <pthreadpool.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#define MAX_THREADS 64

/* Workers look for the next run some ten milliseconds long before they sleep.  Where
 * runs are farther apart than this, as frames of a camera are, they would never
 * sleep: there they do at once, and to wake them takes some 50 microseconds. */
#define SOON_NS 1000000

/* So many times that this process was put off a processor in so long tell that others
 * want them: seen are 35 a second on a quiet machine and 190 beside one busy program. */
#define CROWD_SWITCHES 10
#define CROWD_LOOK_NS 100000000
#define CROWD_NS 2000000000

struct MnetPool {
    atomic_int references;
    atomic_bool taken;
    pid_t process; /* after a fork() there are no workers */
    unsigned threads;
    pthreadpool_t workers;
    /* Of whoever has the pool. */
    uint64_t ended;  /* the last run */
    uint64_t looked; /* when `switches` were counted */
    uint64_t crowded_until;
    long switches;
};

/* Processors in the affinity mask, which pthreadpool does not look at. */
unsigned mnet_pool_processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

static void *wait_for_all(void *started)
{
    pthread_mutex_lock(started);
    pthread_mutex_unlock(started);
    return NULL;
}

/* 0, or why so many threads cannot be had at once.  pthreadpool does not look, and
 * waits for ever for a thread that did not start. */
static int try_threads(unsigned n)
{
    pthread_t threads[MAX_THREADS];
    pthread_mutex_t started = PTHREAD_MUTEX_INITIALIZER;
    unsigned have = 0;
    int failure = 0;
    pthread_mutex_lock(&started);
    while (have < n && !(failure = pthread_create(&threads[have], NULL, wait_for_all, &started)))
        have++;
    pthread_mutex_unlock(&started);
    while (have)
        pthread_join(threads[--have], NULL);
    pthread_mutex_destroy(&started);
    return failure;
}

static pthreadpool_t start_workers(unsigned threads, MnetError *error)
{
    int failure = try_threads(threads - 1);
    pthreadpool_t workers = failure ? NULL : pthreadpool_create(threads);
    if (!workers)
        mnet_error_set(error, MNET_ERROR_SYSTEM,
                       "%u threads cannot be started%s%s; take fewer, or raise the limits of "
                       "processes and memory",
                       threads, failure ? ": " : "", failure ? strerror(failure) : "");
    return workers;
}

MnetPool *mnet_pool_new(unsigned threads, MnetError *error)
{
    if (!threads)
        threads = mnet_pool_processors();
    if (threads > MAX_THREADS) {
        mnet_error_set(error, MNET_ERROR_ARGUMENT,
                       "%u threads were asked for, 1 to %d are possible", threads, MAX_THREADS);
        return NULL;
    }
    MnetPool *pool = mnet_calloc(1, sizeof *pool);
    if (!pool) {
        mnet_error_memory(error, sizeof *pool);
        return NULL;
    }
    atomic_init(&pool->references, 1);
    pool->process = getpid();
    pool->threads = threads;
    pool->workers = start_workers(threads, error);
    if (!pool->workers) {
        mnet_free(pool);
        return NULL;
    }
    return pool;
}

MnetPool *mnet_pool_ref(MnetPool *pool)
{
    atomic_fetch_add(&pool->references, 1);
    return pool;
}

void mnet_pool_unref(MnetPool *pool)
{
    if (!pool || atomic_fetch_sub(&pool->references, 1) > 1)
        return;
    if (pool->process == getpid())
        pthreadpool_destroy(pool->workers);
    mnet_free(pool);
}

unsigned mnet_pool_threads(const MnetPool *pool)
{
    return pool->threads;
}

bool mnet_pool_try_acquire(MnetPool *pool)
{
    return pool->process == getpid() && !atomic_exchange(&pool->taken, true);
}

void mnet_pool_release(MnetPool *pool)
{
    atomic_store(&pool->taken, false);
}

bool mnet_pool_is_crowded(MnetPool *pool)
{
    struct rusage usage;
    uint64_t now = mnet_now_ns();
    if (now - pool->looked >= CROWD_LOOK_NS && getrusage(RUSAGE_SELF, &usage) == 0) {
        if (usage.ru_nivcsw - pool->switches >= CROWD_SWITCHES &&
            now - pool->looked < 2 * CROWD_LOOK_NS)
            pool->crowded_until = now + CROWD_NS;
        pool->switches = usage.ru_nivcsw;
        pool->looked = now;
    }
    return now < pool->crowded_until;
}

void mnet_pool_run(MnetPool *pool, void (*work)(void *user, size_t worker), void *user)
{
    uint64_t now = mnet_now_ns();
    bool soon = now - pool->ended < SOON_NS && now >= pool->crowded_until;
    pthreadpool_parallelize_1d(pool->workers, work, user, pool->threads,
                               soon ? 0 : PTHREADPOOL_FLAG_YIELD_WORKERS);
    pool->ended = mnet_now_ns();
}
