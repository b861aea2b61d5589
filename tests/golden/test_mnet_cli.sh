#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_mnet_cli.sh MNET PYTHON SHARED_DIR: the `mnet` program on real networks:
# what it prints, the bytes it writes, and what it says of wrong files.
set -eu
mnet=$1
python=$2
shared=$3
# shellcheck source=../support/need_shared.sh
. "$(dirname "$0")/../support/need_shared.sh"
need_shared "$shared"
# shellcheck source=cli.sh
. "$(dirname "$0")/cli.sh"

v1=$shared/models/classify/mobilenet_v1_0.25_128_quant.tflite
v1_cat=$shared/golden/mobilenet_v1_0.25_128_quant/cat
v2=$shared/models/classify/mobilenet_v2_1.0_224_quant.tflite
labels=$shared/models/labels/imagenet_labels.txt

# --- info
expect 0 'info' info "$v1"
grep -q '^input  0  uint8   1x128x128x3 ' "$work/out" || fail 'info: input'
grep -q '^output 0  uint8   1x1001 ' "$work/out" || fail 'info: output'
grep -q '^parameters  ' "$work/out" || fail 'info: parameters'
grep -q ' CONV_2D  .* 1x64x64x8 ' "$work/out" || fail 'info: first convolution'

# Counts of the layers; published in millions: 76; 300.8 and 3.49; 56.5 and 2.54.
counts() {
  expect 0 "info of $1" info "$shared/models/classify/$1.tflite" --json
  expect_json "counts of $1" "j['macs'] == $2 and j['parameters'] == $3"
}
counts mobilenet_v1_0.5_160_quant 76525312 1326633
counts mobilenet_v2_1.0_224_quant 300775552 3489097
counts v3-small_224_1.0_uint8 56511424 2537825
expect_json 'keys of info' 'all(k in j for k in ("arena_bytes", "weight_bytes", "kernels", "model"))'
expect_json 'the input' 'j["inputs"] == [{"name": "input", "type": "uint8",
  "shape": [1, 224, 224, 3], "bytes": 150528, "scale": 0.00787401572, "zero_point": 128}]'
expect_json 'the output' 'len(j["outputs"]) == 1 and j["outputs"][0]["shape"] == [1, 1001]'
expect_json 'operators add up' 'sum(o["macs"] for o in j["operators"]) == j["macs"]
  and sum(o["parameters"] for o in j["operators"]) == j["parameters"]'
expect_json 'operators' '[o["shape"] for o in j["operators"] if o["name"] == "CONV_2D"][0]
  == [1, 112, 112, 16] and "SOFTMAX" in [o["name"] for o in j["operators"]]'

expect_json 'kernels of operators' 'all(isinstance(o["plain_c"], bool) for o in j["operators"])
  and [o["kernel"] for o in j["operators"] if o["name"] == "CONV_2D"][0] == "gemm_s8"'

# --- what info explains: family, width, input, role
looks() {
  expect 0 "architecture of $1" info "$shared/models/$1.tflite" --json
  expect_json "architecture of $1" "j['architecture'] == {'family': '$2', 'width': $3,
    'input_width': $4, 'input_height': $4, 'role': '$5'}"
}
looks classify/mcunet-320kb_imagenet_int8 MCUNet-like None 176 classifier
looks classify/mobilenet_edgetpu_0.75_224_ptq 'MobileNet EdgeTPU' 0.75 224 classifier
looks classify/mobilenet_v1_0.25_128_quant 'MobileNet V1' 0.25 128 classifier
looks classify/mobilenet_v1_0.25_224_float 'MobileNet V1' 0.25 224 classifier
looks classify/mobilenet_v1_0.5_160_quant 'MobileNet V1' 0.5 160 classifier
looks classify/mobilenet_v1_0.75_192_quant 'MobileNet V1' 0.75 192 classifier
looks classify/mobilenet_v2_035_96_embedder 'MobileNet V2' 0.35 96 'feature extractor'
expect_json 'dynamic range' 'j["folded"]["dynamic_range_layers"] == 37
  and {"name": "ROUND_DYNAMIC", "count": 37, "macs": 0} in j["plain_c"]'
