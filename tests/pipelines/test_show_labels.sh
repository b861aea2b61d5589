#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_show_labels.sh SHOW_LABELS CLASSIFY SHARED: what the first command prints
# for pictures, films and mistakes.  Skipped without the folder of real models.
set -eu
show=$1 classify=$2 shared=$3
# shellcheck source=../support/need_shared.sh
. "$(dirname "$0")/../support/need_shared.sh"
need_shared "$shared/models/classify"
model=$shared/models/classify/mobilenet_v2_1.0_224_quant.tflite
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
faults=0

# expect NAME STATUS TEXT COMMAND...: the command ends with STATUS and prints a
# line that matches TEXT.
expect() {
  name=$1 wanted=$2 text=$3 status=0
  shift 3
  "$@" >"$dir/out" 2>&1 </dev/null || status=$?
  if [ $status != "$wanted" ] || ! grep -q -e "$text" "$dir/out"; then
    echo "FAIL: $name: status $status, $wanted wanted, and a line with '$text'; printed was:"
    cat "$dir/out"
    faults=$((faults + 1))
  else
    echo "ok: $name"
  fi
}

# first NAME TEXT PICTURE: the best class of the picture.
first() {
  expect "$1" 0 "^ *[0-9.]* %  .*$2" sh -c \
    "\"\$1\" --model=\"\$2\" \"\$3\" >\"\$4\" && sed -n 2p \"\$4\"" \
    sh "$show" "$model" "$3" "$dir/lines"
}
first "a JPEG" macaw "$shared/images/parrot.jpg"
first "a PNG" cheeseburger "$shared/images/burger-224.png"
first "a BMP" "cat" "$shared/images/cat.bmp"
first "a URI" macaw "file://$(readlink -f "$shared")/images/parrot.jpg"

expect "five classes of a picture" 0 '^6$' sh -c \
  '"$1" --model="$2" "$3" | wc -l' sh "$show" "$model" "$shared/images/parrot.jpg"
expect "two classes of a picture" 0 '^3$' sh -c \
  '"$1" --model="$2" --top-k=2 "$3" | wc -l' sh "$show" "$model" "$shared/images/parrot.jpg"
expect "no class at all" 2 '--top-k is 0' "$show" --model="$model" --top-k=0 \
  "$shared/images/parrot.jpg"
expect "no number" 2 '--top-k is "x"' sh "$classify" --top-k x "$shared/images/parrot.jpg"
expect "labels from a file" 0 macaw "$show" \
  --model="$shared/models/classify/mcunet-320kb_imagenet_int8.tflite" \
  --labels="$shared/models/labels/imagenet_labels.txt" "$shared/images/parrot.jpg"

# Without the plugin, which may need the runtime of a sanitizer.
env -u GST_PLUGIN_PATH_1_0 GST_REGISTRY_1_0="$dir/registry.bin" \
  gst-launch-1.0 -q videotestsrc num-buffers=75 ! video/x-raw,width=320,height=240,framerate=25/1 ! \
  vp8enc deadline=1 ! matroskamux name=mux ! filesink location="$dir/film.mkv" \
  audiotestsrc num-buffers=130 ! vorbisenc ! mux.
expect "a film with sound, at least one line a second" 0 '^0:00:02.* %  ' \
  "$show" --model="$shared/models/classify/mobilenet_v1_0.25_128_quant.tflite" "$dir/film.mkv"
cp "$dir/out" "$dir/lines"
expect "the film's first line" 0 '^0:00:00.000000000 .* %  ' sed -n 1p "$dir/lines"

printf 'no picture\n' >"$dir/text.jpg"
expect "a text" 1 "^show-labels: " "$show" --model="$model" "$dir/text.jpg"
head -c 1000 "$model" >"$dir/cut.tflite"
expect "a cut model" 1 "cut.tflite" "$show" --model="$dir/cut.tflite" "$shared/images/parrot.jpg"
expect "no model" 0 "built-in network of 10 classes" "$show" "$shared/images/parrot.jpg"
expect "the built-in network's best class" 0 '^ *[0-9.]* %  bird$' sh -c \
  '"$1" --top-k=1 "$2"' sh "$show" "$shared/images/sparrow.jpg"
expect "labels that are not the built-in network's" 1 "the built-in model" "$show" \
  --labels="$shared/models/labels/imagenet_labels.txt" "$shared/images/parrot.jpg"
expect "no picture" 2 "usage" "$show" --model="$model"
expect "an absent model" 1 "absent.tflite" "$show" --model="$dir/absent.tflite" \
  "$shared/images/parrot.jpg"
expect "an absent picture" 1 "absent.jpg" "$show" --model="$model" "$dir/absent.jpg"

expect "classify: an unknown option" 2 "usage" sh "$classify" --frobnicate
expect "classify: an absent picture" 1 "absent.jpg cannot be read" sh "$classify" "$dir/absent.jpg"
expect "classify: an absent model" 1 "absent.tflite cannot be read" \
  sh "$classify" --model "$dir/absent.tflite"
expect "classify: an unknown name" 1 "models.tsv has no classifier of that name" \
  sh "$classify" --model absent.tflite
expect "classify: a detector's name" 1 "models.tsv has no classifier of that name" \
  sh "$classify" --model coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite
expect "classify: MNET_MODELS is no folder" 1 "which is no folder" \
  env MNET_MODELS="$dir/absent" sh "$classify"
[ $faults = 0 ]
