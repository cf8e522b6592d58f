#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# pool.sh: what queries on a pool's own connections cost, from one thread: against a server of our own that does
# nothing but answer, and against the private servers as far as they have room. 'make bench-pool' calls it. Idle
# connections: their memory, and a run that finds nothing to do.
#
# Environment: BENCH_LIB=DIR measures the libattachsql.so of that directory and builds none; BENCH_SECONDS for each
# line (default: 3); CC.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
cd "$ROOT"

work=$ROOT/build/bench
seconds=${BENCH_SECONDS:-3}
mkdir -p "$work"

if [ -n "${BENCH_LIB-}" ]; then
  library=$BENCH_LIB
else
  make --no-print-directory lib >&2
  library=$ROOT/build/lib
fi
"${CC:-cc}" -std=c11 -O2 -g -Wall -Wextra -Werror -Iinclude bench/pool.c -L"$library" -lattachsql \
  -Wl,-rpath,"$library" -o "$work/pool"

line() { printf '%-16s %11s %9s %12s %14s %12s %10s %12s\n' "$@"; }

# measure NAME CONNECTIONS [SERVER...]: a line of the table.
measure() {
  local name=$1 connections=$2 result pair
  shift 2
  result=$("$work/pool" "$connections" "$seconds" "$@") || die "pool $connections failed"
  declare -A of=()
  for pair in $result; do of[${pair%%=*}]=${pair#*=}; done
  line "$name" "${of[connections]}" "${of[fill_ms]}" "${of[bytes]}" "${of[idle_run_ns]}" "${of[qps]}" \
    "${of[cpu_ns]}" "${of[system_ns]}"
}

line server connections fill/ms bytes/idle idle-run/ns queries/s ns/query of-it-system
for connections in 1 100 1000 5000 10000; do
  measure "answers only" "$connections"
done
if [ -n "${ATTACHSQL_TEST_MARIADB_PORT-}" ]; then
  for connections in 1 100 1000; do
    measure mariadb-10.11 "$connections" 127.0.0.1 "$ATTACHSQL_TEST_MARIADB_PORT" test test testdb
  done
  for connections in 1 100 1000; do
    measure mysql-9.7 "$connections" 127.0.0.1 "$ATTACHSQL_TEST_MYSQL_PORT" test test testdb
  done
else
  say "The private servers are not measured: make servers; eval \"\$(scripts/servers.sh env)\""
fi
