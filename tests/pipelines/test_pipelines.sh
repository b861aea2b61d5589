#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_pipelines.sh README SHARED_DIR [RTSP_ANNOTATE]: plays every block of
# pipelines/README.md, as it stands, on a short film, a picture and a camera that
# is none, and looks at what comes out: as many frames as went in, drawn upon.
# Skipped without the folder of real models.  The block of rtsp-annotate is played
# where that program is.
set -eu
readme=$1 shared=$2 rtsp_annotate=$(readlink -f "${3:-}") || rtsp_annotate=
# shellcheck source=../support/need_shared.sh
. "$(dirname "$0")/../support/need_shared.sh"
need_shared "$shared/models/detect"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
DETECTOR=$shared/models/detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite
CLASSIFIER=$shared/models/classify/mobilenet_v2_1.0_224_quant.tflite
STYLER=$shared/models/unet/style_transfer_quantized_384.tflite
STYLE_PREDICTOR=$shared/models/unet/style_predict_quantized_256_mnv2.tflite
BRIGHTENER=$shared/models/unet/zero_dce_400x600.tflite
SELFIE=$shared/models/segment/selfie_segmentation.tflite
SEGMENTER=$shared/models/segment/deeplabv3_257_mv2_float.tflite
PICTURE=$shared/images/cats_and_dogs.jpg
FILM=$dir/film.webm
CAMERA="videotestsrc is-live=true num-buffers=8 pattern=ball"
SCREEN="pngenc snapshot=false ! multifilesink location=screen%02d.png"
CAMERA_URI=test://ball
export SELFIE SEGMENTER STYLER STYLE_PREDICTOR BRIGHTENER DETECTOR CLASSIFIER PICTURE FILM CAMERA SCREEN CAMERA_URI
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

# play LINE OUTPUT
play() {
  if timeout 250 sh -c "$1" >"$2" 2>&1 </dev/null; then
    echo "ok: $1"
  else
    fail "$1"
    cat "$2"
  fi
}
# serve LINE OUTPUT: at a port that is free, until some frames were played.
serve() {
  command="exec $rtsp_annotate --port=0 ${1#rtsp-annotate}"
  : >"$2" # the server may not have run when it is read first
  sh -c "$command" >"$2" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 300); do
    uri=$(sed -n 's/^camera1: //p' "$2")
    [ -z "$uri" ] || break
    sleep 0.1
  done
  play "gst-launch-1.0 -q rtspsrc location=$uri ! decodebin ! videoconvert ! identity eos-after=8 ! \
    pngenc snapshot=false ! multifilesink location=served%02d.png" played
  kill "$server"
  wait "$server" || fail "$1 ended with $?"
  [ -s served05.png ] || fail "$1 serves nothing"
  rm -f served*.png
}

# The blocks, a line each.
grep -E '^(gst-launch-1.0|rtsp-annotate) ' "$readme" >"$dir/lines"
[ "$(wc -l <"$dir/lines")" = "$(grep -c '^```sh' "$readme")" ] || fail "a block without a line"
cd "$dir"
number=0
while IFS= read -r line; do
  number=$((number + 1))
  case $line in
    gst-launch-1.0*) play "$line" "out.$number" ;;
    *) [ -z "$rtsp_annotate" ] || serve "$line" "out.$number" ;;
  esac
  case $line in
    *SCREEN*)
      [ -s screen07.png ] || fail "not all frames are on the screen: $(ls)"
      rm -f screen*.png
      ;;
  esac
done <lines
[ $number -ge 20 ] || fail "$number blocks"

for film in boxes counted kinds outlines people styled; do
  [ "$(frames_of $film.webm)" = $frames ] || fail "$film.webm has $(frames_of $film.webm) frames, not $frames"
done
gst-launch-1.0 -q filesrc location="$PICTURE" ! decodebin ! videoconvert ! pngenc ! \
  filesink location=plain.png
cmp -s plain.png kinds.png && fail "nothing is drawn on the picture"
cmp -s plain.png areas.png && fail "no areas are drawn on the picture"
grep -q 'mobilenet-segmentation.*label.*cat' out.* || fail "no cat in the messages of areas"
# The colour type of a PNG: 6 is RGB with alpha.
[ "$(od -An -tu1 -j25 -N1 cut-out.png | tr -d ' ')" = 6 ] || fail "cut-out.png has no alpha"
grep -q 'mobilenet-detection.*label.*cat' out.$number || fail "no cat in the messages"
[ $faults = 0 ]