looks classify/mobilenet_v2_1.0_224_pt_nchw_int8 'MobileNet V2' 1 224 classifier
expect_json 'PADs' 'j["folded"]["pads"] == 18 and j["folded"]["uint8_tensors"] == 0'
looks classify/tf2_mobilenet_v2_1.0_224_ptq 'MobileNet V2' 1 224 classifier
expect_json 'QUANTIZEs' 'j["folded"]["idle"] == 2'
expect_json 'blocks' 'all(o["block"] == 1 for o in j["operators"][1:6])
  and j["operators"][0]["block"] == 0 and j["arena_bytes"] <= 700000'
looks vww/person_detect_96_gray_int8 'MobileNet V1' 0.25 96 classifier
looks vww/vww_96_float 'MobileNet V1' 0.25 96 classifier
expect_json 'nothing folded' 'set(j["folded"].values()) == {0}'
looks classify/v3-small_224_1.0_uint8 'MobileNet V3-small' 1 224 classifier
expect_json 'tables' 'j["folded"]["tables"] == 19 and j["folded"]["uint8_tensors"] > 100'
expect_json 'memory' 'j["memory"]["largest"][0] == {"operator": 0, "name": "FLIP",
  "shape": [1, 224, 224, 3], "bytes": 150528} and j["memory"]["file_bytes"] == j["file_bytes"]
  and j["memory"]["activation_bytes"] + j["memory"]["scratch_bytes"] == j["arena_bytes"]
  and j["memory"]["input_bytes"] == 150528'
expect 0 'plain C' info "$v1" --cpu c --json
expect_json 'plain C' 'sum(p["count"] for p in j["plain_c"]) == 32
  and sum(p["macs"] for p in j["plain_c"]) == j["macs"]'
expect 0 'explained as text' info "$v2"
grep -q '^looks as MobileNet V2, width 1, classifier at 224x224$' "$work/out" ||
  fail 'info: architecture'
grep -q '^folded  *120 uint8 tensors computed as int8$' "$work/out" || fail 'info: folded'
grep -q '^memory   ' "$work/out" || fail 'info: memory'
grep -q '^plain C  [0-9]* of 68 operators' "$work/out" || fail 'info: plain C'

# --- another input size
expect 0 'the own size' info "$v2" --json
cp "$work/out" "$work/default"
expect 0 'the own size, given' info "$v2" --json --input-size 224
cmp "$work/out" "$work/default" || fail 'input-size of the file itself: something else'
expect 0 'a smaller size' info "$v2" --json --input-size 160x128
expect_json 'a smaller size' 'j["inputs"][0]["shape"] == [1, 128, 160, 3]
  and j["outputs"][0]["shape"] == [1, 1001] and j["architecture"]["input_width"] == 160
  and j["parameters"] == 3489097 and j["operators"][1]["shape"] == [1, 64, 80, 32]
  and 0.40 < j["macs"] / 300775552 < 0.42 and j["memory"]["input_bytes"] == 61440
  and sum(o["macs"] for o in j["operators"]) == j["macs"]'
expect 0 'bench at a smaller size' bench "$v1" --runs 2 --per-op --json --input-size 96
expect_json 'bench at a smaller size' 'j["macs"] < 9e6
  and [o["shape"] for o in j["operators"] if o["name"] == "CONV_2D"][0] == [1, 48, 48, 8]'

# --- run with tensors
expect 0 'run' run "$v1" --input "$v1_cat/input_0.raw" --output "$work/a"
expect 0 'run with 2 threads' run "$v1" --threads 2 --json --input="$v1_cat/input_0.raw" \
  --output="$work/b"
