/* SPDX-License-Identifier: MIT
 *
 * Two lines over epochs: the loss by the left scale, accuracies by the right. */
#include "train/curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "train/save.h"

enum { WIDTH = 760, HEIGHT = 420, LEFT = 60, RIGHT = 700, TOP = 40, BOTTOM = 370 };

typedef struct {
    FILE *file;
    const MnetProgress *progress;
    double most_loss;
} Curve;

static double x_of(const Curve *curve, double epoch)
{
    return LEFT + (RIGHT - LEFT) * epoch / (curve->progress->epochs ? curve->progress->epochs : 1);
}

static double y_of(double share)
{
    return BOTTOM - (BOTTOM - TOP) * share;
}

static void write_text(FILE *file, double x, double y, const char *anchor, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    for (; *text; text++)
        if (*text == '<' || *text == '>' || *text == '&')
            fprintf(file, "&#%d;", *text);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, file);
    fputs("</text>\n", file);
}

static void write_axes(const Curve *curve)
{
    char text[40];
    fprintf(curve->file, "<path d=\"M%d %dV%dH%dV%d\" fill=\"none\" stroke=\"#888\"/>\n", LEFT, TOP,
            BOTTOM, RIGHT, TOP);
    for (int i = 0; i <= 5; i++) {
        double share = i / 5.0, y = y_of(share);
        fprintf(curve->file, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", LEFT, y, RIGHT);
        snprintf(text, sizeof text, "%.2f", share * curve->most_loss);
        write_text(curve->file, LEFT - 6, y + 4, "end", text);
        snprintf(text, sizeof text, "%d %%", 20 * i);
        write_text(curve->file, RIGHT + 6, y + 4, "start", text);
        snprintf(text, sizeof text, "%.0f", share * curve->progress->epochs);
        write_text(curve->file, x_of(curve, share * curve->progress->epochs), BOTTOM + 18, "middle",
                   text);
    }
    write_text(curve->file, (LEFT + RIGHT) / 2.0, BOTTOM + 38, "middle", "epoch");
}

/* Which number of an epoch a line is of. */
typedef double (*Value)(const Curve *curve, const MnetEpoch *epoch);

static double loss_value(const Curve *curve, const MnetEpoch *epoch)
{
    return epoch->loss / curve->most_loss;
}

static double train_value(const Curve *curve, const MnetEpoch *epoch)
{
    return epoch->accuracy;
}

static double test_value(const Curve *curve, const MnetEpoch *epoch)
{
    return epoch->test_accuracy;
}

static void write_line(const Curve *curve, Value value, const char *colour, double x,
                       const char *name)
{
    fprintf(curve->file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
            colour);
    for (uint32_t i = 0; i < curve->progress->epoch; i++) {
        double share = value(curve, &curve->progress->history[i]);
        if (isfinite(share))
            fprintf(curve->file, "%.1f,%.1f ", x_of(curve, i + 1), y_of(share));
    }
    fprintf(curve->file, "\"/>\n<g fill=\"%s\">", colour);
    write_text(curve->file, x, TOP - 8, "start", name);
    fputs("</g>\n", curve->file);
}

static void write_curve(const Curve *curve, const char *title)
{
    fprintf(curve->file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    write_axes(curve);
    write_text(curve->file, LEFT, 16, "start", title);
    write_line(curve, loss_value, "#c0392b", LEFT, "loss in training");
    write_line(curve, train_value, "#7f8c8d", LEFT + 140, "accuracy in training");
    write_line(curve, test_value, "#2471a3", LEFT + 300, "accuracy in the test");
    fputs("</svg>\n", curve->file);
}

MnetStatus mnet_curve_write(const MnetProgress *progress, const char *title, const char *path,
                            MnetError *error)
{
    char *data = NULL;
    size_t size = 0;
    Curve curve = { .file = open_memstream(&data, &size), .progress = progress, .most_loss = 0.1 };
    if (!curve.file)
        return mnet_error_memory(error, 0);
    for (uint32_t i = 0; i < progress->epoch; i++)
        curve.most_loss = fmax(curve.most_loss, progress->history[i].loss);
    write_curve(&curve, title);
    MnetStatus status = fclose(curve.file) ? mnet_error_memory(error, size)
                                           : mnet_save_file(path, data, size, error);
    free(data);
    return status;
}
