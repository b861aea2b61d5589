/* SPDX-License-Identifier: MIT
 *
 * `mnet train` as a user runs it: it learns, is interrupted and goes on, goes on
 * from a file, and says what is wrong. */
#include "expect.h"

#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drawn_pictures.h"
#include "format/tflite_write.h"
#include "run_mnet.h"
#include "shared_file.h"
#include "train/net_graph.h"
#include "train/random.h"
#include "train/read_tflite.h"

/* Of 40 pictures that were not learnt from; guessing gets 25 %. */
#define LEAST_PERCENT 90
/* Of them, by a network of photographs that has seen ten shapes of each class. */
#define PUBLISHED_PERCENT 75

/* Some 50 k multiply-adds. */
#define SMALL "--arch v2 --width 0.1 --last-channels 64 --resolution 16 --strides 2,2,1,1 --batch 8"
#define LEARN SMALL " --stem-stride 1 --epochs 25 --average 0 --shift 1 --warm-up 1"
/* More lines than a pipe holds: it does not end before it is interrupted. */
#define LONG SMALL " --epochs 100 --cutmix 1 --mixup 0.5 --checkpoint checkpoint --curve curve.svg"

static char folder[] = "cli-XXXXXX";

/* The run ends so, and prints the text, or nothing is asked of it. */
static void expect_run(const Run *run, int status, const char *text)
{
    EXPECT(run->status == status, "exit %d, wanted %d: %s", run->status, status, run->text);
    EXPECT(!text || strstr(run->text, text), "no \"%s\" in: %s", text, run->text);
}

static void expect_line(int status, const char *text, const char *command)
{
    Run run = run_mnet(NULL, "%s", command);
    expect_run(&run, status, text);
    run_free(&run);
}

/* What is told of the test pictures at the end; -1: nothing is. */
static double percent(const Run *run)
{
    double value = -1;
    const char *end = strstr(run->text, " % of 40 test pictures");
    while (end && end > run->text && end[-1] != ' ')
        end--;
    if (end)
        sscanf(end, "%lf", &value);
    return value;
}

static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = calloc(1, (size_t)1 << 22);
    *size = file && data ? fread(data, 1, (1 << 22) - 1, file) : 0;
    EXPECT(*size > 0, "%s cannot be read", path);
    if (file)
        fclose(file);
    return data;
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    uint8_t *data = read_whole(from, &size);
    write_bytes(to, data, size);
    free(data);
}

static void expect_same_file(const char *a, const char *b)
{
    size_t size_a, size_b;
    uint8_t *data_a = read_whole(a, &size_a), *data_b = read_whole(b, &size_b);
    EXPECT(size_a == size_b && !memcmp(data_a, data_b, size_a), "%s and %s differ", a, b);
    free(data_a);
    free(data_b);
}

/* One tag from behind its '<': its name is opened or closed; NULL: it is wrong. */
static const char *skip_tag(const char *at, char names[][32], int *depth)
{
    bool closing = *at == '/';
    size_t length = strcspn(at += closing, " />\n");
    const char *end = at + length;
    if (!length || length >= 32 || *depth == 8)
        return NULL;
    if (closing)
        return *end == '>' && *depth && strlen(names[*depth - 1]) == length &&
                       !strncmp(names[--*depth], at, length)
                   ? end + 1
                   : NULL;
    snprintf(names[(*depth)++], 32, "%.*s", (int)length, at);
    while (*end == ' ' || *end == '\n') {
        end += strspn(end, " \n");
        const char *value = end + strcspn(end, "=<> ");
        const char *quote = value[0] == '=' && value[1] == '"' ? strchr(value + 2, '"') : NULL;
        if (!quote || memchr(value, '<', (size_t)(quote - value)))
            return NULL;
        end = quote + 1;
    }
    *depth -= *end == '/';
    end += *end == '/';
    return *end == '>' ? end + 1 : NULL;
}

