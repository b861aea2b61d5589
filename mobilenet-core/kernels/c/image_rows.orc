# SPDX-License-Identifier: MIT
#
# The image slots of the C table, see kernels/image_rows.h: sums of source rows,
# and what is done to the samples of one output row.  All of it is integer arithmetic, so the
# compiled and the backup code give the same bytes.
#
# The functions ending in 8 read 8-bit samples, those in 10 read 16-bit words
# which times `align` (modulo 2^16) hold the 10-bit sample in their high bits;
# the other bits of a word do not count.
# `v` is a sample of the column stage: at most 32767.
#
# 8-bit edges are widened by splatbw: sample * 257, as one instruction.

# Two rows blended: fa + fb = 32768.
.function mnet_rows_linear8
.dest 2 v int16_t
.source 1 a uint8_t
.source 1 b uint8_t
.param 2 fa
.param 2 fb
.temp 2 x
.temp 2 y
splatbw x, a
mulhuw x, x, fa
splatbw y, b
mulhuw y, y, fb
addw v, x, y

.function mnet_rows_linear10
.dest 2 v int16_t
.source 2 a uint16_t
.source 2 b uint16_t
.param 2 align
.param 2 fa
.param 2 fb
.temp 2 x
.temp 2 y
mullw x, a, align
andw x, x, 0xffc0
mulhuw x, x, fa
mullw y, b, align
andw y, y, 0xffc0
mulhuw y, y, fb
addw v, x, y

# Box of up to two whole rows between two edge rows: half of their sum weighs
# `inner`.  With ten operations at most ORC unrolls its loop.
.function mnet_rows_box2_8
.dest 2 v int16_t
.source 1 a uint8_t
.source 1 b uint8_t
.source 1 r0 uint8_t
.source 1 r1 uint8_t
.param 2 fa
.param 2 fb
.param 2 inner
.temp 2 x
.temp 2 y
splatbw x, r0
splatbw y, r1
avguw x, x, y
mulhuw x, x, inner
splatbw y, a
mulhuw y, y, fa
addw x, x, y
splatbw y, b
mulhuw y, y, fb
addw v, x, y

.function mnet_rows_box2_10
.dest 2 v int16_t
.source 2 a uint16_t
.source 2 b uint16_t
.source 2 r0 uint16_t
.source 2 r1 uint16_t
.param 2 align
.param 2 fa
.param 2 fb
.param 2 inner
.temp 2 x
.temp 2 y
mullw x, r0, align
andw x, x, 0xffc0
mullw y, r1, align
andw y, y, 0xffc0
avguw x, x, y
mulhuw x, x, inner
mullw y, a, align
andw y, y, 0xffc0
mulhuw y, y, fa
addw x, x, y
mullw y, b, align
andw y, y, 0xffc0
mulhuw y, y, fb
addw v, x, y

# Box of any number of whole rows whose sum fits 16 bits: `part` is the sum of
# all but the last four.  The sum times `fill` fills 16 bits.
.function mnet_rows_box8
.dest 2 v int16_t
.source 1 a uint8_t
.source 1 b uint8_t
.source 2 part uint16_t
.source 1 r0 uint8_t
.source 1 r1 uint8_t
.source 1 r2 uint8_t
.source 1 r3 uint8_t
.param 2 fa
.param 2 fb
.param 2 fill
.param 2 inner
.temp 2 x
.temp 2 y
convubw x, r0
addw x, x, part
convubw y, r1
addw x, x, y
convubw y, r2
addw x, x, y
convubw y, r3
addw x, x, y
mullw x, x, fill
mulhuw x, x, inner
splatbw y, a
mulhuw y, y, fa
addw x, x, y
splatbw y, b
mulhuw y, y, fb
addw v, x, y

.function mnet_rows_box10
.dest 2 v int16_t
.source 2 a uint16_t
.source 2 b uint16_t
.source 2 part uint16_t
.source 2 r0 uint16_t
.source 2 r1 uint16_t
.source 2 r2 uint16_t
.source 2 r3 uint16_t
.param 2 align
.param 2 fa
.param 2 fb
.param 2 fill
.param 2 inner
.temp 2 x
.temp 2 y
mullw x, r0, align
shruw x, x, 6
addw x, x, part
mullw y, r1, align
shruw y, y, 6
addw x, x, y
mullw y, r2, align
shruw y, y, 6
addw x, x, y
mullw y, r3, align
shruw y, y, 6
addw x, x, y
mullw x, x, fill
mulhuw x, x, inner
mullw y, a, align
andw y, y, 0xffc0
mulhuw y, y, fa
addw x, x, y
mullw y, b, align
andw y, y, 0xffc0
mulhuw y, y, fb
addw v, x, y

# Sums that do not fit 16 bits: the edge rows begin `total`, to which `part` is
# added before it can overflow.
.function mnet_rows_edges8
.dest 4 total uint32_t
.source 1 a uint8_t
.source 1 b uint8_t
.param 2 fa
.param 2 fb
.temp 2 x
.temp 4 xl
.temp 4 yl
convubw x, a
muluwl xl, x, fa
convubw x, b
muluwl yl, x, fb
addl total, xl, yl

.function mnet_rows_edges10
.dest 4 total uint32_t
.source 2 a uint16_t
.source 2 b uint16_t
.param 2 align
.param 2 fa
.param 2 fb
.temp 2 x
.temp 4 xl
.temp 4 yl
mullw x, a, align
shruw x, x, 6
muluwl xl, x, fa
mullw x, b, align
shruw x, x, 6
muluwl yl, x, fb
addl total, xl, yl

.function mnet_rows_add4_8
.dest 2 part uint16_t
.source 1 r0 uint8_t
.source 1 r1 uint8_t
.source 1 r2 uint8_t
.source 1 r3 uint8_t
.temp 2 x
.temp 2 y
convubw x, r0
convubw y, r1
addw x, x, y
convubw y, r2
addw x, x, y
convubw y, r3
addw x, x, y
addw part, part, x

.function mnet_rows_add4_10
.dest 2 part uint16_t
.source 2 r0 uint16_t
.source 2 r1 uint16_t
.source 2 r2 uint16_t
.source 2 r3 uint16_t
.param 2 align
.temp 2 x
.temp 2 y
mullw x, r0, align
shruw x, x, 6
mullw y, r1, align
shruw y, y, 6
addw x, x, y
mullw y, r2, align
shruw y, y, 6
addw x, x, y
mullw y, r3, align
shruw y, y, 6
addw x, x, y
addw part, part, x

.function mnet_rows_fold
.dest 4 total uint32_t
.source 2 part uint16_t
.param 2 inner
.temp 4 xl
muluwl xl, part, inner
addl total, total, xl

.function mnet_rows_narrow
.dest 2 v int16_t
.source 4 total uint32_t
.param 4 bits
.temp 4 xl
shrul xl, total, bits
convlw v, xl

# One colour channel of samples in 1/128 of a step: coefficients in 1/8192, so
# the products' high halves are in 1/16.
.function mnet_rows_matrix
.dest 1 byte uint8_t
.source 2 s0 int16_t
.source 2 s1 int16_t
.source 2 s2 int16_t
.param 2 m0
.param 2 m1
.param 2 m2
.param 2 bias
.temp 2 x
.temp 2 y
mulhsw x, s0, m0
mulhsw y, s1, m1
addw x, x, y
mulhsw y, s2, m2
addw x, x, y
addw x, x, bias
shrsw x, x, 4
convsuswb byte, x
