#!/bin/bash
# SPDX-License-Identifier: MIT
#
# chroot.sh [SUITE...]: the README's two commands from a fresh clone in an empty
# Debian root: bookworm and trixie unless suites are named.  For the first one there
# is no model, and nothing to fetch one with.  As root, with the package mmdebstrap;
# $SHARED is the folder of real models (../shared beside the tree), $MIRROR the
# Debian mirror, $ROOTS where the roots go (a temporary folder, removed at the end).
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
shared=$(readlink -f "${SHARED:-$tree/../shared}")
roots=${ROOTS:-$(mktemp -d)}
mkdir -p "$roots"
mirror=${MIRROR:-}
[ -d "$shared/models" ] || { echo "SHARED: $shared has no models" >&2; exit 1; }
[ $# -gt 0 ] || set -- bookworm trixie

release() {
  for point in proc dev; do
    mountpoint -q "$1/$point" && umount -l "$1/$point"
  done
  mountpoint -q "$1/src/shared" && umount -l "$1/src/shared"
  return 0
}
clean() {
  for suite in "${suites[@]}"; do
    release "$roots/$suite"
    [ -n "${ROOTS:-}" ] || rm -rf --one-file-system "${roots:?}/$suite"
  done
  [ -n "${ROOTS:-}" ] || rmdir "$roots"
}
suites=("$@")
trap clean EXIT
trap 'exit 1' HUP INT TERM

# inside SUITE COMMAND...: with nothing of this machine's environment.
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$roots/$1" "${@:2}" </dev/null
}

failed=0
for suite in "${suites[@]}"; do
  root=$roots/$suite
  echo "== $suite: an empty root"
  release "$root"
  rm -rf --one-file-system "$root"
  mmdebstrap --quiet --mode=root --variant=apt "$suite" "$root" ${mirror:+"$mirror"}
  [ ! -f /etc/resolv.conf ] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  git clone -q "$tree" "$root/src/main"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"

  echo "== $suite: the first command"
  start=$SECONDS
  if inside "$suite" sh -c 'cd /src/main && sh pipelines/classify' | tee "$root/first.log" &&
    grep -A 1 'plane.jpg$' "$root/first.log" | grep -q ' %  airplane$' &&
    ! inside "$suite" sh -c 'command -v curl' &&
    [ "$(ls "$root/root/.cache/gst-mobilenet")" = plane.jpg ]; then
    echo "== $suite: the first command passed, $((SECONDS - start)) s"
  else
    echo "== $suite: the first command FAILED"
    failed=$((failed + 1))
  fi

  echo "== $suite: the second command"
  mkdir -p "$root/src/shared"
  mount --bind -o ro "$shared" "$root/src/shared"
  start=$SECONDS
  if inside "$suite" sh -c 'cd /src/main && sh tests/run'; then
    echo "== $suite: the second command passed, $((SECONDS - start)) s"
  else
    echo "== $suite: the second command FAILED"
    failed=$((failed + 1))
  fi
done
echo "$((2 * ${#suites[@]} - failed)) passed, $failed failed"
[ $failed = 0 ]