/* Tags are closed in order, attributes quoted, and the file begins and ends with svg. */
static void expect_svg(const char *path)
{
    size_t size;
    char names[8][32];
    int depth = 0, tags = 0;
    char *text = (char *)read_whole(path, &size);
    const char *at = text;
    EXPECT(!strncmp(text, "<svg ", 5), "%s begins with %.20s", path, text);
    while (at && (at = strchr(at, '<'))) {
        EXPECT(depth || !tags, "%s goes on behind its end", path);
        at = skip_tag(at + 1, names, &depth);
        tags++;
    }
    EXPECT(tags > 20 && !depth, "%s: %d tags, %d of them open at the end", path, tags, depth);
    EXPECT(!strchr(text, '&') && strstr(text, "<polyline") && !strstr(text, "nan"), "%s: %s", path,
           text);
    free(text);
}

static void check_learning(void)
{
    Run run = run_mnet(NULL, "train pictures learnt.tflite " LEARN " --curve learnt.svg");
    uint8_t rgb[3 * DRAWN_SIZE * DRAWN_SIZE];
    expect_run(&run, 0, "160 pictures to learn from and 40 for the test, of 4 classes, as 16x16\n");
    EXPECT(percent(&run) >= LEAST_PERCENT, "%g %%: %s", percent(&run), run.text);
    run_free(&run);
    expect_svg("learnt.svg");
    expect_line(0, "MobileNet V2", "info learnt.tflite");
    int right = 0;
    for (int32_t i = 0; i < DRAWN_CLASSES; i++) {
        draw_picture(i, 7000, rgb);
        write_ppm("picture.ppm", DRAWN_SIZE, DRAWN_SIZE, rgb);
        run = run_mnet(NULL, "run learnt.tflite --image picture.ppm --top 1");
        expect_run(&run, 0, NULL);
        right += strstr(run.text, drawn_classes[i]) != NULL;
        run_free(&run);
    }
    EXPECT(right >= DRAWN_CLASSES - 1, "mnet run tells %d of 4 shapes", right);
}

/* Interrupted twice, once on two threads, and gone on: the bytes of a run that was not. */
static void check_interrupted(void)
{
    expect_line(0, "epoch 100/100", "train few whole.tflite " LONG);
    EXPECT(rename("curve.svg", "whole.svg") == 0 && rename("checkpoint", "whole") == 0, "rename");
    RunCase first = { .until = "epoch 1/100", .signal = SIGINT };
    RunCase then = { .until = "epoch 20/100", .signal = SIGTERM };
    Run run = run_mnet(&first, "train few again.tflite " LONG " --threads 2 --resume");
    expect_run(&run, 1, "--resume goes on from checkpoint");
    run_free(&run);
    EXPECT(access("again.tflite", F_OK) != 0, "an interrupted run writes a network");
    run = run_mnet(&then, "train few again.tflite " LONG " --resume");
    expect_run(&run, 1, "interrupted in epoch");
    EXPECT(!strstr(run.text, "epoch 1/100:"), "it began anew: %s", run.text);
    EXPECT(strstr(run.text, "\ncheckpoint: goes on after "), "it does not say so: %s", run.text);
    run_free(&run);
    /* A disk that is full at a checkpoint: the one before stays. */
    RunCase full = { .most_bytes = 20000 };
    copy_file("checkpoint", "before");
    run = run_mnet(&full, "train few again.tflite " LONG " --resume");
    expect_run(&run, 1, "checkpoint: cannot be written, and is as it was: ");
    run_free(&run);
    expect_same_file("checkpoint", "before");
    /* At the last one: the network is written all the same, where there is room. */
    full.most_bytes = 400000; /* the checkpoint is four times the network */
    run = run_mnet(&full, "train few last.tflite " SMALL " --epochs 1 --checkpoint last");
    expect_run(&run, 1, "mnet: last: cannot be written");
    EXPECT(strstr(run.text, "last.tflite: MobileNet V2"), "no network: %s", run.text);
    run_free(&run);
    expect_line(0, "epoch 100/100", "train few again.tflite " LONG " --resume");
    expect_same_file("whole.tflite", "again.tflite");
    expect_same_file("whole.svg", "curve.svg");
    expect_same_file("whole", "checkpoint");
    expect_line(1, "other pictures or other options",
                "train few again.tflite " LONG " --resume --seed 2");
    Run plain = run_mnet(&first, "train few plain.tflite " SMALL " --epochs 100");
    expect_run(&plain, 1, "without --checkpoint nothing is kept");
    run_free(&plain);
}

