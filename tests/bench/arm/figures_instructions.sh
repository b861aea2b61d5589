#!/bin/sh
# SPDX-License-Identifier: MIT
#
# figures_instructions.sh CC PLUGIN.c RANDOM_MODEL RUN_IMAGE RUN_MODEL MODEL...: the README's
# tables: instructions of one inference with one thread, in millions, and what share
# of them multiplies vectors / loads / stores / does the rest; float16: precision=fp16
# on a Cortex-A76; then those of a frame to a tensor.  CC makes the emulator's plugin,
# RANDOM_MODEL those networks that no file is at hand of.
set -eu
folder=$(dirname "$0")
cc=$1
source=$2
random_model=$3
image=$4
program=$5
shift 5

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$cc -O2 -shared -fPIC "$source" -o "$work/count.so"
for net in v1 v2 v3-large; do
  for type in int8 float32; do
    [ $net-$type != v3-large-int8 ] || continue
    model=$work/random-$net-$type.tflite
    # shellcheck disable=SC2086 # a command with arguments
    ${WRAPPER:-} "$random_model" $net $type "$model"
    set -- "$@" "$model"
  done
done

echo '| model | NEON | SDOT | SMMLA | float16 |' >"$work/sums"
echo '| --- | --- | --- | --- | --- |' >>"$work/sums"
cp "$work/sums" "$work/mix"
for model; do
  name=$(basename "$model" .tflite)
  printf '| %s |' "$name" >>"$work/sums"
  printf '| %s |' "$name" >>"$work/mix"
  cores="cortex-a53 cortex-a76 max"
  case $name in *float32) cores="$cores cortex-a76+fp16" ;; esac
  for core in $cores; do
    sh "$folder/count_instructions.sh" "$work/count.so" "$program" "$model" "$core" >"$work/counts"
    awk '!/^ / { printf " %.1f |", $2 }' "$work/counts" >>"$work/sums"
    awk '!/^ / { printf " %.0f / %.0f / %.0f / %.0f |", 100 * $3 / $2, 100 * $4 / $2,
      100 * $5 / $2, 100 * $6 / $2 }' "$work/counts" >>"$work/mix"
  done
  case $name in *float32) end= ;; *) end=' |' ;; esac
  echo "$end" >>"$work/sums"
  echo "$end" >>"$work/mix"
done
cat "$work/sums"
echo
echo 'Percent that multiply vectors / load / store / are others:'
cat "$work/mix"

echo
echo '| 1920x1080 to 224x224x3 | C and ORC | NEON |'
echo '| --- | --- | --- |'
for format in nv12 p010 yuy2 rgb rgbx; do
  printf '| %s |' $format
  for kernels in c neon; do
    MNET_CPU=$kernels sh "$folder/count_instructions.sh" "$work/count.so" "$image" $format cortex-a53 |
      awk '!/^ / { printf " %.1f |", $2 }'
  done
  echo
done
