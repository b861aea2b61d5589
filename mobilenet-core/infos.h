/* SPDX-License-Identifier: MIT
 *
 * What callers are told of a program: inputs, outputs, operators, totals. */
#ifndef MNET_INFOS_H
#define MNET_INFOS_H

#include <mnet/model.h>

#include "program.h"

typedef struct {
    MnetTensorInfo *inputs, *outputs;
} MnetInfos;

/* Everything but `kind`, which stays MNET_OUTPUT_OTHER. */
void mnet_info_fill(const MnetProgram *program, int32_t tensor, MnetTensorInfo *info);
MnetStatus mnet_infos_make(const MnetGraph *graph, const MnetProgram *program, MnetStore *store,
                           MnetInfos *infos, MnetError *error);

/* Called before folding and after it: counts, and the differences. `file` is the
 * file's bytes: a constant outside of them was made dense when it was read. */
void mnet_info_count(const MnetGraph *graph, const uint8_t *file, size_t size, MnetFolded *before);
void mnet_info_folded(const MnetGraph *graph, MnetFolded *folded);

uint64_t mnet_info_parameters(const MnetGraph *graph, const MnetNode *node);
/* False when `index` is too large. */
bool mnet_info_operator(const MnetProgram *program, size_t index, MnetOperatorInfo *info);
/* Those that depend on the input size: macs, arena_bytes, scratch_bytes, input_bytes. */
void mnet_info_stats(const MnetProgram *program, MnetModelStats *stats);

#endif
