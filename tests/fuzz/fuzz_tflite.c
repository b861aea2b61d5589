/* SPDX-License-Identifier: MIT
 *
 * Any bytes through the reader of .tflite files and the checks of a graph; of
 * those that are refused, what is said to be unsupported. */
#include <string.h>

#include "base/utf8.h"
#include "format/tflite.h"
#include "fuzz.h"

static volatile size_t sum_of_all; /* keeps the reads */

/* Touches all that the reader promises: names, shapes, constants. */
static size_t read_all(const MnetGraph *graph)
{
    size_t sum = strlen(graph->description);
    for (int32_t t = 0; t < graph->n_tensors; t++) {
        const MnetTensor *tensor = &graph->tensors[t];
        const uint8_t *data = tensor->data;
        sum += strlen(tensor->name);
        if (tensor->rank < 0 || tensor->rank > MNET_MAX_RANK)
            fuzz_fail("a rank that is out of range");
        for (int32_t d = 0; d < tensor->rank; d++)
            if (tensor->dims[d] < 1 || tensor->dims[d] > MNET_MAX_DIM)
                fuzz_fail("a dimension that is out of range");
        if (data &&
            tensor->data_bytes != mnet_tensor_elements(tensor) * mnet_type_size(tensor->type))
            fuzz_fail("a constant that does not fill its shape");
        for (size_t i = 0; i < tensor->data_bytes; i += 61)
            sum += data[i];
        for (int32_t i = 0; i < tensor->quant.n; i++)
            sum += (size_t)tensor->quant.zero_point[i];
    }
    return sum;
}

static void check_numbers(const MnetGraph *graph, const int32_t *numbers, int32_t n, int32_t min)
{
    for (int32_t i = 0; i < n; i++)
        if (numbers[i] < min || numbers[i] >= graph->n_tensors)
            fuzz_fail("the number of a tensor that is out of range");
}

/* A list that is too short for some, and none. */
static void list_unsupported(const uint8_t *data, size_t size)
{
    MnetUnsupported list[3];
    size_t n = mnet_tflite_unsupported(data, size, list, 3);
    if (n > 3 || mnet_tflite_unsupported(data, size, NULL, 0))
        fuzz_fail("more unsupported operators than the list holds");
    for (size_t i = 0; i < n; i++) {
        if (!list[i].count || list[i].first >= MNET_MAX_NODES)
            fuzz_fail("an unsupported operator that is nowhere");
        if (!memchr(list[i].name, 0, sizeof list[i].name) ||
            !mnet_utf8_valid(list[i].name, strlen(list[i].name)))
            fuzz_fail("an unsupported operator whose name is no UTF-8");
        if (!memchr(list[i].nearest, 0, sizeof list[i].nearest))
            fuzz_fail("substitutes without an end");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MnetStore store = { .limit = ((size_t)64 << 20) + 16 * size };
    MnetGraph graph;
    MnetError error = { MNET_OK, "" };
    if (mnet_tflite_read(data, size, &store, &graph, &error)) {
        fuzz_check_error(&error);
        list_unsupported(data, size);
    } else {
        sum_of_all = read_all(&graph);
        check_numbers(&graph, graph.inputs, graph.n_inputs, 0);
        check_numbers(&graph, graph.outputs, graph.n_outputs, 0);
        for (int32_t i = 0; i < graph.n_nodes; i++) {
            check_numbers(&graph, graph.nodes[i].inputs, graph.nodes[i].n_inputs, -1);
            check_numbers(&graph, graph.nodes[i].outputs, graph.nodes[i].n_outputs, 0);
        }
        if (mnet_graph_check(&graph, &error)) {
            fuzz_check_error(&error);
            list_unsupported(data, size);
        }
    }
    mnet_store_clear(&store);
    return 0;
}