expect_json 'run' 'j["threads"] == 2 and j["outputs"][0]["tensor"]["bytes"] == 1001'
cmp "$work/a" "$work/b" || fail 'run: 2 threads give other bytes'
[ "$(wc -c <"$work/a")" = 1001 ] || fail 'run: size of the output'
expect 0 'run on the c kernels' run "$v1" --cpu c --input "$v1_cat/input_0.raw" --output "$work/b"
cmp "$work/a" "$work/b" || fail 'run: the c kernels give other bytes'

head -c 100 "$v1_cat/input_0.raw" >"$work/short"
cat "$v1_cat/input_0.raw" "$work/short" >"$work/long"
expect_error 1 'a short input' "$work/short
100
input 0
49152" run "$v1" --input "$work/short" --output "$work/none"
expect_error 1 'a long input' '49252
49152' run "$v1" --input "$work/long" --output "$work/none"
expect_error 1 'no such input' "$work/absent" run "$v1" --input "$work/absent" --output "$work/none"
expect_error 1 'a folder as input' "$work" run "$v1" --input "$work" --output "$work/none"
expect_error 1 'too many inputs' '2 times --input
1 input' run "$v1" --input "$work/a" --input "$work/a" --output "$work/none"
expect_error 1 'too many outputs' '2 times --output
1 output' run "$v1" --input "$work/a" --output "$work/none" --output "$work/none"
[ ! -e "$work/none" ] || fail 'an output was written in spite of an error'
expect_error 1 'a folder that is not there' "$work/absent/out" run "$v1" \
  --input "$v1_cat/input_0.raw" --output "$work/absent/out"
expect_error 1 'a full disk' '/dev/full' run "$v1" --input "$v1_cat/input_0.raw" --output /dev/full
expect_error 1 'a kernel set that is none' 'warp' info "$v1" --cpu warp

# --- run with a picture: picture 12 of the labelled ones
ppm=$work/picture.ppm
djpeg -dct int -rgb -pnm "$shared/imagenet/000-149.jpg" | "$python" -c 'import sys
data = sys.stdin.buffer.read()[-150 * 150528:]
sys.stdout.buffer.write(b"P6 # a comment 9 9\n224\t224\n#another\n255\n" + data[12 * 150528:13 * 150528])' \
  >"$ppm"
