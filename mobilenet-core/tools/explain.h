/* SPDX-License-Identifier: MIT
 *
 * What `mnet info` tells beyond the tables: folding, memory, plain C. */
#ifndef MNET_TOOL_EXPLAIN_H
#define MNET_TOOL_EXPLAIN_H

#include "json.h"

void tool_explain(const ToolNetwork *network, const MnetModelStats *stats);
/* The members "architecture", "folded", "memory" and "plain_c". */
void tool_explain_json(Json *json, const ToolNetwork *network, const MnetModelStats *stats);

#endif
