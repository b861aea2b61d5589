#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_fetch_model.sh FETCH_MODEL PYTHON: downloads through a file server on
# loopback: a good file, a wrong sum, a cut transfer, a larger file, a missing
# one, no server, a damaged file in the cache.  After a failure the cache holds
# nothing.
set -eu
fetch=$1 python=$2
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
server=
stop() {
  exec 9>&- # the end of its input ends the server
  [ -z "$server" ] || wait "$server" || true
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

unset MNET_MODELS_URL http_proxy https_proxy HTTP_PROXY ALL_PROXY all_proxy
export XDG_CACHE_HOME="$dir/cache"
cache=$dir/cache/gst-mobilenet
mkdir "$dir/files"
head -c 200000 /dev/urandom >"$dir/files/good.tflite"
cp "$dir/files/good.tflite" "$dir/files/wrong.tflite"
printf x | dd of="$dir/files/wrong.tflite" bs=1 seek=100000 conv=notrunc 2>/dev/null
cat "$dir/files/good.tflite" "$dir/files/good.tflite" >"$dir/files/larger.tflite"
head -c 1000 "$dir/files/good.tflite" >"$dir/files/shorter.tflite"

mkfifo "$dir/stdin"
"$python" "$here/file_server.py" "$dir/files" "$dir/port" <"$dir/stdin" &
server=$!
exec 9>"$dir/stdin"
tries=0
until [ -f "$dir/port" ]; do
  tries=$((tries + 1))
  [ $tries -lt 300 ] || { echo "the file server does not start" >&2; exit 1; }
  sleep 0.1
done
url=http://127.0.0.1:$(cat "$dir/port")

sum=$(sha256sum <"$dir/files/good.tflite" | cut -d' ' -f1)
printf 'name\tsha256\tbytes\tlicence\tlabels\ttask\turl\n' >"$dir/table.tsv"
row() {
  printf '%s\t%s\t200000\tMIT\t-\tclassify\t%s\n' "$1" "$sum" "$2" >>"$dir/table.tsv"
}
row good.tflite "$url/good.tflite"
row wrong.tflite "$url/wrong.tflite"
row larger.tflite "$url/larger.tflite"
row shorter.tflite "$url/shorter.tflite"
row cut.tflite "$url/cut/good.tflite"
row absent.tflite "$url/absent.tflite"
row unreachable.tflite "http://127.0.0.1:1/good.tflite"

fail() {
  echo "FAIL: $*" >&2
  cat "$dir/err" >&2
  exit 1
}
fetch() {
  sh "$fetch" --table "$dir/table.tsv" "$@" >"$dir/out" 2>"$dir/err"
}
# refused NAME TEXT: the download fails, says TEXT and leaves nothing behind.
refused() {
  ! fetch "$1" || fail "$1 was taken"
  grep -q "fetch-model: $1: .*$2" "$dir/err" || fail "$1: the error does not say '$2'"
  [ ! -s "$dir/out" ] || fail "$1: a path was printed"
  [ -z "$(find "$cache" -type f)" ] || fail "$1: a file was left behind: $(find "$cache" -type f)"
  echo "ok: $1 is refused: $2"
}

refused wrong.tflite "has the sha256"
refused larger.tflite "bytes"
refused shorter.tflite "has 1000 bytes, 200000 were expected"
refused cut.tflite "cut"
refused absent.tflite "no such file"
refused unreachable.tflite "cannot be reached"
refused unknown.tflite "no such name"

fetch good.tflite || fail "good.tflite was refused"
[ "$(cat "$dir/out")" = "$cache/good.tflite" ] || fail "the path is $(cat "$dir/out")"
cmp "$dir/files/good.tflite" "$cache/good.tflite" || fail "other bytes"
[ "$(find "$cache" -type f | wc -l)" = 1 ] || fail "more than the file is in the cache"
echo "ok: good.tflite"

mv "$dir/files/good.tflite" "$dir/files/moved.tflite"
fetch good.tflite || fail "the cache was not used"
fetch --cached good.tflite || fail "--cached does not find it"
! fetch --cached absent.tflite || fail "--cached found what is not there"
echo "ok: the cache serves a second call without a server"

printf x >>"$cache/good.tflite"
! fetch --cached good.tflite || fail "--cached took a damaged file"
mv "$dir/files/moved.tflite" "$dir/files/good.tflite"
fetch good.tflite || fail "a damaged file was not replaced"
cmp "$dir/files/good.tflite" "$cache/good.tflite" || fail "other bytes"
echo "ok: a damaged file in the cache is replaced"

rm "$cache/good.tflite"
mkdir "$dir/files/mirror"
mv "$dir/files/good.tflite" "$dir/files/mirror/good.tflite"
MNET_MODELS_URL="$url/mirror/" fetch good.tflite || fail "MNET_MODELS_URL was not used"
echo "ok: MNET_MODELS_URL"
