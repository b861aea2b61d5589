# SPDX-License-Identifier: MIT
#
# The Debian packages that each purpose needs, and the function that installs
# those that are missing.  Sourced by the commands of the README and the gate.
# shellcheck shell=sh disable=SC2034

packages_build="gcc libc6-dev meson ninja-build pkgconf zlib1g-dev
  liborc-0.4-dev liborc-0.4-dev-bin libpthreadpool-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libpango1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
# Decoders of H.264 and of most other films and sound.
packages_film="gstreamer1.0-libav"
# rtsp-annotate: the server, an encoder of H.264, TLS.
packages_rtsp="libgstrtspserver-1.0-dev gstreamer1.0-plugins-ugly glib-networking"
packages_download="curl ca-certificates"
packages_test="g++ binutils python3 python3-gi libgirepository1.0-dev libjpeg-turbo-progs openssl"
# What `mnet train` reads pictures with.
packages_train="libjpeg62-turbo-dev libpng-dev libarchive-dev"
# qemu-user: other processors of this architecture, and arm64.
packages_gate="clang libclang-rt-14-dev clang-format indent valgrind libc6-dbg qemu-user"
packages_aarch64="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user mmdebstrap gpgv"
# tests/full/armhf.sh
packages_armhf="gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user mmdebstrap gpgv"

# Prints those of its arguments that are not installed.
missing_packages() {
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s ' "$package"
  done
}

apt_as_root() {
  set -- apt-get -qy -o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
    -o DPkg::Lock::Timeout=300 "$@"
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  fi
}

# Installs the packages named that are missing; leaves apt alone when none is.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is no Debian: the packages are not looked after; needed are: $*" >&2
    return 0
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "Packages are missing and there is neither root nor sudo to install them; as root, run:" \
      "apt-get install --no-install-recommends $missing" >&2
    return 1
  fi
  echo "Installing Debian packages: $missing"
  apt_as_root update ||
    echo "apt-get update failed; trying with the package lists that are there" >&2
  # shellcheck disable=SC2086 # a list of names
  apt_as_root install --no-install-recommends $missing || {
    echo "Debian packages could not be installed (is there a network?): $missing" >&2
    return 1
  }
}
