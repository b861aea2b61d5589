/* SPDX-License-Identifier: MIT
 *
 * What a .tflite file asks for that is not there: all of its unsupported
 * operators at once, each with the nearest ones that are supported. */
#include <stdio.h>

#include "base/utf8.h"
#include "format/tflite.h"
#include "format/tflite_reader.h"
#include "format/tflite_schema.h"

#define MAX_BUILTIN 255

/* Operators that may take another's place when a model is made or converted;
 * only those that are supported are told. */
static const struct {
    const char *name;
    const char *nearest[3];
} substitutes[] = {
    { "ADD_N", { "ADD" } },
    { "BATCH_MATMUL", { "FULLY_CONNECTED" } },
    { "BATCH_TO_SPACE_ND", { "CONV_2D", "DEPTHWISE_CONV_2D" } }, /* with dilation */
    { "CAST", { "QUANTIZE", "DEQUANTIZE" } },
    { "CONV_3D", { "CONV_2D" } },
    { "DIV", { "MUL" } }, /* by the inverse of a constant */
    { "ELU", { "RELU", "RELU6", "HARD_SWISH" } },
    { "EXPAND_DIMS", { "RESHAPE" } },
    { "GELU", { "HARD_SWISH", "RELU6" } },
    { "L2_NORMALIZATION", { "MUL" } },
    { "L2_POOL_2D", { "AVERAGE_POOL_2D" } },
    { "LEAKY_RELU", { "RELU", "RELU6", "HARD_SWISH" } },
    { "LOG_SOFTMAX", { "SOFTMAX" } },
    { "MAXIMUM", { "RELU" } },
    { "MINIMUM", { "RELU6" } },
    { "MIRROR_PAD", { "PAD" } },
    { "NEG", { "SUB", "MUL" } },
    { "PADV2", { "PAD" } },
    { "PRELU", { "RELU", "RELU6", "HARD_SWISH" } },
    { "REDUCE_MAX", { "MAX_POOL_2D" } },
    { "RELU_0_TO_1", { "RELU6", "LOGISTIC" } },
    { "SPACE_TO_BATCH_ND", { "CONV_2D", "DEPTHWISE_CONV_2D" } },
    { "SQUARE", { "MUL" } },
    { "SQUARED_DIFFERENCE", { "SUB", "MUL" } },
    { "SUM", { "MEAN" } },
    { "TRANSPOSE_CONV", { "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR" } },
};

static const MnetTfliteOperator *find_by_name(const char *name)
{
    for (int32_t builtin = 0; builtin <= MAX_BUILTIN; builtin++) {
        const char *found = mnet_tflite_operator_name(builtin);
        if (found && !strcmp(found, name))
            return mnet_tflite_find_operator(builtin);
    }
    return NULL;
}

static void name_nearest(MnetUnsupported *entry)
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof substitutes / sizeof *substitutes && !entry->custom; i++)
        for (size_t k = 0; k < 3 && !strcmp(substitutes[i].name, entry->name); k++) {
            const char *name = substitutes[i].nearest[k];
            if (name && find_by_name(name) && at < sizeof entry->nearest)
                at += (size_t)snprintf(entry->nearest + at, sizeof entry->nearest - at, "%s%s",
                                       at ? ", " : "", name);
        }
}

/* Fills name, custom and the versions; false for one that is supported. */
static bool describe_operator(const MnetFlatTable *code, MnetUnsupported *entry)
{
    int32_t old = (int8_t)mnet_flat_u8(code, TFL_CODE_DEPRECATED_BUILTIN, 0);
    int32_t extended = mnet_flat_i32(code, TFL_CODE_BUILTIN, 0);
    int32_t builtin = old > extended ? old : extended;
    MnetFlatString custom = mnet_flat_string(code, TFL_CODE_CUSTOM);
    const MnetTfliteOperator *known = mnet_tflite_find_operator(builtin);
    const MnetTfliteCustom *own = builtin == TFL_OP_CUSTOM ? mnet_tflite_find_custom(custom) : NULL;
    const char *name = mnet_tflite_operator_name(builtin);
    *entry = (MnetUnsupported){ .custom = builtin == TFL_OP_CUSTOM,
                                .version = mnet_flat_i32(code, TFL_CODE_VERSION, 1),
                                .max_version = own     ? own->max_version
                                               : known ? known->max_version
                                                       : 0 };
    if (entry->custom)
        mnet_utf8_quote(entry->name, sizeof entry->name, custom.text, custom.size);
    else if (name)
        snprintf(entry->name, sizeof entry->name, "%s", name);
    else
        snprintf(entry->name, sizeof entry->name, "code %d", builtin);
    return entry->version < 1 || entry->version > entry->max_version;
}

static bool same_operator(const MnetUnsupported *a, const MnetUnsupported *b)
{
    return a->custom == b->custom && a->version == b->version && !strcmp(a->name, b->name);
}

size_t mnet_tflite_unsupported(const uint8_t *data, size_t size, MnetUnsupported *list, size_t max)
{
    MnetBytes bytes = { .data = data, .size = size };
    if (!mnet_flat_identified(&bytes, TFL_IDENTIFIER))
        return 0;
    MnetFlatTable model = mnet_flat_root(&bytes);
    MnetFlatVector codes = mnet_flat_vector(&model, TFL_MODEL_OPERATOR_CODES, 4);
    MnetFlatVector subgraphs = mnet_flat_vector(&model, TFL_MODEL_SUBGRAPHS, 4);
    if (!subgraphs.count)
        return 0;
    MnetFlatTable subgraph = mnet_flat_vector_table(&subgraphs, 0);
    MnetFlatVector operators = mnet_flat_vector(&subgraph, TFL_SUBGRAPH_OPERATORS, 4);
    size_t n = 0;
    for (uint32_t i = 0; i < operators.count && i < MNET_MAX_NODES; i++) {
        MnetFlatTable table = mnet_flat_vector_table(&operators, i);
        uint32_t index = mnet_flat_u32(&table, TFL_OPERATOR_CODE, 0);
        MnetFlatTable code = mnet_flat_vector_table(&codes, index);
        MnetUnsupported entry;
        bool missing = describe_operator(&code, &entry);
        if (bytes.bad)
            break;
        size_t at = 0;
        while (missing && at < n && !same_operator(&list[at], &entry))
            at++;
        if (!missing || at == max)
            continue;
        if (at == n) {
            name_nearest(&entry);
            entry.first = i;
            list[n++] = entry;
        }
        list[at].count++;
    }
    return n;
}
