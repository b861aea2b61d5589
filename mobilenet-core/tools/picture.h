/* SPDX-License-Identifier: MIT
 *
 * What the kinds of networks that look at a picture share. */
#ifndef MNET_TOOL_PICTURE_H
#define MNET_TOOL_PICTURE_H

#include "json.h"
#include "ppm.h"
#include "tool.h"

/* Puts the picture, stretched, into the network's first input; prints what is
 * wrong. */
bool tool_fill_input(const ToolOptions *options, const ToolNetwork *network, const Ppm *ppm);

/* Those of --labels; prints what is wrong.  NULL with *good set: not given. */
MnetLabels *tool_load_labels(const ToolOptions *options, bool *good);

/* Model, picture, kernels and threads, and the open array of results. */
void tool_open_results(Json *json, const ToolOptions *options, const ToolNetwork *network);

/* The detections of a picture. */
int tool_detect(const ToolOptions *options, const ToolNetwork *network, const Ppm *ppm);

#endif
