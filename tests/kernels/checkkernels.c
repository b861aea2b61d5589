/* SPDX-License-Identifier: MIT
 *
 * checkkernels: every slot of every kernel table of this build that this
 * machine can run, against naive definitions. */
#include "checkkernels.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "kernels/select.h"

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77, MOST_PRINTED = 5 };

int check_iterations = 2000;
int check_step = 1;

static const CheckSlot *const slots[] = {
    &check_gemm_s8,        &check_gemm_f32,      &check_depthwise_s8,     &check_depthwise_f32,
    &check_add_s8,         &check_mul_s8,        &check_add_f32,          &check_sub_f32,
    &check_mul_f32,        &check_prelu_f32,     &check_hard_swish_f32,   &check_logistic_f32,
    &check_tanh_f32,       &check_quantize_f32,  &check_blend_f32,        &check_stretch_f32,
    &check_lut8,           &check_accumulate_s8, &check_accumulate_f32,   &check_max_s8,
    &check_max_f32,        &check_image_rows8,   &check_image_rows10,     &check_image_pick,
    &check_image_columns,  &check_image_matrix,  &check_image_interleave, &check_gemm_f16,
    &check_depthwise_f16,  &check_add_f16,       &check_sub_f16,          &check_mul_f16,
    &check_hard_swish_f16, &check_max_f16,       &check_accumulate_f16,   &check_narrow_f16,
    &check_widen_f16,
};
#define SLOTS (sizeof slots / sizeof slots[0])

static struct {
    uint64_t seed;
    const char *test, *isa; /* NULL: all */
    bool list, bench;
} options;

/* What runs now. */
static uint64_t state;
static const char *isa_name = "", *slot_name = "";
static char case_text[256];
static unsigned long cases, failures;

void check_case(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(case_text, sizeof case_text, format, args);
    va_end(args);
    cases++;
}

void check_fail(const char *format, ...)
{
    if (failures++ >= MOST_PRINTED)
        return;
    va_list args;
    va_start(args, format);
    printf("%s of %s: ", slot_name, isa_name);
    vprintf(format, args);
    printf("\n    (%s)\n", case_text);
    va_end(args);
}

/* splitmix64 */
uint32_t check_random(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)(z >> 32);
}

int32_t check_between(int32_t lo, int32_t hi)
{
    uint64_t span = (uint64_t)((int64_t)hi - lo) + 1;
    return (int32_t)(lo + (int64_t)((span * check_random()) >> 32));
}

float check_float(float lo, float hi)
{
    return lo + (hi - lo) * ((float)check_random() * 0x1p-32f);
}

bool check_one_in(uint32_t n)
{
    return check_random() % n == 0;
}

/* A table's checks do not depend on which others run. */
static void seed_random(const char *name)
{
    state = options.seed;
    for (; *name; name++)
        state = state * 31 + (uint8_t)*name;
}

/* After a signal only write() is safe; snprintf() on memory of its own is so in
 * practice, and the process ends either way. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    static char text[512];
    bool behind;
    const char *buffer = number == SIGILL ? NULL : check_guard_name(info->si_addr, &behind);
    int n = snprintf(text, sizeof text, "%s of %s: %s%s%s (%s)\n", slot_name, isa_name,
                     number == SIGILL   ? "illegal instruction"
                     : number == SIGFPE ? "arithmetic trap"
                                        : "memory that is not its own is touched",
                     !buffer  ? ""
                     : behind ? ", behind "
                              : ", before ",
                     buffer ? buffer : "", case_text);
    if (write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(EXIT_USAGE);
    _exit(EXIT_FAILURE);
}

static void catch_signals(void)
{
    static uint8_t stack[1 << 16];
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
}

static unsigned long run_slot(const CheckSlot *slot, const MnetKernels *kernels)
{
    slot_name = slot->name;
    isa_name = kernels->name;
    snprintf(case_text, sizeof case_text, "before the first case");
    cases = failures = 0;
    seed_random(slot->name);
    if (options.bench) {
        slot->bench(kernels);
        return 0;
    }
    slot->check(kernels);
    printf("%-12s %-15s %6lu cases, %lu failed\n", kernels->name, slot->name, cases, failures);
    return failures;
}

/* Whether any is called `name`, so that a misspelt filter does not pass. */
static bool slot_exists(const char *name)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (!strcmp(slots[i]->name, name))
            return true;
    fprintf(stderr, "checkkernels: no test is called '%s'; --list tells all\n", name);
    return false;
}

