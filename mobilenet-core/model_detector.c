/* SPDX-License-Identifier: MIT
 *
 * What a model's graph tells of its detections, for the detector. */
#include <mnet/detect.h>

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "decode/detector.h"
#include "graph/output.h"
#include "model_private.h"

/* Boxes that are decoded in the file: operators looked at. */
#define MAX_VISITS 64
/* ... and inputs of each. */
#define MAX_PARTS 4

/* That of all inputs of a CONCATENATION, where they agree. */
static MnetOutputKind kind_of(const MnetGraph *graph, int32_t tensor)
{
    int32_t producer = mnet_graph_producer(graph, mnet_graph_origin(graph, tensor));
    const MnetNode *node = producer < 0 ? NULL : &graph->nodes[producer];
    if (!node || node->op != MNET_OP_CONCATENATION || node->n_inputs > MNET_MAX_ANCHOR_MAPS)
        return mnet_graph_output_kind(graph, tensor);
    MnetOutputKind kind = mnet_graph_output_kind(graph, node->inputs[0]);
    for (int32_t i = 1; i < node->n_inputs; i++)
        if (mnet_graph_output_kind(graph, node->inputs[i]) != kind)
            return MNET_OUTPUT_OTHER;
    return kind;
}

/* The feature map whose numbers `tensor` holds. */
static bool find_map(const MnetProgram *program, int32_t tensor, MnetMap *map)
{
    const MnetShape *shape = &program->shapes[mnet_graph_origin(program->graph, tensor)];
    if (shape->rank != 4 || shape->dims[0] != 1 ||
        mnet_shape_elements(shape) != mnet_shape_elements(&program->shapes[tensor]))
        return false;
    *map = (MnetMap){ shape->dims[1], shape->dims[2], shape->dims[3] };
    return true;
}

/* Of an output that puts maps behind one another, or is one. */
static void find_maps(const MnetProgram *program, int32_t tensor, MnetOutputFacts *facts)
{
    const MnetGraph *graph = program->graph;
    int32_t origin = mnet_graph_origin(graph, tensor),
            producer = mnet_graph_producer(graph, origin);
    const MnetNode *node = producer < 0 ? NULL : &graph->nodes[producer];
    bool several = node && node->op == MNET_OP_CONCATENATION;
    int32_t n = several ? node->n_inputs : 1;
    if (n > MNET_MAX_ANCHOR_MAPS)
        return;
    for (int32_t i = 0; i < n; i++)
        if (!find_map(program, several ? node->inputs[i] : origin, &facts->maps[i]))
            return;
    facts->n_maps = (size_t)n;
}

/* How often the numbers of a column change from one row of 2 to the next. */
static size_t count_changes(const MnetTensorInfo *info, const void *data, size_t column)
{
    size_t changes = 0;
    for (size_t i = 2; i + 1 < info->elements; i += 2)
        changes += mnet_tensor_value(info, data, i + column) !=
                   mnet_tensor_value(info, data, i - 2 + column);
    return changes;
}

/* Where a constant is n centres of cells, row by row: the column that changes
 * more often is x. */
static MnetBoxFormat axes_of(const MnetProgram *program, int32_t tensor, size_t n)
{
    const MnetTensor *constant = &program->graph->tensors[tensor];
    MnetTensorInfo info;
    mnet_info_fill(program, tensor, &info);
    if (!constant->data || info.elements != 2 * n || info.rank < 1 ||
        info.dims[info.rank - 1] != 2 || constant->data_bytes < info.bytes)
        return MNET_BOXES_AUTO;
    size_t first = count_changes(&info, constant->data, 0);
    size_t second = count_changes(&info, constant->data, 1);
    if (first > 2 * second && second)
        return MNET_BOXES_CORNERS_XY;
    return second > 2 * first && first ? MNET_BOXES_CORNERS_YX : MNET_BOXES_AUTO;
}

/* What stands between codes and an output. */
typedef struct {
    const MnetProgram *program;
    size_t n; /* boxes */
    int32_t visits;
    bool exponential;
    MnetBoxFormat axes;
    bool contradiction;
} Search;

/* Looks at what `tensor` is computed from, up to the layers. */
static void search(Search *s, int32_t tensor, int32_t depth)
{
    const MnetGraph *graph = s->program->graph;
    int32_t producer = mnet_graph_producer(graph, tensor);
    if (producer < 0 || depth > MAX_VISITS || s->visits++ > MAX_VISITS)
        return;
    const MnetNode *node = &graph->nodes[producer];
    if (node->op == MNET_OP_CONV_2D || node->op == MNET_OP_DEPTHWISE_CONV_2D)
        return;
    s->exponential |= node->op == MNET_OP_EXP;
    for (int32_t i = 0; i < node->n_inputs && i < MAX_PARTS; i++) {
        if (node->inputs[i] < 0)
            continue;
        MnetBoxFormat axes = axes_of(s->program, node->inputs[i], s->n);
        s->contradiction |= axes && s->axes && axes != s->axes;
        s->axes = axes ? axes : s->axes;
        search(s, node->inputs[i], depth + 1);
    }
}

