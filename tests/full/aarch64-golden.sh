#!/bin/bash
# SPDX-License-Identifier: MIT
#
# aarch64-golden.sh BUILD CROSS_BUILD [CORE...]: every integer model of the folder of
# real models, on this machine with BUILD and emulated with CROSS_BUILD (aarch64) on
# the cores, cortex-a53, cortex-a76 and max unless some are named: the same bytes of
# output for one input.  $SHARED is the folder of real models (../shared beside the
# tree), $QEMU_LD_PREFIX where the libraries of the target are.
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
shared=$(readlink -f "${SHARED:-$tree/../shared}")
native=$1
cross=$2
shift 2
[ $# -gt 0 ] || set -- cortex-a53 cortex-a76 max
[ -d "$shared/models" ] || { echo "SHARED: $shared has no models" >&2; exit 1; }
for build in "$native" "$cross"; do
  ninja -C "$build" tests/bench/arm/run_model >/dev/null
done

passed=0 failed=0
for model in "$shared"/models/*/*.tflite; do
  case $(basename "$model") in
    *_wquant.tflite) continue ;; # dynamic range: computes in floats
    *quant* | *int8* | *ptq*) ;;
    *) continue ;;
  esac
  expected=$("$native/tests/bench/arm/run_model" "$model" 1)
  for core; do
    found=$(QEMU_CPU=$core qemu-aarch64 "$cross/tests/bench/arm/run_model" "$model" 1) || found=none
    if [ "$found" = "$expected" ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      echo "$(basename "$model") on $core: $found, here $expected"
    fi
  done
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
