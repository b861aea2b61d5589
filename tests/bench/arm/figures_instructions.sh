#!/bin/sh
# SPDX-License-Identifier: MIT
#
# figures_instructions.sh CC PLUGIN.c FLOAT_V2 RUN_MODEL MODEL...: the README's
# table of instructions, in millions for one inference with one thread.  CC makes
# the emulator's plugin, FLOAT_V2 a model.
set -eu
folder=$(dirname "$0")
cc=$1
source=$2
float_v2=$3
program=$4
shift 4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$cc -O2 -shared -fPIC "$source" -o "$work/count.so"
# shellcheck disable=SC2086 # a command with arguments
${WRAPPER:-} "$float_v2" "$work/float_v2.tflite"
echo '| model | NEON | SDOT | SMMLA |'
echo '| --- | --- | --- | --- |'
for model in "$@" "$work/float_v2.tflite"; do
  printf '| %s |' "$(basename "$model" .tflite)"
  for core in cortex-a53 cortex-a76 max; do
    sh "$folder/count_instructions.sh" "$work/count.so" "$program" "$model" "$core" |
      awk '!/^ / { printf " %.1f |", $2 }'
  done
  echo
done
