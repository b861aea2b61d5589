#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_rtsp_readme.sh README PROGRAM SHARED_DIR: the key file of pipelines/README.md
# is one that rtsp-annotate takes, with other files in place of those that only
# its reader has: it serves until it is told to stop.  Skipped without the folder
# of real models.
set -eu
readme=$1 program=$(readlink -f "$2") shared=$3
models=$shared/models/detect
# shellcheck source=../support/need_shared.sh
. "$(dirname "$0")/../support/need_shared.sh"
need_shared "$models"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# In place of the device, which is none here, the test picture.
sed -n '/^```ini/,/^```/p' "$readme" | grep -v '^```' |
  sed "s|/var/lib/rtsp-annotate|$models|; s|/etc/rtsp-annotate|$dir|; s|^port=.*|port=0|
    s|^uri=v4l2:.*|uri=test://ball|; s|^address=.*|address=127.0.0.1|" >"$dir/cameras.ini"
[ "$(grep -c '^\[camera ' "$dir/cameras.ini")" = 3 ]
echo secret-of-readers >"$dir/password"
echo secret-of-front >"$dir/front.password"
openssl req -x509 -newkey rsa -nodes -days 2 -subj /CN=localhost -keyout "$dir/key.pem" \
  -out "$dir/certificate.pem" 2>/dev/null
"$program" --config "$dir/cameras.ini" --health-interval=1 >"$dir/out" 2>&1 </dev/null &
server=$!
found=
for _ in $(seq 300); do
  if grep -q '^health camera=door state=playing.* analysed=[1-9]' "$dir/out" ||
    ! kill -0 $server 2>/dev/null; then
    found=1
    break
  fi
  sleep 0.1
done
kill -TERM $server || true
status=0
wait $server || status=$?
cat "$dir/out"
[ -n "$found" ] && [ $status = 0 ]
grep -q '^front: rtsps://127.0.0.1:[0-9]*/front$' "$dir/out"
grep -q '^yard: rtsps://127.0.0.1:[0-9]*/back/yard$' "$dir/out"
grep -q '^health camera=door state=playing' "$dir/out"
! grep -q secret "$dir/out"
