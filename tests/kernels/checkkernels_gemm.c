/* SPDX-License-Identifier: MIT
 *
 * The shapes that the products of floats are checked with. */
#include "checkkernels_gemm.h"

#include <math.h>

enum { MOST_M = 40, MOST_K = 150, MOST_EXTRA = 9 };

GemmShape gemm_shape(size_t nr, size_t m, size_t n, size_t k)
{
    GemmShape s = { .m = m ? m : (size_t)check_between(1, MOST_M),
                    .n = n ? n : (size_t)check_between(1, GEMM_MOST_N),
                    .k = k ? k : (size_t)check_between(1, MOST_K),
                    .min = check_one_in(2) ? -INFINITY : 0,
                    .max = check_one_in(2) ? INFINITY : 6 };
    if (check_one_in(2))
        s.c_extra = (size_t)check_between(0, MOST_EXTRA);
    s.n1 = s.n;
    if (check_one_in(4)) {
        s.n0 = (size_t)check_between(0, (int32_t)((s.n - 1) / nr)) * nr;
        s.n1 = (size_t)check_between((int32_t)s.n0, (int32_t)s.n);
    }
    s.runs = check_one_in(2) ? 1 : (size_t)check_between(1, CHECK_MOST_ROWS);
    s.runs = s.runs > s.k ? s.k : s.runs;
    size_t run = s.k / s.runs;
    s.k = run * s.runs;
    s.a_stride = check_one_in(3) ? (size_t)check_between(1, (int32_t)run)
                                 : run + (size_t)check_between(0, MOST_EXTRA);
    return s;
}
