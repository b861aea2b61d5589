#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rtsp.sh BUILD [CYCLES]: the long form of the tests of rtsp-annotate, with the
# programs of a build folder: a camera killed and restarted ten times, in other
# sizes, its picture back within 5 s each time, with the fds and threads at the end
# that there were after the second; away for longer than that; sizes changed and clients come and gone as
# often.
set -euo pipefail
build=$(cd "$1" && pwd)
cycles=${2:-10}
export GST_PLUGIN_PATH_1_0=$build/gst GST_REGISTRY_1_0=$build/tests/pipelines/registry.bin
passed=0 failed=0
for scenario in reconnect absence size clients; do
  echo "== $scenario, $cycles cycles"
  if "$build/tests/pipelines/test-rtsp-annotate" "$build/pipelines/rtsp-annotate/rtsp-annotate" \
    "$build/tests/pipelines/rtsp-camera" $scenario "$cycles" 5; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
