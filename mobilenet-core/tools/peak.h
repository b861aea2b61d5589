/* SPDX-License-Identifier: MIT
 *
 * What one core can do at most with the best instructions of a kernel set. */
#ifndef MNET_TOOL_PEAK_H
#define MNET_TOOL_PEAK_H

#include <stddef.h>

/* Each loop runs `rounds` rounds of its instructions on registers and returns the
 * multiply-adds done. */
typedef struct {
    const char *cpu; /* the kernel set */
    double (*s8)(size_t rounds);
    double (*f32)(size_t rounds);
} ToolPeak;

extern const ToolPeak tool_peak_c, tool_peak_avx2, tool_peak_avx512vnni;

/* Multiply-adds a second. */
typedef struct {
    double s8, f32; /* 0: there is no loop for this kernel set */
} ToolRates;

/* Measured in some 20 ms each: the best of many rounds, others may use the
 * machine. */
ToolRates tool_peak_rates(const char *cpu);

#endif
