/* SPDX-License-Identifier: MIT
 *
 * Pools and teams: how many threads are started, the affinity mask, every tile
 * computed once and no job before the one that it follows, processors left to
 * others. */
#include <dirent.h>
#include <mnet/mnet.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"
#include "pool.h"
#include "team.h"

#define JOBS 40
#define MAX_TILES 32
#define MAX_WORKERS 4

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        n += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return n;
}

/* A thread that was joined may stay listed for a moment. */
static int settle_threads(int wanted)
{
    for (int i = 0; i < 1000 && count_threads() > wanted; i++)
        usleep(1000);
    return count_threads();
}

static void check_threads(void)
{
    /* Sanitizers start a thread with the first one. */
    mnet_pool_unref(mnet_pool_new(2, NULL));
    usleep(10000);
    int before = count_threads();
    EXPECT(before > 0, "no /proc/self/task");
    for (int threads = 1; threads <= 4; threads++) {
        MnetPool *pool = mnet_pool_new((unsigned)threads, NULL);
        int started = settle_threads(before + threads - 1) - before;
        EXPECT(started == threads - 1, "%d threads asked for, %d started", threads, started);
        EXPECT(mnet_pool_threads(pool) == (unsigned)threads, "%u threads, not %d",
               mnet_pool_threads(pool), threads);
        mnet_pool_unref(pool);
        EXPECT(settle_threads(before) == before, "%d threads stay", count_threads() - before);
    }
}

/* A pool of as many threads as the process may use. */
static unsigned default_threads(const cpu_set_t *mask)
{
    if (sched_setaffinity(0, sizeof *mask, mask))
        return 0;
    MnetPool *pool = mnet_pool_new(0, NULL);
    unsigned threads = mnet_pool_threads(pool);
    mnet_pool_unref(pool);
    return threads;
}

static void check_affinity(void)
{
    cpu_set_t all, one;
    if (sched_getaffinity(0, sizeof all, &all))
        exit(1);
    int processors = CPU_COUNT(&all), first = 0;
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    EXPECT(default_threads(&one) == 1, "more than one thread on one processor");
    EXPECT(default_threads(&all) == (unsigned)(processors < 64 ? processors : 64),
           "%u threads on %d processors", default_threads(&all), processors);
}

typedef struct {
    MnetTeam team;
    uint32_t tiles[JOBS];
    atomic_uint times[JOBS][MAX_TILES]; /* that each tile was computed */
    atomic_uint early;                  /* tiles before their job could begin */
    atomic_uint ends;                   /* jobs that somebody ended */
} Race;

static void compute(Race *race, size_t job, uint32_t tile)
{
    for (uint32_t i = 0; job && i < race->tiles[job - 1]; i++)
        race->early += race->times[job - 1][i] != 1;
    race->times[job][tile]++;
}

static void work(void *user, size_t worker)
{
    Race *race = user;
    for (size_t job = 0; job < JOBS; job++) {
        uint32_t tile, n = 0;
        for (; mnet_team_take(&race->team, job, worker, &tile); n++)
            compute(race, job, tile);
        race->ends += mnet_team_done(&race->team, job, n);
        mnet_team_wait(&race->team, job);
    }
}

typedef struct {
    Race *race;
    size_t worker;
} Runner;

static void *run(void *user)
{
    const Runner *runner = user;
    work(runner->race, runner->worker);
    return NULL;
}

/* Threads of the test's own, of which `absent` come when all is done. */
static void race_threads(Race *race, size_t workers, size_t absent)
{
    pthread_t threads[MAX_WORKERS];
    Runner runners[MAX_WORKERS];
    for (size_t i = absent; i < workers; i++) {
        runners[i] = (Runner){ race, i };
        if (pthread_create(&threads[i], NULL, run, &runners[i]))
            exit(1);
    }
    for (size_t i = absent; i < workers; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < absent; i++)
        work(race, i);
}

