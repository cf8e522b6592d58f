#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# layers.sh: what a megabyte of rows costs the client over a real server's connection, with and
# without TLS and compression. 'make bench-layers' calls it. The rows take turns through all
# ways, and the median of three rounds counts: compare within one run only. The servers are left
# running; 'scripts/servers.sh down' stops them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

rows=500000
work=$ROOT/build/bench
"$ROOT/scripts/deps.sh" build servers
make --no-print-directory -C "$ROOT" lib >&2
mkdir -p "$work"
lib=$ROOT/build/lib
"${CC:-cc}" -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -Werror -I"$ROOT/include" -o "$work/stream" \
  "$ROOT/bench/stream.c" -L"$lib" "-Wl,-rpath,$lib" -lattachsql
"$ROOT/scripts/servers.sh" up >&2
eval "$("$ROOT/scripts/servers.sh" env)"

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# measure NAME HOST PORT: the table of one server.
measure() {
  local name=$1 host=$2 port=$3 ca=$ATTACHSQL_TEST_TLS_DIR/ca.pem way got plain=
  local ways=("|" "|zlib" "$ca|" "$ca|zlib")
  [[ $name != mysql* ]] || ways+=("|zstd" "$ca|zstd")
  "$work/stream" fill "$host" "$port"
  printf '%s, %s rows over TCP\n' "$name" "$rows"
  printf '  %-12s %16s %10s %22s\n' "" "CPU us per MB" "plain = 1" "longest poll, CPU ms"
  for way in "${ways[@]}"; do
    local samples=() longest
    for _ in 1 2 3; do
      got=$("$work/stream" "$host" "$port" "${way%|*}" "${way#*|}" "$rows")
      samples+=("$(sed 's/.*bytes=\([0-9]*\) cpu_ns=\([0-9]*\).*/\1 \2/' <<<"$got" | awk '{ printf "%.0f", $2 / $1 * 1000 }')")
    done
    longest=$(STREAM_TIMED=1 "$work/stream" "$host" "$port" "${way%|*}" "${way#*|}" "$rows" | sed 's/.*longest_ns=//')
    got=$(median "${samples[@]}")
    plain=${plain:-$got}
    local title=${way#*|}
    [ -n "$title" ] || title=plain
    [ -z "${way%|*}" ] || title="TLS ${way#*|}"
    printf '  %-12s %16s %10s %22s\n' "$title" "$got" "$(awk -v a="$got" -v b="$plain" 'BEGIN { printf "%.2f", a / b }')" \
      "$(awk -v a="$longest" 'BEGIN { printf "%.2f", a / 1000000 }')"
  done
}

measure mariadb "$ATTACHSQL_TEST_MARIADB_HOST" "$ATTACHSQL_TEST_MARIADB_PORT"
measure mysql "$ATTACHSQL_TEST_MYSQL_HOST" "$ATTACHSQL_TEST_MYSQL_PORT"
