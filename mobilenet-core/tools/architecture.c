/* SPDX-License-Identifier: MIT
 *
 * Recognises the MobileNets by the kernels and channels of their blocks: a
 * depthwise convolution and the convolutions behind it on a map of its size, the
 * first of which narrows (V1: is pointwise) and the second of which widens for
 * the next block. */
#include "architecture.h"

#include <math.h>
#include <string.h>

#define MAX_BLOCKS 64

typedef struct {
    int32_t kernel;   /* of the depthwise convolution */
    int32_t channels; /* of the first convolution behind it */
    bool widened;     /* a second one follows */
} Block;

typedef struct {
    Block blocks[MAX_BLOCKS];
    size_t n;
    size_t residuals; /* ADD of two maps */
    size_t fused;     /* full convolutions of 3x3 and more on many channels */
} Body;

/* At width 1, by block.  Kernels: one digit a block. */
static const struct {
    const char *name;
    const char *kernels;
    bool widens;    /* every block but the last has a second convolution */
    size_t fused;   /* at least */
    bool truncates; /* channels are rounded down, else to the nearest multiple of 8 */
    int32_t channels[18];
} families[] = {
    { "MobileNet V1",
      "3333333333333",
      false,
      0,
      true,
      { 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024 } },
    { "MobileNet V2",
      "33333333333333333",
      true,
      0,
      false,
      { 16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320 } },
    { "MobileNet V3-small",
      "33355555555",
      true,
      0,
      false,
      { 16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96 } },
    { "MobileNet V3-small minimalistic",
      "33333333333",
      true,
      0,
      false,
      { 16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96 } },
    { "MobileNet V3-large",
      "333555333333555",
      true,
      0,
      false,
      { 16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160 } },
    { "MobileNet V3-large minimalistic",
      "333333333333333",
      true,
      0,
      false,
      { 16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160 } },
    { "MobileNet EdgeTPU",
      "3333333355553",
      true,
      6,
      false,
      { 96, 96, 96, 96, 96, 96, 96, 96, 160, 160, 160, 160, 192 } },
};

/* Multiply-adds for each output element: kernel height x width (x input channels). */
static uint64_t cost(const MnetOperatorInfo *op)
{
    return op->output.elements ? op->macs / op->output.elements : 0;
}

static bool is_map(const MnetTensorInfo *info)
{
    return info->rank == 4 && (info->dims[1] > 1 || info->dims[2] > 1);
}

static bool same_map(const MnetTensorInfo *a, const MnetTensorInfo *b)
{
    return is_map(a) && is_map(b) && a->dims[1] == b->dims[1] && a->dims[2] == b->dims[2];
}

/* `depthwise` is the last one before `op`, on the map `behind` convolutions ago. */
static void add_convolution(Body *body, const MnetOperatorInfo *op,
                            const MnetOperatorInfo *depthwise, size_t behind)
{
    if (behind == 0 && body->n < MAX_BLOCKS) {
        int32_t kernel = 1;
        while (kernel < 16 && (uint64_t)(kernel * kernel) < cost(depthwise))
            kernel++;
        body->blocks[body->n++] = (Block){ .kernel = kernel, .channels = op->output.dims[3] };
    } else if (behind == 1 && body->n) {
        body->blocks[body->n - 1].widened = true;
    }
}

static Body read_body(const MnetSession *session)
{
    Body body = { .n = 0 };
    MnetOperatorInfo op, depthwise = { 0 };
    size_t behind = 0, channels = 0;
    for (size_t i = 0; mnet_session_operator(session, i, &op); i++) {
        if (strcmp(op.name, "DEPTHWISE_CONV_2D") == 0) {
            depthwise = op;
            behind = 0;
        } else if (strcmp(op.name, "CONV_2D") == 0) {
            body.fused += !depthwise.name && channels && cost(&op) >= 9 * channels;
            channels = (size_t)op.output.dims[3];
            if (depthwise.name && same_map(&op.output, &depthwise.output))
                add_convolution(&body, &op, &depthwise, behind++);
        } else if (strcmp(op.name, "ADD") == 0) {
            body.residuals += is_map(&op.output) != 0;
        }
    }
    return body;
}

/* The nearest multiple of 8 that is at least 9/10 of the number; or cut off. */
static int32_t scaled(int32_t channels, double width, bool truncates)
{
    double exact = channels * width;
    int32_t whole = truncates ? (int32_t)(exact + 1e-9) : (int32_t)(exact + 4) / 8 * 8;
    whole = whole < 8 ? 8 : whole;
    return truncates || whole >= 0.9 * exact ? whole : whole + 8;
}

static bool fits(const Body *body, size_t family, double width)
{
    for (size_t i = 0; i < body->n; i++)
        if (body->blocks[i].channels !=
            scaled(families[family].channels[i], width, families[family].truncates))
            return false;
    return true;
}

/* Kernels and structure, whatever the width. */
static bool is_alike(const Body *body, size_t family)
{
    const char *kernels = families[family].kernels;
    if (body->n != strlen(kernels) || body->fused < families[family].fused ||
        (!families[family].widens && body->residuals))
        return false;
    for (size_t i = 0; i < body->n; i++)
        if (body->blocks[i].kernel != kernels[i] - '0' ||
            (i + 1 < body->n && body->blocks[i].widened != families[family].widens))
            return false;
    return true;
}

/* The width in twentieths, nearest to what the last block says. */
static double find_width(const Body *body, size_t family)
{
    double near =
        (double)body->blocks[body->n - 1].channels / families[family].channels[body->n - 1];
    double best = 0;
    for (int step = 1; step <= 60; step++) {
        double width = step / 20.0;
        if (fits(body, family, width) && (best == 0 || fabs(width - near) < fabs(best - near)))
            best = width;
    }
    return best;
}

/* Inverted residuals with kernels of 3, 5 and 7 are what architecture search finds. */
static bool is_searched(const Body *body)
{
    bool seen[8] = { false };
    for (size_t i = 0; i < body->n; i++) {
        if (i + 1 < body->n && !body->blocks[i].widened)
            return false;
        if (body->blocks[i].kernel < 8)
            seen[body->blocks[i].kernel] = true;
    }
    return body->n >= 8 && body->residuals && seen[3] && seen[5] && seen[7];
}

static const char *role(const MnetSession *session)
{
    const MnetTensorInfo *out = mnet_session_output_info(session, 0);
    bool vector = false;
    for (int i = 0; i < out->rank; i++)
        vector |= (size_t)out->dims[i] == out->elements;
    if (!vector || out->kind == MNET_OUTPUT_OTHER || mnet_session_output_info(session, 1))
        return "backbone";
    return out->kind == MNET_OUTPUT_FEATURES ? "feature extractor" : "classifier";
}

ToolArchitecture tool_architecture(const MnetSession *session)
{
    const MnetTensorInfo *in = mnet_session_input_info(session, 0);
    ToolArchitecture found = { .family = NULL };
    Body body = read_body(session);
    if (in->rank != 4 || !body.n)
        return found;
    int first = in->channels_first ? 2 : 1;
    found.input_height = in->dims[first];
    found.input_width = in->dims[first + 1];
    found.role = role(session);
    for (size_t i = 0; i < sizeof families / sizeof *families && !found.family; i++) {
        double width = is_alike(&body, i) ? find_width(&body, i) : 0;
        if (width > 0) {
            found.family = families[i].name;
            found.width = width;
        }
    }
    if (!found.family && is_searched(&body))
        found.family = "MCUNet-like";
    return found;
}
