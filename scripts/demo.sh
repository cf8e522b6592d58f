#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh: shows the library at work, from nothing: installs what is missing, builds,
# starts a private MariaDB in a temporary directory, installs the library into
# build/stage, compiles examples/*.c against it as any program would be, and runs
# them. 'make demo' calls it.
#
# With ATTACHSQL_DEMO_URL=mysql://user:password@host:port/schema it uses that server
# instead. There it makes only temporary tables. Special characters in the user name,
# password and schema are written %XX; the port is 3306 if absent.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

stage=$ROOT/build/stage
programs=$ROOT/build/demo
temporary=

step() { printf '\n== %s\n' "$*"; }

stop() {
  [ -n "$temporary" ] || return 0
  ATTACHSQL_SERVERS_DIR=$temporary/servers "$ROOT/scripts/servers.sh" clean >/dev/null || say "stopping the server in $temporary failed"
  rm -rf "$temporary"
  temporary=
}

# decode TEXT: %XX turned into the byte it stands for.
decode() {
  local text=$1 rest=$1
  while [[ $rest == *%* ]]; do
    rest=${rest#*%}
    [[ $rest =~ ^[0-9A-Fa-f]{2} ]] || die "ATTACHSQL_DEMO_URL: '%' must be followed by two hexadecimal digits (a '%' itself is %25)"
    [ "${rest:0:2}" != 00 ] || die "ATTACHSQL_DEMO_URL: %00 cannot be part of a name"
  done
  text=${text//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

# Reads ATTACHSQL_DEMO_URL into what the examples are told. The password is never printed.
parse_url() {
  local url=$1 form='expected mysql://user:password@host:port/schema' rest login address
  [[ $url =~ ^(mysql|mariadb)://(.*)$ ]] || die "ATTACHSQL_DEMO_URL does not start with mysql://; $form"
  rest=${BASH_REMATCH[2]}
  [[ $rest != *[?#]* ]] || die "ATTACHSQL_DEMO_URL: '?' and '#' have no meaning here (in a password: %3F and %23); $form"
  [[ $rest == *@* ]] || die "ATTACHSQL_DEMO_URL names no user; $form"
  login=${rest%@*}
  address=${rest##*@}
  [[ $login != *[/@]* ]] || die "ATTACHSQL_DEMO_URL: write '/' as %2F and '@' as %40 in the user name and the password; $form"
  ATTACHSQL_USER=$(decode "${login%%:*}")
  ATTACHSQL_PASSWORD=
  [[ $login != *:* ]] || ATTACHSQL_PASSWORD=$(decode "${login#*:}")
  [ -n "$ATTACHSQL_USER" ] || die "ATTACHSQL_DEMO_URL names no user; $form"
  ATTACHSQL_SCHEMA=
  [[ $address != */* ]] || ATTACHSQL_SCHEMA=$(decode "${address#*/}")
  local host_and_port='^(\[([0-9A-Fa-f:.]+)\]|([^]:[]+))(:([0-9]+))?$'
  [[ ${address%%/*} =~ $host_and_port ]] ||
    die "ATTACHSQL_DEMO_URL: no host and port in '${address%%/*}' (an IPv6 address stands in []); $form"
  ATTACHSQL_HOST=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
  ATTACHSQL_PORT=${BASH_REMATCH[5]:-3306}
  [ ${#ATTACHSQL_PORT} -le 5 ] && [ "$((10#$ATTACHSQL_PORT))" -ge 1 ] && [ "$((10#$ATTACHSQL_PORT))" -le 65535 ] ||
    die "ATTACHSQL_DEMO_URL: the port must be 1 to 65535, not $ATTACHSQL_PORT"
  ATTACHSQL_PORT=$((10#$ATTACHSQL_PORT))
}

if [ -n "${ATTACHSQL_DEMO_URL-}" ]; then parse_url "$ATTACHSQL_DEMO_URL"; fi

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step "1. Looking for what this needs, and installing what is missing"
if [ -n "${ATTACHSQL_DEMO_URL-}" ]; then
  "$ROOT/scripts/deps.sh" build
  echo "A C compiler, OpenSSL and $(cargo --version) are here."
else
  "$ROOT/scripts/deps.sh" build servers
  echo "A C compiler, OpenSSL, a MariaDB server and $(cargo --version) are here."
fi

step "2. Building the library (shared and static) with cargo"
make --no-print-directory -C "$ROOT" lib
echo "Built $(cd "$ROOT" && ls build/lib/libattachsql.so.*.*.*), $(($(stat -Lc %s "$ROOT/build/lib/libattachsql.so") / 1024)) KiB."

if [ -n "${ATTACHSQL_DEMO_URL-}" ]; then
  step "3. Using your server: $ATTACHSQL_USER on $ATTACHSQL_HOST, port $ATTACHSQL_PORT"
else
  step "3. Starting a private MariaDB in a temporary directory"
  temporary=$(mktemp -d "${TMPDIR:-/tmp}/attachsql-demo.XXXXXX")
  chmod 755 "$temporary" # the server runs as somebody else when we are root
  export ATTACHSQL_SERVERS_DIR=$temporary/servers
  "$ROOT/scripts/servers.sh" up mariadb-10.11
  settings=$("$ROOT/scripts/servers.sh" env mariadb-10.11)
  eval "$settings"
  # Port 0 tells the library that the host is the path of a unix socket.
  ATTACHSQL_HOST=$ATTACHSQL_TEST_MARIADB_SOCKET ATTACHSQL_PORT=0
  ATTACHSQL_USER=test ATTACHSQL_PASSWORD=test ATTACHSQL_SCHEMA=testdb
  echo "It listens on its own socket; no service of this system was touched."
fi
export ATTACHSQL_HOST ATTACHSQL_PORT ATTACHSQL_USER ATTACHSQL_PASSWORD ATTACHSQL_SCHEMA

step "4. Installing library, headers and libattachsql.pc into build/stage"
rm -rf "$stage"
make --no-print-directory -C "$ROOT" install PREFIX="$stage" LIBDIR="$stage/lib" DESTDIR=

step "5. Compiling and running the examples"
export PKG_CONFIG_PATH=$stage/lib/pkgconfig LD_LIBRARY_PATH=$stage/lib
mkdir -p "$programs"
cd "$ROOT"
failed=()
run() {
  local shown=$1
  [ $# -eq 1 ] || shown+=$(printf ' "%s"' "${@:2}")
  printf '\n$ %s\n' "$shown"
  "$@" || failed+=("${1##*/}")
}
for source in examples/*.c; do
  program=build/demo/$(basename "$source" .c)
  printf '\n%s\n' "$(sed -n '/^ \* [0-9]/{s/^ \* //p;q}' "$source")"
  # shellcheck disable=SC2016
  printf '$ cc -o %s %s $(pkg-config --cflags --libs libattachsql)\n' "$program" "$source"
  # shellcheck disable=SC2046
  ${CC:-cc} -o "$program" "$source" $(pkg-config --cflags --libs libattachsql)
  case $program in
    */06-*)
      run "$program"
      # A stored procedure would stay, so only the private server gets one.
      if [ -n "$temporary" ]; then
        run "$program" "CREATE PROCEDURE two_results() BEGIN SELECT 'first' AS result; SELECT 'second' AS result; END"
        run "$program" "CALL two_results()"
      fi
      ;;
    */01-*)
      run "$program"
      [ ${#failed[@]} -eq 0 ] || die "not even the first example got through to the server; the others are left out"
      ;;
    *) run "$program" ;;
  esac
done

if [ -n "$temporary" ]; then
  step "6. Stopping the server and removing its directory"
  stop
fi

[ ${#failed[@]} -eq 0 ] || die "examples that failed: ${failed[*]}"
printf '\nThe demo is through: every example ran (%s s). The library is in build/stage, the programs in build/demo.\n' "$SECONDS"
