/* SPDX-License-Identifier: MIT
 *
 * Reads and checks the command line of the `mnet` program. */
#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool usage_error(int *status, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool usage_error(int *status, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tool_error("%s (mnet --help shows what is possible)", line);
    *status = TOOL_USAGE;
    return false;
}

static bool read_number(const ToolOption *option, const char *text, unsigned *number, int *status)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < option->min ||
        value > option->max)
        return usage_error(status, "--%s is \"%s\", but must be a number from %u to %u",
                           option->name, text, option->min, option->max);
    *number = (unsigned)value;
    return true;
}

static bool read_channels(const ToolOption *option, const char *text, ToolChannels *channels,
                          int *status)
{
    const char *at = text;
    for (channels->n = 0; channels->n < TOOL_MAX_CHANNELS;) {
        char *end;
        float value = strtof(at, &end);
        if (end == at || !isfinite(value))
            break;
        channels->values[channels->n++] = value;
        if (!*end && channels->n != 2)
            return true;
        if (*end != ',')
            break;
        at = end + 1;
    }
    return usage_error(status, "--%s is \"%s\", but must be one number or three with commas",
                       option->name, text);
}

/* "WxH", or "N" for both. */
static bool read_size(const ToolOption *option, const char *text, ToolSize *size, int *status)
{
    char *end;
    errno = 0;
    unsigned long width = text[0] < '0' || text[0] > '9' ? 0 : strtoul(text, &end, 10);
    unsigned long height = width;
    if (width && *end == 'x' && end[1] >= '0' && end[1] <= '9')
        height = strtoul(end + 1, &end, 10);
    if (!width || *end || errno || width > option->max || height < option->min ||
        height > option->max)
        return usage_error(status, "--%s is \"%s\", but must be WxH or N, pixels from %u to %u",
                           option->name, text, option->min, option->max);
    *size = (ToolSize){ (unsigned)width, (unsigned)height };
    return true;
}

static bool read_real(const ToolOption *option, const char *text, double *real, int *status)
{
    char *end;
    *real = strtod(text, &end);
    if (end == text || *end || !(*real >= option->min && *real <= option->max))
        return usage_error(status, "--%s is \"%s\", but must be a number from %u to %u",
                           option->name, text, option->min, option->max);
    return true;
}

static bool read_share(const ToolOption *option, const char *text, ToolShare *share, int *status)
{
    char *end;
    share->value = strtof(text, &end);
    share->given = true;
    if (end == text || *end || !(share->value >= 0 && share->value <= 1))
        return usage_error(status, "--%s is \"%s\", but must be a number from 0 to 1", option->name,
                           text);
    return true;
}

static bool read_choice(const ToolOption *option, const char *text, unsigned *choice, int *status)
{
    const char *word = option->value;
    for (unsigned i = 1;; i++) {
        size_t length = strcspn(word, "|");
        if (strlen(text) == length && strncmp(word, text, length) == 0) {
            *choice = i;
            return true;
        }
        if (!word[length])
            return usage_error(status, "--%s is \"%s\", but must be one of %s", option->name, text,
                               option->value);
        word += length + 1;
    }
}

static bool read_strides(const ToolOption *option, const char *text, int32_t *strides, int *status)
{
    bool right = strlen(text) == 2 * MNET_NET_STRIDES - 1;
    for (size_t i = 0; right && i < MNET_NET_STRIDES; i++) {
        strides[i] = text[2 * i] - '0';
        right = (text[2 * i] == '1' || text[2 * i] == '2') &&
                (i + 1 == MNET_NET_STRIDES || text[2 * i + 1] == ',');
    }
    return right || usage_error(status, "--%s is \"%s\", but must be %s, each 1 or 2", option->name,
                                text, option->value);
}

static bool read_value(const ToolOption *option, const char *text, ToolOptions *options,
                       int *status)
{
    void *member = (char *)options + option->offset;
    ToolFiles *files = member;
    switch (option->type) {
    case OPTION_FILES:
        if (files->n == TOOL_MAX_FILES)
            return usage_error(status, "--%s stands more than %d times", option->name,
                               TOOL_MAX_FILES);
        files->files[files->n++] = text;
        return true;
    case OPTION_CHANNELS:
        return read_channels(option, text, member, status);
    case OPTION_CHOICE:
        return read_choice(option, text, member, status);
    case OPTION_FLAG:
        *(bool *)member = true;
        return true;
    case OPTION_NUMBER:
        return read_number(option, text, member, status);
    case OPTION_REAL:
        return read_real(option, text, member, status);
    case OPTION_SHARE:
        return read_share(option, text, member, status);
    case OPTION_SIZE:
        return read_size(option, text, member, status);
    case OPTION_STRIDES:
        return read_strides(option, text, member, status);
    case OPTION_STRING:
        *(const char **)member = text;
        return true;
    }
    return true;
}