/* A rate that rises passes what floats hold, after some epochs. */
static void check_nan(void)
{
    char said[2][400] = { "", "" };
    for (int i = 0; i < 2; i++) {
        Run run = run_mnet(NULL, "train few nan.tflite " SMALL
                                 " --rate 100 --momentum 1 --warm-up 20 --epochs 400 --average 0 "
                                 "--weight-decay 1 --checkpoint nan --resume");
        const char *line = strstr(run.text, "mnet: ");
        expect_run(&run, 1, "is no number any more in step ");
        EXPECT(!i || !strstr(run.text, "epoch 1/400:"), "it began anew: %s", run.text);
        snprintf(said[i], sizeof said[i], "%s", line ? line : "");
        run_free(&run);
    }
    /* Said again from the checkpoint before. */
    EXPECT(*said[0] && !strcmp(said[0], said[1]), "\"%s\", then \"%s\"", said[0], said[1]);
    EXPECT(access("nan.tflite", F_OK) != 0, "a network without numbers is written");
}

/* All layers of a file that has its normalisation in its weights. */
static void check_from(void)
{
    Run run =
        run_mnet(NULL, "train pictures same.tflite --from learnt.tflite --epochs 1 --batch 8");
    expect_run(&run, 0, NULL);
    EXPECT(percent(&run) >= LEAST_PERCENT, "the same classes: %s", run.text);
    run_free(&run);
    /* Named otherwise they are learnt anew, in fewer epochs than from nothing. */
    run = run_mnet(NULL, "train renamed other.tflite --from learnt.tflite --epochs 8 --batch 8 "
                         "--average 0");
    expect_run(&run, 0, NULL);
    EXPECT(percent(&run) >= LEAST_PERCENT, "other classes: %s", run.text);
    run_free(&run);
    expect_line(0, "MobileNet V2", "info other.tflite");
    run = run_mnet(NULL, "run other.tflite --image picture.ppm --top 1");
    expect_run(&run, 0, "new ");
    run_free(&run);
}

/* Options that would do nothing, and files that cannot be written, before any work. */
static void check_options(void)
{
    static const char *const lines[][2] = {
        { "--resume", "--resume needs --checkpoint" },
        { "--freeze backbone", "--freeze needs --from" },
        { "--from x --width 1", "--width does not go with --from" },
        { "--from x --minimalistic", "--minimalistic does not go with --from" },
        { "--from x --freeze backbone --epochs 3", "--epochs does not go with --freeze" },
        { "--from x --imprint --teacher y", "--teacher does not go with --freeze and --imprint" },
        { "--from x --imprint --rate 1", "--rate does not go with --imprint" },
        { "--from x --imprint --freeze backbone", "--freeze does not go with --imprint" },
        { "--alpha 0.5", "--alpha needs --teacher" },
        { "--step-factor 0.5", "--step-factor needs --schedule step" },
        { "--square-decay 0.5", "--square-decay needs --optimizer adam" },
        { "--optimizer adam --no-nesterov", "--no-nesterov needs --optimizer sgd or muon" },
        { "--matrix-share 0.1", "--matrix-share needs --optimizer muon" },
        { "--optimizer adam --momentum 1", "--momentum has to be less than 1" },
        { "--width 0", "--width: 0.05 to 4" },
        { "--rate 0", "--rate has to be more than 0" },
        { "--dropout 1", "--dropout has to be less than 1" },
        { "--mixup 5", "from 0 to 4" },
        { "--checkpoint a --curve ./a", "a is to be --checkpoint and --curve" },
        { "--checkpoint ./x.tflite", "x.tflite is to be the network and --checkpoint" },
        { "--curve ./nowhere", "./nowhere is to be --curve and the pictures" },
        { "--from a --checkpoint a", "a is to be --checkpoint and --from" },
        { "--teacher a --curve ../a/../b.JPG", "b.JPG has the name of a picture" },
        { "--teacher a --curve a", "a is to be --curve and --teacher" },
    };
    char line[200];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(line, sizeof line, "train nowhere x.tflite %s", lines[i][0]);
        expect_line(2, lines[i][1], line);
    }
    expect_line(1, "mnet: none/x.tflite: cannot be written: ", "train nowhere none/x.tflite");
    expect_line(1,
                "mnet: none/c: cannot be written: ", "train nowhere x.tflite --checkpoint none/c");
    write_bytes("there", "x", 1);
    expect_line(1, "--checkpoint: there is there already",
                "train nowhere x.tflite --checkpoint there");
    EXPECT(access("x.tflite", F_OK) != 0, "a file is left");
}

