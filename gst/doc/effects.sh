#!/bin/sh
# SPDX-License-Identifier: MIT
#
# effects.sh MODEL.tflite: makes effects.png beside it, a drawn person and what
# mobilenetfx does to it: blur, replace, cut-out. MODEL segments persons and takes
# 0 to 1.
set -eu

doc=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$doc/draw_person.py" > "$work/person.rgb"
gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=gradient \
  foreground-color=0xff203070 background-color=0xffe0a060 ! \
  video/x-raw,width=512,height=288 ! pngenc ! filesink location="$work/dusk.png"

part='queue ! videoconvertscale ! video/x-raw,format=AYUV,width=320,height=180 !'
# shellcheck disable=SC2086 # parts of a pipeline
gst-launch-1.0 -q compositor name=c background=checker sink_1::xpos=324 sink_2::ypos=184 \
  sink_3::xpos=324 sink_3::ypos=184 ! \
  videoconvert ! video/x-raw,format=RGB,width=644,height=364 ! \
  pngenc compression-level=9 ! filesink location="$doc/effects.png" \
  filesrc location="$work/person.rgb" ! \
  rawvideoparse format=rgb width=512 height=288 framerate=1/1 ! tee name=picture \
  picture. ! $part c.sink_0 \
  picture. ! queue ! mobilenetseg model-file="$1" input-range=zero-one ! tee name=masks \
  masks. ! queue ! mobilenetfx effect=blur ! $part c.sink_1 \
  masks. ! queue ! mobilenetfx effect=replace background-file="$work/dusk.png" ! $part c.sink_2 \
  masks. ! queue ! mobilenetfx effect=cut-out ! $part c.sink_3
