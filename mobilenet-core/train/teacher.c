/* SPDX-License-Identifier: MIT
 *
 * A session of the core for each worker; pictures are brought to the teacher's size
 * and normalisation. */
#include "train/teacher.h"

#include <math.h>
#include <mnet/decode.h>
#include <mnet/image.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

typedef struct {
    MnetSession *session;
    MnetImage *image;
    uint8_t *rgb;
} Worker;

struct MnetTeacher {
    const MnetNet *net;
    size_t n_workers, n_classes;
    Worker *workers;
};

static MnetStatus refuse(const char *what, MnetError *error)
{
    return mnet_error_set(error, MNET_ERROR_ARGUMENT, "the teacher %s", what);
}

/* Where all names begin with rising numbers, labels are read without them. */
static bool is_name(const char *label, const char *name)
{
    if (strcmp(label, name) == 0)
        return true;
    name += strspn(name, "0123456789");
    name += strspn(name, " \t:");
    return strcmp(label, name) == 0;
}

/* Names that the teacher has are those of the pictures, in their order. */
static MnetStatus check_names(const MnetModel *model, const MnetNet *net, MnetError *error)
{
    size_t n = (size_t)mnet_net_logits(net)->channels;
    const MnetLabels *labels = mnet_model_labels(model, 0);
    for (size_t i = 0; net->classes && mnet_labels_count(labels) == n && i < n; i++)
        if (!is_name(mnet_labels_get(labels, i), net->classes[i]))
            return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                                  "class %zu is \"%s\" for the teacher, \"%s\" for the pictures: "
                                  "name their folders as it names its classes",
                                  i, mnet_labels_get(labels, i), net->classes[i]);
    return MNET_OK;
}

static MnetStatus check(MnetModel *model, const MnetNet *net, MnetError *error)
{
    size_t n = (size_t)mnet_net_logits(net)->channels;
    if (mnet_model_n_inputs(model) != 1 || mnet_model_n_outputs(model) != 1)
        return refuse("has more than one input or output: a classifier is needed", error);
    size_t theirs = mnet_model_output(model, 0)->elements;
    if (theirs != n)
        return mnet_error_set(error, MNET_ERROR_ARGUMENT,
                              "the teacher tells %zu classes, the network is to tell %zu: take "
                              "one that was trained on the same classes",
                              theirs, n);
    return check_names(model, net, error);
}

static MnetStatus open_worker(MnetTeacher *teacher, Worker *worker, MnetModel *model,
                              MnetError *error)
{
    const MnetNetLayer *in = &teacher->net->layers[0];
    const MnetTensorInfo *input = mnet_model_input(model, 0);
    MnetFrameInfo frame = { .format = MNET_PIXEL_RGB, .width = in->width, .height = in->height };
    MnetImageOptions options;
    MnetNormalization normalization;
    bool told = mnet_model_normalization(model, 0, &normalization);
    mnet_image_default_options(input, told ? &normalization : NULL, &options);
    worker->session = mnet_session_new(model, NULL, error);
    worker->image = worker->session ? mnet_image_new(&frame, input, &options, error) : NULL;
    worker->rgb = mnet_alloc((size_t)in->width * (size_t)in->height * 3 + MNET_PADDING);
    if (!worker->rgb)
        return mnet_error_memory(error, (size_t)in->width * (size_t)in->height * 3);
    return worker->image ? MNET_OK : error->status;
}

MnetTeacher *mnet_teacher_new(MnetModel *model, const MnetNet *net, MnetPool *pool,
                              MnetError *error)
{
    MnetTeacher *teacher = mnet_calloc(1, sizeof *teacher);
    if (!teacher) {
        mnet_error_memory(error, sizeof *teacher);
        return NULL;
    }
    teacher->net = net;
    teacher->n_workers = pool ? mnet_pool_threads(pool) : 1;
    teacher->n_classes = (size_t)mnet_net_logits(net)->channels;
    teacher->workers = mnet_calloc(teacher->n_workers, sizeof *teacher->workers);
    MnetStatus status =
        teacher->workers ? check(model, net, error) : mnet_error_memory(error, teacher->n_workers);
    for (size_t i = 0; status == MNET_OK && i < teacher->n_workers; i++)
        status = open_worker(teacher, &teacher->workers[i], model, error);
    if (status == MNET_OK)
        return teacher;
    mnet_teacher_free(teacher);
    return NULL;
}

void mnet_teacher_free(MnetTeacher *teacher)
{
    if (!teacher)
        return;
    for (size_t i = 0; teacher->workers && i < teacher->n_workers; i++) {
        mnet_session_free(teacher->workers[i].session);
        mnet_image_free(teacher->workers[i].image);
        mnet_free(teacher->workers[i].rgb);
    }
    mnet_free(teacher->workers);
    mnet_free(teacher);
}

/* What the student sees as bytes again. */
static void to_bytes(const MnetTeacher *teacher, float *const *rows, uint8_t *rgb)
{
    const MnetNetLayer *in = &teacher->net->layers[0];
    for (int32_t y = 0; y < in->height; y++)
        for (int32_t x = 0; x < 3 * in->width; x++) {
            float value = rows[y][x] * teacher->net->std[x % 3] + teacher->net->mean[x % 3];
            *rgb++ = (uint8_t)lrintf(fminf(fmaxf(value, 0), 255));
        }
}

void mnet_teacher_ask(MnetTeacher *teacher, size_t index, float *const *rows, float temperature,
                      float *probabilities)
{
    Worker *worker = &teacher->workers[index];
    const MnetTensorInfo *info = mnet_session_output_info(worker->session, 0);
    MnetPlanes planes = { .data = { worker->rgb },
                          .stride = { 3 * (ptrdiff_t)teacher->net->layers[0].width } };
    bool logits = info->kind != MNET_OUTPUT_SOFTMAX && info->kind != MNET_OUTPUT_LOGISTIC;
    double sum = 0, most = -1e30;
    to_bytes(teacher, rows, worker->rgb);
    mnet_image_convert(worker->image, &planes, mnet_session_input(worker->session, 0));
    mnet_session_run(worker->session);
    for (size_t i = 0; i < teacher->n_classes; i++) {
        float value = mnet_tensor_value(info, mnet_session_output(worker->session, 0), i);
        probabilities[i] = logits ? value : logf(fmaxf(value, 1e-6f));
        most = fmax(most, probabilities[i]);
    }
    for (size_t i = 0; i < teacher->n_classes; i++)
        sum += probabilities[i] = (float)exp((probabilities[i] - most) / temperature);
    for (size_t i = 0; i < teacher->n_classes; i++)
        probabilities[i] = (float)(probabilities[i] / sum);
}
