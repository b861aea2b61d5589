#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_pipelines.sh README SHARED_DIR: plays every block of pipelines/README.md, as
# it stands, on a short film and a picture, and looks at what comes out: as many
# frames as went in, drawn upon.  Skipped without the folder of real models.
set -eu
readme=$1 shared=$2
[ -d "$shared/models/detect" ] || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
DETECTOR=$shared/models/detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite
CLASSIFIER=$shared/models/classify/mobilenet_v2_1.0_224_quant.tflite
PICTURE=$shared/images/cats_and_dogs.jpg
FILM=$dir/film.webm
export DETECTOR CLASSIFIER PICTURE FILM
frames=4
faults=0
fail() {
  echo "FAIL: $*"
  faults=$((faults + 1))
}

gst-launch-1.0 -q filesrc location="$shared/video/traffic_frames_vp8.webm" ! matroskademux ! vp8dec ! \
  identity eos-after=$((frames + 1)) ! vp8enc deadline=1 ! webmmux ! filesink location="$FILM"

# frames_of FILE: how many a film has.
frames_of() {
  gst-launch-1.0 -v filesrc location="$1" ! matroskademux ! vp8dec ! identity silent=false ! \
    fakesink 2>/dev/null | grep -c 'identity0: last-message = chain' || true
}

# The blocks, a line each: all begin with gst-launch-1.0.
grep '^gst-launch-1.0 ' "$readme" >"$dir/lines"
[ "$(wc -l <"$dir/lines")" = "$(grep -c '^```sh' "$readme")" ] || fail "a block without a line"
cd "$dir"
number=0
while IFS= read -r line; do
  number=$((number + 1))
  if ! timeout 250 sh -c "$line" >"out.$number" 2>&1 </dev/null; then
    fail "$line"
    cat "out.$number"
  else
    echo "ok: block $number"
  fi
done <lines
[ $number -ge 5 ] || fail "$number blocks"

for film in boxes kinds people; do
  [ "$(frames_of $film.webm)" = $frames ] || fail "$film.webm has $(frames_of $film.webm) frames, not $frames"
done
gst-launch-1.0 -q filesrc location="$PICTURE" ! decodebin ! videoconvert ! pngenc ! \
  filesink location=plain.png
cmp -s plain.png kinds.png && fail "nothing is drawn on the picture"
grep -q 'mobilenet-detection.*label.*cat' out.$number || fail "no cat in the messages"
[ $faults = 0 ]
