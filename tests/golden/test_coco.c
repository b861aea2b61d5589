/* SPDX-License-Identifier: MIT
 *
 * test_coco [--markdown] SHARED_DIR FOLDER/MODEL DJPEG PYTHON: average precision of a
 * detector over the labelled pictures of images/coco128, beside what TFLite's
 * reference kernels reached: a row for all classes and one for persons.  The
 * pictures are decoded by DJPEG; golden/evaluate_ssd.py counts.  Judged are the
 * network on pictures resized as the reference's were, and on those that
 * mnet_image_convert() makes. */
#include <mnet/mnet.h>

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "golden.h"
#include "pictures.h"
#include "resampling.h"

/* Largest distance of the mean over all classes from TFLite's. */
#define BAR 0.005
/* Most detections of a picture that are counted. */
#define MAX_FOUND 100

typedef struct {
    MnetModel *model;
    MnetSession *session;
    MnetDetector *detector;
} Network;

static bool open_network(Network *network, const char *path)
{
    MnetError error;
    network->model = mnet_model_load(path, NULL, &error);
    if (network->model)
        network->session = mnet_session_new(network->model, NULL, &error);
    if (network->session)
        network->detector = mnet_detector_new(network->model, NULL, NULL, &error);
    if (!network->detector)
        printf("FAILED %s\n", error.text);
    return network->detector != NULL;
}

static void close_network(Network *network)
{
    mnet_detector_free(network->detector);
    mnet_session_free(network->session);
    mnet_model_unref(network->model);
}

static bool convert(const Network *network, const Picture *picture)
{
    return picture_convert(picture, mnet_model_input(network->model, 0),
                           mnet_session_input(network->session, 0));
}

/* The bytes of a picture of the network's size, which must be what it takes. */
static bool resize(const Network *network, const Picture *picture)
{
    const MnetTensorInfo *input = mnet_model_input(network->model, 0);
    if (input->type == MNET_TYPE_UINT8 && input->rank == 4 && input->dims[3] == 3 &&
        resize_rgb(picture->bytes, picture->width, picture->height,
                   mnet_session_input(network->session, 0), input->dims[2], input->dims[1]))
        return true;
    puts("FAILED the network does not take bytes of a picture");
    return false;
}

/* One line for each detection, as evaluate_ssd.py reads them. */
static void write_detections(const Network *network, const char *name, FILE *table)
{
    static MnetDetection found[MAX_FOUND];
    const void *outputs[GOLDEN_MAX_TENSORS] = { NULL };
    for (size_t i = 0; i < GOLDEN_MAX_TENSORS; i++)
        outputs[i] = mnet_session_output(network->session, i);
    size_t n = mnet_detector_decode(network->detector, outputs, NULL, MAX_FOUND, found);
    for (size_t i = 0; i < n; i++)
        fprintf(table, "%s\t%u\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\n", name, found[i].index,
                (double)found[i].score, (double)found[i].top, (double)found[i].left,
                (double)found[i].bottom, (double)found[i].right);
}

static int is_jpeg(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".jpg") == 0;
}

typedef bool Fill(const Network *network, const Picture *picture);

static bool detect_all(const Network *network, const char *shared, const char *djpeg, Fill *fill,
                       FILE *table)
{
    char folder[900], path[1200];
    struct dirent **entries;
    snprintf(folder, sizeof folder, "%s/images/coco128", shared);
    int n = scandir(folder, &entries, is_jpeg, alphasort);
    bool good = n == 128;
    if (!good)
        printf("FAILED %s has %d pictures, not 128\n", folder, n);
    fputs("image\tlabel_index\tscore\tymin\txmin\tymax\txmax\n", table);
    for (int i = 0; i < n; i++) {
        Picture picture = { 0, 0, NULL };
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        good = good && picture_read_jpeg(djpeg, path, &picture) && fill(network, &picture);
        if (good) {
            mnet_session_run(network->session);
            write_detections(network, entries[i]->d_name, table);
        }
        free(picture.bytes);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}

/* Of all classes, and of persons. */
typedef struct {
    double mean, person;
} Precision;

static bool evaluate(const char *shared, const char *python, const char *table,
                     Precision *precision)
{
    char command[2200], line[256];
    int found = 0;
    snprintf(command, sizeof command, "'%s' '%s/golden/evaluate_ssd.py' '%s'", python, shared,
             table);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe)) {
        found += sscanf(line, "mAP ap101 %lf", &precision->mean) == 1;
        found += sscanf(line, "person AP ap101 %lf", &precision->person) == 1;
    }
    bool good = pipe && pclose(pipe) == 0 && found == 2;
    if (!good)
        printf("FAILED %s\n", command);
    return good;
}

static bool read_reference(const char *shared, const char *model, Precision *precision)
{
    char path[1024], line[512], mean[160], person[160];
    int found = 0;
    snprintf(path, sizeof path, "%s/golden/accuracy.tsv", shared);
    snprintf(mean, sizeof mean, "\t%s\treference\t128\tmAP@0.5 ap101\t", model);
    snprintf(person, sizeof person, "\t%s\treference\t128\tperson AP@0.5 ap101\t", model);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *value = strrchr(line, '\t');
        if (strstr(line, mean))
            found += sscanf(value, "%lf", &precision->mean) == 1;
        if (strstr(line, person))
            found += sscanf(value, "%lf", &precision->person) == 1;
    }
    if (file)
        fclose(file);
    if (found != 2)
        printf("FAILED %s has no rows of %s\n", path, model);
    return found == 2;
}

typedef struct {
    const char *shared, *djpeg, *python;
} Places;

static bool measure(const Places *places, const Network *network, Fill *fill, Precision *precision)
{
    char path[] = "coco-XXXXXX";
    int handle = mkstemp(path);
    FILE *table = handle < 0 ? NULL : fdopen(handle, "w");
    bool good = table && detect_all(network, places->shared, places->djpeg, fill, table);
    good = table && fclose(table) == 0 && good;
    good = good && evaluate(places->shared, places->python, path, precision);
    if (handle >= 0)
        unlink(path);
    return good;
}

static bool check_model(const Places *places, const char *name)
{
    char path[1024];
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    Network network = { NULL, NULL, NULL };
    Precision ours, converted, reference = { 0, 0 };
    snprintf(path, sizeof path, "%s/models/%s.tflite", places->shared, name);
    bool good = open_network(&network, path) && measure(places, &network, resize, &ours) &&
                measure(places, &network, convert, &converted) &&
                read_reference(places->shared, last, &reference);
    close_network(&network);
    if (!good)
        return false;
    printf("| %s, all classes | %.4f | %.4f | %.4f |\n", last, ours.mean, reference.mean,
           converted.mean);
    printf("| %s, person | %.4f | %.4f | %.4f |\n", last, ours.person, reference.person,
           converted.person);
    return fabs(ours.mean - reference.mean) <= BAR && fabs(converted.mean - reference.mean) <= BAR;
}

int main(int argc, char **argv)
{
    bool markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0;
    argv += markdown;
    argc -= markdown;
    if (argc != 5) {
        fputs("usage: test_coco [--markdown] SHARED_DIR FOLDER/MODEL DJPEG PYTHON\n", stderr);
        return 2;
    }
    int absent = shared_file_absent(argv[1]);
    if (!absent)
        absent = shared_file_absent(argv[3]);
    if (absent)
        return absent;
    if (markdown)
        puts("| model | AP@0.5 ours | TFLite | ours, pictures converted by mnet |\n"
             "| --- | --- | --- | --- |");
    const Places places = { argv[1], argv[3], argv[4] };
    return !check_model(&places, argv[2]);
}