/* The network, with its normalisation in front of it: bytes * 1 / 127.5 - 1. */
static void write_with_range(const char *from, const char *to)
{
    static const float numbers[] = { 1 / 127.5f, -1 };
    static const char *const names[] = { "scaled", "shifted" };
    MnetError error = { MNET_OK, "" };
    MnetStore store = { 0 };
    MnetGraph graph;
    uint8_t *data;
    size_t size;
    MnetNet *net = mnet_net_read_tflite(from, &error);
    if (!net || mnet_net_graph(net, &store, &graph, &error))
        exit(1);
    int32_t input = graph.inputs[0], last = input;
    for (int32_t i = 0; i < 2; i++) {
        MnetTensor number = { .type = MNET_TYPE_FLOAT32,
                              .shape_known = true,
                              .name = i ? "one" : "step" };
        int32_t by = mnet_graph_add_tensor(&graph, &number, &error);
        int32_t next = mnet_graph_add_tensor(&graph, &graph.tensors[input], &error);
        int32_t node = mnet_graph_add_node(&graph, i, i ? MNET_OP_ADD : MNET_OP_MUL, 2, 1, &error);
        if (by < 0 || next < 0 || node < 0)
            exit(1);
        graph.tensors[by].data = &numbers[i];
        graph.tensors[by].data_bytes = sizeof numbers[i];
        graph.tensors[next].name = names[i];
        graph.nodes[node].inputs[0] = last;
        graph.nodes[node].inputs[1] = by;
        graph.nodes[node].outputs[0] = last = next;
    }
    for (int32_t i = 2; i < graph.n_nodes; i++)
        if (graph.nodes[i].inputs[0] == input)
            graph.nodes[i].inputs[0] = last;
    MnetTfliteFacts facts = mnet_net_facts(net);
    facts.input.n = 0;
    EXPECT(!mnet_tflite_write(&graph, &facts, &data, &size, &error), "%s", error.text);
    write_bytes(to, data, size);
    mnet_buffer_free(data);
    mnet_store_clear(&store);
    mnet_net_free(net);
}

/* A file that tells its range by what it does with its input alone. */
static void check_range(void)
{
    int before = -1, after = -1;
    write_with_range("learnt.tflite", "range.tflite");
    Run run = run_mnet(NULL, "quantize range.tflite bytes.tflite --images pictures/test");
    expect_run(&run, 0, NULL);
    const char *at = strstr(run.text, "before:"), *then = strstr(run.text, "after:");
    EXPECT(at && sscanf(at, "before: %d of 40", &before) == 1 && then &&
               sscanf(then, "after: %d of 40", &after) == 1,
           "%s", run.text);
    EXPECT(before >= 0.4 * LEAST_PERCENT && after >= 0.4 * LEAST_PERCENT - 2, "%s", run.text);
    run_free(&run);
}

