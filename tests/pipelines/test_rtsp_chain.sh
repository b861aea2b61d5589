#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_rtsp_chain.sh PROGRAM SHARED_DIR: one rtsp-annotate is the camera of another,
# with the codec that it chose itself, which is H.264 on most machines.  Skipped
# without the folder of real models.
set -eu
program=$(readlink -f "$1") shared=$2
model=$shared/models/detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite
# shellcheck source=../support/need_shared.sh
. "$(dirname "$0")/../support/need_shared.sh"
need_shared "$model"
dir=$(mktemp -d)
servers=
clean() {
  [ -z "$servers" ] || kill $servers 2>/dev/null || true
  rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

# start URI OUTPUT
start() {
  "$program" --port=0 --health-interval=1 --model-file="$model" "$1" >"$2" 2>&1 </dev/null &
  servers="$servers $!"
}
# await PATTERN FILE: 30 s at most.
await() {
  for _ in $(seq 300); do
    ! grep -q "$1" "$2" || return 0
    sleep 0.1
  done
  echo "FAIL: no \"$1\" in:"
  cat "$2"
  exit 1
}

start test://ball "$dir/first"
await '^camera1: rtsp://' "$dir/first"
start "$(sed -n 's/^camera1: rtsp/rtsp/p' "$dir/first")" "$dir/second"
await 'state=playing size=640x480 .* analysed=[1-9][0-9].* errors=0 ' "$dir/second"
await 'clients=1$' "$dir/first"
