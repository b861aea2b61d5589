/* SPDX-License-Identifier: MIT
 *
 * What callers are told of a program's inputs and outputs. */
#ifndef MNET_INFOS_H
#define MNET_INFOS_H

#include "program.h"

typedef struct {
    MnetTensorInfo *inputs, *outputs;
} MnetInfos;

/* Everything but `kind`, which stays MNET_OUTPUT_OTHER. */
void mnet_info_fill(const MnetProgram *program, int32_t tensor, MnetTensorInfo *info);
MnetStatus mnet_infos_make(const MnetGraph *graph, const MnetProgram *program, MnetStore *store,
                           MnetInfos *infos, MnetError *error);

#endif
