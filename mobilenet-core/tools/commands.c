/* SPDX-License-Identifier: MIT
 *
 * The commands and options of the `mnet` program, and what its help says of them. */
#include "commands.h"

#include <limits.h>

/* Those that load and run a network. */
#define NETWORK_COMMANDS (TOOL_INFO | TOOL_RUN | TOOL_BENCH)
#define MAX_THREADS 64
#define MAX_RUNS 1000000
#define MAX_TOP 100000
#define MAX_CLASSES 65536
#define MAX_CALIBRATION 100000
#define MAX_INPUT_SIZE 16384

const ToolOption tool_options[] = {
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
    { "input-size", "WxH|N", OPTION_SIZE, NETWORK_COMMANDS, offsetof(ToolOptions, input_size), 1,
      MAX_INPUT_SIZE, "run a classifier at another input size; N: N x N" },
    { "threads", "N", OPTION_NUMBER, TOOL_RUN | TOOL_BENCH | TOOL_TRAIN,
      offsetof(ToolOptions, threads), 0, MAX_THREADS,
      "threads that compute, 1 to 64; 0: every one there is (default 1)" },
    { "runs", "N", OPTION_NUMBER, TOOL_BENCH, offsetof(ToolOptions, runs), 1, MAX_RUNS,
      "runs that are measured (default 50)" },
    { "warmup", "N", OPTION_NUMBER, TOOL_BENCH, offsetof(ToolOptions, warmup), 0, MAX_RUNS,
      "runs before them (default 5)" },
    { "per-op", NULL, OPTION_FLAG, TOOL_BENCH, offsetof(ToolOptions, per_op), 0, 0,
      "time, work, share of the core's peak and bytes of each operator" },
    { "compare", "FILE", OPTION_STRING, TOOL_BENCH, offsetof(ToolOptions, compare), 0, 0,
      "ratios to an earlier bench --json of the same model" },
    { "width", "W", OPTION_REAL, TOOL_NEW | TOOL_TRAIN, offsetof(ToolOptions, width), 0, 4,
      "of the channels: 0.05 to 4 times the paper's (default 1)" },
    { "resolution", "N", OPTION_NUMBER, TOOL_NEW | TOOL_TRAIN, offsetof(ToolOptions, resolution),
      16, 1024, "rows and columns of the input (default 224; train: 32)" },
    { "classes", "N", OPTION_NUMBER, TOOL_NEW, offsetof(ToolOptions, classes), 1, MAX_CLASSES,
      "how many classes (default: those of --class-names, else 1001)" },
    { "class-names", "FILE", OPTION_STRING, TOOL_NEW, offsetof(ToolOptions, labels), 0, 0,
      "names of the classes, one a line, for the file's metadata" },
    { "stem-stride", "1|2", OPTION_CHOICE, TOOL_NEW | TOOL_TRAIN,
      offsetof(ToolOptions, stem_stride), 0, 0,
      "1 for small pictures: the first layer keeps their size (default 2)" },
    { "strides", "A,B,C,D", OPTION_STRIDES, TOOL_NEW | TOOL_TRAIN, offsetof(ToolOptions, strides),
      1, 2, "1 or 2 for each of the blocks that halve the map (default 2,2,2,2)" },
    { "last-channels", "N", OPTION_NUMBER, TOOL_NEW | TOOL_TRAIN,
      offsetof(ToolOptions, last_channels), 8, 4096,
      "of the layer before the classes of V2 and V3 (default: the paper's)" },
    { "minimalistic", NULL, OPTION_FLAG, TOOL_NEW | TOOL_TRAIN, offsetof(ToolOptions, minimalistic),
      0, 0, "V3 without squeeze and excite, hard swish and 5x5 kernels" },
    { "seed", "N", OPTION_NUMBER, TOOL_NEW | TOOL_TRAIN, offsetof(ToolOptions, seed), 0, UINT_MAX,
      "of the first weights: the same one gives the same file (default 0)" },
    { "arch", "v1|v2|v3-small|v3-large", OPTION_CHOICE, TOOL_TRAIN,
      offsetof(ToolOptions, training.arch), 0, 0,
      "the network that learns, from random weights (default v2)" },
    { "from", "MODEL.tflite", OPTION_STRING, TOOL_TRAIN, offsetof(ToolOptions, training.from), 0, 0,
      "a trained float network that goes on learning, with the classes of DATA" },
    { "freeze", "backbone", OPTION_CHOICE, TOOL_TRAIN, offsetof(ToolOptions, training.freeze), 0, 0,
      "with --from: only the last layer learns" },
    { "imprint", NULL, OPTION_FLAG, TOOL_TRAIN, offsetof(ToolOptions, training.imprint), 0, 0,
      "with --from: a class is the mean of what its pictures show, without learning" },
    { "epochs", "N", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.epochs), 1, 100000,
      "how often each picture is shown (default 30)" },
    { "batch", "N", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.batch), 2, 4096,
      "pictures of a step (default 64)" },
    { "rate", "R", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.rate), 0, 100,
      "of learning (default 0.1 for sgd and muon, else 0.002; with --from 0.001 and 0.0002, with "
      "--freeze 0.01)" },
    { "optimizer", "sgd|adam|rmsprop|muon", OPTION_CHOICE, TOOL_TRAIN,
      offsetof(ToolOptions, training.optimizer), 0, 0,
      "default sgd, with momentum and Nesterov's step; muon: that, and convolutions with batch "
      "normalisation that are not depthwise turn by orthogonal steps, without weight decay" },
    { "momentum", "M", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.momentum), 0, 1,
      "default 0.9" },
    { "no-nesterov", NULL, OPTION_FLAG, TOOL_TRAIN, offsetof(ToolOptions, training.no_nesterov), 0,
      0, "the plain step of momentum" },
    { "square-decay", "D", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.square_decay), 0,
      1, "of adam and rmsprop (default 0.999)" },
    { "matrix-share", "S", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.matrix_share), 0,
      100, "of muon: share of the rate by which those turn in a step (default 0.12)" },
    { "schedule", "cosine|step|constant", OPTION_CHOICE, TOOL_TRAIN,
      offsetof(ToolOptions, training.schedule), 0, 0, "of the rate (default cosine)" },
    { "step-every", "N", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.step_every), 1,
      100000, "epochs of --schedule step (default 10)" },
    { "step-factor", "F", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.step_factor), 0,
      1, "of the rate at each of them (default 0.1)" },
    { "warm-up", "E", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.warm_up), 0, 1000,
      "epochs in which the rate rises (default 2)" },
    { "weight-decay", "D", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.weight_decay), 0,
      1, "of convolutions that are not depthwise (default 0.0005)" },
    { "average", "D", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.average), 0, 1,
      "moving average of the weights, which is tested and written (default 0.999; 0: none)" },
    { "dropout", "P", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.dropout), 0, 1,
      "before the last layer (default: the network's own)" },
    { "smoothing", "S", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.smoothing), 0, 1,
      "of labels (default 0.1)" },
    { "no-flip", NULL, OPTION_FLAG, TOOL_TRAIN, offsetof(ToolOptions, training.no_flip), 0, 0,
      "pictures are not mirrored" },
    { "shift", "N", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.shift), 0, 1024,
      "crop: pictures are moved by up to so many pixels (default: an eighth)" },
    { "reflect", NULL, OPTION_FLAG, TOOL_TRAIN, offsetof(ToolOptions, training.reflect), 0, 0,
      "what a crop brings in is mirrored, not gray" },
    { "colour", "C", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.colour), 0, 1,
      "share by which brightness, contrast and saturation change (default 0.1)" },
    { "cutout", "N", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.cutout), 0, 1024,
      "side of a gray square (default 0)" },
    { "mixup", "A", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.mixup), 0, 4,
      "pictures are blended: parameter of the beta distribution (default 0)" },
    { "cutmix", "A", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.cutmix), 0, 4,
      "a rectangle is another picture's: likewise (default 0)" },
    { "test-share", "P", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.test_share), 0, 1,
      "kept for the test where DATA has no folder \"test\" (default 0.1)" },
    { "max-memory", "MIB", OPTION_NUMBER, TOOL_TRAIN, offsetof(ToolOptions, training.most_mib), 1,
      1048576, "of decoded pictures (default 4096)" },
    { "checkpoint", "FILE", OPTION_STRING, TOOL_TRAIN, offsetof(ToolOptions, training.checkpoint),
      0, 0, "written after each epoch and when interrupted; a new file, or with --resume" },
    { "resume", NULL, OPTION_FLAG, TOOL_TRAIN, offsetof(ToolOptions, training.resume), 0, 0,
      "goes on from the checkpoint, if there is one, to the same bits" },
    { "curve", "FILE.svg", OPTION_STRING, TOOL_TRAIN, offsetof(ToolOptions, training.curve), 0, 0,
      "loss and accuracy of each epoch as a picture" },
    { "teacher", "MODEL.tflite", OPTION_STRING, TOOL_TRAIN, offsetof(ToolOptions, training.teacher),
      0, 0, "a trained network of the same classes whose probabilities are learnt too" },
    { "temperature", "T", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.temperature), 0,
      100, "of these probabilities (default 4)" },
    { "alpha", "A", OPTION_REAL, TOOL_TRAIN, offsetof(ToolOptions, training.alpha), 0, 1,
      "their share of the loss (default 0.5)" },
    { "images", "FOLDER", OPTION_STRING, TOOL_QUANTIZE, offsetof(ToolOptions, images), 0, 0,
      "pictures to find ranges with; in a folder for each class: accuracy, too" },
    { "calibration", "N", OPTION_NUMBER, TOOL_QUANTIZE, offsetof(ToolOptions, calibration), 1,
      MAX_CALIBRATION, "how many of them ranges come from, spread evenly (default 200)" },
    { "percentile", "P", OPTION_REAL, TOOL_QUANTIZE, offsetof(ToolOptions, percentile), 90, 100,
      "ranges leave out what is beyond at each end (default 100: nothing)" },
    { "equalize", NULL, OPTION_FLAG, TOOL_QUANTIZE, offsetof(ToolOptions, equalize), 0, 0,
      "bring the ranges of neighbouring layers' channels together first" },
    { "no-bias-correction", NULL, OPTION_FLAG, TOOL_QUANTIZE, offsetof(ToolOptions, keep_bias), 0,
      0, "leave in what rounded weights change in the means of channels" },
    { "input-type", "uint8|int8", OPTION_CHOICE, TOOL_QUANTIZE, offsetof(ToolOptions, input_type),
      0, 0, "of input and output (default uint8)" },
    { "cpu", "NAME", OPTION_STRING, NETWORK_COMMANDS | TOOL_QUANTIZE | TOOL_TRAIN,
      offsetof(ToolOptions, cpu), 0, 0, "kernel set (default: $MNET_CPU, else the best one)" },
    { "precision", "fp32|fp16", OPTION_CHOICE, NETWORK_COMMANDS, offsetof(ToolOptions, precision),
      0, 0, "fp16: float networks in float16, where the processor can (default fp32)" },
    { "json", NULL, OPTION_FLAG, NETWORK_COMMANDS, offsetof(ToolOptions, json), 0, 0,
      "print one JSON object" },
};
_Static_assert(sizeof tool_options / sizeof *tool_options <= TOOL_MAX_OPTIONS,
               "ToolOptions.given is too small");

