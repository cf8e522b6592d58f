#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh: everything that is tested on this platform, in stages; 'make check' calls
# it. Installs what is missing and starts the private servers. Ends with a line per
# stage and 'N passed, N failed', and with an error if anything failed.
#
# KEEP_SERVERS=1 leaves the servers running; those that ran before are left anyway.
# VERBOSE=1 shows all output as it comes; otherwise it is in build/check/*.log.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$ROOT/scripts/stages.sh"
cd "$ROOT"

LOGS=$ROOT/build/check
part=$ROOT/scripts/check-part.sh
servers=$ROOT/scripts/servers.sh

running_before=$("$servers" status 2>/dev/null | sed -n 's/: up,.*//p')
stop_servers() {
  local name
  stop_stage
  [ -z "${KEEP_SERVERS-}" ] || return 0
  for name in $("$servers" status 2>/dev/null | sed -n 's/: up,.*//p'); do
    grep -qxF "$name" <<<"$running_before" || "$servers" down "$name"
  done
}
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

rm -rf "$LOGS"
export CARGO_TERM_COLOR=never # the output goes to files

stage packages scripts/deps.sh build servers npm check threads
stage format -n packages cargo fmt --check -- --color never
stage clippy -n packages cargo clippy --locked --all-targets -- -D warnings
stage library -n packages make --no-print-directory lib
stage linking -n library "$part" linking
stage install -n library "$part" install
stage "test programs" -n packages cargo test --locked --no-run
stage "orphaned servers" -n packages "$part" orphans
stage servers -n packages "$servers" up
if [ "${stage_result[servers]}" = passed ]; then
  settings=$("$servers" env)
  eval "$settings"
fi

# The Rust tests, a stage for each file; those that need a library of C's take the one
# that is installed.
export ATTACHSQL_LIB_DIR=$ROOT/build/lib
stage "unit tests" -n "test programs" cargo test --locked --lib
stage "documentation tests" -n "test programs" cargo test --locked --doc
for file in tests/*.rs; do
  name=$(basename "$file" .rs)
  stage "tests/$name" -n "test programs" -n library -n servers cargo test --locked --test "$name"
done

# With two of the four servers: it takes ten minutes for each two, and the others differ
# in nothing that the library's memory sees.
stage "tests/capi, valgrind" -n "test programs" -n library -n servers \
  env ATTACHSQL_TEST_PATIENCE=10 "ATTACHSQL_TEST_SERVERS=mariadb-10.11 mysql-9.7" "VALGRIND=valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect" \
  cargo test --locked --test capi

stage "threads, sanitizer" -n packages -n servers scripts/threads.sh

stage python -n library -n servers python3 capi-tests/python/check_ctypes.py
stage "python examples" -n install -n servers "$part" python-examples
stage adapters -n install -n servers "$part" adapters
for server in MARIADB MARIADB118 MYSQL MYSQL56; do
  stage "examples, $server" -n install -n servers "$part" examples "$server"
done

summary || exit 1
