/* SPDX-License-Identifier: MIT
 *
 * Runs a model: one arena of activations, used by one thread at a time. */
#ifndef MNET_SESSION_H
#define MNET_SESSION_H

#include <mnet/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Worker threads that sessions may share.  A run takes the pool only when no
 * other run holds it, and not in a process that fork() made of the pool's, else
 * it computes on its own thread: results are the same bytes either way.  All
 * functions may be called from any thread. */
typedef struct MnetPool MnetPool;

/* `threads` counts the calling one: 1 to 64; 0 is as many as the process may
 * use.  Returns a pool with one reference, or NULL and fills `error`. */
MNET_API MnetPool *mnet_pool_new(unsigned threads, MnetError *error);
/* Those that the process may use, 1 to 64: what mnet_pool_new(0) takes.  Any thread. */
MNET_API unsigned mnet_pool_processors(void);
MNET_API MnetPool *mnet_pool_ref(MnetPool *pool);
MNET_API void mnet_pool_unref(MnetPool *pool); /* NULL is allowed */
MNET_API unsigned mnet_pool_threads(const MnetPool *pool);

typedef struct MnetSession MnetSession;

/* Set the whole struct to zero first; zero means the default in every field. */
typedef struct {
    MnetPool *pool; /* NULL: the calling thread computes; a reference is taken */
    /* Another size of input 0, a picture, in pixels; 0: the file's.  For
     * classifiers whose pool covers the whole map: it follows the map, and the
     * outputs keep their shape.  Any other network is refused. */
    int32_t input_width, input_height;
    /* A run ends by copying the outputs of mnet_model_state() to the session's
     * own buffers of their inputs, for the next one: for frames of one stream. */
    bool feed_states;
    /* Outputs may change their shape with the input size: for image-to-image networks
     * whose layers all follow the map.  mnet_session_output_info() tells the shapes. */
    bool outputs_follow;
} MnetSessionOptions;

/* Allocates everything a run needs; takes a reference to the model.
 * `options` may be NULL.  NULL and `error` filled when memory is short or the
 * network does not work at the input size asked for. */
MNET_API MnetSession *mnet_session_new(MnetModel *model, const MnetSessionOptions *options,
                                       MnetError *error);
MNET_API void mnet_session_free(MnetSession *session); /* NULL is allowed */

/* As mnet_model_input() and mnet_model_output(), at the session's input size;
 * live as long as the session. */
MNET_API const MnetTensorInfo *mnet_session_input_info(const MnetSession *session, size_t index);
MNET_API const MnetTensorInfo *mnet_session_output_info(const MnetSession *session, size_t index);

/* As mnet_model_operator() and mnet_model_stats(), at the session's input size. */
MNET_API bool mnet_session_operator(const MnetSession *session, size_t index,
                                    MnetOperatorInfo *info);
MNET_API void mnet_session_stats(const MnetSession *session, MnetModelStats *stats);

/* Where the caller writes input `index` before a run: info->bytes bytes, zero
 * at first (states: the zero point), unchanged by a run unless states are fed.
 * NULL when `index` is too large. */
MNET_API void *mnet_session_input(MnetSession *session, size_t index);

/* Lets the states begin anew, as in a new session: for another stream, and after a
 * jump in one. */
MNET_API void mnet_session_reset_states(MnetSession *session);

/* Makes the following runs read input `index` from `buffer`, which came from
 * mnet_buffer_alloc(info->bytes) and outlives them; NULL returns to the
 * session's own.  For filling one input while another is being computed. */
MNET_API void mnet_session_bind_input(MnetSession *session, size_t index, const void *buffer);

/* Output `index` of the last run: info->bytes bytes, valid until the next run
 * or mnet_session_free().  NULL when `index` is too large. */
MNET_API const void *mnet_session_output(const MnetSession *session, size_t index);

/* Computes the outputs from the inputs.  Cannot fail, allocates nothing, does
 * no I/O.  One thread at a time for a session.  While it computes floats are
 * rounded to nearest, without traps, and denormals count as 0, whatever the
 * thread's own mode, which is restored. */
MNET_API void mnet_session_run(MnetSession *session);

/* While on, runs measure each operator; off at first. */
MNET_API void mnet_session_set_profiling(MnetSession *session, bool on);
/* Nanoseconds of operator `index` (of mnet_model_operator()) in the last run
 * with profiling on; 0 when `index` is too large. */
MNET_API uint64_t mnet_session_operator_ns(const MnetSession *session, size_t index);

#ifdef __cplusplus
}
#endif
#endif