const ToolTraining tool_training_defaults = {
    .epochs = 30,
    .batch = 64,
    .momentum = 0.9,
    .square_decay = 0.999,
    .matrix_share = 0.12,
    .step_every = 10,
    .step_factor = 0.1,
    .warm_up = 2,
    .weight_decay = 0.0005,
    .average = 0.999,
    .dropout = -1,
    .smoothing = 0.1,
    .shift = UINT_MAX,
    .colour = 0.1,
    .test_share = 0.1,
    .temperature = 4,
    .alpha = 0.5,
};

const size_t tool_n_options = sizeof tool_options / sizeof tool_options[0];

const ToolCommandName tool_commands[] = {
    { "info", TOOL_INFO, { "model" } },
    { "run", TOOL_RUN, { "model" } },
    { "bench", TOOL_BENCH, { "model" } },
    { "new", TOOL_NEW, { "family", "output file" } },
    { "train", TOOL_TRAIN, { "folder or archive of pictures", "output file" } },
    { "quantize", TOOL_QUANTIZE, { "model", "output file" } },
    { "mirror", TOOL_MIRROR, { "model", "output file" } },
};
const size_t tool_n_commands = sizeof tool_commands / sizeof tool_commands[0];

/* Long ones have a line for what they do. */
static void print_option(FILE *file, const ToolOption *option)
{
    int used = fprintf(file, "  --%-10s %-9s", option->name, option->value ? option->value : "");
    fprintf(file, used > 23 ? "\n%24s%s\n" : "%s %s\n", "", option->help);
}

