/* SPDX-License-Identifier: MIT
 *
 * The command line of the `mnet` program: one table of options, from which it
 * is read, checked and explained. */
#include "tool.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ALL_COMMANDS (TOOL_INFO | TOOL_RUN | TOOL_BENCH)
#define MAX_THREADS 64
#define MAX_RUNS 1000000
#define MAX_TOP 100000
#define MAX_INPUT_SIZE 16384

typedef enum {
    OPTION_FILES, /* ToolFiles: may stand more than once */
    OPTION_CHANNELS,
    OPTION_CHOICE, /* unsigned: 1 for the first word of `value`, and so on */
    OPTION_FLAG,
    OPTION_NUMBER,
    OPTION_SHARE, /* 0 to 1 */
    OPTION_SIZE,
    OPTION_STRING
} OptionType;

typedef struct {
    const char *name;
    const char *value; /* what stands for its value in the help; NULL for flags */
    OptionType type;
    unsigned commands; /* those that take it */
    size_t offset;     /* of the member of ToolOptions */
    unsigned min, max; /* numbers and sizes */
    const char *help;
} Option;

static const Option options_table[] = {
    { "input", "FILE", OPTION_FILES, TOOL_RUN, offsetof(ToolOptions, inputs), 0, 0,
      "raw bytes of an input tensor; once per input, in order" },
    { "output", "FILE", OPTION_FILES, TOOL_RUN, offsetof(ToolOptions, outputs), 0, 0,
      "where an output tensor's raw bytes go; once per output, in order" },
    { "image", "FILE.ppm", OPTION_STRING, TOOL_RUN, offsetof(ToolOptions, image), 0, 0,
      "classify a picture, or find what is in it: binary PPM (P6), stretched to the input" },
    { "labels", "FILE", OPTION_STRING, TOOL_RUN, offsetof(ToolOptions, labels), 0, 0,
      "names of the classes, one a line (default: the model's own)" },
    { "top", "K", OPTION_NUMBER, TOOL_RUN, offsetof(ToolOptions, top), 1, MAX_TOP,
      "how many classes (default 5) or detections (default 20) to print" },
    { "score-threshold", "P", OPTION_SHARE, TOOL_RUN, offsetof(ToolOptions, score_threshold), 0, 1,
      "of a detector: least score of a detection (default 0.5)" },
    { "iou-threshold", "P", OPTION_SHARE, TOOL_RUN, offsetof(ToolOptions, iou_threshold), 0, 1,
      "of a detector: overlap above which the better box alone stays" },
    { "anchors-file", "FILE", OPTION_STRING, TOOL_RUN, offsetof(ToolOptions, anchors), 0, 0,
      "of a detector: what its boxes are relative to" },
    { "box-format", "codes|corners-xy|corners-yx", OPTION_CHOICE, TOOL_RUN,
      offsetof(ToolOptions, box_format), 0, 0, "of a detector that does not tell" },
    { "score-format", "probabilities|sigmoid|softmax", OPTION_CHOICE, TOOL_RUN,
      offsetof(ToolOptions, score_format), 0, 0, "likewise" },
    { "background-class", "none|first", OPTION_CHOICE, TOOL_RUN, offsetof(ToolOptions, background),
      0, 0, "likewise" },
    { "mean", "A[,B,C]", OPTION_CHANNELS, TOOL_RUN, offsetof(ToolOptions, mean), 0, 0,
      "with --std: input = (byte - mean) / std, for red, green, blue" },
    { "std", "A[,B,C]", OPTION_CHANNELS, TOOL_RUN, offsetof(ToolOptions, std), 0, 0,
      "with --mean (default of both: what the model says)" },
    { "input-size", "WxH|N", OPTION_SIZE, ALL_COMMANDS, offsetof(ToolOptions, input_size), 1,
      MAX_INPUT_SIZE, "run a classifier at another input size; N: N x N" },
    { "threads", "N", OPTION_NUMBER, TOOL_RUN | TOOL_BENCH, offsetof(ToolOptions, threads), 0,
      MAX_THREADS, "threads that compute, 1 to 64; 0: every one there is (default 1)" },
    { "runs", "N", OPTION_NUMBER, TOOL_BENCH, offsetof(ToolOptions, runs), 1, MAX_RUNS,
      "runs that are measured (default 50)" },
    { "warmup", "N", OPTION_NUMBER, TOOL_BENCH, offsetof(ToolOptions, warmup), 0, MAX_RUNS,
      "runs before them (default 5)" },
    { "per-op", NULL, OPTION_FLAG, TOOL_BENCH, offsetof(ToolOptions, per_op), 0, 0,
      "time, work, share of the core's peak and bytes of each operator" },
    { "compare", "FILE", OPTION_STRING, TOOL_BENCH, offsetof(ToolOptions, compare), 0, 0,
      "ratios to an earlier bench --json of the same model" },
    { "cpu", "NAME", OPTION_STRING, ALL_COMMANDS, offsetof(ToolOptions, cpu), 0, 0,
      "kernel set (default: $MNET_CPU, else the best one)" },
    { "json", NULL, OPTION_FLAG, ALL_COMMANDS, offsetof(ToolOptions, json), 0, 0,
      "print one JSON object" },
};
#define N_OPTIONS (sizeof options_table / sizeof options_table[0])

