/* SPDX-License-Identifier: MIT
 *
 * Who computes which tile. */
#include "team.h"

#include <sched.h>
#include <time.h>

#include "base/cpu.h"
#include "base/error.h"

/* Looks before a waiting worker offers its processor to others: some hundred
 * microseconds, longer than a tile takes. */
#define LOOKS 4096
/* Times that it does so before it sleeps between looks: whoever it waits for has no
 * processor, and a thread of a higher priority does not give one up by offering. */
#define OFFERS 4096
#define SLEEP_NS 50000

MnetStatus mnet_team_init(MnetTeam *team, size_t jobs, const uint32_t *tiles, size_t workers,
                          MnetStore *store, MnetError *error)
{
    *team = (MnetTeam){ .jobs = jobs, .workers = workers, .tiles = tiles };
    team->done = mnet_store_calloc(store, jobs, sizeof *team->done);
    team->left = mnet_store_calloc(store, jobs, workers * sizeof *team->left);
    return team->done && team->left ? MNET_OK
                                    : mnet_error_memory(error, jobs * workers * sizeof *team->left);
}

void mnet_team_reset(MnetTeam *team)
{
    for (size_t job = 0; job < team->jobs; job++) {
        uint64_t tiles = team->tiles[job];
        atomic_store_explicit(&team->done[job], 0, memory_order_relaxed);
        for (size_t i = 0; i < team->workers; i++)
            atomic_store_explicit(&team->left[job * team->workers + i],
                                  tiles * i / team->workers << 32 | tiles * (i + 1) / team->workers,
                                  memory_order_relaxed);
    }
}

/* The first tile of a share, or the last one. */
static bool take(_Atomic uint64_t *share, bool last, uint32_t *tile)
{
    uint64_t left = atomic_load_explicit(share, memory_order_relaxed), then;
    do {
        uint32_t next = (uint32_t)(left >> 32), end = (uint32_t)left;
        if (next >= end)
            return false;
        *tile = last ? end - 1 : next;
        then = last ? left - 1 : left + (UINT64_C(1) << 32);
    } while (!atomic_compare_exchange_weak_explicit(share, &left, then, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

bool mnet_team_take(MnetTeam *team, size_t job, size_t worker, uint32_t *tile)
{
    _Atomic uint64_t *shares = team->left + job * team->workers;
    if (take(&shares[worker], false, tile))
        return true;
    for (size_t i = 1; i < team->workers; i++)
        if (take(&shares[(worker + i) % team->workers], true, tile))
            return true;
    return false;
}

bool mnet_team_done(MnetTeam *team, size_t job, uint32_t tiles)
{
    return tiles &&
           atomic_fetch_add_explicit(&team->done[job], tiles, memory_order_acq_rel) + tiles ==
               team->tiles[job];
}

/* Between one look and the next. */
static void pass_time(unsigned looks)
{
    if (looks < LOOKS)
        mnet_cpu_relax();
    else if (looks < LOOKS + OFFERS)
        sched_yield();
    else
        nanosleep(&(struct timespec){ .tv_nsec = SLEEP_NS }, NULL);
}

void mnet_team_wait(MnetTeam *team, size_t job)
{
    unsigned all = team->tiles[job];
    for (unsigned i = 0; atomic_load_explicit(&team->done[job], memory_order_acquire) != all;
         i += i < LOOKS + OFFERS)
        pass_time(i);
}
