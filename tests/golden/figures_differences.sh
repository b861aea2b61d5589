#!/bin/sh
# SPDX-License-Identifier: MIT
#
# figures_differences.sh TEST_GOLDEN SHARED_DIR FOLDER/MODEL...: the README's
# table of differences from TFLite's reference kernels.
set -u
test_golden=$1
shared=$2
shift 2
echo '| model | ours: largest | share | TFLite optimised: largest | share |'
echo '| --- | --- | --- | --- | --- |'
failed=0
for model; do
  "$test_golden" --markdown "$shared" "$model" || failed=1
done
exit "$failed"
