/* SPDX-License-Identifier: MIT
 *
 * Which published network a model is, told from its operators. */
#ifndef MNET_TOOL_ARCHITECTURE_H
#define MNET_TOOL_ARCHITECTURE_H

#include "tool.h"

typedef struct {
    const char *family; /* "MobileNet V2"; NULL: none that is known */
    double width;       /* multiplier of the channels, 0 where there is none */
    int32_t input_width, input_height;
    const char *role; /* "classifier", "feature extractor" or "backbone" */
} ToolArchitecture;

/* Claims a family only when every depthwise block has the kernel and the
 * channels that this family has at one width. */
ToolArchitecture tool_architecture(const MnetSession *session);

#endif