static void check_bad(void)
{
    uint8_t *rgb = calloc(1, 3 * DRAWN_SIZE * DRAWN_SIZE);
    make_folder("one/cat");
    write_ppm("one/cat/1.ppm", 4, 4, rgb);
    expect_line(1, "mnet: one: 1 class with pictures; 2 to", "train one x.tflite " SMALL);
    make_folder("one/dog");
    expect_line(1, "mnet: one: class \"dog\" has no picture to learn from",
                "train one x.tflite " SMALL);
    write_bytes("one/dog/1.ppm", "P6 20000 20000 255\n", 19);
    expect_line(1, "skipped: dog/1.ppm: a picture of 20000x20000", "train one x.tflite " SMALL);
    write_ppm("one/dog/2.ppm", 1, 1, rgb);
    expect_line(0, "2 pictures to learn from and 0 for the test, of 2 classes, as 16x16; 1 skipped",
                "train one x.tflite " SMALL " --epochs 2");
    expect_line(1, "mnet: nowhere: No such file", "train nowhere x.tflite " SMALL);
    expect_line(1, "class 0 is \"new 0\" for the teacher, \"",
                "train pictures x.tflite " SMALL " --epochs 1 --teacher other.tflite");
    expect_line(1, "the teacher tells 4 classes, the network is to tell 2",
                "train one x.tflite " SMALL " --teacher learnt.tflite");
    expect_line(1,
                "mnet: nowhere.tflite: ", "train one x.tflite " SMALL " --teacher nowhere.tflite");
    expect_line(1, "mnet: nowhere.tflite: ", "train one x.tflite --from nowhere.tflite");
    expect_line(1,
                "mnet: /dev/full: cannot be written: ", "train one /dev/full " SMALL " --epochs 2");
    expect_line(1, "mnet: curve/x: cannot be written: ",
                "train one x.tflite " SMALL " --epochs 2 --curve curve/x");
    write_bytes("damaged", "MNETLRN2", 8);
    expect_line(1, "damaged is no checkpoint of mnet train",
                "train one x.tflite " SMALL " --checkpoint damaged --resume");
    free(rgb);
}

/* Pictures of two classes, 8x8: <path>/<a>/N.ppm is dark, <path>/<b>/N.ppm bright. */
static void draw_two(const char *path, const char *a, const char *b)
{
    static uint8_t rgb[3 * 8 * 8];
    char name[96];
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "%s/%s", path, i % 2 ? b : a);
        make_folder(name);
        memset(rgb, i % 2 ? 180 + i : 20 + i, sizeof rgb);
        snprintf(name, sizeof name, "%s/%s/%d.ppm", path, i % 2 ? b : a, i);
        write_ppm(name, 8, 8, rgb);
    }
}

/* Names that look like numbered labels are the network's all the same, those that no
 * label can be are refused; parts are told in any case. */
static void check_class_names(void)
{
    draw_two("numbered", "01 cat", "02 dog");
    expect_line(0, NULL, "train numbered x.tflite " SMALL " --epochs 1");
    expect_line(0, "2: 01 cat, 02 dog", "info x.tflite");
    expect_line(0, "01 cat", "run x.tflite --image picture.ppm --top 2");
    draw_two("lines", "1\ncat", "2\ndog");
    expect_line(0, NULL, "train lines x.tflite " SMALL " --epochs 1");
    expect_line(0, "2: 1 cat, 2 dog", "info x.tflite");
    draw_two("bytes", "\xff\xfe", "dog");
    expect_line(1, "the folder \"??\" has a name that is not UTF-8", "train bytes x.tflite " SMALL);
    draw_two("parts/Train", "cat", "dog");
    draw_two("parts/Valid", "cat", "dog");
    expect_line(0, "8 pictures to learn from and 8 for the test, of 2 classes",
                "train parts x.tflite " SMALL " --epochs 1");
    draw_two("foreign", "horse", "cow");
    expect_line(0, "accuracy is not measured: the folder horse is none",
                "quantize x.tflite y.tflite --images foreign");
}

