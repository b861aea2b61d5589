/* SPDX-License-Identifier: MIT
 *
 * Who computes which tile: the workers of one run go through its jobs together.
 * A worker begins with a share of neighbouring tiles, the same share of every
 * job, so that it finds much of what it reads in its own cache; then it takes
 * from the ends of the others' shares.  A job begins when the one before is
 * done.  Nobody waits for a worker that has not come: the others compute its
 * share, and it joins them at the job that they have reached. */
#ifndef MNET_TEAM_H
#define MNET_TEAM_H

#include <mnet/common.h>
#include <stdatomic.h>

#include "base/memory.h"

typedef struct {
    size_t jobs, workers;
    const uint32_t *tiles;  /* of each job */
    atomic_uint *done;      /* tiles of each job */
    _Atomic uint64_t *left; /* [job][worker]: next << 32 | end of its share */
} MnetTeam;

/* Memory comes from `store`; `tiles` outlives the team. */
MnetStatus mnet_team_init(MnetTeam *team, size_t jobs, const uint32_t *tiles, size_t workers,
                          MnetStore *store, MnetError *error);
/* Before each run, while nobody works. */
void mnet_team_reset(MnetTeam *team);

/* False when no tile of the job is left. */
bool mnet_team_take(MnetTeam *team, size_t job, size_t worker, uint32_t *tile);
/* `tiles` that were taken have been computed: true for who ends the job. */
bool mnet_team_done(MnetTeam *team, size_t job, uint32_t tiles);
/* Until the job is done. */
void mnet_team_wait(MnetTeam *team, size_t job);

#endif
