# SPDX-License-Identifier: MIT
#
# Helpers of the tests of the `mnet` program.  Sourced with $mnet and $python set:
# `expect STATUS WHAT ARGUMENT...` runs mnet, keeps what it printed in $work/out
# and $work/err, and demands the exit status; `finish` ends the test.
# shellcheck shell=sh

: "${mnet:?}" "${python:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0

fail() {
  failed=$((failed + 1))
  printf 'FAILED %s\n' "$*"
}

# meson sets $MESON_EXE_WRAPPER where programs are of another machine.
expect() {
  wanted=$1
  what=$2
  shift 2
  count=$((count + 1))
  status=0
  # shellcheck disable=SC2086 # a command with options
  ${MESON_EXE_WRAPPER:-} "$mnet" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  if [ "$status" != "$wanted" ]; then
    fail "$what: exit $status, $wanted wanted: mnet $*"
    cat "$work/err"
  fi
}

# One clear line on stderr that has all of the words, and nothing on stdout.
expect_error() {
  wanted=$1
  what=$2
  words=$3
  shift 3
  expect "$wanted" "$what" "$@"
  [ "$(wc -l <"$work/err")" = 1 ] || fail "$what: not one line: $(cat "$work/err")"
  [ ! -s "$work/out" ] || fail "$what: printed besides the error: $(cat "$work/out")"
  while read -r word; do
    grep -qF -- "$word" "$work/err" || fail "$what: no \"$word\" in: $(cat "$work/err")"
  done <<WORDS
$words
WORDS
}

# As expect_error 1, for `info` of a file that is refused: what is printed tells
# the reason again, and what would help, as text and as JSON.
expect_refusal() {
  what=$1
  words=$2
  shift 2
  expect 1 "$what" info "$@"
  [ "$(wc -l <"$work/err")" = 1 ] || fail "$what: not one line: $(cat "$work/err")"
  grep -q '^refused  ' "$work/out" || fail "$what: no reason: $(cat "$work/out")"
  grep -q '^help  ' "$work/out" || fail "$what: no help: $(cat "$work/out")"
  while read -r word; do
    grep -qF -- "$word" "$work/err" || fail "$what: no \"$word\" in: $(cat "$work/err")"
    grep -qF -- "$word" "$work/out" || fail "$what: no \"$word\" in: $(cat "$work/out")"
  done <<WORDS
$words
WORDS
  expect 1 "$what, JSON" info "$@" --json
  expect_json "$what, JSON" 'j["refused"]["reason"] and j["refused"]["help"]
    and j["refused"]["status"] in ("format", "unsupported", "limit")
    and type(j["refused"]["unsupported_operators"]) is list'
}

# A Python expression over `j`, the JSON object that was printed.
expect_json() {
  what=$1
  "$python" -c 'import json, sys
def once(pairs):
    assert len({k for k, _ in pairs}) == len(pairs), "a key twice"
    return dict(pairs)
def no(word):
    raise ValueError(word)
j = json.load(open(sys.argv[1], encoding="utf-8"), object_pairs_hook=once, parse_constant=no)
if not eval("(" + sys.argv[2] + ")"):
    sys.exit("not so: " + sys.argv[2] + "\n" + json.dumps(j)[:2000])' "$work/out" "$2" ||
    fail "$what"
}

finish() {
  printf '%s runs of mnet, %s failed\n' "$count" "$failed"
  [ "$failed" = 0 ]
}
