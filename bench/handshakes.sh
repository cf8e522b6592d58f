#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# handshakes.sh: what a login costs the client at a real server, plain, over TLS, and over TLS with the session of an
# earlier connection. 'make bench-handshakes' calls it. The ways take turns, and the median of three rounds counts:
# compare within one run only. The servers are left running; 'scripts/servers.sh down' stops them.
#
# Environment: BENCH_LIB=DIR measures the libattachsql.so of that directory and builds none; BENCH_SERVERS=up takes
# the servers that ATTACHSQL_TEST_... tell of, and starts none.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

logins=300
work=$ROOT/build/bench
lib=${BENCH_LIB:-$ROOT/build/lib}
[ -n "${BENCH_LIB-}" ] || make --no-print-directory -C "$ROOT" lib >&2
mkdir -p "$work"
"${CC:-cc}" -std=c11 -D_DEFAULT_SOURCE -O2 -Wall -Wextra -Werror -I"$ROOT/include" -o "$work/handshake" \
  "$ROOT/bench/handshake.c" -L"$lib" "-Wl,-rpath,$lib" -lattachsql
if [ -z "${BENCH_SERVERS-}" ]; then
  "$ROOT/scripts/deps.sh" servers
  "$ROOT/scripts/servers.sh" up >&2
  eval "$("$ROOT/scripts/servers.sh" env)"
fi

# median FIELD SAMPLE...
median() {
  local field=$1
  shift
  printf '%s\n' "$@" | sed "s/.*$field=\([0-9]*\).*/\1/" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# measure NAME HOST PORT: the table of one server.
measure() {
  local name=$1 host=$2 port=$3 ca=$ATTACHSQL_TEST_TLS_DIR/ca.pem way plain=0
  local ways=("plain||13|0" "TLS 1.2, full|$ca|12|0" "TLS 1.2, resumed|$ca|12|1"
    "TLS 1.3, full|$ca|13|0" "TLS 1.3, resumed|$ca|13|1")
  printf '%s, %s logins over TCP, one after the other\n' "$name" "$logins"
  printf '  %-18s %18s %18s %22s %10s\n' "" "CPU us per login" "of it for TLS" "logins per CPU second" "per second"
  for way in "${ways[@]}"; do
    local title ca_file version resume samples=() cpu wall
    IFS='|' read -r title ca_file version resume <<<"$way"
    for _ in 1 2 3; do
      samples+=("$("$work/handshake" "$host" "$port" "$ca_file" "$version" "$resume" "$logins")")
    done
    [[ $resume = 0 || ${samples[2]} == *" resumed=$logins "* ]] || die "$title: not all resumed: ${samples[2]}"
    cpu=$(median cpu_ns "${samples[@]}") wall=$(median wall_ns "${samples[@]}")
    [ "$plain" != 0 ] || plain=$cpu
    awk -v t="$title" -v c="$cpu" -v p="$plain" -v w="$wall" -v n="$logins" 'BEGIN {
      printf "  %-18s %18.1f %18.1f %22.0f %10.0f\n", t, c / n / 1000, (c - p) / n / 1000, n / c * 1e9, n / w * 1e9 }'
  done
}

measure mariadb "$ATTACHSQL_TEST_MARIADB_HOST" "$ATTACHSQL_TEST_MARIADB_PORT"
measure mysql "$ATTACHSQL_TEST_MYSQL_HOST" "$ATTACHSQL_TEST_MYSQL_PORT"
