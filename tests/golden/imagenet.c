/* SPDX-License-Identifier: MIT
 *
 * Labelled pictures and how many of them a classifier names. */
#include "imagenet.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

#define SIZE 224
#define PICTURE_BYTES (SIZE * SIZE * 3)
#define THREADS 2

typedef struct {
    MnetModel *model;
    const MnetSessionOptions *options;
    const Imagenet *pictures;
    atomic_size_t next; /* the picture that the next idle thread takes */
} Work;

typedef struct {
    Work *work;
    ImagenetHits hits;
    bool failed;
} Worker;

void imagenet_count(ImagenetHits *hits, const int *best, const ImagenetLabel *label,
                    bool background)
{
    int right = background ? label->index_1001 : label->index_1000;
    hits->top1 += best[0] == right;
    for (int i = 0; i < IMAGENET_TOP; i++)
        hits->top5 += best[i] == right;
}

/* By falling stored value, equal ones by rising index. */
static void rank(const MnetTensorInfo *info, const void *data, int *best)
{
    double values[IMAGENET_TOP];
    int n = 0;
    for (size_t i = 0; i < info->elements; i++) {
        double value = golden_stored(info->type, data, i);
        int at = n;
        for (; at > 0 && values[at - 1] < value; at--) {
            if (at < IMAGENET_TOP) {
                values[at] = values[at - 1];
                best[at] = best[at - 1];
            }
        }
        if (at < IMAGENET_TOP) {
            values[at] = value;
            best[at] = (int)i;
            n += n < IMAGENET_TOP;
        }
    }
}

static MnetImage *new_image(const MnetSession *session, MnetError *error)
{
    MnetFrameInfo frame = { MNET_PIXEL_RGB, SIZE, SIZE, MNET_MATRIX_BT601, true };
    MnetImageOptions options;
    mnet_image_default_options(mnet_session_input_info(session, 0), NULL, &options);
    return mnet_image_new(&frame, mnet_session_input_info(session, 0), &options, error);
}

static void *classify(void *data)
{
    Worker *worker = data;
    Work *work = worker->work;
    MnetError error;
    const MnetTensorInfo *output = mnet_model_output(work->model, 0);
    MnetSession *session = mnet_session_new(work->model, work->options, &error);
    MnetImage *image = session ? new_image(session, &error) : NULL;
    worker->failed = !image;
    if (worker->failed)
        printf("FAILED %s\n", error.text);
    for (size_t i; image && (i = atomic_fetch_add(&work->next, 1)) < work->pictures->n;) {
        MnetPlanes planes = { { work->pictures->pixels + i * PICTURE_BYTES }, { SIZE * 3 } };
        int best[IMAGENET_TOP] = { -1, -1, -1, -1, -1 };
        mnet_image_convert(image, &planes, mnet_session_input(session, 0));
        mnet_session_run(session);
        rank(output, mnet_session_output(session, 0), best);
        imagenet_count(&worker->hits, best, &work->pictures->labels[i], output->elements == 1001);
    }
    mnet_image_free(image);
    mnet_session_free(session);
    return NULL;
}

bool imagenet_classify(MnetModel *model, const MnetSessionOptions *options,
                       const Imagenet *pictures, ImagenetHits *hits)
{
    Work work = { .model = model, .options = options, .pictures = pictures };
    Worker workers[THREADS];
    pthread_t threads[THREADS];
    bool good = true;
    *hits = (ImagenetHits){ 0 };
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ .work = &work };
        if (pthread_create(&threads[i], NULL, classify, &workers[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        hits->top1 += workers[i].hits.top1;
        hits->top5 += workers[i].hits.top5;
        good &= !workers[i].failed;
    }
    return good;
}

FILE *imagenet_open_table(const char *shared, const char *name)
{
    char path[1024], line[256];
    snprintf(path, sizeof path, "%s/%s", shared, name);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) { /* the heading */
        printf("FAILED %s cannot be read\n", path);
        exit(1);
    }
    return file;
}

static void read_labels(Imagenet *pictures, const char *shared)
{
    FILE *file = imagenet_open_table(shared, "imagenet/labels.tsv");
    const char *limit = getenv("MNET_ACCURACY_PICTURES");
    size_t most = limit ? strtoul(limit, NULL, 10) : IMAGENET_MAX;
    ImagenetLabel *label = pictures->labels;
    pictures->n = 0;
    while (pictures->n < IMAGENET_MAX && pictures->n < most &&
           fscanf(file, "%d %*s %*[^\t] %d %d", &label->number, &label->index_1001,
                  &label->index_1000) == 3) {
        pictures->n++;
        label++;
    }
    fclose(file);
}

void imagenet_read(Imagenet *pictures, const char *shared, const char *path)
{
    read_labels(pictures, shared);
    FILE *file = fopen(path, "rb");
    pictures->pixels = malloc(pictures->n * PICTURE_BYTES + 1);
    if (!file || !pictures->pixels || !pictures->n ||
        fread(pictures->pixels, PICTURE_BYTES, pictures->n, file) != pictures->n) {
        printf("FAILED %s holds no %zu pictures\n", path, pictures->n);
        exit(1);
    }
    fclose(file);
}
