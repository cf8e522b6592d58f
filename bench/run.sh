#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: what a row, a query and an idle connection cost, beside libmariadb and beside
# the floor, a client that only walks over the bytes. 'make bench' calls it. A server of
# our own replays prepared answers, so that only the client is measured.
#
#   bench/run.sh           builds everything, prints the tables
#   bench/run.sh profile   where the library's instructions go: by function, file, line
#                          and call, in build/bench/profile-JOB.txt
#
# Instruction counts are exact to about 1 %: callgrind counts a run and one twice as
# long, and the difference is what the rows or queries cost, without start-up. CPU time
# depends on the machine and on what else it does: compare it within one run only.
#
# Environment: BENCH_LIB=DIR measures the libattachsql.so of that directory and builds
# none, for instance to compare two versions. CC.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

here=$ROOT/bench
work=$ROOT/build/bench
clients=(floor attachsql mariadb)
rounds=5
cc=${CC:-cc}
flags=(-std=c11 -D_DEFAULT_SOURCE -O2 -g -Wall -Wextra -Werror)
server=
directory=

stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$directory" ] || rm -rf "$directory"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# field NAME LINE: the number after 'NAME='.
field() {
  [[ " $2 " == *" $1="* ]] || die "no '$1' in what was measured: $2"
  local rest=" $2 "
  rest=${rest#*" $1="}
  echo "${rest%% *}"
}

# per N BEFORE AFTER [DIGITS]: the difference, each.
per() { awk -v n="$1" -v a="$2" -v b="$3" -v digits="${4:-0}" 'BEGIN { printf "%.*f", digits, (b - a) / n }'; }

# median NUMBER...
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

line() { printf '%-52s %12s %12s %12s\n' "$@"; }

# run CLIENT JOB N: over the unix socket.
run() { "$work/$1" "$2" "$socket" 0 "$3" || die "$1 $2 failed"; }

# count CLIENT JOB N: user instructions of a run. The file stays for profile.py.
count() {
  local log=$work/valgrind-$1-$2-$3.log file=$work/callgrind-$1-$2-$3
  valgrind --tool=callgrind --compress-strings=no --compress-pos=no --callgrind-out-file="$file" \
    "$work/$1" "$2" "$socket" 0 "$3" >"$log" 2>&1 || die "$1 $2 under callgrind failed, see $log"
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log" | grep . || die "no instruction count in $log"
}

# allocations CLIENT JOB N: how often a run allocated memory.
allocations() {
  local log=$work/valgrind-$1-$2-$3.log
  valgrind --leak-check=no --undef-value-errors=no "$work/$1" "$2" "$socket" 0 "$3" >"$log" 2>&1 ||
    die "$1 $2 under valgrind failed, see $log"
  sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$log" | tr -d , | grep . || die "no heap usage in $log"
}

build() {
  "$ROOT/scripts/deps.sh" build bench
  mkdir -p "$work"
  if [ -n "${BENCH_LIB-}" ]; then
    local file
    for file in libattachsql.so libattachsql.so.2; do
      [ -e "$BENCH_LIB/$file" ] || die "BENCH_LIB: there is no $BENCH_LIB/$file"
    done
    lib=$(cd "$BENCH_LIB" && pwd -P)
  else
    make --no-print-directory -C "$ROOT" lib >&2
    lib=$ROOT/build/lib
  fi
  local maria
  maria=$(pkg-config --cflags --libs libmariadb) || die "pkg-config does not know libmariadb"
  read -r -a maria <<<"$maria"
  "$cc" "${flags[@]}" -pthread -o "$work/replay" "$here/replay.c"
  "$cc" "${flags[@]}" -o "$work/floor" "$here/bench.c" "$here/floor.c"
  "$cc" "${flags[@]}" -o "$work/mariadb" "$here/bench.c" "$here/mariadb.c" "${maria[@]}"
  local ours=(-L"$lib" "-Wl,-rpath,$lib" -lattachsql)
  if [ "$job" = profile ] && [ -z "${BENCH_LIB-}" ]; then
    # Cargo's archive still has the line numbers that were stripped from the rest.
    read -r -a ours <"$lib/libs-private"
    ours=("${CARGO_TARGET_DIR:-$ROOT/target}/release/libattachsql.a" -Wl,--gc-sections "${ours[@]}")
  fi
  "$cc" "${flags[@]}" -I"$ROOT/include" -o "$work/attachsql" "$here/bench.c" "$here/attachsql.c" "${ours[@]}"
}

start_server() {
  # A socket's path has room for 107 bytes, and a checkout may lie deep.
  directory=$(mktemp -d)
  socket=$directory/replay.sock
  # The server ends when its standard input does, so also when this script is killed.
  coproc REPLAY { exec "$work/replay" "$socket"; }
  server=$REPLAY_PID
  read -r port <&"${REPLAY[0]}" || die "the replay server did not start"
}

# All clients must have received the same, or the numbers compare different jobs.
same_job() {
  local job=$1 client got want=
  for client in "${clients[@]}"; do
    got=$(run "$client" "$job" "$2")
    got="$(field rows "$got") $(field bytes "$got") $(field sum "$got")"
    [ -n "$want" ] || want=$got
    [ "$got" = "$want" ] || die "$job: $client received (rows bytes sum) $got, ${clients[0]} $want"
  done
}

# instructions_of JOB N WHAT: what one more of a job costs each client.
instructions_of() {
  local client a b each=() memory=()
  for client in "${clients[@]}"; do
    a=$(count "$client" "$1" "$2")
    b=$(count "$client" "$1" $((2 * $2)))
    each+=("$(per "$2" "$a" "$b")")
    a=$(allocations "$client" "$1" "$2")
    b=$(allocations "$client" "$1" $((2 * $2)))
    memory+=("$(per "$2" "$a" "$b" 2)")
  done
  line "user instructions per $3" "${each[@]}"
  line "... and memory allocations" "${memory[@]}"
}

instructions() {
  instructions_of rows 10000 "row of 6 columns"
  instructions_of select1 1000 "SELECT 1"
  instructions_of prepared 10000 "prepared row, date as text"
  instructions_of native 10000 "prepared row, native date"
  instructions_of cells 10000 "prepared row in one call"
  instructions_of batches 10000 "prepared row of many in one call"
  instructions_of point 1000 "prepared point select"
}

memory() {
  local client got opened=() used=() peak=()
  for client in "${clients[@]}"; do
    got=$(run "$client" idle 1000)
    opened+=("$(per 1000 0 "$(field opened_kib "$got")" 1)")
    used+=("$(per 1000 0 "$(field used_kib "$got")" 1)")
    got=$(run "$client" rows 10000000)
    peak+=("$(($(field peak_kib "$got") - $(field before_kib "$got")))")
  done
  line "KiB resident per idle connection (1,000 of them)" "${opened[@]}"
  line "... after one SELECT 1 on each" "${used[@]}"
  line "KiB that streaming 10,000,000 rows added, at its peak" "${peak[@]}"
}

# times ADDRESS WHERE JOB N UNIT: CPU time, median of rounds in which the clients take
# turns. ADDRESS is host and port, as bench.c takes them.
times() {
  local round client got address all row=()
  declare -A samples=()
  read -r -a address <<<"$1"
  for ((round = 0; round < rounds; round++)); do
    for client in "${clients[@]}"; do
      got=$("$work/$client" "$3" "${address[@]}" "$4") || die "$client $3 failed"
      samples[$client]+=" $(per "$4" 0 "$(field cpu_ns "$got")" 1)"
    done
  done
  for client in "${clients[@]}"; do
    read -r -a all <<<"${samples[$client]}"
    row+=("$(median "${all[@]}")")
  done
  line "ns of CPU per $5, $2" "${row[@]}"
  line "... as a multiple of the floor" 1.00 "$(per "${row[0]}" 0 "${row[1]}" 2)" "$(per "${row[0]}" 0 "${row[2]}" 2)"
}

profile() {
  local job n
  install_packages python3
  for job in rows select1 prepared native cells batches point; do
    case $job in rows | prepared | native | cells | batches) n=10000 ;; *) n=1000 ;; esac
    count attachsql $job $n >/dev/null
    count attachsql $job $((2 * n)) >/dev/null
    python3 "$here/profile.py" $n "$work/callgrind-attachsql-$job-$n" "$work/callgrind-attachsql-$job-$((2 * n))" >"$work/profile-$job.txt"
    say "$job: $(head -n 1 "$work/profile-$job.txt"), see ${work#"$ROOT/"}/profile-$job.txt"
  done
}

job=${1-}
case $job in '' | profile) ;; *) die "usage: bench/run.sh [profile]" ;; esac
build
start_server
if [ "$job" = profile ]; then
  profile
  exit
fi
same_job rows 50000
same_job select1 100
same_job prepared 50000
same_job native 50000
same_job cells 50000
same_job batches 50000
same_job point 100
printf 'Measured: %s; beside it libmariadb %s\n\n' "$lib/libattachsql.so" "$(pkg-config --modversion libmariadb)"
line "" "${clients[@]}"
instructions
memory
times "$socket 0" "unix socket" rows 1000000 row
times "127.0.0.1 $port" TCP rows 1000000 row
times "$socket 0" "unix socket" select1 20000 "SELECT 1"
times "127.0.0.1 $port" TCP select1 20000 "SELECT 1"
