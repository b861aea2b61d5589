/* SPDX-License-Identifier: MIT
 *
 * Which options of `mnet train` go together, and whether what they name can be
 * written: nobody is to learn that after hours. */
#include "train_options.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "train/optimizer.h"
#include "train/picture_file.h"
#include "train/save.h"

/* Options that would do nothing in such a run. */
typedef struct {
    bool here;
    const char *why;
    const char *names[27]; /* NULL ends them */
} Useless;

static bool check_useful(const ToolOptions *o)
{
    const ToolTraining *t = &o->training;
    const bool adaptive =
        t->optimizer == 1 + MNET_OPTIMIZER_ADAM || t->optimizer == 1 + MNET_OPTIMIZER_RMSPROP;
    const Useless useless[] = {
        { t->from,
          "does not go with --from: the network is the file's",
          { "arch", "width", "resolution", "stem-stride", "strides", "last-channels",
            "minimalistic" } },
        { !t->from, "needs --from MODEL.tflite", { "freeze", "imprint" } },
        { t->freeze || t->imprint,
          "does not go with --freeze and --imprint, which make the last layer alone, at once",
          { "epochs",       "batch",    "optimizer",   "momentum",   "no-nesterov",
            "square-decay", "schedule", "warm-up",     "step-every", "step-factor",
            "average",      "dropout",  "shift",       "reflect",    "colour",
            "cutout",       "mixup",    "cutmix",      "checkpoint", "resume",
            "curve",        "teacher",  "temperature", "alpha",      "matrix-share" } },
        { t->imprint,
          "does not go with --imprint, which learns nothing",
          { "freeze", "rate", "weight-decay", "smoothing", "seed" } },
        { !t->checkpoint, "needs --checkpoint FILE", { "resume" } },
        { !t->teacher, "needs --teacher MODEL.tflite", { "temperature", "alpha" } },
        { t->schedule != 1 + MNET_SCHEDULE_STEP,
          "needs --schedule step",
          { "step-every", "step-factor" } },
        { !adaptive, "needs --optimizer adam or rmsprop", { "square-decay" } },
        { adaptive, "needs --optimizer sgd or muon", { "no-nesterov" } },
        { t->optimizer != 1 + MNET_OPTIMIZER_MUON, "needs --optimizer muon", { "matrix-share" } },
    };
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        const char *name = useless[i].here ? tool_given(o, useless[i].names) : NULL;
        if (name) {
            tool_error("--%s %s", name, useless[i].why);
            return false;
        }
    }
    return true;
}

/* Limits that the table of options, which has whole numbers, cannot tell. */
static bool check_values(const ToolOptions *o)
{
    static const char *const rate[] = { "rate", NULL };
    const ToolTraining *t = &o->training;
    const char *wrong = NULL;
    if (o->width < 0.05)
        wrong = "--width: 0.05 to 4 are possible";
    else if (tool_given(o, rate) && !((float)t->rate > 0))
        wrong = "--rate has to be more than 0";
    else if (t->teacher && !((float)t->temperature > 0))
        wrong = "--temperature has to be more than 0";
    else if (!((float)t->dropout < 1))
        wrong = "--dropout has to be less than 1: nothing would be left";
    else if (!((float)t->square_decay < 1))
        wrong = "--square-decay has to be less than 1";
    else if (t->from && t->optimizer == 1 + MNET_OPTIMIZER_MUON)
        wrong = "--optimizer muon does not go with --from: it turns layers with batch "
                "normalisation, which files have folded into the weights";
    else if (t->optimizer == 1 + MNET_OPTIMIZER_ADAM && !((float)t->momentum < 1))
        wrong = "--momentum has to be less than 1 with --optimizer adam";
    if (wrong)
        tool_error("%s", wrong);
    return !wrong;
}

/* Devices may be several things. */
static bool is_special(const char *path)
{
    struct stat there;
    return stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
}

/* The network, the checkpoint and the curve are files of their own, and none of those
 * that are read; of pictures only their names are known yet. */
static bool check_names(const ToolOptions *o)
{
    const ToolTraining *t = &o->training;
    const struct {
        const char *path, *what;
    } files[] = {
        { o->words[1], "the network" }, { t->checkpoint, "--checkpoint" },
        { t->curve, "--curve" },        { o->words[0], "the pictures" },
        { t->from, "--from" },          { t->teacher, "--teacher" },
    };
    enum { WRITTEN = 3, FILES = sizeof files / sizeof *files };
    for (size_t i = 0; i < WRITTEN; i++) {
        if (!files[i].path || is_special(files[i].path))
            continue;
        for (size_t k = i + 1; k < FILES; k++)
            if (files[k].path && mnet_save_same(files[i].path, files[k].path)) {
                tool_error("%s is to be %s and %s: name files of their own", files[i].path,
                           files[i].what, files[k].what);
                return false;
            }
        if (mnet_picture_is_name(files[i].path)) {
            tool_error("%s has the name of a picture: name another file to write", files[i].path);
            return false;
        }
    }
    return true;
}

static bool check_files(const ToolOptions *o)
{
    const ToolTraining *t = &o->training;
    const char *files[] = { o->words[1], t->checkpoint, t->curve };
    MnetError error;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] && mnet_save_possible(files[i], &error) != MNET_OK) {
            tool_error("%s", error.text);
            return false;
        }
    if (t->checkpoint && !t->resume && access(t->checkpoint, F_OK) == 0) {
        tool_error("--checkpoint: %s is there already: go on from it with --resume, or remove it "
                   "to begin anew",
                   t->checkpoint);
        return false;
    }
    return true;
}

bool train_options_check(const ToolOptions *options, int *status)
{
    *status = TOOL_USAGE;
    if (!check_useful(options) || !check_values(options) || !check_names(options))
        return false;
    *status = TOOL_ERROR;
    return check_files(options);
}
