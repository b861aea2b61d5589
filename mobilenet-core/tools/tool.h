/* SPDX-License-Identifier: MIT
 *
 * What the files of the `mnet` program share: its options, exit codes and
 * the reading and printing that every command needs. */
#ifndef MNET_TOOL_H
#define MNET_TOOL_H

#include <mnet/mnet.h>

#include <stdio.h>

#include "train/build.h"

enum { TOOL_OK = 0, TOOL_ERROR = 1, TOOL_USAGE = 2 };

typedef enum {
    TOOL_INFO = 1,
    TOOL_RUN = 2,
    TOOL_BENCH = 4,
    TOOL_NEW = 8,
    TOOL_QUANTIZE = 16,
    TOOL_TRAIN = 32,
    TOOL_MIRROR = 64
} ToolCommand;

/* Most --input or --output options, and channels of --mean and --std. */
#define TOOL_MAX_FILES 64
#define TOOL_MAX_CHANNELS 3

typedef struct {
    const char *files[TOOL_MAX_FILES];
    size_t n;
} ToolFiles;

typedef struct {
    float values[TOOL_MAX_CHANNELS];
    size_t n; /* 0: not given; 1: the same for all channels; 3: one a channel */
} ToolChannels;

/* In pixels; 0: not given. */
typedef struct {
    unsigned width, height;
} ToolSize;

typedef struct {
    float value; /* 0 where not given */
    bool given;
} ToolShare;

/* Of `mnet train`; choices are 0 where not given, else 1 for the first word. */
typedef struct {
    unsigned arch, optimizer, schedule, freeze;
    const char *from, *checkpoint, *curve, *teacher;
    bool resume, imprint, no_nesterov, no_flip, reflect;
    unsigned epochs, batch, shift, cutout, step_every, most_mib;
    double rate, momentum, square_decay, matrix_share, weight_decay, average, warm_up, step_factor;
    double smoothing, colour, mixup, cutmix, temperature, alpha, test_share, dropout;
} ToolTraining;

/* Options of the program, at most. */
#define TOOL_MAX_OPTIONS 80

/* Words of a command that are no options, at most. */
#define TOOL_MAX_WORDS 2

/* The command line; strings belong to argv. */
typedef struct {
    ToolCommand command;
    const char *words[TOOL_MAX_WORDS];
    size_t n_words;
    const char *model; /* words[0] */
    const char *cpu;
    unsigned precision; /* 0: not given; 1 more than MnetPrecision */
    bool json;
    bool per_op;
    const char *compare;
    unsigned threads; /* 0: as many as the process may use */
    unsigned runs;
    unsigned warmup;
    unsigned top; /* 0: not given */
    ToolFiles inputs;
    ToolFiles outputs;
    const char *image;
    const char *labels;
    ToolChannels mean;
    ToolChannels std;
    ToolSize input_size;
    ToolShare score_threshold, iou_threshold;
    const char *anchors;
    /* 0: not given; else as MnetBoxFormat, MnetScoreFormat and MnetBackground. */
    unsigned box_format, score_format, background;
    /* Of a new network; numbers are 0 where not given. */
    double width; /* 1 where not given */
    unsigned resolution, classes, stem_stride, last_channels, seed;
    int32_t strides[MNET_NET_STRIDES];
    bool minimalistic;
    ToolTraining training;
    /* Of quantisation. */
    const char *images;
    unsigned calibration; /* pictures; 0: not given */
    unsigned input_type;  /* 0: not given, 1: uint8, 2: int8 */
    double percentile;    /* 100 where not given */
    bool equalize, keep_bias;
    const char *for_detectors; /* the first option that only they take; NULL: none */
    bool given[TOOL_MAX_OPTIONS];
} ToolOptions;

/* Reads argv.  True: `options` is filled.  False: `status` is what to exit
 * with; help was printed, or what is wrong with the command line. */
bool tool_parse(int argc, char **argv, ToolOptions *options, int *status);

/* The first of these options (NULL ends them) that the command line has, or NULL. */
const char *tool_given(const ToolOptions *options, const char *const *names);

/* Prints one line "mnet: ..." on stderr, control characters replaced; returns
 * TOOL_ERROR. */
int tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A model, its session and its pool, which is NULL for one thread. */
typedef struct {
    MnetModel *model;
    MnetPool *pool;
    MnetSession *session;
    unsigned threads;
} ToolNetwork;

/* Loads the model and makes the session; prints the error.  To be closed
 * whatever is returned. */
bool tool_open(const ToolOptions *options, ToolNetwork *network);
void tool_close(ToolNetwork *network);

int tool_info(const ToolOptions *options, const ToolNetwork *network);
/* What `info` tells of a file that could not be loaded, besides the error. */
void tool_explain_refusal(const ToolOptions *options, const MnetError *error);
int tool_run_tensors(const ToolOptions *options, const ToolNetwork *network);
int tool_run_image(const ToolOptions *options, const ToolNetwork *network);
int tool_bench(const ToolOptions *options, const ToolNetwork *network);
/* The network that the options tell of; its family is for the caller to set. */
MnetNetOptions tool_net_options(const ToolOptions *options);
int tool_new(const ToolOptions *options);
int tool_train(const ToolOptions *options);
int tool_quantize(const ToolOptions *options);
int tool_mirror(const ToolOptions *options);

/* Prints text from a file for a person: what is no UTF-8 and what would steer
 * a terminal becomes "?". */
void tool_print_text(FILE *file, const char *text);

/* The code point at *text, which is moved behind it; -1 for a byte that
 * belongs to no valid UTF-8 sequence.  *text must not be at its end. */
int32_t tool_next_char(const char **text);

/* "1x224x224x3" or "scalar", "300.8 M", "3.33 MiB". */
typedef struct {
    char text[80];
} ToolText;
ToolText tool_shape(const MnetTensorInfo *info);
ToolText tool_count(uint64_t count);
ToolText tool_bytes(uint64_t bytes);
/* Its number, "" for none. */
ToolText tool_block(const MnetOperatorInfo *op);

#endif