static bool isa_exists(const char *name)
{
    for (const MnetKernelSet *set = mnet_kernel_sets; set->kernels; set++)
        if (!strcmp(set->kernels->name, name))
            return true;
    fprintf(stderr, "checkkernels: this build has no table '%s'; --list tells all\n", name);
    return false;
}

static int list(void)
{
    for (const MnetKernelSet *set = mnet_kernel_sets; set->kernels; set++)
        printf("isa %s\n", set->kernels->name);
    for (size_t i = 0; i < SLOTS; i++)
        printf("test %s\n", slots[i]->name);
    return EXIT_SUCCESS;
}

/* Float16 slots are checked with plain C and with the tables that have their own. */
static bool has_slot(const MnetKernels *kernels, const CheckSlot *slot, uint32_t flags)
{
    if (!slot->f16 || kernels == &mnet_kernels_c)
        return true;
    return kernels->f16 != &mnet_kernels_f16_c && mnet_kernels_run_f16(kernels, flags);
}

static int run(void)
{
    unsigned long failed = 0, tables = 0;
    uint32_t flags = mnet_cpu_flags();
    for (const MnetKernelSet *set = mnet_kernel_sets; set->kernels; set++) {
        if (options.isa && strcmp(options.isa, set->kernels->name))
            continue;
        if ((set->needs & flags) != set->needs) {
            printf("%s: skipped, this machine lacks its instructions\n", set->kernels->name);
            continue;
        }
        tables++;
        for (size_t i = 0; i < SLOTS; i++)
            if ((!options.test || !strcmp(options.test, slots[i]->name)) &&
                has_slot(set->kernels, slots[i], flags))
                failed += run_slot(slots[i], set->kernels);
    }
    if (failed)
        printf("seed %llu: run it again with --seed=%llu\n", (unsigned long long)options.seed,
               (unsigned long long)options.seed);
    return failed ? EXIT_FAILURE : tables ? EXIT_SUCCESS : EXIT_SKIPPED;
}

static void usage(FILE *to)
{
    fputs("usage: checkkernels [OPTION]...\n"
          "  --seed=N        the random numbers of an earlier run (default: the clock)\n"
          "  --test=NAME     one slot only\n"
          "  --isa=NAME      one table only; 77 is returned when the machine lacks it\n"
          "  --quick         fewer cases, for emulated machines\n"
          "  --iterations=N  random cases of each slot (default 2000)\n"
          "  --bench         measure instead: ns a call, GMAC/s, share of the peak\n"
          "  --list          the names of tables and slots\n",
          to);
}

static bool parse(int argc, char **argv)
{
    static const struct option names[] = {
        { "seed", required_argument, NULL, 's' },
        { "test", required_argument, NULL, 't' },
        { "isa", required_argument, NULL, 'i' },
        { "quick", no_argument, NULL, 'q' },
        { "iterations", required_argument, NULL, 'n' },
        { "bench", no_argument, NULL, 'b' },
        { "list", no_argument, NULL, 'l' },
        { NULL, 0, NULL, 0 },
    };
    options.seed = (uint64_t)time(NULL);
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
        switch (c) {
        case 's':
            options.seed = strtoull(optarg, NULL, 0);
            break;
        case 't':
            options.test = optarg;
            break;
        case 'i':
            options.isa = optarg;
            break;
        case 'n':
            check_iterations = atoi(optarg);
            break;
        case 'q':
            check_iterations = 100;
            check_step = 4;
            break;
        case 'b':
            options.bench = true;
            break;
        case 'l':
            options.list = true;
            break;
        default:
            return false;
        }
    return optind == argc;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(argc, argv)) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (options.list)
        return list();
    if ((options.test && !slot_exists(options.test)) || (options.isa && !isa_exists(options.isa)))
        return EXIT_USAGE;
    catch_signals();
    if (!options.bench)
        printf("seed %llu\n", (unsigned long long)options.seed);
    return run();
}
