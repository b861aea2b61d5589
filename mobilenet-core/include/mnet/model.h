/* SPDX-License-Identifier: MIT
 *
 * A network read from a file: immutable, reference-counted, shared by any
 * number of threads and sessions. */
#ifndef MNET_MODEL_H
#define MNET_MODEL_H

#include <mnet/decode.h>
#include <mnet/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MnetModel MnetModel;

/* Which chains of layers are computed together, some rows at a time, instead of
 * one after the other.  The outputs are the same bytes; memory and time are not. */
typedef enum {
    MNET_FUSING_WHERE_IT_PAYS,
    MNET_FUSING_NONE, /* to measure what it brings */
    MNET_FUSING_ALL   /* whatever can be; for tests */
} MnetFusing;

/* In what networks of float32 are computed.  Their inputs and outputs are float32 in any
 * case; integer networks, and those with layers of 8-bit weights, are not concerned. */
typedef enum {
    MNET_PRECISION_FP32,
    /* Layers in float16, half the time and half the memory: 11 bits, up to 65504; a sum
     * beyond that is infinite, constants beyond it leave their layer float32.  Where the
     * processor has no float16 arithmetic it is the same as MNET_PRECISION_FP32;
     * MnetModelStats tells. */
    MNET_PRECISION_FP16,
    MNET_PRECISION_FP16_ANYWHERE /* also in plain C, which is slow; for tests */
} MnetPrecision;

/* Set the whole struct to zero first; zero means the default in every field. */
typedef struct {
    /* Kernel set by name ("c", "avx2", ...).  NULL: the environment variable
     * MNET_CPU, else the best one.  One that the machine lacks is an error. */
    const char *cpu;
    /* Most bytes that one session may need for its arena; 0: MNET_MAX_ARENA
     * of the environment (a number of bytes), else 1 GiB. */
    size_t max_arena;
    MnetFusing fusing;
    MnetPrecision precision;
    MnetLogFunc log; /* NULL: silent */
    void *log_user;
} MnetModelOptions;

/* Reads, checks, folds and packs a .tflite file.  `options` may be NULL.
 * Returns a model with one reference, or NULL and fills `error`.
 * mnet_model_load() reads the file once and keeps its bytes: what becomes of it
 * afterwards is all the same.  One that is written to meanwhile is refused where
 * its size shows that; replace files by renaming.
 * mnet_model_load_memory() borrows `data` until the last reference is gone. */
MNET_API MnetModel *mnet_model_load(const char *path, const MnetModelOptions *options,
                                    MnetError *error);
MNET_API MnetModel *mnet_model_load_memory(const void *data, size_t size,
                                           const MnetModelOptions *options, MnetError *error);
MNET_API MnetModel *mnet_model_ref(MnetModel *model);
MNET_API void mnet_model_unref(MnetModel *model); /* NULL is allowed */

/* Does `path` hold, byte for byte, what mnet_model_load() made `model` of?  Reads
 * the whole file.  False, too, when that cannot be done, and of a model that was
 * loaded from memory. */
MNET_API bool mnet_model_is_of(const MnetModel *model, const char *path);

/* Inputs and outputs, in the file's order.  NULL when `index` is too large.
 * Live as long as the model. */
MNET_API size_t mnet_model_n_inputs(const MnetModel *model);
MNET_API size_t mnet_model_n_outputs(const MnetModel *model);
MNET_API const MnetTensorInfo *mnet_model_input(const MnetModel *model, size_t index);
MNET_API const MnetTensorInfo *mnet_model_output(const MnetModel *model, size_t index);

/* A state of a recurrent network: what a run writes to the output is the input of
 * the next one.  At the first run it is zero: the input's zero point. */
typedef struct {
    size_t input, output; /* their numbers */
} MnetState;

/* Inputs behind input 0, the picture, that go with an output of the same type,
 * shape and quantisation, in order.  Where there are more or fewer such outputs
 * than inputs, or the picture is of the same kind, nothing is certain: those are
 * no states.  See MnetSessionOptions.feed_states. */
MNET_API size_t mnet_model_n_states(const MnetModel *model);
/* False when `index` is too large. */
MNET_API bool mnet_model_state(const MnetModel *model, size_t index, MnetState *state);

