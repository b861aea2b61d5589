/* SPDX-License-Identifier: MIT
 *
 * test_accuracy SHARED_DIR PICTURES MODEL: top-1 and top-5 of a classifier over
 * labelled pictures (300 of 224x224, RGB, one behind the other), beside what
 * TFLite's reference kernels reached on the same bytes.  The pictures come in
 * by mnet_image_convert(), as frames do.  Two threads share the model.
 * MNET_ACCURACY_PICTURES=N of the environment: only the first N pictures, for
 * slow machines. */
#include "golden.h"

#include <mnet/mnet.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 224
#define PICTURE_BYTES (SIZE * SIZE * 3)
#define MAX_PICTURES 300
#define TOP 5
#define THREADS 2

/* Largest distance of each share from TFLite's, in points. */
#define BAR 0.5

typedef struct {
    size_t top1, top5;
} Hits;

typedef struct {
    int number;                 /* in labels.tsv and imagenet_top5.tsv */
    int index_1001, index_1000; /* of the right class */
} Label;

typedef struct {
    MnetModel *model;
    const uint8_t *pixels;
    const Label *labels;
    size_t n;
    atomic_size_t next; /* the picture that the next idle thread takes */
} Work;

typedef struct {
    Work *work;
    Hits hits;
    bool failed;
} Worker;

static void count_hit(Hits *hits, const int *best, int right)
{
    hits->top1 += best[0] == right;
    for (int i = 0; i < TOP; i++)
        hits->top5 += best[i] == right;
}

/* By falling stored value, equal ones by rising index. */
static void rank(const MnetTensorInfo *info, const void *data, int *best)
{
    double values[TOP];
    int n = 0;
    for (size_t i = 0; i < info->elements; i++) {
        double value = golden_stored(info->type, data, i);
        int at = n;
        for (; at > 0 && values[at - 1] < value; at--) {
            if (at < TOP) {
                values[at] = values[at - 1];
                best[at] = best[at - 1];
            }
        }
        if (at < TOP) {
            values[at] = value;
            best[at] = (int)i;
            n += n < TOP;
        }
    }
}

static MnetImage *new_image(MnetModel *model, MnetError *error)
{
    MnetFrameInfo frame = { MNET_PIXEL_RGB, SIZE, SIZE, MNET_MATRIX_BT601, true };
    MnetImageOptions options;
    mnet_image_default_options(mnet_model_input(model, 0), NULL, &options);
    return mnet_image_new(&frame, mnet_model_input(model, 0), &options, error);
}

static void *classify(void *data)
{
    Worker *worker = data;
    Work *work = worker->work;
    MnetError error;
    const MnetTensorInfo *output = mnet_model_output(work->model, 0);
    MnetSession *session = mnet_session_new(work->model, NULL, &error);
    MnetImage *image = session ? new_image(work->model, &error) : NULL;
    worker->failed = !image;
    if (worker->failed)
        printf("FAILED %s\n", error.text);
    for (size_t i; image && (i = atomic_fetch_add(&work->next, 1)) < work->n;) {
        MnetPlanes planes = { { work->pixels + i * PICTURE_BYTES }, { SIZE * 3 } };
        int best[TOP];
        mnet_image_convert(image, &planes, mnet_session_input(session, 0));
        mnet_session_run(session);
        rank(output, mnet_session_output(session, 0), best);
        const Label *label = &work->labels[i];
        count_hit(&worker->hits, best,
                  output->elements == 1001 ? label->index_1001 : label->index_1000);
    }
    mnet_image_free(image);
    mnet_session_free(session);
    return NULL;
}