first=$(awk -F'\t' '$1 == "mobilenet_v2_1.0_224_quant" && $2 == "reference" { n++ }
  n == 13 { print $4; exit }' "$shared/golden/imagenet_top5.tsv")
expect 0 'a picture' run "$v2" --image "$ppm" --labels "$labels" --json
expect_json 'top-1' "j['results'][0]['index'] == $first and len(j['results']) == 5"
name=$(sed -n "$((first + 1))p" "$labels")
expect_json 'label' "j['results'][0]['label'] == '$name' and j['results'][0]['rank'] == 1"
expect_json 'scores fall' 'all(a["score"] >= b["score"] for a, b in zip(j["results"], j["results"][1:]))'
expect 0 'a picture at another size' run "$v2" --image "$ppm" --json --input-size 192
expect_json 'top-1 at another size' "j['results'][0]['index'] == $first"
expect 0 'a picture, three classes' run "$v2" --image "$ppm" --labels "$labels" --top 3
[ "$(wc -l <"$work/out")" = 4 ] || fail 'top 3: not a heading and three lines'
grep -q "^   1 *$first .*$name\$" "$work/out" || fail "top 3: $(cat "$work/out")"
expect 0 'all classes' run "$v2" --image "$ppm" --top 100000 --json
expect_json 'all classes' 'sorted(r["index"] for r in j["results"]) == list(range(1001))'
# uint8 numbers of -1 to 1: normalised so they are the bytes.
expect 0 'default' run "$v2" --image "$ppm" --top 9
cp "$work/out" "$work/default"
expect 0 'mean and std' run "$v2" --image "$ppm" --top 9 --mean 128 --std 128,128,128
cmp "$work/out" "$work/default" || fail 'mean and std: other classes'
expect 0 'another mean' run "$v2" --image "$ppm" --top 9 --mean 0 --std 1
cmp -s "$work/out" "$work/default" && fail 'another mean: the same classes'

bad_ppm() {
  printf '%b' "$2" >"$work/bad.ppm"
  expect_error 1 "PPM: $1" "$work/bad.ppm
$3" run "$v2" --image "$work/bad.ppm"
}
bad_ppm 'empty' '' P6
bad_ppm 'text form' 'P3 1 1 255\n1 2 3\n' P6
bad_ppm 'no numbers' 'P6\n' numbers
bad_ppm 'a comment without end' 'P6 # 1 1 255' numbers
bad_ppm 'negative' 'P6 -1 1 255\n123' numbers
bad_ppm 'no pixels' 'P6 0 5 255\n' 0x5
bad_ppm 'huge' 'P6 4294967297 1 255\n123' 16384
bad_ppm 'huge, digits' 'P6 1 99999999999999999999999999999999 255\n123' 16384
bad_ppm '16 bits' 'P6 1 1 65535\n123456' 65535
bad_ppm 'no blank' 'P6 1 1 255X123' numbers
bad_ppm 'cut' 'P6 2 2 255\n12345678901' 'cut short'
bad_ppm 'cut, large' 'P6 16384 16384 255\n1' 805306368
expect_error 1 'no such picture' "$work/absent" run "$v2" --image "$work/absent"
expect_error 1 'no such labels' "$work/absent" run "$v2" --image "$ppm" --labels "$work/absent"
head -20 "$labels" >"$work/few.txt"
expect_error 1 'too few labels' '1001
20' run "$v2" --image "$ppm" --labels "$work/few.txt"

# --- run with a picture: a detector
ssd=$shared/models/detect/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite
pets=$work/pets.ppm
djpeg -dct int -rgb -pnm "$shared/images/cats_and_dogs.jpg" >"$pets"
expect 0 'pets' run "$ssd" --image "$pets" --json
expect_json 'pets' 'j["results"][0]["label"] == "cat" and all(r["score"] >= 0.5
  and 0 <= r["x"] and r["x"] + r["w"] <= 1200.01 and 0 <= r["y"] and r["y"] + r["h"] <= 600.01
  for r in j["results"])'
expect_json 'the right cat' 'any(abs(r["x"] - 602) < 40 and abs(r["y"] - 157) < 40
  and abs(r["w"] - 394) < 60 and abs(r["h"] - 447) < 40 for r in j["results"])'
expect 0 'pets as text' run "$ssd" --image "$pets" --top 2 --score-threshold 0.3
[ "$(wc -l <"$work/out")" = 3 ] || fail 'top 2: not a heading and two lines'
grep -q '^   1 *16 *0\.[0-9]* .* cat$' "$work/out" || fail "pets: $(cat "$work/out")"
expect 0 'nothing' run "$ssd" --image "$pets" --score-threshold 1 --json
expect_json 'nothing' 'j["results"] == []'
face=$shared/models/detect/face_detection_short_range.tflite
expect 0 'points' run "$face" --image "$pets" --score-threshold 0 --top 1 --json
expect_json 'points' 'len(j["results"]) == 1 and len(j["results"][0]["points"]) == 6'
expect_error 1 'a threshold for a classifier' '--score-threshold
no detector' run "$v2" --image "$ppm" --score-threshold 0.5
expect_error 1 'anchors that do not fit' '1917 anchors for 896 boxes' run "$face" --image "$pets" \
  --anchors-file "$shared/models/labels/ssd300_box_priors_1917.txt"
expect_error 1 'anchors that are none' 'coco_labels.txt
heading' run "$face" --image "$pets" --anchors-file "$shared/models/labels/coco_labels.txt"
expect_error 1 'labels that do not fit' '3 labels for 90 classes' run "$ssd" --image "$pets" \
  --labels "$shared/models/labels/traffic_labels.txt"