typedef struct {
    uint64_t macs;          /* multiply-adds of one run */
    uint64_t parameters;    /* weights and biases of the file's layers */
    uint64_t weight_bytes;  /* packed weights and tables in memory */
    uint64_t arena_bytes;   /* one session's activations and scratch, one thread */
    uint64_t scratch_bytes; /* of arena_bytes: what each further thread takes, too */
    uint64_t input_bytes;   /* a session's own input buffers, beside the arena */
    uint64_t file_bytes;
    size_t n_operators; /* after folding */
    size_t n_file_operators;
    const char *kernels; /* the kernel set chosen, e.g. "c"; static */
    bool float16;        /* layers compute in float16 */
    bool has_float16;    /* the processor can, with this kernel set */
} MnetModelStats;

MNET_API void mnet_model_stats(const MnetModel *model, MnetModelStats *stats);

/* What loading made of the file's operators and constants, as counts. */
typedef struct {
    size_t pads;          /* PAD that went into a layer, or padded nothing */
    size_t activations;   /* RELU, RELU6, RELU_N1_TO_1 that went into an operator */
    size_t idle;          /* TRANSPOSE and QUANTIZE that changed nothing */
    size_t uint8_tensors; /* that are computed as int8 */
    size_t tables;        /* operators on bytes that became a table of 256 */
    size_t float16;       /* constants unpacked to float32 */
    size_t dequantized;   /* 8-bit constants unpacked to float32 */
    size_t dynamic_range; /* layers of 8-bit weights and float32 activations */
    size_t sparse;        /* constants made dense */
} MnetFolded;

MNET_API void mnet_model_folded(const MnetModel *model, MnetFolded *folded);

/* An operator that a file asks for and this library lacks. */
typedef struct {
    char name[64];       /* TFLite's, or the custom operator's own; UTF-8 */
    bool custom;         /* not one of TFLite's */
    int32_t version;     /* that the file asks for */
    int32_t max_version; /* newest that is supported; 0: none is */
    size_t count;        /* in the file */
    size_t first;        /* number of the first one */
    char nearest[96];    /* supported ones that may do: "RELU, RELU6"; "" for none */
} MnetUnsupported;

/* Lists what makes mnet_model_load() refuse a .tflite file, in the file's order:
 * at most `max` kinds.  Returns how many were written; 0 when every operator is
 * supported, or the file is no such file or too damaged to tell. */
MNET_API size_t mnet_model_unsupported(const char *path, MnetUnsupported *list, size_t max);

/* One operator as it is run, after folding. */
typedef struct {
    const char *name;  /* TFLite's, e.g. "CONV_2D"; static */
    const char *note;  /* what was folded into it, e.g. "PAD, RELU6"; "" for nothing */
    size_t file_index; /* its number in the file */
    size_t block;      /* operators of one number are computed together; 0: alone */
    bool inner;        /* the next one of its block reads its output: it takes no arena */
    MnetTensorInfo output;
    uint64_t macs;
    uint64_t parameters;
    uint64_t bytes; /* inputs, constants and outputs; 0 when it moves none (RESHAPE) */
    /* The slot of the kernel table that computes it, e.g. "gemm_s8"; static, ""
     * where none does.  `plain_c`: it runs as portable C on this machine; false
     * for what is a copy at most (RESHAPE, SQUEEZE). */
    const char *kernel;
    bool plain_c;
} MnetOperatorInfo;

/* False when `index` is too large.  Strings live as long as the model. */
MNET_API bool mnet_model_operator(const MnetModel *model, size_t index, MnetOperatorInfo *info);

/* Labels of output `index` in the file's own metadata; NULL when it has none.
 * Owned by the model. */
MNET_API const MnetLabels *mnet_model_labels(const MnetModel *model, size_t index);

/* How the file's metadata normalises input `index`; false when it does not
 * tell. */
MNET_API bool mnet_model_normalization(const MnetModel *model, size_t index,
                                       MnetNormalization *normalization);

/* The description in the file, UTF-8, "" when it has none. */
MNET_API const char *mnet_model_description(const MnetModel *model);

#ifdef __cplusplus
}
#endif
#endif
