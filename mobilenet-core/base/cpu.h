/* SPDX-License-Identifier: MIT
 *
 * What the processor can do. */
#ifndef MNET_BASE_CPU_H
#define MNET_BASE_CPU_H

#include <stdint.h>

#include "kernels/select.h"

/* MNET_CPU_ bits, see kernels/select.h. */
uint32_t mnet_cpu_flags(void);

#endif
