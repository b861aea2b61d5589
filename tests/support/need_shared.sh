# SPDX-License-Identifier: MIT
#
# need_shared PATH: ends the script where this file or folder of real models is not
# there: skipped, or where the environment says CI=true, failed.
# shellcheck shell=sh
need_shared() {
  [ ! -e "$1" ] || return 0
  echo "\"$1\" is not there"
  [ "${CI:-}" != true ] || exit 1
  exit 77
}
