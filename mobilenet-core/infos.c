/* SPDX-License-Identifier: MIT
 *
 * What callers are told of a program's inputs and outputs. */
#include "infos.h"

#include <string.h>

#include "base/error.h"

/* A picture with few channels in front and more behind is channels first. */
static bool is_channels_first(const MnetTensorInfo *info)
{
    return info->rank == 4 && info->dims[1] <= 4 && info->dims[3] > 4;
}

void mnet_info_fill(const MnetProgram *program, int32_t t, MnetTensorInfo *info)
{
    const MnetTensor *tensor = &program->graph->tensors[t];
    const MnetShape *shape = &program->shapes[t];
    *info = (MnetTensorInfo){ .name = tensor->name,
                              .type = tensor->type,
                              .rank = shape->rank,
                              .elements = mnet_shape_elements(shape) };
    memcpy(info->dims, shape->dims, sizeof info->dims);
    info->bytes = info->elements * mnet_type_size(tensor->type);
    if (tensor->quant.n == 1) {
        info->scale = tensor->quant.scale[0];
        info->zero_point = tensor->quant.zero_point[0];
    }
}

MnetStatus mnet_infos_make(const MnetGraph *graph, const MnetProgram *program, MnetStore *store,
                           MnetInfos *infos, MnetError *error)
{
    size_t inputs = (size_t)graph->n_inputs, outputs = (size_t)graph->n_outputs;
    infos->inputs = mnet_store_calloc(store, inputs, sizeof *infos->inputs);
    infos->outputs = mnet_store_calloc(store, outputs, sizeof *infos->outputs);
    if (!infos->inputs || !infos->outputs)
        return mnet_error_memory(error, (inputs + outputs) * sizeof *infos->inputs);
    for (size_t i = 0; i < inputs; i++) {
        mnet_info_fill(program, graph->inputs[i], &infos->inputs[i]);
        infos->inputs[i].channels_first = is_channels_first(&infos->inputs[i]);
    }
    for (size_t i = 0; i < outputs; i++)
        mnet_info_fill(program, graph->outputs[i], &infos->outputs[i]);
    return MNET_OK;
}
