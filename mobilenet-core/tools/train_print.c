/* SPDX-License-Identifier: MIT
 *
 * One line of progress on a terminal, one for each epoch. */
#include "train_print.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS 200000000u
#define BAR 20
/* A line with its bar fits into so many columns. */
#define WIDE 100

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void train_print_begin(TrainPrint *print)
{
    *print = (TrainPrint){ .begun = now(), .terminal = isatty(STDERR_FILENO) };
}

void train_print_pause(TrainPrint *print, uint64_t ns)
{
    print->paused += ns;
}

void train_print_end(TrainPrint *print)
{
    if (print->terminal && print->told)
        fputs("\r\033[K", stderr);
    print->told = 0;
}

static double rate_of(const TrainPrint *print)
{
    double seconds = (double)(now() - print->begun - print->paused) * 1e-9;
    return seconds > 0 ? (double)print->pictures / seconds : 0;
}

static void print_left(FILE *file, const TrainPrint *print, const MnetProgress *progress)
{
    double rate = rate_of(print);
    double steps = (double)(progress->epochs - progress->epoch) * (double)progress->steps -
                   (double)progress->step;
    unsigned left = rate > 0 ? (unsigned)(steps * (double)progress->pictures / rate) : 0;
    fprintf(file, "%.0f pictures/s, %u:%02u:%02u left", rate, left / 3600, left / 60 % 60,
            left % 60);
}

/* Columns of the terminal that a line may take; a longer one would leave a trail. */
static size_t columns(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - 1u : WIDE;
}

static void print_line(const TrainPrint *print, const MnetProgress *progress)
{
    char bar[BAR + 1], line[256] = "";
    size_t full = (size_t)(BAR * progress->step / progress->steps), most = columns();
    memset(bar, ' ', BAR);
    memset(bar, '=', full);
    bar[BAR] = 0;
    FILE *text = fmemopen(line, sizeof line, "w");
    if (!text)
        return;
    fprintf(text, "epoch %u/%u ", progress->epoch + 1, progress->epochs);
    if (most >= WIDE)
        fprintf(text, "[%s] ", bar);
    fprintf(text, "loss %.4f, %.1f %% right, ", progress->loss, 100 * progress->accuracy);
    print_left(text, print, progress);
    fclose(text);
    fprintf(stderr, "\r\033[K%.*s", (int)most, line);
    fflush(stderr);
}

void train_print_step(TrainPrint *print, const MnetProgress *progress, bool ended)
{
    print->pictures += progress->pictures;
    if (ended) {
        const MnetEpoch *epoch = &progress->history[progress->epoch - 1];
        train_print_end(print);
        printf("epoch %u/%u: loss %.4f, %.1f %% right in training", progress->epoch,
               progress->epochs, epoch->loss, 100 * epoch->accuracy);
        if (isfinite(epoch->test_accuracy))
            printf(", %.2f %% in the test", 100 * epoch->test_accuracy);
        printf(", ");
        print_left(stdout, print, progress);
        printf("\n");
        fflush(stdout);
    } else if (print->terminal && now() - print->told > EVERY_NS) {
        print->told = now();
        print_line(print, progress);
    }
}
