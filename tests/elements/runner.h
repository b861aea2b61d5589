/* SPDX-License-Identifier: MIT
 *
 * The main function of the element tests. */
#ifndef ELEMENT_TEST_RUNNER_H
#define ELEMENT_TEST_RUNNER_H

#include <gst/check/gstcheck.h>

/* Runs what make_suite() returns and prints "N passed, N failed".  Returns the
 * exit code: 0 when all passed and there was at least one. */
int run_element_tests (int argc, char **argv, Suite * (*make_suite) (void));

#endif