void tool_print_help(FILE *file)
{
    fputs(
        "usage: mnet info  MODEL\n"
        "       mnet run   MODEL --input FILE... --output FILE...\n"
        "       mnet run   MODEL --image FILE.ppm [--labels FILE] [--top K] [--mean A,B,C --std "
        "A,B,C]\n"
        "                  [--score-threshold P] [--iou-threshold P] [--anchors-file FILE]\n"
        "       mnet bench MODEL [--runs N] [--warmup N] [--per-op] [--compare FILE]\n"
        "       mnet new   v1|v2|v3-small|v3-large OUTPUT.tflite [--width W] [--resolution N]\n"
        "                  [--classes N] [--class-names FILE] [--stem-stride 1] [--strides "
        "A,B,C,D]\n"
        "                  [--last-channels N] [--minimalistic] [--seed N]\n"
        "       mnet train DATA OUTPUT.tflite [--arch v2 | --from MODEL.tflite] [--width W]\n"
        "                  [--resolution N] [--epochs N] [--rate R] [--checkpoint FILE] ...\n"
        "       mnet quantize FLOAT.tflite OUTPUT.tflite --images FOLDER [--percentile P]\n"
        "                  [--equalize] [--no-bias-correction] [--input-type uint8|int8]\n"
        "       mnet mirror MODEL.tflite OUTPUT.tflite\n"
        "       mnet --help | --version\n\n"
        "Shows, runs or measures a network (.tflite file), makes a new one, trains one, or makes\n"
        "one of bytes from one of floats, or one that looks at the mirror image, too.\n\n",
        file);
    for (size_t i = 0; i < tool_n_options; i++)
        print_option(file, &tool_options[i]);
    fputs("\nKernel sets here:", file);
    for (const char *const *name = mnet_cpu_names(); *name; name++)
        fprintf(file, " %s", *name);
    fputs("\nExit status: 0, 1 for an error, 2 for a wrong command line.\n", file);
}
