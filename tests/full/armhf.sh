#!/bin/bash
# SPDX-License-Identifier: MIT
#
# armhf.sh WORK: the core for 32-bit Arm (ARMv7, hard float), built against a Debian 12
# sysroot in WORK, its kernels, unit and small golden tests emulated on a Cortex-A9
# (VFPv3: no fused multiply-add) and a Cortex-A7 (VFPv4).  $MIRROR is the Debian mirror.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
sysroot=$work/sysroot
# shellcheck source=../../.ci/packages.sh
. "$root/.ci/packages.sh"
# shellcheck disable=SC2086 # lists of names
install_packages $packages_build $packages_test $packages_armhf

if [ ! -e "$sysroot/.done" ]; then
  rm -rf "$sysroot"
  mmdebstrap --quiet --mode=root --arch=armhf --variant=extract \
    --include=libc6-dev,libgcc-12-dev,zlib1g-dev,liborc-0.4-dev,libpthreadpool-dev \
    bookworm "$sysroot" ${MIRROR:+"$MIRROR"}
  # Absolute links would lead into the host.
  find "$sysroot" -type l -lname '/*' | while read -r link; do
    ln -srfn "$sysroot$(readlink "$link")" "$link"
  done
  touch "$sysroot/.done"
fi
cat >"$work/cross.ini" <<INI
[binaries]
c = 'arm-linux-gnueabihf-gcc'
ar = 'arm-linux-gnueabihf-ar'
strip = 'arm-linux-gnueabihf-strip'
readelf = 'arm-linux-gnueabihf-readelf'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-arm', '-L', '$sysroot']
[built-in options]
c_args = ['--sysroot=$sysroot']
c_link_args = ['--sysroot=$sysroot']
[properties]
needs_exe_wrapper = true
sys_root = '$sysroot'
pkg_config_libdir = ['$sysroot/usr/lib/arm-linux-gnueabihf/pkgconfig', '$sysroot/usr/share/pkgconfig']
[host_machine]
system = 'linux'
cpu_family = 'arm'
cpu = 'cortex-a9'
endian = 'little'
INI
[ -f "$work/build/build.ninja" ] ||
  meson setup "$work/build" "$root" --cross-file "$work/cross.ini" -Dplugin=disabled -Dwerror=true
ninja -C "$work/build"

status=0
rm -f "$work"/build/meson-logs/testlog*.json
for core in cortex-a9 cortex-a7; do
  echo "== $core"
  QEMU_CPU=$core MNET_GOLDEN_IMAGES=1 meson test -C "$work/build" --no-rebuild --logbase "testlog-$core" \
    --print-errorlogs --timeout-multiplier 10 --suite unit --suite kernels --suite golden-small \
    --no-suite variants || status=$?
done
counts=$(python3 "$root/tests/count_results.py" "$work"/build/meson-logs/testlog-*.json)
# shellcheck disable=SC2086 # three numbers
set -- $counts
line="$1 passed, $2 failed"
[ "$3" = 0 ] || line="$line, $3 skipped"
echo "$line"
[ "$2" = 0 ] && [ $status = 0 ]
