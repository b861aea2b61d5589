#!/bin/sh
# SPDX-License-Identifier: MIT
#
# figures_speed.sh MNET SHARED_DIR FOLDER/MODEL...: the README's table of speed:
# the lowest milliseconds of three rounds with one thread and with two, bound to
# as many processors.  MNET_PEER, when set, is a command that runs a model
# ("$MNET_PEER MODEL THREADS") and prints its lowest time as "min=MS": it is run
# in turn, on the same processors.
set -u
mnet=$1
shared=$2
shift 2

ours() {
  taskset -c "$3" "$mnet" bench "$1" --threads "$2" --runs 60 --json |
    sed -n 's/.*"min_ms": \([0-9.]*\).*/\1/p'
}

peer() {
  # shellcheck disable=SC2086 # a command with arguments
  [ -z "${MNET_PEER:-}" ] || taskset -c "$3" $MNET_PEER "$1" "$2" 2>/dev/null |
    sed -n 's/.*min=\([0-9.]*\).*/\1/p'
}

# The times of MODEL with THREADS on PROCESSORS, the peer's behind a semicolon.
pair() {
  a=
  b=
  for _ in 1 2 3; do
    a="$a $(ours "$@")"
    b="$b $(peer "$@")"
  done
  echo "$a;$b"
}

echo '| model | 1 thread | 2 threads | peer, 1 | peer, 2 | ratio, 1 | ratio, 2 |'
echo '| --- | --- | --- | --- | --- | --- | --- |'
for model; do
  file=$shared/models/$model.tflite
  printf '%s;%s\n' "$(pair "$file" 1 1)" "$(pair "$file" 2 0,1)" |
    awk -F ';' -v name="${model##*/}" '
      function least(list, i, n, v) {
        n = split(list, v, " ")
        for (i = 2; i <= n; i++) if (v[i] + 0 < v[1] + 0) v[1] = v[i]
        return v[1]
      }
      function number(x) { return x == "" ? "" : sprintf(x < 1 ? "%.3f" : "%.2f", x) }
      function ratio(x, y) { return y == "" ? "" : sprintf("%.2f", x / y) }
      {
        a1 = least($1); b1 = least($2); a2 = least($3); b2 = least($4)
        printf "| %s | %s | %s | %s | %s | %s | %s |\n", name, number(a1), number(a2),
          number(b1), number(b2), ratio(a1, b1), ratio(a2, b2)
      }'
done