# --- bench
expect 0 'bench' bench "$v1" --runs 3 --warmup 1 --json
expect_json 'bench' '0 < j["min_ms"] <= j["median_ms"] and j["threads"] == 1 and j["runs"] == 3
  and j["macs"] > 13e6 and j["arena_bytes"] > 0 and j["kernels"] and "operators" not in j'
expect 0 'bench by operator' bench "$v1" --runs 2 --threads 2 --per-op --json --cpu c
expect_json 'bench by operator' 'j["threads"] == 2 and j["kernels"] == "c"
  and len(j["operators"]) > 20 and abs(sum(o["percent"] for o in j["operators"]) - 100) < 0.1
  and sum(o["macs"] for o in j["operators"]) == j["macs"]'
expect_json 'figures of operators' 'j["peak_gmacs"]["int8"] > 0 and j["peak_gmacs"]["float"] > 0
  and all(o["min_ms"] >= 0 and o["gmacs"] >= 0 for o in j["operators"])
  and all((o["peak_percent"] is not None) == (o["macs"] > 0 and o["min_ms"] > 0)
          for o in j["operators"])
  and all(o["peak_percent"] is None or abs(o["peak_percent"] * 2 * j["peak_gmacs"]["int8"]
          - 100 * o["gmacs"]) < 1e-3 * o["gmacs"] + 1e-6 for o in j["operators"])
  and all("ratio" not in o for o in j["operators"]) and "compare" not in j'
# Bytes: 128x128x3, 64x64x8, 8x3x3x3 and 8 int32; a RESHAPE moves nothing.
expect_json 'bytes of operators' '[o["bytes"] for o in j["operators"] if o["name"] == "CONV_2D"][0]
  == 49152 + 32768 + 216 + 32
  and [o["bytes"] for o in j["operators"] if o["name"] == "RESHAPE"] == [0]'
cp "$work/out" "$work/earlier.json"
expect 0 'bench as text' bench "$v1" --runs 2 --per-op
grep -q '^time  *min [0-9.]* ms, median [0-9.]* ms' "$work/out" || fail 'bench: text'
grep -q '^peak  *[0-9.]* GMAC/s int8, [0-9.]* float on one core$' "$work/out" || fail 'bench: peak'
grep -q '^memory  *[0-9.]* KiB arena' "$work/out" || fail 'bench: arena'
grep -q '^ *no\.  file block  operator .* GMAC/s peak %' "$work/out" || fail 'bench: heading'

# --- bench against an earlier one
expect 0 'compare' bench "$v1" --runs 2 --per-op --json --compare "$work/earlier.json"
expect_json 'compare' 'j["compare"]["kernels"] == "c" and j["compare"]["threads"] == 2
  and abs(j["compare"]["min_ratio"] * j["compare"]["min_ms"] - j["min_ms"]) < 1e-6
  and abs(j["compare"]["median_ratio"] * j["compare"]["median_ms"] - j["median_ms"]) < 1e-6
  and all(o["ratio"] is None or o["ratio"] >= 0 for o in j["operators"])
  and sum(o["ratio"] is not None for o in j["operators"]) > 20'
cp "$work/out" "$work/now.json"
"$python" - "$work/now.json" "$work/earlier.json" <<'PYTHON' || fail 'ratios of operators'
import json, sys
now, then = (json.load(open(name)) for name in sys.argv[1:])
for a, b in zip(now['operators'], then['operators']):
    assert (a['name'], a['file_index']) == (b['name'], b['file_index'])
    assert a['ratio'] is None or abs(a['ratio'] * b['min_ms'] - a['min_ms']) < 1e-6
PYTHON
expect 0 'compare as text' bench "$v1" --runs 2 --per-op --compare "$work/earlier.json"
grep -q "^earlier  min [0-9.]* ms, median [0-9.]* ms with c, 2 threads, says $work/earlier.json\$" \
  "$work/out" || fail 'compare: the earlier times'
