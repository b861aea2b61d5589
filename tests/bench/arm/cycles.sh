#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cycles.sh ARM_GCC KERNELS_DIR: what llvm-mca makes of the inner loops of the Arm
# kernels: cycles a turn and multiply-adds a cycle.  ARM_GCC may have arguments;
# MCA is llvm-mca's name.  A loop is found by its label in the assembler of the
# source and the number of its pixels, one ST1 each: the first one of these that ends
# with a branch back to it.
set -eu
gcc=$1
kernels=$2
mca=${MCA:-llvm-mca-19}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# loop NAME SOURCE ARCHITECTURE LABEL CORE MULTIPLY-ADDS [PIXELS]
loop() {
  # shellcheck disable=SC2086 # a command with arguments
  $gcc -O3 -fno-schedule-insns -march="$3" -I"$kernels/.." -S "$kernels/arm/$2" -o "$work/s"
  awk -v label="$4" -v pixels="${7:-0}" '
    $0 == label ":" { body = ""; on = 1; next }
    on && /NO_APP/ { on = 0 }
    on && $0 !~ /^[0-9]*:$/ && $1 != "b.eq" { body = body $0 "\n" }
    on && $0 == "b.ne " label "b" {
      on = 0
      if (gsub(/st1/, "st1", body) == pixels) { printf "%s", body; exit }
    }' "$work/s" |
    sed "s/b.ne $4b/b.ne .+4/" >"$work/body.s"
  "$mca" -mtriple=aarch64-linux-gnu -mcpu="$5" -mattr=+dotprod,+i8mm,+fullfp16 -iterations=200 \
    "$work/body.s" 2>/dev/null |
    awk -v name="$1" -v core="$5" -v macs="$6" '/^Total Cycles/ {
      printf "| %s | %s | %.1f | %.1f |\n", name, core, $3 / 200, macs * 200 / $3 }'
}

echo '| loop | core | cycles | multiply-adds a cycle |'
echo '| --- | --- | --- | --- |'
loop 'product by SMULL' gemm_s8_neon.c armv8-a 4 neoverse-n1 512
loop 'product by SDOT' gemm_s8_dotprod.c armv8.2-a+dotprod 2 neoverse-n1 2048
loop 'product by SMMLA' gemm_s8_i8mm.c armv8.2-a+dotprod+i8mm 2 neoverse-v1 2048
loop 'product of floats' gemm_f32_neon.c armv8-a 2 neoverse-n1 512
loop 'product of float16' gemm_f16_asimdhp.c armv8.2-a+fp16 2 neoverse-n1 1024
for core in neoverse-n1 cortex-a72; do
  loop '3x3 depthwise, ARMv8.0' depthwise_s8_neon.c armv8-a 1 $core 432 3
  loop '3x3 depthwise 2 apart, ARMv8.0' depthwise_s8_neon.c armv8-a 1 $core 288 2
done
loop '3x3 depthwise by SDOT' depthwise_s8_dotprod.c armv8.2-a+dotprod 1 neoverse-n1 432 3
loop '3x3 depthwise 2 apart by SDOT' depthwise_s8_dotprod.c armv8.2-a+dotprod 1 neoverse-n1 288 2
loop '3x3 depthwise of floats' depthwise_f32_neon.c armv8-a 1 neoverse-n1 216 3
loop '3x3 depthwise of floats, 2 apart' depthwise_f32_neon.c armv8-a 1 neoverse-n1 144 2
loop '3x3 depthwise of float16' depthwise_f16_asimdhp.c armv8.2-a+fp16 1 neoverse-n1 432 3
