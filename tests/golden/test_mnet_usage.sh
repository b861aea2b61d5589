#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_mnet_usage.sh MNET PYTHON: the command line of the `mnet` program as far
# as it needs no network: help, wrong options, files that are none.
set -eu
mnet=$1
python=$2
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

expect 0 'help' --help
grep -q 'usage: mnet info' "$work/out" || fail 'help tells no usage'
expect 0 'help of a command' bench --help
expect 0 'version' --version
grep -qx 'mnet [0-9]*\.[0-9]*\.[0-9]*' "$work/out" || fail "version: $(cat "$work/out")"
expect 2 'no command'
grep -q 'usage: mnet info' "$work/err" || fail 'no command: no usage'

expect_error 2 'unknown command' 'explain' explain m.tflite
expect_error 2 'no model' 'no model' info
expect_error 2 'two models' 'b.tflite' info a.tflite b.tflite
expect_error 2 'unknown option' '--fast' bench m.tflite --fast
expect_error 2 'a short option' '-n' bench m.tflite -n 3
expect_error 2 'no abbreviations' '--thread' bench m.tflite --thread 2
expect_error 2 'option of another command' '--runs' info m.tflite --runs 3
expect_error 2 'a value that is missing' '--threads' bench m.tflite --threads
expect_error 2 'compare to what' '--compare' bench m.tflite --compare
expect_error 2 'compare of another command' '--compare' run m.tflite --compare a.json
expect_error 2 'a value too many' '--json' info m.tflite --json=yes
for value in '' -1 65 1x 1e1 0x2 99999999999999999999 ' 2'; do
  expect_error 2 "threads $value" 'from 0 to 64' bench m.tflite --threads "$value"
done
expect_error 2 'no runs' 'from 1' bench m.tflite --runs 0
expect_error 2 'no classes' 'from 1' run m.tflite --image a.ppm --top=0
expect_error 2 'run of nothing' '--input' run m.tflite
expect_error 2 'no output' '--output' run m.tflite --input a
expect_error 2 'no input' '--input' run m.tflite --output a
expect_error 2 'picture and tensor' '--image' run m.tflite --image a.ppm --input a --output b
expect_error 2 'labels without picture' '--image' run m.tflite --labels a --input a --output b
expect_error 2 'mean without std' '--std' run m.tflite --image a.ppm --mean 1
expect_error 2 'std of 0' '--std' run m.tflite --image a.ppm --mean 1 --std 1,0,1
for value in '' 1,2 1,2,3,4 '1,' nan inf a '1;2;3'; do
  expect_error 2 "mean $value" '--mean' run m.tflite --image a.ppm --mean "$value" --std 1
done
for value in '' 1.1 -0.1 nan 0,5 x; do
  expect_error 2 "score-threshold $value" 'from 0 to 1' run m.tflite --image a.ppm \
    --score-threshold "$value"
done
for value in '' code codess 'codes|corners-xy'; do
  expect_error 2 "box-format $value" 'one of codes|corners-xy|corners-yx' run m.tflite \
    --image a.ppm --box-format "$value"
done
expect_error 2 'threshold without picture' '--score-threshold needs --image' run m.tflite \
  --score-threshold 0.5 --input a --output b
expect_error 2 'anchors of another command' '--anchors-file' info m.tflite --anchors-file a

set -- run m.tflite
for i in 1 2 3 4 5 6 7 8; do
  set -- "$@" --input 1 --input 2 --input 3 --input 4 --input 5 --input 6 --input 7 --input "$i"
done
expect_error 2 'too many inputs' '--input
64' "$@" --input 65 --output a

for size in 0 x 1x 0x5 5x0 16385 7x16385 -3 3x-4 1x2x3 ' 4' 99999999999999999999; do
  expect_error 2 "input size $size" '--input-size' info m.tflite --input-size "$size"
done

# New networks: what is refused, and one that other commands read.
expect_error 2 'no output file' 'output file' new v2
expect_error 2 'no family' 'v3-small' new v4 "$work/a.tflite"
expect_error 2 'width 5' 'from 0 to 4' new v2 "$work/a.tflite" --width 5
expect_error 1 'width 0' '0.05 to 4' new v2 "$work/a.tflite" --width 0
expect_error 2 'resolution 15' 'from 16 to 1024' new v2 "$work/a.tflite" --resolution 15
expect_error 2 'stem stride 3' 'one of 1|2' new v2 "$work/a.tflite" --stem-stride 3
expect_error 2 'an option of another command' '--width' info a.tflite --width 1
expect_error 1 'minimalistic V1' 'V3 alone' new v1 "$work/a.tflite" --minimalistic
expect_error 1 'no such folder' "$work/none/a.tflite" new v1 "$work/none/a.tflite"
printf 'tench\ngoldfish\n' >"$work/names.txt"
expect_error 1 'names and classes' 'has 2 names' new v1 "$work/a.tflite" --classes 3 \
  --class-names "$work/names.txt"
expect 0 'a new network' new v3-small "$work/a.tflite" --width 0.5 --resolution 32 \
  --class-names "$work/names.txt" --seed 3
expect 0 'the same one' new v3-small "$work/b.tflite" --width 0.5 --resolution 32 \
  --class-names "$work/names.txt" --seed 3
cmp -s "$work/a.tflite" "$work/b.tflite" || fail 'two files of one seed differ'
expect 0 'what it is' info "$work/a.tflite" --json
expect_json 'what it is' 'j["inputs"][0]["shape"] == [1, 32, 32, 3]
  and j["outputs"][0]["shape"] == [1, 2] and j["labels"] == [["tench", "goldfish"]]
  and j["normalization"] == [{"mean": [127.5] * 3, "std": [127.5] * 3}]'
