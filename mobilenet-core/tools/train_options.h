/* SPDX-License-Identifier: MIT
 *
 * What options of `mnet train` mean together. */
#ifndef MNET_TOOL_TRAIN_OPTIONS_H
#define MNET_TOOL_TRAIN_OPTIONS_H

#include "tool.h"

/* False: an option would do nothing or cannot be done, or a file that is to be written
 * cannot be; it is told, `status` is what to exit with. */
bool train_options_check(const ToolOptions *options, int *status);

#endif
