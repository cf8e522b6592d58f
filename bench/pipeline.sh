#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# pipeline.sh: commands per second on one connection, one query after the other and in pipelines of 1, 16 and 256
# commands, over a unix socket and over a network of 1 ms there and back, which bench/delay.c makes. 'make
# bench-pipeline' calls it. The ways take turns, and the median of three rounds counts: compare within one run only.
# The servers are left running; 'scripts/servers.sh down' stops them.
#
# Environment: BENCH_LIB=DIR measures the libattachsql.so of that directory and builds none, and takes the servers that
# the environment names. CC.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

work=$ROOT/build/bench
proxy=
trap '[ -z "$proxy" ] || kill "$proxy" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$work"
if [ -z "${BENCH_LIB-}" ]; then
  "$ROOT/scripts/deps.sh" build servers
  make --no-print-directory -C "$ROOT" lib >&2
  "$ROOT/scripts/servers.sh" up >&2
  eval "$("$ROOT/scripts/servers.sh" env)"
fi
lib=${BENCH_LIB:-$ROOT/build/lib}
flags=(-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror)
"${CC:-cc}" "${flags[@]}" -I"$ROOT/include" -o "$work/pipeline" "$ROOT/bench/pipeline.c" -L"$lib" "-Wl,-rpath,$lib" -lattachsql
"${CC:-cc}" "${flags[@]}" -o "$work/delay" "$ROOT/bench/delay.c"

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# measure TITLE HOST PORT METHOD COUNT: one line for each depth. COUNT is for a single command at a time.
measure() {
  local title=$1 host=$2 port=$3 method=$4 depth got plain=
  printf '%s\n  %-14s %16s %10s %18s\n' "$title" "" "commands per s" "alone = 1" "client CPU, us"
  for depth in 0 1 16 256; do
    local count=$(($5 * (depth > 1 ? 8 : 1))) rates=() cpus=()
    for _ in 1 2 3; do
      got=$("$work/pipeline" "$host" "$port" "$method" "$depth" "$count")
      rates+=("$(sed 's/.*commands=\([0-9]*\) ns=\([0-9]*\).*/\1 \2/' <<<"$got" | awk '{ printf "%.0f", $1 / $2 * 1e9 }')")
      cpus+=("$(sed 's/.*commands=\([0-9]*\) .*cpu_ns=\([0-9]*\).*/\1 \2/' <<<"$got" | awk '{ printf "%.2f", $2 / $1 / 1000 }')")
    done
    got=$(median "${rates[@]}")
    plain=${plain:-$got}
    printf '  %-14s %16s %10s %18s\n' "$([ "$depth" = 0 ] && echo one by one || echo "pipeline $depth")" "$got" \
      "$(awk -v a="$got" -v b="$plain" 'BEGIN { printf "%.2f", a / b }')" "$(median "${cpus[@]}")"
  done
}

# server NAME SOCKET PORT
server() {
  local name=$1 socket=$2 port=$3
  measure "$name, unix socket" "$socket" 0 "" 20000
  measure "$name, unix socket, zlib" "$socket" 0 zlib 20000
  coproc "$work/delay" "$port" 500
  proxy=$!
  read -r port <&"${COPROC[0]}"
  measure "$name, TCP, 1 ms there and back" 127.0.0.1 "$port" "" 1000
  kill "$proxy"
  wait "$proxy" 2>/dev/null || true
  proxy=
}

server mariadb-10.11 "$ATTACHSQL_TEST_MARIADB_SOCKET" "$ATTACHSQL_TEST_MARIADB_PORT"
server mysql-9.7 "$ATTACHSQL_TEST_MYSQL_SOCKET" "$ATTACHSQL_TEST_MYSQL_PORT"
