#!/bin/sh
# SPDX-License-Identifier: MIT
#
# count_instructions.sh PLUGIN.so RUN_MODEL MODEL [CORE...]: what one inference
# takes on each core, the difference of two runs and one: the sum in millions of
# instructions, then the functions with more than 1 percent of it, and for each
# what they are: multiplications of vectors, loads, stores, others.
# CORE+fp16: with precision=fp16.
set -eu
plugin=$1
program=$2
model=$3
shift 3

count() {
  QEMU_CPU=${1%+fp16} qemu-aarch64 -plugin "$plugin" -d plugin -D "$work/$2" "$program" "$model" \
    "$2" "${1#"${1%+fp16}"}" >/dev/null
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for core; do
  count "$core" 1
  count "$core" 2
  awk -v core="$core" '
    { for (i = 2; i <= 5; i++) { d = FNR == NR ? -$i : $i; kind[$1, i] += d; all[$1] += d; sums[i] += d; sum += d } }
    END {
      printf "%-42s %8.2f %8.2f %8.2f %8.2f %8.2f\n", core, sum / 1e6, sums[2] / 1e6,
        sums[3] / 1e6, sums[4] / 1e6, sums[5] / 1e6
      for (f in all) if (all[f] > sum / 100)
        printf "  %-40s %8.2f %8.2f %8.2f %8.2f %8.2f\n", f, all[f] / 1e6, kind[f, 2] / 1e6,
          kind[f, 3] / 1e6, kind[f, 4] / 1e6, kind[f, 5] / 1e6 | "sort -k2 -n -r"
      close("sort -k2 -n -r")
    }' "$work/1" "$work/2"
done