/* 160 steps: running statistics and the average of the weights follow at once. */
static void check_few_steps(void)
{
    Run run = run_mnet(NULL, "train pictures x.tflite " SMALL
                             " --stem-stride 1 --shift 1 --warm-up 1 --epochs 8");
    expect_run(&run, 0, NULL);
    EXPECT(percent(&run) >= LEAST_PERCENT, "%s", run.text);
    run_free(&run);
}

/* What happens to a run from outside: a closed terminal, a curve that cannot be written,
 * signals one after the other, its end while it writes. */
static void check_accidents(void)
{
    RunCase hang_up = { .until = "epoch 1/100", .signal = SIGHUP };
    RunCase kill = { .until = "epoch 9/100", .signal = SIGKILL };
    unlink("checkpoint"); /* an earlier check's */
    Run run = run_mnet(&hang_up, "train few x.tflite " LONG);
    expect_run(&run, 1, "--resume goes on from checkpoint");
    run_free(&run);
    run = run_mnet(&kill, "train few x.tflite " LONG " --resume");
    EXPECT(run.status == -1, "%s", run.text);
    run_free(&run);
    expect_line(0, "checkpoint: goes on after ", "train few x.tflite " LONG " --resume");
    EXPECT(unlink("checkpoint") == 0, "no checkpoint");
    unlink("x.tflite");
    expect_line(1, "/dev/full: cannot be written: No space left on device; the run goes on",
                "train few x.tflite " SMALL " --epochs 2 --curve /dev/full --threads 64");
    EXPECT(access("x.tflite", F_OK) == 0, "no network without the curve");
}

/* Rights stay as they were. */
static void check_rights(void)
{
    struct stat there;
    EXPECT(chmod("x.tflite", 0640) == 0, "x.tflite");
    expect_line(0, NULL, "train few x.tflite " SMALL " --epochs 1 --curve /dev/null");
    EXPECT(stat("x.tflite", &there) == 0 && (there.st_mode & 0777) == 0640, "other rights");
    if (geteuid() != 0) {
        EXPECT(chmod("x.tflite", 0440) == 0, "x.tflite");
        expect_line(1, "x.tflite: cannot be written: Permission denied",
                    "train few x.tflite " SMALL " --epochs 1");
    }
    EXPECT(unlink("x.tflite") == 0, "x.tflite");
}

/* A checkpoint goes on with the teacher that it was begun with alone. */
static void check_checkpoints(void)
{
    char command[256];
    const char *train = "train pictures x.tflite " SMALL " --epochs 2 --checkpoint taught --resume";
    copy_file("learnt.tflite", "teacher.tflite");
    snprintf(command, sizeof command, "%s --teacher teacher.tflite", train);
    expect_line(0, NULL, command);
    expect_line(0, "goes on after 2 of 2 epochs", command);
    snprintf(command, sizeof command, "%s --teacher from-other.tflite", train);
    expect_line(0, NULL, "train pictures from-other.tflite " SMALL " --epochs 1");
    expect_line(1, "was begun with another network, other pictures or other options", command);
    const char *from = "train pictures x.tflite --epochs 1 --checkpoint from --resume --from";
    expect_line(0, NULL, "train pictures seed1.tflite " SMALL " --epochs 1 --seed 1");
    snprintf(command, sizeof command, "%s from-other.tflite", from);
    expect_line(0, NULL, command);
    snprintf(command, sizeof command, "%s seed1.tflite", from);
    expect_line(1, "was begun with another network", command);
    write_bytes("empty", "", 0);
    expect_line(1, "mnet: empty: is empty",
                "train pictures x.tflite " SMALL " --checkpoint empty --resume");
}

