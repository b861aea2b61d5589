/* SPDX-License-Identifier: MIT
 *
 * Inside a model, for the session. */
#ifndef MNET_MODEL_PRIVATE_H
#define MNET_MODEL_PRIVATE_H

#include <mnet/model.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "format/metadata.h"
#include "infos.h"
#include "program.h"

struct MnetModel {
    atomic_int references;
    MnetFile file;   /* empty when the bytes are the caller's */
    MnetStore store; /* everything below */
    const MnetKernels *kernels;
    MnetGraph graph;
    MnetProgram program;
    size_t max_arena;
    MnetFusing fusing;
    bool float16; /* layers compute in float16 */
    MnetInfos infos;
    MnetState *states;
    size_t n_states;
    MnetMetadata *metadata;
    MnetLabels **labels; /* of each output, NULL: none */
    MnetModelStats stats;
    MnetFolded folded;
};

/* Fills states; the infos have been made. */
MnetStatus mnet_model_find_states(MnetModel *model, MnetError *error);

#endif
