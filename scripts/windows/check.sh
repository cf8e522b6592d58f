#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh: tests of the Windows library, under Wine against the private servers; 'make check-windows' calls it. Installs
# what is missing and builds the library first, if need be. Stages:
#
#   headers     each header alone, C99, C11 and C++17
#   programs    every C test of capi-tests/contract with attachsql.dll, some a second time in the other ways to link,
#               the examples, and the adapter for WSAPoll. A test that cannot be for Windows says so in a line of its own,
#               /* windows: no (reason) */, and is listed with that reason.
#
# Ends with a line per stage and 'N passed, N failed', and with an error if anything failed.
# KEEP_SERVERS=1 leaves the servers running; those that ran before are left anyway.
# VERBOSE=1 shows all output as it comes; otherwise it is in build/windows/check/*.log.
# Settings from outside: common.sh beside this file.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$ROOT/scripts/stages.sh"
cd "$ROOT"

LOGS=$WIN/check
part=$WINDOWS_SCRIPTS/check-part.sh
servers=$ROOT/scripts/servers.sh

one_at_a_time check
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
# Under Wine everything takes longer, so that two of the four servers are enough.
export ATTACHSQL_TEST_PATIENCE=${ATTACHSQL_TEST_PATIENCE:-4}
export ATTACHSQL_TEST_SERVERS=${ATTACHSQL_TEST_SERVERS-mariadb-10.11 mysql-9.7}

# reason_not SOURCE: why the test is not for Windows; nothing if it is.
reason_not() {
  local marker
  marker=$(grep -m 1 'windows:' "$1") || return 0
  [[ $marker =~ ^'/* windows: no ('(.+)') */'$ ]] || die "$1: '$marker' should read /* windows: no (reason) */"
  echo "${BASH_REMATCH[1]}"
}

install_packages pkgconf
stage packages scripts/deps.sh windows servers npm
stage build -n packages "$WINDOWS_SCRIPTS/build.sh"
stage headers -n build "$part" headers
stage wine -n packages "$WINDOWS_SCRIPTS/wine-run.sh" cmd.exe /c ver
stage servers -n packages "$servers" up
if [ "${stage_result[servers]}" = passed ]; then
  settings=$("$servers" env)
  eval "$settings"
fi

left_out=()
needs=(-n build -n wine -n servers)
for source in capi-tests/contract/*.c; do
  name=$(basename "$source" .c)
  reason=$(reason_not "$source")
  if [ -n "$reason" ]; then
    left_out+=("$(printf '%-24s not for Windows: %s' "$name" "$reason")")
  else
    stage "$name" "${needs[@]}" "$part" program dll "$source"
  fi
done
stage "adapter for WSAPoll" "${needs[@]}" "$part" program dll capi-tests/adapters/poll.c
# The other two ways to link: declared as imported (ATTACHSQL_SHARED), and the static library.
for source in capi-tests/contract/{query,rows}.c; do
  name=$(basename "$source" .c)
  stage "$name, imported" "${needs[@]}" "$part" program imported "$source"
  stage "$name, static" "${needs[@]}" "$part" program static "$source"
done
stage examples "${needs[@]}" "$part" examples

printf '\n'
[ ${#left_out[@]} -eq 0 ] || printf '%s\n' "${left_out[@]}"
summary || exit 1