static const struct {
    const char *name;
    ToolCommand command;
} commands_table[] = { { "info", TOOL_INFO }, { "run", TOOL_RUN }, { "bench", TOOL_BENCH } };
#define N_COMMANDS (sizeof commands_table / sizeof commands_table[0])

/* Long ones have a line for what they do. */
static void print_option(FILE *file, const Option *option)
{
    int used = fprintf(file, "  --%-10s %-9s", option->name, option->value ? option->value : "");
    fprintf(file, used > 23 ? "\n%24s%s\n" : "%s %s\n", "", option->help);
}

static void print_help(FILE *file)
{
    fputs("usage: mnet info  MODEL\n"
          "       mnet run   MODEL --input FILE... --output FILE...\n"
          "       mnet run   MODEL --image FILE.ppm [--labels FILE] [--top K] [--mean A,B,C --std "
          "A,B,C]\n"
          "                  [--score-threshold P] [--iou-threshold P] [--anchors-file FILE]\n"
          "       mnet bench MODEL [--runs N] [--warmup N] [--per-op] [--compare FILE]\n"
          "       mnet --help | --version\n\n"
          "Shows, runs or measures a network (.tflite file).\n\n",
          file);
    for (size_t i = 0; i < N_OPTIONS; i++)
        print_option(file, &options_table[i]);
    fputs("\nKernel sets here:", file);
    for (const char *const *name = mnet_cpu_names(); *name; name++)
        fprintf(file, " %s", *name);
    fputs("\nExit status: 0, 1 for an error, 2 for a wrong command line.\n", file);
}

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

static bool read_number(const Option *option, const char *text, unsigned *number, int *status)
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

static bool read_channels(const Option *option, const char *text, ToolChannels *channels,
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
static bool read_size(const Option *option, const char *text, ToolSize *size, int *status)
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

static bool read_share(const Option *option, const char *text, ToolShare *share, int *status)
{
    char *end;
    share->value = strtof(text, &end);
    share->given = true;
    if (end == text || *end || !(share->value >= 0 && share->value <= 1))
        return usage_error(status, "--%s is \"%s\", but must be a number from 0 to 1", option->name,
                           text);
    return true;
}

static bool read_choice(const Option *option, const char *text, unsigned *choice, int *status)
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

static bool read_value(const Option *option, const char *text, ToolOptions *options, int *status)
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
    case OPTION_SHARE:
        return read_share(option, text, member, status);
    case OPTION_SIZE:
        return read_size(option, text, member, status);
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
    const Option *option = NULL;
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strlen(options_table[i].name) == length &&
            strncmp(options_table[i].name, name, length) == 0)
            option = &options_table[i];
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
    return read_value(option, value, options, status);
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
    if (!o->model)
        return usage_error(status, "no model is named");
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
static bool read_command(int argc, char **argv, ToolOptions *options, int *status)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    *status = TOOL_OK;
    if (!name) {
        print_help(stderr);
        *status = TOOL_USAGE;
        return false;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return false;
    }
    if (strcmp(name, "--version") == 0) {
        printf("mnet %s\n", mnet_version());
        return false;
    }
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(name, commands_table[i].name) == 0) {
            options->command = commands_table[i].command;
            return true;
        }
    }
    return usage_error(status, "unknown command %s", name);
}

bool tool_parse(int argc, char **argv, ToolOptions *options, int *status)
{
    *options = (ToolOptions){ .threads = 1, .runs = 50, .warmup = 5 };
    if (!read_command(argc, argv, options, status))
        return false;
    bool words_only = false;
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
        } else if (!words_only && strcmp(word, "--help") == 0) {
            print_help(stdout);
            return false;
        } else if (!words_only && strncmp(word, "--", 2) == 0) {
            if (!read_option(argc, argv, &i, options, status))
                return false;
        } else if (!words_only && word[0] == '-') {
            return usage_error(status, "unknown option %s", word);
        } else if (options->model) {
            return usage_error(status, "one model too many: %s", word);
        } else {
            options->model = word;
        }
    }
    options->for_detectors = first_for_detectors(options);
    return check_together(options, status);
}