/* The option at argv[*at], "--name VALUE" or "--name=VALUE"; *at is moved to
 * its last word. */
static bool read_option(int argc, char **argv, int *at, ToolOptions *options, int *status)
{
    const char *name = argv[*at] + 2;
    size_t length = strcspn(name, "=");
    const ToolOption *option = NULL;
    for (size_t i = 0; i < tool_n_options; i++)
        if (strlen(tool_options[i].name) == length &&
            strncmp(tool_options[i].name, name, length) == 0)
            option = &tool_options[i];
    if (!option)
        return usage_error(status, "unknown option %s", argv[*at]);
    if (!(option->commands & options->command))
        return usage_error(status, "--%s does not go with this command", option->name);
    const char *value = name[length] ? name + length + 1 : NULL;
    if (option->type == OPTION_FLAG && value)
        return usage_error(status, "--%s takes no value", option->name);
    if (option->type != OPTION_FLAG && !value) {
        if (*at + 1 == argc)
            return usage_error(status, "--%s needs a value: %s", option->name, option->value);
        value = argv[++*at];
    }
    options->given[option - tool_options] = true;
    return read_value(option, value, options, status);
}

const char *tool_given(const ToolOptions *options, const char *const *names)
{
    for (; *names; names++)
        for (size_t i = 0; i < tool_n_options; i++)
            if (options->given[i] && strcmp(tool_options[i].name, *names) == 0)
                return *names;
    return NULL;
}

static const char *first_for_detectors(const ToolOptions *o)
{
    return o->score_threshold.given ? "score-threshold"
           : o->iou_threshold.given ? "iou-threshold"
           : o->anchors             ? "anchors-file"
           : o->box_format          ? "box-format"
           : o->score_format        ? "score-format"
           : o->background          ? "background-class"
                                    : NULL;
}

/* What no single option can tell. */
static bool check_together(const ToolOptions *o, int *status)
{
    if (o->command == TOOL_QUANTIZE && !o->images)
        return usage_error(status, "quantize needs --images");
    if (o->command != TOOL_RUN)
        return true;
    if (o->image && (o->inputs.n || o->outputs.n))
        return usage_error(status, "--image does not go with --input and --output");
    if (!o->image && (o->labels || o->top || o->mean.n || o->std.n))
        return usage_error(status, "--labels, --top, --mean and --std need --image");
    if (!o->image && o->for_detectors)
        return usage_error(status, "--%s needs --image", o->for_detectors);
    if (!o->image && (!o->inputs.n || !o->outputs.n))
        return usage_error(status, "run needs --input and --output, or --image");
    if (!o->mean.n != !o->std.n)
        return usage_error(status, "--mean and --std need each other");
    for (size_t i = 0; i < o->std.n; i++)
        if (o->std.values[i] == 0)
            return usage_error(status, "--std must not be 0");
    return true;
}

/* "help" or the command's name at argv[1]. */
static bool read_command(int argc, char **argv, ToolOptions *options,
                         const ToolCommandName **command, int *status)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    *status = TOOL_OK;
    if (!name) {
        tool_print_help(stderr);
        *status = TOOL_USAGE;
        return false;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        tool_print_help(stdout);
        return false;
    }
    if (strcmp(name, "--version") == 0) {
        printf("mnet %s\n", mnet_version());
        return false;
    }
    for (size_t i = 0; i < tool_n_commands; i++) {
        if (strcmp(name, tool_commands[i].name) == 0) {
            options->command = tool_commands[i].command;
            *command = &tool_commands[i];
            return true;
        }
    }
    return usage_error(status, "unknown command %s", name);
}

bool tool_parse(int argc, char **argv, ToolOptions *options, int *status)
{
    *options = (ToolOptions){ .threads = 1,
                              .runs = 50,
                              .warmup = 5,
                              .width = 1,
                              .percentile = 100,
                              .training = tool_training_defaults };
    const ToolCommandName *command = NULL;
    if (!read_command(argc, argv, options, &command, status))
        return false;
    bool words_only = false;
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
        } else if (!words_only && strcmp(word, "--help") == 0) {
            tool_print_help(stdout);
            return false;
        } else if (!words_only && strncmp(word, "--", 2) == 0) {
            if (!read_option(argc, argv, &i, options, status))
                return false;
        } else if (!words_only && word[0] == '-') {
            return usage_error(status, "unknown option %s", word);
        } else if (options->n_words == TOOL_MAX_WORDS || !command->words[options->n_words]) {
            return usage_error(status, "one %s too many: %s", command->words[options->n_words - 1],
                               word);
        } else {
            options->words[options->n_words++] = word;
        }
    }
    if (options->n_words < TOOL_MAX_WORDS && command->words[options->n_words])
        return usage_error(status, "no %s is named", command->words[options->n_words]);
    options->model = options->words[0];
    options->for_detectors = first_for_detectors(options);
    return check_together(options, status);
}
