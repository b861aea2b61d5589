/* SPDX-License-Identifier: MIT
 *
 * The main function of the element tests. */
#include "runner.h"

int
run_element_tests (int argc, char **argv, Suite * (*make_suite) (void))
{
  SRunner *runner;
  int failed, run;

  gst_check_init (&argc, &argv);
  runner = srunner_create (make_suite ());
  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  run = srunner_ntests_run (runner);
  srunner_free (runner);
  g_print ("%d passed, %d failed\n", run - failed, failed);
  return failed > 0 || run == 0;
}