/* One to four bytes changed, mostly in what stands before the weights. */
static void damage(uint8_t *data, size_t size, MnetRandom *random)
{
    for (size_t n = 1 + mnet_random_below(random, 4); n; n--) {
        size_t most = mnet_random_below(random, 2) ? size : 3000;
        data[mnet_random_below(random, (uint32_t)most)] = (uint8_t)mnet_random_below(random, 256);
    }
}

/* A file that is none, cut short, damaged: an error, or a network that works. */
static void check_hostile(void)
{
    size_t size;
    MnetRandom random = { 3 };
    uint8_t *data = read_whole("learnt.tflite", &size);
    const float nan = NAN;
    write_bytes("hostile", "text", 4);
    expect_line(1, "mnet: hostile: ", "train one x.tflite --from hostile");
    write_bytes("hostile", data, size / 2);
    expect_line(1, "mnet: hostile: ", "train one x.tflite --from hostile");
    uint8_t *weights = expect_copy(data, size);
    memcpy(weights + size / 2 / 4 * 4, &nan, sizeof nan);
    write_bytes("hostile", weights, size);
    free(weights);
    expect_line(1, "mnet: hostile: a weight or bias is no finite number",
                "train one x.tflite --from hostile --imprint");
    for (int i = 0; i < 12; i++) {
        uint8_t *damaged = expect_copy(data, size);
        damage(damaged, size, &random);
        write_bytes("hostile", damaged, size);
        Run run = run_mnet(NULL, "train one x.tflite --from hostile --epochs 1");
        const char *said = strstr(run.text, "mnet: ");
        EXPECT(run.status == 0 || (run.status == 1 && said), "%d: exit %d: %s", i, run.status,
               run.text);
        run_free(&run);
        free(damaged);
    }
    free(data);
}

/* The classes of the drawn pictures under other names. */
static void draw_renamed(void)
{
    char from[64], to[64];
    draw_folder("renamed", 8, 10);
    for (int32_t i = 0; i < 2 * DRAWN_CLASSES; i++) {
        const char *part = i % 2 ? "train" : "test";
        snprintf(from, sizeof from, "renamed/%s/%s", part, drawn_classes[i / 2]);
        snprintf(to, sizeof to, "renamed/%s/new %d", part, (int)(i / 2));
        EXPECT(rename(from, to) == 0, "%s", from);
    }
}

/* A published network learns new classes from ten pictures of each. */
static void check_published(const char *model)
{
    static const char *const how[] = { "--freeze backbone", "--imprint",
                                       "--epochs 4 --batch 8 --average 0 --warm-up 1" };
    draw_folder("pictures", 10, 10);
    for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
        Run run = run_mnet(NULL, "train pictures x.tflite --from %s %s", model, how[i]);
        expect_run(&run, 0, NULL);
        printf("%s: %g %%\n", how[i], percent(&run));
        EXPECT(percent(&run) >= PUBLISHED_PERCENT, "%s", run.text);
        run_free(&run);
    }
}

static void check_all(void)
{
    draw_folder("pictures", 40, 10);
    draw_folder("few", 6, 2);
    draw_renamed();
    check_options();
    check_learning();
    check_interrupted();
    check_nan();
    check_from();
    check_range();
    check_class_names();
    check_few_steps();
    check_checkpoints();
    check_accidents();
    check_rights();
    check_bad();
    check_hostile();
}

/* test_cli MNET [MODEL] */
int main(int argc, char **argv)
{
    int absent = argc > 2 ? shared_file_absent(argv[2]) : 0;
    if (absent)
        return absent;
    char *model = argc > 2 ? realpath(argv[2], NULL) : NULL;
    if (argc < 2 || (argc > 2 && !model) || !mkdtemp(folder))
        return 1;
    run_program(argv[1]);
    if (chdir(folder) != 0)
        return 1;
    if (model)
        check_published(model);
    else
        check_all();
    free(model);
    if (chdir("..") == 0)
        remove_folder(folder);
    return expect_report("cli");
}
