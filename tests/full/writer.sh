#!/bin/bash
# SPDX-License-Identifier: MIT
#
# writer.sh MNET ENTER ROOT PICTURES: TFLite loads what `mnet new`, `mnet quantize` and
# `mnet mirror` write and computes the same: floats to 1e-5 of a probability, integers the
# same bytes.  ROOT is a folder with /opt/peers/tflite_run, in which `ENTER ROOT COMMAND`
# runs a command with $BIND on /mnt; PICTURES are for the ranges.  The last line is
# "N passed, N failed".
set -euo pipefail
mnet=$(realpath "$1") enter=$(realpath "$2") root=$(realpath "$3") pictures=$(realpath "$4")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# Numbers of an input of `size` pixels a side: floats from -1 to 1, and bytes.
inputs() {
  python3 - "$1" "$work" <<'PYTHON'
import random
import struct
import sys

size, work = int(sys.argv[1]), sys.argv[2]
random.seed(size)
pixels = [random.randrange(256) for _ in range(3 * size * size)]
with open(work + '/float32', 'wb') as file:
    file.write(struct.pack('<%df' % len(pixels), *[p / 127.5 - 1 for p in pixels]))
with open(work + '/uint8', 'wb') as file:
    file.write(bytes(pixels))
with open(work + '/int8', 'wb') as file:
    file.write(bytes(p ^ 128 for p in pixels))
PYTHON
}

# compare NAME TYPE: ours and theirs from $work/NAME.tflite.
compare() {
  local dump=$work/$1.ref
  mkdir "$dump"
  "$mnet" run "$work/$1.tflite" --input "$work/$2" --output "$work/$1.ours" >"$work/log" &&
    BIND=$work bash "$enter" "$root" /opt/peers/tflite_run "/mnt/$1.tflite" --ref --runs 1 \
      --warmup 0 --input "/mnt/$2" --dump "/mnt/$1.ref" >>"$work/log" 2>&1 &&
    python3 - "$1" "$2" "$work/$1.ours" "$dump/output_0.raw" <<'PYTHON' || return 1
import struct
import sys

name, kind = sys.argv[1:3]
ours, theirs = (open(path, 'rb').read() for path in sys.argv[3:])
if len(ours) != len(theirs):
    sys.exit('%s: %d bytes, TFLite has %d' % (name, len(ours), len(theirs)))
if kind == 'float32':
    numbers = [struct.unpack('<%df' % (len(b) // 4), b) for b in (ours, theirs)]
    off = max(abs(a - b) for a, b in zip(*numbers))
    print('%s: largest difference %.1e' % (name, off))
    sys.exit(not off <= 1e-5)
off = sum(a != b for a, b in zip(ours, theirs))
print('%s: %d bytes of %d differ' % (name, off, len(ours)))
sys.exit(off != 0)
PYTHON
}

check() {
  if compare "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    tail -n 3 "$work/log"
  fi
}

# mirrored NAME TYPE
mirrored() {
  "$mnet" mirror "$work/$1.tflite" "$work/$1-mirrored.tflite" >/dev/null
  check "$1-mirrored" "$2"
}

# both NAME SIZE ARGUMENT...: a new network, then its int8 forms.
both() {
  local name=$1 size=$2
  shift 2
  inputs "$size"
  "$mnet" new "$1" "$work/$name.tflite" --resolution "$size" --classes 20 "${@:2}" >/dev/null
  check "$name" float32
  mirrored "$name" float32
  for type in uint8 int8; do
    "$mnet" quantize "$work/$name.tflite" "$work/$name-$type.tflite" --images "$pictures" \
      --calibration 8 --input-type "$type" >/dev/null
    check "$name-$type" "$type"
    mirrored "$name-$type" "$type"
  done
}

both v1 96 v1 --width 0.5
both v1-small 32 v1 --width 0.25 --stem-stride 1
both v2 128 v2 --width 0.5
both v2-wide 64 v2 --width 1.4
both v2-small 32 v2 --width 0.35 --stem-stride 1
both v3-small 96 v3-small
both v3-large 65 v3-large --width 0.75
both v3-minimalistic 96 v3-large --minimalistic --width 0.5
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
