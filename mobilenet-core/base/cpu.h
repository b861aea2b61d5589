/* SPDX-License-Identifier: MIT
 *
 * What the processor can do. */
#ifndef MNET_BASE_CPU_H
#define MNET_BASE_CPU_H

#include <stdint.h>

/* Bits of mnet_cpu_flags(): each stands for all instructions that the kernel
 * set of that name uses. */
#define MNET_CPU_AVX2 (1u << 0)       /* AVX2, FMA, F16C */
#define MNET_CPU_AVX512VNNI (1u << 1) /* AVX-512 F, BW, VL, DQ, VNNI */
#define MNET_CPU_NEON (1u << 2)
#define MNET_CPU_DOTPROD (1u << 3)
#define MNET_CPU_I8MM (1u << 4)

uint32_t mnet_cpu_flags(void);

#endif
