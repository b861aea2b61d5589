/* SPDX-License-Identifier: MIT
 *
 * What makes one C function serve processors with wider vectors, too. */
#ifndef __GST_MOBILENET_VECTOR_H__
#define __GST_MOBILENET_VECTOR_H__

/* The function is compiled once for each set of instructions, and the loader takes
 * the widest that the processor has.  AVX2 without fused multiply-add: floats round
 * as they do without it, so that all give the same bits.  Elsewhere it stands for
 * nothing, and vectors are those of the compiler's flags: SSE2, NEON. */
#ifdef HAVE_TARGET_CLONES
#define GST_MOBILENET_VECTORISED \
    __attribute__((target_clones ("avx2", "default")))
#else
#define GST_MOBILENET_VECTORISED
#endif

#endif /* __GST_MOBILENET_VECTOR_H__ */
