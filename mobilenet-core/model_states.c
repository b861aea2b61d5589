/* SPDX-License-Identifier: MIT
 *
 * Which outputs are inputs of the next run: those of recurrent networks. */
#include "base/error.h"
#include "model_private.h"

static bool same_form(const MnetTensorInfo *a, const MnetTensorInfo *b)
{
    bool same = a->type == b->type && a->rank == b->rank && a->scale == b->scale &&
                a->zero_point == b->zero_point;
    for (int d = 0; same && d < a->rank; d++)
        same = a->dims[d] == b->dims[d];
    return same;
}

/* How many of n tensors have the form of `like`. */
static size_t count_form(const MnetTensorInfo *infos, size_t n, const MnetTensorInfo *like)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += same_form(&infos[i], like);
    return count;
}

/* Number of the output that has as many of its form before it as input `input`;
 * n_outputs: there is none, or it is not certain. */
static size_t partner(const MnetModel *model, size_t input)
{
    const MnetTensorInfo *like = &model->infos.inputs[input];
    size_t n_inputs = mnet_model_n_inputs(model), n_outputs = mnet_model_n_outputs(model), o = 0;
    if (same_form(&model->infos.inputs[0], like) ||
        count_form(model->infos.inputs, n_inputs, like) !=
            count_form(model->infos.outputs, n_outputs, like))
        return n_outputs;
    size_t before = count_form(model->infos.inputs, input, like);
    while (o < n_outputs && (before || !same_form(&model->infos.outputs[o], like)))
        before -= same_form(&model->infos.outputs[o++], like);
    return o;
}

MnetStatus mnet_model_find_states(MnetModel *model, MnetError *error)
{
    size_t n_inputs = mnet_model_n_inputs(model);
    model->states = mnet_store_calloc(&model->store, n_inputs, sizeof *model->states);
    if (!model->states)
        return mnet_error_memory(error, n_inputs * sizeof *model->states);
    for (size_t i = 1; i < n_inputs; i++) {
        size_t output = partner(model, i);
        if (output < mnet_model_n_outputs(model))
            model->states[model->n_states++] = (MnetState){ i, output };
    }
    return MNET_OK;
}

size_t mnet_model_n_states(const MnetModel *model)
{
    return model->n_states;
}

bool mnet_model_state(const MnetModel *model, size_t index, MnetState *state)
{
    if (index >= model->n_states)
        return false;
    *state = model->states[index];
    return true;
}