grep -q '^ratio  *min [0-9.]*, median [0-9.]* of the earlier time$' "$work/out" ||
  fail 'compare: ratios'
grep -q '^ *no\..* ratio  folded in$' "$work/out" || fail 'compare: heading'
expect 0 'compare without operators' bench "$v1" --runs 2 --compare "$work/earlier.json" --json
expect_json 'compare without operators' 'j["compare"]["min_ratio"] > 0 and "operators" not in j'
cp "$work/out" "$work/short.json"
expect 0 'compare to no operators' bench "$v1" --runs 2 --per-op --compare "$work/short.json" --json
expect_json 'compare to no operators' 'all(o["ratio"] is None for o in j["operators"])'
expect_error 1 'compare to another model' "$work/earlier.json
another model
mobilenet_v1_0.25_128_quant" bench "$v2" --compare "$work/earlier.json"
expect_error 1 'compare to another size' "$work/earlier.json
another --input-size" bench "$v1" --input-size 96 --compare "$work/earlier.json"
expect_error 1 'compare to nothing' "$work/none.json" bench "$v1" --compare "$work/none.json"
expect_error 1 'compare to a folder' "$work" bench "$v1" --compare "$work"
expect 0 'info' info "$v1" --json
expect_error 1 'compare to info' "$work/info.json
min_ms" bench "$v1" --compare "$(cp "$work/out" "$work/info.json" && echo "$work/info.json")"
malformed() {
  printf '%b' "$1" >"$work/bad.json"
  expect_error 1 "JSON $1" "$work/bad.json
$2" bench "$v1" --compare "$work/bad.json"
}
malformed '' 'a value is expected in line 1'
malformed '[]' 'file_bytes'
malformed '3' 'file_bytes'
malformed '{"file_bytes": "1"}' 'file_bytes'
malformed '{"file_bytes": -1}' 'file_bytes'
malformed '{\n"a": 1\n"b": 2}' "',' or '}' is expected in line 3"
malformed '[1 2]' "',' or ']' is"
malformed '{"a" 1}' "':' is"
malformed '{1: 2}' 'a name in quotation marks'
malformed '{"a": 1,}' 'a name in quotation marks'
malformed '{"a": tru}' 'a value is'
malformed '{"a": "b' 'the end of a string'
malformed '{"a": "\\x"}' 'an escape'
malformed '{"a": "\\u12"}' 'an escape'
malformed '{"a": "\\' 'an escape'
malformed '{} {}' 'the end of the file'
malformed '[[[[[[[[[[[[[[[[[[[[' 'less depth'
head -c 300 "$work/earlier.json" >"$work/cut.json"
expect_error 1 'half a comparison' "$work/cut.json
expected in line" bench "$v1" --compare "$work/cut.json"

# --- files that lie: the name of an input, of a file, a cut
odd=$work/$(printf 'a\033\377"b').tflite
"$python" - "$v1" "$odd" "$work/cut.tflite" <<'PYTHON'
import sys
data = open(sys.argv[1], 'rb').read()
assert data.count(b'\5\0\0\0input\0') == 1
open(sys.argv[2], 'wb').write(data.replace(b'\5\0\0\0input\0', b'\5\0\0\0\x1b\xff"\\\x7f\0'))
open(sys.argv[3], 'wb').write(data[:len(data) // 2])
PYTHON
expect 0 'hostile names' info "$odd" --json
expect_json 'a hostile input' 'j["inputs"][0]["name"][2:4] == "\"\\"'
expect_json 'a hostile file' 'j["model"].endswith("/a\x1b\ufffd\"b.tflite")'
expect 0 'hostile names as text' info "$odd"
if LC_ALL=C grep -q "$(printf '[\033\377\177]')" "$work/out"; then
  fail 'a hostile name reaches the terminal'
fi
expect_refusal 'half a model' "$work/cut.tflite
truncated" "$work/cut.tflite"
expect_error 1 'half a model, run' "$work/cut.tflite" bench "$work/cut.tflite"
finish