/* Whether `node` puts centre - half and centre + half behind one another. */
static bool makes_corners(const MnetGraph *graph, const MnetNode *node)
{
    if (node->op != MNET_OP_CONCATENATION || node->n_inputs != 2)
        return false;
    int32_t low = mnet_graph_producer(graph, mnet_graph_origin(graph, node->inputs[0]));
    int32_t high = mnet_graph_producer(graph, mnet_graph_origin(graph, node->inputs[1]));
    if (low < 0 || high < 0)
        return false;
    const MnetNode *minus = &graph->nodes[low], *plus = &graph->nodes[high];
    if (minus->op != MNET_OP_SUB || plus->op != MNET_OP_ADD || minus->n_inputs != 2 ||
        plus->n_inputs != 2)
        return false;
    return (minus->inputs[0] == plus->inputs[0] && minus->inputs[1] == plus->inputs[1]) ||
           (minus->inputs[0] == plus->inputs[1] && minus->inputs[1] == plus->inputs[0]);
}

static void find_decoded(const MnetProgram *program, int32_t tensor, MnetOutputFacts *facts)
{
    const MnetGraph *graph = program->graph;
    const MnetTensorInfo *info = &facts->info;
    int32_t origin = mnet_graph_origin(graph, tensor),
            producer = mnet_graph_producer(graph, origin);
    if (producer < 0 || info->rank < 2 || info->dims[info->rank - 1] != 4)
        return;
    Search s = { .program = program, .n = info->elements / 4 };
    search(&s, origin, 0);
    facts->decoded = s.exponential;
    if (!s.contradiction && makes_corners(graph, &graph->nodes[producer]))
        facts->corners = s.axes;
}

static bool is_called_anchors(const char *name)
{
    return strcasestr(name, "anchor") || strcasestr(name, "prior");
}

/* The constant with 4 numbers for each box of some output, and whether there are
 * others that differ from it; sets anchors, in *info, anchor_data and
 * several_anchors. */
static void find_anchors(const MnetModel *model, MnetTensorInfo *info, MnetNetworkFacts *facts)
{
    const MnetGraph *graph = &model->graph;
    for (int32_t t = 0; t < graph->n_tensors; t++) {
        const MnetTensor *tensor = &graph->tensors[t];
        MnetTensorInfo own;
        if (!tensor->data || tensor->rank < 2 || tensor->dims[tensor->rank - 1] != 4 ||
            !is_called_anchors(tensor->name))
            continue;
        mnet_info_fill(&model->program, t, &own);
        bool fits = false;
        for (int32_t i = 0; i < graph->n_outputs; i++) {
            const MnetTensorInfo *out = &model->infos.outputs[i];
            fits |= out->rank > 1 &&
                    own.elements / 4 == out->elements / (size_t)out->dims[out->rank - 1];
        }
        if (!fits || tensor->data_bytes < own.bytes || !own.elements)
            continue;
        if (facts->anchors) {
            facts->several_anchors |= own.type != info->type || own.bytes != info->bytes ||
                                      own.scale != info->scale ||
                                      own.zero_point != info->zero_point ||
                                      memcmp(tensor->data, facts->anchor_data, own.bytes) != 0;
            continue;
        }
        *info = own;
        facts->anchors = info;
        facts->anchor_data = tensor->data;
    }
}

/* Which output of TFLite_Detection_PostProcess `tensor` is; sets n_classes and
 * rows_per_box. */
static MnetRole find_role(const MnetGraph *graph, int32_t tensor, MnetNetworkFacts *facts)
{
    static const MnetRole roles[] = { MNET_ROLE_BOXES, MNET_ROLE_CLASSES, MNET_ROLE_SCORES,
                                      MNET_ROLE_COUNT };
    int32_t producer = mnet_graph_producer(graph, tensor);
    const MnetNode *node = producer < 0 ? NULL : &graph->nodes[producer];
    if (!node || node->op != MNET_OP_DETECTION_POST_PROCESS)
        return MNET_ROLE_NONE;
    const MnetPostProcess *options = &node->options.post_process;
    facts->n_classes = (size_t)options->n_classes;
    facts->rows_per_box = options->regular ? 1 : (size_t)options->max_classes;
    for (int32_t i = 0; i < node->n_outputs && i < 4; i++)
        if (node->outputs[i] == tensor)
            return roles[i];
    return MNET_ROLE_NONE;
}

static void fill_outputs(const MnetModel *model, MnetNetworkFacts *facts)
{
    const MnetGraph *graph = &model->graph;
    for (int32_t i = 0; i < graph->n_outputs; i++) {
        MnetOutputFacts *output = &facts->outputs[i];
        output->info = model->infos.outputs[i];
        output->role = find_role(graph, graph->outputs[i], facts);
        output->info.kind = kind_of(graph, graph->outputs[i]);
        find_maps(&model->program, graph->outputs[i], output);
        find_decoded(&model->program, graph->outputs[i], output);
        if (model->labels[i] && !facts->labels)
            facts->labels = model->labels[i];
    }
}

MnetDetector *mnet_detector_new(const MnetModel *model, const MnetLabels *labels,
                                const MnetDetectorOptions *options, MnetError *error)
{
    MnetTensorInfo anchors;
    MnetNetworkFacts facts = { .n_outputs = (size_t)model->graph.n_outputs };
    const MnetTensorInfo *input = &model->infos.inputs[0];
    if (input->rank == 4) {
        facts.height = input->dims[input->channels_first ? 2 : 1];
        facts.width = input->dims[input->channels_first ? 3 : 2];
    }
    facts.outputs = mnet_calloc(facts.n_outputs, sizeof *facts.outputs);
    if (!facts.outputs) {
        mnet_error_memory(error, facts.n_outputs * sizeof *facts.outputs);
        return NULL;
    }
    fill_outputs(model, &facts);
    find_anchors(model, &anchors, &facts);
    MnetDetector *detector = mnet_detector_make(&facts, labels, options, error);
    mnet_free(facts.outputs);
    return detector;
}
