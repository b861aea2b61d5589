/* SPDX-License-Identifier: MIT
 *
 * The table of the program's commands and options, which reading and help share. */
#ifndef MNET_TOOL_COMMANDS_H
#define MNET_TOOL_COMMANDS_H

#include "tool.h"

typedef enum {
    OPTION_FILES, /* ToolFiles: may stand more than once */
    OPTION_CHANNELS,
    OPTION_CHOICE, /* unsigned: 1 for the first word of `value`, and so on */
    OPTION_FLAG,
    OPTION_NUMBER,
    OPTION_REAL,  /* double, from min to max */
    OPTION_SHARE, /* 0 to 1 */
    OPTION_SIZE,
    OPTION_STRIDES, /* int32_t for each strided block, 1 or 2; 0: not given */
    OPTION_STRING
} ToolOptionType;

typedef struct {
    const char *name;
    const char *value; /* what stands for its value in the help; NULL for flags */
    ToolOptionType type;
    unsigned commands; /* those that take it */
    size_t offset;     /* of the member of ToolOptions */
    unsigned min, max; /* numbers and sizes */
    const char *help;
} ToolOption;

extern const ToolOption tool_options[];
extern const size_t tool_n_options;
/* What `mnet train` does when it is not told. */
extern const ToolTraining tool_training_defaults;

typedef struct {
    const char *name;
    ToolCommand command;
    const char *words[TOOL_MAX_WORDS]; /* what it is told without an option; NULL: no more */
} ToolCommandName;

extern const ToolCommandName tool_commands[];
extern const size_t tool_n_commands;

void tool_print_help(FILE *file);

#endif
