#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_rtsp_settings.sh PROGRAM: what rtsp-annotate says of command lines and key
# files: one line for each fault, that names it; no password in any.
set -eu
program=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
file=$dir/cameras.ini
faults=0
fail() {
  echo "FAIL: $*"
  faults=$((faults + 1))
}

# run STATUS OPTION...: the exit status; what was printed is in $dir/out.
run() {
  expected=$1 status=0
  shift
  timeout 60 "$program" "$@" >"$dir/out" 2>&1 </dev/null || status=$?
  [ $status = "$expected" ] || fail "$*: status $status, not $expected: $(cat "$dir/out")"
}
# says TEXT: the line is there, once.
says() {
  [ "$(grep -cF -- "$1" "$dir/out")" = 1 ] || fail "\"$1\" is not said: $(cat "$dir/out")"
}
lines() {
  [ "$(wc -l <"$dir/out")" = "$1" ] || fail "$(wc -l <"$dir/out") lines, not $1: $(cat "$dir/out")"
}

run 0 --version
says "rtsp-annotate "
run 0 --help
for key in address port user password-file auth tls-certificate tls-key health-interval uri path \
  element model-file encoder bitrate latency timeout overlay.NAME source.NAME; do
  grep -q -- "$key" "$dir/out" || fail "--help does not tell $key"
done

run 2
says 'there is no camera: name its URI'
run 2 --no-such-option
says 'no-such-option'
run 2 --config "$dir/none.ini" test://
says "$dir/none.ini: "
run 2 --set nonsense test://
says 'KEY=VALUE or NAME:KEY=VALUE is expected'
run 2 no-such-film.mp4
says 'URI: "no-such-film.mp4": this is neither a URI nor a file that is there'
run 2 nonsense://somewhere
says 'there is no element that reads such a URI'
run 2 'rtsp:/me:pA55@192.0.2.1/stream'
run 2 'rtsp://me:pA/55@192.0.2.1/stream'
says 'write / as %2F'
grep -q 'pA' "$dir/out" && fail "a password is printed: $(cat "$dir/out")"
run 2 test:// --port=99999 --set mode=sometimes --set camera1:overlay.opacity=7
says '--port: "99999" is not a whole number from 0 to 65535'
says '--set mode: "sometimes" is not one of auto'
says '--set overlay.opacity: "7" is not a number from 0 to 1'
lines 3

printf '[server\n' >"$file"
run 2 --config "$file"
says "$file: "

cat >"$file" <<'INI'
[server]
port=http
addres=0.0.0.0
auth=kerberos
user=viewer
tls-certificate=/nowhere/certificate.pem
health-interval=-1

[camera]
latency=long
threads=many
nonsense=1

[camera front]
uri=rtsp://me:pA55@192.0.2.1/stream
path=front door
element=mobilenetfx
source.nonsense=1

[camera back]
uri=rtsp://192.0.2.2/stream
password-file=/nowhere/password
overlay.line-width=1000
bitrate=1

[camera none]
path=/back

[cameras]
INI
run 2 --config "$file"
says "$file: [server] port: \"http\" is not a whole number from 0 to 65535"
says "$file: [server] addres: there is no such key; known are address"
says "$file: [server] auth: \"kerberos\" is not digest or basic"
says "$file: [server] user: it needs password beside it"
says "$file: [server] tls-certificate: \"/nowhere/certificate.pem\" is not the name of a file"
says "$file: [server] health-interval: \"-1\" is not a whole number from 0 to 86400"
says "$file: [camera] latency: \"long\" is not a whole number from 0 to 60000"
says "$file: [camera] threads: \"many\" is not a whole number from"
says "$file: [camera] nonsense: there is no such key, and mobilenet"
says "$file: [camera front] path: \"front door\" is not a path of letters"
says "$file: [camera front] element: \"mobilenetfx\" is not mobilenetssd, mobilenetclassify or mobilenetseg"
says "$file: [camera front] source.nonsense: there is no such key, and rtspsrc has no property"
says "$file: [camera back] password-file: \"/nowhere/password\" is not the name of a file"
says "$file: [camera back] overlay.line-width: \"1000\" is not a whole number from 0 to 256"
says "$file: [camera back] bitrate: \"1\" is not a whole number from 16"
says '[camera none] uri: there is none'
says '[camera none] path: "/back" is that of [camera back], too'
says '[cameras]: there is no such group'
lines 18
grep -q 'pA55' "$dir/out" && fail "a password is printed: $(cat "$dir/out")"

# What only the element or the server can tell.
run 1 test://
says 'camera1: No model'
run 1 test:// --model-file="$dir/none.tflite"
says "camera1: $dir/none.tflite: "
[ $faults = 0 ]