static bool classify_all(Work *work, Hits *hits)
{
    Worker workers[THREADS];
    pthread_t threads[THREADS];
    bool good = true;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (Worker){ .work = work };
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

static FILE *open_table(const char *shared, const char *name)
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

static size_t read_labels(const char *shared, Label *labels)
{
    FILE *file = open_table(shared, "imagenet/labels.tsv");
    size_t n = 0;
    while (n < MAX_PICTURES && fscanf(file, "%d %*s %*[^\t] %d %d", &labels[n].number,
                                      &labels[n].index_1001, &labels[n].index_1000) == 3)
        n++;
    fclose(file);
    return n;
}

/* What TFLite's reference kernels reached on the same pictures. */
static Hits reference_hits(const char *shared, const char *model, const Label *labels, size_t n,
                           bool background)
{
    FILE *file = open_table(shared, "golden/imagenet_top5.tsv");
    char name[128], kernels[32];
    int number, best[TOP];
    Hits hits = { 0 };
    size_t found = 0;
    while (found < n && fscanf(file, "%127s %31s %d %d %d %d %d %d", name, kernels, &number,
                               &best[0], &best[1], &best[2], &best[3], &best[4]) == 8) {
        if (strcmp(name, model) != 0 || strcmp(kernels, "reference") != 0 ||
            number != labels[found].number)
            continue;
        count_hit(&hits, best, background ? labels[found].index_1001 : labels[found].index_1000);
        found++;
    }
    fclose(file);
    if (found != n) {
        printf("FAILED imagenet_top5.tsv has %zu of %zu pictures for %s\n", found, n, model);
        exit(1);
    }
    return hits;
}

static uint8_t *read_pixels(const char *path, size_t n)
{
    FILE *file = fopen(path, "rb");
    uint8_t *pixels = malloc(n * PICTURE_BYTES);
    if (!file || !pixels || fread(pixels, PICTURE_BYTES, n, file) != n) {
        printf("FAILED %s holds no %zu pictures\n", path, n);
        exit(1);
    }
    fclose(file);
    return pixels;
}

/* Of few pictures one is more than BAR points: one may be another. */
static bool near(size_t ours, size_t reference, size_t n)
{
    double distance = ours > reference ? (double)(ours - reference) : (double)(reference - ours);
    return distance <= 1 || 100 * distance / (double)n <= BAR;
}

static bool report(const char *model, Hits ours, Hits reference, size_t n)
{
    double all = (double)n / 100;
    printf("| %s | %.2f | %.2f | %.2f | %.2f |\n", model, (double)ours.top1 / all,
           (double)reference.top1 / all, (double)ours.top5 / all, (double)reference.top5 / all);
    return near(ours.top1, reference.top1, n) && near(ours.top5, reference.top5, n);
}

int main(int argc, char **argv)
{
    static Label labels[MAX_PICTURES];
    if (argc != 4) {
        fputs("usage: test_accuracy SHARED_DIR PICTURES FOLDER/MODEL\n", stderr);
        return 2;
    }
    int absent = golden_need_folder(argv[1]);
    if (!absent)
        absent = golden_need_folder(argv[2]);
    if (absent)
        return absent;
    size_t n = read_labels(argv[1], labels);
    const char *limit = getenv("MNET_ACCURACY_PICTURES");
    if (limit && strtoul(limit, NULL, 10) < n)
        n = strtoul(limit, NULL, 10);
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s.tflite", argv[1], argv[3]);
    MnetError error;
    MnetModel *model = mnet_model_load(path, NULL, &error);
    if (!model) {
        printf("FAILED %s\n", error.text);
        return 1;
    }
    const char *name = strrchr(argv[3], '/') ? strrchr(argv[3], '/') + 1 : argv[3];
    uint8_t *pixels = read_pixels(argv[2], n);
    Work work = { .model = model, .pixels = pixels, .labels = labels, .n = n };
    Hits ours = { 0 };
    bool background = mnet_model_output(model, 0)->elements == 1001;
    bool good = classify_all(&work, &ours) && n > 0 &&
                report(name, ours, reference_hits(argv[1], name, labels, n, background), n);
    free(pixels);
    mnet_model_unref(model);
    return !good;
}