expect 0 'its labels' info "$work/a.tflite"
grep -qx 'labels 0  2: tench, goldfish' "$work/out" || fail "no labels: $(cat "$work/out")"
grep -q '^bytes  0  real = (byte - 127.5) / 127.5,' "$work/out" || fail "no normalisation"

# Quantisation: what is refused, and what it prints.
expect_error 2 'no pictures' 'needs --images' quantize "$work/a.tflite" "$work/q.tflite"
expect_error 2 'percentile 10' 'from 90 to 100' quantize "$work/a.tflite" "$work/q.tflite" \
  --images "$work" --percentile 10
mkdir -p "$work/pictures/tench" "$work/pictures/goldfish" "$work/nothing"
expect_error 1 'no pictures there' "$work/nothing" quantize "$work/a.tflite" "$work/q.tflite" \
  --images "$work/nothing"
expect_error 1 'no such folder' "$work/none" quantize "$work/a.tflite" "$work/q.tflite" \
  --images "$work/none"
expect_error 1 'an output in no folder' "$work/none/q.tflite: cannot be written" quantize \
  "$work/a.tflite" "$work/none/q.tflite" --images "$work/pictures"
expect_error 1 'the input as output' 'another output file' quantize "$work/a.tflite" \
  "$work/a.tflite" --images "$work/pictures"
printf 'P6\n2 1\n255\nabcdef' >"$work/pictures/tench/a.ppm"
printf 'P6\n1 2\n255\nABCDEF' >"$work/pictures/goldfish/b.ppm"
expect 0 'quantise' quantize "$work/a.tflite" "$work/q.tflite" --images "$work/pictures"
grep -q '^before: [0-2] of 2 ' "$work/out" || fail "no accuracy before: $(cat "$work/out")"
grep -q '^after: *[0-2] of 2 ' "$work/out" || fail "no accuracy after: $(cat "$work/out")"
printf 'P6\n9 9\n255\n' >"$work/pictures/tench/short.ppm"
expect 0 'a bad picture' quantize "$work/a.tflite" "$work/q.tflite" --images "$work/pictures" \
  --equalize --no-bias-correction --percentile 99.9 --input-type int8 --calibration 1
grep -q 'short.ppm' "$work/err" || fail "a bad picture is not named: $(cat "$work/err")"
grep -q '^1 files are no pictures' "$work/out" || fail "it is not counted: $(cat "$work/out")"
expect 0 'what was quantised' info "$work/q.tflite" --json
expect_json 'what was quantised' 'j["inputs"][0]["type"] == "int8"
  and j["labels"] == [["tench", "goldfish"]]'
expect_error 1 'bytes already' 'a network of floats' quantize "$work/q.tflite" "$work/r.tflite" \
  --images "$work/pictures"
expect_error 1 'an unwritable file' "$work/none/q.tflite" quantize "$work/a.tflite" \
  "$work/none/q.tflite" --images "$work/pictures/goldfish"

# The mirror image: the file has both, and what it says of itself.
expect_error 2 'no output' 'no output file is named' mirror "$work/q.tflite"
expect_error 1 'the input as output' 'another output file' mirror "$work/q.tflite" \
  "$work/./q.tflite"
expect_error 1 'an output in no folder' "$work/none/m.tflite: cannot be written" mirror \
  "$work/q.tflite" "$work/none/m.tflite"
expect_error 1 'no file' "$work/none.tflite" mirror "$work/none.tflite" "$work/m.tflite"
for file in a q; do
  expect 0 'mirror' mirror "$work/$file.tflite" "$work/m.tflite"
  grep -q ': a picture and its mirror image, .* multiply-adds$' "$work/out" ||
    fail "what was mirrored: $(cat "$work/out")"
  expect 0 'what was mirrored' info "$work/m.tflite" --json
  expect_json 'what was mirrored' 'j["inputs"][0]["shape"] == [1, 32, 32, 3]
    and j["outputs"][0]["shape"] == [1, 2] and j["labels"] == [["tench", "goldfish"]]'
done
expect_error 1 'twice' "$work/m.tflite: operator 0 STRIDED_SLICE may take" mirror \
  "$work/m.tflite" "$work/n.tflite"
[ ! -e "$work/n.tflite" ] || fail 'a file is left of what was refused'

expect_error 1 'no such model' "$work/none.tflite" info "$work/none.tflite"
expect_error 1 'a folder' "$work" info "$work"
: >"$work/empty.tflite"
expect_refusal 'an empty model' "$work/empty.tflite" "$work/empty.tflite"
refused() {
  printf '%b' "$2" >"$work/bad.tflite"
  expect_refusal "$1" "$work/bad.tflite
$3" "$work/bad.tflite"
  expect_json "$1: no operators" 'j["refused"]["status"] == "format"
    and j["refused"]["unsupported_operators"] == []'
}
refused 'a git-lfs pointer' 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' \
  'git lfs pull'
refused 'an HTML page' '<!DOCTYPE html>\n<html><body>Not found</body></html>' 'HTML page'
refused 'a zip archive' 'PK\003\004aaaaaaaaaaaaaaaaaaaaaaaaaa' 'zip archive'
refused 'an ONNX model' '\010\007\022\004back' 'ONNX'
refused 'a few bytes' 'abc' '3 bytes'
"$python" -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 20)' >"$work/noise.tflite"
expect_error 1 'noise' "$work/noise.tflite" bench "$work/noise.tflite"
expect_error 1 'a name that steers terminals' '?[2J' info "$work/$(printf '\033')[2J"
expect_error 1 'a model named like an option' '--x' info -- --x
finish
