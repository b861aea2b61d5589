/* SPDX-License-Identifier: MIT
 *
 * Judges what the core makes of a hostile file. */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static HostileVerdict refusal(const char *name, const MnetError *error)
{
    size_t length = strnlen(error->text, sizeof error->text);
    bool line = length && length < sizeof error->text;
    for (size_t i = 0; i < length; i++)
        line &= (unsigned char)error->text[i] >= 0x20;
    if (line && error->status)
        return HOSTILE_REFUSED;
    printf("%s: refused with status %d and \"%.500s\"\n", name, error->status, error->text);
    return HOSTILE_WRONG;
}

static HostileVerdict run(const char *name, MnetModel *model, MnetError *error)
{
    MnetModelStats stats;
    mnet_model_stats(model, &stats);
    MnetSession *session = mnet_session_new(model, NULL, error);
    if (!session)
        return refusal(name, error);
    for (size_t i = 0; i < mnet_model_n_inputs(model); i++)
        memset(mnet_session_input(session, i), 0x41, mnet_model_input(model, i)->bytes);
    if (stats.macs <= HOSTILE_MAX_MACS)
        mnet_session_run(session);
    /* Every byte of an output can be read. */
    size_t sum = 0;
    for (size_t i = 0; i < mnet_model_n_outputs(model); i++) {
        const uint8_t *output = mnet_session_output(session, i);
        for (size_t b = 0; b < mnet_model_output(model, i)->bytes; b++)
            sum += output[b];
    }
    mnet_session_free(session);
    return sum == SIZE_MAX ? HOSTILE_WRONG : HOSTILE_RAN;
}

static HostileVerdict judge(const char *name, const void *data, size_t size, MnetError *error)
{
    MnetModelOptions options = { .max_arena = HOSTILE_MAX_ARENA };
    MnetModel *model = mnet_model_load_memory(data, size, &options, error);
    if (!model)
        return refusal(name, error);
    HostileVerdict verdict = run(name, model, error);
    mnet_model_unref(model);
    return verdict;
}

HostileVerdict hostile_judge(const char *name, const void *data, size_t size, MnetError *error)
{
    MnetError own = { MNET_OK, "" };
    struct timespec begin, end;
    void *copy = malloc(size ? size : 1);
    if (!copy)
        exit(1);
    if (size)
        memcpy(copy, data, size);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    HostileVerdict verdict = judge(name, copy, size, error ? error : &own);
    clock_gettime(CLOCK_MONOTONIC, &end);
    free(copy);
    if (end.tv_sec - begin.tv_sec <= HOSTILE_MAX_SECONDS)
        return verdict;
    printf("%s: took %ld seconds\n", name, (long)(end.tv_sec - begin.tv_sec));
    return HOSTILE_WRONG;
}