static void expect_race(const Race *race, size_t workers)
{
    unsigned wrong = 0;
    for (size_t job = 0; job < JOBS; job++)
        for (uint32_t i = 0; i < race->tiles[job]; i++)
            wrong += race->times[job][i] != 1;
    EXPECT(!wrong, "%zu workers: %u tiles not computed once", workers, wrong);
    EXPECT(!race->early, "%zu workers: %u tiles too early", workers, race->early);
    EXPECT(race->ends == JOBS, "%zu workers: %u of %d jobs ended", workers, race->ends, JOBS);
}

static void check_team(size_t workers, uint32_t seed)
{
    Race *race = calloc(1, sizeof *race);
    MnetPool *pool = mnet_pool_new((unsigned)workers, NULL);
    MnetStore store = { NULL, 0, 0 };
    if (!race || !pool)
        exit(1);
    for (size_t job = 0; job < JOBS; job++) {
        seed = seed * 1664525u + 1013904223u;
        race->tiles[job] = 1 + (seed >> 16) % MAX_TILES;
    }
    if (mnet_team_init(&race->team, JOBS, race->tiles, workers, &store, NULL))
        exit(1);
    for (size_t way = 0; way <= workers; way++) {
        memset(race->times, 0, sizeof race->times);
        race->early = race->ends = 0;
        mnet_team_reset(&race->team);
        if (way < workers)
            race_threads(race, workers, way);
        else
            mnet_pool_run(pool, work, race);
        expect_race(race, workers);
    }
    mnet_store_clear(&store);
    mnet_pool_unref(pool);
    free(race);
}

static uint64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void nothing(void *user, size_t worker)
{
    (void)user;
    (void)worker;
}

/* Between runs that are as far apart as frames, workers sleep: those that look
 * would take the whole time of a processor each.  Half of one is for machines that
 * are emulated. */
static void check_idle(void)
{
    MnetPool *pool = mnet_pool_new(MAX_WORKERS, NULL);
    mnet_pool_run(pool, nothing, NULL);
    usleep(300000);
    uint64_t before = processor_ns();
    for (int i = 0; i < 10; i++) {
        mnet_pool_run(pool, nothing, NULL);
        usleep(20000);
    }
    uint64_t spent = processor_ns() - before;
    EXPECT(spent < 100000000, "10 empty runs in 200 ms: %.1f ms of processor time",
           (double)spent / 1e6);
    mnet_pool_unref(pool);
}

static void *wait_for_other(void *user)
{
    mnet_team_wait(user, 0);
    return NULL;
}

/* Who waits long for another one's tile sleeps, too: that one may lack just this
 * processor, which a thread of a higher priority does not give up by offering it.  Who
 * looks without sleep takes all 500 ms; the 8192 looks before it are a fifth of that
 * on an emulated machine with sanitizers. */
static void check_waiting(void)
{
    const uint32_t tiles = 1;
    MnetTeam team;
    MnetStore store = { NULL, 0, 0 };
    pthread_t waiter;
    clockid_t clock;
    struct timespec spent;
    uint32_t tile;
    if (mnet_team_init(&team, 1, &tiles, 2, &store, NULL))
        exit(1);
    mnet_team_reset(&team);
    if (!mnet_team_take(&team, 0, 0, &tile) || pthread_create(&waiter, NULL, wait_for_other, &team))
        exit(1);
    usleep(500000);
    pthread_getcpuclockid(waiter, &clock);
    clock_gettime(clock, &spent);
    EXPECT(!spent.tv_sec && spent.tv_nsec < 250000000, "500 ms of waiting: %.1f ms of a processor",
           (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6);
    mnet_team_done(&team, 0, 1);
    pthread_join(waiter, NULL);
    mnet_store_clear(&store);
}

int main(void)
{
    check_threads();
    check_affinity();
    check_idle();
    check_waiting();
    for (uint32_t i = 0; i < 20; i++)
        check_team(1 + i % MAX_WORKERS, i);
    return expect_report("pool");
}
